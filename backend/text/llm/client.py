"""Asks an OpenAI-compatible server (Ollama, LM Studio, llama.cpp, vLLM, hosted ones) for a `Program`.

What a server cannot do is left out of the next question: a picture, a form of answer, a stream. What the artist should
know of that stands in the program's notes.
"""

from __future__ import annotations

import dataclasses
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from ...job import Job, Progress
from ...packages import require_package
from ..codec import json_schema
from ..language import Program
from .addresses import check_allowed, check_encrypted
from .conversation import converse
from .names import addresses_of
from .picture import data_url
from .prompt import Message, in_a_fence, opening
from .replies import Answer
from .request import LlmRequest
from .settings import MASK, LlmSettings

if TYPE_CHECKING:
    from .stepped import SteppedLoop
    from .transport import Line

Form: TypeAlias = Literal["json_schema", "json_object", "text"]
"""How the server is told what the answer must look like; the last one is told to the model alone."""

_FORMS: Final[tuple[Form, ...]] = ("json_schema", "json_object", "text")
_TEMPERATURE: Final = 0.2
_ABOUT_PICTURES: Final = re.compile(
    r"image|vision|multi-?modal|mmproj|picture|must be a string|expected (a )?string|string type"
)
_ABOUT_STREAM: Final = re.compile(r"\bstream")
_ABOUT_FORM: Final = re.compile(r"response_?format|json_schema|json_object|json mode|schema|grammar|structured|guided")

WITHOUT_PICTURE: Final = "The server or its model takes no pictures: it was asked without the picture."
WITHOUT_FORM: Final = "The server cannot be told the form of the answer, so the answer was only checked."


def ask(request: LlmRequest, settings: LlmSettings) -> Job[Program]:
    """Ask the server, step by step; closing the job closes the connection.

    Raises:
        InputError: the server is not on this computer and online access is off, or the key would go unencrypted.
        ModelError: no valid pose came back: why, and what to do. The offline way is the caller's to take then.
        MissingPackageError: httpx is not installed, or for a picture OpenCV.
    """
    server = settings.server
    check_allowed(server, online_access=settings.online_access)
    yield Progress(f"Preparing the question to {server.authority}", 0.0)
    require_package("httpx", name="httpx", purpose="ask a language model's server")
    addresses = yield from addresses_of(server, timeout_s=settings.connect_s)
    check_encrypted(server, addresses, has_key=bool(settings.key))
    from .stepped import SteppedLoop
    from .transport import Line, trusted_certificates

    question = Question.first(request, settings)
    with SteppedLoop() as loop:
        line = Line(settings, addresses, trusted_certificates(encrypted=server.scheme == "https"))
        program = yield from converse(request, Asker(line, loop, question=question).send)
        return dataclasses.replace(program, notes=(*question.notes, *program.notes))


def request_preview(request: LlmRequest, settings: LlmSettings) -> str:
    """What would be sent first, for the artist to read: the key masked, the picture's data left out."""
    question = Question.first(request, settings)
    if question.picture:
        question.picture = f"data:image/jpeg;base64,... ({len(question.picture) // 1000} kB)"
    shown = {
        "POST": f"{settings.server.base_url}/chat/completions",
        "Authorization": f"Bearer {MASK}" if settings.key else "none",
        "body": question.body(opening(request)),
    }
    return settings.masked(json.dumps(shown, indent=2, ensure_ascii=False))


@dataclasses.dataclass
class Question:
    """How the server is asked at present; `ask_less` takes away what it refused.

    Attributes:
        model: the model's name.
        form: how it is told what the answer must look like.
        picture: a data URL, or nothing.
        stream: ask for the answer bit by bit.
        temperature: None where the model's own is taken.
        notes: what the artist should know.
    """

    model: str
    form: Form = "json_schema"
    picture: str = ""
    stream: bool = True
    temperature: float | None = _TEMPERATURE
    notes: list[str] = dataclasses.field(default_factory=list[str])

    @classmethod
    def first(cls, request: LlmRequest, settings: LlmSettings) -> Question:
        """With everything that was asked for."""
        wanted = request.picture is not None and settings.send_picture
        picture = data_url(request.picture) if wanted and request.picture is not None else ""
        return cls(settings.model.strip(), picture=picture, stream=settings.stream)

    def body(self, messages: list[Message]) -> dict[str, Any]:
        """The JSON of a chat completion."""
        body: dict[str, Any] = {"model": self.model, "messages": self._told(messages), "stream": self.stream}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.form == "json_schema":
            schema = {"name": "pose", "strict": False, "schema": json_schema()}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.form == "json_object":
            body["response_format"] = {"type": "json_object"}
        return body

    def ask_less(self, status: int, words: str) -> bool:
        """Leave out what the server's words speak of, or else what is most likely; false where nothing is left."""
        if self.temperature is not None and "temperature" in words:
            self.temperature = None
        elif self.stream and _ABOUT_STREAM.search(words):
            self.stream = False
        elif self.picture and (_ABOUT_PICTURES.search(words) or status in {413, 415}):
            self._drop_picture()
        elif self.form != "text" and _ABOUT_FORM.search(words):
            self._drop_form()
        elif status not in {400, 422}:  # a failure that speaks of nothing we asked for
            return False
        elif self.picture:
            self._drop_picture()
        elif self.form != "text":
            self._drop_form()
        else:
            return False
        return True

    def _drop_picture(self) -> None:
        self.picture = ""
        self.notes.append(WITHOUT_PICTURE)

    def _drop_form(self) -> None:
        self.form = _FORMS[_FORMS.index(self.form) + 1]
        if self.form == "text":
            self.notes.append(WITHOUT_FORM)

    def _told(self, messages: list[Message]) -> list[Message]:
        """The messages; the picture is beside the first question, and a fence is asked for where nothing else helps."""
        told = [dict(message) for message in messages]
        if self.form == "text":
            told[1]["content"] += f" {in_a_fence()}"
        if self.picture:
            text = {"type": "text", "text": told[1]["content"]}
            told[1]["content"] = [text, {"type": "image_url", "image_url": {"url": self.picture}}]
        return told


class Asker:
    """Sends messages on a line, and again with less where the server refuses something."""

    def __init__(self, line: Line, loop: SteppedLoop, *, question: Question) -> None:
        self._line, self._loop, self._question = line, loop, question

    def send(self, messages: list[Message]) -> Job[Answer]:
        """One answer.

        Raises:
            ModelError: there is none; why, in words.
        """
        from .failures import Failures, ServerRefusedError

        while True:
            body = json.dumps(self._question.body(messages), ensure_ascii=False).encode("utf-8", "replace")
            try:
                return (yield from self._loop.run(partial(self._line.ask, body), progress=self._progress))
            except ServerRefusedError as error:
                refused = error
            if refused.is_final or not self._question.ask_less(refused.status, refused.words):
                raise Failures(self._line.settings).of_status(refused)

    def _progress(self) -> Progress:
        """In words; the fraction creeps towards what a pose's answer is usually long."""
        written = self._line.gathered.characters
        where = self._line.settings.server.authority
        if not written:
            return Progress(f"Waiting for the language model at {where}", 0.1)
        return Progress(
            f"The language model writes: {written // 50 * 50} characters", 0.2 + 0.7 * written / (written + 800)
        )
