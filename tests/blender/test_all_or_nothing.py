"""A fault after keys were written: pose, keys, actions, NLA, result and runs are put back, whatever ended the step."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import fake_sketch
import fake_video
from choosing import pose_of
from drawn_figure import DRAWN, drawing

KNEE, ARM = "mixamorig:RightLeg", "mixamorig:LeftArm"
RIGS = ("new", "keyed", "strips")


def curves_of(action):
    bags = [(strip, bag) for layer in action.layers for strip in layer.strips for bag in strip.channelbags]
    return {
        (bag.slot_handle, curve.data_path, curve.array_index): (
            curve.group.name if curve.group else "",
            [(*p.co, *p.handle_left, *p.handle_right) for p in curve.keyframe_points],
        )
        for _, bag in bags
        for curve in bag.fcurves
    }


def actions():
    return {
        action.name: (
            action.use_fake_user,
            sorted(slot.identifier for slot in action.slots),
            sorted(action.keys()),
            str(action.get("contrapposto_provenance")),
            curves_of(action),
        )
        for action in bpy.data.actions
    }


def strips_of(animation):
    return [
        (
            track.name,
            track.mute,
            [
                (
                    s.name,
                    s.action.name,
                    s.action_slot.identifier,
                    s.frame_start,
                    s.frame_end,
                    s.extrapolation,
                    s.influence,
                )
                for s in track.strips
            ],
        )
        for track in animation.nla_tracks
    ]


def animation_of(armature):
    animation = armature.animation_data
    if animation is None:
        return None
    action, slot = animation.action, animation.action_slot
    return action.name if action else "", slot.identifier if slot else "", strips_of(animation)


def shown(package):
    group = bpy.context.scene.contrapposto
    values_of = package("operators.all_or_nothing").values_of
    return [values_of(each) for each in (group.result, group.text, group.video.result)]


class Everything:
    """What must be the same after a fault."""

    def __init__(self, package, session, armature):
        self.package, self.session, self.armature = package, session, armature
        self.before = self.now()
        self.pose = pose_of(armature).copy()

    def now(self):
        scene, bones = bpy.context.scene, self.armature.pose.bones
        channels = [(tuple(b.rotation_quaternion), tuple(b.location), dict(b.items())) for b in bones]
        runs = [run.name for run in self.session._runs], [run.name for run in self.session.videos._runs]
        frame, summary = scene.frame_current_final, shown(self.package)
        searches = sorted(self.session.searches)
        return animation_of(self.armature), actions(), channels, frame, summary, runs, searches

    def check(self):
        (animation, held, *others), (was_animation, was_held, *were) = self.now(), self.before
        assert animation == was_animation
        assert held.keys() == was_held.keys()
        for name, (*facts, curves) in held.items():
            *were_facts, were_curves = was_held[name]
            assert facts == were_facts, name
            assert curves.keys() == were_curves.keys(), name
            for place, (group, *keys) in curves.items():
                assert group == were_curves[place][0]
                for one, other in zip(keys, were_curves[place][1:], strict=True):  # Blender aligns handles anew
                    np.testing.assert_allclose(one, other, atol=1e-5, err_msg=f"{name} {place}")
        for one, other in zip(others, were, strict=True):
            assert one == other
        np.testing.assert_allclose(pose_of(self.armature), self.pose, atol=1e-6)


def keyed(armature):
    armature.pose.bones[KNEE].rotation_quaternion = (0.9, 0.1, 0.3, 0.0)
    for frame in (1.0, 10.0, 15.0):
        armature.pose.bones[KNEE].keyframe_insert("rotation_quaternion", frame=frame)
    armature.pose.bones[ARM].location = (0.01, 0.02, 0.03)  # not keyed
    armature["switch"], armature.pose.bones[ARM]["ik"] = 0.5, 1


@pytest.fixture(params=RIGS)
def rig(humanoid, request):
    """Without any animation; with keys; with keys, a strip below, and playing at frame 10."""
    if request.param != "new":
        keyed(humanoid)
    if request.param == "strips":
        animation = humanoid.animation_data
        other = animation.action.copy()
        other.name = "Below"
        strip = animation.nla_tracks.new().strips.new("Below", 1, other)
        strip.blend_type, strip.extrapolation = "ADD", "NOTHING"
    bpy.context.scene.frame_set(10)
    bpy.context.scene.contrapposto.result.summary = "as it was"
    return humanoid


def fails_after_keying(package, monkeypatch):
    """The Action's record is written last of all: it fails once keys and result are there."""
    seen = []

    def broken(action, record):
        seen.append(bool(curves_of(action)))
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(package("rig.provenance"), "note", broken)
    return seen


