"""What carries the body of a program, and what of its support must hold where other words move limbs elsewhere."""

from __future__ import annotations

from typing import Final

import numpy as np

from .chains import Chain, bare, chain_of_joint, chain_of_limb, chain_of_spot, side_of
from .language import Support, SupportKind
from .laws import ARCHED_LAWS, LEVEL_PARTS, SEAT_M, Law, law_of
from .measures import Angle, Away, Body, Check, Distance, Height, Offset, Trunk
from .situation import Situation

__all__ = ["SEAT_M", "Law", "law_of"]

ARMS: Final[tuple[Chain, Chain]] = ("left_arm", "right_arm")
_ONE_LEG: Final = frozenset({"left_leg", "right_leg"})
_FOOT: Final = frozenset({"toes", "heel", "instep", "ankle_side"})
_SOLE: Final = frozenset({"sole", "toes", "heel"})


def law_in(where: Situation) -> Law:
    """The law of what carries the body, arched or not; something must."""
    if where.arch is not None:
        return ARCHED_LAWS[where.arch]
    assert where.kind is not None
    return law_of(where.kind, where.height)


def support_checks(element: Support, where: Situation) -> tuple[Check, ...]:
    """What a support asks for, but of limbs that other elements told to be elsewhere."""
    law = law_in(where) if where.arch else law_of(_kind_of(element, where), element.height)
    heels = {f"{side}_{part}" for side in where.on_toes for part in ("heel", "sole")}
    left = [check for check in law.checks if _clears(check) or _stays(check, where.lifted, heels)]
    return tuple(
        check for check in left if not (isinstance(check.measure, Angle) and check.measure.joint in where.bent)
    )


def _kind_of(element: Support, where: Situation) -> SupportKind:
    """Its kind, but the other leg where the one that it names is raised."""
    return where.kind if where.kind in _ONE_LEG and element.kind in _ONE_LEG else element.kind


def _levels(check: Check) -> bool:
    """Whether it keeps the trunk level."""
    measure = check.measure
    return isinstance(measure, Offset) and measure.axis == "up" and bare(measure.first) in LEVEL_PARTS


def _clears(check: Check) -> bool:
    """Whether it keeps a foot off the ground, which holds of a leg that is told to be elsewhere, too."""
    return isinstance(check.measure, Height) and bare(check.measure.spot) in _SOLE and check.low > 0.1


def _stays(check: Check, lifted: frozenset[Chain], heels: set[str]) -> bool:
    return not _chains(check) & lifted and not (isinstance(check.measure, Height) and check.measure.spot in heels)


def support_wishes(element: Support, where: Situation) -> tuple[Check, ...]:
    """What makes a support look natural, of limbs that nothing else is about."""
    law = law_in(where) if where.arch else law_of(element.kind, element.height)
    wishes = [check for check in law.wishes if not _chains(check) & where.busy]
    return tuple(check for check in wishes if not (where.aside and _levels(check)))


def carriers(where: Situation) -> tuple[str, ...]:
    """Parts that are on the ground; none where the draft decides."""
    if where.kind is None:
        return ()
    law = law_in(where)
    kept = [part for part in law.carriers if _chain_of_part(part) not in where.lifted]
    return tuple(
        f"{side_of(part)}_toes" if bare(part) == "foot" and side_of(part) in where.on_toes else part for part in kept
    )


def carrying_arms(where: Situation) -> frozenset[Chain]:
    """Arms that the support stands on: it says where they are, whatever else is said of them."""
    chains = {_chain_of_part(part) for part in carriers(where)}
    return frozenset(chain for chain in ARMS if chain in chains)


def _chain_of_part(part: str) -> Chain | None:
    name = bare(part)
    if name in {"hips_front", "shoulders_back", "thigh_front", "hip_side"}:
        return None
    if name in {"bottom", "back", "front", "side"}:
        return "trunk"
    return chain_of_limb(f"{side_of(part)}_{'foot' if name in _FOOT else name}")


def _chains(check: Check) -> frozenset[Chain]:
    match check.measure:
        case Height(spot=spot):
            return _limbs(spot)
        case Angle(joint=joint):
            return frozenset({chain_of_joint(joint)})
        case Away(limb=limb):
            return frozenset({chain_of_limb(limb)})
        case Offset(first=one, second=other) | Distance(first=one, second=other):
            return _limbs(one) | _limbs(other)
        case Trunk():
            return frozenset({"trunk"})
        case _:
            return frozenset()


def _limbs(spot: str) -> frozenset[Chain]:
    """The limb that carries a place; none for the trunk's own, which is where it is by all of them."""
    chain = chain_of_spot(spot)
    return frozenset[Chain](() if chain == "trunk" else (chain,))


def holds(
    kind: SupportKind, height: float | None, body: Body, *, lifted: frozenset[Chain] = frozenset()
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(N,) whether poses meet a support already, but for limbs that are told to be elsewhere."""
    held = np.ones(len(body.joints), np.bool_)
    for check in law_of(kind, height).checks:
        if not _chains(check) & lifted:
            held &= np.abs(check.excess(body)) <= check.tolerance()
    return held
