"""Where keys came from: a record of each result that was keyed, as JSON text that is kept on the Action.

The text may come out of a file of somebody else's, so that nothing in it is believed before it was checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, get_args

from .source_hash import SourceHash

Kind = Literal["photo", "sketch", "strokes", "text", "video"]
KINDS: Final = get_args(Kind)
Setting = str | int | float | bool | tuple[float, ...]
"""The value of an option."""
MOST_RECORDS: Final = 256
"""Of one Action; the oldest are forgotten first."""
MOST_BYTES: Final = 1 << 20
"""Of the whole text."""
_SAME_FRAME: Final = 1e-3


@dataclass(frozen=True)
class Source:
    """The file that a result was read from.

    Attributes:
        path: beside the .blend where it can be (`//photos/dancer.jpg`), or absolute; empty for strokes in the view.
        hash: what it was then; None where it could no longer be read.
    """

    path: str
    hash: SourceHash | None


@dataclass(frozen=True)
class Before:
    """Channels as they were before the result was keyed: what a blend, an edit or unseen limbs begin with.

    Attributes:
        channels: data path -> (index, value) pairs.
    """

    channels: Mapping[str, tuple[tuple[int, float], ...]] = field(
        default_factory=dict[str, tuple[tuple[int, float], ...]]
    )


@dataclass(frozen=True)
class Record:
    """One result on an Action.

    Attributes:
        kind: what it was made from.
        frames: first and last frame of its keys, in the time of the Action.
        slot: identifier of the Action's slot, which says whose keys they are.
        made: when, such as `2026-11-30T05:00:00Z`.
        addon: the add-on's version.
        source: the file, or None for a sentence.
        sentence: what was said; with a picture, what it leaves open.
        models: name -> SHA-256 of each model that took part.
        seed: of what is drawn by lot, or None.
        person: whom it was read of, counted from 1; 0 where there are no people.
        reading: which of the readings was chosen, counted from 1.
        settings: every option that changes the pose, by its name.
        rig: fingerprint of the rig's bones.
        bone_map: SHA-256 of which bones stand for which joints.
        before: the pose that it was put on, where that counts.
        moved: keypoints that were placed by hand, in pixels.
        switched_off: what of a sentence did not count, by number.
        understood: a sentence in the pose language, as JSON text.
        bones: the bones that were keyed, where only those that were selected were.
    """

    kind: Kind
    frames: tuple[float, float]
    slot: str = ""
    made: str = ""
    addon: str = ""
    source: Source | None = None
    sentence: str = ""
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    seed: int | None = None
    person: int = 0
    reading: int = 1
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    rig: str = ""
    bone_map: str = ""
    before: Before | None = None
    moved: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    switched_off: tuple[int, ...] = ()
    understood: str = ""
    bones: tuple[str, ...] = ()

    def covers(self, frame: float) -> bool:
        """Whether a frame lies within its keys; for a single key, within half a frame of it."""
        first, last = self.frames
        return first - 0.5 <= frame <= last + 0.5

    def replaces(self, other: Record) -> bool:
        """Whether its keys stand where those of another were."""
        first, last = self.frames
        inside = first - _SAME_FRAME <= other.frames[0] and other.frames[1] <= last + _SAME_FRAME
        return self.slot == other.slot and inside


@dataclass(frozen=True)
class Provenance:
    """All records of an Action, the newest last."""

    records: tuple[Record, ...] = ()

    def with_record(self, record: Record) -> Provenance:
        """With one more; it takes the place of those whose keys it has replaced."""
        kept = tuple(other for other in self.records if not record.replaces(other))
        return Provenance((*kept, record)[-MOST_RECORDS:])

    def without_oldest(self) -> Provenance:
        """The same, short of a record."""
        return Provenance(self.records[1:])

    def at(self, frame: float, slot: str) -> Record | None:
        """The newest record whose keys a frame lies within; the nearest first."""
        found = [record for record in self.records if record.slot == slot and record.covers(frame)]
        return min(reversed(found), key=lambda record: _distance(record, frame), default=None)


def _distance(record: Record, frame: float) -> float:
    first, last = record.frames
    return max(first - frame, frame - last, 0.0)


def changed_models(record: Record, now: Mapping[str, str]) -> tuple[str, ...]:
    """The names of models that are no longer what they were, or no longer there."""
    return tuple(name for name, sha256 in record.models.items() if now.get(name) != sha256)


def moved_in_time(record: Record, by: float) -> Record:
    """The same record with its keys elsewhere."""
    return replace(record, frames=(record.frames[0] + by, record.frames[1] + by))
