"""Server-sent events, read as they come: bytes in, the data of each event out. Bounded, and knows nothing of models.

The format is the HTML standard's (section 9.2.6, interpreting an event stream), of which only `data` matters here.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

MOST_LINE: Final = 1 << 20
"""Characters of one line; more is no language model's answer."""


class EventReader:
    """Puts together lines and events that arrive in pieces.

    Raises:
        ValueError: from `feed`, where a line or an event is longer than `MOST_LINE`.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pieces: list[str] = []
        self._pending = 0
        self._after_return = False
        self._data: list[str] = []
        self._held = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of the events that are complete with these bytes."""
        text = self._decoder.decode(chunk)
        if self._after_return and text:
            text, self._after_return = text.removeprefix("\n"), False
        self._after_return = text.endswith("\r") or (self._after_return and not text)
        *ended, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for piece in ended:
            self._keep(piece)
            line, self._pieces, self._pending = "".join(self._pieces), [], 0
            yield from self._line(line)
        self._keep(rest)

    def _keep(self, piece: str) -> None:
        self._pending += len(piece)
        if self._pending > MOST_LINE:
            raise ValueError("line too long")
        if piece:
            self._pieces.append(piece)

    def _line(self, line: str) -> Iterator[str]:
        """An event ends with an empty line; comments and other fields are passed over."""
        if not line:
            if self._data:
                data, self._data, self._held = "\n".join(self._data), [], 0
                yield data
            return
        name, _, value = line.partition(":")
        if name == "data":
            self._held += len(value)
            if self._held > MOST_LINE:
                raise ValueError("event too long")
            self._data.append(value.removeprefix(" "))
