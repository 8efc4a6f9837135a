"""The folder that holds the artist's own torch: it is checked in words, and tried in a process of its own first.

The built extension brings torch where a build for the processor alone exists. Elsewhere, and for a graphics card, the
artist names the site-packages of any Python of Blender's version. Nothing is installed, and nothing is read before it
is needed.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import torch_finder
from .errors import InputError

VARIABLE: Final = "CONTRAPPOSTO_TORCH"
"""The environment variable that names the folder on the command line."""
OLDEST: Final = (2, 4)
_PATIENCE_S: Final = 180.0
"""A first import of CUDA's torch from a slow disk takes a minute."""
_SYSTEMS: Final = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
_TRIAL: Final = """\
import importlib.util, json, os, sys
finder, folder, paths = json.loads(sys.argv[1])
sys.path[:] = paths
spec = importlib.util.spec_from_file_location("torch_finder", finder)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
try:
    print("VERSION", module.try_torch(folder), flush=True)
except BaseException as error:
    print("ERROR", type(error).__name__, str(error).strip().splitlines()[:1], flush=True)
os._exit(0)
"""


@dataclass(frozen=True)
class TorchFolder:
    """A folder that holds a torch which fits this Python, as far as its files tell.

    Attributes:
        path: the folder that holds `torch`.
        version: such as "2.13.0+cu130".
        stamp: unlike that of any other torch, or of this one after a change; it tells what was tried before.
    """

    path: Path
    version: str
    stamp: str


@dataclass
class _Chosen:
    """What was chosen in this process, and which stamp is known to work."""

    folder: Path | None = None
    proven: str = ""
    remember: Callable[[str], None] | None = None


_chosen: Final = _Chosen()


def use(folder: Path | None, *, proven: str = "", remember: Callable[[str], None] | None = None) -> None:
    """Choose the folder; None for the torch that Python finds by itself. It costs nothing until torch is imported.

    Args:
        folder: as the artist named it.
        proven: the stamp of a folder that was tried in an earlier session.
        remember: called with the stamp once a folder was tried and works.
    """
    _chosen.folder, _chosen.proven, _chosen.remember = folder, proven, remember
    torch_finder.use(None if folder is None else place(folder))


def use_environment() -> None:
    """Let torch be found in the folder of the environment variable, where the preferences name none."""
    folder = chosen()
    if _chosen.folder is None and folder is not None:
        torch_finder.use(place(folder))


def chosen() -> Path | None:
    """The folder of the preferences, or else of the environment variable."""
    if _chosen.folder is not None:
        return _chosen.folder
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named) if named else None


def prepare() -> None:
    """Before torch is imported: make sure that the chosen folder works. The first time, that starts a process.

    Raises:
        InputError: it does not, in words.
    """
    folder = chosen()
    if folder is None or _is_running(folder):
        return
    found = inspect(folder)
    if found.stamp != _chosen.proven:
        try_out(found)
        _chosen.proven = found.stamp
        if _chosen.remember is not None:
            _chosen.remember(found.stamp)
    torch_finder.use(found.path)


def _is_running(folder: Path) -> bool:
    """Whether torch runs already, from this folder.

    Raises:
        InputError: it runs from another place, which only a new process changes.
    """
    running = getattr(sys.modules.get("torch"), "__file__", None)
    if running is None:
        return False
    here = Path(running).resolve().parent.parent
    if here != place(folder).resolve():
        raise InputError(f"PyTorch runs from {here} already. Restart Blender, and it is taken from {folder}.")
    return True


