"""Where a rig's hands, feet and head are in the scene, from the channels of its bones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray
from ..retarget.bone_map import BoneMap
from ..retarget.parent_spaces import (
    Displacement,
    carried,
    follows_of,
    in_order,
    location_axes,
    nearest_rotation,
    parent_turn,
)
from ..retarget.rig_spec import Follow, RigSpec
from ..rotations import quaternion_to_matrix
from .motion_channels import ChannelGroup

END_JOINTS: Final = {
    "head": "neck",
    "left_wrist": "left_elbow",
    "right_wrist": "right_elbow",
    "left_ankle": "left_knee",
    "right_ankle": "right_knee",
    "left_foot": "left_ankle",
    "right_foot": "right_ankle",
}
"""The joints whose places count, each with the joint that carries it."""


SOLES: Final = ("left_ankle", "left_foot", "right_ankle", "right_foot")
"""The joints over left heel, left ball, right heel and right ball."""


class RigEnds:
    """Forward kinematics of the end joints' bones and of all that carries them.

    Of limbs whose bones are not turned, as in IK, the places where their control takes wrist, ankle and ball of the
    foot count, as far as the limb reaches. Bones whose channels are not given stay as the rig has them now.

    Args:
        rig: with measured parents' spaces.
        bone_map: which bones stand for the joints.
        groups: the channels, in the order in which `positions` takes their values.
        to_metres: (3, 3) from armature space to the scene, in metres.

    Attributes:
        joints: J names.
    """

    def __init__(
        self, rig: RigSpec, bone_map: BoneMap, groups: Sequence[ChannelGroup], *, to_metres: AnyFloatArray
    ) -> None:
        self._rig, self._to_metres = rig, np.asarray(to_metres, np.float64)
        turned = [group.name for group in groups if not group.is_location]
        moved = [group.name for group in groups if group.is_location]
        self._rotation = {name: place for place, name in enumerate(turned)}
        self._location = {name: place for place, name in enumerate(moved)}
        ends = _ends(rig, bone_map, turned=self._rotation, moved=self._location)
        names = tuple(dict.fromkeys([*rig.follows, *turned, *moved, *(end.bone for end in ends)]))
        names = tuple(sorted(names, key=rig.index.__getitem__))
        self._follows = follows_of(rig, names)
        self.joints, self._ends = tuple(end.joint for end in ends), ends
        needed = self._needed()
        self._bones = [self._link(name) for name in in_order(self._follows, rig=rig.name) if name in needed]
        turning = [name for name in turned if name in needed]
        self._places = [self._rotation[name] for name in turning]
        self._turning = {name: place for place, name in enumerate(turning)}
        self._rest = rig.rest[[rig.index[name] for name in turning], None, :3, :3].astype(np.float64)

    def positions(self, quaternions: DoubleArray, locations: DoubleArray) -> DoubleArray:
        """(F, R, 4) unit quaternions and (F, L, 3) locations -> (F, J, 3) metres, of `joints`."""
        frames = len(quaternions)
        local = quaternion_to_matrix(np.swapaxes(quaternions[:, self._places], 0, 1))
        own = self._rest @ local @ np.swapaxes(self._rest, -1, -2)
        done: dict[str, Displacement] = {}
        for link in self._bones:
            carrier = self._carrier(link, done, frames)
            head = carrier.turn @ link.head + carrier.shift
            if link.location is not None or link.offset.any():
                channel = link.offset if link.location is None else locations[:, link.location]
                axes = location_axes(self._rig, self._rig.index[link.name], carrier)
                head = head + (axes @ channel[..., None])[..., 0]
            space = self._space(link, done, frames)
            place = self._turning.get(link.name)
            turn = space @ (link.turn if place is None else own[place])
            done[link.name] = Displacement(turn, head - turn @ link.head)
        places = [done[end.bone].turn @ end.place + done[end.bone].shift for end in self._ends]
        return np.stack(places, axis=1) @ self._to_metres.T

    def standing(self, contacts: BoolArray) -> BoolArray:
        """(T, 4) which of `SOLES` are on the ground -> (T, J) which of `joints` stand."""
        found = np.zeros((len(contacts), len(self.joints)), np.bool_)
        for place, joint in enumerate(self.joints):
            if joint in SOLES:
                found[:, place] = contacts[:, SOLES.index(joint)]
        return found

    def _carrier(self, link: _Link, done: dict[str, Displacement], frames: int) -> Displacement:
        """What carries the bone's head; without an offset of its own the bone that does."""
        follow = link.follow
        if link.is_carried_as_it_is and follow.place_of is not None:
            return done[follow.place_of]
        return carried(follow, done, frames)

    def _space(self, link: _Link, done: dict[str, Displacement], frames: int) -> DoubleArray:
        """(F, 3, 3) how the space that the bone rotates in is turned."""
        if link.is_turned_as_it_is and link.follow.first is not None:
            return done[link.follow.first].turn
        return parent_turn(link.follow, done, frames)

    def _link(self, name: str) -> _Link:
        bone, follow = self._rig.index[name], self._follows[name]
        rest, basis = self._rig.rest[bone].astype(np.float64), self._rig.basis[bone].astype(np.float64)
        turn = rest[:3, :3] @ nearest_rotation(basis[:3, :3]) @ rest[:3, :3].T
        as_carried, as_turned = np.array_equal(follow.place, np.eye(4)), np.array_equal(follow.turn, np.eye(3))
        place = self._location.get(name)
        alike = (as_carried, as_turned and follow.weight <= 0.0)
        return _Link(name, follow, rest[:3, 3], turn, basis[:3, 3], place, *alike)

    def _needed(self) -> set[str]:
        """The bones of the joints, and all that they follow."""
        found: set[str] = set()
        waiting = {end.bone for end in self._ends}
        while waiting:
            found |= waiting
            waiting = {source for name in waiting for source in self._follows[name].sources} - found
        return found


