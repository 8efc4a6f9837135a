"""A sheet to look at: prompts, and the sample character in the first pose of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from scipy.spatial.transform import Rotation
from text_answers import Poser

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.pictures import side_by_side, stacked, write_png
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.text.measures import Body

ROOT: Final = Path(__file__).resolve().parents[1]
CHARACTER: Final = ROOT / "samples" / "character.blend"
PROMPTS: Final = (
    "Kneeling on the left knee, right hand on the heart", "Boxer in guard", "hands on hips, looking to the right",
    "arms crossed in front of the chest", "sits cross-legged on the floor", "yoga tree pose",
    "Warrior I with the left foot in front", "downward facing dog", "arabesque, left leg behind",
    "archer drawing the bow, left arm holds the bow", "weightlifter holding the barbell overhead", "on all fours",
    "sitting on a chair, right leg crossed over the left", "right hand to the temple in a salute",
    "a sprinter in full run", "The Thinker by Rodin", "lying flat on the back, arms along the body",
    "both arms stretched out, left knee lifted",
    "a tired old man", "proud king standing before his people", "zombie", "soldier at attention", "ballerina",
    "winner! victory! she just won the race",
)  # fmt: skip
_HEIGHT, _WIDTH, _CAPTION, _COLUMNS = 300, 250, 44, 6
_UPRIGHT: Final = 0.6
_PAPER, _INK = 245, (40, 40, 40)


def write_sheet(path: Path, poser: Poser, *, prompts: Sequence[str] = PROMPTS, character: Path = CHARACTER) -> None:
    """Write the sheet as PNG; a refused prompt has an empty place over its words."""
    from contrapposto.rig.pose_plan import KeyOptions
    from contrapposto.rig.preview import render_rig
    from contrapposto.rig.session import PosedRig

    rig = PosedRig.open(character, armature_name=None)
    panels: list[ImageArray] = []
    for prompt in prompts:
        answer = poser(prompt, None)
        picture = np.full((_HEIGHT, _WIDTH, 3), _PAPER, np.uint8)
        if len(answer.poses):
            rig.pose(_seen_best(answer.posed[0]), options=KeyOptions(frame=1))
            picture = render_rig(rig.armature, height=_HEIGHT)
        panels.append(_captioned(picture, prompt))
    starts = range(0, len(panels), _COLUMNS)
    write_png(stacked([side_by_side(panels[start : start + _COLUMNS], gap=8) for start in starts]), path)


def _seen_best(poses: PoseSequence) -> PoseSequence:
    """The pose turned to its left: who lies or kneels on all fours is seen from the side, everybody else askew."""
    rotations = poses.rotations.astype(np.float64)
    upright = Body.posed(rotations).limb("torso")[0, 1] > _UPRIGHT
    turn = Rotation.from_euler("Y", 25.0 if upright else 65.0, degrees=True)
    rotations[0, 0] = (turn * Rotation.from_rotvec(rotations[0, 0])).as_rotvec()
    return replace(poses, rotations=rotations.astype(np.float32))


def _captioned(picture: ImageArray, words: str) -> ImageArray:
    """The picture (H, W, 3) fitted into its place, over its words in at most two lines."""
    share = min(_HEIGHT / picture.shape[0], _WIDTH / picture.shape[1])
    size = (max(round(picture.shape[1] * share), 1), max(round(picture.shape[0] * share), 1))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    panel = np.full((_HEIGHT + _CAPTION, _WIDTH, 3), _PAPER, np.uint8)
    top, left = _HEIGHT - size[1], (_WIDTH - size[0]) // 2
    panel[:top] = small[:1].mean(axis=1).astype(np.uint8)
    panel[top : top + size[1], left : left + size[0]] = small
    for number, line in enumerate(_lines(words)):
        at = (6, _HEIGHT + 16 + 18 * number)
        cv2.putText(panel, line, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, _INK, 1, cv2.LINE_AA)
    return panel


def _lines(words: str, *, most: int = 34) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:2]
