"""Takes a chat completion apart, whole or streamed. What does not look like one is refused in words; nothing is run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from ...errors import ModelError

MOST_ANSWER: Final = 1_000_000
"""Characters of an answer, and bytes of one that is not streamed; a pose takes a few thousand."""
MOST_STREAM: Final = 4_000_000
"""Bytes of a streamed answer, in which each word comes in an envelope of 250 bytes."""

TOO_LONG: Final = (
    "The language model's answer is longer than 1 MB and was cut off: a pose takes a few thousand characters. "
    "Try again, or take another model."
)
NO_COMPLETION: Final = (
    "The server's answer is no chat completion. Check that the address is that of an OpenAI-compatible server, and "
    "ends with its path, mostly /v1."
)
CUT_OFF: Final = (
    "The connection was cut in the middle of the answer. Try again; if it stays so, look at the server's log."
)
REFUSED: Final = "The language model declined to answer. Say it in other words, or take another model."


@dataclass(frozen=True)
class Answer:
    """What a model wrote.

    Attributes:
        text: as it came.
        cut: the model had to stop before its end: its context, or the server's limit of tokens, was full.
    """

    text: str
    cut: bool = False


@dataclass
class Gathered:
    """An answer that grows; `characters` can be watched meanwhile."""

    pieces: list[str] = field(default_factory=list[str])
    characters: int = 0
    refusal: bool = False
    finish: str | None = None

    def add(self, choice: Mapping[str, Any], message: Mapping[str, Any]) -> None:
        """One choice's message, or what a stream adds to it.

        Raises:
            ModelError: the answer is too long, or its content is no text.
        """
        text = _text_of(message.get("content"))
        self.refusal = self.refusal or bool(message.get("refusal"))
        reason = choice.get("finish_reason")
        self.finish = reason if isinstance(reason, str) and reason else self.finish
        self.characters += len(text)
        if self.characters > MOST_ANSWER:
            raise ModelError(TOO_LONG)
        if text:
            self.pieces.append(text)

    def answer(self) -> Answer:
        """The whole.

        Raises:
            ModelError: the model declined, or wrote nothing.
        """
        text = "".join(self.pieces)
        if self.finish == "content_filter" or (self.refusal and "{" not in text):
            raise ModelError(REFUSED)
        if not text.strip():
            ended = (
                " before it wrote a word: its context or token limit is too small" if self.finish == "length" else ""
            )
            raise ModelError(
                f"The language model's answer is empty{ended}. Try again, or take another model; one that thinks "
                "before it answers may need a larger limit of tokens."
            )
        return Answer(text, cut=self.finish == "length")


def whole_answer(body: bytes) -> Answer:
    """The answer in the body of a completion that was not streamed.

    Raises:
        ModelError: it is no completion, a refusal, or empty.
    """
    gathered = Gathered()
    gathered.add(*choice_of(loaded(body.decode("utf-8", "replace")), part="message"))
    return gathered.answer()


def add_event(gathered: Gathered, data: str) -> None:
    """Add one event of a streamed completion.

    Raises:
        ModelError: it is no piece of a completion, or the server tells an error in it.
    """
    said: object = loaded(data)
    if _mapping(said).get("choices") == []:
        return  # counts of tokens and the like
    gathered.add(*choice_of(said, part="delta"))


def choice_of(said: object, *, part: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The first choice and its `part`: the message, or what is added to it.

    Raises:
        ModelError: there is none, or the server tells an error in its place.
    """
    given = _mapping(said)
    if given.get("error"):
        raise ModelError("The server broke off with an error. Look at its log, and try again.")
    choices = given.get("choices")
    choice = _mapping(cast("list[object]", choices)[0]) if isinstance(choices, list) and choices else None
    if choice is None or part not in choice:
        raise ModelError(NO_COMPLETION)
    return choice, _mapping(choice[part])


def error_words(body: bytes) -> str:
    """What a server says of an error, of whatever form; empty where that is not to be found. Only to be searched."""
    text = body.decode("utf-8", "replace")
    try:
        given = _mapping(loaded(text))
        error = given.get("error", given.get("detail", given.get("message", "")))
        return error if isinstance(error, str) else json.dumps(error)
    except (ModelError, RecursionError):
        return text


def loaded(text: str) -> Any:
    """JSON, without integers that would be too long for a number.

    Raises:
        ModelError: it is none, or nested too deeply.
    """
    try:
        return json.loads(text, parse_int=_number)
    except (ValueError, RecursionError):
        pass  # the parser's own error would carry the whole text along
    raise ModelError(NO_COMPLETION)


def _number(digits: str) -> float:
    return float(digits) if len(digits) < 300 else math.inf


def _mapping(said: object) -> Mapping[str, Any]:
    if not isinstance(said, Mapping):
        raise ModelError(NO_COMPLETION)
    return cast("Mapping[str, Any]", said)


def _text_of(content: object) -> str:
    """A text, or the texts of a list of parts; nothing where a tool was called instead."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [_mapping(part).get("text") for part in cast("list[object]", content)]
        return "".join(part for part in parts if isinstance(part, str))
    raise ModelError(NO_COMPLETION)
