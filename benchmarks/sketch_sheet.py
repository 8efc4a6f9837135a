"""A sheet to look at: drawings, the keypoints found in them, and the sample character in the solved pose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from sketch_cases import SketchCase
from sketch_pixels import drawn_figure, on_paper

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.job import run_job
from contrapposto.backend.pictures import draw_keypoints, scaled_to_height, side_by_side, stacked, write_png
from contrapposto.backend.runtime import ModelCache

ROOT: Final = Path(__file__).resolve().parents[1]
CHARACTER: Final = ROOT / "samples" / "character.blend"
_HEIGHT, _COLUMNS = 220, 2


def chosen(depot: Sequence[SketchCase], children: Sequence[SketchCase], *, count: int = 12) -> list[ImageArray]:
    """Drawings for the sheet: all children's, and of the others as many, evenly."""
    wanted = count - len(children)
    cases = [*(depot[round(number * (len(depot) - 1) / (wanted - 1))] for number in range(wanted)), *children]
    return [load_image(case.picture) for case in cases]


def write_sheet(path: Path, pictures: Sequence[ImageArray], models: ModelCache, *, character: Path = CHARACTER) -> None:
    """Write the sheet of pictures (H, W, 3) RGB; one in which nobody is found has an empty place beside it."""
    from contrapposto.rig.pose_plan import KeyOptions
    from contrapposto.rig.preview import render_rig
    from contrapposto.rig.session import PosedRig

    rig = PosedRig.open(character, armature_name=None)
    panels: list[ImageArray] = []
    for image in pictures:
        # As the network sees it: lines one pixel wide could not be seen on the sheet.
        drawn = scaled_to_height(on_paper(image), _HEIGHT)
        figure = drawn_figure(image, models)
        if figure is None:
            panels.append(side_by_side([drawn, np.full_like(drawn, 235), np.full_like(drawn, 235)]))
            continue
        estimate = run_job(models.drawn_solver().solve(figure))[0]
        rig.pose(estimate.poses, options=KeyOptions(frame=1))
        found = draw_keypoints(drawn, figure.observation)
        panels.append(side_by_side([drawn, found, render_rig(rig.armature, height=_HEIGHT)]))
    rows = [_row(panels[start : start + _COLUMNS]) for start in range(0, len(panels), _COLUMNS)]
    write_png(stacked(rows), path)


def _row(panels: Sequence[ImageArray]) -> ImageArray:
    return side_by_side(panels, gap=8)
