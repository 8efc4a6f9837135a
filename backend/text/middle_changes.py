"""Edits of the body's middle: the head, the trunk, the hips and which way the body faces."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from ..skeleton import JOINT_INDEX
from . import measures
from .chains import CHAIN_JOINTS
from .edit import FAR, NO_LENGTH, Edit, around, degrees_of, metres_of, stands_on_both
from .language import Change
from .lengths import swing_degrees
from .measures import AXES, Body, Check, Facing, HeadTurn, Offset, Trunk
from .ways import way_of

_LITTLE: Final = 0.1
_MOST_HEAD_M, _MOST_SHIFTED_M = 0.08, 0.3
MIDDLE: Final = frozenset({"head", "torso", "body", "hips"})
_MOST_TURNED: Final = {
    "left": 85.0,
    "tilt_left": 55.0,
    "down": 65.0,
    "twist_left": 75.0,
    "forward": 150.0,
    "lean": 55.0,
}


def middle(change: Change, part: str, current: Body) -> Edit:
    """Work out a change of the head, the trunk, the hips or the whole body."""
    ways = change.directions
    if part == "body" and change.verb in {"turn", "move"}:
        return _face(change, current)
    if part in {"hips", "body"} and change.verb in {"raise", "lower"}:
        return _crouch(change, current)
    if part == "hips" and change.verb == "move" and (shift := _shift(change, current)) is not None:
        return shift
    if change.metres is not None:
        return _by_length(change, part, current)
    return _nod(change, ways, current) if part == "head" else _lean(change, ways, current)


def _by_length(change: Change, part: str, current: Body) -> Edit:
    """What a length says of the head and the trunk: how far the head is carried, or the shoulders with a lean."""
    plain = dataclasses.replace(change, metres=None)
    if part == "head":
        carried = _carried_head(change, current) if change.verb == "move" else None
        return carried or dataclasses.replace(_nod(plain, change.directions, current), note=NO_LENGTH)
    way = way_of(change.directions or ("forward",), None)
    if change.verb not in {"lean", "move", "tilt"} or way is None:
        return dataclasses.replace(_lean(plain, change.directions, current), note=NO_LENGTH)
    share = metres_of(change) / float(np.linalg.norm(current.joints[0, JOINT_INDEX["neck"]] - current.joints[0, 0]))
    degrees, missed = swing_degrees(current.limb("torso")[0], way, share)
    edit = _lean(dataclasses.replace(plain, degrees=degrees), change.directions, current)
    return edit if missed < _LITTLE else dataclasses.replace(edit, note=FAR)


def _carried_head(change: Change, current: Body) -> Edit | None:
    """The face goes some way as level as it is; None where it does not say where to."""
    way = way_of(change.directions, None)
    if way is None:
        return None
    spots, turned = ("nose", "upper_back"), frozenset(CHAIN_JOINTS["head"])
    now = (current.frame[0] @ (current.spot(spots[0]) - current.spot(spots[1]))[0]).astype(np.float64)
    metres = min(metres_of(change), _MOST_HEAD_M)
    axis = ("left", "up", "forward")[int(np.argmax(np.abs(way)))]
    goal = float((now + metres * way)[AXES[axis]])
    turns = [HeadTurn(kind) for kind in ("left", "tilt_left", "down")]
    level = tuple(around(turn, float(turn.of(current)[0])) for turn in turns)
    note = FAR if metres < metres_of(change) else ""
    return Edit((around(Offset(*spots, axis), goal, exact=change.metres is not None), *level), turned, note=note)


def _shift(change: Change, current: Body) -> Edit | None:
    """The hips go aside, forward or back over feet that stay; None where that is not how the body is carried."""
    way = way_of(change.directions, None)
    if way is None or abs(way[1]) > _LITTLE or not stands_on_both(current):
        return None
    spots = ("crotch", "left_ankle")
    now = (current.frame[0] @ (current.spot(spots[0]) - current.spot(spots[1]))[0]).astype(np.float64)
    metres = min(metres_of(change), _MOST_SHIFTED_M)
    goal = now + metres * way
    exact = change.metres is not None
    checks = (
        around(Offset(*spots, "left"), float(goal[0]), exact=exact),
        around(Offset(*spots, "forward"), float(goal[2]), exact=exact),
    )
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    return Edit(checks, frozenset(legs), planted=True, note=FAR if exact and metres < metres_of(change) else "")


def _signed(change: Change, *, positive: set[str], negative: set[str]) -> float:
    """1 or -1 by the directions; 0 where they say neither."""
    said = set(change.directions)
    return (1.0 if said & positive else 0.0) - (1.0 if said & negative else 0.0)


def _turn_of(
    measure: measures.Measure, sign: float, change: Change, *, most: float, current: Body
) -> tuple[Check, str]:
    now = float(measure.of(current)[0])
    wanted = now + sign * degrees_of(change)
    goal = float(np.clip(wanted, min(-most, now), max(most, now)))
    return around(measure, goal), FAR if change.degrees is not None and abs(goal - wanted) > 1.0 else ""


def _toward_zero(measure: measures.Measure, change: Change, current: Body) -> Check:
    now = float(measure.of(current)[0])
    return around(measure, float(np.sign(now)) * max(0.0, abs(now) - degrees_of(change)))


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
    amount = 180.0 if change.amount == "fully" or "back" in change.directions else degrees_of(change)
    amount = change.degrees if change.degrees is not None else amount
    if change.verb == "move":
        return Edit(note="a pose has no place of its own to be moved from")
    middle = (now + sign * amount + 180.0) % 360.0 - 180.0
    check = Check(Facing(), middle - 1.0, middle + 1.0, slack=3.0, cyclic=True)
    return Edit((check,), frozenset({"pelvis"}))


def _crouch(change: Change, current: Body) -> Edit:
    """The hips sink or rise above the feet."""
    sign = 1.0 if change.verb == "raise" else -1.0
    told = change.degrees is not None and change.metres is None
    metres = 0.01 * degrees_of(change) if told else metres_of(change)
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "ankle")}
    low = min(("left_sole", "right_sole"), key=lambda spot: float(current.spot(spot)[0, 1]))
    measure = Offset("crotch", low, "up")
    now = float(measure.of(current)[0])
    goal = float(np.clip(now + sign * metres, min(now, 0.15), max(now, 0.79)))
    note = FAR if abs(goal - now - sign * metres) > 0.01 and change.amount != "fully" else ""
    check = around(measure, goal, exact=change.metres is not None)
    return Edit((check,), frozenset(legs), planted=True, note=note)
