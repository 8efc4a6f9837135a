"""The bone map of an armature: detected, edited, mirrored, confirmed, shown, kept as preset and file, and obeyed."""

import contextlib
import json

import bpy
import numpy as np
import pytest

KEY = "contrapposto_bone_map"
SPLAY = 0.8


@pytest.fixture
def presets(package):
    """The user's folder of presets, empty before and after."""
    folder = package("rig.map_files")._folder(create=True)
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture
def detected(humanoid, presets):
    """The humanoid with its map kept on it."""
    assert bpy.ops.contrapposto.detect_bones() == {"FINISHED"}
    return humanoid


def kept(armature):
    """The JSON on the armature."""
    return json.loads(armature[KEY])


def bones_of(armature, joint):
    return tuple(kept(armature)["joints"].get(joint, {"bones": ()})["bones"])


def poses(package, joint=16, angle=SPLAY):
    """One pose in which a joint is turned about z."""
    rotations = np.zeros((1, 24, 3), np.float32)
    rotations[0, joint, 2] = angle
    return package("backend.pose_sequence").PoseSequence(rotations, np.array([[0.0, 0.95, 0.0]], np.float32))


def pose(package, armature):
    """Pose the armature like the artist would; returns the names of the keyed bones."""
    keyframes = package("rig.keyframes")
    return keyframes.pose_and_key(armature, poses(package), options=keyframes.KeyOptions(frame=1.0)).bones


def select_of(bone):
    return bone.select if hasattr(bone, "select") else bone.bone.select


def selected(armature):
    return {bone.name for bone in armature.pose.bones if select_of(bone)}


def test_detect_keeps_all_22_joints_with_scores_and_reasons(detected):
    content = kept(detected)
    assert len(content["joints"]) == 22
    assert content["armature"] == detected.name
    assert content["ask"] == []
    for match in content["joints"].values():
        assert 0.0 < match["score"] <= 1.0
        assert match["reason"]
    assert detected.contrapposto_bones.left_hip == "mixamorig:LeftUpLeg"


def test_detect_undoes_in_one_step(humanoid, presets):
    name = humanoid.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.detect_bones("EXEC_DEFAULT", True)
    bpy.ops.ed.undo()
    assert KEY not in bpy.data.objects[name]


def test_an_edit_changes_one_joint_and_keeps_the_others(detected):
    before = kept(detected)["joints"]
    detected.contrapposto_bones.left_foot = "mixamorig:LeftFoot"
    after = kept(detected)["joints"]
    assert after["left_foot"] == {"bones": ["mixamorig:LeftFoot"], "score": 1.0, "reason": "chosen by hand"}
    assert {j: m for j, m in after.items() if j != "left_foot"} == {j: m for j, m in before.items() if j != "left_foot"}


def test_an_edit_to_the_same_bone_changes_nothing(detected):
    before = detected[KEY]
    detected.contrapposto_bones.left_hip = "mixamorig:LeftUpLeg"
    assert detected[KEY] == before


def test_an_edit_keeps_the_chain_below_the_new_bone(package, detected):
    stored_map = package("rig.stored_map")
    content = kept(detected)
    content["joints"]["spine1"]["bones"] = ["mixamorig:Spine", "mixamorig:Spine1", "mixamorig:Spine2"]
    del content["joints"]["spine2"], content["joints"]["spine3"]
    stored_map.store_text(detected, json.dumps(content))
    detected.contrapposto_bones.spine1 = "mixamorig:Spine1"
    assert bones_of(detected, "spine1") == ("mixamorig:Spine1", "mixamorig:Spine2")
    detected.contrapposto_bones.spine1 = "mixamorig:LeftHand"
    assert bones_of(detected, "spine1") == ("mixamorig:LeftHand",)


def test_a_cleared_joint_is_asked_about(package, detected):
    detected.contrapposto_bones.left_foot = ""
    assert kept(detected)["ask"] == ["left_foot"]
    assert "left_foot" not in kept(detected)["joints"]
    assert pose(package, detected), "toes are not essential"
    assert bpy.ops.contrapposto.confirm_joint(joint="left_foot") == {"FINISHED"}
    assert kept(detected)["ask"] == []


def test_posing_obeys_the_edited_map(package, detected):
    detected.contrapposto_bones.left_foot = ""
    assert "mixamorig:LeftToeBase" not in pose(package, detected)
    assert "mixamorig:RightToeBase" in pose(package, detected)


