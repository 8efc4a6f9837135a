"""The operator that poses from a video: its keys, its preview, what is kept of a stopped run, and keying again."""

from __future__ import annotations

import json
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import fake_video
from choosing import keys_of, pose_of, same_keys
from fake_video import ESCAPE, TICK, play, tick_until

LEFT_ARM, RIGHT_KNEE = "mixamorig:LeftArm", "mixamorig:RightLeg"
START = 11


@pytest.fixture
def videos(package, session, monkeypatch):
    return fake_video.install(package, monkeypatch)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a video that the fake reader never opens")
    return path


@pytest.fixture
def rig(humanoid):
    """A rig with keys of the artist's at frames 1, 15 and 90, the playhead at 11."""
    knee = humanoid.pose.bones[RIGHT_KNEE]
    for frame, angle in ((1, 0.1), (15, 0.5), (90, 0.2)):
        knee.rotation_quaternion = (np.cos(angle), np.sin(angle), 0.0, 0.0)
        knee.keyframe_insert("rotation_quaternion", frame=frame)
    humanoid.animation_data.action.name = "Artist"
    bpy.context.scene.frame_set(START)
    bpy.context.scene.render.fps = 24
    return humanoid


def result():
    return bpy.context.scene.contrapposto.video.result


def name_of_action(armature):
    action = armature.animation_data.action
    return "" if action is None else action.name


def frames_of(armature, bone=LEFT_ARM):
    points = next(points for (path, index), points in keys_of(armature).items() if bone in path and index == 0)
    return [frame for frame, _ in points]


def arm_keys(armature):
    return [points for (path, _), points in keys_of(armature).items() if f'"{LEFT_ARM}"' in path]


def everything(armature):
    return pose_of(armature).copy(), keys_of(armature), sorted(bpy.data.actions.keys())


def same(one, other):
    return np.allclose(one[0], other[0], atol=1e-6) and same_keys(one[1], other[1]) and one[2] == other[2]


def test_the_motion_is_keyed_from_the_playhead_on(rig, videos, file):
    assert bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE") == {"FINISHED"}
    assert frames_of(rig) == [float(START + number) for number in range(videos.frames)]
    assert (result().frames, result().key_frames, result().person) == (videos.frames, videos.frames, 1)
    assert result().seconds == pytest.approx((videos.frames - 1) / 24.0)
    assert not result().reduced


def test_few_keys_keep_the_bound(rig, videos, file):
    bpy.ops.contrapposto.video(filepath=str(file), max_degrees=3.0, max_millimetres=30.0)
    assert result().reduced
    assert 2 <= result().key_frames < videos.frames
    assert 0.0 < result().worst_degrees <= 3.0
    assert 0.0 < result().worst_millimetres <= 30.0


def test_keys_outside_the_range_stay(rig, videos, file):
    bpy.ops.contrapposto.video(filepath=str(file))
    kept = [frame for frame in frames_of(rig, RIGHT_KNEE) if not START <= frame <= START + videos.frames - 1]
    assert kept == [1.0, 90.0]


def test_the_scene_has_its_own_frame_rate(rig, videos, file):
    bpy.context.scene.render.fps = 12
    bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE")
    assert len(frames_of(rig)) == videos.frames // 2


def test_the_range_is_read_and_no_more(rig, videos, file):
    bpy.ops.contrapposto.video(filepath=str(file), start=4, end=9, keys="DENSE")
    assert (videos.read, result().frames) == (6, 6)


def test_it_is_one_undo_step(rig, videos, file):
    name = rig.name
    bpy.ops.ed.undo_push(message="before")
    before = everything(rig)
    bpy.ops.contrapposto.video("EXEC_DEFAULT", True, filepath=str(file))
    assert keys_of(bpy.data.objects[name]) != before[1]
    bpy.ops.ed.undo()
    assert same(everything(bpy.data.objects[name]), before)
    assert not result().run


@pytest.mark.parametrize("where", ["error", "solve_error"])
def test_an_error_leaves_everything_untouched(package, rig, videos, file, monkeypatch, where):
    setattr(videos, where, package("backend.errors").InputError("The video is broken here."))
    before = everything(rig)
    with pytest.raises(RuntimeError, match="broken here"):
        bpy.ops.contrapposto.video(filepath=str(file))
    assert same(everything(rig), before)
    operator, context = play(package, monkeypatch, bpy, file)
    assert tick_until(operator, context, lambda: False) == {"CANCELLED"}
    assert operator.reports == [("ERROR", "The video is broken here.")]
    assert same(everything(rig), before)
    assert not result().run


