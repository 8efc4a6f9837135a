"""What a rig does about joints that the picture hardly tells: which bones they are, and how they keep their pose."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import numpy as np

from ..arrays import FloatArray
from ..skeleton import JOINT_INDEX
from .bone_map import BoneMap
from .rig_pose import RigPose
from .rig_spec import RigSpec

_LEGS = [JOINT_INDEX[f"{side}_{joint}"] for side in ("left", "right") for joint in ("hip", "knee")]

_TOGETHER = (
    ("spine1", "spine2", "spine3"), ("neck", "head"), ("left_collar", "left_shoulder"),
    ("right_collar", "right_shoulder"),
)  # fmt: skip
"""Joints of which a rig may have fewer bones, so that one bone shows what two joints turn."""


@dataclass(frozen=True)
class PosedJoint:
    """A joint of the body on a rig.

    Attributes:
        name: its SMPL name.
        confidence: in [0, 1], the mean over all frames.
        bones: the bones that stand for it.
        controls: the bones that pose it: those, or the controls of its limb where that is posed by IK.
    """

    name: str
    confidence: float
    bones: tuple[str, ...]
    controls: tuple[str, ...]


def posed_joints(rig: RigSpec, bone_map: BoneMap, confidence: FloatArray, *, limbs: str) -> tuple[PosedJoint, ...]:
    """The joints of the body that the map knows, in SMPL's order.

    Args:
        rig: with its IK limbs.
        bone_map: which bones stand for which joints.
        confidence: (T, 24).
        limbs: "FK" or "IK".
    """
    in_ik = {joint: limb.controls for limb in rig.ik for joint in limb.joints}
    found: list[PosedJoint] = []
    for joint, index in JOINT_INDEX.items():
        if joint in bone_map.joints:
            bones = bone_map.joints[joint].bones
            controls = in_ik.get(joint, bones) if limbs == "IK" else bones
            found.append(PosedJoint(joint, float(confidence[:, index].mean()), bones, controls))
    return tuple(found)


def bone_confidence(rig: RigSpec, bone_map: BoneMap, confidence: FloatArray) -> dict[str, FloatArray]:
    """(T,) of each bone that a joint of the body turns; of a limb's IK controls, the least of its joints.

    `confidence` is (T, 24). Bones that are not named, such as fingers, are posed whatever the picture tells.
    """
    found = {
        bone: confidence[:, index]
        for joint, index in JOINT_INDEX.items()
        if joint in bone_map.joints
        for bone in bone_map.joints[joint].bones
    }
    for limb in rig.ik:
        least = confidence[:, [JOINT_INDEX[joint] for joint in limb.joints]].min(axis=1)
        found.update((control, least) for control in limb.controls if control not in found)
    for chain in rig.ik_chains:
        moved = [found[bone] for bone in chain.bones if bone in found]
        if moved:
            least = np.min(moved, axis=0)
            found.update((control, least) for control in chain.controls if control not in found)
    return found


def unchanged_bones(
    rig: RigSpec, bone_map: BoneMap, changed: FloatArray, *, limbs: Iterable[tuple[str, ...]] = ()
) -> frozenset[str]:
    """The bones that an edit leaves alone.

    Args:
        rig: with its IK limbs.
        bone_map: which bones stand for which joints.
        changed: (T, 24), 0 for joints that stay as they are.
        limbs: joints that are posed as one, by the controls of their limb.
    """
    whole = changed.copy()
    for joints in (*_TOGETHER, *limbs):
        columns = [JOINT_INDEX[joint] for joint in joints]
        whole[:, columns] = whole[:, columns].max(axis=1, keepdims=True)
    return frozenset(bone for bone, share in bone_confidence(rig, bone_map, whole).items() if not share.any())


def with_bones_kept(rig: RigSpec, pose: RigPose, bones: Collection[str]) -> RigPose:
    """The pose, with the rig's current one of these bones; the root among them keeps its place."""
    if not bones:
        return pose
    now = pose.blended(rig, 0.0)
    kept = np.array([bone in bones for bone in pose.bones])
    return replace(
        pose,
        rotations=np.where(kept[None, :, None], now.rotations, pose.rotations),
        location=now.location if pose.root in bones else pose.location,
        controls={name: now.controls[name] if name in bones else value for name, value in pose.controls.items()},
    )


def with_unseen_kept(rig: RigSpec, pose: RigPose, bone_map: BoneMap, *, shown: FloatArray, below: float) -> RigPose:
    """The pose, with the rig's current one in the frames of all bones that are shown less than `below`.

    With both legs unseen the root keeps its place: how high it is in the pose belongs to the legs of the pose.

    Args:
        rig: with its IK limbs.
        pose: of the rig.
        bone_map: which bones stand for which joints.
        shown: (T, 24) how well each joint is shown.
        below: what is too little.
    """
    by_bone = bone_confidence(rig, bone_map, shown)
    sure = np.ones(pose.frame_count, np.float32)
    unseen = np.stack([by_bone.get(bone, sure) < below for bone in pose.bones], axis=1)
    if not unseen.any():
        return pose
    now = pose.blended(rig, 0.0)
    column = {bone: unseen[:, position, None] for position, bone in enumerate(pose.bones)}
    location = pose.location
    if pose.root is not None:
        legless = shown[:, _LEGS].max(axis=1, keepdims=True) < below
        location = np.where(column[pose.root] | legless, now.location, pose.location)
    return replace(
        pose,
        rotations=np.where(unseen[..., None], now.rotations, pose.rotations),
        location=location,
        controls={name: np.where(column[name], now.controls[name], value) for name, value in pose.controls.items()},
    )