def test_an_essential_joint_without_a_bone_refuses_the_pose_in_words(package, detected):
    detected.contrapposto_bones.left_hip = ""
    with pytest.raises(package("backend.errors").RigError, match="left thigh"):
        pose(package, detected)
    with pytest.raises(RuntimeError, match="cannot be posed without left thigh"):
        bpy.ops.contrapposto.confirm_joint(joint="left_hip")
    assert kept(detected)["ask"] == ["left_hip"]
    detected.contrapposto_bones.left_hip = "mixamorig:LeftUpLeg"
    assert pose(package, detected)


def with_doubts(package, armature, *joints):
    """Keep a map of which some joints are unsure."""
    matcher, bone_maps = package("backend.retarget.matcher"), package("rig.bone_maps")
    bone_map = matcher.detect_bones(package("rig.armature").read_rig(armature))
    match = package("backend.retarget.bone_map").BoneMatch
    doubtful = {joint: match(bone_map.joints[joint].bones, 0.3, "by its place alone") for joint in joints}
    whole = {**bone_map.joints, **doubtful}
    bone_maps.store(armature, package("backend.retarget.bone_map").BoneMap(armature.name, whole))


def test_unsure_joints_are_asked_about_and_not_guessed(package, humanoid, presets):
    with_doubts(package, humanoid, "left_foot", "left_elbow")
    assert sorted(kept(humanoid)["ask"]) == ["left_elbow", "left_foot"]
    with pytest.raises(package("backend.errors").RigError, match="left forearm"):
        pose(package, humanoid)
    bpy.ops.contrapposto.confirm_joint(joint="left_elbow")
    assert kept(humanoid)["joints"]["left_elbow"]["reason"] == "confirmed by hand"
    keyed = pose(package, humanoid)
    assert "mixamorig:LeftForeArm" in keyed
    assert "mixamorig:LeftToeBase" not in keyed, "what is in question is left alone"
    bpy.ops.contrapposto.confirm_joint(joint="")
    assert "mixamorig:LeftToeBase" in pose(package, humanoid)


def test_a_bone_for_two_joints_refuses_the_pose_in_words(package, detected):
    detected.contrapposto_bones.left_knee = "mixamorig:RightLeg"
    with pytest.raises(package("backend.errors").RigError, match="mixamorig:RightLeg stands for more than one joint"):
        pose(package, detected)


def test_a_renamed_bone_refuses_the_pose_in_words(package, detected):
    detected.data.bones["mixamorig:LeftLeg"].name = "Shin"
    with pytest.raises(package("backend.errors").RigError, match="mixamorig:LeftLeg is named in its bone map"):
        pose(package, detected)


def test_a_damaged_text_is_refused_in_words(package, humanoid, presets):
    humanoid[KEY] = "{no json"
    stored = package("rig.stored_map").stored_map(humanoid)
    assert not stored.joints
    assert "cannot be read" in stored.problems[0]
    with pytest.raises(package("backend.errors").InputError, match="not a bone map"):
        pose(package, humanoid)
    humanoid.contrapposto_bones.left_hip = "mixamorig:LeftUpLeg"
    assert bones_of(humanoid, "left_hip") == ("mixamorig:LeftUpLeg",)


