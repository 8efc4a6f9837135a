"""Every reader of outside data stands damaged files: it takes them, or refuses them with one of our errors in words.

`python benchmarks/fuzz.py --cases 20000` reads more; docs/security.md has its table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz_child import odd_in, outcome_of
from fuzz_readers import READERS, Reader, named
from fuzz_runs import fuzz

CASES = 75
"""Of each reader, 2,700 in all."""
HERE = [reader for reader in READERS if not {"bpy", "torch"} & set(reader.needs) and reader.name != "command line"]
HEAVY = [reader for reader in READERS if "torch" in reader.needs]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_nothing_but_our_errors_comes_out(reader: Reader) -> None:
    if not reader.is_here:
        pytest.skip(f"{' or '.join(reader.needs)} is not installed")
    tally = fuzz(reader, CASES)
    assert tally.errors == []
    assert tally.cases == CASES
    assert tally.refused > 0
    assert tally.peak_mb < 700.0


@pytest.mark.parametrize("reader", HERE, ids=lambda reader: reader.name)
def test_cases_are_the_same_in_every_run(reader: Reader) -> None:
    valid = reader.seeds()
    assert [reader.case(number, valid) for number in range(40)] == [reader.case(number, valid) for number in range(40)]
    assert len({reader.case(number, valid) for number in range(60)}) > 30


@pytest.mark.parametrize("name", ["photo, PNG", "pose, AMASS .npz", "bone map, file or preset", "prompt"])
def test_valid_files_are_taken(name: str, tmp_path: Path) -> None:
    reader = named(name)
    for data in reader.seeds():
        assert outcome_of(reader, data, tmp_path) == ("accepted", "")


def test_the_harness_counts_what_is_not_ours() -> None:
    def fails(data: bytes, folder: Path) -> None:
        raise KeyError("a bug")

    outcome, what = outcome_of(Reader("broken", list, fails), b"", Path())
    assert outcome == "error"
    assert what.startswith("KeyError: 'a bug'")
    assert odd_in("no sentence") == "no sentence"
    assert odd_in("A \u202eturned name.") == "character '\\u202e' in the message"
    assert odd_in("In order.") == ""
