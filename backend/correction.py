"""Keypoints that the artist put elsewhere, and what the readings of a photo become by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .arrays import FloatArray
from .estimate.estimator import Estimate
from .estimate.resolve import landmarks_px, resolve
from .keypoints import BLAZEPOSE_33
from .observation import Observation
from .pipeline import PhotoResult
from .shown_joints import shown_by

Place = tuple[float, float]
"""x, y in pixels of the full image."""

HANDLES: Final = (
    "nose", *(f"{side}_{name}" for side in ("left", "right") for name in (
        "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot_index"))
)  # fmt: skip
"""The landmarks that are offered to be moved; any other of `BLAZEPOSE_33` can be."""
_SEEN: Final = 0.5


@dataclass(frozen=True)
class Correction:
    """Points placed in one picture. A pose depends on where they are, not on how they came there.

    Attributes:
        before: the readings without any correction.
        moved: landmark -> where it was put.
    """

    before: PhotoResult
    moved: Mapping[str, Place] = field(default_factory=dict[str, Place])

    def with_moved(self, name: str, place: Place | None) -> Correction:
        """With one more point placed, or with one set free (None)."""
        others = {other: at for other, at in self.moved.items() if other != name}
        return replace(self, moved=others if place is None else {**others, name: place})

    def reading(self, index: int) -> Estimate:
        """One reading, counted from 0, solved again.

        Raises:
            InputError: a name or a number cannot be used.
            MissingPackageError: torch is not installed.
        """
        was = self.before.estimates[index]
        solved = resolve(was, self.moved, seen=self.before.observation)
        if self.moved and solved.poses.shown is not None:
            shown = shown_by(self.before.observation, placed=self.moved)
            solved = replace(solved, poses=replace(solved.poses, shown=shown))
        return self.before.settled(solved, was=was)

    def observation(self) -> Observation:
        """What was seen, with the placed points for certain."""
        seen = self.before.observation
        points, confidence = seen.keypoints_px.copy(), seen.confidence.copy()
        for name, place in self.moved.items():
            column = seen.schema.find(name)
            if column is not None:
                points[:, column], confidence[:, column] = place, 1.0
        return replace(seen, keypoints_px=points, confidence=confidence)

    def result(self, *, solved: Mapping[int, Estimate] | None = None) -> PhotoResult:
        """All readings solved again; `solved` are those that have been already.

        Raises:
            InputError, MissingPackageError: as `reading`.
        """
        known = solved or {}
        estimates = [known[k] if k in known else self.reading(k) for k in range(len(self.before.estimates))]
        people = list(self.before.found.people)
        people[self.before.person] = self.observation()
        found = replace(self.before.found, people=tuple(people))
        return replace(self.before, found=found, estimates=tuple(estimates))


def handle_places(correction: Correction, index: int, *, solved: Estimate | None = None) -> FloatArray:
    """(33, 2) where the landmarks are shown: where they were seen or placed, else where the reading has them.

    Args:
        correction: the placed points.
        index: the reading, counted from 0.
        solved: the reading with these points, if it has been solved already.
    """
    places = landmarks_px(correction.before.estimates[index] if solved is None else solved).copy()
    seen = correction.observation()
    for row, name in enumerate(BLAZEPOSE_33.names):
        column = seen.schema.find(name)
        if column is not None and seen.confidence[0, column] >= _SEEN:
            places[row] = seen.keypoints_px[0, column]
        if name in correction.moved:
            places[row] = correction.moved[name]
    return places
