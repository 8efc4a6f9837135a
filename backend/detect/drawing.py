"""The figure in a drawing: its keypoints, how sure they are, and which limbs are nearer. Needs torch and OpenCV.

It looks at the whole picture and at all that is drawn in it, then closely at the figure that was found; each time also
in the mirror, and what is seen there is averaged, the surer look counting more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import DoubleArray, FloatArray, ImageArray
from ..errors import InputError, ModelError
from ..job import Job, Progress
from ..keypoints import FIGURE_23
from ..observation import Observation
from ..packages import require_opencv, require_torch

if TYPE_CHECKING:
    import torch

    from .drawing_network import Look

LEAST_SCORE: Final = 0.5
"""Less sure of a figure than this, there is none."""
CLOSE: Final = 0.05
"""A point's confidence is the chance that it is within this share of the figure's height."""
_CLOSE_UP: Final = 0.72
"""The share of the picture's width that the figure takes up in the second look; in training it is 0.55 to 0.9."""
_MARGIN: Final = 1.08
_LEAST_INK: Final = 0.1
_LEAST_PIXELS: Final = 16
_SIZE: Final = 192


@dataclass(frozen=True)
class DrawnFigure:
    """A figure that was found in a drawing.

    Attributes:
        observation: its keypoints, of `FIGURE_23`, in one frame, in pixels of the full image. The confidence is the
            chance that a point is in the picture and within 0.05 of the figure's height, the longer side of the box
            around the points.
        depth: (23,) how much nearer to the viewer than the pelvis, as a share of the figure's stature.
        depth_sigma: (23,) the error to expect of it.
        score: in [0, 1], the chance that there is a figure.
        spread_px: (23,) b in pixels of the full image, where an error r has the density exp(-r / b) / (2 pi b^2);
            None where it is not known.
    """

    observation: Observation
    depth: FloatArray
    depth_sigma: FloatArray
    score: float
    spread_px: FloatArray | None = None


@dataclass(frozen=True)
class _Sight:
    """What looks say together, in pixels of the working copy: points (23, 2), spread, depth, sigma, inside (23,)."""

    points: FloatArray
    spread: FloatArray
    depth: FloatArray
    depth_sigma: FloatArray
    inside: FloatArray
    figure: float


class DrawingDetector:
    """Finds the figure in drawings.

    Args:
        network: what reads ink, a `DrawingNetwork`.
        device: that it is on.
        spread_factor: what its spreads are multiplied with, `DrawingNetwork.spread_factor`.

    Raises:
        MissingPackageError: torch or OpenCV is not installed.
    """

    def __init__(
        self,
        network: Callable[[torch.Tensor], Look],
        device: torch.device | str = "cpu",
        *,
        spread_factor: float | None = None,
    ) -> None:
        require_torch()
        require_opencv()
        self._network, self._device = network, device
        given = getattr(network, "spread_factor", 1.0) if spread_factor is None else spread_factor
        self._spread_factor = float(given)

    def figures(self, image: ImageArray) -> Job[list[DrawnFigure]]:
        """Find the figure; a job, see `backend.job`.

        Args:
            image: (H, W, 3) RGB, of any size; dark strokes on light paper or the other way round.

        Returns:
            The figure, or an empty list where there is none.

        Raises:
            InputError: the image is no such array.
            ModelError: the network answers with numbers that are none.
        """
        _check(image)
        from .drawing_ink import ink, working_copy

        yield Progress("Looking for strokes", 0.0)
        small, scale = working_copy(image)
        yield Progress("Looking for strokes", 0.2)
        strokes = ink(small)
        box = _inked_box(strokes)
        if box is None:
            return []
        yield Progress("Looking for a figure", 0.4)
        whole = _view((0.0, 0.0, strokes.shape[1] - 1.0, strokes.shape[0] - 1.0), 1.0)
        sights = [self._look(strokes, view) for view in (whole, _view(box, 1.0 / _MARGIN))]
        first = max(sights, key=_quality)
        if first.figure < LEAST_SCORE / 5.0:
            return []
        yield Progress("Looking closely", 0.7)
        second = self._look(strokes, _view(_figure_box(first), _CLOSE_UP))
        score = (max(sight.figure for sight in sights) * second.figure) ** 0.5
        return [_drawn(second, scale, image, score=score)] if score >= LEAST_SCORE else []

    def _look(self, strokes: FloatArray, view: DoubleArray) -> _Sight:
        """Look through `view` (2, 3), from pixels of the look to those of the strokes: as it is, and mirrored."""
        import torch

        from .drawing_ink import warped

        straight = warped(strokes, view, _SIZE)
        pair = np.ascontiguousarray(np.stack([straight, straight[:, ::-1]])[:, None])
        with torch.inference_mode():
            look = self._network(torch.from_numpy(pair).to(self._device))
        return _together(look, view, self._spread_factor)


def _check(image: ImageArray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"A drawing must be an array (H, W, 3) of uint8, not {image.shape} of {image.dtype}.")
    if min(image.shape[:2]) < _LEAST_PIXELS:
        height, width = image.shape[:2]
        raise InputError(f"A drawing of {width} x {height} pixels shows too little. Take one of 100 or more pixels.")


