"""Where a pose came from that an NLA strip plays: which strip it is, and what is noted on its Action."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from ..backend.provenance import Record
from .provenance import provenance_of


@dataclass(frozen=True)
class StripSource:
    """A strip, by its name, and where the pose came from that it plays."""

    strip: str
    record: Record


def strip_source_at(armature: bpy.types.Object, frame: float) -> StripSource | None:
    """Of the strips that play at a frame of the scene and are noted something of: the active one, or the topmost.

    None while a strip is tweaked: then its Action is the armature's own.

    Raises:
        InputError: what is noted cannot be read.
    """
    animation = armature.animation_data
    if animation is None or animation.use_tweak_mode or not animation.use_nla:
        return None
    playing = list(_playing(animation, frame))
    for strip in sorted(playing, key=lambda strip: not strip.active):
        slot = "" if strip.action_slot is None else strip.action_slot.identifier
        record = provenance_of(strip.action).at(frame_in_action(strip, frame), slot)
        if record is not None:
            return StripSource(strip.name, record)
    return None


def frame_in_action(strip: Any, frame: float) -> float:
    """Frame of the scene -> frame of the Action that a strip plays then."""
    length = max(strip.action_frame_end - strip.action_frame_start, 1e-6)
    played = min(max((frame - strip.frame_start) / (strip.scale or 1.0), 0.0), length * strip.repeat)
    within = length if played and played % length < 1e-4 else played % length  # the last frame, not the first again
    return strip.action_frame_end - within if strip.use_reverse else strip.action_frame_start + within


def _playing(animation: bpy.types.AnimData, frame: float) -> Iterator[Any]:
    """The strips that play at a frame, the topmost first."""
    tracks: list[Any] = list(animation.nla_tracks)
    solo = [track for track in tracks if track.is_solo]
    for track in reversed(solo or tracks):
        for strip in track.strips:
            heard = solo or not (track.mute or strip.mute)
            if heard and strip.action is not None and strip.frame_start <= frame <= strip.frame_end:
                yield strip
