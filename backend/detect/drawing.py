"""The figure in a drawing: its keypoints, how sure they are, and which limbs are nearer. Needs torch and OpenCV.

It looks at the whole picture and at all that is drawn in it, then closely at the figure that was found, turned until
its trunk is upright; each time also in the mirror. Where the looks differ, as they may about left and right, they vote
for each keypoint. Whether there is a figure is judged by all looks, and by how sure its keypoints are.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import DoubleArray, FloatArray, ImageArray
from ..errors import InputError, ModelError
from ..job import Job, Progress
from ..keypoints import FIGURE_23
from ..observation import Observation
from ..packages import require_opencv, require_torch
from ..refine.tensors import one_thread

if TYPE_CHECKING:
    import torch

    from .drawing_network import Look

LEAST_SCORE: Final = 0.5
"""Less sure of a figure than this, there is none."""
CLOSE: Final = 0.05
"""A point's confidence is the chance that it is within this share of the figure's height."""
_CLOSE_UPS: Final = (0.72, 0.6)
"""Shares of the picture's width that the figure takes up in the close looks; in training it is 0.55 to 0.9."""
_AGREE: Final = 0.06
"""Looks agree on a keypoint within this share of the figure's height."""
LEAST_SURE: Final = 0.08
"""Nor is there one, but at most a thing with a face, where the keypoints are less sure than this on average."""
_HOPELESS: Final = -2.0
"""Where the first looks' logit of a figure is below this, there is none, and no closer look is taken."""
_WEIGHTS: Final = (0.25, 0.22, 0.95)
"""Of `Signs` in the logit of a figure; fitted to synthetic drawings by `training.fit_figure_drawn`, as is the next."""
_BIAS: Final = 0.0
"""Less than the 0.27 of even chances: of 129 pictures without a figure one passes then, of the figures 97 %."""
_FEW_POINTS: Final = 3.0
_LEAST_TRUNK: Final = 0.12
"""As a share of the figure's height; of one that is shorter, or as unsure, nobody can say where it points."""
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
class _Looks:
    """What L looks saw: points (L, 23, 2) and spread (L, 23) in pixels of the strokes, the rest as `Look` has it."""

    points: FloatArray
    spread: FloatArray
    depth: FloatArray
    log_depth_sigma: FloatArray
    inside: FloatArray
    figure: FloatArray

    def spread_mean(self) -> float:
        """In pixels of the strokes."""
        return float(np.exp(np.log(self.spread).mean()))


@dataclass(frozen=True)
class _Sight:
    """What looks say together: points (23, 2) and spread (23,) in pixels of the strokes, the rest (23,)."""

    points: FloatArray
    spread: FloatArray
    depth: FloatArray
    depth_sigma: FloatArray
    inside: FloatArray


@dataclass(frozen=True)
class Signs:
    """What speaks for there being a figure.

    Attributes:
        glance: the mean logit that the looks at the whole give it.
        close: the same of the close looks.
        sure: the mean chance of the keypoints in the picture to be near their places.
    """

    glance: float
    close: float
    sure: float

    def as_array(self) -> DoubleArray:
        """(3,) what is weighted: of the chance the logarithm."""
        return np.array([self.glance, self.close, np.log(self.sure + 0.01)])

    @property
    def score(self) -> float:
        """In [0, 1], the chance that there is a figure."""
        return 1.0 / (1.0 + math.exp(-float(self.as_array() @ _WEIGHTS + _BIAS)))


