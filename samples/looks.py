"""The people of the sample files; linear RGB colours."""

from __future__ import annotations

from typing import Final

from person import Look

_EYES: Final = {"eyes": (0.82, 0.82, 0.82), "pupils": (0.03, 0.02, 0.015)}

CHARACTER: Final = Look(
    name="Ada",
    shape={
        "gender": 0.5, "age": 0.6, "muscle": 0.55, "weight": 0.45, "height": 0.55, "proportions": 0.7,
        "cupsize": 0.4, "firmness": 0.6, "african": 0.34, "asian": 0.33, "caucasian": 0.33,
    },
    colors=_EYES | {
        "skin": (0.55, 0.29, 0.19), "hair": (0.035, 0.02, 0.014), "shirt": (0.02, 0.17, 0.25),
        "trousers": (0.06, 0.062, 0.085), "shoes": (0.62, 0.6, 0.56),
    },
)  # fmt: skip
"""The demonstration character."""

MODEL: Final = Look(
    name="Dancer",
    shape={
        "gender": 0.95, "age": 0.58, "muscle": 0.5, "weight": 0.42, "height": 0.5, "proportions": 0.85,
        "cupsize": 0.5, "firmness": 0.7, "african": 0.7, "asian": 0.15, "caucasian": 0.15,
    },
    colors=_EYES | {
        "skin": (0.30, 0.135, 0.075), "hair": (0.012, 0.008, 0.007), "shirt": (0.62, 0.17, 0.03),
        "trousers": (0.025, 0.05, 0.12), "shoes": (0.7, 0.68, 0.64),
    },
    sleeve=0.45,
    bun_m=0.05,
)  # fmt: skip
"""Who stands in the sample photo."""
