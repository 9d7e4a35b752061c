"""Counting in tools/count_operations.py, against counts made by hand. Needs `onnx`, a tool's."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is needed by the maintainers' tools only: pip install onnx")


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "count_operations.py"
    spec = importlib.util.spec_from_file_location("count_operations", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_convolution_a_depthwise_one_and_a_product_are_counted_as_by_hand(tool: ModuleType, tmp_path: Path) -> None:
    make, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    weights = {"w": (4, 3, 3, 3), "d": (4, 1, 3, 3), "g": (4 * 8 * 8, 10)}
    nodes = [
        make("Conv", ["x", "w"], ["a"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        make("Relu", ["a"], ["b"]),
        make("Conv", ["b", "d"], ["c"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=4),
        make("Flatten", ["c"], ["f"]),
        make("MatMul", ["f", "g"], ["y"]),
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "small",
        [value("x", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])],
        [value("y", onnx.TensorProto.FLOAT, ["n", 10])],
        [onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name) for name, shape in weights.items()],
    )
    path = tmp_path / "small.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=7), path)

    found = tool.counted(path, 2)

    assert found["macs"] == 2 * (4 * 64 * 27 + 4 * 64 * 9 + 256 * 10)
    assert found["others"] == 2 * 256
    assert found["weights"] == 108 + 36 + 2560
    conv, relu, depthwise, product = 2 * 192 + 108 + 2 * 256, 4 * 256, 2 * 256 + 36 + 2 * 256, 2 * 256 + 2560 + 2 * 10
    assert found["moved"] == 4 * (conv + relu + depthwise + product)


def test_the_shipped_models_are_counted(tool: ModuleType) -> None:
    models = Path(__file__).parents[2] / "models"
    counts = {role: tool.counted(models / f"{role}.onnx", pictures) for role, pictures in tool.RUN.items()}
    assert all(each["macs"] > 1e6 for each in counts.values())
    assert tool.counted(models / "embedder.onnx", 4)["macs"] == 2 * counts["embedder"]["macs"]
