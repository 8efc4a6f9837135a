"""Scaled pose bones under each of Blender's ways to inherit scale: limbs point where SMPL says and soles stand."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids

Armature = bpy.types.Object
WAYS = ("FULL", "FIX_SHEAR", "ALIGNED", "AVERAGE", "NONE", "NONE_LEGACY")
LIMBS = {"Arm": "ForeArm", "ForeArm": "Hand", "UpLeg": "Leg", "Leg": "Foot"}
JOINTS = {"Arm": "shoulder", "ForeArm": "elbow", "Hand": "wrist", "UpLeg": "hip", "Leg": "knee", "Foot": "ankle"}
EVENLY = {"Hips": (0.8, 0.8, 0.8), "Spine1": (1.25, 1.25, 1.25), "LeftUpLeg": (1.2, 1.2, 1.2), "RightLeg": (0.9,) * 3}
UNEVENLY = {
    "Hips": (1.0, 1.2, 0.9), "Spine": (1.2, 0.9, 1.0), "Spine2": (0.8, 1.1, 1.3), "LeftShoulder": (1.3, 1.0, 0.8),
    "LeftArm": (0.7, 1.3, 1.2), "RightArm": (1.4, 0.8, 0.9), "RightForeArm": (1.0, 1.3, 0.7),
    "LeftUpLeg": (1.4, 0.9, 0.8), "RightUpLeg": (0.8, 1.1, 1.3), "LeftLeg": (0.9, 1.0, 1.3),
    "RightLeg": (1.2, 0.9, 1.0), "LeftFoot": (1.2, 1.1, 0.8),
}  # fmt: skip
MIRRORED = {"LeftArm": (-1.0, 1.0, 1.0), "RightUpLeg": (1.0, 1.0, -1.2)}


@pytest.fixture
def scaled(package: Callable[[str], ModuleType]) -> Callable[..., Armature]:
    def scaled_(way: str, scales: dict[str, tuple[float, float, float]], *, inherit_rotation: bool = True) -> Armature:
        armature = humanoids.make_humanoid(prefix="")
        for bone in armature.data.bones:
            bone.inherit_scale = way
            bone.use_inherit_rotation = inherit_rotation
        for name, scale in scales.items():
            armature.pose.bones[name].scale = scale
        bpy.context.view_layer.update()
        return armature

    return scaled_


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> object:
    """Standing, then seven poses with every limb bent some other way."""
    random, skeleton = np.random.default_rng(5), package("backend.skeleton")
    reach = {"shoulder": (0.7, 0.9, 1.0), "elbow": (0.4, 1.6, 0.2), "hip": (1.3, 0.5, 0.5), "knee": (1.6, 0.1, 0.1)}
    limits = np.array([reach.get(name.rpartition("_")[2], (0.3, 0.3, 0.3)) for name in skeleton.JOINT_NAMES])
    rotations = random.uniform(-1.0, 1.0, (8, 24, 3)) * limits
    rotations[0] = 0.0
    standing = package("backend.retarget.solver").STANDING_HIPS_M - package("backend.retarget.solver").HIPS_IN_PELVIS[1]
    return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.0, standing, 0.0], (8, 1)))


def evaluated(armature: Armature, frames: int) -> list[dict[str, np.ndarray]]:
    """Per frame the matrix of each bone in armature space."""
    found = []
    for frame in range(1, frames + 1):
        bpy.context.scene.frame_set(frame)
        bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        found.append({bone.name: np.array(bone.matrix) for bone in bones})
    return found


def limb_errors(package: Callable[[str], ModuleType], seen: list[dict[str, np.ndarray]], poses: object) -> np.ndarray:
    """Degrees (T, limbs) between SMPL's limb directions and those from joint head to joint head."""
    skeleton, rotations = package("backend.skeleton"), package("backend.rotations")
    world = package("backend.kinematics").global_rotations(rotations.axis_angle_to_matrix(poses.rotations))
    index, errors = skeleton.JOINT_INDEX, []
    for frame, bones in enumerate(seen):
        for side in ("Left", "Right"):
            for start, end in LIMBS.items():
                joint, child = (index[f"{side.lower()}_{JOINTS[name]}"] for name in (start, end))
                x, y, z = world[frame, joint] @ skeleton.REST_OFFSETS[child]
                way, wanted = bones[side + end][:3, 3] - bones[side + start][:3, 3], np.array([x, -z, y])
                sine = np.linalg.norm(np.cross(way, wanted))
                errors.append(np.degrees(np.arctan2(sine, way @ wanted)))
    return np.array(errors).reshape(len(seen), -1)


def lowest_sole(armature: Armature, bones: dict[str, np.ndarray]) -> float:
    """Height of the lowest of the points that lie under ankles and toes on the ground at rest."""
    heights = []
    for name in ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase"):
        rest = np.array(armature.data.bones[name].matrix_local)
        under = np.linalg.inv(rest) @ [rest[0, 3], rest[1, 3], 0.0, 1.0]
        heights.append((bones[name] @ under)[2])
    return min(heights)


@pytest.mark.parametrize("inherit_rotation", [True, False], ids=["with rotation", "without rotation"])
@pytest.mark.parametrize("scales", [EVENLY, UNEVENLY, MIRRORED], ids=["even", "uneven", "mirrored"])
@pytest.mark.parametrize("way", WAYS)
def test_limbs_of_scaled_bones_point_where_smpl_says_and_stand(
    package, scaled, poses, way: str, scales, inherit_rotation: bool
) -> None:
    armature = scaled(way, scales, inherit_rotation=inherit_rotation)
    keys = package("rig.keyframes")
    keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0))
    seen = evaluated(armature, poses.frame_count)
    assert limb_errors(package, seen, poses).max() < 1.0
    assert abs(lowest_sole(armature, seen[0])) < 0.005
    assert {name: tuple(armature.pose.bones[name].scale) for name in scales} == {
        name: pytest.approx(scale) for name, scale in scales.items()
    }


def test_uneven_scale_on_a_rig_of_constraints_is_named(package, poses) -> None:
    armature = humanoids.make_humanoid(prefix="")
    constraint = armature.pose.bones["Spine2"].constraints.new("COPY_ROTATION")
    constraint.target, constraint.subtarget, constraint.influence = armature, "Spine1", 0.5
    keys = package("rig.keyframes")
    for scale, told in (((1.2, 1.2, 1.2), False), ((1.0, 1.3, 0.7), True)):
        armature.pose.bones["LeftArm"].scale = scale
        report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0))
        assert any("LeftArm is scaled unevenly" in note for note in report.notes) == told
