"""A drawn figure put together again with a real body's proportions, for the pose model to read.

Convention: pixels with y down.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..keypoints import FIGURE_23
from .drawn_bones import BONE_INDEX, LENGTHS_M, REST_POINTS
from .drawn_proportions import DrawnSkeleton

_WIDEST: Final = 1.05
"""Shoulders and hips that are drawn wider than a real body's become this many times as wide as those."""
_ONE_PLACE_M: Final = 0.06
_NOSE_AHEAD_M: Final = 0.03
_TO_ONE_SIDE: Final = 0.4
_SIDES: Final = ("left", "right")
_CHAINS: Final = {
    "arm": (("", "shoulder"), ("upper_arm", "elbow"), ("forearm", "wrist"), ("hand", "index")),
    "leg": (("", "hip"), ("thigh", "knee"), ("shin", "ankle"), ("foot", "foot_index")),
}
"""Of each limb the bones and the joints that they lead to."""
_FACE: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head_top")


def rebuilt(figure: DrawnSkeleton) -> DoubleArray:
    """(23, 2) the keypoints of the same figure with a real body's proportions; unseen ones lie anywhere.

    The hips stay where they are; bones keep their directions and foreshortening.
    """
    found = figure.points_px.copy()
    shoulders, hips = _middles(figure)
    smaller = figure.scale / figure.group_scales["torso"]
    trunk = shoulders - hips
    longest = LENGTHS_M[BONE_INDEX["torso"]] * figure.group_scales["torso"]
    trunk = trunk * min(1.0, longest / max(float(np.linalg.norm(trunk)), 1e-6)) * smaller
    faces = opened(figure)
    across = _across(trunk) * faces
    for part, drawn, middle in (("hip", hips, hips), ("shoulder", shoulders, hips + trunk)):
        pair = [_at(f"{side}_{part}") for side in _SIDES]
        half = 0.5 * float(np.linalg.norm(REST_POINTS[pair[0]] - REST_POINTS[pair[1]])) * figure.scale
        for index, side in zip(pair, (1.0, -1.0), strict=True):
            away = (figure.points_px[index] - drawn) * smaller
            found[index] = middle + (across * (side * half) if faces else _no_longer(away, _WIDEST * half))
    found[_at("neck")] = hips + trunk + (figure.points_px[_at("neck")] - shoulders) * smaller
    for limb in _CHAINS:
        for side in _SIDES:
            _put_limb(found, figure, limb=limb, side=side)
    _put_head(found, figure, drawn=shoulders, middle=hips + trunk)
    return found


def _across(trunk: DoubleArray) -> DoubleArray:
    """(2,) to the picture's right of a trunk (2,) that runs from the hips to the shoulders."""
    size = float(np.linalg.norm(trunk))
    return np.array([-trunk[1], trunk[0]]) / size if size > 1e-6 else np.array([1.0, 0.0])


def _at(name: str) -> int:
    return FIGURE_23.index[name]


def _no_longer(vector: DoubleArray, most: float) -> DoubleArray:
    return vector * min(1.0, most / max(float(np.linalg.norm(vector)), 1e-6))


def _middles(figure: DrawnSkeleton) -> tuple[DoubleArray, DoubleArray]:
    """Between the shoulders and between the hips, or what is there in the place of one."""
    parts: dict[str, DoubleArray] = {}
    for part in ("shoulder", "hip"):
        pair = [index for side in _SIDES if figure.seen[index := _at(f"{side}_{part}")]]
        if pair:
            parts[part] = figure.points_px[pair].mean(0)
    if "shoulder" not in parts and figure.seen[_at("neck")]:
        parts["shoulder"] = figure.points_px[_at("neck")]
    anywhere: DoubleArray = figure.points_px[figure.seen].mean(0)
    shoulders = parts["shoulder"] if "shoulder" in parts else parts.get("hip", anywhere)
    hips = parts.get("hip")
    return shoulders, shoulders if hips is None else hips


