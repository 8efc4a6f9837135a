"""The command line: `contrapposto photo IMAGE ...`, the same outside Blender and as `blender --command contrapposto`.

Exit codes: 0 done, 2 bad input (one sentence on standard error, no traceback). What touches Blender's data is done by
`rig/`, which is imported only when a rig is asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table

from .body_parts import body_part_confidence
from .errors import ContrappostoError, InputError
from .job import Progress, run_job
from .pipeline import FoundPeople, PhotoResult, find_people, pose_person
from .runtime import ModelCache

BAD_INPUT: Final = 2
OUT_SUFFIXES: Final = (".blend", ".glb", ".fbx", ".bvh")


@dataclass(frozen=True)
class PhotoRequest:
    """What `contrapposto photo` was asked for; checked before any work begins.

    Attributes:
        image: the picture.
        rig: the file of the rig, or None for a Rigify human.
        armature: the armature's name in that file, or None.
        person: counted from 1.
        frame: where the pose is keyed.
        out, npz, preview: files to write, or None.
        models: the folder of the model files, or None for the shipped one.
        smpl: the folder of the user's own SMPL files, or None for our neutral adult.
    """

    image: Path
    rig: Path | None
    armature: str | None
    person: int
    frame: int
    out: Path | None
    npz: Path | None
    preview: Path | None
    models: Path | None
    smpl: Path | None

    def __post_init__(self) -> None:
        if self.person < 1:
            raise InputError(f"--person counts from 1, so {self.person} is nobody.")
        for option, folder in (("--models", self.models), ("--smpl", self.smpl)):
            if folder is not None and not folder.is_dir():
                raise InputError(f"{option} {folder} is not a folder. Name the folder that holds the files.")
        for option, path, suffixes in (
            ("--out", self.out, OUT_SUFFIXES),
            ("--npz", self.npz, (".npz",)),
            ("--preview", self.preview, (".png",)),
        ):
            if path is not None:
                _check_target(option, path, suffixes=suffixes)

    @property
    def wants_rig(self) -> bool:
        """A rig is posed: one is named, or is needed for what is to be written."""
        return any(path is not None for path in (self.rig, self.armature, self.out, self.preview))


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
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)
    sys.exit(status or 0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        options = _parser().parse_args(arguments)
        request = PhotoRequest(**{name: getattr(options, name) for name in PhotoRequest.__dataclass_fields__})
        _photo(request, console)
    except ContrappostoError as error:
        console.print(f"contrapposto: {error}", markup=False)
        return BAD_INPUT
    except KeyboardInterrupt:
        console.print("contrapposto: cancelled, nothing was written.")
        return 130
    except SystemExit as leaving:  # argparse after --help
        return int(leaving.code or 0)
    return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="contrapposto", description="Pose a rig from a picture.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    photo = commands.add_parser("photo", help="pose a rig like a person in a photo")
    photo.add_argument("image", type=Path, metavar="IMAGE", help="the picture")
    photo.add_argument("--rig", type=Path, metavar="FILE", help=".blend .glb .vrm .fbx .bvh; default: a Rigify human")
    photo.add_argument("--armature", metavar="NAME", help="which armature of that file")
    photo.add_argument("--person", type=int, default=1, metavar="K", help="which person, the most prominent is 1")
    photo.add_argument("--frame", type=int, default=1, metavar="N", help="the frame to key (default 1)")
    photo.add_argument("--out", type=Path, metavar="FILE", help="write the posed rig: .blend .glb .fbx .bvh")
    photo.add_argument("--npz", type=Path, metavar="FILE", help="write the SMPL pose as an AMASS .npz")
    photo.add_argument("--preview", type=Path, metavar="FILE", help="write a .png: the picture beside the posed rig")
    photo.add_argument("--models", type=Path, metavar="FOLDER", help="folder of the detector's model files")
    photo.add_argument("--smpl", type=Path, metavar="FOLDER", help="folder of your own SMPL files (needs smplx)")
    return parser


def _check_target(option: str, path: Path, *, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that could not be written, before the work is done."""
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{option} {path}: the name must end in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder. Name a file to write to.")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: the folder {path.parent} does not exist. Make it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"{option} {path} may not be written to. Choose another place.")


