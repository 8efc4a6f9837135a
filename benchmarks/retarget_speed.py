"""Time to solve and key long motion, beside the usual way: Copy Rotation constraints and Blender's own bake."""

from __future__ import annotations

import time

import bpy
from mocap_poses import smooth_motion
from rich.console import Console
from rich.table import Table
from rig_collection import rig_of_65_bones

from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.quiet import quiet
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.solver import retarget
from contrapposto.rig.armature import read_rig
from contrapposto.rig.character import make_active
from contrapposto.rig.keyframes import KeyOptions, pose_and_key

FRAMES, BAKED_FRAMES, RUNS = 10_000, 500, 3
SOLVE_GOAL_S, KEYS_GOAL_S, TIMES_GOAL = 1.0, 2.0, 50.0


def speed(console: Console) -> None:
    """Print the table."""
    long, short = smooth_motion(FRAMES), smooth_motion(BAKED_FRAMES)
    console.print(
        f"Goals: solve {SOLVE_GOAL_S:g} s, keys {KEYS_GOAL_S:g} s, {TIMES_GOAL:g} times the bake's speed a frame."
    )
    console.print(f"Best of {RUNS} runs each, as other work on the machine only adds time.")
    table = Table("rig", "", "frames", "solve s", "keys s", "all s", "ms/frame", "bake's time over ours", box=None)
    for label, with_mesh in (("with its mesh", True), ("bones alone", False)):
        name, solve_s, all_s = _ours(long, with_mesh=with_mesh)
        bake_ms = min(_usual_way(short, with_mesh=with_mesh) for _ in range(RUNS)) * 1000.0 / BAKED_FRAMES
        keys_s = all_s - solve_s
        parts = [f"{solve_s:.2f}{_mark(solve_s > SOLVE_GOAL_S)}", f"{keys_s:.2f}{_mark(keys_s > KEYS_GOAL_S)}"]
        name = f"{name}, {label}"
        for frames, seconds, cells in (
            (FRAMES, all_s, parts),
            (BAKED_FRAMES, _ours(short, with_mesh=with_mesh)[2], ["", ""]),
        ):
            times = bake_ms * frames / (seconds * 1000.0)
            ratio = f"{times:.0f}{_mark(times < TIMES_GOAL)}"
            table.add_row(name, "contrapposto", str(frames), *cells, *_all(seconds, frames), ratio)
        baked = _all(bake_ms * BAKED_FRAMES / 1000.0, BAKED_FRAMES)
        table.add_row(name, "Copy Rotation and nla.bake", str(BAKED_FRAMES), "", "", *baked)
    console.print(table)


def _all(seconds: float, frames: int) -> tuple[str, str]:
    return f"{seconds:.2f}", f"{seconds / frames * 1000:.3f}"


def _mark(missed: bool) -> str:
    return "!" if missed else ""


def _ours(poses: PoseSequence, *, with_mesh: bool) -> tuple[str, float, float]:
    """The rig, seconds to solve, and seconds to do everything (read, match, solve, key); the best of some runs."""
    solving, everything = [], []
    name = ""
    for _ in range(RUNS):
        armature = _opened(with_mesh=with_mesh)
        rig = read_rig(armature)
        bone_map = match_bones(rig)
        name = f"{len(rig.bones)} bones"
        start = time.perf_counter()
        retarget(rig, bone_map, poses)
        solving.append(time.perf_counter() - start)
        start = time.perf_counter()
        pose_and_key(armature, poses, options=KeyOptions(frame=1.0))
        everything.append(time.perf_counter() - start)
    return name, min(solving), min(everything)


def _usual_way(poses: PoseSequence, *, with_mesh: bool) -> float:
    """Seconds that it takes to bake the same motion from a twin of the rig without a mesh, bone by bone the same."""
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
        return time.perf_counter() - start


def _opened(*, with_mesh: bool) -> bpy.types.Object:
    armature = rig_of_65_bones()
    for obj in bpy.data.objects:
        if obj.type == "MESH":
            obj.hide_viewport = not with_mesh
    return armature
