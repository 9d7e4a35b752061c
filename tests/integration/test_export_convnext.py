"""The worked example of docs/embedders.md: a ConvNeXt-Atto is exported, and added as anybody's embedder is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from faceauthd.evaluation.runner import FaceReader
from faceauthd.picture import load_picture
from faceauthd.resources import shipped
from faceauthd.vision.card import View, read_card
from faceauthd.vision.pack import ModelPack

TOOL = Path(__file__).parents[2] / "tools" / "export_convnext.py"


def export(out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOL), "--out", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_its_card_is_one_that_is_taken(tmp_path: Path) -> None:
    """Without torch: the card alone."""
    sys.path.insert(0, str(TOOL.parent))
    try:
        import export_convnext
    finally:
        sys.path.remove(str(TOOL.parent))
    path = tmp_path / "card.yaml"
    path.write_text(export_convnext.yaml.safe_dump(export_convnext.card("made by a test")))
    known, _ = read_card(path)
    assert (known.recipe.view, known.recipe.size, known.recipe.dimensions) == (View.WHOLE, 224, 320)
    assert known.impostor_curve is None


def test_it_is_exported_with_random_weights_and_embeds(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="exports with the package torch: pip install torch onnx")
    pytest.importorskip("onnx", reason="exports with the package onnx: pip install onnx")
    assert export(tmp_path).returncode == 0
    known, _ = read_card(tmp_path / "card.yaml")
    pack = ModelPack.open(shipped("models")).with_embedder((tmp_path / "embedder.onnx").read_bytes(), known)
    row = FaceReader(pack).read(load_picture(shipped("faces") / "astronaut.jpg"))
    assert row is not None
    assert abs(float(np.linalg.norm(row)) - 1) < 1e-5
    assert not row[320:].any()
    assert export(tmp_path, "--weights", str(TOOL)).returncode == 2
