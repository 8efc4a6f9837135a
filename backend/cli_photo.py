"""`contrapposto photo IMAGE ...`: poses a rig like a person in a picture, and writes what is asked for.

What touches Blender's data is done by `rig/`, which is imported only when a rig is asked for.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table

from .body_parts import body_part_confidence
from .errors import InputError
from .files import write_atomically
from .job import Progress, run_job
from .pipeline import FoundPeople, PhotoResult, find_people, pose_person
from .runtime import ModelCache, Solver

if TYPE_CHECKING:
    from ..rig.keyframes import KeyOptions

OUT_SUFFIXES: Final = (".blend", ".glb", ".fbx", ".bvh")
_LAST_FRAME: Final = 1_048_574
"""Blender's MAXFRAME."""


@dataclass(frozen=True)
class PhotoRequest:
    """What `contrapposto photo` was asked for; checked before any work begins.

    Attributes:
        image: the picture.
        rig: the file of the rig, or None for a Rigify human.
        armature: the armature's name in that file, or None.
        bone_map: a JSON file with the bones of the joints, or None to find them.
        person: counted from 1.
        frame: where the pose is keyed.
        no_root, in_place, flip, blend, limbs, stiff_hands: how the pose is put on the rig; see `KeyOptions`.
        out, npz, preview: files to write, or None.
        models: the folder of the model files, or None for the shipped one.
        smpl: the folder of the user's own SMPL files, or None for our neutral adult.
    """

    image: Path
    rig: Path | None
    armature: str | None
    bone_map: Path | None
    person: int
    frame: int
    no_root: bool
    in_place: bool
    flip: bool
    blend: float
    limbs: str
    stiff_hands: bool
    out: Path | None
    npz: Path | None
    preview: Path | None
    models: Path | None
    smpl: Path | None

    def __post_init__(self) -> None:
        if not -_LAST_FRAME <= self.frame <= _LAST_FRAME:
            raise InputError(f"--frame {self.frame}: Blender's frames go from {-_LAST_FRAME} to {_LAST_FRAME}.")
        if self.armature is not None and self.rig is None:
            raise InputError("--armature names an armature of a rig file: add --rig FILE.")
        if self.person < 1:
            raise InputError(f"--person counts from 1, so {self.person} is nobody.")
        if not 0.0 <= self.blend <= 1.0:
            raise InputError(f"--blend must lie between 0 and 1, not {self.blend:g}.")
        if self.bone_map is not None and not self.bone_map.is_file():
            raise InputError(f"--bone-map {self.bone_map} does not exist. Name a .json file.")
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
                self._check_not_read(option, path)

    def _check_not_read(self, option: str, path: Path) -> None:
        """Refuse to write over what is read."""
        for source in (self.image, self.rig, self.bone_map):
            if source is not None and source.exists() and path.exists() and path.samefile(source):
                raise InputError(f"{option} {path} is a file that is read. Write to another.")

    @property
    def targets(self) -> list[Path]:
        """The files to write."""
        return [path for path in (self.npz, self.out, self.preview) if path is not None]

    @property
    def wants_rig(self) -> bool:
        """A rig is posed: one is named, or is needed for what is to be written."""
        return any(path is not None for path in (self.rig, self.armature, self.bone_map, self.out, self.preview))


def add_command(commands: Any) -> None:
    """Add `photo` to the parser's commands."""
    photo = commands.add_parser("photo", help="pose a rig like a person in a photo")
    photo.set_defaults(run=run)
    photo.add_argument("image", type=Path, metavar="IMAGE", help="the picture")
    photo.add_argument(
        "--rig", type=Path, metavar="FILE", help=".blend .glb .gltf .vrm .fbx .bvh; default: a Rigify human"
    )
    photo.add_argument("--armature", metavar="NAME", help="which armature of that file")
    photo.add_argument("--bone-map", type=Path, metavar="FILE", help="a .json that says which bone is which joint")
    photo.add_argument("--person", type=int, default=1, metavar="K", help="which person, the most prominent is 1")
    photo.add_argument("--frame", type=int, default=1, metavar="N", help="the frame to key (default 1)")
    _add_pose_options(photo)
    photo.add_argument("--out", type=Path, metavar="FILE", help="write the posed rig: .blend .glb .fbx .bvh")
    photo.add_argument("--npz", type=Path, metavar="FILE", help="write the SMPL pose as an AMASS .npz")
    photo.add_argument("--preview", type=Path, metavar="FILE", help="write a .png: the picture beside the posed rig")
    photo.add_argument("--models", type=Path, metavar="FOLDER", help="folder of the detector's model files")
    photo.add_argument("--smpl", type=Path, metavar="FOLDER", help="folder of your own SMPL files (needs smplx)")


