"""What an ONNX file says of itself: its inputs and outputs, read without any runtime and without running anything.

The format is protobuf (https://protobuf.dev/programming-guides/encoding) with the message numbers of `onnx.proto`
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3), of which the few that matter are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MODEL_GRAPH: Final = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_ATTRIBUTE: Final = 5
_ATTRIBUTE_TENSOR, _ATTRIBUTE_GRAPH = 5, 6
_TENSOR_NAME, _TENSOR_EXTERNAL, _TENSOR_LOCATION = 8, 13, 14
_VALUE_NAME, _VALUE_TYPE = 1, 2
_FLOAT32: Final = 1


@dataclass(frozen=True)
class OnnxValue:
    """An input or output.

    Attributes:
        shape: its lengths; None for one that is only known when the model runs, and for a whole shape not stated.
        is_float32: whether its numbers are float32.
    """

    shape: tuple[int | None, ...] | None
    is_float32: bool


@dataclass(frozen=True)
class OnnxFile:
    """The inputs (weights left out) and outputs of a model by name, and whether weights lie in other files."""

    inputs: dict[str, OnnxValue]
    outputs: dict[str, OnnxValue]
    has_external_weights: bool


def read_onnx(content: bytes) -> OnnxFile:
    """Read the head of a model.

    Raises:
        ValueError: the bytes are no ONNX model, or end too early.
    """
    graphs = [value for number, value in _fields(memoryview(content)) if number == _MODEL_GRAPH]
    if len(graphs) != 1 or isinstance(graphs[0], int):
        raise ValueError("it holds no graph")
    inputs: dict[str, OnnxValue] = {}
    outputs: dict[str, OnnxValue] = {}
    weights: set[str] = set()
    external = False
    for number, value in _messages(graphs[0]):
        if number in (_GRAPH_INPUT, _GRAPH_OUTPUT):
            name, described = _value(value)
            (inputs if number == _GRAPH_INPUT else outputs)[name] = described
        elif number == _GRAPH_INITIALIZER:
            weights.add(_text(value, _TENSOR_NAME))
            external |= _is_external(value)
        elif number == _GRAPH_NODE:
            external |= _node_is_external(value)
    return OnnxFile({name: value for name, value in inputs.items() if name not in weights}, outputs, external)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message in order: number, and an integer or the bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("it is not protobuf")
        if place + length > len(message):
            raise ValueError("it ends too early")
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The integer at `place`, seven bits a byte with the lowest first, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            raise ValueError("it ends too early")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("it is not protobuf")


def _messages(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields that are bytes."""
    for number, value in _fields(message):
        if not isinstance(value, int):
            yield number, value


def _text(message: memoryview, number: int) -> str:
    """The text in the first field of this number; empty without one."""
    return next((bytes(value).decode(errors="replace") for found, value in _messages(message) if found == number), "")


def _inner(message: memoryview, *path: int) -> memoryview | None:
    """The message that lies at this path of field numbers."""
    for number in path:
        found = [value for at, value in _messages(message) if at == number]
        if not found:
            return None
        message = found[0]
    return message


def _value(message: memoryview) -> tuple[str, OnnxValue]:
    """ValueInfoProto: a name (1) and a type (2), of which a tensor's (1) has element type (1) and shape (2)."""
    tensor = _inner(message, _VALUE_TYPE, 1)
    kind = next((value for number, value in _fields(tensor) if number == 1), None) if tensor is not None else None
    shape = _inner(tensor, 2) if tensor is not None else None
    lengths = None if shape is None else tuple(_length(value) for number, value in _messages(shape) if number == 1)
    return _text(message, _VALUE_NAME), OnnxValue(lengths, kind == _FLOAT32)


def _length(dimension: memoryview) -> int | None:
    """Dimension: a value (1), or a name for what is not known (2)."""
    value = next((value for number, value in _fields(dimension) if number == 1), None)
    return value if isinstance(value, int) and 0 < value < 1 << 31 else None


def _is_external(tensor: memoryview) -> bool:
    return any(
        number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value == 1) for number, value in _fields(tensor)
    )


def _node_is_external(node: memoryview) -> bool:
    """Whether a constant inside the node, or in a graph inside it, lies in another file."""
    attributes = (value for number, value in _messages(node) if number == _NODE_ATTRIBUTE)
    for number, value in (field for attribute in attributes for field in _messages(attribute)):
        if number == _ATTRIBUTE_TENSOR and _is_external(value):
            return True
        if number == _ATTRIBUTE_GRAPH:
            for inner, part in _messages(value):
                if inner == _GRAPH_NODE and _node_is_external(part):
                    return True
                if inner == _GRAPH_INITIALIZER and _is_external(part):
                    return True
    return False
