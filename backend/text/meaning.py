"""What each element of the pose language is to be measured by: `Check`s, and a sentence for the artist.

A later element wins over an earlier one that says otherwise of the same part; the earlier keeps its place in the list,
with a sentence that says so and nothing to hold.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, assert_never

import numpy as np

from . import measures
from .chains import bare, chain_of_limb, side_of
from .changes import change_checks, sized
from .contradictions import overruled
from .hugged_knees import hugged_wishes
from .language import (
    Apart,
    Bend,
    Change,
    Element,
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
    Touch,
    Trunk,
)
from .measures import Angle, Away, Body, Check, Distance, Facing, Height, Offset
from .mirrors import mirror_checks, mirrored_body
from .sentences import sentence
from .situation import Situation, situation
from .supports import support_checks, support_wishes
from .touches import hands_meet, joined_overhead, touch_checks, touch_wishes
from .ways import direction_of

_LONGEST_M: Final = 2.3
_HANGING_DEG: Final = 30.0
_UP_COSINE: Final = 0.9
# A foot's back lies above its sole, an ankle above both.
_ON_GROUND_M: Final = {"foot": 0.05, "ankle": 0.085}
_MOST_BEND: Final = {"elbow": 150.0, "knee": 155.0, "wrist": 80.0}
# The foot points 21 degrees below level where the ankle is neutral (`skeleton.REST_OFFSETS`).
_ANKLE_NEUTRAL: Final = 111.4
_MOST_PULLED_UP, _MOST_POINTED = 35.0, 58.0
_MOST_RAISED: Final = {("arm", "back"): 60.0, ("leg", "forward"): 135.0, ("leg", "across"): 40.0, ("leg", "back"): 90.0}
# Where trunk's left, up and forward lie in the body frame while the body lies.
_LYING: Final = {
    "lying_back": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "lying_front": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]),
    "lying_left": np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "lying_right": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
}


@dataclass(frozen=True)
class Constraint:
    """What one element asks for.

    Attributes:
        element: of the program.
        sentence: in plain words, for the list in the panel.
        checks: what must hold; none where a later element says otherwise.
        wishes: what makes it look natural; the solver heeds them, nobody counts them.
    """

    element: Element
    sentence: str
    checks: tuple[Check, ...]
    wishes: tuple[Check, ...] = ()

    def holds(self, body: Body) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """(N,) whether every check does."""
        held = np.ones(len(body.joints), np.bool_)
        for check in self.checks:
            held &= check.holds(body)
        return held


def constraints(
    program: Program, current: Body | None, *, switched_off: frozenset[int] = frozenset(), factor: float = 1.0
) -> list[Constraint]:
    """One for each element, in order.

    Args:
        program: what to do.
        current: one pose that `Change` and `Mirror` start from; without it they have nothing to hold.
        switched_off: elements that neither overrule others nor tell what carries the body.
        factor: how much larger than usual changes are that say no degrees.
    """
    told = left_of(program, switched_off=switched_off)
    where = situation([element for element in told if element is not None])
    found: list[Constraint] = []
    now = current
    for index, element in enumerate(program.elements):
        left = element if index in switched_off else told[index]
        if left is None:
            found.append(Constraint(element, f"{sentence(element)} (a later part says otherwise)", ()))
            continue
        others = [each for other, each in enumerate(told) if other != index and each is not None]
        left = sized(left, factor)
        found.append(_constraint(element, left, where=where, others=others, current=now))
        if isinstance(left, Mirror) and now is not None and index not in switched_off:
            now = mirrored_body(now, left)
    return found


def left_of(program: Program, *, switched_off: frozenset[int] = frozenset()) -> list[Element | None]:
    """What is to be done of each element: None for those that are switched off or that later ones overrule."""
    found: list[Element | None] = [
        None if index in switched_off else element for index, element in enumerate(program.elements)
    ]
    on = [index for index in range(len(found)) if index not in switched_off]
    for place, element in overruled([program.elements[index] for index in on]).items():
        found[on[place]] = element
    return found


def _constraint(
    element: Element, left: Element, *, where: Situation, others: list[Element], current: Body | None
) -> Constraint:
    """Of an element, and what a later one left of it."""
    words = sentence(element)
    if isinstance(left, Change | Mirror):
        if current is None:
            return Constraint(element, f"{words} (there is no pose yet to change)", ())
        checks, note = mirror_checks(left, current) if isinstance(left, Mirror) else change_checks(left, current)
        return Constraint(element, f"{words} ({note})" if note else words, checks)
    checks, note = _checks(left, where, others)
    if left != element and not isinstance(left, Change):
        note = "in part: a later part says otherwise"
    wishes = touch_wishes(left, others) if isinstance(left, Touch) else ()
    if isinstance(left, Support):
        wishes = (*support_wishes(left, where), *(hugged_wishes(others) if where.kind == "sitting_floor" else ()))
    return Constraint(element, f"{words} ({note})" if note else words, checks, wishes)


def _checks(  # noqa: C901, PLR0911, PLR0912 - one arm for each element
    element: Element, where: Situation, others: list[Element]
) -> tuple[tuple[Check, ...], str]:
    """Checks, and a note in words where less can be done than was asked for."""
    match element:
        case Bend():
            return _bend(element)
        case Raise():
            return _raise(element, where, others)
        case Point():
            return _point(element, where, others)
        case Touch(part=part, place=place):
            return touch_checks(part, place), ""
        case Place():
            return _place(element), ""
        case Apart(first=first, second=second, least=least, most=most):
            low, high = sorted((float(np.clip(least, 0.0, _LONGEST_M)), float(np.clip(most, 0.0, _LONGEST_M))))
            return (Check(Distance(first, second), low, high, slack=0.04),), ""
        case Ground(part=part, above=above):
            clear = float(np.clip(above, 0.0, _LONGEST_M))
            height = Height(part)
            return (
                (
                    Check(height, high=_ON_GROUND_M.get(bare(part), 0.03), slack=0.03)
                    if clear <= 0.0
                    else Check(height, low=clear, slack=0.03)
                ),
            ), ""
        case Support():
            return support_checks(element, where), ""
        case Trunk() | Head():
            return _turned(element, where), ""
        case Palm(side=side, directions=directions):
            aim = direction_of(directions, side)
            return ((Check(measures.Palm(side, aim), high=20.0, slack=15.0),) if aim else ()), ""
        case Face(left=left):
            middle = (left + 180.0) % 360.0 - 180.0
            return (Check(Facing(), middle - 2.0, middle + 2.0, slack=6.0, cyclic=True),), ""
        case Change() | Mirror():
            return (), ""
        case _:
            assert_never(element)


def _around(measure: measures.Measure, value: float, *, give: float = 5.0, slack: float = 6.0) -> Check:
    return Check(measure, value - give, value + give, slack=slack)


def _bend(element: Bend) -> tuple[tuple[Check, ...], str]:
    name, degrees = bare(element.joint), element.degrees
    if name == "ankle":
        pointed = degrees < 0.0 or degrees > _MOST_PULLED_UP
        most = _MOST_POINTED if pointed else _MOST_PULLED_UP
        turned = min(abs(degrees), most)
        value = _ANKLE_NEUTRAL + (turned if pointed else -turned)
    else:
        turned = min(abs(degrees), _MOST_BEND[name])
        value = 180.0 - turned
    note = "" if turned == abs(degrees) else f"no further than {turned:.0f}°"
    return (_around(Angle(element.joint), value),), note


def _raise(element: Raise, where: Situation, others: list[Element]) -> tuple[tuple[Check, ...], str]:
    limb = element.limb
    whole = bare(limb) in {"arm", "leg"}
    kind = bare(chain_of_limb(limb))
    most = _MOST_RAISED.get((kind, element.toward), 180.0)
    degrees = float(np.clip(element.degrees, 0.0, most))
    note = "" if degrees == element.degrees else f"as far as {degrees:.0f}°"
    radians = np.radians(degrees)
    aim = direction_of((element.toward,), side_of(limb)) or (0.0, 0.0, 1.0)
    way = np.array([0.0, -np.cos(radians), 0.0]) + np.sin(radians) * np.asarray(aim)
    if where.kind in _LYING:
        way = np.asarray(_LYING[where.kind] @ way, np.float64)
    x, y, z = np.round(way, 9).tolist()
    if limb in {"left_arm", "right_arm"} and -np.cos(radians) > _UP_COSINE and hands_meet(others):
        return joined_overhead(limb), note
    if _reaches(limb, others):
        return (Check(Away(_upper(limb), (x, y, z)), high=45.0, slack=15.0),), "as far as what it touches lets it"
    straight = whole and not _bent(limb, others) and not (degrees < _HANGING_DEG and _is_free(limb, where))
    named: measures.Limb = limb if straight else _upper(limb)
    checks = (Check(Away(named, (x, y, z)), high=4.0, slack=8.0),)
    return (*checks, _straight(limb)) if straight else checks, note


def _point(element: Point, where: Situation, others: list[Element]) -> tuple[tuple[Check, ...], str]:
    limb = element.limb
    aim = direction_of(element.directions, side_of(limb))
    if aim is None:
        return (), "these directions cancel each other"
    if bare(limb) in {"arm", "leg"}:
        if aim[1] > _UP_COSINE and limb in {"left_arm", "right_arm"} and hands_meet(others):
            return joined_overhead(limb), ""
        if _reaches(limb, others):
            return (Check(Away(_upper(limb), aim), high=45.0, slack=15.0),), "as far as what it touches lets it"
        if _bent(limb, others) or (element.directions == ("down",) and _is_free(limb, where)):
            return (Check(Away(_upper(limb), aim), high=10.0, slack=12.0),), ""
        return (Check(Away(limb, aim), high=8.0, slack=12.0), _straight(limb)), ""
    return (Check(Away(limb, aim), high=10.0, slack=12.0),), ""


def _is_free(limb: str, where: Situation) -> bool:
    """Whether it is the leg that does not carry the body: where it hangs, its knee bends to clear the ground."""
    return {"left_leg": "right_leg", "right_leg": "left_leg"}.get(where.kind or "") == limb


def _upper(limb: str) -> measures.Limb:
    found = {"arm": "upper_arm", "upper_arm": "upper_arm", "leg": "thigh", "thigh": "thigh"}[bare(limb)]
    side = side_of(limb)
    return f"{side}_{found}"  # pyright: ignore[reportReturnType]


def _straight(limb: str) -> Check:
    """The elbow or knee of a limb that was told as a whole."""
    joint = f"{side_of(limb)}_{'elbow' if bare(limb) == 'arm' else 'knee'}"
    return Check(Angle(joint), low=169.0, slack=12.0)  # pyright: ignore[reportArgumentType]


def _bent(limb: str, others: list[Element]) -> bool:
    """Whether something else tells the lower half of a limb what to do."""
    side, arm = side_of(limb), bare(limb) == "arm"
    joint, lower = (f"{side}_elbow", f"{side}_forearm") if arm else (f"{side}_knee", f"{side}_shin")
    for other in others:
        match other:
            case Bend(joint=bent, degrees=degrees) if bent == joint and abs(degrees) > 20.0:
                return True
            case Point(limb=pointed) if pointed == lower:
                return True
            case _:
                pass
    return _reaches(limb, others)


def _reaches(limb: str, others: list[Element]) -> bool:
    """Whether the limb's end touches something."""
    side = side_of(limb)
    ends = {"hand", "fingers", "wrist"} if bare(chain_of_limb(limb)) == "arm" else {"foot", "sole", "heel", "toes"}
    return any(
        side_of(spot) == side and bare(spot) in ends
        for other in others
        if isinstance(other, Touch)
        for spot in (other.part, other.place)
    )


