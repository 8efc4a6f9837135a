"""Solves a reading again after the artist has put landmarks in other places of the picture.

The reading is the prior. The limb that carries a placed point may turn, towards that point and what was detected of the
limb; everything else is held: joints by small sigmas, and landmarks where the reading has them in the picture.

Convention: torch tensors stay in here; pixels of the full image, origin top left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray
from ..errors import InputError
from ..frames import inner_to_camera
from ..keypoints import BLAZEPOSE_33
from ..kinematics import global_rotations, joint_positions
from ..observation import Observation
from ..packages import require_torch
from ..proportions import GROUP_OF_JOINT, LENGTH_GROUPS, ProportionedBody
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, REST_OFFSETS, STATURE_M
from ..sureness import SURE
from .estimator import Estimate
from .landmark_body import LANDMARK_JOINTS, landmark_positions
from .placement import height_above_ground

if TYPE_CHECKING:
    import torch

    from ..refine.evidence import Evidence2D

_HELD: Final = 0.015
"""Radians a axis that a joint may turn which no placed point asks to."""
_PLACED_SHARE: Final = 0.001
_HELD_SHARE: Final = 0.008
_DETECTED_SHARE: Final = 0.012
"""Sigmas of placed points, of all others, and of detected ones, as shares of the person's height in the picture."""
_SEEN: Final = 0.5
_NEAR_SHARE: Final = 0.10
"""A detected point that is further from where it is read was taken for wrong."""
_LENGTH_SIGMA: Final = 0.05
_AS_SURE: Final = SURE + 0.05
_NEAREST_M: Final = 0.1
_ITERATIONS: Final = 12
_LEANING: Final = 0.5
"""Radians: other starts turn a limb this far, because one that lies flat in the picture knows no way out of it."""
_FREE: Final[dict[str, dict[str, float]]] = {
    "arm": {"collar": 0.08, "shoulder": 0.6, "elbow": 0.6},
    "hand": {"elbow": 0.15, "wrist": 0.5},
    "leg": {"hip": 0.6, "knee": 0.6},
    "foot": {"ankle": 0.4, "foot": 0.2},
    "shoulder": {"spine1": 0.1, "spine2": 0.1, "spine3": 0.15, "collar": 0.25, "shoulder": 0.3, "elbow": 0.3},
    "hip": {"pelvis": 0.25, "spine1": 0.15, "hip": 0.3, "knee": 0.3},
    "head": {"neck": 0.35, "head": 0.35},
}
"""Radians a axis that joints may turn, per part of the body that carries a placed point."""
_PART: Final = {
    "shoulder": "shoulder", "elbow": "arm", "wrist": "arm", "pinky": "hand", "index": "hand", "thumb": "hand",
    "hip": "hip", "knee": "leg", "ankle": "leg", "heel": "foot", "foot_index": "foot",
}  # fmt: skip
"""Every other landmark is the head's."""
_OF_LIMB: Final = {"arm": ("elbow", "wrist"), "leg": ("knee", "ankle")}
_CARRIED: Final = {"wrist": ("pinky", "index", "thumb"), "ankle": ("heel", "foot_index")}
"""Landmarks that go where another one is put."""


def resolve(
    estimate: Estimate, moved: Mapping[str, tuple[float, float]], *, seen: Observation | None = None
) -> Estimate:
    """The reading with landmarks where the artist put them.

    Args:
        estimate: the reading of a still, from whatever estimator.
        moved: names of `BLAZEPOSE_33` -> x, y in pixels of the full image.
        seen: what was detected, for the rest of a limb of which a point is placed.

    Raises:
        InputError: the estimate is of several frames, or a name or a number cannot be used.
        MissingPackageError: torch is not installed.
    """
    _check(estimate, moved)
    if not moved:
        return estimate
    require_torch()
    reading = _Reading.of(estimate)
    detected = {} if seen is None else _detected(reading, moved, seen)
    return _read_off(estimate, _likeliest(reading, moved, detected=detected), freed=list(_loosened(moved)))


def landmarks_px(estimate: Estimate) -> FloatArray:
    """(33, 2): where the reading's first frame has BlazePose's landmarks in the picture."""
    return _Reading.of(estimate).pixels


