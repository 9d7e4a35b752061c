"""Rewriting in tools/spread_prelu.py: a graph whose PRelus are spread answers as before. Needs `onnx`, a tool's."""

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
TOLERANCE = 1e-5
"""Rounding in float32 of sums of some hundred products of about 1."""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "spread_prelu.py"
    spec = importlib.util.spec_from_file_location("spread_prelu", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bottleneck(
    first: np.ndarray, second: np.ndarray, *, ending: str = "Conv", outputs: tuple[str, ...] = ("y",)
) -> Any:
    """Convolution, PRelu of the `first` slopes, depthwise convolution, PRelu of the `second`, and the `ending`."""
    rng = np.random.default_rng(13)
    weights = {
        "widen.w": rng.normal(size=(CHANNELS, 3, 1, 1)),
        "widen.b": rng.normal(size=CHANNELS),
        "slope.1": first.reshape(-1, 1, 1),
        "depth.w": rng.normal(size=(CHANNELS, 1, 3, 3)),
        "depth.b": rng.normal(size=CHANNELS),
        "slope.2": second.reshape(-1, 1, 1),
        "narrow.w": rng.normal(size=(CHANNELS, CHANNELS, 1, 1)),
    }
    make = onnx.helper.make_node
    endings = {
        "Conv": make("Conv", ["d", "narrow.w"], ["y"], kernel_shape=[1, 1]),
        "Sigmoid": make("Sigmoid", ["d"], ["y"]),
    }
    nodes = [
        make("Conv", ["x", "widen.w", "widen.b"], ["a"], kernel_shape=[1, 1]),
        make("PRelu", ["a", "slope.1"], ["b"]),
        make("Conv", ["b", "depth.w", "depth.b"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=CHANNELS),
        make("PRelu", ["c", "slope.2"], ["d"]),
        endings[ending],
    ]
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        nodes,
        "bottleneck",
        [value("x", onnx.TensorProto.FLOAT, [1, 3, 9, 9])],
        [value(name, onnx.TensorProto.FLOAT, [1, CHANNELS, 9, 9]) for name in outputs],
        [onnx.numpy_helper.from_array(values.astype(np.float32), name) for name, values in weights.items()],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 9)], ir_version=7)


def answers(model: Any) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(17).normal(size=(1, 3, 9, 9)).astype(np.float32)
    given: list[np.ndarray] = session.run(None, {"x": x})
    return given


def kinds(model: Any) -> list[str]:
    return [node.op_type for node in model.graph.node]


def slopes(**special: float) -> np.ndarray:
    """Slopes of which `special` (its keys "at_N") are other than between -0.9 and 0.8."""
    drawn = np.random.default_rng(19).uniform(-0.9, 0.8, CHANNELS)
    for at, value in special.items():
        drawn[int(at.removeprefix("at_"))] = value
    return drawn


@pytest.mark.parametrize("steep", [{}, {"at_0": 0.0}, {"at_3": 1.3, "at_7": 2.5}, {"at_1": -4.0}])
def test_a_graph_without_prelus_answers_as_before(tool: ModuleType, steep: dict[str, float]) -> None:
    model = bottleneck(slopes(**steep), slopes(**steep))
    (before,) = answers(model)

    assert tool.spread_prelus(model.graph) == 2

    assert "PRelu" not in kinds(model)
    assert {item.name for item in model.graph.initializer} == {
        name for node in model.graph.node for name in node.input
    } - {"x", "a", "b", "c", "d"} - {output for node in model.graph.node for output in node.output}
    np.testing.assert_allclose(answers(model)[0], before, atol=TOLERANCE, rtol=TOLERANCE)


def test_a_slope_near_one_stays(tool: ModuleType) -> None:
    model = bottleneck(slopes(at_2=0.97), slopes())
    (before,) = answers(model)

    assert tool.spread_prelus(model.graph) == 1
    assert kinds(model).count("PRelu") == 1
    np.testing.assert_allclose(answers(model)[0], before, atol=TOLERANCE, rtol=TOLERANCE)


def test_a_sign_that_no_convolution_could_take_back_is_not_made(tool: ModuleType) -> None:
    steep = bottleneck(slopes(), slopes(at_5=1.5), ending="Sigmoid")
    (before,) = answers(steep)

    assert tool.spread_prelus(steep.graph) == 1
    np.testing.assert_allclose(answers(steep)[0], before, atol=TOLERANCE)
    assert tool.spread_prelus(bottleneck(slopes(), slopes(), ending="Sigmoid").graph) == 2


@pytest.mark.parametrize("shown", ["a", "b"])
def test_what_the_graph_gives_out_keeps_its_scale(tool: ModuleType, shown: str) -> None:
    model = bottleneck(slopes(at_3=1.3), slopes(), outputs=(shown, "y"))
    before = answers(model)

    assert tool.spread_prelus(model.graph) == 1
    for now, then in zip(answers(model), before, strict=True):
        np.testing.assert_allclose(now, then, atol=TOLERANCE, rtol=TOLERANCE)


def test_weights_that_two_convolutions_share_are_not_scaled(tool: ModuleType) -> None:
    model = bottleneck(slopes(), slopes())
    model.graph.node[4].input[1] = "shared.w"
    model.graph.initializer[-1].name = "shared.w"
    model.graph.node.append(onnx.helper.make_node("Conv", ["y", "shared.w"], ["z"], kernel_shape=[1, 1]))
    model.graph.node.append(onnx.helper.make_node("PRelu", ["z", "slope.1"], ["z2"]))
    model.graph.node.append(onnx.helper.make_node("Sigmoid", ["z2"], ["z3"]))
    model.graph.output[0].name = "z3"
    (before,) = answers(model)

    tool.spread_prelus(model.graph)
    assert kinds(model).count("PRelu") == 2
    np.testing.assert_allclose(answers(model)[0], before, atol=TOLERANCE)
