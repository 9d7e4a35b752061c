"""The measured curve in the models' manifest: a damaged digit is noticed before it becomes a threshold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from faceauthd.errors import ModelError
from faceauthd.resources import shipped
from faceauthd.vision.manifest import checksum_of, read_manifest

MANIFEST = (shipped("models") / "manifest.yaml").read_text()


def test_the_shipped_curve_has_its_checksum() -> None:
    curve = yaml.safe_load(MANIFEST)["models"]["embedder"]["impostor_curve"]
    assert curve["crc32"] == checksum_of(curve)


def test_any_other_number_of_the_curve_is_noticed(tmp_path: Path) -> None:
    """The numbers that the threshold comes from; what is told beside them may be anything."""
    path = tmp_path / "manifest.yaml"
    used = list(re.finditer(r"(?m)^ +(- \{fmr: .*cosine: .*\}|upper: \[.*\])$", MANIFEST))
    digits = [line.start() + digit.start() for line in used for digit in re.finditer(r"(?<=\d)\d(?=[,\]}])", line[0])]
    assert len(digits) >= 12
    for at in digits:
        path.write_text(MANIFEST[:at] + str((int(MANIFEST[at]) + 1) % 10) + MANIFEST[at + 1 :])
        with pytest.raises(ModelError):
            read_manifest(path)


def test_a_manifest_without_a_checksum_is_read(tmp_path: Path) -> None:
    """Of somebody's own model, or written before there was one."""
    path = tmp_path / "manifest.yaml"
    path.write_text(re.sub(r"\n      crc32: \d+", "", MANIFEST))
    curve = read_manifest(path)["embedder"].impostor_curve
    assert curve == read_manifest(shipped("models") / "manifest.yaml")["embedder"].impostor_curve
