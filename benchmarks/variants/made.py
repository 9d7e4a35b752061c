"""Variants of one model: quantised, halved, pruned; each a file that onnxruntime may or may not take."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.transformers import float16

PRUNED = (0.3, 0.5)
"""Shares of each layer's weights, the least ones, that are set to zero."""
_LEAST_WEIGHTS = 64
"""Tensors with fewer values are offsets and scales, which are not pruned."""

Make = Callable[[Path, Path, Sequence[Any]], None]
"""Writes a variant of the model in the first file to the second, given inputs to calibrate it with."""


class _Inputs(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, pixels: Sequence[Any]) -> None:
        self._left = iter([{name: each} for each in pixels])

    def get_next(self) -> dict[str, Any] | None:
        return next(self._left, None)


def dynamic(source: Path, target: Path, pixels: Sequence[Any]) -> None:
    """Weights in int8, activations quantised as they come."""
    del pixels
    quantize_dynamic(source, target, weight_type=QuantType.QUInt8)


def static(form: QuantFormat) -> Make:
    """Weights per channel in int8, activations in uint8 by their range over the calibration's inputs."""

    def make(source: Path, target: Path, pixels: Sequence[Any]) -> None:
        name = onnx.load(source).graph.input[0].name
        quantize_static(
            source,
            target,
            _Inputs(name, pixels),
            quant_format=form,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )

    return make


def halved(source: Path, target: Path, pixels: Sequence[Any]) -> None:
    """In float16, but for the casts from and to pixels and answers."""
    del pixels
    blocked = [*float16.DEFAULT_OP_BLOCK_LIST, "Cast"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of each weight that float16 cannot hold
        made = float16.convert_float_to_float16(onnx.load(source), keep_io_types=True, op_block_list=blocked)
    onnx.save(made, target)


def pruned(share: float) -> Make:
    """The least `share` of each layer's weights set to zero: what a kernel for sparse weights could leave out."""

    def make(source: Path, target: Path, pixels: Sequence[Any]) -> None:
        del pixels
        model = onnx.load(source)
        for tensor in model.graph.initializer:
            values = numpy_helper.to_array(tensor)
            if values.dtype == np.float32 and values.size >= _LEAST_WEIGHTS and values.ndim > 1:
                least = np.quantile(np.abs(values), share)
                kept = np.where(np.abs(values) < least, np.float32(0), values)
                tensor.CopyFrom(numpy_helper.from_array(kept, tensor.name))
        onnx.save(model, target)

    return make


VARIANTS: dict[str, Make] = {
    "int8, dynamic": dynamic,
    "int8, QDQ per channel": static(QuantFormat.QDQ),
    "int8, QOperator per channel": static(QuantFormat.QOperator),
    "float16": halved,
    **{f"pruned, {share:.0%} of the weights": pruned(share) for share in PRUNED},
}
