"""Where keys came from: noted on the Action, undone with the keys, and solved again to the same pose."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

import fake_sketch
import fake_video
import views
from choosing import keys_of, pose_of
from drawn_over_rig import Drawing, grease_pencil, view_of
from fake_layout import draw

KEY = "contrapposto_provenance"
KNEE, LEFT_ARM = "mixamorig:RightLeg", "mixamorig:LeftArm"


@pytest.fixture
def rig_provenance(package):
    return package("rig.provenance")


def record_of(package, armature, frame=None):
    frame = bpy.context.scene.frame_current_final if frame is None else frame
    return package("rig.provenance").record_at(armature, frame)


def degrees(one, other):
    """The largest angle between the bones of two poses, (B, 4, 4) each."""
    apart = np.linalg.norm(one[:, :3, :3] - other[:, :3, :3], axis=(1, 2))  # of rotations: sqrt(8) sin(angle / 2)
    return float(np.degrees(2.0 * np.arcsin(np.clip(apart / np.sqrt(8.0), 0.0, 1.0))).max())


def disturb(armature):
    """Other keys in the place of those that were made."""
    for name in (KNEE, LEFT_ARM):
        bone = armature.pose.bones[name]
        bone.rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
        bone.keyframe_insert("rotation_quaternion")
    bpy.context.view_layer.update()


def same_again(armature, before, **given):
    """Solve again, and compare with the pose of before: degrees and metres."""
    assert bpy.ops.contrapposto.solve_again(**given) == {"FINISHED"}
    after = pose_of(armature)
    assert np.abs(after[:, :3, 3] - before[:, :3, 3]).max() < 1e-3
    return degrees(before, after)


def test_a_photo_is_noted_with_all_that_it_takes_to_do_it_again(posed, photo, package):
    record = record_of(package, posed)
    assert (record.kind, record.frames, record.person, record.reading) == ("photo", (10.0, 10.0), 1, 1)
    assert record.source.path == str(photo)
    hashed = package("backend.source_hash").hash_file(photo)
    assert record.source.hash == hashed
    assert record.settings["readings"] == 3
    assert record.settings["limbs"] == "FK"
    assert record.settings["solver"] == "AUTOMATIC"
    entries = package("backend.weights.registry").model_entries()
    assert record.models == {name: entries[name].sha256 for name in ("pose_detection", "pose_landmark_full", "pose")}
    assert len(record.rig) == 40
    assert len(record.bone_map) == 64
    assert record.before is None, "an exact pose does not depend on the one before"
    assert record_of(package, posed, 1.0) is None, "the artist's own key was made from nothing"


def test_a_path_is_kept_beside_the_file(humanoid, photos, tmp_path, package):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    humanoid = bpy.data.objects[humanoid.name]
    bpy.context.view_layer.objects.active = humanoid
    (tmp_path / "references").mkdir()
    picture = tmp_path / "references" / "tänzer.png"
    picture.write_bytes(b"a picture")
    bpy.ops.contrapposto.photo(filepath=str(picture))
    record = record_of(package, humanoid)
    assert record.source.path == "//references/tänzer.png"
    assert package("rig.provenance").found_path(record.source.path) == picture


@pytest.mark.parametrize("reading", [1, 2, 3])
def test_the_reading_that_was_chosen_is_solved_again(posed, package, three_ways, reading):
    if reading > 1:
        bpy.ops.contrapposto.choose_reading(index=reading)
    assert record_of(package, posed).reading == reading
    before, read = pose_of(posed), len(three_ways.read)
    disturb(posed)
    assert degrees(before, pose_of(posed)) > 20.0
    assert same_again(posed, before) < 0.01
    assert len(three_ways.read) == read, "the picture is still in memory"
    assert bpy.context.scene.contrapposto.result.reading == reading
    assert record_of(package, posed).reading == reading
    assert len(package("rig.provenance").provenance_of(posed.animation_data.action).records) == 1


@pytest.mark.parametrize("given", [{"blend": 0.3}, {"flip": True}, {"person": 2}, {"limbs": "IK", "in_place": True}])
def test_settings_and_person_of_then_count_and_not_those_of_now(humanoid, photos, photo, given, session):
    photos.people = 3
    humanoid.pose.bones[LEFT_ARM].rotation_quaternion = (0.9, 0.0, 0.3, 0.3)
    bpy.context.scene.frame_set(7)
    bpy.ops.contrapposto.photo(filepath=str(photo), **given)
    before = pose_of(humanoid)
    disturb(humanoid)
    session.release()  # as in another session
    bpy.context.scene.contrapposto.options.blend = 0.8
    assert same_again(humanoid, before) < 0.01


def test_only_the_bones_of_then_are_keyed_again(humanoid, photos, photo, package):
    selection = package("rig.selection")
    selection.select_bones(humanoid, [LEFT_ARM])
    bpy.ops.contrapposto.photo(filepath=str(photo), selected_only=True)
    keyed, before = set(keys_of(humanoid)), pose_of(humanoid)
    assert record_of(package, humanoid).bones == (LEFT_ARM,)
    selection.select_bones(humanoid, [KNEE])
    assert same_again(humanoid, before) < 0.01
    assert set(keys_of(humanoid)) == keyed
    assert [bone.name for bone in humanoid.pose.bones if selection.is_selected(bone)] == [KNEE]


def test_undo_takes_the_note_away_with_the_keys(humanoid, photos, photo, package):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.ops.ed.undo_push(message="posed")
    bpy.context.scene.frame_set(20)
    bpy.ops.contrapposto.photo(filepath=str(photo), flip=True)
    bpy.ops.ed.undo_push(message="posed twice")
    action = bpy.data.objects["Armature"].animation_data.action
    assert len(package("rig.provenance").provenance_of(action).records) == 2
    bpy.ops.ed.undo()
    action = bpy.data.objects["Armature"].animation_data.action
    records = package("rig.provenance").provenance_of(action).records
    assert [record.frames for record in records] == [(1.0, 1.0)]
    bpy.ops.ed.undo()
    data = bpy.data.objects["Armature"].animation_data
    assert data is None or data.action is None


def test_a_changed_source_is_said_and_used_only_when_the_artist_says_so(posed, photo, three_ways, package):
    photo.write_bytes(b"another picture")
    keys = keys_of(posed)
    with pytest.raises(RuntimeError, match=r"content has changed.*Even From a Changed Source"):
        bpy.ops.contrapposto.solve_again()
    assert keys_of(posed) == keys
    before = pose_of(posed)
    assert same_again(posed, before, accept=True) < 0.01
    assert record_of(package, posed).source.hash == package("backend.source_hash").hash_file(photo)


def test_a_missing_source_is_said_and_nothing_changes(posed, photo):
    photo.unlink()
    keys, text = keys_of(posed), posed.animation_data.action[KEY]
    for accept in (False, True):
        with pytest.raises(RuntimeError, match="is not there"):
            bpy.ops.contrapposto.solve_again(accept=accept)
    assert keys_of(posed) == keys
    assert posed.animation_data.action[KEY] == text


def test_a_failure_in_the_middle_leaves_pose_keys_and_playhead(posed, three_ways, package, session):
    session.release()
    bpy.context.scene.frame_set(10, subframe=0.4)
    keys, before = keys_of(posed), pose_of(posed)
    three_ways.pose_error = package("backend.errors").InputError("too little is seen.")
    with pytest.raises(RuntimeError, match="too little is seen"):
        bpy.ops.contrapposto.solve_again()
    assert keys_of(posed) == keys
    assert np.allclose(pose_of(posed), before, atol=1e-6)
    assert bpy.context.scene.frame_current_final == pytest.approx(10.4)


def test_what_changed_since_is_told(posed, package, session, monkeypatch):
    noted = record_of(package, posed)
    note = package("rig.provenance").note
    note(posed.animation_data.action, replace(noted, models={**noted.models, "pose": "0" * 64}, bone_map="0" * 64))
    assert bpy.ops.contrapposto.check_source() == {"FINISHED"}
    told = " ".join(session.checked[1])
    assert "Other models are used now than then: pose." in told
    assert "bone map" in told
    note(posed.animation_data.action, noted)
    bpy.ops.contrapposto.check_source()
    assert session.checked[1] == ("The source and the models are as they were.",)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"version":9,"records":[]}', 7, "null"])
def test_a_hostile_note_disables_the_button_and_is_replaced_by_the_next_pose(posed, photo, package, text):
    posed.animation_data.action[KEY] = text
    assert not bpy.ops.contrapposto.solve_again.poll()
    draw("CONTRAPPOSTO_PT_provenance")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert record_of(package, posed).kind == "photo"


def test_a_note_cannot_set_anything_but_a_pose(posed, package):
    types = package("backend.provenance")
    noted = replace(record_of(package, posed), before=types.Before({"data.display_type": ((0, 1.0),)}))
    package("rig.provenance").note(posed.animation_data.action, noted)
    kept = posed.data.display_type
    with pytest.raises(RuntimeError, match="no longer has the channels"):
        bpy.ops.contrapposto.solve_again()
    assert posed.data.display_type == kept


def test_the_panel_says_where_the_pose_came_from(posed, photo, package):
    texts = draw("CONTRAPPOSTO_PT_provenance").texts()
    assert photo.name in texts
    assert "Frame 10" in texts
    bpy.context.scene.frame_set(4)
    assert photo.name not in draw("CONTRAPPOSTO_PT_provenance").texts()


@pytest.fixture
def without_torch(package, session, monkeypatch):
    pytest.importorskip("scipy", reason="poses are computed with scipy")
    errors = package("backend.errors")

    class Models:
        def text_generator(self):
            raise errors.MissingPackageError("torch is not there.")

    monkeypatch.setattr(session, "models", lambda _chosen: Models())


SENTENCE = "Left arm raised straight up, right knee bent 90 degrees"


def test_a_sentence_is_solved_again_with_its_seed_and_alternative(humanoid, without_torch, package, session):
    bpy.ops.contrapposto.text(prompt=SENTENCE, seed=5, alternatives=3)
    if len(session.run_of(bpy.context.scene).result.estimates) > 1:
        bpy.ops.contrapposto.choose_reading(index=2)
    record, before = record_of(package, humanoid), pose_of(humanoid)
    assert (record.kind, record.sentence, record.seed, record.person) == ("text", SENTENCE, 5, 0)
    assert json.loads(record.understood)["elements"]
    disturb(humanoid)
    assert same_again(humanoid, before) < 0.01


def test_an_edit_is_done_again_from_the_pose_that_it_began_with(humanoid, without_torch, package):
    bpy.ops.contrapposto.text(prompt=SENTENCE)
    bpy.context.scene.frame_set(20)
    bpy.ops.contrapposto.text(prompt="bend the left elbow by 60 degrees", edit=True)
    record, before = record_of(package, humanoid), pose_of(humanoid)
    assert record.before is not None
    assert same_again(humanoid, before) < 0.01, "and not bent by another 60 degrees"
    records = package("rig.provenance").provenance_of(humanoid.animation_data.action).records
    assert [each.frames[0] for each in records] == [1.0, 20.0]


def test_strokes_are_read_again_from_the_view_of_then(humanoid, package, session, monkeypatch):
    sketches = fake_sketch.install(package, monkeypatch)
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    strokes = grease_pencil(drawing.strokes)
    bpy.ops.contrapposto.sketch_strokes(relax_hands=False, **views.given(drawing.view))
    record, before = record_of(package, humanoid), pose_of(humanoid)
    assert record.kind == "strokes"
    assert len(record.settings["view_matrix"]) == 16
    disturb(humanoid)
    assert same_again(humanoid, before) < 0.01
    strokes.location.x += 0.4
    bpy.context.view_layer.update()
    with pytest.raises(RuntimeError, match="no longer those"):
        bpy.ops.contrapposto.solve_again()


def test_a_drawing_is_solved_again(humanoid, package, session, monkeypatch, tmp_path):
    sketches = fake_sketch.install(package, monkeypatch)
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    import cv2

    path = tmp_path / "drawing.png"
    picture = np.full((480, 480, 3), 255, np.uint8)
    cv2.rectangle(picture, (100, 60), (300, 420), (0, 0, 0), 4)
    cv2.imwrite(str(path), picture)
    bpy.ops.contrapposto.sketch(filepath=str(path))
    record, before = record_of(package, humanoid), pose_of(humanoid)
    assert (record.kind, record.person) == ("sketch", 1)
    disturb(humanoid)
    assert same_again(humanoid, before) < 0.01


def test_a_video_is_keyed_again_over_its_frames(humanoid, package, session, monkeypatch, tmp_path):
    videos = fake_video.install(package, monkeypatch)
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a video that the fake reader never opens")
    bpy.context.scene.frame_set(11)
    bpy.context.scene.render.fps = 24
    given = {"keys": "DENSE", "smoothing_hz": 8.0, "camera_motion": True}
    assert bpy.ops.contrapposto.video(filepath=str(path), **given) == {"FINISHED"}
    record = record_of(package, humanoid, 20.0)
    assert (record.kind, record.frames) == ("video", (11.0, 34.0))
    keys = keys_of(humanoid)
    bpy.context.scene.frame_set(20)
    disturb(humanoid)
    session.release()
    read = videos.read
    assert bpy.ops.contrapposto.solve_again() == {"FINISHED"}
    assert videos.read > read, "another session reads it again"
    assert videos.camera_motion == [True, True], "and as it was read"
    after = keys_of(humanoid)
    assert keys.keys() == after.keys()
    for place, points in keys.items():
        assert np.allclose(points, after[place], atol=1e-4), place
    assert bpy.context.scene.frame_current == 20, "the playhead stays"
    assert len(package("rig.provenance").provenance_of(humanoid.animation_data.action).records) == 1


def test_a_real_photo_and_a_real_sentence_come_out_the_same(humanoid, package, session):
    pytest.importorskip("torch", reason="the pose model runs in torch")
    pytest.importorskip("ai_edge_litert", reason="people are found with LiteRT")
    photo = Path(__file__).parents[2] / "samples" / "photo.jpg"
    bpy.ops.contrapposto.photo(filepath=str(photo), readings=2)
    photo_pose = pose_of(humanoid)
    bpy.context.scene.frame_set(30)
    bpy.ops.contrapposto.text(prompt="a tired old man sits", seed=3)
    text_pose = pose_of(humanoid)
    assert same_again(humanoid, text_pose) < 0.01
    session.release()
    bpy.context.scene.frame_set(1)
    disturb(humanoid)
    assert same_again(humanoid, photo_pose) < 0.01
    bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=500.0, y=300.0)
    corrected = pose_of(humanoid)
    assert degrees(photo_pose, corrected) > 5.0
    assert record_of(package, humanoid).moved == {"left_wrist": (500.0, 300.0)}
    disturb(humanoid)
    session.release()
    assert same_again(humanoid, corrected) < 0.01, "with the keypoint where it was put"


def test_a_real_video_is_keyed_again_from_its_cache(humanoid, package, session, tmp_path, shared_data):
    pytest.importorskip("torch", reason="the pose model runs in torch")
    pytest.importorskip("ai_edge_litert", reason="people are found with LiteRT")
    video = shared_data / "videos" / "mmhuman3d_single_person_demo.mp4"
    if not video.is_file():
        pytest.skip("the video is not there")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    rig = bpy.data.objects["Armature"]
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.contrapposto.video(filepath=str(video), end=8) == {"FINISHED"}
    keys = keys_of(rig)
    session.release()
    bpy.context.scene.frame_set(4)
    disturb(rig)
    assert bpy.ops.contrapposto.solve_again() == {"FINISHED"}
    after = keys_of(rig)
    assert keys.keys() == after.keys()
    for place, points in keys.items():
        assert np.allclose(points, after[place], atol=1e-4), place


@pytest.fixture
def striped(humanoid, package, session, monkeypatch, tmp_path):
    """A rig whose motion of a video plays from an NLA strip, from frame 10 on."""
    fake_video.install(package, monkeypatch)
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a video that the fake reader never opens")
    bpy.context.scene.render.fps = 24
    bpy.context.scene.frame_set(10)
    assert bpy.ops.contrapposto.video(filepath=str(path), destination="NLA") == {"FINISHED"}
    assert humanoid.animation_data.action is None
    return humanoid


def strip_in(armature):
    return armature.animation_data.nla_tracks[0].strips[0]


def test_a_strip_says_where_its_motion_came_from(striped, package):
    module = package("operators.solve_again")
    bpy.context.scene.frame_set(12)
    record = module.record_here(bpy.context)
    assert (record.kind, record.frames[0]) == ("video", 10.0)
    texts = draw("CONTRAPPOSTO_PT_provenance", width=600).texts()
    assert "dance.mp4" in texts
    assert "press Tab in the NLA Editor" in texts
    assert not bpy.ops.contrapposto.solve_again.poll()
    assert bpy.ops.contrapposto.check_source() == {"FINISHED"}
    bpy.context.scene.frame_set(4)
    assert module.record_here(bpy.context) is None, "the strip does not play there"


@pytest.mark.parametrize("change", ["moved", "slower", "backwards", "twice"])
def test_a_strip_that_was_changed_is_asked_in_its_own_time(striped, package, change):
    module, strip = package("rig.strip_source"), strip_in(striped)
    first, last = strip.action_frame_start, strip.action_frame_end
    if change == "moved":
        strip.frame_end, strip.frame_start = strip.frame_end + 100.0, strip.frame_start + 100.0
        assert module.frame_in_action(strip, strip.frame_start + 3.0) == pytest.approx(first + 3.0)
    elif change == "slower":
        strip.scale = 2.0
        assert module.frame_in_action(strip, strip.frame_start + 6.0) == pytest.approx(first + 3.0)
    elif change == "backwards":
        strip.use_reverse = True
        assert module.frame_in_action(strip, strip.frame_start + 3.0) == pytest.approx(last - 3.0)
    else:
        strip.repeat = 2.0
        assert module.frame_in_action(strip, strip.frame_start + (last - first) + 3.0) == pytest.approx(first + 3.0)
    assert module.frame_in_action(strip, strip.frame_end) == pytest.approx(
        first if change == "backwards" else last, abs=1e-3
    )
    bpy.context.scene.frame_set(int(strip.frame_start) + 2)
    assert module.strip_source_at(striped, strip.frame_start + 2.0).record.kind == "video"


def test_a_strip_that_is_not_heard_says_nothing(striped, package):
    source_at = package("rig.strip_source").strip_source_at
    assert source_at(striped, 12.0).strip == strip_in(striped).name
    strip_in(striped).mute = True
    assert source_at(striped, 12.0) is None


def test_the_action_above_the_strips_comes_first(striped, photos, photo, package):
    bpy.context.scene.frame_set(12)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    module = package("operators.solve_again")
    assert module.record_here(bpy.context).kind == "photo"
    assert module.strip_here(bpy.context) == ""
    bpy.context.scene.frame_set(20)
    assert module.record_here(bpy.context).kind == "video"


def test_in_tweak_mode_the_strip_is_solved_again(striped, package):
    animation = striped.animation_data
    track = animation.nla_tracks[0]
    animation.nla_tracks.active, track.select = track, True
    track.strips[0].select = True
    animation.use_tweak_mode = True
    if animation.action is None:
        pytest.skip("this Blender enters tweak mode only from its editor")
    bpy.context.scene.frame_set(12)
    before = pose_of(striped)
    assert bpy.ops.contrapposto.solve_again.poll()
    assert same_again(striped, before) < 0.1
    animation.use_tweak_mode = False
    assert len(animation.nla_tracks) == 1
    assert [action.name for action in bpy.data.actions] == ["dance"]
