"""A drawn figure of any proportions -> how large its parts are drawn, and how far each of its bones is foreshortened.

Artists draw with as little foreshortening as they can (Brodt and Bessmeltsev, "Sketch2Pose", 2022), and give figures
long or short limbs as they like. So of a group of bones -- arms, legs, trunk -- the one that is longest beside a real
body's lies in the plane of the picture, unless that would make the group too long or too short beside the others.

Convention: pixels with y down, as observations have them; directions with y up; scales in pixels a metre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..arrays import AnyFloatArray, DoubleArray
from ..errors import InputError
from ..keypoints import FIGURE_23
from .drawn_bones import BONE_INDEX, BONES, LENGTHS_M, REST_POINTS, SPANS

BoolArray: TypeAlias = npt.NDArray[np.bool_]

_SEEN: Final = 0.05
_LEAST_BONES: Final = 2
_LEAST_PX: Final = 4.0
_GROUP_SIGMA: Final[dict[str, float]] = {"torso": 0.15, "arm": 0.35, "leg": 0.35}
"""Of the logarithm of how large each group is drawn beside the whole."""
_FLAT_SIGMA: Final = np.radians(28.0)
"""How far bones are usually turned out of the picture."""
_LONGER_SIGMA: Final = 0.10
"""Of the logarithm of how much longer one bone is than its group."""
LIMB_PAIRS: Final = tuple(
    (f"{side}_{upper}", f"{side}_{lower}")
    for upper, lower in (("upper_arm", "forearm"), ("thigh", "shin"))
    for side in ("left", "right")
)
_STRAIGHT: Final = np.radians(12.0)
_ALIKE, _ALIKE_FROM_ABOVE = 0.5, 1.5
"""Of the logarithm of how differently the bones of one straight limb may be drawn."""
_STANDS: Final = np.radians(25.0)
_LEVEL: Final = 0.15
_FACE_RANGE: Final = (0.6, 4.0)
_COSINE_SIGMA: Final[dict[str, float]] = {
    "arm": 0.12, "leg": 0.12, "torso": 0.12, "shoulders": 0.25, "ears": 0.25, "face": 0.25, "left_cheek": 0.3,
    "right_cheek": 0.3,
}  # fmt: skip


@dataclass(frozen=True)
class DrawnSkeleton:
    """A drawn figure as the solver takes it; B bones in the order of `BONES`.

    Attributes:
        points_px: (23, 2) where the keypoints were drawn.
        confidence: (23,) 0 for those that are not there.
        directions: (B, 2) unit vectors.
        lengths_px: (B,).
        drawn: (B,) whether both ends are there.
        cosines: (B,) the seen share of each bone's length.
        cosine_sigma: (B,) infinite where nothing is known.
        scale: of the whole figure.
        group_scales: of arms, legs and the torso.
        face_scale: of the face.
    """

    points_px: DoubleArray
    confidence: DoubleArray
    directions: DoubleArray
    lengths_px: DoubleArray
    drawn: BoolArray
    cosines: DoubleArray
    cosine_sigma: DoubleArray
    scale: float
    group_scales: Mapping[str, float]
    face_scale: float

    @property
    def seen(self) -> BoolArray:
        """(23,)."""
        return self.confidence > _SEEN

    def is_drawn(self, bone: str) -> bool:
        """Whether both ends of a bone are there."""
        return bool(self.drawn[BONE_INDEX[bone]])

    def between_m(self, first: str, second: str) -> float:
        """How far apart two keypoints are drawn, in metres of the whole figure's scale; infinite where one is not."""
        pair = [FIGURE_23.index[first], FIGURE_23.index[second]]
        if not self.seen[pair].all():
            return np.inf
        return float(np.linalg.norm(self.points_px[pair[0]] - self.points_px[pair[1]])) / self.scale


def understood(points_px: AnyFloatArray, confidence: AnyFloatArray) -> DrawnSkeleton:
    """What a figure's keypoints (23, 2) and their confidence (23,) say of its proportions.

    Raises:
        InputError: fewer than two bones are drawn, or all keypoints lie in one place.
    """
    points, sure = np.asarray(points_px, np.float64), np.asarray(confidence, np.float64)
    seen = sure > _SEEN
    points = np.where(seen[:, None], points, 0.0)
    drawn = np.array([seen[[FIGURE_23.index[name] for name in bone.start + bone.end]].all() for bone in BONES])
    spans = ((SPANS.ends - SPANS.starts) @ points) * np.array([1.0, -1.0])
    lengths = np.where(drawn, np.linalg.norm(spans, axis=1), 0.0)
    bones = [index for index, bone in enumerate(BONES) if bone.group and drawn[index]]
    if len(bones) < _LEAST_BONES:
        raise InputError(
            f"The figure shows {len(bones)} bones of arms, legs and trunk, and a pose needs {_LEAST_BONES} at least. "
            "Add joints, or choose a drawing that shows more of the figure."
        )
    if lengths[bones].max() < _LEAST_PX:
        raise InputError("All joints of the figure lie in one place. Move them apart, or draw the figure larger.")
    directions = np.where(lengths[:, None] > 1e-6, spans / np.maximum(lengths, 1e-6)[:, None], [1.0, 0.0])
    shares = _shared_where_straight(lengths / LENGTHS_M, directions, points=points, drawn=drawn)
    scale, by_group = _scales(shares, drawn)
    face = _face_scale(points, seen, scale=scale)
    cosines, sigma = _cosines(shares, drawn, scale=scale, by_group=by_group, face=face)
    return DrawnSkeleton(
        points, np.where(seen, sure, 0.0), directions, lengths, drawn, cosines, sigma, scale, by_group, face
    )


