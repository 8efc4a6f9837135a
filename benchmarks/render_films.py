"""Renders films of people with exact truth: CC0 characters in held-out motion before a standing camera.

    python benchmarks/render_films.py [--count 20] [--out build/rendered_films] [--mocap ../shared/data/mocap]

100 frames at 30 a second each, rendered by Blender's Workbench without a screen. Films that are there already are kept,
so a stopped run goes on where it was. The same seed gives the same films, as long as the same characters are at hand.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

import bpy
import cv2
import numpy as np
from film_scene import for_workbench, frames, prepare
from mathutils import Vector
from people_characters import ROOT, Character, characters
from people_rigs import dress, joint_bones, joints_of, surface_of
from people_scene import Shot, aim_at_motion, furnish
from render_people import activity_of
from rendered_films import FPS, FilmTruth

from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.errors import InputError
from contrapposto.backend.frames import INNER_TO_BLENDER
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.rig.keyframes import KeyOptions, pose_and_key

sys.path.insert(0, str(ROOT))
from video_cases import contacts, motions

SEED: Final = 30
SIZE: Final = (768, 432)
_MEASURED_EVERY: Final = 8
"""Frames in which the surface is measured, to aim the camera and find the ground."""


def chosen_motions(mocap: Path, cache: Path, *, count: int) -> list[tuple[str, PoseSequence]]:
    """`count` held-out motions, activities in turn; kept in `cache`, since reading the archives takes a minute."""
    if not cache.is_file():
        _keep_motions(mocap, cache)
    with np.load(cache) as archive:
        names = [str(name) for name in archive["names"]]
        rotations, places = archive["rotations"], archive["places"]
    random = np.random.default_rng(SEED)
    kinds: dict[str, list[int]] = {}
    for index in random.permutation(len(names)).tolist():
        kinds.setdefault(activity_of(names[index].rpartition("@")[0]), []).append(index)
    longest = max(len(members) for members in kinds.values())
    turns = [members[turn] for turn in range(longest) for members in kinds.values() if turn < len(members)]
    return [(names[index], PoseSequence(rotations[index], places[index], fps=FPS)) for index in turns[:count]]


def _keep_motions(mocap: Path, cache: Path) -> None:
    found = motions(mocap)
    partial = cache.with_name(f".{cache.name}")
    with partial.open("wb") as stream:
        np.savez(
            stream,
            names=np.array([motion.name for motion in found]),
            rotations=np.stack([motion.poses.rotations for motion in found]),
            places=np.stack([motion.poses.translation for motion in found]),
        )
    partial.replace(cache)


def make_film(
    person: Character, motion: tuple[str, PoseSequence], *, number: int, path: Path, size: tuple[int, int]
) -> None:
    """Render a character in a motion, and write what is true of it beside the film."""
    random = np.random.default_rng((SEED, number))
    name, poses = motion
    armature = person.open()
    stature = float(np.ptp(surface_of(armature)[:, 2]))
    bones = joint_bones(armature)
    dress(armature, bones, random, plain=person.plain)
    pose_and_key(armature, poses, options=KeyOptions(frame=1.0))
    surface = _on_the_ground(armature, poses.frame_count)
    shot = aim_at_motion(surface, random, size=size)
    furnish(shot, surface, random)
    for_workbench(random)
    prepare(shot, exposure=random.uniform(0.2, 0.9))
    partial = path.with_name(f".{path.name}")
    writer = cv2.VideoWriter(str(partial), cv2.VideoWriter_fourcc(*"mp4v"), FPS, size)
    if not writer.isOpened():
        raise InputError(f"OpenCV cannot write {partial}: its codec for mp4 is missing.")
    heads: list[np.ndarray] = []
    for image in frames(poses.frame_count):
        writer.write(image)
        heads.append(joints_of(armature, bones))
    writer.release()
    truth = truth_of(np.stack(heads), shot, stature=stature, character=person.name, clip=name)
    truth.save(path.with_suffix(".npz"))
    partial.replace(path)


def _on_the_ground(armature: bpy.types.Object, count: int) -> np.ndarray:
    """Put the motion's middle over the origin and its lowest point on the ground; (V, 3) where the surface gets."""
    found = []
    for frame in (*range(1, count, _MEASURED_EVERY), count):
        bpy.context.scene.frame_set(frame)
        found.append(surface_of(armature))
    low, high = (
        np.min([each.min(axis=0) for each in found], axis=0),
        np.max([each.max(axis=0) for each in found], axis=0),
    )
    shift = np.array([*(-(low + high) / 2.0)[:2], -low[2]])
    moved = armature.matrix_world.copy()
    moved.translation += Vector(shift.tolist())
    armature.matrix_world = moved
    bpy.context.view_layer.update()
    return np.concatenate(found) + shift


def truth_of(heads: np.ndarray, shot: Shot, *, stature: float, character: str, clip: str) -> FilmTruth:
    """Of joints (T, 24, 3) in Blender's world, metres."""
    turn = shot.turn.T @ INNER_TO_BLENDER
    world = heads @ INNER_TO_BLENDER
    return FilmTruth(
        joints_cam=shot.seen(heads) * (1.0, -1.0, -1.0),
        joints_px=shot.project(heads),
        contacts=contacts(world),
        turn=turn,
        place=-shot.turn.T @ shot.place,
        camera=np.array([shot.focal_px, shot.focal_px, shot.size[0] / 2.0, shot.size[1] / 2.0]),
        image_size=np.array(shot.size),
        stature_m=np.array(stature),
        character=np.array(character),
        clip=np.array(clip),
    )


def main() -> None:
    """Read the command line and render what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "rendered_films")
    parser.add_argument("--mocap", type=Path, default=ROOT.parent / "shared" / "data" / "mocap")
    parser.add_argument("--only", type=int, default=None, help="stop after this many of them")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    people = characters(options.out / "characters")
    chosen = chosen_motions(options.mocap, options.out / "motions.npz", count=options.count)
    for number, motion in enumerate(chosen[: options.only]):
        path = options.out / f"{number:03d}.mp4"
        if path.is_file():
            continue
        start, person = time.perf_counter(), people[number % len(people)]
        make_film(person, motion, number=number, path=path, size=SIZE)
        seconds = (time.perf_counter() - start) / motion[1].frame_count
        print(f"{path.name}: {person.name}, {motion[0]}, {seconds:.2f} s a frame", flush=True)


if __name__ == "__main__":
    run_and_leave(main)
