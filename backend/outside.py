"""Files and JSON that come from outside, read within limits: nothing larger, deeper or odder than has a reason.

What is refused is refused in words before it is read; whoever calls says what the file should have been.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Final, NoReturn, cast

from .errors import ContrappostoError, InputError

MOST_JSON_BYTES: Final = 16 << 20
MOST_DEPTH: Final = 40
"""Lists and objects inside one another; a bone map has four."""
_MOST_DIGITS: Final = 40


def check_file(path: Path, *, most: int, what: str, error: type[ContrappostoError] = InputError) -> None:
    """Refuse what is missing, no regular file (a pipe would be waited for), or larger than `most` bytes.

    Args:
        path: the file.
        most: bytes.
        what: what it should be, such as "a bone map".
        error: what is raised.

    Raises:
        InputError, or the `error` that was named: it is so.
    """
    try:
        if path.is_dir():
            raise error(f"{path} is a folder, not {what}. Choose a file in it.")
        if not path.exists():
            raise error(f"{path} does not exist. Check the name and the folder.")
        if not path.is_file():
            raise error(f"{path} is not a regular file. Choose {what}.")
        size = path.stat().st_size
    except (OSError, ValueError) as fault:  # ValueError: a null byte in the name
        raise error(f"{path} cannot be read: {reason_of(fault)}. Choose another file.") from fault
    if size > most:
        raise error(f"{path} has {size / 1e6:.0f} MB, more than the {most / 1e6:.0f} MB that {what} may have.")


def read_bytes(path: Path, *, most: int, what: str, error: type[ContrappostoError] = InputError) -> bytes:
    """The content of a file.

    Raises:
        InputError, or the `error` that was named: as `check_file`, or it may not be read.
    """
    check_file(path, most=most, what=what, error=error)
    try:
        with path.open("rb") as stream:
            return stream.read(path.stat().st_size + 1)[:most]  # `most` at once would take that memory
    except (OSError, ValueError) as fault:
        raise error(f"{path} cannot be read: {reason_of(fault)}. Choose another file.") from fault


def read_json(path: Path, *, what: str, most: int = MOST_JSON_BYTES) -> object:
    """The content of a JSON file; see `parse_json`.

    Raises:
        InputError: it cannot be read, is too large, or is no such JSON.
    """
    content = read_bytes(path, most=most, what=what)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text, and so not {what}. Choose another file.") from error
    try:
        return parse_json(text)
    except InputError as error:
        raise InputError(f"{path} cannot be read as JSON, and so not as {what}: {error}") from error


def parse_json(text: str, *, most: int = MOST_JSON_BYTES) -> Any:
    """JSON with finite numbers, whole characters and at most `MOST_DEPTH` levels.

    Raises:
        InputError: it is something else; the sentence says what.
    """
    if len(text) > most:
        raise InputError(f"It is longer than {most / 1e6:.0f} million characters. Correct or remove it.")
    try:
        content: object = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_short)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"It is no JSON, or holds numbers that are none{where}. Correct or remove it.") from error
    _check_depth(content)
    return content


def reason_of(fault: BaseException) -> str:
    """Why the system refuses a file, in its words."""
    return str(getattr(fault, "strerror", None) or fault or type(fault).__name__)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is out of all bounds")
    return number


def _short(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number is out of all bounds")
    return int(digits)


def _check_depth(content: object) -> None:
    """Without recursion, which is what a deep nesting is meant to exhaust."""
    level = [content]
    for _ in range(MOST_DEPTH):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                given = cast("dict[str, object]", node)
                below += [*given.keys(), *given.values()]
            elif isinstance(node, list):
                below += cast("list[object]", node)
            elif isinstance(node, str) and not _is_whole(node):
                raise InputError("It holds half a character (a lone surrogate). Correct or remove it.")
        if not below:
            return
        level = below
    raise InputError(f"It is nested more than {MOST_DEPTH} levels deep. Correct or remove it.")


def _is_whole(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
