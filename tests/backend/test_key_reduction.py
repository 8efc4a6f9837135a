"""Key reduction: the bound holds in every frame for any motion, keys are few, shared, and where they are wanted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.errors import InputError
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.keying.bezier import BezierKeys, keys_from_slopes, solved_time
from contrapposto.backend.keying.error_bound import EndJoints, ErrorBound
from contrapposto.backend.keying.key_reduction import Reduction, contact_changes, reduce_keys
from contrapposto.backend.keying.motion_channels import LOCATION, ChannelGroup
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.retarget.channels import RotationLocks, channels_to_quaternion, rotation_channels
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_quaternion, quaternion_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES
from moving_poses import moving_rotations, moving_translation

MODES = ("QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
ENDS = [JOINT_INDEX[name] for name in ("left_wrist", "right_wrist", "left_foot", "right_foot", "head")]


def ends(quaternions: np.ndarray, locations: np.ndarray) -> np.ndarray:
    return joint_positions(global_rotations(quaternion_to_matrix(quaternions)), locations[:, 0])[:, ENDS]


def motion(frames: int, *, mode: str = "QUATERNION", seed: int = 0, noise: float = 0.0) -> list[ChannelGroup]:
    rotations = moving_rotations(frames, seed=seed)
    rotations = rotations + np.random.default_rng(seed).normal(0.0, noise, rotations.shape)
    quaternions = matrix_to_quaternion(axis_angle_to_matrix(rotations))
    locks = RotationLocks(mode, np.zeros(4, np.bool_), False)
    rest = {"QUATERNION": [1.0, 0, 0, 0], "AXIS_ANGLE": [0.0, 0, 1, 0]}.get(mode, [0.0, 0, 0])
    groups = [
        ChannelGroup(name, mode, rotation_channels(quaternions[:, joint], locks, near=np.array(rest), current=rest))
        for joint, name in enumerate(JOINT_NAMES)
    ]
    return [*groups, ChannelGroup("pelvis", LOCATION, moving_translation(frames))]


def errors_of(groups, curves, first: float) -> tuple[float, float, float]:
    """Degrees, millimetres of the location, millimetres of the ends: from the keys alone, by other formulas."""
    times = first + np.arange(len(groups[0].values))
    shown = [curve.evaluated(times).astype(np.float64) for curve in curves]
    quaternions, angle = [], 0.0
    for group, values in zip(groups[:-1], shown[:-1], strict=True):
        pair = [channels_to_quaternion(numbers, group.mode) for numbers in (group.values, values)]
        cosine = np.abs(np.sum(pair[0] * pair[1], axis=-1))
        angle = max(angle, float(np.degrees(2.0 * np.arccos(np.minimum(cosine, 1.0))).max()))
        quaternions.append(pair)
    places = [numbers[:, None].astype(np.float64) for numbers in (groups[-1].values, shown[-1])]
    joints = [ends(np.stack([pair[which] for pair in quaternions], axis=1), places[which]) for which in (0, 1)]
    location = 1000.0 * np.linalg.norm(places[0] - places[1], axis=-1).max()
    return angle, float(location), float(1000.0 * np.linalg.norm(joints[0] - joints[1], axis=-1).max())


@pytest.mark.parametrize("handles", ["ALIGNED", "FREE"])
@pytest.mark.parametrize("whole_poses", [True, False])
@pytest.mark.parametrize("degrees", [1.0, 2.0, 5.0])
def test_the_bound_holds_in_every_frame(handles: str, whole_poses: bool, degrees: float) -> None:
    groups = motion(120)
    how = Reduction(ErrorBound(degrees, 8.0 * degrees), handles, whole_poses)
    found = run_job(reduce_keys(groups, how, joints=EndJoints(ends), first_frame=1001.0))
    angle, location, joints = errors_of(groups, found.curves, 1001.0)
    assert angle <= degrees
    assert location <= 8.0 * degrees
    assert joints <= 8.0 * degrees
    assert angle == pytest.approx(found.error.degrees, abs=0.02)
    assert joints == pytest.approx(found.error.joints_mm, abs=0.02)


@pytest.mark.parametrize("mode", MODES)
def test_the_bound_holds_in_every_rotation_mode(mode: str) -> None:
    groups = motion(90, mode=mode, seed=3)
    found = run_job(reduce_keys(groups, Reduction(ErrorBound(2.0, 20.0))))
    assert errors_of(groups, found.curves, 0.0)[0] <= 2.0
    assert len(found.frames) < 45


@settings(max_examples=25, deadline=None)
@given(
    frames=st.integers(1, 60),
    seed=st.integers(0, 10_000),
    noise=st.sampled_from([0.0, 0.02, 0.3]),
    degrees=st.floats(0.05, 8.0),
    handles=st.sampled_from(["ALIGNED", "FREE"]),
    whole_poses=st.booleans(),
    first=st.floats(-5000.0, 5000.0),
)
def test_the_bound_holds_for_any_motion(frames, seed, noise, degrees, handles, whole_poses, first) -> None:
    groups = motion(frames, seed=seed, noise=noise)
    how = Reduction(ErrorBound(degrees, 10.0 * degrees), handles, whole_poses)
    found = run_job(reduce_keys(groups, how, joints=EndJoints(ends), first_frame=first))
    angle, location, joints = errors_of(groups, found.curves, first)
    # Arc cosines of numbers near 1 are good to about 1e-6 degrees in double precision.
    assert angle <= degrees + 1e-5
    assert max(location, joints) <= 10.0 * degrees


def test_looser_bounds_need_fewer_keys_and_noise_needs_more() -> None:
    counts = [
        len(run_job(reduce_keys(motion(150), Reduction(ErrorBound(degrees, 200.0)))).frames)
        for degrees in (0.5, 1.0, 2.0, 5.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] <= 150 / 8
    noisy = run_job(reduce_keys(motion(150, noise=0.05), Reduction(ErrorBound(1.0, 200.0))))
    assert len(noisy.frames) > 2 * counts[1]


def test_a_cubic_motion_is_two_keys() -> None:
    times = np.linspace(0.0, 1.0, 100)[:, None]
    values = np.array([0.4, -0.2, 0.3]) * (times**3 - 0.5 * times**2) + 0.1 * times
    found = run_job(reduce_keys([ChannelGroup("hip", "XYZ", values)], Reduction(ErrorBound(0.05, 1.0))))
    assert found.frames.tolist() == [0, 99]
    assert found.error.degrees < 0.01


def test_a_body_that_stands_still_has_a_key_at_each_end_and_few_between() -> None:
    groups = [ChannelGroup("hip", "QUATERNION", np.tile([1.0, 0.0, 0.0, 0.0], (400, 1)))]
    found = run_job(reduce_keys(groups, Reduction()))
    assert (found.frames[0], found.frames[-1]) == (0, 399)
    assert len(found.frames) <= 4
    assert found.error.degrees == 0.0


def test_aligned_handles_lie_on_a_line_and_free_ones_need_fewer_keys() -> None:
    groups = motion(150)
    kept = {}
    for handles in ("ALIGNED", "FREE"):
        found = run_job(reduce_keys(groups, Reduction(ErrorBound(2.0, 20.0), handles)))
        kept[handles] = len(found.frames)
        keys = found.curves[16]
        before = (keys.values - keys.left_values) / (keys.times - keys.left_times)[:, None]
        after = (keys.right_values - keys.values) / (keys.right_times - keys.times)[:, None]
        apart = np.abs(before - after)[1:-1].max()
        assert (apart < 1e-4) == (handles == "ALIGNED")
    assert kept["FREE"] < kept["ALIGNED"]


def test_shared_keys_are_shared_and_own_keys_are_fewer() -> None:
    groups = motion(150)
    # One joint alone moves fast, as a waving hand does.
    slow = [ChannelGroup(g.name, g.mode, g.values[:1].repeat(150, axis=0)) for g in groups]
    groups = [groups[0], *slow[1:20], groups[20], *slow[21:]]
    whole, own = (
        run_job(reduce_keys(groups, Reduction(ErrorBound(2.0, 20.0), whole_poses=shared))) for shared in (True, False)
    )
    assert {tuple(curve.times) for curve in whole.curves} == {tuple(whole.frames.astype(np.float32))}
    assert own.key_count < 0.4 * whole.key_count


def test_feet_may_have_a_tighter_bound_while_they_stand() -> None:
    groups = motion(120)
    bounds = np.full((120, len(ENDS)), 100.0)
    bounds[40:80, 2] = 2.0
    found = run_job(reduce_keys(groups, Reduction(ErrorBound(5.0, 100.0)), joints=EndJoints(ends, bounds)))
    times = np.arange(120)
    places = []
    for values in ([g.values for g in groups], [c.evaluated(times) for c in found.curves]):
        quaternions = np.stack([channels_to_quaternion(v, "QUATERNION") for v in values[:-1]], axis=1)
        places.append(ends(quaternions, values[-1][:, None].astype(np.float64)))
    apart = 1000.0 * np.linalg.norm(places[0] - places[1], axis=-1)[:, 2]
    assert apart[40:80].max() <= 2.0 < np.delete(apart, np.s_[40:80]).max()


def test_contacts_become_key_frames_where_keys_can_be_chosen() -> None:
    contacts = np.zeros((120, 4), np.bool_)
    contacts[25:50, 0] = contacts[61:, 1] = True
    changes = contact_changes(contacts)
    assert changes == (25, 49, 61)
    groups = motion(120)
    with_them, without = (
        run_job(reduce_keys(groups, Reduction(ErrorBound(2.0, 20.0), preferred=preferred))).frames.tolist()
        for preferred in (changes, ())
    )
    assert len({*with_them} & {*changes}) > len({*without} & {*changes})
    assert len(with_them) <= 1.3 * len(without)


def test_the_job_yields_often_and_its_fractions_grow() -> None:
    fractions: list[float] = []

    def note(progress: Progress) -> None:
        fractions.append(progress.fraction)

    run_job(reduce_keys(motion(300), Reduction(), joints=EndJoints(ends)), on_progress=note)
    assert len(fractions) > 100
    assert min(fractions) >= 0.0
    assert max(fractions) <= 1.0
    assert np.diff(fractions).min() > -0.2


def test_what_cannot_be_reduced_is_refused() -> None:
    with pytest.raises(InputError, match="not finite in frame 2"):
        ChannelGroup("arm", "XYZ", np.array([[0.0, 0, 0], [0, 0, 0], [0, np.nan, 0]]))
    with pytest.raises(InputError, match=r"needs \(T, 4\)"):
        ChannelGroup("arm", "QUATERNION", np.zeros((3, 3)))
    with pytest.raises(InputError, match="no rotation mode"):
        ChannelGroup("arm", "XYX", np.zeros((3, 3)))
    with pytest.raises(InputError, match="positive"):
        ErrorBound(0.0, 10.0)
    with pytest.raises(InputError, match="ALIGNED or FREE"):
        Reduction(handles="VECTOR")  # pyright: ignore[reportArgumentType]
    groups = [ChannelGroup("a", "XYZ", np.zeros((3, 3))), ChannelGroup("b", "XYZ", np.zeros((4, 3)))]
    with pytest.raises(InputError, match="same number of frames"):
        run_job(reduce_keys(groups, Reduction()))
    with pytest.raises(InputError, match="none at all"):
        run_job(reduce_keys([], Reduction()))


def test_bezier_time_is_solved_for_any_handles_within_the_keys() -> None:
    random = np.random.default_rng(2)
    points = np.sort(random.uniform(0.0, 50.0, (2, 4000)), axis=0)
    points = np.stack([points[0], *random.uniform(points[0], points[1], (2, 4000)), points[1]])
    share = random.uniform(0.0, 1.0, 4000)
    rest = 1.0 - share
    times = points[0] * rest**3 + 3 * share * rest * (rest * points[1] + share * points[2]) + share**3 * points[3]
    found = solved_time(points, times)
    rest = 1.0 - found
    again = points[0] * rest**3 + 3 * found * rest * (rest * points[1] + found * points[2]) + found**3 * points[3]
    assert np.abs(again - times).max() < 1e-9


def test_keys_hold_their_values_and_ends_before_and_after() -> None:
    keys = keys_from_slopes(
        np.array([10.0, 20.0, 26.0]), np.array([[1.0], [3.0], [2.0]]), before=np.zeros((3, 1)), after=np.zeros((3, 1))
    )
    assert keys.evaluated(np.array([0.0, 10.0, 15.0, 20.0, 26.0, 90.0]))[:, 0] == pytest.approx([1, 1, 2, 3, 2, 2])
    one = BezierKeys(*(np.array([5.0]) if name.endswith("times") else np.array([[7.0]]) for name in FIELDS))
    assert one.evaluated(np.array([0.0, 9.0]))[:, 0].tolist() == [7.0, 7.0]


FIELDS = ("times", "values", "left_times", "right_times", "left_values", "right_values")
