"""Phrases to clauses: what is said, and of which parts of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .named import named_poses
from .phrases import Clause, Phrase, Predicate, Ref
from .verb_kinds import BODY, GO_TOGETHER, HELD_SOMEWHERE, INSTRUMENT, LEG_SWUNG, LIGHT, PATIENT, PURPOSE, TARGET, WHOLE


def _is_one_hand(noun: Phrase) -> bool:
    return len(noun.refs) == 1 and noun.refs[0].kind == "hand" and len(noun.refs[0].sides) == 1


class ClauseBuilder:
    """Builds the clauses of one sentence from its phrases."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._phrases = phrases
        self._clauses: list[Clause] = []
        self._now = Clause(explicit=False)
        self._fresh = True
        self._amount = self._more = ""
        self._negated, self._not_at = False, 0
        self._early: list[Phrase] = []
        self.passed_over: list[Phrase] = []
        self._done_up: Phrase | None = None

    def build(self) -> list[Clause]:
        """The clauses, in order."""
        for index, phrase in enumerate(self._phrases):
            handler = getattr(self, f"_on_{phrase.kind}", None)
            if phrase is self._done_up:
                following = self._following(index)
                high = following is not None and following.kind == "dir" and following.meaning in {"up", "high"}
                self._done_up = following if high else None
                continue
            if handler is not None:
                handler(index, phrase)
        self._finish()
        return self._clauses

    # What ends or begins a clause.

    def _finish(self, carried: Sequence[Ref] = ()) -> None:
        """Put the clause away; the next one has the same subject if nothing else is said."""
        for phrase in self._early:
            self._qualify(phrase)
        self._early = []
        if (self._amount or self._more) and self._now.subjects and not self._now.predicates:
            self._predicate(Phrase("verb", 0, 0, "be"))
        if self._more and not self._now.predicates:
            self._predicate(Phrase("verb", 0, 0, "be"))
        now = self._now
        if now.predicates or now.pose is not None or now.facing is not None or now.subjects:
            self._clauses.append(now)
        self._now = Clause(subjects=list(carried), explicit=False)
        self._fresh, self._amount, self._more, self._negated = True, "", "", False

    def _on_stop(self, index: int, phrase: Phrase) -> None:
        if phrase.meaning == ",":
            self._fresh = True
            return
        self._finish()

    def _on_break(self, index: int, phrase: Phrase) -> None:
        self._fresh = True

    def _on_with(self, index: int, phrase: Phrase) -> None:
        """`with` begins a clause, or names what a verb or a pose is done with."""
        self._fresh = True
        now, following, behind = self._now, self._following(index), self._following(index, 2)
        posed = now.pose is not None and not now.predicates
        meaning = "pose" if posed else now.predicates[-1].meaning if now.predicates else ""
        if following is None or following.kind != "noun":
            return
        by_hand = self._is_done_by_hand(following)
        if meaning not in INSTRUMENT and not by_hand:
            return
        touches = meaning in TARGET and not now.subjects and _is_one_hand(following)
        if touches and behind is not None and behind.kind == "prep":
            now.instruments.extend(following.refs)
            return
        if meaning in LEG_SWUNG and not by_hand and (now.subjects or following.refs[0].group != "leg"):
            return
        reaches = meaning in {"reach", "point", "stretch"}
        if posed and behind is not None and self._is_done_up(following, behind):
            now.instruments.extend(following.refs)
            self._done_up = behind
            return
        ends = {"stop", "break", "with", *(("word", "filler") if posed else ()), *(PURPOSE if reaches else ())}
        if behind is None or behind.kind in ends:
            now.instruments.extend(following.refs)
            if now.predicates:
                now.predicates[-1].covers(following.start, following.end)

    def _is_done_up(self, following: Phrase, behind: Phrase) -> bool:
        """Whether a pose of one arm is done with this one: `wave with the left arm up`, as waving is."""
        pose = named_poses()[self._now.pose.meaning] if self._now.pose is not None else None
        one_arm = len(following.refs) == 1 and following.refs[0].group == "arm" and len(following.refs[0].sides) == 1
        up = (behind.kind == "dir" and behind.meaning in {"up", "high"}) or behind.meaning == "raise"
        return pose is not None and pose.raises_one_arm and one_arm and up

    def _is_done_by_hand(self, following: Phrase) -> bool:
        """Whether hands behind `with` do what is said of another part: `left foot pulled up with the left hand`."""
        now = self._now
        if not now.subjects or not now.predicates or now.predicates[-1].meaning not in TARGET | PATIENT:
            return False
        hands = all(ref.kind in {"hand", "arm", "fist"} for ref in following.refs)
        return hands and all(ref.group != "arm" for ref in now.subjects)

    def _following(self, index: int, by: int = 1) -> Phrase | None:
        rest = [phrase for phrase in self._phrases[index + 1 : index + 6] if phrase.kind != "filler"]
        return rest[by - 1] if len(rest) >= by else None

    # Nouns.

    def _on_noun(self, index: int, phrase: Phrase) -> None:
        now = self._now
        if now.instruments and all(ref in now.instruments for ref in phrase.refs):
            return
        last = now.predicates[-1] if now.predicates else None
        if now.pose is not None and last is None and not self._fresh and self._waves(index, phrase):
            now.instruments.extend(phrase.refs)
            return
        if last is not None and self._is_object(last, phrase):
            self._object(last, phrase)
        elif (now.subjects and now.explicit and not now.predicates and now.pose is None) or (
            last is not None and now.imperative and last.is_bare and self._ends_after(index) and now.subjects
        ):
            now.subjects.extend(phrase.refs)
            now.end = phrase.end
        else:
            self._new_subject(phrase)
        for meaning in phrase.attributes:
            self._predicate(Phrase("state", phrase.start, phrase.end, meaning, "past"))
        self._fresh = False

    def _waves(self, index: int, phrase: Phrase) -> bool:
        """`waving both hands`: the object of a pose is what it is done with."""
        behind = self._following(index)
        ends = behind is None or behind.kind in {"stop", "break", "with"}
        return ends and all(ref.kind in {"hand", "arm"} for ref in phrase.refs)

    def _is_object(self, last: Predicate, phrase: Phrase) -> bool:
        if last.objects or self._fresh or last.form not in {"base", "ing", "s", "past"}:
            return False
        if last.meaning in TARGET:
            return last.form != "past" or bool(self._now.subjects)
        return last.meaning in PATIENT and last.form != "past" and not self._now.explicit

    def _object(self, last: Predicate, phrase: Phrase) -> None:
        """The object of a verb: the part that moves, or where hands go."""
        now = self._now
        held_there = last.meaning == "hold" and not now.subjects and phrase.refs[0].kind in HELD_SOMEWHERE
        if last.meaning in TARGET and not held_there:
            last.objects.extend(phrase.refs)
        elif now.subjects and now.explicit:
            self._new_subject(phrase)
        else:
            if len(now.predicates) > 1:
                now.predicates.pop()
                self._finish()
                self._now = Clause(imperative=last.form == "base", predicates=[last])
                self._fresh = False
            self._now.subjects, self._now.explicit = list(phrase.refs), True
        last.covers(phrase.start, phrase.end)

    def _new_subject(self, phrase: Phrase) -> None:
        early, amount, negated = self._early, self._amount, self._negated
        self._early, self._amount, more, self._more = [], "", self._more, ""
        if self._now.predicates or self._now.pose is not None or self._now.facing is not None or self._now.subjects:
            self._finish()
        self._now = Clause(subjects=list(phrase.refs), start=phrase.start, end=phrase.end)
        self._early, self._amount, self._negated, self._more = early, amount, negated, more

    def _ends_after(self, index: int) -> bool:
        behind = self._following(index)
        return behind is None or behind.kind == "stop"

    def _on_it(self, index: int, phrase: Phrase) -> None:
        """`it` and `them` are the subject of the clause before."""
        before = next((c.subjects for c in reversed(self._clauses) if c.subjects), list[Ref]())
        if self._now.predicates and not self._now.subjects:
            self._now.subjects, self._now.explicit = list(before), True

    # Verbs and what qualifies them.

    def _on_verb(self, index: int, phrase: Phrase) -> None:
        now, negated = self._now, self._negated
        starts = self._fresh and phrase.form == "base" and phrase.kind == "verb"
        if self._is_of_body(phrase):
            self._finish()
            now = self._now
        elif self._starts_over(index, phrase):
            carried: list[Ref] = list(now.subjects) if phrase.form in {"past", ""} else []
            self._finish(carried=carried)
            now = self._now
        self._negated = negated  # `arms raised, not bent`
        if starts and not now.predicates and not (now.subjects and now.explicit):
            now.imperative, now.subjects = True, []
        self._predicate(phrase)
        self._fresh = False

    _on_state = _on_verb

    def _is_of_body(self, phrase: Phrase) -> bool:
        """Whether a verb behind a comma is about the whole body and not the limb that was spoken of."""
        now = self._now
        described = bool(now.predicates) and phrase.form == "ing" and phrase.meaning in WHOLE
        if not now.subjects or not (self._fresh or described) or phrase.kind == "state":
            return False
        if described and not self._fresh:
            return all(ref.group in {"arm", "leg"} for ref in now.subjects)
        if phrase.meaning in BODY:
            return phrase.form != "past" or phrase.meaning in {"sit", "bow"}
        return phrase.meaning in {"lean", "arch", "hunch"} and now.subjects[0].group in {"arm", "leg"}

    def _starts_over(self, index: int, phrase: Phrase) -> bool:
        """Whether a verb behind a comma or `and` begins a clause of its own."""
        now, following = self._now, self._following(index)
        if not self._fresh or not (now.predicates or now.subjects or now.pose is not None):
            return False
        if phrase.form in {"base", "ing", "s"} and phrase.kind == "verb":
            has_noun = following is not None and following.kind == "noun"
            return has_noun or phrase.form == "base" or not now.subjects or bool(now.pose)
        return bool(now.predicates)

    def _predicate(self, phrase: Phrase) -> None:
        now = self._now
        if phrase.meaning == "spread_wide":
            self._amount, phrase = self._amount or "much", replace(phrase, meaning="spread")
        last = now.predicates[-1] if now.predicates else None
        if last is not None and self._is_light(last, phrase):
            last.meaning, last.form = phrase.meaning, phrase.form or last.form
            last.negated = last.negated or self._negated
        else:
            now.predicates.append(Predicate(phrase.meaning, phrase.form, self._negated))
        last = now.predicates[-1]
        last.covers(phrase.start, phrase.end)
        last.amount, last.more = self._amount or last.amount, self._more or last.more
        self._amount, self._more, self._negated = "", "", False
        early, self._early = self._early, []
        for each in early:
            self._qualify(each)
        if phrase.kind != "dir":
            self._fresh = False

    def _is_light(self, last: Predicate, phrase: Phrase) -> bool:
        return (
            (last.meaning in LIGHT or (last.meaning, phrase.meaning) in GO_TOGETHER)
            and phrase.meaning != "be"
            and not last.preps
            and not last.objects
            and not self._fresh
            and phrase.meaning not in BODY
        )

    def _on_not(self, index: int, phrase: Phrase) -> None:
        self._negated, self._not_at = True, phrase.start

    def _on_amount(self, index: int, phrase: Phrase) -> None:
        """Belongs to the verb behind it, if one is next, else to the one before."""
        following = self._following(index)
        ahead = following is not None and following.kind in {"verb", "state", "more", "not"}
        nouns = following is not None and following.kind == "noun" and bool(following.attributes)
        now = self._now
        joined = following is not None and following.kind == "dir" and self._fresh
        if ahead or nouns or joined or not now.predicates:
            self._amount = phrase.meaning
        elif now.predicates[-1].amount != "a_little":
            now.predicates[-1].amount = phrase.meaning

    def _on_more(self, index: int, phrase: Phrase) -> None:
        following = self._following(index)
        ahead = following is not None and following.kind in {"verb", "state"}
        if self._now.predicates and not ahead:
            self._now.predicates[-1].more = phrase.meaning
            self._now.predicates[-1].amount = self._amount or self._now.predicates[-1].amount
            self._amount = ""
        else:
            self._more = phrase.meaning

    def _on_dir(self, index: int, phrase: Phrase) -> None:
        following = self._following(index)
        if self._fresh and following is not None and following.kind == "verb" and not self._now.predicates:
            self._early.append(phrase)
            return
        self._need_predicate()
        self._qualify(phrase)

    def _on_prep(self, index: int, phrase: Phrase) -> None:
        if self._holds_thing(index, phrase):
            self.passed_over.append(phrase)
            return
        if self._fresh and self._carries_lying(phrase):
            self._finish()
        self._need_predicate()
        self._qualify(phrase)

    def _holds_thing(self, index: int, phrase: Phrase) -> bool:
        """`a sword in the right hand`: the sword is, not what was spoken of before."""
        before = [each for each in self._phrases[max(index - 4, 0) : index] if each.kind != "filler"]
        hands = bool(phrase.refs) and all(ref.kind in {"hand", "fist"} for ref in phrase.refs)
        return hands and phrase.meaning == "in" and bool(before) and before[-1].kind in {"word", "place"}

    def _carries_lying(self, phrase: Phrase) -> bool:
        """`lying, hands on the belly, on the back`: the body is, not the hands."""
        if phrase.meaning != "on" or not any(ref.kind in {"back", "belly", "chest"} for ref in phrase.refs):
            return False
        return any(each.meaning == "lie" for clause in self._clauses for each in clause.predicates)

    def _on_place(self, index: int, phrase: Phrase) -> None:
        """`touching the floor`: a place without a preposition."""
        last = self._now.predicates[-1] if self._now.predicates else None
        if last is not None and (last.meaning in TARGET or last.meaning in {"reach", "put", "face"}):
            last.preps.append(replace(phrase, kind="prep", meaning="on", place=phrase.meaning))

    def _on_level(self, index: int, phrase: Phrase) -> None:
        self._need_predicate()
        self._qualify(phrase)

    def _on_width(self, index: int, phrase: Phrase) -> None:
        self._need_predicate()
        self._qualify(phrase)

    def _on_measure(self, index: int, phrase: Phrase) -> None:
        following = self._following(index)
        last = self._now.predicates[-1] if self._now.predicates else None
        ahead = following is not None and following.kind in {"verb", "state"} and following.form in {"", "past"}
        if ahead or last is None or (self._fresh and last.measures):
            self._early.append(phrase)
        else:
            self._qualify(phrase)

    def _need_predicate(self) -> None:
        if not self._now.predicates and self._now.pose is None:
            self._predicate(Phrase("verb", 0, 0, "be"))

    def _qualify(self, phrase: Phrase) -> None:
        if not self._now.predicates:
            self._predicate(Phrase("verb", phrase.start, phrase.end, "be"))
        last = self._now.predicates[-1]
        if self._negated and phrase.kind == "prep" and last.meaning != "be" and not last.negated:
            self._negated = False  # `arms crossed, but not over the chest`
            self.passed_over.append(replace(phrase, start=self._not_at))
            return
        last.covers(phrase.start, phrase.end)
        if phrase.kind == "dir":
            last.dirs.append("up" if phrase.meaning == "overhead" else phrase.meaning)
            last.overhead = last.overhead or phrase.meaning == "overhead"
            last.view = phrase.view or last.view
        elif phrase.kind == "prep":
            last.preps.append(phrase)
        elif phrase.kind == "level":
            last.levels.append(phrase)
        elif phrase.kind == "width":
            last.widths.append(phrase.meaning)
        elif phrase.measure is not None:
            last.measures.append(phrase.measure)
        if self._amount and not last.amount:
            last.amount, self._amount = self._amount, ""
        if self._negated:
            last.negated, self._negated = True, False
        self._fresh = False

    # Whole bodies.

    def _on_pose(self, index: int, phrase: Phrase) -> None:
        """A named pose; a limb before it is what it is done with: `left hand waving`."""
        now = self._now
        limbs = list(now.subjects) if now.explicit and not now.predicates and not self._fresh else []
        if limbs and all(ref.group in {"arm", "leg"} for ref in limbs):
            now.subjects = []
        else:
            limbs = []
        self._finish()
        self._now.instruments = limbs
        self._now.pose, self._now.explicit = phrase, True
        self._fresh = False

    def _on_facing(self, index: int, phrase: Phrase) -> None:
        self._finish()
        self._now.facing = float(phrase.meaning)
        self._finish()