def run(operator, **given):
    with pytest.raises(RuntimeError):
        getattr(bpy.ops.contrapposto, operator)(**given)


def test_a_photo(package, session, rig, photos, photo, monkeypatch):
    seen = fails_after_keying(package, monkeypatch)
    kept = Everything(package, session, rig)
    run("photo", filepath=str(photo))
    assert seen == [True], "it had been keyed"
    kept.check()


def test_a_photo_over_the_keys_of_another(package, session, posed, photo, monkeypatch):
    kept = Everything(package, session, posed)
    assert kept.before[1], "it has keys and a record"
    fails_after_keying(package, monkeypatch)
    run("photo", filepath=str(photo), blend=0.4)
    kept.check()


def test_another_reading(package, session, posed, monkeypatch):
    kept = Everything(package, session, posed)
    seen = fails_after_keying(package, monkeypatch)
    run("choose_reading", index=2)
    kept.check()
    assert seen == [True]


def test_a_sketch(package, session, rig, monkeypatch, tmp_path):
    fake = fake_sketch.install(package, monkeypatch)
    fake.joints_px = DRAWN
    fake.poses = (fake_sketch.standing_poses(package, left_shoulder=(0.0, 0.0, 0.7)),)
    path = drawing(tmp_path / "figure.png")
    seen = fails_after_keying(package, monkeypatch)
    kept = Everything(package, session, rig)
    run("sketch", filepath=str(path))
    assert seen == [True]
    kept.check()


def test_a_sentence(package, session, rig, monkeypatch):
    pytest.importorskip("scipy", reason="poses are computed with scipy")
    seen = fails_after_keying(package, monkeypatch)
    kept = Everything(package, session, rig)
    run("text", prompt="left hand on the head", alternatives=1)
    assert seen == [True]
    kept.check()


def test_a_sentence_that_fails_when_all_else_is_done(package, session, rig, monkeypatch):
    pytest.importorskip("scipy", reason="poses are computed with scipy")

    def broken(*_arguments):
        raise OSError("no place left")

    monkeypatch.setattr(package("operators.estimate_text"), "remember_sentence", broken)
    kept = Everything(package, session, rig)
    run("text", prompt="left hand on the head", alternatives=1)
    kept.check()


@pytest.mark.parametrize("destination", ["CURRENT", "NEW_ACTION", "NLA"])
def test_a_video(package, session, rig, monkeypatch, tmp_path, destination):
    fake_video.install(package, monkeypatch)
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a video that the fake reader never opens")
    bpy.context.scene.contrapposto.video.filepath = str(path)
    seen = fails_after_keying(package, monkeypatch)
    kept = Everything(package, session, rig)
    run("video", filepath=str(path), destination=destination)
    assert seen == [True]
    kept.check()


@pytest.mark.parametrize("later", ["CURRENT", "NEW_ACTION", "NLA"])
@pytest.mark.parametrize("first", ["CURRENT", "NEW_ACTION", "NLA"])
@pytest.mark.parametrize("rig", ["strips"], indirect=True)
def test_a_video_keyed_again(package, session, rig, monkeypatch, tmp_path, first, later):
    fake_video.install(package, monkeypatch)
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"a video that the fake reader never opens")
    assert bpy.ops.contrapposto.video(filepath=str(path), destination=first) == {"FINISHED"}
    kept = Everything(package, session, rig)
    with monkeypatch.context() as patch:
        fails_after_keying(package, patch)
        run("video_refinish", destination=later, smoothing_hz=2.0)
    kept.check()
    assert bpy.ops.contrapposto.video_refinish(destination=later, smoothing_hz=2.0) == {"FINISHED"}
    assert not [action.name for action in bpy.data.actions if "(old)" in action.name]


def test_an_artist_who_interrupts_blender(package, session, rig, monkeypatch, photos, photo):
    """Ctrl-C in a terminal is no error of ours, and leaves nothing half done either."""
    module = package("operators.all_or_nothing")
    target = package("operators.target").Target.of(bpy.context)
    kept = Everything(package, session, rig)

    def half_done():
        with module.all_or_nothing(target):
            rig.pose.bones[ARM].rotation_quaternion = (0.5, 0.5, 0.5, 0.5)
            rig.pose.bones[ARM].keyframe_insert("rotation_quaternion", frame=3)
            rig.pose.bones[ARM].keyframe_insert("rotation_quaternion", frame=30)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half_done()
    kept.check()


def test_solving_again(package, session, posed, photo, monkeypatch):
    kept = Everything(package, session, posed)
    fails_after_keying(package, monkeypatch)
    run("solve_again", accept=True)
    kept.check()
