"""Synthetic sightings: poses before random cameras, and what a detector would make of them.

Convention: the inner frame of the camera (x right, y up, z to the camera), metres; rays have y down, as pixels have.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import roma
import torch

from contrapposto.backend.estimate.evidence import OUTSIDE_CONFIDENCE, SEEN, Evidence, View, view_of
from contrapposto.backend.estimate.landmark_body import landmark_positions_torch
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets_torch
from contrapposto.backend.rotations import matrix_to_6d_torch

# Mean and spread of the logarithms of length factors: people differ by about 5 % in each segment once stature is taken
# out (ANSUR II), characters by more. Our neutral shoulders are as wide as the bone; the joints of eleven characters of
# MakeHuman and other makers are 22 % nearer to each other, and their upper arms 12 % shorter.
_SCALE_SPREAD: Final = {
    "torso": (0.0, 0.07), "head": (0.0, 0.14), "hips": (0.06, 0.15), "thigh": (0.0, 0.07), "shin": (0.0, 0.07),
    "foot": (0.0, 0.10), "shoulders": (-0.22, 0.14), "upper_arm": (-0.10, 0.09), "forearm": (-0.02, 0.08),
    "hand": (0.0, 0.12),
}  # fmt: skip
_INDEX: Final = BLAZEPOSE_33.index
LIMBS: Final = tuple(
    [_INDEX[f"{side}_{name}"] for name in names]
    for side in ("left", "right")
    for names in (
        ("elbow", "wrist", "pinky", "index", "thumb"),
        ("knee", "ankle", "heel", "foot_index"),
    )
)
"""Left arm, left leg, right arm, right leg, below shoulder and hip."""
_FACE: Final = list(range(11))
_SHOULDERS: Final = [_INDEX["left_shoulder"], _INDEX["right_shoulder"]]
# How far the detector's idea of a point is from ours, metres: hips most, they are deep in the body.
_CONVENTION_M: Final = {"hip": 0.025, "shoulder": 0.02, "elbow": 0.012, "knee": 0.015, "ankle": 0.015, "heel": 0.015,
                        "foot_index": 0.02, "pinky": 0.015, "index": 0.015, "thumb": 0.015}  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What is to be found, in the axes of the views.

    Attributes:
        local: (N, 24, 3, 3) parent-relative rotations, the root against the view.
        world: (N, 24, 3, 3) rotations in the view.
        joints: (N, 24, 3) metres from the pelvis.
        log_scales: (N, 10).
        up: (N, 3) against gravity.
        point_error: (N, 33) from the landmarks that are given to ours, in the view's units; negative where none is.
    """

    local: torch.Tensor
    world: torch.Tensor
    joints: torch.Tensor
    log_scales: torch.Tensor
    up: torch.Tensor
    point_error: torch.Tensor

    def part(self, people: slice) -> Truth:
        """Of some of the people."""
        return Truth(**{name: value[people] for name, value in vars(self).items()})


@dataclass(frozen=True)
class Sighting:
    """Synthetic people before cameras, and what is seen of them.

    Attributes:
        truth: in the axes of the view that the *detected* points give.
        evidence: the same.
        rays: (N, 33, 2) detected points through the assumed camera.
        confidence: (N, 33).
        true_rays: (N, 33, 2) the exact points through the same camera.
        turn: (N, 3, 3) from the view to the camera.
        pelvis: (N, 3) inner frame of the camera.
    """

    truth: Truth
    evidence: Evidence
    rays: torch.Tensor
    confidence: torch.Tensor
    true_rays: torch.Tensor
    turn: torch.Tensor
    pelvis: torch.Tensor

    def person(self, index: int) -> Sighting:
        """One of the people."""
        one = slice(index, index + 1)
        evidence = Evidence(**{name: value[one] for name, value in vars(self.evidence).items()})
        tensors = {name: value[one] for name, value in vars(self).items() if isinstance(value, torch.Tensor)}
        return Sighting(self.truth.part(one), evidence, **tensors)


