"""Strokes in a 3D view as a picture: lines in the world are projected as the view shows them, and drawn on white.

Knows no Blender: the view is two matrices and a size, as Blender's `RegionView3D` and region have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, ImageArray
from .camera import Camera
from .errors import InputError
from .packages import require_opencv

_CONTENT_PX: Final = 400
"""The longer side of what is drawn: twice what the network looks at, so that shrinking smooths the lines."""
_MARGIN_PX: Final = 56
_LINE_PX: Final = 4
_SHIFT: Final = 4
"""Bits of a pixel's fraction that OpenCV is given."""
_FAR: Final = 20.0
"""An orthographic view is taken for a camera this many times the drawing's size away."""
_LEAST_POINTS: Final = 4
_LEAST_PX: Final = 8.0
_FACING: Final = 0.999
"""Cosine of the angle, 2.5 degrees, up to which two views look from the same side."""
_EDGE_ON: Final = 1e12


@dataclass(frozen=True)
class ViewOfRegion:
    """How a region of the 3D view shows the world.

    Attributes:
        view: (4, 4) world -> the view's axes: x right, y up, z to the viewer.
        window: (4, 4) the view's axes -> clip space.
        width, height: of the region, in pixels.
    """

    view: DoubleArray
    window: DoubleArray
    width: int
    height: int

    def __post_init__(self) -> None:
        for name in ("view", "window"):
            matrix = np.asarray(getattr(self, name), np.float64)
            if matrix.shape != (4, 4) or not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-30:
                raise InputError(
                    "The view cannot be used: its matrices are not invertible. Turn the view and try again."
                )
            object.__setattr__(self, name, matrix)
        if min(self.width, self.height) < 1:
            raise InputError(f"A view needs a size in pixels, not {self.width} x {self.height}.")

    @property
    def is_orthographic(self) -> bool:
        """Whether what is further away is not shown smaller."""
        return abs(float(self.window[3, 2])) < 1e-9

    @property
    def axes(self) -> DoubleArray:
        """(3, 3) rotation: columns right, up and to the viewer, in the world."""
        left, _, right = (np.asarray(part, np.float64) for part in np.linalg.svd(self.view[:3, :3]))
        return (left @ right).T

    def seen(self, points: AnyFloatArray) -> DoubleArray:
        """World points (N, 3) in the view's axes."""
        return np.asarray(points, np.float64) @ self.view[:3, :3].T + self.view[:3, 3]

    def world(self, seen: AnyFloatArray) -> DoubleArray:
        """The inverse of `seen`."""
        return np.linalg.solve(self.view[:3, :3], (np.asarray(seen, np.float64) - self.view[:3, 3]).T).T

    def pixels(self, points: AnyFloatArray) -> DoubleArray:
        """World points (N, 3) -> (N, 2) pixels of the region, origin top left; NaN for what is behind the viewer."""
        seen = self.seen(points)
        clip = seen @ self.window[:3, :3].T + self.window[:3, 3]
        depth = seen @ self.window[3, :3] + self.window[3, 3]
        depth = np.where(depth > 1e-9 * max(1.0, float(np.abs(depth).max(initial=0.0))), depth, np.nan)
        x, y = clip[:, 0] / depth, clip[:, 1] / depth
        return np.stack([0.5 * (1.0 + x) * self.width, 0.5 * (1.0 - y) * self.height], axis=-1)

    def lines(self, stroke: AnyFloatArray) -> Iterator[DoubleArray]:
        """(N, 2) pixels of each piece of a line in the world (N, 3) that is before the viewer."""
        line = self.pixels(stroke)
        there = np.isfinite(line).all(axis=1)
        for piece in np.split(np.arange(len(line)), np.flatnonzero(np.diff(there.astype(np.int8))) + 1):
            if len(piece) and there[piece[0]]:
                yield line[piece]

    def point_at(self, pixel: AnyFloatArray, *, depth_of: AnyFloatArray) -> DoubleArray:
        """(3,) in the world: what is shown at `pixel` (2,), as far away as the world point `depth_of` (3,)."""
        z = float(self.seen(np.asarray(depth_of)[None])[0, 2])
        ndc = np.array([2.0 * pixel[0] / self.width - 1.0, 1.0 - 2.0 * pixel[1] / self.height])
        w = self.window[3, 2] * z + self.window[3, 3]
        known = ndc * w - self.window[:2, 2] * z - self.window[:2, 3]
        x, y = np.asarray(np.linalg.solve(self.window[:2, :2], known), np.float64).tolist()
        return self.world(np.array([[x, y, z]]))[0]

    def camera(self) -> Camera | None:
        """The intrinsics in pixels of the region; None for an orthographic view."""
        if self.is_orthographic:
            return None
        return Camera(
            float(self.window[0, 0] * self.width / 2.0),
            float(self.window[1, 1] * self.height / 2.0),
            float((1.0 - self.window[0, 2]) * self.width / 2.0),
            float((1.0 + self.window[1, 2]) * self.height / 2.0),
        )


