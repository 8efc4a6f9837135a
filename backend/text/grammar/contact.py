"""Where hands, feet and other parts go: on, behind, in front of other parts of the body, or on the ground."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..language import Apart, Element, Ground, Place, Relation, Side, Spot, Touch
from .names import is_spot, other_of, side_relation, spot
from .phrases import ARM_KINDS, LEG_KINDS, SIDED, Phrase, Ref
from .sheet import Sheet

_PART_SPOT: Final = {"arm": "hand", "palm": "hand", "fist": "hand", "thumb": "fingers", "leg": "foot"}
_PLACE_SPOT: Final = {
    "arm": "upper_arm", "palm": "hand", "fist": "hand", "thumb": "fingers", "leg": "thigh", "head": "head_top",
    "face": "nose", "neck": "nape", "back": "lower_back", "torso": "belly", "body": "belly", "pelvis": "crotch",
    "gaze": "eye",
}  # fmt: skip
_BEHIND: Final = {
    "head": "head_back", "head_top": "head_back", "head_back": "head_back", "face": "head_back", "neck": "nape",
    "nape": "nape", "throat": "nape", "torso": "lower_back", "waist": "lower_back", "hip": "lower_back",
    "body": "lower_back", "back": "lower_back", "lower_back": "lower_back",
}  # fmt: skip
"""Where a hand is that is behind something of the own body."""
_UNDER: Final = {
    "head": "head_back",
    "chin": "chin",
    "neck": "nape",
    "bottom": "bottom",
    "thigh": "thigh",
    "cheek": "cheek",
}
_EACH_ITS_OWN: Final = {"face": "cheek", "chest": "chest", "bottom": "buttock"}
"""Places in the middle that both hands share, each on its side."""
_AROUND: Final = {
    "knee": "shin", "leg": "shin", "shin": "shin", "shoulder": "shoulder", "chest": "armpit", "waist": "waist",
    "torso": "waist", "belly": "waist", "body": "waist",
}  # fmt: skip
_CROSSES: Final = frozenset({
    "shoulder", "elbow", "forearm", "wrist", "upper_arm", "arm", "hand", "armpit", "fingers", "palm", "fist",
})  # fmt: skip
"""Parts of arms that only the other arm reaches."""
_TOUCHING: Final = frozenset({"on", "at", "to", "against", "in", "around", "between"})
_RELATIONS: Final[dict[str, Relation]] = {
    "behind": "behind", "above": "above", "over": "above", "below": "below", "in_front": "ahead", "beside": "beside",
    "left_of": "left_of", "right_of": "right_of", "level": "level",
}  # fmt: skip
_COVERED: Final = frozenset({
    "eye", "ear", "mouth", "nose", "face", "heart", "chest", "crotch", "belly", "knee", "thigh", "forehead", "cheek",
    "throat",
})  # fmt: skip
_NEAR: Final = frozenset({"ear", "mouth", "temple", "cheek", "head", "face", "hip", "chin"})
_FEET: Final = frozenset({"foot", "leg", "toes", "heel", "ankle"})
_BESIDE_HEAD_M: Final = (0.04, 0.2)
_STEP_M, _AHEAD_M, _BEHIND_M = 0.2, 0.1, 0.08


@dataclass(frozen=True)
class _Move:
    """A place of the body that goes to a part.

    Attributes:
        part: what goes there.
        side: its side, None in the middle.
        prep: the preposition.
        both: both sides of the part go there.
    """

    part: Spot
    side: Side | None
    prep: str
    both: bool


def contacts(sheet: Sheet, moved: Ref, *, side: Side | None, prep: Phrase, both: bool) -> list[Element]:
    """Elements for `hand on hip`.

    Args:
        sheet: what was said so far.
        moved: the part that goes somewhere.
        side: its side, None in the middle.
        prep: the preposition and what it stands before.
        both: both sides of the part go there.
    """
    part = _spot(_PART_SPOT.get(moved.kind, _PLACE_SPOT.get(moved.kind, moved.kind)), side)
    if part is None:
        return []
    if prep.place:
        return [Ground(part)] if prep.place == "ground" and prep.meaning in {"on", "to", "against", "in"} else []
    move = _Move(part, side, prep.meaning, both)
    return [each for ref in prep.refs for each in _at(move, ref, _side_of(sheet, move, ref, moved=moved))]


def _spot(name: str, side: str | None) -> Spot | None:
    """A place on a side, or in the middle where it has none; None where there is no such place."""
    sided = f"{side}_{name}" if side else name
    return spot(sided) if is_spot(sided) else spot(name) if is_spot(name) else None


def _side_of(sheet: Sheet, move: _Move, ref: Ref, *, moved: Ref) -> Side | None:
    """The side of a place: as it was said, or the nearer one for what moves; arms reach across to arms."""
    side = move.side
    if ref.kind not in SIDED and not ref.sides:
        return None
    sides = real_sides(sheet, ref.sides)
    if side is None or (len(sides) == 1 and ref.relation != "other"):
        return sides[0] if len(sides) == 1 else "right"
    arms = ref.kind in _CROSSES and moved.kind in ARM_KINDS and not (move.both and ref.kind == "shoulder")
    legs = ref.group == "leg" and moved.group == "leg"
    across = ref.relation == "other" or ((arms or legs) and ref.relation != "same")
    return other_of(side) if across else side


def real_sides(sheet: Sheet, sides: Iterable[str]) -> tuple[Side, ...]:
    """Left and right for sides such as front, rear, standing and free."""
    on_legs: list[Side] = [
        carried[0] for kind, carried in sheet.carriers if kind in {"leg", "foot"} and len(carried) == 1
    ]
    standing: Side = on_legs[0] if on_legs else sheet.standing
    table: dict[str, Side] = {
        "left": "left", "right": "right", "front": sheet.front, "rear": other_of(sheet.front), "top": "right",
        "bottom": "left", "standing": standing, "free": other_of(standing),
    }  # fmt: skip
    return tuple(dict.fromkeys(table[each] for each in sides))


def _at(move: _Move, ref: Ref, side: Side | None) -> list[Element]:
    """Elements for one part that something goes to, on its side."""
    place = _special(move, ref, side)
    if place is not None:
        return [Touch(move.part, place)]
    name = _PLACE_SPOT.get(ref.kind, ref.kind)
    if move.both and ref.kind in _EACH_ITS_OWN and not ref.sides:
        name, side = _EACH_ITS_OWN[ref.kind], move.side
    place, relation = _spot(name, side), _RELATIONS.get(move.prep)
    if place is None or place == move.part:
        return []
    if move.prep == "beside" and ref.kind in {"head", "face"} and move.side and move.part.endswith("hand"):
        ear = spot("ear", move.side)
        return [
            Place(move.part, side_relation(move.side), ear, 0.02),
            Place(move.part, "level", ear),
            Apart(move.part, ear, *_BESIDE_HEAD_M),
        ]
    touches = move.prep in _TOUCHING if relation is None else _is_touch(move, ref)
    if touches:
        return [Touch(move.part, place)]
    return [] if relation is None else _relative(move.part, relation, place=place, kind=ref.kind)


def _special(move: _Move, ref: Ref, side: Side | None) -> Spot | None:
    """Where a preposition means another place than the part itself: behind the head, across the chest."""
    hand = move.part.endswith(("hand", "arm", "fingers", "wrist"))
    if move.prep == "behind" and ref.kind in _BEHIND:
        return _spot(_BEHIND[ref.kind], None)
    if move.prep == "below" and ref.kind in _UNDER and hand:
        return _spot(_UNDER[ref.kind], side)
    if move.side is None:
        return None
    if move.prep == "across":
        own = _PLACE_SPOT.get(ref.kind, ref.kind) if ref.kind in SIDED else ""
        return _spot(own or ("chest" if ref.kind in {"chest", "heart"} else "waist"), other_of(move.side))
    if move.prep == "around" and ref.kind in _AROUND:
        name = _AROUND[ref.kind]
        told = name == "shin" and len(ref.sides) == 1 and ref.relation != "other"
        own = move.side if name == "shin" and move.both else other_of(move.side)
        return _spot(name, side if told else own)
    return None


def _is_touch(move: _Move, ref: Ref) -> bool:
    """Whether over or beside something is as good as on it: a hand over the eyes, by the ear."""
    hand = move.part.endswith(("hand", "fingers"))
    return (move.prep == "over" and ref.kind in _COVERED) or (move.prep == "beside" and hand and ref.kind in _NEAR)


def _relative(part: Spot, relation: Relation, *, place: Spot, kind: str) -> list[Element]:
    if relation == "ahead" and kind not in LEG_KINDS:
        return [Place(part, "ahead", place, _AHEAD_M), Place(part, "level", place)]
    if relation == "ahead" or (relation == "behind" and kind in LEG_KINDS):
        return [Place(part, relation, place, _STEP_M if kind in _FEET else _BEHIND_M)]
    return [Place(part, relation, place)]
