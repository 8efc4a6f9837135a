"""Programs of the pose language to poses: drafts are brought to hold every constraint, within what a body can do.

Levenberg-Marquardt over the turns of all joints, all alternatives at once, in numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray, not_finite
from ..errors import InputError
from ..job import Job, Progress
from ..refine.joint_limits import clamped_to_limits, joint_angles, rotations_from_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX
from .changes import sized
from .edit_balance import steadied
from .language import Program
from .meaning import Constraint, constraints
from .measures import Body
from .support_poses import NEUTRAL_DRAFT
from .text_plan import Plan, planned
from .text_terms import MOVED, Weighing

__all__ = ["NEUTRAL_DRAFT", "TextPose", "solve_text"]

_ITERATIONS: Final = 24
_AGAIN_ITERATIONS: Final = 14
_TRIES: Final = 3
_FACTORS: Final = (1.0, 1.5, 0.7, 1.25, 0.85, 1.8)
_LARGEST_STEP: Final = 0.6
_DAMPING: Final = 3e-3
_STIFFNESS: Final = 3000.0
"""What damps turns that change nothing at first, such as those of a straight elbow, per radian squared."""
_LITTLE: Final = 2e-3
_MARGIN_RAD: Final = np.radians(0.02)
"""Results keep so far within their ranges, so that float32 does not carry them out."""


@dataclass(frozen=True)
class TextPose:
    """A pose for a program.

    Attributes:
        rotations: (24, 3) axis-angle.
        constraints: one for each element, in order.
        held: for each, whether the pose meets it.
        cost: the solver's sum of squares: how far the pose had to go, and what it misses.
    """

    rotations: DoubleArray
    constraints: tuple[Constraint, ...]
    held: tuple[bool, ...]
    cost: float


def solve_text(
    program: Program,
    *,
    drafts: DoubleArray,
    current: DoubleArray | None,
    switched_off: frozenset[int] = frozenset(),
) -> Job[list[TextPose]]:
    """Poses that do what a program says.

    Args:
        program: what to do; an edit changes `current` and leaves what it does not name.
        drafts: (A, 24, 3) axis-angle poses to start from, one for each alternative.
        current: (24, 3) the pose that is there, or None.
        switched_off: indices of elements to be ignored.

    Returns:
        A poses, those that hold most first.

    Raises:
        InputError: a pose has another shape, or numbers that are not finite.
    """
    drafts, now = _checked(drafts, current)
    factors = _factors(program, len(drafts), edit=now is not None, switched_off=switched_off)
    found: list[TextPose] = []
    for factor, which in factors:
        told = _Told(program, now, switched_off, factor)
        found += yield from _solved(told, drafts[which])
    return sorted(found, key=lambda pose: -sum(pose.held))


@dataclass(frozen=True)
class _Told:
    """A program, the pose it may change, what of it is switched off, and how large its changes are."""

    program: Program
    current: DoubleArray | None
    switched_off: frozenset[int]
    factor: float


def _factors(
    program: Program, count: int, *, edit: bool, switched_off: frozenset[int]
) -> list[tuple[float, list[int]]]:
    """How large changes are that say no degrees, and for which drafts: each alternative makes more or less of them."""
    changes = [each for index, each in enumerate(program.elements) if index not in switched_off]
    if not edit or all(sized(each, 2.0) == each for each in changes):
        return [(1.0, list(range(count)))]
    return [(_FACTORS[index % len(_FACTORS)], [index]) for index in range(count)]


def _solved(told: _Told, drafts: DoubleArray) -> Job[list[TextPose]]:
    """Poses (A) from drafts, of changes that are all as large."""
    body = None if told.current is None else Body.posed(told.current[None])
    off = told.switched_off
    found = constraints(told.program, body, switched_off=off, factor=told.factor)
    plan = planned(told.program, found, drafts=drafts, current=told.current, switched_off=off, factor=told.factor)
    yield Progress("Posing", 0.05)
    local, cost = yield from _descend(plan, plan.start, iterations=_ITERATIONS)
    local, cost = yield from _tried_again(plan, found, (local, cost), switched_off=off)
    if plan.edit:
        local, cost = yield from _rebalanced(plan, found, (local, cost))
    poses = _finished(plan, local)
    held = _held(found, Body.posed(poses))
    return [
        TextPose(pose, tuple(found), tuple(bool(each) for each in holds), float(worth))
        for pose, holds, worth in zip(poses, held, cost, strict=True)
    ]


def _checked(drafts: DoubleArray, current: DoubleArray | None) -> tuple[DoubleArray, DoubleArray | None]:
    found = np.array(drafts, np.float64)
    now = None if current is None else np.array(current, np.float64)
    if found.ndim != 3 or found.shape[1:] != (JOINT_COUNT, 3) or not len(found):
        raise InputError(f"Drafts must have the shape (A, 24, 3), not {found.shape}.")
    if now is not None and now.shape != (JOINT_COUNT, 3):
        raise InputError(f"The current pose must have the shape (24, 3), not {now.shape}.")
    for name, array in (("A draft", found), ("The current pose", now)):
        if array is not None and not_finite(array) is not None:
            raise InputError(f"{name} holds numbers that are not finite.")
    return found, now


def _held(found: list[Constraint], body: Body) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(A, C) whether each pose meets each constraint."""
    if not found:
        return np.zeros((len(body.joints), 0), np.bool_)
    return np.stack([constraint.holds(body) for constraint in found], axis=1)


