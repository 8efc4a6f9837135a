"""Handles on the keypoints of a picture, drawn over a 3D view; knows where they are, not what they do."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d

from ..backend.sureness import grade_of
from ..backend.view_drawing import PicturePlane
from .callbacks import called_by_blender
from .in_view import shown_view
from .overlay import COLOURS, Colour

Point = tuple[float, float]

_PLACED: Final[Colour] = (0.22, 0.56, 1.0, 1.0)
_BORDER: Final[Colour] = (0.04, 0.04, 0.05, 0.9)
_RING: Final[Colour] = (1.0, 1.0, 1.0, 0.95)
_LINE: Final[Colour] = (1.0, 1.0, 1.0, 0.55)
_LINE_BORDER: Final[Colour] = (0.0, 0.0, 0.0, 0.45)
_RADIUS_PX: Final = 6.0
_REACH_PX: Final = 18.0
_CORNERS: Final = 28
_SOFT_PX: Final = 0.8
_LABEL_PT: Final = 12
LINES: Final = tuple(
    pair for side in ("left", "right") for pair in (
        (f"{side}_shoulder", f"{side}_elbow"), (f"{side}_elbow", f"{side}_wrist"), (f"{side}_shoulder", f"{side}_hip"),
        (f"{side}_hip", f"{side}_knee"), (f"{side}_knee", f"{side}_ankle"), (f"{side}_ankle", f"{side}_foot_index"),
        (f"{side}_ear", "nose"))
) + (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))  # fmt: skip


class Frame(Protocol):
    """How a picture lies in a region."""

    def to_region(self, place: Point, /) -> Point:
        """Pixels of the picture -> pixels of the region, y up."""
        ...

    def to_picture(self, place: Point, /) -> Point:
        """The inverse of `to_region`."""
        ...


FindFrame = Callable[[bpy.types.Context], Frame | None]
"""How the picture lies in the region that is drawn; None where it is not shown."""


@dataclass(frozen=True)
class PictureFrame:
    """How a picture that is fitted into a camera's frame lies in a region.

    Attributes:
        left, top: of the picture, in pixels of the region, y up.
        scale: pixels of the region a pixel of the picture.
        width: of the picture.
        flipped: it is shown as in a mirror.
    """

    left: float
    top: float
    scale: float
    width: float
    flipped: bool

    @classmethod
    def of(cls, corners: Sequence[Point], image_size: tuple[int, int], *, flipped: bool) -> PictureFrame:
        """From the corners of the camera's frame in the region."""
        across, up = [x for x, _ in corners], [y for _, y in corners]
        scale = min((max(across) - min(across)) / image_size[0], (max(up) - min(up)) / image_size[1])
        left = 0.5 * (min(across) + max(across) - scale * image_size[0])
        top = 0.5 * (min(up) + max(up) + scale * image_size[1])
        return cls(left, top, scale, image_size[0], flipped)

    def to_region(self, place: Point) -> Point:
        """Pixels of the picture -> pixels of the region."""
        x = self.width - place[0] if self.flipped else place[0]
        return self.left + x * self.scale, self.top - place[1] * self.scale

    def to_picture(self, place: Point) -> Point:
        """The inverse of `to_region`."""
        x = (place[0] - self.left) / self.scale
        return (self.width - x if self.flipped else x), (self.top - place[1]) / self.scale


@dataclass
class KeypointHandles:
    """Handles that are shown in one region.

    Attributes:
        region: the region's pointer.
        find_frame: how the picture lies in it, `behind_camera` or `on_plane`.
        places: name -> pixels of the picture.
        confidence: name -> in [0, 1].
        placed: names of those that the artist placed.
        active: the one under the mouse, or None.
        frame: where the picture was when the region was drawn last.
    """

    region: int
    find_frame: FindFrame
    places: Mapping[str, Point] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    placed: Collection[str] = ()
    active: str | None = None
    frame: Frame | None = None
    _handle: Any = None

    def show(self) -> None:
        """Draw from the next redraw on."""
        if self._handle is None:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self.draw, (), "WINDOW", "POST_PIXEL")

    def hide(self) -> None:
        """Draw no more."""
        handle, self._handle = self._handle, None
        if handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")

    def hide_soon(self) -> None:
        """Draw no more, but not at once: while a view is drawn, Blender walks through the list of what draws in it."""
        bpy.app.timers.register(called_by_blender("Drawing the keypoints")(self.hide), first_interval=0.0)

    def nearest(self, mouse: Point) -> str | None:
        """The handle within reach of the mouse (pixels of the region)."""
        if self.frame is None:
            return None
        away = {name: math.dist(self.frame.to_region(place), mouse) for name, place in self.places.items()}
        name = min(away, key=lambda name: away[name], default=None)
        return name if name is not None and away[name] < _REACH_PX * _ui_scale() else None

    @called_by_blender("Drawing the keypoints", stop=lambda handles: handles.hide_soon())
    def draw(self) -> None:
        """What a 3D view calls when it is drawn."""
        context = bpy.context
        if context.region is None or context.region.as_pointer() != self.region:
            return
        self.frame = self.find_frame(context)
        if self.frame is None:
            return
        at = {name: self.frame.to_region(place) for name, place in self.places.items()}
        _draw_lines([(at[a], at[b]) for a, b in LINES if a in at and b in at])
        _draw_discs([disc for name, place in at.items() for disc in self._discs(name, place)])
        if self.active in at:
            _draw_label(in_words(self.active), at[self.active])

    def _discs(self, name: str, place: Point) -> list[tuple[Point, float, Colour]]:
        """Border, ring and middle of a handle: place, radius and colour of each."""
        radius = _RADIUS_PX * _ui_scale() * (1.35 if name == self.active else 1.0)
        inner = _PLACED if name in self.placed else COLOURS[grade_of(self.confidence.get(name, 0.0))]
        return [(place, radius + 2.0, _BORDER), (place, radius, _RING), (place, 0.66 * radius, inner)]


