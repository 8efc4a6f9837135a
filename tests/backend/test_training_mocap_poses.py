"""Poses out of motion capture: what is read is what the file shows; twist, ground, split and repeats."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.kinematics import forward_kinematics, global_rotations
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.inverse import RigMotion
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS
from contrapposto.training.mocap import archives, collect, poses, split
from contrapposto.training.mocap.anatomy import plausible, with_true_hinges, with_twist_in_forearms
from contrapposto.training.mocap.bvh import read_bvh
from contrapposto.training.mocap.clip import Clip, Joints, clip_of
from contrapposto.training.mocap.repeats import WINDOW, closest_second, limb_directions
from contrapposto.training.mocap.shared_rest import SharedRest
from mocap_texts import NAMES, bvh_of, expmap_skeleton, moving_body, zipped

UPPER_LIMBS = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")


def turned_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Degrees (T, 24) between world orientations of axis-angle poses (T, 24, 3)."""
    first, second = (global_rotations(axis_angle_to_matrix(rotations)) for rotations in (one, other))
    return np.degrees(geodesic_angle(first, second))


def twisted(rotations: np.ndarray, joint: str, *, radians: np.ndarray | float) -> np.ndarray:
    """The same pose with an upper limb twisted about itself and its lower limb twisted back."""
    lower = joint.replace("shoulder", "elbow").replace("hip", "knee")
    along = REST_OFFSETS[JOINT_INDEX[lower]] / np.linalg.norm(REST_OFFSETS[JOINT_INDEX[lower]])
    turn = axis_angle_to_matrix(np.multiply.outer(np.ones(len(rotations)) * radians, along))
    matrices = axis_angle_to_matrix(rotations)
    matrices[:, JOINT_INDEX[joint]] = matrices[:, JOINT_INDEX[joint]] @ turn
    matrices[:, JOINT_INDEX[lower]] = np.swapaxes(turn, -1, -2) @ matrices[:, JOINT_INDEX[lower]]
    return matrix_to_axis_angle(matrices).astype(np.float32)


def test_a_bvh_gives_the_poses_that_it_was_made_of() -> None:
    body = moving_body(60)
    reading = poses.poses_of(read_bvh("a/b", bvh_of(body)))
    seen = [index for index, name in enumerate(JOINT_NAMES) if name.rpartition("_")[2] not in ("hand", "elbow")]
    assert turned_apart(reading.poses.rotations, body.rotations)[:, seen].max() < 0.2
    joints = forward_kinematics(body.rotations, body.translation)
    np.testing.assert_allclose(reading.joints[:, :, 1], joints[:, :, 1], atol=0.01)
    assert reading.limb_angles.max() < 0.1
    assert reading.place_errors.max() < 5.0


def test_the_size_and_place_of_the_skeleton_do_not_matter() -> None:
    body = moving_body(30)
    metres, inches = (poses.poses_of(read_bvh("a/b", bvh_of(body, scale=scale))) for scale in (1.0, 39.37))
    np.testing.assert_allclose(metres.poses.rotations, inches.poses.rotations, atol=2e-3)
    np.testing.assert_allclose(metres.poses.translation[:, 1], inches.poses.translation[:, 1], atol=2e-3)


def test_poses_that_do_not_fit_are_refused_with_the_reason() -> None:
    body = moving_body(30)
    longer = REST_OFFSETS.copy()
    longer[JOINT_INDEX["spine2"], 1] += 1.0
    with pytest.raises(InputError, match=r"a/b does not fit: its limbs are 0.0 degrees and its joints \d+ mm off"):
        poses.poses_of(read_bvh("a/b", bvh_of(body, offsets=longer)))
    sunk = replace(body, translation=body.translation - np.array([0.0, 0.8, 0.0], np.float32))
    with pytest.raises(InputError, match=r"a/b does not stand on its ground: it sinks 0\.\d m into it"):
        poses.poses_of(read_bvh("a/b", bvh_of(sunk)))


