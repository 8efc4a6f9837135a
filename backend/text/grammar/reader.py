"""Tokens to phrases: at each place of a sentence the longest phrase that makes sense there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final, cast

from ..language import Side
from .amounts import measure_at
from .lexicon import Entry, LookedUp, lexicon
from .limits import APART
from .named import named_poses
from .nouns import Memory, NounReader
from .phrases import Measure, Phrase, Ref
from .tokens import Token

_OWNERS: Final = frozenset({"his", "her", "its", "their", "your", "my", "own"})
_PICTURE: Final = frozenset(
    {"picture", "image", "frame", "page", "canvas", "screen", "photo", "viewer", "camera", "sheet"}
)
_TO_SIDE: Final = frozenset({"to", "toward", "towards", "at", "on", "from", "over", "the"}) | _OWNERS | _PICTURE
"""What stands before left and right where they are directions."""
_CLOCK: Final = frozenset({"clockwise", "anticlockwise", "counterclockwise"})
_PLAIN: Final = {
    "dir": "dir", "amount": "amount", "more": "more", "neg": "not", "break": "break", "with": "with", "be": "be",
    "pronoun": "it", "person": "person", "width": "width", "facing": "facing", "filler": "filler", "det": "filler",
    "quant": "filler", "mode": "filler", "adjective": "filler", "place": "place",
}  # fmt: skip
_ORDER: Final = (
    "dir", "more", "amount", "neg", "break", "with", "be", "pronoun", "person", "place", "filler", "det", "quant",
    "mode",
)  # fmt: skip


@cache
def _pose_verbs() -> frozenset[str]:
    return frozenset(verb for pose in named_poses().values() for verb in pose.verbs)


class Reader:
    """Reads one sentence."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._looked = LookedUp(tokens, lexicon())
        self.memory = Memory()
        self._nouns = NounReader(self._looked, self.memory)
        self._phrases: list[Phrase] = []

    def read(self) -> list[Phrase]:
        """All phrases, in order; each token belongs to one."""
        at = 0
        rules: tuple[Callable[[int], Phrase | None], ...] = (
            self._stop, self._pose, self._whole_phrase, self._measure, self._level, self._noun, self._prep,
            self._sideways, self._verb, self._plain,
        )  # fmt: skip
        while at < len(self._tokens):
            found = next((phrase for rule in rules if (phrase := rule(at)) is not None), None)
            phrase = found or Phrase("word", at, at + 1, self._tokens[at].word)
            self._remember(phrase)
            self._phrases.append(phrase)
            at = phrase.end
        return self._phrases

    def _remember(self, phrase: Phrase) -> None:
        if phrase.kind == "noun":
            self.memory.keep(phrase.refs)

    def _entries(self, at: int) -> list[tuple[int, Entry]]:
        """What begins at a token; `facing left` behind a hand or before a part is a verb and a direction."""
        found = self._looked.at(at)
        if any(entry.category == "times" for _, entry in found):
            found = [
                row for row in found
                if row[1].category != "times" or self._times(at, at + row[0], row[1].meaning) is not None
            ]  # fmt: skip
        if not any(entry.category == "facing" for _, entry in found):
            return found
        return [row for row in found if row[1].category != "facing" or not self._is_of_part(at, row[0])]

    def _stop(self, at: int) -> Phrase | None:
        token = self._tokens[at]
        return Phrase("stop", at, at + 1, token.word) if token.is_stop else None

    def _pose(self, at: int) -> Phrase | None:
        """A named pose, with a side before it, where no longer phrase begins."""
        found = self._pose_at(at, at, None)
        start, side = at, None
        while (
            found is None and self._looked.word(at) in {"left", "right", "a", "an", "the", "doing"} and at < start + 3
        ):
            side = cast(Side, self._looked.word(at)) if self._looked.word(at) in {"left", "right"} else side
            at += 1
            found = self._pose_at(start, at, side)
        return found

    def _pose_at(self, start: int, at: int, side: Side | None) -> Phrase | None:
        entries = self._entries(at)
        longest = entries[0][0] if entries else 0
        for length, entry in entries:
            if entry.category == "pose" and self._is_thing(at, length):
                continue
            if entry.category == "pose" and length == longest and not self._is_verb_with_part(at, length, entries):
                inside = cast("Side | None", entry.form or None)
                if inside is None or side in {None, inside}:
                    return Phrase("pose", start, at + length, entry.meaning, side=side or inside)
        return None

    def _is_thing(self, at: int, length: int) -> bool:
        """Whether a verb is a noun here: `a run in her stocking`, `a bow in the left hand`."""
        if length > 1 or self._looked.word(at - 1) not in {"a", "an", "the", *_OWNERS}:
            return False
        verb = any(entry.form == "base" or self._looked.word(at) in _pose_verbs() for _, entry in self._looked.at(at))
        return verb and self._looked.word(at + 1) in {"in", "of"}

    def _is_verb_with_part(self, at: int, length: int, entries: list[tuple[int, Entry]]) -> bool:
        """Whether a pose's name is only a verb here, with a part as its object: `push the hips forward`."""
        if not any(entry.category in {"verb", "state"} and size == length for size, entry in entries):
            return False
        if (
            self._phrases
            and self._phrases[-1].kind in {"noun", "be", "amount"}
            and any(phrase.kind == "noun" for phrase in self._phrases[-2:])
        ):
            return True
        end = at + length
        if any(entry.category == "dir" for _, entry in self._entries(end)) or self._nouns.read(end) is not None:
            return True
        return self._prep(end) is not None or self._sideways(end) is not None

    def _whole_phrase(self, at: int) -> Phrase | None:
        """What is always a phrase by itself: facing, widths, right angles, turns."""
        for length, entry in self._entries(at):
            if entry.category in {"right_angle", "turns"} and length > (1 if entry.category == "turns" else 0):
                return Phrase("measure", at, at + length, measure=Measure(float(entry.meaning), "deg"))
            if entry.category == "facing":
                return self._facing(at, at + length, entry.meaning)
            if entry.category == "times" and (times := self._times(at, at + length, entry.meaning)) is not None:
                return times
            if entry.category == "width":
                return Phrase("width", at, at + length, entry.meaning)
            if entry.category in {"part", "verb"} and length > 1:
                return None
        return None

    def _times(self, start: int, at: int, factor: str) -> Phrase | None:
        """`twice shoulder width` as a length."""
        at += self._looked.word(at) in {"the", "a"}
        for length, entry in self._entries(at):
            if entry.category == "width":
                metres = float(factor) * 0.5 * sum(APART[entry.meaning])
                return Phrase("measure", start, at + length, measure=Measure(metres, "m"))
        return None

    def _facing(self, at: int, end: int, degrees: str) -> Phrase:
        """As the viewer sees it, but `facing his left` as the body does; `facing the viewer's left` is longer."""
        words = [self._looked.word(each) for each in range(at, end)]
        if words[-1] in _PICTURE and self._looked.word(end) in {"left", "right"} and self._nouns.read(end) is None:
            return Phrase("facing", at, end + 1, "-90" if self._looked.word(end) == "left" else "90")
        if words[-1] in {"left", "right"}:
            own = bool(_OWNERS & set(words))
            end = end if own else self._of_picture(end)
            return Phrase("facing", at, end, str(-float(degrees)) if own else degrees)
        return Phrase("facing", at, end, degrees)

    def _of_picture(self, at: int) -> int:
        """The token behind `side of the picture`, or this one where it does not say so."""
        end = at
        while self._looked.word(end) in {"side", "edge", "hand", "of", "the", "in", "half"}:
            end += 1
        return end + 1 if end > at and self._looked.word(end) in _PICTURE else at

    def _is_of_part(self, at: int, length: int) -> bool:
        """Whether `face left` and the like belong to a part: `palm facing left`, `face the left palm up`."""
        nouns = [phrase for phrase in self._phrases[-2:] if phrase.kind == "noun"]
        last = self._phrases[-1].kind if self._phrases else ""
        about = last in {"noun", "be", "filler"} and any(r.group in {"arm", "head"} for p in nouns for r in p.refs)
        return about or self._looked.is_part(at + length)

    def _measure(self, at: int) -> Phrase | None:
        return measure_at(self._looked, at, before=self._phrases[-1] if self._phrases else None)

    def _level(self, at: int) -> Phrase | None:
        """`at shoulder height`, `chest high`, `level with the chin`, `as high as the shoulders`."""
        start = at
        for length, entry in self._entries(at):
            if entry.category == "prep" and entry.meaning == "level":
                noun = self._nouns.read(at + length, attributive=False)
                return None if noun is None else Phrase("level", start, noun.end, refs=noun.refs)
        modifier = ""
        for _ in range(3):
            if self._looked.word(at) in {"at", "to", "up", "above", "below", "of", "the", "about", "just", "from"}:
                modifier = self._looked.word(at) if self._looked.word(at) in {"above", "below"} else modifier
                at += 1
        noun = self._nouns.read(at, attributive=False)
        if noun is None or self._looked.word(noun.end) not in {"height", "level", "high"}:
            return None
        if at == start and self._looked.word(noun.end) == "level" and self._is_limb(noun.refs):
            return None
        return Phrase("level", start, noun.end + 1, modifier, refs=noun.refs)

    def _is_limb(self, refs: tuple[Ref, ...]) -> bool:
        """Whether `upper arms level` says how a limb lies; `shoulder level` is a height."""
        return any(ref.plural or ref.kind in {"arm", "upper_arm", "forearm", "leg", "thigh", "shin"} for ref in refs)

    def _noun(self, at: int) -> Phrase | None:
        entries = self._entries(at)
        if entries and entries[0][0] > 1 and entries[0][1].category not in {"part", "side", "adjective", "quant"}:
            return None
        if self._is_sideways(at) or self._is_imperative_not_noun(at):
            return None
        before = self._phrases[-1].kind if self._phrases else ""
        noun = self._nouns.read(at, attributive=before not in {"noun", "be", "amount_of"})
        if noun is None:
            return None
        return Phrase("noun", at, noun.end, refs=noun.refs, attributes=noun.attributes)

    def _is_imperative_not_noun(self, at: int) -> bool:
        """`lower arms` and `face left` at the beginning of a clause tell what to do."""
        starts = not self._phrases or self._phrases[-1].kind in {"stop", "break", "with"}
        return (
            starts
            and self._looked.word(at) == "lower"
            and self._looked.word(at + 1) in {"arm", "arms", "leg", "legs", "back"}
            and (
                self._looked.word(at + 1).endswith("s")
                and self._looked.word(at + 2) in {"", ",", "a", "to", "by", "slowly", "down", "."}
            )
        )

    def _prep(self, at: int) -> Phrase | None:
        """A preposition with what it stands before."""
        for length, entry in self._entries(at):
            if entry.category in {"dir", "state"} and length > 1:
                return None
            if entry.category != "prep":
                continue
            noun = self._nouns.read(at + length)
            if noun is not None and not self._is_level_word(noun.end):
                end, refs = self._coordinated(noun.end, noun.refs)
                return Phrase("prep", at, end, entry.meaning, self._looked.word(at), refs=refs)
            place = self._place(at + length)
            if place:
                return Phrase("prep", at, place.end, entry.meaning, place=place.meaning, measure=place.measure)
        return None

    def _is_level_word(self, at: int) -> bool:
        return self._looked.word(at) in {"height", "level", "high"}

    def _coordinated(self, end: int, refs: tuple[Ref, ...]) -> tuple[int, tuple[Ref, ...]]:
        """`on the left hip and the chin`, where nothing is said of the second."""
        if self._looked.word(end) != "and":
            return end, refs
        second = self._nouns.read(end + 1, attributive=False)
        if second is None:
            return end, refs
        behind = self._looked.word(second.end)
        return (second.end, refs + second.refs) if behind in {"", ",", ".", ";"} else (end, refs)

    def _place(self, at: int) -> Phrase | None:
        while self._looked.word(at) in {
            "the",
            "a",
            "an",
            "his",
            "her",
            "their",
            "its",
            "high",
            "low",
            "tall",
            "small",
            "wooden",
        }:
            at += 1
        number = self._measure(at)
        at = number.end if number is not None else at
        while self._looked.word(at) in {"high", "tall", "low", "wooden", "small", "big", "hard", "empty"}:
            at += 1
        for length, entry in self._entries(at):
            if entry.category == "place":
                return Phrase("place", at, at + length, entry.meaning, measure=number.measure if number else None)
        return None

    def _is_sideways(self, at: int) -> bool:
        """Whether a side is a direction here: `look left`, `to the left`."""
        start = at
        while self._looked.word(at) in {"the", "his", "her", "its", "their", "your"}:
            at += 1
        if self._looked.word(at) not in {"left", "right"}:
            return False
        noun = self._nouns.read(start)
        return noun is None

    def _sideways(self, at: int) -> Phrase | None:
        """`left`, `to the left`, `to its right side` as a direction."""
        start = at
        while self._looked.word(at) in _TO_SIDE and at - start < 5:
            at += 1
        words = {self._looked.word(each) for each in range(start, at)}
        found = [(length, entry) for length, entry in self._entries(at) if entry.category == "side"]
        if not found or self._nouns.read(at) is not None:
            return None
        end = at + found[0][0]
        behind = self._of_picture(end)
        view = "picture" if behind > end or words & _PICTURE else "own" if words & _OWNERS else ""
        return Phrase("dir", start, behind, found[0][1].meaning, view=view)

    def _verb(self, at: int) -> Phrase | None:
        entries = self._entries(at)
        longest = entries[0][0] if entries else 0
        if self._is_off(at):
            return Phrase("state", at, at + 1, "off_ground")
        for length, entry in entries:
            if entry.category in {"verb", "state"} and length == longest and not self._is_no_verb(at, length, entry):
                return Phrase(entry.category, at, at + length, entry.meaning, entry.form)
            if entry.category in {"dir", "amount", "more"} and length > 1:
                return None
        return None

    def _is_no_verb(self, at: int, length: int, entry: Entry) -> bool:
        """Words that are verbs only in places: `lower` and `close` compared, `rest`, `open`."""
        word = self._looked.word(at)
        if self._is_thing(at, length):
            return True
        if length > 1 or word not in {"lower", "close", "level", "straight", "round", "part"}:
            return False
        if word in {"lower", "close"}:
            return self._nouns.read(at + 1) is None and self._looked.word(at + 1) not in {"it", "them"}
        if word == "straight" and entry.category == "state":
            return any(e.category == "dir" for _, e in self._entries(at + 1)) or self._looked.word(at + 1) in {
                "up",
                "down",
            }
        return word == "part" or (word == "round" and self._nouns.read(at + 1) is not None)

    def _is_off(self, at: int) -> bool:
        """`heels off`: the ground, where nothing else is said."""
        last = self._phrases[-1] if self._phrases else None
        feet = last is not None and last.kind == "noun" and all(ref.group == "leg" for ref in last.refs)
        return feet and self._looked.word(at) == "off" and self._is_end(at + 1)

    def _is_end(self, at: int) -> bool:
        """Whether a clause ends here: `elbows in`, not `in a lunge`."""
        return self._looked.word(at) in {"", ",", ".", ";", "and", "with", "while"}

    def _plain(self, at: int) -> Phrase | None:
        entries = self._entries(at)
        if not entries:
            return None
        longest = entries[0][0]
        for category in _ORDER:
            for length, entry in entries:
                if category == "dir" and self._looked.word(at) == "in" and length == 1 and not self._is_end(at + 1):
                    continue
                if entry.category == category and (length == longest or category in {"dir", "amount"}):
                    view = "own" if self._looked.word(at) in _CLOCK else ""
                    return Phrase(_PLAIN[category], at, at + length, entry.meaning, entry.form, view=view)
        length, entry = entries[0]
        if entry.category in {"prep", "side"}:
            return Phrase("filler", at, at + length, entry.meaning)
        kind = _PLAIN.get(entry.category, "word")
        return replace(Phrase(kind, at, at + length, entry.meaning, entry.form))
