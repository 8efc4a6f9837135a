"""Where the lines of a face and the edge of the hair lie on a head.

Convention: the head's axes from the joint between skull and neck (metres; x to the person's left, y up, z forward).
"""

from __future__ import annotations

import numpy as np

from contrapposto.backend.arrays import FloatArray


def head_lines(skin: FloatArray, left_eye: FloatArray) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Lines by name, each (P, 3), and keypoints of the head by name, each (3,).

    Args:
        skin: (V, 3) of the head.
        left_eye: (3,) the middle of the eyeball.
    """
    middle = skin[(np.abs(skin[:, 0]) < 0.01) & (skin[:, 1] < left_eye[1])]
    nose, top = middle[middle[:, 2].argmax()] * [0.0, 1.0, 1.0], skin[skin[:, 1].argmax()]
    front = skin[skin[:, 2] > 0.3 * nose[2]]
    drop, apart = left_eye[1] - nose[1], left_eye[0]

    def on(x: FloatArray, y: FloatArray) -> FloatArray:
        """Points of the face's surface in front of points of its plane."""
        distance = np.hypot(front[:, 0] - x[:, None], front[:, 1] - y[:, None])
        near = np.argpartition(distance, 4, axis=1)[:, :4]
        return np.column_stack([x, y, front[near, 2].max(1)])

    t, angle = np.linspace(-1.0, 1.0, 9), np.linspace(0.0, 2.0 * np.pi, 13)
    lines = {"mouth": on(0.75 * apart * t, nose[1] - drop * (0.95 + 0.06 * t**2)),
             "lip": on(0.35 * apart * t, nose[1] - drop * (1.22 - 0.06 * t**2)),
             "upper_lip": on(0.6 * apart * t, nose[1] - drop * (0.78 + 0.10 * np.abs(t) - 0.05 * np.cos(9.0 * t))),
             "nostrils": on(0.38 * apart * t, nose[1] - drop * (0.25 - 0.22 * t**2)),
             "ridge": on(np.full(9, 0.12 * apart), left_eye[1] - drop * (0.45 + 0.45 * t))}  # fmt: skip
    for side, sign in (("left", 1.0), ("right", -1.0)):
        x, y = sign * apart, left_eye[1]
        lines[f"{side}_eye"] = on(x + 0.46 * apart * np.cos(angle), y + 0.17 * apart * np.sin(angle))
        lines[f"{side}_iris"] = on(x + 0.16 * apart * np.cos(angle), y + 0.16 * apart * np.sin(angle))
        lines[f"{side}_brow"] = on(x + 0.6 * apart * t, y + drop * (0.48 - 0.14 * t**2 - 0.05 * sign * t))
    lines["hair"], lines["high_hair"] = _edge(skin, top, 0.0), _edge(skin, top, 0.25)
    ears = skin[(skin[:, 2] < 0.7 * left_eye[2]) & (np.abs(skin[:, 1] - left_eye[1]) < drop)]
    ear = ears[np.argsort(ears[:, 0])[-8:]].mean(0)
    face = {"nose": nose, "left_eye": on(left_eye[:1], left_eye[1:2])[0], "left_ear": ear, "head_top": top}
    face |= {name.replace("left", "right"): face[name] * [-1.0, 1.0, 1.0] for name in ("left_eye", "left_ear")}
    return lines, face


def _edge(skin: FloatArray, top: FloatArray, higher: float) -> FloatArray:
    """(49, 3) the edge of the hair: over the forehead, down before the ears, round the nape.

    Each direction from the middle of the skull meets the skin where the nearest of its points is.
    """
    middle = np.array([0.0, 0.55 * top[1], skin[:, 2].mean()])
    azimuth = np.linspace(-np.pi, np.pi, 49)
    # Radians above the horizon at the nape, behind the ear, at the temple, and over the forehead.
    knots = [0.0, 0.9, 1.35, 1.7, 2.4, np.pi]
    height = (
        np.interp(np.abs(azimuth), knots, [0.75, 0.62, 0.15, 0.25, -0.45, -0.6]) + higher * np.cos(azimuth / 2) ** 2
    )
    aim = np.column_stack([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
    from_middle = skin - middle
    radius = np.linalg.norm(from_middle, axis=1)
    likeness = aim @ (from_middle / radius[:, None]).T
    near = np.argpartition(-likeness, 3, axis=1)[:, :3]
    return middle + aim * np.median(radius[near], axis=1)[:, None]
