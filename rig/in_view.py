"""A figure that was drawn over the rig in a view: how the rig must be posed to look like it from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import bpy
import numpy as np

from ..backend.arrays import AnyFloatArray, DoubleArray
from ..backend.errors import RigError
from ..backend.retarget.character_frame import MappedRig
from ..backend.retarget.solver import LEG_LENGTH_M
from ..backend.sketch_pipeline import SketchResult, Stance, hips_px
from ..backend.view_drawing import PicturePlane, StrokePicture, ViewOfRegion
from .camera import RigJoints
from .channel_values import show_values, value_at
from .keyframes import ReadRig, plan_pose, read_for_posing

if TYPE_CHECKING:
    from ..backend.estimate.estimator import Estimate
    from ..backend.retarget.bone_map import BoneMap
    from .pose_plan import KeyOptions

_MIRROR: Final = np.diag([-1.0, 1.0, 1.0])
_HIPS: Final = ("left_hip", "right_hip")
_SEEN: Final = 0.5
_ROUNDS: Final = 3
"""The place of a root follows the pose's nearly; after so many corrections at most it is exact."""

_EXACT_M: Final = 1e-4
"""A correction that moves the pelvis by less than that is the last."""


def stand_in_view(
    armature: bpy.types.Object,
    result: SketchResult,
    view: ViewOfRegion,
    *,
    picture: StrokePicture,
    options: KeyOptions,
    bone_map: BoneMap | None = None,
) -> SketchResult:
    """The readings turned and moved so that the rig, once it has their pose, looks from the view as it was drawn.

    The hips go where they are drawn, as far from the viewer as they are now; the rig is left as it is.

    Args:
        armature: the rig.
        result: the figure, solved in `picture`, that of the strokes.
        view: where it was drawn.
        picture: the strokes.
        options: how the pose will be keyed.
        bone_map: which bones stand for which joints, or None for the armature's own map.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """
    read = read_for_posing(armature, limbs=options.limbs, bone_map=bone_map)
    turn = _turn(armature, read, view, flip=options.flip)
    joints = RigJoints(armature, limbs=options.limbs, bone_map=read.bone_map)
    hips, depth_of = _drawn_hips(result), _middle(joints.places(armature), armature.name)
    drawn = PicturePlane.of(picture, view, depth_of=depth_of)
    plane = drawn.mirrored(float(hips[0])) if options.flip else drawn
    standing = replace(result, plane=plane).standing(Stance(turn))
    if not options.root_location:
        return standing
    wanted = drawn.corner + hips[0] * drawn.right + hips[1] * drawn.down
    pelvis = _pelvis(armature, standing.estimate, wanted, joints=joints, options=options, read=read)
    per_pixel = _to_inner(armature, read, flip=options.flip) @ np.stack([plane.right, plane.down], axis=-1)
    return standing.standing(Stance(turn, pelvis, per_pixel))


def shown_view(region: bpy.types.Region, view: bpy.types.RegionView3D) -> ViewOfRegion:
    """How a region shows the world now.

    Raises:
        InputError: its matrices cannot be used.
    """
    return ViewOfRegion(np.array(view.view_matrix), np.array(view.window_matrix), region.width, region.height)


def to_world(armature: bpy.types.Object, read: ReadRig) -> DoubleArray:
    """(3, 3) inner frame -> world with the object's scale in it; a mirrored object's left is taken for its right."""
    matrix = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world
    axes = np.array(matrix, np.float64)[:3, :3] @ MappedRig(read.rig, read.bone_map).frame.axes
    return axes @ _MIRROR if np.linalg.det(axes) < 0.0 else axes


def _to_inner(armature: bpy.types.Object, read: ReadRig, *, flip: bool) -> DoubleArray:
    """(3, 3) a way in the world -> the way of the pelvis in the inner frame that moves the rig by it."""
    units = MappedRig(read.rig, read.bone_map).frame.leg_length / LEG_LENGTH_M
    way = np.linalg.inv(to_world(armature, read) * units)
    return _MIRROR @ way if flip else way


def _turn(armature: bpy.types.Object, read: ReadRig, view: ViewOfRegion, *, flip: bool) -> DoubleArray:
    """(3, 3) rotation from the view's axes to the inner frame of the rig."""
    axes = to_world(armature, read)
    left, sizes, right = (np.asarray(part, np.float64) for part in np.linalg.svd(axes))
    if sizes[-1] <= 1e-9 * sizes[0]:
        raise RigError(f"{armature.name} is scaled to nothing along an axis, so it cannot be posed from a view.")
    turn = (left @ right).T @ view.axes
    # A flipped pose is mirrored after it was turned, and shall be mirrored in the view.
    return _MIRROR @ turn @ _MIRROR if flip else turn


def _drawn_hips(result: SketchResult) -> DoubleArray:
    """(2,) in pixels of the picture: between the hips where they are drawn, else where the reading has them."""
    seen = result.observation
    columns = [seen.schema.index[name] for name in _HIPS]
    if seen.confidence[0, columns].min() >= _SEEN:
        places = seen.keypoints_px[0, columns]
    else:
        return hips_px(result.estimate)
    return places.astype(np.float64).mean(axis=0)


def _pelvis(
    armature: bpy.types.Object,
    estimate: Estimate,
    wanted: DoubleArray,
    *,
    joints: RigJoints,
    options: KeyOptions,
    read: ReadRig,
) -> AnyFloatArray:
    """(3,) metres in the inner frame: the pelvis for which the rig has its hips at `wanted` (3,) in the world."""
    to_inner = _to_inner(armature, read, flip=options.flip)
    translation = estimate.poses.translation[0].astype(np.float64)
    # All of the pose counts for where the hips are; what is left alone when it is keyed does not matter here.
    whole = replace(options, blend=1.0, selected_only=False, keep_unseen=False, min_confidence=0.0, in_place=False)
    for _ in range(_ROUNDS):
        poses = replace(estimate.poses, translation=translation[None].astype(np.float32))
        plan = plan_pose(armature, poses, options=whole, relaxed=(), read=read)
        now = {place: value_at(armature, place) for place in plan.places}
        try:
            show_values(
                armature, [(place, float(c.values[0])) for place, c in zip(plan.places, plan.channels, strict=True)]
            )
            reached = _middle(joints.places(armature), armature.name)
        finally:
            show_values(armature, now.items())
        correction = to_inner @ (wanted - reached)
        translation = translation + correction
        if np.linalg.norm(correction) < _EXACT_M:
            break
    return translation.astype(np.float32)


def _middle(places: Mapping[str, AnyFloatArray], name: str) -> DoubleArray:
    """(3,) between the hips, in the world."""
    try:
        return np.mean([np.asarray(places[joint], np.float64) for joint in _HIPS], axis=0)
    except KeyError as error:
        raise RigError(f"{name}: no bone is mapped to a hip. Complete the bone map.") from error
