"""What a detector saw: the evidence that an estimator turns into poses."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import FloatArray, checked, checked_share
from .camera import Camera
from .errors import InputError
from .keypoints import KeypointSchema


@dataclass(frozen=True)
class Observation:
    """One person's keypoints over T frames (a still has T = 1).

    Attributes:
        keypoints_px: (T, K, 2) pixels of the full image, origin top left.
        confidence: (T, K) in [0, 1].
        schema: the names of the K keypoints.
        image_size: width and height in pixels.
        keypoints_world: (T, K, 3) metres in the axes of the inner frame, origin between the hips; or None.
        camera: intrinsics, where they are known.
        box_px: (T, 4) left, top, right, bottom of the person; or None.
        fps: frames per second.

    Raises:
        InputError: a shape does not fit, or a number is out of range.
    """

    keypoints_px: FloatArray
    confidence: FloatArray
    schema: KeypointSchema
    image_size: tuple[int, int]
    keypoints_world: FloatArray | None = None
    camera: Camera | None = None
    box_px: FloatArray | None = None
    fps: float = 30.0

    def __post_init__(self) -> None:
        count = len(self.schema)
        object.__setattr__(self, "keypoints_px", checked("keypoints_px", self.keypoints_px, ("T", count, 2)))
        frames = self.keypoints_px.shape[0]
        object.__setattr__(self, "confidence", checked_share("confidence", self.confidence, (frames, count)))
        if self.keypoints_world is not None:
            world = checked("keypoints_world", self.keypoints_world, (frames, count, 3))
            object.__setattr__(self, "keypoints_world", world)
        if self.box_px is not None:
            object.__setattr__(self, "box_px", checked("box_px", self.box_px, (frames, 4)))
        if min(self.image_size) < 1:
            raise InputError(f"An image size must be positive, not {self.image_size}.")
        if not self.fps > 0.0:
            raise InputError(f"fps must be positive, not {self.fps}.")

    @property
    def frame_count(self) -> int:
        """T."""
        return self.keypoints_px.shape[0]
