"""Given bone maps, from the panel, a preset or a file: posed as they are, and what is odd is told everywhere."""

import contextlib
import json
import sys
from types import SimpleNamespace

import addon_utils
import bpy
import numpy as np
import pytest

from fake_layout import Layout, draw

KEY = "contrapposto_bone_map"
PANEL = "CONTRAPPOSTO_PT_bone_map"
EXCHANGED = "left and right look exchanged"


@pytest.fixture
def presets(package):
    """The user's folder of presets, empty before and after."""
    folder = package("rig.map_files")._folder(create=True)
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture
def exchanged(package, humanoid):
    """A map of the humanoid with left and right exchanged, without a word about it."""
    found = package("backend.retarget.matcher").detect_bones(package("rig.armature").read_rig(humanoid))
    return package("backend.retarget.checks").with_sides_exchanged(found)


@pytest.fixture
def exchanged_file(exchanged, tmp_path):
    path = tmp_path / "exchanged.json"
    path.write_text(exchanged.to_json(), encoding="utf-8")
    return path


@pytest.fixture
def poses(package):
    rotations = np.random.default_rng(2).uniform(-0.5, 0.5, (1, 24, 3))
    return package("backend.pose_sequence").PoseSequence(rotations, np.array([[0.1, 0.9, 0.2]]))


@pytest.fixture
def pose(package, poses):
    keys = package("rig.keyframes")
    return lambda armature, **given: keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0), **given)


def problems(armature):
    return json.loads(armature[KEY])["problems"]


def reported(capfd):
    """What operators report goes to the terminal in the background."""
    return capfd.readouterr().out


def test_an_imported_map_with_exchanged_sides_is_kept_and_told(pose, exchanged_file, humanoid, capfd):
    assert bpy.ops.contrapposto.import_bone_map(filepath=str(exchanged_file)) == {"FINISHED"}
    assert EXCHANGED in reported(capfd)
    assert humanoid.contrapposto_bones.left_hip == "mixamorig:RightUpLeg"
    assert EXCHANGED in " ".join(problems(humanoid))
    assert EXCHANGED in draw(PANEL, width=4000).texts()
    assert EXCHANGED in " ".join(pose(humanoid).notes)


def test_a_preset_with_exchanged_sides_is_told(package, pose, exchanged, humanoid, presets, capfd):
    rig = package("rig.armature").read_rig(humanoid)
    package("rig.map_files").save_preset(rig, exchanged)
    report = pose(humanoid)
    assert EXCHANGED in " ".join(report.notes)
    assert len(report.notes) == 1
    assert EXCHANGED in " ".join(package("rig.bone_maps").known_map(humanoid, rig).problems)
    bpy.ops.contrapposto.load_bone_map_preset()
    assert EXCHANGED in reported(capfd)
    assert EXCHANGED in " ".join(problems(humanoid))


def test_a_map_given_by_a_script_is_told(pose, exchanged, humanoid):
    assert EXCHANGED in " ".join(pose(humanoid, bone_map=exchanged).notes)


def test_the_command_line_tells_of_a_map_with_exchanged_sides(package, exchanged_file, humanoid, tmp_path, poses):
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    rig = package("rig.session").PosedRig.open(path, armature_name=None)
    options = package("rig.keyframes").KeyOptions(frame=1.0)
    report = rig.pose(poses, options=options, bone_map=exchanged_file)
    assert EXCHANGED in " ".join(report.notes), "`contrapposto photo` prints these"


def test_rig_map_tells_of_the_map_kept_on_the_armature(package, exchanged_file, humanoid, tmp_path, capsys):
    bpy.ops.contrapposto.import_bone_map(filepath=str(exchanged_file))
    humanoid[KEY] = json.dumps({**json.loads(humanoid[KEY]), "problems": []})
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    capsys.readouterr()
    assert package("backend.cli").main(["rig-map", str(path), "--json"]) == 0
    assert EXCHANGED in " ".join(json.loads(capsys.readouterr().out)["problems"])


def test_an_edit_in_the_panel_is_checked_at_once_and_the_note_goes_with_its_cause(humanoid):
    bpy.ops.contrapposto.detect_bones()
    bones = humanoid.contrapposto_bones
    bones.left_wrist, bones.right_wrist = "mixamorig:RightHand", ""
    assert any("mixamorig:RightHand (left hand) is not a child of" in problem for problem in problems(humanoid))
    assert "mixamorig:RightHand (left hand) is not a child of" in draw(PANEL, width=4000).texts()
    bones.right_wrist = "mixamorig:LeftHand"
    assert any("lie on each other's side: check left hand and right hand" in p for p in problems(humanoid))
    bones.left_wrist, bones.right_wrist = "mixamorig:LeftHand", "mixamorig:RightHand"
    assert problems(humanoid) == []


