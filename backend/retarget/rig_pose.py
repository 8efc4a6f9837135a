"""A pose of a rig's own bones: what the solver makes and the keyframes take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..arrays import FloatArray, checked
from ..errors import InputError
from ..rotations import matrix_to_quaternion
from .interpolation import slerp
from .rig_spec import RigSpec


@dataclass(frozen=True)
class RigPose:
    """T poses of N bones.

    Attributes:
        bones: N names.
        rotations: (T, N, 4) unit quaternions w, x, y, z: the rotation of `matrix_basis`, in the bone's own rest space.
        root: the bone that carries the body's location, or None.
        location: (T, 3) the root bone's `location` channel.
        location_channels: which of x, y, z of it the pose sets.
        controls: (T, 3) `location` channels of the targets and poles of IK limbs.
        constant: bones whose rotation is the same in all frames on purpose, such as relaxed fingers.
        notes: what the artist should know of the pose, in sentences.

    Raises:
        InputError: a shape does not fit.
    """

    bones: tuple[str, ...]
    rotations: FloatArray
    root: str | None
    location: FloatArray
    location_channels: tuple[int, ...] = (0, 1, 2)
    controls: Mapping[str, FloatArray] = field(default_factory=dict[str, FloatArray])
    constant: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rotations = checked("rotations", self.rotations, ("T", len(self.bones), 4))
        object.__setattr__(self, "rotations", rotations)
        object.__setattr__(self, "location", checked("location", self.location, (rotations.shape[0], 3)))
        if self.root is not None and self.root not in self.bones:
            raise InputError(f"The root bone {self.root} is not among the posed bones.")
        controls = {name: checked(name, value, (rotations.shape[0], 3)) for name, value in self.controls.items()}
        if not set(controls) <= set(self.bones):
            raise InputError("Every IK control must be among the posed bones.")
        object.__setattr__(self, "controls", controls)

    @property
    def frame_count(self) -> int:
        """T."""
        return self.rotations.shape[0]

    def blended(self, rig: RigSpec, amount: float) -> RigPose:
        """Between the rig's current pose (0) and this one (1): slerp and lerp of the channels."""
        if amount >= 1.0:
            return self
        indices = [rig.index[bone] for bone in self.bones]
        current = matrix_to_quaternion(_without_scale(rig.basis[indices, :3, :3]))
        rotations = slerp(np.broadcast_to(current, self.rotations.shape), self.rotations, amount)
        location = self.location if self.root is None else _lerp(rig, self.root, self.location, amount=amount)
        controls = {name: _lerp(rig, name, value, amount=amount) for name, value in self.controls.items()}
        return replace(self, rotations=rotations.astype(np.float32), location=location, controls=controls)


def _lerp(rig: RigSpec, bone: str, location: FloatArray, *, amount: float) -> FloatArray:
    now = rig.basis[rig.index[bone], :3, 3]
    return (now + amount * (location - now)).astype(np.float32)


def _without_scale(matrices: FloatArray) -> FloatArray:
    return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
