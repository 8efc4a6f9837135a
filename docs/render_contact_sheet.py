"""Renders the contact sheet of the documentation: each picture, its keypoints, and three rigs posed from it.

    .venv/bin/python docs/render_contact_sheet.py [PHOTO ...] [--out docs/images/contact_sheet.png] [--rig FILE ...]

Without pictures it takes the sample. The rigs are the demonstration character, a generated Rigify human and, drawn as
solids, the character's bones alone; `--rig` adds others. Pictures in which nobody is found are named and left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import bpy
import numpy as np

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.job import run_job
from contrapposto.backend.observation import Observation
from contrapposto.backend.pictures import draw_keypoints, scaled_to_height, side_by_side, stacked, write_png
from contrapposto.backend.pipeline import PhotoResult, find_people, solve_person
from contrapposto.backend.runtime import ModelCache
from contrapposto.rig.keyframes import KeyOptions, pose_and_key
from contrapposto.rig.preview import render_rig
from contrapposto.rig.rig_files import open_rig, save_rig, start_empty_file
from contrapposto.rig.rigify_human import make_rigify_human

ROOT = Path(__file__).resolve().parents[1]
CHARACTER = ROOT / "samples" / "character.blend"
HEIGHT = 480
"""Pixels of each panel."""

RigMaker = Callable[[], bpy.types.Object]


def contact_sheet(photos: Sequence[Path], *, rigs: Sequence[RigMaker], out: Path) -> None:
    """Write a row a picture; nothing is written when nobody is found in any of them."""
    models = ModelCache(None)
    rows = []
    for photo in photos:
        try:
            found = run_job(find_people(photo, models))
            rows.append(_row(run_job(solve_person(found, 0, models)), rigs))
        except ContrappostoError as error:
            print(f"{photo.name}: {error}", file=sys.stderr)
    if rows:
        write_png(stacked(rows), out)
        print(f"{out}: {len(rows)} of {len(photos)} pictures")


def _row(result: PhotoResult, rigs: Sequence[RigMaker]) -> ImageArray:
    photo = scaled_to_height(result.found.image, HEIGHT)
    panels = [photo, _around_person(draw_keypoints(photo, result.observation), result.observation)]
    for make_rig in rigs:
        armature = make_rig()
        pose_and_key(armature, result.estimate.poses, options=KeyOptions(frame=1.0))
        panels.append(render_rig(armature, height=HEIGHT))
    return side_by_side(panels)


def _around_person(image: ImageArray, observation: Observation) -> ImageArray:
    """The upright part (H, W', 3) of the picture that the person is in, so that the sheet stays narrow."""
    height, width = image.shape[:2]
    across = observation.keypoints_px[0, :, 0] * width / observation.image_size[0]
    middle = (across.min() + across.max()) / 2.0
    half = max(0.33 * height, 0.58 * float(np.ptp(across)))
    left, right = round(max(middle - half, 0.0)), round(min(middle + half, float(width)))
    return image[:, left:right]


def _character() -> bpy.types.Object:
    return open_rig(CHARACTER)


def _character_bones() -> bpy.types.Object:
    armature = open_rig(CHARACTER)
    for child in armature.children:
        child.hide_render = True
    return armature


class _RigifyHuman:
    """A Rigify human, generated once for all pictures."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "rigify.blend"

    def __call__(self) -> bpy.types.Object:
        if not self._file.exists():
            start_empty_file()
            save_rig(make_rigify_human(), self._file)
        return open_rig(self._file, armature_name="rig")


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path, metavar="PHOTO")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "contact_sheet.png")
    parser.add_argument("--rig", action="append", default=[], type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rigs: list[RigMaker] = [_character, _RigifyHuman(Path(folder)), _character_bones]
        rigs += [lambda path=path: open_rig(path) for path in options.rig]
        contact_sheet(options.photos or [ROOT / "samples" / "photo.jpg"], rigs=rigs, out=options.out)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Blender's own shutdown can hang when it runs as a Python module.
    os._exit(0)
