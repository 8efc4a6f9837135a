"""With which hand a named pose is done: `left-handed`, `with the left hand`, `with the bow in the right hand`.

Named poses are written as a right-handed person does them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final, cast

from ..language import Side
from .lexicon import body_words
from .named import NamedPose, named_poses
from .names import other_of
from .phrases import SIDES, Clause, Phrase

_HANDED: Final = re.compile(
    r",?\s*\(?\b(?:(?P<side>left|right)(?:\s*-\s*|\s+)?hand(?:ed(?:ly|ness)?|ers?)|(?P<other>southpaw(?=\s+(?!stance|guard)\w)|lefty|goofy"
    r"(?:[\s-]foot(?:ed)?)?))\b\)?",
    re.IGNORECASE,
)
_HELD: Final = re.compile(
    r",?\s*(?:\b(?:(?P<with>with)|holding|and)\s+)?(?:(?:the|a|an|his|her|their)\s+)?\b(?P<thing>[a-z]+)\s+(?:(?:is|held)\s+)*in\s+(?:(?:the|his|her|their|its)\s+)?(?P<side>left|right)"
    r"\s+(?:hand|arm)\b",
    re.IGNORECASE,
)
_DONE_WITH: Final = frozenset({"in", "with", "on", "by"})
_HANDS: Final = frozenset({"hand", "palm", "fist", "fingers", "arm"})
_UNUSED: Final = '"{side}-handed" changes nothing here: no pose is named that one hand does.'


@dataclass(frozen=True)
class Handed:
    """What a sentence says of hands besides its clauses.

    Attributes:
        hand: the hand that somebody prefers.
        holds: things, and the hand that each is in.
    """

    hand: Side | None = None
    holds: dict[str, Side] = field(default_factory=dict[str, Side])

    def unused(self, *, sided: bool) -> str:
        """The note where the preferred hand was named and no pose has one; else empty."""
        return "" if self.hand is None or sided else _UNUSED.format(side=self.hand)


def handed_in(text: str) -> tuple[str, Handed]:
    """The text without `left-handed` and `with the bow in the right hand` of an archer, and what it says of hands."""
    found = _HANDED.search(text)
    hand: Side | None = None
    if found is not None:
        hand = "right" if (found["side"] or "").lower() == "right" else "left"
        text = re.sub(r"\s{2,}", " ", _HANDED.sub(" ", text)).strip(" ,")
    holds: dict[str, Side] = {}

    def taken(held: re.Match[str]) -> str:
        thing, rest = held["thing"].lower(), f"{text[: held.start()]} , {text[held.end() :]}".lower()
        names = _poses_with(thing) or (_one_handed() if held["with"] and thing not in body_words() else ())
        if not any(re.search(rf"\b{re.escape(name)}\b", rest) for name in names):
            return held[0]
        holds[thing] = cast("Side", held["side"].lower())
        return " "

    text = _HELD.sub(taken, text).strip(" ,")
    return text or "standing", Handed(hand, holds)


@cache
def _poses_with(thing: str) -> tuple[str, ...]:
    """The names of the poses that are done with a thing."""
    return tuple(name for pose in named_poses().values() if _has(pose, thing) for name in (*pose.names, *pose.verbs))


@cache
def _one_handed() -> tuple[str, ...]:
    """The names of the poses that are done with one hand, for things that nobody listed."""
    sided = [pose for pose in named_poses().values() if pose.side is not None and pose.group != "yoga"]
    return tuple(name for pose in sided for name in (*pose.names, *pose.verbs))


def _has(pose: NamedPose, thing: str) -> bool:
    return thing in pose.holds or any(thing in name.split() for name in (*pose.names, *pose.verbs))


def pose_side(pose: NamedPose, clause: Clause, handed: Handed) -> Side | None:
    """The side that a named pose is done on, as it counts sides; None where the sentence leaves that open.

    It is said before the pose, by what is held in which hand, behind `with` or `in`, as a direction, or by the hand
    that is preferred.
    """
    if pose.side is None or (clause.pose is not None and clause.pose.side is not None):
        return None if clause.pose is None else clause.pose.side
    acting = pose.hand or pose.side
    for thing, side in handed.holds.items():
        if _has(pose, thing) or not _poses_with(thing):
            return pose.side if side == pose.holds.get(thing, acting) else other_of(pose.side)
    refs = [*clause.instruments, *(ref for prep in _preps(clause) for ref in prep.refs)]
    for ref in refs:
        side: Side | None = next((each for each in SIDES if ref.sides == (each,)), None)
        if side is not None and ref.group == "arm":
            return pose.side if side == acting else other_of(pose.side)
        if side is not None and ref in clause.instruments:
            return side
    dirs = [each for predicate in clause.predicates[:1] for each in predicate.dirs]
    told: Side | None = next((side for each in dirs for side in SIDES if each == side), None)
    if told is not None or handed.hand is None:
        return told
    return pose.side if handed.hand == (pose.hand or "right") else other_of(pose.side)


def _preps(clause: Clause) -> list[Phrase]:
    """`in the left hand`, said of the pose itself."""
    found = [prep for predicate in clause.predicates[:1] if not clause.subjects for prep in predicate.preps]
    return [prep for prep in found if prep.meaning in _DONE_WITH and all(ref.kind in _HANDS for ref in prep.refs)]
