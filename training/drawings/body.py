"""Bodies to draw: a skeleton with its own proportions, where its keypoints sit, and perhaps a surface.

Convention: T-pose in the inner frame (metres; x to the person's left, y up, z forward).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.estimate.landmark_body import LANDMARK_GROUPS, LANDMARK_JOINTS, LANDMARK_OFFSETS
from contrapposto.backend.keypoints import BLAZEPOSE_33, FIGURE_23
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets
from contrapposto.backend.skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M

# The skull's top above the joint between skull and neck, so that the neutral adult is 1.70 m tall.
SKULL_M: Final = 0.144
_EXTRA: Final = {"neck": ("neck", "torso", (0.0, 0.0, 0.0)), "head_top": ("head", "head", (0.0, SKULL_M, 0.01))}


def _places() -> tuple[IntArray, IntArray, FloatArray]:
    joints, groups, offsets = [], [], []
    for name in FIGURE_23.names:
        if name in _EXTRA:
            joint, group, offset = _EXTRA[name]
            joints.append(JOINT_INDEX[joint])
            groups.append(LENGTH_GROUPS.index(group))
            offsets.append(offset)
        else:
            place = BLAZEPOSE_33.index[name]
            joints.append(LANDMARK_JOINTS[place])
            groups.append(LANDMARK_GROUPS[place])
            offsets.append(LANDMARK_OFFSETS[place])
    return np.array(joints), np.array(groups), np.array(offsets, np.float32)


CARRIERS, _GROUPS, _OFFSETS = _places()
"""(23,) the joint that carries each keypoint of `FIGURE_23`."""


@dataclass(frozen=True)
class Surface:
    """The skin of bodies that share one mesh.

    Attributes:
        vertices: (V, 3) in the pose in which the body was modelled.
        joints: (26, 3) there: SMPL's, then the second row of the left and of the right fingers.
        turns: (26, 3, 3) from there to the T-pose.
        faces: (F, 3).
        weights: (V, 26) of the skin.
        parts: (V,) the joint that moves a vertex most.
        lines: the face's and the hair's lines by name, each (P, 3) in the head's axes from its joint.
    """

    vertices: FloatArray
    joints: FloatArray
    turns: FloatArray
    faces: IntArray
    weights: FloatArray
    parts: IntArray
    lines: dict[str, FloatArray]


@dataclass(frozen=True)
class Body:
    """One body.

    Attributes:
        offsets: (24, 3) each joint relative to its parent.
        marks: (23, 3) the keypoints of `FIGURE_23` from the joints that carry them, `CARRIERS`.
        stature: metres from sole to skull.
        surface: None for those who are only lines.
    """

    offsets: FloatArray
    marks: FloatArray
    stature: float
    surface: Surface | None = None


def proportioned(log_scales: FloatArray) -> Body:
    """A body without a surface from the ten logarithms of `LENGTH_GROUPS`."""
    offsets = scaled_offsets(log_scales)
    factors = np.exp(log_scales)
    marks = (factors[_GROUPS, None] * _OFFSETS).astype(np.float32)
    sole = SOLE_BELOW_ANKLE_M * factors[LENGTH_GROUPS.index("foot")]
    return Body(offsets, marks, float(marks[FIGURE_23.index["head_top"], 1] + _height(offsets) + sole))


def _height(offsets: FloatArray) -> float:
    """From the ankle to the joint between neck and skull."""
    up = [JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]
    down = [JOINT_INDEX[name] for name in ("left_hip", "left_knee", "left_ankle")]
    return float(offsets[up, 1].sum() - offsets[down, 1].sum())


NEUTRAL: Final = proportioned(np.zeros(len(LENGTH_GROUPS), np.float32))
"""Our neutral adult."""


def read_bodies(path: Path) -> list[Body]:
    """The bodies of a file that `training.drawings.bodies` wrote."""
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    names = [name.removeprefix("line_") for name in data if name.startswith("line_")]
    bodies = []
    for index in range(len(data["vertices"])):
        lines = {name: data[f"line_{name}"][index] for name in names}
        surface = Surface(
            data["vertices"][index], data["joints"][index], data["turns"][index],
            data["faces"], data["weights"], data["parts"], lines,
        )  # fmt: skip
        bodies.append(Body(data["offsets"][index], data["marks"][index], float(data["stature"][index]), surface))
    return bodies
