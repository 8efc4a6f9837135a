"""Poses for words that name no part of the body: moods, roles, activities. The sentence steers the text network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from ..arrays import DoubleArray, FloatArray
from ..errors import InputError
from ..packages import require_torch
from ..refine.joint_limits import clamped_to_limits
from ..refine.tensors import one_thread
from ..rotations import matrix_from_6d_torch, matrix_to_axis_angle
from ..runtime import read_model
from .body_solids import depths
from .encoder import TextEncoder
from .idle import standing_poses
from .measures import Body
from .text_file import load_text_network

if TYPE_CHECKING:
    import torch

    from .text_network import TextNetwork
    from .wordings import Wordings

TEXT_MODEL: Final = "text"
"""The network's name in the registry."""
STEPS: Final = 4
GUIDANCE: Final = 2.0
"""Measured: see docs/text-model.md."""
MOST_CLAUSES: Final = 8
_MOST_DRAFTS: Final = 64
_SPARE: Final = 3
"""So many times as many poses are sampled as are asked for; the plausible ones that differ most are kept."""
_FLESH_M: Final = 0.03
_ENDS: Final = re.compile(r"[.;:!?,\n]+|\band then\b|\bwhile\b")


@dataclass(frozen=True)
class SortedWords:
    """Clauses of a mood, a role or an activity, and those that are none."""

    known: tuple[str, ...]
    strange: tuple[str, ...] = ()


class TextGenerator:
    """Drafts poses, on the CPU.

    Args:
        network: see `text_network.py`.
        encoder: gives clauses their vectors.
        wordings: tell words of people from others; without them all words are drawn.
    """

    def __init__(self, network: TextNetwork, encoder: TextEncoder, wordings: Wordings | None = None) -> None:
        self._network, self._encoder, self._wordings = network, encoder, wordings

    @classmethod
    def load(cls, folder: Path | None = None) -> TextGenerator:
        """From the user's model folder, or what is shipped; it drew something already, as torch's first time is slow.

        Raises:
            ModelFileError: the network's file, the encoder's or the wordings' is missing, or not the registered one.
            MissingPackageError: torch or safetensors is not installed.
        """
        require_torch()
        network = load_text_network(read_model(TEXT_MODEL, folder=folder))
        from .wordings import WORDINGS_MODEL, load_wordings

        wordings = load_wordings(read_model(WORDINGS_MODEL, folder=folder))
        generator = cls(network, TextEncoder.load(folder), wordings)
        generator.drafts("someone", 4, seed=0)
        return generator

    def sorted_words(self, words: str) -> SortedWords:
        """The clauses of words that can be of people, and those that are about something else, or nothing."""
        said = clauses_of(words)
        if not said or self._wordings is None:
            return SortedWords(tuple(said))
        meant = self._wordings.about_people(said, self._encoder.encode(said))
        known, strange = (
            tuple(each for each, ok in zip(said, meant, strict=True) if ok == way) for way in (True, False)
        )
        return SortedWords(known, strange)

    def drafts(self, words: str, count: int, *, seed: int) -> DoubleArray:
        """Poses that the words might mean, within joint limits, facing forward; the same seed gives the same poses.

        Args:
            words: what is to be seen, such as "a tired old man". Without any, poses that stand relaxed.
            count: how many, from 1 to 64.
            seed: another one gives others.

        Returns:
            (count, 24, 3) axis-angle in radians, parent-relative.

        Raises:
            InputError: so many cannot be drawn.
        """
        if not 1 <= count <= _MOST_DRAFTS:
            raise InputError(f"Between 1 and {_MOST_DRAFTS} poses can be drafted, not {count}.")
        said = clauses_of(words)
        if not said:
            return standing_poses(count, seed=seed)
        sampled = clamped_to_limits(self._sampled(self._encoder.encode(said), count * _SPARE, seed=seed))
        return sampled[_chosen(sampled, count)]

    def _sampled(self, vectors: FloatArray, count: int, *, seed: int) -> DoubleArray:
        import torch

        noise = np.random.default_rng(seed).standard_normal((count, 24, 6)).astype(np.float32)
        clauses = torch.from_numpy(vectors)[None]
        with torch.inference_mode(), one_thread():
            told = self._network.told(clauses, torch.ones(1, clauses.shape[1])).expand(count, -1)
            six = self._network.sample(told, torch.from_numpy(noise), steps=STEPS, guidance=GUIDANCE)
            return upright(matrix_from_6d_torch(six))


def upright(matrices: torch.Tensor) -> DoubleArray:
    """Axis-angle (N, 24, 3) of parent-relative matrices (N, 24, 3, 3), turned until the body faces forward."""
    local = cast("DoubleArray", matrices.double().numpy())
    local[:, 0] = Body.turned(local).frame @ local[:, 0]
    return matrix_to_axis_angle(local)


def clauses_of(words: str) -> list[str]:
    """Its parts between commas, full stops and the like, at most eight; what holds no letter is none."""
    parts = [" ".join(part.split()) for part in _ENDS.split(words)]
    return [part for part in parts if any(character.isalpha() for character in part)][:MOST_CLAUSES]


def _chosen(poses: DoubleArray, count: int) -> list[int]:
    """Indices of `count` poses (N, 24, 3) that differ.

    First the one nearest to all others, then always the one that is farthest from those chosen; poses whose limbs are
    inside of their body come last.
    """
    body = Body.posed(poses)
    inside = np.maximum(depths(body).max(1) - _FLESH_M, 0.0)
    joints = np.einsum("nij,nkj->nki", body.frame, body.joints)
    apart = np.linalg.norm(joints[:, None] - joints[None], axis=-1).mean(-1)
    penalty = 5.0 * inside
    chosen = [int((apart.mean(1) + penalty).argmin())]
    while len(chosen) < count:
        nearest = apart[:, chosen].min(1) - penalty
        nearest[chosen] = -np.inf
        chosen.append(int(nearest.argmax()))
    return chosen
