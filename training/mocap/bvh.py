"""Reads BVH (Biovision hierarchy): a tree of joints with channels, and a line of numbers a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import InputError

from .clip import Clip, Joints, clip_of
from .text import numbers, turned_in_order

_CHANNELS: Final = {f"{axis}{kind}" for axis in "XYZ" for kind in ("position", "rotation")}


@dataclass
class _Tree:
    """What the part HIERARCHY says."""

    names: list[str] = field(default_factory=list[str])
    parents: list[int] = field(default_factory=list[int])
    offsets: list[DoubleArray] = field(default_factory=list[DoubleArray])
    channels: list[list[str]] = field(default_factory=list[list[str]])


def read_bvh(name: str, text: str, *, stride: int = 1, skip: int = 0, rest_stands: bool = True) -> Clip:
    """A BVH file's text -> its clip, every `stride`-th frame from frame `skip` on.

    Rotations are applied in the order of the channels, the first outermost. Positions of the root are added to its
    offset; positions of other joints are left out, because the offsets say the same.

    Raises:
        InputError: the text is no BVH, or numbers are missing.
    """
    head, motion, body = text.partition("MOTION")
    if not motion or "HIERARCHY" not in head:
        raise InputError(f"{name} is no BVH file: it lacks the line HIERARCHY or MOTION. Unpack it again.")
    tree = _tree(name, head.split())
    values, frame_time = _values(name, body, sum(map(len, tree.channels)))
    values = values[skip::stride]
    rotations = np.empty((len(values), len(tree.names), 3, 3))
    root, column = np.tile(tree.offsets[0], (len(values), 1)), 0
    for joint, channels in enumerate(tree.channels):
        mine = values[:, column : column + len(channels)]
        column += len(channels)
        turns = [index for index, channel in enumerate(channels) if channel.endswith("rotation")]
        rotations[:, joint] = turned_in_order(mine[:, turns], "".join(channels[index][0].lower() for index in turns))
        for index, channel in enumerate(channels):
            if joint == 0 and channel.endswith("position"):
                root[:, "XYZ".index(channel[0])] += mine[:, index]
    joints = Joints(tuple(tree.names), tuple(tree.parents), np.array(tree.offsets))
    return clip_of(name, joints, rotations, root=root, fps=1.0 / frame_time / stride, rest_stands=rest_stands)


def _tree(name: str, words: list[str]) -> _Tree:
    tree, opened, at = _Tree(), [-1], 0
    try:
        while at < len(words):
            word = words[at]
            if word in ("ROOT", "JOINT"):
                tree.names.append(words[at + 1])
                tree.parents.append(opened[-1])
                tree.offsets.append(np.zeros(3))
                tree.channels.append([])
                opened.append(len(tree.names) - 1)
            elif word == "End":
                opened.append(-2)
            elif word == "}":
                opened.pop()
            elif word == "OFFSET" and opened[-1] >= 0:
                tree.offsets[opened[-1]] = numbers(name, words[at + 1 : at + 4], what="OFFSET")
            elif word == "CHANNELS":
                tree.channels[opened[-1]] = words[at + 2 : at + 2 + int(words[at + 1])]
            at += 1
    except (IndexError, ValueError) as error:
        raise InputError(f"{name}: the part HIERARCHY ends too early or is malformed. Unpack it again.") from error
    unknown = {channel for channels in tree.channels for channel in channels} - _CHANNELS
    if unknown:
        raise InputError(f"{name}: the channels {', '.join(sorted(unknown))} are unknown. Export it again.")
    if not tree.names or opened != [-1] or any(offset.shape != (3,) for offset in tree.offsets):
        raise InputError(f"{name}: the part HIERARCHY has no joints, or its braces do not match. Unpack it again.")
    return tree


def _values(name: str, body: str, width: int) -> tuple[DoubleArray, float]:
    """(T, width) numbers and the seconds between two frames."""
    words = body.split()
    if len(words) < 5 or words[0] != "Frames:" or words[2:4] != ["Frame", "Time:"]:
        raise InputError(f"{name}: MOTION must begin with Frames: and Frame Time:. Unpack it again.")
    frames, frame_time = numbers(name, [words[1], words[4]], what="Frames and Frame Time")
    values = numbers(name, words[5:], what="frames")
    if frame_time <= 0.0:
        raise InputError(f"{name}: Frame Time: must be above 0. Export it again.")
    if values.size != frames * width:
        raise InputError(
            f"{name}: {frames:g} frames of {width} channels were announced, but {values.size} numbers follow."
        )
    return values.reshape(-1, width), float(frame_time)
