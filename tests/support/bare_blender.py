"""A Python that has Blender's module, what Blender itself brings, and nothing else: not the packages of development."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Any

BROUGHT = (
    "bpy", "numpy", "numpy.libs", "requests", "certifi", "idna", "urllib3", "charset_normalizer", "zstandard",
)  # fmt: skip
"""What Blender 4.5 has in its own Python."""
_METADATA = ("bpy", "numpy")
_PATIENCE_S = 540


def make_bare_python(folder: Path) -> Path:
    """Make an environment whose packages are links to those of this Python; returns its program."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    here = Path(sysconfig.get_path("purelib"))
    there = next(folder.glob("[Ll]ib/**/site-packages"))
    found = [here / name for name in BROUGHT if (here / name).exists()]
    found += [path for name in _METADATA for path in here.glob(f"{name}-*.dist-info")]
    for path in found:
        (there / path.name).symlink_to(path)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run_bare(python: Path, script: Path, user: Path, **task: Any) -> dict[str, Any]:
    """Run a script with a task, as JSON, and return what it wrote: its last line, as JSON.

    Args:
        python: the program, started with -I: nothing of the environment or the working folder is found.
        script: reads the task from its first argument.
        user: Blender's user folder.
        task: what the script shall do.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CONTRAPPOSTO"))}
    folders = {"BLENDER_USER_RESOURCES": str(user), "BLENDER_USER_EXTENSIONS": str(user / "extensions")}
    command = [str(python), "-I", str(script), json.dumps(task)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=_PATIENCE_S, env={**kept, **folders}, cwd=user
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise AssertionError(f"{script.name} ended with {done.returncode}: {(done.stdout + done.stderr)[-3000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])
