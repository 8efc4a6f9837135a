"""Held-out motion before a standing camera, as a detector sees it frame by frame: errors last, as real ones do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.estimate.evidence import SEEN
from contrapposto.backend.estimate.landmark_body import landmark_positions_torch
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets_torch
from contrapposto.backend.rotations import axis_angle_to_matrix
from training.mocap.archives import READERS, clips_in
from training.mocap.poses import poses_of
from training.mocap.split import is_held_out, is_repeated
from training.synthesis import LIMBS, Noise, Synthesis

FPS: Final = 30.0
LENGTH: Final = 100
PICTURE: Final = (1920, 1080)
_NOT_LEGS: Final = tuple(
    index for index, name in enumerate(LENGTH_GROUPS) if name not in ("hips", "thigh", "shin", "foot")
)
"""Lengths that may differ from person to person without the feet of a recorded motion sliding."""


@dataclass(frozen=True)
class Motion:
    """A piece of a held-out clip.

    Attributes:
        name: of the clip and the first frame.
        poses: T poses, the ground y = 0.
    """

    name: str
    poses: PoseSequence


@dataclass(frozen=True)
class Seen:
    """A motion before a camera.

    Attributes:
        motion: what is done.
        joints: (T, 24, 3) metres, the world's axes: y up, the ground y = 0.
        turn: (3, 3) from the world to the inner frame of the camera.
        pelvis: (T, 3) metres in it.
        found: what the detector says.
        exact: the same without a mistake.
        time_s: (T,).
    """

    motion: Motion
    joints: DoubleArray
    turn: DoubleArray
    pelvis: DoubleArray
    found: Observation
    exact: Observation
    time_s: DoubleArray

    @property
    def name(self) -> str:
        """Of the motion."""
        return self.motion.name


def motions(folder: Path, *, length: int = LENGTH, most_per_clip: int = 2) -> list[Motion]:
    """Pieces of `length` frames from all held-out clips that are long enough and that Blender is not needed for.

    Raises:
        InputError: the archives are not there.
    """
    found: list[Motion] = []
    for clip in _held_out(folder):
        count = clip.poses.frame_count // length
        starts = np.linspace(0, clip.poses.frame_count - length, min(count, most_per_clip), dtype=int) if count else ()
        found += [Motion(f"{clip.name}@{start}", _part(clip.poses, int(start), length)) for start in starts]
    if not found:
        raise InputError(f"{folder} holds no held-out clips. Name the folder of the motion capture archives.")
    return found


def _held_out(folder: Path) -> Iterator[Motion]:
    for name in READERS:
        path = folder / f"{name}.zip"
        if "fbx" in name or not path.is_file():
            continue
        for clip in clips_in(path, fps=FPS):
            if is_repeated(clip.name) or not is_held_out(clip.name):
                continue
            try:
                yield Motion(clip.name, poses_of(clip).poses)
            except ContrappostoError:
                continue  # a clip that training refuses too


def _part(poses: PoseSequence, start: int, length: int) -> PoseSequence:
    part = slice(start, start + length)
    return PoseSequence(poses.rotations[part], poses.translation[part], fps=FPS)


class FilmSynthesis(Synthesis):
    """The noise of the stills' training, with errors that last.

    Of every random number `slow` of the variance is a process that keeps `memory` of itself from frame to frame; the
    rest is new in each.
    """

    def __init__(self, *, noise: Noise | None = None, slow: float = 0.6, memory: float = 0.93) -> None:
        super().__init__(noise=noise)
        self._slow, self._memory = slow, memory

    def see_motion(self, motion: Motion, *, seed: int) -> Seen:
        """A motion before a standing camera that has all of it in the picture."""
        torch.manual_seed(seed)
        turns = torch.from_numpy(axis_angle_to_matrix(motion.poses.rotations).astype(np.float32))
        places = torch.from_numpy(motion.poses.translation.copy())
        scales = torch.zeros(1, len(LENGTH_GROUPS))
        wanted = self._scale_mean + self._scale_sigma * torch.randn(len(LENGTH_GROUPS))
        scales[0, list(_NOT_LEGS)] = wanted[list(_NOT_LEGS)]
        scales = scales.expand(len(turns), -1)
        world, joints = pose_torch(turns, places, offsets=scaled_offsets_torch(scales))
        moved = self._convention * torch.randn(1, 33, 3)
        marks, ours = (
            landmark_positions_torch(world, joints, scales, moved=by) for by in (moved.expand(len(turns), -1, -1), None)
        )
        turn, place, camera = _camera_before(joints)
        marks, ours = (each @ turn.T + place for each in (marks, ours))
        found, exact = self._observed(marks, camera), self._exactly(ours, camera)
        pelvis = joints[:, 0] @ turn.T + place
        return Seen(
            motion, joints.double().numpy(), turn.double().numpy(), pelvis.double().numpy(), found, exact,
            np.arange(len(turns)) / FPS,
        )  # fmt: skip

    def _observed(self, marks: torch.Tensor, camera: Camera) -> Observation:
        rays = _rays(marks)
        found, confidence = self._detected(rays)
        lost = self._chance((len(rays), 1), 0.02)
        confidence = torch.where(lost, 0.0, confidence)
        return _observation(found, confidence, self.world_landmarks(marks), camera=camera)

    def _exactly(self, marks: torch.Tensor, camera: Camera) -> Observation:
        hips = [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]
        body = marks - marks[:, hips].mean(1, keepdim=True)
        return _observation(_rays(marks), torch.ones(marks.shape[:2]), body, camera=camera)

    def _hidden(self, rays: torch.Tensor, low: torch.Tensor, extent: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(T, 33) behind something, and beyond the edge of the picture, which nothing is."""
        at = (rays - low[:, None]) / extent.clamp_min(1e-4)[:, None]
        middle, half = torch.rand(2), 0.1 + 0.2 * torch.rand(2)
        block = ((at - middle).abs() < half).all(-1) & self._chance(len(rays), self.noise.block)[:, None]
        for limb in LIMBS:
            block[:, limb] |= self._chance(len(rays), 0.3 * self.noise.block)[:, None]
        return block, torch.zeros_like(block)

    def _normal(self, *shape: int) -> torch.Tensor:
        fresh, steps = torch.randn(*shape), torch.randn(*shape)
        state, states = torch.randn(shape[1:]), list[torch.Tensor]()
        for step in steps:
            states.append(state)
            state = self._memory * state + math.sqrt(1.0 - self._memory**2) * step
        return math.sqrt(self._slow) * torch.stack(states) + math.sqrt(1.0 - self._slow) * fresh

    def _chance(self, shape: int | tuple[int, ...], share: float) -> torch.Tensor:
        size = (shape,) if isinstance(shape, int) else shape
        return self._share(*size) < share

    def _between(self, count: int, low: float, high: float) -> torch.Tensor:
        return low + (high - low) * self._share(count)

    def _share(self, *shape: int) -> torch.Tensor:
        """Numbers in [0, 1] that last as the others do."""
        return 0.5 * (1.0 + torch.erf(self._normal(*shape) / math.sqrt(2.0)))


