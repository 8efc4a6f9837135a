"""What a sentence is read into: phrases in order, then clauses of a subject and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from ..language import Side

SideWord: TypeAlias = Literal["left", "right", "front", "rear", "standing", "free", "top", "bottom"]
SIDES: Final[tuple[Side, Side]] = ("left", "right")
USUAL: Final[tuple[Side, ...]] = ("right",)
"""The side of a limb that the sentence leaves open."""
ARM_KINDS: Final = frozenset({
    "arm", "upper_arm", "forearm", "elbow", "wrist", "hand", "fist", "palm", "fingers", "thumb",
})  # fmt: skip
LEG_KINDS: Final = frozenset({"leg", "thigh", "knee", "shin", "calf", "ankle", "foot", "toes", "heel", "sole"})
HEAD_KINDS: Final = frozenset({
    "head", "head_top", "head_back", "face", "forehead", "nose", "mouth", "chin", "neck", "nape", "throat", "gaze",
    "eye", "ear", "cheek", "temple",
})  # fmt: skip
SIDED: Final = (
    ARM_KINDS | LEG_KINDS | {"shoulder", "armpit", "hip", "waist", "buttock", "eye", "ear", "cheek", "temple"}
)


def group_of(kind: str) -> str:
    """arm, leg, head or the kind itself: parts of one group share their sides within a sentence."""
    for group, kinds in (("arm", ARM_KINDS), ("leg", LEG_KINDS), ("head", HEAD_KINDS)):
        if kind in kinds:
            return group
    return kind


@dataclass(frozen=True)
class Ref:
    """A part of the body that is spoken of.

    Attributes:
        kind: as in the table of parts.
        sides: which; none of a part in the middle, and where the sentence leaves it open.
        plural: whether it was spoken of as several.
        relation: `other` or `same` where the side is that relative to the subject's.
    """

    kind: str
    sides: tuple[SideWord, ...] = ()
    plural: bool = False
    relation: str = ""

    @property
    def group(self) -> str:
        """`group_of` its kind."""
        return group_of(self.kind)


@dataclass(frozen=True)
class Measure:
    """A number with its unit; `mode` is by or to, where the sentence says which."""

    value: float
    unit: str
    mode: str = ""

    @property
    def metres(self) -> float | None:
        """It as a length, if it is one."""
        scale = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}.get(self.unit)
        return None if scale is None else self.value * scale


@dataclass(frozen=True)
class Phrase:
    """A piece of a sentence.

    Attributes:
        kind: noun, verb, dir, prep, level, width, measure, amount, more, not, break, stop, with, pose, facing, be, it,
            person, filler or word (which is unknown).
        start: the first token.
        end: the token after the last.
        meaning: of a verb, direction, amount ...; the preposition.
        form: of a verb.
        refs: of a noun, and what a preposition stands before.
        place: what a preposition stands before, if it is no part of the body.
        measure: of a measure.
        attributes: what is said of a noun before it: `bent` in `bent knees`.
        side: of a pose: `left jab`.
        view: of a direction, whose left and right they are, where the words say it: `own` or `picture`.
    """

    kind: str
    start: int
    end: int
    meaning: str = ""
    form: str = ""
    refs: tuple[Ref, ...] = ()
    place: str = ""
    measure: Measure | None = None
    attributes: tuple[str, ...] = ()
    side: Side | None = None
    view: str = ""


@dataclass
class Predicate:
    """One thing that is said of a subject, with all that qualifies it; `start` and `end` are its tokens, -1 if none."""

    meaning: str
    form: str = ""
    negated: bool = False
    dirs: list[str] = field(default_factory=list[str])
    preps: list[Phrase] = field(default_factory=list[Phrase])
    levels: list[Phrase] = field(default_factory=list[Phrase])
    measures: list[Measure] = field(default_factory=list[Measure])
    objects: list[Ref] = field(default_factory=list[Ref])
    widths: list[str] = field(default_factory=list[str])
    amount: str = ""
    more: str = ""
    overhead: bool = False
    dangling: bool = False
    view: str = ""
    start: int = -1
    end: int = -1

    def covers(self, start: int, end: int) -> None:
        """Count these tokens to it."""
        if end > start:
            self.start = start if self.start < 0 else min(self.start, start)
            self.end = max(self.end, end)

    def degrees(self) -> float | None:
        """The angle it names, if it does."""
        for measure in self.measures:
            if measure.unit == "deg":
                return measure.value
            if measure.unit == "rad":
                return measure.value * 57.29577951
        return None

    def metres(self) -> float | None:
        """The length it names, if it does."""
        found = (metres for measure in self.measures if (metres := measure.metres) is not None)
        return next(found, None)

    @property
    def is_bare(self) -> bool:
        """Whether nothing qualifies it."""
        return not (self.dirs or self.preps or self.levels or self.measures or self.amount or self.more or self.widths)


@dataclass
class Clause:
    """A subject and what is said of it.

    Attributes:
        subjects: the parts that the predicates are about; none where it is the body as a whole.
        explicit: the subject stands in this clause, it is not carried over from the one before.
        imperative: it begins with a verb that tells what to do.
        instruments: parts behind `with`.
        pose: the phrase of a named pose.
        facing: degrees, of a phrase such as `seen from behind`.
        start: the first token of its subject, -1 where that does not stand in it.
        end: the token after the subject.
    """

    subjects: list[Ref] = field(default_factory=list[Ref])
    predicates: list[Predicate] = field(default_factory=list[Predicate])
    explicit: bool = True
    imperative: bool = False
    instruments: list[Ref] = field(default_factory=list[Ref])
    pose: Phrase | None = None
    facing: float | None = None
    start: int = -1
    end: int = -1


def with_sides(ref: Ref, sides: tuple[SideWord, ...]) -> Ref:
    """The same part on these sides."""
    return replace(ref, sides=sides)
