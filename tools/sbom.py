"""Print the software bill of materials, CycloneDX 1.6 as JSON: what `requirements.lock` and the models' manifest list.

    ./dev sbom > faceauthd.cdx.json

The same checkout gives the same bytes: no time and no serial number stands in it. Needs Python and PyYAML only.
A package's hashes are those of all its files (source and wheels) that may be installed.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]*\S))?\s*\\?$")
_HASH = re.compile(r"^--hash=sha256:([0-9a-f]{64})\s*\\?$")


def packages(lock: str) -> list[dict[str, Any]]:
    """A component for each pin. Raises ValueError for a line that is neither a pin, a hash nor a comment."""
    found: list[dict[str, Any]] = []
    for line in lock.splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if pin := _PIN.match(text):
            name, version = pin["name"].lower().replace("_", "-"), pin["version"]
            purl = f"pkg:pypi/{name}@{version}"
            component: dict[str, Any] = {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
                "hashes": [],
            }
            if pin["marker"]:
                component["properties"] = [{"name": "faceauthd:marker", "value": pin["marker"]}]
            found.append(component)
        elif (digest := _HASH.match(text)) and found:
            found[-1]["hashes"].append({"alg": "SHA-256", "content": digest[1]})
        else:
            raise ValueError(f"requirements.lock: cannot read the line {line!r}")
    unhashed = [component["name"] for component in found if not component["hashes"]]
    if unhashed:
        raise ValueError(f"requirements.lock: no hash for {', '.join(unhashed)}; write it anew with ./dev lock")
    return found


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """A component for each model file."""
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"model:{role}",
            "name": card["file"],
            "description": card["what"],
            "licenses": [{"expression": card["licence"]}],
            "hashes": [{"alg": "SHA-256", "content": card["sha256"]}],
        }
        for role, card in manifest["models"].items()
    ]


def bill(root: Path = ROOT) -> dict[str, Any]:
    version = re.search(r'^__version__ = "(.+)"$', (root / "faceauthd/__init__.py").read_text(), re.MULTILINE)
    assert version is not None
    product = {"type": "application", "bom-ref": "faceauthd", "name": "faceauthd", "version": version[1]}
    parts = packages((root / "requirements.lock").read_text())
    parts += models(yaml.safe_load((root / "models/manifest.yaml").read_text()))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {**product, "licenses": [{"expression": "MIT"}]}},
        "components": parts,
    }


def main() -> int:
    sys.stdout.write(json.dumps(bill(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
