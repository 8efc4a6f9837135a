"""3D views made of numbers, as Blender's `RegionView3D` has them."""

from __future__ import annotations

import numpy as np

WIDTH, HEIGHT = 900, 700


def looking(place, at, *, up=(0.0, 0.0, 1.0)):
    """(4, 4) world -> view: from one place at another."""
    place, at = np.array(place, float), np.array(at, float)
    back = (place - at) / np.linalg.norm(place - at)
    right = np.cross(up, back)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(back, right), back])
    view = np.eye(4)
    view[:3, :3], view[:3, 3] = axes, -axes @ place
    return view


def perspective(*, focal=1.4, shift=(0.0, 0.0), near=0.01, far=1000.0):
    """(4, 4) view -> clip space; `focal` in half widths of the region."""
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = focal, focal * WIDTH / HEIGHT
    matrix[0, 2], matrix[1, 2] = shift
    matrix[2, 2], matrix[2, 3] = -(far + near) / (far - near), -2.0 * far * near / (far - near)
    matrix[3, 2] = -1.0
    return matrix


def orthographic(*, width=4.0, depth=1000.0):
    """(4, 4) view -> clip space, with so much of the world across the region."""
    return np.diag([2.0 / width, 2.0 / width * WIDTH / HEIGHT, -2.0 / depth, 1.0])


def given(view):
    """The properties that give an operator a view."""
    return {
        "view_matrix": view.view.ravel().tolist(),
        "window_matrix": view.window.ravel().tolist(),
        "region_size": (view.width, view.height),
    }