def test_the_map_is_saved_loaded_and_appended(detected, tmp_path):
    detected.contrapposto_bones.left_foot = ""
    text, name = detected[KEY], detected.name
    path = str(tmp_path / "hero.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    assert bpy.data.objects[name][KEY] == text
    assert bpy.data.objects[name].contrapposto_bones.left_foot == ""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(path) as (_, target):
        target.objects = [name]
    assert target.objects[0][KEY] == text


def test_mirror_copies_the_left_side(detected):
    before = kept(detected)["joints"]
    bones = detected.contrapposto_bones
    bones.right_elbow = bones.right_wrist = bones.right_foot = ""
    assert bpy.ops.contrapposto.mirror_bone_map() == {"FINISHED"}
    after = kept(detected)
    assert {j: m["bones"] for j, m in after["joints"].items()} == {j: m["bones"] for j, m in before.items()}
    assert after["ask"] == []


def test_mirror_copies_the_right_side(detected):
    detected.contrapposto_bones.left_hip = ""
    bpy.ops.contrapposto.mirror_bone_map(source="right")
    assert bones_of(detected, "left_hip") == ("mixamorig:LeftUpLeg",)


def test_show_selects_the_bones_of_a_joint_or_of_the_body(detected):
    assert bpy.ops.contrapposto.show_bones(joint="left_hip") == {"FINISHED"}
    assert detected.mode == "POSE"
    assert selected(detected) == {"mixamorig:LeftUpLeg"}
    assert detected.data.bones.active.name == "mixamorig:LeftUpLeg"
    bpy.ops.contrapposto.show_bones(joint="head", extend=True)
    assert selected(detected) == {"mixamorig:LeftUpLeg", "mixamorig:Head"}
    bpy.ops.contrapposto.show_bones()
    assert len(selected(detected)) == 22


def test_show_undoes(detected):
    name = detected.name
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.select_all(action="DESELECT")
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.show_bones("EXEC_DEFAULT", True, joint="left_hip")
    bpy.ops.ed.undo()
    assert selected(bpy.data.objects[name]) == set()


def test_show_tells_of_hidden_bones_and_of_joints_without_bones(package, detected):
    detected.contrapposto_bones.left_foot = ""
    with pytest.raises(RuntimeError, match="no bone for left toes"):
        bpy.ops.contrapposto.show_bones(joint="left_foot")
    collection = detected.data.collections.new("Hidden")
    collection.assign(detected.data.bones["mixamorig:Head"])
    collection.is_visible = False
    detected.data.bones["mixamorig:Neck"].hide = True
    names = ["mixamorig:Head", "mixamorig:Neck", "mixamorig:Hips", "gone"]
    hidden = package("rig.selection").select_bones(detected, names)
    assert hidden == ["mixamorig:Head", "mixamorig:Neck"]


def test_the_tooltip_of_a_joint_gives_the_reason(detected):
    from types import SimpleNamespace

    text = bpy.types.CONTRAPPOSTO_OT_show_bones.description(bpy.context, SimpleNamespace(joint="left_hip"))
    assert text.startswith("Left thigh: mixamorig:LeftUpLeg")
    assert kept(detected)["joints"]["left_hip"]["reason"] in text
    assert "%" in text


def test_a_preset_is_found_again_by_the_bones(package, detected, presets, make_humanoid):
    detected.contrapposto_bones.left_foot = ""
    bpy.ops.contrapposto.confirm_joint(joint="left_foot")
    assert bpy.ops.contrapposto.save_bone_map_preset() == {"FINISHED"}
    assert len(list(presets.iterdir())) == 1
    other = make_humanoid(name="Twin")
    assert "mixamorig:LeftToeBase" not in pose(package, other), "the preset is used without being asked for"
    assert bpy.ops.contrapposto.load_bone_map_preset() == {"FINISHED"}
    assert "left_foot" not in kept(other)["joints"]
    assert kept(other)["armature"] == "Twin"


def test_the_map_on_the_armature_goes_before_the_preset(package, detected):
    bpy.ops.contrapposto.save_bone_map_preset()
    detected.contrapposto_bones.left_foot = ""
    assert "mixamorig:LeftToeBase" not in pose(package, detected)
    bpy.ops.contrapposto.forget_bone_map()
    assert KEY not in detected
    assert "mixamorig:LeftToeBase" in pose(package, detected)


def test_a_preset_of_other_bones_is_not_taken(detected, presets, make_humanoid):
    bpy.ops.contrapposto.save_bone_map_preset()
    make_humanoid(name="Stranger", prefix="")
    with pytest.raises(RuntimeError, match="No preset is saved for the bones of Stranger"):
        bpy.ops.contrapposto.load_bone_map_preset()


def test_a_map_with_open_questions_is_no_preset(package, humanoid, presets):
    with_doubts(package, humanoid, "left_elbow")
    with pytest.raises(RuntimeError, match="left forearm"):
        bpy.ops.contrapposto.save_bone_map_preset()
    assert not list(presets.iterdir())


@pytest.mark.parametrize("content", [b"damaged", b"\xff\xfe", b'{"joints": {"tail": {"bones": ["x"]}}}'])
def test_a_damaged_preset_says_which_it_is_and_how_to_get_out(package, detected, presets, make_humanoid, content):
    bpy.ops.contrapposto.save_bone_map_preset()
    path = next(presets.iterdir())
    path.write_bytes(content)
    twin = make_humanoid(name="Twin")
    words = f"{path.name}, the preset kept for Twin .* Press Detect .* or delete the file"
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.contrapposto.load_bone_map_preset()
    with pytest.raises(package("backend.errors").InputError, match=words):
        pose(package, twin)
    bpy.ops.contrapposto.detect_bones()
    assert pose(package, twin), "Detect is the way out"
    bpy.ops.contrapposto.save_bone_map_preset()
    assert pose(package, make_humanoid(name="Third")), "and Save Preset replaces the file"


def test_a_file_is_exported_and_imported(detected, tmp_path, make_humanoid):
    detected.contrapposto_bones.left_foot = ""
    bpy.ops.contrapposto.export_bone_map(filepath=str(tmp_path / "map"))
    path = tmp_path / "map.json"
    other = make_humanoid(name="Other")
    bpy.ops.contrapposto.import_bone_map(filepath=str(path))
    assert "left_foot" not in kept(other)["joints"]
    assert bones_of(other, "left_hip") == ("mixamorig:LeftUpLeg",)


def test_a_file_for_other_bones_is_refused_and_of_some_taken(detected, tmp_path, make_humanoid, make_armature):
    path = str(tmp_path / "map.json")
    bpy.ops.contrapposto.export_bone_map(filepath=path)
    stranger = make_humanoid(name="Stranger", prefix="")
    with pytest.raises(RuntimeError, match="none of the bones"):
        bpy.ops.contrapposto.import_bone_map(filepath=path)
    assert KEY not in stranger
    one = make_armature({"mixamorig:Hips": (None, (0, 0, 0), (0, 0, 1))}, name="One")
    bpy.ops.contrapposto.import_bone_map(filepath=path)
    assert list(kept(one)["joints"]) == ["pelvis"]
    assert "mixamorig:Head" in kept(one)["problems"][0]


@pytest.mark.parametrize("content", [None, "no json", '{"joints": 3}', '{"joints": {"tail": {"bones": ["x"]}}}'])
def test_bad_files_are_refused_in_words(humanoid, tmp_path, content):
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"^Error: "):
        bpy.ops.contrapposto.import_bone_map(filepath=str(path))
    assert KEY not in humanoid


