"""What elements of the pose language are measured by, their sentences, and what later ones leave of earlier ones."""

from typing import get_args

import numpy as np
import pytest

from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text import measures
from contrapposto.backend.text.language import (
    ELEMENTS,
    Apart,
    Bend,
    Change,
    Face,
    Ground,
    Head,
    Mirror,
    Palm,
    Place,
    Point,
    Program,
    Raise,
    Support,
    SupportKind,
    Touch,
    Trunk,
)
from contrapposto.backend.text.meaning import Constraint, constraints
from contrapposto.backend.text.measures import Angle, Away, Body, Distance, Facing, Height, Offset
from contrapposto.backend.text.situation import situation
from contrapposto.backend.text.support_poses import NEUTRAL_DRAFT
from contrapposto.backend.text.supports import carriers
from contrapposto.backend.text.ways import direction_of

_STANDING = Body.posed(NEUTRAL_DRAFT[None])


def meant(*elements, current=_STANDING) -> list[Constraint]:
    return constraints(Program(tuple(elements)), current)


def only(*elements) -> Constraint:
    (found,) = meant(*elements)
    return found


def test_every_kind_of_element_is_measured_and_told_in_words():
    each = (
        Bend("left_knee", 90), Raise("left_arm", "out", 90), Point("head", ("up",)), Touch("left_hand", "chin"),
        Place("left_hand", "above", "head_top"), Apart("left_foot", "right_foot", 0.3, 0.5), Ground("left_knee"),
        Support("kneeling"), Trunk(forward=20), Head(left=30), Palm("left", ("up",)), Face(90),
        Change("bend", "left_elbow"), Mirror(),
    )  # fmt: skip
    assert {type(element) for element in each} == set(ELEMENTS)
    found = [only(element) for element in each]
    assert all(constraint.checks for constraint in found)
    assert len({constraint.sentence for constraint in found}) == len(each)
    for constraint in found:
        assert constraint.sentence[0].isupper()
        assert len(constraint.sentence) < 80
        for check in constraint.checks:
            assert np.isfinite(check.residual(_STANDING)).all()


@pytest.mark.parametrize("kind", get_args(SupportKind))
def test_every_support_is_measured(kind):
    found = only(Support(kind))
    assert found.checks
    assert all(np.isfinite(check.residual(_STANDING)).all() for check in found.checks)


def test_only_standing_holds_of_somebody_who_stands():
    held = {kind for kind in get_args(SupportKind) if only(Support(kind)).holds(_STANDING)[0]}
    assert held == {"standing"}


@pytest.mark.parametrize(("degrees", "inner"), [(0.0, 180.0), (90.0, 90.0), (9999.0, 30.0), (-9999.0, 30.0)], ids=str)
def test_a_bent_elbow_is_an_angle_within_its_range(degrees, inner):
    (check,) = only(Bend("left_elbow", degrees)).checks
    assert check.measure == Angle("left_elbow")
    assert (check.low, check.high) == (inner - 5.0, inner + 5.0)


def test_numbers_out_of_range_are_told():
    assert "no further than 155°" in only(Bend("left_knee", 400)).sentence
    assert "as far as 60°" in only(Raise("left_arm", "back", 170)).sentence
    assert "(" not in only(Bend("left_knee", 90)).sentence


def test_a_raised_arm_points_there_and_is_straight_unless_it_is_bent():
    aim, straight = only(Raise("left_arm", "out", 90)).checks
    assert aim.measure == Away("left_arm", (1.0, 0.0, 0.0))
    assert straight.measure == Angle("left_elbow")
    assert straight.low > 160.0
    raised, bent = meant(Raise("left_arm", "out", 90), Bend("left_elbow", 90))
    (aim,) = raised.checks
    assert aim.measure == Away("left_upper_arm", (1.0, 0.0, 0.0))
    assert bent.checks


def test_out_and_across_are_seen_from_the_limbs_own_side():
    assert direction_of(("out",), "left") == (1.0, 0.0, 0.0)
    assert direction_of(("out",), "right") == (-1.0, 0.0, 0.0)
    assert direction_of(("across",), "right") == (1.0, 0.0, 0.0)
    assert direction_of(("up", "down"), None) is None
    assert direction_of(("up", "forward"), None) == pytest.approx((0.0, 0.5**0.5, 0.5**0.5))
    assert only(Point("left_arm", ("up", "down"))).checks == ()


def test_raising_is_measured_along_the_trunk_of_who_lies():
    standing, _ = only(Raise("left_leg", "forward", 90)).checks
    _, lying = meant(Support("lying_back"), Raise("left_leg", "forward", 90))
    assert standing.measure == Away("left_leg", (0.0, 0.0, 1.0))
    assert lying.checks[0].measure == Away("left_leg", (0.0, 1.0, 0.0))


def test_touching_is_a_distance_of_centimetres():
    (check,) = only(Touch("right_hand", "heart")).checks
    assert check.measure == Distance("right_hand", "heart")
    assert check.high == pytest.approx(0.04)
    (knees,) = only(Touch("left_knee", "right_knee")).checks
    assert 0.08 <= knees.high <= 0.14, "the knees' fronts are a knee's width apart when they touch"
    assert only(Touch("left_hand", "left_hand")).checks == ()


def test_places_ground_and_apart():
    (above,) = only(Place("left_hand", "above", "head_top", 0.2)).checks
    assert (above.measure, above.low) == (Offset("left_hand", "head_top", "up"), 0.2)
    (right,) = only(Place("left_hand", "right_of", "nose")).checks
    assert (right.measure, right.high) == (Offset("left_hand", "nose", "left"), -0.04)
    (down,) = only(Ground("left_knee")).checks
    assert (down.measure, down.high) == (Height("left_knee"), 0.03)
    (apart,) = only(Apart("left_foot", "right_foot", 0.9, 0.4)).checks
    assert (apart.low, apart.high) == (0.4, 0.9)


