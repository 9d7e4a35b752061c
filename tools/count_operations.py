#!/usr/bin/env python3
"""Count what each shipped model computes: multiplications with addition (MAC), other operations, and memory traffic.

    python tools/count_operations.py [--models DIR] [--json]

For one run of each model as a look runs it: the embedder with two crops, the eyes with two. `moved` is what all nodes
read and write together, as if nothing were fused or stayed in a cache. Needs `onnx`, which the device does not.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import onnx
from onnx import numpy_helper, shape_inference

RUN = {"detector": 1, "landmarks": 1, "eyes": 2, "embedder": 2, "liveness": 1}
"""Pictures in one run for one face in view."""
_FLOAT_BYTES = 4
_FREE = frozenset({"Flatten", "Reshape", "Unsqueeze", "Squeeze", "Constant", "Identity"})

Shapes = dict[str, tuple[int, ...]]


def main() -> int:
    """Print the table; always 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    counts = {role: counted(options.models / f"{role}.onnx", pictures) for role, pictures in RUN.items()}
    counts["look"] = {key: sum(each[key] for each in counts.values()) for key in counts["detector"]}
    if options.json:
        print(json.dumps(counts, indent=2))
        return 0
    print(f"{'':10} {'million MAC':>12} {'million others':>15} {'MB moved':>9} {'million weights':>16}")
    for role, each in counts.items():
        macs, others, moved, weights = (each[key] for key in ("macs", "others", "moved", "weights"))
        print(f"{role:10} {macs / 1e6:12.1f} {others / 1e6:15.1f} {moved / 1e6:9.1f} {weights / 1e6:16.2f}")
    return 0


def counted(path: Path, pictures: int) -> dict[str, int]:
    """MACs, other operations (one a value given out), bytes moved and weights of one run with so many pictures."""
    model = onnx.load(path)
    first = model.graph.input[0].type.tensor_type.shape.dim[0]
    if first.dim_param:
        first.dim_value = pictures
        for output in model.graph.output:
            output.type.tensor_type.shape.dim[0].dim_value = pictures
    shapes = _shapes(model)
    total = {"macs": 0, "others": 0, "moved": 0, "weights": 0}
    for node in model.graph.node:
        macs = _macs(node, shapes)
        given = sum(_size(shapes, name) for name in node.output)
        total["macs"] += macs
        if not macs and node.op_type not in _FREE:
            total["others"] += given
        if node.op_type not in _FREE:
            total["moved"] += _FLOAT_BYTES * (given + sum(_size(shapes, name) for name in node.input))
    total["weights"] = sum(math.prod(item.dims) for item in model.graph.initializer)
    return total


def _shapes(model: onnx.ModelProto) -> Shapes:
    graph = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    found = {item.name: tuple(numpy_helper.to_array(item).shape) for item in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        found[value.name] = tuple(size.dim_value for size in value.type.tensor_type.shape.dim)
    return found


def _macs(node: onnx.NodeProto, shapes: Shapes) -> int:
    if node.op_type == "Conv":
        return _size(shapes, node.output[0]) * math.prod(shapes[node.input[1]][1:])
    if node.op_type in ("Gemm", "MatMul"):
        return _size(shapes, node.output[0]) * shapes[node.input[0]][-1]
    return 0


def _size(shapes: Shapes, name: str) -> int:
    return math.prod(shapes.get(name, (0,)))


if __name__ == "__main__":
    sys.exit(main())
