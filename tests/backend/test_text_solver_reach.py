"""Arms that meet overhead, knees that are hugged, backs that arch and palms that lie on the body."""

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import Apart, Bend, Place, Point, Program, Raise, Support, Touch
from contrapposto.backend.text.measures import Angle, Away, Body, Distance
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text

DRAFTS = np.concatenate([NEUTRAL_DRAFT[None], standing_poses(3, seed=3)])
SIDES = ("left", "right")


def bodies(*elements):
    """Poses that hold everything, within limits and hardly inside of themselves, as bodies."""
    poses = run_job(solve_text(Program(tuple(elements)), drafts=DRAFTS, current=None))
    for pose in poses:
        assert all(pose.held), [c.sentence for c, held in zip(pose.constraints, pose.held, strict=True) if not held]
        found = plausible(pose.rotations)
        assert found.limits_broken == 0
        assert found.penetration_m < 0.03
    return Body.posed(np.stack([pose.rotations for pose in poses]))


@pytest.mark.parametrize(
    "up",
    [
        (Point("left_arm", ("up",)), Point("right_arm", ("up",))),
        (Raise("left_arm", "out", 180), Raise("right_arm", "out", 180)),
        (Raise("left_arm", "forward", 170), Raise("right_arm", "forward", 170)),
        (Place("left_hand", "above", "head_top"), Place("right_hand", "above", "head_top")),
    ],
    ids=["point", "out", "forward", "above"],
)
def test_arms_whose_hands_meet_overhead_stay_upright(up):
    body = bodies(*up, Touch("left_hand", "right_hand"))
    assert Distance("left_hand", "right_hand").of(body).max() < 0.09
    for side in SIDES:
        assert Away(f"{side}_arm", (0.0, 1.0, 0.0)).of(body).max() < 20.0
        assert Angle(f"{side}_elbow").of(body).min() > 140.0


@pytest.mark.parametrize(
    "hug",
    [
        (Touch("left_hand", "left_shin"), Touch("right_hand", "right_shin")),
        (Touch("left_hand", "right_shin"), Touch("right_hand", "left_shin")),
        (Touch("left_hand", "right_hand"), Apart("left_knee", "chest", 0, 0.35), Apart("right_knee", "chest", 0, 0.35)),
        (Touch("left_hand", "right_hand"), Place("left_hand", "ahead", "left_knee"),
         Place("right_hand", "ahead", "right_knee")),
        (Touch("left_knee", "chest"), Touch("right_knee", "chest")),
    ],
    ids=["shins", "crossed", "near", "ahead", "chest"],
)  # fmt: skip
def test_hugged_knees_are_bent_deep(hug):
    body = bodies(Support("sitting_floor"), *hug)
    for side in SIDES:
        assert Angle(f"{side}_knee").of(body).min() > 45.0
        assert Angle(f"{side}_knee").of(body).max() < 82.0


def test_knees_that_are_told_their_angle_keep_it_while_hands_hold_the_shins():
    legs = Bend("left_knee", 40), Bend("right_knee", 40)
    body = bodies(Support("sitting_floor"), Touch("left_hand", "left_shin"), Touch("right_hand", "right_shin"), *legs)
    assert Angle("left_knee").of(body).min() == pytest.approx(140.0, abs=12.0)
