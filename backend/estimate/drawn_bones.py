"""The bones of a drawn figure: which of its 23 keypoints they join, and the points of the body that stand for those.

Convention: the order of `FIGURE_23`; offsets as in `landmark_body`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..keypoints import BLAZEPOSE_33, FIGURE_23
from ..proportions import LENGTH_GROUPS
from ..refine.drawn_terms import Spans
from ..refine.evidence import PointModel
from ..skeleton import JOINT_INDEX, REST_OFFSETS, STATURE_M
from .landmark_body import LANDMARK_GROUPS, LANDMARK_JOINTS, LANDMARK_OFFSETS

_HEAD_Y: Final = STATURE_M * (0.039 + 0.246 + 0.245) + 0.065 + float(
    sum(REST_OFFSETS[JOINT_INDEX[name], 1] for name in ("spine1", "spine2", "spine3", "neck", "head"))
)  # fmt: skip
"""Metres from the ground to the head's joint: the ankle's height, shin, thigh, hip and spine."""


def _point_model() -> PointModel:
    """The figure's keypoints on the body: BlazePose's landmarks, the joint of the neck, and the top of the skull."""
    marks = {name: BLAZEPOSE_33.index[name] for name in FIGURE_23.names if name in BLAZEPOSE_33.index}
    head = JOINT_INDEX["head"]
    own = {
        "neck": (JOINT_INDEX["neck"], (0.0, 0.0, 0.0), LENGTH_GROUPS.index("torso")),
        "head_top": (head, (0.0, STATURE_M - _HEAD_Y, 0.01), LENGTH_GROUPS.index("head")),
    }
    rows = [
        own[name]
        if name in own
        else (LANDMARK_JOINTS[marks[name]], LANDMARK_OFFSETS[marks[name]], LANDMARK_GROUPS[marks[name]])
        for name in FIGURE_23.names
    ]
    return PointModel(
        np.array([joint for joint, _, _ in rows], np.intp),
        np.array([offset for _, offset, _ in rows], np.float32),
        np.array([group for _, _, group in rows], np.intp),
    )


POINTS: Final[PointModel] = _point_model()
"""The 23 keypoints."""


@dataclass(frozen=True)
class DrawnBone:
    """One bone of a drawn figure.

    Attributes:
        name: of it.
        start: the keypoints whose mean it begins at.
        end: those it ends at.
        group: whose proportions it tells of: "arm", "leg", "torso", or "" for none.
        sigma: degrees that its drawn direction is off, beside how exactly its ends are known.
    """

    name: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    group: str = ""
    sigma: float = 1.5


def _limbs() -> list[DrawnBone]:
    table = (
        ("upper_arm", "shoulder", "elbow", "arm", 1.5), ("forearm", "elbow", "wrist", "arm", 1.5),
        ("hand", "wrist", "index", "", 6.0), ("thigh", "hip", "knee", "leg", 1.5),
        ("shin", "knee", "ankle", "leg", 1.5), ("foot", "ankle", "foot_index", "", 4.0),
    )  # fmt: skip
    return [
        DrawnBone(f"{side}_{name}", (f"{side}_{start}",), (f"{side}_{end}",), group, sigma)
        for name, start, end, group, sigma in table
        for side in ("left", "right")
    ]


_SHOULDERS: Final = ("left_shoulder", "right_shoulder")
_HIPS: Final = ("left_hip", "right_hip")
_EARS: Final = ("left_ear", "right_ear")
_EYES: Final = ("left_eye", "right_eye")

BONES: Final[tuple[DrawnBone, ...]] = (
    *_limbs(),
    DrawnBone("torso", _HIPS, _SHOULDERS, "torso", 2.0),
    DrawnBone("shoulders", _SHOULDERS[1:], _SHOULDERS[:1], "", 4.0),
    DrawnBone("hips", _HIPS[1:], _HIPS[:1], "", 6.0),
    DrawnBone("ears", _EARS[1:], _EARS[:1], "", 6.0),
    DrawnBone("eyes", _EYES[1:], _EYES[:1], "", 6.0),
    DrawnBone("crown", _SHOULDERS, ("head_top",), "", 4.0),
    DrawnBone("head", _SHOULDERS, _EARS, "", 6.0),
    DrawnBone("face", _EARS, ("nose",), "", 10.0),
    DrawnBone("left_cheek", _EARS[:1], ("nose",), "", 10.0),
    DrawnBone("right_cheek", _EARS[1:], ("nose",), "", 10.0),
    DrawnBone("left_side", _HIPS[:1], _SHOULDERS[:1], "", 4.0),
    DrawnBone("right_side", _HIPS[1:], _SHOULDERS[1:], "", 4.0),
)
BONE_INDEX: Final[dict[str, int]] = {bone.name: index for index, bone in enumerate(BONES)}
LIMB_BONES: Final[tuple[str, ...]] = tuple(
    f"{side}_{name}" for side in ("left", "right") for name in ("upper_arm", "forearm", "thigh", "shin")
)
"""Those that a limb angle is measured on."""


def weights_of(*ends: tuple[str, ...]) -> DoubleArray:
    """(len(ends), 23): each row the mean of the keypoints named."""
    found = np.zeros((len(ends), len(FIGURE_23)))
    for row, names in zip(found, ends, strict=True):
        row[[FIGURE_23.index[name] for name in names]] = 1.0 / len(names)
    return found


SPANS: Final[Spans] = Spans(
    POINTS, weights_of(*(bone.start for bone in BONES)), weights_of(*(bone.end for bone in BONES))
)


def _rest_points() -> DoubleArray:
    from ..kinematics import joint_positions

    joints = joint_positions(np.broadcast_to(np.eye(3), (len(REST_OFFSETS), 3, 3)), np.zeros(3))
    return joints[POINTS.joints] + POINTS.offsets


REST_POINTS: Final[DoubleArray] = _rest_points()
"""(23, 3) metres: the keypoints of the neutral adult in the T-pose, from the pelvis."""
LENGTHS_M: Final[DoubleArray] = np.linalg.norm((SPANS.ends - SPANS.starts) @ REST_POINTS, axis=-1)
"""(B,) how long the bones of the neutral adult are."""
