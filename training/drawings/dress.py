"""Hair and clothes of bodies with a surface: parts of the skin that are lifted off it and set apart by lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .body import Surface

SKIN: Final = 0
"""What is not covered."""
_TRUNK: Final = ("pelvis", "spine1", "spine2", "spine3")
_ARM: Final = (("shoulder", 0.0), ("elbow", 1.0))
_LEG: Final = (("hip", 0.0), ("knee", 1.0))
_NEXT: Final = {"shoulder": "elbow", "elbow": "wrist", "hip": "knee", "knee": "ankle"}


def dressed(surface: Surface, *, rng: np.random.Generator) -> tuple[Surface, IntArray]:
    """The surface with what it wears, and what each vertex (V,) belongs to; `SKIN` where it is bare."""
    label = np.zeros(len(surface.vertices), np.int32)
    if rng.random() < 0.5:
        label[_hair(surface, rng)] = 1
    clothes = rng.random() < 0.3
    if clothes and rng.random() < 0.85:
        label[_garment(surface, _ARM, reach=rng.uniform(0.0, 2.1), trunk=_TRUNK[int(rng.integers(0, 2)) :])] = 2
    if clothes:
        label[_garment(surface, _LEG, reach=rng.uniform(0.1, 2.1), trunk=_TRUNK[:1])] = 3
    lift = np.array([0.0, rng.uniform(0.0, 0.03) ** 1.0, rng.uniform(0.0, 0.02), rng.uniform(0.0, 0.025)])[label]
    if not lift.any():
        return surface, label
    return replace(surface, vertices=surface.vertices + (lift[:, None] * normals(surface)).astype(np.float32)), label


def normals(surface: Surface) -> FloatArray:
    """(V, 3) outwards, as modelled."""
    corners = surface.vertices[surface.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.stack([np.bincount(surface.faces.ravel(), np.repeat(across[:, axis], 3), len(surface.vertices))
                     for axis in range(3)], axis=1)  # fmt: skip
    return sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)


def _hair(surface: Surface, rng: np.random.Generator) -> IntArray:
    """Vertices above the hair's edge."""
    head = JOINT_INDEX["head"]
    skin = surface.vertices - surface.joints[head]
    edge = surface.lines["hair" if rng.random() < 0.7 else "high_hair"]
    middle = np.array([0.0, 0.5 * skin[:, 1].max(), edge[:, 2].mean()])
    from_middle, to_edge = skin - middle, edge - middle
    azimuth = np.arctan2(from_middle[:, 0], from_middle[:, 2])
    around = np.arctan2(to_edge[:, 0], to_edge[:, 2])
    order = np.argsort(around)
    rise = to_edge[:, 1] / np.hypot(to_edge[:, 0], to_edge[:, 2])
    least = np.interp(azimuth, around[order], rise[order], period=2.0 * np.pi)
    above = from_middle[:, 1] > least * np.hypot(from_middle[:, 0], from_middle[:, 2])
    return np.flatnonzero(above & (surface.parts == head))


def _garment(
    surface: Surface, limb: tuple[tuple[str, float], ...], *, reach: float, trunk: tuple[str, ...]
) -> IntArray:
    """Vertices of the trunk's parts, and of limbs as far as `reach`, in bones from the limb's root."""
    covered = np.isin(surface.parts, [JOINT_INDEX[name] for name in trunk])
    for side in ("left", "right"):
        if limb is _ARM:
            covered |= surface.parts == JOINT_INDEX[f"{side}_collar"]
        for name, start in limb:
            joint, end = JOINT_INDEX[f"{side}_{name}"], JOINT_INDEX[f"{side}_{_NEXT[name]}"]
            bone = surface.joints[end] - surface.joints[joint]
            along = (surface.vertices - surface.joints[joint]) @ bone / (bone @ bone)
            covered |= (surface.parts == joint) & (start + along < reach)
    return np.flatnonzero(covered)