@dataclass(frozen=True)
class _Reading:
    """A reading in camera axes turned to x right, y up, z to the viewer.

    Attributes:
        estimate: the reading.
        local: (24, 3, 3) parent-relative, the root before the camera as it was held.
        pelvis: (3,) metres.
        log_scales: (10,) of the body.
        pixels: (33, 2) its landmarks.
    """

    estimate: Estimate
    local: DoubleArray
    pelvis: DoubleArray
    log_scales: DoubleArray
    pixels: FloatArray

    @classmethod
    def of(cls, estimate: Estimate) -> _Reading:
        local = axis_angle_to_matrix(estimate.poses.rotations[0])
        local[0] = estimate.camera_turn[0] @ local[0]
        pelvis = inner_to_camera(estimate.pelvis_cam[0].astype(np.float64))
        scales = _log_scales(estimate.body.rest_offsets(estimate.poses.betas))
        world = global_rotations(local)
        joints = joint_positions(world, pelvis, offsets=np.exp(scales)[GROUP_OF_JOINT, None] * REST_OFFSETS)
        marks = landmark_positions(world, joints, scales)
        return cls(estimate, local, pelvis, scales, estimate.camera.project(inner_to_camera(marks)))

    @property
    def height_px(self) -> float:
        """A standing person's height at this depth."""
        stature = STATURE_M * math.exp(float(self.log_scales.mean()))
        return self.estimate.camera.fy * stature / max(-float(self.pelvis[2]), _NEAREST_M)


def person_height_px(estimate: Estimate) -> float:
    """How tall the person would stand in the picture, in pixels."""
    return _Reading.of(estimate).height_px


def _check(estimate: Estimate, moved: Mapping[str, tuple[float, float]]) -> None:
    if estimate.poses.frame_count != 1:
        raise InputError(f"Keypoints are moved in stills, and this has {estimate.poses.frame_count} frames.")
    for name, place in moved.items():
        if name not in BLAZEPOSE_33.index:
            raise InputError(f"No keypoint is called {name}. Choose one of {', '.join(BLAZEPOSE_33.names)}.")
        if not all(math.isfinite(number) for number in place):
            raise InputError(f"The keypoint {name} needs finite pixels, not {place}.")


def _log_scales(offsets: AnyFloatArray) -> DoubleArray:
    """(10,) the length factors that are nearest to a body's rest offsets (24, 3)."""
    lengths, neutral = np.linalg.norm(offsets, axis=-1), np.linalg.norm(REST_OFFSETS, axis=-1)
    found = np.zeros(len(LENGTH_GROUPS))
    for group in range(len(found)):
        joints = np.flatnonzero((group == GROUP_OF_JOINT) & (neutral > 1e-6))
        found[group] = np.mean(np.log(np.maximum(lengths[joints], 1e-3) / neutral[joints]))
    return found


class _Body(NamedTuple):
    """What a fit found: rotations (24, 3, 3), the pelvis (3,) in metres and length factors (10,)."""

    local: DoubleArray
    pelvis: DoubleArray
    log_scales: DoubleArray


def _likeliest(
    seen: _Reading, moved: Mapping[str, tuple[float, float]], *, detected: Mapping[str, tuple[float, float]]
) -> _Body:
    """The best of the fits from several starts."""
    import torch

    from ..refine.evidence import PosePrior
    from ..refine.fit import Given, fit_poses
    from ..refine.settings import FitSettings

    starts = _starts(seen, moved)
    count = len(starts)

    def tensor(array: AnyFloatArray) -> torch.Tensor:
        return torch.from_numpy(np.array(np.broadcast_to(array, (count, *array.shape)), np.float32))

    lengths = torch.full((len(LENGTH_GROUPS),), _LENGTH_SIGMA)
    fit = fit_poses(
        PosePrior(tensor(seen.local), tensor(_sigma(moved)), tensor(seen.log_scales), lengths),
        Given(picture=_evidence(seen, moved, detected=detected, count=count)),
        start_rotations=torch.from_numpy(starts.astype(np.float32)),
        start_pelvis=tensor(seen.pelvis),
        iterations=_ITERATIONS,
        settings=FitSettings(prior_weight=1.0, robust_start=1.0),
    )
    best = int(fit.cost.nan_to_num(torch.inf).argmin())
    return _Body(_array(fit.rotations[best]), _array(fit.pelvis[best]), _array(fit.log_scales[best]))


def _array(tensor: torch.Tensor) -> DoubleArray:
    return np.asarray(tensor.double().numpy(), np.float64)


def _sigma(moved: Mapping[str, tuple[float, float]]) -> DoubleArray:
    """(24,) radians a axis: how far each joint may turn."""
    sigma = np.full(JOINT_COUNT, _HELD)
    for joint, loose in _loosened(moved).items():
        sigma[joint] = max(sigma[joint], loose)
    return sigma


def _loosened(moved: Mapping[str, tuple[float, float]]) -> dict[int, float]:
    """Joint -> radians, of those that may turn for the placed points."""
    found: dict[int, float] = {}
    for name in moved:
        side, part = _side_and_part(name)
        for joint, loose in _FREE[part].items():
            index = JOINT_INDEX[f"{side}_{joint}" if f"{side}_{joint}" in JOINT_INDEX else joint]
            found[index] = max(found.get(index, 0.0), loose)
    return found


def _side_and_part(name: str) -> tuple[str, str]:
    side, _, landmark = name.partition("_")
    return side, _PART.get(landmark, "head")


