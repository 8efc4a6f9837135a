"""Where BlazePose's landmarks lie on the skeleton and how wrong they are, measured on the rendered people.

    python benchmarks/landmark_statistics.py [--people build/rendered_people] [--save FILE.npz]

The offsets of `backend/estimate/landmark_body.py` and the noise of `training/synthesis.py` are drawn from this. Errors
in the picture are in percent of the person's box (its longer side), those in space in metres and degrees in the inner
frame.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from people_accuracy import ROOT, Sight, look
from rendered_people import load_people
from rich.console import Console
from rich.table import Table

from contrapposto.backend.estimate.landmark_body import LANDMARK_AT, LANDMARK_GROUPS, LANDMARK_JOINTS, LANDMARK_OFFSETS
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.rotations import matrix_to_axis_angle
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES

_INDEX: Final = BLAZEPOSE_33.index
_HIPS: Final = [_INDEX["left_hip"], _INDEX["right_hip"]]
_LIMBS: Final = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("wrist", "index"),
    ("ankle", "foot_index"),
)  # fmt: skip
_BODY: Final = list(range(_INDEX["left_shoulder"], len(BLAZEPOSE_33)))
_SHOWN: Final = [JOINT_INDEX.get(name, LANDMARK_AT[k]) for k, name in enumerate(BLAZEPOSE_33.names)]
"""The joint that each landmark shows, else the one that it lies at."""
_CONFIDENCES: Final = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01)
_ROUGH: Final = 0.12
"""Points further from the truth than this share of the box were not recognised: they say nothing of the place."""


@dataclass(frozen=True)
class Samples:
    """What was detected of N people, and what is true.

    Attributes:
        pixels: (N, 33, 2).
        confidence: (N, 33).
        space: (N, 33, 3) metres from the middle between the hips, inner frame.
        true_pixels: (N, 33, 2) where the landmarks would lie by our idea of them.
        true_space: (N, 33, 3).
        carriers: (N, 33, 3) metres, inner frame of the camera; see `PersonTruth.carriers`.
        world: (N, 24, 3, 3).
        log_scales: (N, 10).
        camera: (N, 4).
        in_picture: (N, 33).
        visible: (N, 33) whether the joint that the landmark shows is.
    """

    pixels: np.ndarray
    confidence: np.ndarray
    space: np.ndarray
    true_pixels: np.ndarray
    true_space: np.ndarray
    carriers: np.ndarray
    world: np.ndarray
    log_scales: np.ndarray
    camera: np.ndarray
    in_picture: np.ndarray
    visible: np.ndarray

    @property
    def box(self) -> np.ndarray:
        """(N, 1) the longer side of the true box in pixels."""
        return np.ptp(self.true_pixels, axis=1).max(axis=1)[:, None]

    @property
    def error(self) -> np.ndarray:
        """(N, 33) distance in the picture as a share of the box."""
        return np.linalg.norm(self.pixels - self.true_pixels, axis=2) / self.box


def samples(sights: Sequence[Sight]) -> Samples:
    """Everybody who was found."""
    rows = [_row(sight) for sight in sights if sight.observation is not None]
    return Samples(**{name: np.stack([row[name] for row in rows]) for name in rows[0]})


def _row(sight: Sight) -> dict[str, np.ndarray]:
    truth, seen = sight.person.truth, sight.observation
    assert seen is not None
    assert seen.keypoints_world is not None
    marks = truth.landmarks()
    pixels = truth.pinhole.project(inner_to_camera(marks)).astype(float)
    inside = ((pixels >= 0.0) & (pixels < truth.image_size)).all(axis=1)
    return {
        "pixels": seen.keypoints_px[0].astype(float),
        "confidence": seen.confidence[0],
        "space": seen.keypoints_world[0].astype(float),
        "true_pixels": pixels,
        "true_space": marks - marks[_HIPS].mean(axis=0),
        "carriers": truth.carriers(),
        "world": truth.world,
        "log_scales": truth.log_scales,
        "camera": truth.camera,
        "in_picture": inside,
        "visible": inside & truth.visible[_SHOWN],
    }


def spot(found: Samples, landmark: str) -> tuple[np.ndarray, float, int]:
    """Where a landmark lies from its joint: (3,) metres on the neutral adult, left side; the spread; how many points.

    A point (X, Y, Z) that is seen at the ray (u, v), y down, obeys X + u Z = 0 and Y - v Z = 0. That is linear in the
    offset; it is solved by least squares with Cauchy weights, both sides of the body together.
    """
    rows, right = [], []
    for mark in _both(landmark):
        joint, group = LANDMARK_JOINTS[mark], LANDMARK_GROUPS[mark]
        mirror = np.diag([-1.0 if "right" in BLAZEPOSE_33.names[mark] else 1.0, 1.0, 1.0])
        good = found.visible[:, mark] & (found.confidence[:, mark] > 0.5) & (found.error[:, mark] < _ROUGH)
        for n in np.flatnonzero(good):
            u, v = (found.pixels[n, mark] - found.camera[n, 2:]) / found.camera[n, :2]
            ray = np.array([[1.0, 0.0, u], [0.0, 1.0, -v]])
            rows.append(ray @ found.world[n, joint] @ mirror * np.exp(found.log_scales[n, group]))
            right.append(-ray @ found.carriers[n, mark])
    if len(rows) < 3:
        return np.full(3, np.nan), np.nan, len(rows)
    return *_robust(np.concatenate(rows), np.concatenate(right)), len(rows)


def _robust(rows: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, float]:
    """The solution and the spread of what is left over (1.48 times the median)."""
    weight = np.ones(len(rows))
    solution, spread = np.zeros(3), 0.0
    for _ in range(20):
        weighted = rows * weight[:, None]
        solution = np.linalg.lstsq(weighted.T @ rows, weighted.T @ right, rcond=None)[0]
        rest = rows @ solution - right
        spread = 1.4826 * float(np.median(np.abs(rest))) + 1e-9
        weight = 1.0 / (1.0 + np.square(rest / (2.0 * spread)))
    return solution, spread


def _both(landmark: str) -> list[int]:
    names = (landmark, f"left_{landmark}", f"right_{landmark}", f"{landmark}_left", f"{landmark}_right")
    return [_INDEX[name] for name in names if name in _INDEX]


def _without_side(name: str) -> str:
    return name.replace("left_", "").replace("right_", "").replace("_left", "").replace("_right", "")


LANDMARKS: Final = tuple(dict.fromkeys(_without_side(name) for name in BLAZEPOSE_33.names))


def landmark_table(found: Samples) -> Table:
    """A row a landmark: its place on the body, and its error where its joint is seen, hidden, or out of the picture."""
    table = Table(
        "landmark", "of", "offset now, m", "measured, m", "spread", "seen: %", "90 %", "sure", "hidden: %", "90 %",
        "sure", "outside: %", "90 %", "sure", box=None,
    )  # fmt: skip
    hidden = found.in_picture & ~found.visible
    for landmark in LANDMARKS:
        marks = _both(landmark)
        offset, spread, _ = spot(found, landmark)
        cells = [landmark, JOINT_NAMES[LANDMARK_JOINTS[marks[0]]], _listed(LANDMARK_OFFSETS[marks[0]]), _listed(offset)]
        cells.append(f"{spread:.3f}")
        for where in (found.visible, hidden, ~found.in_picture):
            here = where[:, marks]
            cells += _quantiles(found.error[:, marks][here])
            cells.append(f"{found.confidence[:, marks][here].mean():.2f}" if here.any() else "-")
        table.add_row(*cells)
    return table


def confidence_table(found: Samples) -> Table:
    """How wrong the points of the body (not the face) are by how sure the detector is."""
    table = Table("confidence", "points", "error: %", "90 %", "seen", "in the picture", box=None)
    sure, error = found.confidence[:, _BODY], found.error[:, _BODY]
    for low, high in pairwise(_CONFIDENCES):
        here = (sure >= low) & (sure < high)
        shares = [
            f"{where[:, _BODY][here].mean():.2f}" if here.any() else "-" for where in (found.visible, found.in_picture)
        ]
        table.add_row(f"{low:.2f} to {min(high, 1.0):.2f}", str(here.sum()), *_quantiles(error[here]), *shares)
    return table


def limb_table(found: Samples) -> Table:
    """A row a limb of the 3D landmarks: how much of its depth is left, how often it points the wrong way, its angle."""
    table = Table(
        "limb", "depth found/true", "rest, m", "wrong way", "length found/true", "angle", "median", "depth together",
        box=None,
    )  # fmt: skip
    space = found.space / _size(found)[:, None, None]
    off = space - found.true_space
    for top, end in _LIMBS:
        pairs = [(_INDEX[f"{side}_{top}"], _INDEX[f"{side}_{end}"]) for side in ("left", "right")]
        said = np.concatenate([space[:, b] - space[:, a] for a, b in pairs])
        true = np.concatenate([found.true_space[:, b] - found.true_space[:, a] for a, b in pairs])
        slope = float((said[:, 2] * true[:, 2]).sum() / np.square(true[:, 2]).sum())
        deep = np.abs(true[:, 2]) > 0.1
        wrong = f"{np.mean(np.sign(said[deep, 2]) != np.sign(true[deep, 2])):.0%}" if deep.any() else "-"
        lengths = np.linalg.norm(said, axis=1) / np.linalg.norm(true, axis=1)
        angle = np.degrees(np.arctan2(np.linalg.norm(np.cross(said, true), axis=1), np.sum(said * true, axis=1)))
        together = np.mean([np.corrcoef(off[:, a, 2], off[:, b, 2])[0, 1] for a, b in pairs])
        table.add_row(
            f"{top} to {end}", f"{slope:.2f}", f"{(said[:, 2] - slope * true[:, 2]).std():.3f}", wrong,
            f"{np.median(lengths):.2f}", f"{angle.mean():.1f}", f"{np.median(angle):.1f}", f"{together:.2f}",
        )  # fmt: skip
    return table


def _size(found: Samples) -> np.ndarray:
    """(N,) found size over true size, of the body's points."""
    return np.linalg.norm(found.space[:, _BODY], axis=2).mean(1) / np.linalg.norm(
        found.true_space[:, _BODY], axis=2
    ).mean(1)


