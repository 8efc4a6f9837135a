"""What a drawing leaves out: legs stand straight below an upright trunk, rather than as the pose model would guess.

Convention: numpy matrices in the camera's inner frame.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..keypoints import FIGURE_23
from ..kinematics import global_rotations, local_rotations
from ..rotations import normalized
from ..skeleton import JOINT_INDEX
from .drawn_proportions import DrawnSkeleton

_SIDES: Final = ("left", "right")
_KEPT: Final = [JOINT_INDEX[name] for name in ("neck", "head", "left_shoulder", "right_shoulder")]
TRUNK: Final = [JOINT_INDEX[name] for name in ("pelvis", "spine1", "spine2", "spine3")]


def at_ease(local: DoubleArray, figure: DrawnSkeleton, *, up: DoubleArray) -> DoubleArray:
    """The pose with the parts that are not drawn set straight.

    Args:
        local: (24, 3, 3) parent-relative rotations.
        figure: what is drawn.
        up: (3,) against gravity.
    """
    found = local
    if not trunk_is_drawn(figure):
        found = _upright(local, up)
    for side in _SIDES:
        if not _any_seen(figure, "knee", "ankle", "foot_index", sides=(side,)):
            found = found.copy()
            found[[JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "foot")]] = np.eye(3)
    return found


def trunk_is_drawn(figure: DrawnSkeleton) -> bool:
    """Whether anything below the shoulders says how the trunk stands."""
    return _any_seen(figure, "hip", "knee", "ankle")


def _any_seen(figure: DrawnSkeleton, *parts: str, sides: tuple[str, ...] = _SIDES) -> bool:
    return bool(figure.seen[[FIGURE_23.index[f"{side}_{part}"] for side in sides for part in parts]].any())


def _upright(local: DoubleArray, up: DoubleArray) -> DoubleArray:
    """With the trunk upright, facing where the chest did; head and arms stay as they are before the viewer."""
    world = global_rotations(local)
    ahead = world[JOINT_INDEX["spine3"], :, 2]
    ahead = normalized(ahead - (ahead @ up) * up)
    trunk = np.stack([np.cross(up, ahead), up, ahead], axis=1)
    moved = world.copy()
    moved[TRUNK] = trunk
    for side in _SIDES:
        collar = JOINT_INDEX[f"{side}_collar"]
        moved[collar] = trunk @ local[collar]
    found = local_rotations(moved)
    others = [joint for joint in range(len(local)) if joint not in (*TRUNK, *_KEPT)]
    found[others] = local[others]
    return found
