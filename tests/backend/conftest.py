"""The backend runs without Blender: these tests import `contrapposto` (the editable install) and never bpy."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline import block_network
from shared_files import shared_data_folder

BLENDER_MODULES = ("bpy", "mathutils")


def imported_blender_modules() -> list[str]:
    """Blender's modules that this process has imported."""
    return [name for name in BLENDER_MODULES if name in sys.modules]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse a session that mixes these tests with Blender's: the promise below could not be kept."""
    if imported_blender_modules():
        raise pytest.UsageError("bpy was imported: run tests/backend and tests/blender apart, as `make test` does")


@pytest.fixture(autouse=True)
def without_blender(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test of the backend may import Blender or reach the network."""
    block_network(monkeypatch)
    yield
    assert not imported_blender_modules(), "the backend imported Blender"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of photos/ and rigs/ of others; the test is skipped where there is none."""
    return shared_data_folder()
