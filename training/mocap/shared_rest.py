"""A rest pose for rigs that lie in a heap at rest, from a clip that a file of another kind holds as well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.kinematics import global_rotations
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.parent_spaces import nearest_rotation
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, normalized
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS

from .clip import Clip

_LARGEST_MISFIT: Final = np.radians(8.0)
"""Median of the bones, over which the two clips do not show the same."""


@dataclass(frozen=True)
class SharedRest:
    """How the T-pose lies in the axes of each bone: bone name -> (3, 3), columns left, up, forward."""

    axes: dict[str, DoubleArray]

    @classmethod
    def learned(cls, clip: Clip, poses: PoseSequence) -> SharedRest:
        """From a clip and the same frames read from another file.

        Raises:
            ContrappostoError: the bones cannot be mapped, or the two do not show the same motion.
        """
        world = global_rotations(axis_angle_to_matrix(poses.rotations))
        frames = min(len(world), len(clip.motion.matrices))
        axes: dict[str, DoubleArray] = {}
        misfits: list[float] = []
        for joint, match in match_bones(clip.rig).joints.items():
            if joint not in JOINT_INDEX:
                continue
            wanted = world[:frames, JOINT_INDEX[joint]]
            for bone in match.bones:
                seen = clip.motion.matrices[:frames, clip.motion.bones.index(bone), :3, :3].astype(np.float64)
                axes[bone] = nearest_rotation(np.mean(np.swapaxes(seen, -1, -2) @ wanted, axis=0))
                misfits.append(float(np.mean(geodesic_angle(seen @ axes[bone], wanted))))
        misfit = float(np.median(misfits))
        if misfit > _LARGEST_MISFIT:
            raise InputError(
                f"{clip.name} does not show what the other file of the same name shows: they are "
                f"{np.degrees(misfit):.0f} degrees apart. Leave one of the archives out."
            )
        return cls(axes)

    def applied(self, rig: RigSpec) -> RigSpec:
        """The rig at rest in this T-pose; where joints lie in their parents' bones stays, but for the toes.

        The inverse solver turns feet until toes lie before ankles as SMPL's do. How feet are turned is known better
        here, so the toes are laid there.
        """
        old, rest = rig.rest.astype(np.float64), rig.rest.astype(np.float64)
        for index, parent in enumerate(rig.parents):
            if parent >= 0:
                rest[index] = rest[parent] @ np.asarray(np.linalg.inv(old[parent]), np.float64) @ old[index]
            if rig.bones[index] in self.axes:
                rest[index, :3, :3] = self.axes[rig.bones[index]].T
        bone_map = match_bones(rig)
        for side in ("left", "right"):
            ankle, toe = bone_map.first(f"{side}_ankle"), bone_map.first(f"{side}_foot")
            if ankle is not None and toe is not None:
                start, way = rest[rig.index[ankle], :3, 3], REST_OFFSETS[JOINT_INDEX[f"{side}_foot"]]
                length = float(np.linalg.norm(rest[rig.index[toe], :3, 3] - start))
                rest[rig.index[toe], :3, 3] = start + length * normalized(way)
        return replace(rig, rest=rest.astype(np.float32))