@dataclass(frozen=True)
class Noise:
    """How wrong a detector is, by what BlazePose makes of rendered people whose pose is known.

    Lengths are shares of the person's box in the picture, and metres in space; shares are of people, or of limbs where
    it says so.

    Attributes:
        level: the median person's standard deviation of a point that is seen; a limb's points err together.
        level_spread: of its logarithm among people.
        exact: share of people whose points are exact.
        limb_lost: share of limbs that are put elsewhere although they are seen, by `lost`.
        hidden: standard deviation of points behind something.
        outside: the same beyond the picture's edge.
        block, cut: shares of people of whom a block is hidden, and whom the picture's edge cuts.
        exchanged, limb_exchanged: shares whose sides are exchanged, and of limbs on the other's place.
        dropped: share of points that are not reported.
        any_angle: share of pictures that are turned by any angle.
        convention: how far the points differ from ours on each person, as a factor on what is usual.
        depth_m, flat_m: standard deviations of a hand's or foot's world landmark, along the view and across.
        flipped: share of limbs that are before the body instead of behind it, or behind instead of before.
        independent: share of people seen by another kind of detector: its points err each by itself, and its confidence
            tells how far.
        independent_level: the median person's standard deviation of such a point.
    """

    level: float = 0.011
    level_spread: float = 0.5
    exact: float = 0.08
    limb_lost: float = 0.03
    lost: float = 0.07
    hidden: float = 0.045
    outside: float = 0.2
    block: float = 0.3
    cut: float = 0.2
    exchanged: float = 0.015
    limb_exchanged: float = 0.02
    dropped: float = 0.02
    any_angle: float = 0.3
    convention: float = 1.0
    depth_m: float = 0.115
    flat_m: float = 0.04
    flipped: float = 0.05
    independent: float = 0.3
    independent_level: float = 0.017


@dataclass(frozen=True)
class Given:
    """Shares of people for whom a kind of evidence is given."""

    points: float = 0.93
    world: float = 0.6
    rotations: float = 0.12
    pins: float = 0.1
    camera: float = 0.25


