"""Thumbnails of people as Blender previews; kept for a few pictures, and until the add-on is disabled."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople

SIZE_PX = 128
KEPT = 16
"""Pictures whose thumbnails are kept: an undo brings an earlier result back."""


class Thumbnails:
    """The people of the last pictures, by name; nothing is allocated before the first picture."""

    def __init__(self) -> None:
        self._previews: Any = None
        self._pictures = 0
        self._kept: deque[list[str]] = deque()

    def show(self, found: FoundPeople) -> list[str]:
        """Make a thumbnail of each person; returns their names."""
        return self.show_boxes([(found.image, person_box(person)) for person in found.people])

    def show_boxes(self, boxes: Sequence[tuple[Any, Any]]) -> list[str]:
        """Make a thumbnail of each box (4,) in its picture (H, W, 3); returns their names."""
        from bpy.utils import previews

        from ..backend.thumbnails import square_thumbnail

        if self._previews is None:
            self._previews = previews.new()
        self._forget_old()
        self._pictures += 1
        names = []
        for index, (image, box) in enumerate(boxes):
            name = f"{self._pictures}/{index}"
            picture = square_thumbnail(image, box, size=SIZE_PX)[::-1]  # Blender: bottom row first
            preview = self._previews.new(name)
            preview.image_size = (SIZE_PX, SIZE_PX)
            preview.image_pixels_float.foreach_set(picture.ravel())
            names.append(name)
        self._kept.append(names)
        return names

    def _forget_old(self) -> None:
        while len(self._kept) >= KEPT:
            for name in self._kept.popleft():
                self._previews.pop(name)  # frees the picture

    def icon(self, name: str) -> int:
        """The icon of a thumbnail; 0 (no icon) where it is of another session."""
        if self._previews is None or name not in self._previews:
            return 0
        return self._previews[name].icon_id

    def release(self) -> None:
        """Free the previews."""
        from bpy.utils import previews

        if self._previews is not None:
            previews.remove(self._previews)
        self._previews = None
        self._kept.clear()


def person_box(person: Any) -> Any:
    """(4,) the box of an observed person in its first frame; around its keypoints where the detector gave none."""
    import numpy as np

    if person.box_px is not None:
        return person.box_px[0]
    return np.concatenate([person.keypoints_px[0].min(axis=0), person.keypoints_px[0].max(axis=0)])
