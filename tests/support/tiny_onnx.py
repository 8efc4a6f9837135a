"""Writes tiny ONNX files by hand, in protobuf's wire format: models of RTMPose's signature that find colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FLOAT32, INT64 = 1, 7
IMAGENET_STD = np.array([58.395, 57.12, 57.375])


@dataclass(frozen=True)
class TinyRtmpose:
    """A model that puts keypoint k where colour k (modulo their number) is strongest along x and along y.

    Attributes:
        keypoints: K.
        size: width and height of its input.
        colours: red, green and blue weights of each kind of keypoint.
        bins_per_pixel: SimCC's split ratio.
        outputs: the names of its outputs.
        batch: the first length of its input, or a name for any.
    """

    keypoints: int = 17
    size: tuple[int, int] = (192, 256)
    colours: Sequence[tuple[float, float, float]] = ((1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))
    bins_per_pixel: int = 2
    outputs: tuple[str, str] = ("simcc_x", "simcc_y")
    batch: int | str = "batch"
    external: bool = False

    def write(self, path: Path) -> Path:
        """Write the file."""
        path.write_bytes(self.content())
        return path

    def content(self) -> bytes:
        """Conv (colours -> keypoints) -> ReduceMax over rows or columns -> MatMul (pixels -> bins)."""
        width, height = self.size
        # Normalised pixels were divided by their deviation; the mean moves all columns alike.
        colour = np.array(self.colours) * IMAGENET_STD / 255.0
        kernel = np.stack([colour[k % len(colour)] for k in range(self.keypoints)])[:, :, None, None]
        nodes = [_node("Conv", ["input", "kernel"], "marked", ints={"kernel_shape": [1, 1]})]
        weights = [_tensor("kernel", kernel, external=self.external)]
        for name, axis, length in ((self.outputs[0], 2, width), (self.outputs[1], 3, height)):
            nodes.append(_node("ReduceMax", ["marked"], f"most_{name}", ints={"axes": [axis]}, numbers={"keepdims": 0}))
            nodes.append(_node("MatMul", [f"most_{name}", f"bins_{name}"], name))
            weights.append(_tensor(f"bins_{name}", _blurred_bins(length, self.bins_per_pixel)))
        graph = b"".join(_bytes(1, node) for node in nodes) + _bytes(2, b"tiny")
        graph += b"".join(_bytes(5, weight) for weight in weights)
        graph += _bytes(11, _value("input", (self.batch, 3, height, width)))
        for name, length in zip(self.outputs, self.size, strict=True):
            graph += _bytes(12, _value(name, (self.batch, self.keypoints, self.bins_per_pixel * length)))
        return model(graph)


def model(graph: bytes) -> bytes:
    """ModelProto: format 8, operators of version 13."""
    return _number(1, 8) + _bytes(2, b"tiny_onnx") + _bytes(7, graph) + _bytes(8, _bytes(1, b"") + _number(2, 13))


def _blurred_bins(length: int, ratio: int) -> np.ndarray:
    """(length, ratio * length): spreads each pixel over the bins around its middle, so that a spot has one summit."""
    pixels = np.arange(length)[:, None]
    bins = np.arange(length * ratio)[None] / ratio
    return np.exp(-0.5 * ((bins - pixels) / 3.0) ** 2)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _node(
    kind: str,
    inputs: Sequence[str],
    output: str,
    *,
    ints: dict[str, list[int]] | None = None,
    numbers: dict[str, int] | None = None,
) -> bytes:
    """NodeProto; attributes are lists of integers (type 7) or single ones (type 2)."""
    node = b"".join(_bytes(1, name.encode()) for name in inputs) + _bytes(2, output.encode())
    node += _bytes(3, f"make_{output}".encode()) + _bytes(4, kind.encode())
    for name, values in (ints or {}).items():
        attribute = _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, 7)
        node += _bytes(5, attribute)
    for name, value in (numbers or {}).items():
        node += _bytes(5, _bytes(1, name.encode()) + _number(3, value) + _number(20, 2))
    return node


def _tensor(name: str, values: np.ndarray, *, external: bool = False) -> bytes:
    """TensorProto of float32; `external` says that its numbers lie in another file."""
    tensor = b"".join(_number(1, length) for length in values.shape) + _number(2, FLOAT32) + _bytes(8, name.encode())
    if external:
        place = _bytes(1, b"location") + _bytes(2, b"weights.bin")
        return tensor + _bytes(13, place) + _number(14, 1)
    return tensor + _bytes(9, values.astype("<f4").tobytes())


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    """ValueInfoProto of a float32 tensor."""
    lengths = b"".join(
        _bytes(1, _number(1, length) if isinstance(length, int) else _bytes(2, length.encode())) for length in shape
    )
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, FLOAT32) + _bytes(2, lengths)))
