"""Verbs that name no part: stand, lean, look, step, turn, touch, reach; and the body as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..language import Ground, Place, Side
from . import arms, feet, legs, pairs
from .contact import real_sides
from .directions import of_limb
from .edits import FINGERS
from .head import head
from .limits import steps
from .names import spot
from .phrases import ARM_KINDS, SIDES, USUAL, Clause, Predicate, Ref
from .sheet import Sheet
from .stance import stance
from .trunk import shoulders, trunk

_TRUNK_VERBS: Final = frozenset({"lean", "bow", "arch", "hunch", "twist", "upright", "bend", "horizontal"})
_BOTH_HANDS: Final = Ref("hand", ("left", "right"), plural=True)
_BOTH_FEET: Final = Ref("foot", ("left", "right"), plural=True)
_ON_TABLE_DEG, _ON_WALL_DEG = 22.0, -10.0
_CARRYING: Final = frozenset({"elbow", "forearm", "hand", "palm"})


def whole_body(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Take a predicate without a subject; whether it said anything."""
    take = _VERBS.get(predicate.meaning)
    if take is not None:
        return take(sheet, clause, predicate)
    if predicate.meaning in {"spread", "close", "open"} and clause.imperative:
        return False
    kicking = (
        [ref for ref in clause.instruments if ref.group == "leg"] if predicate.meaning in {"raise", "swing"} else []
    )
    for ref in kicking:
        legs.leg(sheet, ref, sides=real_sides(sheet, ref.sides) or USUAL, predicate=predicate)
    said = stance(sheet, predicate, instruments=clause.instruments) or bool(kicking)
    if predicate.meaning in _TRUNK_VERBS or (predicate.meaning == "straighten" and clause.imperative):
        said = trunk(sheet, Ref("torso"), predicate=predicate) or said
        said = _leaning_on(sheet, predicate) or said
    if predicate.meaning == "stand" and (predicate.widths or predicate.metres() is not None):
        pairs.legs(sheet, _BOTH_FEET, sides=SIDES, predicate=predicate)
    return said


def _looking(sheet: Sheet, _clause: Clause, predicate: Predicate) -> bool:
    if predicate.view == "picture" and predicate.meaning == "look":
        return turning(sheet, None, predicate)
    return head(sheet, Ref("gaze" if predicate.meaning == "look" else "head"), predicate=predicate)


def _shrugging(sheet: Sheet, _clause: Clause, predicate: Predicate) -> bool:
    return shoulders(sheet, Ref("shoulder", ("left", "right")), predicate=predicate)


def _leaning_on(sheet: Sheet, predicate: Predicate) -> bool:
    """`leaning on the left elbow` carries; `leaning against a wall` leans back a little."""
    said = False
    for prep in predicate.preps:
        if prep.place == "table":
            sheet.trunk.setdefault("forward", _ON_TABLE_DEG)
            for side in SIDES:
                sheet.arms[side].others.append(Place(spot("hand", side), "ahead", "belly", 0.2))
        if prep.place == "wall":
            sheet.trunk.setdefault("forward", _ON_WALL_DEG)
        if {"sit", "ground"} & set(sheet.support_words):
            hands = [ref for ref in prep.refs if ref.kind in {"hand", "palm"}]
            for ref in hands:
                on = real_sides(sheet, ref.sides) or USUAL
                _hands_down(sheet, on)
        said = said or prep.place in {"table", "wall"} or any(ref.kind in _CARRYING for ref in prep.refs)
    return said


def _hands_down(sheet: Sheet, sides: tuple[Side, ...]) -> None:
    for side in sides:
        sheet.arms[side].contacts.append(Ground(spot("hand", side)))