def test_without_torch_nothing_is_read(package, rig, videos, file, monkeypatch):
    def missing():
        raise package("backend.errors").MissingPackageError("PyTorch is not installed.")

    monkeypatch.setattr(package("backend.packages"), "require_torch", missing)
    with pytest.raises(RuntimeError, match="PyTorch is not installed"):
        bpy.ops.contrapposto.video(filepath=str(file))
    assert videos.read == 0


def test_a_rig_that_cannot_be_posed_is_refused_before_the_work(package, videos, file, make_armature):
    make_armature({"Box": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))})
    with pytest.raises(RuntimeError):
        bpy.ops.contrapposto.video(filepath=str(file))
    assert videos.read == 0


def test_the_rig_shows_what_was_just_seen_and_is_put_back(package, rig, videos, file, monkeypatch, session):
    before = everything(rig)
    operator, context = play(package, monkeypatch, bpy, file)
    tick_until(operator, context, lambda: videos.read > 3)
    shown = pose_of(rig)
    assert not np.allclose(shown, before[0], atol=1e-2), "the rig shows a pose"
    assert same_keys(keys_of(rig), before[1]), "without keys"
    assert session.job.detail.startswith("frame ")
    operator.cancel(context)
    assert same(everything(rig), before)


def test_cancel_asks_and_discards(package, rig, videos, file, monkeypatch, session):
    before = everything(rig)
    operator, context = play(package, monkeypatch, bpy, file)
    tick_until(operator, context, lambda: videos.read > 3)
    assert operator.modal(context, ESCAPE) == {"RUNNING_MODAL"}
    assert session.job.asking
    assert len(context.asked) == 1
    assert bpy.ops.contrapposto.video_stop.poll()
    bpy.ops.contrapposto.video_stop(keep=False)
    assert operator.modal(context, TICK) == {"CANCELLED"}
    assert (videos.closed, session.job) == (1, None)
    assert context.log.count("timer removed") == 1
    assert same(everything(rig), before)


def test_cancel_keeps_the_frames_so_far(package, rig, videos, file, monkeypatch, session):
    videos.frames = 200
    operator, context = play(package, monkeypatch, bpy, file, keys="DENSE")
    tick_until(operator, context, lambda: videos.read >= 10)
    read = videos.read
    operator.modal(context, ESCAPE)
    bpy.ops.contrapposto.video_stop(keep=True)
    assert tick_until(operator, context, lambda: False) == {"FINISHED"}
    assert videos.read == read, "no further frame is read"
    assert videos.solved == [(0, read)]
    assert result().frames == read
    assert frames_of(rig) == [float(START + number) for number in range(read)]


def test_cancel_while_solving_keeps_the_frames_that_are_solved(package, rig, videos, file, monkeypatch):
    operator, context = play(package, monkeypatch, bpy, file, keys="DENSE")
    tick_until(operator, context, lambda: videos.read == 24 and operator._work.detail().startswith("frame 12 of"))
    operator.modal(context, ESCAPE)
    bpy.ops.contrapposto.video_stop(keep=True)
    assert tick_until(operator, context, lambda: False) == {"FINISHED"}
    assert videos.solved == [(0, 12)]
    assert result().frames == 12


def test_the_question_offers_both_answers(package):
    offered = []

    def entry(_name, *, text, icon):
        offered.append((text, SimpleNamespace()))
        return offered[-1][1]

    package("operators.estimate_video").draw_answers(SimpleNamespace(operator=entry))
    assert [(text, button.keep) for text, button in offered] == [("Keep What Is Done", True), ("Discard", False)]


def test_with_several_people_it_asks_whom(package, rig, videos, file, monkeypatch, session):
    videos.people = 2
    before = everything(rig)
    operator, context = play(package, monkeypatch, bpy, file)
    asked = []
    monkeypatch.setattr(package("operators.estimate_video"), "open_panel", asked.append)
    assert tick_until(operator, context, lambda: False) == {"CANCELLED"}
    assert asked == ["CONTRAPPOSTO_PT_choose_person"]
    assert len(session.choice.thumbnails) == 2
    assert session.choice.operator == "contrapposto.video"
    assert all(name in session.thumbnails._previews for name in session.choice.thumbnails)
    assert same(everything(rig), before)
    read = videos.read
    bpy.ops.contrapposto.video(**session.choice.request, person=2)
    assert videos.read == read, "the video is not read again"
    assert (result().person, len(result().people)) == (2, 2)
    assert videos.solved == [(1, videos.frames)]


def test_without_asking_the_most_prominent_person_is_taken(rig, videos, file):
    videos.people = 2
    bpy.ops.contrapposto.video(filepath=str(file))
    assert result().person == 1


