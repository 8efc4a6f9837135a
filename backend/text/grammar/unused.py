"""What qualifies a predicate and changes nothing: it was passed over, which the artist is to know.

Each place, height, measure and object is taken out and exchanged for another in turn, and the predicate read again on a
copy of what was said before. Where both give the same as the sentence, nothing reads it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from .phrases import Clause, Measure, Phrase, Predicate, Ref
from .sheet import Sheet

Take: TypeAlias = Callable[[Sheet, Clause, Predicate], bool]
_OTHER_PART: Final = {"knee": "belly"}
_OTHER_PLACE: Final = {"ground": "chair"}
_TURNED: Final = {"left": "right", "right": "left"}
"""Other directions often say again what a verb says: `crouched low`, `straighten up`."""
_ODD: Final = 0.83
"""What a measure is multiplied by."""
_NO_PLACE: Final = frozenset({"of", "for", "like", "from"})


def unused(before: Sheet, clause: Clause, predicate: Predicate, *, after: Sheet, take: Take) -> list[Phrase | Measure]:
    """The qualifiers of a predicate that nothing reads.

    Args:
        before: what was said before it; it is not changed.
        clause: where it stands.
        predicate: as it was before it was read.
        after: what was said with it.
        take: reads a predicate into a sheet.
    """
    found: list[Phrase | Measure] = []
    for said, others in _exchanged(predicate):
        if all(_reads(before, clause, predicate, other=other, take=take) == after for other in others):
            found.append(said)
    return found


def _reads(before: Sheet, clause: Clause, predicate: Predicate, *, other: Predicate, take: Take) -> Sheet:
    sheet, again = copy.deepcopy(before), copy.deepcopy(clause)
    other = copy.deepcopy(other)
    again.predicates = [other if each == predicate else each for each in again.predicates]
    take(sheet, again, other)
    return sheet


def _exchanged(predicate: Predicate) -> Iterator[tuple[Phrase | Measure, tuple[Predicate, ...]]]:
    """Each qualifier, with the predicate without it and with another in its place."""
    for prep in dict.fromkeys(predicate.preps):
        if prep.end > 0 and not _says_it_again(predicate, prep):
            rest = [each for each in predicate.preps if each != prep]
            there = [_elsewhere(each) if each == prep else each for each in predicate.preps]
            yield prep, (replace(predicate, preps=rest), replace(predicate, preps=there))
    sides = [way for way in dict.fromkeys(predicate.dirs) if way in _TURNED and predicate.meaning != "mirror"]
    for way in sides:
        rest = [each for each in predicate.dirs if each != way]
        others = [_TURNED[each] if each == way else each for each in predicate.dirs]
        yield Phrase("dir", 0, 0, way), (replace(predicate, dirs=rest), replace(predicate, dirs=others))
    for level in dict.fromkeys(predicate.levels):
        there = [_elsewhere(each) if each == level else each for each in predicate.levels]
        yield level, (replace(predicate, levels=there),)
    for measure in dict.fromkeys(predicate.measures):
        others = [_odd(each) if each == measure else each for each in predicate.measures]
        yield measure, (replace(predicate, measures=others),)


def _says_it_again(predicate: Predicate, prep: Phrase) -> bool:
    """`tilted to the right towards the shoulder`, `crossed at the ankles`; and what is no place."""
    leans = prep.meaning == "toward" and bool(predicate.dirs)
    names_joint = prep.meaning == "at" and predicate.meaning in {"cross", "bend"}
    return prep.meaning in _NO_PLACE or leans or names_joint


def _elsewhere(phrase: Phrase) -> Phrase:
    refs = tuple(Ref(_OTHER_PART.get(ref.kind, "knee"), ref.sides, ref.plural, ref.relation) for ref in phrase.refs)
    place = _OTHER_PLACE.get(phrase.place, "ground") if phrase.place else ""
    return replace(phrase, refs=refs, place=place)


def _odd(measure: Measure) -> Measure:
    return replace(measure, value=measure.value * _ODD + 0.01)
