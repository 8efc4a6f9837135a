"""Edits: what `Change` asks of a pose, measured on the pose that is there; this file has the limbs.

A change is checks around the current pose's own measures, and the joints that may move for it; whatever it does not
name stays. Amounts are degrees, or metres where a hand or a foot moves.
"""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..skeleton import JOINT_INDEX
from . import measures
from .chains import bare, side_of
from .edit import FAR, NO_LENGTH, Edit, around, degrees_of, far, is_exact, joined, metres_of, sized, stands_on_both
from .language import Change
from .lengths import length_of, swing_degrees, within_reach
from .measures import Angle, Away, Between, Body, Check, Distance, Offset
from .middle_changes import MIDDLE, middle
from .ways import apart, turned_toward, way_of

__all__ = ["Edit", "change_checks", "edit_of", "joined", "sized"]

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
_WHOLE: Final = {
    "arm": "arm", "elbow": "upper_arm", "forearm": "forearm", "leg": "leg", "knee": "thigh", "shin": "shin",
}  # fmt: skip
"""What swings so that the end of each moves by metres."""
_OWN_WAY: Final[dict[str, tuple[str, ...]]] = {
    "raise": ("up",), "lower": ("down",), "spread": ("out",), "open": ("out",), "close": ("across",),
}  # fmt: skip
_OTHER_END: Final = {"heel": "toes", "toes": "heel"}
_MOST_TIPPED_M: Final = 0.12
_HINGES: Final = frozenset({"elbow", "knee"})
_ARM: Final = frozenset({"arm", "forearm", "hand", "wrist", "elbow"})
_GIVE_M, _MISSED_M = 0.01, 0.06
_LEVEL: Final = 0.1
"""Sine of what is still along the ground."""
_ASIDE_M: Final = 0.04
"""How far a hand or a foot may go past the straight way to a place."""
_TOUCHING_M, _FEET_TOGETHER_M, _MOST_SHRUGGED_M = 0.03, 0.1, 0.06
_NOWHERE: Final = "it does not say where to"
_HANGING_DEG: Final = 20.0
"""A limb so near to straight down points nowhere in particular."""
_LONGEST_STEP_M: Final = 1.2


def change_checks(change: Change, current: Body) -> tuple[tuple[Check, ...], str]:
    """What a change asks for, and a note."""
    edit = edit_of(change, current)
    return edit.checks, edit.note


def edit_of(change: Change, current: Body) -> Edit:
    """Work out a change on one pose."""
    parts = {"arms": ("left_arm", "right_arm"), "legs": ("left_leg", "right_leg"), "feet": ("left_foot", "right_foot")}
    if change.verb in {"spread", "close", "open"} and change.part in {"legs", "feet"}:
        return _spread(change, current)
    if change.verb in {"spread", "close", "open"} and change.part == "arms" and change.metres is not None:
        half = dataclasses.replace(change, metres=0.5 * change.metres)
        return joined([_carry(half, part, current) for part in ("left_hand", "right_hand")])
    found = [_one(change, part, current) for part in parts.get(change.part, (change.part,))]
    return joined(found)


def _one(change: Change, part: str, current: Body) -> Edit:
    if part in MIDDLE:
        return middle(change, part, current)
    name = bare(part)
    if change.verb in {"bend", "straighten"} and name in _JOINT_OF:
        return _without_length(change, _bend(change, part, current))
    if name == "shoulder" or name in _OTHER_END:
        return _shrug(change, part, current) if name == "shoulder" else _tip(change, part, current)
    if change.verb == "turn":
        return _without_length(change, _twist(change, part, current))
    carried = name in {"hand", "foot", "wrist", "ankle"} or (change.toward is not None and name not in _HINGES)
    return _carry(change, part, current) if carried else _swing(change, part, current)


def _without_length(change: Change, edit: Edit) -> Edit:
    """Says so where a length was told of what has none."""
    return edit if change.metres is None else dataclasses.replace(edit, note=edit.note or NO_LENGTH)