def _put_limb(found: DoubleArray, figure: DrawnSkeleton, *, limb: str, side: str) -> None:
    """Set a limb's points from its first on: each bone as long as it is on a real body."""
    last: int | None = None
    for part, joint in _CHAINS[limb]:
        bone, index = f"{side}_{part}", _at(f"{side}_{joint}")
        if not figure.seen[index]:
            continue
        if last is not None and figure.is_drawn(bone):
            number = BONE_INDEX[bone]
            along = figure.directions[number] * [1.0, -1.0]
            found[index] = found[last] + along * (figure.cosines[number] * LENGTHS_M[number] * figure.scale)
        elif last is not None:
            smaller = figure.scale / figure.group_scales[limb]
            found[index] = found[last] + (figure.points_px[index] - figure.points_px[last]) * smaller
        last = index


def _put_head(found: DoubleArray, figure: DrawnSkeleton, *, drawn: DoubleArray, middle: DoubleArray) -> None:
    """Set the head's points: the face shrunk as a whole, no further from the shoulders than on a real body.

    Args:
        found: (23, 2) the points.
        figure: the figure.
        drawn: (2,) between the shoulders as they are drawn.
        middle: (2,) the same in `found`.
    """
    every = [_at(name) for name in _FACE]
    there = [index for index in every if figure.seen[index]]
    if not there:
        return
    ears = [index for index in (_at("left_ear"), _at("right_ear")) if figure.seen[index]]
    base = ears if len(ears) == 2 else there
    pair = [_at(f"{side}_shoulder") for side in _SIDES]
    head = figure.points_px[base].mean(0)
    longest = float(np.linalg.norm(REST_POINTS[base].mean(0) - REST_POINTS[pair].mean(0))) * figure.scale
    centre = middle + _no_longer(head - drawn, longest)
    found[every] = centre + (figure.points_px[every] - head) * (figure.scale / figure.face_scale)


def opened(figure: DrawnSkeleton) -> float:
    """Which way a stick figure faces whose two shoulders, and whose hips, are drawn in one place.

    1 where it faces the viewer, -1 where it faces away, 0 where it is drawn from the side or has shoulders or hips.
    """
    for bone in ("shoulders", "hips"):
        if not figure.is_drawn(bone) or figure.lengths_px[BONE_INDEX[bone]] > _ONE_PLACE_M * figure.scale:
            return 0.0
    if _from_the_side(figure):
        return 0.0
    spread = 0.0
    for part in ("elbow", "wrist", "knee", "ankle"):
        pair = [_at("left_" + part), _at("right_" + part)]
        if figure.seen[pair].all():
            spread += float(figure.points_px[pair[0], 0] - figure.points_px[pair[1], 0])
    return -1.0 if spread < 0.0 else 1.0


def _from_the_side(figure: DrawnSkeleton) -> bool:
    """Whether nose, feet or knees point to one side."""
    for bone in ("face", "left_cheek", "right_cheek"):
        if figure.is_drawn(bone):
            across = abs(figure.directions[BONE_INDEX[bone], 0]) * figure.lengths_px[BONE_INDEX[bone]]
            return bool(across > _NOSE_AHEAD_M * figure.face_scale)
    if figure.is_drawn("left_foot") and figure.is_drawn("right_foot"):
        left, right = figure.directions[[BONE_INDEX["left_foot"], BONE_INDEX["right_foot"]], 0]
        return bool(left * right > 0.0 and min(abs(left), abs(right)) > _TO_ONE_SIDE)
    bends: list[float] = []
    for side in _SIDES:
        if figure.is_drawn(f"{side}_thigh") and figure.is_drawn(f"{side}_shin"):
            thigh, shin = figure.directions[[BONE_INDEX[f"{side}_thigh"], BONE_INDEX[f"{side}_shin"]]]
            bends.append(float(thigh[0] * shin[1] - thigh[1] * shin[0]))
    return len(bends) == 2 and bends[0] * bends[1] > 0.0 and abs(sum(bends)) > _TO_ONE_SIDE
