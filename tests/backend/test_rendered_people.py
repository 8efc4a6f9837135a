"""Rendered people: their truth is kept whole, and what is measured against it is right where the answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError, NoPersonFoundError
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import LENGTH_GROUPS, ProportionedBody
from contrapposto.backend.skeleton import JOINT_INDEX
from numpy_rigs import varied_poses

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
CAMERA = Camera(800.0, 800.0, 320.0, 256.0)
PELVIS_CAM = np.array([0.3, -0.1, 4.0])


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts of that folder import each other by their bare names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture
def accuracy():
    """The module under test."""
    import people_accuracy

    return people_accuracy


def person(rotations: np.ndarray, scales: np.ndarray):
    """Somebody in a pose (24, 3) whose bones are our own skeleton's with other proportions (10,)."""
    from rendered_people import PersonTruth

    body = ProportionedBody(scales)
    inner = body.joints(PoseSequence(rotations[None], np.zeros((1, 3), np.float32)))[0]
    joints = inner_to_camera(inner - inner[0]) + PELVIS_CAM
    pixels = CAMERA.project(joints)
    return PersonTruth(
        rotations=rotations, up=np.array([0.0, 1.0, 0.0]), joints_cam=joints, joints_px=pixels,
        visible=np.ones(24, bool), camera=CAMERA.as_array(), image_size=np.array([640, 512]),
        box_px=np.concatenate([pixels.min(0), pixels.max(0)]), log_scales=scales, stature_m=np.array(1.7),
        character=np.array("nobody"), clip=np.array("none"), frame=np.array(0),
    )  # fmt: skip


@pytest.fixture
def truth():
    """Somebody in a pose that is not symmetric."""
    scales = 0.1 * np.random.default_rng(3).standard_normal(len(LENGTH_GROUPS))
    return person(varied_poses(6).rotations[5], scales)


def posed(truth, rotations: np.ndarray):
    """The same person in another pose (24, 3)."""
    return person(rotations, truth.log_scales)


def exact(truth) -> Estimate:
    """The estimate that says what is true."""
    poses = PoseSequence(truth.rotations[None], np.zeros((1, 3), np.float32))
    return Estimate(poses, PELVIS_CAM[None].astype(np.float32), CAMERA, body=ProportionedBody(truth.log_scales))


def seen(truth) -> Observation:
    """The observation of a detector that makes no errors."""
    marks = truth.landmarks()
    pixels = CAMERA.project(inner_to_camera(marks))
    hips = [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]
    world = (marks - marks[hips].mean(0))[None].astype(np.float32)
    return Observation(pixels[None], np.ones((1, 33), np.float32), BLAZEPOSE_33, (640, 512), keypoints_world=world)


def immediately(result):
    """A job that is done at once."""
    return result
    yield


def test_the_truth_survives_its_file(truth, tmp_path):
    truth.save(tmp_path / "0000.npz")
    again = type(truth).load(tmp_path / "0000.npz")
    for name, value in vars(truth).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    assert [path.name for path in tmp_path.iterdir()] == ["0000.npz"]


def test_a_damaged_file_and_an_empty_folder_are_refused_in_words(truth, tmp_path):
    from rendered_people import load_people

    with pytest.raises(InputError, match=r"holds no rendered people\. Run"):
        load_people(tmp_path)
    (tmp_path / "0000.jpg").write_bytes(b"not looked at")
    (tmp_path / "0000.npz").write_bytes(b"PK damaged")
    with pytest.raises(InputError, match="is not the truth of a rendered person"):
        load_people(tmp_path)


def test_a_picture_without_its_truth_is_not_finished(truth, tmp_path):
    from rendered_people import load_people

    truth.save(tmp_path / "0001.npz")
    for name in ("0000.jpg", "0001.jpg"):
        (tmp_path / name).touch()
    assert [person.picture.name for person in load_people(tmp_path)] == ["0001.jpg"]


def test_missing_joints_hang_on_their_parents(truth):
    holes = truth.joints_cam.copy()
    for name in ("left_hand", "spine2", "spine3"):
        holes[JOINT_INDEX[name]] = np.nan
    filled = replace(truth, joints_cam=holes).all_joints()
    np.testing.assert_allclose(filled, inner_to_camera(truth.joints_cam), atol=1e-6)


