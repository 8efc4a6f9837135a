"""Hands of a video's motion that are pinned to objects: wrists are where these are, in every frame."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import fake_video

START = 5
WRIST = {"left": "mixamorig:LeftHand", "right": "mixamorig:RightHand"}


@pytest.fixture
def videos(package, session, monkeypatch):
    return fake_video.install(package, monkeypatch)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "dance.mp4"
    path.write_bytes(b"x")
    return path


@pytest.fixture
def rig(humanoid):
    """A rig that stands somewhere else in the scene, turned and half as large."""
    humanoid.location, humanoid.rotation_euler, humanoid.scale = (1.0, 2.0, 0.3), (0.0, 0.0, 0.7), (0.5, 0.5, 0.5)
    bpy.context.view_layer.update()
    bpy.context.scene.frame_set(START)
    return humanoid


def empty(rig, place, *, name="Rail"):
    """An object at a place of the rig's own space."""
    obj = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(obj)
    obj.location = rig.matrix_world @ place
    bpy.context.view_layer.update()
    return obj


def reachable(rig, side):
    """A place before the chest of a standing rig, in its own space."""
    from mathutils import Vector

    shoulder = rig.data.bones[f"mixamorig:{side.capitalize()}Arm"].head_local
    return shoulder + Vector((0.0, -0.3, -0.15))


def distances(rig, side, obj, frames):
    """Millimetres in the scene between wrist and object, at each frame."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
        wrist = posed.matrix_world @ posed.pose.bones[WRIST[side]].head
        found.append((wrist - obj.matrix_world.translation).length * 1000.0)
    return np.array(found)


def result():
    return bpy.context.scene.contrapposto.video.result


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_wrist_stays_at_a_thing_that_stands(rig, videos, file, side):
    obj = empty(rig, reachable(rig, side))
    pin = {f"{side}_hand": obj.name}
    bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE", in_place=True, **pin)
    assert distances(rig, side, obj, range(START, START + videos.frames)).max() < 3.0
    assert "does not reach" not in result().notes
    bpy.ops.contrapposto.video_refinish(left_hand="", right_hand="")
    assert distances(rig, side, obj, range(START, START + videos.frames)).max() > 30.0


def test_the_wrist_follows_a_thing_that_moves(rig, videos, file):
    obj = empty(rig, reachable(rig, "left"))
    obj.keyframe_insert("location", frame=START)
    obj.location.z += 0.08
    obj.keyframe_insert("location", frame=START + 20)
    bpy.context.scene.frame_set(START)
    bpy.ops.contrapposto.video(filepath=str(file), keys="DENSE", in_place=True, left_hand=obj.name)
    assert bpy.context.scene.frame_current == START, "the playhead is where it was"
    assert distances(rig, "left", obj, range(START, START + videos.frames)).max() < 3.0


def test_what_is_out_of_reach_is_told(rig, videos, file):
    obj = empty(rig, reachable(rig, "left") * 6.0)
    bpy.ops.contrapposto.video(filepath=str(file), left_hand=obj.name)
    assert f"The left hand does not reach {obj.name} in {videos.frames} of {videos.frames} frames" in result().notes


def test_a_thing_that_hangs_on_the_rig_or_is_gone_is_refused(rig, videos, file):
    obj = empty(rig, reachable(rig, "left"))
    obj.parent = rig
    with pytest.raises(RuntimeError, match="hangs on"):
        bpy.ops.contrapposto.video(filepath=str(file), left_hand=obj.name)
    with pytest.raises(RuntimeError, match="not in the scene"):
        bpy.ops.contrapposto.video(filepath=str(file), left_hand="No such thing")
    assert rig.animation_data is None or rig.animation_data.action is None
