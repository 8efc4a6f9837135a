"""What every estimator offers: the analytic solver today, learned models behind the same protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from ..arrays import DoubleArray, FloatArray, checked
from ..body_model import NEUTRAL_BODY, BodyModel
from ..camera import Camera
from ..frames import inner_to_camera
from ..job import Job
from ..observation import Observation
from ..pose_sequence import PoseSequence


@dataclass(frozen=True)
class Estimate:
    """One reading of an observation: the poses, and where the camera saw them.

    Attributes:
        poses: T poses in the inner frame.
        pelvis_cam: (T, 3) metres, the pelvis in camera axes.
        camera: the intrinsics used.
        body: whose proportions were used.
        camera_turn: (T, 3, 3) from the inner frame, whose y axis points up, to the same axes on a camera that is held
            level: the identity for a camera that is.
        likelihood: how likely this reading is beside the others, in [0, 1].
    """

    poses: PoseSequence
    pelvis_cam: FloatArray
    camera: Camera
    body: BodyModel = NEUTRAL_BODY
    camera_turn: FloatArray = field(default_factory=lambda: np.eye(3, dtype=np.float32))
    likelihood: float = 1.0

    def __post_init__(self) -> None:
        frames = self.poses.frame_count
        object.__setattr__(self, "pelvis_cam", checked("pelvis_cam", self.pelvis_cam, (frames, 3)))
        turn = np.broadcast_to(np.asarray(self.camera_turn, np.float32), (frames, 3, 3))
        object.__setattr__(self, "camera_turn", checked("camera_turn", turn, (frames, 3, 3)))

    def joints(self) -> DoubleArray:
        """(T, 24, 3) metres, inner frame."""
        return self.body.joints(self.poses)

    def joints_cam(self) -> DoubleArray:
        """(T, 24, 3) metres, camera axes (x right, y down, z forward)."""
        joints = self.joints()
        seen = (joints - joints[:, :1]) @ np.swapaxes(self.camera_turn, -1, -2)
        return inner_to_camera(seen) + self.pelvis_cam[:, None]

    def joints_px(self) -> FloatArray:
        """(T, 24, 2) pixels of the full image."""
        return self.camera.project(self.joints_cam())


class Estimator(Protocol):
    """Turns one person's evidence into poses."""

    def estimate(self, observation: Observation, *, count: int = 1) -> Job[list[Estimate]]:
        """Up to `count` readings: that which is expected to be nearest, then others, the likeliest first; never empty.

        Raises:
            InputError: the observation lacks the evidence that this estimator needs.
        """
        ...


@runtime_checkable
class ReadsSeveralWays(Estimator, Protocol):
    """An estimator that finds further readings of what it has read once already."""

    def others(self, observation: Observation, first: Estimate, *, count: int) -> Job[list[Estimate]]:
        """What `estimate` with this `count` gives, where `first` is what it gave for one reading.

        Only the likelihood of the first changes, which is now beside the others.

        Raises:
            InputError: the observation lacks the evidence that this estimator needs.
        """
        ...
