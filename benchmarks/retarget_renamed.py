"""How many joints a rig's shape alone tells: every rig with all bones renamed `Bone.001` ... in shuffled order.

What counts as right is what the rig's own names say; those are checked by the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import bpy
import numpy as np
from rich.console import Console
from rich.table import Table
from rig_collection import RigSource, all_rigs

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.retarget.bone_map import SURE, BoneMap
from contrapposto.backend.retarget.matcher import detect_bones, match_bones
from contrapposto.backend.skeleton import JOINT_NAMES
from contrapposto.rig.armature import read_rig

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from joint_tally import Tally, tally_of

RIGHT_GOAL = 0.95
SHUFFLES = 3


def renamed(console: Console, only: list[str]) -> None:
    """Print the table; `only` are parts of the names of the rigs to take, all where it is empty."""
    table = Table("rig", "bones", "joints", "right", "unsure", "wrong", "wrong side", "asked about", box=None)
    total, rigs = Tally(), 0
    for source in all_rigs():
        if only and not any(part.lower() in source.name.lower() for part in only):
            continue
        try:
            bones, tally, asked = _measured(source)
        except ContrappostoError as error:
            table.add_row(source.name, f"refused: {error}"[:90])
            continue
        total, rigs = total + tally, rigs + 1
        cells = (bones, tally.counted, tally.right, tally.unsure, tally.wrong, tally.other_side)
        table.add_row(source.name, *map(str, cells), ", ".join(asked))
    console.print(f"Joints found with all bones renamed, {SHUFFLES} shuffles a rig, counted together.")
    console.print(table)
    share = total.right / max(total.counted, 1)
    mark = "" if share >= RIGHT_GOAL and not total.wrong else "!"
    console.print(
        f"Rigs: {rigs}. Joints: {total.counted}, {share:.1%} right{mark} (goal {RIGHT_GOAL:.0%}), "
        f"{total.unsure} unsure, {total.wrong} wrong, {total.other_side} on the wrong side (goal 0)."
    )


def _measured(source: RigSource) -> tuple[int, Tally, list[str]]:
    """How many bones, the tally of all shuffles, and the joints that were asked about in any of them."""
    armature = source.make()
    truth = match_bones(read_rig(armature))
    was = {bone.name: bone.name for bone in armature.data.bones}
    tally, asked = Tally(), set[str]()
    for seed in range(SHUFFLES):
        was = _renamed(armature, was, seed=seed)
        found = detect_bones(read_rig(armature))
        tally += tally_of(truth, found, was, joints=JOINT_NAMES, sure=SURE)
        asked |= {joint for joint in truth.joints if joint in JOINT_NAMES and not _is_sure(found, joint)}
    return len(was), tally, [joint for joint in JOINT_NAMES if joint in asked]


def _renamed(armature: bpy.types.Object, was: Mapping[str, str], *, seed: int) -> dict[str, str]:
    """Rename all bones; from the new name of each to its first one."""
    bones = list(armature.data.bones)
    first = [was[bone.name] for bone in bones]
    for position, bone in enumerate(bones):
        bone.name = f"in between {position}"  # no two may have one name on the way
    numbers = np.random.default_rng(seed).permutation(len(bones))
    for bone, number in zip(bones, numbers, strict=True):
        bone.name = f"Bone.{number + 1:03d}"
    return {bone.name: name for bone, name in zip(bones, first, strict=True)}


def _is_sure(bone_map: BoneMap, joint: str) -> bool:
    return joint in bone_map.joints and bone_map.joints[joint].score >= SURE
