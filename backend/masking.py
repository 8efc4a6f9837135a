"""Takes what is private out of a text that an artist may publish: homes, names of people and computers, keys.

What is known of this computer (`Secrets.here`) is found wherever it stands, in any way it may be written. What belongs
to others is found by its form. In doubt too much is taken out rather than too little.
"""

from __future__ import annotations

import getpass
import ipaddress
import json
import os
import platform
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from .masking_forms import FORMS, SECRET_NAME, mask_urls

USER: Final = "<user>"
HOST: Final = "<computer>"
KEY: Final = "<key>"
HOME: Final = "~"

_LEAST_NAME: Final = 3
"""Shorter names of users and computers are taken out of paths alone: they are parts of too many words."""
_LEAST_SECRET: Final = 6
_COMMON: Final = """
    root user users admin administrator guest public default home local localhost test blender python torch model models
    contrapposto artist runner ubuntu debian linux windows macos
"""
_EVERYBODYS: Final = frozenset(_COMMON.split())
"""Names that tell nobody from another; without them a report would be full of holes."""
_ADDRESS: Final = re.compile(r"(?<![\w.])(//|@)?((?:\d{1,3}\.){3}\d{1,3})(:\d+)?(?![\w.]*\w)")
_ADDRESS_6: Final = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_LETTER: Final = r"[^\W\d_]"


@dataclass(frozen=True)
class Secrets:
    """What is known to be private.

    Attributes:
        homes: home folders.
        users: names of people.
        hosts: names of computers.
        keys: passwords, API keys, values of environment variables.
        others: further texts, each with what stands in its place, such as the picture's path.
    """

    homes: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def here(cls, *, keys: Iterable[str] = (), others: Mapping[str, str] | None = None) -> Secrets:
        """Those of this computer and whoever uses it, and some more."""
        environment = dict(os.environ)
        homes = [environment.get(name, "") for name in ("HOME", "USERPROFILE")] + [str(Path.home())]
        homes += [os.path.realpath(home) for home in homes if home]
        users = [environment.get(name, "") for name in ("USER", "USERNAME", "LOGNAME", "SUDO_USER")]
        users += [_login_name(), *(re.split(r"[\\/]+", home.rstrip("\\/"))[-1] for home in homes)]
        hosts = [environment.get(name, "") for name in ("COMPUTERNAME", "HOSTNAME", "HOST")] + [platform.node()]
        hosts += [host.partition(".")[0] for host in hosts]
        kept = [value for name, value in environment.items() if SECRET_NAME.search(name)]
        return cls(_clean(homes), _clean(users), _clean(hosts), _clean([*keys, *kept]), dict(others or {}))


def mask(text: str, secrets: Secrets) -> str:
    """The text without what is private.

    What is known goes first, or a form found in the middle of it would leave its ends standing.
    """
    text = unicodedata.normalize("NFC", text)
    for secret in sorted((key for key in secrets.keys if len(key) >= _LEAST_SECRET), key=len, reverse=True):
        text = _replaced(text, secret, KEY)
    for secret, instead in sorted(secrets.others.items(), key=lambda item: -len(item[0])):
        if len(secret) >= _LEAST_SECRET:
            text = _replaced(text, secret, instead)
    text = mask_urls(text)
    for home in sorted(secrets.homes, key=len, reverse=True):
        if len(home.strip("\\/")) >= _LEAST_NAME and home.strip("\\/").lower() not in _EVERYBODYS - {"root"}:
            text = _replaced(text, home.rstrip("\\/"), HOME, whole=True)
    for form, instead in FORMS:
        text = form.sub(instead, text)
    text = _ADDRESS_6.sub(_address_6, _ADDRESS.sub(_address, text))
    for names, instead in ((secrets.users, USER), (secrets.hosts, HOST)):
        for name in sorted(names, key=len, reverse=True):
            if len(name) >= _LEAST_NAME and name.lower() not in _EVERYBODYS:
                text = _replaced(text, name, instead, whole=True)
    return text


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # such as a container's user without a name
        return ""


def _clean(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unicodedata.normalize("NFC", value.strip()) for value in values if value.strip()))


def _replaced(text: str, secret: str, instead: str, *, whole: bool = False) -> str:
    """Replace a secret in every way it may be written; `whole` where no letter stands before or after it."""
    pattern = "|".join(_written(form) for form in sorted(_forms(secret), key=len, reverse=True))
    if whole:
        # A letter of an escape such as \n does not belong to a word.
        pattern = rf"(?:(?<!{_LETTER})|(?<=\\[nrtu]))(?:{pattern})(?!{_LETTER})"
    return re.sub(pattern, lambda _match: instead, text, flags=re.IGNORECASE)


def _forms(secret: str) -> set[str]:
    """As it is; as `repr`, `ascii` and JSON write it; as a part of a URL; as macOS's file system writes it."""
    forms: set[str] = set()
    for written in (secret, unicodedata.normalize("NFD", secret)):
        forms |= {written, repr(written)[1:-1], ascii(written)[1:-1], json.dumps(written)[1:-1]}
        forms |= {quote(written.encode("utf-8", "surrogatepass")), quote(written.encode("utf-8", "surrogatepass"), "")}
    return {unicodedata.normalize("NFC", form) for form in forms}


def _written(form: str) -> str:
    """A pattern in which either slash, once or doubled, stands for any."""
    return r"[\\/]+".join(re.escape(part) for part in re.split(r"[\\/]+", form))


def _address(match: re.Match[str]) -> str:
    """A version such as 4.10.0.84 looks like an address; those are small numbers, and no port follows."""
    before, number, port = match[1] or "", match[2], match[3] or ""
    parts = [int(part) for part in number.split(".")]
    if max(parts) > 255 or parts[0] in {0, 127} or (parts[0] < 10 and not before and not port):
        return match[0]
    return f"{before}<address>{port}"


def _address_6(match: re.Match[str]) -> str:
    try:
        address = ipaddress.IPv6Address(match[0])
    except ValueError:
        return match[0]
    return match[0] if address.is_loopback or address.is_unspecified else "<address>"
