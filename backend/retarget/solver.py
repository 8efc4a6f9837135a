"""SMPL poses -> rotations of the rig's own bones: exact, free of the rest pose, vectorised over frames; no bpy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray
from ..errors import RigError
from ..kinematics import global_rotations
from ..matrices import product, transform
from ..pose_sequence import PoseSequence
from ..rotations import axis_angle_to_matrix, normalized, swing_between
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS, SOLE_BELOW_ANKLE_M
from .bone_map import BoneMap
from .character_frame import LIMB_CHILD, SIDES, CharacterFrame, MappedRig
from .grounding import height_correction
from .hands import finger_turns
from .ik import pose_ik_limbs
from .ik_chains import pose_ik_chains
from .interpolation import between, swing_and_twist, turn_about
from .parent_spaces import follows_of, in_order
from .posing import Posing, in_axes
from .rig_pose import RigPose
from .rig_spec import RigSpec
from .scaled_posing import ScaledPosing, is_scaled, uneven_scale_notes
from .torso import align_torso

_LEG: Final = [JOINT_INDEX[name] for name in ("left_hip", "left_knee", "left_ankle")]
LEG_LENGTH_M: Final = float(sum(np.linalg.norm(REST_OFFSETS[joint]) for joint in _LEG[1:]))
HIPS_IN_PELVIS: Final = 0.5 * (REST_OFFSETS[JOINT_INDEX["left_hip"]] + REST_OFFSETS[JOINT_INDEX["right_hip"]])
STANDING_HIPS_M: Final = float(SOLE_BELOW_ANKLE_M - REST_OFFSETS[_LEG[1:], 1].sum())
_NO_RISE: Final = 1e-3


def retarget(
    rig: RigSpec,
    bone_map: BoneMap,
    poses: PoseSequence,
    *,
    in_place: bool = False,
    relaxed: Collection[str] = (),
    limbs: str = "FK",
    stands: BoolArray | None = None,
) -> RigPose:
    """Rotations of every mapped bone, and the root's location, that give the rig the poses.

    Each joint's orientation in armature space is A G A^-1 C, with G SMPL's orientation of the joint, A the rig's
    character frame and C the turn from rest to T-pose; the spine then bends to SMPL's line from hips to neck, the hips
    go to where the lowest foot is as high above the ground as SMPL's, and the parents' poses are taken off.

    Args:
        rig: the rig as it is posed now.
        bone_map: which of its bones stand for which joints.
        poses: what to do; fingers are driven where it has hands.
        in_place: only the root's height changes, not its place.
        relaxed: hands ("left", "right") to relax where `poses` has none.
        limbs: "FK", or "IK" to pose the targets and poles of `rig.ik` and `rig.ik_chains` where there are any.
        stands: (T, 4) when left heel, left ball, right heel and right ball stand: there the rig's feet do not slide,
            whatever its proportions. Not with `in_place`.

    Raises:
        RigError: the map lacks an essential joint or names a bone that the rig has not.
    """
    seen = _checked(rig, bone_map)
    world = global_rotations(axis_angle_to_matrix(poses.rotations))
    wanted = wanted_turns(seen, world)
    wanted |= (fingers := finger_turns(seen, poses.hands, wanted=wanted, relaxed=relaxed))
    posing, scale, channels = _placed(seen, wanted, world=world, poses=poses, in_place=in_place)
    if stands is not None and not in_place:
        from .standing_feet import with_standing_feet  # brings much of scipy, which stills do without

        wanted = with_standing_feet(seen, posing, wanted, stands=stands, world=world, scale=scale, fps=poses.fps)
        posing, scale, channels = _placed(seen, wanted, world=world, poses=poses, in_place=in_place)
    replaced = pose_ik_limbs(seen, posing) if limbs == "IK" else ()
    if limbs == "IK":
        pose_ik_chains(seen.rig, posing)
    pose = _rig_pose(posing, without=replaced, root=_root(seen), channels=channels)
    relaxed_fingers = frozenset[str]() if poses.hands is not None else frozenset(fingers)
    return replace(pose, constant=relaxed_fingers, notes=uneven_scale_notes(seen, wanted))


def _rig_pose(posing: Posing, *, without: Collection[str], root: str, channels: tuple[int, ...]) -> RigPose:
    kept = [name for name in posing.posed if name not in without]
    rotations = _continuous(posing.rotations(kept)).astype(np.float32)
    locations = {name: location.astype(np.float32) for name, location in posing.locations.items()}
    return RigPose(tuple(kept), rotations, root, locations.pop(root), channels, controls=locations)


def _checked(rig: RigSpec, bone_map: BoneMap) -> MappedRig:
    bones = {bone for match in bone_map.joints.values() for bone in match.bones}
    absent = sorted(bones - rig.index.keys())
    if absent:
        raise RigError(f"{rig.name} has no bones of these names: {', '.join(absent)}. Detect the bone map again.")
    if "pelvis" not in bone_map.joints:
        raise RigError(f"{rig.name}: no bone is mapped to pelvis. Complete the bone map.")
    return MappedRig(rig, bone_map)


def wanted_turns(seen: MappedRig, world: DoubleArray) -> dict[str, DoubleArray]:
    """Per mapped bone of the body how far its orientation is from rest, (T, 3, 3) in armature space.

    `world` (T, 24, 3, 3): the orientations of SMPL's joints in the inner frame.
    """
    corrections = seen.to_t_pose
    turned = product(product(seen.frame.axes, np.swapaxes(world, 0, 1)), seen.frame.axes.T)
    wanted: dict[str, DoubleArray] = {}
    for joint, index in JOINT_INDEX.items():
        if joint not in seen.bone_map.joints:
            continue
        chain = seen.bone_map.joints[joint].bones
        full = _corrected(turned[index], corrections.get(joint))
        parent = PARENTS[index]
        if parent < 0 or len(chain) == 1:
            wanted.update(dict.fromkeys(chain, full))
            continue
        before = _corrected(turned[parent], corrections.get(JOINT_NAMES[parent]))
        shares = [(position + 1) / len(chain) for position in range(len(chain))]
        if joint in LIMB_CHILD:
            axis = normalized(seen.limb_end(joint) - seen.needed_head(joint))
            turns = _share_twist(before, full, axis=axis, shares=shares)
            wanted.update(zip(chain, _kept_on_line(seen, joint, turns), strict=True))
        else:
            wanted.update((bone, between(before, full, share)) for bone, share in zip(chain, shares, strict=True))
    align_torso(seen, wanted, world)
    return wanted


def _corrected(turned: DoubleArray, correction: DoubleArray | None) -> DoubleArray:
    return turned if correction is None else product(turned, correction)


def _share_twist(
    before: DoubleArray, full: DoubleArray, *, axis: DoubleArray, shares: list[float]
) -> list[DoubleArray]:
    """For a limb of several bones in line: all swing alike, each with its share of the twist about `axis` (3,)."""
    swing, twist = swing_and_twist(np.swapaxes(before, -1, -2) @ full, axis)
    return [before @ swing @ turn_about(axis, twist * share) for share in shares]


def _kept_on_line(seen: MappedRig, joint: str, turns: list[DoubleArray]) -> list[DoubleArray]:
    """The turns (T, 3, 3) of a limb's bones, swung so that its far end stays in line.

    Bones that start a little off the line from joint to joint carry the end away when they twist by different angles.
    """
    bones = seen.bone_map.joints[joint].bones
    heads = [seen.rig.heads[seen.rig.index[bone]].astype(np.float64) for bone in bones]
    parts = np.diff(np.stack([*heads, seen.limb_end(joint)]), axis=0)
    way = sum((turn @ part for turn, part in zip(turns, parts, strict=True)), np.zeros(3))
    back = swing_between(way, turns[-1] @ parts.sum(axis=0))
    return [back @ turn for turn in turns]


def _wanted_hips(frame: CharacterFrame, world: DoubleArray, poses: PoseSequence, *, scale: float) -> DoubleArray:
    """(T, 3) armature space: the middle between the hip joints, its way from standing in `scale` units a metre."""
    hips = poses.translation + transform(world[:, 0], HIPS_IN_PELVIS)
    moved = hips - np.array([0.0, STANDING_HIPS_M, 0.0])
    return frame.hips + scale * moved @ frame.axes.T


def _posed(
    seen: MappedRig, wanted: dict[str, DoubleArray], *, world: DoubleArray, poses: PoseSequence
) -> tuple[Posing, float]:
    """All mapped bones turned, parents first, and the root moved to where its hips belong; armature units a metre."""
    root = _root(seen)
    follows = follows_of(seen.rig, tuple(wanted))
    own = {limb.swing for limb in seen.rig.ik}
    controls = [name for name in seen.rig.all_ik_controls if name not in wanted and name not in own]
    placed = {name for chain in seen.rig.ik_chains for name in chain.controls}
    for position, control in enumerate(controls):
        before = placed.intersection(controls[:position]) if control in placed else set[str]()
        follows |= follows_of(seen.rig, (control,), mapped=wanted.keys() | before)
    scaled = not seen.rig.follows and is_scaled(seen, wanted)
    posing = ScaledPosing(seen, follows, len(world)) if scaled else Posing(seen.rig, follows, len(world))
    for name in in_order({name: follows[name] for name in wanted}, rig=seen.rig.name):
        posing.turn(name, wanted[name], at_rest=name == root)
    scale = (_leg_length(seen, posing) if scaled else seen.frame.leg_length) / LEG_LENGTH_M
    reached = np.mean([_joint(seen, posing, f"{side}_hip") for side in SIDES], axis=0)
    posing.locations[root] = _wanted_hips(seen.frame, world, poses, scale=scale) - reached
    posing.move(root, posing.locations[root])
    return posing, scale


def _placed(
    seen: MappedRig, wanted: dict[str, DoubleArray], *, world: DoubleArray, poses: PoseSequence, in_place: bool
) -> tuple[Posing, float, tuple[int, ...]]:
    """All mapped bones turned and the root on its way; armature units a metre, and the channels of the root's way."""
    posing, scale = _posed(seen, wanted, world=world, poses=poses)
    lift = _lift(seen, posing, world=world, translation=poses.translation, scale=scale)
    return posing, scale, _locate_root(seen, posing, lift=lift, in_place=in_place)