def _bend(change: Change, part: str, current: Body) -> Edit:
    side, name = side_of(part), _JOINT_OF[bare(part)]
    joint = f"{side}_{name}"
    measure = Angle(joint)  # pyright: ignore[reportArgumentType]
    now = float(measure.of(current)[0])
    sign = -1.0 if change.verb == "bend" else 1.0
    wanted = now + sign * degrees_of(change) * (-1.0 if (change.degrees or 0.0) < 0.0 else 1.0)
    low, high = min(_MOST_BENT[name], now), max(_STRAIGHTEST[name], now)
    goal = float(np.clip(wanted, low, high))
    note = FAR if change.degrees is not None and abs(goal - wanted) > 1.0 else ""
    return Edit((around(measure, goal),), frozenset({joint}), planted=name in {"knee", "ankle"}, note=note)


def _swing(change: Change, part: str, current: Body) -> Edit:
    """An arm, a leg or half of one turns towards a direction, as stiff as it is."""
    if change.metres is not None or change.toward is not None:
        return _swing_by(change, part, current)
    side = side_of(part)
    limb, joint = _SWUNG[bare(part)]
    measure_limb: measures.Limb = f"{side}_{limb}"  # pyright: ignore[reportAssignmentType]
    goal, note = _aim(change, part, current.limb(measure_limb)[0])
    x, y, z = goal.tolist()
    collar = {f"{side}_collar"} if joint == "shoulder" else set[str]()
    twist = {f"{side}_shoulder"} if joint == "elbow" else {f"{side}_hip"} if joint == "knee" else set[str]()
    check = Check(Away(measure_limb, (x, y, z)), high=1.0, slack=4.0)
    return Edit((check,), frozenset({f"{side}_{joint}"} | collar | twist), note=note)


def _swing_by(change: Change, part: str, current: Body) -> Edit:
    """As stiff as it is, and so far that its end, a hand, an elbow, a foot or a knee, moves by metres."""
    side, name = side_of(part), bare(part)
    limb: measures.Limb = f"{side}_{_WHOLE[name]}"  # pyright: ignore[reportAssignmentType]
    now, way = current.limb(limb)[0], _way_to(change, part, current)
    if way is None:
        return Edit(note=_NOWHERE)
    share = _metres_to(change, part, current) / length_of(current, name, str(side))
    degrees, missed = swing_degrees(now, way, share)
    if change.toward is None:
        goal, note = _aim(dataclasses.replace(change, metres=None, degrees=degrees), part, now)
    else:
        goal, note = turned_toward(now, way, degrees), ""
    x, y, z = goal.tolist()
    joint = f"{side}_{_SWUNG[name][1]}"
    twist = {"left_elbow": "left_shoulder", "right_elbow": "right_shoulder", "left_knee": "left_hip"}
    free = frozenset({joint, twist.get(joint, "right_hip" if joint == "right_knee" else joint)})
    checks = (Check(Away(limb, (x, y, z)), high=0.3, slack=1.5),)
    if name == "knee":
        shin: measures.Limb = f"{side}_shin"  # pyright: ignore[reportAssignmentType]
        x, y, z = current.limb(shin)[0].tolist()
        checks, free = (*checks, Check(Away(shin, (x, y, z)), high=3.0, slack=6.0)), free | {f"{side}_knee"}
    return Edit(checks, free, note=note or far(change, missed=missed, least=0.02))


def _way_to(change: Change, part: str, current: Body) -> DoubleArray | None:
    """Unit vector (3,) of the body frame: the directions, the verb's own, or towards or away from a place."""
    side = side_of(part)
    if change.toward is not None:
        gap = current.frame[0] @ (current.spot(change.toward) - current.spot(_end_of(part)))[0]
        length = float(np.linalg.norm(gap))
        away = change.verb in {"spread", "open"}
        return None if length < 1e-6 else (-gap if away else gap) / length
    return way_of(change.directions or _OWN_WAY.get(change.verb, ()), side)


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
    note = FAR if change.degrees is not None and degrees_of(change) > most + 1.0 else ""
    return turned_toward(now, goal, min(degrees_of(change), most)), note


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
    wanted = height + degrees_of(change)
    lifted = np.radians(float(np.clip(wanted, height, max(most, height))))
    note = FAR if change.degrees is not None and wanted > max(most, height) + 1.0 else ""
    return np.sin(lifted) * ahead - np.cos(lifted) * np.array([0.0, 1.0, 0.0]), note


