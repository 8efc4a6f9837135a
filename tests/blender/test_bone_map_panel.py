"""The section "Rig" draws from properties alone, in every state and width; it is looked at in `tests/window`."""

import json
from types import SimpleNamespace

import bpy
import pytest

from fake_layout import Layout, draw

PANEL = "CONTRAPPOSTO_PT_bone_map"
KEY = "contrapposto_bone_map"


@pytest.fixture(autouse=True)
def session(package):
    session = package("operators.session").session
    session.release()
    yield session
    session.release()
    session.job = None


@pytest.fixture
def detected(humanoid):
    bpy.ops.contrapposto.detect_bones()
    return humanoid


def change(armature, **values):
    armature[KEY] = json.dumps({**json.loads(armature[KEY]), **values})


def rows(layout):
    return [entry[1] for entry in layout.drawn if entry[0] == "prop_search"]


def test_without_an_armature_it_says_what_to_do():
    assert "Select an armature first" in draw(PANEL, width=900).texts()


def test_before_detection_it_explains_and_offers_detect(humanoid):
    layout = draw(PANEL, width=900)
    assert "Press Detect to see and change them" in layout.texts()
    assert ("operator", "contrapposto.detect_bones", "Detect") in layout.drawn
    assert not rows(layout)


@pytest.mark.parametrize("width", [120, 200, 300, 900])
def test_a_map_has_a_row_for_every_joint_at_any_width(package, detected, width):
    layout = draw(PANEL, width=width)
    words = package("backend.joint_words")
    assert sorted(rows(layout)) == sorted((*words.BODY_JOINTS, *words.FINGER_JOINTS))
    operators = [entry[1] for entry in layout.drawn if entry[0] == "operator"]
    for name in ("detect_bones", "mirror_bone_map", "save_bone_map_preset", "load_bone_map_preset", "show_bones"):
        assert f"contrapposto.{name}" in operators
    assert ("alert", True) not in layout.drawn


def test_what_is_in_question_is_counted_named_and_marked(detected):
    content = json.loads(detected[KEY])
    content["joints"]["left_hip"] |= {"score": 0.4, "reason": "by its place alone"}
    del content["joints"]["right_knee"]
    change(detected, joints=content["joints"], ask=["left_hip", "right_knee"])
    layout = draw(PANEL, width=2000)
    texts = layout.texts()
    assert "2 joints to check: left thigh, right shin" in texts
    assert "by its place alone" in texts
    assert "No bone was found" in texts
    assert "All of These are Right" not in texts, "an empty joint cannot be confirmed with the others"
    assert ("alert", True) in layout.drawn
    assert [e for e in layout.drawn if e[:2] == ("operator", "contrapposto.confirm_joint")]
    header = Layout()
    bpy.types.CONTRAPPOSTO_PT_bone_map.draw_header_preset(SimpleNamespace(layout=header), bpy.context)
    assert "2 to check" in header.texts()


def test_one_button_confirms_all(detected):
    change(detected, ask=["left_hip", "right_hip"])
    assert "All of These are Right" in draw(PANEL, width=2000).texts()


def test_the_header_is_silent_where_nothing_is_to_be_checked(detected):
    header = Layout()
    bpy.types.CONTRAPPOSTO_PT_bone_map.draw_header_preset(SimpleNamespace(layout=header), bpy.context)
    assert not header.drawn


def test_problems_are_told_in_words(detected):
    change(detected, problems=["The feet point backwards."])
    detected.contrapposto_bones.left_knee = "mixamorig:RightLeg"
    detected.data.bones["mixamorig:Head"].name = "Skull"
    texts = draw(PANEL, width=2000).texts()
    assert "The feet point backwards." in texts
    assert "mixamorig:RightLeg stands for more than one joint" in texts
    assert "No longer in the rig: mixamorig:Head" in texts


def test_further_bones_of_a_chain_are_shown(detected):
    content = json.loads(detected[KEY])
    content["joints"]["left_elbow"]["bones"] = ["mixamorig:LeftForeArm", "mixamorig:LeftTwist"]
    change(detected, joints=content["joints"])
    assert "with mixamorig:LeftTwist" in draw(PANEL, width=2000).texts()


def test_drawing_changes_nothing(detected):
    before = detected[KEY]
    draw(PANEL)
    assert detected[KEY] == before


def test_the_menu_offers_files_and_both_directions(detected):
    layout = Layout()
    bpy.types.CONTRAPPOSTO_MT_bone_map.draw(SimpleNamespace(layout=layout), bpy.context)
    texts = layout.texts()
    for words in ("Left to Right", "Right to Left", "Import", "Export", "Remove"):
        assert words in texts
