"""Smoothing over time: no lag, no loss of what moves slowly, gaps filled, outliers left out."""

from __future__ import annotations

import numpy as np
import pytest

from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.refine.sides import exchanged, other_sides, with_own_sides
from contrapposto.backend.refine.smoothing import Robust, robustly_smoothed, smoothed

FPS = 30.0
TIME = np.arange(120) / FPS


def _wave(hertz: float) -> np.ndarray:
    return np.sin(2.0 * np.pi * hertz * TIME)[:, None]


@pytest.mark.parametrize(("hertz", "low", "high"), [(0.5, 0.999, 1.001), (2.0, 0.99, 1.01), (12.0, -0.01, 0.06)])
def test_slow_movements_stay_and_fast_ones_go(hertz: float, low: float, high: float) -> None:
    wave = _wave(hertz)
    found = smoothed(wave, np.ones(len(wave)), cutoff=6.0, fps=FPS)[20:-20]
    gain = float((found * wave[20:-20]).sum() / np.square(wave[20:-20]).sum())
    assert low <= gain <= high


def test_half_of_the_amplitude_passes_at_the_cutoff() -> None:
    wave = _wave(6.0)
    found = smoothed(wave, np.ones(len(wave)), cutoff=6.0, fps=FPS)[20:-20]
    assert float((found * wave[20:-20]).sum() / np.square(wave[20:-20]).sum()) == pytest.approx(0.5, abs=0.03)


def test_there_is_no_lag() -> None:
    step = np.repeat([0.0, 1.0], 60)[:, None]
    found = smoothed(step, np.ones(120), cutoff=3.0, fps=FPS)[:, 0]
    assert found + found[::-1] == pytest.approx(np.ones(120), abs=1e-6)


def test_a_steady_acceleration_is_kept_and_a_gap_is_filled_with_it() -> None:
    fall = np.square(TIME)[:, None]
    weights = np.ones(120)
    weights[40:60] = 0.0
    broken = fall.copy()
    broken[40:60] = 99.0
    assert smoothed(broken, weights, cutoff=4.0, fps=FPS) == pytest.approx(fall, abs=3e-3)


def test_nothing_is_smoothed_at_half_the_frame_rate() -> None:
    noise = np.random.default_rng(0).normal(size=(50, 3))
    assert (smoothed(noise, np.ones(50), cutoff=15.0, fps=FPS) == noise).all()


def test_outliers_do_not_bend_the_curve() -> None:
    way = np.concatenate([_wave(0.5), _wave(0.7)], axis=1)
    hit = way.copy()
    hit[[30, 31, 77]] += 3.0
    plain = smoothed(hit, np.ones(120), cutoff=6.0, fps=FPS)
    robust = robustly_smoothed(hit, np.ones(120), cutoff=6.0, fps=FPS, robust=Robust(0.02))
    assert np.abs(robust - way).max() < 0.02
    assert np.abs(plain - way).max() > 20.0 * np.abs(robust - way).max()


def _walker() -> np.ndarray:
    """(120, 33, 2) pixels: legs and arms that swing past each other, 400 pixels high."""
    rng = np.random.default_rng(3)
    rest = rng.uniform(0.0, 60.0, size=(33, 2))
    points = np.tile(rest, (120, 1, 1))
    for index, name in enumerate(BLAZEPOSE_33.names):
        sign = 1.0 if "left" in name else -1.0 if "right" in name else 0.0
        low = 400.0 if any(part in name for part in ("ankle", "heel", "foot")) else 200.0
        points[:, index, 1] += low
        points[:, index, 0] += sign * 80.0 * np.sin(2.0 * np.pi * 1.0 * TIME)
    return points


def test_the_sides_of_a_walker_are_left_alone() -> None:
    body, parts = other_sides(_walker(), np.ones((120, 33)))
    assert not body.any()
    assert not parts.any()


@pytest.mark.parametrize("length", [1, 3, 8])
def test_exchanged_legs_are_put_back(length: int) -> None:
    points, wrong = _walker(), np.zeros(120, np.bool_)
    wrong[50 : 50 + length] = True
    legs = [i for i, name in enumerate(BLAZEPOSE_33.names) if name.split("_")[-1] in ("knee", "ankle", "heel", "index")]
    legs = [index for index in legs if "index" not in BLAZEPOSE_33.names[index] or "foot" in BLAZEPOSE_33.names[index]]
    broken = points.copy()
    broken[:, legs] = exchanged(points, wrong)[:, legs]
    found = other_sides(broken, np.ones((120, 33)))
    assert (found[1][:, 1] == wrong).all()
    assert with_own_sides(broken, *found) == pytest.approx(points)


def test_a_whole_body_seen_from_the_wrong_side_is_put_back() -> None:
    points, wrong = _walker(), np.zeros(120, np.bool_)
    wrong[20:26] = True
    found = other_sides(exchanged(points, wrong), np.ones((120, 33)))
    assert (found[0] == wrong).all()
    assert not found[1].any()


def test_unsure_points_exchange_nothing() -> None:
    body, parts = other_sides(np.random.default_rng(0).uniform(0.0, 400.0, size=(40, 33, 2)), np.zeros((40, 33)))
    assert not body.any()
    assert not parts.any()