def place(folder: Path) -> Path:
    """The folder that holds `torch`, where the artist named the root of an environment, or `torch` itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    inside = (folder, folder / "lib" / version / "site-packages", folder / "Lib" / "site-packages", folder.parent)
    return next((each for each in inside if (each / "torch" / "version.py").is_file()), folder)


def inspect(folder: Path) -> TorchFolder:
    """Look at a folder's files; nothing of it is imported.

    Raises:
        InputError: there is no such folder, no torch in it, one that is too old, or one for another Python or system.
    """
    if not folder.is_dir():
        raise InputError(f"The PyTorch folder {folder} does not exist. {_ADVICE}")
    path = place(folder)
    version_file = path / "torch" / "version.py"
    try:
        text = version_file.read_text("utf-8")
        stamp = f"{path.resolve()}|{version_file.stat().st_mtime_ns}|{sys.version_info[:2]}"
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"There is no PyTorch in {folder}. {_ADVICE}") from error
    match = re.search(r"__version__\s*(?::\s*\w+\s*)?=\s*['\"]([^'\"]+)['\"]", text)
    version = match[1] if match is not None else "0"
    numbers = tuple(int(each) for each in re.findall(r"\d+", version.partition("+")[0])[:2])
    if numbers < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise InputError(
            f"The PyTorch in {path} is too old: {version}, and {oldest} is the oldest that works. {_ADVICE}"
        )
    _check_build(path / "torch")
    return TorchFolder(path, version, stamp)


def _check_build(package: Path) -> None:
    """torch's own extension module carries in its name the Python and the system that it was built for.

    Raises:
        InputError: they are others than these.
    """
    names = sorted(each.name for each in package.glob("_C.*") if each.suffix in {".so", ".pyd"})
    if any(name == f"_C{suffix}" for name in names for suffix in importlib.machinery.EXTENSION_SUFFIXES):
        return
    if not names:
        raise InputError(f"The PyTorch in {package.parent} is not complete: its module torch._C is missing. {_ADVICE}")
    name = names[0]
    system = "win32" if name.endswith(".pyd") else "darwin" if "darwin" in name else "linux"
    if system != sys.platform:
        found, here = _SYSTEMS[system], _SYSTEMS.get(sys.platform, sys.platform)
        raise InputError(f"The PyTorch in {package.parent} is for {found}, and this is {here}. {_ADVICE}")
    match = re.search(r"(?:cpython-|cp)(\d)(\d+)", name)
    python = f"Python {match[1]}.{match[2]}" if match is not None else f"another Python ({name})"
    raise InputError(
        f"The PyTorch in {package.parent} is for {python}, and this Blender runs on Python "
        f"{sys.version_info.major}.{sys.version_info.minor} ({name} does not fit). {_ADVICE}"
    )


def try_out(found: TorchFolder) -> None:
    """Import torch and compute with it in a process of its own: a build that crashes must not take Blender with it.

    Raises:
        InputError: it cannot be imported, it crashes, or it takes more than three minutes.
    """
    python = python_program()
    if python is None:
        return
    finder = str(Path(torch_finder.__file__).resolve())
    given = json.dumps([finder, str(found.path), [str(Path(each).resolve()) for each in sys.path if each]])
    command = [str(python), "-I", "-c", _TRIAL, given]
    flags = subprocess.CREATE_NO_WINDOW if sys.platform == "win32" else 0
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S, creationflags=flags
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"The PyTorch in {found.path} did not start within {_PATIENCE_S:.0f} s. {_ADVICE}") from error
    words = done.stdout.strip().splitlines()[-1:] or [""]
    if done.returncode == 0 and words[0].startswith("VERSION "):
        return
    reason = words[0].removeprefix("ERROR ") if words[0].startswith("ERROR ") else f"it ends with {done.returncode}"
    raise InputError(
        f"PyTorch {found.version} in {found.path} cannot be used: tried in a process of its own it failed "
        f"({reason}). {_ADVICE}"
    )


def python_program() -> Path | None:
    """The Python that Blender brings, as a program; None where there is none, as in some builds."""
    folder = Path(sys.prefix)
    names = (f"python{sys.version_info.major}.{sys.version_info.minor}", "python3", "python")
    inside = (folder / "bin" / name for name in names)
    places = (Path(sys.executable or "/"), *inside, folder / "python.exe", folder / "bin" / "python.exe")
    return next((each for each in places if "python" in each.name.lower() and each.is_file()), None)


def sentence(folder: Path | None) -> str:
    """What the files of a folder tell, for the preferences; nothing without a folder."""
    if folder is None:
        return ""
    try:
        found = inspect(folder)
    except InputError as error:
        return str(error)
    return f"PyTorch {found.version} lies there; it is tried out when it is first needed."


_ADVICE: Final = (
    f"Name the site-packages folder of a Python {sys.version_info.major}.{sys.version_info.minor} that has PyTorch "
    f"{'.'.join(map(str, OLDEST))} or newer."
)
