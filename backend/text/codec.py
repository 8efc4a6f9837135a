"""The pose language as JSON and back, and its JSON schema; what is not in the language is refused in words.

An element is an object with its name under `say`: {"say": "Bend", "joint": "left_knee", "degrees": 90}.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from ..errors import InputError
from .language import ELEMENTS, Element, Program

SAY: Final = "say"
MOST_ELEMENTS: Final = 60
MOST_STYLE: Final = 400
_NAMES: Final = {kind.__name__: kind for kind in ELEMENTS}
_LIMIT: Final = 100_000.0
_NO_NUMBERS: Final = ("nan", "inf", "-inf")


def program_to_json(program: Program) -> dict[str, Any]:
    """A `Program` as objects that `json.dumps` takes."""
    return {
        "elements": [element_to_json(each) for each in program.elements],
        "style": program.style,
        "edit": program.edit,
        "notes": list(program.notes),
    }


def element_to_json(element: Element) -> dict[str, Any]:
    """One element; what is None or empty is left out."""
    said: dict[str, Any] = {SAY: type(element).__name__}
    for field in dataclasses.fields(element):
        value = getattr(element, field.name)
        if value is not None and value != ():
            said[field.name] = list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value
    return said


def program_from_json(said: object) -> Program:
    """The inverse; unknown fields, names and types are refused.

    Raises:
        InputError: it is not of the language; the sentence names the place and what would be right.
    """
    if not isinstance(said, Mapping):
        raise InputError("A pose must be an object with `elements`.")
    given = cast("Mapping[str, object]", said)
    unknown = sorted(set(given) - {"elements", "style", "edit", "notes"})
    if unknown:
        raise InputError(f"A pose has no `{unknown[0]}`: it has `elements`, `style` and `edit`.")
    elements = given.get("elements", [])
    if not isinstance(elements, list) or len(cast("list[object]", elements)) > MOST_ELEMENTS:
        raise InputError(f"`elements` must be a list of at most {MOST_ELEMENTS} objects.")
    style, edit, notes = given.get("style", ""), given.get("edit", False), given.get("notes", [])
    if not isinstance(style, str) or len(style) > MOST_STYLE:
        raise InputError(f"`style` must be a text of at most {MOST_STYLE} characters.")
    if not isinstance(edit, bool):
        raise InputError("`edit` must be true or false.")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in cast("list[object]", notes)):
        raise InputError("`notes` must be a list of texts.")
    found = [element_from_json(each, place=f"elements[{k}]") for k, each in enumerate(cast("list[object]", elements))]
    return Program(tuple(found), style, edit, tuple(cast("list[str]", notes)))


def element_from_json(said: object, *, place: str = "element") -> Element:
    """One element.

    Raises:
        InputError: as `program_from_json`.
    """
    given = cast("Mapping[str, object]", said if isinstance(said, Mapping) else {})
    name = given.get(SAY)
    kind = _NAMES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise InputError(f"{place} must be an object whose `{SAY}` is one of {', '.join(_NAMES)}.")
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(given) - set(hints) - {SAY})
    if unknown:
        raise InputError(f"{place}: {name} has no `{unknown[0]}`, only {', '.join(hints)}.")
    values: dict[str, object] = {}
    for field in dataclasses.fields(kind):
        if field.name in given:
            values[field.name] = _value(given[field.name], hints[field.name], place=f"{place}.{field.name}")
        elif field.default is dataclasses.MISSING:
            raise InputError(f"{place}: {name} needs `{field.name}`.")
    return kind(**values)  # pyright: ignore[reportArgumentType]


def _value(given: object, wanted: Any, *, place: str) -> object:
    """`given` as the type of a field."""
    choices = _choices(wanted)
    if choices is not None:
        if given not in choices:
            raise InputError(f"{place} must be one of {', '.join(choices)}.")
        return given
    if typing.get_origin(wanted) is tuple:
        if not isinstance(given, list) or len(cast("list[object]", given)) > 3:
            raise InputError(f"{place} must be a list of at most 3.")
        inner = typing.get_args(wanted)[0]
        return tuple(_value(each, inner, place=place) for each in cast("list[object]", given))
    kept = _unless_none(wanted)
    if kept is not None:
        return None if given is None else _value(given, kept, place=place)
    if isinstance(given, bool) or not isinstance(given, int | float) or str(given) in _NO_NUMBERS:
        raise InputError(f"{place} must be a number.")
    if abs(given) > _LIMIT:  # an integer may be too long for a float
        raise InputError(f"{place} is {str(given)[:20]}, which is out of all bounds.")
    return float(given)


def _choices(wanted: Any) -> tuple[str, ...] | None:
    return typing.get_args(wanted) if typing.get_origin(wanted) is Literal else None


def _unless_none(wanted: Any) -> Any:
    """`number` of `number | None`; None of what is not optional. A Literal's union has another type than a number's."""
    if typing.get_origin(wanted) not in (typing.Union, types.UnionType):
        return None
    return next(kind for kind in typing.get_args(wanted) if kind is not type(None))


def json_schema() -> dict[str, Any]:
    """The JSON schema of a `Program` without notes, as servers with structured output take it."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["elements", "style", "edit"],
        "properties": {
            "elements": {"type": "array", "items": {"anyOf": [_element_schema(kind) for kind in ELEMENTS]}},
            "style": {"type": "string"},
            "edit": {"type": "boolean"},
        },
    }


def _element_schema(kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n", 1)[0],
        "additionalProperties": False,
        "required": [SAY, *(field.name for field in fields if field.default is dataclasses.MISSING)],
        "properties": {SAY: {"const": kind.__name__}, **{field.name: _schema(hints[field.name]) for field in fields}},
    }


def _schema(wanted: Any) -> dict[str, Any]:
    choices = _choices(wanted)
    if choices is not None:
        return {"type": "string", "enum": list(choices)}
    if typing.get_origin(wanted) is tuple:
        return {"type": "array", "items": _schema(typing.get_args(wanted)[0]), "maxItems": 3}
    kept = _unless_none(wanted)
    if kept is not None:
        return {"anyOf": [_schema(kept), {"type": "null"}]}
    return {"type": "number"}