def test_an_edit_keeps_what_else_was_said(humanoid):
    bpy.ops.contrapposto.detect_bones()
    humanoid[KEY] = json.dumps({**json.loads(humanoid[KEY]), "problems": ["It kneels."]})
    humanoid.contrapposto_bones.left_wrist = "mixamorig:Head"
    humanoid.contrapposto_bones.left_wrist = "mixamorig:LeftHand"
    assert problems(humanoid) == ["It kneels."]


def test_without_scipy_the_map_can_still_be_edited(humanoid, monkeypatch):
    bpy.ops.contrapposto.detect_bones()
    monkeypatch.setitem(sys.modules, "scipy.spatial.transform", None)
    humanoid.contrapposto_bones.left_foot = "mixamorig:LeftFoot"
    assert humanoid.contrapposto_bones.left_foot == "mixamorig:LeftFoot"


# Two skeletons in one armature


def twins(make_armature):
    from humanoids import humanoid_bones

    bones = {}
    for prefix, shift in (("a:", 0.0), ("b:", 3.0)):
        for name, (parent, head, tail) in humanoid_bones().items():
            ends = [(x + shift, y, z) for x, y, z in (head, tail)]
            bones[prefix + name] = (prefix + parent if parent else None, *ends)
    return make_armature(bones, name="Twins")


