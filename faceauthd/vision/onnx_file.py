"""What an ONNX file refers to, read from its bytes alone: before any library that would follow it gets to see it.

Only as much of the protobuf wire format as that takes; field numbers are those of onnx.proto3 (ONNX IR version 3 on).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from faceauthd.errors import ModelError

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DEEPEST = 16
"""Graphs within nodes within graphs; real ones go two or three deep."""
_MODEL = {7: "graph", 25: "function"}
_FUNCTION = {7: "node"}
_GRAPH = {1: "node", 5: "tensor", 15: "sparse"}
_NODE = {5: "attribute"}
_ATTRIBUTE = {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"}
_SPARSE = {1: "tensor", 2: "tensor"}
_BELOW = {
    "model": _MODEL,
    "function": _FUNCTION,
    "graph": _GRAPH,
    "node": _NODE,
    "attribute": _ATTRIBUTE,
    "sparse": _SPARSE,
    "tensor": {},
}
_NODE_OPERATOR, _NODE_DOMAIN = 4, 7
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14


@dataclass(slots=True)
class Contents:
    """`domains`: of its operators, each with one of them; `is_external`: whether values lie in another file."""

    domains: dict[str, str] = field(default_factory=dict)
    is_external: bool = False


def contents_of(raw: bytes) -> Contents:
    """Walk the whole file. Raises ModelError if it is no protobuf of a model."""
    found = Contents()
    try:
        _walk(memoryview(raw), "model", found, 0)
    except (IndexError, ValueError) as error:
        raise ModelError(f"not an ONNX file ({error}): export it again") from error
    if not found.domains:
        raise ModelError("not an ONNX file (it holds no operator): export it again")
    return found


def _walk(raw: memoryview, kind: str, found: Contents, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    operator, domain = "", ""
    for number, value in _fields(raw):
        if kind == "node" and number in (_NODE_OPERATOR, _NODE_DOMAIN) and isinstance(value, memoryview):
            text = bytes(value).decode("utf-8")
            operator, domain = (text, domain) if number == _NODE_OPERATOR else (operator, text)
        elif kind == "tensor" and (number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value == 1)):
            found.is_external = True
        elif isinstance(value, memoryview) and (below := _BELOW[kind].get(number)) is not None:
            _walk(value, below, found, depth + 1)
    if kind == "node":
        found.domains.setdefault(domain, operator)


def _fields(raw: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(raw, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(raw, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {wire}")
        if at + length > len(raw):
            raise ValueError("cut off")
        yield number, raw[at : at + length]
        at += length


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")
