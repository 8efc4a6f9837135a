"""Made-up motion for tests of keys: smooth, with every joint moving at its own pace, and a walk that loops."""

from __future__ import annotations

import numpy as np

JOINTS = 24


def moving_rotations(frames: int, *, seed: int = 0, size: float = 0.5, fps: float = 30.0) -> np.ndarray:
    """(T, 24, 3) axis-angle: sums of three waves up to 1.5 Hz for each number."""
    random = np.random.default_rng(seed)
    times = np.arange(frames)[:, None, None, None] / fps
    rates = random.uniform(0.1, 1.5, (1, JOINTS, 3, 3))
    waves = np.sin(2.0 * np.pi * (times * rates + random.uniform(0.0, 1.0, rates.shape)))
    return (size / 3.0 * waves.sum(axis=-1)).astype(np.float32)


def moving_translation(frames: int, *, fps: float = 30.0) -> np.ndarray:
    """(T, 3) metres: forward at 1 m/s, swaying, at the height of a pelvis."""
    times = np.arange(frames) / fps
    sway, height = 0.05 * np.sin(2.0 * np.pi * times), 0.95 + 0.03 * np.sin(4.0 * np.pi * times)
    return np.stack([sway, height, times], axis=1).astype(np.float32)


def walking(frames: int, *, period: int, drift: float = 0.0, turn: float = 0.0, fps: float = 30.0) -> tuple:
    """Rotations (T, 24, 3) and translation (T, 3) that repeat every `period` frames.

    `drift` radians a frame bend the back on and on, and `turn` radians a frame turn the whole body and its way.
    """
    phase = 2.0 * np.pi * np.arange(frames) / period
    rotations = np.zeros((frames, JOINTS, 3), np.float32)
    for joint, sign in ((1, 1.0), (2, -1.0), (16, -0.7), (17, 0.7)):
        rotations[:, joint, 0] = sign * 0.5 * np.sin(phase)
    for joint, sign in ((4, 0.0), (5, np.pi)):
        rotations[:, joint, 0] = 0.4 * (1.0 + np.sin(phase + sign))
    rotations[:, 3, 0] = drift * np.arange(frames)
    heading = turn * np.arange(frames)
    rotations[:, 0, 1] = heading
    steps = 1.2 / fps * np.stack([np.sin(heading), np.zeros(frames), np.cos(heading)], axis=1)
    translation = np.cumsum(steps, axis=0)
    translation[:, 1] = 0.95 + 0.02 * np.sin(2.0 * phase)
    return rotations, translation.astype(np.float32)
