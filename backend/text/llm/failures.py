"""What can go wrong between here and a server, as sentences: what failed, on what, and what to do now.

A server's own words are searched for what it does not support, and never shown: they can hold the key that it was sent.
"""

from __future__ import annotations

import email.utils
import math
import re
import ssl
import time
from dataclasses import dataclass
from typing import Final

import httpx

from ...errors import ModelError
from .replies import CUT_OFF
from .settings import LlmSettings

_MOST_WAIT_S: Final = 7 * 24 * 3600.0

_ABOUT_MODEL: Final = re.compile(
    r"model.{0,80}(not found|not exist|no such|not a valid|not loaded|unknown)|model_not_found"
)
_ABOUT_CONTEXT: Final = re.compile(r"context.{0,20}(length|size|window)|too many tokens|exceed.{0,40}(context|token)")


class ServerRefusedError(Exception):
    """A status that is no success; the client may ask again for less before it tells the artist.

    Attributes:
        status: the HTTP status.
        words: what the server says of it, in lower case, at most 4,000 characters.
        retry_after: the header of that name.
    """

    def __init__(self, status: int, words: str, *, retry_after: str = "") -> None:
        super().__init__(status)
        self.status, self.words, self.retry_after = status, words[:4000].lower(), retry_after

    @property
    def is_final(self) -> bool:
        """Asking for less would not help: the key, the model's name, the load or the length are at fault."""
        return (
            self.status not in {400, 404, 413, 415, 422, 500, 501}
            or (self.status == 404 and not _speaks_of_support(self.words))
            or bool(_ABOUT_MODEL.search(self.words))
            or bool(_ABOUT_CONTEXT.search(self.words))
        )


