"""The pose of a single frame of a video that is still being read or solved: quick, for a preview, never keyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import AnyFloatArray
from .estimate.analytic import AnalyticEstimator
from .estimate.placement import height_above_ground
from .job import run_job
from .keypoints import BLAZEPOSE_33
from .kinematics import global_rotations
from .observation import Observation
from .pose_sequence import PoseSequence
from .rotations import matrix_to_axis_angle
from .skeleton import REST_OFFSETS

if TYPE_CHECKING:
    from .detect.tracker import PeopleTracker


def followed_pose(tracker: PeopleTracker, image_size: tuple[int, int]) -> PoseSequence | None:
    """What the most prominent person of the last frame does, by plain geometry; None where nobody was seen.

    Args:
        tracker: after a frame was fed.
        image_size: width and height in pixels.
    """
    sights = sorted(tracker.seen.values(), key=lambda sight: _area(sight.box), reverse=True)
    if not sights:
        return None
    seen = sights[0].landmarks
    observation = Observation(
        np.asarray(seen.points_px, np.float32)[None],
        np.asarray(seen.confidence, np.float32)[None],
        BLAZEPOSE_33,
        image_size,
        keypoints_world=np.asarray(seen.world, np.float32)[None],
    )
    return run_job(AnalyticEstimator().estimate(observation))[0].poses


def fitted_pose(rotations: AnyFloatArray) -> PoseSequence:
    """The pose of (24, 3, 3) parent-relative rotations, with the lowest part of the body on the ground."""
    local = np.asarray(rotations, np.float64)[None]
    translation = np.zeros((1, 3), np.float32)
    translation[0, 1] = height_above_ground(global_rotations(local), REST_OFFSETS)[0]
    return PoseSequence(matrix_to_axis_angle(local).astype(np.float32), translation)


def _area(box: AnyFloatArray) -> Any:
    return (box[2] - box[0]) * (box[3] - box[1])
