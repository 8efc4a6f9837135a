"""Keeps the problems of the map on an armature up to date while the artist edits it."""

from __future__ import annotations

import json

import bpy

from ..backend.errors import RigError
from ..backend.retarget.bone_map import MAPPABLE, BoneMap, BoneMatch
from ..backend.retarget.checks import given_problems
from ..backend.retarget.profiles_reader import is_of_controls
from .armature import read_rig
from .stored_map import StoredMap, choose_bone, store_text, stored_map, stored_text


def edit_bone(armature: bpy.types.Object, joint: str, *, bone: str) -> None:
    """Let a joint begin with another bone, and say anew where the map disagrees with the rig."""
    before = _problems(armature)
    choose_bone(armature, joint, bone=bone)
    stored, text = stored_map(armature), stored_text(armature)
    if stored is None or text is None:
        return
    others = [problem for problem in stored.problems if problem not in before]
    problems = list(dict.fromkeys((*others, *_problems(armature))))
    if problems != list(stored.problems):
        store_text(armature, json.dumps({**json.loads(text), "problems": problems}, ensure_ascii=False))


def _problems(armature: bpy.types.Object) -> tuple[str, ...]:
    """What the rig says against the map as it is now, as far as its bones are clear."""
    stored = stored_map(armature)
    if stored is None or not stored.joints:
        return ()
    try:
        rig = read_rig(armature)
    except RigError:  # such as in Edit Mode: it is told when the rig is posed
        return ()
    bone_map = _as_far_as_clear(armature, stored)
    return given_problems(rig, bone_map, controls=is_of_controls(bone_map.convention))


def _as_far_as_clear(armature: bpy.types.Object, stored: StoredMap) -> BoneMap:
    """The map without joints whose bones are gone or stand for another joint too."""
    unclear = {*stored.twice, *stored.gone(armature)}
    joints = {
        joint: BoneMatch(match.bones, min(max(match.score, 0.0), 1.0), match.reason)
        for joint, match in stored.joints.items()
        if joint in MAPPABLE and match.bones and not unclear & set(match.bones)
    }
    return BoneMap(armature.name, joints, stored.convention)
