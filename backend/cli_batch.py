"""`contrapposto batch FOLDER ...`: all photos and videos of a folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from .batch_task import BatchOptions
from .cli_batch_work import BatchRequest, run_batch
from .cli_photo import add_pose_options, add_rig_options
from .cli_rig_request import OUT_SUFFIXES, RigRequest, check_folder
from .cli_video import add_cache_options, add_motion_options
from .cli_video_request import MAX_ERROR_DEG, MAX_ERROR_MM
from .errors import InputError
from .keying.error_bound import ErrorBound
from .refine.finish import MotionSettings
from .video_cache import user_folder

_NAMED_FOR_EACH: Final = ("out", "npz", "preview")


def add_command(commands: Any) -> None:
    """Add `batch` to the parser's commands."""
    batch = commands.add_parser("batch", help="all photos and videos of a folder, one after the other or on a cluster")
    batch.set_defaults(run=run)
    batch.add_argument("folder", type=Path, metavar="FOLDER", help="the folder of photos and videos")
    batch.add_argument("--recursive", action="store_true", help="its subfolders too")
    batch.add_argument("--to", type=Path, metavar="FOLDER", help="where an .npz of each goes (default: FOLDER/poses)")
    batch.add_argument("--person", type=int, default=1, metavar="K", help="which person, the most prominent is 1")
    batch.add_argument(
        "--rig-format",
        choices=tuple(suffix[1:] for suffix in OUT_SUFFIXES),
        help="write the keyed rig of each too, in this format",
    )
    add_motion_options(batch)
    batch.add_argument(
        "--keys", choices=("dense", "reduced"), default="dense", help="of videos: in every frame, or few"
    )
    batch.add_argument("--max-error-deg", type=float, default=MAX_ERROR_DEG, metavar="E", help="bound of reduced keys")
    batch.add_argument("--max-error-mm", type=float, default=MAX_ERROR_MM, metavar="E", help="bound of reduced keys")
    add_rig_options(batch)
    add_pose_options(batch)
    batch.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")
    add_cache_options(batch)
    batch.add_argument("--report", type=Path, metavar="FILE", help="write what came of each as .json")
    batch.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="work on a Ray cluster that sees the same folders: host:port, ray://host:port, auto, or local",
    )
    batch.add_argument("--workers", type=int, metavar="N", help="with --ray local: so many at a time")


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done, or an input failed.
    """
    run_batch(_request_of(options))


def _request_of(options: argparse.Namespace) -> BatchRequest:
    asked: dict[str, Any] = dict.fromkeys(_NAMED_FOR_EACH)
    asked |= {name: getattr(options, name) for name in RigRequest.__dataclass_fields__.keys() - asked.keys()}
    rig = RigRequest(**asked)
    rig.check()
    _check(options, rig)
    return BatchRequest(
        folder=options.folder,
        recursive=options.recursive,
        to=options.to or options.folder / "poses",
        rig_suffix=None if options.rig_format is None else f".{options.rig_format}",
        report=options.report,
        ray=options.ray,
        workers=options.workers,
        options=BatchOptions(
            person=options.person,
            settings=MotionSettings(options.smoothing, lock_feet=options.lock_feet, in_place=options.in_place),
            camera_motion=options.camera_motion,
            reduction=(options.max_error_deg, options.max_error_mm) if options.keys == "reduced" else None,
            request=rig,
            cache=None if options.no_cache else options.cache or user_folder(),
        ),
    )


def _check(options: argparse.Namespace, rig: RigRequest) -> None:
    """Raises: InputError: what is asked for cannot be done."""
    if options.person < 1:
        raise InputError(f"--person counts from 1, so {options.person} is nobody.")
    if options.rig_format is None and rig.wants_rig:
        raise InputError("A rig is named, but no rig is to be written: add --rig-format.")
    if options.rig is not None and not options.rig.is_file():
        raise InputError(f"--rig {options.rig} does not exist. Name a rig file.")
    if options.no_cache and options.cache is not None:
        raise InputError("--no-cache keeps nothing: leave out --cache.")
    if options.workers is not None and (options.ray != "local" or options.workers < 1):
        raise InputError("--workers says how many workers of one or more --ray local has: add --ray local.")
    ErrorBound(options.max_error_deg, options.max_error_mm)
    if options.report is not None:
        rig.check_target("--report", options.report, suffixes=(".json",))
    check_folder("FOLDER", options.folder)
