"""Picture files as upright 8-bit RGB arrays, and the camera behind them. Reads only; knows nothing of people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from ..arrays import ImageArray
from ..camera import Camera
from ..errors import InputError
from ..packages import require_opencv
from ..quiet import quiet
from .exif import exif_camera
from .image_header import ImageKind, has_exif, is_cut_off, kind_of, stated_size

MOST_PIXELS: Final = 200_000_000
"""More than any camera's single picture; decoded it takes 600 MB."""
MOST_BYTES: Final = 1 << 30
_STRIP_PIXELS: Final = 1 << 22
_PIXELS_IN_ANY_FILE: Final = 16_000_000
_PIXELS_IN_A_BYTE: Final = 1000
"""A white JPEG has 200 pixels in a byte, a white PNG in colours 340."""
_DAMAGED: Final = ("premature end of data segment", "bad Huffman code")
"""libjpeg decodes on after these and only prints them; what else it complains of, every camera's pictures may have."""

_Pixels: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Picture:
    """A picture that was read.

    Attributes:
        pixels: (H, W, 3) uint8 RGB, upright.
        camera: its intrinsics, where the file tells them.
    """

    pixels: ImageArray
    camera: Camera | None


def load_picture(path: Path) -> Picture:
    """`load_image`, and the camera where the file has an EXIF block that tells it.

    Raises:
        InputError, MissingPackageError: as `load_image`; a damaged EXIF block is no error.
    """
    data = _read_bytes(Path(path))
    pixels = _decoded(data, Path(path))
    height, width = pixels.shape[:2]
    return Picture(pixels, exif_camera(data, (width, height)))


def load_image(path: Path) -> ImageArray:
    """Read a picture as (H, W, 3) uint8 RGB, turned upright as its EXIF orientation says.

    Grey becomes RGB, 16-bit and floating point become 8-bit, transparency is laid over white. Formats are those of
    the OpenCV at hand: JPEG, PNG, WebP, TIFF, BMP and others.

    Raises:
        InputError: the file is missing, a folder, empty, not readable, not an image, cut off, or too large.
        MissingPackageError: OpenCV is not installed.
    """
    return load_picture(path).pixels


def _decoded(data: bytes, path: Path) -> ImageArray:
    _check_header(data, path)
    require_opencv()
    pixels = _decode_upright(data, path)
    height, width = pixels.shape[:2]
    _check_pixel_count(width, height, path)
    return _to_rgb8(pixels)


def _read_bytes(path: Path) -> bytes:
    """The file as it is: OpenCV's own `imread` fails on non-ASCII paths on Windows."""
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder. Choose a picture file in it.")
        if not path.exists():
            raise InputError(f"{path} does not exist. Check the name and the folder.")
        if not path.is_file():
            raise InputError(f"{path} is not a regular file. Choose a picture file.")
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is larger than 1 GB. Choose a smaller picture.")
        data = path.read_bytes()
    except PermissionError as error:
        raise InputError(f"{path} may not be read: you have no permission. Change it, or copy the picture.") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}. Choose another picture.") from error
    if not data:
        raise InputError(f"{path} is empty. Save or download the picture again.")
    return data


def _check_header(data: bytes, path: Path) -> None:
    size = stated_size(data)
    if size is not None:
        _check_pixel_count(*size, path)
        _check_density(size, data, path)
    elif kind_of(data) is ImageKind.OTHER:  # what states no size could unfold to any
        raise _unreadable(data, path)
    if is_cut_off(data):
        raise InputError(f"{path} is cut off: the picture ends before its last line. Save or download it again.")


def _check_pixel_count(width: int, height: int, path: Path) -> None:
    if width * height > MOST_PIXELS:
        raise InputError(
            f"{path} has {width} x {height} pixels, more than the {MOST_PIXELS // 1_000_000} million that are read. "
            "Scale it down first."
        )


def _check_density(size: tuple[int, int], data: bytes, path: Path) -> None:
    """What packs so much into so little is damaged or a bomb: it takes long to unfold, and shows nothing."""
    width, height = size
    if width * height > max(_PIXELS_IN_ANY_FILE, _PIXELS_IN_A_BYTE * len(data)):
        raise InputError(
            f"{path} states {width} x {height} pixels in {len(data)} bytes, which no picture can be. Save it again."
        )


