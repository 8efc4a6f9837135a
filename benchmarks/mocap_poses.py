"""Poses of real motion for the benchmarks, read off mocap files by the inverse solver; else random ones."""

from __future__ import annotations

import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.rig.motion import action_frames, read_motion
from contrapposto.rig.rig_files import open_rig

ROOT = Path(__file__).resolve().parents[1]
MOCAP = ROOT.parent / "shared" / "data" / "mocap"
CLIPS = (
    "cmu_keijiro_fbx.zip:*.fbx",
    "cmu_m2m_fbx.zip:*.fbx",
    "cmu_acrnn_bvh.zip:salsa_1*.bvh",
    "cmu_acrnn_bvh.zip:indian_0*.bvh",
    "cmu_acrnn_bvh.zip:martial_*.bvh",
    "cmu_iclone_bvh.zip:00[56]_*.bvh",
)
FOLDED = "cmu_iclone_bvh"
"""Files in this folder have no rest pose worth the name."""
MOST_OF_A_KIND = 6


def varied_poses(count: int) -> PoseSequence:
    """`count` poses spread evenly over clips of every kind; the same every time."""
    with mocap_files() as files:
        read = [poses for path in files if (poses := _some_of(path, -(-count // max(len(files), 1)))) is not None]
    if not read:
        print(f"No mocap is at hand under {MOCAP}: random plausible poses are taken instead.")
        return random_poses(count)
    rotations = np.concatenate([poses.rotations for poses in read])
    translation = np.concatenate([poses.translation for poses in read])
    chosen = np.linspace(0, len(rotations) - 1, count).round().astype(int)
    print(f"{count} poses out of {len(read)} of {len(files)} mocap clips.")
    return PoseSequence(rotations[chosen], translation[chosen])


@contextmanager
def mocap_files() -> Iterator[list[Path]]:
    """A few clips of every kind, unpacked for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        yield [path for kind in CLIPS for path in _unpacked(kind, Path(folder))]


def _unpacked(kind: str, folder: Path) -> list[Path]:
    name, _, pattern = kind.partition(":")
    if not (MOCAP / name).is_file():
        return []
    with zipfile.ZipFile(MOCAP / name) as archive:
        found = sorted(member for member in archive.namelist() if Path(member).match(pattern))
        found = [member for member in found if Path(member).stem != "Base"][:MOST_OF_A_KIND]
        return [Path(archive.extract(member, folder)) for member in found]


def _some_of(path: Path, count: int) -> PoseSequence | None:
    """`count` poses spread evenly over a clip, or None where its bones are not mapped."""
    try:
        armature = open_rig(path)
        frames = action_frames(armature)
        chosen = np.linspace(frames[0], frames[-1], count + 2).round()[1:-1]
        return read_motion(armature, frames=chosen.tolist(), rest="MOTION" if FOLDED in path.parts else "RIG")
    except ContrappostoError as error:
        print(f"{path.name}: {str(error)[:110]}")
        return None


def random_poses(count: int) -> PoseSequence:
    """Random poses within plausible limits, the same that the tests take."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from numpy_rigs import varied_poses as random_ones

    return random_ones(count, seed=3)


def smooth_motion(frames: int) -> PoseSequence:
    """A motion of any length: random poses every half second, blended between."""
    from scipy.interpolate import CubicSpline

    keys = random_poses(frames // 15 + 4)
    at = np.arange(keys.frame_count) * 15.0
    time = np.arange(frames)
    return PoseSequence(
        CubicSpline(at, keys.rotations)(time).astype(np.float32),
        CubicSpline(at, keys.translation)(time).astype(np.float32),
    )
