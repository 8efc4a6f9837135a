"""Sentences in Blender: a rig is posed and edited, alternatives are chosen, constraints switched, all of it undone."""

from __future__ import annotations

import json
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from choosing import keys_of, pose_of, same_keys
from fake_layout import draw

pytest.importorskip("scipy", reason="poses are computed with scipy")

LEFT_ARM, RIGHT_ARM = "mixamorig:LeftArm", "mixamorig:RightArm"
LEFT_FOREARM = "mixamorig:LeftForeArm"
RIGHT_THIGH, RIGHT_SHIN = "mixamorig:RightUpLeg", "mixamorig:RightLeg"


@pytest.fixture
def without_torch(package, session, monkeypatch):
    """No text model can run."""
    errors = package("backend.errors")

    def missing():
        raise errors.MissingPackageError("torch is not there.")

    models = SimpleNamespace(text_generator=missing)
    monkeypatch.setattr(session, "models", lambda _chosen: models)
    return models


@pytest.fixture
def rig(humanoid, without_torch):
    """A rig at frame 10, the arms hanging, with a key of its own at frame 1."""
    knee = humanoid.pose.bones[RIGHT_SHIN]
    knee.keyframe_insert("rotation_quaternion", frame=1.0)
    bpy.context.scene.frame_set(10)
    return humanoid


def result():
    return bpy.context.scene.contrapposto.result


def direction(armature, bone):
    """The unit vector along a bone, in the armature's axes."""
    bpy.context.view_layer.update()
    vector = np.array(armature.pose.bones[bone].vector)
    return vector / np.linalg.norm(vector)


def angle(one, other):
    """Degrees."""
    return float(np.degrees(np.arccos(np.clip(np.dot(one, other), -1.0, 1.0))))


def bent(armature, upper, lower):
    """Degrees that a limb is bent by."""
    return angle(direction(armature, upper), direction(armature, lower))


def test_a_sentence_poses_and_keys_the_rig_at_the_playhead(rig):
    assert bpy.ops.contrapposto.text(prompt="Left arm raised straight up, right knee bent 90 degrees") == {"FINISHED"}
    assert angle(direction(rig, LEFT_ARM), (0.0, 0.0, 1.0)) < 25.0
    assert bent(rig, RIGHT_THIGH, RIGHT_SHIN) == pytest.approx(90.0, abs=13.0)
    frames = {frame for points in keys_of(rig).values() for frame, _ in points}
    assert frames == {1.0, 10.0}
    assert result().operator == "contrapposto.text"
    assert result().sentence == "Left arm raised straight up, right knee bent 90 degrees"
    assert len(result().constraints) >= 2
    assert all(row.used and row.held and row.name for row in result().constraints)


def test_the_lowest_place_of_the_body_stands_on_the_ground(rig):
    bpy.ops.contrapposto.text(prompt="Squatting")
    bpy.context.view_layer.update()
    lowest = min(bone.tail.z for bone in rig.pose.bones)
    standing = min(bone.bone.tail_local.z for bone in rig.pose.bones)
    assert lowest == pytest.approx(standing, abs=0.12)


def test_alternatives_are_chosen_like_readings(rig, session):
    bpy.ops.contrapposto.text(prompt="Left hand on the head", alternatives=4)
    count = len(session.run_of(bpy.context.scene).result.estimates)
    assert 2 <= count <= 4
    first = pose_of(rig)
    assert bpy.ops.contrapposto.choose_reading(index=2) == {"FINISHED"}
    assert result().reading == 2
    assert not np.allclose(pose_of(rig), first, atol=1e-2)
    bpy.ops.contrapposto.choose_reading(index=1)
    assert np.allclose(pose_of(rig), first, atol=1e-5)


def test_the_same_seed_gives_the_same_pose_and_another_seed_others(rig):
    poses = []
    for seed in (3, 3, 4):
        bpy.ops.contrapposto.text(prompt="Left hand on the head", seed=seed, alternatives=2)
        bpy.ops.contrapposto.choose_reading(index=2)
        poses.append(pose_of(rig))
    assert np.allclose(poses[0], poses[1], atol=1e-5)
    assert not np.allclose(poses[0], poses[2], atol=1e-2)