def _carry(change: Change, part: str, current: Body) -> Edit:
    """A hand or a foot moves, and its limb with it."""
    side, arm = side_of(part), bare(part) in _ARM
    way = _way_to(change, part, current)
    if way is None:
        return Edit(note=_NOWHERE)
    metres = _metres_to(change, part, current)
    if not arm and abs(way[1]) < _LEVEL and stands_on_both(current):
        return _step(change, part, current=current, moved=metres * way)
    names = ("shoulder", "elbow", "wrist") if arm else ("hip", "knee", "ankle")
    limb = (f"{side}_{names[0]}", f"{side}_{names[1]}", f"{side}_{names[2]}")
    spot, base = limb[2], "chest" if arm else "crotch"
    start = (current.frame[0] @ (current.spot(spot) - current.spot(base))[0]).astype(np.float64)
    goal = within_reach(current, start + metres * way, way=way, limb=limb, base=base)
    checks = _offsets(change, (spot, base), goal=goal)
    if change.toward is not None:
        end, went = _end_of(part), float((goal - start) @ way) * (1.0 if change.verb in {"spread", "open"} else -1.0)
        gap = Distance(end, change.toward)
        checks = (
            around(gap, float(gap.of(current)[0]) + went, exact=is_exact(change)),
            *(dataclasses.replace(check, low=check.low - _ASIDE_M, high=check.high + _ASIDE_M) for check in checks),
        )
    missed = metres - float((goal - start) @ way)
    note = far(change, missed=missed, least=_GIVE_M) or (FAR if missed > _MISSED_M else "")
    held, collar = (frozenset[str](), {f"{side}_collar"}) if arm else (frozenset({spot}), set[str]())
    return Edit(checks, frozenset({*limb[:2], *collar}), held, note=note)


def _end_of(part: str) -> str:
    """The place of a hand, foot, elbow or knee that goes somewhere with its limb."""
    name = bare(part)
    ends = {"arm": "hand", "forearm": "hand", "wrist": "hand", "leg": "foot", "shin": "foot", "ankle": "foot"}
    return f"{side_of(part)}_{ends.get(name, name)}"


def _metres_to(change: Change, part: str, current: Body) -> float:
    """How far it moves: towards a place no farther than until it is there."""
    if change.degrees is not None:
        return float(np.radians(min(degrees_of(change), 120.0))) * 0.5
    metres = metres_of(change)
    if change.toward is None or change.verb in {"spread", "open"}:
        return metres
    gap = float(np.linalg.norm(current.spot(change.toward)[0] - current.spot(_end_of(part))[0]))
    return min(metres, max(0.0, gap - _TOUCHING_M))


def _offsets(change: Change, spots: tuple[str, str], *, goal: DoubleArray, level: bool = False) -> tuple[Check, ...]:
    """Where the first place is to be from the second, along all axes of the body frame, or but the upright one."""
    exact = is_exact(change)
    return tuple(
        around(Offset(*spots, axis), float(goal[index]), exact=exact)
        for axis, index in measures.AXES.items()
        if not (level and axis == "up")
    )


def _step(change: Change, part: str, *, current: Body, moved: DoubleArray) -> Edit:
    """A foot that stands goes elsewhere on the ground: by so much from the other, for which both legs bend."""
    side = side_of(part)
    foot, other = f"{side}_ankle", f"{'right' if side == 'left' else 'left'}_ankle"
    start = (current.frame[0] @ (current.spot(foot) - current.spot(other))[0]).astype(np.float64)
    goal = start + moved
    wide = float(np.hypot(goal[0], goal[2]))
    if wide > max(_LONGEST_STEP_M, float(np.hypot(start[0], start[2]))):
        goal = goal * _LONGEST_STEP_M / wide
    checks = _offsets(change, (foot, other), goal=goal, level=True)
    free = frozenset(f"{each}_{joint}" for each in ("left", "right") for joint in ("hip", "knee", "ankle"))
    missed = float(np.linalg.norm(goal - start - moved))
    return Edit(checks, free, planted=True, apart=True, note=FAR if missed > _GIVE_M else "")


