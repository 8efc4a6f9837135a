"""Options of keying: flipped, in place, hands relaxed or driven."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids
from keyed_channels import curves_of, path

Humanoid = bpy.types.Object


@pytest.fixture
def make_humanoid() -> Callable[..., Humanoid]:
    """Mixamo's names without their prefix, to keep the paths below short."""
    return lambda name: humanoids.make_humanoid(name=name, prefix="")


@pytest.fixture
def humanoid(make_humanoid: Callable[..., Humanoid]) -> Humanoid:
    return make_humanoid("Armature")


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    sequence = package("backend.pose_sequence").PoseSequence

    def make(count: int = 1) -> object:
        random = np.random.default_rng(0)
        return sequence(random.uniform(-0.6, 0.6, (count, 24, 3)), random.uniform(0.5, 1.0, (count, 3)))

    return make


def test_a_flipped_pose_is_the_mirror_image(keys, make_humanoid, poses) -> None:
    plain, flipped = make_humanoid(name="Plain"), make_humanoid(name="Flipped")
    keys.pose_and_key(plain, poses(), options=keys.KeyOptions(frame=1.0))
    keys.pose_and_key(flipped, poses(), options=keys.KeyOptions(frame=1.0, flip=True))
    for name, other in (("LeftHand", "RightHand"), ("RightFoot", "LeftFoot"), ("Head", "Head")):
        seen, mirror = flipped.pose.bones[name].head, plain.pose.bones[other].head
        assert np.allclose(seen, (-mirror.x, mirror.y, mirror.z), atol=1e-4)


def test_in_place_keys_only_the_height_of_the_root(keys, humanoid, poses) -> None:
    humanoid.pose.bones["Hips"].location = (0.5, 0.0, 0.25)
    keys.pose_and_key(humanoid, poses(3), options=keys.KeyOptions(frame=1.0, in_place=True))
    # The hips bone points up, so that its own y is the height.
    assert [index for data_path, index in curves_of(humanoid) if data_path == path("Hips", "location")] == [1]
    assert tuple(humanoid.pose.bones["Hips"].location)[::2] == (0.5, 0.25)


@pytest.fixture
def with_fingers() -> Humanoid:
    bones = humanoids.humanoid_bones()
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for finger, forward in (("Index", 0.03), ("Middle", 0.01), ("Ring", -0.01), ("Pinky", -0.03)):
            parent = f"{side}Hand"
            for number in (1, 2, 3):
                start = sign * (0.76 + 0.03 * number)
                ends = [(x, -forward, 1.41) for x in (start, start + sign * 0.03)]
                bones[f"{side}Hand{finger}{number}"] = (parent, ends[0], ends[1])
                parent = f"{side}Hand{finger}{number}"
    return humanoids.make_armature(bones)


def test_hands_that_nobody_touched_are_relaxed_with_one_key(keys, with_fingers: Humanoid, poses) -> None:
    finger = with_fingers.pose.bones["RightHandRing2"]
    finger.rotation_quaternion = (0.9, 0.3, 0.0, 0.0)
    report = keys.pose_and_key(with_fingers, poses(4), options=keys.KeyOptions(frame=1.0))
    fingers = {bone for bone in report.bones if "Hand" in bone} - {"LeftHand", "RightHand"}
    assert len(fingers) == 12
    assert all(bone.startswith("Left") for bone in fingers), "the other hand was posed by the artist"
    assert tuple(finger.rotation_quaternion) == pytest.approx((0.9, 0.3, 0.0, 0.0))
    assert len(curves_of(with_fingers)[path("LeftHandPinky2"), 0].keyframe_points) == 1
    assert len(curves_of(with_fingers)[path("LeftHand"), 0].keyframe_points) == 4
    tip, knuckle = (with_fingers.pose.bones[f"LeftHandPinky{n}"].rotation_quaternion for n in (3, 1))
    assert tip.angle > 0.2
    assert knuckle.angle > 0.2
    relaxed = [tuple(bone.rotation_quaternion) for bone in with_fingers.pose.bones if bone.name in fingers]
    again = keys.pose_and_key(with_fingers, poses(4), options=keys.KeyOptions(frame=9.0))
    assert set(again.bones) == set(report.bones) - fingers, "its fingers have keys now"
    stayed = [tuple(bone.rotation_quaternion) for bone in with_fingers.pose.bones if bone.name in fingers]
    assert stayed == relaxed, "the one key holds, so that the pose is the same"


def test_hands_are_left_alone_when_asked_and_driven_when_known(keys, package, with_fingers: Humanoid, poses) -> None:
    report = keys.pose_and_key(with_fingers, poses(), options=keys.KeyOptions(frame=1.0, relax_hands=False))
    assert not [bone for bone in report.bones if "Index" in bone]
    known = package("backend.pose_sequence").PoseSequence(
        np.zeros((2, 24, 3)), np.zeros((2, 3)), hands=np.full((2, 2, 15, 3), 0.2)
    )
    report = keys.pose_and_key(with_fingers, known, options=keys.KeyOptions(frame=1.0))
    assert len([bone for bone in report.bones if "Index" in bone]) == 6
    assert len(curves_of(with_fingers)[path("RightHandIndex1"), 1].keyframe_points) == 2
