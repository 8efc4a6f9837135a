"""What is measured of motion from video: right where the answer is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.detect.clip import Clip, VideoInfo
from contrapposto.backend.detect.tracks import Track, VideoTracks
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.job import Progress
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets
from contrapposto.backend.refine.finish import MotionSettings
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.runtime import POSE_MODEL, read_model
from contrapposto.backend.skeleton import JOINT_INDEX, STATURE_M

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FRAMES = 40


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts of that folder import each other by their bare names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@dataclass(frozen=True)
class Known:
    """A motion that is known."""

    name: str
    found: Observation | None
    time_s: np.ndarray
    joints: np.ndarray


@pytest.fixture(scope="module")
def poses():
    """Somebody who stands with both feet, swings the arms and bends a little to the side."""
    turn = np.linspace(0.0, 2.0 * np.pi, FRAMES)
    rotations = np.zeros((FRAMES, 24, 3), np.float32)
    for joint, sign in (("left_shoulder", 1.0), ("right_shoulder", -1.0)):
        rotations[:, JOINT_INDEX[joint], 2] = -1.1 * sign
        rotations[:, JOINT_INDEX[joint], 1] = -0.4 * np.sin(turn)
    rotations[:, JOINT_INDEX["spine1"], 2] = 0.15 * np.sin(turn)
    height = -forward_kinematics(rotations, np.zeros(3))[..., 1].min()
    places = np.tile(np.array([0.0, height, 0.0], np.float32), (FRAMES, 1))
    return PoseSequence(rotations, places, fps=30.0)


@pytest.fixture
def truth(poses):
    """What is true of it."""
    joints = forward_kinematics(poses.rotations, poses.translation)
    return Known("known", None, np.arange(FRAMES) / 30.0, joints)


@pytest.fixture
def film(poses, truth):
    """The same, as a way says it."""
    from video_cases import contacts
    from video_ways import Film

    offsets = scaled_offsets(np.zeros(len(LENGTH_GROUPS))).astype(np.float64)
    turns, places = axis_angle_to_matrix(poses.rotations), poses.translation.astype(np.float64)
    return Film(turns, places, offsets, contacts(truth.joints))


def errors(film, truth, **how):
    """Of a film."""
    from video_ways import errors_of

    return errors_of(film, truth, **how)


def test_the_truth_has_no_errors(film, truth):
    found = errors(film, truth)
    assert max(found.mpjpe, found.pa_mpjpe, found.acceleration, found.skate) < 0.01
    assert found.jitter == pytest.approx(found.true_jitter, rel=1e-6)
    assert found.hits == (2 * FRAMES, 0, 0)


def test_where_the_camera_stood_does_not_matter_but_a_tilt_does(film, truth):
    turned, tilted = film.rotations.copy(), film.rotations.copy()
    turned[:, 0] = axis_angle_to_matrix(np.array([0.0, 1.3, 0.0])) @ turned[:, 0]
    tilted[:, 0] = axis_angle_to_matrix(np.array([0.3, 0.0, 0.0])) @ tilted[:, 0]
    assert errors(replace(film, rotations=turned), truth).mpjpe < 0.01
    found = errors(replace(film, rotations=tilted), truth)
    assert found.mpjpe > 50.0
    assert found.pa_mpjpe < 0.01


def test_a_larger_body_is_an_error_of_size_alone(film, truth):
    found = errors(replace(film, offsets=1.1 * film.offsets), truth)
    assert found.mpjpe > 20.0
    assert found.pa_mpjpe < 0.01


def test_sliding_and_trembling_are_measured(film, truth):
    slid = film.pelvis + np.arange(FRAMES)[:, None] * np.array([0.005, 0.0, 0.0])
    assert errors(replace(film, pelvis=slid), truth).skate == pytest.approx(5.0, abs=0.01)
    trembling = film.rotations.copy()
    trembling[::2, JOINT_INDEX["left_hip"]] = axis_angle_to_matrix(np.array([0.05, 0.0, 0.0]))
    found = errors(replace(film, rotations=trembling), truth)
    assert found.jitter > 5.0 * found.true_jitter
    assert found.acceleration > 1.0


def test_contacts_that_are_told_wrongly_are_counted(film, truth):
    told = np.zeros((FRAMES, 2), bool)
    told[:10, 0] = True
    assert errors(replace(film, stands=told), truth).hits == (10, 2 * FRAMES - 10, 0)
    assert errors(replace(film, stands=None), truth).hits == (0, 2 * FRAMES, 0)


def test_joints_that_a_character_lacks_do_not_count(film, truth):
    from video_rendered import COMMON_JOINTS

    joints = truth.joints.copy()
    joints[:, [JOINT_INDEX["left_hand"], JOINT_INDEX["right_hand"]]] = np.nan
    joints[:, JOINT_INDEX["pelvis"], 1] += 0.05
    found = errors(film, replace(truth, joints=joints), among=COMMON_JOINTS)
    assert max(found.mpjpe, found.pa_mpjpe, found.acceleration) < 0.01
    assert found.jitter == pytest.approx(found.true_jitter, rel=1e-6)


def test_exact_points_are_solved_better_than_a_detectors(poses):
    from video_cases import FilmSynthesis, Motion
    from video_ways import Solved

    seen = FilmSynthesis().see_motion(Motion("swing", poses), seed=4)
    network = load_network(read_model(POSE_MODEL))
    exact = replace(seen, found=seen.exact)
    right, wrong = (errors(Solved(network).way(MotionSettings())(each), seen) for each in (exact, seen))
    assert right.pa_mpjpe < 0.95 * wrong.pa_mpjpe
    assert right.pa_mpjpe < 45.0
    assert right.skate < 3.0
    assert right.hits[0] > 9 * (right.hits[1] + right.hits[2])


def film_truth(joints):
    """Of joints in the world, before a camera that looks down a little."""
    from rendered_films import FilmTruth
    from video_cases import contacts

    turn = axis_angle_to_matrix(np.array([0.2, 0.0, 0.0])) @ axis_angle_to_matrix(np.array([0.0, 0.8, 0.0]))
    place = np.array([0.1, -1.0, -5.0])
    cam = (joints @ turn.T + place) * (1.0, -1.0, -1.0)
    pixels = cam[..., :2] / cam[..., 2:] * 700.0 + (480.0, 270.0)
    return FilmTruth(
        cam, pixels, contacts(joints), turn, place, np.array([700.0, 700.0, 480.0, 270.0]), np.array([960, 540]),
        np.array(1.87), np.array("somebody"), np.array("clip@0"),
    )  # fmt: skip


def test_the_truth_of_a_film_is_kept_and_leads_back_to_the_world(truth, tmp_path):
    from rendered_films import FilmTruth

    film_truth(truth.joints).save(tmp_path / "000.npz")
    kept = FilmTruth.load(tmp_path / "000.npz")
    np.testing.assert_allclose(kept.joints_world, truth.joints, atol=1e-9)
    np.testing.assert_allclose(kept.joints_alike, truth.joints * STATURE_M / 1.87, atol=1e-9)
    assert kept.contacts.all()


def test_a_set_without_films_says_how_to_make_them(tmp_path):
    from rendered_films import load_films

    with pytest.raises(InputError, match=r"render_films\.py"):
        load_films(tmp_path)
    (tmp_path / "000.mp4").write_bytes(b"")
    (tmp_path / "000.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="Render the set again"):
        load_films(tmp_path)


def tracks_at(*points):
    """Tracks with these keypoints (T, 33, 2), all seen."""
    info, clip = VideoInfo("film.mp4", (960, 540), 30.0, FRAMES, ("film.mp4", 0, 0)), Clip(Path("film.mp4"))
    frames, times = np.arange(FRAMES), np.arange(FRAMES) / 30.0
    picture = np.zeros((4, 4, 3), np.uint8)
    tracks = [
        Track(
            Observation(each.astype(np.float32), np.ones((FRAMES, 33), np.float32), BLAZEPOSE_33, (960, 540)),
            frames, times, np.ones(FRAMES, bool), picture,
        )
        for each in points
    ]  # fmt: skip
    return VideoTracks(info, clip, frames, times, tuple(tracks))


def test_the_person_of_a_film_is_who_is_where_the_truth_is(truth):
    from people_accuracy import LIMB_ENDS
    from video_rendered import the_person

    said = film_truth(truth.joints)
    there = np.zeros((FRAMES, 33, 2))
    for name in LIMB_ENDS:
        there[:, BLAZEPOSE_33.index[name]] = said.joints_px[:, JOINT_INDEX[name]]
    assert the_person(said, tracks_at(there + 150.0, there + 3.0)) == 1
    assert the_person(said, tracks_at(there + 150.0)) is None
    assert the_person(said, tracks_at()) is None


def test_feet_that_slide_in_truth_are_told(truth):
    from video_rendered import standing_speeds

    assert standing_speeds(truth.joints).max() < 0.01
    slid = truth.joints + np.arange(FRAMES)[:, None, None] * np.array([0.004, 0.0, 0.0])
    np.testing.assert_allclose(standing_speeds(slid), 4.0, atol=0.01)


def test_stages_of_a_job_are_told_apart_by_what_it_says():
    from video_speed import STAGES, Watch

    def job():
        for stage in ("Reading the poses", "Fitting the poses to the video", "Fitting the poses to the video"):
            sum(range(200_000))
            yield Progress(stage, 0.0)
        return "done"

    watch = Watch()
    others = {"Reading the poses": "reading", "Fitting the poses to the video": "fitting"}
    assert watch.job(job(), "steadying", others=others) == "done"
    used = {stage for stage in STAGES if watch.wall[stage] > 0.0}
    assert used == {"steadying", "reading", "fitting"}


def test_the_long_video_holds_the_photo_moved_about(tmp_path):
    import cv2
    from video_memory import SIZE, make_video, megabytes

    make_video(tmp_path / "long.mp4", frames=12, fps=2.0)
    capture = cv2.VideoCapture(str(tmp_path / "long.mp4"))
    pictures = [capture.read()[1] for _ in range(12)]
    assert not capture.read()[0]
    assert pictures[0].shape == (SIZE[1], SIZE[0], 3)
    assert all(np.abs(a.astype(int) - b).mean() > 2.0 for a, b in pairwise(pictures))
    assert megabytes("VmHWM") >= megabytes("VmRSS") > 50.0 or np.isnan(megabytes("VmRSS"))


def test_an_arm_whose_landmarks_are_turned_over_in_depth_for_half_a_second_stays_where_it_is(poses) -> None:
    from video_cases import FilmSynthesis, Motion
    from video_ways import Solved

    seen = FilmSynthesis().see_motion(Motion("swing", poses), seed=4)
    world = seen.exact.keypoints_world.copy()
    arm = [BLAZEPOSE_33.index[f"left_{name}"] for name in ("elbow", "wrist", "pinky", "index", "thumb")]
    flipped, shoulder = slice(12, 27), BLAZEPOSE_33.index["left_shoulder"]
    deep = world[flipped][:, arm, 2] - world[flipped][:, [shoulder], 2]
    for column, point in enumerate(arm):
        world[flipped, point, 2] -= 2.0 * deep[:, column]
    network = load_network(read_model(POSE_MODEL))
    exact, turned = (
        Solved(network).way(MotionSettings())(replace(seen, found=replace(seen.exact, keypoints_world=each))).joints
        for each in (seen.exact.keypoints_world, world)
    )
    moved = np.linalg.norm((turned - turned[:, :1]) - (exact - exact[:, :1]), axis=-1)[
        flipped, JOINT_INDEX["left_wrist"]
    ]
    thrown = 2.0 * np.abs(deep[:, 1]).mean()
    assert thrown > 0.1, "the arm reaches towards the camera or away from it"
    assert moved.mean() < 0.2 * thrown


def test_limbs_that_are_read_the_other_way_along_the_view_are_counted() -> None:
    from people_accuracy import LIMB_ENDS
    from video_rendered import depth_flips

    truth = np.zeros((FRAMES, len(LIMB_ENDS)))
    elbow, wrist = LIMB_ENDS.index("left_elbow"), LIMB_ENDS.index("left_wrist")
    truth[:, wrist] = 0.2
    found = truth.copy()
    found[5:12, wrist] = -0.2
    found[20:22, wrist] = -0.1
    found[30, wrist] = -0.01
    flips = depth_flips(found, truth)
    assert flips.deep == FRAMES
    assert flips.runs.tolist() == [7, 2], "what is nearly flat has no direction"
    assert flips.percent == pytest.approx(100.0 * 9 / FRAMES)
    both = flips + depth_flips(truth, truth)
    assert (both.deep, both.runs.tolist()) == (2 * FRAMES, [7, 2])
    truth[:, elbow] = truth[:, wrist] - 0.05
    assert depth_flips(found, truth).deep == FRAMES, "the upper arm is deep instead, and found flat"
    assert depth_flips(found, truth).runs.size == 0
