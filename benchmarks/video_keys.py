"""Key reduction on held-out motion: keys a second and the worst error, as Blender plays the keyed rig.

python benchmarks/video_keys.py [--mocap FOLDER] [--clip ARCHIVE/CLIP ...]
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from rich.console import Console
from rich.table import Table

from contrapposto.backend.arrays import BoolArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import Job, run_job
from contrapposto.backend.keying.error_bound import ErrorBound
from contrapposto.backend.keying.key_reduction import Reduction
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.refine.contacts import soles, speeds, standing, steps, without_steps
from contrapposto.backend.refine.foot_lock import with_locked_feet
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.skeleton import REST_OFFSETS
from contrapposto.rig.motion_keys import MotionPlan, key_motion, plan_motion
from contrapposto.rig.pose_plan import KeyOptions
from contrapposto.rig.rig_files import start_empty_file
from contrapposto.rig.rigify_human import make_rigify_human

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from training.mocap.archives import clips_in  # noqa: E402
from training.mocap.poses import poses_of  # noqa: E402
from training.mocap.split import is_held_out  # noqa: E402

MOCAP = ROOT.parent / "shared" / "data" / "mocap"
CLIPS = ("cmu_asfamc/02_01", "cmu_asfamc/02_05", "cmu_acrnn_bvh/martial_06")
FPS = 30.0
MOST_FRAMES = 300
"""Of each clip, from its start: Blender plays a Rigify human at some 50 to 100 frames a second."""
BOUNDS = (1.0, 2.0, 5.0)
MM_PER_DEGREE = 10.0
FIRST = 1
ENDS = ("DEF-hand.L", "DEF-hand.R", "DEF-foot.L", "DEF-foot.R", "DEF-toe.L", "DEF-toe.R", "DEF-spine.006", "torso")
SOLES = ("DEF-foot.L", "DEF-toe.L", "DEF-foot.R", "DEF-toe.R")
KINDS = ((True, "ALIGNED"), (True, "FREE"), (False, "ALIGNED"))
"""Whether all bones have keys at the same frames, and the kind of handles."""
EXPLAINED = f"""A Rigify human is keyed in every frame, then with few keys, and played; {FPS:g} frames a second.
Bounds: degrees of every bone's own rotation, {MM_PER_DEGREE:g} mm of root, hands, feet and head for each degree.
Whole poses: all bones have keys at the same frames. Keys/s counts those frames; of dense keys is of all F-curves' keys.
Worst: over all bones and frames, from what Blender evaluates. Skate: mm a frame that standing ankles and balls of feet
move, in the mean and at worst; feet are locked before, and have a bound of their own while they stand, 4 mm. Processor
seconds are of choosing the keys."""


@dataclass(frozen=True)
class Played:
    """(T, B, 3, 3) own rotations of all bones, and (T, E, 3) metres of the ends."""

    turns: np.ndarray
    ends: np.ndarray


def held_out_clips(folder: Path, names: Sequence[str] = CLIPS, *, most: int = MOST_FRAMES) -> dict[str, PoseSequence]:
    """The first frames of the named clips, 30 a second.

    Raises:
        InputError: one is not there, or is no held-out one.
    """
    found: dict[str, PoseSequence] = {}
    for archive in dict.fromkeys(name.partition("/")[0] for name in names):
        for clip in clips_in(folder / f"{archive}.zip", fps=FPS):
            if clip.name in names:
                poses = poses_of(clip).poses
                found[clip.name] = PoseSequence(poses.rotations[:most], poses.translation[:most], fps=FPS)
    wrong = [name for name in names if name not in found or not is_held_out(name)]
    if wrong:
        raise InputError(f"{folder} holds no held-out clips of these names: {', '.join(wrong)}.")
    return {name: found[name] for name in names}


def key_table(clips: dict[str, PoseSequence]) -> Table:
    """Every clip with every bound: how many keys, and how far off the rig is."""
    columns = (
        "clip",
        "frames",
        "limbs",
        "bound",
        "keys at",
        "handles",
        "keys/s",
        "of dense keys",
        "worst deg",
        "worst mm",
        "skate",
        "at worst",
        "cpu s",
    )
    table = Table(*columns, box=None)
    for name, poses in clips.items():
        held, contacts = with_standing_feet(poses)
        for limbs, kinds in (("FK", KINDS), ("IK", KINDS[:1])):
            start = (name, str(held.frame_count), limbs)
            for locked in (False, True):
                start_empty_file()
                bpy.context.scene.render.fps = round(FPS)
                rig, options = make_rigify_human(), KeyOptions(frame=float(FIRST), limbs=limbs)
                plan = plan_motion(rig, held, options=options, contacts=contacts, locked=locked)
                dense = key_motion(rig, plan)
                truth = played(rig, held.frame_count)
                kind = "every frame" if locked else "every frame, the body's angles"
                skates = [f"{skate:.2f}" for skate in skate_mm(truth, contacts)]
                table.add_row(*start, "-", kind, "", f"{FPS:g}", "100%", "", "", *skates, "")
            for degrees, (whole, handles) in itertools.product(BOUNDS, kinds):
                bound = ErrorBound(degrees, MM_PER_DEGREE * degrees)
                reduced, seconds = _timed(plan.reduce(Reduction(bound, handles, whole)))
                cells = _row(rig, reduced, truth, dense_keys=dense.keys, contacts=contacts)
                kind = "whole poses" if whole else "each bone's own"
                table.add_row(*start, f"{degrees:g}", kind, handles, *cells, f"{seconds:.2f}")
    return table


def _row(rig: bpy.types.Object, plan: MotionPlan, truth: Played, *, dense_keys: int, contacts: BoolArray) -> list[str]:
    report = key_motion(rig, plan)
    shown = played(rig, len(truth.turns))
    degrees, millimetres = worst(truth, shown)
    rate = report.key_frames / len(truth.turns) * FPS
    skates = [f"{skate:.2f}" for skate in skate_mm(shown, contacts)]
    return [f"{rate:.1f}", f"{report.keys / dense_keys:.1%}", f"{degrees:.3f}", f"{millimetres:.1f}", *skates]


def with_standing_feet(poses: PoseSequence) -> tuple[PoseSequence, BoolArray]:
    """The motion with locked feet, and (T, 4) when left heel, left ball, right heel and right ball stand."""
    turns, pelvis = axis_angle_to_matrix(poses.rotations), poses.translation.astype(np.float64)
    offsets = REST_OFFSETS.astype(np.float64)
    places = soles(turns, pelvis, offsets=offsets)
    contacts = steps(standing(places, fps=poses.fps), fps=poses.fps)
    contacts = without_steps(contacts, places, across=speeds(places, fps=poses.fps), fps=poses.fps)
    turned, place = with_locked_feet(turns, pelvis, contacts, offsets=offsets, fps=poses.fps)
    rotations = matrix_to_axis_angle(turned).astype(np.float32)
    return PoseSequence(rotations, place.astype(np.float32), fps=poses.fps), contacts


def skate_mm(shown: Played, contacts: BoolArray) -> tuple[float, float]:
    """Mean and worst way of standing ankles and balls from one frame to the next."""
    places = shown.ends[:, [ENDS.index(name) for name in SOLES]]
    held = contacts[1:] & contacts[:-1]
    moved = 1000.0 * np.linalg.norm(np.diff(places, axis=0), axis=-1)[held]
    return (float(moved.mean()), float(moved.max())) if moved.size else (0.0, 0.0)


def _timed(job: Job[MotionPlan]) -> tuple[MotionPlan, float]:
    start = time.process_time()
    return run_job(job), time.process_time() - start


def played(rig: bpy.types.Object, frames: int) -> Played:
    """What Blender evaluates in every frame."""
    count = len(rig.pose.bones)
    ends = [rig.pose.bones.find(name) for name in ENDS]
    turns, places = np.empty((frames, count, 3, 3)), np.empty((frames, len(ends), 3))
    own, pose = (np.empty(count * 16, np.float32) for _ in range(2))
    for frame in range(frames):
        bpy.context.scene.frame_set(FIRST + frame)
        bones = rig.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        bones.foreach_get("matrix_basis", own)
        bones.foreach_get("matrix", pose)
        turns[frame] = own.reshape(-1, 4, 4)[:, :3, :3]
        places[frame] = pose.reshape(-1, 4, 4)[ends, 3, :3]
    return Played(turns, places)


def worst(first: Played, second: Played) -> tuple[float, float]:
    """Degrees and millimetres."""
    chord = np.linalg.norm(first.turns - second.turns, axis=(-2, -1)) / np.sqrt(8.0)
    apart = np.linalg.norm(first.ends - second.ends, axis=-1)
    return float(np.degrees(2.0 * np.arcsin(np.minimum(chord, 1.0))).max()), float(1000.0 * apart.max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, default=MOCAP)
    parser.add_argument("--clip", nargs="*", default=CLIPS)
    arguments = parser.parse_args()
    console = Console(width=165)
    console.print(EXPLAINED)
    for name, poses in held_out_clips(arguments.mocap, arguments.clip).items():
        console.print(key_table({name: poses}))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # leaving Blender in the usual way can hang
