"""Copies one side of a bone map to the other: by the rig's own names of left and right, else by position."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final, Literal

import numpy as np

from ..arrays import DoubleArray
from ..joint_words import in_words
from .bone_map import BoneMap, BoneMatch
from .bone_names import canonical
from .rig_spec import RigSpec

Side = Literal["left", "right"]

_OTHER: Final[dict[str, Side]] = {"left": "right", "right": "left"}
_NEAR: Final = 0.02
"""How far from its mirror image a bone may lie, as a share of the rig's size."""


def mirrored_map(rig: RigSpec, bone_map: BoneMap, *, source: Side = "left") -> BoneMap:
    """The map with every joint of the other side taken from `source`; joints of the middle stay.

    A joint whose bones have no counterpart keeps its bones, and the map's problems say so.
    """
    other = _OTHER[source]
    counterparts = _Counterparts(rig, bone_map)
    middle = {joint: match for joint, match in bone_map.joints.items() if not joint.startswith(f"{other}_")}
    copies: dict[str, BoneMatch] = {}
    problems: list[str] = []
    for joint, match in bone_map.joints.items():
        if not joint.startswith(f"{source}_"):
            continue
        target = joint.replace(source, other, 1)
        copy = counterparts.of(match)
        if copy is not None:
            copies[target] = copy
            continue
        problems.append(f"{match.bones[0]} ({in_words(joint)}) has no counterpart on the {other}: choose it by hand.")
    taken = {bone for match in (*middle.values(), *copies.values()) for bone in match.bones}
    for joint, match in bone_map.joints.items():
        if joint not in middle and joint not in copies and not taken & set(match.bones):
            copies[joint] = match
    return replace(bone_map, joints={**middle, **copies}, problems=(*bone_map.problems, *problems))


class _Counterparts:
    """The bone on the other side of each bone."""

    def __init__(self, rig: RigSpec, bone_map: BoneMap) -> None:
        self._rig = rig
        self._names = {bone: canonical(bone) for bone in rig.bones}
        seen = Counter(self._names.values())
        self._named = {name: bone for bone, name in self._names.items() if seen[name] == 1}
        self._by_place = _mirrored_places(rig, bone_map)

    def of(self, match: BoneMatch) -> BoneMatch | None:
        """The counterpart of a whole chain, or None where a bone of it has none."""
        bones: list[str] = []
        for bone in match.bones:
            found = self._of_bone(bone)
            if found is None or found in match.bones:
                return None
            bones.append(found)
        if len(set(bones)) < len(bones):
            return None
        return BoneMatch(tuple(bones), match.score, f"mirrored from {match.bones[0]}")

    def _of_bone(self, bone: str) -> str | None:
        name = self._names[bone]
        named = self._named.get(replace(name, side=_OTHER[name.side])) if name.side else None
        return named or self._by_place.get(bone)


def _mirrored_places(rig: RigSpec, bone_map: BoneMap) -> dict[str, str]:
    """Bone -> the bone at its mirror image, across the plane of the axes that most bones are symmetric about."""
    mapped = [rig.index[bone] for match in bone_map.joints.values() for bone in match.bones if bone in rig.index]
    heads = rig.heads.astype(np.float64)
    size = float(np.ptp(heads, axis=0).max())
    if not mapped or size <= 0.0:
        return {}
    middle = [rig.index[bone] for joint in ("pelvis", "spine3", "head") if (bone := bone_map.first(joint))]
    origin = heads[middle].mean(axis=0) if middle else heads[mapped].mean(axis=0)
    pairs = [_pairs_across(rig, heads, (origin, axis), near=_NEAR * size) for axis in range(3)]
    return max(pairs, key=lambda found: sum(rig.bones[bone] in found for bone in mapped))


def _pairs_across(rig: RigSpec, heads: DoubleArray, plane: tuple[DoubleArray, int], *, near: float) -> dict[str, str]:
    origin, axis = plane
    images = heads.copy()
    images[:, axis] = 2.0 * origin[axis] - heads[:, axis]
    # Beside the head its end, so that a bone is told from another that starts at the same joint.
    ends = heads + rig.rest[:, :3, 1] * rig.lengths[:, None]
    end_images = ends.copy()
    end_images[:, axis] = 2.0 * origin[axis] - ends[:, axis]
    away = np.linalg.norm(images[:, None] - heads[None], axis=2)
    total = away + 0.5 * np.linalg.norm(end_images[:, None] - ends[None], axis=2)
    nearest = np.argmin(np.where(away <= near, total, np.inf), axis=1)
    return {
        rig.bones[bone]: rig.bones[partner]
        for bone, partner in enumerate(nearest)
        if partner != bone and away[bone, partner] <= near
    }
