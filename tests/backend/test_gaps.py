"""Frames in which somebody is not seen: eased over, held at the ends, and without feet that stand for seconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from contrapposto.backend.job import run_job
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.refine.gaps import in_long_gaps, with_gaps_filled, without_empty_takes
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from moving_poses import moving_rotations
from walker import walking

FRAMES = 60


def motion() -> tuple[np.ndarray, np.ndarray]:
    rotations = axis_angle_to_matrix(moving_rotations(FRAMES)).astype(np.float64)
    return rotations, np.cumsum(np.full((FRAMES, 3), 0.01), axis=0)


@pytest.mark.parametrize("gap", [slice(20, 21), slice(20, 24), slice(10, 50)])
def test_a_gap_is_crossed_at_an_even_pace(gap: slice) -> None:
    rotations, pelvis = motion()
    seen = np.ones(FRAMES, np.bool_)
    seen[gap] = False
    wild = rotations.copy()
    wild[gap] = axis_angle_to_matrix(np.full((24, 3), 1.5))
    turned, place = with_gaps_filled(wild, np.where(seen[:, None], pelvis, 99.0), seen)
    np.testing.assert_array_equal(turned[seen], rotations[seen])
    np.testing.assert_array_equal(place[seen], pelvis[seen])
    across = geodesic_angle(turned[gap.start - 1], turned[gap.stop])
    steps = geodesic_angle(turned[gap.start - 1 : gap.stop], turned[gap.start : gap.stop + 1])
    np.testing.assert_allclose(steps.sum(0), across, atol=1e-6)
    assert np.all(steps.max(0) <= 1.6 * across / len(steps) + 1e-9)
    assert np.all(np.diff(place[gap.start - 1 : gap.stop + 1], axis=0) > 0.0)


def test_at_an_end_the_nearest_pose_is_held() -> None:
    rotations, pelvis = motion()
    seen = np.zeros(FRAMES, np.bool_)
    seen[10:40] = True
    turned, place = with_gaps_filled(rotations, pelvis, seen)
    np.testing.assert_allclose(turned[:10], np.tile(rotations[10], (10, 1, 1, 1)))
    np.testing.assert_allclose(turned[40:], np.tile(rotations[39], (20, 1, 1, 1)))
    np.testing.assert_allclose(place[40:], np.tile(pelvis[39], (20, 1)))


def test_nobody_seen_changes_nothing() -> None:
    rotations, pelvis = motion()
    turned, place = with_gaps_filled(rotations, pelvis, np.zeros(FRAMES, np.bool_))
    np.testing.assert_array_equal(turned, rotations)
    np.testing.assert_array_equal(place, pelvis)


def test_takes_that_show_nobody_belong_to_the_one_before() -> None:
    shot = np.repeat([0, 1, 2, 3, 4], 2)
    seen = np.isin(shot, [1, 3])
    assert without_empty_takes(shot, seen).tolist() == [1, 1, 1, 1, 1, 1, 3, 3, 3, 3]
    np.testing.assert_array_equal(without_empty_takes(shot, np.ones(10, np.bool_)), shot)


def test_feet_do_not_stand_where_nobody_is_seen_for_long() -> None:
    raw = walking()
    seen = raw.seen.copy()
    seen[40:43], seen[60:90] = False, False
    stands = run_job(finish_motion(replace(raw, seen=seen), MotionSettings())).stands
    assert in_long_gaps(seen, raw.fps).sum() == 30
    assert not stands[61:89].any()
    assert stands[40:43].any()
    assert stands[95:].any()
