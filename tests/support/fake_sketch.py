"""A detector and a solver of drawings that know what was drawn, so that no network is needed.

The detector is told where the joints are in pixels of the region and finds the picture's ink by itself: the ink's box
in the picture and the joints' box in the region are the same box.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

LINE_PX = 4.0
"""How much a line of no width is wider in the picture."""


@dataclass(frozen=True)
class Figure:
    """What a detector finds."""

    observation: Any
    depth: np.ndarray
    depth_sigma: np.ndarray
    score: float = 0.9


@dataclass
class FakeSketches:
    """What is drawn, and how the detector and the solver were asked.

    Attributes:
        joints_px: name of FIGURE_23 -> pixels of whatever the picture was made from; None where nothing is drawn.
        poses: the readings, in the view's axes.
        error: raised by the solver.
    """

    package: Callable[[str], ModuleType]
    joints_px: Mapping[str, np.ndarray] | None = None
    poses: tuple[Any, ...] = ()
    error: Exception | None = None
    count: int = 1
    pictures: list[np.ndarray] = field(default_factory=list)
    cameras: list[Any] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    solved: list[Any] = field(default_factory=list)

    def figures(self, image: np.ndarray) -> Generator[Any, None, list[Figure]]:
        """Stands for `DrawingDetector.figures`."""
        yield self.package("backend.job").Progress("Looking for figures", 0.3)
        self.pictures.append(image)
        if self.joints_px is None:
            return []
        return [self._figure(image, shift=40.0 * number) for number in range(self.count)]

    def solve(self, figure: Figure, *, count: int = 1) -> Generator[Any, None, list[Any]]:
        """Stands for `DrawnPoseSolver.solve`."""
        yield self.package("backend.job").Progress("Fitting the pose to the drawing", 0.8)
        if self.error is not None:
            raise self.error
        self.counts.append(count)
        self.solved.append(figure)
        self.cameras.append(figure.observation.camera)
        camera = figure.observation.camera or self.package("backend.camera").Camera.assumed(
            figure.observation.image_size
        )
        estimate = self.package("backend.estimate.estimator").Estimate
        shares = [0.5**number for number in range(count)]
        return [
            estimate(poses, self._place(poses, figure.observation, camera), camera, likelihood=share / sum(shares))
            for poses, share in zip(self.poses, shares, strict=False)
        ]

    def _place(self, poses: Any, observation: Any, camera: Any) -> np.ndarray:
        turns = self.package("backend.rotations").axis_angle_to_matrix(poses.rotations)
        world = self.package("backend.kinematics").global_rotations(turns)
        offsets = self.package("backend.skeleton").REST_OFFSETS
        place = self.package("backend.estimate.placement").pelvis_in_camera
        return place(world, offsets, observation=observation, camera=camera)

    def _figure(self, image: np.ndarray, *, shift: float) -> Figure:
        schema = self.package("backend.keypoints").FIGURE_23
        known = np.array(list(self.joints_px.values()), np.float64)
        low, high = known.min(axis=0), known.max(axis=0)
        rows, columns = np.nonzero(image[..., 0] < 128)
        ink_low = np.array([columns.min(), rows.min()]) + 0.5 * LINE_PX
        ink_high = np.array([columns.max(), rows.max()]) + 1.0 - 0.5 * LINE_PX
        scale = (ink_high - ink_low) / (high - low)
        points, confidence = np.full((1, len(schema), 2), 1.0, np.float32), np.zeros((1, len(schema)), np.float32)
        for name, place in self.joints_px.items():
            if name in schema.index:
                points[0, schema.index[name]] = (place - low) * scale + ink_low + [shift, 0.0]
                confidence[0, schema.index[name]] = 0.95
        size = (image.shape[1], image.shape[0])
        observation = self.package("backend.observation").Observation(points, confidence, schema, size)
        return Figure(observation, np.zeros(len(schema), np.float32), np.full(len(schema), np.inf, np.float32))


def standing_poses(package: Callable[[str], ModuleType], **turns: tuple[float, float, float]) -> Any:
    """A still whose joints are turned by axis-angles, all others at rest."""
    index = package("backend.skeleton").JOINT_INDEX
    rotations = np.zeros((1, 24, 3), np.float32)
    for joint, turn in turns.items():
        rotations[0, index[joint]] = turn
    confidence = np.full((1, 24), 0.8, np.float32)
    translation = np.array([[0.0, 0.95, 0.0]], np.float32)
    return package("backend.pose_sequence").PoseSequence(rotations, translation, confidence=confidence)


def with_root(package: Callable[[str], ModuleType], poses: Any, root: np.ndarray) -> Any:
    """The poses with the root (3, 3) instead of their own."""
    rotations = poses.rotations.copy()
    rotations[0, 0] = package("backend.rotations").matrix_to_axis_angle(root)
    return replace(poses, rotations=rotations)


def install(
    package: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, *, solver: Any = None
) -> FakeSketches:
    """Put a fake in the place of the models until the test ends; `solver` instead of the fake's own."""
    pytest.importorskip("scipy", reason="poses are computed with scipy")
    pytest.importorskip("cv2", reason="strokes are drawn with OpenCV")
    fake = FakeSketches(package)
    models = SimpleNamespace(drawing_detector=lambda: fake, drawn_solver=lambda: solver or fake)
    monkeypatch.setattr(package("operators.session").session, "models", lambda _chosen: models)
    return fake
