"""The set of rendered people: pictures with exact truth, a .jpg and an .npz each.

    set = load_people(Path("build/rendered_people"))

Convention: the truth is what the rig's bones did, in the inner frame of the picture's camera (x right, y up, z to the
viewer) unless a name says otherwise; camera axes are (x, -y, -z).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from truth_file import TruthFile

from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.landmark_body import (
    LANDMARK_AT,
    LANDMARK_GROUPS,
    LANDMARK_JOINTS,
    LANDMARK_OFFSETS,
)
from contrapposto.backend.kinematics import global_rotations
from contrapposto.backend.proportions import scaled_offsets
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, PARENTS


@dataclass(frozen=True)
class PersonTruth(TruthFile):
    """One rendered person.

    Attributes:
        rotations: (24, 3) axis-angle, relative to the parent; the root as the camera sees it.
        up: (3,) unit vector against gravity.
        joints_cam: (24, 3) metres in camera axes, the heads of the rig's bones; NaN where it has none for the joint.
        joints_px: (24, 2) the same in pixels.
        visible: (24,) in the picture, and not behind another part of the body or a thing.
        camera: (4,) fx, fy, cx, cy in pixels.
        image_size: (2,) width, height.
        box_px: (4,) left, top, right, bottom of the person's surface; may reach beyond the picture.
        log_scales: (10,) the rig's length factors on our neutral adult.
        stature_m: (,) of the person in the rest pose.
        character: who.
        clip: which recording the pose is from.
        frame: which of its frames.
    """

    of_what: ClassVar[str] = "a rendered person"

    rotations: np.ndarray
    up: np.ndarray
    joints_cam: np.ndarray
    joints_px: np.ndarray
    visible: np.ndarray
    camera: np.ndarray
    image_size: np.ndarray
    box_px: np.ndarray
    log_scales: np.ndarray
    stature_m: np.ndarray
    character: np.ndarray
    clip: np.ndarray
    frame: np.ndarray

    @property
    def pinhole(self) -> Camera:
        """The picture's camera."""
        return Camera(*(float(number) for number in self.camera))

    @property
    def world(self) -> np.ndarray:
        """(24, 3, 3) rotations as the camera sees them."""
        return global_rotations(axis_angle_to_matrix(self.rotations))

    def all_joints(self) -> np.ndarray:
        """(24, 3) metres, inner frame: joints without a bone hang on their parents by the body's proportions."""
        joints = self.joints_cam * np.array([1.0, -1.0, -1.0])
        offsets, world = scaled_offsets(self.log_scales), self.world
        for joint, parent in enumerate(PARENTS):
            if np.isnan(joints[joint, 0]) and parent >= 0:
                joints[joint] = joints[parent] + world[parent] @ offsets[joint]
        return joints

    def carriers(self) -> np.ndarray:
        """(33, 3) metres, inner frame: where the joints that carry BlazePose's landmarks would be on our skeleton.

        Rigs begin the bones of head, collar and pelvis anywhere: ours hang on the joints that the landmarks lie at.
        """
        offsets, world = scaled_offsets(self.log_scales), self.world
        joints, head, neck = self.all_joints(), JOINT_INDEX["head"], JOINT_INDEX["neck"]
        joints[head] = joints[neck] + world[neck] @ offsets[head]
        apart = (LANDMARK_AT != LANDMARK_JOINTS)[:, None] * offsets[LANDMARK_AT]
        return joints[LANDMARK_AT] - np.einsum("kij,kj->ki", world[LANDMARK_JOINTS], apart)

    def landmarks(self) -> np.ndarray:
        """(33, 3) metres, inner frame: where BlazePose's landmarks sit on this skeleton."""
        offsets = np.exp(self.log_scales)[LANDMARK_GROUPS, None] * LANDMARK_OFFSETS
        return self.carriers() + np.einsum("kij,kj->ki", self.world[LANDMARK_JOINTS], offsets)


@dataclass(frozen=True)
class RenderedPerson:
    """A picture and what is true of the person in it."""

    picture: Path
    truth: PersonTruth


def load_people(folder: Path) -> list[RenderedPerson]:
    """Every finished picture of the set, in order.

    Raises:
        InputError: there is none, or a file is damaged.
    """
    pictures = sorted(path for path in folder.glob("[0-9]*.jpg") if path.with_suffix(".npz").is_file())
    if not pictures:
        raise InputError(f"{folder} holds no rendered people. Run `python benchmarks/render_people.py` first.")
    return [RenderedPerson(path, PersonTruth.load(path.with_suffix(".npz"))) for path in pictures]
