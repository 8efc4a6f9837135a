"""What the artist's 3D view shows; does nothing where there is no window."""

from __future__ import annotations

import bpy


def frame_selected(context: bpy.types.Context) -> bool:
    """Bring what is selected into view, in the 3D view that was clicked in or else the largest; False without one."""
    window = context.window
    if bpy.app.background or window is None:
        return False
    views = [area for area in window.screen.areas if area.type == "VIEW_3D"]
    area = (
        context.area if context.area in views else max(views, key=lambda view: view.width * view.height, default=None)
    )
    region = next((region for region in area.regions if region.type == "WINDOW"), None) if area is not None else None
    if region is None:
        return False
    with context.temp_override(window=window, area=area, region=region):
        bpy.ops.view3d.view_selected()  # the data of a view cannot be changed so that it fits
    return True