class Synthesis:
    """Makes sightings of poses.

    Args:
        noise: of the detector.
        given: which evidence.
        largest: a person's stature at most, as a share of the picture's diagonal; above about half of it not everything
            is in the picture.
        device: where.
    """

    def __init__(
        self,
        *,
        noise: Noise | None = None,
        given: Given | None = None,
        largest: float = 1.16,
        device: str = "cpu",
    ) -> None:
        self._largest = largest
        self.noise = noise or Noise()
        self.given = given or Given()
        self._device = torch.device(device)
        spread = torch.tensor([_SCALE_SPREAD[name] for name in LENGTH_GROUPS], device=self._device)
        self._scale_mean, self._scale_sigma = spread.unbind(1)
        by_name = [
            _CONVENTION_M.get(name.replace("left_", "").replace("right_", ""), 0.008) for name in BLAZEPOSE_33.names
        ]
        self._convention = torch.tensor(by_name, device=self._device)[:, None]

    def see(self, poses: torch.Tensor) -> Sighting:
        """Put poses (N, 24, 3, 3), y up, before cameras and detect them."""
        count = len(poses)
        scales = self._scale_mean + self._scale_sigma * self._normal(count, len(LENGTH_GROUPS))
        tilt = self._tilts(count)
        poses = torch.cat([(tilt @ poses[:, 0])[:, None], poses[:, 1:]], dim=1)
        offsets = scaled_offsets_torch(scales)
        world, joints = pose_torch(poses, torch.zeros(count, 3, device=self._device), offsets=offsets)
        moved = self.noise.convention * self._convention * self._normal(count, 33, 3)
        marks, ours = (landmark_positions_torch(world, joints, scales, moved=by) for by in (moved, None))
        pelvis, focal, assumed = self._places(marks)
        rays, exact = (_rays(each + pelvis[:, None]) * (focal / assumed)[:, None, None] for each in (marks, ours))
        found, confidence = self._detected(rays)
        has_points = self._chance(count, self.given.points)[:, None]
        view = self.view(found, torch.where(has_points, confidence, 0.0))
        back = view.turn.transpose(1, 2)
        local = torch.cat([(back @ poses[:, 0])[:, None], poses[:, 1:]], dim=1)
        error = torch.where(has_points & (confidence > SEEN), (found - exact).norm(dim=-1) / view.size, -1.0)
        up = (back @ tilt[:, :, 1:])[..., 0]
        truth = Truth(local, back[:, None] @ world, joints @ view.turn, scales, up, error)
        evidence = replace(
            Evidence.of_view(view, confidence, camera_known=False),
            has_points=has_points.float(),
            camera_known=(focal == assumed)[:, None].float(),
        )
        evidence = self._more(evidence, truth, marks @ view.turn)
        return Sighting(truth, evidence, found, confidence, rays, view.turn, pelvis)

    def view(self, rays: torch.Tensor, confidence: torch.Tensor) -> View:
        """How the person is looked at; see `view_of`."""
        return view_of(rays, confidence)

    def _tilts(self, count: int) -> torch.Tensor:
        """(N, 3, 3) from an upright world to cameras that look up and down, some of them turned by any angle."""
        pitch = 0.12 + 0.25 * self._normal(count)
        pitch = torch.where(self._chance(count, 0.15), self._between(count, -1.0, 1.4), pitch)
        roll = 0.08 * self._normal(count)
        roll = torch.where(self._chance(count, self.noise.any_angle), self._between(count, -torch.pi, torch.pi), roll)
        zero = torch.zeros_like(roll)
        about_x = roma.rotvec_to_rotmat(torch.stack([pitch, zero, zero], 1))
        return roma.rotvec_to_rotmat(torch.stack([zero, zero, roll], 1)) @ about_x

    def _places(self, marks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pelvis (N, 3), and true and assumed focal length (N,) in diagonals of the picture."""
        count = len(marks)
        focal = (0.3 * self._normal(count)).clamp(-0.8, 0.8).exp()
        assumed = torch.where(self._chance(count, self.given.camera), focal, torch.ones_like(focal))
        share = self._between(count, -2.1, math.log(self._largest)).exp()
        depth = (1.7 * focal / share).clamp_min(0.4)
        nearest = marks[..., 2].amax(1)
        depth = torch.maximum(depth, nearest + 0.5)
        aside, above = (0.4 - 0.4 * share).clamp_min(0.05), (0.3 - 0.5 * share).clamp_min(0.02)
        x, y = aside * self._between(count, -1.0, 1.0) / focal, above * self._between(count, -1.0, 1.0) / focal
        return torch.stack([x * depth, y * depth, -depth], 1), focal, assumed

    def _detected(self, rays: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Points (N, 33, 2) and confidence (N, 33) as a detector would report them."""
        noise, count = self.noise, len(rays)
        low, high = rays.amin(1), rays.amax(1)
        box = (high - low).amax(1).clamp_min(1e-4)
        blocked, outside = self._hidden(rays, low, high - low)
        level = noise.level * (noise.level_spread * self._normal(count)).exp() * (~self._chance(count, noise.exact))
        wrong = self._limb_errors(count) * level[:, None, None] + 0.5 * level[:, None, None] * self._normal(
            count, 33, 2
        )
        unsure = self._limb_errors(count) + 0.5 * self._normal(count, 33, 2)
        wrong = wrong + noise.hidden * blocked[..., None] * unsure + noise.outside * outside[..., None] * unsure
        lost = self._lost(count) & (level > 0.0)[:, None]
        wrong = wrong + noise.lost * lost[..., None] * self._limb_errors(count)
        found = self._exchanged(rays) + box[:, None, None] * wrong
        chance = torch.rand(count, 33, device=self._device)
        confidence = 1.0 - 0.3 * chance**3
        confidence = torch.where(lost, 0.5 + 0.5 * chance, confidence)
        confidence = torch.where(blocked, chance.pow(1.3), confidence)
        confidence = torch.where(outside, OUTSIDE_CONFIDENCE * chance, confidence)
        dropped = self._chance((count, 33), noise.dropped) & (level > 0.0)[:, None]
        confidence = torch.where(dropped, 0.0, confidence)
        other_found, other_confidence = self._independent(rays, box, blocked | outside)
        other = self._chance(count, noise.independent)[:, None]
        return torch.where(other[..., None], other_found, found), torch.where(other, other_confidence, confidence)

    def _independent(
        self, rays: torch.Tensor, box: torch.Tensor, unseen: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Points (N, 33, 2) with Gaussian errors and outliers, and a confidence (N, 33) that tells them."""
        noise, count = self.noise, len(rays)
        level = noise.independent_level * (noise.level_spread * self._normal(count, 1)).exp()
        size = level * box[:, None] * torch.where(self._chance((count, 33), 0.08), 4.0, 1.0)
        found = self._exchanged(rays) + size[..., None] * self._normal(count, 33, 2)
        error = (found - rays).norm(dim=-1) / (0.05 * box[:, None])
        confidence = (-error).exp() * (0.8 + 0.2 * torch.rand(count, 33, device=self._device))
        return found, torch.where(unseen | self._chance((count, 33), 0.05), 0.0, confidence)

    def _limb_errors(self, count: int) -> torch.Tensor:
        """(N, 33, 2) of about unit size: the points of a limb err together, the ends more."""
        errors = self._normal(count, 33, 2)
        errors[:, _FACE] = self._normal(count, 1, 2)
        for limb in LIMBS:
            reach = torch.linspace(0.8, 1.3, len(limb), device=self._device)[:, None]
            errors[:, limb] = reach * (0.9 * self._normal(count, 1, 2) + 0.4 * errors[:, limb])
        return errors

    def _lost(self, count: int) -> torch.Tensor:
        """(N, 33) points of limbs that are taken for something else."""
        lost = torch.zeros(count, 33, dtype=torch.bool, device=self._device)
        for limb in LIMBS:
            # From the elbow or knee on, or only the end.
            start = torch.randint(2, (count, 1), device=self._device)
            order = torch.arange(len(limb), device=self._device)
            lost[:, limb] = self._chance(count, self.noise.limb_lost)[:, None] & (order >= start)
        return lost

    def _exchanged(self, rays: torch.Tensor) -> torch.Tensor:
        """Both sides of some people, and some limbs, stand in each other's place."""
        count, noise = len(rays), self.noise
        other = torch.tensor(BLAZEPOSE_33.mirror, device=self._device)
        found = torch.where(self._chance(count, noise.exchanged)[:, None, None], rays[:, other], rays)
        for limb in LIMBS:
            wrong = self._chance(count, noise.limb_exchanged)[:, None, None]
            found[:, limb] = torch.where(wrong, found[:, other[limb]], found[:, limb])
        return found

    def _hidden(self, rays: torch.Tensor, low: torch.Tensor, extent: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 33) behind something, and (N, 33) beyond the edge of the picture."""
        count = len(rays)
        at = (rays - low[:, None]) / extent.clamp_min(1e-4)[:, None]
        middle = torch.rand(count, 1, 2, device=self._device)
        half = 0.1 + 0.2 * torch.rand(count, 1, 2, device=self._device)
        block = ((at - middle).abs() < half).all(-1) & self._chance(count, self.noise.block)[:, None]
        edge = self._between(count, 0.35, 0.95)[:, None]
        side = torch.randint(6, (count, 1), device=self._device)
        # Mostly the lower edge cuts: that is how people are photographed.
        aside = torch.where(side == 4, at[..., 0] > edge, at[..., 0] < 1.0 - edge)
        beyond = torch.where(side < 4, at[..., 1] > edge, aside) & self._chance(count, self.noise.cut)[:, None]
        # Limbs behind the body or each other: with a chance each, for every person.
        for limb in LIMBS:
            block[:, limb] |= self._chance(count, 0.3 * self.noise.block)[:, None]
        return block & ~beyond, beyond

    def _more(self, evidence: Evidence, truth: Truth, marks: torch.Tensor) -> Evidence:
        """World landmarks, known rotations and pins for some."""
        count, given = len(marks), self.given
        rotations = self._chance(count, given.rotations)[:, None] & self._chance((count, 24), 0.4)
        pins = self._chance(count, given.pins)[:, None] & self._chance((count, 24), 0.2)
        has_world = self._chance(count, given.world)[:, None] & (evidence.has_points > 0.0)
        return replace(
            evidence,
            world=self.world_landmarks(marks),
            has_world=has_world.float(),
            rotations=matrix_to_6d_torch(truth.local),
            rotations_known=rotations.float(),
            pins=truth.joints + 0.01 * self._normal(count, 24, 3),
            pins_known=pins.float(),
        )

    def world_landmarks(self, marks: torch.Tensor) -> torch.Tensor:
        """Landmarks (N, 33, 3) as BlazePose estimates them: turned, flattened, ends of limbs off in depth together."""
        count, noise = len(marks), self.noise
        hips = [_INDEX["left_hip"], _INDEX["right_hip"]]
        body = marks - marks[:, hips].mean(1, keepdim=True)
        turn = roma.rotvec_to_rotmat(self._normal(count, 3) * body.new_tensor([0.16, 0.24, 0.07]))
        body = (body @ turn.transpose(1, 2)) * (0.12 * self._normal(count, 1, 1) - 0.05).exp()
        body[..., 2] *= self._between(count, 0.45, 1.1)[:, None]
        strength = (0.5 * self._normal(count, 1, 1)).exp()
        axes = body.new_tensor([noise.flat_m, noise.flat_m, noise.depth_m])
        for limb in LIMBS:
            root = body[:, limb[0] - 2 : limb[0] - 1, 2]
            flipped = self._chance(count, noise.flipped)[:, None]
            body[:, limb, 2] = torch.where(flipped, 2.0 * root - body[:, limb, 2], body[:, limb, 2])
            shrunk = self._between(count, 0.4, 1.1)[:, None]
            body[:, limb, 2] = root + shrunk * (body[:, limb, 2] - root)
            reach = torch.linspace(0.65, 1.15, len(limb), device=self._device)[:, None]
            body[:, limb] += strength * axes * reach * self._normal(count, 1, 3)
        body = body + strength * axes * 0.3 * self._normal(count, 33, 3)
        body[:, _FACE] += 0.6 * axes * self._normal(count, 1, 3)
        body[:, _SHOULDERS] += 0.3 * axes * self._normal(count, 1, 3)
        return body - body[:, hips].mean(1, keepdim=True)

    def _normal(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, device=self._device)

    def _chance(self, shape: int | tuple[int, ...], share: float) -> torch.Tensor:
        return torch.rand(shape, device=self._device) < share

    def _between(self, count: int, low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, device=self._device)


def _rays(points: torch.Tensor) -> torch.Tensor:
    """(N, K, 3) inner frame -> (N, K, 2) rays, y down."""
    depth = (-points[..., 2:]).clamp_min(0.05)
    return torch.cat([points[..., :1], -points[..., 1:2]], dim=-1) / depth
