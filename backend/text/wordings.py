"""Whether words are about a person at all: how near they are to the known wordings of moods, roles and activities.

A vector is compared in the directions in which the wordings differ most, so that only what tells people apart counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from ..arrays import FloatArray
from ..weights_file import read_weights, write_weights
from .encoder import WIDTH

WORDINGS_MODEL: Final = "text_wordings"
"""The file's name in the registry."""
DIRECTIONS: Final = 64
"""More do not tell people from other things better: see docs/text-model.md."""
LEAST: Final = 0.31
"""Of the wordings, each compared with those of other families alone, 97 % are at least so near."""
LEAST_OF_ACTION: Final = 0.16
"""Of words that say in their form that somebody does something: `baking bread`, `a man at a kiosk`."""
_NEAREST: Final = 10
_SOMEBODY: Final = re.compile(
    r"^\w+ing\b|\b(?:he|she|they|someone|somebody|person|people|man|woman|boy|girl|child|guy|lady)\b", re.IGNORECASE
)


class Wordings(torch.nn.Module):
    """The known wordings.

    Args:
        count: how many.
        directions: in which they are compared.
    """

    def __init__(self, count: int, directions: int = DIRECTIONS) -> None:
        super().__init__()
        self.basis = torch.nn.Parameter(torch.zeros(WIDTH, directions), requires_grad=False)
        self.known = torch.nn.Parameter(torch.zeros(count, directions), requires_grad=False)

    def nearness(self, vectors: FloatArray) -> FloatArray:
        """(N,) mean cosine with the ten nearest wordings, of N sentences' vectors (N, 384)."""
        cosines = (vectors @ self.basis.numpy()) @ self.known.numpy().T
        nearest = np.sort(cosines, axis=1)[:, -_NEAREST:]
        return np.asarray(nearest.mean(1), np.float32)

    def about_people(self, clauses: Sequence[str], vectors: FloatArray) -> list[bool]:
        """Of each clause, whether it can be of a person, by its words and their vectors (N, 384)."""
        least = [LEAST_OF_ACTION if _SOMEBODY.search(clause) else LEAST for clause in clauses]
        return [bool(near >= limit) for near, limit in zip(self.nearness(vectors), least, strict=True)]


def wordings_of(vectors: FloatArray, directions: int = DIRECTIONS) -> Wordings:
    """The wordings with these vectors (N, 384), in the directions that their singular values put first."""
    basis = np.linalg.svd(vectors, full_matrices=False)[2][:directions].T
    found = Wordings(len(vectors), basis.shape[1])
    found.basis.copy_(torch.from_numpy(np.ascontiguousarray(basis)))
    found.known.copy_(torch.from_numpy(vectors @ basis))
    return found.eval()


def load_wordings(content: bytes, *, name: str = "list of known wordings") -> Wordings:
    """The wordings in the bytes of a file.

    Raises:
        ModelFileError, MissingPackageError: as `read_weights`.
    """
    return read_weights(content, _built, name=name)


def save_wordings(wordings: Wordings, path: Path) -> None:
    """Write them.

    Raises:
        InputError: as `write_weights`.
    """
    count, directions = wordings.known.shape
    write_weights(wordings, path, {"count": str(count), "directions": str(directions)})


def _built(facts: Mapping[str, str]) -> Wordings:
    return Wordings(int(facts["count"]), int(facts["directions"]))
