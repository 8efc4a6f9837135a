"""What the solver needs to know about an armature: bones, rest pose, current pose, channels; no bpy inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..arrays import FloatArray, IntArray, checked
from ..errors import InputError

BoolArray = npt.NDArray[np.bool_]

EULER_ORDERS: Final = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
INHERIT_SCALE: Final = ("FULL", "FIX_SHEAR", "ALIGNED", "AVERAGE", "NONE", "NONE_LEGACY")
ROTATION_MODES: Final = ("QUATERNION", "AXIS_ANGLE", *EULER_ORDERS)

_FILLED_IN: Final[Any] = None
"""Left out by the caller: an array of the right length takes its place on construction."""


@dataclass(frozen=True)
class Follow:
    """How the space that a bone is posed in moves with the mapped bones.

    With D_x the displacement of bone x from its rest pose (armature space), the bone's parent space is turned by
    slerp(D_first, D_second, weight) turn, and its head travels with D_place place. None stands for the armature.

    Attributes:
        first, second: names of mapped bones, or None; `second` counts only where `weight` is above 0.
        weight: share of `second` in [0, 1].
        turn: (3, 3) rotation that unmapped bones in between add.
        place_of: name of the mapped bone that carries the head, or None.
        place: (4, 4) displacement that unmapped bones in between add.
    """

    first: str | None = None
    second: str | None = None
    weight: float = 0.0
    turn: FloatArray = field(default_factory=lambda: np.eye(3, dtype=np.float32))
    place_of: str | None = None
    place: FloatArray = field(default_factory=lambda: np.eye(4, dtype=np.float32))

    def __post_init__(self) -> None:
        object.__setattr__(self, "turn", checked("turn", self.turn, (3, 3)))
        object.__setattr__(self, "place", checked("place", self.place, (4, 4)))

    @property
    def sources(self) -> set[str]:
        """Names of the mapped bones that this one depends on."""
        found = {self.first, self.place_of, self.second if self.weight > 0.0 else None}
        return {name for name in found if name is not None}


@dataclass(frozen=True)
class IkLimb:
    """An arm or leg that an IK constraint moves by helpers, which stand at the joints of the mapped bones.

    Attributes:
        joints: the limb's three joints, such as left_shoulder, left_elbow, left_wrist.
        chain: the first and the last bone of the IK chain.
        holder: the bone that has the constraint: the last of the chain, or the one after it.
        constraint: its name.
        target: the control that the limb reaches for.
        pole: the control that the limb bends towards, or None.
        pole_angle: radians, the constraint's.
        swing: without a pole, the control that turns the limb about the line to the target, or None.
        tracked: the bone above `swing` that a Damped Track turns to the target, or None.
        toe: of a leg, the control that turns the toes in place of their mapped bone while the leg is in IK, or None.
    """

    joints: tuple[str, str, str]
    chain: tuple[str, str]
    holder: str
    constraint: str
    target: str
    pole: str | None = None
    pole_angle: float = 0.0
    swing: str | None = None
    tracked: str | None = None
    toe: str | None = None

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the bones to place or turn."""
        return tuple(name for name in (self.target, self.pole, self.swing, self.toe) if name is not None)


@dataclass(frozen=True)
class IkChain:
    """An IK constraint that turns mapped bones themselves, wherever it sits.

    Attributes:
        bones: what it turns, from the first bone to the last.
        holder: the bone that has the constraint: the last of `bones`, or a bone after it.
        constraint: its name.
        at_tail: the tail of `holder` reaches for the target; else its head does.
        reached: the bone that it reaches for, or None where that is another object.
        target: the control that moves `reached`, or None where no control of this rig can make IK agree with FK.
        pole: the control that the chain bends towards, or None.
        pole_angle: radians, the constraint's.
        turned: the bone whose orientation `reached` must have, since one copies the other, or None.
        copying: bones that copy the target's rotation, each with the name of the constraint; `in_full` those that do so
            axis by axis in armature space, so that IK may leave them on.
        trouble: where `target` is None, why, as the end of a sentence.
    """

    bones: tuple[str, ...]
    holder: str
    constraint: str
    at_tail: bool = True
    reached: str | None = None
    target: str | None = None
    pole: str | None = None
    pole_angle: float = 0.0
    turned: str | None = None
    copying: tuple[tuple[str, str], ...] = ()
    in_full: frozenset[str] = frozenset()
    trouble: str = ""

    @property
    def controls(self) -> tuple[str, ...]:
        """Names of the bones to place; none where IK cannot give what FK gives."""
        return () if self.target is None else tuple(name for name in (self.target, self.pole) if name is not None)

    @property
    def constraints(self) -> tuple[tuple[str, str], ...]:
        """Bone and constraint of all that has to be off in FK."""
        return ((self.holder, self.constraint), *self.copying)


