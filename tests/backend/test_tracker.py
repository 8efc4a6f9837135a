"""Following people without a network: who is who through crossings, absences and cuts, and what it costs."""

from __future__ import annotations

import io

import numpy as np
import pytest

from contrapposto.backend.detect.tracker import PeopleTracker
from contrapposto.backend.detect.tracks import Sightings, Track, interpolated
from staged_people import STAGE, Actor, Stage, hips_of

RED, BLUE = (200, 60, 40), (40, 70, 200)
BETWEEN_SEARCHES_S = 0.5


def walk(start: float, speed: float, *, y: float = 180.0):
    return lambda number: (start + speed * number, y)


def followed(stage: Stage, count: int) -> tuple[Track, ...]:
    tracker = PeopleTracker(stage, fps=stage.fps)
    for frame in stage.frames(count):
        tracker.feed(frame)
    return tracker.finish()


def track_at(tracks: tuple[Track, ...], position: int, place: tuple[float, float]) -> Track:
    """The track that is nearest to a place at a position."""
    there = [track for track in tracks if 0 <= position - track.first < len(track.frames)]
    return min(
        there, key=lambda track: np.linalg.norm(hips_of(track.observation.keypoints_px[position - track.first]) - place)
    )


def worst_error(track: Track, actor: Actor) -> float:
    """Pixels between the hips and the actor's, at worst over the frames in which the person was seen."""
    places = np.array([actor.path(int(frame)) for frame in track.frames[track.seen]])
    return float(np.linalg.norm(hips_of(track.observation.keypoints_px[track.seen]) - places, axis=1).max())


def test_one_person_costs_one_look_a_frame_and_two_searches_a_second() -> None:
    stage = Stage([Actor(walk(100.0, 4.0))])
    (track,) = followed(stage, 90)
    assert (track.first, len(track.frames), int(track.seen.sum())) == (0, 90, 90)
    assert worst_error(track, stage.actors[0]) < 1e-3
    assert stage.looks <= 90 + 2
    assert stage.searches <= 90 / 30.0 / BETWEEN_SEARCHES_S * 2 + 9  # with a tile each, and nine tiles at the start


def test_the_observation_has_the_shapes_and_the_rate_that_were_asked_for() -> None:
    stage = Stage([Actor(walk(250.0, 4.0))], fps=12.0)
    (track,) = followed(stage, 20)
    seen = track.observation
    assert seen.keypoints_px.shape == (20, 33, 2)
    assert seen.keypoints_world is not None
    assert seen.keypoints_world.shape == (20, 33, 3)
    assert (seen.image_size, seen.fps) == (STAGE, 12.0)
    np.testing.assert_allclose(track.time_s, np.arange(20) / 12.0)
    assert track.thumbnail.shape == (128, 128, 3)
    assert track.thumbnail.dtype == np.uint8
    assert np.abs(track.thumbnail[64, 64].astype(int) - RED).max() < 12


@pytest.mark.parametrize("colours", [(RED, BLUE), (RED, RED)])
def test_two_who_cross_keep_their_tracks(colours: tuple) -> None:
    actors = [Actor(walk(80.0, 6.0), colours[0]), Actor(walk(560.0, -6.0, y=190.0), colours[1], depth=0.5)]
    tracks = followed(Stage(actors), 80)
    assert len(tracks) == 2
    for actor in actors:
        track = track_at(tracks, 0, actor.path(0))
        assert worst_error(track, actor) < 1e-3
        assert track.seen[-1]
        assert (len(track.frames), int(track.seen.sum()) >= 60) == (80, True)


def test_two_who_meet_and_turn_back_are_told_apart_by_their_clothes() -> None:
    def meet(start: float, way: float):
        return lambda number: (start + way * min(number, 80 - number), 180.0)

    actors = [Actor(meet(120.0, 5.0), RED), Actor(meet(520.0, -5.0), BLUE, depth=0.5)]
    tracks = followed(Stage(actors), 81)
    assert len(tracks) == 2
    for actor in actors:
        assert worst_error(track_at(tracks, 0, actor.path(0)), actor) < 1e-3
        assert track_at(tracks, 80, actor.path(80)) is track_at(tracks, 0, actor.path(0))


def test_who_is_hidden_for_a_while_keeps_the_track_and_the_gap_is_filled() -> None:
    def behind(number: int) -> tuple[float, float] | None:
        return None if 20 <= number < 40 else (60.0 + 8.0 * number, 180.0)

    (track,) = followed(Stage([Actor(behind)]), 70)
    gone = np.flatnonzero(~track.seen)
    assert gone[0] == 20
    assert 39 <= gone[-1] <= 46  # the search comes every 0.2 seconds
    assert track.observation.confidence[gone].max() == 0.0
    hips = hips_of(track.observation.keypoints_px)
    np.testing.assert_allclose(hips[:, 0], 60.0 + 8.0 * np.arange(70), atol=1e-2)


def test_who_leaves_and_returns_is_the_same_person() -> None:
    def away(number: int) -> tuple[float, float] | None:
        if number < 40:
            return 440.0 + 6.0 * number, 180.0
        return None if number < 130 else (max(900.0 - 6.0 * (number - 90), 300.0), 180.0)

    stage = Stage([Actor(away, RED), Actor(walk(150.0, 0.0), BLUE)])
    tracks = followed(stage, 220)
    assert len(tracks) == 2
    returned = track_at(tracks, 0, (440.0, 180.0))
    assert returned.observation.confidence[60:120].max() == 0.0
    assert returned.seen[180:].all()
    np.testing.assert_allclose(hips_of(returned.observation.keypoints_px[219]), (300.0, 180.0), atol=1e-3)