@dataclass(frozen=True)
class _End:
    """A joint, the bone that takes it along, and where it is at rest (3,)."""

    joint: str
    bone: str
    place: DoubleArray


def _ends(rig: RigSpec, bone_map: BoneMap, *, turned: Collection[str], moved: Collection[str]) -> list[_End]:
    """Of each of `END_JOINTS` that these bones move."""
    controls = _ik_controls(rig, bone_map)
    found: list[_End] = []
    for joint, carrier in END_JOINTS.items():
        if joint not in bone_map.joints or carrier not in bone_map.joints:
            continue
        bone = bone_map.joints[joint].bones[0]
        place = rig.rest[rig.index[bone], :3, 3].astype(np.float64)
        control = controls.get(joint)
        if bone_map.joints[carrier].bones[-1] in turned:
            found.append(_End(joint, bone, place))
        elif control is not None and control in moved:
            found.append(_End(joint, control, place))
    return found


def _ik_controls(rig: RigSpec, bone_map: BoneMap) -> dict[str, str]:
    """The IK control that takes wrist, ankle, and ball of the foot along: joint -> bone."""
    found = {limb.joints[2]: limb.target for limb in rig.ik}
    for joint in ("left_wrist", "right_wrist", "left_ankle", "right_ankle"):
        carrier = bone_map.joints.get(END_JOINTS[joint])
        for chain in rig.ik_chains:
            if carrier is not None and chain.target is not None and carrier.bones[-1] in chain.bones:
                found.setdefault(joint, chain.target)
    feet = {f"{side}_foot": found[f"{side}_ankle"] for side in ("left", "right") if f"{side}_ankle" in found}
    return found | feet


@dataclass(frozen=True)
class _Link:
    """A bone on the way to an end: its rest head (3,), its own turn (3, 3) and location (3,) where no channel gives it.

    `location` is the position of its location among the channels. The last two tell whether the bone that it follows
    carries and turns it without anything in between.
    """

    name: str
    follow: Follow
    head: DoubleArray
    turn: DoubleArray
    offset: DoubleArray
    location: int | None
    is_carried_as_it_is: bool
    is_turned_as_it_is: bool
