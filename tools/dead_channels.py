"""Take out of a graph the channels that cannot reach its output.

Training with weight decay left whole channels of the embedder's bottlenecks at zero. In

    convolution -> PRelu -> depthwise convolution -> PRelu -> 1x1 convolution

a channel of the depthwise part is dead if the last convolution does not listen to it, or if it is the same everywhere:
then its share goes into the last convolution's bias. Both are exact but for rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Floats = NDArray[np.float32]


class _Bottleneck(NamedTuple):
    """The nodes of one chain, in order."""

    widen: onnx.NodeProto
    first_slope: onnx.NodeProto
    depthwise: onnx.NodeProto
    second_slope: onnx.NodeProto
    narrow: onnx.NodeProto


def drop_dead_channels(graph: onnx.GraphProto, negligible: float, multiple: int) -> int:
    """Edit `graph` so that each bottleneck keeps only living channels, and return how many went.

    Weights below `negligible` count as zero. Where there are enough that are zero altogether, so many of those stay
    that a multiple of `multiple` is kept, which is what vector units work on.
    """
    dropped = 0
    for chain in _bottlenecks(graph):
        weights = _Weights(graph)
        alive, constants = _judge(chain, weights, negligible)
        spare = -int(alive.sum()) % multiple
        alive[np.flatnonzero(~alive & (constants == 0))[:spare]] = True
        _cut(chain, weights, alive, constants)
        dropped += int((~alive).sum())
    return dropped


class _Weights:
    """A graph's initializers by name."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._items = {item.name: item for item in graph.initializer}

    def __getitem__(self, name: str) -> Floats:
        values: Floats = numpy_helper.to_array(self._items[name])
        return values

    def __setitem__(self, name: str, values: Floats) -> None:
        self._items[name].CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), name))


def _bottlenecks(graph: onnx.GraphProto) -> list[_Bottleneck]:
    chains = []
    for node in graph.node:
        if node.op_type == "Conv" and _group(node) > 1:
            before, after = _maker(graph, node), _only_user(graph, node)
            links = [before and _maker(graph, before), before, node, after, after and _only_user(graph, after)]
            chain = [link for link in links if link is not None]
            if [link.op_type for link in chain] == ["Conv", "PRelu", "Conv", "PRelu", "Conv"]:
                chains.append(_Bottleneck(*chain))
    return chains


def _maker(graph: onnx.GraphProto, node: onnx.NodeProto) -> onnx.NodeProto | None:
    return next((other for other in graph.node if node.input[0] in other.output), None)


def _only_user(graph: onnx.GraphProto, node: onnx.NodeProto) -> onnx.NodeProto | None:
    users = [other for other in graph.node if node.output[0] in other.input]
    return users[0] if len(users) == 1 else None


def _group(node: onnx.NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)


def _judge(chain: _Bottleneck, weights: _Weights, negligible: float) -> tuple[NDArray[np.bool_], Floats]:
    """Which channels live, and what each dead one adds to the depthwise part's output wherever one looks."""
    has_source = _largest(weights[chain.widen.input[1]], 0) >= negligible
    has_source |= np.abs(weights[chain.widen.input[2]]) >= negligible
    is_varied = has_source & (_largest(weights[chain.depthwise.input[1]], 0) >= negligible)
    is_heard = _largest(weights[chain.narrow.input[1]], 1) >= negligible
    alive = is_varied & is_heard
    constants = np.where(alive, 0, weights[chain.depthwise.input[2]])
    slopes = weights[chain.second_slope.input[1]].ravel()
    return alive, np.where(constants < 0, constants * slopes, constants).astype(np.float32)


def _largest(kernel: Floats, axis: int) -> Floats:
    others = tuple(i for i in range(kernel.ndim) if i != axis)
    largest: Floats = np.abs(kernel).max(axis=others)
    return largest


def _cut(chain: _Bottleneck, weights: _Weights, alive: NDArray[np.bool_], constants: Floats) -> None:
    shares = weights[chain.narrow.input[1]][:, ~alive, 0, 0].astype(np.float64) @ constants[~alive]
    weights[chain.narrow.input[2]] = (weights[chain.narrow.input[2]] + shares).astype(np.float32)
    weights[chain.narrow.input[1]] = weights[chain.narrow.input[1]][:, alive]
    for node in (chain.widen, chain.depthwise):
        for name in node.input[1:]:
            weights[name] = weights[name][alive]
    for node in (chain.first_slope, chain.second_slope):
        weights[node.input[1]] = weights[node.input[1]][alive]
    for attribute in chain.depthwise.attribute:
        if attribute.name == "group":
            attribute.i = int(alive.sum())
