"""Time to solve and key long motion, beside the usual way: Copy Rotation constraints and Blender's own bake."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import bpy
from mocap_poses import smooth_motion
from rich.console import Console
from rich.table import Table
from rig_collection import rig_of_65_bones

from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.quiet import quiet
from contrapposto.backend.retarget.known_rigs import forget_rigs, match_once
from contrapposto.backend.retarget.solver import retarget
from contrapposto.rig.armature import read_rig
from contrapposto.rig.character import make_active
from contrapposto.rig.keyframes import KeyOptions, pose_and_key

FRAMES, BAKED_FRAMES, RUNS = 10_000, 500, 5
SOLVE_GOAL_S, KEYS_GOAL_S, TIMES_GOAL = 1.0, 2.0, 50.0
EXPLAINED = f"""Goals: solve {SOLVE_GOAL_S:g} s, keys {KEYS_GOAL_S:g} s, {TIMES_GOAL:g} times the bake's speed a frame.
Best of {RUNS} runs each, taken in turn, as other work on the machine only adds time.
"ours" is everything from the poses to the keyed rig: read the rig, find its bones, solve, write keys, update the scene.
"first" searches the bones by name; a later pose on a rig of the same bones takes the map that was found.
"into its action" merges with the keys of another motion that the file holds on the same channels.
All others, the bake too, start without an action. The bake keys every bone, ours keys those that it poses.
The last column is the bake's time a frame, over {BAKED_FRAMES} frames, over ours, over as many as the row says."""
Variant = Callable[[], tuple[float, float]]


def speed(console: Console) -> None:
    """Print the table."""
    console.print(EXPLAINED)
    table = Table("rig", "", "frames", "solve s", "keys s", "all s", "ms/frame", "bake's time over ours", box=None)
    long, short = smooth_motion(FRAMES), smooth_motion(BAKED_FRAMES)
    for label, with_mesh in (("with its mesh", True), ("bones alone", False)):
        variants: dict[tuple[str, int], Variant] = {
            ("ours", FRAMES): partial(_ours, long, with_mesh=with_mesh),
            ("ours", BAKED_FRAMES): partial(_ours, short, with_mesh=with_mesh),
            ("ours, first", BAKED_FRAMES): partial(_ours, short, with_mesh=with_mesh, first=True),
            ("ours, into its action", BAKED_FRAMES): partial(_ours, short, with_mesh=with_mesh, cleared=False),
            ("Copy Rotation and nla.bake", BAKED_FRAMES): partial(_usual_way, short, with_mesh=with_mesh),
        }
        runs = [{key: run() for key, run in variants.items()} for _ in range(RUNS)]
        best = {key: (min(run[key][0] for run in runs), min(run[key][1] for run in runs)) for key in variants}
        bake_ms = best["Copy Rotation and nla.bake", BAKED_FRAMES][1] / BAKED_FRAMES * 1000.0
        for (what, frames), (solve_s, all_s) in best.items():
            table.add_row(label, what, *_cells(frames, solve_s, all_s, bake_ms=bake_ms))
    console.print(table)


def _cells(frames: int, solve_s: float, all_s: float, *, bake_ms: float) -> list[str]:
    keys_s, ms = all_s - solve_s, all_s / frames * 1000.0
    whole = [f"{all_s:.3f}", f"{ms:.4f}"]
    if not solve_s:
        return [str(frames), "", "", *whole, ""]
    solve = f"{solve_s:.3f}{_mark(solve_s > SOLVE_GOAL_S)}"
    keys = f"{keys_s:.3f}{_mark(keys_s > KEYS_GOAL_S)}"
    return [str(frames), solve, keys, *whole, f"{bake_ms / ms:.0f}{_mark(bake_ms / ms < TIMES_GOAL)}"]


def _mark(missed: bool) -> str:
    return "!" if missed else ""


def _ours(poses: PoseSequence, *, with_mesh: bool, first: bool = False, cleared: bool = True) -> tuple[float, float]:
    """Seconds to solve, and to do everything."""
    armature = _opened(with_mesh=with_mesh)
    if cleared:
        armature.animation_data_clear()
    if first:
        forget_rigs()
    start = time.perf_counter()
    pose_and_key(armature, poses, options=KeyOptions(frame=1.0))
    everything = time.perf_counter() - start
    rig = read_rig(armature)
    bone_map = match_once(rig)
    start = time.perf_counter()
    retarget(rig, bone_map, poses)
    return time.perf_counter() - start, everything


def _usual_way(poses: PoseSequence, *, with_mesh: bool) -> tuple[float, float]:
    """0, and seconds to bake the same motion from a twin of the rig without a mesh, bone by bone the same."""
    target = _opened(with_mesh=with_mesh)
    source = target.copy()
    source.data = target.data.copy()
    bpy.context.scene.collection.objects.link(source)
    pose_and_key(source, poses, options=KeyOptions(frame=1.0))
    target.animation_data_clear()
    for bone in target.pose.bones:
        constraint = bone.constraints.new("COPY_ROTATION")
        constraint.target, constraint.subtarget = source, bone.name
    make_active(target)
    with quiet():
        bpy.ops.object.mode_set(mode="POSE")
        start = time.perf_counter()
        bpy.ops.nla.bake(
            frame_start=1,
            frame_end=poses.frame_count,
            only_selected=False,
            visual_keying=True,
            clear_constraints=True,
            bake_types={"POSE"},
        )
        return 0.0, time.perf_counter() - start


def _opened(*, with_mesh: bool) -> bpy.types.Object:
    armature = rig_of_65_bones()
    for obj in bpy.data.objects:
        if obj.type == "MESH":
            obj.hide_viewport = not with_mesh
    return armature
