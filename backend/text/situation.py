"""What carries the body while a program is carried out: the support, and the limbs that the program takes off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeGuard

from .arches import Arch, arch_of
from .chains import Chain, bare, chain_of_limb, chain_of_spot, mover, side_of
from .language import Bend, Change, Element, Ground, Mirror, Place, Point, Raise, Support, SupportKind, Touch, Trunk

_LIFTING_BEND_DEG: Final = 50.0
_STRIDE_DEG: Final = 60.0
_UPRIGHT: Final = frozenset({None, "standing", "tiptoe", "left_leg", "right_leg"})
_OFF_GROUND_M: Final = 0.04
_TIPPED_DEG: Final = 110.0
_CLEARLY_RAISED_DEG: Final = 60.0
_ON_FEET: Final = frozenset({None, "standing", "left_leg", "right_leg"})
_HANDS: Final = frozenset({"hand", "fingers"})
_LEVEL_DEG: Final = 15.0
"""How far a thigh may be from level that a seat carries."""
_FEET: Final = frozenset({"foot", "ankle", "heel", "toes", "sole"})
_APART_DEG: Final = 15.0
_HELD_DEG: Final = 90.0
_FAR_DOWN: Final = frozenset({"shin", "calf", "ankle", "heel", "sole", "foot", "toes", "knee"})


@dataclass(frozen=True)
class Situation:
    """Who carries what.

    Attributes:
        kind: the support that was named last, or that places on the ground amount to; None for the draft's own.
        height: of the seat in metres, where one was named.
        told: the support was named.
        lifted: limbs, and the trunk, that are told to be elsewhere than the support would have them.
        busy: limbs and parts that any element is about.
        on_toes: sides whose heel is told to be off the ground.
        arch: what of a lying body is lifted, its back arched.
        bent: joints that are told how far they bend.
        aside: the trunk is told to lean aside, or to point somewhere.
    """

    kind: SupportKind | None
    height: float | None
    told: bool
    lifted: frozenset[Chain]
    busy: frozenset[Chain]
    on_toes: frozenset[str] = frozenset()
    arch: Arch | None = None
    bent: frozenset[str] = frozenset()
    aside: bool = False


def situation(elements: Sequence[Element]) -> Situation:
    """Of all elements that are to hold, together."""
    named = [element for element in elements if isinstance(element, Support)]
    kind = _on_the_other_leg(named[-1].kind, elements) if named else _grounded(elements)
    height = named[-1].height if named else None
    lifted: set[Chain] = {chain for element in elements if (chain := _lifts(element, kind, elements)) is not None}
    if kind in _UPRIGHT:
        lifted |= {"left_leg" if side == "left" else "right_leg" for side in held_behind(elements)}
    lifted -= _planted(kind, lifted, elements)
    if any(_bends_trunk(element) for element in elements):
        lifted.add("trunk")
    busy: set[Chain] = {chain for element in elements for chain in _about(element)}
    on_toes = {str(side_of(each.part)) for each in elements if _raises_heel(each)}
    arch = arch_of(kind, elements)
    kind = kind or ("lying_back" if arch else None)
    bent = frozenset(each.joint for each in elements if isinstance(each, Bend))
    aside = any(_leans_aside(each) for each in elements)
    return Situation(
        kind, height, bool(named), frozenset(lifted), frozenset(busy), frozenset(on_toes), arch, bent, aside
    )


def _planted(kind: SupportKind | None, lifted: set[Chain], elements: Sequence[Element]) -> set[Chain]:
    """Legs that stand on the ground for all that is said of them: something must carry who is not in the air."""
    legs: tuple[Chain, Chain] = ("left_leg", "right_leg")
    flat = _FEET - {"heel"} if kind in _UPRIGHT else _FEET  # Who stands on the heels alone has no foot flat.
    down = {chain_of_spot(each.part) for each in elements if _on_ground(each) and bare(each.part) in flat}
    found = set[Chain](leg for leg in legs if leg in down or leg == kind)
    others = any(_on_ground(each) and chain_of_spot(each.part) not in legs for each in elements)
    if kind not in _UPRIGHT or others or not set(legs) <= lifted - found:
        return found
    if _strides(elements):
        return set(legs)
    far = [max((_raised_deg(each, leg) for each in elements), default=0.0) for leg in legs]
    if abs(far[0] - far[1]) >= _APART_DEG:
        found.add(legs[int(far[1] < far[0])])
    return found


def _on_ground(element: Element) -> TypeGuard[Ground]:
    return isinstance(element, Ground) and element.above <= 0.0


def _raised_deg(element: Element, leg: Chain) -> float:
    """How far an element takes a leg from where it would stand, in degrees, roughly."""
    match element:
        case Raise(limb=limb, degrees=degrees) if chain_of_limb(limb) == leg:
            return abs(degrees)
        case Point(limb=limb) if chain_of_limb(limb) == leg and bare(limb) != "foot":
            return 90.0
        case Bend(joint=joint, degrees=degrees) if joint == leg.replace("leg", "knee"):
            return 0.5 * abs(degrees)
        case Touch(part=part, place=place) if chain_of_spot(mover(part, place)[0]) == leg:
            return 120.0
        case _:
            return 0.0


def held_behind(elements: Sequence[Element]) -> frozenset[str]:
    """Sides whose hand holds the foot of the same side behind the body, as dancers do and who stretches a thigh."""
    found: set[str] = set()
    for element in elements:
        if not isinstance(element, Touch):
            continue
        moved, still = mover(element.part, element.place)
        side, ends = side_of(still), {moved, still}
        if bare(moved) in _HANDS and bare(still) in _FEET and side_of(moved) == side and side is not None:
            told = {f"{side}_leg", f"{side}_thigh"}
            aimed = any(isinstance(each, Raise | Point) and each.limb in told for each in elements)
            behind = any(isinstance(e, Place) and e.relation == "behind" and e.part in ends for e in elements)
            bent = any(isinstance(e, Bend) and e.joint == f"{side}_knee" and e.degrees > _HELD_DEG for e in elements)
            found |= {side} if behind or (bent and not aimed) else set()
    return frozenset(found)


def raised_leg(elements: Sequence[Element]) -> Literal["left", "right"] | None:
    """The side whose leg alone is raised so far, by `Raise` or `Point`, that the body stands on the other one."""
    named = [element for element in elements if isinstance(element, Support)]
    if named and named[-1].kind not in _ON_FEET:
        return None
    if not named and _grounded(elements) is not None:
        return None
    raised = {side_of(element.limb) for element in elements if _raises_leg(element)}
    if len(raised) != 1:
        return None
    return "left" if "left" in raised else "right"


def _raises_leg(element: Element) -> TypeGuard[Raise | Point]:
    match element:
        case Raise(limb=limb, degrees=degrees):
            return bare(limb) == "leg" and abs(degrees) >= _CLEARLY_RAISED_DEG
        case Point(limb=limb, directions=directions):
            return bare(limb) == "leg" and "down" not in directions
        case _:
            return False


def _on_the_other_leg(kind: SupportKind, elements: Sequence[Element]) -> SupportKind:
    """A leg cannot be raised high and carry the body."""
    raised = raised_leg(elements)
    if raised is None or kind not in {"left_leg", "right_leg"}:
        return kind
    return "right_leg" if raised == "left" else "left_leg"


def _raises_heel(element: Element) -> TypeGuard[Ground]:
    return isinstance(element, Ground) and bare(element.part) == "heel" and element.above > 0.02


def _grounded(elements: Sequence[Element]) -> SupportKind | None:
    """The support that places on the ground amount to."""
    down = {element.part for element in elements if isinstance(element, Ground) and element.above <= 0.0}
    knees = [spot for spot in down if bare(spot) in {"knee", "shin"}]
    sides = {side_of(spot) for spot in knees}
    if down & {"chest", "belly"} or {"left_thigh", "right_thigh"} <= down:
        return "lying_front"
    if down & {"upper_back", "head_back"} or {"left_shoulder", "right_shoulder"} <= down:
        return "lying_back"
    if sides and any(bare(spot) in {"hand", "fingers"} for spot in down):
        return "all_fours"
    if len(sides) == 2:
        return "kneeling"
    if sides:
        return "kneeling_left" if "left" in sides else "kneeling_right"
    bottom = {"bottom", "crotch", "left_buttock", "right_buttock"}
    return "sitting_floor" if down & bottom else None


def _lifts(  # noqa: PLR0911 - one line for each kind of element
    element: Element, kind: SupportKind | None, elements: Sequence[Element]
) -> Chain | None:
    """The limb that an element takes away from where the support has it."""
    match element:
        case Raise() if kind == "sitting" and _hangs_from_level(element, elements):
            return None
        case Raise(limb=limb, degrees=degrees) if abs(degrees) >= 15.0:
            return None if kind == "sitting_floor" and _drawn_up(limb, elements) else chain_of_limb(limb)
        case Point(limb=limb, directions=directions) if bare(limb) not in {"torso", "head"}:
            return None if _stays(limb, directions, kind) else chain_of_limb(limb)
        case Bend(joint=joint, degrees=degrees) if bare(joint) == "knee" and kind in _UPRIGHT:
            both = len({each.joint for each in elements if isinstance(each, Bend) and bare(each.joint) == "knee"}) == 2
            stays = both or chain_of_limb(joint) == kind
            return chain_of_limb(joint) if degrees >= _LIFTING_BEND_DEG and not stays else None
        case Bend(joint=joint, degrees=degrees) if bare(joint) == "knee" and kind == "sitting":
            return chain_of_limb(joint) if abs(degrees - 90.0) > 25.0 else None
        case Touch(part=part, place=place):
            return _touching(part, place, kind)
        case Ground(part=part, above=above) if above > _OFF_GROUND_M and bare(part) != "heel":
            chain = chain_of_spot(part)
            return chain if bare(chain) in {"leg", "arm"} else None
        case Place(part=part, relation="above") if bare(chain_of_spot(part)) in {"leg", "arm"}:
            return chain_of_spot(part)
        case _:
            return None


def _hangs_from_level(raised: Raise, elements: Sequence[Element]) -> bool:
    """Whether a thigh lies level and its shin hangs, as the seat has it."""
    level = bare(raised.limb) == "thigh" and raised.toward == "forward" and abs(raised.degrees - 90.0) <= _LEVEL_DEG
    shin = f"{side_of(raised.limb)}_shin"
    down = any(isinstance(each, Point) and (each.limb, each.directions) == (shin, ("down",)) for each in elements)
    return level and down


def _drawn_up(limb: str, elements: Sequence[Element]) -> bool:
    """Whether a thigh is raised whose knee is bent far: the heel of who sits so stays on the ground."""
    knee = f"{side_of(limb)}_knee"
    bent = any(isinstance(each, Bend) and each.joint == knee and each.degrees >= _HELD_DEG for each in elements)
    return bare(limb) == "thigh" and bent


def _stays(limb: str, directions: tuple[str, ...], kind: SupportKind | None) -> bool:
    """Whether a limb that points there may still carry what the support has it carry."""
    if bare(limb) == "foot":
        return kind not in _UPRIGHT or not set(directions) & {"up", "down"}
    if bare(limb) in {"leg", "thigh", "shin"}:
        return directions == ("down",)
    return False


def _touching(part: str, place: str, kind: SupportKind | None) -> Chain | None:
    moved, still = mover(part, place)
    chain, other = chain_of_spot(moved), chain_of_spot(still)
    if bare(chain) == "arm":
        return chain
    if bare(chain) != "leg" or (bare(moved) == bare(still) and bare(other) == "leg"):
        return None
    if kind in {"kneeling", "sitting_heels", "squatting"} and bare(other) != "leg":
        return None
    return chain


def _strides(elements: Sequence[Element]) -> bool:
    """Both legs are spread or stepping, no further than a body can stand."""
    raised = [each for each in elements if isinstance(each, Raise) and bare(each.limb) in {"leg", "thigh"}]
    return len({side_of(each.limb) for each in raised}) == 2 and all(abs(e.degrees) <= _STRIDE_DEG for e in raised)


def _leans_aside(element: Element) -> bool:
    match element:
        case Trunk(left=left, forward=forward):
            return bool(left) or abs(forward or 0.0) > _TIPPED_DEG
        case Point(limb="torso", directions=directions):
            return directions != ("up",)
        case _:
            return False


def _bends_trunk(element: Element) -> bool:
    match element:
        case Trunk(forward=forward, left=left):
            return forward is not None or left is not None
        case Point(limb="torso"):
            return True
        case Touch(part=one, place=other):
            spots = {bare(one), bare(other)}
            return bool(spots & _FAR_DOWN) and not spots <= _FAR_DOWN
        case _:
            return False


def _about(element: Element) -> tuple[Chain, ...]:
    match element:
        case Bend(joint=name) | Raise(limb=name) | Point(limb=name):
            return (chain_of_limb(name),)
        case Touch(part=one, place=other) | Place(part=one, other=other):
            return (chain_of_spot(one), chain_of_spot(other))
        case Ground(part=part):
            return (chain_of_spot(part),)
        case Change() | Mirror():
            return ()
        case _:
            kinds: dict[str, Chain] = {"Trunk": "trunk", "Head": "head"}
            found = kinds.get(type(element).__name__)
            return (found,) if found else ()
