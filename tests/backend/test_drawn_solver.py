"""Drawn figures of any proportions, some of them hardly figures, and the poses that are made of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from contrapposto.backend.arrays import DoubleArray, FloatArray  # noqa: E402
from contrapposto.backend.errors import InputError  # noqa: E402
from contrapposto.backend.estimate.drawn import DrawnPoseSolver, Plain  # noqa: E402
from contrapposto.backend.estimate.drawn_bones import BONE_INDEX, BONES, LIMB_BONES, REST_POINTS  # noqa: E402
from contrapposto.backend.estimate.drawn_proportions import DrawnSkeleton, understood  # noqa: E402
from contrapposto.backend.estimate.drawn_rebuilt import opened, rebuilt  # noqa: E402
from contrapposto.backend.estimate.drawn_rules import standing, straightness, touches  # noqa: E402
from contrapposto.backend.estimate.estimator import Estimate  # noqa: E402
from contrapposto.backend.job import run_job  # noqa: E402
from contrapposto.backend.keypoints import COCO_17, FIGURE_23  # noqa: E402
from contrapposto.backend.observation import Observation  # noqa: E402
from contrapposto.backend.refine.joint_limits import within_limits  # noqa: E402
from contrapposto.backend.runtime import ModelCache  # noqa: E402
from contrapposto.backend.skeleton import JOINT_INDEX  # noqa: E402

STANDING = {
    "nose": (200, 66), "left_eye": (207, 58), "right_eye": (193, 58), "left_ear": (215, 62), "right_ear": (185, 62),
    "neck": (200, 100), "head_top": (200, 20), "left_shoulder": (242, 110), "right_shoulder": (158, 110),
    "left_elbow": (270, 166), "right_elbow": (130, 166), "left_wrist": (296, 214), "right_wrist": (104, 214),
    "left_hip": (216, 214), "right_hip": (184, 214), "left_knee": (222, 298), "right_knee": (178, 298),
    "left_ankle": (226, 380), "right_ankle": (174, 380),
}  # fmt: skip
"""Seen from the front, 200 pixels a metre, with arms and legs a little apart."""


@pytest.fixture(scope="module")
def solver() -> DrawnPoseSolver:
    torch.set_num_threads(1)
    return DrawnPoseSolver(ModelCache().pose_network())


@dataclass(frozen=True)
class Deep(Plain):
    """Keypoints with depths."""

    towards: FloatArray

    @property
    def depth(self) -> FloatArray:
        return self.towards

    @property
    def depth_sigma(self) -> FloatArray:
        return np.where(self.towards == 0.0, np.inf, 0.03).astype(np.float32)


def figure(moved: dict[str, tuple[float, float]] | None = None, *, without: tuple[str, ...] = ()) -> Observation:
    """The standing figure with some joints elsewhere or not drawn."""
    places = {**STANDING, **(moved or {})}
    points, sure = np.zeros((1, 23, 2), np.float32), np.zeros((1, 23), np.float32)
    for name, place in places.items():
        if not any(name.endswith(end) for end in without):
            points[0, FIGURE_23.index[name]], sure[0, FIGURE_23.index[name]] = place, 1.0
    return Observation(points, sure, FIGURE_23, (400, 400))


def read(observation: Observation) -> DrawnSkeleton:
    return understood(observation.keypoints_px[0], observation.confidence[0])


def limb_errors(observation: Observation, estimate: Estimate) -> DoubleArray:
    """Degrees between limbs as they are drawn and as the estimate's camera sees them."""
    seen, found = estimate.joints_px()[0], []
    for name in LIMB_BONES:
        start, end = BONES[BONE_INDEX[name]].start[0], BONES[BONE_INDEX[name]].end[0]
        ends = [FIGURE_23.index[start], FIGURE_23.index[end]]
        if observation.confidence[0, ends].min() > 0.0:
            drawn = np.diff(observation.keypoints_px[0, ends], axis=0)[0]
            posed = seen[JOINT_INDEX[end]] - seen[JOINT_INDEX[start]]
            cosine = drawn @ posed / np.linalg.norm(drawn) / np.linalg.norm(posed)
            found.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.array(found)


