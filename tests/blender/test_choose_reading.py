"""Readings looked through on the rig: wheel, arrows, buttons, and every way back. Windows are played by a stand-in."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

from choosing import Show, keys_of, pose_of
from fake_layout import draw

KNEE = "mixamorig:RightLeg"


def result():
    return bpy.context.scene.contrapposto.result


@pytest.fixture
def show(package, monkeypatch, session):
    return Show(package, monkeypatch, session)


def test_readings_are_shown_live_and_only_the_kept_one_is_keyed(posed, show, session):
    keys, first = keys_of(posed), pose_of(posed)
    assert show.start() == {"RUNNING_MODAL"}
    assert np.allclose(pose_of(posed), first, atol=1e-6)
    poses = [first]
    for kind in ("WHEELDOWNMOUSE", "RIGHT_ARROW"):
        assert show.event(kind) == {"RUNNING_MODAL"}
        poses.append(pose_of(posed))
        assert keys_of(posed) == keys, "looking writes no keys"
    assert not np.allclose(poses[1], poses[2], atol=1e-2)
    assert session.choosing.shown == 2
    assert "Reading 3 of 3 (15 %)" in show.told[-1]
    show.event("DOWN_ARROW")
    assert np.allclose(pose_of(posed), first, atol=1e-5), "after the last comes the first"
    show.event("WHEELUPMOUSE")
    assert np.allclose(pose_of(posed), poses[2], atol=1e-5)
    assert show.event("RET") == {"FINISHED"}
    assert np.allclose(pose_of(posed), poses[2], atol=1e-4)
    assert result().reading == 3
    assert show.removed == ["timer"]
    bpy.context.scene.frame_set(1)
    bpy.context.scene.frame_set(10)
    assert np.allclose(pose_of(posed), poses[2], atol=1e-4), "the keys hold what was shown"


@pytest.mark.parametrize("way", ["ESC", "RIGHTMOUSE", "back", "cancel", "disabled", "same"])
def test_each_way_back_restores_pose_and_keys(posed, show, session, way):
    posed.pose.bones[KNEE].location = (0.1, 0.2, 0.3)
    posed.pose.bones["mixamorig:LeftArm"].rotation_quaternion = (0.0, 0.0, 1.0, 0.0)  # not keyed yet
    before, keys = pose_of(posed), keys_of(posed)
    show.start(index=2)
    assert not np.allclose(pose_of(posed), before, atol=1e-2)
    if way == "back":
        bpy.ops.contrapposto.end_choice(keep=False)
        assert show.event("TIMER") == {"CANCELLED"}
    elif way == "cancel":
        show.operator.cancel(show.context)
    elif way == "disabled":
        session.choosing.put_away = lambda: show.operator._put_away(show.context)
        session.stop_choice()
        assert show.event("TIMER") == {"CANCELLED"}
    elif way == "same":
        show.event("LEFT_ARROW")
        assert show.event("LEFTMOUSE") == {"CANCELLED"}
    else:
        assert show.event(way) == {"CANCELLED"}
    assert np.allclose(pose_of(posed), before, atol=1e-6)
    assert keys_of(posed) == keys
    assert result().reading == 1
    assert session.choosing is None
    assert show.removed == ["timer"]
    assert show.told[-1] is not None or way == "cancel" or bpy.data.workspaces.get("none") is None


def test_the_sidebar_has_the_same_buttons(posed, show, session):
    show.start()
    assert show.event("LEFTMOUSE", place="UI") == {"PASS_THROUGH"}
    bpy.ops.contrapposto.step_reading(step=-1)
    assert session.choosing.shown == 2
    texts = draw("CONTRAPPOSTO_PT_result").texts()
    assert "Reading 3 of 3 (15 %)" in texts
    assert "Keep" in texts
    assert "Go Back" in texts
    bpy.ops.contrapposto.end_choice(keep=True)
    assert show.event("TIMER") == {"FINISHED"}
    assert result().reading == 3


def test_while_readings_are_shown_nothing_else_is_done(posed, show, session, photo):
    show.start(index=2)
    with pytest.raises(RuntimeError, match="Keep the reading that is shown"):
        bpy.ops.contrapposto.photo(filepath=str(photo))
    with pytest.raises(RuntimeError, match="A reading is being chosen"):
        bpy.ops.contrapposto.choose_reading(index=2)
    with pytest.raises(RuntimeError, match="Finish what you are doing"):
        bpy.ops.contrapposto.select_unsure()
    for kind, place in (("Z", "WINDOW"), ("LEFTMOUSE", ""), ("WHEELDOWNMOUSE", ""), ("MOUSEMOVE", "WINDOW")):
        assert show.event(kind, place=place) == {"RUNNING_MODAL"}
    assert session.choosing.shown == 1
    assert show.event("MIDDLEMOUSE") == {"PASS_THROUGH"}
    assert show.event("LEFTMOUSE", value="RELEASE") == {"RUNNING_MODAL"}
    show.event("ESC")


def test_a_rig_deleted_while_readings_are_shown_ends_the_choice_in_words(posed, show, session):
    show.start()
    bpy.data.objects.remove(posed)
    assert show.event("RIGHT_ARROW") == {"CANCELLED"}
    assert session.choosing is None
    assert "no longer in the scene" in show.reports[-1][1]


def test_without_a_choice_its_buttons_are_disabled(session):
    assert not bpy.ops.contrapposto.step_reading.poll()
    assert not bpy.ops.contrapposto.end_choice.poll()


@pytest.mark.parametrize("width", [120, 300, 900])
def test_the_panel_shows_the_reading_with_its_buttons(posed, width):
    layout = draw("CONTRAPPOSTO_PT_result", width=width)
    buttons = [entry for entry in layout.drawn if entry[:2] == ("operator", "contrapposto.choose_reading")]
    assert [text for *_, text in buttons] == ["", "1 of 3 (60 %)" if width < 230 else "Reading 1 of 3 (60 %)", ""]


def test_where_there_is_one_reading_the_panel_offers_no_other(humanoid, three_ways, photo):
    three_ways.readings = 1
    bpy.ops.contrapposto.photo(filepath=str(photo))
    texts = draw("CONTRAPPOSTO_PT_result").texts()
    assert "One reading" in texts
    assert "choose_reading" not in texts


def test_one_reading_by_choice_or_by_the_solver_is_told_from_a_clear_picture(humanoid, three_ways, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), readings=1)
    assert "One reading only was asked for: raise Readings" in draw("CONTRAPPOSTO_PT_result", width=2000).texts()
    three_ways.readings = 1
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert "reading only" not in draw("CONTRAPPOSTO_PT_result", width=2000).texts()
    run = session.run_of(bpy.context.scene)
    session.change_run(run.name, lambda kept: replace(kept, result=replace(kept.result, reads_several_ways=False)))
    assert "This solver gives one reading only" in draw("CONTRAPPOSTO_PT_result", width=2000).texts()
    with pytest.raises(RuntimeError, match="the pose model gives several"):
        bpy.ops.contrapposto.choose_reading(index=2)


def test_rigify_readings_are_shown_quickly_and_keyed_as_shown(package, three_ways, photo, show, session):
    import time

    rig = package("rig.rigify_human").make_rigify_human()
    bpy.context.view_layer.objects.active = rig
    bpy.ops.contrapposto.photo(filepath=str(photo), limbs="IK")
    show.start()
    began = time.process_time()
    for _ in range(6):
        show.event("WHEELDOWNMOUSE")
    per_switch = (time.process_time() - began) / 6.0
    assert per_switch < 0.05, f"{per_switch * 1000:.0f} ms a switch"
    show.event("WHEELDOWNMOUSE")
    shown = pose_of(rig)
    assert show.event("RET") == {"FINISHED"}
    assert np.allclose(pose_of(rig), shown, atol=1e-4)
