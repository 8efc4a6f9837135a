"""Posing where bones are scaled: joints point where they should although scale and shear bend what hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..matrices import product, transform
from ..rotations import swing_between
from .bone_map import FINGERS
from .character_frame import LIMB_CHILD, SIDES, MappedRig
from .parent_spaces import Displacement
from .posing import Posing, in_axes
from .rig_spec import Follow
from .scaled_spaces import PosedBone, ScaledSpace, without_shear

_UNSCALED: Final = 1e-4
_FLAT: Final = 1e-6
_UNEVEN: Final = 0.01
_TRUNK: Final = ("spine1", "spine2", "spine3", "neck", "head")
_NEXT: Final[dict[str, tuple[str, ...]]] = {
    **{joint: _TRUNK[position + 1 :] for position, joint in enumerate(_TRUNK)},
    **{joint: (end,) for joint, end in LIMB_CHILD.items()},
    **{f"{side}_collar": (f"{side}_shoulder",) for side in SIDES},
    **{f"{side}_ankle": (f"{side}_foot",) for side in SIDES},
    **{f"{side}_wrist": (f"{side}_middle1", f"{side}_index1", f"{side}_ring1") for side in SIDES},
    **{f"{side}_{f}{number}": (f"{side}_{f}{number + 1}",) for side in SIDES for f in FINGERS for number in (1, 2)},
}
"""The joints that a joint's bone points at; the first that is mapped counts."""


def is_scaled(seen: MappedRig, names: Collection[str]) -> bool:
    """Whether one of these bones, or a bone above them, is scaled in the current pose."""
    rig = seen.rig
    bones = {rig.index[name] for name in names}
    bones |= {above for bone in bones for above in rig.ancestors(bone)}
    return bool((np.abs(rig.scales[sorted(bones)] - 1.0) > _UNSCALED).any())


def uneven_scale_notes(seen: MappedRig, names: Collection[str]) -> tuple[str, ...]:
    """In a sentence, which of these bones an uneven scale bends on a rig whose constraints hide how it is passed on."""
    scales = seen.rig.scales
    uneven = [name for name in names if np.ptp(scales[seen.rig.index[name]]) > _UNEVEN]
    if not seen.rig.follows or not uneven:
        return ()
    verb = "is" if len(uneven) == 1 else "are"
    said = f"{', '.join(uneven)} {verb} scaled unevenly under constraints: limbs may point some degrees aside. "
    return (said + "Scale evenly, or make the scale part of the rest pose (Pose > Apply > Apply Pose as Rest Pose).",)


class ScaledPosing(Posing):
    """A `Posing` that follows the list of parents with all their scale.

    A bone is turned so that the line to the next joint has the direction that it would have without scale; about that
    line it is turned as near as it can be.
    """

    def __init__(self, seen: MappedRig, follows: Mapping[str, Follow], frames: int) -> None:
        super().__init__(seen.rig, follows, frames)
        self._lines = _lines(seen)
        self._posed: dict[int, PosedBone] = {}

    def turn(self, name: str, wanted: DoubleArray, *, at_rest: bool = False) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest, where its parents and its location now (or none) put it."""
        bone = self._rig.index[name]
        space, head = self._space(bone), self._space(bone).head
        if not at_rest:
            head = head + transform(space.location, self._rig.basis[bone, :3, 3])
        self._put(name, wanted, head)

    def place(self, name: str, wanted: DoubleArray, head: DoubleArray) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest and put its head at (T, 3)."""
        space = self._space(self._rig.index[name])
        self.locations[name] = in_axes(space.location, head - space.head)
        self._put(name, wanted, head)

    def _put(self, name: str, wanted: DoubleArray, head: DoubleArray) -> None:
        bone = self._rig.index[name]
        rest, space = self._rig.rest[bone].astype(np.float64), self._space(bone)
        rotation, scale = self._rotation(name, wanted), self._rig.scales[bone].astype(np.float64)
        axes = space.axes_of(rotation * scale)
        around = np.broadcast_to(np.eye(3), rotation.shape)
        self.set_rotation(name, around, product(product(rest[:3, :3], rotation), rest[:3, :3].T))
        self._posed[bone] = PosedBone(axes, head)
        matrix = product(axes, rest[:3, :3].T)
        self.done[name] = Displacement(wanted, head - transform(matrix, rest[:3, 3]), matrix)

    def _rotation(self, name: str, wanted: DoubleArray) -> DoubleArray:
        """(T, 3, 3): the bone's own rotation."""
        bone = self._rig.index[name]
        rest, space = self._rig.rest[bone, :3, :3].astype(np.float64), self._space(bone)
        back = np.asarray(np.linalg.inv(space.turn), np.float64)
        rotation = without_shear(product(back, product(wanted, rest)))
        rotation = rotation / np.linalg.norm(rotation, axis=-2, keepdims=True)
        rotation[..., 0] *= np.sign(np.linalg.det(rotation))[:, None]  # a mirrored parent mirrors no channel
        line = self._lines.get(name)
        if line is None:
            return rotation
        along = (rest.T @ line) * self._rig.scales[bone] * space.stretch
        return product(swing_between(transform(rotation, along), transform(back, transform(wanted, line))), rotation)

    def move(self, name: str, offset: DoubleArray) -> None:
        """Move a bone by (T, 3) in armature space, and with it every bone below it."""
        moved = self._rig.index[name]
        for bone, posed in self._posed.items():
            if bone == moved or moved in self._rig.ancestors(bone):
                self._posed[bone] = PosedBone(posed.axes, posed.head + offset)
        for other, before in self.done.items():
            if other == name or moved in self._rig.ancestors(self._rig.index[other]):
                self.done[other] = Displacement(before.turn, before.shift + offset, before.matrix)

    def axes(self, name: str) -> DoubleArray:
        """(T, 3, 3): displacement of a bone in armature space = axes @ its `location` channel."""
        return self._space(self._rig.index[name]).location

    def space(self, name: str) -> DoubleArray:
        """(T, 3, 3): about how the space that a bone rotates in is turned from rest."""
        bone = self._rig.index[name]
        turn = without_shear(self._space(bone).turn)
        turn = turn / np.linalg.norm(turn, axis=-2, keepdims=True)
        return product(turn, self._rig.rest[bone, :3, :3].T)

    def _space(self, bone: int) -> ScaledSpace:
        parent = int(self._rig.parents[bone])
        return ScaledSpace.of(self._rig, bone, None if parent < 0 else self._bone(parent), frames=self._frames)

    def _bone(self, bone: int) -> PosedBone:
        """A bone as it has been posed, or as its channels have it now."""
        if bone not in self._posed:
            space, basis = self._space(bone), self._rig.basis[bone].astype(np.float64)
            local = np.broadcast_to(basis[:3, :3], (self._frames, 3, 3))
            head = space.head + transform(space.location, basis[:3, 3])
            self._posed[bone] = PosedBone(space.axes_of(local), head)
        return self._posed[bone]


def _lines(seen: MappedRig) -> dict[str, DoubleArray]:
    """Per mapped bone the way (3,) at rest from its head to the next mapped joint, where there is one."""
    lines: dict[str, DoubleArray] = {}
    for joint, match in seen.bone_map.joints.items():
        heads = [seen.rig.heads[seen.rig.index[bone]].astype(np.float64) for bone in match.bones]
        end = next((head for child in _NEXT.get(joint, ()) if (head := seen.head(child)) is not None), None)
        ends = [*heads[1:], *([] if end is None else [end])]
        lines |= {b: e - h for b, h, e in zip(match.bones, heads, ends, strict=False) if np.abs(e - h).max() > _FLAT}
    return lines
