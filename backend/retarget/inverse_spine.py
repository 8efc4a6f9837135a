"""Bends SMPL's spine to the line from hips to neck that a rig is seen to have: the inverse of the solver's torso."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import axis_angle_to_matrix, geodesic_angle, normalized
from ..skeleton import JOINT_INDEX, REST_OFFSETS
from .character_frame import SIDES, MappedRig
from .solver import HIPS_IN_PELVIS, wanted_turns
from .torso import OWN_POSTURE, SPINE

_LOWER: Final = [JOINT_INDEX["spine1"], JOINT_INDEX["spine2"]]
_CHEST: Final = JOINT_INDEX["spine3"]
_MOST_BEND: Final = np.radians(30.0)
_STEPS, _ROUNDS = 4, 3


def bend_spine(seen: MappedRig, world: DoubleArray, turns: Mapping[str, DoubleArray], *, line: DoubleArray) -> None:
    """Turn the joints of the spine in `world` (T, 24, 3, 3), in place, so that the solver finds `turns` again.

    First the joints below the chest bend until SMPL's line is within the leeway that the solver gives a character of
    its own posture; what the solver would still do otherwise is then taken off.

    Args:
        seen: the rig.
        world: orientations in the inner frame, as the rig's bones have them.
        turns: per bone how far it is seen to be from rest, (T, 3, 3) in armature space.
        line: (T, 3) inner frame: from the middle between the rig's hips to its neck, or shoulders without one.
    """
    world[:, _LOWER] = _bend(world, line, to_shoulders=seen.head("neck") is None)[:, None] @ world[:, _LOWER]
    lasts = {joint: seen.bone_map.joints[joint].bones[-1] for joint in SPINE if joint in seen.bone_map.joints}
    if not lasts:
        return
    indices = [JOINT_INDEX[joint] for joint in lasts]
    aims = {bone: turns[bone] for bone in lasts.values()}
    missing = _missing(seen, world, aims)
    for _ in range(_ROUNDS):
        trial = world.copy()
        trial[:, indices] = missing @ trial[:, indices]
        left = _missing(seen, trial, aims)
        better = _size(left) < _size(missing)
        world[better] = trial[better]
        missing = np.where(better[:, None, None, None], left, missing)


def _missing(seen: MappedRig, world: DoubleArray, aims: Mapping[str, DoubleArray]) -> DoubleArray:
    """(T, N, 3, 3) inner frame: what turns the solver's answers for N bones into what is aimed at."""
    found, axes = wanted_turns(seen, world), seen.frame.axes
    apart = [aim @ np.swapaxes(found[bone], -1, -2) for bone, aim in aims.items()]
    return axes.T @ np.stack(apart, axis=1) @ axes


def _size(rotations: DoubleArray) -> DoubleArray:
    """(T,) radians of all (T, N, 3, 3) together."""
    return geodesic_angle(np.broadcast_to(np.eye(3), rotations.shape), rotations).sum(axis=-1)


def _bend(world: DoubleArray, goal: DoubleArray, *, to_shoulders: bool) -> DoubleArray:
    """(T, 3, 3) the turn of the joints below the chest that brings SMPL's line to `goal` (T, 3)."""
    hips_to_spine = REST_OFFSETS[_LOWER[0]] - HIPS_IN_PELVIS
    fixed: DoubleArray = world[:, 0] @ hips_to_spine + _chest(world, to_shoulders=to_shoulders)
    moving: DoubleArray = world[:, _LOWER[0]] @ REST_OFFSETS[_LOWER[1]] + world[:, _LOWER[1]] @ REST_OFFSETS[_CHEST]
    shares: DoubleArray = np.linalg.norm(moving, axis=-1) / np.linalg.norm(moving + fixed, axis=-1)
    lever = float(shares.mean())
    bend: DoubleArray = np.zeros(goal.shape)
    for _ in range(_STEPS):
        now: DoubleArray = fixed + np.einsum("tij,tj->ti", axis_angle_to_matrix(bend), moving)
        axis: DoubleArray = np.cross(now, goal)
        angle = np.arctan2(np.linalg.norm(axis, axis=-1), np.sum(now * goal, axis=-1))
        bend = bend + normalized(axis) * (np.maximum(angle - OWN_POSTURE, 0.0) / lever)[:, None]
        size = np.maximum(np.linalg.norm(bend, axis=-1, keepdims=True), 1e-12)
        bend = bend * np.minimum(1.0, _MOST_BEND / size)
    return axis_angle_to_matrix(bend)


def _chest(world: DoubleArray, *, to_shoulders: bool) -> DoubleArray:
    """(T, 3) from the chest joint to SMPL's neck, or to the middle between its shoulders."""
    if not to_shoulders:
        return world[:, _CHEST] @ REST_OFFSETS[JOINT_INDEX["neck"]]
    ways = [
        world[:, _CHEST] @ REST_OFFSETS[JOINT_INDEX[f"{side}_collar"]]
        + world[:, JOINT_INDEX[f"{side}_collar"]] @ REST_OFFSETS[JOINT_INDEX[f"{side}_shoulder"]]
        for side in SIDES
    ]
    return np.mean(ways, axis=0)
