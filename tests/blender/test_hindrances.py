"""What keeps a pose from showing is told in words, and only where it does: constraints and settings of the NLA."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids

Armature = bpy.types.Object


@pytest.fixture
def notes(package: Callable[[str], ModuleType]) -> Callable[[Armature], tuple[str, ...]]:
    """Pose an armature at frame 1; what is told of it."""
    keys = package("rig.keyframes")
    rotations = np.random.default_rng(2).uniform(-0.5, 0.5, (1, 24, 3))
    pose = package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.0, 0.95, 0.0], (1, 1)))
    return lambda armature: keys.pose_and_key(armature, pose, options=keys.KeyOptions(frame=1.0)).notes


@pytest.fixture
def hero() -> Armature:
    return humanoids.make_humanoid(name="Hero", prefix="")


@pytest.fixture
def constrain(hero: Armature) -> Callable[..., Armature]:
    """The humanoid with a constraint to an empty, or to one of its bones."""

    def constrain_(kind: str, *, bone: str = "LeftForeArm", subtarget: str = "", **settings: object) -> Armature:
        constraint = hero.pose.bones[bone].constraints.new(kind)
        empty = bpy.data.objects.new("Outside", None)
        bpy.context.scene.collection.objects.link(empty)
        empty.rotation_euler = (0.5, 0.4, 1.0)
        if hasattr(constraint, "target"):
            constraint.target = hero if subtarget else empty
            if subtarget:
                constraint.subtarget = subtarget
        for name, value in settings.items():
            setattr(constraint, name, value)
        return hero

    return constrain_


@pytest.fixture
def stripped(hero: Armature) -> Armature:
    """The humanoid with an NLA strip that turns an arm, and no action."""
    arm = hero.pose.bones["LeftArm"]
    arm.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    arm.keyframe_insert("rotation_quaternion", frame=1)
    animation = hero.animation_data
    strip = animation.nla_tracks.new().strips.new("Wave", 1, animation.action)
    strip.action_slot = animation.action_slot
    animation.action = None
    return hero


def differs(armature: Armature) -> float:
    """How far the channels that Blender evaluates are from the keys, at the worst of all rotations."""
    bpy.context.scene.frame_set(1)
    seen = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    curves = armature.animation_data.action.layers[0].strips[0].channelbags[0].fcurves
    rotations = [curve for curve in curves if curve.data_path.endswith("rotation_quaternion")]
    wanted = {(curve.group.name, curve.array_index): curve.evaluate(1.0) for curve in rotations}
    return max(abs(seen[bone].rotation_quaternion[index] - value) for (bone, index), value in wanted.items())


@pytest.mark.parametrize("kind", ["STRETCH_TO", "COPY_LOCATION", "PIVOT", "COPY_ROTATION"])
def test_a_constraint_to_something_outside_the_rig_is_told(notes, constrain, kind: str) -> None:
    assert any("LeftForeArm may override the pose" in note for note in notes(constrain(kind)))


@pytest.mark.parametrize("settings", [{"influence": 0.0}, {"mute": True}])
@pytest.mark.parametrize("kind", ["STRETCH_TO", "COPY_LOCATION", "PIVOT", "COPY_ROTATION"])
def test_a_constraint_without_force_is_not_told(notes, constrain, kind: str, settings: dict[str, object]) -> None:
    assert notes(constrain(kind, **settings)) == ()


def test_stretching_to_a_bone_that_is_carried_is_not_told_but_to_another_is(notes, constrain) -> None:
    assert notes(constrain("STRETCH_TO", subtarget="LeftHand")) == ()
    assert any("RightForeArm" in note for note in notes(constrain("STRETCH_TO", bone="RightForeArm", subtarget="Head")))


def test_a_place_taken_from_a_bone_of_the_rig_is_not_told(notes, constrain) -> None:
    assert notes(constrain("COPY_LOCATION", subtarget="LeftArm", head_tail=1.0)) == ()


@pytest.mark.parametrize("kind", ["LIMIT_LOCATION", "LIMIT_ROTATION"])
def test_limits_that_limit_nothing_are_not_told(notes, constrain, kind: str) -> None:
    assert notes(constrain(kind, bone="Hips")) == ()


def test_limits_that_are_on_are_told(notes, constrain) -> None:
    found = notes(constrain("LIMIT_LOCATION", bone="Hips", use_min_z=True, min_z=5.0))
    assert any("Limits on Hips" in note for note in found)
    found = notes(constrain("LIMIT_ROTATION", bone="Hips", use_limit_x=True))
    assert any("Limit Rotation on Hips" in note for note in found)


def test_a_strip_below_the_action_is_not_told(notes, stripped: Armature) -> None:
    assert notes(stripped) == ()
    assert differs(stripped) < 1e-5


def test_an_action_that_counts_in_part_is_told(notes, stripped: Armature) -> None:
    stripped.animation_data.action_influence = 0.3
    (note,) = notes(stripped)
    assert note.startswith("The action of Hero counts only 30% in the NLA editor, so the pose shows only in part.")
    assert differs(stripped) > 0.05


@pytest.mark.parametrize("blending", ["ADD", "COMBINE", "MULTIPLY", "SUBTRACT"])
def test_an_action_that_is_blended_is_told(notes, stripped: Armature, blending: str) -> None:
    stripped.animation_data.action_blend_type = blending
    (note,) = notes(stripped)
    assert f"by {blending.capitalize()}" in note
    assert differs(stripped) > 0.05


def test_a_track_that_plays_solo_is_told(notes, stripped: Armature) -> None:
    stripped.animation_data.nla_tracks[0].is_solo = True
    (note,) = notes(stripped)
    assert note.startswith("The NLA track NlaTrack of Hero plays solo")
    assert differs(stripped) > 0.05


@pytest.mark.parametrize("off", ["muted", "nla", "empty"])
def test_settings_that_do_nothing_are_not_told(notes, stripped: Armature, off: str) -> None:
    animation = stripped.animation_data
    animation.action_influence, animation.action_blend_type = 0.3, "ADD"
    if off == "muted":
        animation.nla_tracks[0].mute = True
    elif off == "nla":
        animation.use_nla = False
    else:
        animation.nla_tracks[0].strips.remove(animation.nla_tracks[0].strips[0])
    assert notes(stripped) == ()
    assert differs(stripped) < 1e-5


@pytest.mark.parametrize(("blending", "told"), [("REPLACE", 0), ("ADD", 1)])
def test_the_blending_of_a_tweaked_strip_is_told(notes, stripped: Armature, blending: str, told: int) -> None:
    animation = stripped.animation_data
    track = animation.nla_tracks[0]
    track.strips[0].blend_type = blending
    animation.nla_tracks.active = track
    track.strips[0].select = True
    animation.use_tweak_mode = True
    assert len([note for note in notes(stripped) if "The NLA strip Wave of Hero is blended" in note]) == told
