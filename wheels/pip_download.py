"""Asks pip for wheels of another system and Python than this one's; never for what they need in turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .targets import Target, WheelError


def download(requirements: list[str], target: Target, *, group: str, folder: Path) -> None:
    """Download wheels into `folder`; the settings of pip on this machine choose the index.

    Args:
        requirements: such as "scipy==1.17.1".
        target: what the wheels must run on.
        group: of the wheels, `targets.BASE` or `targets.TORCH`.
        folder: where they are put.

    Raises:
        WheelError: pip finds no such wheel, or cannot download it; the message holds pip's last words.
    """
    if not requirements:
        return
    platforms = [argument for tag in target.tags(group) for argument in ("--platform", tag)]
    command = [
        sys.executable, "-m", "pip", "download", *requirements, "--no-deps", "--only-binary", ":all:",
        "--implementation", "cp", "--python-version", target.python, *platforms,
        "--dest", str(folder), "--quiet", "--disable-pip-version-check",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        reason = (errors or done.stderr.strip().splitlines() or ["pip gave no reason"])[0].removeprefix("ERROR: ")
        raise WheelError(f"pip cannot download {', '.join(requirements)} for {target.name}: {reason}")
