"""Which models each kind of source is read with."""

from __future__ import annotations

from typing import Final

from .provenance import Kind
from .weights.registry import model_entries

_BLAZEPOSE: Final = ("pose_detection", "pose_landmark_full")
_OF_KINDS: Final[dict[Kind, tuple[str, ...]]] = {
    "photo": (*_BLAZEPOSE, "pose"),
    "sketch": ("drawing", "pose"),
    "strokes": ("drawing", "pose"),
    "text": ("sentence_encoder", "sentence_vocabulary", "text", "text_wordings"),
    "video": (*_BLAZEPOSE, "pose"),
}


def models_of(kind: Kind) -> dict[str, str]:
    """Name -> SHA-256 of the models that this version reads such a source with."""
    entries = model_entries()
    return {name: entries[name].sha256 for name in _OF_KINDS[kind]}
