"""What the generator learns from: poses, and for each several captions as sets of clauses, whose vectors are made once.

    python -m training.text.lessons POSES.npz LESSONS.npz [--mocap FOLDER]

writes LESSONS.npz to train on and LESSONS_held_out.npz to measure on. `--mocap` says where CMU's descriptions lie.
"""

from __future__ import annotations

import argparse
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from contrapposto.backend.arrays import DoubleArray, FloatArray
from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.files import write_atomically
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.refine.joint_limits import clamped_to_limits, within_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.skeleton import REST_OFFSETS
from contrapposto.backend.text.captioner import clauses
from contrapposto.backend.text.encoder import TextEncoder
from contrapposto.backend.text.measures import Body
from contrapposto.backend.text.posecodes import read_codes
from training.drawings.poses import DrawnPoses
from training.pose_source import Mixture, PoseSource, mirror

from .clips import descriptions, read_index
from .families import FAMILIES
from .family_poses import family_poses

MOST_CLAUSES: Final = 8
CAPTIONS: Final = 3
DESCRIPTIONS: Final = 6
_JOINED: Final = 0.05
"""Share of captions of which two clauses are joined to one sentence."""
_SLACK: Final = np.radians(8.0)
_A_FAMILY: Final = 200
_PUT_TOGETHER: Final = 32_000
_HELD_OUT_EVERY: Final = 3
_BLURRED, _MOST_BLURRED = 0.7, 1.0
"""Share of descriptions that are mixed with another sentence, and how much of it at most."""
_CAPTURED_SHARE, _TOGETHER_SHARE, _FAMILY_SHARE = 0.42, 0.24, 0.34


@dataclass(frozen=True)
class Lessons:
    """N poses with their words.

    Attributes:
        rotations: (N, 24, 3, 3) parent-relative, facing forward.
        joints: (N, 24, 3) metres, the pelvis at the origin.
        captions: (N, 3, 8) numbers of clauses, -1 for none.
        descriptions: (N, 6) numbers of what the clip or family shows, -1 for none.
        weights: (N,) how often each is drawn.
        natural: (N,) whether the pose is somebody's and not put together, so that it may be learned without words.
        vectors: (C, 384) of the clauses.
    """

    rotations: torch.Tensor
    joints: torch.Tensor
    captions: torch.Tensor
    descriptions: torch.Tensor
    weights: torch.Tensor
    natural: torch.Tensor
    vectors: torch.Tensor


@dataclass(frozen=True)
class Posed:
    """Poses of one source, and what each of them shows besides what can be measured."""

    rotations: DoubleArray
    shown: Sequence[tuple[str, ...]]
    weight: FloatArray
    natural: bool


def facing_forward(rotations: np.ndarray) -> DoubleArray:
    """Axis-angle (N, 24, 3) turned about the vertical until the body faces z."""
    matrices = axis_angle_to_matrix(rotations)
    matrices[:, 0] = Body.turned(matrices).frame @ matrices[:, 0]
    return matrix_to_axis_angle(matrices)


def captured(path: Path, folder: Path | None, *, held_out: bool) -> Posed:
    """The poses of the clips that are trained on, and as many mirrored ones, or some of those held out.

    Of a long clip each pose weighs less, so that no dance is more often seen than all others together.

    Raises:
        InputError: the file is missing, or not what `training.mocap.collect` writes.
    """
    rotations, clip, names = _read(path, held_out=held_out)
    index = read_index(folder)
    texts = {int(number): descriptions(str(names[number]), index) for number in np.unique(clip)}
    sizes = np.bincount(clip, minlength=len(names)).astype(np.float64)
    weight = (1.0 / np.sqrt(sizes[clip])).astype(np.float32)
    shown = [texts[int(number)] for number in clip]
    if held_out:
        return Posed(clamped_to_limits(facing_forward(rotations)), shown, np.ones_like(weight), natural=True)
    flipped = mirror(torch.from_numpy(axis_angle_to_matrix(rotations).astype(np.float32))).numpy()
    both = clamped_to_limits(facing_forward(np.concatenate([rotations, matrix_to_axis_angle(flipped)])))
    return Posed(both, shown + shown, np.concatenate([weight, weight]), natural=True)