def squeezed(below: float, factor: float) -> dict[str, tuple[float, float]]:
    """The standing figure with all that is below a height drawn nearer to it."""
    return {name: (x, below + factor * (y - below)) for name, (x, y) in STANDING.items() if y > below}


def test_a_real_body_seen_from_the_front_is_not_foreshortened() -> None:
    points = REST_POINTS[:, :2] * [200.0, -200.0] + 300.0
    found = understood(points, np.ones(23))
    assert found.scale == pytest.approx(200.0, rel=0.05)
    assert min(found.cosines[BONE_INDEX[name]] for name in LIMB_BONES) > 0.93
    np.testing.assert_allclose(rebuilt(found), points, atol=12.0)


def test_short_legs_are_proportions_and_one_short_thigh_is_foreshortening() -> None:
    short = read(figure(squeezed(214.0, 0.6)))
    assert short.group_scales["leg"] < 0.8 * short.group_scales["torso"]
    assert min(short.cosines[BONE_INDEX[name]] for name in LIMB_BONES) > 0.8
    lifted = read(figure({"left_knee": (222, 244), "left_ankle": (226, 326)}))
    assert lifted.cosines[BONE_INDEX["left_thigh"]] < 0.5
    assert lifted.cosines[BONE_INDEX["left_shin"]] > 0.9


def test_a_child_of_odd_proportions_becomes_a_real_body() -> None:
    odd = {name: (200 + 3.0 * (x - 200), 120 - 2.5 * (120 - y)) for name, (x, y) in STANDING.items() if y < 105}
    found = rebuilt(read(figure({**squeezed(214.0, 0.5), **odd})))
    ears = found[FIGURE_23.index["left_ear"]] - found[FIGURE_23.index["right_ear"]]
    trunk = found[FIGURE_23.index["left_shoulder"]] - found[FIGURE_23.index["left_hip"]]
    leg = found[FIGURE_23.index["left_ankle"]] - found[FIGURE_23.index["left_hip"]]
    assert np.linalg.norm(ears) < 0.3 * np.linalg.norm(trunk)
    assert np.linalg.norm(leg) > 1.2 * np.linalg.norm(trunk)


def test_straight_limbs_level_feet_and_touching_hands_are_seen() -> None:
    plain = read(figure())
    assert np.isfinite(straightness(plain)).all()
    assert standing(plain).min() > 0.8
    assert not touches(plain)
    bent = read(figure({"left_wrist": (222, 206), "left_ankle": (290, 330)}))
    assert not np.isfinite(straightness(bent)[[0, 2]]).any()
    assert standing(bent).max() < 0.2
    assert [touch.second for touch in touches(bent)] == [("left_hip",)]


def test_a_stick_figure_faces_the_viewer_unless_it_walks_by() -> None:
    stick = {"left_shoulder": (200, 110), "right_shoulder": (200, 110), "left_hip": (200, 214), "right_hip": (200, 214)}
    faceless = ("nose", "eye", "ear")
    assert opened(read(figure(stick, without=faceless))) == 1.0
    other = {name: (400 - x, y) for name, (x, y) in {**STANDING, **stick}.items()}
    assert opened(read(figure(other, without=faceless))) == -1.0
    feet = {"left_foot_index": (250, 384), "right_foot_index": (198, 384)}
    assert opened(read(figure({**stick, **feet}, without=faceless))) == 0.0
    assert opened(read(figure())) == 0.0


@pytest.mark.parametrize("moved", [{}, squeezed(214.0, 0.55), squeezed(110.0, 0.7)], ids=["real", "legs", "body"])
def test_limbs_are_parallel_whatever_the_proportions(
    solver: DrawnPoseSolver, moved: dict[str, tuple[float, float]]
) -> None:
    drawn = figure({**moved, "left_elbow": (290, 90), "left_wrist": (310, 40)})
    (found,) = run_job(solver.solve(Plain(drawn)))
    errors = limb_errors(drawn, found)
    assert errors.mean() < 4.0
    assert errors.max() < 10.0


