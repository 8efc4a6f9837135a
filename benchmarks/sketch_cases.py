"""Drawings whose joints are annotated: 68 of mannequins by Pose Depot, and AnimatedDrawings' two children's figures.

They are for measuring only: nothing is trained on them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from contrapposto.backend.estimate.drawn_bones import BONE_INDEX, BONES, LIMB_BONES
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.observation import Observation
from contrapposto.backend.skeleton import JOINT_INDEX

SKETCHES: Final = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "sketches"
_DEPOT_PARTS: Final = {
    "sho": "shoulder", "elb": "elbow", "wri": "wrist", "hip": "hip", "knee": "knee", "ank": "ankle", "eye": "eye",
    "ear": "ear",
}  # fmt: skip
"""The neck of OpenPose is the middle between the shoulders, not the joint of ours: it is left out."""
_CHILD_PARTS: Final = {
    "shoulder": "shoulder", "elbow": "elbow", "hand": "wrist", "hip": "hip", "knee": "knee", "foot": "ankle",
}  # fmt: skip
_CHILD_JOINT: Final = re.compile(r"- loc:\s+- (\d+)\s+- (\d+)\s+name: (\w+)")
_CHILD_SIZE: Final = re.compile(r"^(width|height): (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class SketchCase:
    """One drawing.

    Attributes:
        name: the pose, or the character.
        picture: the file.
        annotated: its joints, certain where they are annotated.
    """

    name: str
    picture: Path
    annotated: Observation


def depot_cases(folder: Path = SKETCHES) -> list[SketchCase]:
    """Pose Depot's drawings; none where the folder is not there."""
    file = folder / "pose_depot_keypoints.json"
    if not file.is_file():
        return []
    listed = json.loads(file.read_text())
    return [
        SketchCase(
            path.split("/")[0],
            folder / "pose_depot" / path,
            _observation({_depot_name(name): place for name, place in each["keypoints"].items()}, each["size"]),
        )
        for path, each in listed.items()
    ]


def child_cases(folder: Path = SKETCHES) -> list[SketchCase]:
    """AnimatedDrawings' figures; none where the folder is not there."""
    found: list[SketchCase] = []
    for file in sorted((folder / "animated_drawings").glob("*_char_cfg.yaml")):
        text = file.read_text()
        size = {name: int(number) for name, number in _CHILD_SIZE.findall(text)}
        places = {_child_name(name): [float(x), float(y)] for x, y, name in _CHILD_JOINT.findall(text)}
        name = file.name.removesuffix("_char_cfg.yaml")
        picture = file.with_name(f"{name}_texture.png")
        found.append(SketchCase(name, picture, _observation(places, [size["width"], size["height"]])))
    return found


def limb_errors(case: SketchCase, estimate: Estimate | None = None) -> np.ndarray:
    """(L,) degrees between the annotated limbs and those of the posed skeleton as the drawing's camera sees it.

    Without an estimate as many zeros as limbs are annotated.
    """
    seen = None if estimate is None else estimate.joints_px()[0]
    found: list[float] = []
    for name in LIMB_BONES:
        (start,), (end,) = (BONES[BONE_INDEX[name]].start, BONES[BONE_INDEX[name]].end)
        ends = [FIGURE_23.index[start], FIGURE_23.index[end]]
        if case.annotated.confidence[0, ends].min() <= 0.0:
            continue
        drawn = np.diff(case.annotated.keypoints_px[0, ends], axis=0)[0]
        posed = drawn if seen is None else seen[JOINT_INDEX[end]] - seen[JOINT_INDEX[start]]
        found.append(limb_angle(drawn, posed))
    return np.array(found)


def limb_angle(drawn: np.ndarray, posed: np.ndarray) -> float:
    """Degrees between two directions (2,) in a picture."""
    return float(np.degrees(abs(np.arctan2(drawn[0] * posed[1] - drawn[1] * posed[0], drawn @ posed))))


def _depot_name(name: str) -> str:
    """OpenPose's name as ours; one that we lack stays."""
    side = {"L": "left_", "R": "right_"}.get(name[0], "")
    return side + _DEPOT_PARTS[name[1:]] if side and name[1:] in _DEPOT_PARTS else name.replace("neck", "")


def _child_name(name: str) -> str:
    side, _, part = name.partition("_")
    return f"{side}_{_CHILD_PARTS[part]}" if part in _CHILD_PARTS else ""


def _observation(places: dict[str, list[float] | None], size: list[int]) -> Observation:
    points = np.zeros((1, len(FIGURE_23), 2), np.float32)
    sure = np.zeros((1, len(FIGURE_23)), np.float32)
    for name, place in places.items():
        if name in FIGURE_23.index and place is not None:
            points[0, FIGURE_23.index[name]], sure[0, FIGURE_23.index[name]] = place, 1.0
    return Observation(points, sure, FIGURE_23, (size[0], size[1]))
