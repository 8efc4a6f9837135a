"""Measures what each mapped control of a constrained rig really follows: poses the rig, reads it back, restores it."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.arrays import DoubleArray
from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.measured_spaces import MeasuredPoses, follows_from
from ..backend.retarget.rig_spec import RigSpec
from ..backend.skeleton import JOINT_INDEX

_SAMPLES = 3
_LARGEST_TURN = 0.7
_CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")


def measure_parent_spaces(
    armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap, *, posed: Collection[str] = ()
) -> RigSpec:
    """The rig with `follows` measured, where constraints above a bone that is posed make the list of parents untrue.

    The armature is posed a few times, its limbs in FK, and set back to exactly what it was; the caller updates the
    view layer.

    Args:
        armature: the object.
        rig: as `read_rig` and `with_ik_limbs` found it.
        bone_map: which of its bones stand for which joints.
        posed: further bones that will be posed, such as fingers and the controls of IK limbs.
    """
    mapped = [bone for joint, match in bone_map.joints.items() if joint in JOINT_INDEX for bone in match.bones]
    names = list(dict.fromkeys((*mapped, *posed)))
    in_view = armature.name in bpy.context.view_layer.objects
    if not in_view or not any(_is_constrained(rig, bone) for bone in names):
        return rig
    turns = _random_turns(len(names))
    with _kept_pose(armature, names), _in_fk(armature, rig, bone_map):
        poses = [_posed(armature, rig, mapped=names, turns=turns[sample]) for sample in range(_SAMPLES)]
    samples = MeasuredPoses(tuple(names), np.stack([p.pose for p in poses]), np.stack([p.basis for p in poses]))
    # A control may follow a bone of the body or its limb's other control, never the other way round.
    controls = set(rig.all_ik_controls) - set(mapped)
    body = [name for name in names if name not in controls]
    follows = follows_from(rig, samples.only(body))
    of_chains = tuple(name for chain in rig.ik_chains for name in chain.controls)
    for group in (*(limb.controls for limb in rig.ik), of_chains):
        own = [name for name in dict.fromkeys(group) if name in controls and name in names]
        if own:
            measured = follows_from(rig, samples.only([*body, *own]))
            follows |= {name: measured[name] for name in own if name in measured}
    return replace(rig, follows=follows)


def _is_constrained(rig: RigSpec, name: str) -> bool:
    bone = rig.index.get(name)
    return bone is not None and any(rig.constraints[above] for above in (bone, *rig.ancestors(bone)))


def _random_turns(count: int) -> DoubleArray:
    """(samples, count, 4) angle and axis, the same every time; the first sample is the pose as it is."""
    random = np.random.default_rng(7)
    axes = random.normal(size=(_SAMPLES, count, 3))
    axes /= np.linalg.norm(axes, axis=-1, keepdims=True)
    angles = random.uniform(0.3, _LARGEST_TURN, (_SAMPLES, count, 1))
    angles[0] = 0.0
    return np.concatenate([angles, axes], axis=-1)


@dataclass(frozen=True)
class _Sample:
    pose: DoubleArray
    basis: DoubleArray


def _posed(armature: bpy.types.Object, rig: RigSpec, *, mapped: list[str], turns: DoubleArray) -> _Sample:
    """Turn each mapped bone from its pose in `rig` and read what comes of it: (N, 4, 4) matrices."""
    for name, (angle, *axis) in zip(mapped, turns, strict=True):
        if angle:
            basis = Matrix(rig.basis[rig.index[name]].tolist())
            armature.pose.bones[name].matrix_basis = basis @ Matrix.Rotation(angle, 4, axis)
    bpy.context.view_layer.update()
    bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    return _Sample(
        np.array([bones[name].matrix for name in mapped], dtype=np.float64),
        np.array([bones[name].matrix_basis for name in mapped], dtype=np.float64),
    )


@contextmanager
def _kept_pose(armature: bpy.types.Object, mapped: list[str]) -> Generator[None]:
    bones = [armature.pose.bones[name] for name in mapped]
    kept = [{name: tuple(getattr(bone, name)) for name in _CHANNELS} for bone in bones]
    position = armature.data.pose_position
    if position != "POSE":
        armature.data.pose_position = "POSE"
    try:
        yield
    finally:
        for bone, channels in zip(bones, kept, strict=True):
            for name, value in channels.items():
                setattr(bone, name, value)
        if position != "POSE":
            armature.data.pose_position = position


@contextmanager
def _in_fk(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> Generator[None]:
    """Switches as FK needs them, and no IK on bones whose own rotation is measured."""
    bones = armature.pose.bones
    switches = [s for s in bone_map.switches if s.bone in bones and s.property in bones[s.bone]]
    before = [bones[s.bone][s.property] for s in switches]
    constraints = [bones[bone].constraints[name] for chain in rig.ik_chains for bone, name in chain.constraints]
    muted = [constraint.mute for constraint in constraints]
    for switch, value in zip(switches, before, strict=True):
        bones[switch.bone][switch.property] = type(value)(switch.value)
    for constraint in constraints:
        constraint.mute = True
    if switches:
        armature.update_tag()  # drivers do not see a custom property change by themselves
    try:
        yield
    finally:
        for switch, value in zip(switches, before, strict=True):
            bones[switch.bone][switch.property] = value
        for constraint, mute in zip(constraints, muted, strict=True):
            constraint.mute = mute
