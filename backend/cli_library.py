"""`contrapposto library FOLDER --rig R.blend --out LIBRARY.blend`: a folder of references as a library of poses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console

from .cli_rig_request import check_folder
from .cli_video_show import run_patiently, shown_video_progress
from .errors import InputError
from .pose_folder import pictures_in
from .runtime import ModelCache


def add_command(commands: Any) -> None:
    """Add `library` to the parser's commands."""
    library = commands.add_parser("library", help="a pose library of all photos and drawings of a folder")
    library.set_defaults(run=run)
    library.add_argument(
        "folder", type=Path, metavar="FOLDER", help="the folder of pictures; sub-folders are catalogues"
    )
    library.add_argument("--rig", type=Path, required=True, metavar="FILE", help="the file of the rig")
    library.add_argument("--armature", metavar="NAME", help="which of its armatures")
    library.add_argument("--bone-map", type=Path, metavar="FILE", help="a .json that says which bone is which joint")
    library.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the .blend of the poses; more are added"
    )
    library.add_argument("--no-subfolders", action="store_true", help="the pictures of the folder itself alone")
    library.add_argument("--flip", action="store_true", help="exchange left and right")
    library.add_argument("--limbs", choices=("FK", "IK"), default="FK", help="which controls to pose")
    library.add_argument("--author", default="", metavar="NAME", help="written into every pose")
    library.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done, or a picture was left out.
    """
    _check(options)
    pictures = pictures_in(options.folder, recursive=not options.no_subfolders)
    from ..rig.library_file import LibraryFile

    library = LibraryFile.open(options.rig, armature_name=options.armature, out=options.out, bone_map=options.bone_map)
    work = library.work(
        pictures,
        models=ModelCache(options.models),
        flip=options.flip,
        limbs=options.limbs,
        author=options.author,
    )
    stopped = False
    try:
        with shown_video_progress() as show:
            run_patiently(work.job(), on_progress=lambda progress: show(progress, place=""))
    except KeyboardInterrupt:
        stopped = True
    library.write(work)
    console = Console(highlight=False, soft_wrap=True)
    for left in work.left_out:
        console.print(f"{left.path.name} was left out: {left.reason}", markup=False)
    told = f"New poses: {len(work.made)}. There already: {work.skipped}. Left out: {len(work.left_out)}."
    console.print(f"{told} The library is {options.out}.", markup=False)
    if stopped:
        raise KeyboardInterrupt(f"cancelled: {len(work.made)} new poses are kept. The same command goes on from there.")
    if work.left_out:
        raise InputError(f"{len(work.left_out)} of {len(pictures)} pictures were left out. The others are done.")


def _check(options: argparse.Namespace) -> None:
    """Raises: InputError: what is asked for cannot be done."""
    check_folder("FOLDER", options.folder)
    check_folder("--models", options.models)
    if not options.rig.is_file():
        raise InputError(f"--rig {options.rig} does not exist. Name a rig file.")
    if options.bone_map is not None and not options.bone_map.is_file():
        raise InputError(f"--bone-map {options.bone_map} does not exist. Name a .json file.")
    if options.out.suffix.lower() != ".blend":
        raise InputError(f"--out {options.out}: the name must end in .blend.")
    if options.out.is_dir() or not options.out.parent.is_dir():
        raise InputError(f"--out {options.out}: its folder does not exist, or it is one itself. Name a file.")
    if options.out.exists() and options.out.samefile(options.rig):
        raise InputError(f"--out {options.out} is the rig's own file. Write to another.")
