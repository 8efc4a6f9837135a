"""How exactly and how fast poses reach rigs, measured on what Blender evaluates.

    python benchmarks/retarget.py [--accuracy] [--renamed] [--round-trip] [--speed] [--poses N] [--rig PART_OF_NAME ...]

Without an option all four are measured. Numbers marked with ! miss their goal.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
from mocap_poses import mocap_files, varied_poses
from retarget_renamed import renamed
from rich.console import Console
from rich.table import Table
from rig_collection import SHARED, RigSource, all_rigs

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import BoneMap
from contrapposto.backend.retarget.character_frame import LIMB_CHILD, MappedRig
from contrapposto.backend.retarget.checks import stands_at_rest
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.rotations import axis_angle_to_matrix, frame_from_axes, geodesic_angle, normalized
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS, STATURE_M
from contrapposto.rig.armature import read_rig
from contrapposto.rig.keyframes import KeyOptions, pose_and_key
from contrapposto.rig.motion import action_frames, read_motion
from contrapposto.rig.rig_files import open_rig

LIMBS = {"upper arm": "shoulder", "forearm": "elbow", "thigh": "hip", "shin": "knee"}
ENDS = {"head": ("head",), "hand": ("left_wrist", "right_wrist"), "foot": ("left_ankle", "right_ankle")}
LIMB_MEAN, LIMB_MAX, END_MEAN, ROUND_TRIP_MM = 1.0, 3.0, 5.0, 10.0
RIGIFY_SHOWN = {"neck": "DEF-spine.004", "head": "DEF-spine.006"}
console = Console(highlight=False, width=190)


@dataclass(frozen=True)
class Seen:
    """What Blender evaluates: armature-space matrices (T, B, 4, 4) of all bones, and the rest (B, 4, 4)."""

    names: dict[str, int]
    matrices: DoubleArray
    rest: DoubleArray
    to_world: DoubleArray

    @classmethod
    def of(cls, armature: bpy.types.Object, frames: Sequence[int]) -> Seen:
        """Play these frames of the scene."""
        bones = armature.pose.bones
        matrices = np.empty((len(frames), len(bones), 16), np.float32)
        for position, frame in enumerate(frames):
            bpy.context.scene.frame_set(frame)
            posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
            posed.pose.bones.foreach_get("matrix", matrices[position].reshape(-1))
        matrices = matrices.reshape(len(frames), len(bones), 4, 4).swapaxes(-1, -2).astype(np.float64)
        rest = np.array([bone.bone.matrix_local for bone in bones], dtype=np.float64)
        to_world = np.array(armature.matrix_world.normalized(), dtype=np.float64)[:3, :3]
        return cls({bone.name: position for position, bone in enumerate(bones)}, matrices, rest, to_world)

    def head(self, bone: str) -> DoubleArray:
        """(T, 3) along the world's axes."""
        return self.matrices[:, self.names[bone], :3, 3] @ self.to_world.T

    def rest_head(self, bone: str) -> DoubleArray:
        """(3,) along the world's axes."""
        return self.to_world @ self.rest[self.names[bone], :3, 3]

    def turn(self, bone: str) -> DoubleArray:
        """(T, 3, 3) how far the bone is turned from rest, along the world's axes."""
        index = self.names[bone]
        turned = self.matrices[:, index, :3, :3]
        turned = turned / np.linalg.norm(turned, axis=-2, keepdims=True)
        return self.to_world @ turned @ self.rest[index, :3, :3].T @ self.to_world.T


