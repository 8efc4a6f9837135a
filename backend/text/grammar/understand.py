"""From a sentence to a `Program`."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from ...errors import InputError
from ..codec import MOST_ELEMENTS
from ..language import Bend, Element, Face, Ground, Head, Program, Raise, Side, Support, Touch, Trunk
from .asides import with_sides_before
from .blend import blended, sided, without_parts
from .carried import carried
from .choices import first_of_each, without_exceptions
from .clauses import ClauseBuilder
from .contact import real_sides
from .dangling import named_dangling, seated_free
from .emit import ON_HANDS, arm_elements, leg_elements
from .guard import refuse_unusable
from .handed import handed_in, pose_side
from .interpret import interpret
from .joined import centre
from .languages import language_of, translated
from .legs import is_lifted
from .lunges import lunging, with_bent_knee
from .named import NamedPose, mirrored, named_poses
from .names import spot
from .phrases import SIDES, Clause, Phrase, Predicate
from .reader import Reader
from .rewrites import of_two, rewritten
from .sheet import Sheet
from .spelling import corrected
from .stance import crossed_legs, support_of
from .style import leftovers
from .tokens import Token, tokenised
from .unsaid import note_unsaid

_LOW: Final = frozenset({"toes", "foot", "ankle", "heel", "shin", "sole"})
_BENT_KNEES_DEG: Final = 35.0
"""With both knees bent so far nobody stands upright."""
_NO_CHAIR: Final = frozenset({"lotus pose"})
"""Poses that are not done on a chair, whatever else is said."""
_BOWED_POSE_DEG: Final = 40.0
_CHAINED: Final = frozenset({"lower", "straighten", "bend"})
"""Verbs that in a chain are edits; `raise both arms and spread them` is a pose as well."""


def understand(sentence: str, *, edit: bool = False) -> Program:
    """What an English sentence tells a body to do.

    Args:
        sentence: at most 2,000 characters.
        edit: it is to change the current pose. Otherwise the sentence decides: `Program.edit` says how it was taken.

    Raises:
        InputError: there is nothing that can be used: no words, another language or script, code.
    """
    sheet = Sheet(edit=edit)
    text, orders = refuse_unusable(sentence)
    for order in orders:
        sheet.note(order)
    text, sheet.handed = handed_in(rewritten(carried(of_two(text, sheet.note)), edit=edit))
    tokens, phrases = _read(tokenised(text), sheet)
    builder = ClauseBuilder(phrases)
    clauses = builder.build()
    named_dangling(tokens, clauses)
    sheet.unused += [(each, Predicate("be")) for each in builder.passed_over]
    sheet.plain = not edit and _is_plain_command(tokens, clauses)
    poses = _poses(sheet, clauses)
    empty = interpret(sheet, clauses)
    elements = _elements(sheet, poses)
    note_unsaid(sheet, tokens, phrases, body=bool(elements))
    left = leftovers(tokens, phrases, body=bool(elements))
    is_edit = edit or _is_edit(sheet, clauses, style=left.style)
    for note in () if is_edit else left.notes:
        sheet.note(note)
    if not elements and left.style and any(clause.subjects for clause in clauses):
        sheet.note(f'"{_short(sentence.strip())}" tells nothing exact of the body: it only colours the pose.')
    if not elements and not left.style:
        raise _nothing_understood(sheet, empty, sentence=sentence.strip())
    return Program(elements[:MOST_ELEMENTS], left.style, is_edit, tuple(sheet.notes))


def _nothing_understood(sheet: Sheet, empty: Sequence[Clause], *, sentence: str) -> InputError:
    """What to say of a sentence that says nothing, or compares without saying what."""
    said = f'"{_short(sentence)}"'
    if any(predicate.more or predicate.amount for clause in empty for predicate in clause.predicates):
        return InputError(f'{said} does not say of what: for instance "bend the left elbow a little less".')
    if sheet.notes and sheet.notes[0].endswith("left out."):
        return InputError(f"{sheet.notes[0]} Nothing else says anything about a body.")
    if sheet.notes:
        return InputError(f"{said}: {sheet.notes[0]}")
    return InputError(f'{said} says nothing about a body. Write for instance "left arm up, right hand on hip".')


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= 60 else sentence[:57] + "..."


def _read(tokens: list[Token], sheet: Sheet) -> tuple[list[Token], list[Phrase]]:
    """The tokens, in English, and their phrases.

    Raises:
        InputError: it is another language, and not all of its words are known.
    """
    phrases = Reader(tokens).read()
    unknown = {at for phrase in phrases if phrase.kind == "word" for at in range(phrase.start, phrase.end)}
    words = [token.word for token in tokens if token.word.isalpha()]
    known = frozenset(token.word for at, token in enumerate(tokens) if at not in unknown)
    language = language_of(words, known)
    if language is None:
        spelt = _settled(corrected(tokens, phrases, sheet.note), sheet)
        return (tokens, phrases) if spelt == tokens else (spelt, Reader(spelt).read())
    tokens = translated(tokens, language)
    sheet.note(f"Understood from {language} as: {' '.join(token.text for token in tokens)}.")
    tokens = _settled(tokens, sheet)
    return tokens, Reader(tokens).read()


def _settled(tokens: list[Token], sheet: Sheet) -> list[Token]:
    """The tokens with one of several choices, without exceptions, and with sides before what they are of."""
    left = without_exceptions(first_of_each(tokens, sheet.note), sheet.note)
    sheet.excepted = left.refs
    return with_sides_before(left.tokens)


def _poses(sheet: Sheet, clauses: Sequence[Clause]) -> list[tuple[NamedPose, Clause]]:
    """The named poses of a sentence; they tell which leg is in front, and which carries the body."""
    found = [(named_poses()[clause.pose.meaning], clause) for clause in clauses if clause.pose is not None]
    sheet.posed = bool(found)
    for pose, clause in found:
        _take_leg(pose, clause)
        elements = sided(pose, side=pose_side(pose, clause, sheet.handed), said=())
        sheet.pose_bends |= any(isinstance(e, Trunk) and (e.forward or 0.0) > _BOWED_POSE_DEG for e in elements)
        sheet.on_hands |= any(isinstance(e, Ground) and e.part.endswith(("hand", "fingers", "elbow")) for e in elements)
        sheet.on_hands |= any(isinstance(e, Support) and e.kind in ON_HANDS for e in elements)
        for element in elements:
            if isinstance(element, Support) and element.kind in {"lunge_left", "lunge_right"}:
                sheet.front = "left" if element.kind == "lunge_left" else "right"
            if isinstance(element, Support) and element.kind in {"left_leg", "right_leg"}:
                sheet.standing = "left" if element.kind == "left_leg" else "right"
    unused = sheet.handed.unused(sided=any(pose.side is not None for pose, _ in found))
    if unused:
        sheet.note(unused)
    return found


def _take_leg(pose: NamedPose, clause: Clause) -> None:
    """`lunging forward on the left leg`: the leg is that of the lunge, not the only one that carries."""
    if not any(isinstance(each, Support) and each.kind.startswith("lunge") for each in pose.elements):
        return
    for predicate in clause.predicates:
        legs = [prep for prep in predicate.preps if prep.meaning == "on" and _is_of_legs(prep)]
        clause.instruments += [ref for prep in legs for ref in prep.refs]
        predicate.preps = [prep for prep in predicate.preps if prep not in legs]


def _is_of_legs(prep: Phrase) -> bool:
    return bool(prep.refs) and all(ref.kind in {"leg", "foot"} for ref in prep.refs)


def _elements(sheet: Sheet, poses: Sequence[tuple[NamedPose, Clause]]) -> tuple[Element, ...]:
    said = _said(sheet)
    found: tuple[Element, ...] = ()
    for pose, clause in poses:
        if pose.name in _NO_CHAIR:
            said = [each for each in said if not (isinstance(each, Support) and each.kind == "sitting")]
        side = pose_side(pose, clause, sheet.handed)
        found = blended(found, _posed(pose, clause, side=side, said=[*said, *_carried(sheet)]))
    told = _joined(blended(found, said)) + tuple(sheet.changes)
    return without_parts(told, [(ref.kind, real_sides(sheet, ref.sides)) for ref in sheet.excepted])


def _carried(sheet: Sheet) -> list[Element]:
    """`on the right hand`: parts that carry the body tell a pose from its mirror."""
    kinds = {"hand": "hand", "palm": "hand", "elbow": "elbow", "forearm": "elbow", "knee": "knee"}
    found = [(kinds[kind], sides[0]) for kind, sides in sheet.carriers if kind in kinds and len(sides) == 1]
    return [Ground(spot(kind, side)) for kind, side in found]


def _posed(pose: NamedPose, clause: Clause, *, side: Side | None, said: Sequence[Element]) -> tuple[Element, ...]:
    """The elements of a named pose as a clause asks for it: on one side, or with both hands."""
    if pose.side is not None and any(len(ref.sides) == 2 and ref.group == "arm" for ref in clause.instruments):
        return tuple(dict.fromkeys((*pose.elements, *map(mirrored, pose.elements))))
    return sided(pose, side=side, said=said)


def _joined(elements: Sequence[Element]) -> tuple[Element, ...]:
    """Without repetitions; all that is said of the trunk in one element, and of the head."""
    found = list(dict.fromkeys(elements))
    for kind in (Trunk, Head):
        several = [element for element in found if isinstance(element, kind)]
        if len(several) > 1:
            told: dict[str, float] = {}
            for element in several:
                told |= {name: value for name, value in dataclasses.asdict(element).items() if value is not None}
            found[found.index(several[-1])] = kind(**told)
            found = [element for element in found if element not in several[:-1]]
    return tuple(found)


def _said(sheet: Sheet) -> list[Element]:
    """What the sentence said itself, in the order in which later may overrule earlier."""
    support, more = support_of(sheet)
    support = seated_free(sheet, support)
    kind = support.kind if support is not None else None
    by_leg: dict[Side, list[Element]] = {side: leg_elements(sheet, side, kind=kind) for side in SIDES}
    support = _completed(support, by_leg, sheet)
    _bend_to_what_is_touched(sheet)
    found: list[Element] = [support] if support is not None else []
    found += [Face(sheet.face)] if sheet.face is not None else []
    found += [Trunk(**sheet.trunk)] if sheet.trunk else []
    found += [Head(**sheet.head)] if sheet.head else []
    found += [*by_leg["left"], *by_leg["right"], *crossed_legs(sheet, kind), *sheet.pairs.values()]
    centre(sheet)
    for side in SIDES:
        found += arm_elements(sheet, side, kind=kind)
    return [*found, *sheet.shared, *more]


def _bend_to_what_is_touched(sheet: Sheet) -> None:
    """Where hands reach for the feet or the ground the trunk bends as far as that takes."""
    contacts = [each for side in SIDES for each in sheet.arms[side].contacts]
    feet = any(isinstance(each, Touch) and each.place.rpartition("_")[2] in _LOW for each in contacts)
    if sheet.bowed and (feet or sheet.pose_bends or any(isinstance(each, Ground) for each in contacts)):
        sheet.trunk.pop("forward", None)


def _completed(support: Support | None, by_leg: Mapping[Side, list[Element]], sheet: Sheet) -> Support | None:
    """Standing on the other leg where one is lifted; not upright on straight legs where both knees are bent."""
    if support is not None and support.kind != "standing":
        told = sheet.posed or sheet.has_front or not support.kind.startswith("lunge")
        return support if told else with_bent_knee(support, by_leg)
    front = None if sheet.edit or sheet.posed else lunging(sheet, by_leg)
    if front is not None:
        return Support("lunge_left" if front == "left" else "lunge_right")
    lifted = [side for side in SIDES if is_lifted(by_leg[side], side)]
    if len(lifted) == 1 and not sheet.edit:
        return Support("right_leg" if lifted[0] == "left" else "left_leg")
    legs = by_leg["left"] + by_leg["right"]
    knees = [each.degrees for each in legs if isinstance(each, Bend) and each.joint.endswith("knee")]
    thighs = [each for each in legs if isinstance(each, Raise) and each.limb.endswith("thigh")]
    if len(knees) != 2 or min(knees) <= _BENT_KNEES_DEG or len(thighs) == 1:
        return support
    if not (sheet.edit or sheet.posed):
        sheet.shared += [sole for sole in (Ground("left_sole"), Ground("right_sole")) if sole not in legs]
    return None


def _is_edit(sheet: Sheet, clauses: Sequence[Clause], *, style: str) -> bool:
    if sheet.relative:
        return True
    verbs = {predicate.meaning for clause in clauses for predicate in clause.predicates}
    return sheet.plain and sheet.commands > 0 and not style and verbs <= {"straighten", "look", "step", "turn", "close"}


def _is_plain_command(tokens: Sequence[Token], clauses: Sequence[Clause]) -> bool:
    """One command, or a chain of one part, as for the pose that is there: of the left arm, not of your left arm."""
    one = all(len(each.predicates) == 1 and each.imperative and each.pose is None for each in clauses)
    if not one or (len(clauses) != 1 and not _is_chain(clauses)):
        return False
    return not any(token.word in {"your", "his", "her", "their", "my"} for token in tokens)


def _is_chain(clauses: Sequence[Clause]) -> bool:
    """`straighten the right arm and lower it`: all of it is said of one part, from where that is now."""
    same = bool(clauses) and all(each.subjects and each.subjects == clauses[0].subjects for each in clauses)
    return same and all(predicate.meaning in _CHAINED for each in clauses for predicate in each.predicates)
