"""Bone maps found in this session, so that a rig is searched once and not for every pose."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import lru_cache

from .bone_map import BoneMap
from .matcher import match_bones
from .rig_spec import RigSpec

_MOST_RIGS = 16


def match_once(rig: RigSpec) -> BoneMap:
    """What `match_bones` finds; for a rig whose structure and rest pose were seen lately, without searching again.

    Raises:
        RigError: as `match_bones`.
    """
    structure = (
        rig.name,
        rig.bones,
        rig.parents.tobytes(),
        rig.rest.tobytes(),
        rig.lengths.tobytes(),
        rig.deform.tobytes(),
        rig.constraints,
        tuple(sorted(rig.humanoid.items())),
    )
    return _matched(_Seen(structure, rig))


def forget_rigs() -> None:
    """Search every rig anew from now on."""
    _matched.cache_clear()


@dataclass(frozen=True)
class _Seen:
    structure: Hashable
    rig: RigSpec = field(compare=False)


@lru_cache(maxsize=_MOST_RIGS)
def _matched(seen: _Seen) -> BoneMap:
    return match_bones(seen.rig)
