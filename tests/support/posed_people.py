"""People in known poses before a camera, and what a detector and a pose model might say of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from contrapposto.backend.estimate.landmark_body import landmark_positions
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.proportions import scaled_offsets
from contrapposto.backend.refine.evidence import Evidence2D, PosePrior
from contrapposto.backend.refine.joint_limits import clamped_to_limits
from contrapposto.backend.rotations import axis_angle_to_matrix
from numpy_rigs import varied_poses

CAMERA = (1200.0, 1200.0, 500.0, 400.0)


@dataclass(frozen=True)
class People:
    """N people: the truth, and points seen of them.

    Attributes:
        rotations: (N, 24, 3, 3).
        log_scales: (N, 10).
        pelvis: (N, 3) metres before the camera, inner frame.
        guess: (N, 24, 3, 3) the truth with every joint turned a little.
        guess_sigma: radians a axis, how much.
        seen_px: (N, 33, 2) with noise and outliers.
        sigma_px: (N, 33) of the noise.
        outlier: (N, 33).
        box_px: (N,) the longer side of the box around the true points.
    """

    rotations: np.ndarray
    log_scales: np.ndarray
    pelvis: np.ndarray
    guess: np.ndarray
    guess_sigma: float
    seen_px: np.ndarray
    sigma_px: np.ndarray
    outlier: np.ndarray
    box_px: np.ndarray

    def prior(self, dtype: torch.dtype = torch.float32) -> PosePrior:
        """The guess, and how far it is off on average."""
        sigma = torch.full(self.guess.shape[:2], self.guess_sigma, dtype=dtype)
        return PosePrior(torch.from_numpy(self.guess).to(dtype), sigma)

    def picture(self, dtype: torch.dtype = torch.float32) -> Evidence2D:
        """What was seen."""
        camera = torch.tensor([CAMERA], dtype=dtype).expand(len(self.pelvis), 4)
        return Evidence2D(torch.from_numpy(self.seen_px).to(dtype), torch.from_numpy(self.sigma_px).to(dtype), camera)


def people(count: int, *, guess_off: float = 6.0, noise: float = 0.01, outliers: float = 0.05, seed: int = 0) -> People:
    """Random people 2.5 to 6 m away.

    Args:
        count: N.
        guess_off: degrees a axis that each joint of the guess is off.
        noise: of the points, as a share of the box; sigma is at least 0.3 %.
        outliers: share of points that are 15 % of the box off.
        seed: of everything.
    """
    random = np.random.default_rng(seed)
    poses = varied_poses(count, seed=seed).rotations.astype(np.float64)
    rotations = axis_angle_to_matrix(np.concatenate([poses[:, :1], clamped_to_limits(poses)[:, 1:]], axis=1))
    guess = rotations @ axis_angle_to_matrix(random.normal(size=(count, 24, 3)) * np.radians(guess_off))
    log_scales = random.normal(size=(count, 10)) * 0.05
    pelvis = np.concatenate([random.normal(size=(count, 2)) * 0.3, random.uniform(-6.0, -2.5, (count, 1))], axis=1)
    pixels = project(landmarks(rotations, log_scales) + pelvis[:, None])
    box = np.ptp(pixels, axis=1).max(axis=1)
    outlier = random.random(pixels.shape[:2]) < outliers
    spread = np.where(outlier, 0.15, noise) * box[:, None]
    return People(
        rotations=rotations,
        log_scales=log_scales,
        pelvis=pelvis,
        guess=guess,
        guess_sigma=float(np.radians(guess_off)),
        seen_px=pixels + random.normal(size=pixels.shape) * spread[..., None],
        sigma_px=np.repeat(max(noise, 0.003) * box[:, None], 33, axis=1),
        outlier=outlier,
        box_px=box,
    )


def joints(rotations: np.ndarray, log_scales: np.ndarray) -> np.ndarray:
    """(N, 24, 3) metres from the pelvis."""
    world = global_rotations(rotations)
    each = zip(world, scaled_offsets(log_scales), strict=True)
    return np.array([joint_positions(turns, np.zeros(3), offsets=offsets) for turns, offsets in each])


def landmarks(rotations: np.ndarray, log_scales: np.ndarray) -> np.ndarray:
    """(N, 33, 3) metres from the pelvis."""
    return landmark_positions(global_rotations(rotations), joints(rotations, log_scales), log_scales)


def project(points: np.ndarray) -> np.ndarray:
    """Points (..., 3) of the inner frame, the camera at the origin -> pixels (..., 2)."""
    fx, fy, cx, cy = CAMERA
    depth = -points[..., 2]
    return np.stack([cx + fx * points[..., 0] / depth, cy - fy * points[..., 1] / depth], axis=-1)


def joint_error_mm(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) mean distance of joints (N, 24, 3) in millimetres."""
    return 1000.0 * np.linalg.norm(found - truth, axis=-1).mean(axis=1)


def aligned_error_mm(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(N,) the same after the best turn, shift and scale (PA-MPJPE; Procrustes by S. Umeyama, 1991)."""
    found, truth = (points - points.mean(axis=1, keepdims=True) for points in (found, truth))
    left, strength, right = np.linalg.svd(np.swapaxes(found, 1, 2) @ truth)
    sign = np.ones_like(strength)
    sign[:, 2] = np.sign(np.linalg.det(left @ right))
    scale = np.sum(strength * sign, axis=1) / np.sum(found * found, axis=(1, 2))
    return joint_error_mm(scale[:, None, None] * found @ (left * sign[:, None]) @ right, truth)
