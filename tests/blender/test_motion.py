"""Motion on an armature -> SMPL poses -> the same armature again: what Blender evaluates must be the same."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest

Armature = bpy.types.Object

MOTIONS = ("mocap/cmu_keijiro_fbx.zip:cmu_keijiro_fbx/85_12.fbx", "rigs/rokoko_jesse_dance.bvh")
FOLDED = ("mocap/cmu_iclone_bvh.zip:cmu_iclone_bvh/005_19.bvh", "rigs/rokoko_jesse_dance.bvh")
KNUCKLES = (22, 23)
LEG = (("thigh", "shin"), ("shin", "foot"))
STATURE_MM = 1700.0


@pytest.fixture
def motion(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.motion")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> object:
    """Twelve smooth frames: a turn on the spot with waving arms and bent knees."""
    joint = package("backend.skeleton").JOINT_INDEX
    time = np.linspace(0.0, 1.0, 12)
    rotations = np.zeros((12, 24, 3))
    rotations[:, joint["pelvis"], 1] = 1.2 * time
    rotations[:, joint["spine2"], 0] = 0.3 * np.sin(3.0 * time)
    rotations[:, joint["left_shoulder"], 2] = -1.2 + 2.0 * time
    rotations[:, joint["right_elbow"], 1] = 1.5 * time
    rotations[:, joint["left_hip"], 0] = -0.8 * time
    rotations[:, joint["left_knee"], 0] = 1.4 * time
    rotations[:, joint["head"], 1] = -0.6 * time
    translation = np.stack([0.5 * time, 0.95 - 0.1 * time, -0.2 * time], axis=1)
    return package("backend.pose_sequence").PoseSequence(rotations, translation, fps=24.0)


@pytest.fixture
def keyed(package: Callable[[str], ModuleType], humanoid: Armature, poses: object) -> Armature:
    """The humanoid, keyed with the poses from frame 5."""
    key(package, humanoid, poses, frame=5.0)
    return humanoid


def key(package: Callable[[str], ModuleType], armature: Armature, poses: object, *, frame: float) -> None:
    keys = package("rig.keyframes")
    keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=frame))


def degrees_apart(package: Callable[[str], ModuleType], first: object, second: object) -> np.ndarray:
    rotations = package("backend.rotations")
    one, two = (rotations.axis_angle_to_matrix(poses.rotations) for poses in (first, second))
    return np.degrees(np.delete(rotations.geodesic_angle(one, two), KNUCKLES, axis=1))


def test_keyed_poses_are_read_back(package, motion, keyed: Armature, poses: object) -> None:
    found = motion.read_motion(keyed)
    assert found.frame_count == 12
    assert degrees_apart(package, found, poses).max() < 0.05
    assert np.abs(found.translation - poses.translation).max() < 1e-3
    assert found.fps == pytest.approx(24.0)


def test_reading_leaves_the_playhead_and_the_pose(motion, keyed: Armature) -> None:
    bpy.context.scene.frame_set(9, subframe=0.25)
    before = [tuple(bone.rotation_quaternion) for bone in keyed.pose.bones]
    motion.read_motion(keyed, frames=range(5, 8))
    assert (bpy.context.scene.frame_current, bpy.context.scene.frame_subframe) == (9, 0.25)
    assert [tuple(bone.rotation_quaternion) for bone in keyed.pose.bones] == before


def test_every_second_frame_halves_the_rate_and_fractions_lie_between(package, motion, keyed: Armature) -> None:
    assert motion.read_motion(keyed, frames=range(5, 17, 2)).fps == pytest.approx(12.0)
    halves = motion.read_motion(keyed, frames=[5.0, 5.5, 6.0])
    assert halves.fps == pytest.approx(48.0)
    turns = halves.rotations[:, 0, 1]
    assert turns[0] < turns[1] < turns[2]


def test_an_armature_shown_in_its_rest_position_is_read_all_the_same(
    package, motion, keyed: Armature, poses: object
) -> None:
    keyed.data.pose_position = "REST"
    assert degrees_apart(package, motion.read_motion(keyed), poses).max() < 0.05
    assert keyed.data.pose_position == "REST"


def test_motion_that_comes_through_constraints_is_read(
    package, motion, keyed: Armature, poses: object, make_humanoid
) -> None:
    puppet = make_humanoid(name="Puppet")
    for bone in puppet.pose.bones:
        constraint = bone.constraints.new("COPY_TRANSFORMS")
        constraint.target, constraint.subtarget = keyed, bone.name
    found = motion.read_motion(puppet, frames=range(5, 17))
    assert degrees_apart(package, found, poses).max() < 0.05


@pytest.fixture
def generated() -> Armature:
    """Rigify's human with controls for FK and IK."""
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_a_control_rig_is_read_as_it_is_seen(package, motion, generated: Armature, poses: object, limbs: str) -> None:
    """The FK controls of limbs in IK stand still; what is keyed on the IK controls counts."""
    keys, kinematics = package("rig.keyframes"), package("backend.kinematics")
    keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=5.0, limbs=limbs))
    found = motion.read_motion(generated, frames=range(5, 17))
    expected, read = (kinematics.forward_kinematics(p.rotations, p.translation) for p in (poses, found))
    apart_mm = 1000.0 * np.delete(np.linalg.norm(expected - read, axis=-1), KNUCKLES, axis=1)
    assert apart_mm.mean() <= 10.0