class Judge:
    """Compares a keyed rig with the poses it was given, in degrees."""

    def __init__(self, armature: bpy.types.Object, bone_map: BoneMap, poses: PoseSequence) -> None:
        self.seen = Seen.of(armature, range(1, poses.frame_count + 1))
        self.bone_map = bone_map
        self.turns = MappedRig(read_rig(armature), bone_map).to_t_pose
        self.world = global_rotations(axis_angle_to_matrix(poses.rotations))
        self.joints = joint_positions(self.world, poses.translation)
        # The world's up and the line of the hips say what front is, not the solver that is judged. A rest pose in a
        # heap says neither: such a rig is to face the world's front.
        self.stands = stands_at_rest(read_rig(armature), bone_map)
        left = self.seen.rest_head(self.shown("left_hip")) - self.seen.rest_head(self.shown("right_hip"))
        left = left if self.stands else np.array([1.0, 0.0, 0.0])
        left = normalized(left * [1.0, 1.0, 0.0])
        self.axes = np.stack([left, [0.0, 0.0, 1.0], np.cross(left, [0.0, 0.0, 1.0])], axis=1)

    def shown(self, joint: str) -> str:
        """The bone that shows what a joint's bone does: on Rigify's rig the deforming one."""
        bone = self.bone_map.joints[joint].bones[0]
        if self.bone_map.convention != "rigify_generated":
            return bone
        return RIGIFY_SHOWN.get(joint, "DEF-" + bone.replace("_fk", ""))

    def has(self, *joints: str) -> bool:
        """Whether all of them are mapped."""
        return all(joint in self.bone_map.joints for joint in joints)

    def limb(self, part: str) -> DoubleArray:
        """(N,) of both sides."""
        pairs = [(f"{side}_{part}", LIMB_CHILD[f"{side}_{part}"]) for side in ("left", "right")]
        return np.concatenate([self._direction(*pair) for pair in pairs if self.has(*pair)] or [np.empty(0)])

    def _direction(self, joint: str, child: str) -> DoubleArray:
        found = self.seen.head(self.shown(child)) - self.seen.head(self.shown(joint))
        return self._apart(found, self.joints[:, JOINT_INDEX[child]] - self.joints[:, JOINT_INDEX[joint]])

    def _apart(self, found: DoubleArray, wanted: DoubleArray) -> DoubleArray:
        wanted = wanted @ self.axes.T
        sine = np.linalg.norm(np.cross(found, wanted), axis=-1)
        return np.degrees(np.arctan2(sine, np.sum(found * wanted, axis=-1)))

    def torso(self) -> DoubleArray:
        """(T,) the line from the middle of the hips to the neck."""
        if not self.has("neck"):
            return np.empty(0)
        hips = np.mean([self.seen.head(self.shown(f"{side}_hip")) for side in ("left", "right")], axis=0)
        wanted = self.joints[:, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]].mean(axis=1)
        return self._apart(self.seen.head(self.shown("neck")) - hips, self.joints[:, JOINT_INDEX["neck"]] - wanted)

    def end(self, part: str) -> DoubleArray:
        """(N,) orientation of the head, both hands or both feet against SMPL's, the rest pose taken off.

        None for a rest pose in a heap, which says nothing of orientations.
        """
        found = []
        if not self.stands:
            return np.empty(0)
        for joint in ENDS[part]:
            if not self.has(joint):
                continue
            wanted = self.axes @ self.world[:, JOINT_INDEX[joint]]
            knuckles = [f"{joint.partition('_')[0]}_{finger}1" for finger in ("index", "middle", "pinky")]
            if part == "hand" and self.has(*knuckles):
                at_rest = np.array([[1.0 if joint.startswith("left") else -1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
                seen = self._palm(joint, knuckles)
                wanted = frame_from_axes(wanted @ at_rest[0], wanted @ at_rest[1])
            else:
                seen = self.seen.turn(self.shown(joint))
                wanted = wanted @ self.axes.T @ self._rest_turn(joint)
            found.append(np.degrees(geodesic_angle(seen, wanted)))
        return np.concatenate(found or [np.empty(0)])

    def _palm(self, wrist: str, knuckles: list[str]) -> DoubleArray:
        """(T, 3, 3) along the hand and across its knuckles, from joint heads alone."""
        index, middle, pinky = (self.seen.head(self.shown(knuckle)) for knuckle in knuckles)
        return frame_from_axes(middle - self.seen.head(self.shown(wrist)), pinky - index)

    def _rest_turn(self, joint: str) -> DoubleArray:
        """(3, 3) from rest to T-pose: feet turn in yaw to point where SMPL's do, others as the solver says."""
        side, _, part = joint.partition("_")
        toe = f"{side}_foot"
        if part == "ankle" and self.has(toe):
            along = self.axes.T @ (self.seen.rest_head(self.shown(toe)) - self.seen.rest_head(self.shown(joint)))
            wanted = REST_OFFSETS[JOINT_INDEX[toe]]
            yaw = np.arctan2(wanted[0], wanted[2]) - np.arctan2(along[0], along[2])
            return axis_angle_to_matrix(np.array([0.0, 0.0, yaw]))
        return self.seen.to_world @ self.turns.get(joint, np.eye(3)) @ self.seen.to_world.T


def accuracy(poses: PoseSequence, only: list[str]) -> None:
    """Print the table of all rigs."""
    table = Table("rig", "convention", "joints", *LIMBS, "torso", *ENDS, "misses", box=None)
    missed, refused = 0, list[str]()
    for source in all_rigs():
        if only and not any(part.lower() in source.name.lower() for part in only):
            continue
        try:
            cells, misses = _row(source, poses)
            missed += bool(misses)
            table.add_row(source.name, *cells, misses)
        except ContrappostoError as error:
            refused.append(f"{source.name}: {error}")
            table.add_row(source.name, "refused")
        except Exception as error:  # noqa: BLE001  (a fault on one rig must not cost the table of all others)
            refused.append(f"{source.name}: FAULT {type(error).__name__}: {error}")
            table.add_row(source.name, "fault")
    console.print(f"Degrees between SMPL's and the rig's directions in the world, {poses.frame_count} poses a rig.")
    console.print(f"Limbs mean/max (goals {LIMB_MEAN:g} and {LIMB_MAX:g}), the others mean (goal {END_MEAN:g}).")
    console.print(table)
    console.print(f"{table.row_count} rigs: {missed} miss a goal, {len(refused)} are refused.")
    for reason in refused:
        console.print(reason)


def _row(source: RigSource, poses: PoseSequence) -> tuple[list[str], str]:
    """Cells, and which parts miss their goals."""
    armature = source.make()
    for obj in bpy.data.objects:
        if obj.type == "MESH":
            obj.hide_viewport = True  # skinning takes time and changes no bone
    bone_map = match_bones(read_rig(armature))
    pose_and_key(armature, poses, options=KeyOptions(frame=1.0), bone_map=bone_map)
    judge = Judge(armature, bone_map, poses)
    joints = sum(joint in JOINT_INDEX for joint in bone_map.joints)
    measured = {
        **{name: _Cell(judge.limb(part), LIMB_MEAN, LIMB_MAX) for name, part in LIMBS.items()},
        "torso": _Cell(judge.torso(), END_MEAN),
        **{name: _Cell(judge.end(name), END_MEAN) for name in ENDS},
    }
    cells = [bone_map.convention, str(joints), *map(str, measured.values())]
    return cells, ", ".join(name for name, cell in measured.items() if cell.misses)


@dataclass(frozen=True)
class _Cell:
    """Errors in degrees (N,), and the goals for their mean and largest."""

    errors: DoubleArray
    mean_goal: float
    largest_goal: float | None = None

    @property
    def misses(self) -> bool:
        if not len(self.errors):
            return False
        largest = np.inf if self.largest_goal is None else self.largest_goal
        return bool(self.errors.mean() > self.mean_goal or self.errors.max() > largest)

    def __str__(self) -> str:
        if not len(self.errors):
            return "-"
        largest = "" if self.largest_goal is None else f"/{self.errors.max():.2f}"
        return f"{self.errors.mean():.2f}{largest}{'!' if self.misses else ''}"


def round_trip() -> None:
    """Mocap read as a rig, made SMPL poses and put back on the same rig: how far its joints are off."""
    kinds: dict[tuple[str, str], list[DoubleArray]] = {}
    refused = list[str]()
    with mocap_files() as files:
        for path in [*files, *sorted((SHARED / "rigs").glob("*.bvh"))]:
            try:
                armature = open_rig(path)
                bone_map = match_bones(read_rig(armature))
            except ContrappostoError as error:
                refused.append(f"{path.name}: {error}")
                continue
            kind = f"{path.parent.name}, {path.suffix[1:].upper()}" if path in files else path.name
            kinds.setdefault((kind, bone_map.convention), []).append(_round_trip_mm(armature, bone_map))
    table = Table("motion", "names", "files", "frames", "mean mm", "max mm", box=None)
    for (kind, convention), found in kinds.items():
        mean, largest = (float(of(np.concatenate([each.ravel() for each in found]))) for of in (np.mean, np.max))
        mark = "!" if any(each.mean() > ROUND_TRIP_MM for each in found) else ""
        frames = str(sum(len(each) for each in found))
        table.add_row(kind, convention, str(len(found)), frames, f"{mean:.2f}{mark}", f"{largest:.1f}")
    console.print(
        f"Joint positions after motion -> PoseSequence -> the same rig, {STATURE_M:g} m (goal {ROUND_TRIP_MM:g} mm)."
    )
    console.print(table if table.row_count else "No mocap is at hand.")
    for reason in refused:
        console.print(f"refused: {reason}")


def _round_trip_mm(armature: bpy.types.Object, bone_map: BoneMap, *, most: int = 100) -> DoubleArray:
    """(T, joints)."""
    frames = action_frames(armature)
    frames = frames[:: max(1, len(frames) // most)][:most]
    before = Seen.of(armature, frames)
    poses = read_motion(armature, frames=frames, bone_map=bone_map)
    pose_and_key(armature, poses, options=KeyOptions(frame=float(frames[0])), bone_map=bone_map)
    after = Seen.of(armature, range(frames[0], frames[0] + len(frames)))
    heads = [match.bones[0] for match in bone_map.joints.values()]
    apart = np.stack([np.linalg.norm(after.head(b) - before.head(b), axis=-1) for b in heads], axis=1)
    mapped = MappedRig(read_rig(armature), bone_map)
    return apart / mapped.frame.leg_length * (0.491 * STATURE_M) * 1000.0


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is needed, not {text}")
    return int(text)


def main(arguments: list[str]) -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--accuracy", "--renamed", "--round-trip", "--speed"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--poses", type=_at_least_one, default=200, metavar="N")
    parser.add_argument("--rig", action="append", default=[], metavar="PART_OF_NAME")
    options = parser.parse_args(arguments)
    everything = not (options.accuracy or options.renamed or options.round_trip or options.speed)
    if options.accuracy or everything:
        accuracy(varied_poses(options.poses), options.rig)
    if options.renamed or everything:
        renamed(console, options.rig)
    if options.round_trip or everything:
        round_trip()
    if options.speed or everything:
        from retarget_speed import speed

        speed(console)


if __name__ == "__main__":
    run_and_leave(lambda: main(sys.argv[1:]))
