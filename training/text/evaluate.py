"""How well poses for words fit the words.

    python -m training.text.evaluate LESSONS.npz RETRIEVAL.safetensors --model NAME FILE.safetensors --model ...

prints a row for the held-out poses themselves, for each model, and for random poses of the training clips. Columns:

- R@1, 2, 3: how often a held-out caption's own pose is among the first 1, 2, 3 of 32 poses that the retrieval model
  ranks for it, the other 31 being those of other captions; ten repetitions (PoseScript's R-precision, text to pose).
- FID: the Fréchet distance (Heusel et al., NeurIPS 2017) between the features of the poses and of the held-out ones.
- said: the share of the captions' posecodes that are found in the poses.
- inside: the mean of the poses' deepest penetrations in millimetres.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from scipy.linalg import sqrtm

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.refine.joint_limits import clamped_to_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_from_6d_torch, matrix_to_axis_angle
from contrapposto.backend.skeleton import REST_OFFSETS
from contrapposto.backend.text.body_solids import depths
from contrapposto.backend.text.captioner import chosen_codes
from contrapposto.backend.text.generator import GUIDANCE, STEPS, upright
from contrapposto.backend.text.measures import Body
from contrapposto.backend.text.posecodes import read_codes
from contrapposto.backend.text.text_file import load_text_network
from contrapposto.backend.text.text_network import TextNetwork

from .lessons import Lessons, held_out_beside, load_lessons
from .retrieval import Retrieval, load_retrieval

LESSONS: Final = Path(__file__).resolve().parents[2] / "build" / "training_text"
"""Where `make train-text` works."""
_POOL: Final = 32
_REPEATED: Final = 10


@dataclass(frozen=True)
class Row:
    """What was measured of one set of poses; see the module."""

    name: str
    first: float
    second: float
    third: float
    fid: float
    said: float
    inside_mm: float


def measured(name: str, rotations: DoubleArray, *, held_out: Lessons, retrieval: Retrieval, seed: int = 0) -> Row:
    """Poses (N, 24, 3) for the N held-out captions."""
    turned, joints = _tensors(rotations)
    ranks = pool_ranks(_captions(retrieval, held_out), retrieval.poses(turned, joints), seed=seed)
    features = retrieval.features(turned, joints), retrieval.features(held_out.rotations, held_out.joints)
    first, second, third = (100.0 * float((ranks < most).mean()) for most in (1, 2, 3))
    truth = matrix_to_axis_angle(held_out.rotations.double().numpy())
    inside = 1000.0 * float(depths(Body.posed(rotations)).max(1).mean())
    return Row(name, first, second, third, frechet(*features), said_share(truth, rotations), inside)


def _tensors(rotations: DoubleArray) -> tuple[torch.Tensor, torch.Tensor]:
    turned = torch.from_numpy(axis_angle_to_matrix(rotations).astype(np.float32))
    offsets = torch.from_numpy(REST_OFFSETS.copy()).expand(len(turned), -1, -1)
    _, joints = pose_torch(turned, torch.zeros(len(turned), 3), offsets=offsets)
    return turned, joints


def told_of(held_out: Lessons) -> tuple[torch.Tensor, torch.Tensor]:
    """The first caption of each pose, whole: vectors (N, 8, 384), and which are there (N, 8)."""
    numbers = held_out.captions[:, 0]
    return held_out.vectors[numbers.clamp_min(0)], (numbers >= 0).float()


def _captions(retrieval: Retrieval, held_out: Lessons) -> torch.Tensor:
    return retrieval.captions(*told_of(held_out))


def pool_ranks(captions: torch.Tensor, poses: torch.Tensor, *, seed: int) -> np.ndarray:
    """(10 N,) how many of 31 others' poses are nearer to a caption than its own."""
    rng = np.random.default_rng(seed)
    alike = (captions @ poses.T).numpy()
    count = len(alike)
    own = np.diag(alike)
    found: list[np.ndarray] = []
    for _ in range(_REPEATED):
        others = rng.integers(1, count, (count, _POOL - 1))
        others = (others + np.arange(count)[:, None]) % count
        found.append((np.take_along_axis(alike, others, 1) > own[:, None]).sum(1))
    return np.concatenate(found)


