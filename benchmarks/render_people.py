"""Renders people with exact truth: CC0 characters in held-out mocap poses, before random cameras, clothed and lit.

    python benchmarks/render_people.py [--count 120] [--out build/rendered_people] [--poses build/training/poses.npz]

The poses come from `python -m training.mocap.collect` (see training/mocap/README.md). Pictures that are there already
are kept, so a stopped run goes on where it was. The same seed gives the same pictures, as long as the same characters
are at hand.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
import numpy as np
from mathutils import Vector
from people_characters import ROOT, Character, characters
from people_rigs import dress, joint_bones, joints_of, surface_of
from people_scene import Shot, aim, furnish, render
from rendered_people import PersonTruth

from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.frames import INNER_TO_BLENDER
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import LENGTH_GROUPS
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, STATURE_M
from contrapposto.rig.keyframes import KeyOptions, pose_and_key

SEED: Final = 20
_FACTORS_OF: Final = {
    "hips": (("left_hip", "right_hip"),),
    "thigh": (("left_hip", "left_knee"), ("right_hip", "right_knee")),
    "shin": (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
    "shoulders": (("left_shoulder", "right_shoulder"),),
    "upper_arm": (("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow")),
    "forearm": (("left_elbow", "left_wrist"), ("right_elbow", "right_wrist")),
}
"""Distances whose factor on ours is the group's."""
_DEPTH_OF_BODY_M: Final = {
    "pelvis": 0.20, "spine": 0.20, "hip": 0.17, "neck": 0.13, "collar": 0.15, "shoulder": 0.13, "head": 0.16,
    "knee": 0.10, "elbow": 0.08, "ankle": 0.09, "wrist": 0.07, "foot": 0.08, "hand": 0.07,
}  # fmt: skip
"""A joint is hidden where something lies further than this before it: its own flesh does not count."""


@dataclass(frozen=True)
class Poses:
    """Held-out poses: rotations (N, 24, 3), y up, and where each is from."""

    rotations: np.ndarray
    clips: list[str]
    frames: np.ndarray


