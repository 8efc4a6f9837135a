"""Rigs made of numbers alone that are no human body, or one under unknown names, for the search by structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from contrapposto.backend.retarget.rig_spec import RigSpec

Bones = Mapping[str, tuple[str | None, tuple[float, float, float]]]


def rig_of(bones: Bones) -> RigSpec:
    """A rig from name -> (parent, head); parents come first; tails point up."""
    names = list(bones)
    rest = np.tile(np.eye(4), (len(names), 1, 1))
    rest[:, :3, 3] = [head for _, head in bones.values()]
    parents = np.array([-1 if parent is None else names.index(parent) for parent, _ in bones.values()])
    return RigSpec("Creature", tuple(names), parents, rest, np.full(len(names), 0.1))


def renamed(rig: RigSpec, *, seed: int = 1) -> tuple[RigSpec, dict[str, str]]:
    """The rig with all bones called `Bone.001` and so on in shuffled order, and the old name of each."""
    numbers = np.random.default_rng(seed).permutation(len(rig.bones))
    names = tuple(f"Bone.{number:03d}" for number in numbers)
    new = dict(zip(rig.bones, names, strict=True)) | {"": ""}
    anonymous = replace(rig, bones=names, copies=tuple(new[name] for name in rig.copies))
    return anonymous, dict(zip(names, rig.bones, strict=True))


def both_sides(
    limbs: Mapping[str, tuple[str | None, tuple[float, float, float]]],
) -> dict[str, tuple[str | None, tuple[float, float, float]]]:
    """Bones of the left (+x), each with its mirror image; a parent that ends in .L is mirrored too."""
    found: dict[str, tuple[str | None, tuple[float, float, float]]] = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        for name, (parent, (x, y, z)) in limbs.items():
            above = parent.replace(".L", f".{side}") if parent else parent
            found[name.replace(".L", f".{side}")] = (above, (sign * x, y, z))
    return found


def quadruped() -> RigSpec:
    """A dog with the bone names of a human."""
    middle = {
        "hips": (None, (0.0, 0.5, 1.0)), "spine": ("hips", (0.0, 0.2, 1.0)), "chest": ("spine", (0.0, -0.1, 1.0)),
        "neck": ("chest", (0.0, -0.4, 1.1)), "head": ("neck", (0.0, -0.6, 1.4)), "jaw": ("head", (0.0, -0.8, 1.35)),
    }  # fmt: skip
    limbs = {
        "thigh.L": ("hips", (0.15, 0.5, 0.95)), "shin.L": ("thigh.L", (0.15, 0.45, 0.55)),
        "foot.L": ("shin.L", (0.15, 0.55, 0.15)), "toe.L": ("foot.L", (0.15, 0.45, 0.02)),
        "upper_arm.L": ("chest", (0.15, -0.3, 0.9)), "forearm.L": ("upper_arm.L", (0.15, -0.25, 0.5)),
        "hand.L": ("forearm.L", (0.15, -0.3, 0.12)), "palm.L": ("hand.L", (0.15, -0.4, 0.02)),
    }  # fmt: skip
    return rig_of(middle | both_sides(limbs))


def bird() -> RigSpec:
    """Two legs and two wings, crouching."""
    middle = {
        "b": (None, (0.0, 0.1, 0.5)), "s": ("b", (0.0, -0.1, 0.6)), "c": ("s", (0.0, -0.25, 0.7)),
        "n": ("c", (0.0, -0.35, 0.85)), "h": ("n", (0.0, -0.4, 1.0)),
    }  # fmt: skip
    limbs = {
        "leg1.L": ("b", (0.1, 0.1, 0.45)), "leg2.L": ("leg1.L", (0.1, 0.02, 0.3)),
        "leg3.L": ("leg2.L", (0.1, 0.15, 0.15)),
        "leg4.L": ("leg3.L", (0.1, 0.05, 0.02)), "wing1.L": ("c", (0.12, -0.2, 0.7)),
        "wing2.L": ("wing1.L", (0.4, -0.2, 0.75)), "wing3.L": ("wing2.L", (0.8, -0.15, 0.75)),
    }  # fmt: skip
    return rig_of(middle | both_sides(limbs))


def spider() -> RigSpec:
    """Eight legs and no spine."""
    body: dict[str, tuple[str | None, tuple[float, float, float]]] = {
        "body": (None, (0.0, 0.0, 0.5)), "head": ("body", (0.0, -0.4, 0.55)), "tail": ("body", (0.0, 0.4, 0.55)),
    }  # fmt: skip
    ways = ((0.1, 0.5), (0.5, 0.8), (1.0, 0.4), (1.3, 0.0))
    limbs = {
        f"leg{leg}_{part}.L": (f"leg{leg}_{part - 1}.L" if part else "body", (x, -0.3 + 0.2 * leg, z))
        for leg in range(4)
        for part, (x, z) in enumerate(ways)
    }
    return rig_of(body | both_sides(limbs))


def table() -> RigSpec:
    """A prop that stands on four legs."""
    limbs = {
        f"leg{leg}_{part}.L": (f"leg{leg}_{part - 1}.L" if part else "top", (0.5, y, z))
        for leg, y in enumerate((-0.5, 0.5))
        for part, z in enumerate((1.0, 0.5, 0.0))
    }
    return rig_of({"top": (None, (0.0, 0.0, 1.0))} | both_sides(limbs))


def chain(count: int = 30, *, step: float = 0.1) -> RigSpec:
    """A rope, or with `step` 0 a heap of bones in one place."""
    return rig_of({f"c{i}": (f"c{i - 1}" if i else None, (0.0, 0.0, step * i)) for i in range(count)})
