"""Real rigs: bones found by name, and limbs that point where SMPL says on the pose that Blender evaluates."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest

Armature = bpy.types.Object

FILES = {
    "mixamo-original-rig.fbx": "mixamo",
    "keijiro_Base.fbx": "mixamo",
    "mpfb2_cmu_mb.blend": "cmu",
    "human-male.glb": "unreal",
    "human-female.glb": "unreal",
    "human-bunny.glb": "unreal",
    "mpfb2_game_engine.blend": "unreal",
    "vrmaddon_basic_armature_vrm1.vrm": "vrm",
}
LIMBS = {"shoulder": "elbow", "elbow": "wrist", "hip": "knee", "knee": "ankle"}
POSES = 20


@pytest.fixture
def solver(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("backend.retarget.solver")


@pytest.fixture
def match(package: Callable[[str], ModuleType]) -> Callable[[Armature], object]:
    """The bone map of an armature object."""
    read_rig, match_bones = package("rig.armature").read_rig, package("backend.retarget.matcher").match_bones
    return lambda armature: match_bones(read_rig(armature))


@pytest.fixture
def open_rig(shared_data: Path, tmp_path: Path) -> Callable[[str], Armature]:
    def open_(name: str) -> Armature:
        path = shared_data / "rigs" / name
        if not path.is_file():
            pytest.skip(f"{path} is not at hand")
        _import(path, tmp_path)
        armature = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE")
        bpy.context.view_layer.objects.active = armature
        return armature

    return open_


def _import(path: Path, scratch: Path) -> None:
    if path.suffix == ".fbx":
        bpy.ops.import_scene.fbx(filepath=str(path))
    elif path.suffix == ".blend":
        with bpy.data.libraries.load(str(path)) as (source, target):
            target.objects = source.objects
        for obj in target.objects:
            bpy.context.scene.collection.objects.link(obj)
    else:
        glb = scratch / f"{path.stem}.glb"  # a .vrm is a .glb by another name
        shutil.copyfile(path, glb)
        bpy.ops.import_scene.gltf(filepath=str(glb))


@pytest.fixture(scope="module")
def rigify() -> None:
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")


@pytest.fixture
def metarig(rigify: None) -> Armature:
    bpy.ops.object.armature_human_metarig_add()
    return bpy.context.object


@pytest.fixture
def generated(metarig: Armature) -> Armature:
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


class Judge:
    """Poses an armature through `pose_and_key` and measures directions in the world on the evaluated pose."""

    def __init__(self, package: Callable[[str], ModuleType]) -> None:
        self.keys = package("rig.keyframes")
        self.read_rig = package("rig.armature").read_rig
        self.frames = package("backend.retarget.character_frame")
        self.kinematics = package("backend.kinematics")
        self.rotations = package("backend.rotations")
        self.skeleton = package("backend.skeleton")
        self.sequence = package("backend.pose_sequence").PoseSequence

    def varied(self, count: int = POSES) -> object:
        """Arms up, a squat, lying, and random poses within plausible limits."""
        random, names = np.random.default_rng(11), self.skeleton.JOINT_NAMES
        limits = {
            "pelvis": (0.6, 3.0, 0.5), "spine1": (0.4, 0.3, 0.3), "spine2": (0.3, 0.3, 0.2), "spine3": (0.2, 0.2, 0.2),
            "neck": (0.4, 0.5, 0.3), "head": (0.3, 0.5, 0.3), "collar": (0.1, 0.2, 0.3), "shoulder": (0.8, 1.2, 1.3),
            "elbow": (1.0, 1.9, 0.3), "wrist": (0.6, 0.4, 0.7), "hip": (1.5, 0.6, 0.6), "knee": (1.8, 0.1, 0.1),
            "ankle": (0.5, 0.3, 0.3), "foot": (0.3, 0.05, 0.05),
        }  # fmt: skip
        reach = np.array([limits.get(name.rpartition("_")[2], (0.0, 0.0, 0.0)) for name in names])
        rotations = random.uniform(-1.0, 1.0, (count, 24, 3)) * reach
        rotations[:3] = 0.0
        index = self.skeleton.JOINT_INDEX
        for side, sign in (("left", 1.0), ("right", -1.0)):
            rotations[0, index[f"{side}_shoulder"]] = (0.0, 0.0, sign * 1.5)
            rotations[1, index[f"{side}_hip"]] = (-1.9, 0.0, 0.0)
            rotations[1, index[f"{side}_knee"]] = (2.2, 0.0, 0.0)
        rotations[2, 0] = (-np.pi / 2.0, 0.0, 0.0)
        return self.sequence(rotations, random.normal(size=(count, 3)) * 0.2 + [0.0, 0.9, 0.0])

    def axes(self, armature: Armature, bone_map: object) -> np.ndarray:
        """(3, 3) columns left, up and forward of the character in armature space."""
        return self.frames.MappedRig(self.read_rig(armature), bone_map).frame.axes

    def errors(
        self, armature: Armature, bone_map: object, poses: object, *, shown: Callable[[str], str] = str
    ) -> np.ndarray:
        """Degrees (T, limbs) between SMPL's limb directions and the rig's, keyed as one sequence.

        `shown` names the bone that shows what a mapped bone controls.
        """
        axes = self.axes(armature, bone_map)
        world = self.kinematics.global_rotations(self.rotations.axis_angle_to_matrix(poses.rotations))
        self.keys.pose_and_key(armature, poses, options=self.keys.KeyOptions(frame=1.0), bone_map=bone_map)
        found = []
        for frame in range(poses.frame_count):
            bpy.context.scene.frame_set(frame + 1)
            evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
            to_world = np.array(armature.matrix_world)[:3, :3]
            found.append(
                [
                    self._error(evaluated, bone_map, shown, to_world @ axes @ world[frame], (f"{s}_{a}", f"{s}_{b}"))
                    for s in ("left", "right")
                    for a, b in LIMBS.items()
                ]
            )
        return np.array(found)

    def _error(self, evaluated, bone_map, shown, turned, limb) -> float:
        heads = [
            evaluated.matrix_world @ evaluated.pose.bones[shown(bone_map.joints[joint].bones[0])].head for joint in limb
        ]
        index = self.skeleton.JOINT_INDEX
        wanted = turned[index[limb[0]]] @ self.skeleton.REST_OFFSETS[index[limb[1]]]
        return float(np.degrees((heads[1] - heads[0]).angle(wanted.tolist())))


@pytest.fixture
def judge(package: Callable[[str], ModuleType]) -> Judge:
    return Judge(package)


def assert_exact(errors: np.ndarray) -> None:
    assert errors.mean() <= 1.0, f"mean {errors.mean():.2f} degrees"
    assert errors.max() <= 3.0, f"largest {errors.max():.2f} degrees"


@pytest.mark.parametrize(("name", "convention"), FILES.items(), ids=FILES.keys())
def test_rigs_of_files_are_mapped_and_posed_exactly(judge, match, open_rig, name: str, convention: str) -> None:
    armature = open_rig(name)
    bone_map = match(armature)
    assert bone_map.convention == convention
    assert bone_map.problems == ()
    axes = np.array(armature.matrix_world.normalized())[:3, :3] @ judge.axes(armature, bone_map)
    assert np.allclose(axes, [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-4), "must face Blender's front view"
    assert_exact(judge.errors(armature, bone_map, judge.varied()))


def test_directions_hold_for_a_placed_and_turned_object(judge, match, open_rig) -> None:
    armature = open_rig("human-male.glb")
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.rotation_euler, armature.parent = (0.4, 0.2, 1.0), parent
    armature.rotation_mode, armature.rotation_euler = "XYZ", (0.0, 0.5, 2.0)
    bpy.context.view_layer.update()
    assert_exact(judge.errors(armature, match(armature), judge.varied(6)))


def test_the_rigify_metarig_is_posed_exactly(judge, match, metarig: Armature) -> None:
    bone_map = match(metarig)
    assert bone_map.convention == "rigify_metarig"
    assert bone_map.joints["neck"].bones == ("spine.004", "spine.005")
    assert_exact(judge.errors(metarig, bone_map, judge.varied()))


def test_the_generated_rigify_rig_is_posed_exactly_on_its_deform_bones(judge, match, generated: Armature) -> None:
    bone_map = match(generated)
    assert bone_map.convention == "rigify_generated"

    def deform_bone(control: str) -> str:
        return "DEF-" + control.replace("_fk", "")

    assert_exact(judge.errors(generated, bone_map, judge.varied(), shown=deform_bone))


def test_the_generated_rig_is_posed_exactly_when_other_controls_are_moved(judge, match, generated: Armature) -> None:
    generated.pose.bones["root"].rotation_mode = "XYZ"
    generated.pose.bones["root"].rotation_euler = (0.0, 0.7, 0.0)
    generated.pose.bones["root"].location = (0.3, 0.2, 0.1)
    generated.pose.bones["thigh_parent.L"]["FK_limb_follow"] = 1.0
    generated.pose.bones["torso"]["head_follow"] = 1.0
    bpy.context.view_layer.update()
    before = {name: tuple(generated.pose.bones[name].rotation_euler) for name in ("root",)}
    assert_exact(judge.errors(generated, match(generated), judge.varied(6)))
    assert {name: tuple(generated.pose.bones[name].rotation_euler) for name in ("root",)} == before


def test_rigify_switches_are_set_and_keyed_for_the_limbs_that_are_posed(judge, match, generated: Armature) -> None:
    for bone in generated.pose.bones:
        holder = bone if hasattr(bone, "select") else bone.bone
        holder.select = bone.name in ("forearm_fk.L", "head")
    options = judge.keys.KeyOptions(frame=3.0, selected_only=True)
    report = judge.keys.pose_and_key(generated, judge.varied(3), options=options, bone_map=match(generated))
    # The rest of the arm is held where IK has it.
    assert set(report.bones) == {"forearm_fk.L", "upper_arm_fk.L", "hand_fk.L", "head"}
    switches = {side: generated.pose.bones[f"upper_arm_parent.{side}"]["IK_FK"] for side in "LR"}
    assert switches == {"L": 1.0, "R": 0.0}
    animation = generated.animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    assert bag.fcurves.find('pose.bones["upper_arm_parent.L"]["IK_FK"]').keyframe_points[0].co[:] == (3.0, 1.0)
    assert bag.fcurves.find('pose.bones["upper_arm_parent.R"]["IK_FK"]') is None
    assert bag.fcurves.find('pose.bones["thigh_parent.L"]["IK_FK"]') is None


def test_probing_the_controls_leaves_no_trace(package, match, generated: Armature) -> None:
    generated.pose.bones["hand_fk.L"].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    generated.pose.bones["shoulder.L"].rotation_euler = (4.0, -3.0, 2.0)
    names = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")

    def state() -> list[tuple[float, ...]]:
        return [tuple(getattr(bone, name)) for bone in generated.pose.bones for name in names]

    before, rig = state(), package("rig.armature").read_rig(generated)
    measured = package("rig.control_probe").measure_parent_spaces(generated, rig, match(generated))
    assert state() == before
    neck = measured.follows["neck"]
    assert {neck.first, neck.second} == {"torso", "spine_fk.003"}
    assert neck.weight == pytest.approx(0.5, abs=0.01)
    assert measured.follows["head"].first == "torso"
    assert measured.follows["thigh_fk.L"].first == "spine_fk"