def test_an_edit_changes_what_it_names_and_nothing_else(rig):
    bpy.ops.contrapposto.text(prompt="Left arm out to the side, right knee bent 60 degrees")
    before = {bone.name: bone.matrix_basis.copy() for bone in rig.pose.bones}
    was = bent(rig, LEFT_ARM, LEFT_FOREARM)
    assert bpy.ops.contrapposto.text(prompt="Bend the left elbow by 50 degrees", edit=True) == {"FINISHED"}
    assert bent(rig, LEFT_ARM, LEFT_FOREARM) == pytest.approx(was + 50.0, abs=13.0)
    for name in (RIGHT_ARM, RIGHT_THIGH, RIGHT_SHIN, "mixamorig:Spine1", "mixamorig:Head"):
        now = rig.pose.bones[name].matrix_basis
        assert np.allclose(np.array(now), np.array(before[name]), atol=1e-4), name


def test_an_edit_begins_with_the_pose_that_is_shown_though_it_is_not_keyed(rig):
    bpy.ops.contrapposto.text(prompt="Arms hanging")
    knee = rig.pose.bones[RIGHT_SHIN]
    knee.rotation_quaternion = (np.cos(0.6), np.sin(0.6), 0.0, 0.0)
    bpy.context.view_layer.update()
    shown = bent(rig, RIGHT_THIGH, RIGHT_SHIN)
    assert shown > 40.0
    bpy.ops.contrapposto.text(prompt="Raise the left arm", edit=True)
    assert bent(rig, RIGHT_THIGH, RIGHT_SHIN) == pytest.approx(shown, abs=0.5)


def test_it_is_one_undo_step(rig):
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    before = pose_of(rig)
    bpy.ops.contrapposto.text("EXEC_DEFAULT", True, prompt="Left arm up")
    posed = pose_of(bpy.data.objects[name])
    assert not np.allclose(posed, before, atol=1e-2)
    bpy.ops.contrapposto.text("EXEC_DEFAULT", True, prompt="Bend the right knee more", edit=True)
    bpy.ops.ed.undo()
    assert np.allclose(pose_of(bpy.data.objects[name]), posed, atol=1e-5)
    assert result().sentence == "Left arm up"
    bpy.ops.ed.undo()
    assert np.allclose(pose_of(bpy.data.objects[name]), before, atol=1e-5)


def test_a_constraint_is_switched_off_and_on_again(rig, session):
    bpy.ops.contrapposto.text(prompt="Left arm straight up, right knee bent 90 degrees")
    first, keys = pose_of(rig), keys_of(rig)
    knee = next(n for n, row in enumerate(result().constraints, 1) if "knee" in row.name.lower())
    assert bpy.ops.contrapposto.text_switch(index=knee) == {"FINISHED"}
    assert not result().constraints[knee - 1].used
    assert bent(rig, RIGHT_THIGH, RIGHT_SHIN) < 45.0
    assert angle(direction(rig, LEFT_ARM), (0.0, 0.0, 1.0)) < 25.0
    bpy.ops.contrapposto.text_switch(index=knee)
    assert result().constraints[knee - 1].used
    assert np.allclose(pose_of(rig), first, atol=1e-4)
    assert same_keys(keys_of(rig), keys)


def test_a_switch_is_one_undo_step(rig):
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.text("EXEC_DEFAULT", True, prompt="Left arm up, right knee bent 90 degrees")
    posed = pose_of(bpy.data.objects[name])
    bpy.ops.contrapposto.text_switch("EXEC_DEFAULT", True, index=1)
    assert not result().constraints[0].used
    bpy.ops.ed.undo()
    assert result().constraints[0].used
    assert np.allclose(pose_of(bpy.data.objects[name]), posed, atol=1e-5)
    assert bpy.ops.contrapposto.text_switch.poll()


