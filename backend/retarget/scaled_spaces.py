"""The space that a bone is posed in where bones are scaled: what Blender's six ways to inherit scale make of it.

The rules are those of Blender's manual ("Armatures, Bones, Relations: Inherit Scale") and of what Blender evaluates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray
from ..matrices import product, transform
from ..rotations import normalized
from .rig_spec import RigSpec

_NO_SHEAR = 1e-4
_SMALLEST = 1e-5
"""A parent scaled to less than this counts as that small and not turned, since nothing can be aimed under it."""


@dataclass(frozen=True)
class PosedBone:
    """A bone in T poses, armature space: its axes with scale and shear (T, 3, 3), and its head (T, 3)."""

    axes: DoubleArray
    head: DoubleArray


@dataclass(frozen=True)
class ScaledSpace:
    """Where a bone is posed in T frames: axes = turn @ rotation @ own scale, then each column times `stretch`.

    Attributes:
        turn: (T, 3, 3) with scale and perhaps shear.
        stretch: (T, 3) that lengthens the posed bone's own axes.
        location: (T, 3, 3) displacement in armature space = location @ the `location` channel.
        head: (T, 3) where the bone's head is without a location of its own.
    """

    turn: DoubleArray
    stretch: DoubleArray
    location: DoubleArray
    head: DoubleArray

    @classmethod
    def of(cls, rig: RigSpec, bone: int, parent: PosedBone | None, *, frames: int) -> ScaledSpace:
        """The space of a bone under its posed parent, or under the armature."""
        rest = rig.rest[bone].astype(np.float64)
        ones = np.ones((frames, 3))
        if parent is None:
            turn = np.broadcast_to(rest[:3, :3], (frames, 3, 3))
            location = turn if rig.local_location[bone] else np.broadcast_to(np.eye(3), (frames, 3, 3))
            return cls(turn, ones, location, np.broadcast_to(rest[:3, 3], (frames, 3)))
        flat = rig.rest[int(rig.parents[bone]), :3, :3] * _SMALLEST
        axes = np.where(np.abs(np.linalg.det(parent.axes))[:, None, None] < _SMALLEST**3, flat, parent.axes)
        above = np.asarray(np.linalg.inv(rig.rest[int(rig.parents[bone])].astype(np.float64)), np.float64)
        offset = above @ rest
        turn, stretch = _inherited(rig, bone, axes, offset=offset[:3, :3])
        location = product(axes, offset[:3, :3]) if rig.local_location[bone] else axes
        head = parent.head + transform(parent.axes, offset[:3, 3])
        return cls(turn, ones if stretch is None else stretch, location, head)

    def axes_of(self, local: DoubleArray) -> DoubleArray:
        """(T, 3, 3) of the bone whose rotation and scale make up `local` (T, 3, 3)."""
        return product(self.turn, local) * self.stretch[:, None, :]


def _inherited(
    rig: RigSpec, bone: int, axes: DoubleArray, *, offset: DoubleArray
) -> tuple[DoubleArray, DoubleArray | None]:
    """Turn (T, 3, 3) and stretch (T, 3) or None, under a parent with these `axes` (T, 3, 3)."""
    way = rig.inherit_scale[bone]
    stretch = None
    if rig.inherit_rotation[bone]:
        if way in ("FULL", "FIX_SHEAR"):
            turn = axes
        elif way == "NONE_LEGACY":
            turn = axes / _sizes(axes)[:, None, :]
        else:
            turn = without_shear(axes)
            stretch = _sizes(turn) if way == "ALIGNED" else None
            turn = turn / _sizes(turn)[:, None, :]
    else:
        turn = np.broadcast_to(rig.rest[int(rig.parents[bone]), :3, :3].astype(np.float64), axes.shape)
        if way == "FULL":
            turn = turn * _sizes(axes)[:, None, :]
        elif way in ("FIX_SHEAR", "ALIGNED"):
            sizes = _sizes(axes)
            sizes = sizes * np.cbrt(np.abs(np.linalg.det(axes)) / sizes.prod(axis=-1))[:, None]
            turn, stretch = (turn * sizes[:, None, :], None) if way == "FIX_SHEAR" else (turn, sizes)
    if way == "AVERAGE":
        turn = turn * np.cbrt(np.abs(np.linalg.det(axes)))[:, None, None]
    turn = product(turn, offset)
    return (without_shear(turn) if way == "FIX_SHEAR" else turn), stretch


def without_shear(axes: DoubleArray) -> DoubleArray:
    """(T, 3, 3) with perpendicular columns of the same volume: y stays, x and z give way to each other equally."""
    x, y, z = (axes[..., column] for column in range(3))
    along = normalized(y)
    x, z = (v - np.sum(v * along, axis=-1, keepdims=True) * along for v in (x, z))
    long_x, long_z = (np.linalg.norm(v, axis=-1, keepdims=True) for v in (x, z))
    x, z = normalized(x), normalized(z)
    cosine = np.sum(x * z, axis=-1, keepdims=True)
    middle, aside = normalized(x + z), normalized(x - z)
    sheared = np.abs(cosine) > _NO_SHEAR
    shrink = np.where(sheared, (1.0 - np.minimum(cosine * cosine, 1.0)) ** 0.25, 1.0)
    x = np.where(sheared, (middle + aside) * np.sqrt(0.5), x)
    z = np.where(sheared, (middle - aside) * np.sqrt(0.5), z)
    return np.stack([x * long_x * shrink, y, z * long_z * shrink], axis=-1)


def _sizes(axes: DoubleArray) -> DoubleArray:
    """(T, 3) lengths of the columns, never zero."""
    return np.maximum(np.linalg.norm(axes, axis=-2), 1e-12)
