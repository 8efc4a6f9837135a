"""Where a camera must stand so that a posed rig covers the person in the picture; knows no Blender.

The reading says how the camera was turned: the rig's limbs lie as the reading's do, whatever their lengths, so the turn
that brings the ones onto the others is the camera's. Its place is where the rig's joints project nearest to the
picture's. Any world frame and any unit will do.

Convention: a camera's axes here are x right, y up, z backwards, as Blender's; pixels have their origin top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, FloatArray
from .camera import Camera
from .errors import InputError
from .estimate.estimator import Estimate
from .estimate.resolve import person_height_px
from .frames import inner_to_camera
from .observation import Observation
from .rotations import normalized
from .skeleton import JOINT_INDEX, MIRROR

_ENDS: Final = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_LINES: Final[dict[tuple[str, str], float]] = {
    **{(f"{side}_{a}", f"{side}_{b}"): 1.0 for side in ("left", "right")
       for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))},
    ("left_hip", "right_hip"): 0.2, ("left_shoulder", "right_shoulder"): 0.2, ("pelvis", "neck"): 0.2,
}  # fmt: skip
"""Lines between joints that lie on a posed rig as in the reading, and how much they count: limbs lie exactly so."""
_SEEN: Final = 0.5
_LEAST_JOINTS: Final = 4
_ROUNDS: Final = 20
_OUTLIER_SHARE: Final = 0.03
"""Of the person's height: joints further off count less and less."""
_NEAREST: Final = 0.05
"""The nearest joint stays this far before the camera, as a share of the rig's size."""


@dataclass(frozen=True)
class Sighting:
    """One person of a picture, as a camera is matched to it.

    Attributes:
        joints_cam: (24, 3) metres, the reading before the camera; x right, y up, z backwards.
        joints_px: (24, 2) where the picture shows the joints.
        camera: the intrinsics.
        image_size: width and height in pixels.
        height_px: of the person, standing.
        mirrored: the picture is shown as in a mirror.
    """

    joints_cam: DoubleArray
    joints_px: FloatArray
    camera: Camera
    image_size: tuple[int, int]
    height_px: float
    mirrored: bool = False

    @classmethod
    def of(cls, estimate: Estimate, observation: Observation) -> Sighting:
        """The first frame: joints where they were detected, else where the reading has them."""
        pixels = estimate.joints_px()[0].copy()
        for name in (f"{side}_{end}" for side in ("left", "right") for end in _ENDS):
            column = observation.schema.index.get(name)
            if column is not None and observation.confidence[0, column] >= _SEEN:
                pixels[JOINT_INDEX[name]] = observation.keypoints_px[0, column]
        joints = inner_to_camera(estimate.joints_cam()[0].astype(np.float64))
        return cls(joints, pixels, estimate.camera, observation.image_size, person_height_px(estimate))

    def flipped(self) -> Sighting:
        """As a mirror shows it, for a rig that was posed with left and right exchanged."""
        width = self.image_size[0]
        joints = self.joints_cam[MIRROR] * np.array([-1.0, 1.0, 1.0])
        pixels = self.joints_px[MIRROR] * np.array([-1.0, 1.0], np.float32) + np.array([width, 0.0], np.float32)
        camera = replace(self.camera, cx=width - self.camera.cx)
        return replace(self, joints_cam=joints, joints_px=pixels, camera=camera, mirrored=not self.mirrored)


@dataclass(frozen=True)
class CameraPose:
    """A camera that shows a rig where the picture shows the person.

    Attributes:
        axes: (3, 3) columns right, up, backwards, in the world.
        position: (3,) in the world.
        error_px: the median distance of the rig's joints from the picture's.
        error_share: the same as a share of the person's height.
    """

    axes: DoubleArray
    position: DoubleArray
    error_px: float
    error_share: float


def match_camera(joints: Mapping[str, AnyFloatArray], sighting: Sighting) -> CameraPose:
    """The camera for a posed rig.

    Args:
        joints: names of SMPL joints -> (3,) where the rig has them, in the world.
        sighting: the person.

    Raises:
        InputError: there are too few joints, or they lie on top of each other.
    """
    names = [name for name in joints if name in JOINT_INDEX]
    points = np.array([joints[name] for name in names], np.float64).reshape(-1, 3)
    size = float(np.linalg.norm(points - points.mean(axis=0), axis=-1).max()) if len(points) >= _LEAST_JOINTS else 0.0
    if not np.isfinite(points).all() or not 0.0 < size < np.inf:
        raise InputError("The camera cannot be matched: the rig's joints lie on top of each other. Pose the rig first.")
    turn = _turn(joints, sighting)
    middle = points.mean(axis=0)
    seen = inner_to_camera((points - middle) @ turn.T / size)
    pixels = sighting.joints_px[[JOINT_INDEX[name] for name in names]].astype(np.float64)
    place = _place(seen, pixels, sighting)
    error = float(np.median(_away(seen + place, pixels, sighting.camera)))
    position = middle - size * turn.T @ inner_to_camera(place).astype(np.float64)
    return CameraPose(np.array(turn.T, np.float64), position, error, error / max(sighting.height_px, 1.0))