def test_somebody_who_is_not_there_is_refused(rig, videos, file):
    with pytest.raises(RuntimeError, match="There is no person 5"):
        bpy.ops.contrapposto.video(filepath=str(file), person=5)


def test_without_a_file_the_scenes_is_taken(rig, videos, file):
    with pytest.raises(RuntimeError, match="No video was named"):
        bpy.ops.contrapposto.video()
    clip = bpy.context.scene.contrapposto.video
    clip.filepath, clip.end = str(file), 7
    assert bpy.ops.contrapposto.video() == {"FINISHED"}
    assert result().frames == 8


def test_another_file_does_not_take_the_range_of_the_last(rig, videos, file, tmp_path):
    clip = bpy.context.scene.contrapposto.video
    clip.filepath, clip.end = str(file), 7
    other = tmp_path / "other.mp4"
    other.write_bytes(b"x")
    bpy.ops.contrapposto.video(filepath=str(other))
    assert (clip.filepath, clip.end) == (str(other), 0)
    assert result().frames == videos.frames


def test_a_turning_camera_is_measured_and_the_video_read_again_for_it(rig, videos, file):
    """What was read of a camera that stands does not do, and what was measured once is known."""
    clip = bpy.context.scene.contrapposto.video
    clip.filepath = str(file)
    bpy.ops.contrapposto.video()
    clip.camera_motion = True
    bpy.ops.contrapposto.video()
    assert videos.camera_motion == [False, True]
    bpy.ops.contrapposto.video()
    clip.camera_motion = False
    bpy.ops.contrapposto.video(filepath=str(file), camera_motion=True)
    assert videos.camera_motion == [False, True]


@pytest.fixture
def keyed(rig, videos, file):
    """The rig, keyed densely from a video that is gone now."""
    bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE")
    file.unlink()
    return rig


def test_it_is_keyed_again_without_the_video(keyed, videos):
    read = videos.read
    assert len(frames_of(keyed)) == videos.frames
    assert bpy.ops.contrapposto.video_refinish(keys="REDUCED", max_degrees=5.0) == {"FINISHED"}
    assert (videos.read, len(videos.solved)) == (read, 1)
    assert 2 <= len(frames_of(keyed)) < videos.frames
    assert json.loads(result().keying)["max_degrees"] == pytest.approx(5.0)
    assert not bpy.context.scene.contrapposto.result.summary


def test_more_smoothing_makes_smaller_swings(keyed):
    def swing():
        return max(np.ptp([value for _, value in points]) for points in arm_keys(keyed))

    sharp, hertz = swing(), bpy.context.window_manager.contrapposto_video.smoothing_hz
    bpy.ops.contrapposto.video_refinish(smoothing_hz=0.5)
    assert swing() < 0.6 * sharp
    bpy.ops.contrapposto.video_refinish(smoothing_hz=hertz)
    assert swing() == pytest.approx(sharp, rel=1e-4)


def test_keying_again_is_one_undo_step_and_the_settings_follow(keyed):
    name = keyed.name
    bpy.ops.ed.undo_push(message="keyed")
    before, hertz = keys_of(keyed), bpy.context.window_manager.contrapposto_video.smoothing_hz
    bpy.ops.contrapposto.video_refinish("EXEC_DEFAULT", True, smoothing_hz=2.0)
    shown = bpy.context.window_manager.contrapposto_video
    assert shown.smoothing_hz == pytest.approx(2.0)
    bpy.ops.ed.undo()
    assert same_keys(keys_of(bpy.data.objects[name]), before)
    assert bpy.context.window_manager.contrapposto_video.smoothing_hz == pytest.approx(hertz)
    assert bpy.ops.contrapposto.video_refinish(keys="REDUCED") == {"FINISHED"}


def test_the_artists_keys_within_the_range_come_back_with_another_destination(rig, videos, file):
    before = keys_of(rig)
    bpy.ops.contrapposto.video(filepath=str(file))
    assert keys_of(rig) != before
    assert bpy.ops.contrapposto.video_refinish(destination="NEW_ACTION") == {"FINISHED"}
    assert rig.animation_data.action.name == "dance"
    assert result().kept == "Artist"
    artist = bpy.data.actions["Artist"]
    assert artist.use_fake_user
    rig.animation_data.action = artist
    rig.animation_data.action_slot = artist.slots[0]
    assert same_keys(keys_of(rig), before)


