"""Synthetic drawings: what is said of a drawing is what is drawn."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import roma
import torch

from contrapposto.backend.estimate.landmark_body import landmark_positions
from contrapposto.backend.keypoints import BLAZEPOSE_33, FIGURE_23
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS
from training.drawings.body import NEUTRAL, proportioned
from training.drawings.figure import CANVAS, SHARP, Figure, stand
from training.drawings.gesture import draw_gesture
from training.drawings.make import Order, draw_shard, main, read_shard, shard_path
from training.drawings.mannequin import draw_mannequin
from training.drawings.photo import moved, view_of_sheet, warped
from training.drawings.poses import bent_forwards, rested, standing
from training.drawings.props import draw_seat, draw_things
from training.drawings.sample import SIZE, point, points
from training.drawings.source import DrawingSource
from training.drawings.stick import draw_stick

NO_SKIN = ("stick", "mannequin", "gesture", "child")


@pytest.fixture
def poses() -> torch.Tensor:
    """Poses in which every joint is turned a little."""
    return 0.3 * torch.randn(40, 24, 3, generator=torch.Generator().manual_seed(3))


def in_the_middle(pose: torch.Tensor, seed: int = 0) -> Figure:
    """A neutral figure seen from the front that fills most of the canvas."""
    rng = np.random.default_rng(seed)
    figure = stand(pose[None], [NEUTRAL], rng=rng, frontal=[0])[0]
    low, high = np.full(2, 0.1 * CANVAS), np.full(2, 0.9 * CANVAS)
    return figure.placed(low, high, rng=rng)


def test_the_neutral_body_is_as_tall_as_ours_and_has_its_landmarks():
    assert NEUTRAL.stature == pytest.approx(1.70, abs=0.01)
    joints = forward_kinematics(np.zeros((24, 3)), np.zeros(3))
    expected = landmark_positions(np.broadcast_to(np.eye(3), (24, 3, 3)), joints, np.zeros(10))
    figure = in_the_middle(torch.eye(3).expand(24, 3, 3))
    for name in set(FIGURE_23.names) - {"neck", "head_top"}:
        np.testing.assert_allclose(figure.marks[point(name)], expected[BLAZEPOSE_33.index[name]], atol=1e-5)
    np.testing.assert_allclose(figure.marks[point("neck")], joints[JOINT_INDEX["neck"]], atol=1e-5)


def test_longer_thighs_make_a_taller_body():
    scales = np.zeros(10, np.float32)
    scales[LENGTH_GROUPS.index("thigh")] = np.log(1.5)
    longer = 0.5 * -float(REST_OFFSETS[JOINT_INDEX["left_knee"], 1])
    assert proportioned(scales).stature == pytest.approx(NEUTRAL.stature + longer, abs=1e-4)


def test_who_faces_the_viewer_has_the_left_hand_on_the_right_and_the_nose_in_front():
    figure = in_the_middle(torch.eye(3).expand(24, 3, 3))
    pixels = figure.seen(figure.marks)
    assert pixels[point("left_wrist"), 0] > pixels[point("right_wrist"), 0] + 0.5 * CANVAS
    assert pixels[point("head_top"), 1] < pixels[point("left_ankle"), 1]
    assert figure.marks[point("nose"), 2] > figure.joints[0, 2] + 0.05
    assert (pixels >= 0.1 * CANVAS).all()
    assert (pixels <= 0.9 * CANVAS).all()


def test_the_rotations_give_the_joints():
    pose = roma.rotvec_to_rotmat(0.4 * torch.randn(2, 24, 3, generator=torch.Generator().manual_seed(1)))
    scales = np.linspace(-0.3, 0.3, 10).astype(np.float32)
    for figure in stand(pose, [proportioned(scales)] * 2, rng=np.random.default_rng(5)):
        joints = forward_kinematics(figure.rotations, np.zeros(3), offsets=scaled_offsets(scales))
        np.testing.assert_allclose(figure.joints, joints, atol=1e-4)


def test_lines_run_through_the_keypoints_that_are_drawn():
    for seed in range(12):
        draw = (draw_stick, draw_gesture)[seed % 2]
        figure = in_the_middle(roma.rotvec_to_rotmat(0.3 * torch.randn(24, 3)), seed)
        canvas = np.zeros((CANVAS, CANVAS), np.uint8)
        figure, drawn = draw(canvas, figure, rng=np.random.default_rng(seed))
        places = figure.seen(figure.marks)[points("left_knee", "right_knee", "left_elbow", "right_elbow")]
        assert drawn[points("left_knee", "right_elbow")].all()
        rows, columns = np.nonzero(canvas)
        for x, y in places:
            assert np.hypot(columns - x, rows - y).min() < 0.06 * figure.tall, seed


def test_a_hand_behind_the_back_of_a_mannequin_is_hidden():
    pose = torch.eye(3).repeat(24, 1, 1)
    behind = roma.rotvec_to_rotmat(torch.tensor([0.0, 0.0, -1.1]))
    pose[JOINT_INDEX["left_shoulder"]] = roma.rotvec_to_rotmat(torch.tensor([0.0, 0.7, 0.0])) @ behind
    pose[JOINT_INDEX["left_elbow"]] = roma.rotvec_to_rotmat(torch.tensor([0.0, 1.9, 0.0]))
    figure = in_the_middle(pose)
    _, drawn = draw_mannequin(np.zeros((CANVAS, CANVAS), np.uint8), figure, rng=np.random.default_rng(0))
    assert not drawn[point("left_wrist")]
    assert drawn[points("right_wrist", "left_shoulder", "left_knee")].all()


def test_a_hand_that_rests_on_the_body_is_near_it():
    torch.manual_seed(2)
    start = roma.rotvec_to_rotmat(0.1 * torch.randn(60, 24, 3))
    joints = forward_kinematics(roma.rotmat_to_rotvec(rested(start, "right")).numpy(), np.zeros((60, 3)))
    hand = joints[:, JOINT_INDEX["right_hand"]]
    body = np.delete(joints, [JOINT_INDEX[f"right_{name}"] for name in ("elbow", "wrist", "hand")], axis=1)
    nearest = np.linalg.norm(body - hand[:, None], axis=2).min(1)
    assert np.median(nearest) < 0.2
    np.testing.assert_allclose(joints[:, JOINT_INDEX["left_hand"]],
                               forward_kinematics(roma.rotmat_to_rotvec(start).numpy(), np.zeros((60, 3)))
                               [:, JOINT_INDEX["left_hand"]], atol=1e-4)  # fmt: skip


def test_who_is_bent_forwards_has_the_thighs_in_front_and_the_hands_at_the_face_or_the_legs():
    torch.manual_seed(3)
    start = roma.rotvec_to_rotmat(0.1 * torch.randn(200, 24, 3))
    joints = forward_kinematics(roma.rotmat_to_rotvec(bent_forwards(start)).numpy(), np.zeros((200, 3)))
    place = {name: joints[:, JOINT_INDEX[name]] for name in JOINT_INDEX}
    knees = 0.5 * (place["left_knee"] + place["right_knee"])
    ahead = np.median(knees - place["pelvis"], axis=0)
    assert ahead[2] > 0.25
    assert np.median(place["neck"] - place["pelvis"], axis=0)[2] > 0.15
    held = np.stack([place[name] for name in ("head", "left_knee", "right_knee", "left_ankle", "right_ankle")], axis=1)
    for side in ("left", "right"):
        other = place["right_wrist" if side == "left" else "left_wrist"][:, None]
        away = np.linalg.norm(np.concatenate([held, other], axis=1) - place[f"{side}_hand"][:, None], axis=2)
        assert np.median(away.min(1)) < 0.25


def test_who_is_bent_forwards_sits_and_who_stands_does_not():
    torch.manual_seed(3)
    upright = roma.rotvec_to_rotmat(0.1 * torch.randn(50, 24, 3))
    for poses, share in ((upright, 0.0), (bent_forwards(upright), 1.0)):
        figures = stand(poses, [NEUTRAL] * 50, rng=np.random.default_rng(0))
        assert np.mean([figure.seated for figure in figures]) == pytest.approx(share, abs=0.4)


@pytest.mark.parametrize("seed", range(20))
def test_a_seat_is_under_the_pelvis(seed: int):
    canvas, pelvis, tall = np.zeros((CANVAS, CANVAS), np.uint8), np.array([190.0, 150.0]), 200.0
    draw_seat(canvas, pelvis, tall, rng=np.random.default_rng(seed))
    rows, columns = np.nonzero(canvas)
    assert columns.min() - 0.05 * tall < pelvis[0] < columns.max() + 0.05 * tall
    assert rows.mean() > pelvis[1]


def test_some_figures_are_seen_from_so_near_that_what_is_in_front_is_large(poses: torch.Tensor):
    many = roma.rotvec_to_rotmat(poses)[torch.arange(400) % len(poses)]
    figures = stand(many, [NEUTRAL] * 400, rng=np.random.default_rng(0))
    near = [figure.lens.distance - figure.marks[:, 2].max() for figure in figures]
    assert min(near) > 0.3
    assert 0.05 < np.mean(np.array(near) < 1.0) < 0.25
    alike = stand(many, [NEUTRAL] * 400, rng=np.random.default_rng(0), frontal=list(range(400)))
    assert all(figure.lens.distance > np.abs(figure.marks).max() + 0.7 for figure in alike)


def test_points_move_with_the_sheet():
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    cv2.circle(canvas, (150, 220), 4, 255, -1)
    view = view_of_sheet(np.random.default_rng(4))
    rows, columns = np.nonzero(warped(canvas, view) > 128)
    np.testing.assert_allclose(moved(np.array([[150.0, 220.0]]), view)[0], [columns.mean(), rows.mean()], atol=1.0)


def test_a_source_draws_the_same_again_and_says_only_what_holds(poses: torch.Tensor):
    first, second = (DrawingSource(poses, [], seed=9, styles=NO_SKIN) for _ in range(2))
    styles = set()
    for _ in range(70):
        sample, again = first.draw(), second.draw()
        np.testing.assert_array_equal(sample.image, again.image)
        assert sample.image.shape == (SIZE, SIZE)
        assert sample.image.dtype == np.uint8
        assert not (sample.visible & ~sample.inside).any()
        place = sample.keypoints[sample.inside]
        assert ((place >= -0.5) & (place < SIZE)).all()
        if sample.figure:
            styles.add(sample.style)
            assert np.abs(sample.depth).max() < 0.9
        else:
            assert not sample.visible.any()
    assert styles == set(NO_SKIN)


def test_who_draws_leaves_the_chance_of_others_alone(poses: torch.Tensor):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    DrawingSource(poses, [], seed=0).draw()
    torch.testing.assert_close(torch.rand(3), expected)


def test_things_are_drawn_where_nobody_is():
    drawn = []
    for seed in range(20):
        canvas = np.zeros((CANVAS, CANVAS), np.uint8)
        style = draw_things(canvas, rng=np.random.default_rng(seed))
        assert (style == "blank") == (not canvas.any())
        drawn.append(style)
    assert drawn.count("things") > 10


def test_children_draw_people_upright():
    torch.manual_seed(0)
    joints = forward_kinematics(roma.rotmat_to_rotvec(standing(30)).numpy(), np.zeros((30, 3)))
    assert (joints[:, JOINT_INDEX["head"], 1] > 0.5).all()
    assert (joints[:, JOINT_INDEX["left_ankle"], 1] < -0.7).all()


def test_shards_are_kept_and_the_missing_ones_drawn(
    poses: torch.Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    mocap, bodies, out = tmp_path / "poses.npz", tmp_path / "bodies.npz", tmp_path / "out"
    np.savez(mocap, rotations=poses.numpy(), clip=np.arange(40) // 20, held_out=np.array([False, True]))
    nobody = np.zeros((0, 3), np.int32)
    np.savez(bodies, vertices=np.zeros((0, 3, 3)), faces=nobody, parts=nobody)
    monkeypatch.setattr("training.drawings.make.SHARD", 5)
    monkeypatch.setattr("sys.argv", ["make", str(mocap), str(bodies), str(out), "--count", "8", "--style", "stick"])
    main()
    first, last = read_shard(shard_path(out, 0)), read_shard(shard_path(out, 1))
    assert first["image"].shape == (5, SIZE, SIZE)
    assert len(last["image"]) == 3
    shard_path(out, 0).unlink()
    when = shard_path(out, 1).stat().st_mtime_ns
    main()
    np.testing.assert_array_equal(read_shard(shard_path(out, 0))["image"], first["image"])
    assert shard_path(out, 1).stat().st_mtime_ns == when
    draw_shard(Order(mocap, bodies, out, held_out=True, seed=0, styles=("stick",)), 0, 5)
    assert (read_shard(shard_path(out, 0))["rotations"] != first["rotations"]).any()


def test_keypoints_are_counted_from_the_first_pixels_centre(poses: torch.Tensor):
    figure = in_the_middle(torch.eye(3).expand(24, 3, 3))
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    x, y = np.round(figure.seen(figure.marks)[point("left_wrist")]).astype(int)
    cv2.rectangle(canvas, (x - 3, y - 3), (x + 3, y + 3), 255, -1)
    small = cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(float)
    rows, columns = np.mgrid[:SIZE, :SIZE]
    found = np.array([(small * columns).sum(), (small * rows).sum()]) / small.sum()
    np.testing.assert_allclose((np.array([x, y]) + 0.5) / SHARP - 0.5, found, atol=0.05)
