"""`./dev sbom` and `./dev audit`: the bill names what is locked; an audit that could not ask never says all is well."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def _tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


sbom, audit = _tool("sbom"), _tool("audit")


def test_the_bill_lists_every_locked_package_and_every_model_with_hashes() -> None:
    bill = sbom.bill()
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    libraries = [(part["name"], part["version"]) for part in bill["components"] if part["type"] == "library"]
    assert libraries == pins
    assert len(libraries) > 20
    models = {part["name"]: part for part in bill["components"] if part["type"] == "machine-learning-model"}
    assert {path.name for path in (ROOT / "models").glob("*.onnx")} <= models.keys()
    assert all(
        re.fullmatch("[0-9a-f]{64}", hash_["content"]) for part in bill["components"] for hash_ in part["hashes"]
    )
    refs = [part["bom-ref"] for part in bill["components"]]
    assert len(set(refs)) == len(refs)


def test_the_bill_is_the_same_each_time() -> None:
    printed = {
        subprocess.run([sys.executable, ROOT / "tools/sbom.py"], capture_output=True, check=True).stdout for _ in "ab"
    }
    assert len(printed) == 1
    assert json.loads(printed.pop())["bomFormat"] == "CycloneDX"


@pytest.mark.parametrize(
    "lock", ["numpy\n", "numpy==1.0\n", "--hash=sha256:" + "0" * 64, "numpy @ https://example.org/x"]
)
def test_a_package_without_a_hash_is_an_error(lock: str) -> None:
    with pytest.raises(ValueError, match=r"requirements\.lock: "):
        sbom.packages(lock)


def _report(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


FINE = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"], "aliases": [], "description": ""}]}
UNASKED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("report", "code", "said"),
    [
        (_report(FINE), 0, "none of the 1 packages"),
        (_report(FINE, WEAK), 1, "b 2: X-1, mended in 3"),
        (_report(FINE, UNASKED), 75, "1 of 2 packages could not be asked about: c"),
        (_report(WEAK, UNASKED), 1, "b 2: X-1, mended in 3"),
        (_report(), 75, "no package"),
        ("", 75, "could not be asked"),
        ("[]", 75, "could not be asked"),
    ],
)
def test_the_audit_tells_weak_from_well_from_not_asked(report: str, code: int, said: str) -> None:
    given, lines = audit.judge(report)
    assert (given, lines[0].startswith(said) or said in lines[0]) == (code, True)