def whole_body_line(found: Samples) -> str:
    """Size, and how the body as a whole is turned."""
    u, _, vt = np.linalg.svd(np.swapaxes(found.space[:, _BODY], 1, 2) @ found.true_space[:, _BODY])
    sign = np.ones((len(u), 1, 3))
    sign[:, 0, 2] = np.sign(np.linalg.det(u @ vt))
    turn = np.degrees(matrix_to_axis_angle((u * sign) @ vt))
    spread = 1.4826 * np.median(np.abs(turn - np.median(turn, axis=0)), axis=0)
    size = np.log(_size(found))
    return (
        f"3D body as a whole: {np.exp(size.mean()):.2f} of the true size, its logarithm's spread {size.std():.2f}; "
        f"turned about x, y, z by {_degrees(np.median(turn, axis=0))} degrees in the median, spread {_degrees(spread)} "
        f"(standard deviation {_degrees(turn.std(axis=0))})"
    )


def _degrees(angles: np.ndarray) -> str:
    return ", ".join(f"{angle:.1f}" for angle in angles)


def _listed(offset: np.ndarray) -> str:
    return " ".join(f"{value:+.3f}" for value in offset)


def _quantiles(errors: np.ndarray) -> list[str]:
    """Median and 90 % in percent."""
    return [f"{100.0 * np.quantile(errors, share):.1f}" if len(errors) else "-" for share in (0.5, 0.9)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, default=ROOT / "build" / "rendered_people")
    parser.add_argument("--save", type=Path, default=None, help="also write what was measured to an .npz")
    options = parser.parse_args()
    found = samples(look(load_people(options.people), ModelCache()))
    if options.save is not None:
        np.savez(options.save, **vars(found))
    console = Console(highlight=False, width=160)
    console.print(f"{len(found.pixels)} people")
    for table in (landmark_table(found), confidence_table(found), limb_table(found)):
        console.print(table)
    console.print(whole_body_line(found))


if __name__ == "__main__":
    main()