def test_a_leg_that_an_artist_moves_by_its_foot_is_read_bent(package, motion, generated: Armature) -> None:
    bones, index = generated.pose.bones, package("backend.skeleton").JOINT_INDEX
    for frame, height in ((1, 0.0), (11, 0.25)):
        bones["foot_ik.L"].location = (0.0, 0.0, height)
        bones["foot_ik.L"].keyframe_insert("location", frame=frame)
    found = motion.read_motion(generated, frames=range(1, 12))
    knees = np.degrees(np.linalg.norm(found.rotations[:, [index["left_knee"], index["right_knee"]]], axis=-1))
    bpy.context.scene.frame_set(11)
    posed = generated.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    ways = [np.array(posed[f"DEF-{end}.L"].head - posed[f"DEF-{start}.L"].head) for start, end in LEG]
    seen = np.degrees(np.arccos(_unit(ways[0]) @ _unit(ways[1])))
    assert seen > 60.0
    assert knees[-1, 0] == pytest.approx(seen, abs=5.0)
    assert knees[:, 1].max() < 10.0


def test_the_way_of_the_object_is_part_of_the_motion(motion, keyed: Armature) -> None:
    still = motion.read_motion(keyed)
    for frame, x in ((5, 10.0), (16, 13.0)):
        keyed.location = (x, 7.0, 1.0)
        keyed.keyframe_insert("location", frame=frame)
    moved = motion.read_motion(keyed).translation - still.translation
    assert np.allclose(moved[0], 0.0, atol=1e-3), "where the object starts is the origin"
    legs_m = 0.491 * STATURE_MM / 1000.0
    assert moved[-1, 0] == pytest.approx(3.0 * legs_m / 0.82, rel=0.03)
    assert np.allclose(moved[:, 1:], 0.0, atol=1e-3)


def test_an_armature_without_animation_gives_its_pose_of_now(motion, humanoid: Armature) -> None:
    humanoid.pose.bones["mixamorig:Head"].rotation_quaternion = (0.9, 0.0, 0.436, 0.0)
    bpy.context.view_layer.update()
    found = motion.read_motion(humanoid)
    assert found.frame_count == 1
    assert np.degrees(np.linalg.norm(found.rotations[0, 15])) == pytest.approx(51.7, abs=0.5)


def test_what_cannot_be_read_is_refused_in_words(package, motion, keyed: Armature) -> None:
    errors = package("backend.errors")
    with pytest.raises(errors.InputError, match="no frames"):
        motion.read_motion(keyed, frames=[])
    bpy.context.scene.collection.objects.unlink(keyed)
    bpy.context.view_layer.update()
    with pytest.raises(errors.InputError, match="not in the current view layer"):
        motion.read_motion(keyed)