def _read(path: Path, *, held_out: bool) -> tuple[DoubleArray, np.ndarray, np.ndarray]:
    """Rotations (M, 24, 3), the number of each one's clip, and the clips' names."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            chosen = archive["held_out"][archive["clip"]] == held_out
            found = archive["rotations"][chosen], archive["clip"][chosen], archive["clip_names"]
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} holds no poses: `python -m training.mocap.collect FOLDER {path}` makes it."
        ) from error
    rotations, clip, names = found
    every = _HELD_OUT_EVERY if held_out else 1
    return rotations[::every].astype(np.float64), clip[::every], names


def families(count: int, *, seed: int) -> Posed:
    """`count` poses of each authored family, with its words."""
    rng = np.random.default_rng(seed)
    rotations = np.concatenate([family_poses(family, count, rng) for family in FAMILIES])
    shown = [family.words for family in FAMILIES for _ in range(count)]
    return Posed(facing_forward(rotations), shown, np.ones(len(rotations), np.float32), natural=True)


def put_together(mocap: DoubleArray, count: int, *, seed: int) -> Posed:
    """Poses that mocap hardly has: seats, knees, crossed legs, hands on the body; those within joint limits."""
    torch.manual_seed(seed)
    start = torch.from_numpy(mocap.astype(np.float32))
    mixture = Mixture(recombined=0.3, part=0.3, perturbed=0.15, perturbation=6.0, everyday=0.5, lying=0.05)
    drawn = torch.cat([PoseSource(start, mixture=mixture).draw(count // 2), DrawnPoses(start).draw(count - count // 2)])
    rotations = matrix_to_axis_angle(drawn.numpy())
    kept = facing_forward(rotations[within_limits(rotations, slack=_SLACK).all(1)])
    return Posed(clamped_to_limits(kept), [()] * len(kept), np.ones(len(kept), np.float32), natural=False)


def lessons(sources: Sequence[tuple[Posed, float]], encoder: TextEncoder, *, seed: int) -> Lessons:
    """All sources together, each with its share of what is drawn."""
    rng = np.random.default_rng(seed)
    rotations = np.concatenate([source.rotations for source, _ in sources])
    codes = read_codes(rotations)
    book = _Book()
    captions = np.full((len(codes), CAPTIONS, MOST_CLAUSES), -1, np.int64)
    for row, found in enumerate(codes):
        for version in range(CAPTIONS):
            said = _maybe_joined(clauses(found, rng=rng, most=MOST_CLAUSES), rng)
            captions[row, version, : len(said)] = [book.number(each) for each in said]
    shown = [texts for source, _ in sources for texts in source.shown]
    told = np.full((len(codes), DESCRIPTIONS), -1, np.int64)
    for row, texts in enumerate(shown):
        picked = (
            list(texts)
            if len(texts) <= DESCRIPTIONS
            else [texts[k] for k in rng.permutation(len(texts))[:DESCRIPTIONS]]
        )
        told[row, : len(picked)] = [book.number(each) for each in picked]
    weights = np.concatenate([share * source.weight / source.weight.sum() for source, share in sources])
    natural = np.concatenate([np.full(len(source.rotations), source.natural) for source, _ in sources])
    return _lessons({
        "rotations": rotations, "captions": captions, "descriptions": told, "weights": weights, "natural": natural,
        "vectors": book.vectors(encoder),
    })  # fmt: skip


def _lessons(arrays: Mapping[str, np.ndarray]) -> Lessons:
    turned = torch.from_numpy(axis_angle_to_matrix(arrays["rotations"]).astype(np.float32))
    offsets = torch.from_numpy(REST_OFFSETS.copy()).expand(len(turned), -1, -1)
    _, joints = pose_torch(turned, torch.zeros(len(turned), 3), offsets=offsets)
    kinds = {
        "captions": np.int64,
        "descriptions": np.int64,
        "weights": np.float32,
        "natural": np.bool_,
        "vectors": np.float32,
    }
    rest = {name: torch.from_numpy(arrays[name].astype(kind)) for name, kind in kinds.items()}
    return Lessons(turned, joints, **rest)


def load_lessons(path: Path) -> Lessons:
    """What `save_lessons` wrote.

    Raises:
        InputError: it is not there, or something else.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return _lessons({name: archive[name] for name in archive.files})
    except (OSError, ValueError, LookupError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} holds no lessons: `python -m training.text.lessons` makes them.") from error


