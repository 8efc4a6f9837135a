"""Noun phrases: which parts of the body, on which sides, are spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from .lexicon import Entry, LookedUp
from .phrases import SIDED, Ref, SideWord, group_of

_NOUN_PIECES: Final = frozenset({
    "inside", "outside", "side", "top", "front", "end", "edge", "tip", "middle", "center", "centre", "back", "bottom",
    "base", "palm", "heel", "sole", "toes", "ball",
})  # fmt: skip
_OWN_KIND: Final = frozenset({"palm", "sole", "heel", "fingers", "thumb", "toes", "knuckle"})
_ALSO_DIRECTIONS: Final = frozenset({"back", "behind", "rear", "bottom"})
_BEFORE_FACE: Final = frozenset({"on", "over", "to", "across", "with", "in", "toward"})
_BEHIND_LENGTHS: Final = frozenset({"apart", "wide", "above", "off", "high", "from", "tall"})
_OWNERS: Final = frozenset({"the", "his", "her", "its", "their", "your", "my"})
_NONE: Final = frozenset({"neither", "nor", "no"})
"""`neither arm raised` is of both."""
_ADJECTIVES: Final = frozenset({"bare", "whole", "entire", "open", "empty", "flat", "index", "strong", "own"})


@dataclass
class Memory:
    """What was spoken of before: the sides of each group of parts, and the kind that `the other` stands for."""

    sides: dict[str, tuple[SideWord, ...]] = field(default_factory=dict[str, tuple[SideWord, ...]])
    kind: str = ""
    ones: list[int] = field(default_factory=list[int])

    def keep(self, refs: Sequence[Ref]) -> None:
        """Remember these as the last subject."""
        for ref in refs:
            if ref.sides:
                self.sides[ref.group] = ref.sides
            if ref.kind in SIDED:
                self.kind = ref.kind


@dataclass(frozen=True)
class Noun:
    """A noun phrase that was read: its parts, the token after it, and the verbs before it (`bent knees`)."""

    refs: tuple[Ref, ...]
    end: int
    attributes: tuple[str, ...] = ()


@dataclass
class _Draft:
    start: int
    side: tuple[SideWord, ...] = ()
    quant: str = ""
    article: bool = False
    indefinite: bool = False
    attributes: tuple[str, ...] = ()


class NounReader:
    """Reads noun phrases of one sentence, in its order."""

    def __init__(self, looked: LookedUp, memory: Memory) -> None:
        self._looked, self._tokens, self.memory = looked, looked.tokens, memory
        self._depth = 0

    def read(self, position: int, *, attributive: bool = True) -> Noun | None:
        """The noun phrase at a token, or None. Participles before the noun belong to it if `attributive`."""
        draft, at = _Draft(position), position
        while at < len(self._tokens) and not self._tokens[at].is_stop:
            part = self._part(at, draft)
            if part is not None:
                return self._finished(draft, part, attributes=draft.attributes)
            step = self._before(at, draft, attributive=attributive)
            if not step:
                return self._without_part(draft, at=at)
            at += step
        return self._without_part(draft, at=at)

    def _part(self, at: int, draft: _Draft) -> tuple[Entry, int] | None:
        for length, entry in self._looked.at(at):
            # `extended` of `leg extended back` is no side that marks the back as a part.
            sided = bool(draft.side) and draft.side != ("free",)
            if draft.quant == "other" and self._tokens[at].word in _ALSO_DIRECTIONS:
                return None  # `one arm forward, the other back`: nobody has another back.
            if entry.category == "part" and self._is_noun_here(
                at, length, marked=draft.article or sided or bool(draft.quant)
            ):
                return entry, at + length
            if entry.category in {"pose", "width", "facing"} and length > 1:
                return None
        return None

    def _is_noun_here(self, at: int, length: int, *, marked: bool) -> bool:
        """Words that are also verbs or directions are parts only where they stand like one."""
        word, following = self._tokens[at].word, self._looked.word(at + length)
        if length == 1 and word in _ALSO_DIRECTIONS:
            return self._is_back(at, marked=marked)
        if word == "face" and not marked:
            return self._looked.word(at - 1) in _BEFORE_FACE or self._is_verb(at + 1)
        if word in {"foot", "feet"}:
            number = self._tokens[at - 1].value if at else None
            alone = self._looked.word(at - 1) == "one" and self._looked.word(at - 2) in {
                "",
                ",",
                ".",
                ";",
                "and",
                "with",
            }
            return alone or number is None or following not in _BEHIND_LENGTHS
        return True

    def _is_back(self, at: int, *, marked: bool) -> bool:
        """`back`, `behind` and the like: a part where a determiner, a preposition or what is said of it shows it."""
        if self._looked.is_part(at + 1):
            return False
        if self._looked.word(at) != "back":
            return self._looked.word(at - 1) in _OWNERS
        if marked:
            return True
        before = self._looked.word(at - 1)
        return before in {"behind", "on", "against", "of"} or (
            before in {"", ",", ";", ".", "and", "with", "arch", "keep", "straighten"} and self._is_verb(at + 1)
        )

    def _before(self, at: int, draft: _Draft, *, attributive: bool) -> int:
        """Take a determiner, side, quantity or participle into the draft; how many tokens it is, 0 if none."""
        for length, entry in self._looked.at(at):
            taken = self._determiner(at, draft, length=length, entry=entry)
            if taken:
                return taken
            if attributive and entry.category in {"verb", "state"} and entry.form in {"", "past", "ing"}:
                if entry.form == "ing" or not self._leads_to_part(at + length):
                    return 0
                draft.attributes += (entry.meaning,)
                return length
        return 1 if self._tokens[at].word in _ADJECTIVES and self._leads_to_part(at + 1) else 0

    def _determiner(self, at: int, draft: _Draft, *, length: int, entry: Entry) -> int:
        """`the`, `both`, `left`, `front`."""
        category = entry.category
        if category == "det":
            draft.article = True
            draft.indefinite = self._looked.word(at) in {"a", "an"}
        elif category == "quant" and not draft.quant:
            draft.quant = entry.meaning
            length += self._looked.word(at + length) == "of"
        elif category == "side" and length == 1:
            return self._side(at, draft, side=cast(SideWord, entry.meaning))
        elif category == "adjective" and self._leads_to_part(at + length) and not draft.side:
            draft.side = (cast(SideWord, entry.meaning),)
        else:
            return 0
        return length

    def _side(self, at: int, draft: _Draft, *, side: SideWord) -> int:
        """`left`, or `left and right` before a noun."""
        if draft.side:
            return 0
        if self._looked.word(at + 1) in {"and", "or"} and self._looked.word(at + 2) in {"left", "right"}:
            draft.side = ("left", "right") if self._looked.word(at + 1) == "and" else (side,)
            return 3
        draft.side = (side,)
        return 1

    def _leads_to_part(self, at: int) -> bool:
        """Whether a part follows, with at most two words such as `left` or `bare` before it."""
        for ahead in range(at, min(at + 3, len(self._tokens))):
            if self._looked.is_part(ahead):
                return True
            if self._tokens[ahead].word not in {"left", "right", *_ADJECTIVES}:
                return False
        return False

    def _is_verb(self, at: int) -> bool:
        found = [entry for _, entry in self._looked.at(at)]
        return any(entry.category in {"verb", "state", "be", "amount"} for entry in found)

    def _finished(self, draft: _Draft, part: tuple[Entry, int], *, attributes: tuple[str, ...]) -> Noun:
        entry, end = part
        kind, several = entry.meaning, entry.form == "plural"
        piece = kind in _OWN_KIND or kind in _NOUN_PIECES
        owner = self._owner(end) if piece or (kind in SIDED and not draft.side) else None
        if owner is not None and (piece or owner.refs[0].sides):
            sides = owner.refs[0].sides or draft.side
            kept = owner.refs[0].kind if kind in _NOUN_PIECES and kind not in _OWN_KIND else kind
            return Noun((Ref(kept, sides, owner.refs[0].plural),), owner.end, attributes)
        if draft.side and kind == "chest":
            return Noun((Ref("chest", draft.side),), end, attributes)
        sides = self._sides(draft, kind, several=several) if kind in SIDED else ()
        return Noun((Ref(kind, sides, several or draft.quant == "both", self._relation(draft, kind)),), end, attributes)

    def _relation(self, draft: _Draft, kind: str) -> str:
        return draft.quant if draft.quant in {"other", "same"} and kind in SIDED else ""

    def _owner(self, end: int) -> Noun | None:
        """Behind `of`: `palm of the left hand`, `elbow of his left arm`."""
        if self._looked.word(end) != "of" or self._depth > 2:
            return None
        self._depth += 1
        owner = self.read(end + 1, attributive=False)
        self._depth -= 1
        return owner

    def _sides(self, draft: _Draft, kind: str, *, several: bool) -> tuple[SideWord, ...]:
        if draft.side:
            return draft.side
        none = not draft.quant and self._looked.word(draft.start - 1) in _NONE
        if draft.quant in {"both", "each"} or (several and draft.quant != "one") or none:
            return ("left", "right")
        if draft.indefinite and not draft.quant and group_of(kind) in {"arm", "leg"}:
            draft.quant = "one"
        if draft.quant == "one" and group_of(kind) in {"arm", "leg"} and (aside := self._aside(draft.start)):
            return aside
        if draft.quant == "one":
            if draft.start not in self.memory.ones:
                self.memory.ones.append(draft.start)
            return ("left",) if self.memory.ones.index(draft.start) % 2 else ("right",)
        if draft.quant == "other":
            return self._other(group_of(kind))
        return ()

    def _aside(self, at: int) -> tuple[SideWord, ...]:
        """The side that `one arm to the left, the other to the right` gives to the one, by the way that it goes."""
        another = False
        for place in range(at + 1, min(at + 16, len(self._tokens))):
            word = self._tokens[place].word
            another = another or word == "other"
            if word in {".", ";", "hand", "foot"} and place > at + 1:
                return ()
            if word in {"left", "right"} and not self._looked.is_part(place + 1):
                return ("left",) if (word == "left") != another else ("right",)
            if word in {"left", "right"}:
                return ()
        return ()

    def _other(self, group: str) -> tuple[SideWord, ...]:
        last = self.memory.sides.get(group, ())
        if len(last) == 1 and last[0] in {"left", "right"}:
            return ("right",) if last[0] == "left" else ("left",)
        return ()

    def _without_part(self, draft: _Draft, *, at: int) -> Noun | None:
        """`the other`, `the left one`, `one`: the kind is that of the last subject."""
        kind = self.memory.kind
        if not kind or draft.attributes or at == draft.start or not self._may_be_elliptic(draft, at=at):
            return None
        if self._looked.word(at) in {"one", "ones"}:
            at += 1
        return Noun((Ref(kind, self._sides(draft, kind, several=False), relation=self._relation(draft, kind)),), at)

    def _may_be_elliptic(self, draft: _Draft, *, at: int) -> bool:
        before = self._looked.word(draft.start - 1)
        if draft.quant in {"other", "one"}:
            return not (draft.quant == "one" and self._looked.word(at) in {"by", "person", "of"})
        if not draft.side or len(draft.side) != 1:
            return False
        if self._looked.word(at) == "one":
            return True
        if before in {"of", "behind", "above", "below", "under", "over", "beside", "like", "on", "than", "as"}:
            return (draft.article or self._looked.word(at) in {"", ",", ";", "."}) and before != "on"
        starts = before in {"", ",", ";", ".", "and", "while", "but", "with"}
        return starts and (self._is_verb(at) or self._is_direction(at)) and self._looked.word(at) not in {"", ",", "."}

    def _is_direction(self, at: int) -> bool:
        return any(entry.category in {"dir", "prep"} for _, entry in self._looked.at(at))
