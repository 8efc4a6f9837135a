"""The scene camera that shows a posed rig where a photo shows the person, with the photo behind it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.arrays import ImageArray
from ..backend.camera_match import CameraPose, Lens, Sighting, match_camera
from ..backend.errors import RigError
from ..backend.retarget.checks import other_side
from .armature import read_rig, require_armature
from .backdrop import photo_image
from .bone_maps import bone_map_for
from .ik_controls import with_ik_limbs
from .object_space import is_mirrored

if TYPE_CHECKING:
    from ..backend.retarget.bone_map import BoneMap

NAME: Final = "Contrapposto Camera"
MARK: Final = "contrapposto_photo"
"""A custom property of the camera object: the picture that it was matched to."""
SENTENCE: Final = "contrapposto_match"
"""Another: how well, in words."""
_LEAST_SIDE: Final = 4


@dataclass(frozen=True)
class Photo:
    """What stands behind the rig: a picture file, and its upright pixels (H, W, 3) RGB."""

    path: Path
    pixels: ImageArray


@dataclass(frozen=True)
class MatchOptions:
    """How a camera is matched.

    Attributes:
        resolution: what is rendered takes the picture's aspect ratio; its longer side stays.
        opacity: of the picture, in [0, 1].
    """

    resolution: bool = True
    opacity: float = 1.0


@dataclass(frozen=True)
class MatchReport:
    """What was done: the camera's name, how it stands, and the scene camera there was before, or None."""

    camera: str
    pose: CameraPose
    previous: str | None

    @property
    def sentence(self) -> str:
        """What was done, in words."""
        kept = "" if self.previous is None else f" {self.previous}, the scene's camera before, is kept."
        return f"{self.camera}: {in_words(self.pose)}.{kept}"


class RigJoints:
    """Where a rig has the joints of the body, found once and then read as often as it is posed.

    Args:
        armature: the rig.
        limbs: "FK", or "IK" where its limbs are posed by IK, which their own bones need not follow.
        bone_map: which bones stand for which joints, or None for the armature's own map.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """

    def __init__(self, armature: bpy.types.Object, *, limbs: str = "FK", bone_map: BoneMap | None = None) -> None:
        rig = read_rig(require_armature(armature))
        bone_map = bone_map_for(armature, rig) if bone_map is None else bone_map
        self._heads = {joint: match.bones[0] for joint, match in bone_map.joints.items()}
        self._tails: dict[str, str] = {}
        for limb in with_ik_limbs(armature, rig, bone_map).ik if limbs == "IK" else ():
            first, second, third = limb.joints
            self._heads.update({first: limb.chain[0], second: limb.chain[1]})
            self._tails[third] = limb.chain[1]

    def places(self, armature: bpy.types.Object) -> dict[str, np.ndarray]:
        """Joint -> (3,) in the world, as the armature is posed now; left and right are the viewer's.

        Raises:
            RigError: it has lost a bone.
        """
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        to_world, bones = posed.matrix_world, posed.pose.bones
        try:
            found = {joint: np.array(to_world @ bones[name].head) for joint, name in self._heads.items()}
            found.update({joint: np.array(to_world @ bones[name].tail) for joint, name in self._tails.items()})
        except KeyError as error:
            raise RigError(f"{armature.name} has lost bones since it was posed. Pose it again.") from error
        # Of a mirrored rig the viewer sees the left where the rig has its right.
        return {other_side(joint): place for joint, place in found.items()} if is_mirrored(armature) else found


def matched_camera(scene: bpy.types.Scene) -> bpy.types.Object | None:
    """The camera that was matched in this scene before, whatever it is called now."""
    return next((obj for obj in scene.objects if obj.type == "CAMERA" and MARK in obj), None)


def camera_of(scene: Any, picture: Path) -> bpy.types.Object | None:
    """The scene's matched camera, if this picture is what it was matched to."""
    camera = matched_camera(scene)
    return camera if camera is not None and camera[MARK] == str(picture.resolve()) else None


def match_scene_camera(
    scene: bpy.types.Scene,
    sighting: Sighting,
    photo: Photo,
    *,
    joints: dict[str, np.ndarray],
    options: MatchOptions | None = None,
) -> MatchReport:
    """Make or update the scene's matched camera and let the scene be seen through it.

    Args:
        scene: the rig's scene.
        sighting: the person in the picture, flipped where the rig was posed flipped.
        photo: the picture.
        joints: where the posed rig has the joints of the body, in the world.
        options: how.

    Raises:
        InputError: the joints do not allow it; nothing is changed.
    """
    options = options or MatchOptions()
    pose = match_camera(joints, sighting)
    previous = scene.camera
    camera = matched_camera(scene) or _new_camera(scene)
    if options.resolution:
        _take_aspect(scene.render, sighting.image_size)
    _aim(camera, sighting, scene=scene, pose=pose, size=_extent(joints))
    _show_photo(camera, photo, flipped=sighting.mirrored, opacity=options.opacity)
    scene.camera = camera
    camera[MARK], camera[SENTENCE] = str(photo.path.resolve()), in_words(pose)
    return MatchReport(camera.name, pose, None if previous in (None, camera) else previous.name)


