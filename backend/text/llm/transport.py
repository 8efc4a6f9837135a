"""Sends one question to a server and reads its answer, bounded in size and time. Knows nothing of poses.

Redirects are not followed, proxies and other settings of the environment are not heeded (they would take a question to
this computer elsewhere), answers are not unpacked, and the name is not looked up here: the request goes to an IP
address, with the name in `Host` and in the TLS handshake.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import httpx

from ...errors import ModelError
from .event_stream import EventReader
from .failures import Failures, ServerRefusedError, root_cause
from .replies import (
    CUT_OFF,
    MOST_ANSWER,
    MOST_STREAM,
    NO_COMPLETION,
    TOO_LONG,
    Answer,
    Gathered,
    add_event,
    error_words,
    whole_answer,
)
from .settings import LlmSettings

_MOST_ERROR: Final = 65_536
_DONE: Final = "[DONE]"


class BearerKey(httpx.Auth):
    """Adds the key when the request leaves, so that no request object that is printed before holds it."""

    def __init__(self, settings: LlmSettings) -> None:
        self._settings = settings

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """As httpx asks for it."""
        if self._settings.key:
            request.headers["Authorization"] = f"Bearer {self._settings.key}"
        yield request


@dataclass
class Line:
    """A way to one server, and how far its answer has come.

    Attributes:
        settings: the server, the model and the times.
        addresses: its IP addresses, tried in turn until one accepts.
        tls: the certificates that are trusted.
        gathered: the answer that is being read.
    """

    settings: LlmSettings
    addresses: tuple[str, ...]
    tls: ssl.SSLContext
    gathered: Gathered = field(default_factory=Gathered)

    async def ask(self, body: bytes) -> Answer:
        """Send a chat completion's JSON and read the answer.

        Raises:
            ServerRefusedError: the server answered with an error's status.
            ModelError: everything else that can go wrong, in words.
        """
        failures = Failures(self.settings)
        self.gathered = Gathered()
        problem: ModelError
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                return await self._ask_each(body, failures)
        except TimeoutError:
            problem = failures.of_time()
        except httpx.HTTPError as error:
            problem = failures.of_network(error)
        raise problem  # outside, so that no request with its headers hangs on to it

    async def _ask_each(self, body: bytes, failures: Failures) -> Answer:
        """At the first of the addresses where something listens."""
        *firsts, last = self.addresses
        for address in firsts:
            try:
                return await self._ask_at(address, body, failures)
            except httpx.ConnectError as error:
                if _is_tls(error):
                    raise
            except httpx.ConnectTimeout:
                pass
        try:
            return await self._ask_at(last, body, failures)
        except httpx.ConnectTimeout:
            pass
        raise failures.of_connect_time()

    async def _ask_at(self, address: str, body: bytes, failures: Failures) -> Answer:
        server = self.settings.server
        headers = {
            "Host": server.authority,
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Accept-Encoding": "identity",
            "User-Agent": "contrapposto",
        }
        waits = httpx.Timeout(None, connect=self.settings.connect_s)
        async with (
            httpx.AsyncClient(verify=self.tls, trust_env=False, follow_redirects=False, timeout=waits) as client,
            client.stream(
                "POST", server.url_at(address), content=body, headers=headers, auth=BearerKey(self.settings),
                extensions={"sni_hostname": server.host},
            ) as response,
        ):  # fmt: skip
            return await self._read(response, failures)

    async def _read(self, response: httpx.Response, failures: Failures) -> Answer:
        if response.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise failures.of_packing()
        if not response.is_success:
            words = error_words(await self._start(response, failures, most=_MOST_ERROR))
            raise ServerRefusedError(response.status_code, words, retry_after=response.headers.get("retry-after", ""))
        kind = response.headers.get("content-type", "application/json").lower()
        if kind.startswith("text/event-stream"):
            return await self._read_stream(response, failures)
        if "json" not in kind:
            raise failures.of_content(kind)
        body = await self._start(response, failures, most=MOST_ANSWER + 1)
        if len(body) > MOST_ANSWER:
            raise ModelError(TOO_LONG)
        return whole_answer(body)

    async def _read_stream(self, response: httpx.Response, failures: Failures) -> Answer:
        reader, size = EventReader(), 0
        async with aclosing(self._chunks(response, failures)) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > MOST_STREAM:
                    raise ModelError(TOO_LONG)
                if self._heard_all(reader, chunk):
                    return self.gathered.answer()
        raise ModelError(CUT_OFF if self.gathered.characters else NO_COMPLETION)

    def _heard_all(self, reader: EventReader, chunk: bytes) -> bool:
        """Take in some bytes of a stream; true at its end."""
        try:
            events = list(reader.feed(chunk))
        except ValueError as error:
            raise ModelError(NO_COMPLETION) from error
        for data in events:
            if data.strip() == _DONE:
                return True
            add_event(self.gathered, data)
        return self.gathered.finish is not None

    async def _start(self, response: httpx.Response, failures: Failures, *, most: int) -> bytes:
        """The first bytes of a body, all where there are no more."""
        read = bytearray()
        async with aclosing(self._chunks(response, failures)) as chunks:
            async for chunk in chunks:
                read += chunk
                if len(read) >= most:
                    break
        return bytes(read[:most])

    async def _chunks(self, response: httpx.Response, failures: Failures) -> AsyncGenerator[bytes]:
        """As they come, each within the time that a pause may last."""
        async with aclosing(_raw(response)) as chunks:
            while True:
                chunk: bytes | None = b""
                try:
                    async with asyncio.timeout(self.settings.silence_s):
                        chunk = await anext(chunks, None)
                except TimeoutError:
                    pass
                if chunk is None:
                    return
                if not chunk:
                    raise failures.of_silence()
                yield chunk


def trusted_certificates(*, encrypted: bool) -> ssl.SSLContext:
    """The system's authorities and those that come with httpx; none where nothing is encrypted, as loading takes long.

    The environment variables SSL_CERT_FILE and SSL_CERT_DIR name others, as OpenSSL has it.
    """
    if not encrypted:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


async def _raw(response: httpx.Response) -> AsyncGenerator[bytes]:
    """httpx calls it an iterator, although it is a generator that must be closed."""
    chunks = response.aiter_raw()
    try:
        async for chunk in chunks:
            if chunk:
                yield chunk
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()


def _is_tls(error: httpx.ConnectError) -> bool:
    return isinstance(root_cause(error), ssl.SSLError)
