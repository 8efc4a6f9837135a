"""How the camera turned, from the background between the people: frame by frame, against the first frame of the shot.

Corners of the background are followed by Lucas and Kanade's flow from a reference frame for as long as enough of them
stay in view, so that errors add up only from reference to reference. People's boxes are left out, and what moves beside
them is refused as outliers (RANSAC).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, ImageArray
from ..camera import Camera
from ..observation import Observation

_WIDTH: Final = 480
"""Pixels of the longer side of the pictures that are compared."""
_CELLS: Final = (4, 3)
_CORNERS_A_CELL: Final = 25
"""Corners are taken from all over the picture: the strongest alone may all lie on one thing that moves."""
_CORNER_QUALITY, _CORNER_DISTANCE = 0.03, 7
_WINDOW: Final = (21, 21)
_LEVELS: Final = 3
_BACK_AGAIN: Final = 1.0
"""Flow there and back must end within so many pixels of where it began (Kalal et al., 2010)."""
_INLIER_PX: Final = 1.5
_LEAST_POINTS: Final = 12
_RENEWED: Final = 0.5
"""A new reference is taken when less than this share of the first corners is left."""
_TURNS: Final = 8


@dataclass(frozen=True)
class CameraMotion:
    """The camera's turning over N frames, under a pinhole that stays in one place.

    Attributes:
        homography: (N, 3, 3) from the pixels of a frame to those of the first frame of its shot.
        rotation: (N, 3, 3) from the camera's axes (x right, y down, z forward) in a frame to those in the first frame
            of its shot: a direction d of frame n is `rotation[n] @ d` for the first camera. It supposes the focal
            length of `Camera.assumed`, so that of another lens the angles are off by about the ratio of the two.
        sure: (N,) share of the background's corners that agree, in [0, 1]; 0 where the last frame's was held because
            too little of the background could be followed.
    """

    homography: DoubleArray
    rotation: DoubleArray
    sure: FloatArray

    def angles_deg(self) -> DoubleArray:
        """(N,) how far the camera is turned from the first frame of the shot."""
        trace = np.trace(self.rotation, axis1=1, axis2=2)
        return np.degrees(np.arccos(np.clip((trace - 1.0) / 2.0, -1.0, 1.0)))

    def part(self, first: int, count: int) -> CameraMotion:
        """That of `count` frames from position `first` on: those of a track (`Track.first`)."""
        span = slice(first, first + count)
        return CameraMotion(self.homography[span], self.rotation[span], self.sure[span])

    def steadied(self, seen: Observation) -> Observation:
        """The observation (N frames) as a camera that does not turn would have it: the first one of the shot.

        World landmarks stay as they are: they are relative to the camera that saw them (`rotation` undoes that).
        """
        points = mapped(self.homography, seen.keypoints_px)
        if seen.box_px is None:
            return replace(seen, keypoints_px=points)
        left, top, right, bottom = seen.box_px.T
        corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1).reshape(-1, 4, 2)
        moved = mapped(self.homography, corners)
        box = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
        return replace(seen, keypoints_px=points, box_px=box)


def mapped(homography: AnyFloatArray, points: AnyFloatArray) -> FloatArray:
    """Points (N, K, 2) through homographies (N, 3, 3)."""
    solid = np.concatenate([points, np.ones_like(points[..., :1])], axis=-1).astype(np.float64)
    image = solid @ np.swapaxes(homography, -1, -2)
    return (image[..., :2] / np.maximum(image[..., 2:], 1e-6)).astype(np.float32)


class CameraFinder:
    """Measures the camera's motion from frames that are given one after the other.

    Args:
        image_size: width and height of the frames in pixels.
    """

    def __init__(self, image_size: tuple[int, int]) -> None:
        self._size = image_size
        self._scale = min(_WIDTH / max(image_size), 1.0)
        self._intrinsics = _matrix_of(Camera.assumed(image_size))
        self._grey: ImageArray | None = None
        self._start: DoubleArray = np.zeros((0, 2))
        self._now: DoubleArray = np.zeros((0, 2))
        self._first_count = 0
        self._reference = (np.eye(3), np.eye(3))
        self._homographies: list[DoubleArray] = []
        self._rotations: list[DoubleArray] = []
        self._sure: list[float] = []

    def feed(self, image: ImageArray, boxes: Sequence[AnyFloatArray], *, is_cut: bool = False) -> None:
        """Take the next frame (H, W, 3) RGB with the boxes (4,) of the people in it, in pixels."""
        grey = self._small_grey(image)
        if self._grey is None or is_cut:
            self._reference = (np.eye(3), np.eye(3))
            self._record(self._reference, 1.0)
            self._renew(grey, boxes)
        else:
            self._follow(self._grey, grey, boxes)
        self._grey = grey

    def motion(self) -> CameraMotion:
        """Of all frames so far."""
        return CameraMotion(
            np.array(self._homographies, np.float64).reshape(-1, 3, 3),
            np.array(self._rotations, np.float64).reshape(-1, 3, 3),
            np.array(self._sure, np.float32),
        )

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that `from_state` needs to go on, as plain arrays."""
        motion = self.motion()
        return {
            "grey": np.zeros((0, 0), np.uint8) if self._grey is None else self._grey,
            "start": self._start, "now": self._now, "first_count": np.array(self._first_count),
            "reference": np.array(self._reference), "image_size": np.array(self._size),
            "homography": motion.homography, "rotation": motion.rotation, "sure": motion.sure,
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: Mapping[str, npt.NDArray[Any]]) -> CameraFinder:
        """Go on where `state` was taken."""
        width, height = (int(length) for length in state["image_size"])
        finder = cls((width, height))
        finder._grey = state["grey"] if state["grey"].size else None
        finder._start, finder._now = state["start"], state["now"]
        finder._first_count = int(state["first_count"])
        finder._reference = (state["reference"][0], state["reference"][1])
        finder._homographies, finder._rotations = list(state["homography"]), list(state["rotation"])
        finder._sure = [float(share) for share in state["sure"]]
        return finder

    def _follow(self, before: ImageArray, grey: ImageArray, boxes: Sequence[AnyFloatArray]) -> None:
        start, now = self._start, self._now
        if len(now):
            now, kept = _flowed(before, grey, now)
            kept &= ~_in_boxes(now, [box * self._scale for box in boxes])
            start, now = start[kept], now[kept]
        places = ((each + 0.5) / self._scale for each in (now, start))  # in continuous pixels of the frame
        measured = _measured(*places, intrinsics=self._intrinsics, tolerance=_INLIER_PX / self._scale)
        if measured is None:
            held = (self._homographies[-1], self._rotations[-1])
            self._record(held, 0.0)
            self._reference = held
            self._renew(grey, boxes)
            return
        homography, rotation, inliers = measured
        world = (self._reference[0] @ homography, self._reference[1] @ rotation)
        self._record((world[0] / world[0][2, 2], world[1]), float(inliers.mean()))
        self._start, self._now = start[inliers], now[inliers]
        if len(self._now) < _RENEWED * self._first_count:
            self._reference = (self._homographies[-1], self._rotations[-1])
            self._renew(grey, boxes)

    def _record(self, place: tuple[DoubleArray, DoubleArray], sure: float) -> None:
        self._homographies.append(place[0])
        self._rotations.append(place[1])
        self._sure.append(sure)

    def _renew(self, grey: ImageArray, boxes: Sequence[AnyFloatArray]) -> None:
        """Take this frame as the reference, with new corners."""
        mask = np.full(grey.shape, 255, np.uint8)
        for box in boxes:
            left, top, right, bottom = (round(float(edge) * self._scale) for edge in box)
            mask[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = 0
        self._start = _corners(grey, mask)
        self._now = self._start
        self._first_count = len(self._start)

    def _small_grey(self, image: ImageArray) -> ImageArray:
        import cv2

        size = tuple(max(round(length * self._scale), 8) for length in self._size)
        small = cv2.resize(image, (size[0], size[1]), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)


def _corners(grey: ImageArray, mask: ImageArray) -> DoubleArray:
    """Corners (N, 2) of a grey picture (H, W) where the mask is set, some of each part of it."""
    import cv2

    found: list[DoubleArray] = []
    columns, rows = (
        np.linspace(0, length, count + 1).astype(int) for length, count in zip(grey.shape[::-1], _CELLS, strict=True)
    )
    for top, bottom in itertools.pairwise(rows):
        for left, right in itertools.pairwise(columns):
            cell = (slice(top, bottom), slice(left, right))
            corners: Any = cv2.goodFeaturesToTrack(  # OpenCV's hints leave out that it may be None
                grey[cell], _CORNERS_A_CELL, _CORNER_QUALITY, _CORNER_DISTANCE, mask=mask[cell]
            )
            if corners is not None:
                found.append(np.asarray(corners, np.float64).reshape(-1, 2) + [left, top])
    return np.concatenate(found) if found else np.zeros((0, 2))


def _flowed(before: ImageArray, after: ImageArray, points: DoubleArray) -> tuple[DoubleArray, npt.NDArray[np.bool_]]:
    """Where points (N, 2) went, and which of them can be believed."""
    import cv2

    origin = points.astype(np.float32)[:, None]
    options: Any = {"winSize": _WINDOW, "maxLevel": _LEVELS}
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, origin, np.empty_like(origin), **options)
    back, found_back, _ = cv2.calcOpticalFlowPyrLK(after, before, there, np.empty_like(origin), **options)
    error = np.linalg.norm(np.asarray(back) - origin, axis=-1).reshape(-1)
    kept = (np.asarray(found).reshape(-1) == 1) & (np.asarray(found_back).reshape(-1) == 1) & (error < _BACK_AGAIN)
    return np.asarray(there, np.float64).reshape(-1, 2), kept


