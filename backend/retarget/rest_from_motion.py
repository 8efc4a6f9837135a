"""A rest pose for rigs that have none worth the name: motion files whose bones lie folded over each other at rest.

Such files say how each bone is turned only through their motion. Where joints lie in their parents' bones holds in any
pose, so that the T-pose that the solver needs can be built from it and from the hinges of knees and elbows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..frames import INNER_TO_BLENDER
from ..rotations import frame_from_axes, matrix_to_quaternion, normalized, quaternion_to_matrix
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS
from .bone_map import BoneMap
from .character_frame import SIDES
from .inverse import RigMotion
from .parent_spaces import nearest_rotation
from .rig_pose import RigPose
from .rig_spec import RigSpec

_LEFT, _UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
_NEXT: Final[dict[str, tuple[str, ...]]] = {
    "pelvis": ("spine1", "spine2", "spine3", "neck"),
    "spine1": ("spine2", "spine3", "neck"),
    "spine2": ("spine3", "neck"),
    "spine3": ("neck", "head"),
    "neck": ("head",),
    "collar": ("shoulder",),
    "shoulder": ("elbow",),
    "elbow": ("wrist",),
    "hip": ("knee",),
    "knee": ("ankle",),
    "ankle": ("foot",),
}
"""The joints that a joint's bone points at; the first that is mapped counts."""
_HINGES: Final = {
    "hip": ("hip", "knee"),
    "knee": ("hip", "knee"),
    "shoulder": ("shoulder", "elbow"),
    "elbow": ("shoulder", "elbow"),
}
_SMALLEST_BEND: Final = 0.01
"""Mean sine of the angle of a knee or elbow below which it says nothing about its hinge."""


def rest_from_motion(
    rig: RigSpec, bone_map: BoneMap, motion: RigMotion, *, axes: DoubleArray = INNER_TO_BLENDER
) -> RigSpec:
    """The same rig with a T-pose as its rest pose, found from a motion of a few hundred frames.

    Joints of the body point at the next joint as SMPL's do. Knees and elbows tell by how they bend about what their
    limbs are twisted; the other joints are on average turned as their parents are.

    Args:
        rig: the rig, whose rest pose counts only for where joints lie in their parents' bones.
        bone_map: which of its bones stand for which joints.
        motion: what all its bones do, with knees and elbows bending.
        axes: (3, 3) columns left, up and forward of the T-pose in armature space; by default it faces Blender's front.
    """
    reader = _Reader(bone_map, motion)
    turns = {rig.index[bone]: axes @ local.T for bone, local in reader.local_axes().items()}
    old, rest = rig.rest.astype(np.float64), rig.rest.astype(np.float64)
    for bone, parent in enumerate(rig.parents):
        if parent >= 0:
            rest[bone] = rest[parent] @ np.asarray(np.linalg.inv(old[parent]), np.float64) @ old[bone]
        rest[bone, :3, :3] = turns.get(bone, rest[bone, :3, :3])
    return replace(rig, rest=rest.astype(np.float32))


def seen_from(rig: RigSpec, found: RigSpec) -> RigSpec:
    """`found`, the same rig with another rest pose, in the pose that `rig` has."""
    turns = _turns(rig, found)
    back = np.broadcast_to(np.eye(4), rig.basis.shape).copy()
    back[:, :3, :3] = np.swapaxes(turns, -1, -2)
    return replace(found, basis=(back @ rig.basis).astype(np.float32))


def to_own_rest(pose: RigPose, rig: RigSpec, found: RigSpec) -> RigPose:
    """A pose made for `found` in the channels of `rig`, whose rest pose is its own."""
    turns = _turns(rig, found)
    indices = [rig.index[bone] for bone in pose.bones]
    rotations = matrix_to_quaternion(turns[indices] @ quaternion_to_matrix(pose.rotations))
    location = pose.location
    if pose.root is not None:
        location = (location @ turns[rig.index[pose.root]].T).astype(np.float32)
    # A height that was one channel there may be spread over all three here.
    channels = (0, 1, 2) if pose.location_channels else ()
    return replace(pose, rotations=rotations.astype(np.float32), location=location, location_channels=channels)


def _turns(rig: RigSpec, found: RigSpec) -> DoubleArray:
    """(B, 3, 3): the rotation of each bone, in its own rest space, that brings `rig` into the rest pose of `found`."""
    turns = np.empty((len(rig.bones), 3, 3))
    for bone, parent in enumerate(rig.parents):
        local = rig.rest[bone, :3, :3].astype(np.float64)
        if parent >= 0:
            local = found.rest[parent, :3, :3] @ rig.rest[parent, :3, :3].T @ local
        turns[bone] = local.T @ found.rest[bone, :3, :3]
    return turns


