"""Reads a span of one reader's cases in a process of its own, and notes each in a file: a crash shows where it was."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import unicodedata
import warnings
from pathlib import Path
from typing import Any, TextIO

from contrapposto.backend.errors import ContrappostoError

MOST_MB = 2000
"""Address space beyond what the process has once the valid files were read."""
MOST_S = 10
_MOST_SENTENCE = 1000


class TooSlowError(Exception):
    """A case took longer than `MOST_S`."""


def main(name: str, first: int, count: int, notes: Path) -> None:
    """Each case is announced before it is read: "? number", then "number outcome milliseconds megabytes what"."""
    from fuzz_readers import named

    reader = named(name)
    valid = reader.seeds()
    signal.signal(signal.SIGALRM, _too_slow)
    warnings.simplefilter("error")
    with notes.open("a", encoding="utf-8") as log, tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # whatever a case makes is made here
        _warm_up(reader, valid, Path(folder))
        _limit_memory()
        for number in range(first, first + count):
            log.write(f"? {number}\n")
            log.flush()
            _note_case(log, reader, number, valid=valid, folder=Path(folder))
        log.write("end\n")


def _warm_up(reader: Any, valid: list[bytes], folder: Path) -> None:
    """Libraries are loaded before anything is measured."""
    for data in valid:
        try:
            reader.read(data, folder)
        except ContrappostoError:
            continue


def _note_case(log: TextIO, reader: Any, number: int, *, valid: list[bytes], folder: Path) -> None:
    data = reader.case(number, valid)
    before, start = _reset_peak(), time.perf_counter()
    outcome, what = outcome_of(reader, data, folder)
    took = 1000.0 * (time.perf_counter() - start)
    log.write(f"{number} {outcome} {took:.1f} {max(_peak_mb() - before, 0.0):.0f} {what!r}\n")
    log.flush()


def outcome_of(reader: Any, data: bytes, folder: Path) -> tuple[str, str]:
    """The outcome (accepted, refused or error), and what was said."""
    signal.setitimer(signal.ITIMER_REAL, MOST_S)
    try:
        reader.read(data, folder)
    except ContrappostoError as refusal:
        sentence = str(refusal)
        odd = odd_in(sentence)
        return ("error", f"{odd}: {sentence[:300]}") if odd else ("refused", sentence[:300])
    except BaseException as error:  # noqa: BLE001 - what must not happen is counted
        place = traceback.extract_tb(error.__traceback__)[-1]
        return "error", f"{type(error).__name__}: {str(error)[:200]} at {Path(place.filename).name}:{place.lineno}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "accepted", ""


def odd_in(sentence: str) -> str:
    """Why a refusal is no sentence for an artist; empty where it is one."""
    if len(sentence) > _MOST_SENTENCE:
        return f"a message of {len(sentence)} characters"
    if not sentence.rstrip().endswith((".", "!", "?", "…")):
        return "no sentence"
    bad = next(
        (each for each in sentence if each not in "\n\u200d" and unicodedata.category(each) in {"Cc", "Cf", "Cs"}), None
    )
    return f"character {bad!r} in the message" if bad else ""


def _too_slow(_number: int, _frame: object) -> None:
    raise TooSlowError


def _limit_memory() -> None:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 0
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + (MOST_MB << 20), resource.RLIM_INFINITY))


def _has_proc() -> bool:
    return Path("/proc/self/clear_refs").exists()


def _reset_peak() -> float:
    """Start measuring the peak of memory anew; what is used now in megabytes."""
    if not _has_proc():
        return _peak_mb()
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS:")


def _peak_mb() -> float:
    return _status("VmHWM:") if _has_proc() else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name)) / 1024.0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
    sys.stdout.flush()
    os._exit(0)  # Blender's module may hang while it leaves