@dataclass(frozen=True)
class _Read:
    """What was seen in a picture, `scale` pixels of whose strokes are one of its own."""

    sight: _Sight
    signs: Signs
    scale: float


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

    def warm_up(self) -> None:
        """Look at nothing once, so that what torch prepares at first use belongs to loading."""
        import torch

        with torch.inference_mode(), one_thread():
            self._network(torch.zeros(1, 1, _SIZE, _SIZE, device=self._device))

    def figures(self, image: ImageArray) -> Job[list[DrawnFigure]]:
        """Find the figure; a job, see `backend.job`.

        Args:
            image: (H, W, 3) RGB, of any size; dark strokes on light paper or the other way round.

        Returns:
            The figure in a list, the surest where there are several; an empty list where there is none.

        Raises:
            InputError: the image is no such array.
            ModelError: the network answers with numbers that are none.
        """
        read = yield from self._read(image)
        if read is None or read.signs.score < LEAST_SCORE or read.signs.sure < LEAST_SURE:
            return []
        return [_drawn(read.sight, read.scale, image, score=read.signs.score)]

    def signs(self, image: ImageArray) -> Job[Signs | None]:
        """What speaks for a figure in a picture (H, W, 3), however little; None where it is blank. As `figures`."""
        read = yield from self._read(image, hopeless=-math.inf)
        return None if read is None else read.signs

    def _read(self, image: ImageArray, *, hopeless: float = _HOPELESS) -> Job[_Read | None]:
        _check(image)
        from .drawing_ink import ink, working_copy

        yield Progress("Looking for strokes", 0.0)
        small, scale = working_copy(image)
        yield Progress("Looking for strokes", 0.2)
        strokes = ink(small)
        inked = _inked_corners(strokes)
        if inked is None:
            return None
        whole = np.array([[0.0, 0.0], [strokes.shape[1] - 1.0, strokes.shape[0] - 1.0]])
        first: list[_Looks] = []
        for view in (_view(whole, 1.0), _view(inked, 1.0 / _MARGIN)):
            look = yield from self._look(strokes, view, Progress("Looking for a figure", 0.4))
            first.append(look)
        if _figure_logit(first) < hopeless:
            return None
        found = _together(min(first, key=_Looks.spread_mean))
        close: list[_Looks] = []
        for number, share in enumerate(_CLOSE_UPS):
            view = _view(_figure_points(found), share, lean=_lean(found))
            look = yield from self._look(strokes, view, Progress("Looking closely", 0.6 + 0.2 * number))
            close.append(look)
        names = _Looks.__dataclass_fields__
        every = _Looks(*(np.concatenate([getattr(look, name) for look in (*first, *close)]) for name in names))
        sight = _together(every)
        return _Read(sight, Signs(_figure_logit(first), _figure_logit(close), _sure(sight)), scale)

    def _look(self, strokes: FloatArray, view: DoubleArray, progress: Progress) -> Job[_Looks]:
        """Look through `view` (2, 3), from pixels of the look to those of the strokes: as it is, and mirrored."""
        import torch

        from .drawing_ink import warped

        yield progress
        straight = warped(strokes, view, _SIZE)
        looks: list[Look] = []
        for picture in (straight, np.ascontiguousarray(straight[:, ::-1])):
            with torch.inference_mode(), one_thread():  # two threads on two busy cores wait for each other
                looks.append(self._network(torch.from_numpy(picture[None, None]).to(self._device)))
            yield progress
        return _in_strokes(_both(looks), view, self._spread_factor)


def _both(looks: list[Look]) -> Look:
    """Two looks of a picture each as one of two."""
    import torch

    return replace(looks[0], **{name: torch.cat([getattr(look, name) for look in looks]) for name in vars(looks[0])})


def _figure_logit(looks: list[_Looks]) -> float:
    """Of there being a figure, their mean."""
    return float(np.concatenate([look.figure for look in looks]).mean())


def _sure(sight: _Sight) -> float:
    """The mean chance of the keypoints in the picture; of very few it says little."""
    return float((_chance(sight) * sight.inside).sum() / max(float(sight.inside.sum()), _FEW_POINTS))


def _check(image: ImageArray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"A drawing must be an array (H, W, 3) of uint8, not {image.shape} of {image.dtype}.")
    if min(image.shape[:2]) < _LEAST_PIXELS:
        height, width = image.shape[:2]
        raise InputError(f"A drawing of {width} x {height} pixels shows too little. Take one of 100 or more pixels.")


def _in_strokes(look: Look, view: DoubleArray, factor: float) -> _Looks:
    """A straight look and a mirrored one, in pixels of the strokes and without the mirror."""
    points = _unmirrored(look.points)
    points[1, :, 0] = _SIZE - 1.0 - points[1, :, 0]
    size = float(np.hypot(view[0, 0], view[1, 0]))
    return _Looks(
        points=(points @ view[:, :2].T + view[:, 2]).astype(np.float32),
        spread=np.exp(np.clip(_unmirrored(look.log_spread), -3.0, 6.0)) * np.float32(size * factor),
        depth=_unmirrored(look.depth),
        log_depth_sigma=_unmirrored(look.log_depth_sigma),
        inside=_unmirrored(look.inside),
        figure=_numbers(look.figure),
    )