@dataclass(frozen=True)
class Failures:
    """Sentences about one server.

    Attributes:
        settings: names the server and the model; the key is not read.
    """

    settings: LlmSettings

    @property
    def _where(self) -> str:
        return self.settings.server.authority

    def of_status(self, refused: ServerRefusedError) -> ModelError:
        """Of an HTTP status that is no success."""
        status = refused.status
        if 300 <= status < 400:
            return ModelError(
                f"{self._where} sends us on to another address, which is not followed. Enter the final address, mostly "
                "with https:// and ending with /v1."
            )
        if _ABOUT_MODEL.search(refused.words):
            return self._no_model()
        if _ABOUT_CONTEXT.search(refused.words) or status == 413:
            return ModelError(
                f"The question is too long for {self._model} on {self._where}. Raise the server's context length to "
                "8192 tokens or more, or switch the picture off."
            )
        known = {401: self._no_entry, 403: self._no_entry, 404: self._no_path, 429: lambda: self._too_much(refused)}
        if status in known:
            return known[status]()
        if status >= 500:
            return ModelError(
                f"{self._where} failed (HTTP {status}). Look at the server's log: a model that does not fit into "
                "memory is the usual reason. Then try again."
            )
        return ModelError(
            f"{self._where} refused the question (HTTP {status}). Check the address and the model's name."
        )

    def of_network(self, error: httpx.HTTPError) -> ModelError:
        """Of a connection that was not made, or did not last."""
        cause = root_cause(error)
        if isinstance(cause, ssl.SSLError):
            return self._no_tls(cause)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return ModelError(
                f"Nothing answers at {self._where}. Start the server (`ollama serve`, LM Studio's server, "
                "`llama-server`), or check address and port."
            )
        if isinstance(error, httpx.RemoteProtocolError) and "without sending a response" in str(error):
            return ModelError(
                f"{self._where} hung up without an answer. Check the port, whether the address begins with http:// or "
                "https://, and the server's log."
            )
        if isinstance(error, httpx.RemoteProtocolError) and "peer closed" not in str(error):
            return ModelError(
                f"What answers at {self._where} does not speak HTTP as it should. Check the port, and whether the "
                "address begins with http:// or https://."
            )
        return ModelError(CUT_OFF)

    def of_connect_time(self) -> ModelError:
        """Of a connection that was not made in time."""
        return ModelError(
            f"{self._where} did not accept a connection within {self.settings.connect_s:g} s. Check the address and "
            "the network."
        )

    def of_time(self) -> ModelError:
        """Of an answer that did not end in time."""
        return ModelError(
            f"{self._model} on {self._where} did not finish its answer within {self.settings.timeout_s:g} s. Raise the "
            "time-out (a model is loaded at its first question), or take a smaller model."
        )

    def of_silence(self) -> ModelError:
        """Of an answer that began and went no further."""
        return ModelError(
            f"{self._where} began its answer and then said nothing for {self.settings.silence_s:g} s. Try again, or "
            "look at the server's log."
        )

    def of_content(self, kind: str) -> ModelError:
        """Of an answer of another media type."""
        what = "a web page" if "html" in kind else "something else"
        return ModelError(
            f"{self._where} answered with {what} in the place of JSON. Check that the address is that of the server's "
            "OpenAI-compatible interface, mostly ending with /v1."
        )

    def of_packing(self) -> ModelError:
        """Of a compressed answer, which nobody asked for and which could unpack to gigabytes."""
        return ModelError(
            f"{self._where} sent a compressed answer although asked not to, and it was not unpacked. Switch "
            "compression off in the server or in the proxy before it."
        )

    @property
    def _model(self) -> str:
        return self.settings.masked(self.settings.model)

    def _no_entry(self) -> ModelError:
        what = "refused the key" if self.settings.key else "asks for a key, and none is set"
        return ModelError(
            f"{self._where} {what}. Enter a valid one in the preferences or in CONTRAPPOSTO_LLM_KEY, and check that it "
            f"may use {self._model}."
        )

    def _no_model(self) -> ModelError:
        return ModelError(
            f"{self._where} has no model {self._model}. Check the name in the server's list of models, or load it "
            "there (`ollama pull`)."
        )

    def _no_path(self) -> ModelError:
        return ModelError(
            f"{self._where} has no {self.settings.server.path}/chat/completions, or no model {self._model}. Check that "
            "the address ends as the server's manual says, mostly with /v1, and that the model is loaded."
        )

    def _too_much(self, refused: ServerRefusedError) -> ModelError:
        wait = seconds_to_wait(refused.retry_after)
        when = f"in {in_words(wait)}" if wait is not None else "in a minute"
        return ModelError(
            f"{self._where} takes no more questions now (too many, or the account's limit is reached). "
            f"Try again {when}."
        )

    def _no_tls(self, cause: ssl.SSLError) -> ModelError:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ModelError(
                f"The certificate of {self._where} is not valid for it, so nothing was sent. Check the address; a "
                "studio's own authority can be named in the environment variable SSL_CERT_FILE."
            )
        return ModelError(
            f"No encrypted connection to {self._where} could be made. If the server speaks plain HTTP, begin the "
            "address with http://."
        )


def root_cause(error: BaseException) -> BaseException:
    """What an error was raised from in the first place; a TLS error on the way is taken as that."""
    seen: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in seen:
        if isinstance(at, ssl.SSLError):
            return at
        seen.append(at)
        at = at.__cause__ or at.__context__
    return seen[-1]


def seconds_to_wait(header: str) -> float | None:
    """Of a Retry-After header: seconds or a date (RFC 9110, section 10.2.3); None where it says neither."""
    try:
        seconds = float(header) if len(header) < 20 else math.nan
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        try:
            seconds = email.utils.parsedate_to_datetime(header[:60]).timestamp() - time.time()
        except (ValueError, OverflowError, OSError):
            return None
    return min(max(seconds, 0.0), _MOST_WAIT_S)


def in_words(seconds: float) -> str:
    """`20 s`, `5 minutes`, `2 hours`."""
    if seconds < 120.0:
        return f"{math.ceil(seconds)} s"
    return f"{math.ceil(seconds / 60.0)} minutes" if seconds < 7200.0 else f"{math.ceil(seconds / 3600.0)} hours"


def _speaks_of_support(words: str) -> bool:
    """404 is also how a router of many servers says that none of them does what was asked."""
    return "support" in words
