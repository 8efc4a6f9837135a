"""Keeps tests off the network: only this computer's own addresses can be reached."""

from __future__ import annotations

import socket
from typing import Any

import pytest

LOOPBACK = ("127.", "::1", "localhost")


def block_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every connection that leaves this computer fail with a sentence."""
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"A test tried to reach {address[0]} over the network.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_here)