def _together(looks: _Looks) -> _Sight:
    """Each keypoint where most looks see it: where the sum of their densities is highest, averaged with those near it.

    The spread also counts the distance of the looks that see it elsewhere.
    """
    points, spread = looks.points, looks.spread
    apart = np.linalg.norm(points[:, None] - points[None], axis=3)
    density = (np.exp(-apart / spread[None]) / np.square(spread[None])).sum(1)
    chosen = density.argmax(0)
    away = np.take_along_axis(apart, chosen[None, None], axis=1)[:, 0]
    inside = _sigmoid(looks.inside.mean(0))
    height = _height(np.take_along_axis(points, chosen[None, :, None], axis=0)[0], inside)
    weights = (away < _AGREE * height) / np.square(spread)
    weights = weights / weights.sum(0)
    return _Sight(
        points=(weights[..., None] * points).sum(0).astype(np.float32),
        spread=np.exp(np.log(np.hypot(spread, away / 2.0)).mean(0)).astype(np.float32),
        depth=(weights * looks.depth).sum(0).astype(np.float32),
        depth_sigma=np.exp((weights * looks.log_depth_sigma).sum(0)).astype(np.float32),
        inside=inside.astype(np.float32),
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


_OTHER_SIDE: Final = list(FIGURE_23.mirror)
_HIPS: Final = [FIGURE_23.index[f"{side}_hip"] for side in ("left", "right")]
_SHOULDERS: Final = [FIGURE_23.index[f"{side}_shoulder"] for side in ("left", "right")]


def _sigmoid(value: FloatArray) -> FloatArray:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -30.0, 30.0)))


def _view(points: DoubleArray, share: float, *, lean: float = 0.0) -> DoubleArray:
    """(2, 3) from pixels of a look to those of the strokes: these points (K, 2) in the middle, filling `share`.

    What leans to the right by so many radians is upright in the look.
    """
    turn = np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
    turned = points @ turn
    low, high = turned.min(0), turned.max(0)
    matrix = max(float((high - low).max()) + 1.0, 8.0) / (share * _SIZE) * turn
    return np.column_stack([matrix, turn @ (low + high) / 2.0 - matrix.sum(1) * (_SIZE - 1.0) / 2.0])


def _lean(sight: _Sight) -> float:
    """Radians by which the trunk leans to the right in the picture; 0 where it is short or unsure."""
    hips, shoulders = (sight.points[points].mean(0) for points in (_HIPS, _SHOULDERS))
    across, down = (float(each) for each in shoulders - hips)
    least = _LEAST_TRUNK * _height(sight.points, sight.inside)
    if math.hypot(across, down) < least or float(sight.spread[_HIPS + _SHOULDERS].mean()) > least:
        return 0.0
    return math.atan2(across, -down)


def _inked_corners(strokes: FloatArray) -> DoubleArray | None:
    """(2, 2) left and top, right and bottom of what is drawn; None where nothing is."""
    inked = strokes > _LEAST_INK
    if inked.sum() < _LEAST_PIXELS:
        return None
    rows, columns = inked.nonzero()
    return np.array([[columns.min(), rows.min()], [columns.max(), rows.max()]], np.float64)


def _figure_points(sight: _Sight) -> DoubleArray:
    """(K, 2) those that are in the picture, without those quite lost."""
    kept = (sight.inside > 0.5) & (sight.spread < 0.3 * _height(sight.points, sight.inside))
    return np.asarray(sight.points[kept] if kept.sum() >= 4 else sight.points, np.float64)


def _height(points: FloatArray, inside: FloatArray) -> float:
    """The longer side of the box around the points in the picture."""
    kept = inside > 0.5
    return max(float(np.ptp(points[kept] if kept.sum() >= 4 else points, axis=0).max()), 1.0)


def _chance(sight: _Sight) -> FloatArray:
    """(23,) of an error r below R where its density is exp(-r / b) / (2 pi b^2): 1 - (1 + R / b) exp(-R / b)."""
    ratio = CLOSE * _height(sight.points, sight.inside) / sight.spread
    return (1.0 - (1.0 + ratio) * np.exp(-ratio)).astype(np.float32)


def _drawn(sight: _Sight, scale: float, image: ImageArray, *, score: float) -> DrawnFigure:
    height, width = image.shape[:2]
    points = (sight.points + 0.5) / scale - 0.5
    figure = _figure_points(sight)
    box = (np.concatenate([figure.min(0), figure.max(0)]) + 0.5) / scale - 0.5
    observation = Observation(
        keypoints_px=points[None],
        confidence=np.clip(_chance(sight) * sight.inside, 0.0, 1.0)[None],
        schema=FIGURE_23,
        image_size=(width, height),
        box_px=box[None].astype(np.float32),
    )
    return DrawnFigure(observation, sight.depth, sight.depth_sigma, score, sight.spread / np.float32(scale))