def test_a_switch_in_an_edit_solves_from_the_pose_before_it(rig):
    bpy.ops.contrapposto.text(prompt="Arms hanging")
    before = bent(rig, LEFT_ARM, LEFT_FOREARM)
    bpy.ops.contrapposto.text(prompt="Bend the left elbow by 60 degrees", edit=True)
    assert bent(rig, LEFT_ARM, LEFT_FOREARM) == pytest.approx(before + 60.0, abs=13.0)
    bpy.ops.contrapposto.text_switch(index=1)
    assert bent(rig, LEFT_ARM, LEFT_FOREARM) == pytest.approx(before, abs=1.0)


def test_a_constraint_that_is_not_there_is_refused_in_words(rig):
    bpy.ops.contrapposto.text(prompt="Left arm up")
    with pytest.raises(RuntimeError, match="There is no constraint 40"):
        bpy.ops.contrapposto.text_switch(index=40)


@pytest.mark.parametrize(
    ("prompt", "reason"), [("", "Type a sentence first"), ("  ", "Type a sentence first"), ("ひざまずく", ".+")]
)
def test_what_cannot_be_understood_is_refused_in_words_and_changes_nothing(rig, prompt, reason):
    before, keys = pose_of(rig), keys_of(rig)
    with pytest.raises(RuntimeError, match=reason):
        bpy.ops.contrapposto.text(prompt=prompt)
    assert np.array_equal(pose_of(rig), before)
    assert keys_of(rig) == keys
    assert not result().summary


def test_an_error_while_keying_changes_nothing(package, rig, monkeypatch):
    bpy.ops.contrapposto.text(prompt="Left arm up")
    before, keys, errors = pose_of(rig), keys_of(rig), package("backend.errors")

    def fail(_armature, _plan):
        raise errors.RigError("Nothing can be keyed.")

    monkeypatch.setattr(package("rig.readings"), "key_plan", fail)
    for call in (
        lambda: bpy.ops.contrapposto.text(prompt="Right arm up"),
        lambda: bpy.ops.contrapposto.text_switch(index=1),
    ):
        with pytest.raises(RuntimeError, match="Nothing can be keyed"):
            call()
        assert np.allclose(pose_of(rig), before, atol=1e-6)
        assert same_keys(keys_of(rig), keys)
        assert result().sentence == "Left arm up"
        assert result().constraints[0].used


def test_only_selected_bones_are_keyed(rig):
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")
    for bone in rig.pose.bones:
        selected = bone.name in {LEFT_ARM, LEFT_FOREARM}
        if hasattr(bone, "select"):
            bone.select = selected
        else:
            bone.bone.select = selected
    bpy.ops.contrapposto.text(prompt="Arms up, right knee bent 90 degrees", selected_only=True)
    keyed = {path.split('"')[1] for (path, _), points in keys_of(rig).items() if points[-1][0] == 10.0}
    assert keyed == {LEFT_ARM, LEFT_FOREARM}


def test_flip_takes_the_pose_as_a_mirror_shows_it(rig):
    bpy.ops.contrapposto.text(prompt="Left arm straight up", flip=True)
    assert angle(direction(rig, RIGHT_ARM), (0.0, 0.0, 1.0)) < 25.0
    assert angle(direction(rig, LEFT_ARM), (0.0, 0.0, 1.0)) > 90.0


def test_only_what_the_sentence_tells_is_keyed_where_only_the_sure_is_wanted(rig):
    bpy.ops.contrapposto.text(prompt="Right knee bent 90 degrees", only_sure=True, min_confidence=0.7)
    keyed = {path.split('"')[1] for (path, _), points in keys_of(rig).items() if points[-1][0] == 10.0}
    assert RIGHT_SHIN in keyed
    assert LEFT_ARM not in keyed


