"""What the artist's 3D view shows; does nothing where there is no window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import bpy
from mathutils import Matrix

if TYPE_CHECKING:
    from ..backend.arrays import DoubleArray

_SEE_THROUGH: Final = 0.4
"""How opaque meshes are while what is behind them matters."""


@dataclass(frozen=True)
class SeeThrough:
    """How a 3D view showed meshes before; named by the pointer of its area, which may be gone by now."""

    area: int
    on: bool
    alpha: float

    def put_back(self) -> None:
        """Show them as before."""
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.as_pointer() == self.area and area.type == "VIEW_3D":
                    shading = area.spaces.active.shading
                    shading.show_xray, shading.xray_alpha = self.on, self.alpha


def view_region(context: bpy.types.Context) -> tuple[bpy.types.Area, bpy.types.Region] | None:
    """The 3D view that was clicked in, or else the largest; None where there is no window."""
    window = context.window
    if bpy.app.background or window is None:
        return None
    views = [area for area in window.screen.areas if area.type == "VIEW_3D"]
    area = (
        context.area if context.area in views else max(views, key=lambda view: view.width * view.height, default=None)
    )
    region = next((region for region in area.regions if region.type == "WINDOW"), None) if area is not None else None
    return None if area is None or region is None else (area, region)


def frame_selected(context: bpy.types.Context) -> bool:
    """Bring what is selected into view, in the 3D view that was clicked in or else the largest; False without one."""
    found = view_region(context)
    if found is None:
        return False
    with context.temp_override(window=context.window, area=found[0], region=found[1]):
        bpy.ops.view3d.view_selected()  # the data of a view cannot be changed so that it fits
    return True


def look_through_camera(context: bpy.types.Context) -> bool:
    """Look through the scene's camera, its frame filling the 3D view; False where there is no window."""
    found = view_region(context)
    if found is None:
        return False
    area, region = found
    space = area.spaces.active
    space.use_local_camera = False
    space.region_3d.view_perspective = "CAMERA"
    with context.temp_override(window=context.window, area=area, region=region):
        bpy.ops.view3d.view_center_camera()  # the zoom that fits depends on how Blender draws the frame
    return True


def look_along(area: bpy.types.Area, axes: DoubleArray) -> None:
    """Turn a 3D view until its right, its up and the way to the viewer are the columns of `axes` (3, 3)."""
    view = area.spaces.active.region_3d
    if view.view_perspective == "CAMERA":
        view.view_perspective = "PERSP"
    view.view_rotation = Matrix(axes.tolist()).to_quaternion()


def see_through(context: bpy.types.Context) -> SeeThrough:
    """Let meshes be seen through where the view is shaded solid; the answer puts that back."""
    found = view_region(context)
    if found is None:
        return SeeThrough(0, on=False, alpha=1.0)
    shading = found[0].spaces.active.shading
    before = SeeThrough(found[0].as_pointer(), shading.show_xray, shading.xray_alpha)
    shading.show_xray, shading.xray_alpha = True, min(shading.xray_alpha, _SEE_THROUGH)
    return before
