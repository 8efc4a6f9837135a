"""What solved a sentence as poses for a rig: where the body stands, how sure each joint is, which come first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .arrays import DoubleArray, FloatArray
from .pose_sequence import PoseSequence
from .rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .skeleton import JOINT_COUNT, JOINT_INDEX
from .text.measures import Body
from .text.spots import SPOTS

if TYPE_CHECKING:
    from .text.language import Program
    from .text.measures import Check
    from .text.text_solver import TextPose

TOLD: Final = 0.9
"""How sure a joint is that the sentence tells, and that is as told."""
MISSED: Final = 0.3
"""A joint that the sentence tells, and that is not as told."""
OPEN: Final = 0.5
"""A joint of which the sentence says nothing."""
_SAME_M: Final = 0.03
"""Poses of which every place of the body is nearer than this are the same."""
_SAME_DEG: Final = 0.5
"""An edit that turns a joint by less has left it as it was."""
_SAME_PLACE_M: Final = 1e-3
_STEP_RAD: Final = 0.05
_MOVES: Final = 0.02
"""In standard deviations of a check: what a joint must change by `_STEP_RAD` to count as told by it."""
_LEAP_M: Final = 0.25
"""How high above the ground a leap is."""
_ON_GROUND_M: Final = 0.03
_FEET: Final = ("heel", "sole", "foot", "toes", "ankle")


@dataclass(frozen=True)
class TextReading:
    """One pose of a sentence; to the rest of the program what an `Estimate` of a picture is.

    Attributes:
        poses: a still in the inner frame.
        likelihood: how well it meets the sentence and how natural it is, beside the others, in [0, 1].
        held: of each constraint whether it holds, those that are switched off included.
    """

    poses: PoseSequence
    likelihood: float = 1.0
    held: tuple[bool, ...] = ()


def readings_of(
    solved: Sequence[TextPose],
    program: Program,
    *,
    current: PoseSequence | None,
    switched_off: frozenset[int],
    count: int,
) -> tuple[TextReading, ...]:
    """Up to `count` poses that differ: those that meet most of the sentence first, of these the most natural.

    Args:
        solved: at least one; of an edit in the order in which they are to be offered.
        program: what they were solved for.
        current: the pose that an edit began with, or None.
        switched_off: constraints that do not count.
        count: how many at most.
    """
    ranked = sorted(solved, key=lambda pose: (_missed(pose, switched_off), pose.cost if current is None else 0.0))
    kept: list[TextPose] = []
    for pose in ranked:
        if len(kept) < count and all(_apart(pose, other) > _SAME_M for other in kept):
            kept.append(pose)
    shares = _shares([pose.cost + 4.0 * _missed(pose, switched_off) for pose in kept])
    return tuple(
        TextReading(_standing(pose, program, current=current, switched_off=switched_off), share, pose.held)
        for pose, share in zip(kept, shares, strict=True)
    )


def _missed(pose: TextPose, switched_off: frozenset[int]) -> int:
    """How many constraints that count do not hold."""
    return sum(not held for index, held in enumerate(pose.held) if index not in switched_off)


def _apart(one: TextPose, other: TextPose) -> float:
    """Metres between the places of the body that are furthest apart."""
    body = Body.posed(np.stack([one.rotations, other.rotations]))
    return float(np.linalg.norm(body.spots[0] - body.spots[1], axis=-1).max())


def _shares(costs: Sequence[float]) -> list[float]:
    """Shares of 1.

    Costs are half squared standard deviations, of which a body has many: only their order is firm, so differences count
    by their square root.
    """
    worse = np.sqrt(np.maximum(np.asarray(costs) - min(costs), 0.0))
    weight = np.exp(-0.5 * worse)
    return [float(share) for share in weight / weight.sum()]


def _standing(
    pose: TextPose, program: Program, *, current: PoseSequence | None, switched_off: frozenset[int]
) -> PoseSequence:
    """The pose on the ground, with how sure each joint is of it."""
    rotations = np.asarray(pose.rotations, np.float64)
    checks = [
        (check, held)
        for index, (constraint, held) in enumerate(zip(pose.constraints, pose.held, strict=True))
        if index not in switched_off
        for check in constraint.checks
    ]
    confidence = _confidence(rotations, checks)
    if current is None:
        place, shown = _on_ground(rotations, leaps=_leaps(program)), (confidence != OPEN).astype(np.float32)
    else:
        place, shown = _moved(rotations, current, program), _changed(rotations, current)
        if np.linalg.norm(place - current.translation[0]) > _SAME_PLACE_M:
            shown[JOINT_INDEX["pelvis"]] = 1.0
    return PoseSequence(
        rotations[None].astype(np.float32),
        place[None].astype(np.float32),
        confidence=confidence[None],
        shown=shown[None],
    )


def _confidence(rotations: DoubleArray, checks: Sequence[tuple[Check, bool]]) -> FloatArray:
    """(24,) how sure each joint is: whether turning it changes what is told, and whether that holds."""
    local = np.broadcast_to(axis_angle_to_matrix(rotations), (3 * JOINT_COUNT, JOINT_COUNT, 3, 3)).copy()
    steps = axis_angle_to_matrix(np.eye(3) * _STEP_RAD)
    for joint in range(JOINT_COUNT):
        local[3 * joint : 3 * joint + 3, joint] = local[3 * joint : 3 * joint + 3, joint] @ steps
    turned, still = Body.turned(local), Body.posed(rotations[None])
    found = np.full(JOINT_COUNT, OPEN, np.float32)
    for wanted, value in ((True, TOLD), (False, MISSED)):
        for check, held in checks:
            if held is wanted:
                change = np.abs(check.measure.of(turned) - check.measure.of(still)) / (0.5 * check.tolerance())
                found[(change.reshape(JOINT_COUNT, 3) > _MOVES).any(1)] = value
    return found


def _leaps(program: Program) -> bool:
    from .text.language import Support

    return any(isinstance(each, Support) and each.kind == "airborne" for each in program.elements)


def _on_ground(rotations: DoubleArray, *, leaps: bool) -> DoubleArray:
    """(3,) metres, the pelvis above the inner frame's origin, so that the lowest place touches the ground."""
    body = Body.posed(rotations[None])
    return np.array([0.0, float(-body.ground[0]) + (_LEAP_M if leaps else 0.0), 0.0])


