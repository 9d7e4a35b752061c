"""What the libraries do on their own: nothing that leaves this machine, and nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("module", ["faceauthd.vision.pack", "faceauthd.app"])
def test_loading_the_models_library_leaves_no_file_at_home(tmp_path: Path, module: str) -> None:
    """onnxruntime left to itself writes the number it gives a machine, and a database of what to send."""
    quiet = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    loads = f"import os, {module}; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run(
        [sys.executable, "-c", loads], env=quiet, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert list(tmp_path.rglob("*")) == []