def _measured(
    now: DoubleArray, start: DoubleArray, *, intrinsics: DoubleArray, tolerance: float
) -> tuple[DoubleArray, DoubleArray, npt.NDArray[np.bool_]] | None:
    """Homography and rotation that take points (N, 2) of now to those of the reference, and the inliers (N,)."""
    import cv2

    if len(now) < _LEAST_POINTS:
        return None
    cv2.setRNGSeed(0)  # the same video gives the same motion
    found: Any = cv2.findHomography(now, start, cv2.RANSAC, tolerance)
    homography, mask = found
    if homography is None:
        return None
    inliers = np.asarray(mask).reshape(-1) == 1
    if inliers.sum() < _LEAST_POINTS or not np.isfinite(homography).all():
        return None
    return np.asarray(homography, np.float64), _rotation(now[inliers], start[inliers], intrinsics), inliers


def _rotation(now: DoubleArray, start: DoubleArray, intrinsics: DoubleArray) -> DoubleArray:
    """The rotation (3, 3) of rays of now (N, 2 in pixels) to those of the reference: Kabsch (1976), outliers fading."""
    rays_now, rays_start = _rays(now, intrinsics), _rays(start, intrinsics)
    weights, rotation = np.ones(len(now)), np.eye(3)
    for _ in range(_TURNS):
        left, _, right = np.linalg.svd((rays_start * weights[:, None]).T @ rays_now)
        mirrored = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
        rotation = (left * mirrored) @ right
        error: DoubleArray = np.linalg.norm(rays_start - rays_now @ rotation.T, axis=1)
        scale = max(1.5 * float(np.median(error)), 1e-6)
        weights = 1.0 / (1.0 + (error / scale) ** 2)
    return np.asarray(rotation, np.float64)


def _rays(points: DoubleArray, intrinsics: DoubleArray) -> DoubleArray:
    """(N, 3) unit directions in the camera's axes of pixels (N, 2)."""
    solid = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ np.linalg.inv(intrinsics).T
    return np.asarray(solid / np.linalg.norm(solid, axis=1, keepdims=True), np.float64)


def _matrix_of(camera: Camera) -> DoubleArray:
    return np.array([[camera.fx, 0.0, camera.cx], [0.0, camera.fy, camera.cy], [0.0, 0.0, 1.0]])


def _in_boxes(points: DoubleArray, boxes: Sequence[AnyFloatArray]) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(points), np.bool_)
    for left, top, right, bottom in boxes:
        x, y = points.T
        inside |= (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    return inside
