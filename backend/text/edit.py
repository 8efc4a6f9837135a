"""What an edit is worked out to: checks, the joints that move for it, and how far words such as `a little` go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from . import measures
from .language import Amount, Change, Element
from .measures import Body, Check

_DEGREES: Final[dict[Amount, float]] = {"a_little": 15.0, "some": 30.0, "much": 50.0, "fully": 360.0}
_METRES: Final[dict[Amount, float]] = {"a_little": 0.08, "some": 0.15, "much": 0.30, "fully": 0.60}
_GIVE_DEG: Final = 2.0
_GIVE_M, _EXACT_M = 0.01, 0.003
_ON_GROUND_M: Final = 0.05
FAR: Final = "as far as it goes"
NO_LENGTH: Final = "a length says nothing of a turn or a bend: it is as much as usual"


@dataclass(frozen=True)
class Edit:
    """A change, worked out on a pose.

    Attributes:
        checks: what must hold.
        free: names of joints that move for it.
        held: names of joints whose turn in the world stays, though what they hang on moves.
        planted: feet that are on the ground stay there.
        apart: the feet stay on the ground but not where they are to each other.
        note: in words, where less is done than was asked for.
    """

    checks: tuple[Check, ...] = ()
    free: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    planted: bool = False
    apart: bool = False
    note: str = ""


@dataclass(frozen=True)
class Sized(Change):
    """A change without degrees or metres, of which an alternative makes `factor` times as much."""

    factor: float = 1.0


def sized(element: Element, factor: float) -> Element:
    """An element, so much larger; all but changes that give no number stay as they are."""
    if not isinstance(element, Change) or element.amount == "fully" or is_exact(element):
        return element
    told = element
    return Sized(told.verb, told.part, told.amount, None, told.directions, None, told.toward, factor)


def is_exact(change: Change) -> bool:
    """Whether it gives a number of degrees or metres."""
    return change.degrees is not None or change.metres is not None


def joined(edits: Sequence[Edit]) -> Edit:
    """Several at once."""
    free = frozenset[str]().union(*(edit.free for edit in edits))
    held: frozenset[str] = frozenset()
    for edit in edits:
        others = frozenset[str]().union(*(other.free for other in edits if other is not edit and not other.held))
        held |= edit.held - others
    checks = tuple(check for edit in edits for check in edit.checks)
    notes = dict.fromkeys(edit.note for edit in edits if edit.note)
    planted, apart = any(edit.planted for edit in edits), any(edit.apart for edit in edits)
    return Edit(checks, free, held, planted, apart, "; ".join(notes))


def degrees_of(change: Change) -> float:
    """How far it turns."""
    return abs(change.degrees) if change.degrees is not None else _DEGREES[change.amount] * _factor(change)


def metres_of(change: Change) -> float:
    """How far it moves."""
    return change.metres if change.metres is not None else _METRES[change.amount] * _factor(change)


def _factor(change: Change) -> float:
    return change.factor if isinstance(change, Sized) else 1.0


def around(measure: measures.Measure, value: float, *, give: float | None = None, exact: bool = False) -> Check:
    """A check that a measure is near a value; within millimetres where a length was `exact`ly told."""
    if measure.unit == "deg":
        give = _GIVE_DEG if give is None else give
        return Check(measure, value - give, value + give, slack=4.0)
    give = _EXACT_M if exact else _GIVE_M if give is None else give
    return Check(measure, value - give, value + give, slack=0.006 if exact else 0.02)


def far(change: Change, *, missed: float, least: float) -> str:
    """The note of a change that gave a number, if what is missed of it is more than `least`."""
    return FAR if is_exact(change) and abs(missed) > least else ""


def stands_on_both(current: Body) -> bool:
    """Whether both feet are flat on the ground."""
    flat = [current.spot(f"{side}_{end}")[0, 1] for side in ("left", "right") for end in ("heel", "sole")]
    return bool(max(flat) - current.ground[0] < _ON_GROUND_M)
