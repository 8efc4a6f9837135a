"""Drawings of bodies with a surface, here of a doll of boxes: what is hidden, where lines are, what it wears."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import roma
import torch

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.skeleton import JOINT_INDEX, PARENTS
from training.drawings.bodies import averaged, joint_of_bone, merged, skeleton
from training.drawings.body import NEUTRAL, Body, Surface, read_bodies, stretched
from training.drawings.contour import draw_contour
from training.drawings.dress import dressed, normals
from training.drawings.face import head_lines
from training.drawings.figure import CANVAS, Figure, stand
from training.drawings.sample import point, points
from training.drawings.skin import NOTHING, jumps, look, posed_skin
from training.drawings.source import DrawingSource

JOINTS = forward_kinematics(np.zeros((24, 3)), np.zeros(3))
CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
# Counter-clockwise from outside.
SIDES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6],
                  [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])  # fmt: skip
THICK = {"pelvis": 0.11, "spine1": 0.11, "spine2": 0.11, "spine3": 0.12, "head": 0.09, "hip": 0.06, "knee": 0.05}


def box(low: FloatArray, high: FloatArray) -> FloatArray:
    return 0.5 * (low + high) + 0.5 * CORNERS * (high - low)


def doll_of_boxes() -> Surface:
    """A box along every bone."""
    vertices, parts = [], []
    for joint, name in enumerate(JOINT_INDEX):
        children = [child for child, parent in enumerate(PARENTS) if parent == joint]
        start = JOINTS[joint]
        end = JOINTS[children[0]] if children else start + ([0.0, 0.144, 0.0] if name == "head" else 0.0)
        half = THICK.get(name.removeprefix("left_").removeprefix("right_"), 0.035)
        vertices.append(box(np.minimum(start, end) - half * 0.8, np.maximum(start, end) + half * 0.8))
        parts += [joint] * 8
    faces = np.concatenate([8 * part + SIDES for part in range(24)])
    joints = np.concatenate([JOINTS, JOINTS[[22, 23]]])
    angle = np.linspace(0.0, 2.0 * np.pi, 13)
    ring = np.column_stack([0.09 * np.sin(angle), 0.1 + 0.02 * np.cos(angle), 0.09 * np.cos(angle)])
    names = ["mouth", "lip", "upper_lip", "nostrils", "ridge", "hair", "high_hair",
             *(f"{side}_{part}" for side in ("left", "right") for part in ("eye", "iris", "brow"))]  # fmt: skip
    weights = np.eye(26, dtype=np.float32)[parts]
    turns = np.broadcast_to(np.eye(3), (26, 3, 3))
    skin = np.concatenate(vertices).astype(np.float32)
    return Surface(skin, joints, turns, faces, faces, weights, np.array(parts), dict.fromkeys(names, ring))


@pytest.fixture
def doll() -> Body:
    """The neutral body with a skin of boxes."""
    return replace(NEUTRAL, surface=doll_of_boxes())


def in_the_middle(body: Body, **turned: tuple[float, float, float]) -> Figure:
    """The doll from the front, the named joints turned."""
    pose = torch.eye(3).repeat(24, 1, 1)
    for name, turn in turned.items():
        pose[JOINT_INDEX[name]] = roma.rotvec_to_rotmat(torch.tensor(turn))
    rng = np.random.default_rng(0)
    figure = stand(pose[None], [body], rng=rng, frontal=[0])[0]
    return figure.placed(np.full(2, 0.1 * CANVAS), np.full(2, 0.9 * CANVAS), rng=rng)


def painted(points_3d: FloatArray, faces: IntArray) -> tuple:
    """Seen straight on, a metre is a hundred pixels."""
    surface = replace(doll_of_boxes(), faces=faces, parts=np.arange(len(points_3d)) // 4)
    return look(points_3d[:, :2] * 100.0, points_3d[:, 2], surface, shape=(100, 100))


QUADS = np.array([[0, 2, 1], [0, 3, 2], [4, 6, 5], [4, 7, 6]])


def test_the_nearer_of_two_walls_is_seen_and_its_edge_is_a_line():
    wall = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]])
    small = 0.5 + 0.4 * (wall - 0.5)
    cloud = np.concatenate([np.column_stack([wall, np.zeros(4)]), np.column_stack([small, np.full(4, 0.3)])])
    view = painted(cloud, QUADS)
    assert view.part[50, 50] == 1
    assert view.part[25, 25] == 0
    assert view.part[5, 5] == NOTHING
    assert view.depth[50, 50] == pytest.approx(0.3, abs=1e-5)
    edge = jumps(view, 0.1)
    assert edge[50, 37:40].any()
    assert not edge[50, 45:55].any()
    assert not jumps(view, 0.5)[50, 37:40].any()
    assert jumps(view, 0.5)[50, 19:22].any(), "the outline is always a line"


def test_a_steep_wall_is_no_step():
    corners = np.array([[0.2, 0.2], [0.5, 0.2], [0.5, 0.8], [0.2, 0.8]])
    first = np.column_stack([corners, [0.0, 3.0, 3.0, 0.0]])
    second = np.column_stack([corners + [0.3, 0.0], [3.0, 6.0, 6.0, 3.0]])
    edge = jumps(painted(np.concatenate([first, second]), QUADS), 0.05)
    assert not edge[30:70, 25:75].any()


def test_what_turns_its_back_is_not_painted():
    corners = np.column_stack([np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]), np.zeros(4)])
    assert (painted(np.concatenate([corners, corners]), QUADS[:, ::-1]).part == NOTHING).all()


def test_the_skin_follows_the_joints(doll: Body):
    figure = in_the_middle(doll, left_elbow=(0.0, -1.2, 0.0))
    skin = posed_skin(figure, doll.surface, curl=np.zeros(2))
    wrist = skin[doll.surface.parts == JOINT_INDEX["left_wrist"]].mean(0)
    middle = 0.5 * (figure.joints[JOINT_INDEX["left_wrist"]] + figure.joints[JOINT_INDEX["left_hand"]])
    np.testing.assert_allclose(wrist, middle, atol=1e-4)


def test_an_arm_behind_the_trunk_is_hidden_and_one_in_front_of_it_is_not(doll: Body):
    arm = points("left_wrist")
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    behind = in_the_middle(doll, left_shoulder=(0.0, 1.4, 0.0), left_elbow=(0.0, 1.6, 0.0))
    before = in_the_middle(doll, left_shoulder=(0.0, -1.4, 0.0), left_elbow=(0.0, -1.6, 0.0))
    for figure, sign in ((behind, -1.0), (before, 1.0)):
        wrist = figure.joints[JOINT_INDEX["left_wrist"]]
        assert abs(wrist[0]) < 0.08
        assert sign * wrist[2] > 0.15
    assert not draw_contour(canvas, behind, rng=np.random.default_rng(1))[1][arm].any()
    assert draw_contour(canvas, before, rng=np.random.default_rng(1))[1][arm].all()


def test_who_turns_away_shows_no_face(doll: Body):
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    _, seen = draw_contour(canvas, in_the_middle(doll), rng=np.random.default_rng(2))
    _, away = draw_contour(canvas, in_the_middle(doll, pelvis=(0.0, np.pi, 0.0)), rng=np.random.default_rng(2))
    assert seen[point("nose")]
    assert not away[points("nose", "left_eye", "right_eye")].any()
    assert away[points("left_knee", "right_elbow", "head_top")].all()


def test_lines_lie_about_the_figure_and_hide_what_is_behind_it(doll: Body):
    figure = in_the_middle(doll)
    canvas = np.full((CANVAS, CANVAS), 77, np.uint8)
    draw_contour(canvas, figure, rng=np.random.default_rng(3))
    x, y = np.round(figure.seen(figure.joints[JOINT_INDEX["spine2"]])).astype(int)
    assert (canvas[:20] == 77).all()
    assert (canvas[y - 3 : y + 4, x - 3 : x + 4] != 77).mean() > 0.5
    assert (canvas > 150).any()


def test_proportions_stretch_skin_and_skeleton_alike(doll: Body):
    body = stretched(doll, np.random.default_rng(8))
    figure = in_the_middle(body)
    skin = posed_skin(figure, doll.surface, curl=np.zeros(2))
    for name in ("left_shoulder", "right_hip", "left_knee"):
        joint = JOINT_INDEX[name]
        child = PARENTS.index(joint)
        middle = 0.5 * (figure.joints[joint] + figure.joints[child])
        np.testing.assert_allclose(skin[doll.surface.parts == joint].mean(0), middle, atol=2e-3)
    top = skin[:, 1].max() - skin[:, 1].min()
    rest = doll.surface.vertices[:, 1].max() - doll.surface.vertices[:, 1].min()
    assert top / rest == pytest.approx(body.stature / doll.stature, rel=0.03)


def test_clothes_lie_outside_the_skin(doll: Body):
    outwards = normals(doll.surface)
    parts = doll.surface.parts
    for part in (JOINT_INDEX["spine1"], JOINT_INDEX["left_knee"]):
        corners = doll.surface.vertices[parts == part]
        assert ((outwards[parts == part] * (corners - corners.mean(0))).sum(1) > 0.0).all()
    worn = set()
    for seed in range(40):
        surface, label = dressed(doll.surface, rng=np.random.default_rng(seed))
        bare = label == 0
        np.testing.assert_array_equal(surface.vertices[bare], doll.surface.vertices[bare])
        worn |= set(label)
        assert not label[parts == JOINT_INDEX["left_hand"]].any()
    assert worn == {0, 1, 2, 3}


def test_bodies_come_back_from_their_file(doll: Body, tmp_path: Path):
    surface, path = doll.surface, tmp_path / "bodies.npz"
    lines = {f"line_{name}": np.stack([line] * 2) for name, line in surface.lines.items()}
    of_each = {name: np.stack([getattr(surface, name)] * 2) for name in ("vertices", "joints", "turns")}
    of_all = {name: getattr(surface, name) for name in ("faces", "weights", "parts")}
    bones = {name: np.stack([getattr(doll, name)] * 2) for name in ("offsets", "marks")}
    np.savez(path, **of_each, **of_all, **bones, **lines, stature=[1.7, 1.8])
    bodies = read_bodies(path)
    assert [body.stature for body in bodies] == pytest.approx([1.7, 1.8])
    assert set(bodies[0].surface.lines) == set(surface.lines)
    assert 0 < len(bodies[0].surface.coarse) <= len(surface.faces)
    source = DrawingSource(0.2 * torch.randn(9, 24, 3), bodies, seed=0, styles=("contour",))
    drawn = [source.draw() for _ in range(12)]
    assert any(sample.figure and sample.visible.sum() > 10 for sample in drawn)


def test_near_vertices_of_one_bone_become_one():
    vertices = np.array([[0.0, 0, 0], [0.001, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0.0, 0.1, 0], [0.0005, 0, 0]])
    faces = np.array([[0, 2, 3, 4], [0, 1, 2, 3]])
    owner = np.array([[0, 0]] * 5 + [[1, 0]])
    new, triangles = merged(vertices, faces, owner)
    assert new[0] == new[1] != new[5]
    assert len(triangles) == 2
    np.testing.assert_allclose(averaged(vertices, new)[new[0]], [0.0005, 0.0, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    ("bone", "joint"),
    [("upperleg02.L", "left_hip"), ("spine01", "spine3"), ("finger1-2.R", "right_wrist"), ("toe4-2.R", "right_foot"),
     ("finger3-1.L", "left_hand"), ("jaw", "head"), ("orbicularis03.L", "head"), ("shoulder01.R", "right_collar")],
)  # fmt: skip
def test_every_bone_moves_with_a_joint(bone: str, joint: str):
    assert joint_of_bone(bone) == JOINT_INDEX[joint]


def test_a_body_that_stands_with_its_arms_down_is_turned_to_the_t_pose():
    heads = {
        "upperleg01": (0.1, 0.9, 0), "lowerleg01": (0.14, 0.5, 0.02), "foot": (0.16, 0.08, 0),
        "wrist": (0.5, 1.0, 0.05), "clavicle": (0.03, 1.4, 0), "upperarm01": (0.17, 1.4, 0),
        "lowerarm01": (0.35, 1.2, -0.03),
    }  # fmt: skip
    heads |= {f"toe{toe}-1": (0.2 + 0.01 * toe, 0.02, 0.12) for toe in range(1, 6)}
    heads |= {
        f"finger{n}-{k}": (0.55 + 0.03 * k, 0.92 - 0.03 * k, 0.10 - 0.02 * n) for n in range(2, 6) for k in (1, 2)
    }
    sides = {f"{bone}.{side}": np.array(place) * (sign, 1, 1)
             for bone, place in heads.items() for side, sign in (("L", 1), ("R", -1))}  # fmt: skip
    spine = {"spine03": 1.05, "spine02": 1.15, "spine01": 1.25, "neck01": 1.45, "head": 1.55}
    joints, turns = skeleton(sides | {bone: np.array([0.0, y, 0.0]) for bone, y in spine.items()})
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for name, child in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            start, end = JOINT_INDEX[f"{side}_{name}"], JOINT_INDEX[f"{side}_{child}"]
            along = turns[start] @ (joints[end] - joints[start])
            expected = [sign, 0.0, 0.0] if name in ("shoulder", "elbow") else [0.0, -1.0, 0.0]
            np.testing.assert_allclose(along / np.linalg.norm(along), expected, atol=1e-6)
        hand = turns[JOINT_INDEX[f"{side}_wrist"]]
        np.testing.assert_allclose(hand @ hand.T, np.eye(3), atol=1e-9)
        letter = side[0].upper()
        across = hand @ (sides[f"finger2-1.{letter}"] - sides[f"finger5-1.{letter}"])
        assert across[2] > 0.9 * np.linalg.norm(across)
    assert joints[0, 1] == pytest.approx(0.9 + 0.065 * 0.402 / 0.4165, abs=0.002)


def test_the_face_lies_on_the_front_of_the_head():
    rng = np.random.default_rng(0)
    ball = rng.normal(size=(4000, 3))
    skin = np.array([0.0, 0.05, 0.0]) + ball / np.linalg.norm(ball, axis=1, keepdims=True) * [0.08, 0.11, 0.1]
    skin = np.concatenate([skin, [[0.0, 0.03, 0.12]]])
    lines, face = head_lines(skin, np.array([0.03, 0.07, 0.08]))
    np.testing.assert_allclose(face["nose"], [0.0, 0.03, 0.12])
    assert face["left_eye"][0] == pytest.approx(-face["right_eye"][0])
    assert face["head_top"][1] == pytest.approx(0.16, abs=0.005)
    assert (lines["mouth"][:, 2] > 0.06).all()
    assert lines["mouth"][:, 1].max() < 0.03 < lines["left_brow"][:, 1].min()
    hair = lines["hair"]
    assert hair[np.argmax(hair[:, 2]), 1] > face["left_eye"][1], "over the forehead"
    assert hair[np.argmin(hair[:, 2]), 1] < 0.03, "down to the nape"
