"""What bodies cannot help doing, whatever words leave open: feet that carry, arms that reach, backs that arch."""

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.refine.joint_limits import clamped_to_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import (
    Bend,
    Face,
    Ground,
    Point,
    Program,
    Raise,
    Support,
    Touch,
    Trunk,
)
from contrapposto.backend.text.measures import Angle, Away, Body, Height
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text

DRAFTS = np.concatenate([NEUTRAL_DRAFT[None], standing_poses(3, seed=3)])
SOLE = ("sole", "heel", "toes")


def solved(*elements, drafts=DRAFTS):
    return run_job(solve_text(Program(tuple(elements)), drafts=drafts, current=None))


def bodies(*elements, drafts=DRAFTS):
    """Each pose, within limits, as a body."""
    poses = solved(*elements, drafts=drafts)
    assert all(plausible(pose.rotations).limits_broken == 0 for pose in poses)
    return Body.posed(np.stack([pose.rotations for pose in poses]))


@pytest.mark.parametrize(
    "more",
    [(), (Bend("left_knee", 5),), (Raise("left_leg", "forward", 10),), (Point("left_leg", ("down",)),),
     (Touch("left_foot", "right_ankle"),), (Raise("left_arm", "out", 90),), (Raise("left_thigh", "forward", 20),)],
    ids=["alone", "knee", "forward", "down", "ankle", "arm", "thigh"],
)  # fmt: skip
def test_on_one_leg_the_other_foot_is_a_decimetre_off_the_ground(more):
    body = bodies(Support("right_leg"), *more)
    for part in SOLE:
        assert Height(f"left_{part}").of(body).min() > 0.095
        assert Height(f"right_{part}").of(body).max() < 0.03


@pytest.mark.parametrize(
    "said",
    [
        (Support("standing"),),
        (Support("left_leg"),),
        (Ground("left_sole"), Ground("right_sole")),
        (Ground("left_foot"),),
    ],
    ids=["standing", "on that leg", "both soles", "that foot"],
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_a_leg_that_is_raised_high_leaves_the_other_to_stand_on(said, first):
    kick = (Raise("left_leg", "forward", 100),)
    elements = (*said, *kick) if first else (*kick, *said)
    for pose in solved(*elements):
        body = Body.posed(pose.rotations[None])
        assert all(pose.held)
        assert Away("left_leg", (0.0, -1.0, 0.0)).of(body)[0] == pytest.approx(100.0, abs=8.0)
        assert Height("right_sole").of(body)[0] < 0.02
        assert plausible(pose.rotations).balance_m < 0.01


def test_feet_and_ankles_on_the_ground_stand_as_thick_as_they_are():
    (pose,) = solved(Ground("left_foot"), Ground("right_ankle"), drafts=DRAFTS[:1])
    assert all(pose.held)
    assert plausible(pose.rotations).balance_m < 0.01


def _unsteady(*, lean: float = 0.0, ankles: float = 0.0, knees: float = 0.0):
    """Drafts that stand badly: degrees that the whole body leans, the ankles point and the knees bend."""
    angles = {"pelvis": lean, "left_ankle": ankles, "right_ankle": ankles, "left_knee": knees, "right_knee": knees}
    found = DRAFTS.copy()
    for name, degrees in angles.items():
        turn = axis_angle_to_matrix(np.radians([degrees, 0.0, 0.0]))
        found[:, JOINT_INDEX[name]] = matrix_to_axis_angle(axis_angle_to_matrix(found[:, JOINT_INDEX[name]]) @ turn)
    return clamped_to_limits(found)


@pytest.mark.parametrize("drafts", [_unsteady(lean=12), _unsteady(lean=-10, ankles=8), _unsteady(knees=35)])
@pytest.mark.parametrize("elements", [(), (Face(90),), (Face(-90),), (Raise("left_arm", "out", 90),)])
def test_a_draft_that_stands_badly_is_planted_and_balanced(drafts, elements):
    assert max(plausible(draft).balance_m for draft in drafts) > 0.02
    for pose in solved(*elements, drafts=drafts):
        assert all(pose.held)
        assert plausible(pose.rotations).balance_m < 0.005
        body = Body.posed(pose.rotations[None])
        assert max(Height(f"{side}_sole").of(body)[0] for side in ("left", "right")) < 0.03
    angle = geodesic_angle(axis_angle_to_matrix(drafts), axis_angle_to_matrix(_in_order(drafts)))
    assert np.degrees(angle).max() < 25.0


def _in_order(drafts):
    """Nothing holds or misses, so that poses come in the drafts' order."""
    return np.stack([pose.rotations for pose in solved(drafts=drafts)])


@pytest.mark.parametrize("kind", ["sitting", "sitting_floor", "lying_back", "lying_left", "airborne"])
def test_a_draft_that_sits_or_lies_stays_as_it_is(kind):
    drafts = np.stack([pose.rotations for pose in solved(Support(kind))])
    angle = geodesic_angle(axis_angle_to_matrix(drafts), axis_angle_to_matrix(_in_order(drafts)))
    assert np.degrees(angle).max() < 8.0


@pytest.mark.parametrize("degrees", [60, 90, 130])
def test_deep_bends_of_both_knees_are_balanced(degrees):
    for drafts in (DRAFTS, _unsteady(lean=12)):
        for pose in solved(Bend("left_knee", degrees), Bend("right_knee", degrees), drafts=drafts):
            assert all(pose.held)
            assert plausible(pose.rotations).balance_m < 0.005


@pytest.mark.parametrize(
    "elements",
    [(Trunk(forward=60),), (Trunk(forward=90),), (Trunk(left=45),), (Support("left_leg"), Trunk(forward=70)),
     (Support("left_leg"), Touch("right_sole", "left_thigh")), (Support("right_leg"), Bend("left_knee", 100))],
    ids=["lean", "level", "aside", "one leg", "tree", "flamingo"],
)  # fmt: skip
def test_arms_that_nothing_speaks_of_hang_as_in_the_draft(elements):
    body, drafts = bodies(*elements), Body.posed(DRAFTS)
    for side in ("left", "right"):
        assert Away(f"{side}_upper_arm", (0.0, -1.0, 0.0)).of(body).max() < 40.0
        bends = Angle(f"{side}_elbow")
        assert np.abs(np.sort(bends.of(body)) - np.sort(bends.of(drafts))).max() < 12.0
