"""Programs of the pose language become poses: constraints hold, within limits, balanced, and nothing explodes."""

import dataclasses
import time
from typing import get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.refine.joint_limits import within_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.language import (
    ELEMENTS,
    Apart,
    Bend,
    Face,
    Ground,
    Head,
    Palm,
    Point,
    Program,
    Raise,
    Support,
    SupportKind,
    Touch,
    Trunk,
)
from contrapposto.backend.text.meaning import constraints
from contrapposto.backend.text.measures import Angle, Away, Body, Facing, Height, Offset
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.supports import law_of
from contrapposto.backend.text.text_plan import planned
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text
from contrapposto.backend.text.text_terms import MOVED, Weighing

DRAFTS = np.concatenate([NEUTRAL_DRAFT[None], standing_poses(1, seed=3)])


def solved(*elements, drafts=DRAFTS, switched_off=frozenset()):
    return run_job(solve_text(Program(tuple(elements)), drafts=drafts, current=None, switched_off=switched_off))


def body_of(*elements, drafts=DRAFTS[:1]) -> Body:
    return Body.posed(solved(*elements, drafts=drafts)[0].rotations[None])


_EVERYDAY = {
    "kneeling on the left knee, right hand on the heart": (Support("kneeling_left"), Touch("right_hand", "heart")),
    "hands on hips": (Touch("left_hand", "left_hip"), Touch("right_hand", "right_hip")),
    "hands behind the head": (Touch("left_hand", "head_back"), Touch("right_hand", "head_back")),
    "arms crossed": (Touch("left_hand", "right_upper_arm"), Touch("right_hand", "left_upper_arm")),
    "left leg to the side": (Raise("left_leg", "out", 90),),
    "legs crossed on a chair": (Support("sitting"), Touch("left_calf", "right_knee")),
    "touching the toes": (Touch("left_hand", "left_toes"), Touch("right_hand", "right_toes")),
    "hands behind the back": (Touch("left_hand", "lower_back"), Touch("right_hand", "lower_back")),
    "waving": (Raise("right_upper_arm", "out", 80), Point("right_forearm", ("up",)), Palm("right", ("forward",))),
    "arms up while jumping": (Support("airborne"), Raise("left_arm", "out", 150), Raise("right_arm", "out", 150)),
    "lying on the back, knees up": (Support("lying_back"), Bend("left_knee", 90), Bend("right_knee", 90)),
    "arabesque": (Support("right_leg"), Raise("left_leg", "back", 70), Raise("left_arm", "out", 90)),
    "sitting on the floor, hands on knees": (
        Support("sitting_floor"), Touch("left_hand", "left_knee"), Touch("right_hand", "right_knee"),
    ),
    "looking to the left, nodding": (Head(left=40, down=20), Trunk(forward=10)),
}  # fmt: skip


@pytest.mark.parametrize("name", _EVERYDAY)
def test_everyday_poses_hold_and_are_plausible(name):
    elements = _EVERYDAY[name]
    seated = any(isinstance(each, Support) and each.kind == "sitting" for each in elements)
    for pose in solved(*elements):
        assert all(pose.held), [c.sentence for c, held in zip(pose.constraints, pose.held, strict=True) if not held]
        found = plausible(pose.rotations, seated=seated)
        assert found.limits_broken == 0
        assert found.penetration_m < 0.03
        if not any(isinstance(each, Support) and each.kind == "airborne" for each in elements):
            assert found.balance_m < 0.02


@pytest.mark.parametrize("kind", get_args(SupportKind))
def test_every_support_holds(kind):
    for pose in solved(Support(kind)):
        assert pose.held == (True,)
        found = plausible(pose.rotations, seated=kind == "sitting")
        assert found.limits_broken == 0
        assert found.penetration_m < 0.03
        if law_of(kind).balanced:
            assert found.balance_m < 0.01


@pytest.mark.parametrize("height", [0.2, 0.45, 0.55])
def test_the_seat_is_as_high_as_it_is_told(height):
    body = body_of(Support("sitting", height))
    assert Height("bottom").of(body)[0] == pytest.approx(height, abs=0.04)
    assert Height("left_sole").of(body)[0] < 0.03


