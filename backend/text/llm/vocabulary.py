"""The pose language explained in a few hundred words, out of its own types and docstrings, so that it cannot drift."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import types
import typing
from functools import cache
from typing import Any, Final, Literal, cast

from .. import language
from ..codec import SAY
from ..language import ELEMENTS

_SHORT: Final = 8
"""A list of at most so many words is written where it is used, a longer one once, under its name."""


@cache
def vocabulary() -> str:
    """Every element with its fields, then the lists of words that they take."""
    lines = [_element(kind) for kind in ELEMENTS]
    named = {choices: name for choices, name in _names().items() if len(choices) > _SHORT}
    notes = _notes()
    lines += [f"{name} = {_listed(choices)}" for choices, name in named.items()]
    lines += [
        f"{name}: {notes[name]}"
        for name in _names().values()
        if name in notes and not notes[name].startswith("The names")
    ]
    return "\n".join(lines)


def conventions() -> str:
    """The last paragraph of the language's own docstring: units and sides."""
    return " ".join((language.__doc__ or "").strip().rsplit("\n\n", 1)[-1].split()).removeprefix("Convention: ")


def _element(kind: type[Any]) -> str:
    hints = typing.get_type_hints(kind)
    fields = [_field(each, hints[each.name]) for each in dataclasses.fields(kind)]
    meaning = " ".join((kind.__doc__ or "").split()).replace("`", "")
    return f'{{"{SAY}": "{kind.__name__}", {", ".join(fields)}}}: {meaning}'


def _field(field: dataclasses.Field[Any], wanted: Any) -> str:
    optional = "" if field.default is dataclasses.MISSING else "?"
    return f"{field.name}{optional}: {_kind(wanted)}"


def _kind(wanted: Any) -> str:
    if typing.get_origin(wanted) is Literal:
        choices = typing.get_args(wanted)
        name = _names().get(choices)
        return name if name and len(choices) > _SHORT else _listed(choices)
    if typing.get_origin(wanted) is tuple:
        return f"[{_kind(typing.get_args(wanted)[0])}, ...]"
    if typing.get_origin(wanted) in (typing.Union, types.UnionType):
        return _kind(next(kind for kind in typing.get_args(wanted) if kind is not type(None)))
    return "number"


def _listed(choices: tuple[str, ...]) -> str:
    """The words; what is there on both sides once, with `(left|right)_` before it."""
    twins = [each for each in choices if each.startswith("left_") and each.replace("left_", "right_", 1) in choices]
    if len(twins) < 3:
        return "|".join(choices)
    sided = {name for each in twins for name in (each, each.replace("left_", "right_", 1))}
    alone = [each for each in choices if each not in sided]
    bases = [each.removeprefix("left_") for each in twins]
    return "|".join([*alone, f"(left|right)_({'|'.join(bases)})"])


@cache
def _names() -> dict[tuple[str, ...], str]:
    """The lists of words that the language names, and those of one field alone under `Element_field`."""
    found = {
        cast("tuple[str, ...]", typing.get_args(value)): name
        for name, value in vars(language).items()
        if typing.get_origin(value) is Literal and not name.startswith("_")
    }
    for kind in ELEMENTS:
        for name, hint in typing.get_type_hints(kind).items():
            if typing.get_origin(hint) is Literal:
                found.setdefault(typing.get_args(hint), f"{kind.__name__}_{name}")
    return found


@cache
def _notes() -> dict[str, str]:
    """What the language says below the definition of a list of words."""
    body = ast.parse(inspect.getsource(language)).body
    found: dict[str, str] = {}
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and _is_text(following):
            text = typing.cast("str", following.value.value)  # pyright: ignore[reportAttributeAccessIssue]
            found[statement.target.id] = " ".join(text.replace("`", "").split())
    return found


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
