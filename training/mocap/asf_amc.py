"""Reads Acclaim's ASF (skeleton) and AMC (motion)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import InputError

from .clip import Clip, Joints, clip_of
from .text import numbers, turned_in_order

_ROOT: Final = "root"


@dataclass(frozen=True)
class _Bone:
    """Where a bone ends, seen from its head, how its axes lie, and which of them it turns about."""

    way: DoubleArray
    axis: DoubleArray
    turns: str


@dataclass(frozen=True)
class Skeleton:
    """An ASF file: bones about whose heads their own axes turn; `root_order` such as "tx ty tz rx ry rz"."""

    bones: Mapping[str, _Bone]
    parents: Mapping[str, str]
    root_order: tuple[str, ...]

    def joints(self) -> Joints:
        """A joint at the head of each bone, which is where its parent ends."""
        names = (_ROOT, *self.parents)
        parents = (-1, *(names.index(parent) for parent in self.parents.values()))
        zero = np.zeros(3)
        ends = [zero, *(zero if parent == _ROOT else self.bones[parent].way for parent in self.parents.values())]
        return Joints(names, parents, np.array(ends))


def read_asf(name: str, text: str) -> Skeleton:
    """An ASF file's text -> its skeleton. Angles are in degrees.

    Raises:
        InputError: the text is no ASF, or the hierarchy names a bone that is not there.
    """
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    for line in text.splitlines():
        words = line.split()
        if words and words[0].startswith(":"):
            current = sections.setdefault(words[0], [])
        elif words and not words[0].startswith("#"):
            current.append(words)
    if not {":root", ":bonedata", ":hierarchy"} <= sections.keys():
        raise InputError(f"{name} is no ASF file: it lacks :root, :bonedata or :hierarchy. Unpack it again.")
    if ["angle", "rad"] in sections.get(":units", []):
        raise InputError(f"{name} holds angles in radians; only degrees are read. Convert it.")
    order = next((words[1:] for words in sections[":root"] if words[0] == "order"), [])
    bones = _bones(name, sections[":bonedata"])
    parents: dict[str, str] = {}
    for words in sections[":hierarchy"]:
        if words[0] not in ("begin", "end"):
            parents |= dict.fromkeys(words[1:], words[0])
    known, unknown = {_ROOT}, {bone for pair in parents.items() for bone in pair} - bones.keys() - {_ROOT}
    for bone, parent in parents.items():
        unknown |= {parent} - known
        known.add(bone)
    if unknown:
        raise InputError(f"{name}: :hierarchy names {', '.join(sorted(unknown))} before or without describing it.")
    return Skeleton(bones, parents, tuple(word.lower() for word in order))


def _bones(name: str, lines: list[list[str]]) -> dict[str, _Bone]:
    found: dict[str, _Bone] = {}
    fields: dict[str, list[str]] = {}
    for words in lines:
        if words[0] == "begin":
            fields = {}
        elif words[0] != "end":
            fields.setdefault(words[0], words[1:])
        elif {"name", "direction", "length", "axis"} <= fields.keys():
            way = numbers(name, fields["direction"][:3] + fields["length"][:1], what="direction and length")
            angles = numbers(name, fields["axis"][:3], what="axis")
            if way.size != 4 or angles.size != 3:
                raise InputError(f"{name}: the bone {fields['name'][0]} lacks numbers. Unpack it again.")
            order = fields["axis"][3].lower() if len(fields["axis"]) > 3 else "xyz"
            axis = _fixed_axes(angles[None], order)[0]
            turns = "".join(word[1].lower() for word in fields.get("dof", []) if word.lower().startswith("r"))
            found[fields["name"][0]] = _Bone(way[:3] * way[3], axis, turns)
    return found


def _fixed_axes(angles: DoubleArray, order: str) -> DoubleArray:
    """(T, 3, 3) of degrees (T, N) about fixed axes, the first of `order` applied first."""
    return turned_in_order(angles[:, ::-1], order[::-1])


def read_amc(name: str, text: str, skeleton: Skeleton, *, fps: float, stride: int = 1) -> Clip:
    """An AMC file's text and its skeleton -> the clip, every `stride`-th frame.

    A bone's rotation relative to its parent is A R A^-1, with A its axes and R its degrees of freedom in their order.

    Raises:
        InputError: the text is no AMC, or a frame lacks a bone or numbers.
    """
    tables = _tables(name, text, stride)
    if _ROOT not in tables:
        raise InputError(f"{name} is no AMC file: no frame moves the root. Unpack it again.")
    joints, root = skeleton.joints(), tables[_ROOT]
    frames = len(root)
    rotations = np.tile(np.eye(3), (frames, len(joints.names), 1, 1))
    if root.shape[1] != len(skeleton.root_order):
        raise InputError(f"{name}: the root has {root.shape[1]} numbers, its skeleton {len(skeleton.root_order)}.")
    columns = {channel: root[:, index] for index, channel in enumerate(skeleton.root_order)}
    turns = [channel for channel in columns if channel.startswith("r")]
    rotations[:, 0] = _fixed_axes(
        np.stack([columns[channel] for channel in turns], axis=1), "".join(turn[1] for turn in turns)
    )
    place = np.stack([columns.get(f"t{axis}", np.zeros(frames)) for axis in "xyz"], axis=1)
    for index, bone_name in enumerate(joints.names[1:], start=1):
        bone, table = skeleton.bones[bone_name], tables.get(bone_name)
        if not bone.turns:
            continue
        if table is None or table.shape != (frames, len(bone.turns)):
            raise InputError(f"{name}: {bone_name} must have {len(bone.turns)} angles in each of {frames} frames.")
        rotations[:, index] = bone.axis @ _fixed_axes(table, bone.turns) @ bone.axis.T
    clip = clip_of(name, joints, rotations, root=place, fps=fps / stride)
    return replace(clip, feet_follow_legs=True)


def _tables(name: str, text: str, stride: int) -> dict[str, DoubleArray]:
    """Per bone (T, N) numbers of every `stride`-th frame."""
    rows: dict[str, list[list[str]]] = {}
    frame = -1
    for line in text.splitlines():
        words = line.split()
        if len(words) == 1 and words[0].isdigit():
            frame += 1
        elif frame >= 0 and words and frame % stride == 0:
            rows.setdefault(words[0], []).append(words[1:])
    widths = {bone: len(found[0]) for bone, found in rows.items()}
    uneven = sorted(bone for bone, found in rows.items() if any(len(row) != widths[bone] for row in found))
    if uneven:
        raise InputError(f"{name}: {', '.join(uneven)} has more numbers in some frames than in others.")
    flat = {bone: [word for row in found for word in row] for bone, found in rows.items()}
    return {bone: numbers(name, words, what=bone).reshape(-1, widths[bone]) for bone, words in flat.items()}
