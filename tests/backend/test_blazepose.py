"""The photo detector: anchors, decoding, suppression, refinement, axes, and the way through on a made-up model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrapposto.backend.detect import boxes, landmarks
from contrapposto.backend.detect.anchors import anchor_centres
from contrapposto.backend.detect.blazepose import BlazePose
from contrapposto.backend.detect.boxes import Detections
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.detect.landmarks import Landmarks, averaged
from contrapposto.backend.detect.roi import Roi
from contrapposto.backend.errors import MissingPackageError, ModelFileError
from contrapposto.backend.job import run_job
from detector_models import blazepose_or_skip


def test_anchors() -> None:
    anchors = anchor_centres()
    assert anchors.shape == (2254, 2)
    assert anchors.min() > 0.0
    assert anchors.max() < 1.0
    np.testing.assert_allclose(anchors.mean(axis=0), 0.5, atol=1e-6)
    np.testing.assert_allclose(anchors[:3], np.array([[4, 4], [4, 4], [12, 4]]) / 224)
    np.testing.assert_allclose(anchors[1568], np.array([8, 8]) / 224)
    np.testing.assert_allclose(anchors[1960:1967], np.array([[16, 16]] * 6 + [[48, 16]]) / 224)
    np.testing.assert_allclose(anchors[-1], np.array([208, 208]) / 224)


def test_boxes_count_from_their_anchor() -> None:
    raw, scores = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -1000.0, np.float32)
    raw[0, 100] = [11.2, 22.4, 44.8, 67.2, *range(8)]
    scores[0, 100] = 2.0
    found = boxes.decode(raw, scores)
    anchor = anchor_centres()[100]
    np.testing.assert_allclose(found.boxes[0], [*(anchor - [0.05, 0.05]), *(anchor + [0.15, 0.25])], atol=1e-6)
    np.testing.assert_allclose(found.points[0, 3], anchor + np.array([6.0, 7.0]) / 224, atol=1e-6)
    np.testing.assert_allclose(found.scores, [1.0 / (1.0 + math.exp(-2.0))], atol=1e-6)


def detections(rows: list[tuple[float, float, float, float, float]]) -> Detections:
    values = np.array(rows, np.float32)
    return Detections(values[:, :4], np.repeat(values[:, None, :2], 4, axis=1), values[:, 4])


def test_suppression_averages_those_that_overlap_and_keeps_those_apart() -> None:
    found = boxes.suppress(
        detections([(0.1, 0.1, 0.3, 0.3, 0.9), (0.6, 0.6, 0.8, 0.8, 0.7), (0.12, 0.1, 0.32, 0.3, 0.6)])
    )
    np.testing.assert_allclose(found.scores, [0.9, 0.7])
    np.testing.assert_allclose(found.boxes[0, 0], (0.1 * 0.9 + 0.12 * 0.6) / 1.5, atol=1e-6)
    np.testing.assert_allclose(found.points[0, 0, 0], found.boxes[0, 0], atol=1e-6)
    np.testing.assert_allclose(found.boxes[1], [0.6, 0.6, 0.8, 0.8])


def test_unsure_candidates_do_not_blur_a_sure_one() -> None:
    sure, unsure = (0.1, 0.1, 0.3, 0.3), (0.14, 0.1, 0.34, 0.3)
    found = boxes.suppress(detections([(*sure, 0.9), (*unsure, 0.4)]))
    np.testing.assert_allclose(found.boxes, [sure], atol=1e-6)
    found = boxes.suppress(detections([(*sure, 0.4), (*unsure, 0.4)]))
    np.testing.assert_allclose(found.boxes[0, 0], 0.12, atol=1e-6)


def test_suppression_of_nothing_and_of_boxes_without_area() -> None:
    assert boxes.suppress(Detections(np.zeros((0, 4)), np.zeros((0, 4, 2)), np.zeros(0))).points.shape == (0, 4, 2)
    assert len(boxes.suppress(detections([(0.5, 0.5, 0.5, 0.5, 0.9), (0.5, 0.5, 0.5, 0.5, 0.8)])).scores) == 2


@given(st.lists(st.tuples(*[st.floats(0.0, 1.0, width=32)] * 4), min_size=1, max_size=8))
def test_what_is_left_does_not_overlap_with_the_best_of_another_group(corners: list[tuple[float, ...]]) -> None:
    rows = [(min(a, c), min(b, d), max(a, c), max(b, d), 0.9) for a, b, c, d in corners]
    found = boxes.suppress(detections(rows))
    assert 1 <= len(found.scores) <= len(rows)
    low, high = np.array(rows)[:, :2].min(axis=0), np.array(rows)[:, 2:4].max(axis=0)
    assert (found.boxes[:, :2] >= low - 1e-5).all()
    assert (found.boxes[:, 2:] <= high + 1e-5).all()


def heat_of(x: int, y: int) -> np.ndarray:
    heat = np.full((64, 64, 1), -100.0, np.float32)
    heat[y, x] = 4.0
    return heat


def test_refinement_moves_a_point_to_the_heat_close_by() -> None:
    start = np.array([[20.5 / 64, 30.5 / 64]], np.float32)
    np.testing.assert_allclose(landmarks.refine(start, heat_of(23, 28)), [[23 / 64, 28 / 64]], atol=1e-6)


def test_refinement_leaves_a_point_where_heat_is_far_or_weak_or_the_point_is_outside() -> None:
    start = np.array([[20.5 / 64, 30.5 / 64]], np.float32)
    np.testing.assert_array_equal(landmarks.refine(start, heat_of(40, 30)), start)
    np.testing.assert_array_equal(landmarks.refine(start, heat_of(21, 30) - 4.1), start)
    outside = np.array([[-0.01, 0.5]], np.float32)
    np.testing.assert_array_equal(landmarks.refine(outside, heat_of(0, 32)), outside)
    corner = np.array([[0.999, 0.999]], np.float32)
    np.testing.assert_allclose(landmarks.refine(corner, heat_of(63, 62)), [[63 / 64, 62 / 64]], atol=1e-6)


def test_world_axes() -> None:
    """BlazePose: right, down, away from the camera. Inner: right, up, towards the viewer."""
    np.testing.assert_allclose(landmarks.world_to_inner(np.array([1.0, 2.0, 3.0]), 0.0), [1.0, -2.0, -3.0])


@given(st.floats(-math.pi, math.pi))
def test_world_landmarks_turn_with_the_crop_as_pixels_do(angle: float) -> None:
    up_in_crop = landmarks.world_to_inner(np.array([0.0, -1.0, 0.0]), angle)
    roi = Roi(0.0, 0.0, 1.0, angle)
    x, y = roi.to_image(1)[:, :2] @ [0.0, -1.0]
    np.testing.assert_allclose(up_in_crop, [x, -y, 0.0], atol=1e-9)


class FakeModel:
    """Stands for a `TfliteModel`: gives fixed outputs and counts its calls."""

    def __init__(self, outputs: tuple[np.ndarray, ...]) -> None:
        self.outputs = outputs
        self.calls = 0

    def run(self, value: np.ndarray, *, outputs: tuple[int, ...]) -> tuple[np.ndarray, ...]:
        self.calls += 1
        assert value.dtype == np.float32
        return self.outputs


def fake_detector(*places: tuple[int, float]) -> FakeModel:
    """Sees somebody at each anchor with this logit, upright, 100 pixels of 224 from hips to the circle."""
    raw, scores = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -50.0, np.float32)
    raw[..., 2:4], raw[..., 7] = 10.0, -100.0
    for anchor, logit in places:
        scores[0, anchor] = logit
    return FakeModel((raw, scores))


def fake_landmarker(*, presence: float = 1.0) -> FakeModel:
    """Sees a stick in the middle of each crop, and asks for the same crop again."""
    raw = np.zeros((39, 5), np.float32)
    raw[:33, 0], raw[:33, 1] = np.linspace(100, 156, 33), np.linspace(40, 216, 33)
    raw[33, :2], raw[34, :2] = (128, 128), (128, 128 - 256 / 2.5)
    raw[:, 3:] = 3.0
    heat = np.full((1, 64, 64, 39), -50.0, np.float32)
    world = np.tile([0.1, 0.2, 0.3], 39).astype(np.float32)
    return FakeModel((raw.reshape(1, 195), np.full((1, 1), presence, np.float32), heat, world[None]))


def people_of(detector: FakeModel, landmarker: FakeModel, **options: int) -> tuple:
    return run_job(BlazePose(detector, landmarker).people(np.zeros((448, 448, 3), np.uint8), **options))


def test_one_person_comes_out_in_pixels_of_the_image_and_in_inner_axes() -> None:
    middle = 14 * 28 * 2 + 14 * 2
    detector, landmarker = fake_detector((middle, 3.0)), fake_landmarker()
    (person,) = people_of(detector, landmarker)
    assert (detector.calls, landmarker.calls) == (1, 2)
    assert person.image_size == (448, 448)
    x, y = anchor_centres()[middle] * 448
    side = 2.5 * 100 / 224 * 448
    np.testing.assert_allclose(person.keypoints_px[0, 0], [x - 28 / 256 * side, y - 88 / 256 * side], atol=1e-2)
    np.testing.assert_allclose(person.keypoints_world[0, 5], [0.1, -0.2, -0.3], atol=1e-6)
    np.testing.assert_allclose(person.confidence, 1.0 / (1.0 + math.exp(-3.0)), atol=1e-6)
    left, top, right, bottom = person.box_px[0]
    assert 0.0 <= left < person.keypoints_px[0, :, 0].min()
    assert 0.0 <= top < bottom <= 448.0
    assert right <= 448.0


def test_two_detections_that_lead_to_one_person_are_one() -> None:
    middle = 14 * 28 * 2 + 14 * 2
    assert len(people_of(fake_detector((middle, 3.0), (middle + 2, 2.0)), fake_landmarker())) == 1
    assert len(people_of(fake_detector((middle, 3.0), (middle + 16, 2.0)), fake_landmarker())) == 2
    assert len(people_of(fake_detector((middle, 3.0), (middle + 16, 2.0)), fake_landmarker(), most=1)) == 1


def test_nobody() -> None:
    detector, landmarker = fake_detector(), fake_landmarker()
    assert people_of(detector, landmarker) == ()
    assert (detector.calls, landmarker.calls) == (10, 0)
    assert people_of(fake_detector((800, 3.0)), fake_landmarker(presence=0.2)) == ()


def test_the_number_of_passes_is_chosen() -> None:
    for passes in (1, 2, 3):
        landmarker = fake_landmarker()
        people_of(fake_detector((800, 3.0)), landmarker, passes=passes)
        assert landmarker.calls == passes


def test_the_job_can_be_closed_at_every_step() -> None:
    steps = 0
    while True:
        job = BlazePose(fake_detector((800, 3.0)), fake_landmarker()).people(np.zeros((448, 448, 3), np.uint8))
        try:
            fractions = [next(job).fraction for _ in range(steps)]
        except StopIteration:
            break
        assert all(0.0 <= fraction <= 1.0 for fraction in fractions)
        job.close()
        steps += 1
    assert steps >= 3


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (64, 48), (3000, 40)])
def test_nobody_is_in_plain_pictures_of_any_size(shape: tuple[int, int]) -> None:
    blazepose = blazepose_or_skip()
    assert run_job(blazepose.people(np.full((*shape, 3), 127, np.uint8))) == ()


def test_nobody_is_in_the_garlic(shared_data: Path) -> None:
    blazepose = blazepose_or_skip()
    image = load_image(shared_data / "sketches" / "animated_drawings" / "garlic.png")
    assert run_job(blazepose.people(image)) == ()


@pytest.mark.parametrize(
    ("photo", "people"),
    [
        ("coco/COCO_val2014_000000000328.jpg", 3),
        ("coco/COCO_val2014_000000000536.jpg", 3),
        ("coco/COCO_val2014_000000000544.jpg", 3),
        ("coco/COCO_val2014_000000000569.jpg", 1),
        ("coco_keypoints/000000000785.jpg", 1),
        ("coco_keypoints/000000040083.jpg", 2),
        ("coco_keypoints/000000196141.jpg", 3),
        ("pexels/pexels-anete-lusina-4793258.jpg", 1),
    ],
)
def test_everybody_in_a_photo_is_found_once(shared_data: Path, photo: str, people: int) -> None:
    blazepose = blazepose_or_skip()
    assert len(run_job(blazepose.people(load_image(shared_data / "photos" / photo)))) == people


def test_the_most_prominent_person_comes_first(shared_data: Path) -> None:
    blazepose = blazepose_or_skip()
    image = load_image(shared_data / "photos" / "coco" / "COCO_val2014_000000000241.jpg")
    people = run_job(blazepose.people(image))
    height = people[0].box_px[0, 3] - people[0].box_px[0, 1]
    assert height > 0.9 * image.shape[0]


def test_a_person_upside_down_is_found_as_well(shared_data: Path) -> None:
    blazepose = blazepose_or_skip()
    image = load_image(shared_data / "photos" / "coco_keypoints" / "000000000785.jpg")
    upright = run_job(blazepose.people(image))[0]
    turned = run_job(blazepose.people(np.ascontiguousarray(image[::-1, ::-1])))[0]
    size = np.array([image.shape[1], image.shape[0]])
    distance = np.linalg.norm(size - turned.keypoints_px[0] - upright.keypoints_px[0], axis=1)
    assert np.median(distance) < 0.03 * np.ptp(upright.keypoints_px[0], axis=0).max()
    # the world landmarks are turned as the picture is: half a turn about the viewing axis
    np.testing.assert_allclose(turned.keypoints_world[0] * [-1, -1, 1], upright.keypoints_world[0], atol=0.15)


def test_a_model_that_is_none_is_refused_in_words() -> None:
    blazepose_or_skip()
    with pytest.raises(ModelFileError, match="pose_detection cannot be loaded"):
        BlazePose.from_contents({"pose_detection": b"not a model", "pose_landmark_full": b""})


@pytest.mark.parametrize(("module", "words"), [("cv2", "opencv"), ("ai_edge_litert.interpreter", "ai-edge-litert")])
def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, module: str, words: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(MissingPackageError, match=words):
        BlazePose.from_contents({"pose_detection": b"", "pose_landmark_full": b""})


def test_confidence_is_the_smaller_of_seen_and_present() -> None:
    outputs = list(fake_landmarker().outputs)
    raw = outputs[0].reshape(39, 5)
    raw[4, 3], raw[5, 4] = -3.0, -2.0
    seen = landmarks.decode((raw.reshape(1, 195), *outputs[1:]), Roi(0.0, 0.0, 256.0))
    assert isinstance(seen, Landmarks)
    np.testing.assert_allclose(seen.confidence[[4, 5]], 1.0 / (1.0 + np.exp([3.0, 2.0])), atol=1e-6)


def look(points: np.ndarray, confidence: float) -> Landmarks:
    roi = Roi(50.0, 50.0, 100.0, 0.0)
    seen = np.full(len(points), confidence, np.float32)
    return Landmarks(points, np.zeros((len(points), 3)), seen, presence=0.9, next_roi=roi)


def test_two_looks_at_one_person_are_averaged_and_a_look_at_another_is_left_out() -> None:
    points = np.random.default_rng(0).uniform(0.0, 100.0, (33, 2))
    near, last, neighbour = look(points + 1.0, 0.6), look(points, 0.8), look(points + 20.0, 1.0)
    together = averaged([near, last])
    np.testing.assert_allclose(together.points_px, points + 0.5)
    np.testing.assert_allclose(together.confidence, 0.7)
    np.testing.assert_allclose(averaged([neighbour, last]).points_px, points)
    np.testing.assert_allclose(averaged([neighbour, last]).confidence, 0.8)