def test_without_an_armature_or_a_map_the_operators_say_why(humanoid):
    with pytest.raises(RuntimeError, match="Press Detect first"):
        bpy.ops.contrapposto.mirror_bone_map()
    bpy.context.view_layer.objects.active = None
    with pytest.raises(RuntimeError, match="Select an armature first"):
        bpy.ops.contrapposto.detect_bones()


def test_what_is_no_body_is_refused_or_asked_about(package, make_armature):
    box = make_armature({"Box": (None, (0, 0, 0), (0, 0, 1)), "Lid": ("Box", (0, 0, 1), (0, 1, 1))})
    with contextlib.suppress(RuntimeError):  # refused in words
        bpy.ops.contrapposto.detect_bones()
        assert kept(box)["ask"]
    with pytest.raises(package("backend.errors").RigError):
        pose(package, box)


def test_in_a_library_override_the_map_works_and_its_loss_is_told(package, detected, tmp_path):
    bpy.ops.contrapposto.forget_bone_map()
    override = overridden(detected, tmp_path)
    bpy.ops.contrapposto.detect_bones()
    assert kept(override)["joints"]
    assert pose(package, override)
    assert not package("rig.stored_map").is_kept_in_file(override)


def test_the_map_of_a_linked_character_is_changed_in_its_override(package, detected, tmp_path):
    override = overridden(detected, tmp_path)
    override.contrapposto_bones.left_foot = ""
    assert package("rig.stored_map").is_kept_in_file(override)
    path = str(tmp_path / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    again = next(obj for obj in bpy.data.objects if obj.override_library and obj.type == "ARMATURE")
    assert "left_foot" not in kept(again)["joints"]


def overridden(armature, folder):
    """The armature as a library override in a fresh file, active."""
    collection = bpy.data.collections.new("Character")
    bpy.context.scene.collection.children.link(collection)
    collection.objects.link(armature)
    bpy.context.scene.collection.objects.unlink(armature)
    path = str(folder / "library.blend")
    bpy.data.libraries.write(path, {collection})
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    with bpy.data.libraries.load(path, link=True) as (source, target):
        target.collections = list(source.collections)
    linked = target.collections[0]
    bpy.context.scene.collection.children.link(linked)
    linked.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer)
    override = next(obj for obj in bpy.data.objects if obj.override_library and obj.type == "ARMATURE")
    bpy.context.view_layer.objects.active = override
    return override
