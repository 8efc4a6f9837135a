"""The other readings of a photo, found after the first is posed: by the timer, or as soon as they are asked for."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from choosing import Show, keys_of, pose_of
from fake_layout import draw


@pytest.fixture
def searching(package, monkeypatch):
    """As in a window: the operator ends with the first reading. Turns of the timer are played by hand."""
    other_readings = package("operators.other_readings")
    monkeypatch.setattr(other_readings, "can_wait", lambda: True)
    monkeypatch.setattr(package("operators.estimate_photo"), "can_wait", lambda: True)
    yield other_readings
    if bpy.app.timers.is_registered(other_readings.tick):
        bpy.app.timers.unregister(other_readings.tick)


@pytest.fixture
def first_posed(searching, posed):
    """A rig posed from a photo whose other readings are still to be found."""
    return posed


def run_of(session):
    return session.run_of(bpy.context.scene)


def likelihoods(session):
    return [round(estimate.likelihood, 3) for estimate in run_of(session).result.estimates]


def state(armature):
    """All of Blender's data that a photo changes."""
    scene = bpy.context.scene.contrapposto.result
    return pose_of(armature).tolist(), keys_of(armature), scene.summary, scene.run, scene.reading


def test_the_first_pose_stands_before_any_other_is_looked_for(first_posed, session, searching):
    assert likelihoods(session) == [1.0]
    assert bpy.context.scene.contrapposto.result.reading == 1
    assert bpy.app.timers.is_registered(searching.tick)
    assert "Reading 1 of …" in draw("CONTRAPPOSTO_PT_result").texts()
    assert bpy.ops.contrapposto.choose_reading.poll()


def test_the_timer_finds_the_others_a_step_at_a_time_and_changes_no_data(first_posed, session, searching):
    before = state(first_posed)
    assert searching.tick() == 0.0
    assert likelihoods(session) == [1.0]
    assert searching.tick() == 0.0
    assert searching.tick() is None
    assert likelihoods(session) == [0.6, 0.3, 0.15]
    assert state(first_posed) == before
    assert searching.tick() is None
    assert "Reading 1 of 3 (60 %)" in draw("CONTRAPPOSTO_PT_result").texts()
    bpy.ops.contrapposto.choose_reading(index=3)
    assert bpy.context.scene.contrapposto.result.reading == 3


def test_found_late_they_are_posed_as_if_found_at_once(first_posed, session, photo, package, monkeypatch):
    bpy.ops.contrapposto.choose_reading(index=3)
    late = pose_of(first_posed)
    bpy.ops.contrapposto.choose_reading(index=1)
    monkeypatch.setattr(package("operators.estimate_photo"), "can_wait", lambda: False)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.ops.contrapposto.choose_reading(index=3)
    assert np.allclose(pose_of(first_posed), late, atol=1e-5)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_whoever_asks_before_they_are_found_gets_them_at_once(
    first_posed, session, searching, package, monkeypatch, steps
):
    show, first = Show(package, monkeypatch, session), pose_of(first_posed)
    for _ in range(steps):
        searching.tick()
    assert show.start(step=-1) == {"RUNNING_MODAL"}
    assert not session.searches
    assert session.choosing.shown == 2, "before the first comes the last"
    assert "Reading 3 of 3 (15 %)" in show.told[-1]
    assert not np.allclose(pose_of(first_posed), first, atol=1e-2)
    assert show.event("RET") == {"FINISHED"}
    assert bpy.context.scene.contrapposto.result.reading == 3


def test_where_the_search_finds_no_other_it_is_told(first_posed, session, three_ways, package, monkeypatch):
    three_ways.readings = 1
    show, before = Show(package, monkeypatch, session), state(first_posed)
    assert show.start(step=1) == {"CANCELLED"}
    assert show.reports == [("ERROR", "The picture gave one reading only.")]
    assert session.choosing is None
    assert state(first_posed) == before
    assert "One reading" in draw("CONTRAPPOSTO_PT_result").texts()


def test_a_search_that_fails_leaves_the_first_pose_and_says_why(first_posed, session, three_ways, searching, package):
    three_ways.search_error = package("backend.errors").ModelError("The device is out of memory.")
    before = state(first_posed)
    searching.tick()
    assert searching.tick() is None
    assert state(first_posed) == before
    texts = draw("CONTRAPPOSTO_PT_result", width=900).texts()
    assert "No other readings were found: The device is out of memory." in texts
    with pytest.raises(RuntimeError, match="one reading only"):
        bpy.ops.contrapposto.choose_reading(index=2)


def test_a_bug_in_the_search_is_not_hidden_and_ends_it(first_posed, session, three_ways, searching):
    three_ways.search_error = ZeroDivisionError("a bug")
    searching.tick()
    assert searching.tick() is None, "the timer ends"
    assert session.trouble.sentence == "Looking for other readings failed: ZeroDivisionError: a bug"
    assert not session.searches
    assert "One reading" in draw("CONTRAPPOSTO_PT_result").texts()


def test_undo_and_redo_find_the_readings_again(searching, humanoid, three_ways, photo, session):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.photo("EXEC_DEFAULT", True, filepath=str(photo))
    searching.tick()
    bpy.ops.ed.undo()
    assert run_of(session) is None
    while searching.tick() is not None:
        pass
    assert not bpy.ops.contrapposto.choose_reading.poll()
    bpy.ops.ed.redo()
    assert likelihoods(session) == [0.6, 0.3, 0.15]
    bpy.ops.contrapposto.choose_reading("EXEC_DEFAULT", True, index=2)
    bpy.ops.ed.undo()
    assert bpy.context.scene.contrapposto.result.reading == 1
    assert bpy.ops.contrapposto.choose_reading.poll()


def test_an_older_search_waits_until_it_is_asked_for(first_posed, session, photo, searching):
    older = run_of(session).name
    bpy.ops.contrapposto.photo(filepath=str(photo), blend=0.5)
    while searching.tick() is not None:
        pass
    assert likelihoods(session) == [0.6, 0.3, 0.15]
    assert list(session.searches) == [older]
    bpy.context.scene.contrapposto.result.run = older
    assert bpy.ops.contrapposto.choose_reading(index=3) == {"FINISHED"}
    assert not session.searches


def test_another_job_goes_before(first_posed, session, searching, package):
    session.job = package("operators.session").JobStatus("Pose from Photo", put_back=lambda: None)
    assert searching.tick() == searching.PAUSE_S
    session.job = None
    assert searching.tick() == 0.0


@pytest.mark.parametrize("way", ["file", "disabled"])
def test_what_lets_go_of_the_photo_ends_the_search(first_posed, session, searching, three_ways, tmp_path, way):
    searching.tick()
    if way == "file":
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
        assert "Reading 1" in draw("CONTRAPPOSTO_PT_result").texts()
    else:
        session.release()
    assert three_ways.closed == 1
    assert not session.searches
    assert searching.tick() is None


def test_one_reading_needs_no_search(searching, humanoid, three_ways, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), readings=1)
    assert not session.searches
    assert "One reading" in draw("CONTRAPPOSTO_PT_result").texts()


def test_a_correction_takes_the_other_readings_along(first_posed, session):
    pytest.importorskip("torch")
    assert bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=300.0, y=200.0) == {"FINISHED"}
    assert len(likelihoods(session)) == 3
    assert bpy.ops.contrapposto.choose_reading(index=2) == {"FINISHED"}
