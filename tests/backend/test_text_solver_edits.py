"""Edits: what is named changes by so much, what is not named stays."""

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, MIRROR
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import Bend, Change, Mirror, Program, Raise, Support, Touch
from contrapposto.backend.text.measures import (
    Angle,
    Away,
    Between,
    Body,
    Distance,
    Facing,
    HeadTurn,
    Height,
    Offset,
    Trunk,
)
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.text_solver import solve_text
from contrapposto.backend.text_readings import readings_of

STANDING = standing_poses(1, seed=3)[0]


def edited(*elements, current=STANDING, count=1):
    drafts = np.repeat(current[None], count, axis=0)
    return run_job(solve_text(Program(tuple(elements), edit=True), drafts=drafts, current=current))


def moved_deg(pose, current=STANDING) -> dict[str, float]:
    turned = geodesic_angle(axis_angle_to_matrix(current), axis_angle_to_matrix(pose.rotations))
    return dict(zip(JOINT_NAMES, np.degrees(turned), strict=True))


def measured(measure, pose, current=STANDING) -> tuple[float, float]:
    return measure.of(Body.posed(current[None]))[0], measure.of(Body.posed(pose.rotations[None]))[0]


_UP = (0.0, 1.0, 0.0)
_DEGREES = {
    "bend an elbow": (Change("bend", "left_elbow"), Angle("left_elbow"), -30.0, {"left_elbow"}),
    "bend it a little": (Change("bend", "left_elbow", "a_little"), Angle("left_elbow"), -15.0, {"left_elbow"}),
    "bend it by degrees": (Change("bend", "left_elbow", degrees=42), Angle("left_elbow"), -42.0, {"left_elbow"}),
    "bend a knee": (Change("bend", "right_knee", "much"), Angle("right_knee"), -50.0, {"right_knee"}),
    "raise an arm": (
        Change("raise", "right_arm"), Away("right_upper_arm", _UP), -30.0, {"right_shoulder", "right_collar"},
    ),
    "raise a leg": (Change("raise", "left_leg"), Away("left_thigh", _UP), -30.0, {"left_hip"}),
    "turn the head": (Change("turn", "head", directions=("left",)), HeadTurn("left"), 30.0, {"neck", "head"}),
    "tilt the head": (Change("tilt", "head", directions=("right",)), HeadTurn("tilt_left"), -30.0, {"neck", "head"}),
    "look up": (Change("raise", "head"), HeadTurn("down"), -30.0, {"neck", "head"}),
    "twist the torso": (
        Change("turn", "torso", directions=("right",)), Trunk("twist_left"), -30.0, {"spine1", "spine2", "spine3"},
    ),
    "turn the body": (Change("turn", "body", degrees=70, directions=("left",)), Facing(), 70.0, {"pelvis"}),
    "lean forward": (
        Change("lean", "torso", directions=("forward",)), Trunk("forward"), 30.0,
        {"spine1", "spine2", "spine3", "pelvis", "left_hip", "right_hip"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _DEGREES)
def test_what_is_named_changes_and_everything_else_stays(name):
    change, measure, degrees, joints = _DEGREES[name]
    (pose,) = edited(change)
    before, after = measured(measure, pose)
    assert pose.held == (True,)
    assert after - before == pytest.approx(degrees, abs=6.0)
    # A leg that leaves the ground takes the weight off one foot: the body sways over the other.
    still = 7.0 if name in {"bend a knee", "raise a leg"} else 2.0
    assert max(angle for joint, angle in moved_deg(pose).items() if joint not in joints) < still


_OFF_BALANCE = {
    "raise a leg": Change("raise", "left_leg"),
    "raise it high": Change("raise", "left_leg", degrees=90),
    "raise it to the side": Raise("right_leg", "out", 45),
    "raise it back": Raise("right_leg", "back", 40),
    "bend a knee": Change("bend", "right_knee", "much"),
    "lean forward": Change("lean", "torso", "much", directions=("forward",)),
    "lean aside": Change("lean", "torso", directions=("left",)),
    "lean back": Change("lean", "torso", directions=("back",)),
    "a foot to a knee": Touch("right_foot", "left_knee"),
}


@pytest.mark.parametrize("name", _OFF_BALANCE)
def test_who_stands_stands_after_an_edit(name):
    assert plausible(STANDING).balance_m == 0.0
    (pose,) = edited(_OFF_BALANCE[name])
    assert pose.held == (True,)
    assert plausible(pose.rotations).balance_m < 0.02
    assert moved_deg(pose)["right_shoulder"] < 0.5
    assert moved_deg(pose)["head"] < 0.5


@pytest.mark.parametrize("kind", ["all_fours", "kneeling"])
def test_who_kneels_or_is_on_all_fours_keeps_the_balance_and_the_places_on_the_ground(kind):
    start = run_job(solve_text(Program((Support(kind),)), drafts=STANDING[None], current=None))[0].rotations
    (pose,) = edited(Raise("right_arm", "forward", 120), current=start)
    assert plausible(pose.rotations).balance_m < 0.01
    body = Body.posed(pose.rotations[None])
    assert max(Height(f"{side}_knee").of(body)[0] for side in ("left", "right")) < 0.04


def test_both_knees_that_are_told_to_bend_sink_the_body_above_its_feet():
    (pose,) = edited(Bend("left_knee", 90), Bend("right_knee", 90))
    body = Body.posed(pose.rotations[None])
    assert pose.held == (True, True)
    assert max(Height(f"{side}_{part}").of(body)[0] for side in ("left", "right") for part in ("heel", "toes")) < 0.02
    assert plausible(pose.rotations).balance_m < 0.03


def test_hands_that_go_to_a_foot_bend_the_body_over_above_planted_feet():
    (pose,) = edited(Touch("right_hand", "left_toes"))
    body = Body.posed(pose.rotations[None])
    assert pose.held == (True,)
    assert max(Height(f"{side}_sole").of(body)[0] for side in ("left", "right")) < 0.04
    assert Trunk("forward").of(body)[0] > 50.0
    assert plausible(pose.rotations).balance_m < 0.02


def test_a_foot_that_points_moves_nothing_else():
    (pose,) = edited(Bend("left_ankle", -40))
    allowed = {"left_ankle", "left_hip", "left_knee"}
    assert max(angle for joint, angle in moved_deg(pose).items() if joint not in allowed) < 0.5


def test_legs_stay_where_they_are_while_the_trunk_leans():
    (pose,) = edited(Change("lean", "torso", directions=("forward",)))
    for limb in ("left_thigh", "right_shin"):
        before, after = Body.posed(STANDING[None]).limb(limb), Body.posed(pose.rotations[None]).limb(limb)
        assert np.degrees(np.arccos(np.clip(before @ after.T, -1.0, 1.0))) < 5.0


def test_straightening_all_the_way_ends_straight():
    bent = edited(Bend("left_elbow", 100))[0].rotations
    (pose,) = edited(Change("straighten", "left_elbow", "fully"), current=bent)
    assert measured(Angle("left_elbow"), pose)[1] > 170.0


def test_the_end_of_the_range_is_the_end():
    (pose,) = edited(Change("bend", "left_elbow", degrees=9999))
    assert measured(Angle("left_elbow"), pose)[1] == pytest.approx(30.0, abs=6.0)
    assert "as far as it goes" in pose.constraints[0].sentence


def test_both_knees_bend_with_the_feet_flat_where_they_are():
    (pose,) = edited(Change("bend", "left_knee", "much"), Change("bend", "right_knee", "much"))
    assert pose.held == (True, True)
    body = Body.posed(pose.rotations[None])
    for side in ("left", "right"):
        assert max(Height(f"{side}_{part}").of(body)[0] for part in ("heel", "sole", "toes")) < 0.02
    for axis in ("left", "forward"):
        before, after = measured(Offset("left_ankle", "right_ankle", axis), pose)
        assert after == pytest.approx(before, abs=0.01)


def test_sinking_hips_keep_the_feet():
    (pose,) = edited(Change("lower", "hips"))
    before, after = measured(Height("crotch"), pose)
    assert before - after == pytest.approx(0.15, abs=0.03)
    assert moved_deg(pose)["left_shoulder"] < 2.0


def test_a_raised_shoulder_leaves_the_arm_as_it_hangs():
    (pose,) = edited(Change("raise", "left_shoulder"))
    before, after = measured(Offset("left_shoulder", "upper_back", "up"), pose)
    assert after - before > 0.02
    hung = [Body.posed(each[None]).limb("left_upper_arm")[0] for each in (STANDING, pose.rotations)]
    assert np.degrees(np.arccos(np.clip(hung[0] @ hung[1], -1.0, 1.0))) < 5.0


def test_a_hand_moves_by_centimetres():
    before, after = measured(
        Offset("left_wrist", "chest", "forward"), edited(Change("move", "left_hand", directions=("forward",)))[0]
    )
    assert after - before == pytest.approx(0.15, abs=0.03)


_LENGTHS = {
    "a hand goes up": (Change("raise", "left_hand", metres=0.10), Offset("left_wrist", "chest", "up"), 0.10),
    "a hand goes aside": (
        Change("move", "left_hand", directions=("right",), metres=0.05), Offset("left_wrist", "chest", "left"), -0.05,
    ),
    "a stiff arm": (Change("raise", "right_arm", metres=0.20), Offset("right_wrist", "chest", "up"), 0.20),
    "a knee": (Change("raise", "left_knee", metres=0.20), Offset("left_knee", "crotch", "up"), 0.20),
    "a foot in the air": (Change("raise", "right_foot", metres=0.15), Offset("right_ankle", "crotch", "up"), 0.15),
    "feet apart": (Change("spread", "feet", metres=0.20), Distance("left_ankle", "right_ankle"), 0.20),
    "feet nearer": (Change("close", "feet", metres=0.05), Distance("left_ankle", "right_ankle"), -0.05),
    "hands apart": (Change("spread", "arms", metres=0.10), Offset("left_wrist", "right_wrist", "left"), 0.10),
    "a step": (
        Change("move", "right_foot", directions=("forward",), metres=0.20),
        Offset("right_ankle", "left_ankle", "forward"), 0.20,
    ),
    "the hips": (
        Change("move", "hips", directions=("left",), metres=0.05), Offset("crotch", "left_ankle", "left"), 0.05,
    ),
    "the hips down": (Change("lower", "hips", metres=0.10), Height("crotch"), -0.10),
    "the head": (
        Change("move", "head", directions=("forward",), metres=0.04), Offset("nose", "chest", "forward"), 0.04,
    ),
    "the shoulders": (
        Change("lean", "torso", directions=("forward",), metres=0.10), Offset("upper_back", "crotch", "forward"), 0.085,
    ),
    "a heel": (Change("raise", "left_heel", metres=0.05), Offset("left_heel", "left_toes", "up"), 0.05),
    "nearer to the chin": (
        Change("move", "right_hand", metres=0.10, toward="chin"), Distance("right_hand", "chin"), -0.10,
    ),
    "away from the hip": (
        Change("spread", "right_hand", metres=0.04, toward="right_hip"), Distance("right_hand", "right_hip"), 0.04,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _LENGTHS)
def test_what_is_told_by_a_length_moves_by_it(name):
    change, measure, metres = _LENGTHS[name]
    (pose,) = edited(change)
    before, after = measured(measure, pose)
    assert pose.held == (True,)
    assert after - before == pytest.approx(metres, abs=0.01)


@pytest.mark.parametrize("foot", ["left_foot", "right_foot"])
def test_a_foot_steps_by_centimetres_on_the_ground_and_the_other_stays(foot):
    program = Program((Change("move", foot, directions=("forward",), metres=0.2),), edit=True)
    solved = run_job(solve_text(program, drafts=STANDING[None], current=STANDING))
    before = PoseSequence(STANDING[None].astype(np.float32), np.zeros((1, 3), np.float32))
    (reading,) = readings_of(solved, program, current=before, switched_off=frozenset(), count=1)
    moved = {
        side: (
            Body.posed(reading.poses.rotations).spot(f"{side}_ankle") + reading.poses.translation
            - Body.posed(before.rotations).spot(f"{side}_ankle")
        )[0]
        for side in ("left", "right")
    }  # fmt: skip
    side = foot.removesuffix("_foot")
    frame, other = Body.posed(STANDING[None]).frame[0], "right" if side == "left" else "left"
    assert (frame @ moved[side])[[0, 2]] == pytest.approx((0.0, 0.2), abs=0.012)
    assert (frame @ moved[other])[[0, 2]] == pytest.approx((0.0, 0.0), abs=0.012)
    after = Body.posed(reading.poses.rotations)
    assert max(Height(f"{each}_sole").of(after)[0] for each in ("left", "right")) < 0.03


@pytest.mark.parametrize(
    "change",
    [
        Change("lower", "left_hand", metres=0.15),
        Change("move", "right_hand", directions=("forward",), metres=1.3),
        Change("close", "feet", metres=1.0),
        Change("raise", "right_shoulder", metres=0.2),
        Change("raise", "right_leg", metres=1.4),
        Change("move", "head", directions=("forward",), metres=0.3),
    ],
)
def test_a_length_out_of_reach_is_said(change):
    assert "as far as it goes" in edited(change)[0].constraints[0].sentence


def test_a_length_of_a_turn_is_said_to_mean_nothing():
    (pose,) = edited(Change("bend", "left_elbow", metres=0.05))
    assert "a length says nothing of a turn" in pose.constraints[0].sentence


def test_a_hand_stops_at_what_it_goes_towards():
    (pose,) = edited(Change("move", "right_hand", metres=1.2, toward="chest"))
    _, after = measured(Distance("right_hand", "chest"), pose)
    assert 0.0 < after < 0.06


def test_legs_spread_with_flat_feet():
    (pose,) = edited(Change("spread", "legs"))
    before, after = measured(Between("left_leg", "right_leg"), pose)
    assert after - before == pytest.approx(30.0, abs=5.0)
    assert Height("left_toes").of(Body.posed(pose.rotations[None]))[0] < 0.03


def test_a_mirror_is_exact_and_undoes_itself():
    (pose,) = edited(Mirror())
    expected = STANDING[MIRROR] * (1.0, -1.0, -1.0)
    apart = geodesic_angle(axis_angle_to_matrix(expected), axis_angle_to_matrix(pose.rotations))
    assert np.degrees(apart).max() < 0.1
    (back,) = edited(Mirror(), current=pose.rotations)
    assert max(moved_deg(back).values()) < 0.2


def test_one_side_is_made_as_the_other():
    waving = edited(Touch("right_hand", "head_top"))[0].rotations
    (pose,) = edited(Mirror("arms", "right"), current=waving)
    for name in ("shoulder", "elbow", "wrist"):
        left, right = pose.rotations[JOINT_INDEX[f"left_{name}"]], pose.rotations[JOINT_INDEX[f"right_{name}"]]
        assert left == pytest.approx(right * (1.0, -1.0, -1.0), abs=1e-3)
        assert right == pytest.approx(waving[JOINT_INDEX[f"right_{name}"]], abs=1e-3)
    assert moved_deg(pose, waving)["head"] < 0.1


def test_alternatives_of_an_edit_make_more_or_less_of_it():
    poses = edited(Change("bend", "left_elbow"), count=4)
    before = measured(Angle("left_elbow"), poses[0])[0]
    bends = [before - measured(Angle("left_elbow"), pose)[1] for pose in poses]
    assert all(all(pose.held) for pose in poses)
    assert bends[0] == pytest.approx(30.0, abs=3.0)
    assert max(bends) - min(bends) > 15.0
    exact = edited(Change("bend", "left_elbow", degrees=40), count=2)
    assert [before - measured(Angle("left_elbow"), pose)[1] for pose in exact] == pytest.approx([40.0, 40.0], abs=4.0)


def test_edits_take_other_elements_too():
    (pose,) = edited(Touch("right_hand", "head_top"))
    assert pose.held == (True,)
    others = [angle for joint, angle in moved_deg(pose).items() if not joint.startswith("right_")]
    assert max(others) < 2.0


def test_an_edit_can_change_what_carries_the_body():
    raised = edited(Bend("left_elbow", 100))[0].rotations
    (pose,) = edited(Support("kneeling"), current=raised)
    assert pose.held == (True,)
    assert moved_deg(pose, raised)["left_elbow"] < 2.0


def test_a_joint_that_is_out_of_its_range_stays_so_unless_it_is_named():
    odd = STANDING.copy()
    odd[JOINT_INDEX["right_knee"]] = (-0.4, 0.0, 0.0)
    (pose,) = edited(Change("bend", "left_elbow"), current=odd)
    assert moved_deg(pose, odd)["right_knee"] < 0.5


def test_a_length_away_from_a_place_ends_where_the_limb_points_away():
    """Longer than twice the limb: there is no further away, and no angle for it."""
    body = Body.posed(STANDING[None])
    (pose,) = edited(Change("raise", "left_elbow", metres=-1.0, toward="head_top"))
    assert np.isfinite(pose.rotations).all()
    before, after = (posed.joints[0, JOINT_INDEX["left_elbow"]] for posed in (body, Body.posed(pose.rotations[None])))
    head = body.joints[0, JOINT_INDEX["head"]]
    assert np.linalg.norm(after - head) > np.linalg.norm(before - head)
