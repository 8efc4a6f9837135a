"""What is telling about poses: measures sorted into named kinds, the other way round from `meaning.py`.

The idea of posecodes and the limits between most kinds are those of G. Delmas et al., "PoseScript: 3D Human Poses from
Natural Language" (ECCV 2022), supplementary tables; measures, contacts, support and choice are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from .caption_contacts import touches
from .caption_support import supports
from .codes import SIDES, Code, Column, Kinds, Mask, Side, column
from .language import Limb
from .measures import Angle, Body, HeadTurn, Hinge, Trunk

# Least bend in degrees of each kind but the first.
_BENDS: Final = ((20.0, "slight"), (45.0, "bent"), (75.0, "right"), (105.0, "sharp"), (135.0, "full"))
_BEND_WEIGHTS: Final = {"slight": 0.4, "bent": 0.9, "right": 1.3, "sharp": 1.6, "full": 2.1}
_HEAD: Final = {"left": (15.0, 35.0), "tilt_left": (15.0, 30.0), "down": (18.0, 40.0)}
_TRUNK: Final = {"forward": (17.0, 45.0), "left": (13.0, 28.0), "twist_left": (18.0, 45.0)}
_HANGING, _LOW, _LEVEL, _HIGH = 28.0, 62.0, 115.0, 150.0
"""Degrees from hanging down between the kinds of arms."""


def read_codes(rotations: AnyFloatArray) -> list[list[Code]]:
    """The codes of poses, in the order of the body: support, trunk, head, arms, legs.

    Args:
        rotations: (N, 24, 3) axis-angle in radians, parent-relative, the root in an upright world.
    """
    body = Body.posed(rotations)
    families = (supports, _trunk, _head, _arms, _hands, _legs, _feet)
    found: list[list[Code]] = [[] for _ in range(len(body.joints))]
    for family in families:
        for each in family(body):
            for row in np.flatnonzero(each.kinds != ""):
                found[row].append(Code(each.what, each.side, str(each.kinds[row]), float(each.weights[row])))
    return [_merged(codes) for codes in found]


def _two_way(what: str, value: DoubleArray, limits: tuple[float, float], *, names: tuple[str, str]) -> Column:
    """Beyond either limit on either side: `names` for more and for less than zero."""
    few, many = limits
    more, less = names
    return column(
        what, "", (value > many, f"{more} much", 2.2), (value > few, f"{more} a little", 1.2),
        (value < -many, f"{less} much", 2.2), (value < -few, f"{less} a little", 1.2),
    )  # fmt: skip


def _trunk(body: Body) -> Iterator[Column]:
    upright = body.limb("torso")[:, 1] > 0.17
    lean = np.where(upright, Trunk("forward").of(body), 0.0)
    yield _two_way("lean", lean, _TRUNK["forward"], names=("forward", "back"))
    aside = np.where(upright, Trunk("left").of(body), 0.0)
    yield _two_way("side", aside, _TRUNK["left"], names=("left", "right"))
    yield _two_way("twist", Trunk("twist_left").of(body), _TRUNK["twist_left"], names=("left", "right"))


def _head(body: Body) -> Iterator[Column]:
    yield _two_way("head turn", HeadTurn("left").of(body), _HEAD["left"], names=("left", "right"))
    yield _two_way("head tilt", HeadTurn("tilt_left").of(body), _HEAD["tilt_left"], names=("left", "right"))
    yield _two_way("head nod", HeadTurn("down").of(body), _HEAD["down"], names=("down", "up"))


def _bend(body: Body, joint: str, side: Side) -> DoubleArray:
    return 180.0 - Angle(cast("Hinge", f"{side}_{joint}")).of(body)


def _limb(body: Body, name: str, side: Side) -> DoubleArray:
    return body.limb(cast("Limb", f"{side}_{name}"))


def _bent(what: str, side: Side, bend: DoubleArray, *, straight: float) -> Column:
    choices = [(bend >= least, kind, _BEND_WEIGHTS[kind]) for least, kind in reversed(_BENDS)]
    return column(what, side, *choices, (bend < _BENDS[0][0], "straight", straight))


def _way(limb: DoubleArray, side: Side) -> tuple[DoubleArray, Kinds]:
    """Degrees of a limb (N, 3) from hanging down, and which way that is: forward, out, back or across."""
    outward = limb[:, 0] if side == "left" else -limb[:, 0]
    degrees = np.degrees(np.arccos(np.clip(-limb[:, 1], -1.0, 1.0)))
    ways = np.stack([limb[:, 2], outward, -limb[:, 2], -outward], axis=1)
    return degrees, np.array(["forward", "out", "back", "across"], dtype="<U40")[ways.argmax(1)]


def _arms(body: Body) -> Iterator[Column]:
    for side in SIDES:
        bend = _bend(body, "elbow", side)
        whole: Mask = bend < 50.0
        limb = np.where(whole[:, None], _limb(body, "arm", side), _limb(body, "upper_arm", side))
        degrees, way = _way(limb, side)
        conditions = [degrees < _HANGING, degrees < _LOW, degrees < _LEVEL, degrees < _HIGH]
        level = np.select(conditions, ["down", "low", "level", "high"], "up")
        kind = np.where((level == "down") | (level == "up"), level, np.char.add(np.char.add(way, " "), level))
        weight = np.select(conditions[:3], [0.15, 0.7, 1.6], 2.2)
        yield Column("arm", side, np.where(whole, kind, ""), weight)
        yield Column("upper arm", side, np.where(whole | (level == "down"), "", kind), 0.8 * weight)
        yield _forearm(body, side, bend)
        yield _bent("elbow", side, bend, straight=0.35)


def _forearm(body: Body, side: Side, bend: DoubleArray) -> Column:
    limb = _limb(body, "forearm", side)
    outward = limb[:, 0] if side == "left" else -limb[:, 0]
    bent: Mask = bend > 50.0
    return column(
        "forearm", side, (bent & (limb[:, 1] > 0.80), "up", 1.4), (bent & (limb[:, 2] > 0.80), "forward", 1.1),
        (bent & (outward < -0.80), "across", 1.4), (bent & (outward > 0.80), "out", 1.7),
        (bent & (limb[:, 1] < -0.85), "down", 1.7),
    )  # fmt: skip


def _hands(body: Body) -> Iterator[Column]:
    for side in SIDES:
        yield touches(body, side)
        yield _hand(body, side)
    apart = np.linalg.norm(body.spot("left_hand") - body.spot("right_hand"), axis=1)
    crossed = _across(body, "left_wrist", "right_wrist") & (body.limb("torso")[:, 1] > 0.5)
    folded = crossed & (_bend(body, "elbow", "left") > 60.0) & (_bend(body, "elbow", "right") > 60.0)
    level = np.abs(body.spot("left_wrist")[:, 1] - body.spot("chest")[:, 1]) < 0.28
    yield column(
        "hands", "both", (folded & level, "arms crossed", 2.3), (apart < 0.13, "together", 1.9),
        (crossed, "wrists crossed", 1.8),
    )  # fmt: skip
    rise = body.spot("left_hand")[:, 1] - body.spot("right_hand")[:, 1]
    yield column("higher", "left", (rise > 0.3, "hand", 0.9))
    yield column("higher", "right", (rise < -0.3, "hand", 0.9))


def _hand(body: Body, side: Side) -> Column:
    """Where a hand is that touches nothing: above the head, behind the back, in front of chest or face."""
    hand = body.spot(f"{side}_hand")
    above = hand[:, 1] - body.spot("head_top")[:, 1]
    way = (body.frame @ (hand - body.spot("chest"))[..., None])[..., 0]
    behind = (body.frame @ (hand - body.spot("lower_back"))[..., None])[..., 0]
    upright: Mask = body.limb("torso")[:, 1] > 0.6
    before = upright & (way[:, 2] > 0.08) & (np.abs(way[:, 0]) < 0.22)
    back = upright & (behind[:, 2] < -0.02) & (np.abs(behind[:, 0]) < 0.16) & (behind[:, 1] < 0.35)
    return column(
        "hand", side, (above > 0.10, "above head", 1.9), (back, "behind back", 2.2),
        (before & (np.abs(way[:, 1]) < 0.13), "before chest", 1.4),
        (before & (np.abs(way[:, 1] - 0.33) < 0.12), "before face", 1.8),
    )  # fmt: skip


def _across(body: Body, left: str, right: str) -> Mask:
    """(N,) whether something left is to the right of its counterpart."""
    way = body.spot(left) - body.spot(right)
    return np.asarray((body.frame[:, 0] * way).sum(1) < -0.06)


def _legs(body: Body) -> Iterator[Column]:
    for side in SIDES:
        bend = _bend(body, "knee", side)
        yield _bent("knee", side, bend, straight=0.25)
        whole: Mask = bend < 40.0
        limb = np.where(whole[:, None], _limb(body, "leg", side), _limb(body, "thigh", side))
        degrees, way = _way(limb, side)
        conditions = [degrees < 28.0, degrees < 60.0, degrees < 110.0]
        level = np.select(conditions, ["", "low", "level"], "high")
        kind = np.where(level == "", "", np.char.add(np.char.add(way, " "), level))
        weight = np.select(conditions[1:], [0.9, 1.6], 2.3) + 0.5 * (way != "forward")
        yield Column("leg", side, np.where(whole, kind, ""), weight)
        yield Column("thigh", side, np.where(whole, "", kind), 0.9 * weight)


def _feet(body: Body) -> Iterator[Column]:
    left, right = body.spot("left_ankle"), body.spot("right_ankle")
    way = (body.frame @ (left - right)[..., None])[..., 0]
    apart = np.hypot(way[:, 0], way[:, 2])
    low: Mask = np.abs(way[:, 1]) < 0.15
    crossed = _across(body, "left_ankle", "right_ankle")
    yield column(
        "feet", "both", (crossed & low & (apart < 0.45), "crossed", 1.6), (low & (apart > 0.80), "wide", 1.7),
        (low & (np.abs(way[:, 0]) > 0.42), "apart", 1.0), (low & (apart < 0.20), "together", 0.7),
    )  # fmt: skip
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        ahead, above = sign * way[:, 2], sign * way[:, 1]
        yield column("foot ahead", side, (low & (ahead > 0.45), "far", 1.3), (low & (ahead > 0.18), "some", 0.7))
        yield column("foot raised", side, (above > 0.40, "high", 1.7), (above > 0.15, "some", 1.1))


def _merged(codes: list[Code]) -> list[Code]:
    """Left and right of one kind become both; touches too, where the places are each other's mirror."""
    found: list[Code] = []
    for code in codes:
        twin = next((other for other in found if _are_alike(other, code)), None)
        if twin is None:
            found.append(code)
            continue
        value = code.value
        if code.what == "touch":
            place = value.removeprefix("right_").removeprefix("left_")
            value = f"other {place}" if value.startswith("left_") else place
        found[found.index(twin)] = Code(code.what, "both", value, max(code.weight, twin.weight) + 0.1)
    return found


def _are_alike(first: Code, second: Code) -> bool:
    if first.what != second.what or (first.side, second.side) != ("left", "right"):
        return False
    if first.what != "touch":
        return first.value == second.value
    mirrored = second.value
    if second.value.startswith(("left_", "right_")):
        mirrored = ("left_" if second.value.startswith("right_") else "right_") + second.value.partition("_")[2]
    return first.value == mirrored
