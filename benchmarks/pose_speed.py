"""Speed, memory and overlay of the pose model: what an artist waits for, and how well the pose lies on the picture."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from pose_cases import Case
from rich.table import Table

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.estimate.learned import LearnedEstimator, fit_reading
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.job import run_job
from contrapposto.backend.pipeline import find_people
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.skeleton import JOINT_INDEX, STATURE_M

_LIMB_ENDS: Final = [
    f"{side}_{part}" for side in ("left", "right") for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
_SURE: Final = 0.5


def speed_table(network: PoseNetwork, each: Case) -> Table:
    """Median milliseconds; memory is the whole process' at its peak."""
    one, many = each.person(0), each
    count = len(each.sighting.rays)
    estimator = LearnedEstimator(network)
    reading = network.expected(many.seen.evidence)
    table = Table("step", "milliseconds", "a pose", box=None)

    def row(name: str, work: Callable[[], object], *, poses: int = 1, runs: int = 15) -> None:
        took = _median_ms(work, runs=runs)
        table.add_row(name, f"{took:.1f}", f"{took / poses:.2f} ms, {1000.0 * poses / took:,.0f} a second")

    row("read one", lambda: network.expected(one.seen.evidence))
    row(f"read {count} at once", lambda: network.expected(many.seen.evidence), poses=count)
    row("fit one", lambda: fit_reading(one.seen, network.expected(one.seen.evidence)))
    row(f"fit {count} at once", lambda: fit_reading(many.seen, reading), poses=count, runs=3)
    row("one still, one reading", lambda: run_job(estimator.estimate(one.observation)))
    row("one still, three readings", lambda: run_job(estimator.estimate(one.observation, count=3)))
    table.add_row("peak memory of the process", f"{_memory_mb():.0f} MB", "")
    return table


def _median_ms(work: Callable[[], object], *, runs: int) -> float:
    work()
    took: list[float] = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took.append(1000.0 * (time.perf_counter() - start))
    return float(np.median(took))


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def overlay_table(network: PoseNetwork, photos: list[Path]) -> Table:
    """Per photo: how far the fitted joints are from the detected keypoints, in percent of the person's height."""
    models, estimator = ModelCache(), LearnedEstimator(network)
    table = Table("photo", "median %", "90 % are below", box=None)
    medians: list[float] = []
    for photo in photos:
        try:
            observation = run_job(find_people(photo, models)).people[0]
        except ContrappostoError as error:
            table.add_row(photo.name, str(error)[:60], "")
            continue
        estimate = run_job(estimator.estimate(observation))[0]
        points = [observation.schema.index[name] for name in _LIMB_ENDS]
        joints = [JOINT_INDEX[name] for name in _LIMB_ENDS]
        away = np.linalg.norm(estimate.joints_px()[0, joints] - observation.keypoints_px[0, points], axis=-1)
        height = estimate.camera.fy * STATURE_M / float(estimate.pelvis_cam[0, 2])
        share = 100.0 * away[observation.confidence[0, points] > _SURE] / height
        medians.append(float(np.median(share)))
        table.add_row(photo.name, f"{np.median(share):.2f}", f"{np.percentile(share, 90):.2f}")
    table.add_row("median of all", f"{np.median(medians):.2f}", "")
    return table
