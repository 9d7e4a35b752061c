#!/usr/bin/env python3
"""Make models/ out of the public package the weights come from; the same bytes each time.

    npm pack faceplugin-face-recognition-js@0.0.1
    python tools/build_models.py faceplugin-face-recognition-js-0.0.1.tgz            # writes models/
    python tools/build_models.py faceplugin-face-recognition-js-0.0.1.tgz --check    # compares with models/

Each graph is given a front that takes uint8 pixels: RGB (or grey) as a camera delivers them, rows first. Colour order
and scale go into the first convolution's weights; the mean stays a subtraction, since the convolution pads with zeros
after it. Each edited graph is run against its original before anything is written.
Needs `onnx`, which the device does not.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from dead_channels import drop_dead_channels
from model_manifest import carried_curve, described, render
from model_recipes import PACKAGE, RECIPES, TARBALL_SHA256, VERSION, Recipe
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from spread_prelu import spread_prelus

TOLERANCE = 1e-5
NEGLIGIBLE = 1e-15
"""Weights below this are set to zero: 15 % of the embedder's, left behind by weight decay, many so small that the
processor computes them as denormals. Without them no answer changes, and the embedder takes a sixth of the time
(142 ms to 22 ms for two crops, one x86 thread, 2026-11-23)."""
LANES = 16
"""Channels that the widest vector unit (AVX-512) takes at once; with 16 kept together the pruned graph is fastest."""

Floats = NDArray[np.float32]


def main() -> int:
    """Build into --out, or compare with it; 0 if done (or the same), 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tarball", type=Path, help=f"what `npm pack {PACKAGE}@{VERSION}` gives")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with --out")
    options = parser.parse_args()
    try:
        originals = read_originals(options.tarball)
    except (OSError, ValueError, KeyError) as error:
        print(f"build_models: {error}", file=sys.stderr)
        return 1
    built = {recipe.file: build(recipe, originals[recipe.role]) for recipe in RECIPES}
    manifest = options.out / "manifest.yaml"
    built["manifest.yaml"] = render(described(built, carried_curve(manifest, built["embedder.onnx"])))
    return compare(built, options.out) if options.check else write(built, options.out)


def read_originals(tarball: Path) -> dict[str, bytes]:
    """Each role's model as it is in the package; ValueError if the tarball or a model is another than expected."""
    packed = tarball.read_bytes()
    _expect_hash(str(tarball), packed, TARBALL_SHA256)
    originals = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for recipe in RECIPES:
            member = archive.extractfile(f"package/model/{recipe.source}")
            if member is None:
                raise ValueError(f"{tarball}: {recipe.source} is not a file")
            originals[recipe.role] = member.read()
            _expect_hash(recipe.source, originals[recipe.role], recipe.source_sha256)
    return originals


def build(recipe: Recipe, original: bytes) -> bytes:
    """The edited graph, checked against its original."""
    model = onnx.load_from_string(original)
    _put_front(model.graph, recipe)
    _put_end(model.graph, recipe)
    _drop_negligible(model.graph)
    drop_dead_channels(model.graph, NEGLIGIBLE, LANES)
    spread_prelus(model.graph)
    _strip(model)
    onnx.checker.check_model(model, full_check=True)
    edited: bytes = model.SerializeToString(deterministic=True)
    difference = verify(recipe, original, edited)
    print(f"{recipe.file}: {len(edited)} bytes, at most {difference:.1e} from the original's answer", file=sys.stderr)
    return edited


def _put_front(graph: onnx.GraphProto, recipe: Recipe) -> None:
    """Take `pixels` (uint8) and fold colour order and scale into the first convolution."""
    first = graph.node[0]
    if first.op_type != "Conv" or first.input[0] != graph.input[0].name:
        raise ValueError(f"{recipe.source}: does not begin with a convolution")
    weights = next(item for item in graph.initializer if item.name == first.input[1])
    kernel = numpy_helper.to_array(weights)
    if recipe.takes_bgr:
        kernel = kernel[:, ::-1]
    kernel = (kernel.astype(np.float64) * recipe.scale).astype(np.float32)
    weights.CopyFrom(numpy_helper.from_array(kernel, weights.name))
    height, width = recipe.size
    shape = [recipe.batch, height, width] + ([] if recipe.is_grey else [3])
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.UINT8, shape))
    if recipe.is_grey:
        front = [helper.make_node("Unsqueeze", ["pixels"], ["planes"], axes=[1])]
    else:
        front = [helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2])]
    front.append(helper.make_node("Cast", ["planes"], ["values"], to=TensorProto.FLOAT))
    if recipe.mean:
        graph.initializer.append(numpy_helper.from_array(np.array(recipe.mean, np.float32), "mean"))
        front.append(helper.make_node("Sub", ["values", "mean"], ["centred"]))
    first.input[0] = front[-1].output[0]
    _prepend(graph, front)


