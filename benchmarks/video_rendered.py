"""Rendered films through the whole way from pixels, beside what is true of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from people_accuracy import LIMB_ENDS, LIMBS
from rendered_films import BALLS, FilmTruth, RenderedFilm
from video_cases import contacts
from video_ways import Film, Way, about_the_vertical, film_of

from contrapposto.backend.arrays import BoolArray, DoubleArray, IntArray
from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.track_people import track_people
from contrapposto.backend.detect.tracks import Track, VideoTracks
from contrapposto.backend.detect.video_file import open_video
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.motion import RawMotion
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.refine.finish import MotionSettings
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.video_pipeline import solve_video_person

COMMON_JOINTS: Final = [JOINT_INDEX[name] for name in LIMB_ENDS]
"""Shoulders, elbows, wrists, hips, knees and ankles: what a character has where we have it."""
_KEYPOINTS: Final = [BLAZEPOSE_33.index[name] for name in LIMB_ENDS]
_DEEP_M: Final = 0.12
_FLAT_M: Final = 0.03
"""What points along the view, and what hardly does, so that its direction is nobody's business."""
_SAME_PERSON: Final = 0.15
"""Of the person's stature in the picture: who is further off in the median is somebody else."""


@dataclass(frozen=True)
class SeenFilm:
    """What was found in a rendered film, in the frames from the first to the last in which the person was seen.

    Attributes:
        name: of the file.
        found: what the tracker says.
        time_s: (T,) when each frame was taken.
        joints: (T, 24, 3) metres, y up: the truth, of a person of our stature.
        turn: (3, 3) from its axes to the inner frame of the camera.
        seen: (T,) whether the person was seen.
        raw: the motion that was solved from it.
    """

    name: str
    found: Observation
    time_s: DoubleArray
    joints: DoubleArray
    turn: DoubleArray
    seen: BoolArray
    raw: RawMotion


def seen_films(films: list[RenderedFilm], models: ModelCache) -> Iterator[SeenFilm]:
    """Each film read, followed and solved; those in which the person is not found are left out."""
    for film in films:
        source = open_video(Clip(film.video))
        tracks = run_job(track_people(source, models.blazepose()))
        source.close()
        person = the_person(film.truth, tracks)
        if person is not None:
            yield _solved(film, tracks, person=person, models=models)


def the_person(truth: FilmTruth, tracks: VideoTracks) -> int | None:
    """Which of the tracks follows the person in most frames, if one does."""
    seen = [int(track.seen.sum()) if _distance(truth, track) < _SAME_PERSON else 0 for track in tracks.tracks]
    return int(np.argmax(seen)) if any(seen) else None


def _distance(truth: FilmTruth, track: Track) -> float:
    """Median over joints and frames, in the person's statures."""
    there = truth.joints_px[track.frames][:, COMMON_JOINTS]
    away = np.linalg.norm(track.observation.keypoints_px[:, _KEYPOINTS] - there, axis=-1)
    stature = float(truth.camera[1] * truth.stature_m) / truth.joints_cam[track.frames, 0, 2]
    return float(np.median(away / stature[:, None]))


def _solved(film: RenderedFilm, tracks: VideoTracks, *, person: int, models: ModelCache) -> SeenFilm:
    track = tracks.tracks[person]
    raw = run_job(solve_video_person(tracks, person, models)).raw
    if raw.frame_count != len(track.frames):
        raise InputError(f"{film.video} is not evenly spaced: {len(track.frames)} frames became {raw.frame_count}.")
    found = replace(track.observation, camera=None)
    joints = film.truth.joints_alike[track.frames]
    return SeenFilm(film.video.stem, found, track.time_s, joints, film.truth.turn, track.seen, raw)


def finished(settings: MotionSettings) -> Way:
    """What was solved, finished with these settings."""

    def film(seen: SeenFilm) -> Film:
        return film_of(seen.raw, settings)

    return film


@dataclass(frozen=True)
class DepthFlips:
    """How often limbs that point along the view are read as pointing the other way along it.

    Attributes:
        deep: how many bones of limbs reach more than 12 cm towards the camera or away from it, over all frames.
        runs: (R,) over how many frames each of those on end that do so the other way lasts.
    """

    deep: int
    runs: IntArray

    def __add__(self, other: DepthFlips) -> DepthFlips:
        return DepthFlips(self.deep + other.deep, np.concatenate([self.runs, other.runs]))

    @property
    def percent(self) -> float:
        """Of those that are deep."""
        return 100.0 * float(self.runs.sum()) / max(self.deep, 1)


def depth_flips(found: DoubleArray, truth: DoubleArray) -> DepthFlips:
    """Of depths (T, 12), metres along the view, of the joints `LIMB_ENDS`."""
    runs = list[IntArray]()
    count = 0
    for top, end in LIMBS:
        here, there = (depths[:, end] - depths[:, top] for depths in (found, truth))
        deep = np.abs(there) > _DEEP_M
        wrong = deep & (here * there < 0.0) & (np.abs(here) > _FLAT_M)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], wrong, [False]]).astype(int)))
        runs.append(np.asarray(edges[1::2] - edges[::2], np.intp))
        count += int(deep.sum())
    return DepthFlips(count, np.concatenate(runs))


def landmark_flips(seen: SeenFilm) -> DepthFlips:
    """Of the detector's own world landmarks."""
    assert seen.found.keypoints_world is not None
    return depth_flips(seen.found.keypoints_world[:, _KEYPOINTS, 2].astype(np.float64), _depths(seen, seen.joints))


def way_flips(seen: SeenFilm, film: Film) -> DepthFlips:
    """Of what a way makes of it."""
    found = film.joints - film.joints[:, :1]
    truth = seen.joints - seen.joints[:, :1]
    turned = found @ about_the_vertical(found[:, COMMON_JOINTS], truth[:, COMMON_JOINTS]).T
    return depth_flips(_depths(seen, turned), _depths(seen, truth))


def _depths(seen: SeenFilm, joints: DoubleArray) -> DoubleArray:
    return np.asarray((joints[:, COMMON_JOINTS] @ seen.turn.T)[..., 2], np.float64)


def standing_speeds(joints: DoubleArray) -> DoubleArray:
    """(N,) millimetres a frame that the balls of the feet move in truth (T, 24, 3) while they count as standing."""
    stands = contacts(joints)
    moved = 1000.0 * np.linalg.norm(np.diff(joints[:, BALLS], axis=0), axis=-1)
    return moved[stands[1:] & stands[:-1]]
