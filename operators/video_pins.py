"""Hands of a motion that hold on to objects of the scene: where they are, where the rig's shoulders are, bent arms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np

from ..backend.errors import InputError, RigError
from ..backend.job import Job, Progress
from ..translations.words import n_, rpt_

if TYPE_CHECKING:
    from ..backend.arrays import DoubleArray
    from ..backend.pose_sequence import PoseSequence
    from ..rig.pose_plan import KeyOptions
    from .target import Target

_AT_A_TIME: Final = 2
_OFF_MM: Final = 5.0
"""What a hand misses by less is not told."""

Pins = dict[str, str]
"""Side -> name of the object."""


def pinned(
    target: Target, poses: PoseSequence, pins: Pins, *, options: KeyOptions
) -> Job[tuple[PoseSequence, tuple[str, ...]]]:
    """Bend arms so that wrists follow objects; nothing is changed. Also what could not be reached, in sentences.

    Args:
        target: the rig, found again at each step.
        poses: one a frame of the scene, from the target's frame on.
        pins: which hand holds on to which object.
        options: how the motion is keyed.

    Raises:
        RigError: an object is gone or hangs on the rig, or the rig cannot be posed.
        InputError: the options exchange left and right.
    """
    from ..backend.refine.hand_pins import with_hand_at
    from ..backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle

    if options.flip:
        raise InputError("Hands cannot be pinned while left and right are flipped. Switch one of them off.")
    goals = yield from _places(target, pins, poses.frame_count)
    arms = yield from _shoulders(target, poses, tuple(pins), options=options)
    matrices, notes = axis_angle_to_matrix(poses.rotations), list[str]()
    for side, name in pins.items():
        shoulders, lengths, to_inner = arms[side]
        goal = (goals[side] - shoulders) @ to_inner.T
        matrices, off = with_hand_at(matrices, goal, side="left" if side == "left" else "right", lengths=lengths)
        metre = bpy.context.scene.unit_settings.scale_length * float(np.abs(np.linalg.det(to_inner))) ** (-1.0 / 3.0)
        notes += _told(side, name, off * metre * 1000.0)
    return replace(poses, rotations=matrix_to_axis_angle(matrices).astype(np.float32)), tuple(notes)


def _told(side: str, name: str, off_mm: DoubleArray) -> list[str]:
    missed = int((off_mm > _OFF_MM).sum())
    if not missed:
        return []
    left = n_("The left hand does not reach {name} in {missed} of {count} frames, by up to {off} mm.")
    right = n_("The right hand does not reach {name} in {missed} of {count} frames, by up to {off} mm.")
    words = rpt_(left if side == "left" else right)
    return [words.format(name=name, missed=missed, count=len(off_mm), off=f"{off_mm.max():.0f}")]


def _places(target: Target, pins: Pins, frames: int) -> Job[dict[str, DoubleArray]]:
    """Per side (T, 3) where the object is in the world at each frame; played only where it may move."""
    armature, scene = target.find()
    held = {side: _object(scene, name, armature) for side, name in pins.items()}
    found = {side: np.tile(_place(obj), (frames, 1)) for side, obj in held.items()}
    moving = {side: name for side, name in pins.items() if _may_move(held[side])}
    for first in range(0, frames if moving else 0, _AT_A_TIME):
        yield Progress("Following what the hands hold", 0.0)
        armature, scene = target.find()
        now = scene.frame_current, scene.frame_subframe
        try:
            for number in range(first, min(first + _AT_A_TIME, frames)):
                at = target.frame + number
                scene.frame_set(int(at // 1), subframe=at % 1.0)
                for side, name in moving.items():
                    found[side][number] = _place(_object(scene, name, armature))
        finally:
            scene.frame_set(now[0], subframe=now[1])
    return found


def _shoulders(
    target: Target, poses: PoseSequence, sides: tuple[str, ...], *, options: KeyOptions
) -> Job[dict[str, tuple[DoubleArray, tuple[float, float], DoubleArray]]]:
    """Per side (T, 3) the rig's shoulder in the world, both lengths of its arm, and (3, 3) world -> inner frame."""
    from ..backend.retarget.character_frame import MappedRig
    from ..rig.camera import RigJoints
    from ..rig.in_view import to_world
    from ..rig.keyframes import plan_pose, read_for_posing

    armature, _ = target.find()
    read = read_for_posing(armature, limbs=options.limbs)
    joints, mapped = RigJoints(armature, limbs=options.limbs), MappedRig(read.rig, read.bone_map)
    plan = plan_pose(armature, poses, options=options, relaxed=(), read=read)
    found = {side: np.zeros((poses.frame_count, 3)) for side in sides}
    for first in range(0, poses.frame_count, _AT_A_TIME):
        yield Progress("Reaching for what the hands hold", 0.0)
        armature, _ = target.find()
        for number in _shown(armature, plan, range(first, min(first + _AT_A_TIME, poses.frame_count))):
            places = joints.places(armature)
            for side in sides:
                found[side][number] = places[f"{side}_shoulder"]
    to_inner = np.linalg.inv(to_world(armature, read))
    return {side: (found[side], _lengths(mapped, side, armature.name), to_inner) for side in sides}


def _shown(armature: bpy.types.Object, plan: Any, numbers: range) -> Iterator[int]:
    """The rig shows each of these frames in turn, and then what it showed before."""
    from ..rig.channel_values import show_values, value_at

    now = {place: value_at(armature, place) for place in plan.places}
    try:
        for number in numbers:
            values = [float(c.values[min(number, len(c.values) - 1)]) for c in plan.channels]
            show_values(armature, zip(plan.places, values, strict=True))
            yield number
    finally:
        show_values(armature, now.items())


def _lengths(mapped: Any, side: str, name: str) -> tuple[float, float]:
    """Upper arm and forearm in the armature's units."""
    shoulder, elbow = mapped.head(f"{side}_shoulder"), mapped.head(f"{side}_elbow")
    wrist = mapped.limb_end(f"{side}_elbow")
    if shoulder is None or elbow is None or wrist is None:
        raise RigError(f"{name}: no bones are mapped to the {side} arm, so its hand cannot be pinned.")
    return float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))


def _object(scene: bpy.types.Scene, name: str, armature: bpy.types.Object) -> bpy.types.Object:
    obj = scene.objects.get(name)
    if obj is None:
        raise RigError(f"{name}, which a hand is pinned to, is not in the scene. Choose another object, or none.")
    above: bpy.types.Object | None = obj
    while above is not None:
        if above == armature:
            raise RigError(f"{name} hangs on {armature.name}, so no hand of it can be pinned there. Choose another.")
        above = above.parent
    return obj


def _may_move(obj: bpy.types.Object) -> bool:
    above: bpy.types.Object | None = obj
    while above is not None:
        if above.animation_data is not None or len(above.constraints) or above.rigid_body is not None:
            return True
        above = above.parent
    return False


def _place(obj: bpy.types.Object) -> DoubleArray:
    return np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world.translation, np.float64)
