"""Real rigs whose left and right, or whose kind of body, is easily mistaken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest

Armature = bpy.types.Object
Importer = Callable[[str], ModuleType]


@pytest.fixture
def sit(package: Importer) -> Callable[[Armature], None]:
    """Pose an armature with thighs forward and knees bent."""

    def sit_(armature: Armature) -> None:
        rotations = np.zeros((1, 24, 3))
        rotations[:, 1:3, 0], rotations[:, 4:6, 0] = -0.9, 1.5
        poses = package("backend.pose_sequence").PoseSequence(rotations, np.array([[0.0, 0.95, 0.0]]))
        keys = package("rig.keyframes")
        keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0))
        bpy.context.view_layer.update()

    return sit_


def without(armature: Armature, *endings: str) -> None:
    """Delete the bones whose names begin so."""
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for bone in [bone for bone in bones if bone.name.startswith(endings)]:
        bones.remove(bone)
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("deleted", [("toe.", "tiptoe."), ("no bone at all",)], ids=["no toes", "toes"])
def test_bob_whose_sides_are_named_the_wrong_way_sits_forward(
    package: Importer, sit: Callable[[Armature], None], shared_data: Path, deleted: tuple[str, ...]
) -> None:
    armature = package("rig.rig_files").open_rig(shared_data / "rigs" / "md5_Bob.blend")
    without(armature, *deleted)
    bone_map = package("backend.retarget.matcher").match_bones(package("rig.armature").read_rig(armature))
    assert bone_map.joints["left_hip"].bones[0] == "thigh.R"
    assert "left and right exchanged, because the" in bone_map.joints["left_hip"].reason
    assert any("Left and right were taken by position, not by name." in problem for problem in bone_map.problems)
    sit(armature)
    for side in "LR":
        hip, knee, ankle = (armature.pose.bones[f"{part}.{side}"].head for part in ("thigh", "shin", "ankle"))
        thigh, shin = (knee - hip).normalized(), (ankle - knee).normalized()
        assert thigh.y < -0.6, "the knee comes to Bob's front, which is -y"
        assert shin.y > 0.3, "and bends back from there"


def test_a_bird_is_refused_in_words_whatever_its_bones_are_called(package: Importer) -> None:
    addon_utils.enable("rigify", default_set=True)
    bpy.ops.object.armature_bird_metarig_add()
    armature = bpy.context.object
    matcher, errors = package("backend.retarget.matcher"), package("backend.errors")
    order = np.random.default_rng(4).permutation(len(armature.data.bones))
    for bone, number in zip(list(armature.data.bones), order, strict=True):
        bone.name = f"tmp{number}"
    for bone in armature.data.bones:
        bone.name = f"Bone.{int(bone.name.removeprefix('tmp')):03d}"
    with pytest.raises(errors.RigError, match="as birds have: it can take no human pose"):
        matcher.match_bones(package("rig.armature").read_rig(armature))
