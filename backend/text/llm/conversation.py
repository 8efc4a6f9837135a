"""One question, one repair: the way from a request to a `Program`, whoever writes the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ...errors import InputError, ModelError
from ...job import Job
from ..language import Program
from .answer import program_of
from .prompt import Message, opening, repair
from .replies import Answer
from .request import LlmRequest

Send: TypeAlias = Callable[[list[Message]], Job[Answer]]
"""Gives messages to a model and returns what it writes."""


def converse(request: LlmRequest, send: Send) -> Job[Program]:
    """Ask, check the answer, and where it is wrong say what is wrong and ask once more.

    Raises:
        ModelError: the second answer is wrong as well, or whatever `send` raises.
    """
    messages = opening(request)
    answer = yield from send(messages)
    try:
        return program_of(answer, request)
    except InputError as error:
        problem = str(error)
    again = yield from send([*messages, *repair(answer.text, problem)])
    try:
        return program_of(again, request)
    except InputError as error:
        problem = str(error)
    raise ModelError(
        f"The language model gave no valid pose, also when asked to correct it. {problem} Say it in other words, or "
        "take a larger model."
    )