def test_degrees_are_met_to_within_some():
    body = body_of(Bend("left_elbow", 90), Raise("right_arm", "out", 60), Bend("right_knee", 30))
    assert Angle("left_elbow").of(body)[0] == pytest.approx(90.0, abs=7.0)
    assert Away("right_arm", (0.0, -1.0, 0.0)).of(body)[0] == pytest.approx(60.0, abs=7.0)
    assert Angle("right_knee").of(body)[0] == pytest.approx(150.0, abs=7.0)


def test_standing_feet_are_flat_and_at_one_height():
    body = body_of(Raise("left_arm", "forward", 90), Trunk(forward=30))
    soles = [body.spot(f"{side}_{part}")[0, 1] for side in ("left", "right") for part in ("heel", "sole", "toes")]
    assert max(soles) - min(soles) < 0.012


def test_a_leg_that_is_lifted_leaves_the_other_to_carry_the_body():
    body = body_of(Raise("left_leg", "forward", 80))
    assert Height("right_sole").of(body)[0] < 0.01
    assert Height("left_sole").of(body)[0] > 0.3


def test_hands_on_hips_have_their_elbows_out_and_their_palms_on_the_body():
    body = body_of(Touch("left_hand", "left_hip"), Touch("right_hand", "right_hip"))
    assert Offset("left_elbow", "left_shoulder", "left").of(body)[0] > 0.08
    assert Offset("right_elbow", "right_shoulder", "left").of(body)[0] < -0.08
    palm = -body.world[0, JOINT_INDEX["left_wrist"], :, 1]
    assert np.degrees(np.arccos(-palm[0])) < 75.0


def test_what_no_word_concerns_stays_near_the_draft():
    draft = DRAFTS[1]
    (pose,) = solved(Bend("left_elbow", 90), drafts=draft[None])
    moved = np.degrees(geodesic_angle(axis_angle_to_matrix(draft), axis_angle_to_matrix(pose.rotations)))
    others = [index for name, index in JOINT_INDEX.items() if not name.startswith("left_")]
    assert moved[others].max() < 4.0
    assert moved[JOINT_INDEX["left_elbow"]] > 50.0


def test_facing_turns_the_whole_body():
    body = body_of(Face(120), Support("kneeling"))
    assert Facing().of(body)[0] == pytest.approx(120.0, abs=4.0)


def test_alternatives_from_one_draft_differ():
    poses = solved(Touch("left_hand", "chin"), drafts=np.repeat(NEUTRAL_DRAFT[None], 4, axis=0))
    turns = axis_angle_to_matrix(np.stack([pose.rotations for pose in poses]))
    apart = [np.degrees(geodesic_angle(turns[0], other)).max() for other in turns[1:]]
    assert min(apart) > 3.0


def test_switched_off_elements_are_ignored():
    elements = (Support("lying_back"), Bend("left_elbow", 90))
    pose = solved(*elements, switched_off=frozenset({0}))[0]
    body = Body.posed(pose.rotations[None])
    assert body.limb("torso")[0, 1] > 0.9
    assert pose.held == (False, True)


def test_contradictions_end_in_a_compromise_with_both_sentences_kept():
    pose = solved(Bend("left_elbow", 140), Apart("left_hand", "left_shoulder", 0.6, 0.7), Support("standing"))[0]
    assert np.isfinite(pose.rotations).all()
    assert not all(pose.held)
    assert plausible(pose.rotations).limits_broken == 0
    assert np.abs(Body.posed(pose.rotations[None]).joints).max() < 1.6


def test_what_cannot_be_reached_is_said_not_to_hold():
    pose = solved(Apart("left_hand", "left_elbow", 0.9, 1.0))[0]
    assert pose.held == (False,)
    assert plausible(pose.rotations).limits_broken == 0


def test_an_empty_program_is_its_draft():
    poses = run_job(solve_text(Program(), drafts=DRAFTS, current=None))
    for pose, draft in zip(poses, DRAFTS, strict=True):
        assert pose.held == ()
        assert pose.constraints == ()
        assert np.degrees(geodesic_angle(*map(axis_angle_to_matrix, (pose.rotations, draft)))).max() < 6.0


