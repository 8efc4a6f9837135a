"""Finds the user's own SMPL files; imports nothing large, so that it can be asked for at any time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

_MOST_VERTICES: Final = 200_000
_MOST_NUMBER: Final = 1e6


def smpl_files(folder: Path) -> list[Path]:
    """The `SMPLX_*.npz` and `SMPL_*.pkl` files of a folder, neutral ones first, SMPL-X before SMPL."""
    found = sorted(folder.glob("SMPLX_*.npz")) + sorted(folder.glob("SMPL_*.pkl"))
    return sorted(found, key=lambda path: "NEUTRAL" not in path.stem.upper())


def check_smpl(arrays: Mapping[str, npt.NDArray[Any]], *, joints: int) -> None:
    """Whether arrays are those of a SMPL or SMPL-X model, before `smplx` computes with them.

    Args:
        arrays: by the names that the model files have.
        joints: 24 of SMPL, 55 of SMPL-X.

    Raises:
        ValueError: one is missing, has another shape, or holds numbers that cannot be.
    """
    template = arrays.get("v_template")
    count = 0 if template is None or template.ndim != 2 else len(template)
    if not 0 < count <= _MOST_VERTICES:
        raise ValueError("it has no vertices, or too many")
    shapes: dict[str, tuple[int | None, ...]] = {
        "v_template": (count, 3), "f": (None, 3), "shapedirs": (count, 3, None),
        "posedirs": (count, 3, 9 * (joints - 1)),
        "J_regressor": (joints, count), "weights": (count, joints), "kintree_table": (2, joints),
    }  # fmt: skip
    for name, wanted in shapes.items():
        array = arrays.get(name)
        if array is None or array.dtype.kind not in "biuf" or not _fits(array.shape, wanted):
            raise ValueError(f"its {name} is missing, or has another shape than the model's")
        if array.dtype.kind == "f" and not (np.abs(array) < _MOST_NUMBER).all():
            raise ValueError(f"its {name} holds numbers that cannot be")
    faces, parents = arrays["f"], arrays["kintree_table"][0].astype(np.int64)
    if len(faces) and not (faces.min() >= 0 and faces.max() < count):
        raise ValueError("its triangles name vertices that it does not have")
    if not all(0 <= parents[joint] < joint for joint in range(1, joints)):
        raise ValueError("its joints do not hang together")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(want in {None, have} for have, want in zip(shape, wanted, strict=True))