def in_words(name: str) -> str:
    """A landmark as it is shown, such as `Left wrist`."""
    return name.replace("foot_index", "toes").replace("_", " ").capitalize()


def _ui_scale() -> float:
    return bpy.context.preferences.system.ui_scale or 1.0


def behind_camera(image_size: tuple[int, int], *, flipped: bool) -> FindFrame:
    """The picture is behind the scene's camera, `flipped` as in a mirror."""
    return partial(_picture_frame, image_size=image_size, flipped=flipped)


def on_plane(plane: PicturePlane) -> FindFrame:
    """The picture was drawn in the world."""
    return partial(_plane_frame, plane=plane)


def _plane_frame(context: bpy.types.Context, *, plane: PicturePlane) -> Frame | None:
    """None where it is seen edge on."""
    region, view = context.region, context.region_data
    return None if region is None or view is None else plane.shown_in(shown_view(region, view))


def _picture_frame(context: bpy.types.Context, *, image_size: tuple[int, int], flipped: bool) -> PictureFrame | None:
    """None where the region does not look through the scene's camera."""
    camera, view = context.scene.camera, context.region_data
    if camera is None or view is None or view.view_perspective != "CAMERA":
        return None
    corners = [camera.matrix_world @ corner for corner in camera.data.view_frame(scene=context.scene)]
    region: Any = context.region
    seen = [location_3d_to_region_2d(region, view, corner) for corner in corners]
    if any(place is None for place in seen):
        return None
    return PictureFrame.of([(place.x, place.y) for place in seen], image_size, flipped=flipped)


def _draw_lines(lines: Sequence[tuple[Point, Point]]) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader

    points = [(x, y, 0.0) for line in lines for x, y in line]
    if not points:
        return
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    viewport: Any = gpu.state.viewport_get()
    gpu.state.blend_set("ALPHA")
    try:
        shader.bind()
        shader.uniform_float("viewportSize", tuple(viewport[2:]))
        for thick, colour in ((3.6, _LINE_BORDER), (1.6, _LINE)):
            shader.uniform_float("lineWidth", thick * _ui_scale())
            shader.uniform_float("color", colour)
            batch_for_shader(shader, "LINES", {"pos": points}).draw(shader)
    finally:
        gpu.state.blend_set("NONE")


def _draw_discs(discs: Sequence[tuple[Point, float, Colour]]) -> None:
    """Discs with soft edges, whatever the view's anti-aliasing."""
    import gpu
    from gpu_extras.batch import batch_for_shader

    points: list[tuple[float, float, float]] = []
    colours: list[Colour] = []
    triangles: list[tuple[int, int, int]] = []
    for (x, y), radius, colour in discs:
        middle = len(points)
        points.append((x, y, 0.0))
        colours.append(colour)
        for corner in range(_CORNERS):
            angle = 2.0 * math.pi * corner / _CORNERS
            for reach, alpha in ((radius - _SOFT_PX, colour[3]), (radius + _SOFT_PX, 0.0)):
                points.append((x + reach * math.cos(angle), y + reach * math.sin(angle), 0.0))
                colours.append((*colour[:3], alpha))
            inner, outer = middle + 1 + 2 * corner, middle + 2 + 2 * corner
            inner_next, outer_next = (middle + 1 + (2 * corner + step) % (2 * _CORNERS) for step in (2, 3))
            triangles += [(middle, inner, inner_next), (inner, outer, outer_next), (inner, outer_next, inner_next)]
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    gpu.state.blend_set("ALPHA")
    try:
        batch_for_shader(shader, "TRIS", {"pos": points, "color": colours}, indices=triangles).draw(shader)
    finally:
        gpu.state.blend_set("NONE")


def _draw_label(text: str, place: Point) -> None:
    import blf

    scale = _ui_scale()
    blf.size(0, _LABEL_PT * scale)
    blf.enable(0, blf.SHADOW)
    blf.shadow(0, 5, 0.0, 0.0, 0.0, 0.95)
    blf.shadow_offset(0, 0, 0)
    blf.color(0, 1.0, 1.0, 1.0, 1.0)
    blf.position(0, place[0] + 14.0 * scale, place[1] + 8.0 * scale, 0.0)
    blf.draw(0, text)
    blf.disable(0, blf.SHADOW)
