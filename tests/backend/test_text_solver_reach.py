"""Arms that meet overhead, knees that are hugged, backs that arch and palms that lie on the body."""

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import Apart, Bend, Ground, Place, Point, Program, Raise, Support, Touch, Trunk
from contrapposto.backend.text.measures import Angle, Away, Body, Distance, Height, Offset
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text
from contrapposto.backend.text.touches import OffSkin, PalmAgainst

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


_HANDS_DOWN = Ground("left_hand"), Ground("right_hand")
_SOLES_DOWN = Ground("left_sole"), Ground("right_sole")


@pytest.mark.parametrize(
    "said",
    [
        (Support("lying_front"), *_HANDS_DOWN, Trunk(forward=45)),
        (Support("lying_front"), *_HANDS_DOWN, Trunk(forward=-35)),
        (Support("lying_front"), *_HANDS_DOWN, Ground("chest", 0.25)),
        (Support("lying_front"), *_HANDS_DOWN, Bend("left_elbow", 10), Bend("right_elbow", 10)),
        (*_HANDS_DOWN, Ground("left_thigh"), Ground("right_thigh"), Ground("chest", 0.25)),
    ],
    ids=["lean", "back", "chest", "elbows", "thighs"],
)
def test_a_chest_that_is_lifted_from_lying_arches_the_back(said):
    body = bodies(*said)
    assert Height("chest").of(body).min() > 0.2
    for side in SIDES:
        assert Height(f"{side}_hand").of(body).max() < 0.06
        assert Height(f"{side}_thigh").of(body).max() < 0.08
        assert Angle(f"{side}_knee").of(body).min() > 150.0


@pytest.mark.parametrize(
    "said",
    [
        (Support("lying_back"), *_SOLES_DOWN, Ground("bottom", 0.25)),
        (Support("lying_back"), *_SOLES_DOWN, Place("belly", "above", "chest")),
        (*_SOLES_DOWN, Ground("left_shoulder"), Ground("right_shoulder"), Ground("bottom", 0.25)),
        (Support("lying_back"), Ground("bottom", 0.25), Bend("left_knee", 90), Bend("right_knee", 90)),
    ],
    ids=["height", "above", "shoulders", "knees"],
)
def test_hips_that_are_lifted_from_lying_make_a_bridge(said):
    body = bodies(*said)
    assert Height("bottom").of(body).min() > 0.2
    assert Height("upper_back").of(body).max() < 0.12
    assert max(Height(f"{side}_sole").of(body).max() for side in SIDES) < 0.03
    assert Distance("left_knee", "right_knee").of(body).max() < 0.5


@pytest.mark.parametrize(
    "said",
    [(Support("lying_back"), Ground("lower_back", 0.5)), (Place("belly", "above", "chest"), Ground("bottom", 0.4))],
    ids=["lying", "belly"],
)
def test_hands_and_feet_below_a_lifted_back_make_a_wheel(said):
    body = bodies(*said, *_HANDS_DOWN, *_SOLES_DOWN)
    assert Height("bottom").of(body).min() > 0.4
    assert Offset("belly", "lower_back", "up").of(body).min() > 0.08
    assert max(Height(f"{side}_{part}").of(body).max() for side in SIDES for part in ("hand", "sole")) < 0.06


@pytest.mark.parametrize("place", ["hip", "waist", "buttock", "thigh"])
def test_fingers_lie_along_the_body_and_not_in_it(place):
    body = bodies(*(Touch(f"{side}_hand", f"{side}_{place}") for side in SIDES))
    for side in SIDES:
        for part in ("hand", "fingers", "wrist"):
            assert OffSkin(f"{side}_{part}", f"{side}_{place}").of(body).min() > 0.005
        assert OffSkin(f"{side}_hand", f"{side}_{place}").of(body).max() < 0.06
        assert PalmAgainst(side, f"{side}_{place}").of(body).max() < 40.0


@pytest.mark.parametrize("kind", ["sitting", "sitting_floor", "sitting_heels"])
def test_hands_rest_on_the_thighs_of_who_sits_with_the_elbows_near(kind):
    poses = run_job(solve_text(Program((Support(kind),)), drafts=DRAFTS, current=None))
    body = Body.posed(np.stack([pose.rotations for pose in poses]))
    for side in SIDES:
        for part in ("hand", "fingers"):
            assert OffSkin(f"{side}_{part}", f"{side}_thigh").of(body).min() > 0.005
        assert Distance(f"{side}_hand", f"{side}_thigh").of(body).max() < 0.09
        assert Away(f"{side}_upper_arm", (0.0, -1.0, 0.0)).of(body).max() < 50.0