def test_the_skeleton_that_was_left_alone_is_told(package, pose, make_armature, tmp_path, capsys):
    armature = twins(make_armature)
    (note,) = pose(armature).notes
    posed, left = ("a:", "b:") if armature.pose.bones["a:LeftArm"].matrix_basis.to_euler()[0] else ("b:", "a:")
    assert f"another skeleton, which was left alone: {left}Hips" in note
    bpy.ops.contrapposto.detect_bones()
    assert note in draw(PANEL, width=9000).texts()
    bpy.ops.contrapposto.forget_bone_map()
    path = tmp_path / "twins.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    capsys.readouterr()
    assert package("backend.cli").main(["rig-map", str(path), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["joints"]["pelvis"]["bones"] == [f"{posed}Hips"]
    assert note in content["problems"]


# Presets of other rigs


def test_presets_of_other_rigs_are_offered_where_their_bones_exist(package, humanoid, presets, make_armature):
    from humanoids import humanoid_bones

    bpy.ops.contrapposto.detect_bones()
    bpy.ops.contrapposto.save_bone_map_preset()
    extra = humanoid_bones() | {"Cape": ("Spine2", (0.0, 0.1, 1.4), (0.0, 0.2, 1.0))}
    del extra["LeftToeBase"]
    caped = make_armature(extra, name="Caped", prefix="mixamorig:")
    files, read_rig = package("rig.map_files"), package("rig.armature").read_rig
    (offer,) = files.offered_presets(read_rig(caped))
    assert offer.label == "Armature: 22 of 22 joints, made for another rig"
    layout = Layout()
    package("operators.bone_map_files").draw_offers(layout, (offer,))
    for words in ("No preset is saved for these very bones", offer.label, "From a File"):
        assert words in layout.texts()
    assert bpy.ops.contrapposto.load_bone_map_preset(preset=offer.name) == {"FINISHED"}
    assert json.loads(caped[KEY])["joints"]["left_hip"]["bones"] == ["mixamorig:LeftUpLeg"]
    assert any("has no bone mixamorig:LeftToeBase" in problem for problem in problems(caped))
    bpy.ops.contrapposto.save_bone_map_preset()
    own, other = files.offered_presets(read_rig(caped))
    assert (own.own, other.own) == (True, False)
    assert "another rig" not in own.label
    stranger = make_armature(humanoid_bones(), name="Stranger")
    assert files.offered_presets(read_rig(stranger)) == ()


def test_damaged_presets_are_listed_and_cannot_be_chosen(package, humanoid, presets):
    (presets / "broken.json").write_text("no", encoding="utf-8")
    (offer,) = package("rig.map_files").offered_presets(package("rig.armature").read_rig(humanoid))
    layout = Layout()
    package("operators.bone_map_files").draw_offers(layout, (offer,))
    assert ("label", "broken.json cannot be read", "ERROR") in layout.drawn
    assert not [entry for entry in layout.drawn if entry[:2] == ("operator", "contrapposto.load_bone_map_preset")]
    with pytest.raises(RuntimeError, match=r"broken\.json, a kept preset .* is damaged"):
        bpy.ops.contrapposto.load_bone_map_preset(preset="broken")
    with pytest.raises(RuntimeError, match="There is no preset gone"):
        bpy.ops.contrapposto.load_bone_map_preset(preset="../gone")


def test_the_panel_says_why_the_rig_was_refused_until_it_is_not(package, humanoid, presets):
    bpy.ops.contrapposto.detect_bones()
    bpy.ops.contrapposto.save_bone_map_preset()
    bpy.ops.contrapposto.forget_bone_map()
    path = next(presets.iterdir())
    path.write_text("damaged", encoding="utf-8")
    with pytest.raises(RuntimeError, match="is damaged"):
        bpy.ops.contrapposto.load_bone_map_preset()
    texts = draw(PANEL, width=9000).texts()
    assert path.name in texts.replace(" ", ""), "a long name takes several lines"
    assert "the preset kept for Armature" in texts
    assert "Press Detect" in texts
    bpy.ops.contrapposto.detect_bones()
    bpy.ops.contrapposto.forget_bone_map()
    assert "preset kept" not in draw(PANEL, width=9000).texts()


# What is no body


def test_detect_refuses_four_legs_in_words_and_offers_nothing(package, make_armature, pose):
    dog = make_armature(dog_with_human_names(), name="Dog")
    with pytest.raises(RuntimeError, match=r"Dog stands on four legs.*Choose another armature"):
        bpy.ops.contrapposto.detect_bones()
    assert KEY not in dog
    assert "All of These" not in draw(PANEL, width=4000).texts()
    with pytest.raises(package("backend.errors").RigError, match="four legs"):
        pose(dog)


def test_where_no_joint_is_sure_all_cannot_be_confirmed_at_once(humanoid):
    """As a file holds it in which a four-legged rig was detected by an older version."""
    bpy.ops.contrapposto.detect_bones()
    content = json.loads(humanoid[KEY])
    for match in content["joints"].values():
        match["score"] = 0.5
    humanoid[KEY] = json.dumps({**content, "ask": list(content["joints"])})
    assert "All of These" not in draw(PANEL, width=4000).texts()
    with pytest.raises(RuntimeError, match="may be no human body: none of its bones is sure"):
        bpy.ops.contrapposto.confirm_joint(joint="")
    assert json.loads(humanoid[KEY])["ask"]


def dog_with_human_names():
    middle = {
        "hips": (None, (0.0, 0.5, 1.0), (0.0, 0.2, 1.0)), "spine": ("hips", (0.0, 0.2, 1.0), (0.0, -0.1, 1.0)),
        "chest": ("spine", (0.0, -0.1, 1.0), (0.0, -0.4, 1.1)), "neck": ("chest", (0.0, -0.4, 1.1), (0.0, -0.6, 1.4)),
        "head": ("neck", (0.0, -0.6, 1.4), (0.0, -0.8, 1.35)),
    }  # fmt: skip
    legs = {
        "thigh": ("hips", 0.5, 0.95), "shin": ("thigh", 0.45, 0.55), "foot": ("shin", 0.55, 0.15),
        "upper_arm": ("chest", -0.3, 0.9), "forearm": ("upper_arm", -0.25, 0.5), "hand": ("forearm", -0.3, 0.12),
    }  # fmt: skip
    for side, x in (("L", 0.15), ("R", -0.15)):
        for name, (parent, y, z) in legs.items():
            above = parent if parent in middle else f"{parent}.{side}"
            middle[f"{name}.{side}"] = (above, (x, y, z), (x, y, z - 0.1))
    return middle


ANIMALS = ("basic_quadruped", "bird", "cat", "horse", "shark", "wolf")


@pytest.mark.parametrize("animal", ANIMALS)
def test_rigifys_animals_are_refused_and_cannot_be_confirmed_into_a_pose(package, pose, animal):
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")
    getattr(bpy.ops.object, f"armature_{animal}_metarig_add")()
    armature = bpy.context.active_object
    error = package("backend.errors").RigError
    with pytest.raises(error, match=armature.name):
        pose(armature)
    with contextlib.suppress(RuntimeError):  # Detect refuses in words, or keeps what was found and asks
        bpy.ops.contrapposto.detect_bones()
    assert "All of These" not in draw(PANEL, width=4000).texts()
    with pytest.raises(RuntimeError, match=r"Press Detect first|cannot be posed without|may be no human body"):
        bpy.ops.contrapposto.confirm_joint(joint="")
    with pytest.raises(error, match=armature.name):
        pose(armature)


# Show on Rig


def test_show_makes_a_hidden_armature_visible(humanoid, capfd):
    bpy.ops.contrapposto.detect_bones()
    humanoid.hide_set(True)
    assert bpy.ops.contrapposto.show_bones(joint="left_hip") == {"FINISHED"}
    assert humanoid.visible_get()
    assert humanoid.mode == "POSE"
    assert "was hidden and is shown now" in reported(capfd)


def test_show_opens_the_collections_that_hide_the_armature(package, humanoid):
    outer, inner = bpy.data.collections.new("Outer"), bpy.data.collections.new("Inner")
    bpy.context.scene.collection.children.link(outer)
    outer.children.link(inner)
    inner.objects.link(humanoid)
    bpy.context.scene.collection.objects.unlink(humanoid)
    layer = bpy.context.view_layer.layer_collection.children["Outer"]
    show = package("rig.selection").show_armature
    for hide in ("exclude", "hide_viewport"):
        setattr(layer, hide, True)
        bpy.context.view_layer.update()
        assert not humanoid.visible_get()
        assert show(humanoid)
        assert humanoid.visible_get()
    humanoid.hide_viewport = inner.hide_viewport = True
    assert show(humanoid)
    assert humanoid.visible_get()
    assert not show(humanoid), "nothing was to be done"
    inner.objects.unlink(humanoid)
    with pytest.raises(package("backend.errors").RigError, match="not in the current view layer"):
        show(humanoid)


def test_the_view_is_framed_in_a_window_alone(package):
    view = package("operators.view")
    assert view.frame_selected(bpy.context) is False
    assert view.frame_selected(SimpleNamespace(window=None)) is False


# Reasons


def test_the_panel_gives_score_and_reason_of_every_joint_in_words(humanoid):
    bpy.ops.contrapposto.detect_bones()
    texts = draw(PANEL, width=4000).texts()
    for joint, match in json.loads(humanoid[KEY])["joints"].items():
        assert f"{match['score']:.0%}, {match['reason']}." in texts, joint
    assert "Left thigh: 98%, named LeftUpLeg after its prefix." in texts
    humanoid.contrapposto_bones.left_foot = ""
    assert "Left toes: no bone." in draw(PANEL, width=4000).texts()


# Locks and numbers that are none


def test_a_rig_that_could_only_slide_is_refused(package, pose, humanoid):
    for bone in humanoid.pose.bones:
        bone.lock_rotation = (True, True, True)
        bone.lock_rotation_w = bone.lock_rotations_4d = True
    with pytest.raises(package("backend.errors").RigError, match=r"Every rotation of Armature .* no bone would turn"):
        pose(humanoid)
    assert humanoid.animation_data is None or humanoid.animation_data.action is None
    humanoid.pose.bones["mixamorig:LeftArm"].lock_rotation = (False, False, False)
    humanoid.pose.bones["mixamorig:LeftArm"].lock_rotation_w = False
    assert set(pose(humanoid).bones) == {"mixamorig:LeftArm", "mixamorig:Hips"}


def test_a_selected_root_with_locked_rotation_still_moves(package, poses, humanoid):
    root = humanoid.pose.bones["mixamorig:Hips"]
    root.lock_rotation, root.lock_rotation_w, root.lock_rotations_4d = (True, True, True), True, True
    package("rig.selection").select_bones(humanoid, [root.name])
    keys = package("rig.keyframes")
    report = keys.pose_and_key(humanoid, poses, options=keys.KeyOptions(frame=1.0, selected_only=True))
    assert report.bones == (root.name,)


def test_a_bone_whose_pose_is_no_number_is_named(package, pose, humanoid):
    humanoid.pose.bones["mixamorig:LeftArm"].location[0] = float("nan")
    with pytest.raises(package("backend.errors").RigError, match="Armature: the pose of mixamorig:LeftArm holds"):
        pose(humanoid)


def test_motion_that_is_no_number_names_rig_bone_and_frame(package, humanoid):
    empty = bpy.data.objects.new("Empty", None)
    bpy.context.scene.collection.objects.link(empty)
    constraint = humanoid.pose.bones["mixamorig:Neck"].constraints.new("CHILD_OF")
    constraint.target, empty.location[0] = empty, float("nan")
    bpy.context.view_layer.update()
    with pytest.raises(package("backend.errors").InputError, match="Armature at frame 1: the pose of mixamorig:Neck"):
        package("rig.motion").read_motion(humanoid, frames=range(1, 3))
