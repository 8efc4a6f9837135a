"""Make the list by which nonsense is told from moods: `python -m training.text.wordings OUT.safetensors`.

Prints how near the wordings of each family are to those of all other families, from which the threshold comes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.text.encoder import TextEncoder
from contrapposto.backend.text.wordings import save_wordings, wordings_of

from .families import read_families

_FAMILIES: Final = Path(__file__).with_name("families.toml")


def left_out_nearness(vectors: FloatArray, family: np.ndarray) -> FloatArray:
    """(N,) nearness of each wording (N, 384) to those of families (N,) that are not its own."""
    found = np.zeros(len(vectors), np.float32)
    for each in np.unique(family):
        own = family == each
        found[own] = wordings_of(vectors[~own]).nearness(vectors[own])
    return found


def main() -> None:
    """Read the command line, write the file and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    try:
        families = read_families(_FAMILIES)
        vectors = TextEncoder.load().encode([word for family in families for word in family.words])
        save_wordings(wordings_of(vectors), out)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")
    near = left_out_nearness(vectors, np.repeat(np.arange(len(families)), [len(each.words) for each in families]))
    print(f"{len(vectors)} wordings of {len(families)} families; nearness to those of other families:")
    for share in (0.5, 1.0, 2.0, 5.0, 50.0):
        print(f"  {100.0 - share:5.1f} % at least {np.percentile(near, share):.3f}")


if __name__ == "__main__":
    main()
