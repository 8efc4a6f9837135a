"""Checks every part of the installation and runs it once, as a job; changes nothing and keeps no model loaded.

Needs Python alone until a part that needs more is checked: whatever is missing is a finding, and the next part follows.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .doctor import PACKAGES, Finding, Package, find_model, find_python, find_smpl, import_package, one_line
from .errors import ContrappostoError, MissingPackageError
from .job import Job, Progress
from .weights.registry import model_entries

if TYPE_CHECKING:
    from .runtime import ModelCache

SEND_REPORT: Final = "Copy the report and send it."
_NEEDED_MODELS: Final = ("pose_detection", "pose_landmark_full", "pose")


@dataclass(frozen=True)
class CheckRequest:
    """What is to be checked.

    Attributes:
        device: the choice of the preferences.
        model_folder: the user's model folder, or None.
        smpl_folder: the folder of the user's own SMPL files, or None.
        cache_folder: where results are kept, or None for the command line's own.
        more: findings of the caller's own, such as of Blender, which come first.
    """

    device: str = "AUTOMATIC"
    model_folder: Path | None = None
    smpl_folder: Path | None = None
    cache_folder: Path | None = None
    more: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Check:
    """A part: its name, what looks at it, and whether nothing works without it."""

    name: str
    job: Callable[[], Job[Finding]]
    needed: bool = False


def check_up(request: CheckRequest) -> Job[tuple[Finding, ...]]:
    """Check packages, model files, the device, a pose, a drawing, a photo, a sentence, and where results are kept."""
    findings = [*request.more, find_python()]
    checks = _checks(request)
    for number, check in enumerate(checks):
        share = (number / len(checks), (number + 1) / len(checks))
        yield Progress(f"Checking: {check.name}", share[0])
        findings.append((yield from _found(check, share)))
    return tuple(findings)


def _checks(request: CheckRequest) -> list[_Check]:
    from . import self_test

    models: list[ModelCache] = []

    def cache() -> ModelCache:
        from .runtime import ModelCache

        if not models:
            models.append(ModelCache(request.model_folder, request.device))
        return models[0]

    checks = [_Check(each.name, _of_package(each), each.needed) for each in PACKAGES]
    checks += [
        _Check(f"model {name}", _of_model(name, request.model_folder), name in _NEEDED_MODELS)
        for name in model_entries()
    ]
    if request.smpl_folder is not None:
        folder = request.smpl_folder
        checks.append(_Check("SMPL", lambda: _at_once(find_smpl(folder))))
    return [
        *checks,
        _Check("device", lambda: self_test.try_device(request.device)),
        _Check("pose self-test", lambda: self_test.try_pose(cache())),
        _Check("drawing self-test", lambda: self_test.try_drawing(cache())),
        _Check("photo self-test", lambda: self_test.try_photo(cache()), needed=True),
        _Check("text self-test", self_test.try_grammar, needed=True),
        _Check("text model self-test", lambda: self_test.try_text_model(cache())),
        _Check("cache folder", lambda: _try_folder(request.cache_folder)),
    ]


def _found(check: _Check, share: tuple[float, float]) -> Job[Finding]:
    """What a check finds; whatever it raises is found too. Its parts count their progress anew, the whole does not."""
    try:
        job, reached = check.job(), share[0]
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                return stop.value
            reached = max(reached, share[0] + min(progress.fraction, 1.0) * (share[1] - share[0]))
            yield Progress(progress.stage, reached)
    except (MissingPackageError, ModuleNotFoundError) as error:  # the package itself is a finding of its own
        sentence = f"Not checked: {one_line(error).partition(': ')[2]}"
        return Finding(check.name, sentence, ok=False, needed=check.needed)
    except ContrappostoError as error:
        return Finding(check.name, str(error), ok=False, needed=check.needed, failed=True)  # it says what to do
    except Exception as error:  # noqa: BLE001  (whatever fails is what the check is to find)
        sentence = f"The {check.name} failed: {one_line(error)}"
        return Finding(check.name, sentence, ok=False, needed=check.needed, failed=True, advice=SEND_REPORT)


def _of_package(package: Package) -> Callable[[], Job[Finding]]:
    return lambda: import_package(package)


def _of_model(name: str, folder: Path | None) -> Callable[[], Job[Finding]]:
    return lambda: find_model(name, folder, needed=name in _NEEDED_MODELS)


def _at_once(finding: Finding) -> Job[Finding]:
    yield Progress("Looking", 0.0)
    return finding


def _try_folder(folder: Path | None) -> Job[Finding]:
    """Whether results can be kept: a file is written, read and taken away again."""
    yield Progress("Writing to the cache folder", 0.0)
    if folder is None:
        from .video_cache import user_folder

        folder = user_folder()
    problem = write_problem(folder)
    if not problem:
        return Finding("cache folder", f"The cache folder {folder} can be written.", ok=True, needed=False)
    return Finding(
        "cache folder",
        f"The cache folder {folder} cannot be written: {problem}. Videos are then read anew each time.",
        ok=False,
        needed=False,
        failed=True,
        advice="Free some space, or give yourself the right to write there.",
    )


def write_problem(folder: Path) -> str:
    """In words, what keeps a file from being written to a folder, which is made where it is missing; else nothing."""
    content = json.dumps(list(range(100))).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".contrapposto-") as file:
            file.write(content)
            file.flush()
            file.seek(0)
            return "" if file.read() == content else "what is written there does not stay"
    except OSError as error:
        return error.strerror or type(error).__name__


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """What has to be done something about comes first."""
    return sorted(findings, key=lambda finding: not finding.is_trouble)