def _joint(seen: MappedRig, posing: Posing, joint: str) -> DoubleArray:
    """(T, 3) armature space: where a joint is as it is posed."""
    return posing.done[seen.bone_map.joints[joint].bones[0]].apply(seen.needed_head(joint))


def _leg_length(seen: MappedRig, posing: Posing) -> float:
    """Mean of both legs over all frames, in armature units: scaled bones are as long as they are posed."""
    found: list[float] = []
    for side in SIDES:
        knee = _joint(seen, posing, f"{side}_knee")
        shin = posing.done[seen.bone_map.joints[f"{side}_knee"].bones[-1]]
        ways = knee - _joint(seen, posing, f"{side}_hip"), shin.apply(seen.limb_end(f"{side}_knee")) - knee
        found.append(float(np.mean(sum(np.linalg.norm(way, axis=-1) for way in ways))))
    return float(np.mean(found))


def _root(seen: MappedRig) -> str:
    return seen.bone_map.joints["pelvis"].bones[0]


def _lift(
    seen: MappedRig, posing: Posing, *, world: DoubleArray, translation: AnyFloatArray, scale: float
) -> DoubleArray:
    """(T, 3) armature space: what brings the lowest point of the rig as high above the ground as SMPL's."""
    carried = {j: posing.done[m.bones[0]] for j, m in seen.bone_map.joints.items() if m.bones[0] in posing.done}
    height = height_correction(seen, carried, world=world, translation=translation, scale=scale)
    return height[:, None] * seen.frame.axes[:, 1]


