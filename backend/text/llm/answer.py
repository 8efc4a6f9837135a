"""From a model's words to a `Program`: data, checked against the language, of which no text but the style is kept."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from ...errors import InputError, ModelError
from ..codec import SAY, program_from_json
from ..language import ELEMENTS, Change, Program
from .bounds import within_bounds
from .replies import Answer, loaded
from .request import LlmRequest

_FIELDS: Final = {kind.__name__: (SAY, *(field.name for field in dataclasses.fields(kind))) for kind in ELEMENTS}
_TOP: Final = ("elements", "style", "edit")
_THOUGHT: Final = re.compile(r"<think(ing)?>.*?</think(ing)?>", re.DOTALL | re.IGNORECASE)
_FENCED: Final = re.compile(r"```[a-zA-Z]*\s*(\{.*?\})\s*```", re.DOTALL)
_MOST_STARTS: Final = 20
_MOST_PLACES: Final = 4
_IGNORED: Final = (
    "The language model's answer has fields that the pose language does not have, in {places}: they are ignored."
)

IN_WORDS: Final = "The language model answered in words and not with a pose: it may have declined."


def program_of(answer: Answer, request: LlmRequest) -> Program:
    """The program that an answer holds, with numbers that make sense and whether it edits as was asked for.

    Raises:
        InputError: it is none; the sentence names the place and what would be right, and quotes nothing of the answer.
    """
    said = _object_in(answer)
    known, ignored = _known_fields(said)
    program = program_from_json(known)
    if not program.elements and not program.style.strip():
        raise InputError("`elements` and `style` are both empty.")
    edit = request.edit or (program.edit and request.has_pose)
    if not edit and any(isinstance(element, Change) for element in program.elements):
        raise InputError("There is no current pose to Change: say the pose itself, with Bend, Raise, Point and others.")
    elements, notes = within_bounds(program.elements)
    return Program(elements, _clean(program.style), edit, (*ignored, *notes))


def _object_in(answer: Answer) -> Mapping[str, Any]:
    """The JSON object of an answer: alone, in a fenced block, or among words."""
    text = _THOUGHT.sub("", answer.text).strip().removeprefix("\ufeff")
    fenced = _FENCED.search(text)
    for candidate in (text, fenced[1] if fenced else ""):
        found = _whole(candidate)
        if found is not None:
            return found
    found = _among_words(text)
    if found is not None:
        return found
    if answer.cut:
        raise InputError("The answer breaks off: the model's limit of tokens, or its context, was full.")
    raise InputError("The JSON is malformed." if "{" in text else IN_WORDS)


def _whole(text: str) -> Mapping[str, Any] | None:
    try:
        said = loaded(text)
    except ModelError:
        return None
    return cast("Mapping[str, Any]", said) if isinstance(said, Mapping) else None


def _among_words(text: str) -> Mapping[str, Any] | None:
    """The first object with `elements` or `style` that begins at one of the first braces."""
    decoder = json.JSONDecoder(parse_int=lambda digits: float(digits[:300]))
    at = -1
    for _ in range(_MOST_STARTS):
        at = text.find("{", at + 1)
        if at < 0:
            return None
        try:
            said, _end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, Mapping) and set(_TOP) & set(cast("Mapping[str, Any]", said)):
            return cast("Mapping[str, Any]", said)
    return None


def _known_fields(said: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The object with the fields alone that the language has, and a note of where others were; nothing quotes them.

    Raises:
        InputError: it has none of a pose.
    """
    if said and not set(said) & set(_TOP):
        raise InputError(f"The object has no field of a pose; it has only {', '.join(_TOP)}.")
    places = ["the object"] if set(said) - {*_TOP, "notes"} else []
    kept = {name: value for name, value in said.items() if name in _TOP}
    elements = kept.get("elements")
    if isinstance(elements, list):
        given = cast("list[object]", elements)
        kept["elements"] = [_of_element(each) for each in given]
        places += [f"elements[{k}]" for k, each in enumerate(given) if each != kept["elements"][k]]
    shown = ", ".join(places[:_MOST_PLACES]) + (" ..." if len(places) > _MOST_PLACES else "")
    return kept, (_IGNORED.format(places=shown),) if places else ()


def _of_element(said: object) -> object:
    """An element with the fields alone that its kind has; what is none is left for the codec to refuse."""
    if not isinstance(said, Mapping):
        return said
    given = cast("Mapping[str, object]", said)
    name = given.get(SAY)
    known = _FIELDS.get(name) if isinstance(name, str) else None
    return given if known is None else {field: value for field, value in given.items() if field in known}


def _clean(style: str) -> str:
    """One line of printable characters."""
    return "".join(each for each in " ".join(style.split()) if each.isprintable())
