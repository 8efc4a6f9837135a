"""BlazePose: the people in a picture, each with 33 landmarks in pixels and in metres.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking", 2020, and the model card "BlazePose GHUM 3D".
The model files are Google's (Apache-2.0); all code around them is our own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray, ImageArray
from ..job import Job, Progress
from ..keypoints import BLAZEPOSE_33
from ..observation import Observation
from ..packages import require_opencv
from . import boxes, landmarks
from .anchors import INPUT_SIZE as DETECTOR_SIZE
from .crops import Picture
from .landmarks import INPUT_SIZE as LANDMARK_SIZE
from .landmarks import Landmarks, averaged
from .roi import Roi, apply_affine, half_tiles
from .tflite import TfliteModel

LEAST_PRESENCE: Final = 0.5
"""Crops in which the landmark model is less sure than this of a person are dropped (MediaPipe's own threshold)."""
LEAST_SCORE: Final = 0.3
"""Lower than MediaPipe's 0.5: finds the second and third person of a group; the landmark model refuses what is none."""
LEAST_TILE_SCORE: Final = 0.5
SMALL_SHARE: Final = 0.25
"""People whose boxes all cover less than this share of the picture may have company too small for the first look."""
_SAME_PERSON: Final = 0.05
"""Two answers are one person when a quarter of their landmarks are closer than this share of the smaller one's size:
people who overlap share no limbs, two readings of one person do, even where one has gone wrong elsewhere."""
_SAME_REGION: Final = 0.1
LEAST_SIZE_PX: Final = 16.0
"""Whatever is smaller than this in the picture has too few pixels to show a pose."""
_BOX_MARGIN: Final = 0.08
"""The landmarks end at the eyes and the knuckles; the box is widened by this share of its longer side."""


@dataclass(frozen=True)
class Candidate:
    """A region in which somebody may be, and how sure the detector is."""

    roi: Roi
    score: float


class BlazePose:
    """The detector and the landmark model.

    Args:
        detector: `pose_detection.tflite`.
        landmarker: `pose_landmark_full.tflite`.
    """

    MODELS: Final = ("pose_detection", "pose_landmark_full")
    """The names of the two files in weights/registry.toml."""

    @classmethod
    def from_contents(cls, contents: Mapping[str, bytes], *, threads: int | None = None) -> BlazePose:
        """From the verified bytes of the files named in `MODELS`.

        Raises:
            MissingPackageError: LiteRT or OpenCV is not installed.
            ModelFileError: LiteRT cannot load a file.
        """
        require_opencv()
        detector, landmarker = (TfliteModel(contents[name], name, threads=threads) for name in cls.MODELS)
        return cls(detector, landmarker)

    def __init__(self, detector: TfliteModel, landmarker: TfliteModel) -> None:
        self._detector = detector
        self._landmarker = landmarker

    def people(self, image: ImageArray, *, most: int = 8, passes: int = 2) -> Job[tuple[Observation, ...]]:
        """Find up to `most` people in an image (H, W, 3) RGB.

        The picture is looked at as a whole; where that shows nobody, or only small people, once more in overlapping
        tiles of half its size.

        Args:
            passes: how often the landmark model looks at each person; from the second on it is given the region that
                its own last answer asks for. What the looks say is averaged: over the annotated people of the shared
                photos the mean is nearer to the truth than the first or the second look alone.

        Returns:
            One observation a person, the most prominent (largest and surest) first; none when nobody is there.
        """
        yield Progress("Looking for people", 0.0)
        picture = Picture(image)
        size = picture.size
        candidates = self.candidates(picture, Roi.letterbox(size), least_score=LEAST_SCORE)
        found = yield from self._look_at_all(picture, candidates[: 2 * most], passes)
        if all(_share(person, size) < SMALL_SHARE for person in found):
            candidates = yield from self._look_closer(picture, found)
            found = _distinct([*found, *(yield from self._look_at_all(picture, candidates[: 2 * most], passes))])
        return tuple(_observation(person, size) for person in _most_prominent(found, size)[:most])

    def _look_closer(self, picture: Picture, known: Sequence[Landmarks]) -> Job[list[Candidate]]:
        """Candidates seen in the tiles of the picture that are nobody known yet."""
        seen: list[Candidate] = []
        tiles = half_tiles(picture.size)
        for number, tile in enumerate(tiles):
            yield Progress("Looking for small people", 0.4 + 0.2 * number / len(tiles))
            seen += self.candidates(picture, tile, least_score=LEAST_TILE_SCORE)
        regions = [person.next_roi for person in known]
        new: list[Candidate] = []
        for candidate in sorted(seen, key=lambda one: -one.score):
            if not any(_same_region(candidate.roi, region) for region in regions):
                regions.append(candidate.roi)
                new.append(candidate)
        return new

    def _look_at_all(self, picture: Picture, candidates: Sequence[Candidate], passes: int) -> Job[list[Landmarks]]:
        """The people at these places, each once."""
        found: list[Landmarks] = []
        for number, candidate in enumerate(candidates):
            looks: list[Landmarks] = []
            for turn in range(passes):
                done = (number + turn / passes) / len(candidates)
                yield Progress(f"Finding the joints of person {number + 1} of {len(candidates)}", 0.1 + 0.9 * done)
                looks.append(self.look(picture, looks[-1].next_roi if looks else candidate.roi))
                if looks[-1].presence < LEAST_PRESENCE:
                    break
            else:
                found.append(averaged(looks))
        return _distinct(person for person in found if _size(person) >= LEAST_SIZE_PX)

    def candidates(self, picture: Picture, view: Roi, *, least_score: float) -> list[Candidate]:
        """What the detector takes for people in one square view of the image, the surest first."""
        pixels = picture.crop(view, DETECTOR_SIZE, replicate=False)
        value = pixels.astype(np.float32)[None] / 127.5 - 1.0
        raw_boxes, raw_scores = self._detector.run(value, outputs=(0, 1))
        found = boxes.suppress(boxes.decode(raw_boxes, raw_scores, least_score=least_score))
        points = apply_affine(view.to_image(1), found.points)
        return [
            Candidate(Roi.around(*pair[:2]), float(score)) for pair, score in zip(points, found.scores, strict=True)
        ]

    def look(self, picture: Picture, roi: Roi) -> Landmarks:
        """What the landmark model sees in one region, whether or not anybody is there (`Landmarks.presence`)."""
        pixels = picture.crop(roi, LANDMARK_SIZE, replicate=True)
        value = pixels.astype(np.float32)[None] / 255.0
        return landmarks.decode(self._landmarker.run(value, outputs=(0, 1, 3, 4)), roi)


def _distinct(people: Iterable[Landmarks]) -> list[Landmarks]:
    """Without those that are somebody already seen: two regions may converge on one person. The surer one stays."""
    kept: list[Landmarks] = []
    for person in sorted(people, key=lambda seen: -seen.presence * float(seen.confidence.mean())):
        if not any(_same_person(person, other) for other in kept):
            kept.append(person)
    return kept


def _same_person(first: Landmarks, second: Landmarks) -> bool:
    distances: DoubleArray = np.linalg.norm(first.points_px - second.points_px, axis=1)
    return float(np.quantile(distances, 0.25)) < _SAME_PERSON * min(_size(first), _size(second))


def _same_region(first: Roi, second: Roi) -> bool:
    """Whether two regions are about the same hips at about the same scale."""
    smaller, larger = sorted((first.side, second.side))
    return larger < 2.0 * smaller and math.hypot(first.x - second.x, first.y - second.y) < _SAME_REGION * smaller


def _size(person: Landmarks) -> float:
    """The longer side of the box around the landmarks, in pixels."""
    return float((person.points_px.max(axis=0) - person.points_px.min(axis=0)).max())


def _most_prominent(people: Sequence[Landmarks], image_size: tuple[int, int]) -> list[Landmarks]:
    """Largest box inside the picture times presence first."""

    def prominence(person: Landmarks) -> float:
        return _share(person, image_size) * person.presence

    return sorted(people, key=prominence, reverse=True)


def _share(person: Landmarks, image_size: tuple[int, int]) -> float:
    """How much of the picture the person's box covers, in [0, 1]."""
    left, top, right, bottom = person_box(person, image_size)
    return float((right - left) * (bottom - top)) / (image_size[0] * image_size[1])


def person_box(person: Landmarks, image_size: tuple[int, int]) -> DoubleArray:
    """(4,) left, top, right, bottom of the person, inside the picture."""
    low, high = person.points_px.min(axis=0), person.points_px.max(axis=0)
    margin = _BOX_MARGIN * float((high - low).max())
    box = np.concatenate([low - margin, high + margin])
    return np.clip(box, 0.0, np.array(image_size * 2, dtype=np.float64))


def _observation(person: Landmarks, image_size: tuple[int, int]) -> Observation:
    return Observation(
        keypoints_px=person.points_px[None].astype(np.float32),
        confidence=person.confidence[None],
        schema=BLAZEPOSE_33,
        image_size=image_size,
        keypoints_world=person.world[None].astype(np.float32),
        box_px=person_box(person, image_size)[None].astype(np.float32),
    )
