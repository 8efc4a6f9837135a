"""What every reader of motion capture gives: a rig of the file's own joints and what they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contrapposto.backend.arrays import AnyFloatArray, DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.retarget.inverse import RigMotion
from contrapposto.backend.retarget.rig_spec import RigSpec


@dataclass(frozen=True)
class Joints:
    """A skeleton of B joints, each with axes parallel to the world's at rest.

    Attributes:
        names: B unique names.
        parents: B indices, parents first, -1 for the root.
        offsets: (B, 3) from the parent at rest, in the file's units; the root's from the origin.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: DoubleArray

    def rig(self, name: str) -> RigSpec:
        """The skeleton as an armature at rest."""
        rest = np.tile(np.eye(4), (len(self.names), 1, 1))
        lengths = np.full(len(self.names), 1e-3)
        for joint, parent in enumerate(self.parents):
            rest[joint, :3, 3] = self.offsets[joint]
            if parent >= 0:
                rest[joint, :3, 3] += rest[parent, :3, 3]
                lengths[parent] = max(lengths[parent], float(np.linalg.norm(self.offsets[joint])))
        return RigSpec(name, self.names, np.array(self.parents), rest.astype(np.float32), lengths.astype(np.float32))

    def moved(self, rotations: AnyFloatArray, root: AnyFloatArray) -> DoubleArray:
        """World matrices (T, B, 4, 4) of parent-relative rotations (T, B, 3, 3) and root positions (T, 3)."""
        matrices = np.zeros((*rotations.shape[:2], 4, 4))
        matrices[..., 3, 3] = 1.0
        for joint, parent in enumerate(self.parents):
            if parent < 0:
                matrices[:, joint, :3, :3], matrices[:, joint, :3, 3] = rotations[:, joint], root
                continue
            above = matrices[:, parent]
            matrices[:, joint, :3, :3] = above[:, :3, :3] @ rotations[:, joint]
            matrices[:, joint, :3, 3] = above[:, :3, 3] + above[:, :3, :3] @ self.offsets[joint]
        return matrices


@dataclass(frozen=True)
class Clip:
    """A motion capture clip.

    Attributes:
        name: of the archive and of the clip, such as cmu_asfamc/02_03.
        rig: its skeleton at rest.
        motion: what the joints do.
        rest_stands: the rest pose stands in about a T-pose; else it has to be found from the motion.
        feet_follow_legs: the legs stand apart at rest with the feet in line with them, not flat on the ground.
        hands_lie_flat: the hands of the rest pose are those of a T-pose, whatever its fingers say.
    """

    name: str
    rig: RigSpec
    motion: RigMotion
    rest_stands: bool = True
    feet_follow_legs: bool = False
    hands_lie_flat: bool = False


def clip_of(
    name: str, joints: Joints, rotations: AnyFloatArray, *, root: AnyFloatArray, fps: float, rest_stands: bool = True
) -> Clip:
    """A clip of parent-relative rotations (T, B, 3, 3) and root positions (T, 3) in the file's units.

    Raises:
        InputError: there is no frame, or a number is not finite.
    """
    if not len(rotations):
        raise InputError(f"{name} holds no frames. Leave it out, or unpack it again.")
    matrices = joints.moved(rotations, root).astype(np.float32)
    return Clip(name, joints.rig(name), RigMotion(joints.names, matrices, fps), rest_stands)
