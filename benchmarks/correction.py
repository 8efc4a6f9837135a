"""How well and how fast a reading is solved again around points that the artist placed, and shown on a rig.

python benchmarks/correction.py
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
import numpy as np
from mocap_poses import varied_poses
from rich.console import Console
from rich.table import Table

from contrapposto.backend.camera import Camera
from contrapposto.backend.camera_match import Sighting
from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.estimate.resolve import landmarks_px, person_height_px, resolve
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle, normalized
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES
from contrapposto.rig.live_pose import LivePose
from contrapposto.rig.pose_plan import KeyOptions
from contrapposto.rig.readings import RigReadings
from contrapposto.rig.rig_files import open_rig, start_empty_file
from contrapposto.rig.rigify_human import make_rigify_human

POSES, SHOWN = 120, 30
WRONG_DEGREES = 20.0
"""How far the upper and the lower part of one limb of the reading are turned away from the truth, in the median."""
NOISE = 0.01
"""Of the detector, as a share of the person's height, along x and y."""
SIZE = (1000, 1000)
CAMERA = Camera(1414.0, 1414.0, 500.0, 500.0)
PELVIS_CAM = np.array([[0.0, 0.0, 4.0]], np.float32)
LIMBS = {
    "arm": ("shoulder", "elbow", "wrist"),
    "leg": ("hip", "knee", "ankle"),
}
PLACED = {"arm": (("wrist",), ("elbow", "wrist")), "leg": (("ankle",), ("knee", "ankle"))}
CHARACTER = Path(__file__).resolve().parents[1] / "samples" / "character.blend"
EXPLAINED = f"""{POSES} poses of real motion, seen 4 m away by a camera of 43 mm. Of each, one limb is read wrongly:
its two joints are turned by about {WRONG_DEGREES:g} degrees about random axes. Its end, or its middle and its end, are
then put where the true pose has them in the picture. A detector saw the middle, off by {NOISE:.0%} of the height.
"miss": from the placed points to where the new reading has them, in per cent of the person's height (goal 1).
"limb": degrees between the true directions of the limb's two bones and the reading's, mean, before and after.
"turned": of the joints outside of this side's limbs, the one that turned furthest, degrees, median over the poses.
A step of a drag is to solve, to pose the rig without keys and to move the camera (goal 100 ms)."""


@dataclass
class _Row:
    """What was measured with one set of points."""

    solve_ms: list[float] = field(default_factory=list)
    miss: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    turned: list[float] = field(default_factory=list)

    def cells(self) -> list[str]:
        """As the table has them."""
        return [
            f"{np.median(self.solve_ms):.0f}",
            f"{np.percentile(self.solve_ms, 95):.0f}",
            f"{np.median(self.miss):.2f}",
            f"{np.percentile(self.miss, 95):.2f}",
            f"{np.mean(self.before):.1f}",
            f"{np.mean(self.after):.1f}",
            f"{np.median(self.turned):.1f}",
        ]


def main() -> None:
    """Print both tables."""
    console = Console(width=130, highlight=False)
    console.print(EXPLAINED)
    truths = [_estimate(rotations) for rotations in varied_poses(POSES).rotations]
    _solving(console, truths)
    _showing(console, truths)


def _solving(console: Console, truths: list[Estimate]) -> None:
    resolve(truths[0], _points(truths[0], ["left_wrist"]))  # torch is loaded
    table = Table("limb", "placed", "solve ms", "95 %", "miss %", "95 %", "limb before", "after", "turned", box=None)
    for limb, choices in PLACED.items():
        for chosen in choices:
            row, generator = _Row(), np.random.default_rng(5)
            for index, truth in enumerate(truths):
                _measure(row, truth, limb, side=("left", "right")[index % 2], chosen=chosen, generator=generator)
            table.add_row(limb, " and ".join(chosen), *row.cells())
    console.print(table)