def _photo(request: PhotoRequest, console: Console) -> None:
    written: list[Path] = []
    with _shown_progress(console) as show:
        models = ModelCache(request.models, smpl_folder=request.smpl)
        found = run_job(find_people(request.image, models), on_progress=show)
        result = run_job(pose_person(found, request.person - 1, body=models.body()), on_progress=show)
        timings = dict(result.timings_ms)
        if request.npz is not None:
            with _timed(timings, "write npz"):
                save_npz(result, request.npz)
            written.append(request.npz)
        if request.wants_rig:
            written += _pose_rig(request, result, timings=timings, show=show)
    _print_summary(found, result, timings=timings, written=written)


def _pose_rig(request: PhotoRequest, result: PhotoResult, *, timings: dict[str, float], show: _Show) -> list[Path]:
    """Open or make the rig, pose and key it, and write what was asked for."""
    show(Progress("Opening the rig", 0.6))
    from ..rig.session import PosedRig

    with _timed(timings, "open rig"):
        rig = PosedRig.open(request.rig, armature_name=request.armature)
    show(Progress("Posing the rig", 0.75))
    with _timed(timings, "pose and key"):
        rig.pose(result.estimate.poses, frame=request.frame)
    written: list[Path] = []
    if request.out is not None:
        show(Progress("Writing the rig", 0.8))
        with _timed(timings, "write rig"):
            rig.save(request.out)
        written.append(request.out)
    if request.preview is not None:
        show(Progress("Rendering the preview", 0.85))
        with _timed(timings, "render preview"):
            rig.render(request.preview, image=result.found.image, observation=result.observation)
        written.append(request.preview)
    return written


def save_npz(result: PhotoResult, path: Path) -> None:
    """Write the AMASS keys of the pose, and the evidence and joints behind it.

    Beside `poses`, `trans`, `betas`, `gender` and `mocap_framerate`: `joints` (T, 24, 3) metres, inner frame;
    `joints_cam` (T, 24, 3) metres, camera axes; `joints_px` (T, 24, 2) and `keypoints_px` (T, K, 2) pixels of the full
    image; `keypoint_names` (K,); `keypoint_confidence` (T, K); `confidence` (T, 24); `camera` fx, fy, cx, cy in pixels;
    `image_size` width, height.

    Raises:
        InputError: the file cannot be written.
    """
    estimate, observation = result.estimate, result.observation
    estimate.poses.save(
        path,
        extra={
            "joints": estimate.joints().astype(np.float32),
            "joints_cam": estimate.joints_cam().astype(np.float32),
            "joints_px": estimate.joints_px(),
            "keypoints_px": observation.keypoints_px,
            "keypoint_names": np.array(observation.schema.names),
            "keypoint_confidence": observation.confidence,
            "camera": estimate.camera.as_array(),
            "image_size": np.array(observation.image_size),
        },
    )


class _Show:
    """Draws each step; by hand, because rich's own refresh is a thread."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting", total=1.0)

    def __call__(self, progress: Progress) -> None:
        self._bar.update(self._task, description=progress.stage, completed=progress.fraction)
        self._bar.refresh()


@contextmanager
def _shown_progress(console: Console) -> Iterator[_Show]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with ProgressBar(*columns, console=console, auto_refresh=False, transient=True) as bar:
        yield _Show(bar)


@contextmanager
def _timed(timings_ms: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings_ms[stage] = (time.perf_counter() - start) * 1000.0


def _print_summary(
    found: FoundPeople, result: PhotoResult, *, timings: dict[str, float], written: Sequence[Path]
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    count = len(found.people)
    who = "1 person" if count == 1 else f"{count} people, posed number {result.person + 1}"
    console.print(f"{found.path.name}: {who} found.", markup=False)
    parts = body_part_confidence(result.estimate.poses.confidence)
    console.print("Confidence: " + ", ".join(f"{part.lower()} {share:.0%}" for part, share in parts.items()))
    table = Table("stage", "ms", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for stage, milliseconds in timings.items():
        table.add_row(stage, f"{milliseconds:,.0f}")
    console.print(table)
    for path in written:
        console.print(f"Wrote {path}", markup=False)
    if not written:
        console.print("Nothing was written: add --out, --npz or --preview.")
