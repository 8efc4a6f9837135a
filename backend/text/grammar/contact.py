"""Where hands, feet and other parts go: on, behind, in front of other parts of the body, or on the ground."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast, get_args

from ..language import Element, Ground, Place, Relation, Side, Spot, Touch
from .phrases import ARM_KINDS, LEG_KINDS, SIDED, Phrase, Ref
from .sheet import Sheet

_SPOTS: Final = frozenset(get_args(Spot))
_PART_SPOT: Final = {"arm": "hand", "palm": "hand", "fist": "hand", "thumb": "fingers", "leg": "foot", "hip": "hip"}
_PLACE_SPOT: Final = {
    "arm": "upper_arm", "palm": "hand", "fist": "hand", "thumb": "fingers", "leg": "thigh", "head": "head_top",
    "face": "nose", "neck": "nape", "back": "lower_back", "torso": "belly", "pelvis": "crotch", "gaze": "eye",
}  # fmt: skip
_BEHIND: Final = {"head": "head_back", "head_top": "head_back", "neck": "nape", "throat": "nape", "torso": "lower_back",
                  "waist": "lower_back", "hip": "lower_back", "face": "head_back", "body": "lower_back"}  # fmt: skip
_FACE_OF_TWO: Final = {"face": "cheek", "chest": "chest", "bottom": "buttock", "mouth": "mouth"}
_CROSSES: Final = frozenset({"shoulder", "elbow", "forearm", "wrist", "upper_arm", "arm", "hand", "armpit", "fingers", "palm",
                             "fist"})  # fmt: skip
_TOUCHING: Final = frozenset({"on", "at", "to", "against", "in", "around", "between"})
_RELATIONS: Final[dict[str, Relation]] = {
    "behind": "behind", "above": "above", "over": "above", "below": "below", "in_front": "ahead", "beside": "beside",
    "left_of": "left_of", "right_of": "right_of", "level": "level",
}  # fmt: skip
_COVERED: Final = frozenset({
    "eye", "ear", "mouth", "nose", "face", "heart", "chest", "crotch", "belly", "knee", "thigh", "forehead", "cheek", "throat",
})  # fmt: skip


def part_spot(ref: Ref, side: Side | None) -> Spot | None:
    """The place that touches, of a part that is spoken of."""
    return _spot(_PART_SPOT.get(ref.kind, _PLACE_SPOT.get(ref.kind, ref.kind)), side)


def _spot(name: str, side: str | None) -> Spot | None:
    sided = f"{side}_{name}" if side else name
    found = sided if sided in _SPOTS else name
    return cast(Spot, found) if found in _SPOTS else None


def place_side(sheet: Sheet, ref: Ref, moved: Ref, *, side: Side | None) -> Side | None:
    """The side of a place: as it was said, or the nearer one for what moves; arms reach across to arms."""
    if ref.kind not in SIDED and not ref.sides:
        return None
    other: Side | None = None if side is None else "right" if side == "left" else "left"
    if ref.relation == "other":
        return other
    sides = real_sides(sheet, ref.sides)
    if len(sides) == 1:
        return sides[0]
    if side is None:
        return "right"
    across = ref.kind in _CROSSES and moved.kind in ARM_KINDS and (not sides or ref.kind != "elbow" or True)
    legs = ref.group == "leg" and moved.group == "leg"
    return other if (across or legs) and ref.relation != "same" else side


def real_sides(sheet: Sheet, sides: Iterable[str]) -> tuple[Side, ...]:
    """Left and right for sides such as front, rear, standing and free."""
    front, rear = sheet.front, cast(Side, "right" if sheet.front == "left" else "left")
    table: dict[str, Side] = {"front": front, "rear": rear, "top": "right", "bottom": "left"}
    standing = next((word for word in sheet.support_words if word in {"left_leg", "right_leg"}), "")
    base: Side = "right" if standing == "right_leg" else "left"
    table |= {"standing": base, "free": "right" if base == "left" else "left", "left": "left", "right": "right"}
    return tuple(dict.fromkeys(table[each] for each in sides))


def contacts(sheet: Sheet, moved: Ref, *, side: Side | None, prep: Phrase, both: bool) -> list[Element]:
    """Elements for `hand on hip`: the part that moves, its side, and the preposition with its place.

    Args:
        sheet: what was said so far.
        moved: the part that goes somewhere.
        side: its side, None in the middle.
        prep: the preposition and what it stands before.
        both: both sides of the part go there.
    """
    part = part_spot(moved, side)
    if part is None:
        return []
    if prep.place:
        return [Ground(part)] if prep.place == "ground" and prep.meaning in {"on", "to", "against", "in"} else []
    found: list[Element] = []
    for ref in prep.refs:
        at = place_side(sheet, ref, moved, side=side)
        found.extend(_contact(part, ref, at, prep=prep.meaning, both=both, side=side))
    return found


def _contact(part: Spot, ref: Ref, at: Side | None, *, prep: str, both: bool, side: Side | None) -> list[Element]:
    relation = _RELATIONS.get(prep)
    name = _PLACE_SPOT.get(ref.kind, ref.kind)
    if both and ref.kind in _FACE_OF_TWO and not ref.sides:
        name, at = _FACE_OF_TWO[ref.kind], side
    if prep == "around" and ref.kind in {"waist", "torso", "belly", "knee", "shin", "leg", "shoulder", "chest"}:
        return _around(part, ref, side=side, both=both)
    if prep == "across" and side is not None:
        across = "right" if side == "left" else "left"
        spot = _spot(
            name if ref.kind in SIDED else "chest" if ref.kind in {"chest", "torso", "heart"} else "waist", across
        )
        return [] if spot is None else [Touch(part, spot)]
    if prep == "behind" and ref.kind in {*_BEHIND, "back", "lower_back", "nape", "head_back"}:
        spot = _spot(_BEHIND.get(ref.kind, name), at)
        return [] if spot is None else [Touch(part, spot)]
    if (
        prep == "below"
        and ref.kind in {"head", "chin", "neck", "bottom", "thigh", "cheek"}
        and part.endswith(("hand", "arm"))
    ):
        spot = _spot("head_back" if ref.kind == "head" else name, at)
        return [] if spot is None else [Touch(part, spot)]
    spot = _spot(name, at)
    if spot is None or spot == part:
        return []
    if relation is None or (prep == "over" and ref.kind in _COVERED) or (prep == "beside" and _near(part, ref)):
        return [Touch(part, spot)] if relation is not None or prep in _TOUCHING else []
    return _relative(part, relation, spot, kind=ref.kind)


def _near(part: str, ref: Ref) -> bool:
    """Whether beside it is as good as on it: a hand by the ear."""
    return part.endswith(("hand", "fingers")) and ref.kind in {
        "ear",
        "mouth",
        "temple",
        "cheek",
        "head",
        "face",
        "hip",
        "chin",
    }


def _relative(part: Spot, relation: Relation, spot: Spot, *, kind: str) -> list[Element]:
    if relation == "above":
        return [Place(part, "above", spot)]
    if relation == "ahead" and kind not in LEG_KINDS:
        return [Place(part, "ahead", spot, 0.1), Place(part, "level", spot)]
    if relation == "ahead" or (relation == "behind" and kind in LEG_KINDS):
        return [Place(part, relation, spot, 0.2 if kind in {"foot", "leg", "toes", "heel", "ankle"} else 0.08)]
    return [Place(part, relation, spot)]


def _around(part: Spot, ref: Ref, *, side: Side | None, both: bool) -> list[Element]:
    """Arms around the own body: each hand on the far side; around the knees, on the shins."""
    if side is None:
        return []
    far = "right" if side == "left" else "left"
    name = {"knee": "shin", "leg": "shin", "shin": "shin", "shoulder": "shoulder", "chest": "armpit"}.get(
        ref.kind, "waist"
    )
    spot = _spot(name, side if name == "shin" and both else far)
    return [] if spot is None else [Touch(part, spot)]
