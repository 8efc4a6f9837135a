"""`contrapposto text "..." ...`: the options of the command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .cli_photo import add_pose_options, add_rig_options
from .cli_text_request import TextCommand
from .cli_text_work import pose_text
from .errors import InputError


def add_command(commands: Any) -> None:
    """Add `text` to the parser's commands."""
    text = commands.add_parser("text", help="pose a rig as a sentence says")
    text.set_defaults(run=run)
    text.add_argument("sentence", nargs="?", metavar="SENTENCE", help='such as "kneeling, right hand on the head"')
    text.add_argument(
        "--edit", metavar="POSE", help="change this pose, an .npz, or `rig` for the pose in which the rig was saved"
    )
    text.add_argument(
        "--alternatives",
        type=int,
        default=1,
        metavar="N",
        help="write up to N poses: FILE has the best one, FILE_2, FILE_3 ... others (default 1)",
    )
    text.add_argument("--seed", type=int, default=0, metavar="S", help="another number makes other poses (default 0)")
    text.add_argument(
        "--constraints",
        type=Path,
        metavar="FILE",
        help="a .json of what was understood: written with a sentence, read in its place without one",
    )
    text.add_argument(
        "--without",
        default="",
        metavar="N,M",
        help="numbers of what was understood, as printed, that shall not count",
    )
    text.add_argument("--describe", action="store_true", help="tell the pose in words")
    _add_language_model(text)
    add_rig_options(text)
    add_pose_options(text)
    text.add_argument("--out", type=Path, metavar="FILE", help="write the posed rig: .blend .glb .fbx .bvh")
    text.add_argument("--npz", type=Path, metavar="FILE", help="write the SMPL pose as an AMASS .npz")
    text.add_argument("--preview", type=Path, metavar="FILE", help="write a .png of the posed rig")
    text.add_argument("--models", type=Path, metavar="FOLDER", help="folder of your own copies of the model files")


def _add_language_model(text: argparse.ArgumentParser) -> None:
    """What understands the sentence."""
    text.add_argument(
        "--llm",
        metavar="URL",
        help="let a language model understand the sentence: an OpenAI-compatible server, such as "
        "http://localhost:11434/v1, or the folder of a model. A key is taken from CONTRAPPOSTO_LLM_KEY",
    )
    text.add_argument("--model", metavar="NAME", help="the model's name on that server")


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done.
    """
    options.without = _numbers(options.without)
    asked = {name: getattr(options, name) for name in TextCommand.__dataclass_fields__}
    pose_text(TextCommand(**asked), online=options.online)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InputError(f"--without takes numbers, such as 2,3, not {text}.") from error
