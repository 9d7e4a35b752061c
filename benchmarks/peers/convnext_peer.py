"""The workshop's way: a ConvNeXt-Atto on the whole picture at 224x224, no detector, one vector a picture.

The net is built here with random weights, so it tells time and nothing else; depths and widths are those of the paper
(Liu et al. 2022) at the size that timm calls `convnext_atto`, with 1x1 convolutions in its blocks.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

DEPTHS, WIDTHS = (2, 2, 6, 2), (40, 80, 160, 320)
SIZE, VECTOR = 224, 512
OPSET = 20
"""The first with Gelu."""
_MEAN, _DEVIATION = (123.7, 116.3, 103.5), (58.4, 57.1, 57.4)
"""Of ImageNet, as its pictures are normalised everywhere."""


class ConvNeXtAtto:
    """Picture to vector, and the nearest of a gallery."""

    def __init__(self, gallery: Any) -> None:
        """`gallery`: unit rows (n, 512)."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = _Drawing().model()
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.parameters = sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
        self._gallery = gallery

    def look(self, frame: Any) -> int:
        """Name whoever is in a uint8 RGB frame; it always finds somebody."""
        small = cv2.resize(frame, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
        small = ((small - np.float32(_MEAN)) / np.float32(_DEVIATION)).transpose(2, 0, 1)[np.newaxis]
        (vector,) = self._session.run(None, {"picture": small})[0]
        (self._gallery @ (vector / np.linalg.norm(vector))).argmax()
        return 1


class _Drawing:
    """The graph, drawn node by node."""

    def __init__(self) -> None:
        self._rng = np.random.default_rng(11)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def model(self) -> onnx.ModelProto:
        at = self._norm(self._conv("picture", 3, WIDTHS[0], 4, step=4), WIDTHS[0])
        for stage, (depth, width) in enumerate(zip(DEPTHS, WIDTHS, strict=True)):
            if stage:
                narrow = WIDTHS[stage - 1]
                at = self._conv(self._norm(at, narrow), narrow, width, 2, step=2)
            for _ in range(depth):
                at = self._block(at, width)
        pooled = self._node("Flatten", self._node("GlobalAveragePool", at), axis=1)
        normed = self._layer_norm(pooled, WIDTHS[-1])
        self._nodes.append(helper.make_node("Gemm", [normed, self._some(WIDTHS[-1], VECTOR)], ["vector"]))
        graph = helper.make_graph(
            self._nodes,
            "convnext_atto",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, VECTOR])],
            self._weights,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
        onnx.checker.check_model(made, full_check=True)
        return made

    def _block(self, at: str, width: int) -> str:
        wide = self._conv(self._norm(self._conv(at, width, width, 7, groups=width), width), width, 4 * width, 1)
        back = self._conv(self._node("Gelu", wide), 4 * width, width, 1)
        return self._node("Add", at, self._node("Mul", back, self._some(1, width, 1, 1)))

    def _conv(self, at: str, given: int, made: int, side: int, *, step: int = 1, groups: int = 1) -> str:
        weights, offsets = self._some(made, given // groups, side, side), self._some(made)
        pads = [side // 2 if step == 1 else 0] * 4
        shape = {"kernel_shape": [side, side], "strides": [step, step], "pads": pads, "group": groups}
        return self._node("Conv", at, weights, offsets, **shape)

    def _norm(self, at: str, width: int) -> str:
        """Over the channels of each place."""
        last = self._node("Transpose", at, perm=[0, 2, 3, 1])
        return self._node("Transpose", self._layer_norm(last, width), perm=[0, 3, 1, 2])

    def _layer_norm(self, at: str, width: int) -> str:
        return self._node("LayerNormalization", at, self._some(width), self._some(width), axis=-1, epsilon=1e-6)

    def _some(self, *shape: int) -> str:
        name = f"w{len(self._weights)}"
        values = 0.05 * self._rng.standard_normal(shape, dtype=np.float32)
        self._weights.append(numpy_helper.from_array(values, name))
        return name

    def _node(self, kind: str, *given: str, **attributes: Any) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, given, [name], **attributes))
        return name
