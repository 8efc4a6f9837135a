"""Every reader of outside data against damaged files: what is accepted, refused in words, or fails in another way.

    python benchmarks/fuzz.py --cases 20000
    python benchmarks/fuzz.py --cases 2000 --reader "LiteRT alone"

Cases are the same in every run. Each reader runs in processes of its own with limits of memory and time: a crash
inside OpenCV or torch is counted and costs one case. The exit status is 1 where anything but our errors came out.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from fuzz_readers import LITERT_ALONE, READERS
from fuzz_runs import Tally, fuzz, shares

_COLUMNS = ("reader", "cases", "accepted", "refused", "other errors", "slowest case ms", "peak MB")
_MOST_SHOWN = 5


def main() -> int:
    """Print the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000, help="of all readers together")
    parser.add_argument("--reader", help="only those with this in their name")
    parser.add_argument("--markdown", action="store_true", help="print the table as docs/security.md has it")
    options = parser.parse_args()
    console = Console(width=110)
    tallies: list[Tally] = []
    alone = [(LITERT_ALONE, options.cases)] if options.reader == LITERT_ALONE.name else []
    for reader, count in [*shares(options.cases), *alone]:
        if options.reader and options.reader not in reader.name:
            continue
        tallies.append(fuzz(reader, options.cases if options.reader else count))
        for number, what in tallies[-1].errors[:_MOST_SHOWN]:
            print(ascii(f"{reader.name}, case {number}: {what[:400]}"), flush=True)
    _print(tallies, console, markdown=options.markdown)
    for reader in READERS:
        if not reader.is_here:
            console.print(f"Left out, because {' or '.join(reader.needs)} is not installed: {reader.name}.")
    return int(any(tally.errors for tally in tallies))


def _print(tallies: list[Tally], console: Console, *, markdown: bool) -> None:
    rows = [_row(tally) for tally in tallies]
    total = Tally("all", sum(one.accepted for one in tallies), sum(one.refused for one in tallies))
    total.errors = [error for one in tallies for error in one.errors]
    total.slowest_ms, total.peak_mb = (max(getattr(one, name) for one in tallies) for name in ("slowest_ms", "peak_mb"))
    rows.append(_row(total))
    if markdown:
        for row in (_COLUMNS, ("---", *("---:",) * 6), *rows):
            print(f"| {' | '.join(row)} |")
        return
    table = Table()
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "reader" else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _row(tally: Tally) -> tuple[str, ...]:
    numbers = (f"{tally.cases:,}", f"{tally.accepted:,}", f"{tally.refused:,}", f"{len(tally.errors):,}")
    return (tally.reader, *numbers, f"{tally.slowest_ms:.0f}", f"{tally.peak_mb:.0f}")


if __name__ == "__main__":
    sys.exit(main())
