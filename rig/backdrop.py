"""A photo as an image of the file, upright, whatever Blender makes of its EXIF orientation or its format."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import bpy
import numpy as np

from ..backend.arrays import ImageArray
from ..backend.detect.exif import exif_orientation
from ..backend.packages import require_opencv

_COPY_OF: Final = "contrapposto_copy_of"
_LONGEST_COPY_PX: Final = 2560


def photo_image(path: Path, pixels: ImageArray) -> bpy.types.Image:
    """The image of a picture file: the file itself where Blender shows it upright, else a copy packed into the .blend.

    Args:
        path: the file.
        pixels: (H, W, 3) RGB, upright.
    """
    path = path.resolve()
    known = {image.as_pointer() for image in bpy.data.images}
    image = _loaded(path)
    height, width = pixels.shape[:2]
    if image is not None and tuple(image.size) == (width, height) and _is_upright(path):
        return image
    if image is not None and image.as_pointer() not in known:
        bpy.data.images.remove(image)
    return _copy(path, pixels)


def _loaded(path: Path) -> bpy.types.Image | None:
    """The file as Blender reads it, or None where it cannot."""
    if not path.is_file():  # strokes in the view are no file
        return None
    try:
        return bpy.data.images.load(str(path), check_existing=True)
    except RuntimeError:
        return None


def _is_upright(path: Path) -> bool:
    """Whether the pixels lie in the file as they are to be seen: Blender does not turn them."""
    try:
        return exif_orientation(path.read_bytes()) == 1
    except OSError:
        return False


def _copy(path: Path, pixels: ImageArray) -> bpy.types.Image:
    """An image with these pixels, packed; the one made before is taken again."""
    made = next((image for image in bpy.data.images if image.get(_COPY_OF) == str(path)), None)
    if made is not None:
        return made
    require_opencv()
    import cv2

    share = min(1.0, _LONGEST_COPY_PX / max(pixels.shape[:2]))
    if share < 1.0:
        pixels = np.asarray(cv2.resize(pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., :3] = pixels[::-1] / np.float32(255.0)
    image = bpy.data.images.new(path.name, width, height)
    image.pixels.foreach_set(rgba.ravel())
    image.update()
    image.pack()
    image[_COPY_OF] = str(path)
    return image
