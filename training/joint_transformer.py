"""A transformer over joints and landmarks in the perceptron's place, to see which of them reads better.

    python -m training.joint_transformer POSES.npz [--minutes M]

trains both for the same time on the same kind of sightings and measures them on the same held-out ones. The pose model
that is shipped is the perceptron (`backend/estimate/pose_network.py`); this network is for the comparison alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.estimate.evidence import LANDMARKS
from contrapposto.backend.estimate.pose_network import FLOW_WIDTH, POSE_WIDTH, WIDTHS, PoseNetwork
from contrapposto.backend.skeleton import JOINT_COUNT

from .evaluate_pose import evaluate
from .run import check_minutes, warm_cosine
from .train_pose import prepare, read_poses

_EVIDENCE: Final = (
    2 * LANDMARKS, LANDMARKS, 5, 3 * LANDMARKS, 1, 6 * JOINT_COUNT, JOINT_COUNT, 3 * JOINT_COUNT, JOINT_COUNT,
    POSE_WIDTH, FLOW_WIDTH - POSE_WIDTH,
)  # fmt: skip
"""Points, confidences, what holds for the whole person, world landmarks, that there are some, rotations, which are
known, pins, which are known, the point on the flow, and when."""
_WHOLE: Final = 6 + FLOW_WIDTH - POSE_WIDTH
_BATCH, _PEAK = 512, 1e-3


class JointTransformer(PoseNetwork):
    """Tokens for the person, 33 landmarks and 24 joints attend to each other; each says what concerns it.

    Args:
        token: width of a token.
        layers: of the transformer.
    """

    def __init__(self, token: int = 128, layers: int = 4) -> None:
        super().__init__(width=2, depth=0)
        del self.enter, self.blocks, self.norm, self.leave
        self.whole = nn.Linear(_WHOLE, token)
        self.landmark = nn.Linear(6, token)
        self.joint = nn.Linear(17, token)
        self.place = nn.Parameter(0.1 * torch.randn(1 + LANDMARKS + JOINT_COUNT, token))
        layer = nn.TransformerEncoderLayer(
            token, 4, 4 * token, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, norm=nn.LayerNorm(token), enable_nested_tensor=False)
        self.of_whole = nn.Linear(token, WIDTHS[1] + WIDTHS[2])
        self.of_landmark = nn.Linear(token, 1)
        self.of_joint = nn.Linear(token, 9)
        for leave in (self.of_whole, self.of_landmark, self.of_joint):
            nn.init.normal_(leave.weight, std=0.01)
            nn.init.zeros_(leave.bias)

    def said(self, told: torch.Tensor) -> torch.Tensor:
        """As the perceptron's: (N, FEATURES + FLOW_WIDTH) -> (N, sum of WIDTHS)."""
        parts = torch.split(told, list(_EVIDENCE), dim=1)
        points, seen, person, world, has_world, turns, turns_known, pins, pins_known, flow, when = parts
        landmarks = torch.cat([points.unflatten(1, (-1, 2)), seen[..., None], world.unflatten(1, (-1, 3))], dim=2)
        known = [turns.unflatten(1, (-1, 6)), turns_known[..., None], pins.unflatten(1, (-1, 3)), pins_known[..., None]]
        joints = torch.cat([*known, flow.unflatten(1, (-1, 6))], dim=2)
        whole = torch.cat([person, has_world, when], dim=1)
        tokens = torch.cat([self.whole(whole)[:, None], self.landmark(landmarks), self.joint(joints)], dim=1)
        tokens = self.layers(tokens + self.place)
        person, landmarks, joints = torch.split(tokens, [1, LANDMARKS, JOINT_COUNT], dim=1)
        pose, doubts = torch.split(self.of_joint(joints), [6, 3], dim=2)
        said = [pose, self.of_whole(person), doubts.transpose(1, 2), self.of_landmark(landmarks)]
        return torch.cat([part.flatten(1) for part in said], dim=1)


def compare(path: Path, *, minutes: float) -> Table:
    """Train both for so long; returns the table of steps and errors.

    Raises:
        InputError: the poses cannot be read.
    """
    poses, held_out = (read_poses(path, held_out=held) for held in (False, True))
    table = Table("network", "weights", "steps", box=None)
    for name, kind in (("perceptron", PoseNetwork), ("joint transformer", JointTransformer)):
        torch.manual_seed(0)
        run = prepare(poses, kind(), batch=_BATCH, device="cpu")
        for _ in run.until(minutes, warm_cosine(_PEAK, warm_up=200)):
            pass
        found = evaluate(run.average, held_out)
        if not table.rows:
            for error in found:
                table.add_column(error)
        weights = sum(each.numel() for each in run.network.parameters()) / 1e6
        table.add_row(name, f"{weights:.1f} million", str(run.steps), *[f"{value:.1f}" for value in found.values()])
    return table


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train and print; exit status 2 with the reason where something cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", type=Path)
    parser.add_argument("--minutes", type=float, default=8.0, help="of each network")
    options = parser.parse_args(arguments)
    try:
        check_minutes(options.minutes)
        table = compare(options.poses, minutes=options.minutes)
    except ContrappostoError as error:
        parser.exit(2, f"{error}\n")
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    main()
