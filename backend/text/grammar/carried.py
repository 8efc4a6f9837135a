"""How things are carried, whatever they are: on a shoulder, under an arm, on a hip, on one hand, on the head."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from .lexicon import body_words
from .named import named_poses

_VERB: Final = (
    r"(?:carry|carries|carrying|hold(?:s|ing)?|haul(?:s|ing)?|balanc(?:e|es|ing)|bear(?:s|ing)?|lug(?:s|ging)?|"
    r"tot(?:e|es|ing)|hoist(?:s|ing)?|cradl(?:e|es|ing)|rest(?:s|ing)?|with)"
)
_CARRIED: Final = re.compile(
    rf"\b(?P<verb>{_VERB})\s+(?P<thing>(?:(?:a|an|the|his|her|their|some|two)\s+)(?:(?!(?:on|in|under|over|with|and|to|at)\b)"
    r"[\w-]+\s+){1,3})(?P<prep>on|onto|upon|over|across|in|with|under|beneath)\s+"
    r"(?:(?:top\s+of\s+)?(?:the|his|her|their|its|one|a|both)\s+)*(?P<side>(?:left|right)\s+)?"
    r"(?P<part>shoulders?|armpit|arm|hand|palm|fingertips|head|hip)\b",
    re.IGNORECASE,
)
_CRADLED: Final = re.compile(
    r"\b(?:cradl|hold|carry|rock|nurs)(?:e|es|s|ies|ing|y)?\s+(?:an?|the|his|her|their)\s+(?:(?:small|sleeping|tiny|little|"
    r"newborn|crying)\s+)*(?:baby|infant|newborn|puppy|kitten|lamb)\b",
    re.IGNORECASE,
)
_TRAYS: Final = frozenset({"tray", "trays", "platter", "plate", "plates", "salver"})
_BABIES: Final = frozenset(
    {"baby", "infant", "newborn", "child", "toddler", "puppy", "kitten", "cat", "lamb", "bundle"}
)
_BULKY: Final = frozenset({
    "box", "crate", "package", "parcel", "chest", "basket", "sack", "bag", "log", "barrel", "load", "suitcase", "plank",
    "beam", "rug", "carpet", "ladder", "pole", "board", "jug", "jar", "pot", "vase", "amphora", "rifle", "gun", "axe",
    "book", "books", "ball", "surfboard", "bucket", "briefcase", "case", "tool", "tools", "bale", "bundle",
    "hammer", "spade", "shovel", "rake", "oar", "oars", "bazooka", "sledgehammer", "helmet", "laundry", "folder",
}) | _TRAYS | _BABIES  # fmt: skip
_SMALL: Final = frozenset({
    "cup", "mug", "glass", "bottle", "can", "flower", "flowers", "rose", "candle", "lamp", "lantern", "key", "keys",
    "apple", "letter", "pen", "pencil", "brush", "knife", "fork", "spoon", "wand", "coin", "torch", "flashlight",
    "dagger", "scroll", "remote", "ticket", "bouquet", "pistol", "hat", "mask",
})  # fmt: skip
_BY_HAND: Final = frozenset({"carrying by the hand", "holding something in the hand"})
_NO_PART: Final = frozenset({"chest", "palm"})
"""Words of the body that are things too, such as a chest of drawers."""
_HAND: Final = frozenset({"hand", "palm", "fingertips"})
_ON_IT: Final = {
    "shoulder": "carrying on the shoulder", "shoulders": "carrying across both shoulders",
    "head": "carrying on the head", "hip": "carrying on the hip",
}  # fmt: skip
_ON_TOP: Final = frozenset({"on", "onto", "upon", "over", "across"})


def carried(text: str) -> str:
    """The text with `carrying a barrel on the left shoulder` as the named pose `carrying on the left shoulder` ..."""
    return _CRADLED.sub("holding a baby", _CARRIED.sub(_named, text))


def _named(found: re.Match[str]) -> str:
    words = re.findall(r"[a-z]+", found["thing"].lower())
    beside = found["verb"].lower() == "with"
    pose = _pose_of(words[-1], found["prep"].lower(), part=found["part"].lower())
    if pose in _BY_HAND and f"holding {' '.join(words)}" in _names():
        return found[0]
    if not pose or (body_words() - _NO_PART) & set(words) or (beside and words[-1] not in _BULKY):
        return found[0]
    start, _, end = pose.rpartition(" ")
    named = f"{start} {found['side'].lower()}{end}" if found["side"] else pose
    return f"while {named}" if beside else named


def _pose_of(thing: str, prep: str, *, part: str) -> str:
    """The name of the pose; empty where it is told by other means."""
    if part in _ON_IT:
        return _ON_IT[part] if prep in _ON_TOP and thing in _BULKY else ""
    if prep in {"under", "beneath"}:
        return "carrying under the arm" if part in {"arm", "armpit"} else ""
    if thing in _BABIES:
        return "holding a baby in the arm"
    if thing in _TRAYS:
        return "carrying a tray on the hand" if part in _HAND else ""
    if part not in _HAND or prep not in {"in", "with"}:
        return ""
    return "carrying by the hand" if thing in _BULKY else "holding something in the hand" if thing in _SMALL else ""


@cache
def _names() -> frozenset[str]:
    """What is a named pose itself, such as holding an umbrella."""
    return frozenset(name for pose in named_poses().values() if pose.side is not None for name in pose.names)
