"""Edits keep their balance: where one takes the body off what carries it, the rest gives way, as little as that takes.

What is on the ground in the current pose and that the edit leaves alone goes on carrying it, so that it makes no
difference whether the body stands, kneels or is on all fours. A body that something unseen carries, as a chair does,
is left as the edit has it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray, IntArray
from ..skeleton import JOINT_INDEX, JOINT_NAMES
from .body_solids import GROUND_PARTS, Points, centre_of_mass, joined, outside_of_hull
from .chains import Chain, bare, chain_of_joint, chain_of_limb, chain_of_spot, moved_joints
from .changes import Edit
from .language import Bend, Element, Ground, Point, Raise, Support
from .measures import Body
from .situation import Situation
from .text_terms import MOVED

if TYPE_CHECKING:
    from .text_plan import Plan

_Bools: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
NEAR_M: Final = 0.03
FLAT_M: Final = 0.05
"""How near to the ground what carries is, and what is put there once the legs move anyway."""
_OFF_M: Final = 0.005
"""Further outside of what carries it than this, a body is off balance."""
_UNLEVEL_M: Final = 0.015
_STEADY: Final = 0.9
_STEADY_AGAIN: Final = 0.85
_FOLLOWS: Final = float(np.radians(2.5))
"""How far joints that the edit is about move once more, as one standard deviation."""
# Degrees that what nothing is said of gives way, as one standard deviation: people sway at the ankles and the hips.
_GIVES_DEG: Final = {
    "pelvis": 3.5, "hip": 2.5, "ankle": 3.5, "knee": 2.0, "spine1": 2.5, "spine2": 2.5, "spine3": 2.5, "shoulder": 1.5,
}  # fmt: skip


def carriers_left(
    poses: DoubleArray, where: Situation, on: Sequence[Element], *, change: Edit, near: float = NEAR_M
) -> tuple[Points, _Bools]:
    """Points of the skin (C), and (A, C) which carry poses (A, 24, 3) before an edit and still may after it.

    None of poses that are off balance already; all that are as near to the ground as `near` metres.
    """
    if any(isinstance(each, Bend) and bare(each.joint) == "ankle" for each in on):
        return joined([]), np.zeros((len(poses), 0), np.bool_)  # A foot that points takes nothing off balance.
    body, points = Body.posed(poses), joined(list(GROUND_PARTS.values()))
    places = points.of(body)
    lowest = np.minimum(places[..., 1].min(1), body.ground)
    down = places[..., 1] < lowest[:, None] + near
    down &= (_outside(body, places, down, steady=1.0) < _OFF_M)[:, None]
    moved = _moved_chains(where, on, change)
    return points, down & np.array([_chain(joint) not in moved for joint in points.joints.tolist()], np.bool_)


def _moved_chains(where: Situation, on: Sequence[Element], change: Edit) -> frozenset[Chain]:
    """Limbs that do not stay where they are."""
    found: set[Chain] = set(where.lifted) - {"trunk"}
    knees = {each.joint for each in on if isinstance(each, Bend) and bare(each.joint) == "knee"}
    for element in on:
        match element:
            case Bend(joint=joint) if len(knees) == 2 and joint in knees:
                pass  # Who bends both knees sinks down above the feet.
            case Bend(joint=name) | Raise(limb=name) | Point(limb=name):
                found.add(chain_of_limb(name))
            case Ground(part=part):
                found.add(chain_of_spot(part))
            case _:
                pass
    moved = {chain_of_joint(name) for name in change.free - change.held}
    limbs: set[Chain] = {"left_arm", "right_arm", "left_leg", "right_leg"}
    return frozenset(limbs & (found | moved))


def _chain(joint: int) -> Chain | None:
    chain = chain_of_joint(JOINT_NAMES[joint])
    return chain if bare(chain) in {"arm", "leg"} else None


def _outside(body: Body, places: DoubleArray, carrying: _Bools, *, steady: float) -> DoubleArray:
    """(A,) metres that the centre of mass is outside of what carries it, shrunk to a share `steady`; 0 in the air."""
    flat = [0, 2]
    share = carrying / np.maximum(carrying.sum(1, keepdims=True), 1)
    middle = np.einsum("bc,bci->bi", share, places[..., flat])[:, None]
    corners = np.where(carrying[..., None], middle + steady * (places[..., flat] - middle), middle)
    way, _ = outside_of_hull(centre_of_mass(body)[:, flat], corners)
    return np.where(carrying.any(1), np.linalg.norm(way, axis=1), 0.0)


def _unlevel(places: DoubleArray, carrying: _Bools) -> DoubleArray:
    """(A,) metres from the lowest to the highest of what is to be on the ground."""
    heights = np.where(carrying, places[..., 1], np.nan)
    some = np.where(carrying.any(1, keepdims=True), heights, 0.0)
    return np.nanmax(some, axis=1) - np.nanmin(some, axis=1)


def steadied(plan: Plan, local: DoubleArray) -> tuple[IntArray, Plan] | None:
    """Which poses (A, 24, 3, 3) that an edit reached are off balance, and what to do for these; None where none are."""
    contacts, carrying = (plan.contacts, plan.carrying) if plan.carrying.any() else (plan.before, plan.staying)
    if not carrying.any():
        return None
    body = Body.turned(local)
    places = contacts.of(body)
    rises = _unlevel(places, carrying) - _unlevel(contacts.of(Body.turned(plan.prior)), carrying)
    off = (_outside(body, places, carrying, steady=_STEADY) > _OFF_M) | (rises > _UNLEVEL_M)
    which = np.flatnonzero(off)
    if not which.size:
        return None
    part = plan.only(which)
    carrying = carrying[which]
    used = np.flatnonzero(carrying.any(0))
    contacts = Points(contacts.joints[used], contacts.offsets[used])
    return which, dataclasses.replace(
        part,
        start=local[which],
        prior=local[which],
        sigma=np.maximum(np.minimum(plan.sigma, _FOLLOWS), _giving(contacts)),
        contacts=contacts,
        carrying=carrying[:, used],
        balanced=np.ones(len(which), np.bool_),
        held=tuple(joint for joint in plan.held if bare(JOINT_NAMES[joint]) != "hip"),
        planted=stance(contacts, carrying[:, used]),
        steady=_STEADY_AGAIN,
        props=0,
    )


def folds(on: Sequence[Element]) -> frozenset[str]:
    """Names of the joints of elements that may fold both legs, such as hands that go to the feet."""
    bends = [each for each in on if isinstance(each, Bend) and bare(each.joint) == "knee"]
    found = frozenset[str]().union(*(moved_joints(each) for each in bends)) if len(bends) > 1 else frozenset[str]()
    for each in on:
        joints = frozenset[str]() if isinstance(each, Bend | Support) else moved_joints(each)
        found |= joints if {"left_knee", "right_knee"} <= joints else frozenset()
    return found


def joints_carrying(points: Points, carrying: _Bools) -> frozenset[str]:
    """Names of the joints of the limbs that carry any of the poses."""
    limbs = {_chain(joint) for joint in _joints(points, carrying.any(0))}
    return frozenset(name for name in JOINT_NAMES if chain_of_joint(name) in limbs)


def stance(points: Points, carrying: _Bools) -> tuple[tuple[int, int], ...]:
    """Pairs of joints at which limbs stand on the ground: they keep their way to each other."""
    ends = sorted({_end(joint) for joint in _joints(points, carrying.any(0))})
    return tuple((ends[0], end) for end in ends[1:])


def _joints(points: Points, used: _Bools) -> list[int]:
    return [int(joint) for joint in points.joints[used]]


def _end(joint: int) -> int:
    """The joint whose place on the ground stays: the ankle for the toes."""
    return JOINT_INDEX[JOINT_NAMES[joint].replace("foot", "ankle")]


def _giving(contacts: Points) -> DoubleArray:
    """(22,) radians that joints give way: the trunk, and the limbs that carry it."""
    chains = {
        chain_of_joint(JOINT_NAMES[joint]) for joint in _joints(contacts, np.ones(len(contacts.joints), np.bool_))
    } | {"trunk"}
    found = [_GIVES_DEG.get(bare(name), 0.0) if chain_of_joint(name) in chains else 0.0 for name in JOINT_NAMES[:MOVED]]
    return np.radians(found)