def _with_hands(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """`touching the toes`, `holding the left knee with both hands`."""
    if not predicate.objects and not predicate.preps:
        return False
    if predicate.objects and all(ref.kind == "fist" for ref in predicate.objects):
        sheet.note(FINGERS)
        return False
    hands = [ref for ref in clause.instruments if ref.kind in ARM_KINDS] or [_hands_for(sheet, predicate)]
    said = _pulled_to_trunk(sheet, predicate)
    for ref in hands:
        said = arms.arm(sheet, ref, sides=real_sides(sheet, ref.sides) or USUAL, predicate=predicate) or said
    return said


def _pulled_to_trunk(sheet: Sheet, predicate: Predicate) -> bool:
    """`hug the left leg to the chest` raises the knee; the hands are on the leg."""
    to = [prep for prep in predicate.preps if prep.meaning == "to" and any(ref.kind == "chest" for ref in prep.refs)]
    held = [ref for ref in predicate.objects if ref.group == "leg"]
    if not to or not held:
        return False
    predicate.preps = [prep for prep in predicate.preps if prep not in to]
    for ref in held:
        sides = real_sides(sheet, ref.sides) or USUAL
        legs.leg(sheet, Ref("knee", ref.sides), sides=sides, predicate=Predicate("move", preps=list(to)))
    return True


def _hands_for(sheet: Sheet, predicate: Predicate) -> Ref:
    """Both hands, or the one that is nearer to the single place that is touched."""
    target = predicate.objects[0] if predicate.objects else None
    if (
        target is None
        or target.plural
        or target.kind in {"face", "head"}
        or predicate.meaning not in {"touch", "support"}
    ):
        return _BOTH_HANDS
    sides = real_sides(sheet, target.sides)
    return Ref("hand", sides if len(sides) == 1 and target.kind not in {"shoulder", "elbow"} else USUAL)


def _reaching(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """`pointing up with the right hand`, `reaching forward`: a straight arm."""
    if predicate.is_bare and predicate.meaning == "stretch":
        return False
    named: list[Side] = [
        side for ref in clause.instruments if ref.kind in ARM_KINDS for side in real_sides(sheet, ref.sides)
    ]
    aside: list[Side] = [side for side in SIDES if side in predicate.dirs]
    sides: tuple[Side, ...] = tuple(dict.fromkeys(named)) or (tuple(aside) if len(aside) == 1 else USUAL)
    if not predicate.dirs and not predicate.levels:
        predicate.dirs.append("forward")
    for side in sides:
        sheet.arms[side].bend = 0.0
    return arms.arm(sheet, Ref("arm", sides), sides=sides, predicate=predicate)


def _stepping(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    on = [ref for prep in predicate.preps if prep.meaning in {"on", "onto"} for ref in prep.refs]
    named: list[Side] = [
        side for ref in (*clause.instruments, *on) if ref.group == "leg" for side in real_sides(sheet, ref.sides)
    ]
    aside: list[Side] = [side for side in SIDES if side in predicate.dirs]
    side = (*named, *aside, *USUAL)[0]
    sheet.last_sides["leg"] = (side,)
    dirs = of_limb(predicate, side) or ("forward",)
    return feet.stepped(sheet, side, dirs=dirs, amount=predicate.amount)


def turning(sheet: Sheet, _clause: Clause | None, predicate: Predicate) -> bool:
    """The whole body turns on the spot: to the left as the viewer sees it, to `his left` as the body does."""
    degrees, dirs = predicate.degrees(), set(predicate.dirs)
    if dirs & {"back", "away"}:
        sheet.face = 180.0
    elif not dirs & {"left", "right"} and degrees is None:
        if "forward" not in dirs:
            return False
        sheet.face = 0.0
    else:
        value = steps("face", predicate.amount) if degrees is None else degrees % 360.0
        if degrees is not None and abs(degrees) > 360.0:
            sheet.note(f"{degrees:.5g} degrees are more than a whole turn: {value:.0f} degrees are taken.")
        # To the left is the picture's left, which is the right of a body that faces the viewer.
        own = predicate.view == "own"
        sheet.face = value if own == ("right" not in dirs) else -value
    return True


_VERBS: Final[dict[str, Callable[[Sheet, Clause, Predicate], bool]]] = {
    **dict.fromkeys(("touch", "hold", "hug", "cover", "support"), _with_hands),
    **dict.fromkeys(("point", "reach", "stretch"), _reaching),
    **dict.fromkeys(("look", "nod"), _looking),
    **dict.fromkeys(("turn", "face"), turning),
    "step": _stepping,
    "shrug": _shrugging,
}
