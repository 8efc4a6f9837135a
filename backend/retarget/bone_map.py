"""Which bones of a rig stand for which SMPL joint, how sure that is and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, cast

from ..errors import InputError
from ..joint_words import in_words
from ..outside import parse_json, read_bytes
from ..skeleton import JOINT_NAMES

FINGERS: Final = ("index", "middle", "pinky", "ring", "thumb")
"""In MANO's order."""
FINGER_JOINTS: Final[tuple[str, ...]] = tuple(
    f"{side}_{finger}{number}" for side in ("left", "right") for finger in FINGERS for number in (1, 2, 3)
)
MAPPABLE: Final[frozenset[str]] = frozenset((*JOINT_NAMES, *FINGER_JOINTS))
MOST_BYTES: Final = 4 << 20
"""Of a map as text; one of 2,000 bones has 200 kB."""
_NO_MAP: Final = 'This is not a bone map: a JSON object with "joints", and "bones" for each.'
SURE: Final = 0.6
"""Joints whose match scores below this are asked about, not guessed."""


@dataclass(frozen=True)
class BoneMatch:
    """The bones that a joint drives: one, or a chain from the body outwards over which its rotation is spread.

    `score` in [0, 1] says how sure the match is, `reason` why, in words.
    """

    bones: tuple[str, ...]
    score: float = 1.0
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.bones or not 0.0 <= self.score <= 1.0:
            raise InputError(f"A bone match needs bones and a score in [0, 1], not {self.bones} and {self.score}.")


@dataclass(frozen=True)
class Switch:
    """A custom property to set when one of `joints` is posed, such as Rigify's IK/FK switch."""

    bone: str
    property: str
    value: float
    joints: tuple[str, ...]


@dataclass(frozen=True)
class BoneMap:
    """SMPL joint (or finger joint, such as left_index1) -> bones.

    Attributes:
        armature: the armature object's name.
        joints: the match of each joint that was found.
        convention: the profile that the names come from.
        switches: custom properties that make the rig obey these bones.
        problems: what an artist should know, in sentences.

    Raises:
        InputError: an unknown joint, or a bone that stands for two joints.
    """

    armature: str
    joints: Mapping[str, BoneMatch]
    convention: str = ""
    switches: tuple[Switch, ...] = ()
    problems: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        unknown = sorted(set(self.joints) - MAPPABLE)
        if unknown:
            raise InputError(f"Unknown joints in the bone map: {', '.join(unknown)}.")
        uses = Counter(bone for match in self.joints.values() for bone in match.bones)
        twice = sorted(bone for bone, count in uses.items() if count > 1)
        if twice:
            raise InputError(f"These bones stand for more than one joint: {', '.join(twice)}.")

    def first(self, joint: str) -> str | None:
        """The bone whose head is the joint, or None."""
        match = self.joints.get(joint)
        return match.bones[0] if match else None

    @property
    def unsure(self) -> tuple[str, ...]:
        """Mapped body joints whose match is not sure, in the order of the body."""
        return tuple(name for name in JOINT_NAMES if name in self.joints and self.joints[name].score < SURE)

    def only_sure(self) -> BoneMap:
        """Without the body joints whose match is not sure; the problems name them."""
        if not self.unsure:
            return self
        joints = {joint: match for joint, match in self.joints.items() if joint not in self.unsure}
        left_out = f"Not posed, because their bones are not sure: {', '.join(map(in_words, self.unsure))}."
        return replace(self, joints=joints, problems=(*self.problems, left_out))

    def to_json(self) -> str:
        """As text: armature, convention, joints with bones, score and reason, switches, problems."""
        content = {
            "armature": self.armature,
            "convention": self.convention,
            "joints": {
                joint: {"bones": list(match.bones), "score": round(match.score, 3), "reason": match.reason}
                for joint, match in self.joints.items()
            },
            "switches": [{**vars(switch), "joints": list(switch.joints)} for switch in self.switches],
            "problems": list(self.problems),
        }
        return json.dumps(content, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> BoneMap:
        """The inverse of `to_json`; only `joints` with `bones` is required.

        Raises:
            InputError: the text is not such a map.
        """
        try:
            content = cast(dict[str, Any], parse_json(text, most=MOST_BYTES))
        except InputError as error:
            raise InputError(_NO_MAP) from error
        try:
            joints = {
                str(joint): BoneMatch(
                    _names(match["bones"]), float(match.get("score", 1.0)), str(match.get("reason", ""))
                )
                for joint, match in content["joints"].items()
            }
            switches = tuple(
                Switch(str(s["bone"]), str(s["property"]), float(s["value"]), tuple(map(str, s["joints"])))
                for s in content.get("switches", ())
            )
            problems = tuple(map(str, content.get("problems", ())))
            about = (str(content.get("armature", "")), str(content.get("convention", "")))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(_NO_MAP) from error
        return cls(about[0], joints, about[1], switches, problems)


def read_map(path: Path) -> BoneMap:
    """A bone map from a JSON file.

    Raises:
        InputError: the file cannot be read, is too large, or holds no bone map.
    """
    content = read_bytes(path, most=MOST_BYTES, what="a bone map")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text. Name a bone map, as Export writes it.") from error
    try:
        return BoneMap.from_json(text)
    except InputError as error:
        raise InputError(f"{path}: {error} Correct or remove the file.") from error


def _names(bones: Any) -> tuple[str, ...]:
    if not isinstance(bones, list):
        raise TypeError("bones must be a list of names")
    return tuple(map(str, cast(list[Any], bones)))
