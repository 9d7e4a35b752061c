"""Writing models/manifest.yaml; what reads it is faceauthd/vision/manifest.py."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import onnx
import yaml
from model_recipes import PACKAGE, RECIPES, TARBALL_SHA256, VERSION, Recipe

HEADER = """\
# What lies in this folder. faceauthd refuses to start if a file, a name, a type or a shape is another.
# Written by tools/build_models.py; `impostor_curve` by tools/measure_curve.py. README.md holds a card for each model.
"""


def described(built: dict[str, bytes], curve: dict[str, Any] | None) -> dict[str, Any]:
    """The manifest's data for the built model files."""
    models = {recipe.role: _entry(recipe, built[recipe.file]) for recipe in RECIPES}
    if curve is not None:
        models["embedder"]["impostor_curve"] = curve
    return {"format": 1, "models": models}


def carried_curve(manifest: Path, embedder: bytes) -> dict[str, Any] | None:
    """The impostor curve that `manifest` holds, if it was measured with this very embedder."""
    if not manifest.is_file():
        return None
    entry = yaml.safe_load(manifest.read_bytes())["models"]["embedder"]
    return entry.get("impostor_curve") if entry["sha256"] == hashlib.sha256(embedder).hexdigest() else None


def render(data: dict[str, Any]) -> bytes:
    """YAML with the keys in the order given."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return (HEADER + text).encode()


class _Dumper(yaml.SafeDumper):
    """Lists of scalars, tensors and points of a curve stand on one line each."""


def _list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    plain = all(not isinstance(item, list | dict) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=plain)


def _mapping(dumper: _Dumper, items: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", items, flow_style=set(items) in _ONE_LINERS)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)
_ONE_LINERS = ({"fmr", "cosine"}, {"name", "dtype", "shape"})


def _entry(recipe: Recipe, content: bytes) -> dict[str, Any]:
    graph = onnx.load_from_string(content).graph
    return {
        "what": recipe.what,
        "file": recipe.file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "inputs": [_tensor(value) for value in graph.input],
        "outputs": [_tensor(value) for value in graph.output],
        "licence": recipe.licence,
        "origin": {
            "package": PACKAGE,
            "version": VERSION,
            "tarball_sha256": TARBALL_SHA256,
            "file": f"model/{recipe.source}",
            "sha256": recipe.source_sha256,
        },
    }


def _tensor(value: onnx.ValueInfoProto) -> dict[str, Any]:
    kind = value.type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name
    return {"name": value.name, "dtype": dtype, "shape": [size.dim_param or size.dim_value for size in kind.shape.dim]}
