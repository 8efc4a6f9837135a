"""A sentence that goes with a picture settles what the picture leaves open: readings that agree with it come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from .arrays import DoubleArray
from .errors import InputError
from .estimate.estimator import Estimate
from .job import Job, Progress
from .pipeline import PhotoResult
from .rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .text.measures import Body
from .text_pipeline import TextRequest, needs_pose, understand

if TYPE_CHECKING:
    from .text.language import Program
    from .text.meaning import Constraint
    from .text_pipeline import LanguageModel

LEAST_READINGS: Final = 3
"""With words at least so many readings are looked at."""
MOST_READINGS: Final = 9
"""So many where none of those agrees."""
_BEND: Final = 3.0
"""From so many standard deviations on it counts only linearly by how much a check is missed (P. J. Huber, 1964)."""

Result = TypeVar("Result", bound=PhotoResult)


@dataclass(frozen=True)
class Agreement:
    """How far one reading agrees with the words.

    Attributes:
        held: of each constraint, whether the reading does it.
        missed: how far it does not, half a sum of squared standard deviations in which far misses count less.
    """

    held: tuple[bool, ...]
    missed: float

    @property
    def full(self) -> bool:
        """It does all of it."""
        return all(self.held)


def settle(
    result: Result,
    words: str,
    *,
    more: Callable[[int], Job[Result]],
    language_model: LanguageModel | None = None,
    readings: int = LEAST_READINGS,
) -> Job[Result]:
    """The readings that agree with the words first, with a note that says which do what.

    Args:
        result: the readings of the picture.
        words: about the pose; left and right are the body's own, but what it faces is seen from the viewer.
        more: makes the result with so many readings, for when none of these agrees.
        language_model: understands the words in the place of the grammar.
        readings: how many to keep.

    Raises:
        InputError: the words say nothing that can be measured on a pose.
    """
    request = TextRequest(sentence=words, language_model=language_model, picture=result.found.image)
    program, notes = yield from understand(request)
    constraints = _measurable(program, words)
    if not _any_full(result, constraints) and result.reads_several_ways:
        yield Progress("Looking for a reading that agrees with the words", 0.9)
        result = yield from more(MOST_READINGS)
    agreements = [_agreement(estimate, constraints) for estimate in result.estimates]
    order = _order(result.estimates, agreements)
    told = (*_in_words(constraints, [agreements[index] for index in order], words), *notes)
    kept = order[: max(readings, 1)]
    shares = _shares([result.estimates[index] for index in kept], [agreements[index] for index in kept])
    estimates = tuple(
        replace(result.estimates[index], likelihood=share) for index, share in zip(kept, shares, strict=True)
    )
    return replace(result, estimates=estimates, notes=(*result.notes, *told))


def _measurable(program: Program, words: str) -> list[Constraint]:
    """What the words ask for, as far as a pose can be measured by it."""
    from .text import meaning

    if needs_pose(program):
        raise InputError(f"“{words}” says how to change a pose. Say what the picture shows, such as “left leg behind”.")
    found = [constraint for constraint in meaning.constraints(program, None) if constraint.checks]
    if not found:
        raise InputError(
            f"“{words}” names nothing that can be measured on a body. Say where an arm, a leg, the trunk or the head "
            "is, such as “left leg behind”."
        )
    return found


def seen_rotations(estimate: Estimate) -> DoubleArray:
    """(24, 3) axis-angle of the first frame, upright, and turned as the viewer sees the body."""
    rotations = np.asarray(estimate.poses.rotations[0], np.float64).copy()
    to_viewer = estimate.camera_turn[0].astype(np.float64).T @ np.array([0.0, 0.0, 1.0])
    away = np.arctan2(to_viewer[0], to_viewer[2]) if np.hypot(to_viewer[0], to_viewer[2]) > 1e-3 else 0.0
    turn = axis_angle_to_matrix(np.array([0.0, -away, 0.0]))
    rotations[0] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(rotations[0]))
    return rotations


def _agreement(estimate: Estimate, constraints: Sequence[Constraint]) -> Agreement:
    body = Body.posed(seen_rotations(estimate)[None])
    held = tuple(all(bool(check.holds(body)[0]) for check in constraint.checks) for constraint in constraints)
    checks = [check for constraint in constraints for check in constraint.checks]
    excess = np.abs([float(check.residual(body)[0]) for check in checks])
    costs = np.where(excess < _BEND, 0.5 * np.square(excess), _BEND * (excess - 0.5 * _BEND))
    return Agreement(held, float(costs.sum()))


def _any_full(result: PhotoResult, constraints: Sequence[Constraint]) -> bool:
    return any(_agreement(estimate, constraints).full for estimate in result.estimates)


def _order(estimates: Sequence[Estimate], agreements: Sequence[Agreement]) -> list[int]:
    """Indices: those that do most of the words first; of these the likeliest for picture and words together."""
    shares = _shares(estimates, agreements)
    return sorted(range(len(estimates)), key=lambda index: (-sum(agreements[index].held), -shares[index], index))


def _shares(estimates: Sequence[Estimate], agreements: Sequence[Agreement]) -> list[float]:
    """Shares of 1: the picture's likelihood times that of the words (Bayes)."""
    best = min(agreement.missed for agreement in agreements)
    weights = [
        max(estimate.likelihood, 1e-6) * float(np.exp(best - agreement.missed))
        for estimate, agreement in zip(estimates, agreements, strict=True)
    ]
    return [weight / sum(weights) for weight in weights]


def _in_words(constraints: Sequence[Constraint], agreements: Sequence[Agreement], words: str) -> list[str]:
    """Which reading does what; readings are counted in their new order."""
    if all(agreement.full for agreement in agreements):
        return [f"“{words}”: every reading agrees."]
    if agreements[0].full:
        return [f"“{words}”: {_readings([k for k, each in enumerate(agreements) if each.full])}."]
    notes = [f"“{words}”: no reading of the picture does all of it; the first is nearest to it."]
    for index, constraint in enumerate(constraints):
        doing = [k for k, each in enumerate(agreements) if each.held[index]]
        notes.append(f"{constraint.sentence}: {_readings(doing) if doing else 'no reading'}.")
    return notes


def _readings(indices: Sequence[int]) -> str:
    numbers = [str(index + 1) for index in indices]
    if len(numbers) == 1:
        return f"reading {numbers[0]}"
    return f"readings {', '.join(numbers[:-1])} and {numbers[-1]}"