@pytest.mark.parametrize("source", MOTIONS, ids=["fbx", "bvh"])
def test_mocap_survives_the_round_trip(package, motion, shared_data: Path, tmp_path: Path, source: str) -> None:
    armature = package("rig.rig_files").open_rig(_unpacked(shared_data, source, tmp_path))
    frames = motion.action_frames(armature)[:200:5]
    before = _joints(armature, frames)
    key(package, armature, motion.read_motion(armature, frames=frames), frame=float(frames[0]))
    after = _joints(armature, range(frames[0], frames[0] + len(frames)))
    rest = np.array([bone.head_local for bone in armature.data.bones])
    errors_mm = np.linalg.norm(after - before, axis=-1) * STATURE_MM / np.ptp(rest, axis=0).max()
    assert errors_mm.mean() <= 10.0
    assert np.ptp(before[:, 0], axis=0).max() > 0.0, "the file must move"


@pytest.mark.parametrize("source", FOLDED, ids=["iclone", "rokoko"])
def test_mocap_whose_bones_are_folded_at_rest_is_read_upright(
    package, motion, shared_data: Path, tmp_path: Path, source: str
) -> None:
    armature = package("rig.rig_files").open_rig(_unpacked(shared_data, source, tmp_path))
    bone_map = package("backend.retarget.matcher").match_bones(package("rig.armature").read_rig(armature))
    frames = motion.action_frames(armature)[:: len(motion.action_frames(armature)) // 25]
    found = motion.read_motion(armature, frames=frames, bone_map=bone_map, rest="MOTION")
    joints = package("backend.kinematics").forward_kinematics(found.rotations, found.translation)
    heads = _joints(armature, frames)
    index = {bone.name: position for position, bone in enumerate(armature.data.bones)}
    smpl = package("backend.skeleton").JOINT_INDEX
    for limb in ("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"):
        for side in ("left", "right"):
            ends = [f"{side}_{part}" for part in limb]
            bones = [index[bone_map.joints[joint].bones[0]] for joint in ends]
            seen = _unit(heads[:, bones[1]] - heads[:, bones[0]])
            read = _unit(joints[:, smpl[ends[1]]] - joints[:, smpl[ends[0]]])
            turned = np.stack([read[:, 0], -read[:, 2], read[:, 1]], axis=1)
            assert np.degrees(np.arccos(np.clip(np.sum(seen * turned, axis=1), -1.0, 1.0))).max() < 3.0, ends
    assert np.median(joints[:, smpl["head"], 1] - joints[:, smpl["left_ankle"], 1]) > 1.0, "most frames stand"
    knees = found.rotations[:, [smpl["left_knee"], smpl["right_knee"]]]
    assert np.degrees(knees[..., 0].min()) > -15.0, "knees bend backwards, as knees do"


def test_a_rig_with_folded_bones_is_posed_upright_by_what_its_motion_tells(package, shared_data: Path) -> None:
    armature = package("rig.rig_files").open_rig(shared_data / "rigs" / "rokoko_jesse_dance.bvh")
    bone_map = package("backend.retarget.matcher").match_bones(package("rig.armature").read_rig(armature))
    standing = np.zeros((1, 24, 3), np.float32)
    poses = package("backend.pose_sequence").PoseSequence(standing, np.array([[0.0, 0.9, 0.0]], np.float32))
    key(package, armature, poses, frame=5.0)
    heads = _joints(armature, [5])[0]
    index = {bone.name: position for position, bone in enumerate(armature.data.bones)}
    joints = {joint: heads[index[match.bones[0]]] for joint, match in bone_map.joints.items()}
    for start, end, wanted in (
        ("left_hip", "left_knee", (0, 0, -1)),
        ("right_knee", "right_ankle", (0, 0, -1)),
        ("left_shoulder", "left_elbow", (1, 0, 0)),
        ("right_elbow", "right_wrist", (-1, 0, 0)),
        ("pelvis", "neck", (0, 0, 1)),
    ):
        assert _unit(joints[end] - joints[start]) @ wanted > 0.99, (start, end)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _unpacked(shared_data: Path, source: str, folder: Path) -> Path:
    path, _, member = source.partition(":")
    if not (shared_data / path).is_file():
        pytest.skip(f"{shared_data / path} is not at hand")
    if not member:
        return shared_data / path
    with zipfile.ZipFile(shared_data / path) as archive:
        return Path(archive.extract(member, folder))


def _joints(armature: Armature, frames: range) -> np.ndarray:
    """(T, B, 3) heads as Blender evaluates them."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([tuple(posed.pose.bones[bone.name].head) for bone in armature.data.bones])
    return np.array(found)