def test_a_rig_without_legs_is_refused_with_the_reason() -> None:
    joints = Joints(("Hips", "Spine"), (-1, 0), np.array([[0.0, 1.0, 0.0], [0.0, 0.5, 0.0]]))
    clip = clip_of("a/b", joints, np.tile(np.eye(3), (2, 2, 1, 1)), root=np.zeros((2, 3)), fps=15.0)
    with pytest.raises(ContrappostoError, match="a/b cannot be mapped"):
        poses.poses_of(clip)


def test_feet_in_line_with_legs_that_stand_apart_are_flat_when_the_legs_hang_down() -> None:
    """CMU's own skeletons stand with their legs 20 degrees apart and the feet tilted as much."""
    apart = np.zeros((1, 24, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        apart[0, JOINT_INDEX[f"{side}_hip"]] = (0.0, 0.0, sign * np.radians(20.0))
    heads = forward_kinematics(apart, np.array([[0.0, 0.9, 0.0]]))[0]
    offsets = np.array([heads[index] - (heads[parent] if parent >= 0 else 0.0) for index, parent in enumerate(PARENTS)])
    body, joints = moving_body(30), Joints(NAMES, PARENTS, offsets)
    world = global_rotations(axis_angle_to_matrix(body.rotations))
    at_rest = global_rotations(axis_angle_to_matrix(apart))
    world = world @ np.swapaxes(at_rest, -1, -2)
    local = world.copy()
    for index, parent in enumerate(PARENTS):
        if parent >= 0:
            local[:, index] = np.swapaxes(world[:, parent], -1, -2) @ world[:, index]
    clip = replace(clip_of("a/b", joints, local, root=body.translation, fps=15.0), feet_follow_legs=True)
    found = turned_apart(poses.poses_of(clip).poses.rotations, body.rotations)
    ankles = [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]]
    assert found[:, ankles].max() < 0.5
    flat = turned_apart(poses.poses_of(replace(clip, feet_follow_legs=False)).poses.rotations, body.rotations)
    assert flat[:, ankles].min() > 15.0


@pytest.mark.parametrize("limb", UPPER_LIMBS)
def test_a_limb_twisted_in_its_rest_pose_bends_about_its_hinge_again(limb: str) -> None:
    body = moving_body(60)
    wrong = twisted(body.rotations, limb, radians=np.radians(30.0))
    assert turned_apart(wrong, body.rotations).max() > 25.0
    assert turned_apart(with_true_hinges(wrong), body.rotations).max() < 0.1


def test_a_twist_that_changes_with_time_is_followed_where_the_limb_is_bent() -> None:
    body = moving_body(60)
    rotations = body.rotations.copy()
    rotations[:, JOINT_INDEX["left_elbow"]] = [0.0, -1.0, 0.0]
    wrong = twisted(rotations, "left_shoulder", radians=0.5 * np.sin(np.arange(60)))
    assert turned_apart(with_true_hinges(wrong), rotations).max() < 0.1


def test_a_straight_limb_keeps_the_twist_of_the_clip() -> None:
    rotations = moving_body(60).rotations.copy()
    rotations[:, JOINT_INDEX["left_knee"]] = [1.2, 0.0, 0.0]
    rotations[30:, JOINT_INDEX["left_knee"]] = 0.0
    wrong = twisted(rotations, "left_hip", radians=np.radians(40.0))
    assert turned_apart(with_true_hinges(wrong), rotations).max() < 0.1


def test_true_hinges_move_no_joint() -> None:
    rotations = moving_body(30).rotations.copy()
    rotations += np.random.default_rng(1).normal(scale=0.3, size=rotations.shape).astype(np.float32)
    before, after = (forward_kinematics(pose, np.zeros((30, 3))) for pose in (rotations, with_true_hinges(rotations)))
    moved = 1000.0 * np.linalg.norm(before - after, axis=-1)
    assert moved.max() < 0.1


def test_forearms_carry_the_twist_of_the_wrists() -> None:
    rotations = moving_body(30).rotations.copy()
    moved = with_twist_in_forearms(rotations)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        wrist, elbow = JOINT_INDEX[f"{side}_wrist"], JOINT_INDEX[f"{side}_elbow"]
        quaternion = Rotation.from_rotvec(moved[:, wrist]).as_quat()
        assert np.degrees(2.0 * np.abs(np.arctan2(quaternion[:, 0], quaternion[:, 3]))).max() < 0.01
        world, before = (global_rotations(axis_angle_to_matrix(pose))[:, [elbow, wrist]] for pose in (moved, rotations))
        np.testing.assert_allclose(world[:, 1], before[:, 1], atol=1e-5)
        np.testing.assert_allclose(world[:, 0] @ [sign, 0, 0], before[:, 0] @ [sign, 0, 0], atol=1e-5)


def test_dislocated_joints_are_not_plausible() -> None:
    rotations = moving_body(10).rotations.copy()
    assert plausible(rotations).all()
    rotations[3, JOINT_INDEX["left_ankle"]] = [0.0, 0.0, np.radians(100.0)]
    rotations[5, JOINT_INDEX["head"]] = [np.radians(170.0), 0.0, 0.0]
    rotations[7, 0] = [np.pi, 0.0, 0.0]  # upside down is no fault
    assert np.flatnonzero(~plausible(rotations)).tolist() == [3, 5]


def test_a_rest_pose_is_learned_from_the_same_clip_in_another_file() -> None:
    body = moving_body(60)
    wanted = poses.poses_of(read_bvh("a/b", bvh_of(body))).poses
    heap = _in_a_heap(read_bvh("c/b", bvh_of(body)))
    rest = SharedRest.learned(heap, wanted)
    other = moving_body(60, seed=5)
    clip = _in_a_heap(read_bvh("c/d", bvh_of(other)))
    found = poses.poses_of(replace(clip, rig=rest.applied(clip.rig))).poses
    assert turned_apart(found.rotations, other.rotations)[:, : JOINT_INDEX["left_elbow"]].max() < 0.5


def test_another_clip_teaches_no_rest_pose() -> None:
    wanted = poses.poses_of(read_bvh("a/b", bvh_of(moving_body(60)))).poses
    with pytest.raises(InputError, match="does not show what the other file of the same name shows"):
        SharedRest.learned(read_bvh("c/b", bvh_of(moving_body(60, seed=5))), wanted)


def _in_a_heap(clip: Clip) -> Clip:
    """The same motion of bones whose axes lie anyhow, and whose rest pose says nothing."""
    random = Rotation.random(len(clip.rig.bones), random_state=2).as_matrix()
    motion = clip.motion.matrices.astype(np.float64)
    motion[..., :3, :3] = motion[..., :3, :3] @ random
    rest = clip.rig.rest.astype(np.float64)
    rest[:, :3, :3] = rest[:, :3, :3] @ random
    fold = Rotation.random(len(clip.rig.bones), random_state=3).as_matrix()
    folded = rest.copy()
    for bone, parent in enumerate(clip.rig.parents):
        if parent >= 0:
            folded[bone] = folded[parent] @ np.linalg.inv(rest[parent]) @ rest[bone]
            folded[bone, :3, :3] = folded[bone, :3, :3] @ fold[bone]
    return replace(
        clip,
        rig=replace(clip.rig, rest=folded.astype(np.float32)),
        motion=RigMotion(clip.motion.bones, motion.astype(np.float32), clip.motion.fps),
    )


def limbs(body) -> np.ndarray:
    return limb_directions(forward_kinematics(body.rotations, body.translation))


def test_a_second_of_the_same_motion_is_found_wherever_it_is_and_in_a_mirror() -> None:
    body = moving_body(80)
    part = PoseSequence(body.rotations[30:50], body.translation[30:50])
    assert closest_second(limbs(body), limbs(part)) < 0.1
    assert closest_second(limbs(body), limbs(part.mirrored())) < 0.1
    turned = part.rotations.copy()
    turned[:, 0] = matrix_to_axis_angle(
        axis_angle_to_matrix(np.array([0.0, 2.0, 0.0])) @ axis_angle_to_matrix(turned[:, 0])
    )
    assert closest_second(limbs(body), limbs(replace(part, rotations=turned))) < 0.1


def test_another_motion_is_further_off() -> None:
    assert closest_second(limbs(moving_body(80)), limbs(moving_body(80, seed=9))) > 8.0
    assert closest_second(limbs(moving_body(WINDOW - 1)), limbs(moving_body(80))) == np.inf


def test_frames_that_hardly_move_are_dropped() -> None:
    rotations = np.zeros((8, 24, 3), np.float32)
    rotations[:, 16, 0] = np.radians([0.0, 0.5, 1.0, 1.4, 1.6, 2.0, 3.0, 3.2])
    assert collect.moving_frames(rotations).tolist() == [0, 4, 7]


def test_the_split_holds_out_whole_people_and_leaves_repeated_recordings_out() -> None:
    for name in ("cmu_asfamc/02_03", "cmu_iclone_bvh/006_10", "cmu_expmap/train_basketball_basketball_4"):
        assert split.is_held_out(name)
    for name in ("cmu_asfamc/01_02", "cmu_expmap/train_basketball_signal_basketball_signal_1", "cmu_m2m_fbx/91_49"):
        assert not split.is_held_out(name)
    assert split.is_repeated("cmu_iclone_bvh/002_03")
    assert not split.is_repeated("cmu_iclone_bvh/005_03")


def _archives(folder, **bodies) -> None:
    folder.mkdir(exist_ok=True)
    files = {f"{name}.bvh": bvh_of(body) for name, body in bodies.items()}
    zipped(folder / "cmu_acrnn_bvh.zip", files)


def test_clips_become_one_file(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    _archives(tmp_path / "in", salsa_01=moving_body(60), salsa_05=moving_body(50, seed=5), standard=moving_body(2))
    out = tmp_path / "made" / "poses.npz"
    assert collect.main([str(tmp_path / "in"), str(out)]) == 0
    with np.load(out, allow_pickle=False) as found:
        assert found["clip_names"].tolist() == ["cmu_acrnn_bvh/salsa_01", "cmu_acrnn_bvh/salsa_05"]
        assert found["held_out"].tolist() == [False, True]
        assert found["rotations"].dtype == np.float32
        count = len(found["rotations"])
        assert found["rotations"].shape == (count, 24, 3)
        assert found["height"].shape == found["clip"].shape == found["frame"].shape == (count,)
        assert float(found["fps"]) == 15.0
        first = found["clip"] == 0
        wanted = moving_body(60)
        at = 1 + 2 * found["frame"][first]
        seen = [index for index, name in enumerate(JOINT_NAMES) if name.rpartition("_")[2] not in ("hand", "elbow")]
        assert turned_apart(found["rotations"][first], wanted.rotations[at])[:, seen].max() < 0.2
        np.testing.assert_allclose(found["height"][first], wanted.translation[at, 1], atol=0.01)
    printed = capsys.readouterr().out
    assert "cmu_asfamc.zip is not there" in printed
    assert "| cmu_acrnn_bvh | 2 |" in printed


def test_a_clip_that_repeats_a_held_out_one_is_not_trained_on(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    _archives(tmp_path, salsa_01=moving_body(60), salsa_02=moving_body(60, seed=5), salsa_05=moving_body(60).mirrored())
    kept = collect.without_repeats(collect.collect(tmp_path))
    assert [clip.name for clip in kept] == ["cmu_acrnn_bvh/salsa_02", "cmu_acrnn_bvh/salsa_05"]
    assert "salsa_01 repeats cmu_acrnn_bvh/salsa_05, which is held out" in capsys.readouterr().out


def test_what_cannot_be_collected_is_said_in_words(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "poses.npz"

    def said(folder) -> str:
        assert collect.main([str(folder), str(out)]) == 2
        assert not out.exists()
        return capsys.readouterr().err

    assert "holds none of cmu_asfamc.zip, cmu_acrnn_bvh.zip" in said(tmp_path)
    (tmp_path / "cmu_expmap.zip").write_bytes(b"PK nonsense")
    assert "cmu_expmap.zip cannot be read as a zip file" in said(tmp_path)
    zipped(tmp_path / "cmu_expmap.zip", {"train_1.txt": "1,2,3"})
    assert "lacks SKELETON.json" in said(tmp_path)
    zipped(tmp_path / "cmu_expmap.zip", {"SKELETON.json": expmap_skeleton(), "train_1.txt": "1,2,3\n1,2,3\n"})
    assert "cmu_expmap/train_1: every line must have 117 numbers" in said(tmp_path)
    zipped(tmp_path / "cmu_expmap.zip", {"SKELETON.json": expmap_skeleton()})
    assert f"No clip in {tmp_path} could be used" in said(tmp_path)
    (tmp_path / "cmu_expmap.zip").unlink()
    _archives(tmp_path, salsa_01=moving_body(20))
    (tmp_path / "file").write_text(json.dumps(1))
    assert collect.main([str(tmp_path), str(tmp_path / "file" / "poses.npz")]) == 2
    assert "cannot be made" in capsys.readouterr().err


def _real(shared_data, name: str):
    path = shared_data / "mocap" / f"{name}.zip"
    if not path.is_file():
        pytest.skip(f"{path} is not there: it is not redistributed with the source")
    return path


@pytest.mark.parametrize("name", ["cmu_asfamc", "cmu_acrnn_bvh", "cmu_expmap", "deepmimic"])
def test_real_clips_stand_on_the_ground_with_knees_and_elbows_as_hinges(shared_data, name: str) -> None:
    for count, clip in enumerate(archives.clips_in(_real(shared_data, name))):
        if count == 3:
            break
        reading = poses.poses_of(clip)
        assert reading.limb_angles.max() < 0.1
        assert reading.place_errors.mean() < 100.0
        assert -0.2 < np.percentile(reading.joints[..., 1].min(axis=1), 10.0) < 0.3
        world = global_rotations(axis_angle_to_matrix(reading.poses.rotations))
        assert (world[:, 0] @ [0.0, 1.0, 0.0])[:, 1].mean() > 0.6 or name == "deepmimic"
        for side in ("left", "right"):
            knee = reading.poses.rotations[:, JOINT_INDEX[f"{side}_knee"]]
            assert knee[:, 0].mean() > 0.0
            assert np.degrees(np.abs(knee[:, 2])).mean() < 6.0


def _limbs_of(shared_data, name: str) -> np.ndarray:
    clip = next(clip for clip in archives.clips_in(_real(shared_data, name.partition("/")[0])) if clip.name == name)
    return limb_directions(poses.poses_of(clip).joints)


def test_two_archives_show_the_same_recording_alike(shared_data) -> None:
    """CMU's clip 11_01 as joint angles of bones with axes of their own, and as exponential maps."""
    one = _limbs_of(shared_data, "cmu_asfamc/fairmotion_11_01")
    assert closest_second(one, _limbs_of(shared_data, "cmu_expmap/test_soccer_soccer_1")) < 1.0


def test_a_skeleton_that_lies_in_a_heap_shows_the_same_recording(shared_data) -> None:
    _real(shared_data, "cmu_asfamc")
    one = _limbs_of(shared_data, "cmu_iclone_bvh/005_01")
    assert closest_second(one, _limbs_of(shared_data, "cmu_expmap/train_walking_walking_2")) < 2.5
