"""BlazePose's person detector: raw outputs -> detections, one for each person.

Formulas and thresholds are those of the graph options that MediaPipe publishes with the model (TensorsToDetections,
NonMaxSuppression); the weighted suppression is that of Bazarevsky et al., "BlazeFace", 2019, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray
from .anchors import INPUT_SIZE, anchor_centres

LEAST_SCORE: Final = 0.5
_LEAST_OVERLAP: Final = 0.3
_LOGIT_LIMIT: Final = 80.0
"""float32 overflows beyond; MediaPipe clips at 100, which rounds to the same."""


@dataclass(frozen=True)
class Detections:
    """N candidates in the square input, whose coordinates run from 0 to 1.

    Attributes:
        boxes: (N, 4) left, top, right, bottom of the head and shoulders.
        points: (N, 4, 2) middle of the hips, point on the circle around the whole body, middle of the shoulders, point
            on the circle around the upper body.
        scores: (N,) in [0, 1].
    """

    boxes: FloatArray
    points: FloatArray
    scores: FloatArray


def sigmoid(logits: AnyFloatArray) -> FloatArray:
    """1 / (1 + exp(-x)), of any shape."""
    return (1.0 / (1.0 + np.exp(-np.clip(logits, -_LOGIT_LIMIT, _LOGIT_LIMIT)))).astype(np.float32)


def decode(raw_boxes: FloatArray, raw_scores: FloatArray, *, least_score: float = LEAST_SCORE) -> Detections:
    """Outputs (1, 2254, 12) and (1, 2254, 1) -> the candidates that reach `least_score`, best first.

    The twelve numbers are centre, size and four points, in pixels of the input; centre and points count from the
    anchor.
    """
    scores = sigmoid(raw_scores.reshape(-1))
    kept = np.flatnonzero(scores >= least_score)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    values = (raw_boxes.reshape(len(scores), -1)[kept] / INPUT_SIZE).astype(np.float32)
    anchors = anchor_centres()[kept]
    centre, half = values[:, 0:2] + anchors, values[:, 2:4] / 2.0
    points = values[:, 4:].reshape(-1, 4, 2) + anchors[:, None]
    return Detections(np.concatenate([centre - half, centre + half], axis=1), points, scores[kept])


def suppress(candidates: Detections) -> Detections:
    """Weighted non-maximum suppression: each group of overlapping candidates becomes its mean, weighted by score.

    Candidates below `LEAST_SCORE` do not blur the mean of a group that has better ones.

    Args:
        candidates: best first, as `decode` returns them.
    """
    boxes: list[DoubleArray] = []
    points: list[DoubleArray] = []
    scores: list[float] = []
    left = np.arange(len(candidates.scores))
    while left.size:
        overlap = overlaps(candidates.boxes[left[0]], candidates.boxes[left])
        joined = overlap > _LEAST_OVERLAP
        joined[0] = True
        group = left[joined]
        counted = candidates.scores[group] >= min(LEAST_SCORE, float(candidates.scores[left[0]]))
        weights = np.where(counted, candidates.scores[group], 0.0)
        boxes.append(np.average(candidates.boxes[group], axis=0, weights=weights))
        points.append(np.average(candidates.points[group], axis=0, weights=weights))
        scores.append(float(candidates.scores[group[0]]))
        left = left[~joined]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(points, np.float32).reshape(-1, 4, 2),
        np.array(scores, np.float32),
    )


def overlaps(box: AnyFloatArray, boxes: AnyFloatArray) -> DoubleArray:
    """Intersection over union of one box (4,) with others (N, 4), in [0, 1]; 0 where a box has no area."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    area = float(np.prod(np.clip(box[2:] - box[:2], 0.0, None)))
    areas = np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None), axis=1)
    return shared / np.maximum(area + areas - shared, 1e-12)