@dataclass(frozen=True)
class _Reader:
    bone_map: BoneMap
    motion: RigMotion

    def local_axes(self) -> dict[str, DoubleArray]:
        """Per mapped bone of the body SMPL's axes of its joint, (3, 3) in the bone's own axes."""
        found: dict[str, DoubleArray] = {}
        for index, joint in enumerate(JOINT_NAMES):
            parent = PARENTS[index]
            while parent > 0 and JOINT_NAMES[parent] not in self.bone_map.joints:
                parent = PARENTS[parent]
            for bone in self.bone_map.joints[joint].bones if joint in self.bone_map.joints else ():
                if parent < 0:
                    found[bone] = self._pelvis(bone)
                    continue
                above = self.bone_map.joints[JOINT_NAMES[parent]].bones[-1]
                found[bone] = self._limb(joint, bone, like_parent=self._carried_over(bone, above) @ found[above])
        return found

    def _pelvis(self, bone: str) -> DoubleArray:
        hips = [self._head(f"{side}_hip") for side in SIDES]
        following = self._following("pelvis") or "head"
        along = self._local(bone, self._head(following) - 0.5 * (hips[0] + hips[1]))
        way = _way("pelvis", following) - _way("pelvis", "left_hip") * [0.0, 1.0, 1.0]
        return frame_from_axes(self._local(bone, hips[0] - hips[1]), along) @ frame_from_axes(_LEFT, way).T

    def _limb(self, joint: str, bone: str, *, like_parent: DoubleArray) -> DoubleArray:
        following = self._following(joint)
        if following is None:
            return like_parent
        along, in_t_pose = self._local(bone, self._head(following) - self._head(joint)), _way(joint, following)
        side, _, part = joint.rpartition("_")
        across_in_t_pose = _UP if abs(in_t_pose[0]) > 0.5 * np.linalg.norm(in_t_pose) else _LEFT
        across = like_parent @ across_in_t_pose
        if part in _HINGES:
            upper, lower = (f"{side}_{name}" for name in _HINGES[part])
            end = self._following(lower)
            hinge = self._hinge(bone, upper, lower, end=end) if end is not None else np.zeros(3)
            if np.linalg.norm(hinge) > _SMALLEST_BEND:
                # A left elbow bends about -y, a right one about +y, knees about +x.
                across = hinge if part in ("hip", "knee") else hinge * (-1.0 if side == "left" else 1.0)
        return frame_from_axes(along, across) @ frame_from_axes(in_t_pose, across_in_t_pose).T

    def _hinge(self, bone: str, upper: str, lower: str, *, end: str) -> DoubleArray:
        """(3,) the mean axis that the limb bends about, as long as the mean sine of its angle."""
        middle = self._head(lower)
        ways = np.cross(normalized(middle - self._head(upper)), normalized(self._head(end) - middle))
        return self._local(bone, ways)

    def _following(self, joint: str) -> str | None:
        side, _, part = joint.rpartition("_")
        names = [f"{side}_{name}" if side else name for name in _NEXT.get(part, ())]
        return next((name for name in names if name in self.bone_map.joints), None)

    def _axes(self, bone: str) -> DoubleArray:
        """(T, 3, 3) of length 1."""
        matrices = self.motion.matrices[:, self.motion.bones.index(bone), :3, :3].astype(np.float64)
        return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)

    def _head(self, joint: str) -> DoubleArray:
        """(T, 3)."""
        bone = self.motion.bones.index(self.bone_map.joints[joint].bones[0])
        return self.motion.matrices[:, bone, :3, 3].astype(np.float64)

    def _local(self, bone: str, vectors: DoubleArray) -> DoubleArray:
        """(3,) mean over time of armature-space vectors (T, 3) in the bone's own axes."""
        return np.einsum("tji,tj->i", self._axes(bone), vectors) / len(vectors)

    def _carried_over(self, bone: str, above: str) -> DoubleArray:
        """(3, 3) the rotation nearest to how the axes of `above` lie in those of `bone` on average."""
        mean: DoubleArray = np.mean(np.swapaxes(self._axes(bone), -1, -2) @ self._axes(above), axis=0)
        return nearest_rotation(mean)


def _way(joint: str, following: str) -> DoubleArray:
    """(3,) from one joint to one below it in SMPL's T-pose."""
    way, index = np.zeros(3), JOINT_INDEX[following]
    while index != JOINT_INDEX[joint]:
        way += REST_OFFSETS[index]
        index = PARENTS[index]
    return way