def _turn(joints: Mapping[str, AnyFloatArray], sighting: Sighting) -> DoubleArray:
    """(3, 3) from the world to the camera's axes: Wahba's problem (1965) by the SVD of F. L. Markley (1988)."""
    total, known = np.zeros((3, 3)), 0
    for (start, end), weight in _LINES.items():
        if start in joints and end in joints:
            wanted = sighting.joints_cam[JOINT_INDEX[end]] - sighting.joints_cam[JOINT_INDEX[start]]
            got = np.asarray(joints[end], np.float64) - joints[start]
            total += weight * np.outer(normalized(wanted), normalized(got))
            known += 1
    if known < _LEAST_JOINTS:
        raise InputError("The camera cannot be matched: too few joints of the rig are known. Complete its bone map.")
    left, _, right = (np.asarray(part, np.float64) for part in np.linalg.svd(total))
    handed = 1.0 if np.linalg.det(left @ right) > 0.0 else -1.0
    return (left * np.array([1.0, 1.0, handed])) @ right


def _place(points: DoubleArray, pixels: DoubleArray, sighting: Sighting) -> DoubleArray:
    """(3,) what brings the points (K, 3) before the camera to where they project nearest to the pixels (K, 2).

    Weighted linear least squares, fx (X + tx) = (u - cx) (Z + tz) and the same in y, over and over: each equation is
    divided by its depth, so that it measures pixels, and points far off count less (Cauchy's weights).
    """
    camera = sighting.camera
    x, y = pixels[:, 0] - camera.cx, pixels[:, 1] - camera.cy
    zero = np.zeros_like(x)
    rows = np.stack([np.stack([zero + camera.fx, zero, -x], -1), np.stack([zero, zero + camera.fy, -y], -1)], axis=1)
    right = np.stack([x * points[:, 2] - camera.fx * points[:, 0], y * points[:, 2] - camera.fy * points[:, 1]], axis=1)
    nearest = _NEAREST - points[:, 2].min()
    weight, place = np.ones(len(points)), np.zeros(3)
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)[:, None]
        place = np.linalg.lstsq((rows * root[..., None]).reshape(-1, 3), (right * root).reshape(-1), rcond=None)[0]
        place[2] = max(place[2], nearest)
        away = _away(points + place, pixels, camera)
        weight = 1.0 / (points[:, 2] + place[2]) ** 2 / (1.0 + (away / (_OUTLIER_SHARE * sighting.height_px)) ** 2)
    return place


def _away(points: DoubleArray, pixels: DoubleArray, camera: Camera) -> DoubleArray:
    """(K,) pixels from where points (K, 3) before the camera project, in any unit, to `pixels` (K, 2)."""
    scale = np.array([camera.fx, camera.fy]) / points[:, 2:]
    away = points[:, :2] * scale + np.array([camera.cx, camera.cy]) - pixels
    return np.hypot(away[:, 0], away[:, 1])


@dataclass(frozen=True)
class Lens:
    """A pinhole camera as Blender has it, with the sensor fitted to the frame's width.

    Attributes:
        millimetres: focal length.
        shift_x, shift_y: of the principal point, in widths of the frame.
    """

    millimetres: float
    shift_x: float
    shift_y: float

    @classmethod
    def of(cls, camera: Camera, image_size: tuple[int, int], *, frame_size: tuple[int, int], sensor_mm: float) -> Lens:
        """For a picture fitted into the middle of a frame.

        Args:
            camera: the intrinsics, in pixels of the picture.
            image_size: width and height of the picture.
            frame_size: width and height of what is rendered; only their ratio counts.
            sensor_mm: the sensor's width.
        """
        width = max(image_size[0], image_size[1] * frame_size[0] / frame_size[1])
        return cls(
            camera.fx / width * sensor_mm,
            (image_size[0] / 2.0 - camera.cx) / width,
            (camera.cy - image_size[1] / 2.0) / width,
        )
