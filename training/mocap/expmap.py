"""Reads CMU clips kept as exponential maps: a line a frame, the root's place and one rotation vector a joint."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

import numpy as np

from contrapposto.backend.errors import InputError
from contrapposto.backend.rotations import axis_angle_to_matrix

from .clip import Clip, Joints, clip_of
from .text import numbers

_LEG: Final = ("hipjoint", "femur", "tibia", "foot", "toes", "toes_end")
_ARM: Final = ("clavicle", "humerus", "radius", "wrist", "hand", "fingers", "fingers_end", "thumb", "thumb_end")
_NAMES: Final = (
    "root",
    *(f"l{part}" for part in _LEG),
    *(f"r{part}" for part in _LEG),
    *("lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head", "head_end"),
    *(f"l{part}" for part in _ARM),
    *(f"r{part}" for part in _ARM),
)
"""The 38 joints in the order of the columns, named as the ASF files of these clips name them."""
_ON_THORAX: Final = ("lowerneck", "lclavicle", "rclavicle")
"""Joints at the upper end of the thorax. `SKELETON.json` leaves the thorax without length; in CMU's own skeletons it is
as long as the upper back, within 5 %, and points the same way."""


def read_skeleton(name: str, text: str) -> Joints:
    """`SKELETON.json` -> the 38 joints.

    Raises:
        InputError: it is no JSON, or has other joints.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        parents = tuple(int(parent) for parent in content["parent"])
        offsets = np.array(content["offset_x70"], np.float64).reshape(-1, 3)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{name} does not hold the lists parent and offset_x70: {error!r}. Unpack it again."
        ) from error
    if len(parents) != len(_NAMES) or len(offsets) != len(_NAMES) or not np.isfinite(offsets).all():
        raise InputError(f"{name} must describe {len(_NAMES)} joints, not {len(parents)}.")
    offsets[[_NAMES.index(joint) for joint in _ON_THORAX]] += offsets[_NAMES.index("thorax")]
    return Joints(_NAMES, parents, offsets)


def read_expmap(name: str, text: str, joints: Joints, *, fps: float, stride: int = 1, skip: int = 0) -> Clip:
    """A clip's text -> the clip, every `stride`-th frame from frame `skip` on.

    The numbers turn row vectors, so that columns turn by the opposite rotation.

    Raises:
        InputError: a line has other than 117 numbers.
    """
    lines = [line.split(",") for line in text.splitlines() if line.strip()][skip::stride]
    width = 3 + 3 * len(joints.names)
    if not lines or any(len(line) != width for line in lines):
        raise InputError(f"{name}: every line must have {width} numbers. Unpack it again.")
    values = numbers(name, [word for line in lines for word in line], what="a line").reshape(-1, width)
    rotations = axis_angle_to_matrix(-values[:, 3:].reshape(len(values), -1, 3))
    clip = clip_of(name, joints, rotations, root=values[:, :3], fps=fps / stride)
    return replace(clip, feet_follow_legs=True)