def _camera_before(joints: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Camera]:
    """Turn (3, 3) and shift (3,) from the world to a standing camera, and its intrinsics; the whole motion is seen."""
    yaw, pitch = float(torch.rand(()) * 2.0 * math.pi), float(0.10 + 0.12 * torch.randn(()))
    about_y = torch.tensor([[math.cos(yaw), 0.0, math.sin(yaw)], [0.0, 1.0, 0.0], [-math.sin(yaw), 0.0, math.cos(yaw)]])
    about_x = torch.tensor(
        [[1.0, 0.0, 0.0], [0.0, math.cos(pitch), -math.sin(pitch)], [0.0, math.sin(pitch), math.cos(pitch)]]
    )
    turn = about_x @ about_y
    points = joints.reshape(-1, 3) @ turn.T
    middle = 0.5 * (points.amin(0) + points.amax(0))
    focal = float(torch.exp(0.2 * torch.randn(()))) * math.hypot(*PICTURE)
    near = points[:, 2] - middle[2]
    reach = torch.maximum(
        (points[:, 0] - middle[0]).abs() * focal / (0.45 * PICTURE[0]) + near,
        (points[:, 1] - middle[1]).abs() * focal / (0.42 * PICTURE[1]) + near,
    )
    place = torch.cat([-middle[:2], (-middle[2] - float(reach.max())).reshape(1)])
    return turn, place, Camera(focal, focal, PICTURE[0] / 2.0, PICTURE[1] / 2.0)


def _rays(points: torch.Tensor) -> torch.Tensor:
    return torch.stack([points[..., 0], -points[..., 1]], -1) / (-points[..., 2:]).clamp_min(0.05)


def _observation(rays: torch.Tensor, confidence: torch.Tensor, world: torch.Tensor, *, camera: Camera) -> Observation:
    middle = torch.tensor([camera.cx, camera.cy])
    pixels = rays * camera.fx + middle
    seen = (confidence > SEEN).any(1, keepdim=True)
    return Observation(
        pixels.numpy(), (confidence * seen).numpy(), BLAZEPOSE_33, PICTURE, keypoints_world=world.numpy(), fps=FPS
    )


def contacts(joints: DoubleArray, *, fps: float = FPS) -> BoolArray:
    """(T, 2) whether the ball of the left and the right foot stands.

    It moves less than 1 cm in a thirtieth of a second, and is within 6 cm of its lowest.
    """
    feet = joints[:, [10, 11]]
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1) * fps
    return (speed < 0.3) & (feet[..., 1] < feet[..., 1].min() + 0.06)