def _moved(rotations: DoubleArray, current: PoseSequence, program: Program) -> DoubleArray:
    """(3,) metres, the pelvis after an edit: what stood on the ground stays where it was, and so does the height.

    A foot that is told to move does not stand for what stays, if there is anything else that does.
    """
    body = Body.posed(np.stack([np.asarray(current.rotations[0], np.float64), rotations]))
    pelvis = np.asarray(current.translation[0], np.float64).copy()
    pelvis[1] += float(body.ground[0] - body.ground[1])
    low = body.spots[..., 1] - body.ground[:, None] < _ON_GROUND_M
    both = low[0] & low[1]
    still = both & ~np.array([spot.startswith(_stepping(program)) and spot.endswith(_FEET) for spot in SPOTS])
    both = still if still.any() else both
    if both.any():
        slid = (body.spots[1] - body.spots[0])[both].mean(0)
        pelvis[[0, 2]] -= slid[[0, 2]]
    return pelvis


def _stepping(program: Program) -> tuple[str, ...]:
    """The sides whose foot is told to move."""
    from .text.language import Change

    feet = ("left_foot", "right_foot")
    return tuple(
        each.part.partition("_")[0]
        for each in program.elements
        if isinstance(each, Change) and each.part in feet and each.verb != "turn"
    )


def _changed(rotations: DoubleArray, current: PoseSequence) -> FloatArray:
    """(24,) 1 for the joints that an edit has turned, else 0: a rig leaves those as they are, to the last bone."""
    before = axis_angle_to_matrix(np.asarray(current.rotations[0], np.float64))
    turn = np.swapaxes(before, -1, -2) @ axis_angle_to_matrix(rotations)
    degrees = np.degrees(np.linalg.norm(matrix_to_axis_angle(turn), axis=-1))
    return np.asarray(degrees > _SAME_DEG, np.float32)
