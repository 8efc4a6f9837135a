"""The command line, the same as `contrapposto` outside Blender and as `blender --command contrapposto` inside.

Exit codes: 0 done, 1 nobody read the output to its end, as in `... | head`, or `doctor` found a part that fails, 2 bad
input (one sentence on standard error, no traceback), 130 interrupted. Each command has a file of its own:
`cli_photo.py`, `cli_sketch.py`, `cli_text.py`, `cli_video.py`, `cli_batch.py`,
`cli_rig_map.py`, `cli_doctor.py`.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn, TextIO

from . import torch_folder
from .errors import ContrappostoError, InputError

UNREAD: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130


def entry() -> NoReturn:
    """The console script: runs `main` and leaves the process."""
    run_and_leave(lambda: main(sys.argv[1:]))


def run_and_leave(script: Callable[[], int | None]) -> NoReturn:
    """Run a script that may import Blender, and leave the process with its exit code.

    Blender's shutdown can wait for ever in a Python process that imported it (its sound thread), so it is left out: all
    that has to be written was written.
    """
    status: int | None = 1
    try:
        status = script()
    except Exception:  # noqa: BLE001  (printed as Python would, and the process ends with it)
        traceback.print_exc()
    if "bpy" in sys.modules:
        _remove_blenders_temporary_folder()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)
    sys.exit(status or 0)


def _remove_blenders_temporary_folder() -> None:
    """What Blender's shutdown would do; the folder is Blender's own for this one session."""
    folder = Path(sys.modules["bpy"].app.tempdir)
    if folder.name.startswith("blender_"):
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str] | None = None, *, online: bool = True) -> int:
    """Run a command line; returns the exit code. `online` says whether other computers may be asked."""
    torch_folder.use_environment()
    interrupts: list[int] = []
    try:
        with _noticed(interrupts):
            status, complaint = _run(arguments, online=online)
            sys.stdout.flush()  # a pipe that its reader closed may show only now
    except KeyboardInterrupt as stopped:  # a command may say what it keeps
        status, complaint = INTERRUPTED, str(stopped)
    except BrokenPipeError:
        _forget_output()
        status, complaint = UNREAD, ""
    # Blender makes an error of its own of a Ctrl-C that reaches one of its operators.
    if status == INTERRUPTED or (status and interrupts):
        status, complaint = INTERRUPTED, complaint or "cancelled, nothing was written."
    if complaint:
        try:
            sys.stderr.write(f"contrapposto: {complaint}\n")
            sys.stderr.flush()
        except BrokenPipeError:
            _forget_output()
    return status


def _forget_output() -> None:
    """Nobody reads on: let nothing that is still to be written, such as at exit, fail on the closed pipe again."""
    with suppress(OSError, ValueError):  # a stream without a file, as in tests
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            if _is_closed_pipe(stream):
                os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _is_closed_pipe(stream: TextIO) -> bool:
    try:
        stream.flush()
    except BrokenPipeError:
        return True
    return False


def _run(arguments: Sequence[str] | None, *, online: bool) -> tuple[int, str]:
    """The exit code of a command line, and what to complain of."""
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        parser = _parser(only_doctor=given[:1] == ["doctor"])
        options = parser.parse_args(given, argparse.Namespace(online=online))
        return int(options.run(options) or 0), ""
    except ContrappostoError as error:
        return BAD_INPUT, str(error)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # any other is a bug: whoever opens a file knows what to say
            raise
        return BAD_INPUT, str(InputError(f"{error.filename} is too long for the name of a file. Shorten it."))
    except SystemExit as leaving:  # argparse after --help
        return int(leaving.code or 0), ""


@contextmanager
def _noticed(interrupts: list[int]) -> Iterator[None]:
    """The list grows with every Ctrl-C in the block, each of which raises KeyboardInterrupt as ever."""

    def notice(number: int, _frame: object) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, notice)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}. See {self.prog} --help.")


def _parser(*, only_doctor: bool) -> argparse.ArgumentParser:
    """The parser; `doctor` is asked where a package is missing, so it gets one that imports none."""
    parser = _Parser(prog="contrapposto", description="Pose a rig from a picture, a sentence or a video.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    if not only_doctor:
        # Here, so that a Ctrl-C while the large packages are loaded ends the command as any other does.
        from . import cli_batch, cli_library, cli_photo, cli_rig_map, cli_sketch, cli_text, cli_video

        for command in (cli_photo, cli_sketch, cli_text, cli_video, cli_batch, cli_library, cli_rig_map):
            command.add_command(commands)
    from . import cli_doctor

    cli_doctor.add_command(commands)
    return parser