def frechet(first: torch.Tensor, second: torch.Tensor) -> float:
    """Between normal distributions of the same mean and covariance as features (N, F) and (M, F)."""
    one, other = first.double().numpy(), second.double().numpy()
    means = one.mean(0) - other.mean(0)
    spreads = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    mixed = np.real(np.asarray(sqrtm(spreads[0] @ spreads[1])))
    return float(means @ means + np.trace(spreads[0] + spreads[1] - 2.0 * mixed))


def said_share(truth: DoubleArray, rotations: DoubleArray) -> float:
    """The percentage of the posecodes chosen for the true poses that the others show as well."""
    wanted, shown = (read_codes(each) for each in (truth, rotations))
    held = asked = 0
    for codes, there in zip(wanted, shown, strict=True):
        kinds = {(code.what, code.side, code.value) for code in there}
        chosen = chosen_codes(codes)
        asked += len(chosen)
        held += sum((code.what, code.side, code.value) in kinds for code in chosen)
    return 100.0 * held / max(asked, 1)


def drawn(
    network: TextNetwork, held_out: Lessons, *, guidance: float, steps: int = STEPS, seed: int = 0
) -> DoubleArray:
    """One pose for each held-out caption, as the product draws them but for the choice among several."""
    torch.manual_seed(seed)
    found: list[torch.Tensor] = []
    clauses, there = told_of(held_out)
    for start in range(0, len(clauses), 512):
        part = slice(start, start + 512)
        with torch.inference_mode():
            told = network.told(clauses[part], there[part])
            six = network.sample(told, torch.randn(len(told), 24, 6), steps=steps, guidance=guidance)
            found.append(matrix_from_6d_torch(six))
    return clamped_to_limits(upright(torch.cat(found)))


def tables(folder: Path = LESSONS) -> str:
    """The table of what `make train-text` left in a folder, and of a model trained without words if it is there.

    Raises:
        InputError: the lessons or the retrieval model are not there.
    """
    found = [
        ["the text model", str(folder / "text.safetensors")],
        ["without words", str(folder / "no_text.safetensors")],
    ]
    there = [model for model in found if Path(model[1]).is_file()]
    lessons, retrieval = folder / "lessons.npz", folder / "retrieval.safetensors"
    options = argparse.Namespace(
        lessons=lessons, retrieval=retrieval, model=there, guidance=[GUIDANCE], steps=[STEPS]
    )  # fmt: skip
    return table(_rows(options))


def table(rows: Sequence[Row]) -> str:
    """As Markdown."""
    lines = ["| poses | R@1 % | R@2 % | R@3 % | FID | said % | inside mm |", "|---|--:|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {row.name} | {row.first:.1f} | {row.second:.1f} | {row.third:.1f} | {row.fid:.2f} | {row.said:.1f} "
        f"| {row.inside_mm:.0f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("retrieval", type=Path)
    parser.add_argument("--model", nargs=2, action="append", default=[], metavar=("NAME", "FILE"))
    parser.add_argument("--guidance", type=float, nargs="+", default=[GUIDANCE])
    parser.add_argument("--steps", type=int, nargs="+", default=[STEPS])
    options = parser.parse_args(arguments)
    try:
        print(table(_rows(options)))
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def _rows(options: argparse.Namespace) -> list[Row]:
    data, held_out = load_lessons(options.lessons), load_lessons(held_out_beside(options.lessons))
    retrieval = load_retrieval(options.retrieval)
    truth = matrix_to_axis_angle(held_out.rotations.double().numpy())
    rows = [measured("held out", truth, held_out=held_out, retrieval=retrieval)]
    for name, file in options.model:
        network = load_text_network(Path(file).read_bytes(), name=file)
        for steps in options.steps:
            for guidance in options.guidance:
                poses = drawn(network, held_out, guidance=guidance, steps=steps)
                label = f"{name}, guidance {guidance:g}, {steps} steps"
                rows.append(measured(label, poses, held_out=held_out, retrieval=retrieval))
    torch.manual_seed(1)
    anyhow = torch.multinomial(data.weights * data.natural, len(truth), replacement=True)
    poses = matrix_to_axis_angle(data.rotations[anyhow].double().numpy())
    return [*rows, measured("random pose of the training", poses, held_out=held_out, retrieval=retrieval)]


if __name__ == "__main__":
    main()
