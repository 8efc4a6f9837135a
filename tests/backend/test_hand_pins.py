"""Arms bent so that the wrist is where it is pinned, for any pose, arm and goal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.errors import InputError
from contrapposto.backend.kinematics import global_rotations
from contrapposto.backend.refine.hand_pins import with_hand_at
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS

SIDES = st.sampled_from(["left", "right"])
LENGTHS = st.tuples(st.floats(0.15, 0.5), st.floats(0.15, 0.5))


def poses(seed, frames=6):
    turns = np.random.default_rng(seed).normal(0.0, 0.5, (frames, 24, 3))
    return axis_angle_to_matrix(turns)


def wrist_of(rotations, side, lengths):
    """(T, 3) from the shoulder joint."""
    world = global_rotations(rotations)
    found = 0.0
    for joint, child, length in zip(("shoulder", "elbow"), ("elbow", "wrist"), lengths, strict=True):
        rest = REST_OFFSETS[JOINT_INDEX[f"{side}_{child}"]].astype(np.float64)
        found = found + length * world[:, JOINT_INDEX[f"{side}_{joint}"]] @ (rest / np.linalg.norm(rest))
    return found


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), side=SIDES, lengths=LENGTHS, share=st.floats(0.05, 0.95))
def test_the_wrist_is_where_it_is_pinned(seed, side, lengths, share):
    rotations = poses(seed)
    near, far = 1.03 * abs(lengths[0] - lengths[1]) + 1e-3, 0.995 * sum(lengths)
    ways = np.random.default_rng(seed + 1).normal(size=(6, 3))
    goal = ways / np.linalg.norm(ways, axis=1, keepdims=True) * (near + share * (far - near))
    found, off = with_hand_at(rotations, goal, side=side, lengths=lengths)
    np.testing.assert_allclose(wrist_of(found, side, lengths), goal, atol=1e-6)
    np.testing.assert_allclose(off, 0.0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), side=SIDES)
def test_all_but_the_arm_stays_and_the_hand_keeps_its_direction(seed, side):
    rotations = poses(seed)
    found, _ = with_hand_at(rotations, np.full((6, 3), 0.2), side=side, lengths=(0.26, 0.25))
    arm = [JOINT_INDEX[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist")]
    others = [joint for joint in range(24) if joint not in arm]
    np.testing.assert_allclose(found[:, others], rotations[:, others], atol=1e-12)
    np.testing.assert_allclose(global_rotations(found)[:, arm[2]], global_rotations(rotations)[:, arm[2]], atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), side=SIDES)
def test_a_hand_that_is_there_already_changes_nothing(seed, side):
    lengths = (0.26, 0.25)
    rotations = poses(seed)
    goal = wrist_of(rotations, side, lengths)
    found, _ = with_hand_at(rotations, goal, side=side, lengths=lengths)
    apart = matrix_to_axis_angle(np.swapaxes(found, -1, -2) @ rotations)
    assert np.degrees(np.linalg.norm(apart, axis=-1)).max() < 6.0  # a straight arm is bent a little


def test_what_is_out_of_reach_is_reached_for():
    rotations = poses(3)
    goal = np.full((6, 3), 1.0)
    found, off = with_hand_at(rotations, goal, side="left", lengths=(0.3, 0.3))
    wrist = wrist_of(found, "left", (0.3, 0.3))
    cosine = np.sum(wrist * goal, axis=1) / np.linalg.norm(wrist, axis=1) / np.linalg.norm(goal, axis=1)
    assert np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).max() < 0.01
    np.testing.assert_allclose(off, np.sqrt(3.0) - 0.999 * 0.6, atol=1e-9)


@pytest.mark.parametrize("side", ["left", "right"])
def test_straight_elbows_bend_forwards(side):
    sign = 1.0 if side == "left" else -1.0
    rest = np.broadcast_to(np.eye(3), (1, 24, 3, 3))
    found, _ = with_hand_at(rest, np.array([[sign * 0.4, 0.0, 0.0]]), side=side, lengths=(0.26, 0.25))
    elbow = 0.26 * global_rotations(found)[0, JOINT_INDEX[f"{side}_shoulder"]] @ [sign, 0.0, 0.0]
    assert elbow[2] < -0.1, "the elbow goes back, so that the forearm points forwards"


def test_a_moving_goal_moves_the_arm_without_jumps():
    frames = 60
    rotations = np.repeat(poses(1, frames=1), frames, axis=0)
    way = np.linspace(0.0, 1.0, frames)[:, None]
    goal = (1.0 - way) * [0.3, -0.3, 0.1] + way * [0.2, 0.3, 0.25]
    found, _ = with_hand_at(rotations, goal, side="left", lengths=(0.26, 0.25))
    steps = matrix_to_axis_angle(np.swapaxes(found[:-1], -1, -2) @ found[1:])
    assert np.degrees(np.linalg.norm(steps, axis=-1)).max() < 6.0


@pytest.mark.parametrize(("goal", "lengths"), [(np.zeros((5, 3)), (0.3, 0.3)), (np.zeros((6, 3)), (0.0, 0.3))])
def test_what_does_not_fit_is_refused(goal, lengths):
    with pytest.raises(InputError):
        with_hand_at(poses(1), goal, side="left", lengths=lengths)