def _locate_root(seen: MappedRig, posing: Posing, *, lift: DoubleArray, in_place: bool) -> tuple[int, ...]:
    """Turn the root's way in armature space into its `location` channels; returns which of them count."""
    root, up = _root(seen), seen.frame.axes[:, 1]
    way, axes = posing.locations[root] + lift, posing.axes(root)
    moved, channels = way, (0, 1, 2)
    if in_place:
        stays = axes @ seen.rig.basis[seen.rig.index[root], :3, 3]
        moved = stays + ((way - stays) @ up)[:, None] * up
        rises = np.abs(in_axes(axes, np.broadcast_to(up, way.shape))).max(axis=0)
        channels = tuple(np.flatnonzero(rises > _NO_RISE * rises.max()).tolist())
    posing.move(root, moved - posing.locations[root])
    posing.locations[root] = in_axes(axes, moved)
    return channels


def _continuous(quaternions: DoubleArray) -> DoubleArray:
    """(T, N, 4) with the sign of each frame nearest to the frame before."""
    signs = np.sign(np.sum(quaternions[1:] * quaternions[:-1], axis=-1))
    signs = np.cumprod(np.where(signs == 0.0, 1.0, signs), axis=0)
    return np.concatenate([quaternions[:1], quaternions[1:] * signs[..., None]])