@pytest.mark.parametrize("last", ["CURRENT", "NEW_ACTION", "NLA"])
@pytest.mark.parametrize("first", ["CURRENT", "NEW_ACTION", "NLA"])
def test_every_destination_can_follow_every_other(rig, videos, file, first, last):
    bpy.ops.contrapposto.video(filepath=str(file), destination=last)
    wanted = (sorted(bpy.data.actions.keys()), [track.name for track in rig.animation_data.nla_tracks])
    action = name_of_action(rig)
    now = keys_of(rig) if action else None
    bpy.ops.contrapposto.video_refinish(destination=first)
    bpy.ops.contrapposto.video_refinish(destination=last)
    assert (sorted(bpy.data.actions.keys()), [track.name for track in rig.animation_data.nla_tracks]) == wanted
    assert name_of_action(rig) == action
    if now is not None:
        assert same_keys(keys_of(rig), now)
    assert bpy.data.actions["Artist"].use_fake_user == (last == "NEW_ACTION")


def test_keys_of_the_artist_in_a_new_action_stay(keyed):
    bpy.ops.contrapposto.video_refinish(destination="NEW_ACTION")
    arm = keyed.pose.bones[LEFT_ARM]
    arm.keyframe_insert("rotation_quaternion", frame=120.0)
    bpy.ops.contrapposto.video_refinish(smoothing_hz=3.0)
    assert frames_of(keyed)[-1] == 120.0
    assert result().kept == "Artist"


def test_relaxed_fingers_stay_relaxed(rig, videos, file):
    bpy.ops.contrapposto.video(filepath=str(file))
    fingers = {place: points for place, points in keys_of(rig).items() if "Hand" in place[0] and len(points) == 1}
    bpy.ops.contrapposto.video_refinish(smoothing_hz=3.0)
    again = {place: points for place, points in keys_of(rig).items() if "Hand" in place[0] and len(points) == 1}
    assert same_keys(fingers, again)


def test_a_loop_ends_as_it_begins(rig, videos, file):
    videos.frames = 72
    bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE")
    bpy.ops.contrapposto.video_refinish(loop=True, in_place=True)
    assert result().frames < 72
    for points in arm_keys(rig):
        assert points[0][1] == pytest.approx(points[-1][1], abs=1e-4)
    assert "loop is" in result().notes
    bpy.ops.contrapposto.video_refinish(loop=False)
    assert result().frames == 72


def test_an_action_that_was_exchanged_is_told(keyed):
    bpy.ops.contrapposto.video_refinish(destination="NEW_ACTION")
    made = keys_of(keyed)
    keyed.animation_data.action = bpy.data.actions["Artist"]
    with pytest.raises(RuntimeError, match="has another action now"):
        bpy.ops.contrapposto.video_refinish(smoothing_hz=3.0)
    keyed.animation_data.action = bpy.data.actions["dance"]
    keyed.animation_data.action_slot = bpy.data.actions["dance"].slots[0]
    assert same_keys(keys_of(keyed), made)


def test_a_slider_keys_again_and_an_operator_does_not(package, keyed, monkeypatch, session):
    asked = []
    monkeypatch.setattr(
        package("video_properties"), "key_again_soon", lambda: asked.append(not session.videos.is_settling)
    )
    bpy.ops.contrapposto.video_refinish(smoothing_hz=3.0)
    assert not any(asked), "showing what is keyed is no wish to key it"
    bpy.context.window_manager.contrapposto_video.smoothing_hz = 4.0
    assert asked[-1]
    soon = package("operators.video_soon")
    assert not soon.is_keyed_so(bpy.context.scene)
    bpy.ops.contrapposto.video_refinish(smoothing_hz=4.0)
    assert soon.is_keyed_so(bpy.context.scene)


def test_keying_again_needs_a_video(package, humanoid, session):
    operator = package("operators.video_again").CONTRAPPOSTO_OT_video_refinish
    assert operator.why_not(bpy.context) == "Pose from a video first"
    bpy.context.scene.contrapposto.video.result.run = "of another session"
    assert "no longer known" in operator.why_not(bpy.context)


@pytest.mark.parametrize(
    ("area", "mode", "taken"),
    [("VIEW_3D", "POSE", True), ("VIEW_3D", "OBJECT", False), ("IMAGE_EDITOR", "POSE", False)],
)
def test_videos_are_dropped_on_an_armature_in_pose_mode(package, humanoid, area, mode, taken):
    context = SimpleNamespace(
        area=SimpleNamespace(type=area),
        region=SimpleNamespace(type="WINDOW"),
        active_object=humanoid,
        mode=mode,
    )
    handler = package("operators.estimate_video").CONTRAPPOSTO_FH_video
    assert handler.poll_drop(context) == taken
    assert {".mp4", ".mov", ".avi", ".mkv"} <= set(handler.bl_file_extensions.split(";"))
    assert handler.bl_import_operator == "contrapposto.video"
