"""Words with a picture: readings that agree come first, it is said which do what, and more are looked for."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from fake_layout import draw

RIGHT_KNEE = 5


@pytest.fixture
def knees(three_ways):
    """Three readings of a photo: the right knee straight, bent by 0.4 and by 0.8 radians (23 and 46 degrees)."""
    return three_ways


def result():
    return bpy.context.scene.contrapposto.result


def bends(session):
    """Degrees that the right knee is bent by in each reading, in their order."""
    estimates = session.run_of(bpy.context.scene).result.estimates
    return [float(np.degrees(each.poses.rotations[0, RIGHT_KNEE, 0])) for each in estimates]


def test_the_reading_that_agrees_comes_first(humanoid, knees, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), words="right knee bent 45 degrees")
    assert bends(session)[0] == pytest.approx(45.8, abs=0.1)
    assert len(bends(session)) == 3
    assert "“right knee bent 45 degrees”: reading 1." in result().notes
    shares = [each.likelihood for each in session.run_of(bpy.context.scene).result.estimates]
    assert sum(shares) == pytest.approx(1.0)
    bpy.context.view_layer.update()
    upper, lower = (humanoid.pose.bones[f"mixamorig:Right{name}"].vector for name in ("UpLeg", "Leg"))
    assert np.degrees(upper.angle(lower)) == pytest.approx(45.8, abs=4.0)


def test_words_look_at_three_readings_though_one_is_wanted(humanoid, knees, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), words="right knee bent 45 degrees", readings=1)
    assert bends(session) == [pytest.approx(45.8, abs=0.1)]


def test_where_none_agrees_more_are_looked_for_and_what_each_does_is_said(humanoid, knees, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), words="right knee bent 110 degrees, left knee straight")
    assert bends(session)[0] == pytest.approx(45.8, abs=0.1)
    assert "no reading of the picture does all of it; the first is nearest to it" in result().notes
    assert "Right knee bent by 110°: no reading." in result().notes
    assert "Left knee straight: readings 1, 2 and 3." in result().notes
    knees.readings = 6
    several = SimpleNamespace(estimate=print, others=print)
    session.models(None).estimator = lambda _solver: several
    bpy.ops.contrapposto.photo(filepath=str(photo), words="right knee bent 110 degrees")
    assert bends(session)[0] == pytest.approx(np.degrees(2.0), abs=0.1)
    assert len(bends(session)) == 3


def test_where_all_agree_the_order_stays(humanoid, knees, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), words="left knee straight")
    assert bends(session) == pytest.approx([0.0, 22.9, 45.8], abs=0.1)
    assert "every reading agrees" in result().notes


@pytest.mark.parametrize(
    ("words", "reason"),
    [("bend the right knee more", "says how to change a pose"), ("melancholy", "nothing that can be measured")],
)
def test_words_that_settle_nothing_are_refused_and_nothing_is_changed(humanoid, knees, photo, words, reason):
    with pytest.raises(RuntimeError, match=reason):
        bpy.ops.contrapposto.photo(filepath=str(photo), words=words)
    assert not result().summary
    assert humanoid.animation_data is None or humanoid.animation_data.action is None


def test_the_field_is_in_the_panels_and_is_taken_from_the_scene(humanoid, knees, photo, session):
    for panel in ("CONTRAPPOSTO_PT_photo", "CONTRAPPOSTO_PT_sketch"):
        assert ("prop", "words") in draw(panel).drawn
    bpy.context.scene.contrapposto.options.words = "right knee bent 45 degrees"
    operators = package_of(session).fill_options
    operator = SimpleNamespace(properties=SimpleNamespace(is_property_set=lambda _name: False))
    operators(operator, bpy.context.scene.contrapposto.options)
    assert operator.words == "right knee bent 45 degrees"


def package_of(session):
    import importlib

    return importlib.import_module(type(session).__module__.replace("session", "estimate_photo"))


def test_with_a_window_words_wait_for_all_readings(package, session):
    operators = package("operators.estimate_photo")
    patch = pytest.MonkeyPatch()
    patch.setattr(operators, "can_wait", lambda: True)
    try:
        assert operators.first_readings(SimpleNamespace(words="", readings=3)) == 1
        assert operators.first_readings(SimpleNamespace(words="left leg behind", readings=3)) == 3
    finally:
        patch.undo()


@pytest.mark.parametrize(("turn", "words"), [(-90.0, "facing left"), (90.0, "facing right")])
def test_facing_is_as_the_viewer_sees_it(package, photos, turn, words):
    """Somebody turned by -90 degrees about y looks to the picture's left."""
    picture, pipeline = package("backend.text_on_picture"), package("backend.text_pipeline")
    program, _ = package("backend.job").run_job(pipeline.understand(pipeline.TextRequest(words)))
    (constraint,) = picture._measurable(program, words)
    rotations = np.zeros((24, 3))
    rotations[0, 1] = np.radians(turn)
    body = package("backend.text.measures").Body.posed(rotations[None])
    assert all(bool(check.holds(body)[0]) for check in constraint.checks)


def test_a_camera_that_looks_from_the_side_turns_what_it_sees(package, photos):
    picture = package("backend.text_on_picture")
    estimate = photos.estimate(0)
    about = package("backend.rotations").axis_angle_to_matrix(np.array([[0.0, np.radians(-60.0), 0.0]]))
    from dataclasses import replace

    seen = picture.seen_rotations(replace(estimate, camera_turn=about.astype(np.float32)))
    assert np.degrees(seen[0]) == pytest.approx([0.0, -60.0, 0.0], abs=1e-3)
