"""Bone maps found in this session, so that a rig is searched once and not for every pose."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import cast

import numpy as np

from .bone_map import BoneMap
from .matcher import match_bones
from .rig_spec import RigSpec

_MOST_RIGS = 16
_OF_THE_POSE = {
    "basis", "scales", "rotation_modes", "lock_location", "lock_rotation", "lock_per_component", "follows", "ik",
    "ik_chains",
}  # fmt: skip
"""What an artist changes while posing; no bone map depends on it."""
_STRUCTURE = tuple(part.name for part in fields(RigSpec) if part.name not in _OF_THE_POSE)


def match_once(rig: RigSpec) -> BoneMap:
    """What `match_bones` finds; for a rig whose structure and rest pose were seen lately, without searching again.

    Raises:
        RigError: as `match_bones`.
    """
    structure = tuple(_hashable(getattr(rig, name)) for name in _STRUCTURE)
    return _matched(_Seen(structure, rig))


def forget_rigs() -> None:
    """Search every rig anew from now on."""
    _matched.cache_clear()


def _hashable(value: object) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if isinstance(value, Mapping):
        return tuple(sorted(cast(Mapping[str, str], value).items()))
    return cast(Hashable, value)


@dataclass(frozen=True)
class _Seen:
    structure: Hashable
    rig: RigSpec = field(compare=False)


@lru_cache(maxsize=_MOST_RIGS)
def _matched(seen: _Seen) -> BoneMap:
    return match_bones(seen.rig)
