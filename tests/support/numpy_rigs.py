"""Humanoid rigs made of numbers alone, and a forward kinematics of bones that shares no code with the solver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from contrapposto.backend.kinematics import global_rotations
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.character_frame import LIMB_CHILD
from contrapposto.backend.retarget.rig_pose import RigPose
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.rotations import axis_angle_to_matrix, quaternion_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS

MIXAMO = {
    "pelvis": "Hips", "spine1": "Spine", "spine2": "Spine1", "spine3": "Spine2", "neck": "Neck", "head": "Head",
    "collar": "Shoulder", "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand",
    "hip": "UpLeg", "knee": "Leg", "ankle": "Foot", "foot": "ToeBase",
}  # fmt: skip


def mixamo_name(joint: str) -> str | None:
    """Mixamo's name of an SMPL joint; None for the knuckles, which have none."""
    side, _, part = joint.rpartition("_")
    return None if part not in MIXAMO else side.title() + MIXAMO[part]


@dataclass(frozen=True)
class RestPose:
    """How a synthetic rig stands at rest: degrees, and armature units a metre.

    Attributes:
        arms_down: angle of the arms below the T-pose.
        elbow: bend forward at rest.
        yaw: turn about the up axis from facing -y.
        scale: units a metre.
        seed: of the random directions of the bones' tails and rolls; None has them point at the child.
        y_up: up is y and front is z, as in raw FBX imports.
    """

    arms_down: float = 0.0
    elbow: float = 0.0
    yaw: float = 0.0
    scale: float = 1.0
    seed: int | None = 0
    y_up: bool = False