def aim_camera(
    camera: bpy.types.Object, sighting: Sighting, *, scene: bpy.types.Scene, joints: dict[str, np.ndarray]
) -> CameraPose:
    """Only move a matched camera to where the rig covers the person again.

    Raises:
        InputError: the joints do not allow it; nothing is changed.
    """
    pose = match_camera(joints, sighting)
    _aim(camera, sighting, scene=scene, pose=pose, size=_extent(joints))
    camera[SENTENCE] = in_words(pose)
    return pose


class KeptCamera:
    """Where a camera stood and how it looked, to be put back."""

    _ATTRIBUTES: Final = ("lens", "shift_x", "shift_y", "clip_start", "clip_end", "display_size")

    def __init__(self, camera: bpy.types.Object) -> None:
        self._matrix = camera.matrix_world.copy()
        self._values = {name: getattr(camera.data, name) for name in self._ATTRIBUTES}
        self._sentence = str(camera.get(SENTENCE, ""))

    def put_back(self, camera: bpy.types.Object) -> None:
        """As it was."""
        camera.matrix_world = self._matrix
        for name, value in self._values.items():
            setattr(camera.data, name, value)
        camera[SENTENCE] = self._sentence


def in_words(pose: CameraPose) -> str:
    """How well the rig covers the person."""
    return f"Joints are {pose.error_px:.0f} px ({pose.error_share:.1%} of the person's height) off in the median"


def frame_size(render: bpy.types.RenderSettings) -> tuple[int, int]:
    """Width and height of what is rendered, in square pixels."""
    return round(render.resolution_x * render.pixel_aspect_x), round(render.resolution_y * render.pixel_aspect_y)


def _new_camera(scene: bpy.types.Scene) -> bpy.types.Object:
    camera = bpy.data.objects.new(NAME, bpy.data.cameras.new(NAME))
    scene.collection.objects.link(camera)
    return camera


def _take_aspect(render: bpy.types.RenderSettings, image_size: tuple[int, int]) -> None:
    """Even numbers, as video encoders want them."""
    longest = max(render.resolution_x, render.resolution_y)
    sides = [max(_LEAST_SIDE, 2 * round(longest * side / max(image_size) / 2.0)) for side in image_size]
    render.resolution_x, render.resolution_y = sides
    render.pixel_aspect_x = render.pixel_aspect_y = 1.0


def _aim(
    camera: bpy.types.Object, sighting: Sighting, *, scene: bpy.types.Scene, pose: CameraPose, size: float
) -> None:
    data = camera.data
    lens = Lens.of(
        sighting.camera, sighting.image_size, frame_size=frame_size(scene.render), sensor_mm=data.sensor_width
    )
    data.type, data.sensor_fit = "PERSP", "HORIZONTAL"
    data.lens, data.shift_x, data.shift_y = lens.millimetres, lens.shift_x, lens.shift_y
    matrix = Matrix(pose.axes.tolist()).to_4x4()
    matrix.translation = pose.position.tolist()
    camera.scale = (1.0, 1.0, 1.0)
    camera.matrix_world = matrix
    data.clip_start = min(data.clip_start, 0.01 * size)
    data.clip_end = max(data.clip_end, 100.0 * size)
    data.display_size = 0.3 * size


def _extent(joints: dict[str, np.ndarray]) -> float:
    """How large the rig is, in the world."""
    return float(np.ptp(np.stack(list(joints.values())), axis=0).max())


def _show_photo(camera: bpy.types.Object, photo: Photo, *, flipped: bool, opacity: float) -> None:
    """The picture as the only background, fitted into the frame."""
    data, image = camera.data, photo_image(photo.path, photo.pixels)
    backgrounds = data.background_images
    background = backgrounds[0] if len(backgrounds) else backgrounds.new()
    for other in list(backgrounds)[1:]:
        backgrounds.remove(other)
    background.source, background.image = "IMAGE", image
    background.alpha, background.display_depth, background.frame_method = opacity, "BACK", "FIT"
    background.use_flip_x, background.use_flip_y = flipped, False
    background.scale, background.rotation, background.offset = 1.0, 0.0, (0.0, 0.0)
    data.show_background_images = True
