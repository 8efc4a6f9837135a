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
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, SOLE_BELOW_ANKLE_M

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


_CARRIED: Final = (*JOINT_NAMES, "left_curl", "right_curl")
_SIDES: Final = ("left", "right")
# What grows together along an axis of the T-pose, by the joints whose own frames hold it.
_ALONG: Final = (
    (("pelvis", "spine1", "spine2", "spine3"), 1), (("pelvis", "spine1", "spine2"), 0),
    (("spine3", "left_collar", "right_collar"), 0),
    (("left_shoulder", "right_shoulder"), 0), (("left_elbow", "right_elbow"), 0),
    (("left_hip", "right_hip"), 1), (("left_knee", "right_knee"), 1), (("neck",), 1),
)  # fmt: skip
_ENDS: Final = tuple(f"{side}_{name}" for side in _SIDES for name in ("wrist", "hand", "curl"))
_FINE: Final = [_CARRIED.index(name) for name in (*_ENDS, "head", "left_foot", "right_foot")]
"""Parts whose shape needs smaller triangles."""

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
        coarse: (G, 3) fewer triangles between the same vertices, for figures that are small in the picture.
        weights: (V, 26) of the skin.
        parts: (V,) the joint that moves a vertex most.
        lines: the face's and the hair's lines by name, each (P, 3) in the head's axes from its joint.
    """

    vertices: FloatArray
    joints: FloatArray
    turns: FloatArray
    faces: IntArray
    coarse: IntArray
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
        stretch: (26, 3) factors on what each joint carries, in its axes; None where there is no surface.
        surface: None for those who are only lines.
    """

    offsets: FloatArray
    marks: FloatArray
    stature: float
    stretch: FloatArray | None = None
    surface: Surface | None = None


def proportioned(log_scales: FloatArray) -> Body:
    """A body without a surface from the ten logarithms of `LENGTH_GROUPS`."""
    offsets = scaled_offsets(log_scales)
    factors = np.exp(log_scales)
    marks = (factors[_GROUPS, None] * _OFFSETS).astype(np.float32)
    sole = SOLE_BELOW_ANKLE_M * factors[LENGTH_GROUPS.index("foot")]
    return Body(offsets, marks, float(marks[FIGURE_23.index["head_top"], 1] + _height(offsets) + sole))


def stretched(body: Body, rng: np.random.Generator) -> Body:
    """A body with a surface in other proportions: a little other, or as cartoons have them."""
    cartoon = rng.random() < 0.3
    spread = 0.14 if cartoon else 0.05
    stretch = np.exp(rng.normal(0.0, 0.6 * spread)) * np.ones((26, 3), np.float32)
    for names, axis in _ALONG:
        length = np.exp(rng.normal(0.0, spread))
        stretch[[_CARRIED.index(name) for name in names], axis] *= length
    ends = [_CARRIED.index(name) for name in _ENDS]
    stretch[ends] = np.exp(rng.normal(0.0, spread))
    stretch[JOINT_INDEX["head"]] = np.exp(rng.normal(0.0, spread) + (rng.uniform(0.0, 0.7) if cartoon else 0.0))
    offsets = body.offsets * stretch[list(PARENTS)]
    marks = body.marks * stretch[CARRIERS]
    shorter = _height(body.offsets) - _height(offsets)
    taller = (stretch[JOINT_INDEX["head"], 1] - 1.0) * body.marks[FIGURE_23.index["head_top"], 1]
    return Body(offsets, marks, body.stature - shorter + float(taller), stretch, body.surface)


def _height(offsets: FloatArray) -> float:
    """From the ankle to the joint between neck and skull."""
    up = [JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]
    down = [JOINT_INDEX[name] for name in ("left_hip", "left_knee", "left_ankle")]
    return float(offsets[up, 1].sum() - offsets[down, 1].sum())


NEUTRAL: Final = proportioned(np.zeros(len(LENGTH_GROUPS), np.float32))
"""Our neutral adult."""


def _coarser(vertices: FloatArray, faces: IntArray, *, parts: IntArray) -> IntArray:
    """Triangles (G, 3) between one vertex of each cell of each part; the cells are those of the mean of the bodies."""
    if len(vertices) == 0:
        return faces
    mean = vertices.mean(0)
    cell = np.floor(mean / np.where(np.isin(parts, _FINE), 0.022, 0.05)[:, None]).astype(int)
    _, group = np.unique(np.column_stack([parts, cell]), axis=0, return_inverse=True)
    group = group.reshape(-1)
    count = np.bincount(group)[:, None]
    middle = np.stack([np.bincount(group, mean[:, axis]) for axis in range(3)], axis=1) / count
    order = np.lexsort([np.linalg.norm(mean - middle[group], axis=1), group])
    chosen = order[np.searchsorted(group[order], np.arange(len(count)))]
    triangles = chosen[group][faces]
    a, b, c = triangles.T
    triangles = triangles[(a != b) & (b != c) & (a != c)]
    _, first = np.unique(np.sort(triangles, axis=1), axis=0, return_index=True)
    return triangles[np.sort(first)].astype(np.int32)


def read_bodies(path: Path) -> list[Body]:
    """The bodies of a file that `training.drawings.bodies` wrote."""
    with np.load(path) as archive:
        data = {name: archive[name] for name in archive.files}
    names = [name.removeprefix("line_") for name in data if name.startswith("line_")]
    coarse = _coarser(data["vertices"], data["faces"], parts=data["parts"])
    bodies = []
    for index in range(len(data["vertices"])):
        lines = {name: data[f"line_{name}"][index] for name in names}
        surface = Surface(
            data["vertices"][index], data["joints"][index], data["turns"][index],
            data["faces"], coarse, data["weights"], data["parts"], lines,
        )  # fmt: skip
        bodies.append(
            Body(data["offsets"][index], data["marks"][index], float(data["stature"][index]), surface=surface)
        )
    return bodies