def test_what_is_true_has_no_error(accuracy, truth):
    errors = accuracy.estimate_errors(truth, exact(truth))
    assert errors.limb_deg.max() < 0.01
    assert errors.pa_mm < 0.01
    assert errors.root_deg < 0.1
    assert errors.overlay_percent < 0.001


def test_exact_landmarks_have_as_little(accuracy, truth):
    columns = [JOINT_INDEX[name] for name in accuracy.LIMB_ENDS]
    marks = truth.landmarks()[[BLAZEPOSE_33.index[name] for name in accuracy.LIMB_ENDS]]
    apart = np.linalg.norm(inner_to_camera(marks) - truth.joints_cam[columns], axis=1).max()
    errors = accuracy.landmark_errors(truth, seen(truth))
    # The detector's spots may lie beside the joints: no further off than that can the rest be.
    assert errors.pa_mm <= 1000.0 * apart + 0.01
    assert errors.limb_deg.max() <= np.degrees(np.arcsin(min(1.0, 2.0 * apart / 0.2))) + 0.01


def test_a_turned_person_is_off_by_the_turn(accuracy, truth):
    turn = Rotation.from_rotvec([0.0, np.radians(20.0), 0.0])
    turned = truth.rotations.copy()
    turned[0] = (turn * Rotation.from_rotvec(turned[0])).as_rotvec()
    errors = accuracy.estimate_errors(truth, exact(replace(truth, rotations=turned)))
    assert errors.root_deg == pytest.approx(20.0, abs=0.1)
    assert errors.pa_mm < 0.01
    assert 0.0 < errors.limb_deg.mean() <= 20.0


def test_the_camera_turn_counts(accuracy, truth):
    turn = Rotation.from_rotvec([0.3, 0.0, 0.1])
    upright = truth.rotations.copy()
    upright[0] = (turn.inv() * Rotation.from_rotvec(upright[0])).as_rotvec()
    estimate = replace(exact(replace(truth, rotations=upright)), camera_turn=turn.as_matrix()[None].astype(np.float32))
    errors = accuracy.estimate_errors(truth, estimate)
    assert errors.root_deg < 0.1
    assert errors.limb_deg.max() < 0.01


def test_the_overlay_is_in_percent_of_the_stature(accuracy, truth):
    moved = exact(truth)
    moved = replace(moved, pelvis_cam=moved.pelvis_cam + np.array([[0.017, 0.0, 0.0]], np.float32))
    # 17 mm to the side are 1 % of 1.70 m at the pelvis, and about as much at the other joints.
    assert accuracy.estimate_errors(truth, moved).overlay_percent == pytest.approx(1.0, abs=0.1)


def test_limb_angles_are_degrees(accuracy, truth):
    joints = truth.joints_cam[[JOINT_INDEX[name] for name in accuracy.LIMB_ENDS]]
    names = list(accuracy.LIMB_ENDS)
    elbow, wrist = names.index("left_elbow"), names.index("left_wrist")
    bent = joints.copy()
    forearm = joints[wrist] - joints[elbow]
    aside = np.cross(forearm, [0.0, 1.0, 0.0])
    bent[wrist] = joints[elbow] + aside / np.linalg.norm(aside) * np.linalg.norm(forearm)
    np.testing.assert_allclose(accuracy.limb_angles(bent, joints), [0, 90, 0, 0, 0, 0, 0, 0], atol=1e-5)


def test_procrustes_removes_turn_size_and_place_but_no_mirror(accuracy):
    points = np.random.default_rng(0).standard_normal((12, 3))
    turn = Rotation.from_rotvec([0.4, -1.0, 2.0]).as_matrix()
    assert accuracy.procrustes_error(0.3 * points @ turn.T + 5.0, points) < 1e-9
    assert accuracy.procrustes_error(points * [-1.0, 1.0, 1.0], points) > 0.3


def test_the_person_is_whoever_overlaps_most(accuracy, truth, monkeypatch):
    from rendered_people import RenderedPerson

    them, stranger = seen(truth), seen(truth)
    stranger = replace(stranger, keypoints_px=stranger.keypoints_px + 150.0)
    rendered = RenderedPerson(Path("0000.jpg"), truth)
    for people, chosen, line in (((stranger, them), 1, "1 of 1"), ((stranger,), None, "0 of 1")):
        found = accuracy.FoundPeople(rendered.picture, np.zeros((512, 640, 3), np.uint8), people)
        monkeypatch.setattr(accuracy, "find_people", lambda *_, found=found: immediately(found))
        sight = accuracy.look([rendered], None)[0]
        assert sight.index == chosen
        assert line in accuracy.detection_line([sight])


