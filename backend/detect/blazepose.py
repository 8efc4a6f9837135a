"""BlazePose: the people in a picture, each with 33 landmarks in pixels and in metres.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking", 2020, and the model card "BlazePose GHUM 3D".
The model files are Google's (Apache-2.0); all code around them is our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from ..arrays import DoubleArray, ImageArray
from ..job import Job, Progress
from ..keypoints import BLAZEPOSE_33
from ..observation import Observation
from ..packages import require_opencv
from . import boxes, landmarks
from .anchors import INPUT_SIZE as DETECTOR_SIZE
from .landmarks import INPUT_SIZE as LANDMARK_SIZE
from .landmarks import Landmarks
from .roi import Roi, apply_affine, crop
from .tflite import TfliteModel

LEAST_PRESENCE: Final = 0.5
"""Crops in which the landmark model is less sure than this of a person are dropped (MediaPipe's own threshold)."""
_SAME_PERSON: Final = 0.15
"""Two answers are one person when half of their landmarks are closer than this share of the smaller box's side."""
_BOX_MARGIN: Final = 0.08
"""The landmarks end at the eyes and the knuckles; the box is widened by this share of its longer side."""


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

        Args:
            passes: how often the landmark model looks at each person; from the second on it is given the region that
                its own last answer asks for.

        Returns:
            One observation a person, the most prominent (largest and surest) first; none when nobody is there.
        """
        yield Progress("Looking for people", 0.0)
        size = (image.shape[1], image.shape[0])
        rois = self._rois(image, Roi.letterbox(size))
        found: list[Landmarks] = []
        for number, roi in enumerate(rois[: 2 * most]):
            for turn in range(passes):
                done = (number + turn / passes) / len(rois)
                yield Progress(f"Finding the joints of person {number + 1} of {len(rois)}", 0.1 + 0.9 * done)
                seen = self._look(image, roi)
                roi = seen.next_roi
                if seen.presence < LEAST_PRESENCE:
                    break
            else:
                found.append(seen)
        return tuple(_observation(person, size) for person in _most_prominent(_distinct(found), size)[:most])

    def _rois(self, image: ImageArray, view: Roi) -> list[Roi]:
        """The region of each person that the detector sees in one square view of the image."""
        pixels = crop(image, view, DETECTOR_SIZE, replicate=False)
        value = pixels.astype(np.float32)[None] / 127.5 - 1.0
        raw_boxes, raw_scores = self._detector.run(value, outputs=(0, 1))
        found = boxes.suppress(boxes.decode(raw_boxes, raw_scores))
        points = apply_affine(view.to_image(1), found.points)
        return [Roi.around(hips, circle) for hips, circle in points[:, :2]]

    def _look(self, image: ImageArray, roi: Roi) -> Landmarks:
        pixels = crop(image, roi, LANDMARK_SIZE, replicate=True)
        value = pixels.astype(np.float32)[None] / 255.0
        return landmarks.decode(self._landmarker.run(value, outputs=(0, 1, 3, 4)), roi)


def _distinct(people: Iterable[Landmarks]) -> list[Landmarks]:
    """Without those that are somebody already seen: two regions may converge on one person. The surer one stays."""
    kept: list[Landmarks] = []
    for person in sorted(people, key=lambda seen: -seen.presence):
        if not any(_same_person(person, other) for other in kept):
            kept.append(person)
    return kept


def _same_person(first: Landmarks, second: Landmarks) -> bool:
    size = min(float(np.ptp(seen.points_px, axis=0).max()) for seen in (first, second))
    distances = np.linalg.norm(first.points_px - second.points_px, axis=1)
    return float(np.median(distances)) < _SAME_PERSON * size


def _most_prominent(people: Sequence[Landmarks], image_size: tuple[int, int]) -> list[Landmarks]:
    """Largest box inside the picture times presence first."""

    def prominence(person: Landmarks) -> float:
        left, top, right, bottom = _box(person, image_size)
        return float((right - left) * (bottom - top)) * person.presence

    return sorted(people, key=prominence, reverse=True)


def _box(person: Landmarks, image_size: tuple[int, int]) -> DoubleArray:
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
        box_px=_box(person, image_size)[None].astype(np.float32),
    )