def _add_pose_options(parser: argparse.ArgumentParser) -> None:
    """How the pose is put on the rig; the same options as in the sidebar."""
    parser.add_argument("--no-root", action="store_true", help="leave the rig's root where it is")
    parser.add_argument("--in-place", action="store_true", help="key the root's height only: the figure stays in place")
    parser.add_argument("--flip", action="store_true", help="exchange left and right")
    parser.add_argument("--stiff-hands", action="store_true", help="leave fingers that the picture does not show alone")
    parser.add_argument("--blend", type=float, default=1.0, metavar="B", help="from the rig's pose (0) to the new (1)")
    parser.add_argument(
        "--limbs", choices=("fk", "ik"), default="fk", help="which controls to key where there are both"
    )


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done.
    """
    _photo(PhotoRequest(**{name: getattr(options, name) for name in PhotoRequest.__dataclass_fields__}))


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


def _photo(request: PhotoRequest) -> None:
    with ExitStack() as all_or_none:
        # Every file is written beside its place, and all are put there together once nothing can fail any more.
        partial = {path: all_or_none.enter_context(write_atomically(path)) for path in request.targets}
        with _shown_progress() as show:
            models = ModelCache(request.models, smpl_folder=request.smpl)
            found = run_job(find_people(request.image, models), on_progress=show)
            result = run_job(pose_person(found, request.person - 1, estimator=models.estimator(Solver.ANALYTIC)), on_progress=show)
            timings, notes = dict(result.timings_ms), list[str]()
            if request.wants_rig:
                notes = _pose_rig(request, result, partial=partial, timings=timings, show=show)
            if request.npz is not None:
                with _timed(timings, "write npz"):
                    save_npz(result, partial[request.npz])
    _print_summary(found, result, timings=timings, notes=notes, written=request.targets)


def _pose_rig(
    request: PhotoRequest,
    result: PhotoResult,
    *,
    partial: Mapping[Path, Path],
    timings: dict[str, float],
    show: _Show,
) -> list[str]:
    """Open or make the rig, pose and key it, and write what was asked for; returns what is odd about the rig."""
    show(Progress("Opening the rig", 0.6))
    from ..rig.session import PosedRig

    with _timed(timings, "open rig"):
        rig = PosedRig.open(request.rig, armature_name=request.armature)
    show(Progress("Posing the rig", 0.75))
    with _timed(timings, "pose and key"):
        report = rig.pose(result.estimate.poses, options=_key_options(request), bone_map=request.bone_map)
    if request.out is not None:
        show(Progress("Writing the rig", 0.8))
        with _timed(timings, "write rig"):
            rig.save(partial[request.out])
    if request.preview is not None:
        show(Progress("Rendering the preview", 0.85))
        with _timed(timings, "render preview"):
            rig.render(partial[request.preview], image=result.found.image, observation=result.observation)
    return [*report.notes, *(f"Not keyed: {bone}." for bone in report.skipped)]


def _key_options(request: PhotoRequest) -> KeyOptions:
    from ..rig.keyframes import KeyOptions

    return KeyOptions(
        frame=request.frame,
        root_location=not request.no_root,
        in_place=request.in_place,
        flip=request.flip,
        blend=request.blend,
        limbs="IK" if request.limbs == "ik" else "FK",
        relax_hands=not request.stiff_hands,
    )


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
def _shown_progress() -> Iterator[_Show]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    # Where nobody watches, as in a log, not even an empty line is drawn.
    hidden = not console.is_terminal
    with ProgressBar(*columns, console=console, auto_refresh=False, transient=True, disable=hidden) as bar:
        yield _Show(bar)


@contextmanager
def _timed(timings_ms: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    timings_ms[stage] = (time.perf_counter() - start) * 1000.0


def _print_summary(
    found: FoundPeople,
    result: PhotoResult,
    *,
    timings: dict[str, float],
    notes: Sequence[str],
    written: Sequence[Path],
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    count = len(found.people)
    who = "1 person found" if count == 1 else f"{count} people found, number {result.person + 1} posed"
    console.print(f"{found.path.name}: {who}.", markup=False)
    for note in notes:
        console.print(f"Note: {note}", markup=False)
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
