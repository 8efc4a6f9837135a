"""`contrapposto rig-map FILE ...`: prints which bone of a rig stands for which joint, how sure that is, and why."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .errors import RigError
from .joint_words import BODY_JOINTS, FINGER_JOINTS, found_by, in_words
from .quiet import quiet
from .skeleton import JOINT_NAMES

if TYPE_CHECKING:
    from .retarget.bone_map import BoneMap

_UNBROKEN: Final = 240


@dataclass(frozen=True)
class MapReport:
    """What is printed of a bone map.

    Attributes:
        bone_map: as it would be used; joints may be missing or in question.
        asked: the joints in question.
    """

    bone_map: BoneMap
    asked: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What the map says of the rig, and what keeps joints from being posed, in sentences."""
        missing = [in_words(joint) for joint in self.asked if joint not in self.bone_map.joints]
        unsure = [in_words(joint) for joint in self.asked if joint in self.bone_map.joints]
        sentences = list(self.bone_map.problems)
        if missing:
            sentences.append(f"No bone was found for {', '.join(missing)}.")
        if unsure:
            sentences.append(f"Not sure enough to be used: {', '.join(unsure)}. Check them in Blender's sidebar.")
        return tuple(sentences)

    def as_json(self) -> str:
        """Armature, the SMPL joints with bones, score and reason, and problems."""
        joints = {
            joint: {"bones": list(match.bones), "score": round(match.score, 3), "reason": match.reason}
            for joint in JOINT_NAMES
            if (match := self.bone_map.joints.get(joint)) is not None
        }
        content = {"armature": self.bone_map.armature, "joints": joints, "problems": list(self.problems)}
        return json.dumps(content, indent=2, ensure_ascii=False)


def add_command(commands: Any) -> None:
    """Add `rig-map` to the parser's commands."""
    parser = commands.add_parser("rig-map", help="print which bone of a rig stands for which joint, and why")
    parser.set_defaults(run=run)
    parser.add_argument("file", type=Path, metavar="FILE", help="the rig: .blend .glb .gltf .vrm .fbx .bvh")
    parser.add_argument("--armature", metavar="NAME", help="which armature of that file")
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else, on standard output")


def run(options: argparse.Namespace) -> None:
    """Print the map of the rig that the command line names.

    Raises:
        InputError: the file cannot be read, or has no such armature.
        RigError: its armature is no body.
    """
    with quiet():  # Blender prints as it starts, such as which OCIO configuration it takes
        from ..rig.bone_maps import asked
        from ..rig.session import PosedRig

    rig = PosedRig.open(options.file, armature_name=options.armature)
    bone_map = rig.bone_map()
    # Told before a refusal too, and never on standard output, which may be for JSON alone.
    for note in rig.notes:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"Note: {note}", markup=False)
    report = MapReport(bone_map, asked(bone_map))
    require_body(report)
    if options.json:
        print(report.as_json())  # noqa: T201  (rich would wrap and colour it)
        return
    # Into a file or a pipe no line is broken.
    print_table(report, Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else _UNBROKEN))


def require_body(report: MapReport) -> None:
    """Refuse what is no human body at all; of one that is, a part may be missing or in question.

    Raises:
        RigError: fewer than half of the body's joints were found, or none of them is sure.
    """
    bone_map = report.bone_map
    found = [joint for joint in BODY_JOINTS if joint in bone_map.joints]
    refused = f"{bone_map.armature} is no human body"
    advice = "Choose another armature with --armature, or another file."
    if len(found) < len(BODY_JOINTS) // 2:
        count = f"{refused}: bones were found for {len(found)} of {len(BODY_JOINTS)} joints."
        raise RigError(" ".join((count, *bone_map.problems, advice)))
    if set(found) <= set(report.asked):
        raise RigError(" ".join((f"{refused}: none of its bones is sure.", *bone_map.problems, advice)))


def print_table(report: MapReport, console: Console) -> None:
    """Print the map for people: a line a joint, then the problems."""
    joints = report.bone_map.joints
    found = sum(joint in joints for joint in BODY_JOINTS)
    console.print(
        f"{report.bone_map.armature}: {found} of {len(BODY_JOINTS)} joints{found_by(report.bone_map.convention)}.",
        markup=False,
    )
    table = Table("joint", "", "bones", "sure", "why", box=None, pad_edge=False)
    table.columns[3].justify = "right"
    for joint in JOINT_NAMES:
        match = joints.get(joint)
        if match is None and joint not in BODY_JOINTS:
            continue
        mark = "?" if joint in report.asked else ""
        bones, sure = (", ".join(match.bones), f"{match.score:.0%}") if match else ("-", "")
        # As Text, or square brackets in a bone's name would be read as markup.
        table.add_row(Text(joint), mark, Text(bones), sure, Text(match.reason if match else "not found"))
    console.print(table)
    fingers = sum(joint in joints for joint in FINGER_JOINTS)
    console.print(f"Fingers: {fingers} of {len(FINGER_JOINTS)} joints.")
    for sentence in report.problems:
        console.print(f"- {sentence}", markup=False)
