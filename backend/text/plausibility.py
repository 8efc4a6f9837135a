"""How plausible a pose is: joints outside of their ranges, balance, and limbs inside of the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, checked
from ..refine.joint_limits import within_limits
from .body_solids import GROUND_PARTS, centre_of_mass, depths, joined, outside_of_hull
from .measures import Body

_SLACK: Final = np.radians(0.1)
_NEAR_GROUND_M: Final = 0.035


@dataclass(frozen=True)
class Plausibility:
    """Measures of one pose; all are 0 for a pose that a body can take.

    Attributes:
        limits_broken: how many joints are outside of their ranges.
        balance_m: metres that the centre of mass lies outside of what carries the body, on the ground plane.
        penetration_m: metres, the deepest that one part of the body is in another; a centimetre is soft flesh.
    """

    limits_broken: int
    balance_m: float
    penetration_m: float


def plausible(rotations: AnyFloatArray, *, seated: bool = False) -> Plausibility:
    """Measure a pose.

    Args:
        rotations: (24, 3) parent-relative axis-angle.
        seated: something that is not shown carries the bottom, whatever its height.

    Raises:
        InputError: the shape is another, or a number is not finite.
    """
    pose = checked("rotations", rotations, (24, 3)).astype(np.float64)
    body = Body.posed(pose[None])
    broken = int((~within_limits(pose, slack=float(_SLACK))).sum())
    return Plausibility(broken, _off_balance(body, seated=seated), float(depths(body).max()))


def _off_balance(body: Body, *, seated: bool) -> float:
    """Metres outside of the hull of all that is on the ground: within a few centimetres of the lowest point."""
    places = joined(list(GROUND_PARTS.values())).of(body)[0]
    lowest = min(float(places[:, 1].min()), float(body.ground[0]))
    carrying = places[places[:, 1] <= lowest + _NEAR_GROUND_M]
    near = body.spots[0][body.spots[0, :, 1] <= lowest + _NEAR_GROUND_M]
    corners = [carrying, near, GROUND_PARTS["bottom"].of(body)[0]] if seated else [carrying, near]
    flat = np.concatenate(corners)[None, :, [0, 2]]
    way, _ = outside_of_hull(centre_of_mass(body)[:, [0, 2]], flat)
    return float(np.linalg.norm(way))
