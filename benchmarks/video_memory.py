"""How much memory it takes to follow somebody through a long 1080p video, and to solve the motion.

    python benchmarks/video_memory.py [--minutes 10] [--fps 30] [--file kept.mp4]

The video is the sample photo moved about over a grey ground; it is made in a temporary folder, or kept as `--file` and
used again. Resident memory is the process's own, as Linux counts it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.track_people import Tracking
from contrapposto.backend.detect.video_file import open_video
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.refine.finish import finish_motion
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.video_pipeline import solve_video_person

ROOT: Final = Path(__file__).resolve().parents[1]
SIZE: Final = (1920, 1080)
REPORTED_AT_MIN: Final = (1.0, 2.0, 5.0, 10.0)
GOAL_MB: Final = 1536.0


def make_video(path: Path, *, frames: int, fps: float) -> None:
    """The sample photo, 900 pixels tall, on a way that repeats itself every eleven seconds.

    Raises:
        InputError: the photo is missing, or OpenCV has no codec for mp4.
    """
    photo = cv2.imread(str(ROOT / "samples" / "photo.jpg"))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, SIZE)
    if photo is None or not writer.isOpened():
        raise InputError(f"{path} cannot be made: samples/photo.jpg or OpenCV's codec for mp4 is missing.")
    photo = cv2.resize(photo, None, fx=900.0 / photo.shape[0], fy=900.0 / photo.shape[0], interpolation=cv2.INTER_AREA)
    height, width = photo.shape[:2]
    picture = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    for frame in range(frames):
        turn = 2.0 * math.pi * frame / fps / 11.0
        left = round((SIZE[0] - width) * (0.5 + 0.4 * math.sin(turn)))
        top = round((SIZE[1] - height) * (0.5 + 0.4 * math.sin(2.0 * turn)))
        picture[:] = 128
        picture[top : top + height, left : left + width] = photo
        writer.write(picture)
    writer.release()


def megabytes(name: str) -> float:
    """VmRSS (now) or VmHWM (the most so far) of this process; NaN where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return math.nan
    return next((float(line.split()[1]) / 1024.0 for line in lines if line.startswith(name)), math.nan)


def follow(path: Path, *, fps: float) -> None:
    """Follow, solve and finish; print the memory on the way."""
    models = ModelCache()
    source = open_video(Clip(path))
    tracking = Tracking(source, models.blazepose())
    job, due = tracking.job(), list(REPORTED_AT_MIN)
    result = None
    while result is None:
        try:
            next(job)
        except StopIteration as stop:
            result = stop.value
        minutes = len(tracking.tracker.frames) / fps / 60.0
        if due and minutes >= due[0]:
            _report(f"{due.pop(0):g} min, {len(tracking.tracker.frames)} frames")
    source.close()
    _report("everything followed")
    found = run_job(solve_video_person(result, 0, models))
    _report(f"{found.raw.frame_count} frames solved")
    run_job(finish_motion(found.raw))
    _report("finished")
    most = megabytes("VmHWM")
    print(f"Peak {most:.0f} MB{' !' if most > GOAL_MB else ''} (goal <= {GOAL_MB:.0f} MB)", flush=True)


def _report(when: str) -> None:
    print(f"{when}: {megabytes('VmRSS'):.0f} MB, at most {megabytes('VmHWM'):.0f} MB so far", flush=True)


def main() -> None:
    """Read the command line, make the video and print the memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--file", type=Path, default=None)
    options = parser.parse_args()
    frames = round(options.minutes * 60.0 * options.fps)
    with tempfile.TemporaryDirectory() as folder:
        path = options.file or Path(folder) / "long.mp4"
        if not path.is_file():
            make_video(path, frames=frames, fps=options.fps)
        print(f"{frames} frames of 1080p, {options.fps:g} a second, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        follow(path, fps=options.fps)


if __name__ == "__main__":
    main()