def _decode(data: bytes, flags: int, path: Path) -> _Pixels:
    import cv2

    try:
        with quiet() as held:
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError) as error:
        raise InputError(f"{path} cannot be decoded: it is damaged or too large. Save it again as JPEG.") from error
    if pixels is None:  # pyright: ignore[reportUnnecessaryComparison]  # the stubs miss this
        raise _unreadable(data, path)
    if any(complaint in held.text for complaint in _DAMAGED):
        raise InputError(f"{path} is damaged: a part of the picture is lost. Save or download it again.")
    return pixels


def _unreadable(data: bytes, path: Path) -> InputError:
    what = "a HEIC picture, which is not read here" if kind_of(data) is ImageKind.HEIC else "not a readable image"
    return InputError(f"{path} is {what}. Save it as JPEG or PNG and choose that file.")


def _decode_upright(data: bytes, path: Path) -> _Pixels:
    """(H, W), (H, W, 3) BGR or (H, W, 4) BGRA of any depth.

    OpenCV heeds the EXIF orientation only where it drops the transparency, so pictures with both are decoded twice.
    """
    import cv2

    if kind_of(data) in (ImageKind.JPEG, ImageKind.HEIC):
        return _decode(data, cv2.IMREAD_COLOR, path)
    pixels = _decode(data, cv2.IMREAD_UNCHANGED, path)
    if not has_exif(data):
        return pixels
    upright = _decode(data, cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH, path)
    return _turned_like(pixels, upright) if pixels.ndim == 3 and pixels.shape[2] == 4 else upright


def _turned_like(pixels: _Pixels, upright: _Pixels) -> _Pixels:
    """`pixels` (H, W, 4) in that of the eight EXIF orientations whose colours are those of `upright`."""
    colour = upright if upright.ndim == 3 else np.repeat(upright[..., None], 3, axis=2)
    for turns in range(4):
        for candidate in (np.rot90(pixels, turns), np.rot90(pixels, turns)[:, ::-1]):
            if candidate.shape[:2] == colour.shape[:2] and np.array_equal(candidate[..., :3], colour):
                return candidate
    return pixels


def _to_rgb8(pixels: _Pixels) -> ImageArray:
    """In strips: a deep picture of the most pixels would take gigabytes on the way otherwise."""
    height, width = pixels.shape[:2]
    if pixels.dtype == np.uint8 and (pixels.ndim == 2 or pixels.shape[2] < 4):
        return _strip_to_rgb8(pixels, 1.0, is_clear=False)
    scale, is_clear = _scale_of(pixels), _is_clear(pixels)
    rgb = np.empty((height, width, 3), np.uint8)
    step = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, step):
        rgb[top : top + step] = _strip_to_rgb8(pixels[top : top + step], scale, is_clear=is_clear)
    return rgb


def _strip_to_rgb8(pixels: _Pixels, scale: float, *, is_clear: bool) -> ImageArray:
    """Some rows; see `_scale_of` and `_is_clear`."""
    import cv2

    pixels = _to_8_bit(pixels, scale)
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return np.ascontiguousarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if pixels.shape[2] == 4 and not is_clear:
        pixels = _over_white(pixels)
    return np.ascontiguousarray(cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _scale_of(pixels: _Pixels) -> float:
    """What becomes 1: integers go by their type's range, floats by 1, or by their 99.5th percentile if beyond."""
    if np.issubdtype(pixels.dtype, np.integer):
        return float(np.iinfo(pixels.dtype).max)
    step = -(-pixels.shape[0] * pixels.shape[1] // _STRIP_PIXELS)
    sample = _finite(pixels[:: max(step, 1)])
    return max(float(np.percentile(sample, 99.5)), 1e-6) if sample.max(initial=0.0) > 1.0 else 1.0


def _finite(pixels: _Pixels) -> _Pixels:
    return np.nan_to_num(pixels.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _to_8_bit(pixels: _Pixels, scale: float) -> ImageArray:
    if pixels.dtype == np.uint8:
        return pixels
    share = _finite(pixels) / np.float32(scale)
    return np.rint(np.clip(share, 0.0, 1.0) * 255.0).astype(np.uint8)


def _is_clear(pixels: _Pixels) -> bool:
    """A picture that is transparent all over has a meaningless alpha, which is ignored."""
    return pixels.ndim == 3 and pixels.shape[2] == 4 and float(pixels[..., 3].max()) == 0.0


def _over_white(pixels: ImageArray) -> ImageArray:
    """(H, W, 4) -> (H, W, 3)."""
    alpha = pixels[..., 3:]
    if alpha.min() == 255:
        return pixels[..., :3]
    share = alpha.astype(np.float32) / 255.0
    return np.rint(pixels[..., :3] * share + 255.0 * (1.0 - share)).astype(np.uint8)
