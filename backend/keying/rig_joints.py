"""Where a rig's hands, feet and head are in the scene, from the channels of its bones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..matrices import product, transform, transposed
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
from ..retarget.rig_spec import RigSpec
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


class RigEnds:
    """Forward kinematics of the end joints' bones and of all that carries them.

    Joints of limbs whose bones are not turned, as in IK, are left out. Bones whose channels are not given stay as the
    rig has them now.

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
        given = {
            joint: bone_map.joints[joint].bones[0]
            for joint, carrier in END_JOINTS.items()
            if joint in bone_map.joints
            and carrier in bone_map.joints
            and bone_map.joints[carrier].bones[-1] in self._rotation
        }
        names = tuple(dict.fromkeys([*rig.follows, *turned, *moved, *given.values()]))
        names = tuple(sorted(names, key=rig.index.__getitem__))
        self._follows = follows_of(rig, names)
        self.joints, self._ends = tuple(given), list(given.values())
        needed = self._needed()
        self._order = [name for name in in_order(self._follows, rig=rig.name) if name in needed]

    def positions(self, quaternions: DoubleArray, locations: DoubleArray) -> DoubleArray:
        """(F, R, 4) unit quaternions and (F, L, 3) locations -> (F, J, 3) metres, of `joints`."""
        frames = len(quaternions)
        turns = quaternion_to_matrix(quaternions) if quaternions.shape[1] else np.zeros((frames, 0, 3, 3))
        done: dict[str, Displacement] = {}
        heads: dict[str, DoubleArray] = {}
        for name in self._order:
            bone = self._rig.index[name]
            carrier = carried(self._follows[name], done, frames)
            rest, rest_head = self._rig.rest[bone, :3, :3].astype(np.float64), self._rig.heads[bone].astype(np.float64)
            place = self._location.get(name)
            channel = self._rig.basis[bone, :3, 3].astype(np.float64) if place is None else locations[:, place]
            heads[name] = carrier.apply(rest_head)
            if place is not None or channel.any():
                heads[name] = heads[name] + transform(location_axes(self._rig, bone, carrier), channel)
            own = self._own_turn(name, turns)
            turn = product(
                product(parent_turn(self._follows[name], done, frames), rest), product(own, transposed(rest))
            )
            done[name] = Displacement(turn, heads[name] - transform(turn, rest_head))
        return np.stack([heads[name] for name in self._ends], axis=1) @ self._to_metres.T

    def _own_turn(self, name: str, turns: DoubleArray) -> DoubleArray:
        if name in self._rotation:
            return turns[:, self._rotation[name]]
        return nearest_rotation(self._rig.basis[self._rig.index[name], :3, :3].astype(np.float64))

    def _needed(self) -> set[str]:
        """The bones of the joints, and all that they follow."""
        found: set[str] = set()
        waiting = set(self._ends)
        while waiting:
            found |= waiting
            waiting = {source for name in waiting for source in self._follows[name].sources} - found
        return found