def test_somebody_else_who_enters_is_somebody_else() -> None:
    def until(number: int) -> tuple[float, float] | None:
        return (200.0, 180.0) if number < 50 else None

    def after(number: int) -> tuple[float, float] | None:
        return None if number < 70 else (420.0, 180.0)

    tracks = followed(Stage([Actor(until, RED), Actor(after, BLUE)]), 140)
    assert sorted((track.first, track.first + len(track.frames)) for track in tracks) == [
        (0, 50),
        (pytest.approx(70, abs=15), 140),
    ]


def test_a_cut_ends_the_motion_but_not_the_person() -> None:
    def moved(number: int) -> tuple[float, float]:
        return (150.0 + number, 180.0) if number < 30 else (450.0, 170.0)

    stage = Stage([Actor(moved, RED)], backgrounds={0: (30, 90, 40), 30: (220, 200, 160)})
    tracker = PeopleTracker(stage)
    for frame in stage.frames(60):
        assert tracker.feed(frame) == (frame.index == 30)
    assert tracker.cuts == (30,)
    (track,) = tracker.finish()
    assert track.seen.all()
    assert worst_error(track, stage.actors[0]) < 1e-3


def test_somebody_else_after_a_cut_is_a_new_track() -> None:
    actors = [
        Actor(lambda number: (200.0, 180.0) if number < 30 else None, RED),
        Actor(lambda number: (200.0, 180.0) if number >= 30 else None, BLUE),
    ]
    tracks = followed(Stage(actors, backgrounds={0: (30, 90, 40), 30: (220, 200, 160)}), 60)
    assert sorted((track.first, len(track.frames)) for track in tracks) == [(0, 30), (30, 30)]


def test_what_is_seen_for_a_moment_only_is_dropped() -> None:
    ghost = Actor(lambda number: (480.0, 180.0) if 30 <= number < 37 else None, BLUE)
    tracks = followed(Stage([Actor(walk(100.0, 1.0)), ghost]), 90)
    assert len(tracks) == 1
    assert tracks[0].seen.all()


def test_a_clip_of_one_frame_has_tracks() -> None:
    tracks = followed(Stage([Actor(walk(100.0, 1.0)), Actor(walk(400.0, 1.0), BLUE)]), 1)
    assert [len(track.frames) for track in tracks] == [1, 1]


def test_nobody() -> None:
    assert followed(Stage([]), 20) == ()
    assert PeopleTracker(Stage([])).finish() == ()


def test_the_most_prominent_comes_first_and_the_number_is_limited() -> None:
    briefly = Actor(lambda number: (480.0, 180.0) if number < 40 else None, BLUE)
    stage = Stage([briefly, Actor(walk(100.0, 1.0))])
    tracker = PeopleTracker(stage)
    for frame in stage.frames(90):
        tracker.feed(frame)
    assert [len(track.frames) for track in tracker.finish()] == [90, 40]
    assert [len(track.frames) for track in tracker.finish(people=1)] == [90]


@pytest.mark.parametrize("stop", [1, 17, 38, 41, 60])
def test_it_goes_on_from_a_saved_state_as_if_nothing_had_happened(stop: int) -> None:
    def stage() -> Stage:
        return Stage([Actor(walk(80.0, 6.0)), Actor(walk(560.0, -6.0, y=190.0), BLUE, depth=0.5)])

    whole = followed(stage(), 80)
    first = stage()
    tracker = PeopleTracker(first)
    for frame in first.frames(stop):
        tracker.feed(frame)
    stored = io.BytesIO()
    np.savez(stored, **tracker.state())
    stored.seek(0)
    second = stage()
    with np.load(stored, allow_pickle=False) as state:
        tracker = PeopleTracker.from_state(second, state)
    assert len(tracker.frames) == stop
    for frame in second.frames(80, start=stop):
        tracker.feed(frame)
    again = tracker.finish()
    assert len(again) == len(whole)
    for one, other in zip(again, whole, strict=True):
        np.testing.assert_array_equal(one.frames, other.frames)
        np.testing.assert_array_equal(one.seen, other.seen)
        np.testing.assert_array_equal(one.observation.keypoints_px, other.observation.keypoints_px)
        np.testing.assert_array_equal(one.thumbnail, other.thumbnail)


def test_large_steps_between_frames_are_followed() -> None:
    """Two frames a second: between them people move by more than a landmark model can follow."""
    stage = Stage([Actor(walk(60.0, 60.0), RED)], fps=2.0)
    (track,) = followed(stage, 9)
    assert track.seen.all()


def test_values_between_known_times_are_linear_and_held_outside() -> None:
    values = np.array([[0.0], [10.0], [20.0]], np.float32)
    found = interpolated(np.array([-1.0, 0.0, 0.25, 1.0, 2.0, 3.0, 9.0]), np.array([0.0, 1.0, 3.0]), values)
    np.testing.assert_allclose(found[:, 0], [0.0, 0.0, 2.5, 10.0, 15.0, 20.0, 20.0])


def test_moments_in_which_somebody_seems_to_be_seen_are_left_out() -> None:
    def sightings(positions: list[int]) -> Sightings:
        count = len(positions)
        shapes = ((33, 2), (33, 3), (33,), (4,), ())
        return Sightings(np.array(positions), *(np.zeros((count, *shape), np.float32) for shape in shapes))

    def kept(positions: list[int], shortest: int) -> list[int]:
        return sightings(positions).without_flicker(shortest).positions.tolist()

    assert kept([0, 1, 2, 3, 6, 9, 10, 11], 3) == [0, 1, 2, 3, 9, 10, 11]
    assert kept([0, 4, 5, 8], 3) == [4, 5]
    assert kept([7], 3) == [7]
    assert kept([0, 2, 4], 1) == [0, 2, 4]