def _measure(
    row: _Row, truth: Estimate, limb: str, *, side: str, chosen: tuple[str, ...], generator: np.random.Generator
) -> None:
    joints = [JOINT_INDEX[f"{side}_{name}"] for name in LIMBS[limb]]
    wrong = _turned_wrongly(truth, joints[:2], generator)
    moved = _points(truth, [f"{side}_{name}" for name in chosen])
    seen = _seen(truth, side=side, end=LIMBS[limb][2], generator=generator)
    began = time.perf_counter()
    solved = resolve(wrong, moved, seen=seen)
    row.solve_ms.append((time.perf_counter() - began) * 1000.0)
    found = landmarks_px(solved)
    away = [np.linalg.norm(found[BLAZEPOSE_33.index[name]] - place) for name, place in moved.items()]
    row.miss.append(100.0 * float(max(away)) / person_height_px(truth))
    row.before.append(_limb_error(wrong, truth, joints))
    row.after.append(_limb_error(solved, truth, joints))
    others = [index for index, name in enumerate(JOINT_NAMES) if not name.startswith(f"{side}_")]
    turns = [axis_angle_to_matrix(each.poses.rotations[0, others]) for each in (wrong, solved)]
    row.turned.append(float(np.degrees(geodesic_angle(*turns)).max()))


def _estimate(rotations: np.ndarray) -> Estimate:
    poses = PoseSequence(rotations[None].astype(np.float32), np.array([[0.0, 0.95, 0.0]]))
    return Estimate(poses, PELVIS_CAM, CAMERA)


def _turned_wrongly(truth: Estimate, joints: list[int], generator: np.random.Generator) -> Estimate:
    rotations = truth.poses.rotations.copy()
    for joint in joints:
        axis = normalized(generator.normal(size=3))
        turn = axis_angle_to_matrix(np.radians(generator.normal(WRONG_DEGREES, 5.0)) * axis)
        rotations[0, joint] = matrix_to_axis_angle(axis_angle_to_matrix(rotations[0, joint]) @ turn)
    return replace(truth, poses=replace(truth.poses, rotations=rotations))


def _seen(truth: Estimate, *, side: str, end: str, generator: np.random.Generator) -> Observation:
    """A detector that is off by `NOISE` and has not seen the end of the limb."""
    points = landmarks_px(truth)[None] + generator.normal(0.0, NOISE * person_height_px(truth), (1, 33, 2))
    confidence = np.full((1, 33), 0.9)
    confidence[0, BLAZEPOSE_33.index[f"{side}_{end}"]] = 0.1
    return Observation(points, confidence, BLAZEPOSE_33, SIZE)


def _points(truth: Estimate, names: list[str]) -> dict[str, tuple[float, float]]:
    found = landmarks_px(truth)
    return {name: (float(x), float(y)) for name in names for x, y in [found[BLAZEPOSE_33.index[name]]]}


def _limb_error(estimate: Estimate, truth: Estimate, joints: list[int]) -> float:
    """Degrees, mean of both bones."""
    ways = [normalized(np.diff(each.joints()[0, joints], axis=0)) for each in (estimate, truth)]
    return float(np.degrees(np.arccos(np.clip(np.sum(ways[0] * ways[1], axis=-1), -1.0, 1.0))).mean())


def _showing(console: Console, truths: list[Estimate]) -> None:
    """Solve, pose the rig without keys, move the camera: one step of a drag."""
    table = Table("rig", "bones", "solve ms", "show ms", "both ms", "95 %", box=None)
    for name, armature in (("Rigify human", None), ("sample character with its mesh", CHARACTER)):
        if armature is None:
            start_empty_file()
        rig = make_rigify_human() if armature is None else open_rig(armature)
        on_rig = RigReadings([truths[0].poses], KeyOptions(frame=1))
        on_rig.pose(rig)
        live = LivePose(on_rig, rig, bpy.context.scene)
        unseen = Observation(np.zeros((1, 33, 2)), np.zeros((1, 33)), BLAZEPOSE_33, SIZE)
        taken: list[tuple[float, float]] = []
        for step in range(SHOWN + 1):
            x, y = _points(truths[0], ["left_wrist"])["left_wrist"]
            began = time.perf_counter()
            solved = resolve(truths[0], {"left_wrist": (x + step, y - 2.0 * step)})
            middle = time.perf_counter()
            live.show(solved.poses, Sighting.of(solved, unseen), armature=rig, scene=bpy.context.scene)
            taken.append(((middle - began) * 1000.0, (time.perf_counter() - middle) * 1000.0))
        steps = np.array(taken[1:])  # the first loads what the others find
        both = steps.sum(axis=1)
        medians = [f"{value:.0f}" for value in (*np.median(steps, axis=0), np.median(both), np.percentile(both, 95))]
        table.add_row(name, str(len(rig.data.bones)), *medians)
    console.print(table)


if __name__ == "__main__":
    run_and_leave(main)
