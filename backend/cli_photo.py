"""`contrapposto photo IMAGE ...`: the options of the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .cli_photo_request import PhotoRequest
from .cli_photo_work import SOLVERS, pose_photo


def add_command(commands: Any) -> None:
    """Add `photo` to the parser's commands."""
    photo = commands.add_parser("photo", help="pose a rig like a person in a photo")
    photo.set_defaults(run=run)
    add_picture_options(photo, noun="person")
    _add_models(photo)


def add_picture_options(parser: argparse.ArgumentParser, *, noun: str) -> None:
    """The options of every command that poses from a picture, whatever it shows: people or figures."""
    parser.add_argument("image", type=Path, metavar="IMAGE", help="the picture")
    add_rig_options(parser)
    parser.add_argument("--person", type=int, default=1, metavar="K", help=f"which {noun}, the most prominent is 1")
    add_pose_options(parser)
    _add_outputs(parser)
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")
    parser.add_argument("--smpl", type=Path, metavar="FOLDER", help="folder of your own SMPL files (needs smplx)")


def add_rig_options(parser: argparse.ArgumentParser) -> None:
    """Which rig is posed, and where in time."""
    parser.add_argument(
        "--rig", type=Path, metavar="FILE", help=".blend .glb .gltf .vrm .fbx .bvh; default: a Rigify human"
    )
    parser.add_argument("--armature", metavar="NAME", help="which armature of that file")
    parser.add_argument("--bone-map", type=Path, metavar="FILE", help="a .json that says which bone is which joint")
    parser.add_argument("--frame", type=int, default=1, metavar="N", help="the frame to key (default 1)")


def _add_outputs(photo: argparse.ArgumentParser) -> None:
    """What is written."""
    photo.add_argument("--out", type=Path, metavar="FILE", help="write the posed rig: .blend .glb .fbx .bvh")
    photo.add_argument("--npz", type=Path, metavar="FILE", help="write the SMPL pose as an AMASS .npz")
    photo.add_argument("--preview", type=Path, metavar="FILE", help="write a .png: the picture beside the posed rig")
    photo.add_argument(
        "--text",
        metavar="WORDS",
        help='what the picture leaves open, such as "left leg behind": the reading that agrees best comes first',
    )
    photo.add_argument(
        "--match-camera",
        action="store_true",
        help="set a camera in the .blend of --out: the rig over the picture, as it was taken",
    )
    photo.add_argument(
        "--hypotheses",
        type=int,
        default=1,
        metavar="N",
        help="write up to N readings of the pose: FILE has the expected one, FILE_2, FILE_3 ... others, the likeliest "
        "first (default 1)",
    )


def _add_models(photo: argparse.ArgumentParser) -> None:
    """What sees and solves."""
    photo.add_argument(
        "--solver",
        choices=tuple(SOLVERS),
        default="auto",
        help="the trained model, or plain geometry; auto: the model where it can run (default)",
    )
    photo.add_argument(
        "--detector", type=Path, metavar="FILE", help="your own RTMPose model of 17 or 133 keypoints, .onnx"
    )
    photo.add_argument("--regressor", type=Path, metavar="FILE", help="your own TorchScript pose regressor, .pt")


def add_pose_options(parser: argparse.ArgumentParser) -> None:
    """How the pose is put on the rig; the same options as in the sidebar."""
    parser.add_argument("--no-root", action="store_true", help="leave the rig's root where it is")
    parser.add_argument("--in-place", action="store_true", help="key the root's height only: the figure stays in place")
    parser.add_argument("--flip", action="store_true", help="exchange left and right")
    parser.add_argument("--stiff-hands", action="store_true", help="leave fingers that the picture does not show alone")
    parser.add_argument("--blend", type=float, default=1.0, metavar="B", help="from the rig's pose (0) to the new (1)")
    parser.add_argument(
        "--min-confidence",
        type=float,
        default=0.0,
        metavar="X",
        help="key only joints that are at least so sure (0 to 1)",
    )
    parser.add_argument("--keep-unseen", action="store_true", help="leave limbs that are not seen as the rig has them")
    parser.add_argument(
        "--limbs", choices=("fk", "ik"), default="fk", help="which controls to key where there are both"
    )


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done.
    """
    pose_photo(request_of(options))


def request_of(options: argparse.Namespace) -> PhotoRequest:
    """What the command line asks for, checked.

    Raises:
        InputError: it cannot be done.
    """
    return PhotoRequest(**{name: getattr(options, name) for name in PhotoRequest.__dataclass_fields__})