def test_facing_comes_back_after_a_turn():
    (check,) = only(Face(350.0)).checks
    assert check.measure == Facing()
    assert check.cyclic
    assert (check.low, check.high) == (-12.0, -8.0)


def test_open_fields_are_left_open():
    assert [check.measure for check in only(Head(down=20)).checks] == [measures.HeadTurn("down")]
    assert only(Trunk()).checks == ()


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (Bend("left_knee", 90), Bend("left_knee", 10)),
        (Raise("left_arm", "out", 90), Point("left_arm", ("down",))),
        (Touch("left_hand", "left_hip"), Touch("left_hand", "head_top")),
        (Touch("left_hand", "left_hip"), Raise("left_arm", "out", 90)),
        (Support("sitting"), Support("standing")),
        (Face(0), Face(90)),
        (Palm("left", ("up",)), Palm("left", ("down",))),
        (Place("left_hand", "above", "nose"), Place("left_hand", "below", "nose")),
        (Trunk(forward=30), Trunk(forward=-10)),
        (Apart("left_foot", "right_foot", 0.5, 0.9), Touch("left_foot", "right_foot")),
    ],
    ids=lambda element: type(element).__name__,
)
def test_the_later_of_two_contradicting_elements_wins_and_the_earlier_says_so(earlier, later):
    first, second = meant(earlier, later)
    assert first.checks == ()
    assert "later" in first.sentence
    assert second.checks == only(later).checks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Touch("left_hand", "right_hand"), Touch("left_hand", "belly")),
        (Touch("left_hand", "left_hip"), Touch("right_hand", "right_hip")),
        (Bend("left_knee", 90), Bend("right_knee", 90)),
        (Touch("right_elbow", "left_knee"), Touch("right_hand", "chin")),
        (Place("left_hand", "above", "nose"), Place("left_hand", "ahead", "nose")),
    ],
    ids=lambda element: type(element).__name__,
)
def test_what_can_hold_together_stays(one, other):
    assert all(constraint.checks for constraint in meant(one, other))


def test_of_a_trunk_only_what_is_told_again_is_dropped():
    first, _ = meant(Trunk(forward=30, left=10), Trunk(forward=0))
    assert [check.measure for check in first.checks] == [measures.Trunk("left")]
    assert "in part" in first.sentence


def test_what_is_switched_off_overrules_nothing():
    program = Program((Support("sitting"), Support("standing")))
    first, second = constraints(program, None, switched_off=frozenset({1}))
    assert first.checks
    assert second.checks


def test_legs_that_are_told_to_be_elsewhere_do_not_carry():
    assert carriers(situation([Support("standing")])) == ("left_foot", "right_foot")
    assert carriers(situation([Support("standing"), Raise("left_leg", "out", 90)])) == ("right_foot",)
    assert carriers(situation([Support("standing"), Bend("left_knee", 90)])) == ("right_foot",)
    both = [Bend("left_knee", 90), Bend("right_knee", 90)]
    assert carriers(situation([Support("standing"), *both])) == ("left_foot", "right_foot")
    stride = [Raise("left_leg", "forward", 30), Raise("right_leg", "back", 30)]
    assert carriers(situation([Support("standing"), *stride])) == ("left_foot", "right_foot")
    assert "left_hand" not in carriers(situation([Support("all_fours"), Raise("left_arm", "forward", 90)]))


def test_places_on_the_ground_amount_to_a_support():
    assert situation([Ground("left_knee")]).kind == "kneeling_left"
    assert situation([Ground("left_knee"), Ground("right_knee"), Ground("left_hand")]).kind == "all_fours"
    assert situation([Ground("left_foot", above=0.3)]).kind is None
    assert situation([Ground("bottom")]).kind == "sitting_floor"


def test_changes_and_mirrors_need_a_pose():
    for element in (Change("bend", "left_elbow"), Mirror()):
        (found,) = meant(element, current=None)
        assert found.checks == ()
        assert "no pose yet" in found.sentence


@pytest.mark.parametrize(("amount", "degrees"), [("a_little", 15.0), ("some", 30.0), ("much", 50.0)])
def test_a_change_is_measured_from_the_current_pose(amount, degrees):
    now = Angle("left_elbow").of(_STANDING)[0]
    (check,) = only(Change("bend", "left_elbow", amount)).checks
    assert check.measure == Angle("left_elbow")
    assert 0.5 * (check.low + check.high) == pytest.approx(now - degrees)


def test_degrees_win_over_the_amount_and_stop_at_the_end_of_the_range():
    now = Angle("left_elbow").of(_STANDING)[0]
    (check,) = only(Change("bend", "left_elbow", "much", degrees=20)).checks
    assert 0.5 * (check.low + check.high) == pytest.approx(now - 20.0)
    found = only(Change("bend", "left_elbow", degrees=9999))
    assert 0.5 * (found.checks[0].low + found.checks[0].high) == pytest.approx(30.0)
    assert "as far as it goes" in found.sentence


def test_a_change_after_a_mirror_starts_from_the_mirrored_pose():
    pose = NEUTRAL_DRAFT.copy()
    pose[JOINT_INDEX["left_elbow"]] = (0.0, -1.2, 0.0)
    current = Body.posed(pose[None])
    _, bend = meant(Mirror(), Change("bend", "right_elbow"), current=current)
    (check,) = bend.checks
    assert 0.5 * (check.low + check.high) == pytest.approx(Angle("left_elbow").of(current)[0] - 30.0, abs=0.01)
