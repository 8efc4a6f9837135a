"""Frames in which somebody is not seen: how near the motion stays to the truth there, and whether it jumps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Final
from unittest.mock import patch

import numpy as np
from rich.table import Table
from video_cases import Seen
from video_ways import Film, about_the_vertical, film_of

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.estimate import motion
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.job import run_job
from contrapposto.backend.observation import Observation
from contrapposto.backend.refine.finish import MotionSettings

GAPS: Final = (3, 9, 15, 30, 45)
"""Frames, at 30 a second."""
_FIRST: Final = 40
_EDGE: Final = 2
_NEAR: Final = 8


@dataclass(frozen=True)
class GapErrors:
    """Millimetres.

    Attributes:
        inside: the mean over the joints within a gap.
        beside: how much worse the frames beside it become.
        step: the longest way of any joint from one frame to the next, in the gap and beside it.
    """

    inside: float
    beside: float
    step: float


def gap_table(seen: Sequence[Seen], network: PoseNetwork) -> Table:
    """Each gap filled by the pose model, which sees nothing there, and by us; beside the same frames seen."""
    table = Table(
        "gap s", "way", "MPJPE in it mm", "beside it, worse by mm", "longest step mm", "worst step mm", box=None
    )
    whole = {film.name: _solved(film, network, filled=True) for film in seen}
    for frames in GAPS:
        gap = slice(_FIRST, _FIRST + frames)
        ways = {
            "seen": [whole[film.name] for film in seen],
            "pose model": [_solved(film, network, gap=gap, filled=False) for film in seen],
            "eased over": [_solved(film, network, gap=gap, filled=True) for film in seen],
        }
        for name, films in ways.items():
            found = [_errors(film, each, whole[each.name], gap=gap) for film, each in zip(films, seen, strict=True)]
            steps = [each.step for each in found]
            numbers = (
                np.mean([each.inside for each in found]), np.mean([each.beside for each in found]),
                np.mean(steps), np.max(steps),
            )  # fmt: skip
            table.add_row(f"{frames / 30.0:.1f}", name, *[f"{number:.1f}" for number in numbers])
        truth = [_step(each.joints, gap) for each in seen]
        table.add_row("", "the truth", "", "", f"{np.mean(truth):.1f}", f"{np.max(truth):.1f}")
    return table


def _solved(seen: Seen, network: PoseNetwork, *, gap: slice = slice(0, 0), filled: bool) -> Film:
    there = np.ones(len(seen.time_s), np.bool_)
    there[gap] = False
    hidden = _hidden(seen.found, there)
    with nullcontext() if filled else patch.object(motion, "with_gaps_filled", lambda turns, place, _: (turns, place)):
        raw = run_job(motion.solve_motion(hidden, seen.time_s, network, seen=there))
    return film_of(raw, MotionSettings())


def _hidden(found: Observation, there: BoolArray) -> Observation:
    points, world = found.keypoints_px.copy(), found.keypoints_world
    points[~there] = 0.0
    if world is not None:
        world = world.copy()
        world[~there] = 0.0
    sure = np.where(there[:, None], found.confidence, 0.0).astype(np.float32)
    return replace(found, keypoints_px=points, keypoints_world=world, confidence=sure)


def _errors(film: Film, seen: Seen, whole: Film, *, gap: slice) -> GapErrors:
    off, usual = _off(film.joints, seen.joints), _off(whole.joints, seen.joints)
    beside = np.r_[gap.start - _NEAR : gap.start, gap.stop : gap.stop + _NEAR]
    return GapErrors(float(off[gap].mean()), float((off - usual)[beside].mean()), _step(film.joints, gap))


def _off(joints: DoubleArray, truth: DoubleArray) -> DoubleArray:
    """(T,) millimetres, seen from the pelvis."""
    found, wanted = joints - joints[:, :1], truth - truth[:, :1]
    found = found @ about_the_vertical(found, wanted).T
    return 1000.0 * np.linalg.norm(found - wanted, axis=-1).mean(1)


def _step(joints: DoubleArray, gap: slice) -> float:
    seen = joints - joints[:, :1]
    steps = 1000.0 * np.linalg.norm(np.diff(seen, axis=0), axis=-1).max(1)
    return float(steps[gap.start - _EDGE : gap.stop + _EDGE].max())
