"""Poses that the text solver starts from: a draft in the support's pose, bent over where that is asked for, and turned.

Each is a step from poses (A, 24, 3) to poses; what is already as it should be stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..refine.joint_limits import clamped_to_limits, rotations_from_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES
from . import supports
from .chains import bare, chain_of_spot, mover
from .hugged_knees import drawn_up, hugged
from .language import Bend, Element, Face, Ground, SupportKind, Touch, Trunk
from .limb_starts import reaching
from .measures import Body, Facing
from .situation import Situation, held_behind
from .support_poses import started

_VARIED_DEG: Final = {"shoulder": 9.0, "elbow": 12.0, "wrist": 6.0, "collar": 3.0, "spine1": 3.0, "spine2": 2.0,
                      "spine3": 2.0, "neck": 5.0, "head": 6.0, "hip": 5.0, "knee": 5.0}  # fmt: skip
# Degrees that the body bends over for a hand on these.
_BOW_DEG: Final = {
    "knee": 45.0, "calf": 75.0, "shin": 70.0, "ankle": 100.0, "heel": 115.0, "sole": 110.0, "foot": 115.0,
    "toes": 122.0,
}  # fmt: skip
_FOLDED_BACK: Final = {"hip": 12.0, "knee": 138.0, "ankle": 40.0}
_CROUCH_DEG: Final = 50.0
_UPRIGHT: Final = frozenset({None, "standing", "tiptoe", "left_leg", "right_leg"})
_ON_THIGHS: Final = (Touch("left_hand", "left_thigh"), Touch("right_hand", "right_thigh"))
_ON_KNEES: Final = (Touch("left_hand", "left_knee"), Touch("right_hand", "right_knee"))
# Arms that hang from somebody who stands would go through the seat or the ground.
_RESTS: Final[dict[SupportKind, tuple[Touch, ...]]] = {
    "sitting": _ON_THIGHS, "sitting_heels": _ON_THIGHS, "sitting_floor": _ON_THIGHS, "sitting_cross_legged": _ON_KNEES,
}  # fmt: skip


def varied(drafts: DoubleArray) -> DoubleArray:
    """Drafts that are all the same are made a little different, but for the first."""
    if len(drafts) < 2 or np.abs(drafts - drafts[0]).max() > 1e-3:
        return drafts
    size = np.radians([_VARIED_DEG.get(bare(name), 0.0) for name in JOINT_NAMES])[:, None]
    noise = np.random.default_rng(11).normal(0.0, 1.0, drafts.shape) * size
    noise[0] = 0.0
    turned = axis_angle_to_matrix(drafts) @ axis_angle_to_matrix(noise)
    return clamped_to_limits(matrix_to_axis_angle(turned))


def supported(poses: DoubleArray, where: Situation, on: Sequence[Element], *, edit: bool) -> DoubleArray:
    """Poses in the support's pose, where they are not already."""
    if where.kind is None or (edit and not where.told):
        return poses
    there = supports.holds(where.kind, where.height, Body.posed(poses), lifted=where.lifted)
    there &= where.arch is None and not (where.kind == "sitting_floor" and hugged(on))
    busy = (where.busy if where.arch is None else where.lifted) - supports.carrying_arms(where)
    placed = started(poses, where.kind, height=where.height, busy=busy, arch=where.arch)
    placed = placed if where.arch else _knees_up(placed, where.kind, on)
    placed = reaching(placed, rests_of(where))
    return np.where(there[:, None, None], poses, placed)


def rests_of(where: Situation) -> list[Touch]:
    """Where hands rest that nothing is said of, while the body sits."""
    if where.kind is None:
        return []
    return [rest for rest in _RESTS.get(where.kind, ()) if chain_of_spot(rest.part) not in where.busy]