@dataclass(frozen=True)
class StrokePicture:
    """Strokes as a picture.

    Attributes:
        pixels: (H, W, 3) RGB, black lines on white.
        camera: what the picture is seen with.
        left, top: of the picture, in pixels of the region.
        scale: pixels of the picture a pixel of the region.
    """

    pixels: ImageArray
    camera: Camera
    left: float
    top: float
    scale: float

    def to_region(self, place: AnyFloatArray) -> DoubleArray:
        """Pixels (..., 2) of the picture -> pixels of the region."""
        return np.asarray(place, np.float64) / self.scale + [self.left, self.top]


@dataclass(frozen=True)
class PictureOnPlane:
    """How a picture that lies on a plane in the world is shown by a region.

    Attributes:
        matrix: (3, 3) pixels of the picture -> pixels of the region, y up; both homogeneous.
    """

    matrix: DoubleArray

    def to_region(self, place: Sequence[float]) -> tuple[float, float]:
        """Pixels of the picture -> pixels of the region, y up."""
        return _across(self.matrix, place)

    def to_picture(self, place: Sequence[float]) -> tuple[float, float]:
        """The inverse of `to_region`."""
        return _across(np.linalg.inv(self.matrix), place)


@dataclass(frozen=True)
class PicturePlane:
    """Where strokes were drawn: their picture as a plane in the world, which faces the view of then.

    Attributes:
        view: in which they were drawn.
        corner: (3,) the place in the world of the picture's upper left corner.
        right, down: (3,) the way in the world from a pixel to the next.
    """

    view: ViewOfRegion
    corner: DoubleArray
    right: DoubleArray
    down: DoubleArray

    @classmethod
    def of(cls, picture: StrokePicture, view: ViewOfRegion, *, depth_of: AnyFloatArray) -> PicturePlane:
        """As far from the viewer as a place in the world (3,)."""
        pixels = picture.to_region(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
        corner, right, down = (view.point_at(pixel, depth_of=depth_of) for pixel in pixels)
        return cls(view, corner, right - corner, down - corner)

    def mirrored(self, x: float) -> PicturePlane:
        """Left and right exchanged, so that what is at `x` in pixels of the picture stays."""
        return replace(self, corner=self.corner + 2.0 * x * self.right, right=-self.right)

    def faces(self, view: ViewOfRegion) -> bool:
        """Whether another view looks at it from the front."""
        return bool(view.axes[:, 2] @ self.view.axes[:, 2] > _FACING)

    def shown_in(self, view: ViewOfRegion) -> PictureOnPlane | None:
        """How another view shows it; None where it is seen edge on."""
        plane = np.stack([np.append(self.right, 0.0), np.append(self.down, 0.0), np.append(self.corner, 1.0)], axis=-1)
        clip = (view.window @ view.view @ plane)[[0, 1, 3]]
        region = np.array([[0.5 * view.width, 0.0, 0.5 * view.width], [0.0, 0.5 * view.height, 0.5 * view.height],
                           [0.0, 0.0, 1.0]])  # fmt: skip
        matrix = region @ clip
        return PictureOnPlane(matrix) if np.linalg.cond(matrix) < _EDGE_ON else None


def _across(matrix: DoubleArray, place: Sequence[float]) -> tuple[float, float]:
    x, y, w = (matrix @ [place[0], place[1], 1.0]).tolist()
    return x / w, y / w


def draw_lines(lines: Sequence[AnyFloatArray], view: ViewOfRegion) -> StrokePicture:
    """Draw lines that are given in pixels of the view's region.

    Args:
        lines: (N, 2) pixels of each line, origin top left.
        view: the view.

    Raises:
        InputError: there is nothing, or too little.
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    import cv2

    points = np.concatenate([np.zeros((0, 2)), *lines])
    low, high = (points.min(axis=0), points.max(axis=0)) if len(points) else (np.zeros(2), np.zeros(2))
    extent = float((high - low).max())
    if len(points) < _LEAST_POINTS or extent < _LEAST_PX:
        raise InputError(
            "The strokes show no figure in this view: they are too few, too small or behind it. Draw a figure over the "
            "rig, and look at it as you drew it."
        )
    scale = _CONTENT_PX / extent
    left, top = low - _MARGIN_PX / scale
    width, height = np.ceil((high - low) * scale + 2.0 * _MARGIN_PX).astype(int).tolist()
    canvas = np.full((height, width), 255, np.uint8)
    fine = [np.rint(((line - [left, top]) * scale - 0.5) * 2**_SHIFT).astype(np.int32) for line in lines]
    cv2.polylines(canvas, fine, isClosed=False, color=(0.0,), thickness=_LINE_PX, lineType=cv2.LINE_AA, shift=_SHIFT)
    picture = np.ascontiguousarray(np.repeat(canvas[..., None], 3, axis=2))
    camera = _of_picture(view.camera(), (width, height), left=left, top=top, scale=scale)
    return StrokePicture(picture, camera, float(left), float(top), scale)


def _of_picture(camera: Camera | None, image_size: tuple[int, int], *, left: float, top: float, scale: float) -> Camera:
    if camera is None:
        focal = _FAR * max(image_size)
        return Camera(focal, focal, image_size[0] / 2.0, image_size[1] / 2.0)
    return Camera(camera.fx * scale, camera.fy * scale, (camera.cx - left) * scale, (camera.cy - top) * scale)
