"""What bodies cannot help doing, whatever words leave open: feet that carry, arms that reach, backs that arch."""

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.refine.joint_limits import clamped_to_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text import measures
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import (
    Bend,
    Face,
    Ground,
    Place,
    Point,
    Program,
    Raise,
    Support,
    Touch,
    Trunk,
)
from contrapposto.backend.text.measures import Angle, Away, Body, Height, Offset
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


@pytest.mark.parametrize(
    ("kind", "down", "lean"),
    [
        ("lying_front", ("left_elbow", "right_elbow"), (30.0, 75.0)),
        ("lying_front", ("left_forearm", "right_forearm"), (30.0, 75.0)),
        ("lying_back", ("left_elbow", "right_elbow"), (-80.0, -30.0)),
    ],
)
def test_who_is_propped_on_the_elbows_has_the_chest_up(kind, down, lean):
    body = bodies(Support(kind), *(Ground(spot) for spot in down))
    assert Height("upper_back").of(body).min() > 0.15
    forward = measures.Trunk("forward").of(body)
    assert lean[0] < forward.min() <= forward.max() < lean[1]
    for side in ("left", "right"):
        assert Height(f"{side}_elbow").of(body).max() < 0.07
        assert Away(f"{side}_upper_arm", (0.0, -1.0, 0.0)).of(body).max() < 45.0


def test_who_lies_on_a_side_is_propped_on_the_elbow_below():
    body = bodies(Support("lying_left"), Ground("left_elbow"))
    assert Height("left_shoulder").of(body).min() > 0.15
    assert Height("left_hip").of(body).max() < 0.10
    flat = bodies(Support("lying_left"))
    assert Height("left_shoulder").of(flat).max() < 0.15


def test_elbows_that_lie_beside_a_head_that_hands_hold_prop_nothing():
    hands = (Touch("left_hand", "head_back"), Touch("right_hand", "head_back"))
    body = bodies(Support("lying_back"), Ground("left_elbow"), Ground("right_elbow"), *hands)
    assert Height("upper_back").of(body).max() < 0.12


@pytest.mark.parametrize("bend", [0.0, 60.0, 90.0])
def test_arms_of_a_plank_carry_it_however_they_are_bent(bend):
    body = bodies(Support("plank"), Bend("left_elbow", bend), Bend("right_elbow", bend))
    for side in ("left", "right"):
        assert Angle(f"{side}_elbow").of(body) == pytest.approx(180.0 - bend, abs=12.0)
        assert Height(f"{side}_hand").of(body).max() < 0.07
        assert Height(f"{side}_knee").of(body).min() > 0.08
    assert Height("chest").of(body).min() > 0.12


@pytest.mark.parametrize("bend", [60.0, 90.0, 125.0])
def test_who_crouches_on_one_leg_keeps_the_foot_flat_and_the_balance(bend):
    poses = solved(Support("left_leg"), Bend("left_knee", bend), Raise("right_leg", "forward", 70))
    body = Body.posed(np.stack([pose.rotations for pose in poses]))
    assert Angle("left_knee").of(body) == pytest.approx(180.0 - bend, abs=12.0)
    assert max(Height(f"left_{part}").of(body).max() for part in SOLE) < 0.03
    assert max(plausible(pose.rotations).balance_m for pose in poses) < 0.03


@pytest.mark.parametrize(
    "said",
    [
        (Touch("right_hand", "right_ankle"), Place("right_ankle", "behind", "bottom")),
        (Touch("right_hand", "right_foot"), Place("right_hand", "behind", "bottom"), Point("left_arm", ("up",))),
        (Support("left_leg"), Bend("right_knee", 135), Touch("right_hand", "right_ankle"), Trunk(forward=0.0)),
        (Support("left_leg"), Touch("right_hand", "right_ankle"), Raise("right_thigh", "back", 55),
         Bend("right_knee", 85), Trunk(forward=35.0)),
    ],
)  # fmt: skip
def test_a_hand_that_holds_a_foot_behind_has_the_leg_folded_up_there(said):
    body = bodies(*said, drafts=DRAFTS[:1])
    assert Height("right_ankle").of(body).min() > 0.35
    assert Offset("right_ankle", "right_knee", "forward").of(body).max() < -0.15
    assert abs(measures.Trunk("left").of(body)[0]) < 25.0
    assert all(plausible(pose.rotations).balance_m < 0.01 for pose in solved(*said, drafts=DRAFTS[:1]))


def test_shoulders_are_shrugged_by_the_collars_and_not_by_the_neck():
    up = (Place("left_shoulder", "above", "throat", 0.0), Place("right_shoulder", "above", "throat", 0.0))
    shrugged, before = bodies(*up, drafts=DRAFTS[:1]), Body.posed(NEUTRAL_DRAFT[None])
    for side in ("left", "right"):
        raised = Offset(f"{side}_shoulder", "upper_back", "up")
        assert raised.of(shrugged)[0] - raised.of(before)[0] > 0.01
    nod = measures.HeadTurn("down")
    assert nod.of(shrugged)[0] == pytest.approx(nod.of(before)[0], abs=5.0)


def test_hips_are_level_in_the_air():
    body = bodies(Support("airborne"), Point("left_leg", ("forward",)), Point("right_leg", ("back",)))
    assert np.abs(Offset("left_hip", "right_hip", "up").of(body)).max() < 0.08
    assert np.abs(Offset("left_shoulder", "right_shoulder", "up").of(body)).max() < 0.10


@pytest.mark.parametrize(
    "said",
    [
        (Bend("left_knee", 90), Bend("right_knee", 90), Raise("left_thigh", "forward", 80),
         Raise("right_thigh", "forward", 80), Ground("left_sole"), Ground("right_sole")),
        (Bend("left_knee", 60), Raise("right_thigh", "forward", 60), Bend("right_knee", 80)),
        (Raise("left_thigh", "forward", 30), Raise("right_leg", "back", 70)),
    ],
)  # fmt: skip
def test_something_carries_who_has_both_legs_told_to_be_somewhere(said):
    for pose in solved(*said, drafts=DRAFTS[:1]):
        assert plausible(pose.rotations).balance_m < 0.02


def test_knees_fall_open_while_the_soles_meet():
    body = bodies(Support("sitting_floor"), Touch("left_sole", "right_sole"), drafts=DRAFTS[:1])
    apart = Offset("left_knee", "right_knee", "left").of(body)[0]
    assert apart > 0.4
    assert Height("left_knee").of(body)[0] < 0.35