def _knees_up(poses: DoubleArray, kind: SupportKind, on: Sequence[Element]) -> DoubleArray:
    """Knees that are bent while the body lies on its back point up, the feet flat on the ground."""
    if kind == "sitting_floor":
        return _opened(poses, on) if _soles_meet(on) else drawn_up(poses, on)
    if kind in {"left_leg", "right_leg"}:
        return _crouched(poses, kind.removesuffix("_leg"), on)
    if kind != "lying_back":
        return poses
    found = poses.copy()
    for element in on:
        if isinstance(element, Bend) and bare(element.joint) == "knee":
            angles = np.zeros((JOINT_COUNT, 3))
            bend = float(np.clip(element.degrees, 0.0, 150.0))
            hip = JOINT_INDEX[element.joint.replace("knee", "hip")]
            angles[hip], angles[JOINT_INDEX[element.joint]] = (-0.5 * bend, 0.0, 0.0), (bend, 0.0, 0.0)
            turns = rotations_from_angles(np.radians(angles))
            for joint in (hip, JOINT_INDEX[element.joint]):
                found[:, joint] = turns[joint]
    return found


def _soles_meet(on: Sequence[Element]) -> bool:
    pairs = [{bare(element.part), bare(element.place)} for element in on if isinstance(element, Touch)]
    return {"sole"} in pairs or {"foot"} in pairs


def _opened(poses: DoubleArray, on: Sequence[Element]) -> DoubleArray:
    """Knees that fall open while the soles lie against each other, bent as far as they are told to be."""
    bends = [element.degrees for element in on if isinstance(element, Bend) and bare(element.joint) == "knee"]
    found, angles = poses.copy(), np.zeros((JOINT_COUNT, 3))
    bend = float(np.clip(bends[-1], 60.0, 150.0)) if bends else 120.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        angles[JOINT_INDEX[f"{side}_hip"]] = (-66.0, sign * 74.0, sign * 56.0)
        angles[JOINT_INDEX[f"{side}_knee"]] = (bend, 0.0, 0.0)
    legs = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("hip", "knee")]
    found[:, legs] = clamped_to_limits(rotations_from_angles(np.radians(angles)))[legs]
    return found