def chosen_poses(path: Path, count: int) -> Poses:
    """`count` held-out poses, spread over activities and, within each, as different from each other as they come."""
    with np.load(path) as archive:
        held_out = archive["held_out"][archive["clip"]]
        rotations, clip = archive["rotations"][held_out], archive["clip"][held_out]
        names, frames = archive["clip_names"], archive["frame"][held_out]
    activity = np.array([activity_of(str(name)) for name in names])[clip]
    bodies = forward_kinematics(_without_yaw(rotations), np.zeros(3)).reshape(len(rotations), -1)
    kinds = sorted(set(activity))
    queues = {kind: _spread(bodies, np.flatnonzero(activity == kind), -(-count // len(kinds)) * 2) for kind in kinds}
    picked = [queues[kind][turn] for turn in range(count) for kind in kinds if turn < len(queues[kind])][:count]
    picked = np.random.default_rng(SEED).permutation(picked)
    return Poses(rotations[picked], [str(names[clip[k]]) for k in picked], frames[picked])


def activity_of(clip: str) -> str:
    """Clips by what is done in them, so that the many walks count once."""
    archive, _, name = clip.partition("/")
    for word in ("walking", "basketball", "salsa"):
        if word in name:
            return word
    return f"{archive}/{name[:3]}" if archive == "cmu_iclone_bvh" else clip


def _without_yaw(rotations: np.ndarray) -> np.ndarray:
    """Rotations (N, 24, 3) turned about the vertical until the hips face the viewer."""
    turned = rotations.astype(np.float64)
    root = axis_angle_to_matrix(turned[:, 0])
    angle = np.arctan2(root[:, 0, 2], root[:, 2, 2])
    back = axis_angle_to_matrix(np.stack([0 * angle, -angle, 0 * angle], axis=1))
    turned[:, 0] = matrix_to_axis_angle(back @ root)
    return turned


def _spread(bodies: np.ndarray, members: np.ndarray, most: int) -> list[int]:
    """Of the rows `members`, up to `most`: each the farthest from those before it (Gonzalez 1985)."""
    points = bodies[members]
    first = int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmin())
    order, away = [first], np.linalg.norm(points - points[first], axis=1)
    while len(order) < min(most, len(members)):
        order.append(int(away.argmax()))
        away = np.minimum(away, np.linalg.norm(points - points[order[-1]], axis=1))
    return [int(members[k]) for k in order]


def make_picture(person: Character, poses: Poses, *, number: int, path: Path, samples: int) -> None:
    """Render pose `number` of a character, and write what is true of it beside the picture."""
    random = np.random.default_rng((SEED, number))
    armature = person.open()
    stature = float(np.ptp(surface_of(armature)[:, 2]))
    bones = joint_bones(armature)
    dress(armature, bones, random, plain=person.plain)
    rotations = poses.rotations[number]
    sequence = PoseSequence(rotations[None], np.array([[0.0, 0.95, 0.0]], np.float32))
    options = KeyOptions(frame=float(bpy.context.scene.frame_current), root_location=False)
    pose_and_key(armature, sequence, options=options)
    _stand(armature, bones)
    surface = surface_of(armature)
    shot = aim(surface, random)
    furnish(shot, surface, random)
    truth = measure(joints_of(armature, bones), shot, rotations=rotations, surface=surface, stature=stature)
    render(shot, path, samples=samples)
    named = {"character": np.array(person.name), "clip": np.array(poses.clips[number])}
    PersonTruth(**truth, **named, frame=np.array(poses.frames[number])).save(path.with_suffix(".npz"))


def _stand(armature: bpy.types.Object, bones: dict[str, str]) -> None:
    """Put the pelvis over the origin and the lowest point of the body on the ground."""
    pelvis = joints_of(armature, bones)[0]
    lowest = float(surface_of(armature)[:, 2].min())
    moved = armature.matrix_world.copy()
    moved.translation -= Vector((pelvis[0], pelvis[1], lowest))
    armature.matrix_world = moved
    bpy.context.view_layer.update()


def measure(
    heads: np.ndarray, shot: Shot, *, rotations: np.ndarray, surface: np.ndarray, stature: float
) -> dict[str, np.ndarray]:
    """Everything of `PersonTruth` but the names.

    Args:
        heads: (24, 3) metres in the world, the joints.
        shot: the camera.
        rotations: (24, 3) of the pose.
        surface: (V, 3) metres in the world.
        stature: metres.
    """
    root = shot.turn.T @ INNER_TO_BLENDER @ axis_angle_to_matrix(rotations[0])
    seen = np.concatenate([matrix_to_axis_angle(root)[None], rotations[1:]])
    pixels = shot.project(heads)
    box = shot.project(surface)
    inside = ((pixels >= 0.0) & (pixels < np.array(shot.size))).all(axis=1)
    return {
        "rotations": seen.astype(np.float32),
        "up": shot.turn.T @ np.array([0.0, 0.0, 1.0]),
        "joints_cam": shot.seen(heads) * np.array([1.0, -1.0, -1.0]),
        "joints_px": pixels,
        "visible": inside & _in_sight(shot, heads),
        "camera": np.array([shot.focal_px, shot.focal_px, shot.size[0] / 2.0, shot.size[1] / 2.0]),
        "image_size": np.array(shot.size),
        "box_px": np.concatenate([box.min(axis=0), box.max(axis=0)]),
        "log_scales": log_scales(heads, stature),
        "stature_m": np.array(stature),
    }


def _in_sight(shot: Shot, heads: np.ndarray) -> np.ndarray:
    """(24,) whether the first thing on the way from the camera is the joint's own flesh."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    found = np.zeros(JOINT_COUNT, bool)
    for joint, head in enumerate(heads):
        if np.isnan(head[0]):
            continue
        way = Vector((head - shot.place).tolist())
        hit, place, *_ = bpy.context.scene.ray_cast(depsgraph, Vector(shot.place.tolist()), way.normalized())
        part = JOINT_NAMES[joint].removeprefix("left_").removeprefix("right_").rstrip("123")
        gap = way.length - (place - Vector(shot.place.tolist())).length if hit else 0.0
        found[joint] = gap < _DEPTH_OF_BODY_M[part]
    return found


def log_scales(heads: np.ndarray, stature: float) -> np.ndarray:
    """(10,) logarithms of the rig's length factors on our neutral adult, from its joints (24, 3) in any pose."""
    factors = dict.fromkeys(LENGTH_GROUPS, stature / STATURE_M)
    ours = forward_kinematics(np.zeros((JOINT_COUNT, 3)), np.zeros(3))
    for group, pairs in _FACTORS_OF.items():
        ends = [(JOINT_INDEX[one], JOINT_INDEX[other]) for one, other in pairs]
        ratio = [np.linalg.norm(heads[a] - heads[b]) / np.linalg.norm(ours[a] - ours[b]) for a, b in ends]
        factors[group] = float(np.nanmean(ratio))
    return np.log([factors[group] for group in LENGTH_GROUPS])


def main() -> None:
    """Read the command line and render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "rendered_people")
    parser.add_argument("--poses", type=Path, default=ROOT / "build" / "training" / "poses.npz")
    parser.add_argument("--only", type=int, default=None, help="stop after this many of them")
    parser.add_argument("--samples", type=int, default=8, help="a pixel; more are slower and less noisy")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    people = characters(options.out / "characters")
    poses = chosen_poses(options.poses, options.count)
    start = time.perf_counter()
    for number in range(options.only or len(poses.clips)):
        path = options.out / f"{number:04d}.jpg"
        if not path.with_suffix(".npz").is_file():
            person = people[number % len(people)]
            make_picture(person, poses, number=number, path=path, samples=options.samples)
            print(f"{path.name}: {person.name}, {poses.clips[number]}", flush=True)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    run_and_leave(main)
