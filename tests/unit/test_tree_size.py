"""What an installation weighs: ours is weighed too where it is installed as a checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_editable_installation_weighs_what_its_wheel_would() -> None:
    script = [sys.executable, str(ROOT / "benchmarks/tree_size.py"), "--json"]
    told = json.loads(subprocess.run(script, check=True, capture_output=True, text=True).stdout)
    models = sum(path.stat().st_size for path in (ROOT / "models").glob("*.onnx"))
    code = sum(path.stat().st_size for path in (ROOT / "faceauthd").rglob("*.py"))
    assert models + code < told["faceauthd"] < models + code + 3_000_000
    assert told["total"] == sum(size for name, size in told.items() if name != "total")
    assert {"numpy", "onnxruntime"} <= told.keys()
    assert "numkong" not in told, "an extra is weighed where it is asked for"
