"""Reads DeepMimic's clips: quaternions of the big joints, angles of knees and elbows, in a world whose y is up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.rotations import axis_angle_to_matrix, quaternion_to_matrix

from .clip import Clip, Joints, clip_of

_WIDTHS: Final = {"none": 7, "spherical": 4, "revolute": 1, "fixed": 0}
"""Numbers a frame of each kind of joint; the root has its place before its quaternion."""


_COMMON_NAMES: Final = {
    "root": "Hips", "chest": "Spine2", "neck": "Neck", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot",
    "shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand",
}  # fmt: skip


def _renamed(name: str) -> str:
    """DeepMimic's name of a joint in the words of common rigs, so that its few joints are not mistaken."""
    side, _, part = name.rpartition("_")
    return side.title() + _COMMON_NAMES.get(part, part)


@dataclass(frozen=True)
class Character:
    """The joints, and the kind of each: "none" for the root, "spherical", "revolute" or "fixed"."""

    joints: Joints
    kinds: tuple[str, ...]


def read_character(name: str, text: str) -> Character:
    """The character's JSON -> its joints.

    Raises:
        InputError: it is no such JSON.
    """
    try:
        listed: list[dict[str, Any]] = json.loads(text)["Skeleton"]["Joints"]
        names = tuple(_renamed(str(joint["Name"])) for joint in listed)
        parents = tuple(int(joint["Parent"]) for joint in listed)
        offsets = np.array([[joint[f"Attach{axis}"] for axis in "XYZ"] for joint in listed], np.float64)
        kinds = tuple(str(joint["Type"]) for joint in listed)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{name} does not describe DeepMimic's joints: {error!r}. Unpack it again.") from error
    if not set(kinds) <= _WIDTHS.keys():
        raise InputError(f"{name}: joints must be {', '.join(_WIDTHS)}, not {', '.join(sorted(set(kinds)))}.")
    return Character(Joints(names, parents, offsets), kinds)


def read_deepmimic(name: str, text: str, character: Character, *, fps: float) -> Clip:
    """A clip's text -> the clip, with about `fps` frames a second. Knees and elbows turn about z.

    Raises:
        InputError: it is no such JSON, or a frame has another number of values.
    """
    width = 1 + sum(_WIDTHS[kind] for kind in character.kinds)
    try:
        values = np.array(json.loads(text)["Frames"], np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{name} does not hold DeepMimic's frames: {error!r}. Unpack it again.") from error
    if values.ndim != 2 or values.shape[1] != width or not np.isfinite(values).all():
        raise InputError(f"{name}: every frame must have {width} numbers, not {values.shape[1:]}.")
    seconds = float(np.median(values[:, 0]))  # the last frame may last for none
    if seconds <= 0.0:
        raise InputError(f"{name}: frames must last for more than 0 seconds.")
    own_fps = 1.0 / seconds
    stride = max(round(own_fps / fps), 1)
    values = values[::stride]
    rotations, column = np.empty((len(values), len(character.kinds), 3, 3)), 1
    for joint, kind in enumerate(character.kinds):
        mine = values[:, column : column + _WIDTHS[kind]]
        column += _WIDTHS[kind]
        rotations[:, joint] = _turn(mine, kind)
    return clip_of(name, character.joints, rotations, root=values[:, 1:4], fps=own_fps / stride)


def _turn(values: DoubleArray, kind: str) -> DoubleArray:
    """(T, N) numbers of a joint -> (T, 3, 3)."""
    if kind == "fixed":
        return np.tile(np.eye(3), (len(values), 1, 1))
    if kind == "revolute":
        return axis_angle_to_matrix(values * [0.0, 0.0, 1.0])
    return quaternion_to_matrix(values[:, -4:])