def synthetic_rig(rest: RestPose, *, prefix: str = "mixamorig:", without: tuple[str, ...] = ()) -> RigSpec:
    """A rig with Mixamo's names under a root bone, at rest as `rest` says; joints in `without` are left out."""
    local = np.zeros((24, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        local[JOINT_INDEX[f"{side}_shoulder"]] = (0.0, 0.0, -sign * np.radians(rest.arms_down))
        local[JOINT_INDEX[f"{side}_elbow"]] = (0.0, -sign * np.radians(rest.elbow), 0.0)
    to_armature = np.eye(3) if rest.y_up else np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    up = to_armature @ [0.0, 1.0, 0.0]
    to_armature = Rotation.from_rotvec(np.radians(rest.yaw) * up).as_matrix() @ to_armature
    world = global_rotations(axis_angle_to_matrix(local))
    joints = np.zeros((24, 3))
    joints[0] = (0.0, 0.92, 0.0)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[joint] = joints[parent] + world[parent] @ REST_OFFSETS[joint]
    names = [name for name in JOINT_NAMES if mixamo_name(name) is not None and name not in without]
    return _spec(names, prefix, rest.scale * joints @ to_armature.T, rest)


def _spec(names: list[str], prefix: str, heads: np.ndarray, rest: RestPose) -> RigSpec:
    bones = [prefix + "Root", *(prefix + str(mixamo_name(name)) for name in names)]
    parents, matrices = [-1], [np.eye(4)]
    random = np.random.default_rng(rest.seed)
    for name in names:
        parent = PARENTS[JOINT_INDEX[name]]
        while parent >= 0 and JOINT_NAMES[parent] not in names:
            parent = PARENTS[parent]
        parents.append(0 if parent < 0 else 1 + names.index(JOINT_NAMES[parent]))
        matrix = np.eye(4)
        if rest.seed is not None:
            matrix[:3, :3] = Rotation.random(random_state=random.integers(1 << 30)).as_matrix()
        matrix[:3, 3] = heads[JOINT_INDEX[name]]
        matrices.append(matrix)
    return RigSpec(
        name="Synthetic",
        bones=tuple(bones),
        parents=np.array(parents),
        rest=np.array(matrices),
        lengths=np.full(len(bones), 0.1 * rest.scale),
    )


def evaluated(rig: RigSpec, pose: RigPose) -> np.ndarray:
    """(T, B, 4, 4) armature-space matrices of all bones, as Blender evaluates channels without constraints."""
    frames = pose.frame_count
    matrices = np.zeros((frames, len(rig.bones), 4, 4))
    for bone, name in enumerate(rig.bones):
        basis = np.broadcast_to(rig.basis[bone].astype(np.float64), (frames, 4, 4)).copy()
        if name in pose.bones:
            basis[:, :3, :3] = quaternion_to_matrix(pose.rotations[:, pose.bones.index(name)])
        if name == pose.root:
            basis[:, :3, 3] = pose.location
        parent, rest = int(rig.parents[bone]), rig.rest[bone].astype(np.float64)
        if parent < 0:
            matrices[:, bone] = rest @ basis
            continue
        offset = np.linalg.inv(rig.rest[parent].astype(np.float64)) @ rest
        matrices[:, bone] = matrices[:, parent] @ offset @ basis
        if not rig.inherit_rotation[bone]:
            matrices[:, bone, :3, :3] = rest[:3, :3] @ basis[:, :3, :3]
    return matrices


def limb_errors(heads: dict[str, np.ndarray], axes: np.ndarray, poses: PoseSequence) -> np.ndarray:
    """Degrees (limbs, T) between SMPL's limb directions and those of the joint heads (T, 3), both in armature space.

    `axes` (3, 3) takes the inner frame to armature space.
    """
    world = global_rotations(axis_angle_to_matrix(poses.rotations))
    found = []
    for joint, child in LIMB_CHILD.items():
        is_ = heads[child] - heads[joint]
        wanted = world[:, JOINT_INDEX[joint]] @ REST_OFFSETS[JOINT_INDEX[child]] @ axes.T
        sine = np.linalg.norm(np.cross(is_, wanted), axis=-1)
        found.append(np.degrees(np.arctan2(sine, np.sum(is_ * wanted, axis=-1))))
    return np.array(found)


_LIMITS = {
    "pelvis": (0.6, 3.0, 0.5), "spine1": (0.4, 0.3, 0.3), "spine2": (0.3, 0.3, 0.2), "spine3": (0.2, 0.2, 0.2),
    "neck": (0.4, 0.5, 0.3), "head": (0.3, 0.5, 0.3), "collar": (0.1, 0.2, 0.3), "shoulder": (0.8, 1.2, 1.3),
    "elbow": (1.0, 1.9, 0.3), "wrist": (0.6, 0.4, 0.7), "hip": (1.5, 0.6, 0.6), "knee": (1.8, 0.1, 0.1),
    "ankle": (0.5, 0.3, 0.3), "foot": (0.3, 0.05, 0.05),
}  # fmt: skip


def varied_poses(count: int, *, seed: int = 0) -> PoseSequence:
    """Random poses within plausible limits; the first three are arms up, a squat and lying on the back."""
    random = np.random.default_rng(seed)
    rotations = np.zeros((count, 24, 3))
    for joint, name in enumerate(JOINT_NAMES):
        limits = _LIMITS.get(name.rpartition("_")[2])
        if limits:
            rotations[:, joint] = random.uniform(-1.0, 1.0, (count, 3)) * limits
    rotations[:3] = 0.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations[0, JOINT_INDEX[f"{side}_shoulder"]] = (0.0, 0.0, sign * 1.5)
        rotations[1:2, JOINT_INDEX[f"{side}_hip"]] = (-1.9, 0.0, 0.0)
        rotations[1:2, JOINT_INDEX[f"{side}_knee"]] = (2.2, 0.0, 0.0)
    rotations[2:3, 0] = (-np.pi / 2.0, 0.0, 0.0)
    translation = random.normal(size=(count, 3)) * 0.2 + [0.0, 0.9, 0.0]
    return PoseSequence(rotations, translation)