def _crouched(poses: DoubleArray, side: str, on: Sequence[Element]) -> DoubleArray:
    """Sunk down on the one leg that carries the body, where its knee is told to bend far."""
    bends = [element.degrees for element in on if isinstance(element, Bend) and element.joint == f"{side}_knee"]
    bend = float(np.clip(bends[-1], 0.0, 150.0)) if bends else 0.0
    if bend < _CROUCH_DEG:
        return poses
    found, angles = poses.copy(), np.zeros((JOINT_COUNT, 3))
    for name, share in (("hip", -0.92), ("knee", 1.0), ("ankle", -0.27)):
        angles[JOINT_INDEX[f"{side}_{name}"], 0] = share * bend
    turns = clamped_to_limits(rotations_from_angles(np.radians(angles)))
    legs = [JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle")]
    found[:, legs] = turns[legs]
    pitch = axis_angle_to_matrix(np.radians([0.18 * bend, 0.0, 0.0]))
    found[:, 0] = matrix_to_axis_angle(axis_angle_to_matrix(found[:, 0]) @ pitch)
    return found


def _foot_behind(poses: DoubleArray, where: Situation, on: Sequence[Element]) -> DoubleArray:
    """The shin folded up behind the thigh, of a foot that a hand holds there."""
    sides = held_behind(on) if where.kind in _UPRIGHT else frozenset[str]()
    found, angles = poses.copy(), np.zeros((JOINT_COUNT, 3))
    joints = [JOINT_INDEX[f"{side}_{name}"] for side in sides for name in _FOLDED_BACK]
    for side in sides:
        for name, degrees in _FOLDED_BACK.items():
            angles[JOINT_INDEX[f"{side}_{name}"], 0] = degrees
    found[:, joints] = clamped_to_limits(rotations_from_angles(np.radians(angles)))[joints]
    return found


def bowed(poses: DoubleArray, where: Situation, on: Sequence[Element]) -> DoubleArray:
    """Bent at the hips and in the spine, as the trunk is told to lean, or for hands that go to legs or the ground."""
    poses = _foot_behind(poses, where, on)
    forward, left = _leaning(where, on)
    if not forward and not left:
        return poses
    found = poses.copy()
    # The hips go back over the heels, or the body would fall on its face.
    turns = {"pelvis": 0.62, "spine1": 0.12, "spine2": 0.14, "spine3": 0.12}
    turns |= {
        f"{side}_{joint}": share for side in ("left", "right") for joint, share in (("hip", -0.74), ("ankle", 0.12))
    }
    for name, share in turns.items():
        aside = {"left_ankle": 0.0, "right_ankle": 0.0, "left_hip": -0.62, "right_hip": -0.62}.get(name, share)
        joint, about = JOINT_INDEX[name], axis_angle_to_matrix(np.radians([share * forward, 0.0, -aside * left]))
        turn = axis_angle_to_matrix(found[:, joint])
        found[:, joint] = matrix_to_axis_angle(about @ turn if bare(name) == "hip" else turn @ about)
    return _hung(clamped_to_limits(found), poses, where)


def _hung(poses: DoubleArray, before: DoubleArray, where: Situation) -> DoubleArray:
    """Arms that nothing speaks of hang from a trunk that bends over, as they did from the upright one."""
    then, now, found = Body.posed(before).world, Body.posed(poses).world, poses.copy()
    for side in ("left", "right"):
        if f"{side}_arm" not in where.busy:
            shoulder, collar = JOINT_INDEX[f"{side}_shoulder"], JOINT_INDEX[f"{side}_collar"]
            found[:, shoulder] = matrix_to_axis_angle(np.swapaxes(now[:, collar], 1, 2) @ then[:, shoulder])
    return clamped_to_limits(found)


def _leaning(where: Situation, on: Sequence[Element]) -> tuple[float, float]:
    """Degrees that the body bends over, forward and to the left."""
    told = [element for element in on if isinstance(element, Trunk) and (element.forward, element.left) != (None, None)]
    if not told:
        return max((_bow(element, where) for element in on), default=0.0), 0.0
    if where.kind not in _UPRIGHT:
        return 0.0, 0.0
    forward, left = np.clip(told[-1].forward or 0.0, -30.0, 125.0), np.clip(told[-1].left or 0.0, -60.0, 60.0)
    return float(forward) if abs(forward) > 25.0 else 0.0, float(left) if abs(left) > 25.0 else 0.0


def _bow(element: Element, where: Situation) -> float:
    """Degrees that an element bends the body over."""
    match element:
        case Touch(part=part, place=place):
            moved, still = mover(part, place)
            leg = chain_of_spot(still)
            if bare(chain_of_spot(moved)) != "arm" or bare(leg) != "leg" or leg in where.lifted:
                return 0.0
            down = _BOW_DEG.get(bare(still), 0.0)
            sits = where.kind in {"sitting_floor", "sitting"}
            return down if where.kind in _UPRIGHT else 0.4 * down if sits else 0.0
        case Ground(part=part, above=above) if where.kind in _UPRIGHT and above <= 0.1:
            return 100.0 if bare(chain_of_spot(part)) == "arm" else 0.0
        case _:
            return 0.0


def faced(poses: DoubleArray, on: Sequence[Element]) -> DoubleArray:
    """Turned about the vertical so that they face as they are told."""
    wanted = [element.left for element in on if isinstance(element, Face)]
    if not wanted:
        return poses
    now = Facing().of(Body.posed(poses))
    turn = axis_angle_to_matrix(np.outer(np.radians(wanted[-1] - now), (0.0, 1.0, 0.0)))
    found = poses.copy()
    found[:, 0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(poses[:, 0]))
    return found
