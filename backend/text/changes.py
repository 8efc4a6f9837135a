"""Edits: what `Change` asks of a pose, measured on the pose that is there.

A change is checks around the current pose's own measures, and the joints that may move for it; whatever it does not
name stays. Amounts are degrees, or metres where a hand or a foot moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..skeleton import JOINT_INDEX
from . import measures
from .chains import CHAIN_JOINTS, bare, side_of
from .language import Amount, Change, Element
from .measures import Angle, Away, Between, Body, Check, Distance, Facing, HeadTurn, Offset, Trunk
from .ways import apart, turned_toward, way_of

_DEGREES: Final[dict[Amount, float]] = {"a_little": 15.0, "some": 30.0, "much": 50.0, "fully": 360.0}
_METRES: Final[dict[Amount, float]] = {"a_little": 0.08, "some": 0.15, "much": 0.30, "fully": 0.60}
_MOST_BENT: Final = {"elbow": 30.0, "knee": 27.0, "wrist": 100.0, "ankle": 78.0}
_STRAIGHTEST: Final = {"elbow": 178.0, "knee": 178.0, "wrist": 178.0, "ankle": 165.0}
_JOINT_OF: Final = {
    "arm": "elbow", "forearm": "elbow", "hand": "wrist", "leg": "knee", "shin": "knee", "foot": "ankle",
    "elbow": "elbow", "knee": "knee", "wrist": "wrist", "ankle": "ankle",
}  # fmt: skip
_SWUNG: Final = {
    "arm": ("upper_arm", "shoulder"), "elbow": ("upper_arm", "shoulder"), "forearm": ("forearm", "elbow"),
    "leg": ("thigh", "hip"), "knee": ("thigh", "hip"), "shin": ("shin", "knee"),
}  # fmt: skip
_MOST_TURNED: Final = {
    "left": 85.0,
    "tilt_left": 55.0,
    "down": 65.0,
    "twist_left": 75.0,
    "forward": 150.0,
    "lean": 55.0,
}
_GIVE_DEG, _GIVE_M = 2.0, 0.01
_HANGING_DEG: Final = 20.0
"""A limb so near to straight down points nowhere in particular."""
_FAR: Final = "as far as it goes"


@dataclass(frozen=True)
class Edit:
    """A change, worked out on a pose.

    Attributes:
        checks: what must hold.
        free: names of joints that move for it.
        held: names of joints whose turn in the world stays, though what they hang on moves.
        planted: feet that are on the ground stay there.
        note: in words, where less is done than was asked for.
    """

    checks: tuple[Check, ...] = ()
    free: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    planted: bool = False
    note: str = ""


@dataclass(frozen=True)
class Sized(Change):
    """A change without degrees, of which an alternative makes `factor` times as much."""

    factor: float = 1.0


def sized(element: Element, factor: float) -> Element:
    """An element, so much larger; all but changes without degrees stay as they are."""
    if not isinstance(element, Change) or element.degrees is not None or element.amount == "fully":
        return element
    return Sized(element.verb, element.part, element.amount, None, element.directions, factor)


def change_checks(change: Change, current: Body) -> tuple[tuple[Check, ...], str]:
    """What a change asks for, and a note."""
    edit = edit_of(change, current)
    return edit.checks, edit.note


def edit_of(change: Change, current: Body) -> Edit:
    """Work out a change on one pose."""
    parts = {"arms": ("left_arm", "right_arm"), "legs": ("left_leg", "right_leg"), "feet": ("left_foot", "right_foot")}
    if change.verb in {"spread", "close", "open"} and change.part in {"legs", "feet"}:
        return _spread(change, current)
    found = [_one(change, part, current) for part in parts.get(change.part, (change.part,))]
    return joined(found)


def joined(edits: Sequence[Edit]) -> Edit:
    """Several at once."""
    free = frozenset[str]().union(*(edit.free for edit in edits))
    held: frozenset[str] = frozenset()
    for edit in edits:
        others = frozenset[str]().union(*(other.free for other in edits if other is not edit and not other.held))
        held |= edit.held - others
    checks = tuple(check for edit in edits for check in edit.checks)
    notes = dict.fromkeys(edit.note for edit in edits if edit.note)
    return Edit(checks, free, held, any(edit.planted for edit in edits), "; ".join(notes))


def _one(change: Change, part: str, current: Body) -> Edit:
    if part in {"head", "torso", "body", "hips"}:
        return _middle(change, part, current)
    name = bare(part)
    if change.verb in {"bend", "straighten"} and name in _JOINT_OF:
        return _bend(change, part, current)
    if name == "shoulder":
        return _shrug(change, part, current)
    if change.verb == "turn":
        return _twist(change, part, current)
    if name in {"hand", "foot", "wrist", "ankle"}:
        return _carry(change, part, current)
    return _swing(change, part, current)


def _amount(change: Change) -> float:
    return abs(change.degrees) if change.degrees is not None else _DEGREES[change.amount] * _factor(change)


def _metres(change: Change) -> float:
    return _METRES[change.amount] * _factor(change)


def _factor(change: Change) -> float:
    return change.factor if isinstance(change, Sized) else 1.0


def _around(measure: measures.Measure, value: float, *, give: float = _GIVE_DEG) -> Check:
    slack = 4.0 if measure.unit == "deg" else 0.02
    return Check(measure, value - give, value + give, slack=slack)


def _bend(change: Change, part: str, current: Body) -> Edit:
    side, name = side_of(part), _JOINT_OF[bare(part)]
    joint = f"{side}_{name}"
    measure = Angle(joint)  # pyright: ignore[reportArgumentType]
    now = float(measure.of(current)[0])
    sign = -1.0 if change.verb == "bend" else 1.0
    wanted = now + sign * _amount(change) * (-1.0 if (change.degrees or 0.0) < 0.0 else 1.0)
    low, high = min(_MOST_BENT[name], now), max(_STRAIGHTEST[name], now)
    goal = float(np.clip(wanted, low, high))
    note = _FAR if change.degrees is not None and abs(goal - wanted) > 1.0 else ""
    return Edit((_around(measure, goal),), frozenset({joint}), planted=name in {"knee", "ankle"}, note=note)


def _swing(change: Change, part: str, current: Body) -> Edit:
    """An arm, a leg or half of one turns towards a direction, as stiff as it is."""
    side = side_of(part)
    limb, joint = _SWUNG[bare(part)]
    measure_limb: measures.Limb = f"{side}_{limb}"  # pyright: ignore[reportAssignmentType]
    goal, note = _aim(change, part, current.limb(measure_limb)[0])
    x, y, z = goal.tolist()
    collar = {f"{side}_collar"} if joint == "shoulder" else set[str]()
    twist = {f"{side}_shoulder"} if joint == "elbow" else {f"{side}_hip"} if joint == "knee" else set[str]()
    check = Check(Away(measure_limb, (x, y, z)), high=1.0, slack=4.0)
    return Edit((check,), frozenset({f"{side}_{joint}"} | collar | twist), note=note)


def _aim(change: Change, part: str, now: DoubleArray) -> tuple[DoubleArray, str]:
    """Where a limb that points along `now` (3,) is to point, and a note."""
    side, arm = side_of(part), bare(part) in {"arm", "elbow", "forearm"}
    sign = 1.0 if side == "left" else -1.0
    out, down = np.array([sign, 0.0, 0.0]), np.array([0.0, -1.0, 0.0])
    given = way_of(change.directions, side)
    if change.verb == "raise" or (given is None and change.verb not in {"spread", "open", "close", "lower"}):
        return _raised(change, now, given, most=180.0 if arm else 130.0)
    if change.verb == "close":
        most = max(0.0, 100.0 - apart(now, out))
        goal = -out
    else:
        goal = down if change.verb == "lower" else out if given is None else given
        most = apart(now, goal)
    note = _FAR if change.degrees is not None and _amount(change) > most + 1.0 else ""
    return turned_toward(now, goal, min(_amount(change), most)), note


def _raised(change: Change, now: DoubleArray, given: DoubleArray | None, *, most: float) -> tuple[DoubleArray, str]:
    """`now` (3,) lifted by degrees, towards `given` or, where it hangs, forward; else on the side where it is."""
    height = apart(now, np.array([0.0, -1.0, 0.0]))
    level = now * (1.0, 0.0, 1.0)
    ahead = np.array([0.0, 0.0, 1.0]) if given is None else given * (1.0, 0.0, 1.0)
    if _HANGING_DEG < height < 180.0 - _HANGING_DEG:
        level = level / np.linalg.norm(level)
        ahead = level if given is None else level + ahead
    if np.linalg.norm(ahead) < 1e-6:
        ahead = np.array([0.0, 0.0, 1.0])
    ahead = ahead / np.linalg.norm(ahead)
    wanted = height + _amount(change)
    lifted = np.radians(float(np.clip(wanted, height, max(most, height))))
    note = _FAR if change.degrees is not None and wanted > max(most, height) + 1.0 else ""
    return np.sin(lifted) * ahead - np.cos(lifted) * np.array([0.0, 1.0, 0.0]), note


def _carry(change: Change, part: str, current: Body) -> Edit:
    """A hand or a foot moves, and its limb with it."""
    side, name = side_of(part), bare(part)
    verbs = {"raise": ("up",), "lower": ("down",), "spread": ("out",), "open": ("out",), "close": ("across",)}
    directions = change.directions or verbs.get(change.verb, ())
    way = way_of(directions, side)
    if way is None:
        return Edit(note="it does not say where to")
    metres = np.radians(min(_amount(change), 120.0)) * 0.5 if change.degrees is not None else _metres(change)
    arm = name in {"hand", "wrist"}
    spot = f"{side}_wrist" if arm else f"{side}_ankle"
    base = "chest" if arm else "crotch"
    start = (current.frame[0] @ (current.spot(spot) - current.spot(base))[0]).astype(np.float64)
    goal = _within_reach(current, start + metres * way, side=str(side), arm=arm, base=base)
    checks = tuple(
        _around(Offset(spot, base, axis), float(goal[index]), give=_GIVE_M) for axis, index in measures.AXES.items()
    )
    joints = ("shoulder", "elbow", "collar") if arm else ("hip", "knee")
    note = _FAR if float(np.linalg.norm(goal - start - metres * way)) > 0.06 else ""
    held = frozenset[str](() if arm else (f"{side}_ankle",))
    return Edit(checks, frozenset(f"{side}_{joint}" for joint in joints), held, note=note)


def _within_reach(current: Body, goal: DoubleArray, *, side: str, arm: bool, base: str) -> DoubleArray:
    """A goal for a wrist or an ankle, brought so near to the shoulder or hip that the limb reaches it."""
    root, middle, end = ("shoulder", "elbow", "wrist") if arm else ("hip", "knee", "ankle")
    start, bend, last = (current.joints[0, JOINT_INDEX[f"{side}_{joint}"]] for joint in (root, middle, end))
    longest = 0.985 * float(np.linalg.norm(bend - start) + np.linalg.norm(last - bend))
    centre = current.frame[0] @ (start - current.spot(base)[0])
    way = goal - centre
    length = float(np.linalg.norm(way))
    return centre + way * min(1.0, longest / max(length, 1e-9))


def _twist(change: Change, part: str, current: Body) -> Edit:
    """A hand turns its palm, a leg its foot, outwards or inwards."""
    side, arm = side_of(part), bare(part) in {"arm", "forearm", "hand", "wrist", "elbow"}
    sign = 1.0 if side == "left" else -1.0
    way = way_of(change.directions, side)
    if arm:
        palm = current.frame[0] @ -current.world[0, JOINT_INDEX[f"{side}_wrist"], :, 1]
        goal = np.array([0.0, 1.0, 0.0]) if way is None else way
        x, y, z = turned_toward(palm, goal, min(_amount(change) * 2.0, apart(palm, goal))).tolist()
        check = Check(measures.Palm("left" if side == "left" else "right", (x, y, z)), high=4.0, slack=8.0)
        return Edit((check,), frozenset({f"{side}_elbow", f"{side}_wrist", f"{side}_shoulder"}))
    foot: measures.Limb = f"{side}_foot"  # pyright: ignore[reportAssignmentType]
    now = current.limb(foot)[0]
    out = np.array([sign, 0.0, 0.0]) if way is None else way
    x, y, z = turned_toward(now, out, min(_amount(change), 60.0, apart(now, out))).tolist()
    return Edit((Check(Away(foot, (x, y, z)), high=3.0, slack=6.0),), frozenset({f"{side}_hip", f"{side}_ankle"}))


def _shrug(change: Change, part: str, current: Body) -> Edit:
    """A shoulder goes up, down, forward or back with its collar."""
    verbs = {"raise": ("up",), "lower": ("down",)}
    side = side_of(part)
    way = way_of(change.directions or verbs.get(change.verb, ("up",)), side)
    if way is None:
        return Edit(note="it does not say where to")
    metres = 0.35 * min(_metres(change), 0.2) if change.degrees is None else 0.15 * np.radians(_amount(change))
    spot = f"{side}_shoulder"
    axis = ("left", "up", "forward")[int(np.argmax(np.abs(way)))]
    measure = Offset(spot, "upper_back", axis)  # pyright: ignore[reportArgumentType]
    sign = float(np.sign(way[measures.AXES[measure.axis]]))
    goal = float(measure.of(current)[0]) + sign * min(metres, 0.06)
    return Edit((_around(measure, goal, give=0.005),), frozenset({f"{side}_collar", spot}), frozenset({spot}))


def _spread(change: Change, current: Body) -> Edit:
    """Legs further apart or nearer together."""
    measure = Between("left_leg", "right_leg")
    now = float(measure.of(current)[0])
    sign = -1.0 if change.verb == "close" else 1.0
    wanted = now + sign * _amount(change)
    goal = float(np.clip(wanted, min(now, 2.0), max(now, 100.0)))
    note = _FAR if change.degrees is not None and abs(goal - wanted) > 1.0 else ""
    free = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "ankle")}
    if change.part == "feet" and change.degrees is None:
        metres = float(Distance("left_ankle", "right_ankle").of(current)[0]) + sign * _metres(change)
        check = _around(Distance("left_ankle", "right_ankle"), float(np.clip(metres, 0.1, 1.2)), give=_GIVE_M)
        return Edit((check,), frozenset(free), planted=True)
    return Edit((_around(measure, goal),), frozenset(free), planted=True, note=note)


def _middle(change: Change, part: str, current: Body) -> Edit:
    """The head, the trunk, the hips or the whole body."""
    ways = change.directions
    if part == "body" and change.verb in {"turn", "move"}:
        return _face(change, current)
    if part in {"hips", "body"} and change.verb in {"raise", "lower"}:
        return _crouch(change, current)
    if part == "head":
        return _nod(change, ways, current)
    return _lean(change, ways, current)


def _signed(change: Change, *, positive: set[str], negative: set[str]) -> float:
    """1 or -1 by the directions; 0 where they say neither."""
    said = set(change.directions)
    return (1.0 if said & positive else 0.0) - (1.0 if said & negative else 0.0)


def _turn_of(
    measure: measures.Measure, sign: float, change: Change, *, most: float, current: Body
) -> tuple[Check, str]:
    now = float(measure.of(current)[0])
    wanted = now + sign * _amount(change)
    goal = float(np.clip(wanted, min(-most, now), max(most, now)))
    return _around(measure, goal), _FAR if change.degrees is not None and abs(goal - wanted) > 1.0 else ""


def _toward_zero(measure: measures.Measure, change: Change, current: Body) -> Check:
    now = float(measure.of(current)[0])
    return _around(measure, float(np.sign(now)) * max(0.0, abs(now) - _amount(change)))


def _nod(change: Change, ways: Sequence[str], current: Body) -> Edit:
    free = frozenset(CHAIN_JOINTS["head"])
    if change.verb == "straighten":
        kinds = ("left", "tilt_left", "down")
        return Edit(tuple(_toward_zero(HeadTurn(kind), change, current) for kind in kinds), free)
    aside = _signed(change, positive={"left"}, negative={"right"})
    down = _signed(change, positive={"down", "forward"}, negative={"up", "back"})
    if not ways:
        down = {"raise": -1.0, "lower": 1.0, "bend": 1.0, "lean": 1.0}.get(change.verb, 0.0)
        aside = 0.0 if down else 1.0
    found: list[tuple[Check, str]] = []
    if aside:
        way = "left" if change.verb in {"turn", "move"} else "tilt_left"
        found.append(_turn_of(HeadTurn(way), aside, change, most=_MOST_TURNED[way], current=current))
    if down:
        found.append(_turn_of(HeadTurn("down"), down, change, most=_MOST_TURNED["down"], current=current))
    return Edit(tuple(check for check, _ in found), free, note=next((note for _, note in found if note), ""))


def _lean(change: Change, ways: Sequence[str], current: Body) -> Edit:
    """The trunk leans or twists; the legs stay as they are in the world."""
    spine = frozenset(CHAIN_JOINTS["trunk"]) - {"pelvis"}
    thighs = frozenset({"left_hip", "right_hip"})
    aside = _signed(change, positive={"left"}, negative={"right"})
    ahead = _signed(change, positive={"forward", "down"}, negative={"back", "up"})
    if change.verb == "turn":
        most = _MOST_TURNED["twist_left"]
        check, note = _turn_of(Trunk("twist_left"), aside or 1.0, change, most=most, current=current)
        return Edit((check,), spine, note=note)
    if change.verb in {"straighten", "raise"} and not ways:
        checks = tuple(_toward_zero(Trunk(way), change, current) for way in ("forward", "left"))
        return Edit(checks, spine | thighs | {"pelvis"}, thighs)
    if not ways or not (aside or ahead):
        ahead, aside = 1.0, 0.0
    found: list[tuple[Check, str]] = []
    if aside:
        found.append(_turn_of(Trunk("left"), aside, change, most=_MOST_TURNED["lean"], current=current))
    if ahead:
        found.append(_turn_of(Trunk("forward"), ahead, change, most=_MOST_TURNED["forward"], current=current))
    note = next((note for _, note in found if note), "")
    return Edit(tuple(check for check, _ in found), spine | thighs | {"pelvis"}, thighs, note=note)


def _face(change: Change, current: Body) -> Edit:
    now = float(Facing().of(current)[0])
    sign = -1.0 if "right" in change.directions else 1.0
    amount = 180.0 if change.amount == "fully" or "back" in change.directions else _amount(change)
    amount = change.degrees if change.degrees is not None else amount
    if change.verb == "move":
        return Edit(note="a pose has no place of its own to be moved from")
    middle = (now + sign * amount + 180.0) % 360.0 - 180.0
    check = Check(Facing(), middle - 1.0, middle + 1.0, slack=3.0, cyclic=True)
    return Edit((check,), frozenset({"pelvis"}))


def _crouch(change: Change, current: Body) -> Edit:
    """The hips sink or rise above the feet."""
    sign = 1.0 if change.verb == "raise" else -1.0
    metres = 0.01 * _amount(change) if change.degrees is not None else _metres(change)
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    low = min(("left_sole", "right_sole"), key=lambda spot: float(current.spot(spot)[0, 1]))
    measure = Offset("crotch", low, "up")
    now = float(measure.of(current)[0])
    goal = float(np.clip(now + sign * metres, min(now, 0.15), max(now, 0.79)))
    note = _FAR if abs(goal - now - sign * metres) > 0.01 and change.amount != "fully" else ""
    return Edit((_around(measure, goal, give=_GIVE_M),), frozenset(legs), planted=True, note=note)
