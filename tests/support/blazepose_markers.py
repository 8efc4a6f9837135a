"""Exact BlazePose landmarks of a known pose: markers fixed to the joints of our own skeleton."""

from __future__ import annotations

import numpy as np

from contrapposto.backend.camera import Camera
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.observation import Observation
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX

IMAGE_SIZE = (1000, 1000)
PELVIS_CAM = np.array([0.1, 0.2, 4.0])

# The joint that carries each landmark, and where it sits in that joint's frame (metres; left side, mirrored for right).
_HEAD = {
    "nose": (0.0, 0.03, 0.12),
    "mouth_left": (0.02, 0.0, 0.10),
    "left_eye_inner": (0.015, 0.07, 0.10),
    "left_eye": (0.03, 0.07, 0.10),
    "left_eye_outer": (0.045, 0.07, 0.09),
    "left_ear": (0.075, 0.05, 0.0),
}
_LIMBS = {
    "left_shoulder": ("left_shoulder", (0.0, 0.0, 0.0)),
    "left_elbow": ("left_elbow", (0.0, 0.0, 0.0)),
    "left_wrist": ("left_wrist", (0.0, 0.0, 0.0)),
    "left_index": ("left_wrist", (0.09, 0.0, 0.03)),
    "left_pinky": ("left_wrist", (0.09, 0.0, -0.03)),
    "left_thumb": ("left_wrist", (0.06, -0.01, 0.06)),
    "left_hip": ("left_hip", (0.0, 0.0, 0.0)),
    "left_knee": ("left_knee", (0.0, 0.0, 0.0)),
    "left_ankle": ("left_ankle", (0.0, 0.0, 0.0)),
    "left_heel": ("left_ankle", (0.0, -0.035, -0.03)),
    "left_foot_index": ("left_ankle", (0.0, -0.107, 0.156)),
}
MARKERS = {name: np.array(place) for name, (_, place) in _LIMBS.items()}
"""(3,) metres in the frame of the joint that carries the landmark, for the left limbs."""


def _marker(name: str) -> tuple[int, np.ndarray]:
    mirrored = name.replace("right", "left")
    joint, place = ("head", _HEAD[mirrored]) if mirrored in _HEAD else _LIMBS[mirrored]
    if mirrored != name:
        joint, place = joint.replace("left", "right"), (-place[0], place[1], place[2])
    return JOINT_INDEX[joint], np.array(place)


def observe(rotations: np.ndarray, *, confidence: dict[str, float] | None = None) -> Observation:
    """What a perfect detector sees of the pose (T, 24, 3); `confidence` lowers named landmarks."""
    world = global_rotations(axis_angle_to_matrix(rotations))
    joints = joint_positions(world, np.zeros((len(rotations), 3)))
    markers = [_marker(name) for name in BLAZEPOSE_33.names]
    points = np.stack([joints[:, joint] + world[:, joint] @ place for joint, place in markers], axis=1)
    seen = np.array([(confidence or {}).get(name, 1.0) for name in BLAZEPOSE_33.names])
    hips = points[:, [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]].mean(axis=1, keepdims=True)
    return Observation(
        Camera.assumed(IMAGE_SIZE).project(inner_to_camera(points) + PELVIS_CAM),
        np.broadcast_to(seen, points.shape[:2]),
        BLAZEPOSE_33,
        IMAGE_SIZE,
        keypoints_world=points - hips,
    )