def _tip(change: Change, part: str, current: Body) -> Edit:
    """A heel goes up or down about the toes, which stay, or the toes about the heel; the leg bends for it."""
    side = side_of(part)
    other, sign = f"{side}_{_OTHER_END[bare(part)]}", -1.0 if change.verb == "lower" else 1.0
    rise, exact = Offset(part, other, "up"), is_exact(change)
    now = float(rise.of(current)[0])
    wanted = now + sign * (change.metres if change.metres is not None else 0.5 * metres_of(change))
    goal = float(np.clip(wanted, min(0.0, now), max(_MOST_TIPPED_M, now)))
    start = (current.frame[0] @ (current.spot(other) - current.spot("crotch"))[0]).astype(np.float64)
    ahead = Offset(part, other, "left")
    checks = (
        around(rise, goal, exact=exact),
        around(ahead, float(ahead.of(current)[0])),
        *_offsets(change, (other, "crotch"), goal=start),
    )
    note = FAR if abs(goal - wanted) > _GIVE_M else ""
    return Edit(checks, frozenset(f"{side}_{joint}" for joint in ("hip", "knee", "ankle")), note=note)


def _twist(change: Change, part: str, current: Body) -> Edit:
    """A hand turns its palm, a leg its foot, outwards or inwards."""
    side, arm = side_of(part), bare(part) in {"arm", "forearm", "hand", "wrist", "elbow"}
    sign = 1.0 if side == "left" else -1.0
    way = way_of(change.directions, side)
    if arm:
        palm = current.frame[0] @ -current.world[0, JOINT_INDEX[f"{side}_wrist"], :, 1]
        goal = np.array([0.0, 1.0, 0.0]) if way is None else way
        x, y, z = turned_toward(palm, goal, min(degrees_of(change) * 2.0, apart(palm, goal))).tolist()
        check = Check(measures.Palm("left" if side == "left" else "right", (x, y, z)), high=4.0, slack=8.0)
        return Edit((check,), frozenset({f"{side}_elbow", f"{side}_wrist", f"{side}_shoulder"}))
    foot: measures.Limb = f"{side}_foot"  # pyright: ignore[reportAssignmentType]
    now = current.limb(foot)[0]
    out = np.array([sign, 0.0, 0.0]) if way is None else way
    x, y, z = turned_toward(now, out, min(degrees_of(change), 60.0, apart(now, out))).tolist()
    return Edit((Check(Away(foot, (x, y, z)), high=3.0, slack=6.0),), frozenset({f"{side}_hip", f"{side}_ankle"}))


def _shrug(change: Change, part: str, current: Body) -> Edit:
    """A shoulder goes up, down, forward or back with its collar."""
    side = side_of(part)
    way = way_of(change.directions or _OWN_WAY.get(change.verb, ("up",)), side)
    if way is None:
        return Edit(note=_NOWHERE)
    metres = 0.35 * min(metres_of(change), 0.2) if change.degrees is None else 0.15 * np.radians(degrees_of(change))
    metres = change.metres if change.metres is not None else metres
    spot = f"{side}_shoulder"
    axis = ("left", "up", "forward")[int(np.argmax(np.abs(way)))]
    measure = Offset(spot, "upper_back", axis)  # pyright: ignore[reportArgumentType]
    sign = float(np.sign(way[measures.AXES[measure.axis]]))
    goal = float(measure.of(current)[0]) + sign * min(metres, _MOST_SHRUGGED_M)
    note = far(change, missed=metres - _MOST_SHRUGGED_M, least=_GIVE_M) if metres > _MOST_SHRUGGED_M else ""
    check = around(measure, goal, give=0.005, exact=change.metres is not None)
    return Edit((check,), frozenset({f"{side}_collar", spot}), frozenset({spot}), note=note)


def _spread(change: Change, current: Body) -> Edit:
    """Legs further apart or nearer together."""
    sign = -1.0 if change.verb == "close" else 1.0
    free = frozenset(f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "ankle"))
    if change.metres is not None or (change.part == "feet" and change.degrees is None):
        feet = Distance("left_ankle", "right_ankle")
        now = float(feet.of(current)[0])
        wanted = now + sign * metres_of(change)
        goal = float(np.clip(wanted, min(now, _FEET_TOGETHER_M), max(now, _LONGEST_STEP_M)))
        exact = change.metres is not None
        note = far(change, missed=goal - wanted, least=_GIVE_M)
        return Edit((around(feet, goal, exact=exact),), free, planted=True, note=note)
    measure = Between("left_leg", "right_leg")
    now = float(measure.of(current)[0])
    wanted = now + sign * degrees_of(change)
    goal = float(np.clip(wanted, min(now, 2.0), max(now, 100.0)))
    return Edit((around(measure, goal),), free, planted=True, note=far(change, missed=goal - wanted, least=1.0))
