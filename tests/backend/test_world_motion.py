"""Somebody gets as far as the camera sees, also where strides are read too short, and no faster than anybody could."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.estimate.motion import RawMotion
from contrapposto.backend.job import run_job
from contrapposto.backend.refine.finish import FinishedMotion, finish_motion
from contrapposto.backend.skeleton import JOINT_INDEX
from walker import STEP_M, STEP_S, raw_motion, walking

SECONDS = 4.0


def towards_the_camera(share: float) -> RawMotion:
    """A walk towards the viewer, whose strides are this share of what it takes to get so far."""
    raw = walking(SECONDS)
    rotations = raw.rotations.copy()
    rotations[:, 0] = np.eye(3, dtype=np.float32)
    pelvis = np.zeros_like(raw.pelvis)
    pelvis[:, 2] = -9.0 + STEP_M / STEP_S / share * np.arange(raw.frame_count) / raw.fps
    return replace(raw, rotations=rotations, pelvis=pelvis)


def travelled_m(motion: FinishedMotion) -> float:
    way = motion.poses.translation.astype(np.float64)
    return float(np.linalg.norm((way[-1] - way[0])[[0, 2]]))


def speeds_mps(motion: FinishedMotion) -> DoubleArray:
    return np.linalg.norm(np.diff(motion.poses.translation.astype(np.float64), axis=0), axis=1) * motion.poses.fps


def test_who_walks_towards_the_camera_gets_there() -> None:
    raw = towards_the_camera(1.0)
    there = float(raw.pelvis[-1, 2] - raw.pelvis[0, 2])
    assert travelled_m(run_job(finish_motion(raw))) == pytest.approx(there, rel=0.2)


def test_strides_that_are_read_too_short_do_not_keep_somebody_from_getting_further() -> None:
    near, far = (travelled_m(run_job(finish_motion(towards_the_camera(share)))) for share in (1.0, 0.6))
    assert far > 1.2 * near


def test_a_film_that_begins_in_the_air_begins_as_fast_as_the_camera_sees() -> None:
    count, flight = 60, 6
    turns = np.zeros((count, 24, 3))
    for side in ("left", "right"):
        turns[:, JOINT_INDEX[f"{side}_hip"], 0] = -np.interp(np.arange(count), (0, flight + 4), (2.0, 0.0))
    pelvis = np.zeros((count, 3))
    pelvis[:, 2] = -6.0 + np.interp(np.arange(count), (0, flight), (0.0, 0.3))
    motion = run_job(finish_motion(raw_motion(turns, pelvis, fps=30.0)))
    assert speeds_mps(motion).max() < 3.0
