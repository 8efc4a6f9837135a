"""Looks up a host's addresses without a thread and without freezing a window.

The system's own look-up blocks, for half a minute where a name server is silent, and asyncio hides that in a thread. So
a small Python process does it, as Blender's extension manager does its downloads; the job asks now and then whether it
has finished. Where the interpreter is not a plain Python, the look-up is done in place, and announced first.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from ...errors import ModelError
from ...job import Job, Progress
from .addresses import Server

_LOOK_UP: Final = """
import socket, sys
found = socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)
print(*dict.fromkeys(each[4][0] for each in found), sep="\\n")
"""
_POLL_S: Final = 0.005
_MOST_ADDRESSES: Final = 8


def addresses_of(server: Server, *, timeout_s: float) -> Job[tuple[str, ...]]:
    """The IP addresses of a server, the preferred first; of loopback and IP addresses without asking anybody.

    Raises:
        ModelError: the name is not known, or no name server answered in time.
    """
    known = server.known_addresses()
    if known is not None:
        return known
    told = Progress(f"Looking up {server.host}", 0.0)
    yield told
    if not _has_plain_python():
        return _looked_up_here(server)
    command = [sys.executable, "-I", "-S", "-c", _LOOK_UP, server.host]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **_no_console()) as process:
        try:
            deadline = time.monotonic() + timeout_s
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise ModelError(
                        f"No name server told the address of {server.host} within {timeout_s:g} s. Check the network."
                    )
                time.sleep(_POLL_S)
                yield told
        finally:
            process.kill()
        found = process.stdout.read(4096) if process.stdout is not None else b""
    return _checked(found.decode("ascii", "replace").split(), server)


def _looked_up_here(server: Server) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(server.host, None, type=socket.SOCK_STREAM)
    except OSError:
        found = []
    return _checked([str(each[4][0]) for each in found], server)


def _checked(lines: list[str], server: Server) -> tuple[str, ...]:
    """Addresses, and nothing but addresses."""
    try:
        found = tuple(dict.fromkeys(str(ipaddress.ip_address(line)) for line in lines))
    except ValueError:
        found = ()
    if not found:
        raise ModelError(
            f"The name {server.host} is not known to the network. Check the server's address, and that you are online."
        )
    return found[:_MOST_ADDRESSES]


def _has_plain_python() -> bool:
    """`sys.executable` is Python and not a program that embeds it, which would start a second time."""
    return bool(sys.executable) and Path(sys.executable).stem.lower().startswith("python")


def _no_console() -> dict[str, Any]:
    return {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {}