@dataclass(frozen=True)
class RigSpec:
    """An armature of B bones, parents before children, in the units and axes of armature space.

    Attributes:
        name: the armature object's name.
        bones: B unique names.
        parents: (B,) index of each parent, -1 for none.
        rest: (B, 4, 4) rest matrices in armature space, without scale.
        lengths: (B,) from head to tail.
        deform: (B,) whether the bone deforms meshes.
        inherit_rotation, local_location: (B,) the bone's options of these names.
        inherit_scale: B of `INHERIT_SCALE`.
        rotation_modes: B of `ROTATION_MODES`.
        lock_location: (B, 3).
        lock_rotation: (B, 4) in the order w, x, y, z.
        lock_per_component: (B,) quaternion and axis-angle locks go by component; else they go by Euler axis.
        constraints: per bone the types of the constraints in force.
        copies: per bone the name of the bone whose place and rotation constraints give it in full, or nothing.
        shaped: (B,) whether the bone is shown by a shape of its own, as controls are.
        basis: (B, 4, 4) the current pose: `PoseBone.matrix_basis`.
        scales: (B, 3) the scale in it, whose signs a matrix does not tell.
        follows: measured parent spaces of mapped bones, where constraints make the parent list untrue.
        overrides: per bone those of `constraints` that keep it from turning as its channels say, whatever is keyed.
        ik: the limbs that IK constraints move by helpers.
        ik_chains: the IK constraints that turn mapped bones.
        fk_switches: control -> bone, its custom property and the value at which IK does not override the control.
        humanoid: what the file itself says of its bones: name of the human bone, as in VRM -> bone.

    Raises:
        InputError: a shape does not fit, names repeat, or a parent comes after its child.
    """

    name: str
    bones: tuple[str, ...]
    parents: IntArray
    rest: FloatArray
    lengths: FloatArray
    deform: BoolArray = _FILLED_IN
    inherit_rotation: BoolArray = _FILLED_IN
    inherit_scale: tuple[str, ...] = ()
    local_location: BoolArray = _FILLED_IN
    rotation_modes: tuple[str, ...] = ()
    lock_location: BoolArray = _FILLED_IN
    lock_rotation: BoolArray = _FILLED_IN
    lock_per_component: BoolArray = _FILLED_IN
    constraints: tuple[tuple[str, ...], ...] = ()
    copies: tuple[str, ...] = ()
    shaped: BoolArray = _FILLED_IN
    basis: FloatArray = _FILLED_IN
    scales: FloatArray = _FILLED_IN
    follows: Mapping[str, Follow] = field(default_factory=dict[str, Follow])
    humanoid: Mapping[str, str] = field(default_factory=dict[str, str])
    overrides: tuple[tuple[str, ...], ...] = ()
    ik: tuple[IkLimb, ...] = ()
    ik_chains: tuple[IkChain, ...] = ()
    fk_switches: Mapping[str, tuple[str, str, float]] = field(default_factory=dict[str, tuple[str, str, float]])

    def __post_init__(self) -> None:
        count = len(self.bones)
        if len(set(self.bones)) != count:
            raise InputError(f"Armature {self.name}: bone names repeat.")
        parents = np.array(self.parents, dtype=np.intp)
        if parents.shape != (count,) or (parents >= np.arange(count)).any() or (parents < -1).any():
            raise InputError(f"Armature {self.name}: every parent must come before its children.")
        basis = np.broadcast_to(np.eye(4), (count, 4, 4)) if self.basis is _FILLED_IN else self.basis
        scales = np.linalg.norm(basis[:, :3, :3], axis=-2) if self.scales is _FILLED_IN else self.scales
        values = {
            "parents": parents,
            "rest": checked("rest", self.rest, (count, 4, 4)),
            "lengths": checked("lengths", self.lengths, (count,)),
            "basis": checked("basis", basis, (count, 4, 4)),
            "scales": checked("scales", scales, (count, 3)),
            "deform": _flags("deform", self.deform, (count,), default=True),
            "inherit_rotation": _flags("inherit_rotation", self.inherit_rotation, (count,), default=True),
            "local_location": _flags("local_location", self.local_location, (count,), default=True),
            "lock_location": _flags("lock_location", self.lock_location, (count, 3), default=False),
            "lock_rotation": _flags("lock_rotation", self.lock_rotation, (count, 4), default=False),
            "lock_per_component": _flags("lock_per_component", self.lock_per_component, (count,), default=False),
            "inherit_scale": self.inherit_scale or ("FULL",) * count,
            "rotation_modes": self.rotation_modes or ("QUATERNION",) * count,
            "constraints": self.constraints or ((),) * count,
            "copies": self.copies or ("",) * count,
            "overrides": self.overrides or self.constraints or ((),) * count,
            "shaped": _flags("shaped", self.shaped, (count,), default=False),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if len(self.rotation_modes) != count or not set(self.rotation_modes) <= set(ROTATION_MODES):
            raise InputError(f"Armature {self.name}: rotation modes must be {count} of {', '.join(ROTATION_MODES)}.")
        if len(self.inherit_scale) != count or not set(self.inherit_scale) <= set(INHERIT_SCALE):
            raise InputError(f"Armature {self.name}: inherit_scale must be {count} of {', '.join(INHERIT_SCALE)}.")
        if len(self.constraints) != count or len(self.copies) != count:
            raise InputError(f"Armature {self.name}: constraints must be listed for {count} bones.")

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each bone."""
        return {name: position for position, name in enumerate(self.bones)}

    @property
    def all_ik_controls(self) -> tuple[str, ...]:
        """Names of the bones that IK is posed by, parents before children."""
        names = {name for limb in (*self.ik, *self.ik_chains) for name in limb.controls}
        return tuple(sorted(names, key=self.index.__getitem__))

    @property
    def heads(self) -> FloatArray:
        """(B, 3) rest positions of the joints."""
        return self.rest[:, :3, 3]

    def ancestors(self, bone: int) -> list[int]:
        """Indices of the parents of `bone`, the nearest first."""
        found: list[int] = []
        parent = int(self.parents[bone])
        while parent >= 0:
            found.append(parent)
            parent = int(self.parents[parent])
        return found


def _flags(name: str, value: BoolArray | None, shape: tuple[int, ...], *, default: bool) -> BoolArray:
    flags = np.full(shape, default) if value is None else np.array(value, dtype=np.bool_)
    if flags.shape != shape:
        raise InputError(f"{name} must have the shape {shape}, not {flags.shape}.")
    flags.setflags(write=False)
    return flags
