"""Collects the poses that the model is trained and measured on: python -m training.mocap.collect FOLDER OUT."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray, FloatArray, IntArray
from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.files import write_atomically
from contrapposto.backend.rotations import axis_angle_to_matrix

from .anatomy import plausible
from .archives import FPS, READERS, clips_in
from .poses import Reading, poses_of
from .repeats import SAME_RECORDING, closest_second, limb_directions
from .split import is_held_out, is_repeated

_LEAST_MOVE: Final = np.radians(1.5)
"""Frames none of whose joints turned so far since the last one kept are dropped."""

_LEAST_SOUND: Final = 0.3
"""Clips of which a smaller share is plausible are refused."""


@dataclass(frozen=True)
class Taken:
    """The poses kept of one clip.

    Attributes:
        name: of the archive and of the clip.
        rotations: (M, 24, 3) as in `PoseSequence`.
        height: (M,) metres of the pelvis above the ground.
        frames: (M,) index at 15 frames a second.
        held_out: kept from training.
        limbs: (M, 8, 3) as `limb_directions` gives them.
        limb_angles, place_errors: (T, ...) as in `Reading`, of all its frames.
    """

    name: str
    rotations: FloatArray
    height: FloatArray
    frames: IntArray
    held_out: bool
    limbs: FloatArray
    limb_angles: DoubleArray
    place_errors: DoubleArray


def moving_frames(rotations: FloatArray, *, least: float = _LEAST_MOVE) -> IntArray:
    """Indices of the frames (T, 24, 3) that differ from the last one kept by more than `least` radians at a joint."""
    matrices = axis_angle_to_matrix(rotations)
    kept = [0]
    enough = 1.0 + 2.0 * np.cos(least)
    for frame in range(1, len(matrices)):
        traces = np.sum(matrices[kept[-1]] * matrices[frame], axis=(-1, -2))
        if traces.min() < enough:
            kept.append(frame)
    return np.array(kept)


def collect(folder: Path) -> list[Taken]:
    """Every clip of the archives in `folder` that fits; what is refused is printed with the reason.

    Raises:
        InputError: none of the archives is there, one cannot be read, or no clip fits.
    """
    paths = [folder / f"{name}.zip" for name in READERS]
    if not any(path.is_file() for path in paths):
        raise InputError(f"{folder} holds none of {', '.join(path.name for path in paths)}. Name another folder.")
    taken: list[Taken] = []
    for path in paths:
        if path.is_file():
            taken.extend(_taken_of(path))
        else:
            print(f"{path.name} is not there: trained without it.")
    if not taken:
        raise InputError(f"No clip in {folder} could be used. The reasons are printed above.")
    return taken


def _taken_of(path: Path) -> list[Taken]:
    taken: list[Taken] = []
    for clip in clips_in(path):
        if is_repeated(clip.name):
            continue
        try:
            taken.append(_taken(clip.name, poses_of(clip)))
        except ContrappostoError as error:
            print(f"refused: {error}")
    return taken


def _taken(name: str, reading: Reading) -> Taken:
    rotations = reading.poses.rotations
    sound, count = np.flatnonzero(plausible(rotations)), len(rotations)
    if len(sound) < _LEAST_SOUND * count:
        raise InputError(f"{name} is dislocated in {count - len(sound)} of {count} frames.")
    if len(sound) < count:
        print(f"{name}: {count - len(sound)} of {count} frames are left out, because they are dislocated.")
    frames = sound[moving_frames(rotations[sound])]
    return Taken(
        name,
        rotations[frames],
        reading.poses.translation[frames, 1],
        frames,
        is_held_out(name),
        limb_directions(reading.joints[frames]),
        reading.limb_angles,
        reading.place_errors,
    )


def without_repeats(taken: Sequence[Taken]) -> list[Taken]:
    """Without the clips to train on that show, for a second, what a held-out one shows; they are printed."""
    kept: list[Taken] = []
    held_out = [clip for clip in taken if clip.held_out]
    for clip in taken:
        nearest = min(held_out, key=lambda other: closest_second(other.limbs, clip.limbs), default=None)
        found = None if clip.held_out or nearest is None else closest_second(nearest.limbs, clip.limbs)
        if nearest is not None and found is not None and found < SAME_RECORDING:
            print(f"refused: {clip.name} repeats {nearest.name}, which is held out, to {found:.1f} degrees.")
        else:
            kept.append(clip)
    return kept


def save(taken: Sequence[Taken], out: Path) -> None:
    """Write the poses as one .npz, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out.parent} cannot be made: {error.strerror}. Choose another place.") from error
    with write_atomically(out) as partial, partial.open("wb") as stream:
        np.savez_compressed(
            stream,
            rotations=np.concatenate([clip.rotations for clip in taken]),
            height=np.concatenate([clip.height for clip in taken]),
            clip=np.repeat(np.arange(len(taken)), [len(clip.frames) for clip in taken]),
            frame=np.concatenate([clip.frames for clip in taken]),
            clip_names=np.array([clip.name for clip in taken]),
            held_out=np.array([clip.held_out for clip in taken]),
            fps=np.array(FPS),
        )


def table(taken: Sequence[Taken]) -> str:
    """Per archive: clips, poses to train on and held out, and how well they fit their files' own joints."""
    lines = [
        "| archive | clips | train | held out | limb angle mean, max (degrees) | joints off (mm) |",
        "|---" * 6 + "|",
    ]
    for archive in dict.fromkeys(clip.name.partition("/")[0] for clip in taken):
        clips = [clip for clip in taken if clip.name.partition("/")[0] == archive]
        angles = np.concatenate([clip.limb_angles.ravel() for clip in clips])
        places = np.concatenate([clip.place_errors.ravel() for clip in clips])
        lines.append(
            f"| {archive} | {len(clips)} | {_count(clips, held_out=False)} | {_count(clips, held_out=True)} "
            f"| {angles.mean():.3f}, {angles.max():.3f} | {places.mean():.0f} |"
        )
    lines.append(f"| all | {len(taken)} | {_count(taken, held_out=False)} | {_count(taken, held_out=True)} | | |")
    return "\n".join(lines)


def _count(taken: Sequence[Taken], *, held_out: bool) -> int:
    return sum(len(clip.frames) for clip in taken if clip.held_out == held_out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Collect, write, and print what was found; 2 with the reason where that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the zip files are")
    parser.add_argument("out", type=Path, help="the .npz to write")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        taken = without_repeats(collect(options.folder))
        save(taken, options.out)
    except ContrappostoError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(taken))
    print(f"{options.out} was written in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
