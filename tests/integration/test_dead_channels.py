"""Pruning in tools/dead_channels.py: a graph without its dead channels answers as before. Needs `onnx`, a tool's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnxruntime
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is needed by the maintainers' tools only: pip install onnx")

CHANNELS = 12
UNHEARD, FLAT, SILENT, NEGATIVE = 1, 4, 5, 9


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "dead_channels.py"
    spec = importlib.util.spec_from_file_location("dead_channels", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bottleneck() -> Any:
    """A graph with one bottleneck, four of whose twelve channels are dead, each in another way."""
    rng = np.random.default_rng(13)
    weights = {
        "widen.w": rng.normal(size=(CHANNELS, 3, 1, 1)),
        "widen.b": rng.normal(size=CHANNELS),
        "slope.1": rng.uniform(0.1, 0.5, size=(CHANNELS, 1, 1)),
        "depth.w": rng.normal(size=(CHANNELS, 1, 3, 3)),
        "depth.b": rng.normal(size=CHANNELS),
        "slope.2": rng.uniform(0.1, 0.5, size=(CHANNELS, 1, 1)),
        "narrow.w": rng.normal(size=(4, CHANNELS, 1, 1)),
        "narrow.b": rng.normal(size=4),
    }
    weights["narrow.w"][:, UNHEARD] = 1e-20
    weights["depth.w"][FLAT] = 0
    weights["depth.b"][FLAT] = 0.7
    weights["widen.w"][SILENT], weights["widen.b"][SILENT], weights["depth.b"][SILENT] = 0, 0, 0
    weights["depth.w"][NEGATIVE], weights["depth.b"][NEGATIVE] = 0, -0.9
    make = onnx.helper.make_node
    nodes = [
        make("Conv", ["x", "widen.w", "widen.b"], ["a"], kernel_shape=[1, 1]),
        make("PRelu", ["a", "slope.1"], ["b"]),
        make("Conv", ["b", "depth.w", "depth.b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=CHANNELS),
        make("PRelu", ["c", "slope.2"], ["d"]),
        make("Conv", ["d", "narrow.w", "narrow.b"], ["y"], kernel_shape=[1, 1]),
    ]
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "bottleneck",
        [value("x", onnx.TensorProto.FLOAT, [1, 3, 9, 9])],
        [value("y", onnx.TensorProto.FLOAT, [1, 4, 9, 9])],
        [onnx.numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 9)], ir_version=7)


def answer(model: Any) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(17).normal(size=(1, 3, 9, 9)).astype(np.float32)
    (y,) = session.run(None, {"x": x})
    return y


def channels_of(model: Any) -> int:
    return next(item.dims[0] for item in model.graph.initializer if item.name == "depth.w")


@pytest.mark.parametrize(("multiple", "kept"), [(1, 8), (4, 8), (3, 9), (16, 9)])
def test_a_graph_without_its_dead_channels_answers_as_before(tool: ModuleType, multiple: int, kept: int) -> None:
    model = bottleneck()
    before = answer(model)

    dropped = tool.drop_dead_channels(model.graph, 1e-15, multiple)

    onnx.checker.check_model(model, full_check=True)
    assert dropped == CHANNELS - kept
    assert channels_of(model) == kept
    np.testing.assert_allclose(answer(model), before, atol=1e-5)


def test_living_channels_are_let_alone(tool: ModuleType) -> None:
    model = bottleneck()

    assert tool.drop_dead_channels(model.graph, 0.0, 1) == 0
    assert channels_of(model) == CHANNELS
