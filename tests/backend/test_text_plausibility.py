"""Joint limits, balance and self-penetration of a pose."""

import numpy as np
import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.body_solids import (
    MASS_SHARES,
    PAIR_REACH,
    centre_of_mass,
    depths,
    nearest_of_pairs,
    outside_of_hull,
)
from contrapposto.backend.text.grammar import understand
from contrapposto.backend.text.measures import Body, Trunk
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text


def turned(**joints):
    pose = NEUTRAL_DRAFT.copy()
    for name, degrees in joints.items():
        pose[JOINT_INDEX[name]] = np.radians(degrees)
    return pose


def test_standing_at_ease_is_plausible():
    found = plausible(NEUTRAL_DRAFT)
    assert (found.limits_broken, found.balance_m, found.penetration_m) == (0, 0.0, 0.0)


def test_a_knee_that_bends_forwards_breaks_one_limit():
    assert plausible(turned(left_knee=(-60.0, 0.0, 0.0))).limits_broken == 1


def test_who_leans_forward_from_the_ankles_is_off_balance():
    upright = plausible(turned(pelvis=(4.0, 0.0, 0.0)))
    leaning = plausible(turned(pelvis=(35.0, 0.0, 0.0), left_ankle=(-35.0, 0.0, 0.0), right_ankle=(-35.0, 0.0, 0.0)))
    assert upright.balance_m == 0.0
    assert 0.2 < leaning.balance_m < 0.5


def test_a_seat_carries_who_sits():
    legs = {f"{side}_{joint}": (x, 0.0, 0.0) for side in ("left", "right") for joint, x in (("hip", -88), ("knee", 88))}
    assert plausible(turned(**legs)).balance_m > 0.1
    assert plausible(turned(**legs), seated=True).balance_m == 0.0


def test_a_forearm_through_the_chest_is_centimetres_deep():
    through = turned(left_shoulder=(0.0, 0.0, -80.0), left_elbow=(0.0, 0.0, -95.0))
    assert plausible(through).penetration_m > 0.03


def test_poses_of_other_shapes_and_numbers_are_refused():
    with pytest.raises(InputError, match="shape"):
        plausible(np.zeros((22, 3)))
    with pytest.raises(InputError, match="not finite"):
        plausible(np.full((24, 3), np.nan))


def test_the_centre_of_mass_of_a_standing_body_is_in_the_pelvis():
    assert MASS_SHARES.sum() == pytest.approx(1.0)
    body = Body.posed(NEUTRAL_DRAFT[None])
    centre = centre_of_mass(body)[0]
    # Winter, "Biomechanics and Motor Control of Human Movement": at 0.53 to 0.58 of stature in people who stand.
    assert 0.52 < (centre[1] - body.ground[0]) / 1.70 < 0.59
    assert abs(centre[0]) < 0.001
    assert abs(centre[2]) < 0.04


def test_hulls():
    square = np.array([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]] * 3)
    points = np.array([[0.5, 0.5], [2.0, 0.5], [-3.0, -4.0]])
    way, shares = outside_of_hull(points, square)
    assert way == pytest.approx(np.array([[0.0, 0.0], [1.0, 0.0], [-3.0, -4.0]]))
    assert shares.sum(1) == pytest.approx(np.ones(3))
    assert np.einsum("nc,nci->ni", shares, square)[1:] == pytest.approx(points[1:] - way[1:])


def test_capsules_nearest_points_are_no_further_than_any_sampled_ones():
    random = np.random.default_rng(3)
    from contrapposto.backend.text.body_solids import CAPSULE_ENDS, PAIR_CAPSULES

    body = Body.posed(NEUTRAL_DRAFT[None] + random.normal(0.0, 0.4, (4, 24, 3)))
    ends = CAPSULE_ENDS.of(body)
    _, _, way = nearest_of_pairs(ends)
    length = np.linalg.norm(way, axis=-1)
    along = np.linspace(0.0, 1.0, 21)
    first, second = PAIR_CAPSULES.T
    one = ends[:, 2 * first, None] * (1 - along[:, None]) + ends[:, 2 * first + 1, None] * along[:, None]
    other = ends[:, 2 * second, None] * (1 - along[:, None]) + ends[:, 2 * second + 1, None] * along[:, None]
    sampled = np.linalg.norm(one[:, :, :, None] - other[:, :, None], axis=-1).min((2, 3))
    assert (length <= sampled + 1e-9).all()
    assert np.abs(sampled - length).max() < 0.02
    assert depths(body) == pytest.approx(np.maximum(PAIR_REACH - length, 0.0))


_STANDS_OR_LIES = (
    "arabesque", "dancer pose", "quad stretch", "knee hug", "pistol squat", "cossack dance", "warrior three",
    "standing hand to big toe", "push up", "one arm push up", "chaturanga", "forearm plank", "plank pose", "tree pose",
    "sprint start", "spider man", "dolphin pose", "ice skating", "headstand", "shoulder stand", "plow pose",
    "reverse plank", "lotus pose", "sitting hugging the knees", "superman exercise", "locust pose", "fish pose",
    "downward dog", "horse stance",
)  # fmt: skip


@pytest.mark.parametrize("name", _STANDS_OR_LIES)
def test_named_poses_keep_their_balance(name):
    program = understand(name)
    (pose,) = run_job(solve_text(program, drafts=NEUTRAL_DRAFT[None], current=None))
    found = plausible(pose.rotations)
    assert found.limits_broken == 0
    assert found.balance_m < 0.03
    assert found.penetration_m < 0.03


@pytest.mark.parametrize("name", ["grand jete", "jumping", "smash", "hurdle", "soccer header", "long jump", "ollie"])
def test_jumps_do_not_lean_aside(name):
    (pose,) = run_job(solve_text(understand(name), drafts=NEUTRAL_DRAFT[None], current=None))
    assert abs(Trunk("left").of(Body.posed(pose.rotations[None]))[0]) < 12.0
    assert plausible(pose.rotations).limits_broken == 0
