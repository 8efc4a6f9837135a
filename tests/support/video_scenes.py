"""Small made-up videos: the person of samples/photo.jpg, cut out, moved over a textured background."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SIZE = (640, 360)
"""Width and height of the scenes."""
PHOTO = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"
_BOX = (204, 4, 200, 424)
"""Of the person in the photo at half its size: left, top, width, height."""
_DISC = (80, 96)
"""Hues of the disc behind the person, which is none of hers."""


@dataclass(frozen=True)
class Cutout:
    """A person without surroundings: (h, w, 3) uint8 RGB and (h, w) float alpha in [0, 1]."""

    rgb: np.ndarray
    alpha: np.ndarray

    def mirrored(self) -> Cutout:
        return Cutout(self.rgb[:, ::-1].copy(), self.alpha[:, ::-1].copy())

    def recoloured(self, hue: int) -> Cutout:
        """With all hues turned by so many of 180."""
        hsv = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2HSV)
        hsv[..., 0] = (hsv[..., 0].astype(int) + hue) % 180
        return Cutout(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), self.alpha)


@functools.cache
def person() -> Cutout:
    """Somebody in an orange shirt and blue trousers, 424 pixels high."""
    photo = cv2.resize(cv2.imread(str(PHOTO)), (640, 480), interpolation=cv2.INTER_AREA)
    hsv = cv2.cvtColor(photo, cv2.COLOR_BGR2HSV)
    disc = (hsv[..., 0] > _DISC[0]) & (hsv[..., 0] < _DISC[1]) & (hsv[..., 1] > 40)
    left, top, width, height = _BOX
    mask = np.full(photo.shape[:2], cv2.GC_BGD, np.uint8)
    inside = mask[top : top + height, left : left + width]
    inside[:] = np.where(disc[top : top + height, left : left + width], cv2.GC_BGD, cv2.GC_PR_FGD)
    cv2.setRNGSeed(0)
    cv2.grabCut(photo, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    alpha = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    alpha = cv2.GaussianBlur(alpha, (3, 3), 0)
    part = (slice(top, top + height), slice(left, left + width))
    return Cutout(cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)[part], alpha[part])


@functools.cache
def background(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """(H, W, 3) texture with corners of many sizes, in muted colours."""
    rng = np.random.default_rng(seed)
    texture = np.zeros((size[1], size[0], 3), np.float32)
    for cells in (4, 12, 40):
        coarse = rng.uniform(0.0, 255.0, (max(cells * size[1] // size[0], 2), cells, 3)).astype(np.float32)
        texture += cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) / 3.0
    grey = texture.mean(axis=2, keepdims=True)
    return np.clip(0.4 * texture + 0.6 * grey, 0, 255).astype(np.uint8)


def paste(image: np.ndarray, who: Cutout, middle: tuple[float, float], *, height: float = 260.0) -> None:
    """Draw somebody, of so many pixels height, around a point into `image`, cut off at its edges."""
    scale = height / who.rgb.shape[0]
    matrix = np.array([
        [scale, 0.0, middle[0] - scale * who.rgb.shape[1] / 2.0],
        [0.0, scale, middle[1] - scale * who.rgb.shape[0] / 2.0],
    ])  # fmt: skip
    size = (image.shape[1], image.shape[0])
    rgb = cv2.warpAffine(who.rgb, matrix, size, flags=cv2.INTER_AREA)
    alpha = cv2.warpAffine(who.alpha, matrix, size, flags=cv2.INTER_AREA)[..., None]
    image[:] = np.rint(alpha * rgb + (1.0 - alpha) * image).astype(np.uint8)


def frames_of(count: int, draw: Callable[[np.ndarray, int], object], *, fps: float = 30.0, seed: int = 0):
    """`count` frames, each the background with what `draw(image, number)` adds."""
    from contrapposto.backend.detect.clip import VideoFrame  # here: what else is in this file is used in Blender, too

    for number in range(count):
        image = background(seed).copy()
        draw(image, number)
        yield VideoFrame(number, number / fps, image)


def write_video(path: Path, images: Iterable[np.ndarray], *, fps: float = 30.0, codec: str = "mp4v") -> Path:
    """Write RGB images (H, W, 3) of one size."""
    writer = None
    for image in images:
        if writer is None:
            size = (image.shape[1], image.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, size)
            assert writer.isOpened(), codec
        writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert writer is not None
    writer.release()
    return path
