"""`contrapposto video FILE ...`: the options of the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .cli_photo import add_pose_options, add_rig_options
from .cli_video_request import DESTINATIONS, MAX_ERROR_DEG, MAX_ERROR_MM, VideoRequest
from .cli_video_work import pose_video
from .refine.finish import SMOOTHING_HZ


def add_command(commands: Any) -> None:
    """Add `video` to the parser's commands."""
    video = commands.add_parser("video", help="key a rig like a person in a video")
    video.set_defaults(run=run)
    video.add_argument(
        "video", type=Path, metavar="FILE", help="a video, a folder of pictures, or one of a numbered run"
    )
    _add_part(video)
    _add_people(video)
    add_motion_options(video)
    _add_keys(video)
    add_rig_options(video)
    add_pose_options(video)
    video.add_argument("--out", type=Path, metavar="FILE", help="write the keyed rig: .blend .glb .fbx .bvh")
    video.add_argument("--npz", type=Path, metavar="FILE", help="write the SMPL motion as an AMASS .npz")
    video.add_argument(
        "--preview", type=Path, metavar="FILE", help="write a .png: frames beside the rig at those times"
    )
    video.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")
    add_cache_options(video)


def _add_part(video: argparse.ArgumentParser) -> None:
    """Which frames are read."""
    video.add_argument("--start", type=int, default=0, metavar="N", help="the first frame, counted from 0")
    video.add_argument("--end", type=int, metavar="N", help="the last frame, which is read too (default: all)")
    video.add_argument("--step", type=int, default=1, metavar="N", help="read every Nth frame only")
    video.add_argument(
        "--fps", type=float, metavar="X", help="frames a second of pictures, which tell none (default 24)"
    )


def _add_people(video: argparse.ArgumentParser) -> None:
    """Whose motion it is."""
    video.add_argument("--person", type=int, default=1, metavar="K", help="which person, the most prominent is 1")
    video.add_argument("--list-people", action="store_true", help="tell who is in the video, in which frames, and end")
    video.add_argument(
        "--thumbnails", type=Path, metavar="FOLDER", help="with --list-people: write a .png of each there"
    )


def add_motion_options(parser: argparse.ArgumentParser) -> None:
    """How a motion is read and finished; `batch` has them too."""
    parser.add_argument(
        "--smoothing",
        type=float,
        default=SMOOTHING_HZ,
        metavar="HZ",
        help=f"faster movements are smoothed away (default {SMOOTHING_HZ:g}; half the frame rate or more: none are)",
    )
    parser.add_argument(
        "--lock-feet",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="feet that stand do not slide (default: they are locked)",
    )
    parser.add_argument("--camera-motion", action="store_true", help="the camera turns: take that out of the motion")


def _add_keys(video: argparse.ArgumentParser) -> None:
    """Which keys are written, and where."""
    video.add_argument(
        "--keys", choices=("dense", "reduced"), default="dense", help="in every frame, or few (default dense)"
    )
    video.add_argument(
        "--max-error-deg",
        type=float,
        metavar="E",
        help=f"reduced keys: no bone is off by more degrees in any frame (default {MAX_ERROR_DEG:g})",
    )
    video.add_argument(
        "--max-error-mm",
        type=float,
        metavar="E",
        help=f"reduced keys: nor hands, feet, head and root by more millimetres (default {MAX_ERROR_MM:g})",
    )
    video.add_argument(
        "--scene-fps",
        type=float,
        metavar="X",
        help="frames a second of the keys and the .npz (default: those of a .blend, else of the video)",
    )
    video.add_argument(
        "--loop", action="store_true", help="find the best cycle and blend its ends; with --in-place it stays in place"
    )
    video.add_argument(
        "--destination",
        choices=tuple(DESTINATIONS),
        default="current",
        help="the rig's action, a new one, or an NLA strip; the old action is kept (default current)",
    )


def add_cache_options(parser: argparse.ArgumentParser) -> None:
    """Where what is found is kept between runs."""
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="FOLDER",
        help="keep what was read there, so that a run that was stopped goes on (default: the user's cache folder)",
    )
    parser.add_argument("--no-cache", action="store_true", help="keep nothing")


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done.
    """
    asked = {name: getattr(options, name) for name in VideoRequest.__dataclass_fields__}
    pose_video(VideoRequest(**asked))