def test_words_without_a_body_are_told_of_where_no_model_runs(rig):
    bpy.ops.contrapposto.text(prompt="A tired old man, left arm up")
    assert "was left out, as no text model can run" in result().notes
    assert angle(direction(rig, LEFT_ARM), (0.0, 0.0, 1.0)) < 25.0


def test_a_mood_is_posed_by_the_text_model(humanoid, session):
    pytest.importorskip("torch", reason="the text model runs in torch")
    pytest.importorskip("safetensors", reason="the text model is kept in safetensors")
    bpy.ops.contrapposto.text(prompt="A tired old man, left arm straight up", alternatives=2)
    assert "was left out" not in result().notes
    assert angle(direction(humanoid, LEFT_ARM), (0.0, 0.0, 1.0)) < 25.0
    assert session.run_of(bpy.context.scene).result.program.style


def test_a_language_model_takes_the_place_of_the_grammar(package, rig, monkeypatch):
    language, job = package("backend.text.language"), package("backend.job")
    asked = []

    def ask(question):
        asked.append(question)
        yield job.Progress("Waiting", 0.1)
        return language.Program((language.Raise("left_arm", "forward", 90.0),))

    monkeypatch.setattr(package("preferences").Settings, "language_model", lambda _self: ask)
    bpy.ops.contrapposto.text(prompt="Wie ein Schlafwandler, links")
    assert asked[0].sentence == "Wie ein Schlafwandler, links"
    assert len(asked[0].pose) > 10, "the pose that the rig has is described"
    assert angle(direction(rig, LEFT_ARM), (0.0, -1.0, 0.0)) < 20.0
    assert result().notes == ""


def test_a_language_model_that_fails_is_told_of_and_the_grammar_takes_over(package, rig, monkeypatch):
    errors = package("backend.errors")

    def ask(_question):
        yield package("backend.job").Progress("Waiting", 0.1)
        raise errors.ModelError("The server does not answer.")

    monkeypatch.setattr(package("preferences").Settings, "language_model", lambda _self: ask)
    bpy.ops.contrapposto.text(prompt="Left arm straight up")
    assert "Understood without the language model: The server does not answer." in result().notes
    assert angle(direction(rig, LEFT_ARM), (0.0, 0.0, 1.0)) < 25.0


def test_what_was_understood_is_not_asked_for_again_when_options_are_changed(package, rig, monkeypatch):
    language = package("backend.text.language")
    kept = package("backend.text.codec").program_to_json(
        language.Program((language.Raise("right_arm", "forward", 90.0),))
    )
    monkeypatch.setattr(package("preferences").Settings, "language_model", lambda _self: pytest.fail)
    understood = json.dumps({**kept, "of": ["Left arm up", False]})
    bpy.ops.contrapposto.text(prompt="Left arm up", understood=understood)
    assert angle(direction(rig, RIGHT_ARM), (0.0, -1.0, 0.0)) < 20.0


def test_a_sentence_has_no_picture_to_look_through(rig, session):
    bpy.ops.contrapposto.text(prompt="Left arm up")
    for known in (True, False):
        if not known:  # as after the file was opened again
            session.forget_runs()
        for operator in (bpy.ops.contrapposto.match_camera, bpy.ops.contrapposto.correct_keypoints):
            with pytest.raises(RuntimeError, match="made from a sentence"):
                operator()


def test_a_photo_has_no_constraints_to_switch(posed):
    with pytest.raises(RuntimeError, match="not made from a sentence"):
        bpy.ops.contrapposto.text_switch(index=1)


def test_without_a_sentence_that_was_posed_there_is_nothing_to_switch_in_words(rig, session):
    with pytest.raises(RuntimeError, match="Pose from a sentence first"):
        bpy.ops.contrapposto.text_switch(index=1)
    bpy.ops.contrapposto.text(prompt="Left arm up")
    session.forget_runs()
    gone = "The sentence's pose is no longer known: pose from the sentence again"
    with pytest.raises(RuntimeError, match=gone):
        bpy.ops.contrapposto.text_switch(index=1)
    with pytest.raises(RuntimeError, match=gone):
        bpy.ops.contrapposto.choose_reading(index=1)
    for panel in ("result", "text"):
        words = draw(f"CONTRAPPOSTO_PT_{panel}", width=900).texts()
        assert gone in words, panel
        assert "photo's pose" not in words, panel
    with pytest.raises(RuntimeError, match="Type a sentence first"):
        bpy.ops.contrapposto.text_ask(prompt=" ")


