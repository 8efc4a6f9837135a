"""The bone map as it is kept on an armature object: JSON in a custom property.

So it is saved, undone and appended with the armature, and read where the add-on is not registered. Reading it is cheap
enough for panels.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import bpy

from ..backend.errors import InputError
from ..backend.joint_words import BODY_JOINTS
from ..backend.outside import parse_json

KEY: Final = "contrapposto_bone_map"
BY_HAND: Final = "chosen by hand"
CONFIRMED: Final = "confirmed by hand"
UNREADABLE: Final = "The bone map kept on this armature cannot be read. Press Detect."


@dataclass(frozen=True)
class StoredJoint:
    """The bones of a joint, how sure that is, and why."""

    bones: tuple[str, ...]
    score: float = 1.0
    reason: str = ""


@dataclass(frozen=True)
class StoredMap:
    """A bone map while it is edited: unlike a `BoneMap` it may name a bone twice, or one that is gone.

    Attributes:
        joints: joint -> bones.
        ask: joints that the artist is asked about: not sure enough, or missing.
        convention: whose names the bones have.
        problems: what was found odd, in sentences.
    """

    joints: Mapping[str, StoredJoint] = field(default_factory=dict)
    ask: tuple[str, ...] = ()
    convention: str = ""
    problems: tuple[str, ...] = ()

    @property
    def twice(self) -> tuple[str, ...]:
        """Bones that stand for more than one joint."""
        uses = Counter(bone for joint in self.joints.values() for bone in joint.bones)
        return tuple(bone for bone, count in uses.items() if count > 1)

    @property
    def is_body(self) -> bool:
        """Whether at least one joint of the body is sure; where none is, the rig may be no human body at all."""
        return any(joint in BODY_JOINTS and joint not in self.ask for joint in self.joints)

    def gone(self, armature: bpy.types.Object) -> tuple[str, ...]:
        """Bones that the armature does not have (any more)."""
        bones = armature.data.bones
        return tuple(bone for joint in self.joints.values() for bone in joint.bones if bone not in bones)


def stored_text(armature: bpy.types.Object) -> str | None:
    """The text kept on the armature, or None."""
    text = armature.get(KEY)
    return text if isinstance(text, str) else None


def stored_map(armature: bpy.types.Object) -> StoredMap | None:
    """The map kept on the armature, or None; one that cannot be read is empty and says so."""
    text = stored_text(armature)
    return None if text is None else parsed_map(text)


@lru_cache(maxsize=16)
def parsed_map(text: str) -> StoredMap:
    """The map in a text; one that cannot be read is empty and says so."""
    try:
        content = parse_json(text)
        joints = {
            str(joint): StoredJoint(
                tuple(map(str, match["bones"])), float(match.get("score", 1.0)), str(match.get("reason", ""))
            )
            for joint, match in content["joints"].items()
        }
        ask, problems = (tuple(map(str, content.get(name, ()))) for name in ("ask", "problems"))
        return StoredMap(joints, ask, str(content.get("convention", "")), problems)
    except (InputError, ValueError, KeyError, TypeError, AttributeError):
        return StoredMap(problems=(UNREADABLE,))


def store_text(armature: bpy.types.Object, text: str) -> None:
    """Keep a map, as JSON, on the armature."""
    armature[KEY] = text
    armature.property_overridable_library_set(f'["{KEY}"]', True)


def is_kept_in_file(armature: bpy.types.Object) -> bool:
    """Whether a file is saved with the map: Blender drops properties that a library override alone has."""
    override = armature.override_library
    return override is None or override.reference is None or override.reference.get(KEY) is not None


def forget(armature: bpy.types.Object) -> None:
    """Keep no map any more; bones are then found automatically."""
    if KEY in armature:
        del armature[KEY]


def first_bone(armature: bpy.types.Object, joint: str) -> str:
    """The bone whose head is the joint; empty where there is none."""
    stored = stored_map(armature)
    match = stored.joints.get(joint) if stored is not None else None
    return match.bones[0] if match is not None and match.bones else ""


def choose_bone(armature: bpy.types.Object, joint: str, *, bone: str) -> None:
    """Let a joint begin with another bone, or with none; every other joint stays.

    Of a chain those bones stay that descend from the new first one.
    """
    content = _content(armature)
    joints, ask = content["joints"], [asked for asked in content.get("ask", ()) if asked != joint]
    if bone:
        rest = joints.get(joint, {"bones": []})["bones"][1:]
        joints[joint] = _by_hand([bone, *(name for name in rest if _descends(armature, name, ancestor=bone))])
    else:
        joints.pop(joint, None)
        ask.append(joint)
    store_text(armature, json.dumps({**content, "ask": ask}, ensure_ascii=False))


def confirm(armature: bpy.types.Object, joint: str) -> None:
    """Take a joint as it is, and ask no more about it."""
    content = _content(armature)
    content["ask"] = [asked for asked in content.get("ask", ()) if asked != joint]
    if joint in content["joints"]:
        content["joints"][joint] = {**content["joints"][joint], "score": 1.0, "reason": CONFIRMED}
    store_text(armature, json.dumps(content, ensure_ascii=False))


def _content(armature: bpy.types.Object) -> dict[str, Any]:
    """The JSON kept on the armature, or that of a map without joints."""
    text, stored = stored_text(armature), stored_map(armature)
    if text is None or stored is None or UNREADABLE in stored.problems:
        return {"armature": armature.name, "joints": {}}
    return json.loads(text)


def _by_hand(bones: list[str]) -> dict[str, Any]:
    return {"bones": bones, "score": 1.0, "reason": BY_HAND}


def _descends(armature: bpy.types.Object, name: str, *, ancestor: str) -> bool:
    bone = armature.data.bones.get(name)
    return bone is not None and any(parent.name == ancestor for parent in bone.parent_recursive)
