"""What a pose asset is called and found by: tags and a description, from what the pose was made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import PurePath
from typing import Final

from .joint_words import BODY_JOINTS, in_words
from .provenance import Record

KIND_TAGS: Final = {"photo": "photo", "sketch": "drawing", "strokes": "drawing", "text": "text", "video": "video"}
WHOLE_BODY: Final = "whole body"
_DULL: Final = frozenset(
    [
        "an",
        "and",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "he",
        "her",
        "his",
        "in",
        "into",
        "is",
        "it",
        "its",
        "of",
        "off",
    ]
    + ["on", "or", "she", "so", "that", "the", "their", "them", "they", "to", "up", "with", "one", "two", "very"]
)
_MOST_WORDS: Final = 16


def tags_of(record: Record | None, joints: Collection[str]) -> tuple[str, ...]:
    """Kind, joints in words, and the words of the sentence that say something; each once.

    Args:
        record: where the pose came from, or None.
        joints: the SMPL joints that are part of the asset; all of the body is "whole body".
    """
    kind = [] if record is None else [KIND_TAGS[record.kind]]
    whole = set(BODY_JOINTS) <= set(joints)
    parts = [WHOLE_BODY] if whole else [in_words(joint) for joint in BODY_JOINTS if joint in joints]
    words = [] if record is None else words_of(record.sentence)
    return tuple(dict.fromkeys((*kind, *parts, *words)))


def words_of(sentence: str) -> list[str]:
    """The words of a sentence that an asset could be looked for by."""
    words: Iterable[str] = re.findall(r"[^\W\d_]{2,}", sentence.lower())
    return list(dict.fromkeys(word for word in words if word not in _DULL))[:_MOST_WORDS]


def description_of(record: Record | None) -> str:
    """The source in a line."""
    if record is None:
        return ""
    name = "" if record.source is None else PurePath(record.source.path.replace("\\", "/")).name
    parts = [name, f"“{record.sentence}”" if record.sentence else "", f"Contrapposto {record.addon}".strip()]
    return ", ".join(part for part in parts if part)


def name_of(record: Record | None) -> str:
    """What a pose asset is called as long as nobody says otherwise."""
    if record is None:
        return "Pose"
    if record.source is not None and record.source.path:
        return PurePath(record.source.path.replace("\\", "/")).stem or "Pose"
    return record.sentence[:60].strip() or "Pose"