def test_a_picture_in_which_nobody_is_found_counts_as_missed(accuracy, truth, monkeypatch):
    from rendered_people import RenderedPerson

    def nobody(path, models):
        raise NoPersonFoundError("Nobody was found.")
        yield

    monkeypatch.setattr(accuracy, "find_people", nobody)
    sights = accuracy.look([RenderedPerson(Path("0000.jpg"), truth)], None)
    assert accuracy.measured(sights, None) == []
    assert "0 of 1" in accuracy.detection_line(sights)


def test_the_table_has_a_row_for_each_estimator(accuracy, truth, monkeypatch):
    from rendered_people import RenderedPerson

    class Fixed:
        def estimate(self, observation, *, count=1):
            return [exact(truth)]
            yield

    found = accuracy.FoundPeople(Path("0000.jpg"), np.zeros((512, 640, 3), np.uint8), (seen(truth),))
    sights = [accuracy.Sight(RenderedPerson(Path("0000.jpg"), truth), found, 0)]
    rows = [("landmarks", None, False), ("exact", Fixed(), False), ("exact", Fixed(), True)]
    table = accuracy.accuracy_table(sights, rows)
    columns = {column.header: list(column.cells) for column in table.columns}
    assert columns["estimator"] == ["landmarks", "exact", "exact"]
    assert columns["camera"] == ["guessed", "guessed", "known"]
    assert columns["limb angle"][1:] == ["0.0", "0.0"]
    assert columns["root angle"][0] == "-"


@pytest.mark.parametrize("landmark", ["wrist", "knee", "nose"])
def test_the_spot_of_a_landmark_is_found_among_outliers(truth, landmark):
    import landmark_statistics as statistics
    import people_accuracy
    from rendered_people import RenderedPerson

    random = np.random.default_rng(1)
    moved = np.array([0.0 if landmark == "nose" else 0.02, -0.01, 0.03])
    sights, poses = [], varied_poses(60).rotations[10:]
    for number in range(40):
        somebody = posed(truth, poses[number])
        observation = seen(somebody)
        pixels = observation.keypoints_px.copy()
        for mark in statistics._both(landmark):
            mirror = np.array([-1.0 if "right" in BLAZEPOSE_33.names[mark] else 1.0, 1.0, 1.0])
            carrier, group = statistics.LANDMARK_JOINTS[mark], statistics.LANDMARK_GROUPS[mark]
            offset = moved * mirror * np.exp(somebody.log_scales[group])
            pixels[0, mark] = CAMERA.project(
                inner_to_camera(somebody.landmarks()[mark] + somebody.world[carrier] @ offset)
            )
            pixels[0, mark] += random.normal(0.0, 25.0, 2) if number % 8 == 0 else 0.0
        found = people_accuracy.FoundPeople(Path("0.jpg"), np.zeros((512, 640, 3), np.uint8), ())
        found = replace(found, people=(replace(observation, keypoints_px=pixels),))
        sights.append(people_accuracy.Sight(RenderedPerson(Path("0.jpg"), somebody), found, 0))
    measured, _, points = statistics.spot(statistics.samples(sights), landmark)
    first = statistics._both(landmark)[0]
    np.testing.assert_allclose(measured, statistics.LANDMARK_OFFSETS[first] + moved, atol=0.002)
    assert points >= 30


def test_errors_of_exact_landmarks_are_none(truth):
    import landmark_statistics as statistics
    import people_accuracy
    from rendered_people import RenderedPerson

    sights = []
    for rotations in varied_poses(5).rotations:
        somebody = RenderedPerson(Path("0.jpg"), posed(truth, rotations))
        picture = np.zeros((512, 640, 3), np.uint8)
        found = people_accuracy.FoundPeople(somebody.picture, picture, (seen(somebody.truth),))
        sights.append(people_accuracy.Sight(somebody, found, 0))
    found = statistics.samples(sights)
    assert found.error.max() < 1e-4
    limbs = {column.header: list(column.cells) for column in statistics.limb_table(found).columns}
    assert set(limbs["depth found/true"]) == {"1.00"}
    assert set(limbs["angle"]) == {"0.0"}
    assert "1.00 of the true size" in statistics.whole_body_line(found)
