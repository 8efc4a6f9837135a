"""What `contrapposto video` does: read a video, key a rig like somebody in it, write what is asked for, and tell of it.

What touches Blender's data is done by `rig/`, which is imported only when a rig is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from .cli_photo_work import key_options_of, timed
from .cli_video_request import DESTINATIONS, VideoRequest
from .cli_video_show import VideoShow, run_patiently, shown_video_progress
from .files import make_folder, write_atomically
from .job import Progress
from .pictures import write_png
from .runtime import ModelCache
from .video_cache import CachedTracking, VideoCache, cached_motion
from .video_motion import VideoMotion, finished

if TYPE_CHECKING:
    from ..rig.motion_session import MotionRig
    from .detect.tracks import VideoTracks


@dataclass
class _Work:
    """One run of the command: what it uses and what it has to tell."""

    request: VideoRequest
    show: VideoShow
    store: VideoCache | None
    models: ModelCache
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    notes: list[str] = field(default_factory=list[str])
    lines: list[str] = field(default_factory=list[str])


def pose_video(request: VideoRequest) -> None:
    """Do what is asked: every file is written, or none; what is read of the video is kept for the next run.

    Raises:
        ContrappostoError: it cannot be done.
        KeyboardInterrupt: Ctrl-C; its words say what is kept.
    """
    with shown_video_progress() as show:
        work = _Work(request, show, request.store, ModelCache(request.models))
        with _told_what_is_kept(work):
            rig = _opened(work) if request.wants_rig else None
            tracks = _tracks(work)
            written = [] if request.list_people else _written(work, tracks, rig)
    if request.list_people:
        _list_people(work, tracks)
    else:
        _print_summary(work, tracks, written)


@contextmanager
def _told_what_is_kept(work: _Work) -> Iterator[None]:
    """A Ctrl-C in the block says what comes of it."""
    try:
        yield
    except KeyboardInterrupt:
        words = "cancelled, nothing was written."
        if work.store is not None and not work.store.notes:
            words += " What was read of the video is kept: the same command goes on from there."
        raise KeyboardInterrupt(words) from None


def _opened(work: _Work) -> MotionRig:
    """The rig, before minutes of work: a file that is none is told at once."""
    work.show(Progress("Opening the rig", 0.0))
    from ..rig.motion_session import MotionRig

    with timed(work.timings_ms, "open rig"):
        return MotionRig.open(work.request.rig, armature_name=work.request.armature)


def _tracks(work: _Work) -> VideoTracks:
    request = work.request
    run = CachedTracking(request.clip, work.models, store=work.store, camera_motion=request.camera_motion)
    with timed(work.timings_ms, "follow people"):
        tracks = run_patiently(run.job(), on_progress=work.show)
    if run.known:
        work.lines.append("Who is in it was known from an earlier run.")
    elif run.resumed:
        known = "first frame was" if run.resumed == 1 else f"first {run.resumed} frames were"
        work.lines.append(f"The {known} known from an earlier run.")
    return tracks


def _written(work: _Work, tracks: VideoTracks, rig: MotionRig | None) -> list[Path]:
    """Solve, key and write; returns the files."""
    request = work.request
    with timed(work.timings_ms, "solve"):
        job = cached_motion(tracks, request.person - 1, models=work.models, store=work.store)
        result = run_patiently(job, on_progress=work.show)
    fps = request.scene_fps or (None if rig is None else rig.own_fps)
    with timed(work.timings_ms, "finish"):
        job = finished(result, request.settings, fps=fps, loop=request.loop)
        motion = run_patiently(job, on_progress=work.show)
    work.lines += _motion_in_words(motion)
    work.notes += [*result.notes, *_loop_notes(motion), *_store_notes(work)]
    with ExitStack() as all_or_none:
        partial = {path: all_or_none.enter_context(write_atomically(path)) for path in request.targets(0)}
        if rig is not None:
            _key_rig(work, rig, motion, partial=partial)
        if request.npz is not None:
            motion.save(partial[request.npz])
    return list(partial)


def _key_rig(work: _Work, rig: MotionRig, motion: VideoMotion, *, partial: Mapping[Path, Path]) -> None:
    """Key the rig, and write what was asked for of it."""
    request = work.request
    from ..rig.motion_session import Keying

    how = Keying(
        options=key_options_of(request),
        reduction=request.reduction,
        destination=DESTINATIONS[request.destination],
        name=request.video.stem,
        bone_map=request.bone_map,
        locked=request.settings.feet_stand and not request.loop,  # a round's feet would stand elsewhere in the next
    )
    with timed(work.timings_ms, "pose and key"):
        report = run_patiently(rig.key(motion, how), on_progress=work.show)
    work.lines.append(rig.in_words(report))
    work.notes += [*rig.notes, *report.keyed.notes, *(f"Not keyed: {bone}." for bone in report.keyed.skipped)]
    if request.out is not None:
        work.show(Progress("Writing the rig", 0.9))
        with timed(work.timings_ms, "write rig"):
            rig.save(partial[request.out])
    if request.preview is not None:
        with timed(work.timings_ms, "render preview"):
            run_patiently(
                rig.write_strip(partial[request.preview], motion, first_frame=request.frame), on_progress=work.show
            )


def _store_notes(work: _Work) -> tuple[str, ...]:
    return () if work.store is None else work.store.notes


def _loop_notes(motion: VideoMotion) -> tuple[str, ...]:
    if motion.loop is None or motion.loop.cycle.meets:
        return ()
    return ("No part of the motion is a clear cycle, so the loop jerks where it begins again.",)


def _motion_in_words(motion: VideoMotion) -> Iterator[str]:
    raw = motion.result.raw
    count = "1 frame" if raw.frame_count == 1 else f"{raw.frame_count} frames"
    yield f"{count} at {raw.fps:.4g} frames a second: {raw.frame_count / raw.fps:.1f} s of motion."
    if motion.loop is not None:
        cycle = motion.loop.cycle
        yield (
            f"Loop: {cycle.length} frames from {motion.time_s[0]:.2f} s of the video on; its ends differed by "
            f"{1000.0 * cycle.mismatch_m:.0f} mm, which is blended."
        )
    seen = raw.seen[np.rint((motion.time_s - raw.start_s) * raw.fps).astype(np.intp).clip(0, raw.frame_count - 1)]
    if seen.any():
        stands = motion.stands[seen].reshape(-1, 2, 2).any(2).mean(0)
        yield f"The left foot stands {stands[0]:.0%} of the time, the right foot {stands[1]:.0%}."


def _list_people(work: _Work, tracks: VideoTracks) -> None:
    """Who is in the video, a line each; pictures of them where asked for."""
    request = work.request
    console = Console(highlight=False, soft_wrap=True)
    count = len(tracks.tracks)
    found = "1 person" if count == 1 else f"{count or 'no'} people"
    console.print(f"{tracks.info.name}: {found} found.", markup=False)
    table = Table("person", "frames", "seconds", "seen in", box=None, pad_edge=False)
    for number, track in enumerate(tracks.tracks, start=1):
        frames = f"{int(track.frames[0])} to {int(track.frames[-1])}"
        table.add_row(
            str(number), frames, f"{track.time_s[0]:.2f} to {track.time_s[-1]:.2f}", f"{float(np.mean(track.seen)):.0%}"
        )
    if count:
        console.print(table)
    _say(f"Note: {note}" for note in dict.fromkeys((*tracks.notes, *_store_notes(work))))
    if request.thumbnails is not None:
        make_folder(request.thumbnails)
    for number, track in enumerate(tracks.tracks, start=1):
        if request.thumbnails is not None:
            path = request.thumbnails / f"{request.video.stem}_person_{number}.png"
            write_png(track.thumbnail, path)
            console.print(f"Wrote {path}", markup=False)


def _say(lines: Iterator[str]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)


def _print_summary(work: _Work, tracks: VideoTracks, written: Sequence[Path]) -> None:
    count, number = len(tracks.tracks), work.request.person
    time_s = tracks.tracks[number - 1].time_s
    taken = f"{count} people found, number {number} taken, in it from {time_s[0]:.1f} to {time_s[-1]:.1f} s"
    who = "1 person found" if count == 1 else taken
    _say(iter([f"{tracks.info.name}: {who}.", *work.lines]))
    _say(f"Note: {note}" for note in dict.fromkeys(work.notes))
    table = Table("stage", "ms", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for stage, milliseconds in work.timings_ms.items():
        table.add_row(stage, f"{milliseconds:,.0f}")
    Console(highlight=False, soft_wrap=True).print(table)
    _say(f"Wrote {path}" for path in written)
    if not written:
        _say(iter(["Nothing was written: add --out, --npz or --preview."]))