def save_lessons(data: Lessons, path: Path) -> None:
    """Write them as one .npz, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as partial, partial.open("wb") as stream:
        np.savez(
            stream,
            rotations=matrix_to_axis_angle(data.rotations.numpy()).astype(np.float32),
            captions=data.captions.numpy().astype(np.int32),
            descriptions=data.descriptions.numpy().astype(np.int32),
            weights=data.weights.numpy(),
            natural=data.natural.numpy(),
            vectors=data.vectors.numpy().astype(np.float16),
        )


class _Book:
    """Numbers of clauses."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, clause: str) -> int:
        return self._numbers.setdefault(clause, len(self._numbers))

    def vectors(self, encoder: TextEncoder) -> FloatArray:
        """(C, 384), in chunks so that the encoder keeps none of them."""
        said = sorted(self._numbers, key=len)
        order = np.array([self._numbers[each] for each in said])
        found = np.zeros((len(said), 384), np.float32)
        for start in range(0, len(said), 256):
            found[order[start : start + 256]] = encoder.encode(said[start : start + 256])
        return found


def _maybe_joined(said: list[str], rng: np.random.Generator) -> list[str]:
    if len(said) < 2 or rng.random() > _JOINED:
        return said
    at = int(rng.integers(len(said) - 1))
    return [*said[:at], f"{said[at]} and {said[at + 1]}", *said[at + 2 :]]


def batch_of(data: Lessons, rows: torch.Tensor, *, dropped: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (B, K, 384) and which are there (B, K), of some of the words of each pose.

    Of one caption a part is kept, any size from all to one clause; a description is there for half of the poses that
    have one, and often alone. `dropped` of the natural poses are told nothing.
    """
    count = len(rows)
    version = torch.randint(CAPTIONS, (count,))
    numbers = data.captions[rows, version]
    kept = torch.rand(numbers.shape) < torch.rand(count, 1).clamp_min(0.15).sqrt()
    known = (data.descriptions[rows] >= 0).sum(1)
    picked = (torch.rand(count) * known.clamp_min(1)).long()
    described = (known > 0) & (torch.rand(count) < 0.5)
    alone = described & (torch.rand(count) < 0.5)
    numbers = torch.cat([numbers, data.descriptions[rows, picked][:, None]], dim=1)
    kept = torch.cat([kept & ~alone[:, None], described[:, None]], dim=1)
    silent = data.natural[rows] & (torch.rand(count) < dropped)
    there = (numbers >= 0) & kept & ~silent[:, None]
    vectors = data.vectors[numbers.clamp_min(0)]
    vectors[:, -1] = _blurred(vectors[:, -1], data.vectors)
    return vectors, there.float()


def _blurred(vectors: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Most of (B, 384) moved towards any other sentence: words nobody listed shall be read by those they resemble."""
    count = len(vectors)
    share = _MOST_BLURRED * torch.rand(count, 1) * (torch.rand(count, 1) < _BLURRED)
    moved = vectors + share * others[torch.randint(len(others), (count,))]
    return torch.nn.functional.normalize(moved, dim=1)


def held_out_beside(path: Path) -> Path:
    """Where the held-out lessons of a file lie."""
    return path.with_name(f"{path.stem}_held_out{path.suffix}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and write both; 2 with the reason where that fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mocap", type=Path, help="the folder with CMU's descriptions")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    try:
        encoder = TextEncoder.load()
        seen = captured(options.poses, options.mocap, held_out=False)
        together = put_together(seen.rotations, _PUT_TOGETHER, seed=options.seed)
        acted = families(_A_FAMILY, seed=options.seed)
        shares = [(seen, _CAPTURED_SHARE), (together, _TOGETHER_SHARE), (acted, _FAMILY_SHARE)]
        options.out.parent.mkdir(parents=True, exist_ok=True)
        data = lessons(shares, encoder, seed=options.seed)
        save_lessons(data, options.out)
        held_out = lessons(
            [(captured(options.poses, options.mocap, held_out=True), 1.0)], encoder, seed=options.seed + 1
        )
        save_lessons(held_out, held_out_beside(options.out))
    except (ContrappostoError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{options.out}: {len(data.rotations)} poses, {len(data.vectors)} clauses; held out {len(held_out.rotations)} "
        f"poses; {time.monotonic() - began:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