def _descend(plan: Plan, start: DoubleArray, *, iterations: int) -> Job[tuple[DoubleArray, DoubleArray]]:
    """Levenberg-Marquardt from poses (B, 24, 3, 3); steps that make a pose worse are not taken."""
    weighing = Weighing(plan.terms())
    local = start.copy()
    damping = np.full(len(local), _DAMPING)
    linear = weighing.linear(local)
    for iteration in range(iterations):
        yield Progress("Posing", 0.1 + 0.7 * iteration / iterations)
        step = _step(linear.matrix, linear.gradient, damping)
        tried = local.copy()
        tried[:, :MOVED] = local[:, :MOVED] @ axis_angle_to_matrix(step)
        there = weighing.linear(tried)
        better = there.cost < linear.cost
        gain = (linear.cost - there.cost) / np.maximum(linear.cost, 1e-9)
        local = np.where(better[:, None, None, None], tried, local)
        linear = linear.merged(there, better)
        damping = np.clip(np.where(better, damping * 0.25, damping * 6.0), 1e-5, 1e6)
        if ((better & (gain < _LITTLE)) | (damping > 1e3)).all():
            break
    return local, linear.cost


def _step(matrix: DoubleArray, gradient: DoubleArray, damping: DoubleArray) -> DoubleArray:
    """(B, 22, 3) radians, none longer than a body can be trusted to be linear over."""
    diagonal = np.einsum("bii->bi", matrix)
    damped = matrix.copy()
    np.einsum("bii->bi", damped)[:] = diagonal + damping[:, None] * (diagonal + _STIFFNESS) + 1e-6
    step = -np.linalg.solve(damped, gradient[..., None])[..., 0].reshape(len(matrix), MOVED, 3)
    longest = np.linalg.norm(step, axis=-1).max(1)
    return step * np.minimum(1.0, _LARGEST_STEP / np.maximum(longest, 1e-9))[:, None, None]


def _tried_again(
    plan: Plan,
    found: list[Constraint],
    reached: tuple[DoubleArray, DoubleArray],
    *,
    switched_off: frozenset[int],
) -> Job[tuple[DoubleArray, DoubleArray]]:
    """Poses that miss something are looked for from other starts; the best of each alternative is kept."""
    local, cost = reached
    wanted = [index not in switched_off for index in range(len(found))]
    held = _held(found, Body.turned(local))
    missing = np.flatnonzero(~(held | ~np.array(wanted, np.bool_)).all(1)) if found else np.zeros(0, np.intp)
    if not missing.size:
        return local, cost
    which, starts = plan.other_starts(missing, _TRIES)
    part = plan.only(which)
    again, again_cost = yield from _descend(part, starts, iterations=_AGAIN_ITERATIONS)
    again_held = _held(found, Body.turned(again))
    best = -held.sum(1) * 1e3 + np.minimum(cost, 999.0)
    for place, index in enumerate(which):
        value = -again_held[place].sum() * 1e3 + min(float(again_cost[place]), 999.0)
        if value < best[index]:
            best[index] = value
            local[index], cost[index] = again[place], again_cost[place]
    return local, cost


def _rebalanced(
    plan: Plan, found: list[Constraint], reached: tuple[DoubleArray, DoubleArray]
) -> Job[tuple[DoubleArray, DoubleArray]]:
    """Edited poses that are off balance are brought back over what carries them, unless they would miss more then."""
    local, cost = reached
    again = steadied(plan, local)
    if again is None:
        return local, cost
    which, part = again
    moved, worth = yield from _descend(part, part.start, iterations=_ITERATIONS)
    fewer = _held(found, Body.turned(moved)).sum(1) < _held(found, Body.turned(local[which])).sum(1)
    local[which] = np.where(fewer[:, None, None, None], local[which], moved)
    cost[which] = np.where(fewer, cost[which], worth)
    return local, cost


def _finished(plan: Plan, local: DoubleArray) -> DoubleArray:
    """(A, 24, 3) axis-angle within the joints' ranges; joints that an edit leaves alone are exactly as they were."""
    poses = matrix_to_axis_angle(local)
    angles = joint_angles(poses)
    low, high = plan.limits[..., 0] + _MARGIN_RAD, plan.limits[..., 1] - _MARGIN_RAD
    inside = ((angles >= low) & (angles <= high)).all(-1, keepdims=True)
    inside[:, JOINT_INDEX["pelvis"]] = True
    clamped = np.where(inside, poses, rotations_from_angles(np.clip(angles, low, high)))
    if not plan.edit:
        return clamped_to_limits(clamped)
    return clamped
