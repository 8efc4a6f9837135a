"""Bones of the posed rig in the colours of its confidence, drawn over the 3D views; changes no data.

Nothing is drawn without a window, before `tint.show`, or after the armature is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import bpy

from ..backend.sureness import Grade, grade_of
from .callbacks import called_by_blender, on_change

Colour = tuple[float, float, float, float]

COLOURS: Final[dict[Grade, Colour]] = {
    "UNSEEN": (0.93, 0.13, 0.13, 0.95),
    "DOUBTFUL": (1.0, 0.62, 0.05, 0.95),
    "SURE": (0.20, 0.78, 0.30, 0.95),
}
"""Red, amber, green."""
_WIDTH_PX: Final = 7.0
_BORDER_PX: Final = 3.0
_BORDER: Final[Colour] = (0.05, 0.05, 0.05, 0.6)


class BoneTint:
    """Tints the bones of one armature while it is shown."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._armature: tuple[int, str] = (0, "")
        self._ending = False

    @property
    def is_shown(self) -> bool:
        """Whether it draws."""
        return self._handle is not None

    def show(self, armature: bpy.types.Object) -> None:
        """Tint this armature's bones from the next redraw on."""
        self._armature = (armature.session_uid, armature.name)
        if self._handle is None:
            self._handle = bpy.types.SpaceView3D.draw_handler_add(self.draw, (), "WINDOW", "POST_VIEW")
        redraw_views()

    def hide(self) -> None:
        """Draw no more; does nothing where nothing is drawn."""
        handle, self._handle = self._handle, None
        if handle is not None:
            bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")
            redraw_views()

    @called_by_blender("Tinting the bones", stop=lambda tint: tint.hide_soon())
    def draw(self) -> None:
        """What a 3D view calls when it is drawn."""
        context: Any = bpy.context
        armature = self._find(context.scene)
        if armature is None:
            self._end_soon(self._hide_if_gone)
            return
        space = context.space_data
        if space is None or not space.overlay.show_overlays or not armature.visible_get(viewport=space):
            return
        settings = context.scene.contrapposto
        lines = tinted_lines(armature, settings.result.joints, sure_too=settings.options.tint_sure)
        points, colours = [], []
        for start, end, colour in lines:
            points += [start, end]
            colours += [colour, colour]
        if points:
            _draw_lines(points, colours)

    def hide_soon(self) -> None:
        """Draw no more, but not at once: while a view is drawn, Blender walks through the list of what draws in it."""
        self._end_soon(self.hide)

    def _end_soon(self, end: Callable[[], None]) -> None:
        @called_by_blender("Tinting the bones")
        def end_now() -> None:
            self._ending = False
            end()

        if not self._ending:
            self._ending = True
            bpy.app.timers.register(end_now, first_interval=0.0)

    def _hide_if_gone(self) -> None:
        if self._find(bpy.context.scene) is None:
            self.hide()

    def _find(self, scene: Any) -> bpy.types.Object | None:
        """The armature, though it may have another name by now."""
        uid, name = self._armature
        known = scene.objects.get(name)
        if known is not None and known.session_uid == uid:
            return known
        found = next((obj for obj in scene.objects if obj.session_uid == uid), None)
        if found is not None:
            self._armature = (uid, found.name)
        return found


tint: Final = BoneTint()


def tinted_lines(
    armature: bpy.types.Object, joints: Iterable[Any], *, sure_too: bool
) -> Iterator[tuple[tuple[float, ...], tuple[float, ...], Colour]]:
    """From head to tail of each bone to tint, in world space, and its colour.

    Args:
        armature: as it is posed.
        joints: with `confidence` and `bones`, a name a line; bones that are gone are left out.
        sure_too: also bones that are sure.
    """
    to_world, bones = armature.matrix_world, armature.pose.bones
    for joint in joints:
        grade = grade_of(joint.confidence)
        if grade == "SURE" and not sure_too:
            continue
        for name in joint.bones.splitlines():
            bone = bones.get(name)
            if bone is not None:
                yield (to_world @ bone.head).to_tuple(), (to_world @ bone.tail).to_tuple(), COLOURS[grade]


def _draw_lines(points: list[tuple[float, ...]], colours: list[Colour]) -> None:
    import gpu as blender_gpu
    from gpu_extras.batch import batch_for_shader

    gpu: Any = blender_gpu
    shader = gpu.shader.from_builtin("POLYLINE_SMOOTH_COLOR")
    border = [_BORDER] * len(points)
    _, _, width, height = gpu.state.viewport_get()
    scale = bpy.context.preferences.system.ui_scale
    gpu.state.blend_set("ALPHA")
    gpu.state.depth_test_set("NONE")  # bones are seen through the mesh
    try:
        shader.bind()
        shader.uniform_float("viewportSize", (width, height))
        for thick, shades in ((_WIDTH_PX + _BORDER_PX, border), (_WIDTH_PX, colours)):
            shader.uniform_float("lineWidth", thick * scale)
            batch_for_shader(shader, "LINES", {"pos": points, "color": shades}).draw(shader)
    finally:
        gpu.state.blend_set("NONE")


@on_change("Drawing the views again")
def redraw_on_change(_group: Any, _context: Any) -> None:
    """Stands for the `update` of a property that views show."""
    redraw_views()


def redraw_views() -> None:
    """Draw every 3D view again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
