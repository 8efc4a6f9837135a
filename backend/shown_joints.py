"""Which joints a picture shows, whatever a solver makes of the others; must not know rigs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import numpy as np

from .arrays import FloatArray
from .body_parts import BODY_PARTS
from .observation import Observation
from .pose_sequence import PoseSequence
from .skeleton import JOINT_COUNT, JOINT_INDEX

SHOWN: Final = 0.3
"""From this confidence on a keypoint counts as shown; below it MMPose draws none either (its `kpt_thr`)."""
_TORSO: Final = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_FACE: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_BY_MIDDLE: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("pelvis", "spine1", "spine2", "spine3"), _TORSO),
    **dict.fromkeys(("neck", "head"), _FACE),
}
_HAND: Final = ("index", "pinky", "thumb")
_FOOT: Final = ("foot_index", "heel")
_BY_LIMB: Final[dict[str, tuple[str, ...]]] = {
    "collar": ("shoulder",),
    "shoulder": ("elbow", "wrist"),
    "elbow": ("wrist", *_HAND),
    "wrist": _HAND,
    "hand": _HAND,
    "hip": ("knee", "ankle", *_FOOT),
    "knee": ("ankle", *_FOOT),
    "ankle": _FOOT,
    "foot": _FOOT,
}
"""The landmarks beyond a joint: any of them tells how it is turned."""


def shown_by(observation: Observation, *, placed: Collection[str] = ()) -> FloatArray:
    """(T, 24) in [0, 1]: how well the picture shows what each joint turns, by the surest landmark beyond it.

    Landmarks outside of the picture, and those that the detector does not know, are not shown.

    Args:
        observation: what was seen.
        placed: landmarks that the artist placed: they count for certain, wherever they are.
    """
    points, size = observation.keypoints_px, np.array(observation.image_size, np.float32)
    inside = ((points >= 0.0) & (points <= size)).all(-1)
    confidence = np.where(inside, observation.confidence, np.float32(0.0))
    shown = np.zeros((observation.frame_count, JOINT_COUNT), np.float32)
    for joint, index in JOINT_INDEX.items():
        landmarks = _landmarks_of(joint)
        columns = [observation.schema.find(name) for name in landmarks]
        known = [column for column in columns if column is not None]
        if any(name in placed for name in landmarks):
            shown[:, index] = 1.0
        elif known:
            shown[:, index] = confidence[:, known].max(axis=1)
    return shown


def parts_not_shown(poses: PoseSequence) -> tuple[str, ...]:
    """The parts of the body of which no frame shows any joint; none where that is not known."""
    if poses.shown is None:
        return ()
    best = poses.shown.max(axis=0)
    return tuple(
        part
        for part, joints in BODY_PARTS.items()
        if max(best[JOINT_INDEX[joint]] for joint in joints if not joint.endswith("collar")) < SHOWN
    )


def _landmarks_of(joint: str) -> tuple[str, ...]:
    side, _, name = joint.partition("_")
    return _BY_MIDDLE[joint] if joint in _BY_MIDDLE else tuple(f"{side}_{landmark}" for landmark in _BY_LIMB[name])
