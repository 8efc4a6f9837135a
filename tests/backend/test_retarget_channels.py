"""Rotation channels: every mode round-trips, stays continuous and keeps locks; blends of measured parents are found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.retarget.channels import RotationLocks, channels_to_quaternion, rotation_channels
from contrapposto.backend.retarget.interpolation import slerp, swing_and_twist, turn_about
from contrapposto.backend.retarget.measured_spaces import MeasuredPoses, follows_from
from contrapposto.backend.retarget.rig_spec import EULER_ORDERS, ROTATION_MODES, RigSpec
from contrapposto.backend.rotations import geodesic_angle, quaternion_to_matrix

OPEN = np.zeros(4, bool)


def random_quaternions(count: int, seed: int = 0) -> np.ndarray:
    return np.roll(Rotation.random(count, random_state=seed).as_quat(), 1, axis=-1)


def a_walk(count: int, step: float) -> np.ndarray:
    steps = np.random.default_rng(5).normal(size=(count, 3)) * step
    rotation, walked = Rotation.identity(), []
    for turn in steps:
        rotation = rotation * Rotation.from_rotvec(turn)
        walked.append(rotation.as_quat())
    return np.roll(np.array(walked), 1, axis=-1)


def at_rest(mode: str) -> np.ndarray:
    return {"QUATERNION": np.array([1.0, 0, 0, 0]), "AXIS_ANGLE": np.array([0.0, 0, 1, 0])}.get(mode, np.zeros(3))


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_every_mode_round_trips(mode: str) -> None:
    wanted = random_quaternions(200)
    locks = RotationLocks(mode, OPEN, False)
    values = rotation_channels(wanted, locks, near=at_rest(mode), current=at_rest(mode))
    back = channels_to_quaternion(values, mode)
    np.testing.assert_allclose(np.abs(np.sum(back * wanted, axis=-1)), 1.0, atol=1e-9)


@pytest.mark.parametrize("order", EULER_ORDERS)
def test_euler_orders_are_blenders(order: str) -> None:
    angles = np.array([0.3, -0.7, 1.1])
    # scipy's lower-case sequences turn about fixed axes in the order written, as Blender's names do.
    expected = Rotation.from_euler(order.lower(), [angles["XYZ".index(letter)] for letter in order])
    mine = quaternion_to_matrix(channels_to_quaternion(angles, order))
    np.testing.assert_allclose(mine, expected.as_matrix(), atol=1e-12)


@pytest.mark.parametrize("mode", ROTATION_MODES)
def test_a_turning_bone_does_not_jump(mode: str) -> None:
    turn = np.linspace(0.0, 4.0 * np.pi, 400)
    wanted = np.roll(Rotation.from_rotvec(turn[:, None] * [0.0, 0.0, 1.0]).as_quat(), 1, axis=-1)
    locks = RotationLocks(mode, OPEN, False)
    values = rotation_channels(wanted, locks, near=at_rest(mode), current=at_rest(mode))
    if mode != "AXIS_ANGLE":
        assert np.abs(np.diff(values, axis=0)).max() < 0.1
    if mode in EULER_ORDERS:
        assert abs(values[-1, 2]) == pytest.approx(4.0 * np.pi, abs=1e-6)


@pytest.mark.parametrize("order", EULER_ORDERS)
def test_euler_angles_pass_the_poles_without_flips(order: str) -> None:
    walk = a_walk(2000, 0.02)
    values = rotation_channels(walk, RotationLocks(order, OPEN, False), near=np.zeros(3), current=np.zeros(3))
    jumps = np.abs(np.diff(values, axis=0)).max(axis=1)
    middle = "XYZ".index(order[1])
    away = np.abs(np.cos(values[1:, middle])) > 0.2
    assert jumps[away].max() < 0.6


def test_the_first_frame_stays_near_the_key_before() -> None:
    near = np.array([0.0, 0.0, 2.0 * np.pi])
    values = rotation_channels(
        np.array([[1.0, 0, 0, 0]]), RotationLocks("XYZ", OPEN, False), near=near, current=np.zeros(3)
    )
    np.testing.assert_allclose(values[0], near, atol=1e-9)
    q = random_quaternions(1)
    values = rotation_channels(q, RotationLocks("QUATERNION", OPEN, False), near=-q[0], current=-q[0])
    np.testing.assert_allclose(values, -q)


def test_euler_locks_keep_their_channel() -> None:
    locks = RotationLocks("ZXY", np.array([False, True, False, False]), False)
    current = np.array([0.25, 0.0, 0.0])
    values = rotation_channels(random_quaternions(5), locks, near=current, current=current)
    assert locks.open_channels == (1, 2)
    np.testing.assert_array_equal(values[:, 0], 0.25)


def test_quaternion_locks_by_component_and_by_euler_axis() -> None:
    each = RotationLocks("QUATERNION", np.array([False, True, False, False]), True)
    assert each.open_channels == (0, 2, 3)
    by_axis = RotationLocks("QUATERNION", np.array([False, True, False, True]), False)
    assert by_axis.open_channels == (0, 1, 2, 3)
    current = channels_to_quaternion(np.array([0.2, 0.0, -0.3]), "XYZ")
    values = rotation_channels(a_walk(5, 0.3), by_axis, near=current, current=current)
    angles = Rotation.from_quat(np.roll(values, -1, axis=-1)).as_euler("xyz")
    np.testing.assert_allclose(angles[:, 0], 0.2, atol=1e-6)
    np.testing.assert_allclose(angles[:, 2], -0.3, atol=1e-6)
    assert RotationLocks("QUATERNION", np.ones(4, bool), False).open_channels == ()


def test_swing_and_twist_put_together_give_the_rotation() -> None:
    axis = np.array([0.6, 0.0, 0.8])
    rotation = quaternion_to_matrix(random_quaternions(50))
    swing, twist = swing_and_twist(rotation, axis)
    np.testing.assert_allclose(swing @ turn_about(axis, twist), rotation, atol=1e-9)
    swung = swing @ axis
    smallest = np.arccos(np.clip(swung @ axis, -1.0, 1.0))
    np.testing.assert_allclose(geodesic_angle(swing, np.eye(3)), smallest, atol=1e-6)


def test_measured_parents_are_told_apart_full_none_and_partly() -> None:
    """A rig of four: `free` follows nothing, `child` all of `free`, `half` half of `child`, `far` is carried by it."""
    heads = np.array([[0.0, 0, 0], [0.0, 0, 1], [0.0, 0, 2], [0.0, 1, 2]])
    rest = np.stack([np.eye(4)] * 4)
    rest[:, :3, 3] = heads
    rig = RigSpec("Rig", ("free", "child", "half", "far"), np.array([-1, 0, 1, 2]), rest, np.ones(4))
    random = np.random.default_rng(1)
    poses, bases = np.zeros((3, 4, 4, 4)), np.zeros((3, 4, 4, 4))
    for sample in range(3):
        turns = [Rotation.from_rotvec(random.normal(size=3) * 0.4 * (sample > 0)).as_matrix() for _ in range(4)]
        half = Rotation.from_matrix(turns[0] @ turns[1])
        spaces = [np.eye(3), turns[0], Rotation.from_rotvec(0.5 * half.as_rotvec()).as_matrix(), np.eye(3)]
        displaced = [space @ turn for space, turn in zip(spaces, turns, strict=True)]
        at = [heads[0]]
        for bone in (1, 2, 3):
            at.append(at[bone - 1] + displaced[bone - 1] @ (heads[bone] - heads[bone - 1]))
        for bone in range(4):
            poses[sample, bone], bases[sample, bone] = np.eye(4), np.eye(4)
            poses[sample, bone, :3, :3], poses[sample, bone, :3, 3] = displaced[bone], at[bone]
            bases[sample, bone, :3, :3] = turns[bone]
    follows = follows_from(rig, MeasuredPoses(rig.bones, poses, bases))
    assert (follows["free"].first, follows["free"].place_of) == (None, None)
    assert (follows["child"].first, follows["child"].weight) == ("free", 0.0)
    assert {follows["half"].first, follows["half"].second} == {None, "child"}
    assert follows["half"].weight == pytest.approx(0.5, abs=1e-3)
    assert (follows["far"].first, follows["far"].place_of) == (None, "half")


def test_bones_that_turn_about_one_point_do_not_follow_each_other() -> None:
    """As in Rigify's spine: two bones pivot about the same head, so each stays put in the other's space too."""
    heads = np.array([[0.0, 0, 0], [0.0, 0, 1], [0.0, 0, 1]])
    rest = np.stack([np.eye(4)] * 3)
    rest[:, :3, 3] = heads
    rig = RigSpec("Rig", ("torso", "lower", "upper"), np.array([-1, 0, 0]), rest, np.ones(3))
    for seed in range(20):
        random = np.random.default_rng(seed)
        poses, bases = np.stack([rest] * 3), np.stack([np.stack([np.eye(4)] * 3)] * 3)
        for sample in range(3):
            torso, lower, upper = Rotation.from_rotvec(random.normal(size=(3, 3)) * 0.4 * (sample > 0)).as_matrix()
            bases[sample, :, :3, :3] = torso, lower, upper
            poses[sample, :, :3, :3] = torso, torso @ lower, torso @ upper
            # A hair's breadth of noise, as Blender's single precision makes it, decides which bone seems to carry.
            poses[sample, 1:, :3, 3] = torso @ heads[1] + random.normal(size=(2, 3)) * 1e-7
        follows = follows_from(rig, MeasuredPoses(rig.bones, poses, bases))
        assert [(follows[name].first, follows[name].place_of) for name in ("lower", "upper")] == [
            ("torso", "torso")
        ] * 2


def test_slerp_takes_the_shorter_arc_at_constant_speed() -> None:
    first, second = random_quaternions(20, 1), random_quaternions(20, 2)
    middle = slerp(first, -second, 0.5)
    one, two = (
        geodesic_angle(*map(quaternion_to_matrix, (first, middle))),
        geodesic_angle(*map(quaternion_to_matrix, (middle, second))),
    )
    np.testing.assert_allclose(one, two, atol=1e-6)
    assert one.max() <= np.pi / 2 + 1e-6