def test_the_pose_is_described(rig):
    bpy.ops.contrapposto.text(prompt="Left arm straight up, right hand on the hip")
    before = pose_of(rig)
    assert bpy.ops.contrapposto.describe() == {"FINISHED"}
    words = bpy.context.scene.contrapposto.text.description
    assert "left" in words.lower()
    assert np.array_equal(pose_of(rig), before)
    bpy.ops.contrapposto.take_sentence(sentence=words)
    assert bpy.context.scene.contrapposto.text.prompt == words


def test_the_last_twenty_sentences_are_kept(package, humanoid):
    preferences = package("preferences")
    for number in range(25):
        preferences.remember_sentence(bpy.context, f"Sentence {number}")
    preferences.remember_sentence(bpy.context, "Sentence 10")
    kept = preferences.last_sentences(bpy.context)
    assert len(kept) == preferences.SENTENCES_KEPT == 20
    assert kept[:2] == ["Sentence 10", "Sentence 24"]
    assert len(set(kept)) == 20


def test_a_key_is_in_no_text_and_not_in_the_file(package, humanoid, tmp_path):
    preferences = bpy.context.preferences.addons[package().__name__].preferences
    preferences.language, preferences.language_key = "SERVER", "sk-very-secret"
    preferences.language_name = "a-model"
    try:
        chosen = package("preferences").settings(bpy.context)
        assert "sk-very-secret" not in repr(chosen)
        assert chosen.language.server_settings().key == "sk-very-secret"
        path = tmp_path / "saved.blend"
        bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False)
        assert b"sk-very-secret" not in path.read_bytes()
        monkey = bpy.context.scene.contrapposto.text
        monkey.prompt = "Left arm up"
        assert bpy.ops.contrapposto.show_request() == {"FINISHED"}
    finally:
        for name in ("language", "language_key", "language_name"):
            preferences.property_unset(name)


def test_the_panel_shows_what_was_understood(rig, session):
    assert "Kneeling" not in draw("CONTRAPPOSTO_PT_text").texts()
    bpy.ops.contrapposto.text(prompt="Left arm up, right knee bent 90 degrees")
    layout = draw("CONTRAPPOSTO_PT_text", width=900)
    switches = [entry for entry in layout.drawn if entry[:2] == ("operator", "contrapposto.text_switch")]
    assert len(switches) == len(result().constraints) >= 2
    for row in result().constraints:
        assert row.name[:20] in layout.texts()
    assert "“Left arm up, right knee bent 90 degrees”" in draw("CONTRAPPOSTO_PT_result", width=900).texts()
    assert "made from a sentence" in draw("CONTRAPPOSTO_PT_camera", width=900).texts()
    session.forget_runs()
    assert "pose from the sentence again" in draw("CONTRAPPOSTO_PT_text", width=900).texts()


def test_sentences_do_not_push_pictures_out(package, rig, session, monkeypatch):
    kept = package("operators.session")
    for _ in range(kept.SENTENCES_KEPT + 3):
        run = SimpleNamespace(result=SimpleNamespace(found=None), name="x")
        session.keep_run(run)
    assert len(session._runs) == kept.SENTENCES_KEPT
    picture = SimpleNamespace(result=SimpleNamespace(found=SimpleNamespace(image=object())), name="picture")
    session.keep_run(picture)
    for _ in range(kept.SENTENCES_KEPT - 1):
        session.keep_run(SimpleNamespace(result=SimpleNamespace(found=None), name="x"))
    assert picture in session._runs
    session._runs.clear()
