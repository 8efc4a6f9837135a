"""Bends the spine so that the line from hips to neck follows SMPL's, while hips and chest keep their orientations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..matrices import product
from ..rotations import axis_angle_to_matrix, normalized
from ..skeleton import JOINT_INDEX, PARENTS, REST_OFFSETS
from .character_frame import SIDES, MappedRig
from .interpolation import between

SPINE: Final = ("spine1", "spine2", "spine3")
OWN_POSTURE: Final = np.radians(2.0)
"""A character's torso may lean this much from SMPL's and keep its own posture."""
_MOST_BEND: Final = np.radians(30.0)
_MOST_CHEST_TURN: Final = np.radians(8.0)
_SMALLEST_LEVER: Final = 0.05
_ROUNDS: Final = 3


def align_torso(mapped: MappedRig, wanted: dict[str, DoubleArray], world: DoubleArray) -> None:
    """Turn the bones of the spine below the chest in `wanted` (bone -> (T, 3, 3) from rest), in place.

    Rigs have other numbers and lengths of spine bones than SMPL, so that equal orientations lead to another line from
    hips to neck. What lies above 2 degrees is taken up by the bones between hips and chest, at most 30 degrees; only
    what they cannot reach turns the chest, at most 8.
    """
    bones = [bone for joint in SPINE if joint in mapped.bone_map.joints for bone in mapped.bone_map.joints[joint].bones]
    if "pelvis" not in mapped.bone_map.joints:
        return
    goal = _smpl_torso(world, to_shoulders=mapped.head("neck") is None) @ mapped.frame.axes.T
    if not bones:
        _let_hips_carry(mapped, wanted, world=world, goal=goal)
        return
    line = _Line.along(mapped, bones, wanted)
    for moved, most in ((bones[:-1], _MOST_BEND), (bones[-1:], _MOST_CHEST_TURN)):
        turn = line.bend(moved, goal, most=most)
        if turn is not None:
            for bone in moved:
                wanted[bone] = turn @ wanted[bone]
            line = _Line.along(mapped, bones, wanted)


def _let_hips_carry(
    mapped: MappedRig, wanted: dict[str, DoubleArray], *, world: DoubleArray, goal: DoubleArray
) -> None:
    """Without a spine the hips' bone is the trunk: turned half as SMPL's hips and half as its chest, along its line."""
    axes = mapped.frame.axes
    chest = product(product(axes, world[:, JOINT_INDEX[SPINE[-1]]]), axes.T)
    hips = mapped.bone_map.joints["pelvis"].bones
    for bone in hips:
        wanted[bone] = between(wanted[bone], chest, 0.5)
    turn = _Line.along(mapped, [], wanted).bend([None], goal, most=np.pi)
    if turn is not None:
        wanted.update({bone: turn @ wanted[bone] for bone in hips})


@dataclass(frozen=True)
class _Line:
    """The way from hips to neck, part by part: which bone carries it (None: the hips), (T, 3) as it is posed."""

    carriers: tuple[str | None, ...]
    parts: tuple[DoubleArray, ...]

    @classmethod
    def along(cls, mapped: MappedRig, bones: list[str], wanted: dict[str, DoubleArray]) -> _Line:
        heads = [mapped.rig.heads[mapped.rig.index[bone]].astype(np.float64) for bone in bones]
        places = np.stack([mapped.frame.hips, *heads, _top(mapped)])
        carriers: tuple[str | None, ...] = (None, *bones)
        pelvis = wanted[mapped.bone_map.joints["pelvis"].bones[0]]
        turns = [pelvis, *(wanted[bone] for bone in bones)]
        return cls(carriers, tuple(turn @ part for turn, part in zip(turns, np.diff(places, axis=0), strict=True)))

    def bend(self, moved: Sequence[str | None], goal: DoubleArray, *, most: float) -> DoubleArray | None:
        """(T, 3, 3) turns of the `moved` bones that bring the line along `goal` (T, 3); None if they cannot."""
        moving, fixed = np.zeros_like(goal), np.zeros_like(goal)
        for carrier, part in zip(self.carriers, self.parts, strict=True):
            if carrier in moved:
                moving += part
            else:
                fixed += part
        lever = float(np.mean(_lengths(moving)) / max(float(np.mean(_lengths(moving + fixed))), 1e-12))
        if lever < _SMALLEST_LEVER:
            return None
        bend, turn = np.zeros_like(goal), np.broadcast_to(np.eye(3), (len(goal), 3, 3))
        for _ in range(_ROUNDS):
            now = fixed + np.einsum("tij,tj->ti", turn, moving)
            axis: DoubleArray = np.asarray(np.cross(now, goal), dtype=np.float64)
            angle = np.arctan2(_lengths(axis), np.sum(now * goal, axis=-1))
            excess = np.maximum(angle - OWN_POSTURE, 0.0) / lever
            bend = bend + normalized(axis) * excess[:, None]
            bend = bend * np.minimum(1.0, most / np.maximum(_lengths(bend), 1e-12))[:, None]
            turn = axis_angle_to_matrix(bend)
        return turn


def _lengths(vectors: DoubleArray) -> DoubleArray:
    return np.linalg.norm(vectors, axis=-1)


def _top(mapped: MappedRig) -> DoubleArray:
    neck = mapped.head("neck")
    return np.mean([mapped.needed_head(f"{side}_shoulder") for side in SIDES], axis=0) if neck is None else neck


def _smpl_torso(world: DoubleArray, *, to_shoulders: bool) -> DoubleArray:
    """(T, 3) inner frame: from the middle between SMPL's hip joints to its neck, or to the middle of its shoulders."""
    ends = [f"{side}_shoulder" for side in SIDES] if to_shoulders else ["neck"]
    ways = [_way(world, joint) for joint in ends]
    hips = [world[:, 0] @ REST_OFFSETS[JOINT_INDEX[f"{side}_hip"]] for side in SIDES]
    return np.mean(ways, axis=0) - np.mean(hips, axis=0)


def _way(world: DoubleArray, joint: str) -> DoubleArray:
    """(T, 3) inner frame: from SMPL's pelvis to a joint."""
    way, index = np.zeros((len(world), 3)), JOINT_INDEX[joint]
    while index > 0:
        way += world[:, PARENTS[index]] @ REST_OFFSETS[index]
        index = PARENTS[index]
    return way