def _detected(
    reading: _Reading, moved: Mapping[str, tuple[float, float]], seen: Observation
) -> dict[str, tuple[float, float]]:
    """Where the other points of limbs with a placed one were seen for certain, not too far from where they are read."""
    found: dict[str, tuple[float, float]] = {}
    for side, part in map(_side_and_part, moved):
        for name in (f"{side}_{landmark}" for landmark in _OF_LIMB.get(part, ())):
            column = seen.schema.index.get(name)
            if column is None or seen.confidence[0, column] < _SEEN:
                continue
            x, y = (float(number) for number in seen.keypoints_px[0, column])
            if math.dist((x, y), reading.pixels[BLAZEPOSE_33.index[name]].tolist()) < _NEAR_SHARE * reading.height_px:
                found[name] = (x, y)
    return found


def _evidence(
    seen: _Reading,
    moved: Mapping[str, tuple[float, float]],
    *,
    detected: Mapping[str, tuple[float, float]],
    count: int,
) -> Evidence2D:
    """Placed and detected points, and all others where the reading has them but for those that go with a placed one."""
    import torch

    from ..refine.evidence import Evidence2D

    points, sigma = seen.pixels.copy(), np.full(len(BLAZEPOSE_33), _HELD_SHARE * seen.height_px, np.float32)
    for name in moved:
        side, _, landmark = name.partition("_")
        _, part = _side_and_part(name)
        for carried in _CARRIED.get(landmark, ()):
            sigma[BLAZEPOSE_33.index[f"{side}_{carried}"]] = np.inf
        if part in ("head", "hand", "foot"):
            joint = LANDMARK_JOINTS[BLAZEPOSE_33.index[name]]
            others = (joint == LANDMARK_JOINTS) & ~np.isin(BLAZEPOSE_33.names, [f"{side}_wrist", f"{side}_ankle"])
            sigma[others] = np.inf
    for places, share in ((detected, _DETECTED_SHARE), (moved, _PLACED_SHARE)):
        for name, place in places.items():
            points[BLAZEPOSE_33.index[name]] = place
            sigma[BLAZEPOSE_33.index[name]] = share * seen.height_px
    return Evidence2D(
        torch.from_numpy(points).expand(count, -1, -1),
        torch.from_numpy(sigma).expand(count, -1),
        torch.from_numpy(seen.estimate.camera.as_array()).expand(count, -1),
        placed=torch.ones(count, len(points), dtype=torch.bool),
    )


def _starts(seen: _Reading, moved: Mapping[str, tuple[float, float]]) -> DoubleArray:
    """(S, 24, 3, 3): the reading, and the same with the placed limbs turned towards the viewer and away."""
    world = global_rotations(seen.local)
    starts = [seen.local]
    chains = {(side, part) for side, part in map(_side_and_part, moved) if part in ("arm", "leg")}
    for lean in (_LEANING, -_LEANING) if chains else ():
        turned = seen.local.copy()
        for side, part in chains:
            upper, lower = ("shoulder", "elbow") if part == "arm" else ("hip", "knee")
            joint, child = JOINT_INDEX[f"{side}_{upper}"], JOINT_INDEX[f"{side}_{lower}"]
            along = world[joint] @ REST_OFFSETS[child]
            # About the axis in the picture across the limb, in the joint's own axes.
            axis = world[joint].T @ np.array([-along[1], along[0], 0.0])
            axis /= max(float(np.linalg.norm(axis)), 1e-9)
            turned[joint] = seen.local[joint] @ axis_angle_to_matrix(lean * axis)
            turned[child] = seen.local[child] @ axis_angle_to_matrix(-2.0 * lean * axis)
        starts.append(turned)
    return np.stack(starts)


def _read_off(estimate: Estimate, found: _Body, *, freed: list[int]) -> Estimate:
    """The fitted body as an estimate, as high above the ground as its pose has it; joints `freed` count as sure."""
    local = found.local.copy()
    local[0] = estimate.camera_turn[0].T @ local[0]
    translation, confidence = estimate.poses.translation.copy(), estimate.poses.confidence.copy()
    rise = _height(local[None]) - _height(axis_angle_to_matrix(estimate.poses.rotations))
    translation[:, 1] += rise.astype(np.float32)
    confidence[:, freed] = np.maximum(confidence[:, freed], _AS_SURE)
    rotations = matrix_to_axis_angle(local)[None].astype(np.float32)
    poses = replace(estimate.poses, rotations=rotations, translation=translation, confidence=confidence)
    pelvis = inner_to_camera(found.pelvis)[None].astype(np.float32)
    return replace(estimate, poses=poses, pelvis_cam=pelvis, body=ProportionedBody(found.log_scales))


def _height(local: DoubleArray) -> DoubleArray:
    """(1,) metres from the ground to the pelvis, of the neutral adult."""
    return height_above_ground(global_rotations(local), REST_OFFSETS)
