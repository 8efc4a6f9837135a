"""A pose of a rig's own bones: what the solver makes and the keyframes take."""

from __future__ import annotations

from dataclasses import dataclass

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

    Raises:
        InputError: a shape does not fit.
    """

    bones: tuple[str, ...]
    rotations: FloatArray
    root: str | None
    location: FloatArray

    def __post_init__(self) -> None:
        rotations = checked("rotations", self.rotations, ("T", len(self.bones), 4))
        object.__setattr__(self, "rotations", rotations)
        object.__setattr__(self, "location", checked("location", self.location, (rotations.shape[0], 3)))
        if self.root is not None and self.root not in self.bones:
            raise InputError(f"The root bone {self.root} is not among the posed bones.")

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
        location = self.location
        if self.root is not None:
            now = rig.basis[rig.index[self.root], :3, 3]
            location = now + amount * (self.location - now)
        return RigPose(self.bones, rotations.astype(np.float32), self.root, location.astype(np.float32))


def _without_scale(matrices: FloatArray) -> FloatArray:
    return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
