"""How the artist's own language model is reached. A key is kept out of every text that these objects print."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from typing import Final

from ...errors import InputError
from .addresses import Server, parse_server

KEY_VARIABLE: Final = "CONTRAPPOSTO_LLM_KEY"
"""The environment variable that can hold the key, so that it is in no file."""
MASK: Final = "••••••"
_MOST_KEY: Final = 4096
_MOST_MODEL: Final = 200
_LEAST_SECRET: Final = 12
_KEY: Final = re.compile(r"[\x21-\x7e]*")


@dataclass(frozen=True)
class LlmSettings:
    """Which server and model are asked, and what they may be sent.

    Attributes:
        base_url: the server's address, such as http://localhost:11434/v1.
        model: the model's name, as the server calls it.
        api_key: sent as a bearer token where there is one; never printed. See `environment_key`.
        timeout_s: seconds that one question may take, from the first byte sent to the last received; a pose takes one
            question, or two where the first answer must be repaired.
        connect_s: seconds that looking up the name and connecting may take.
        silence_s: seconds that an answer which has begun may pause.
        send_picture: send the picture too, where the request has one.
        online_access: servers other than this computer may be reached (`bpy.app.online_access`).
        stream: ask for the answer bit by bit, so that progress can be shown.

    Raises:
        InputError: the address, name, key or a time cannot be used.
    """

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    connect_s: float = 10.0
    silence_s: float = 60.0
    send_picture: bool = False
    online_access: bool = False
    stream: bool = True

    def __post_init__(self) -> None:
        _ = self.server
        if not self.model.strip() or len(self.model) > _MOST_MODEL or not self.model.isprintable():
            raise InputError("No model is named. Enter its name as the server lists it, such as `qwen2.5:7b`.")
        if len(self.api_key) > _MOST_KEY or not _KEY.fullmatch(self.api_key.strip()):
            raise InputError("The key holds characters that no key has. Copy it again, without spaces and line breaks.")
        for name, seconds in (("whole", self.timeout_s), ("connect", self.connect_s), ("silence", self.silence_s)):
            if not math.isfinite(seconds) or seconds <= 0.0:
                raise InputError(f"The time-out ({name}) must be a positive number of seconds.")

    @property
    def server(self) -> Server:
        """The address, taken apart."""
        return parse_server(self.base_url)

    @property
    def key(self) -> str:
        """The key without the blanks around it, which come along when it is copied."""
        return self.api_key.strip()

    def masked(self, text: str) -> str:
        """`text` without the key, should it occur there; what local servers take for one (`ollama`) is no secret."""
        return text.replace(self.key, MASK) if len(self.key) >= _LEAST_SECRET else text


def environment_key() -> str:
    """The key in the environment variable CONTRAPPOSTO_LLM_KEY, or nothing."""
    return os.environ.get(KEY_VARIABLE, "").strip()
