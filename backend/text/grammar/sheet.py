"""What a sentence has said so far: of each limb, the trunk, the head and what carries the body."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ..language import Apart, Change, Element, Mirror, Side
from .handed import Handed
from .limits import LIMITS
from .phrases import Clause, Measure, Phrase, Predicate, Ref

_AXES: Final = {
    "up": "vertical", "down": "vertical", "forward": "depth", "back": "depth", "out": "width", "across": "width",
    "left": "width", "right": "width",
}  # fmt: skip


@dataclass
class Swing:
    """Where a limb or a part of it goes.

    Attributes:
        dirs: directions, none twice, at most one of each axis.
        angle: degrees from hanging down, where the sentence says it.
        raised: it was said to be raised, without a direction up.
        overhead: above the head, which is beyond it where the body lies.
        assumed: the directions are those of `outstretched`, and give way to any that are said.
        mention: number of the clause that spoke of it first.
    """

    dirs: tuple[str, ...] = ()
    angle: float | None = None
    raised: bool = False
    overhead: bool = False
    assumed: bool = False
    mention: int = -1

    @property
    def is_said(self) -> bool:
        """Whether anything was."""
        return bool(self.dirs) or self.angle is not None or self.raised

    def add(self, dirs: Iterable[str], *, mention: int) -> tuple[str, str] | None:
        """Take more directions in; what contradicts comes out and is returned with what replaced it."""
        dirs, lost = tuple(dirs), None
        if self.assumed and dirs:
            self.dirs, self.assumed = (), False
        if self.mention != mention and dirs and self.dirs and not set(dirs) & set(self.dirs):
            lost = (" and ".join(self.dirs), " and ".join(dirs))
            self.dirs, self.angle, self.raised = (), None, False
        for direction in dirs:
            against = [each for each in self.dirs if _AXES[each] == _AXES[direction] and each != direction]
            if against and {*against, direction} & {"up", "down", "forward", "back"}:
                lost = lost or (" and ".join(against), direction)
            self.dirs = (*(each for each in self.dirs if each not in {*against, direction}), direction)
        self.mention = mention
        return lost


@dataclass
class Limb:
    """An arm or a leg.

    Attributes:
        whole: where it goes as a whole.
        upper: where its upper part goes.
        lower: where its lower part goes.
        end: where the hand or the foot points.
        bend: degrees of the elbow or knee.
        firm: these were said of the joint itself, not only of a stretched limb.
        end_bend: degrees of the wrist or ankle.
        palm: directions.
        contacts: what its parts touch.
        others: what else was said, as elements.
    """

    whole: Swing = field(default_factory=Swing)
    upper: Swing = field(default_factory=Swing)
    lower: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    bend: float | None = None
    firm: bool = False
    end_bend: float | None = None
    palm: tuple[str, ...] = ()
    contacts: list[Element] = field(default_factory=list[Element])
    others: list[Element] = field(default_factory=list[Element])


def _two_limbs() -> dict[Side, Limb]:
    return {"left": Limb(), "right": Limb()}


@dataclass
class Sheet:
    """Everything that was said.

    Attributes:
        edit: the caller said that it is an edit.
        plain: the sentence is one command, as for the pose that is there: `lower the head`.
        bowed: the trunk was said to bend forward, but not how far.
        posed: a pose was named; `pose_bends`: it bends the trunk far forward; `on_hands`: its
            hands are on the ground.
        arms_crossed: arms were said to be crossed.
        relative: something was asked for relative to the current pose.
        commands: how many clauses told what to do.
        support_words: what carries the body, in the order it was said: verbs and states.
        carriers: parts on which the body was said to be.
        dangling: legs that hang free.
        pairs: distances between the two of a kind.
        front: the leg that is in front; `standing` the one that carries the body.
        has_front: a leg was called the front or the rear one.
        mention: number of the clause that is read.
        last_sides: of arms and legs, those that were spoken of last.
        excepted: parts of which the sentence is to say nothing.
        handed: which hand is preferred, and what is in which.
        unsaid: what was said that nothing came of; without a predicate a part alone.
        unused: what qualifies a predicate and was passed over.
    """

    edit: bool = False
    plain: bool = False
    relative: bool = False
    bowed: bool = False
    posed: bool = False
    pose_bends: bool = False
    on_hands: bool = False
    arms_crossed: bool = False
    commands: int = 0
    arms: dict[Side, Limb] = field(default_factory=_two_limbs)
    legs: dict[Side, Limb] = field(default_factory=_two_limbs)
    trunk: dict[str, float] = field(default_factory=dict[str, float])
    head: dict[str, float] = field(default_factory=dict[str, float])
    face: float | None = None
    support_words: list[str] = field(default_factory=list[str])
    carriers: list[tuple[str, tuple[Side, ...]]] = field(default_factory=list[tuple[str, tuple[Side, ...]]])
    seat: float | None = None
    dangling: set[Side] = field(default_factory=set[Side])
    legs_crossed: str = ""
    leg_over: Side = "right"
    pairs: dict[str, Apart] = field(default_factory=dict[str, Apart])
    shared: list[Element] = field(default_factory=list[Element])
    changes: list[Change | Mirror] = field(default_factory=list[Change | Mirror])
    notes: list[str] = field(default_factory=list[str])
    front: Side = "left"
    standing: Side = "left"
    has_front: bool = False
    mention: int = 0
    last_sides: dict[str, tuple[Side, ...]] = field(default_factory=dict[str, tuple[Side, ...]])
    excepted: tuple[Ref, ...] = ()
    handed: Handed = field(default_factory=Handed)
    unsaid: list[tuple[Clause, Predicate | None]] = field(default_factory=list[tuple[Clause, "Predicate | None"]])
    unused: list[tuple[Phrase | Measure, Predicate]] = field(default_factory=list[tuple[Phrase | Measure, Predicate]])

    def note(self, sentence: str) -> None:
        """Tell the artist, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def within(self, name: str, value: float, *, what: str) -> float:
        """A number brought into what the body can do, with a note where it had to be."""
        low, high = LIMITS[name]
        taken = low if math.isnan(value) else min(max(value, low), high)
        if abs(taken - value) > 1e-6:
            unit = "m" if name in {"seat", "apart"} else "degrees"
            self.note(f"{_shown(value)} {unit} is out of reach for {what}: {_shown(taken)} {unit} is taken.")
        return taken

    def overruled(self, what: str, lost: tuple[str, str] | None) -> None:
        """Say that a later word has replaced an earlier one."""
        if lost is not None:
            verb = "were" if what.endswith("s") else "was"
            self.note(f"{what[:1].upper()}{what[1:]} {verb} told both {lost[0]} and {lost[1]}: the later holds.")


def _shown(value: float) -> str:
    return f"{value:.0f}" if 1.5 <= abs(value) < 1e6 else f"{value:.3g}"
