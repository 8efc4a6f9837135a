"""Targets and poles of IK limbs that helpers bend: where to put them so that Blender's IK gives what FK gave."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import normalized, swing_between, twist_angle
from .character_frame import MappedRig
from .interpolation import turn_about_each
from .parent_spaces import Displacement
from .posing import Posing
from .rig_spec import IkLimb

_STRAIGHT: Final = 0.01
"""A limb whose middle joint is off the line of its ends by less than this share of its length counts as straight."""
_ROUNDS: Final = 4


def pose_ik_limbs(seen: MappedRig, posing: Posing) -> tuple[str, ...]:
    """Place the controls of every IK limb of the rig; `posing` holds the limbs as forward kinematics has them.

    Returns:
        The mapped bones that the controls replace.
    """
    replaced: list[str] = []
    for limb in seen.rig.ik:
        if not all(joint in seen.bone_map.joints for joint in limb.joints[:2]):
            continue
        posed = _Limb(seen, posing, limb)
        posing.place(limb.target, posed.end.turn, posed.tip)
        replaced += [
            b for joint in limb.joints if joint in seen.bone_map.joints for b in seen.bone_map.joints[joint].bones
        ]
        if limb.pole is not None:
            place = posed.pole_place(limb, posed.pole_direction(limb))
            posing.place(limb.pole, np.broadcast_to(np.eye(3), posed.end.turn.shape), place)
        elif limb.swing is not None:
            posed.swing(limb, posing)
        replaced += _pose_toe(seen, posing, limb)
    return tuple(replaced)


def _pose_toe(seen: MappedRig, posing: Posing, limb: IkLimb) -> list[str]:
    """Turn the toe's IK control as its mapped bone is; returns the bones that it replaces."""
    match = seen.bone_map.joints.get(f"{limb.joints[0].partition('_')[0]}_foot")
    if limb.toe is None or match is None:
        return []
    posing.turn(limb.toe, posing.done[match.bones[0]].turn)
    return list(match.bones)


class _Limb:
    """One limb in T poses: its three joints (T, 3), and how its bones are turned."""

    def __init__(self, seen: MappedRig, posing: Posing, limb: IkLimb) -> None:
        rig, joints = seen.rig, seen.bone_map.joints
        upper, lower = (joints[joint].bones for joint in limb.joints[:2])
        self._seen, self._rig, self._upper = seen, rig, upper[0]
        self.rest_root = rig.heads[rig.index[upper[0]]].astype(np.float64)
        self.root = posing.done[upper[0]].apply(self.rest_root)
        self.middle = posing.done[lower[0]].apply(seen.needed_head(limb.joints[1]))
        self.turned = posing.done[upper[0]].turn
        last = joints.get(limb.joints[2])
        self.end: Displacement = posing.done[last.bones[0] if last else lower[-1]]
        self.tip = self.end.apply(rig.heads[rig.index[limb.target]].astype(np.float64))
        self.rest_middle, self.rest_tip = seen.needed_head(limb.joints[1]), seen.limb_end(limb.joints[1])

    @property
    def along(self) -> DoubleArray:
        """(T, 3) of length 1: from the first joint to the last."""
        return normalized(self.tip - self.root)

    def _up_at_rest(self, limb: IkLimb) -> DoubleArray:
        """(3,): the axis of the chain's first bone that Blender turns towards the pole."""
        rest = self._rig.rest[self._rig.index[limb.chain[0]], :3, :3].astype(np.float64)
        return rest @ np.array([np.cos(limb.pole_angle), 0.0, np.sin(limb.pole_angle)])

    def bend(self) -> DoubleArray:
        """(T, 3) of length 1: to which side of the line from first to last joint the middle one is."""
        off = _across(self.middle - self.root, self.along)
        size = np.linalg.norm(self.tip - self.root, axis=-1, keepdims=True)
        straight = np.linalg.norm(off, axis=-1, keepdims=True) < _STRAIGHT * size
        return normalized(np.where(straight, _across(self.turned @ self.rest_bend(), self.along), off))

    def rest_bend(self) -> DoubleArray:
        """(3,) the same at rest; where the limb is straight, elbows point back and knees forward."""
        along = normalized(self.rest_tip - self.rest_root)
        off = _across(self.rest_middle - self.rest_root, along)
        if np.linalg.norm(off) < 1e-3 * np.linalg.norm(self.rest_tip - self.rest_root):
            forward = self._seen.frame.axes[:, 2]
            is_leg = self._upper in {b for s in ("left", "right") for b in self._seen.bone_map.joints[f"{s}_hip"].bones}
            off = _across(forward if is_leg else -forward, along)
        return normalized(off)

    def pole_direction(self, limb: IkLimb) -> DoubleArray:
        """(T, 3) of length 1: where the pole has to be for the chain to bend as it should.

        The chain bends to one side of its first bone and the pole angle names another; the angle between stays.
        """
        along = normalized(self.rest_tip - self.rest_root)
        angle = twist_angle(along, self.rest_bend(), self._up_at_rest(limb))
        return np.einsum("tij,tj->ti", turn_about_each(self.along, np.full(len(self.along), angle)), self.bend())

    def pole_place(self, limb: IkLimb, direction: DoubleArray) -> DoubleArray:
        """(T, 3): the pole beside the middle of the limb, as far away as at rest."""
        length = float(np.linalg.norm(self.rest_tip - self.rest_root))
        pole = self._rig.heads[self._rig.index[limb.pole or ""]].astype(np.float64)
        away = max(float(np.linalg.norm(pole - self.rest_middle)), 0.5 * length)
        side = normalized(_across(direction, self.along))
        return 0.5 * (self.root + self.tip) + side * away

    def swing(self, limb: IkLimb, posing: Posing) -> None:
        """Without a pole the chain's first bone says where it bends: turned about the line to the target.

        Its space follows the target where a Damped Track above it says so, as on Rigify's limbs.
        """
        name = limb.swing or ""
        around = posing.space(self._upper)
        line = normalized(self.rest_tip - self.rest_root)
        if limb.tracked is not None:
            tracking = self._rig.rest[self._rig.index[limb.tracked], :3, 1].astype(np.float64)
            around = swing_between(around @ tracking, self.along) @ around
        # Such controls turn about their own axis only, which is not quite the line to the target where the limb is bent
        # at rest: the chain then swings back to the target, and where that takes the bend is found by trying.
        own = around @ self._rig.rest[self._rig.index[name], :3, 1].astype(np.float64)
        wanted, angle = self.bend(), np.zeros(len(self.along))
        turned = around
        for _ in range(_ROUNDS):
            back = swing_between(turned @ line, self.along)
            bend = np.einsum("tij,tj->ti", back @ turned, np.broadcast_to(self.rest_bend(), own.shape))
            angle = angle + twist_angle(self.along, bend, wanted)
            turned = turn_about_each(normalized(own), angle) @ around
        posing.set_rotation(name, around, turned)


def _across(vectors: DoubleArray, axis: DoubleArray) -> DoubleArray:
    """`vectors` (..., 3) without their part along the unit `axis` (..., 3)."""
    return vectors - np.sum(vectors * axis, axis=-1, keepdims=True) * axis
