"""How good a pose network is on held-out poses: numbers printed while it trains."""

from __future__ import annotations

import torch

from contrapposto.backend.estimate.evidence import Evidence
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.proportions import scaled_offsets_torch
from contrapposto.backend.skeleton import JOINT_COUNT

from .metrics import mpjpe, pa_mpjpe
from .pose_source import Mixture, PoseSource
from .synthesis import Given, Noise, Sighting, Synthesis

AS_RECORDED = Mixture(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
_POSES = 1500


@torch.no_grad()
def evaluate(network: PoseNetwork, poses: torch.Tensor) -> dict[str, float]:
    """PA-MPJPE in millimetres by kind of evidence; the same sightings every time."""
    device = str(next(network.parameters()).device)
    results: dict[str, float] = {}
    upright = {"any_angle": 0.0, "independent": 0.0}
    kinds = {
        "clean": (Noise(exact=1.0, block=0.0, cut=0.0, exchanged=0.0, limb_exchanged=0.0, dropped=0.0, **upright), 0.0),
        "noisy": (Noise(**upright), 0.0),
        "noisy+3D": (Noise(**upright), 1.0),
    }
    with torch.random.fork_rng():
        for name, (noise, world) in kinds.items():
            torch.manual_seed(1)
            given = Given(points=1.0, world=world, rotations=0.0, pins=0.0)
            sighting = sightings(poses, noise, given, device=device)
            results[name] = _pa(network, sighting)
            if name == "noisy":
                results["best of 5"] = _best_of_five(network, sighting)
            if name == "noisy+3D":
                results["mpjpe"] = _mpjpe(network, sighting)
    return results


def sightings(poses: torch.Tensor, noise: Noise, given: Given, *, device: str) -> Sighting:
    """1,500 of the poses as they were recorded, before random cameras."""
    source = PoseSource(poses, mixture=AS_RECORDED, device=device)
    return Synthesis(noise=noise, given=given, device=device).see(source.draw(_POSES))


def _joints(network: PoseNetwork, sighting: Sighting) -> torch.Tensor:
    reading = network(sighting.evidence.features())
    local = reading.rotations
    return pose_torch(local, torch.zeros_like(local[:, 0, :, 0]), offsets=scaled_offsets_torch(reading.log_scales))[1]


def _pa(network: PoseNetwork, sighting: Sighting) -> float:
    return float(pa_mpjpe(_joints(network, sighting), sighting.truth.joints).mean())


def _mpjpe(network: PoseNetwork, sighting: Sighting) -> float:
    return float(mpjpe(_joints(network, sighting), sighting.truth.joints).mean())


def _best_of_five(network: PoseNetwork, sighting: Sighting) -> float:
    """PA-MPJPE of the best of the expected pose and four samples, for 500 people."""
    kept = {name: value[:500] for name, value in vars(sighting.evidence).items()}
    evidence, truth = Evidence(**kept), sighting.truth.joints[:500]
    scales = network(evidence.features()).log_scales
    found = [_joints(network, sighting)[:500]]
    for _ in range(4):
        sample = network.sample(evidence, torch.randn(500, JOINT_COUNT, 6, device=truth.device))
        pelvis = torch.zeros_like(sample.up)
        found.append(pose_torch(sample.rotations, pelvis, offsets=scaled_offsets_torch(scales))[1])
    return float(torch.stack([pa_mpjpe(joints, truth) for joints in found]).amin(0).mean())