def test_the_left_of_the_picture_is_the_right_of_who_faces_us_and_the_swap_is_offered(solver: DrawnPoseSolver) -> None:
    found = run_job(solver.solve(Plain(figure()), count=3))
    assert 2 <= len(found) <= 3
    assert sum(each.likelihood for each in found) == pytest.approx(1.0)
    ahead = [
        each.joints()[0, JOINT_INDEX["left_foot"], 2] > each.joints()[0, JOINT_INDEX["left_ankle"], 2] for each in found
    ]
    across = [float(np.diff(each.joints_px()[0, [2, 1], 0])[0]) for each in found]
    assert ahead[0]
    assert across[0] > 0.0
    assert min(across) < 0.0


def test_depths_decide_which_arm_is_in_front(solver: DrawnPoseSolver) -> None:
    forward = figure({"left_elbow": (250, 140), "left_wrist": (252, 138)})
    for depth in (0.15, -0.15):
        towards = np.zeros(23, np.float32)
        towards[[FIGURE_23.index["left_elbow"], FIGURE_23.index["left_wrist"]]] = depth, 1.8 * depth
        (found,) = run_job(solver.solve(Deep(forward, towards)))
        joints = found.joints_cam()[0]
        nearer = joints[JOINT_INDEX["left_shoulder"], 2] - joints[JOINT_INDEX["left_elbow"], 2]
        assert nearer * np.sign(depth) > 0.05


def test_only_the_upper_body_leaves_the_rest_at_ease(solver: DrawnPoseSolver) -> None:
    bust = figure({"left_elbow": (290, 90), "left_wrist": (310, 40)}, without=("hip", "knee", "ankle"))
    (found,) = run_job(solver.solve(Plain(bust)))
    assert limb_errors(bust, found).mean() < 4.0
    joints = found.joints()[0]
    for side in ("left", "right"):
        leg = joints[JOINT_INDEX[f"{side}_hip"]] - joints[JOINT_INDEX[f"{side}_ankle"]]
        assert leg[1] > 0.95 * np.linalg.norm(leg)


def test_nonsense_stays_a_body(solver: DrawnPoseSolver) -> None:
    points = np.random.default_rng(0).uniform(50.0, 350.0, (1, 23, 2)).astype(np.float32)
    drawn = Observation(points, np.full((1, 23), 0.4, np.float32), FIGURE_23, (400, 400))
    (found,) = run_job(solver.solve(Plain(drawn)))
    assert within_limits(found.poses.rotations[0], slack=np.radians(20.0)).mean() > 0.9
    assert np.isfinite(found.joints_px()).all()


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (replace(figure(), confidence=np.zeros((1, 23), np.float32)), "shows 0 bones"),
        (figure(without=("hip", "knee", "ankle", "elbow", "wrist")), "shows 0 bones"),
        (replace(figure(), keypoints_px=np.full((1, 23, 2), 50.0, np.float32)), "lie in one place"),
        (
            Observation(np.ones((1, 17, 2), np.float32), np.ones((1, 17), np.float32), COCO_17, (9, 9)),
            "figure_23, not coco_17",
        ),
        (Observation(np.ones((2, 23, 2)), np.ones((2, 23)), FIGURE_23, (9, 9)), "2 frames"),
    ],
)
def test_what_is_no_figure_is_refused_in_words(solver: DrawnPoseSolver, observation: Observation, words: str) -> None:
    with pytest.raises(InputError, match=words):
        run_job(solver.solve(Plain(observation)))


def test_mannequins_are_met_within_four_degrees(solver: DrawnPoseSolver, shared_data: Path) -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
    try:
        from sketch_cases import child_cases, depot_cases
    finally:
        sys.path.pop(0)
    cases = [*depot_cases(shared_data / "sketches")[::5], *child_cases(shared_data / "sketches")]
    if not cases:
        pytest.skip("the drawings are not in the shared data")
    errors = [limb_errors(case.annotated, run_job(solver.solve(Plain(case.annotated)))[0]).mean() for case in cases]
    assert np.mean(errors) < 4.0