def _place(element: Place) -> tuple[Check, ...]:  # noqa: PLR0911 - one arm for each relation
    part, other = element.part, element.other
    least = 0.04 if element.metres is None else float(np.clip(element.metres, 0.0, _LONGEST_M))
    match element.relation:
        case "above":
            return (Check(Offset(part, other, "up"), low=least, slack=0.03),)
        case "below":
            return (Check(Offset(part, other, "up"), high=-least, slack=0.03),)
        case "ahead":
            return (Check(Offset(part, other, "forward"), low=least, slack=0.03),)
        case "behind":
            return (Check(Offset(part, other, "forward"), high=-least, slack=0.03),)
        case "left_of":
            return (Check(Offset(part, other, "left"), low=least, slack=0.03),)
        case "right_of":
            return (Check(Offset(part, other, "left"), high=-least, slack=0.03),)
        case "level":
            return (Check(Offset(part, other, "up"), -0.02, 0.02, slack=0.03),)
        case "beside":
            level = Check(Offset(part, other, "up"), -0.06, 0.06, slack=0.04)
            return level, Check(Offset(part, other, "forward"), -0.06, 0.06, slack=0.04)


def _turned(element: Trunk | Head, where: Situation) -> tuple[Check, ...]:
    """The fields that were told, each within a few degrees."""
    found: list[Check] = []
    for field in dataclasses.fields(element):
        value = getattr(element, field.name)
        if value is not None:
            way = field.name
            if isinstance(element, Trunk) and way == "forward" and where.kind == "lying_front" and value < 0.0:
                value += 90.0  # Who lies on the front leans back from there.
            measure = measures.Trunk(way) if isinstance(element, Trunk) else measures.HeadTurn(way)  # pyright: ignore[reportArgumentType]
            found.append(_around(measure, _most_turned(element, way, float(value)), give=4.0, slack=6.0))
    return tuple(found)


def _most_turned(element: Trunk | Head, way: str, value: float) -> float:
    most = {"forward": 170.0, "left": 60.0, "twist_left": 75.0} if isinstance(element, Trunk) else _MOST_HEAD
    return float(np.clip(value, -most[way], most[way]))


_MOST_HEAD: Final = {"left": 85.0, "tilt_left": 55.0, "down": 65.0}