def _together(look: Look, view: DoubleArray, factor: float) -> _Sight:
    """A straight look and a mirrored one -> one, in pixels of the strokes."""
    points = _unmirrored(look.points)
    points[1, :, 0] = _SIZE - 1.0 - points[1, :, 0]
    log_spread, depth, log_sigma, inside = (
        _unmirrored(value) for value in (look.log_spread, look.depth, look.log_depth_sigma, look.inside)
    )
    weights = np.exp(-2.0 * log_spread)
    weights /= weights.sum(0)
    mean = (weights[..., None] * points).sum(0)
    apart = np.sqrt((weights * np.square(points - mean).sum(2)).sum(0))
    size = float(np.hypot(view[0, 0], view[1, 0]))
    spread = np.exp((weights * log_spread).sum(0)) * factor + 0.5 * apart
    return _Sight(
        points=(mean @ view[:, :2].T + view[:, 2]).astype(np.float32),
        spread=(spread * size).astype(np.float32),
        depth=depth.mean(0),
        depth_sigma=np.exp(log_sigma.mean(0)),
        inside=_sigmoid(inside.mean(0)),
        figure=float(_sigmoid(_numbers(look.figure)).mean()),
    )


def _unmirrored(value: torch.Tensor) -> FloatArray:
    """(2, 23, ...) with the keypoints of the mirrored look under the names that they have without the mirror."""
    numbers = _numbers(value)
    return np.stack([numbers[0], numbers[1][_OTHER_SIDE]])


def _numbers(value: torch.Tensor) -> FloatArray:
    numbers: FloatArray = np.asarray(value.float().cpu().numpy(), np.float32)
    if not np.isfinite(numbers).all():
        raise ModelError("The drawing model answers with numbers that are not finite. Fetch it again.")
    return numbers


def _other_side() -> list[int]:
    """Where the same keypoint of the figure's other side is."""
    other = {"left": "right", "right": "left"}
    names = [name.partition("_") for name in FIGURE_23.names]
    return [FIGURE_23.index[other.get(first, first) + rest + last] for first, rest, last in names]


_OTHER_SIDE: Final = np.array(_other_side())


def _sigmoid(value: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0)))


_Box = tuple[float, float, float, float]


def _view(box: _Box, share: float) -> DoubleArray:
    """(2, 3) from pixels of a look to those of the strokes: the middle of the box in the middle, filling `share`."""
    left, top, right, bottom = box
    size = max(right - left + 1.0, bottom - top + 1.0, 8.0) / (share * _SIZE)
    middle = (_SIZE - 1.0) / 2.0
    return np.array(
        [[size, 0.0, (left + right) / 2.0 - size * middle], [0.0, size, (top + bottom) / 2.0 - size * middle]]
    )


def _inked_box(strokes: FloatArray) -> _Box | None:
    """Left, top, right and bottom of what is drawn; None where nothing is."""
    inked = strokes > _LEAST_INK
    columns, rows = np.flatnonzero(inked.any(0)), np.flatnonzero(inked.any(1))
    if inked.sum() < _LEAST_PIXELS:
        return None
    return float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])


def _quality(sight: _Sight) -> float:
    """How much a first look is worth: sure of a figure, and of its points for the size in which it saw it."""
    return sight.figure * float(_chance(sight).mean())


def _figure_box(sight: _Sight) -> _Box:
    """Around the points that are in the picture, those quite lost left out."""
    kept = (sight.inside > 0.5) & (sight.spread < 0.3 * _height(sight))
    points = sight.points[kept] if kept.sum() >= 4 else sight.points
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return float(left), float(top), float(right), float(bottom)


def _height(sight: _Sight) -> float:
    """The longer side of the box around the points in the picture."""
    kept = sight.inside > 0.5
    points = sight.points[kept] if kept.sum() >= 4 else sight.points
    return max(float(np.ptp(points, axis=0).max()), 1.0)


def _chance(sight: _Sight) -> FloatArray:
    """(23,) of an error r below R where its density is exp(-r / b) / (2 pi b^2): 1 - (1 + R / b) exp(-R / b)."""
    ratio = CLOSE * _height(sight) / sight.spread
    return (1.0 - (1.0 + ratio) * np.exp(-ratio)).astype(np.float32)


def _drawn(sight: _Sight, scale: float, image: ImageArray, *, score: float) -> DrawnFigure:
    height, width = image.shape[:2]
    points = (sight.points + 0.5) / scale - 0.5
    left, top, right, bottom = ((edge + 0.5) / scale - 0.5 for edge in _figure_box(sight))
    observation = Observation(
        keypoints_px=points[None],
        confidence=np.clip(_chance(sight) * sight.inside, 0.0, 1.0)[None],
        schema=FIGURE_23,
        image_size=(width, height),
        box_px=np.array([[left, top, right, bottom]], np.float32),
    )
    return DrawnFigure(observation, sight.depth, sight.depth_sigma, score, sight.spread / np.float32(scale))
