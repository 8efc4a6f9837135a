"""Fuzzes readers in processes of their own and counts what came of it: a crash or a hang costs one case."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fuzz_child import MOST_S
from fuzz_readers import READERS, Reader

_CHILD: Final = Path(__file__).with_name("fuzz_child.py")
_START_S: Final = 120.0
"""A process that imports torch on a busy machine may take this long until its first case."""
_MOST_RESTARTS: Final = 50


@dataclass
class Tally:
    """What came of one reader's cases.

    Attributes:
        reader: its name.
        accepted: read as if they were whole.
        refused: refused by one of our errors, in a sentence.
        errors: number of the case and what happened, for everything else: other exceptions, crashes, hangs.
        slowest_ms: the longest case.
        peak_mb: the most memory that a case took beyond what was used before it.
    """

    reader: str
    accepted: int = 0
    refused: int = 0
    errors: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    slowest_ms: float = 0.0
    peak_mb: float = 0.0

    @property
    def cases(self) -> int:
        return self.accepted + self.refused + len(self.errors)


def shares(cases: int) -> list[tuple[Reader, int]]:
    """How many cases each reader that is here gets of so many, at least 10."""
    here = [reader for reader in READERS if reader.is_here]
    whole = sum(reader.share for reader in here)
    return [(reader, max(10, -int(-cases * reader.share // whole))) for reader in here]


def fuzz(reader: Reader, cases: int) -> Tally:
    """Read so many cases of a reader."""
    tally = Tally(reader.name)
    first = 0
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.txt"
        for _ in range(_MOST_RESTARTS):
            notes.write_text("")
            ended = _run_child(reader, first, cases - first, notes=notes)
            lines = notes.read_text("utf-8", "replace").splitlines()
            _count(lines, tally)
            if lines and lines[-1] == "end":
                return tally
            asked = [int(line[2:]) for line in lines if line.startswith("? ")]
            if not asked:
                tally.errors.append((first, f"the process did not start: {ended}"))
                return tally
            if not lines[-1].startswith(f"{asked[-1]} "):
                tally.errors.append((asked[-1], ended))
            first = asked[-1] + 1
            if first >= cases:
                return tally
    return tally


def _count(lines: list[str], tally: Tally) -> None:
    for line in lines:
        if line.startswith("?") or line == "end":
            continue
        number, outcome, took, memory, what = line.split(" ", 4)
        tally.accepted += outcome == "accepted"
        tally.refused += outcome == "refused"
        if outcome == "error":
            tally.errors.append((int(number), ast.literal_eval(what)))
        tally.slowest_ms, tally.peak_mb = max(tally.slowest_ms, float(took)), max(tally.peak_mb, float(memory))


def _run_child(reader: Reader, first: int, count: int, *, notes: Path) -> str:
    """Run a process until it ends or hangs; how it ended, in words."""
    paths = [str(_CHILD.parent), str(_CHILD.parents[2]), os.environ.get("PYTHONPATH", "")]
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    surroundings = {**os.environ, **alone, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, str(_CHILD), reader.name, str(first), str(count), str(notes)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=surroundings, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        hung = any(_waiting(process, notes))
        if hung:
            process.kill()
        status = process.wait()
        said.seek(0)
        words = said.read().decode("utf-8", "replace").strip().splitlines()
    if hung:
        return f"hung for more than {3 * MOST_S} s"
    return f"ended with status {status}: {words[-1][:200] if words else ''}"


def _waiting(process: subprocess.Popen[bytes], notes: Path) -> Iterator[bool]:
    """True where nothing is noted any more although the process lives."""
    size, since = 0, time.monotonic()
    while process.poll() is None:
        time.sleep(0.05)
        now = notes.stat().st_size
        if now != size:
            size, since = now, time.monotonic()
        elif time.monotonic() - since > (3 * MOST_S if size else _START_S):
            yield True
            return
