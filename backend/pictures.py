"""Pictures for people to look at: keypoints drawn over an image, and panels side by side. Needs OpenCV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, ImageArray
from .files import write_atomically
from .observation import Observation
from .packages import require_opencv

PAPER: Final = (244, 243, 240)
"""RGB of what lies between and behind panels."""
_LEFT, _RIGHT, _MIDDLE = (240, 126, 44), (38, 132, 214), (250, 250, 250)
_OUTLINE: Final = (28, 28, 32)
_LEAST_CONFIDENCE: Final = 0.3
_SUBPIXEL_BITS: Final = 4


def draw_keypoints(image: ImageArray, observation: Observation, *, frame: int = 0) -> ImageArray:
    """A copy of the image with one frame's keypoints and their lines: the person's left orange, right blue.

    Args:
        image: (H, W, 3) RGB, of any size: the keypoints are scaled to it.
        observation: keypoints in pixels of the full image; those below a confidence of 0.3 are left out.
        frame: which of the T frames.

    Raises:
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    canvas = image.copy()
    height, width = canvas.shape[:2]
    scale = np.array([width, height]) / np.array(observation.image_size)
    points: DoubleArray = observation.keypoints_px[frame] * scale
    seen = observation.confidence[frame] >= _LEAST_CONFIDENCE
    thickness = max(2, round(min(_figure_size(points[seen], fallback=height), height) / 130))
    index = observation.schema.index
    pairs = [(index[a], index[b]) for a, b in observation.schema.edges]
    lines: list[tuple[int, int]] = [pair for pair in pairs if seen[pair[0]] and seen[pair[1]]]
    names: tuple[str, ...] = observation.schema.names
    for first, second in lines:
        _line(canvas, points[[first, second]], color=_OUTLINE, width=thickness + 2)
    for first, second in lines:
        _line(canvas, points[[first, second]], color=_side_color(names[first], names[second]), width=thickness)
    for point in range(len(names)):
        if seen[point]:
            _dot(canvas, points[point], color=_OUTLINE, radius=thickness + 2)
            _dot(canvas, points[point], color=_side_color(names[point], names[point]), radius=thickness)
    return canvas


def scaled_to_height(image: ImageArray, height: int) -> ImageArray:
    """The image (H, W, 3) at another height and the same proportions."""
    require_opencv()
    import cv2

    width = max(1, round(image.shape[1] * height / image.shape[0]))
    smaller = height < image.shape[0]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def side_by_side(panels: Sequence[ImageArray], *, gap: int = 12) -> ImageArray:
    """Panels (H, W_i, 3) of one height in a row, with `gap` pixels of paper between and around them."""
    height = panels[0].shape[0]
    width = sum(panel.shape[1] for panel in panels) + gap * (len(panels) + 1)
    sheet = np.full((height + 2 * gap, width, 3), PAPER, np.uint8)
    left = gap
    for panel in panels:
        sheet[gap : gap + height, left : left + panel.shape[1]] = panel
        left += panel.shape[1] + gap
    return sheet


def stacked(rows: Sequence[ImageArray]) -> ImageArray:
    """Rows (H_i, W_i, 3) below one another, each in the middle of the width of the widest."""
    width = max(row.shape[1] for row in rows)
    sheet = np.full((sum(row.shape[0] for row in rows), width, 3), PAPER, np.uint8)
    top = 0
    for row in rows:
        left = (width - row.shape[1]) // 2
        sheet[top : top + row.shape[0], left : left + row.shape[1]] = row
        top += row.shape[0]
    return sheet


def read_rgba(path: Path) -> ImageArray:
    """(H, W, 4) RGBA of a PNG that this program itself wrote; artists' pictures go through `detect.image`."""
    require_opencv()
    import cv2

    encoded = np.frombuffer(path.read_bytes(), np.uint8)
    bgra = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    code = cv2.COLOR_BGRA2RGBA if bgra.shape[2] == 4 else cv2.COLOR_BGR2RGBA
    return np.asarray(cv2.cvtColor(bgra, code), dtype=np.uint8)


def write_png(image: ImageArray, path: Path) -> None:
    """Write (H, W, 3) RGB as a PNG, whole or not at all.

    Raises:
        InputError: the file cannot be written.
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    import cv2

    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    with write_atomically(path) as partial:
        partial.write_bytes(encoded.tobytes())


def _figure_size(points: AnyFloatArray, *, fallback: int) -> float:
    """Longer side of the box around points (K, 2), so that lines are as thick as the figure allows."""
    return float(np.ptp(points, axis=0).max()) if len(points) > 1 else float(fallback)


def _side_color(first: str, second: str) -> tuple[int, int, int]:
    sides = {name.split("_")[0] if name.startswith(("left", "right")) else "" for name in (first, second)}
    if sides == {"left"}:
        return _LEFT
    return _RIGHT if sides == {"right"} else _MIDDLE


def _line(canvas: ImageArray, ends: AnyFloatArray, *, color: tuple[int, int, int], width: int) -> None:
    import cv2

    cv2.line(canvas, _fixed(ends[0]), _fixed(ends[1]), color, width, cv2.LINE_AA, _SUBPIXEL_BITS)


def _dot(canvas: ImageArray, point: AnyFloatArray, *, color: tuple[int, int, int], radius: int) -> None:
    import cv2

    cv2.circle(canvas, _fixed(point), radius << _SUBPIXEL_BITS, color, -1, cv2.LINE_AA, _SUBPIXEL_BITS)


def _fixed(point: AnyFloatArray) -> tuple[int, int]:
    """A point in OpenCV's fixed-point pixels; far outside it would overflow there."""
    x, y = np.clip(point, -30000, 30000) * (1 << _SUBPIXEL_BITS)
    return round(float(x)), round(float(y))
