"""The joints that bones are chosen for, in an artist's words and in the order of a panel; needs no numpy."""

from __future__ import annotations

from typing import Final

_ARM: Final = {"collar": "Shoulder", "shoulder": "Upper Arm", "elbow": "Forearm", "wrist": "Hand"}
_LEG: Final = {"hip": "Thigh", "knee": "Shin", "ankle": "Foot", "foot": "Toes"}
_FINGERS: Final = {"thumb": "Thumb", "index": "Index", "middle": "Middle", "ring": "Ring", "pinky": "Little"}


def _side(side: str, parts: dict[str, str]) -> dict[str, str]:
    return {f"{side}_{joint}": words for joint, words in parts.items()}


def _fingers(side: str) -> dict[str, str]:
    return {
        f"{side}_{finger}{number}": f"{words} {number}" for finger, words in _FINGERS.items() for number in (1, 2, 3)
    }


BODY_GROUPS: Final[dict[str, dict[str, str]]] = {
    "Torso": {
        "head": "Head",
        "neck": "Neck",
        "spine3": "Chest",
        "spine2": "Spine 2",
        "spine1": "Spine 1",
        "pelvis": "Hips",
    },
    "Left Arm": _side("left", _ARM),
    "Right Arm": _side("right", _ARM),
    "Left Leg": _side("left", _LEG),
    "Right Leg": _side("right", _LEG),
}
"""Part of the body -> SMPL joint -> what the bone that starts there is called. The 22 joints of the body."""

FINGER_GROUPS: Final[dict[str, dict[str, str]]] = {
    "Left Fingers": _fingers("left"),
    "Right Fingers": _fingers("right"),
}
"""The same for the finger joints."""

BODY_JOINTS: Final = tuple(joint for group in BODY_GROUPS.values() for joint in group)
FINGER_JOINTS: Final = tuple(joint for group in FINGER_GROUPS.values() for joint in group)
_WORDS: Final = {
    joint: words
    for groups in (BODY_GROUPS, FINGER_GROUPS)
    for group in groups.values()
    for joint, words in group.items()
}


def in_words(joint: str) -> str:
    """A joint in a sentence: `left_hip` is the left thigh, `spine3` the chest."""
    words = _WORDS.get(joint)
    if words is None:
        return joint.replace("_", " ")
    side, _, _ = joint.partition("_")
    return f"{side} {words.lower()}" if side in {"left", "right"} else words.lower()


def found_by(convention: str) -> str:
    """How a bone map was found, to follow "22 of 22 joints": `, named as in rigify metarig`."""
    if convention.startswith("structure"):
        return ", found by the structure of the rig"
    if convention == "generic":
        return ", found by common names"
    return f", named as in {convention.replace('_', ' ')}" if convention else ""
