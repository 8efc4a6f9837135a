"""Reads `families.toml`: moods, roles and activities as ranges of joints."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, TypeAlias

Range: TypeAlias = tuple[float, float]
Way: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Leg:
    """One leg: the thigh against the vertical, turned about itself; knee and ankle."""

    forward: Range
    out: Range
    toes: Range
    knee: Range
    ankle: Range


@dataclass(frozen=True)
class Arm:
    """One arm: where its upper half points, how its elbow bends, how it is twisted, how far the hand bends back."""

    way: Way = (0.16, -1.0, 0.04)
    elbow: Range = (8.0, 25.0)
    twist: Range = (-15.0, 15.0)
    spread: float = 0.08
    wrist: Range = (-6.0, 6.0)


@dataclass(frozen=True)
class Reach:
    """One arm: the place its palm goes to, as a spot of the body, moved by metres (out, up, forward)."""

    spot: str
    moved: Way = (0.0, 0.0, 0.0)
    elbow_out: float = 0.7


@dataclass(frozen=True)
class Family:
    """What some words show; ranges in degrees, as `families.toml` explains them."""

    words: tuple[str, ...]
    legs: tuple[Leg, ...]
    arms: tuple[Arm | Reach, ...] = (Arm(),)
    lean: Range = (-2.0, 4.0)
    slump: Range = (0.0, 6.0)
    side: Range = (-4.0, 4.0)
    twist: Range = (-6.0, 6.0)
    nod: Range = (-4.0, 8.0)
    turn: Range = (-15.0, 15.0)
    tilt: Range = (-6.0, 6.0)
    shrug: Range = (-2.0, 3.0)
    root: Range = (0.0, 0.0)
    mirrored: bool = True


def read_families(path: Path) -> tuple[Family, ...]:
    """Every family.

    Raises:
        TypeError, KeyError: a name in the file is none of these classes' fields, or a leg is not listed.
    """
    content = tomllib.loads(path.read_text("utf-8"))
    legs = {name: _leg(table) for name, table in content["legs"].items()}
    return tuple(_family(table, legs) for table in content["family"])


def _family(table: Mapping[str, Any], legs: Mapping[str, Leg]) -> Family:
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    plain["legs"] = tuple(legs[each] if isinstance(each, str) else _leg(each) for each in table["legs"])
    if "arms" in table:
        plain["arms"] = tuple(_arm(each) for each in table["arms"])
    return Family(**plain)


def _leg(table: Mapping[str, Any]) -> Leg:
    return Leg(**{each.name: tuple(float(value) for value in table[each.name]) for each in fields(Leg)})


def _arm(table: Mapping[str, Any]) -> Arm | Reach:
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return Reach(**plain) if "spot" in plain else Arm(**plain)


FAMILIES: Final = read_families(Path(__file__).with_name("families.toml"))
