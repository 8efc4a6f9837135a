"""A picture of a stick figure without a head, and where its joints are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

DRAWN = {
    "left_shoulder": np.array([240.0, 120.0]), "right_shoulder": np.array([160.0, 120.0]),
    "left_elbow": np.array([300.0, 90.0]), "right_elbow": np.array([100.0, 150.0]),
    "left_wrist": np.array([350.0, 60.0]), "right_wrist": np.array([60.0, 180.0]),
    "left_hip": np.array([220.0, 260.0]), "right_hip": np.array([180.0, 260.0]),
    "left_knee": np.array([230.0, 350.0]), "right_knee": np.array([160.0, 350.0]),
    "left_ankle": np.array([240.0, 440.0]), "right_ankle": np.array([150.0, 440.0]),
}  # fmt: skip
LIMBS = [
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"))
]


def drawing(path: Path) -> Path:
    """A picture of `DRAWN`."""
    import cv2

    picture = np.full((480, 400, 3), 248, np.uint8)
    for a, b in LIMBS:
        cv2.line(picture, tuple(DRAWN[a].astype(int)), tuple(DRAWN[b].astype(int)), (30, 20, 20), 3, cv2.LINE_AA)
    cv2.imwrite(str(path), picture)
    return path