@pytest.mark.parametrize(
    ("drafts", "current", "message"),
    [
        (np.zeros((24, 3)), None, "A, 24, 3"),
        (np.zeros((0, 24, 3)), None, "A, 24, 3"),
        (np.full((1, 24, 3), np.nan), None, "not finite"),
        (np.zeros((1, 24, 3)), np.zeros((22, 3)), "24, 3"),
        (np.zeros((1, 24, 3)), np.full((24, 3), np.inf), "not finite"),
    ],
)
def test_poses_of_other_shapes_or_numbers_are_refused(drafts, current, message):
    with pytest.raises(InputError, match=message):
        run_job(solve_text(Program((Bend("left_elbow", 90),)), drafts=drafts, current=current))


def test_the_job_says_how_far_it_is_and_can_be_dropped():
    job = solve_text(Program(_EVERYDAY["touching the toes"]), drafts=DRAFTS, current=None)
    steps = [next(job) for _ in range(3)]
    job.close()
    assert all(step.stage and 0.0 <= step.fraction <= 1.0 for step in steps)
    assert steps[0].fraction <= steps[-1].fraction


def test_no_step_holds_a_window():
    job = solve_text(Program(_EVERYDAY["touching the toes"]), drafts=np.repeat(DRAFTS, 2, axis=0), current=None)
    run_job(solve_text(Program(_EVERYDAY["hands on hips"]), drafts=DRAFTS, current=None))  # the library of postures
    spent, start = [], time.process_time()
    for _ in job:
        spent.append(time.process_time() - start)
        start = time.process_time()
    assert np.median(spent) < 0.05


def test_derivatives_are_those_of_the_cost():
    elements = (
        Touch("left_hand", "chin"), Support("kneeling_left"), Palm("right", ("up",)), Head(left=70),
        Trunk(twist_left=40),
        Raise("right_arm", "out", 120),
    )  # fmt: skip
    found = constraints(Program(elements), None)
    plan = planned(Program(elements), found, drafts=DRAFTS, current=None, switched_off=frozenset())
    weighing = Weighing(dataclasses.replace(plan.terms(), held=(JOINT_INDEX["left_hip"],), planted=((7, 8),)))
    random = np.random.default_rng(2)
    noise = axis_angle_to_matrix(random.normal(0.0, 0.25, (len(DRAFTS), 24, 3)))
    local = plan.start @ noise
    linear = weighing.linear(local)
    for parameter in random.permutation(3 * MOVED)[:40]:
        turn = np.zeros(3 * MOVED)
        turn[parameter] = 1e-6
        there, back = local.copy(), local.copy()
        there[:, :MOVED] = local[:, :MOVED] @ axis_angle_to_matrix(turn.reshape(MOVED, 3))
        back[:, :MOVED] = local[:, :MOVED] @ axis_angle_to_matrix(-turn.reshape(MOVED, 3))
        slope = (weighing.linear(there).cost - weighing.linear(back).cost) / 4e-6
        assert linear.gradient[:, parameter] == pytest.approx(slope, rel=0.02, abs=0.5)


def _fields(kind):
    def strategy(hint):
        choices = [each for each in get_args(hint) if each is not type(None)]
        if hint is float or choices == [float]:
            number = st.one_of(st.floats(-1e5, 1e5), st.floats(-180.0, 180.0), st.floats(0.0, 1.0))
            return st.one_of(st.none(), number) if choices else number
        if choices and Ellipsis in choices:
            return st.lists(strategy(choices[0]), max_size=3).map(tuple)
        if choices and not isinstance(choices[0], str):
            return st.one_of(*(strategy(each) for each in choices))
        return st.sampled_from([*choices, None] if type(None) in get_args(hint) else choices)

    return st.builds(kind, **{name: strategy(hint) for name, hint in get_type_hints(kind).items()})


_ELEMENT = st.one_of(*(_fields(kind) for kind in ELEMENTS))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_ELEMENT, max_size=7), st.booleans())
def test_any_program_ends_in_a_pose_within_joint_limits(elements, edit):
    program = Program(tuple(elements), edit=edit)
    current = DRAFTS[1] if edit else None
    for pose in run_job(solve_text(program, drafts=DRAFTS, current=current)):
        assert np.isfinite(pose.rotations).all()
        assert np.isfinite(pose.cost)
        assert within_limits(pose.rotations.astype(np.float32), slack=1e-6).all()
        assert len(pose.held) == len(pose.constraints) == len(elements)
        assert all(constraint.sentence for constraint in pose.constraints)


def test_places_on_the_ground_are_there():
    body = body_of(Ground("left_knee"))
    assert Height("left_knee").of(body)[0] < 0.06
