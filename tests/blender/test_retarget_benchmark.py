"""The benchmark of retargeting as a program: what it refuses, and that it prints the table that it is run for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "retarget.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)


@pytest.mark.parametrize("count", ["0", "-3", "many"])
def test_a_number_of_poses_that_is_none_is_refused_in_words(count: str) -> None:
    done = run("--accuracy", f"--poses={count}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].endswith(f"a whole number from 1 on is needed, not {count}")


def test_renamed_rigs_are_counted_joint_by_joint() -> None:
    done = run("--renamed", "--rig", "demonstration character")
    assert done.returncode == 0, done.stderr
    (row,) = (line.split() for line in done.stdout.splitlines() if "demonstration" in line)
    assert row == ["demonstration", "character", "52", "66", "66", "0", "0", "0"]
    assert "Rigs: 1. Joints: 66, 100.0% right (goal 95%), 0 unsure, 0 wrong, 0 on the wrong side" in done.stdout
