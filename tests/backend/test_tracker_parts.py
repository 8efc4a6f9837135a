"""What the tracker is made of: predicted places, matching, looks, and cuts."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contrapposto.backend.detect import appearance
from contrapposto.backend.detect.association import (
    MOST_COST,
    Motion,
    assigned,
    body_distance,
    converged,
    matching_cost,
    overlap,
    place_cost,
)
from contrapposto.backend.detect.crossings import Crossings
from contrapposto.backend.detect.person import Person, Sight
from contrapposto.backend.detect.roi import Roi
from contrapposto.backend.detect.shots import ShotFinder
from staged_people import HEIGHT, seen_at
from video_scenes import background, paste, person


def test_constant_motion_is_predicted_and_ends() -> None:
    motion = Motion(Roi(0.0, 0.0, 100.0), (0.0, 0.0), 0.0)
    for frame in range(1, 30):
        motion = motion.seen(Roi(3.0 * frame, -2.0 * frame, 100.0), frame / 30.0)
    expected = motion.at(motion.time_s + 0.1)
    assert expected.x == pytest.approx(3.0 * 29 + 9.0, abs=0.1)
    assert expected.y == pytest.approx(-2.0 * 29 - 6.0, abs=0.1)
    late = motion.at(motion.time_s + 100.0)
    assert late == motion.at(motion.time_s + 10.0)
    assert abs(late.x - 3.0 * 29) < 100.0


def test_a_jump_does_not_give_an_impossible_speed() -> None:
    motion = Motion(Roi(0.0, 0.0, 100.0), (0.0, 0.0), 0.0).seen(Roi(5000.0, 0.0, 100.0), 1 / 30)
    assert math.hypot(*motion.velocity) <= 300.0


def test_one_body_is_told_from_two() -> None:
    first, near, far = (seen_at((x, 100.0)).points_px for x in (100.0, 105.0, 150.0))
    assert body_distance(first, near) == pytest.approx(5.0 / (0.9 * HEIGHT))
    assert converged([first, far, near]) == [(0, 2)]
    assert converged([]) == []


def test_place_counts_less_the_longer_somebody_was_away() -> None:
    motion = Motion(seen_at((100.0, 100.0)).next_roi, (0.0, 0.0), 0.0)
    here, there = seen_at((100.0, 100.0)), seen_at((200.0, 100.0))
    assert place_cost(motion, here, 0.1) == pytest.approx(0.0)
    costs = [place_cost(motion, there, seconds) for seconds in (0.0, 0.3, 1.0, 5.0)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 3.0 * costs[-1]
    assert place_cost(None, here, 0.1) == 1.0
    assert place_cost(motion, seen_at((100.0, 100.0), height=4.0 * HEIGHT), 0.1) == math.inf


def test_without_a_place_only_much_alike_looks_match() -> None:
    assert matching_cost(1.0, 0.2) < MOST_COST < matching_cost(1.0, 0.3)
    assert matching_cost(0.0, 0.65) < MOST_COST


def test_the_cheapest_matching_is_found_and_dear_pairs_are_left_out() -> None:
    costs = np.array([[0.1, 0.2, 9.0], [0.15, 0.6, math.inf], [math.inf, math.inf, 0.8]])
    assert assigned(costs) == [(0, 1), (1, 0)]
    assert assigned(np.zeros((0, 3))) == []
    assert assigned(np.full((2, 2), math.inf)) == []


@given(arrays.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(0.0, 2.0)))
def test_nobody_is_matched_twice_or_dearer_than_allowed(costs: np.ndarray) -> None:
    pairs = assigned(costs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(costs[pair] <= MOST_COST for pair in pairs)
    if costs.min() <= MOST_COST:
        assert pairs


def test_overlap_is_the_share_of_the_smaller_box() -> None:
    box = np.array([0.0, 0.0, 10.0, 10.0])
    assert overlap(box, np.array([5.0, 0.0, 7.0, 10.0])) == 1.0
    assert overlap(box, np.array([5.0, 0.0, 15.0, 10.0])) == pytest.approx(0.5)
    assert overlap(box, np.array([20.0, 0.0, 30.0, 10.0])) == 0.0


def dressed(shirt: tuple[int, int, int], trousers: tuple[int, int, int], *, light: float = 1.0) -> np.ndarray:
    """Somebody at (200, 200) in these colours."""
    image = np.full((400, 400, 3), 128, np.uint8)
    image[100:200, 150:250] = shirt
    image[200:300, 150:250] = trousers
    noise = np.random.default_rng(0).normal(0.0, 6.0, image.shape)
    return np.clip(image * light + noise, 0, 255).astype(np.uint8)


def look(image: np.ndarray) -> np.ndarray:
    someone = seen_at((200.0, 200.0))
    return appearance.look_of(image, someone.points_px, someone.confidence)


def test_looks_are_alike_for_one_person_and_differ_for_two() -> None:
    plain = look(dressed((200, 60, 40), (40, 40, 60)))
    np.testing.assert_allclose(plain.sum(axis=1), 1.0, atol=1e-5)
    darker = look(dressed((200, 60, 40), (40, 40, 60), light=0.85))
    other_shirt = look(dressed((40, 160, 60), (40, 40, 60)))
    grey, black = look(dressed((170, 170, 170), (90, 90, 90))), look(dressed((30, 30, 30), (20, 20, 20)))
    assert appearance.distance(plain, plain) == pytest.approx(0.0, abs=1e-3)
    assert appearance.distance(plain, darker) < 0.25
    assert appearance.distance(plain, other_shirt) > 0.35
    assert appearance.distance(grey, black) > 0.35
    assert appearance.distance(plain, grey) > 0.45


def test_what_is_not_seen_has_no_looks() -> None:
    image = dressed((200, 60, 40), (40, 40, 60))
    someone = seen_at((200.0, 200.0))
    hidden = someone.confidence.copy()
    hidden[25] = 0.1  # a knee
    found = appearance.look_of(image, someone.points_px, hidden)
    assert found[0].sum() == pytest.approx(1.0)
    assert found[1].sum() == 0.0
    nothing = appearance.look_of(image, someone.points_px + 1000.0, someone.confidence)
    assert nothing.sum() == 0.0
    assert appearance.distance(found, nothing) is None
    assert appearance.distance(found, look(image)) == pytest.approx(0.0, abs=1e-3)


def test_the_mean_look_counts_parts_only_where_they_were_seen() -> None:
    first, second = look(dressed((200, 60, 40), (40, 40, 60))), look(dressed((40, 160, 60), (200, 200, 200)))
    half = second.copy()
    half[1] = 0.0
    mean, weights = appearance.merged(np.zeros_like(first), np.zeros(2), first)
    mean, weights = appearance.merged(mean, weights, half)
    np.testing.assert_allclose(weights, [2.0, 1.0])
    np.testing.assert_allclose(mean[0], (first[0] + second[0]) / 2.0, atol=1e-6)
    np.testing.assert_allclose(mean[1], first[1], atol=1e-6)


def cuts_in(images: list[np.ndarray]) -> list[int]:
    finder = ShotFinder()
    return [number for number, image in enumerate(images) if finder.is_cut(image)]


def walking(seed: int, count: int, *, start: int = 100) -> list[np.ndarray]:
    images = []
    for number in range(count):
        image = background(seed).copy()
        paste(image, person(), (start + 8.0 * number, 185.0))
        images.append(image)
    return images


def test_a_cut_is_noticed_and_walking_is_none() -> None:
    warm = [np.clip(image * (1.0, 0.8, 0.5), 0, 255).astype(np.uint8) for image in walking(1, 10, start=300)]
    assert cuts_in(walking(0, 20) + warm) == [20]


def test_a_flash_and_a_change_of_light_are_no_cuts() -> None:
    images = walking(0, 20)
    images[10] = np.clip(images[10].astype(int) + 90, 0, 255).astype(np.uint8)
    images[15:] = [(image * 0.6).astype(np.uint8) for image in images[15:]]
    assert cuts_in(images) == []


def test_a_pan_is_no_cut() -> None:
    wall = background(2, (1600, 360))
    assert cuts_in([wall[:, 60 * number : 60 * number + 640] for number in range(15)]) == []


def test_black_between_two_shots() -> None:
    black = [np.zeros((360, 640, 3), np.uint8)] * 3
    assert cuts_in(black) == []
    assert cuts_in(walking(0, 3) + black + walking(1, 3)) == [3, 6]


@pytest.mark.parametrize("size", [(16, 16), (1920, 1080), (40, 700)])
def test_pictures_of_all_sizes_are_compared(size: tuple[int, int]) -> None:
    image = cv2.resize(background(0), size)
    assert cuts_in([image, image]) == []


def sight(x: float, colour: int) -> Sight:
    """Somebody with the hips at x, dressed in nothing but one bin of the histogram."""
    clothes = np.zeros((2, appearance.BINS), np.float32)
    clothes[:, colour] = 1.0
    return Sight(seen_at((x, 180.0)), clothes, np.array([x - 40.0, 60.0, x + 40.0, 300.0], np.float32))


def crossed(colours_after: tuple[int, int]) -> tuple[Person, Person]:
    """Two who met at position 8, and whose clothes afterwards are these."""
    people = {0: Person(), 1: Person()}
    crossings = Crossings()
    for position in range(20):
        gap = 20.0 + 30.0 * abs(position - 8)
        colours = (2, 10) if position < 8 else colours_after
        seen = {0: sight(200.0 - gap / 2, colours[0]), 1: sight(200.0 + gap / 2, colours[1])}
        for number, each in seen.items():
            people[number].add(position, each, time_s=position / 30.0)
        crossings.feed(people, seen, position=position, time_s=position / 30.0)
        if position > 8 and not crossings.unsure(0):
            break
        for number, each in seen.items():
            if not crossings.unsure(number):
                people[number].learn(each, np.zeros((360, 640, 3), np.uint8))
    assert not crossings.unsure(0)
    return people[0], people[1]


def test_who_was_mistaken_is_exchanged_once_the_two_are_apart_from_where_they_were_nearest() -> None:
    first, second = crossed((2, 10))
    judged = len(first.positions)
    assert 12 < judged < 20
    assert all(mine[3][0] < other[3][0] for mine, other in zip(first.sights, second.sights, strict=True))
    first, second = crossed((10, 2))
    assert first.positions == second.positions == list(range(judged))
    left = [mine[3][0] < other[3][0] for mine, other in zip(first.sights, second.sights, strict=True)]
    assert left == [True] * 8 + [False] * (judged - 8)
    assert first.motion is not None
    assert second.motion is not None
    assert first.motion.roi.x > 200.0 > second.motion.roi.x


def test_in_a_contact_a_sight_goes_to_whom_it_looks_like() -> None:
    people = {0: Person(), 1: Person()}
    for number, colour in ((0, 2), (1, 10)):
        people[number].add(0, sight(200.0, colour), time_s=0.0)
        people[number].learn(sight(200.0, colour), np.zeros((360, 640, 3), np.uint8))
    crossings = Crossings()
    alone = {0: sight(200.0, 10)}
    crossings.correct(people, alone)
    assert list(alone) == [0]  # without a contact nobody is exchanged
    crossings.lost(1, 0, position=1, time_s=0.1)
    crossings.correct(people, alone)
    assert list(alone) == [1]
    both = {0: sight(150.0, 10), 1: sight(250.0, 2)}
    crossings.correct(people, both)
    assert [float(both[number].box[0]) for number in (0, 1)] == [210.0, 110.0]
    again = Crossings.from_state(crossings.state())
    assert again.others(0) == {1}
