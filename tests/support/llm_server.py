"""A real HTTP server on 127.0.0.1 that speaks the OpenAI protocol, well or badly as a test wants it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

Reply = Callable[["Caller"], None]


@dataclass
class Caller:
    """The other side of one request."""

    connection: socket.socket
    ended: threading.Event
    sent: int = 0

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        self.sent += len(data)

    def wait(self, seconds: float) -> None:
        """Until the test is over, at most."""
        self.ended.wait(seconds)


@dataclass
class Seen:
    """A request that arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class LlmServer:
    """Answers each request with the next of `replies`, the last one again and again; a connection serves one."""

    replies: list[Reply]
    seen: list[Seen] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    hung_up: int = 0
    """How many answers the other side did not wait for."""

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._ended.set()
        with socket.socket() as waker:
            waker.connect(("127.0.0.1", self.port))
        for thread in self._threads:
            thread.join(5.0)
            assert not thread.is_alive()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._ended.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        caller = Caller(connection, self._ended)
        with connection:
            try:
                self._read(connection)
                reply = self.replies[min(len(self.seen), len(self.replies)) - 1]
                reply(caller)
            except (ConnectionError, TimeoutError):
                self.hung_up += 1
            self.sent.append(caller.sent)

    def _read(self, connection: socket.socket) -> None:
        connection.settimeout(10.0)
        stream = connection.makefile("rb")
        with stream:
            first = stream.readline().decode("ascii")
            if not first:
                raise ConnectionAbortedError
            lines = iter(lambda: stream.readline().decode("latin-1").strip(), "")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = json.loads(stream.read(int(headers.get("content-length", "0"))) or b"{}")
        self.seen.append(Seen(first.split()[1], headers, body))


def http(
    body: bytes, *, status: str = "200 OK", kind: str = "application/json", length: int | None = None, more: str = ""
) -> bytes:
    """A response of HTTP/1.1 whose connection is closed afterwards."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\nConnection: close\r\n{more}\r\n"
    return head.encode("latin-1") + body


def raw(data: bytes) -> Reply:
    """Exactly these bytes."""
    return lambda caller: caller.send(data)


def completion(text: Any, *, finish: str = "stop", **message: Any) -> Reply:
    """A completion that is not streamed."""
    said = {"role": "assistant", "content": text, **message}
    return raw(http(json.dumps({"choices": [{"message": said, "finish_reason": finish}]}).encode()))


def failure(status: str, message: str, *, more: str = "") -> Reply:
    """An error as these servers tell it."""
    return raw(http(json.dumps({"error": {"message": message}}).encode(), status=status, more=more))


def event(text: str | None, *, finish: str | None = None, **delta: Any) -> bytes:
    """One event of a stream."""
    said = {"content": text, **delta} if text is not None or not delta else delta
    return b"data: " + json.dumps({"choices": [{"delta": said, "finish_reason": finish}]}).encode() + b"\n\n"


STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def streamed(pieces: Iterable[str], *, pause_s: float = 0.0, done: bool = True) -> Reply:
    """A completion in pieces."""

    def reply(caller: Caller) -> None:
        caller.send(STREAM_HEAD + b": keep-alive\n\n" + event("", role="assistant"))
        for piece in pieces:
            caller.wait(pause_s)
            caller.send(event(piece))
        if done:
            caller.send(event(None, finish="stop", role="assistant") + b"data: [DONE]\n\n")

    return reply


def late(seconds: float, reply: Reply) -> Reply:
    """The same after a while."""

    def wait(caller: Caller) -> None:
        caller.wait(seconds)
        reply(caller)

    return wait


def endless(head: bytes, piece: bytes, *, most: int) -> Reply:
    """As many bytes as the other side takes."""

    def reply(caller: Caller) -> None:
        caller.send(head)
        while caller.sent < most:
            caller.send(piece)

    return reply


def wait_until(true: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    """Whether it becomes true in that time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.005)
    return true()
