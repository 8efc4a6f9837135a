"""Core types: shape checks, and AMASS files in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError
from contrapposto.backend.files import write_atomically
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.skeleton import JOINT_INDEX, MIRROR


def _poses(*, hands: bool = False) -> PoseSequence:
    generator = np.random.default_rng(3)
    rotations = generator.normal(0, 0.4, (4, 24, 3)).astype(np.float32)
    rotations[:, 22:] = 0.0
    return PoseSequence(
        rotations,
        generator.normal(0, 1, (4, 3)).astype(np.float32),
        betas=np.arange(10, dtype=np.float32),
        confidence=generator.uniform(size=(4, 24)).astype(np.float32),
        fps=24.0,
        hands=generator.normal(0, 0.3, (4, 2, 15, 3)).astype(np.float32) if hands else None,
    )


@pytest.mark.parametrize("hands", [False, True])
def test_round_trip(tmp_path: Path, hands: bool) -> None:
    poses = _poses(hands=hands)
    poses.save(tmp_path / "pose.npz", extra={"image_size": np.array([4, 3])})
    loaded = PoseSequence.load(tmp_path / "pose.npz")
    for name in ("rotations", "translation", "betas", "confidence"):
        np.testing.assert_allclose(getattr(loaded, name), getattr(poses, name), atol=1e-7)
    assert loaded.fps == 24.0
    assert (loaded.hands is None) != hands
    if hands:
        np.testing.assert_array_equal(loaded.hands, poses.hands)
    with np.load(tmp_path / "pose.npz", allow_pickle=False) as archive:
        assert {"poses", "trans", "betas", "gender", "mocap_framerate", "image_size"} <= set(archive.files)
        assert archive["poses"].shape == (4, 156 if hands else 72)


@pytest.mark.parametrize("width", [72, 156, 165])
def test_reads_amass_with_z_up(tmp_path: Path, width: int) -> None:
    poses = np.zeros((2, width), np.float32)
    # Upright in a z-up world that faces -y, as Blender's front view: a quarter turn about x.
    poses[:, 0] = np.pi / 2
    poses[:, 3 * 4] = 0.5
    trans = np.array([[1.0, -2.0, 0.9], [1.0, -2.5, 0.9]])
    np.savez(tmp_path / "amass.npz", poses=poses, trans=trans, betas=np.ones(16), gender="male", mocap_framerate=120.0)
    loaded = PoseSequence.load(tmp_path / "amass.npz")
    np.testing.assert_allclose(loaded.rotations[:, 0], 0.0, atol=1e-6)
    np.testing.assert_allclose(loaded.translation, [[1.0, 0.9, 2.0], [1.0, 0.9, 2.5]], atol=1e-6)
    np.testing.assert_allclose(loaded.rotations[:, 4], [[0.5, 0.0, 0.0]] * 2)
    assert loaded.fps == 120.0
    joints = forward_kinematics(loaded.rotations, loaded.translation)
    assert (joints[:, 15, 1] > joints[:, 0, 1] + 0.4).all(), "the head is above the pelvis"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"poses": np.zeros((1, 72))}, "has no trans"),
        ({"poses": np.zeros((1, 70)), "trans": np.zeros((1, 3))}, r"must be \(T, 72\)"),
        ({"poses": np.full((1, 72), np.nan), "trans": np.zeros((1, 3))}, "not finite"),
        ({"poses": np.zeros((2, 72)), "trans": np.zeros((1, 3))}, r"trans must be \(2, 3\)"),
        ({"poses": np.array([{}], dtype=object), "trans": np.zeros((1, 3))}, "cannot be read as an AMASS"),
    ],
)
def test_bad_archives_are_refused(tmp_path: Path, content: dict[str, np.ndarray], sentence: str) -> None:
    np.savez(tmp_path / "bad.npz", **content)
    with pytest.raises(InputError, match=sentence):
        PoseSequence.load(tmp_path / "bad.npz")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_named_with_file_frame_and_joint(tmp_path: Path, number: float) -> None:
    path = tmp_path / "bad.npz"
    poses, trans = np.zeros((5, 156)), np.zeros((5, 3))
    poses[3, 16 * 3 + 1] = number
    np.savez(path, poses=poses, trans=trans)
    with pytest.raises(InputError, match=r"bad\.npz: The rotation of left shoulder in frame 3 .* not finite"):
        PoseSequence.load(path)
    poses[3, 16 * 3 + 1], poses[4, 70] = 0.0, number
    np.savez(path, poses=poses, trans=trans)
    with pytest.raises(InputError, match=r"bad\.npz: The finger rotation in frame 4"):
        PoseSequence.load(path)
    poses[4, 70], trans[2, 1] = 0.0, number
    np.savez(path, poses=poses, trans=trans)
    with pytest.raises(InputError, match=r"bad\.npz: The translation in frame 2"):
        PoseSequence.load(path)
    np.savez(path, poses=poses, trans=np.zeros((5, 3)), mocap_framerate=number)
    with pytest.raises(InputError, match=r"bad\.npz: fps must be a positive number"):
        PoseSequence.load(path)
    rotations = np.zeros((2, 24, 3))
    rotations[1, 15, 2] = number
    with pytest.raises(InputError, match="The rotation of head in frame 1"):
        PoseSequence(rotations, np.zeros((2, 3)))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"not an archive"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read as an AMASS"):
        PoseSequence.load(tmp_path / "bad.npz")
    with pytest.raises(InputError, match="does not exist"):
        PoseSequence.load(tmp_path / "missing.npz")


def test_shapes_are_checked_on_construction() -> None:
    with pytest.raises(InputError, match=r"rotations must have the shape \(T, 24, 3\)"):
        PoseSequence(np.zeros((1, 22, 3)), np.zeros((1, 3)))
    with pytest.raises(InputError, match="confidence must lie between 0 and 1"):
        PoseSequence(np.zeros((1, 24, 3)), np.zeros((1, 3)), confidence=np.full((1, 24), 2.0))
    with pytest.raises(InputError, match="at least one frame"):
        PoseSequence(np.zeros((0, 24, 3)), np.zeros((0, 3)))
    with pytest.raises(InputError, match="fps"):
        PoseSequence(np.zeros((1, 24, 3)), np.zeros((1, 3)), fps=0.0)
    with pytest.raises(InputError, match="keypoints_px"):
        Observation(np.zeros((1, 17, 2)), np.zeros((1, 17)), BLAZEPOSE_33, (640, 480))
    with pytest.raises(InputError, match="image size"):
        Observation(np.zeros((1, 33, 2)), np.zeros((1, 33)), BLAZEPOSE_33, (640, 0))
    with pytest.raises(ValueError, match="read-only"):
        _poses().rotations[0, 0, 0] = 1.0


def test_camera_projects_the_middle_and_checks_its_numbers() -> None:
    camera = Camera.assumed((400, 300))
    assert camera.fx == pytest.approx(500.0)
    np.testing.assert_allclose(camera.project(np.array([[0.0, 0.0, 2.0], [0.4, 0.2, 2.0]])), [[200, 150], [300, 200]])
    with pytest.raises(InputError, match="positive focal lengths"):
        Camera(0.0, 1.0, 0.0, 0.0)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "pose.npz"
    target.write_text("before")
    with pytest.raises(RuntimeError), write_atomically(target) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(InputError, match="cannot be written"), write_atomically(tmp_path / "none" / "pose.npz"):
        pass
    with pytest.raises(InputError, match="is a folder"), write_atomically(tmp_path):
        pass


def test_what_cannot_be_written_has_its_own_name(tmp_path: Path) -> None:
    target = tmp_path / "pose.npz"
    with pytest.raises(InputError) as told, write_atomically(target) as outer, write_atomically(outer):
        raise OSError(28, "No space left on device")
    assert f"{target} cannot be written: No space" in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_links_and_permissions_of_what_is_replaced_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "pose.npz", tmp_path / "link.npz"
    target.write_text("before")
    target.chmod(0o640)
    link.symlink_to(target)
    with write_atomically(link) as partial:
        partial.write_text("after")
    assert link.is_symlink()
    assert target.read_text() == "after"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_mirrored_pose_has_left_and_right_exchanged_and_mirrors_back() -> None:
    random = np.random.default_rng(4)
    poses = PoseSequence(
        random.normal(size=(5, 24, 3)),
        random.normal(size=(5, 3)),
        confidence=random.uniform(size=(5, 24)),
        hands=random.normal(size=(5, 2, 15, 3)),
    )
    mirror = poses.mirrored()
    there = forward_kinematics(poses.rotations, poses.translation)
    seen = forward_kinematics(mirror.rotations, mirror.translation)
    np.testing.assert_allclose(seen, there[:, MIRROR] * [-1.0, 1.0, 1.0], atol=1e-5)
    back = mirror.mirrored()
    for name in ("rotations", "translation", "confidence", "hands"):
        np.testing.assert_array_equal(getattr(back, name), getattr(poses, name))
    left, wrist = JOINT_INDEX["left_wrist"], JOINT_INDEX["right_wrist"]
    assert (mirror.confidence[:, left] == poses.confidence[:, wrist]).all()
    np.testing.assert_array_equal(mirror.hands[:, 0], poses.hands[:, 1] * np.float32([1.0, -1.0, -1.0]))
