"""One figure whose pose is known, for the installation's self-test: what is seen of it, and a picture of it.

The picture is drawn here, because the built extension carries none.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .arrays import DoubleArray, FloatArray, ImageArray
from .camera import Camera
from .estimate.landmark_body import landmark_positions
from .frames import inner_to_camera
from .keypoints import BLAZEPOSE_33
from .kinematics import global_rotations, joint_positions
from .observation import Observation
from .packages import require_opencv
from .rotations import axis_angle_to_matrix
from .skeleton import JOINT_INDEX

IMAGE_SIZE: Final = (480, 640)
_CAMERA: Final = Camera(800.0, 800.0, 240.0, 320.0)
_PELVIS: Final = np.array([0.0, 0.08, 2.9])
"""Metres in camera axes."""
_TURNS: Final = {
    "left_shoulder": (0.0, 0.0, 0.55),
    "left_elbow": (0.0, 0.0, 0.6),
    "right_shoulder": (0.0, 0.0, 0.9),
    "right_elbow": (0.0, 0.0, 0.2),
    "left_hip": (0.0, 0.0, 0.30),
    "right_hip": (0.0, 0.0, -0.15),
}
"""Radians about an axis: seen from the front, every limb lies in the picture, so that it has one reading alone."""
_PAPER: Final = 246
_SHAPES: Final = (
    (("left_shoulder", "right_shoulder", "right_hip", "left_hip"), 26, (190, 116, 94)),
    (("left_hip", "left_knee"), 40, (52, 64, 84)),
    (("left_knee", "left_ankle"), 30, (52, 64, 84)),
    (("left_ankle", "left_foot_index"), 20, (40, 40, 44)),
    (("right_hip", "right_knee"), 40, (52, 64, 84)),
    (("right_knee", "right_ankle"), 30, (52, 64, 84)),
    (("right_ankle", "right_foot_index"), 20, (40, 40, 44)),
    (("left_shoulder", "left_elbow"), 26, (190, 116, 94)),
    (("left_elbow", "left_wrist"), 20, (222, 176, 150)),
    (("right_shoulder", "right_elbow"), 26, (190, 116, 94)),
    (("right_elbow", "right_wrist"), 20, (222, 176, 150)),
)
"""Landmarks, the width of the line through them in pixels, and its colour."""
_SHIFT: Final = 4


def known_rotations() -> DoubleArray:
    """(1, 24, 3) axis-angle."""
    rotations = np.zeros((1, 24, 3))
    for joint, turn in _TURNS.items():
        rotations[0, JOINT_INDEX[joint]] = turn
    return rotations


def known_joints() -> DoubleArray:
    """(24, 3) metres from the pelvis, in the inner frame."""
    return joint_positions(global_rotations(axis_angle_to_matrix(known_rotations())), np.zeros((1, 3)))[0]


def known_sighting() -> Observation:
    """What a perfect detector sees of the figure."""
    marks, points = _landmarks()
    return Observation(
        points[None],
        np.ones((1, len(BLAZEPOSE_33)), np.float32),
        BLAZEPOSE_33,
        IMAGE_SIZE,
        keypoints_world=marks[None].astype(np.float32),
        camera=_CAMERA,
    )


def known_picture() -> ImageArray:
    """(640, 480, 3) RGB, the figure as a plain coloured drawing on paper.

    Raises:
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    import cv2

    _, points = _landmarks()
    width, height = IMAGE_SIZE
    picture = np.full((height, width, 3), _PAPER, np.uint8)
    place = {name: points[row] for row, name in enumerate(BLAZEPOSE_33.names)}
    for names, thick, colour in _SHAPES:
        line = np.round(np.stack([place[name] for name in names]) * (1 << _SHIFT)).astype(np.int32)
        if len(names) > 2:
            cv2.fillPoly(picture, [line], colour, cv2.LINE_AA, _SHIFT)
        cv2.polylines(picture, [line], len(names) > 2, colour, thick, cv2.LINE_AA, _SHIFT)
    _draw_head(picture, place)
    return picture


def _draw_head(picture: ImageArray, place: dict[str, FloatArray]) -> None:
    import cv2

    neck = (place["left_shoulder"] + place["right_shoulder"]) / 2.0
    middle = (place["left_ear"] + place["right_ear"]) / 2.0
    skin, dark = (222, 176, 150), (40, 40, 44)
    radius = 0.36 * float(np.linalg.norm(neck - middle))
    cv2.line(picture, _whole(neck), _whole(middle), skin, 18, cv2.LINE_AA)
    cv2.ellipse(picture, _whole(middle), (round(radius), round(1.3 * radius)), 0.0, 0.0, 360.0, skin, -1, cv2.LINE_AA)
    for eye in ("left_eye", "right_eye"):
        cv2.circle(picture, _whole(place[eye]), 3, dark, -1, cv2.LINE_AA)
    cv2.line(picture, _whole(place["mouth_left"]), _whole(place["mouth_right"]), (150, 60, 60), 2, cv2.LINE_AA)


def _whole(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _landmarks() -> tuple[DoubleArray, FloatArray]:
    """(33, 3) metres from between the hips in the inner frame, and (33, 2) pixels."""
    world = global_rotations(axis_angle_to_matrix(known_rotations()))
    joints = joint_positions(world, np.zeros((1, 3)))
    marks = landmark_positions(world, joints, np.zeros((1, 10)))[0]
    hips = marks[[BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]].mean(axis=0)
    return marks - hips, _CAMERA.project(inner_to_camera(marks) + _PELVIS)


KNOWN_LIMBS: Final = tuple(
    (JOINT_INDEX[f"{side}_{a}"], JOINT_INDEX[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
"""Joints at both ends of each limb that is compared."""