def _put_end(graph: onnx.GraphProto, recipe: Recipe) -> None:
    """Make the batch free, name the outputs, and finish the answer."""
    if recipe.batch != 1:
        _flatten_instead_of_reshape(graph)
    endings: dict[str, Callable[[str, str], onnx.NodeProto]] = {
        "unit": lambda source, target: helper.make_node("LpNormalization", [source], [target], axis=1, p=2),
        "softmax": lambda source, target: helper.make_node("Softmax", [source], [target], axis=1),
    }
    for output, name in zip(graph.output, recipe.outputs, strict=True):
        if recipe.finish in endings:
            graph.node.append(endings[recipe.finish](output.name, name))
        else:
            _rename(graph, output.name, name)
        dimensions = [size.dim_value for size in output.type.tensor_type.shape.dim]
        output.CopyFrom(helper.make_tensor_value_info(name, TensorProto.FLOAT, [recipe.batch, *dimensions[1:]]))


def _flatten_instead_of_reshape(graph: onnx.GraphProto) -> None:
    """The exports reshape (n, c, 1, 1) to (1, c) by a constant or by a batch read back from the shape."""
    for index, node in enumerate(graph.node):
        if node.op_type == "Reshape":
            graph.node[index].CopyFrom(helper.make_node("Flatten", [node.input[0]], list(node.output), axis=1))
    _drop_unused(graph)


def _drop_unused(graph: onnx.GraphProto) -> None:
    wanted = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    initializers = [item for item in graph.initializer if item.name in wanted]
    del graph.initializer[:]
    graph.initializer.extend(initializers)


def _drop_negligible(graph: onnx.GraphProto) -> None:
    for item in graph.initializer:
        if item.data_type == TensorProto.FLOAT:
            weights = numpy_helper.to_array(item)
            kept = np.where(np.abs(weights) < NEGLIGIBLE, np.float32(0), weights)
            item.CopyFrom(numpy_helper.from_array(kept, item.name))


def _prepend(graph: onnx.GraphProto, front: list[onnx.NodeProto]) -> None:
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend(front + rest)


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
        node.input[:] = [new if name == old else name for name in node.input]


def _strip(model: onnx.ModelProto) -> None:
    """Leave nothing in the file that does not change what it computes."""
    model.producer_name, model.producer_version = "faceauthd tools/build_models.py", "1"
    model.doc_string = model.graph.doc_string = ""
    del model.metadata_props[:]
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.doc_string = ""
        node.name = node.output[0]


def verify(recipe: Recipe, original: bytes, edited: bytes) -> float:
    """The largest difference between both graphs' answers to the same pixels; ValueError if above TOLERANCE."""
    rng = np.random.default_rng(2026)
    count = 1 if recipe.batch == 1 else 3
    shape = (count, *recipe.size) if recipe.is_grey else (count, *recipe.size, 3)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    answers = _run(edited, pixels)
    worst = 0.0
    for row in range(count):
        expected = _finished(recipe, _run(original, _as_the_original_wants(recipe, pixels[row : row + 1])))
        for ours, theirs in zip(answers, expected, strict=True):
            worst = max(worst, float(np.abs(ours[row : row + 1] - theirs).max()))
    if not worst <= TOLERANCE:
        raise ValueError(f"{recipe.file}: answers differ by {worst:.1e} from {recipe.source}")
    return worst


def _run(model: bytes, values: NDArray[Any]) -> list[Floats]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    answers: list[Floats] = session.run(None, {session.get_inputs()[0].name: values})
    return answers


def _as_the_original_wants(recipe: Recipe, pixels: NDArray[np.uint8]) -> Floats:
    """Written out apart from the graph edits, so that one checks the other."""
    values = (pixels.astype(np.float32) - np.float32(recipe.mean)) * np.float32(recipe.scale)
    if recipe.is_grey:
        return values[:, np.newaxis]
    planes = np.moveaxis(values, 3, 1)
    return np.ascontiguousarray(planes[:, ::-1] if recipe.takes_bgr else planes)


def _finished(recipe: Recipe, answers: list[Floats]) -> list[Floats]:
    if recipe.finish == "unit":
        return [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in answers]
    if recipe.finish == "softmax":
        powers = [np.exp(rows - rows.max(axis=1, keepdims=True)) for rows in answers]
        return [rows / rows.sum(axis=1, keepdims=True) for rows in powers]
    return answers


def _expect_hash(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ValueError(f"{name}: SHA-256 is {found}, expected {expected}; get {PACKAGE} {VERSION} again")


def write(built: dict[str, bytes], folder: Path) -> int:
    """Write every file into `folder`; always 0."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in built.items():
        (folder / name).write_bytes(content)
    return 0


def compare(built: dict[str, bytes], folder: Path) -> int:
    """Say which files in `folder` differ from what was built; 0 if none does."""
    different = [name for name, content in built.items() if not _holds(folder / name, content)]
    for name in different:
        print(f"{folder / name}: differs from what the package gives", file=sys.stderr)
    print(f"{len(built) - len(different)} of {len(built)} files are as built", file=sys.stderr)
    return 1 if different else 0


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    sys.exit(main())