def _scales(shares: DoubleArray, drawn: BoolArray) -> tuple[float, dict[str, float]]:
    """The likeliest scale of the whole figure, and of each group: a search over all, in steps of 3 per cent.

    `shares` (B,) are pixels a metre of a real body's bone.
    """
    ratios: dict[str, DoubleArray] = {}
    for group in _GROUP_SIGMA:
        there = [i for i, bone in enumerate(BONES) if bone.group == group and drawn[i] and shares[i] > 1e-6]
        if there:
            ratios[group] = np.log(np.maximum(shares[there], 1e-3))
    top = max(float(values.max()) for values in ratios.values())
    grid = np.arange(top - 2.0, top + 0.7, 0.03)
    whole = np.zeros_like(grid)
    chosen: dict[str, DoubleArray] = {}
    for group, values in ratios.items():
        own = _foreshortening_cost(values[:, None] - grid).sum(0)
        cost = own + 0.5 * np.square((grid - grid[:, None]) / _GROUP_SIGMA[group])
        best = cost.argmin(1)
        whole += cost[np.arange(len(grid)), best]
        chosen[group] = grid[best]
    at = int(whole.argmin())
    scale = float(np.exp(grid[at]))
    return scale, {group: float(np.exp(chosen[group][at])) if group in chosen else scale for group in _GROUP_SIGMA}


def _foreshortening_cost(log_share: DoubleArray) -> DoubleArray:
    """Minus the logarithm of how likely bones are seen with this share of their length, give or take a constant."""
    turned = np.arccos(np.exp(np.minimum(log_share, 0.0)))
    return 0.5 * (np.square(turned / _FLAT_SIGMA) + np.square(np.maximum(log_share, 0.0) / _LONGER_SIGMA))


def _face_scale(points: DoubleArray, seen: BoolArray, *, scale: float) -> float:
    """How large the face is drawn; the whole figure's scale where it cannot be told."""
    pairs = (("left_ear", "right_ear"), ("nose", "head_top"), ("left_ear", "nose"), ("right_ear", "nose"))
    found: list[float] = []
    for names in (*pairs, ("left_eye", "right_eye")):
        pair = [FIGURE_23.index[name] for name in names]
        if seen[pair].all() and (names[0] != "left_eye" or not found):
            real = float(np.linalg.norm(REST_POINTS[pair[0]] - REST_POINTS[pair[1]]))
            found.append(float(np.linalg.norm(points[pair[0]] - points[pair[1]])) / real)
    low, high = _FACE_RANGE
    return float(np.clip(max(found, default=scale), low * scale, high * scale))


def _cosines(
    shares: DoubleArray, drawn: BoolArray, *, scale: float, by_group: dict[str, float], face: float
) -> tuple[DoubleArray, DoubleArray]:
    """`DrawnSkeleton.cosines` and `DrawnSkeleton.cosine_sigma`."""
    own = {"shoulders": by_group["torso"], "ears": face, "face": face, "left_cheek": face, "right_cheek": face}
    scales = np.array([by_group[bone.group] if bone.group else own.get(bone.name, scale) for bone in BONES])
    cosines = np.minimum(shares / scales, 1.0)
    sigma = np.array([_COSINE_SIGMA.get(bone.group or bone.name, np.inf) for bone in BONES])
    return cosines, np.where(drawn, sigma, np.inf)


def _shared_where_straight(
    shares: DoubleArray, directions: DoubleArray, *, points: DoubleArray, drawn: BoolArray
) -> DoubleArray:
    """The shares (B,); one for both bones of a limb that is drawn straight, because it is straight in space too.

    Not where they differ much: thighs of somebody who sits facing the viewer are drawn short above long shins. Only two
    straight legs on level feet may be drawn shorter and shorter down to the feet, as they look from above.
    """
    found = shares.copy()
    pairs = [[BONE_INDEX[upper], BONE_INDEX[lower]] for upper, lower in LIMB_PAIRS]
    bends = [float(np.arccos(np.clip(directions[one] @ directions[other], -1.0, 1.0))) for one, other in pairs]
    feet = points[[FIGURE_23.index["left_ankle"], FIGURE_23.index["right_ankle"]], 1]
    legs = [bone for pair in pairs[2:] for bone in pair]
    stands = bool(drawn[legs].all()) and max(bends[2:]) < _STANDS and np.ptp(feet) < _LEVEL * shares[legs].max()
    for number, (pair, bend) in enumerate(zip(pairs, bends, strict=True)):
        if not drawn[pair].all() or shares[pair].min() <= 0.0:
            continue
        unlike = float(np.log(shares[pair[0]] / shares[pair[1]]))
        alike = _ALIKE_FROM_ABOVE if number >= 2 and stands and unlike > 0.0 else _ALIKE
        weight = np.exp(-np.square(bend / _STRAIGHT) - np.square(unlike / alike))
        shared = (shares[pair] @ LENGTHS_M[pair]) / LENGTHS_M[pair].sum()
        found[pair] += weight * (shared - found[pair])
    return found
