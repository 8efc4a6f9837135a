"""Guards what Blender calls by itself, such as timers and draw callbacks: an error ends one of them, and is told once.

Without this an error in a draw callback fills the console at every redraw, and one in a timer is seen by nobody.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

_MARK: Final = "_contrapposto_called_by_blender"
_P = ParamSpec("_P")
_T = TypeVar("_T")


def _print(_title: str, error: Exception) -> None:
    traceback.print_exception(error)


class Teller:
    """Tells of errors, each once until `forget`.

    Attributes:
        tell: is given what failed and the error; prints it, unless the add-on has put its dialog there.
    """

    def __init__(self) -> None:
        self.tell: Callable[[str, Exception], None] = _print
        self._told: set[tuple[str, str, str, int]] = set()

    def once(self, title: str, error: Exception) -> None:
        """Tell of an error, unless one of this kind has come from the same line of this callback already."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        file, line = (last[0].filename, last[0].lineno or 0) if last else ("", 0)
        kind = (title, type(error).__name__, file, line)
        if kind in self._told:
            return
        self._told.add(kind)
        try:
            self.tell(title, error)
        except Exception as another:  # noqa: BLE001  (while Blender starts or ends, there may be no dialog)
            _print(title, error)
            _print(title, another)

    def reset(self) -> None:
        """Print errors from now on."""
        self.forget()
        self.tell = _print

    def forget(self) -> None:
        """Tell of everything anew."""
        self._told.clear()


teller: Final = Teller()


def called_by_blender(
    title: str, *, answer: Any = None, stop: Callable[..., object] | None = None
) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Guard a timer, a draw callback or a handler.

    Args:
        title: what it does, in words, for the dialog.
        answer: what it returns after an error; None ends a timer.
        stop: ends what would call it again; is given the arguments of the callback.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def call(*arguments: _P.args, **named: _P.kwargs) -> _T:
            try:
                return function(*arguments, **named)
            except Exception as error:  # noqa: BLE001  (whatever it is, the artist is told and the report has all of it)
                teller.once(title, error)
                if stop is not None:
                    stop(*arguments, **named)
                return answer

        setattr(call, _MARK, True)
        return call

    return decorate


def on_change(title: str) -> Callable[[Callable[[Any, Any], object]], Callable[[Any, Any], None]]:
    """Guard a property's `update`, of which Blender wants exactly two arguments; the title is as above."""

    def decorate(function: Callable[[Any, Any], object]) -> Callable[[Any, Any], None]:
        guarded = called_by_blender(title)(function)

        @wraps(function)
        def call(group: Any, context: Any) -> None:
            guarded(group, context)

        return mark(call)

    return decorate


def is_guarded(function: Any) -> bool:
    """Whether a callback is guarded."""
    return bool(getattr(function, _MARK, False))


def mark(function: Any) -> Any:
    """Note that a callback is guarded in another way."""
    setattr(function, _MARK, True)
    return function
