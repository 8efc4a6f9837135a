"""Rendered people: the truth beside a picture is that of the person in it, and a second run keeps what is there.

The script imports the package by its absolute name, so it runs in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "render_people.py"
POSES = 3


def run_script(folder: Path, *, count: int) -> str:
    """Render up to `count` pictures into a folder with one sample a pixel; returns what was printed."""
    command = [sys.executable, str(SCRIPT), "--out", str(folder), "--poses", str(folder / "poses.npz")]
    options = ["--samples", "1", "--count", str(POSES), "--only", str(count)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A folder with one picture, of a person who sits with the left arm to the front; another clip is held out too."""
    folder = tmp_path_factory.mktemp("rendered people")
    rotations = np.zeros((2 * POSES, 24, 3), np.float32)
    rotations[:, 1:3, 0], rotations[:, 4:6, 0] = -1.2, 1.4
    rotations[:, 16, 1], rotations[:, 17, 2] = -1.3, 1.2
    rotations[:, 0, 1] = np.linspace(-1.0, 1.0, 2 * POSES)
    rotations[POSES:] = 0.0
    np.savez(
        folder / "poses.npz", rotations=rotations, clip=np.arange(2 * POSES) // POSES, frame=np.arange(2 * POSES),
        clip_names=np.array(["a/sits", "a/stands"]), held_out=np.array([True, False]),
    )  # fmt: skip
    run_script(folder, count=1)
    return folder


@pytest.fixture
def truth(rendered):
    """What is said of the picture."""
    with np.load(rendered / "0000.npz") as archive:
        return dict(archive)


def test_only_held_out_poses_are_rendered(truth):
    assert str(truth["clip"]) == "a/sits"
    np.testing.assert_allclose(truth["rotations"][4], [1.4, 0.0, 0.0], atol=1e-5)


def test_the_bones_point_where_the_rotations_say(package, truth):
    turns = Rotation.from_rotvec(truth["rotations"]).as_matrix()
    rotations = package("backend.kinematics").global_rotations(turns)
    joints = package("backend.kinematics").joint_positions(rotations, np.zeros(3)) * [1.0, -1.0, -1.0]
    for top, end in ((1, 4), (2, 5), (4, 7), (5, 8), (16, 18), (17, 19), (18, 20), (19, 21)):
        said, done = joints[end] - joints[top], truth["joints_cam"][end] - truth["joints_cam"][top]
        cosine = said @ done / np.linalg.norm(said) / np.linalg.norm(done)
        assert np.degrees(np.arccos(min(cosine, 1.0))) < 0.5


def test_the_joints_project_onto_the_person(rendered, truth):
    focal, _, x, y = truth["camera"]
    joints = truth["joints_cam"]
    pixels = joints[:, :2] / joints[:, 2:] * focal + [x, y]
    np.testing.assert_allclose(pixels, truth["joints_px"], atol=0.01)
    left, top, right, bottom = truth["box_px"]
    there = truth["joints_px"][~np.isnan(joints[:, 0])]
    assert np.all((there > [left, top]) & (there < [right, bottom]))
    image = cv2.imread(str(rendered / "0000.jpg"))
    assert image.shape[1::-1] == tuple(truth["image_size"])
    assert image.std() > 5.0


def test_up_is_up_for_a_camera_held_about_level(truth):
    assert np.linalg.norm(truth["up"]) == pytest.approx(1.0, abs=1e-6)
    # The trunk of somebody who sits upright points up, whatever the camera does.
    head, pelvis = truth["joints_cam"][15] * [1, -1, -1], truth["joints_cam"][0] * [1, -1, -1]
    trunk = (head - pelvis) / np.linalg.norm(head - pelvis)
    assert np.degrees(np.arccos(trunk @ truth["up"])) < 10.0


def test_a_second_run_keeps_what_is_finished(rendered):
    before = (rendered / "0000.jpg").stat().st_mtime_ns
    said = run_script(rendered, count=2)
    assert "0001.jpg" in said
    assert "0000.jpg" not in said
    assert (rendered / "0000.jpg").stat().st_mtime_ns == before
    assert (rendered / "0001.npz").is_file()
    assert not list(rendered.glob(".*"))
