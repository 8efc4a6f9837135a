"""What each way makes of a filmed motion, and how far that is from the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import savgol_filter
from video_cases import FPS, contacts

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.estimate.learned import fit_reading, see
from contrapposto.backend.estimate.motion import RawMotion, solve_motion
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.job import run_job
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.observation import Observation
from contrapposto.backend.proportions import scaled_offsets
from contrapposto.backend.refine.contacts import soles
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.rotations import axis_angle_to_matrix, frame_from_axes, swing_between
from training.metrics import LSP_JOINTS, mpjpe, pa_mpjpe

ComplexArray = npt.NDArray[np.complex128]

_HIPS: Final = [1, 2]
_KNEES: Final = [4, 5]
_ANKLES: Final = [7, 8]
_BALLS: Final = [1, 3]
"""Of the soles, the balls of the left and the right foot."""


@dataclass(frozen=True)
class Film:
    """What a way says of T frames, in a world whose y points up.

    Attributes:
        rotations: (T, 24, 3, 3) parent-relative.
        pelvis: (T, 3) metres.
        offsets: (24, 3), or (T, 24, 3) where each frame has a body of its own.
        stands: (T, 2) whether the ball of the left and the right foot stands, or None where the way does not say.
    """

    rotations: DoubleArray
    pelvis: DoubleArray
    offsets: DoubleArray
    stands: BoolArray | None = None

    @property
    def joints(self) -> DoubleArray:
        """(T, 24, 3) metres."""
        world = global_rotations(self.rotations)
        if self.offsets.ndim == 2:
            return joint_positions(world, self.pelvis, offsets=self.offsets)
        each = zip(world, self.pelvis, self.offsets, strict=True)
        return np.stack([joint_positions(turns, place, offsets=own) for turns, place, own in each])

    @property
    def balls(self) -> DoubleArray:
        """(T, 2, 3) metres: the balls of the feet."""
        if self.offsets.ndim == 2:
            return soles(self.rotations, self.pelvis, offsets=self.offsets)[:, _BALLS]
        each = zip(self.rotations[:, None], self.pelvis[:, None], self.offsets, strict=True)
        return np.concatenate([soles(turns, place, offsets=own)[:, _BALLS] for turns, place, own in each])


class Watched(Protocol):
    """T frames of somebody, and what is true of them."""

    @property
    def name(self) -> str:
        """Of the film; no two have the same."""
        ...

    @property
    def found(self) -> Observation:
        """What the detector says."""
        ...

    @property
    def time_s(self) -> DoubleArray:
        """(T,) when each frame was taken."""
        ...

    @property
    def joints(self) -> DoubleArray:
        """(T, 24, 3) metres, y up: the truth."""
        ...


Way = Callable[[Watched], Film]


def frame_by_frame(network: PoseNetwork) -> Way:
    """Each frame as a still: what `contrapposto photo` would make of it."""

    @torch.inference_mode()
    def film(seen: Watched) -> Film:
        sight = see(seen.found, torch.device("cpu"))
        reading = network.expected(sight.evidence)
        fit = fit_reading(sight, reading)
        up = np.asarray((sight.view.turn @ reading.up[..., None])[..., 0], np.float64)
        level = swing_between(up, np.array([0.0, 1.0, 0.0]))
        turned = np.asarray(fit.rotations, np.float64).copy()
        turned[:, 0] = level @ turned[:, 0]
        pelvis = (level @ np.asarray(fit.pelvis, np.float64)[..., None])[..., 0]
        return Film(turned, pelvis, scaled_offsets(np.asarray(fit.log_scales)).astype(np.float64))

    return film


def filtered(network: PoseNetwork) -> Way:
    """The stills' rotations and places filtered over time afterwards, as is often done: Savitzky and Golay's filter."""
    stills = frame_by_frame(network)

    def film(seen: Watched) -> Film:
        found = stills(seen)
        columns = _savgol(found.rotations[..., :2])
        turned = frame_from_axes(columns[..., 0], columns[..., 1])
        return Film(turned, _savgol(found.pelvis), found.offsets.mean(0))

    return film


def _savgol(values: DoubleArray) -> DoubleArray:
    """A window of 11 frames, third degree: the defaults of most tools."""
    return np.asarray(savgol_filter(values, 11, 3, axis=0), np.float64)


def film_of(raw: RawMotion, settings: MotionSettings) -> Film:
    """`finish_motion` with these settings."""
    found = run_job(finish_motion(raw, settings))
    turned = axis_angle_to_matrix(found.poses.rotations)
    offsets = scaled_offsets(raw.log_scales).astype(np.float64)
    return Film(turned, found.poses.translation.astype(np.float64), offsets, found.stands[:, _BALLS])


class Solved:
    """Our ways share what they read of a film."""

    def __init__(self, network: PoseNetwork) -> None:
        self._network = network
        self._raw: dict[str, RawMotion] = {}

    def way(self, settings: MotionSettings) -> Way:
        """`solve_motion` and `finish_motion` with these settings."""

        def film(seen: Watched) -> Film:
            if seen.name not in self._raw:
                self._raw[seen.name] = run_job(solve_motion(seen.found, seen.time_s, self._network))
            return film_of(self._raw[seen.name], settings)

        return film


@dataclass(frozen=True)
class FilmErrors:
    """Means over the frames of a film.

    Attributes:
        mpjpe, pa_mpjpe: millimetres, joints from the pelvis.
        acceleration: millimetres a frame squared.
        jitter, true_jitter: 10 m/s^3, joints from the pelvis.
        skate: millimetres a frame that balls of feet move which truly stand; NaN where none does.
        knee_pop, true_knee_pop: degrees a frame squared: the largest second difference of how far the knees bend.
        hits: (3,) frames in which a standing ball was told, was not, and was told wrongly.
        root_m: how far the hips are from where they truly are on the ground, once both ways lie on each other.
        net_m, true_net_m: from where the hips begin to where they end, on the ground.
        top_mps, true_top_mps: the fastest that the hips move over it.
    """

    mpjpe: float
    pa_mpjpe: float
    acceleration: float
    jitter: float
    true_jitter: float
    skate: float
    knee_pop: float
    true_knee_pop: float
    hits: tuple[int, int, int]
    root_m: float
    net_m: float
    true_net_m: float
    top_mps: float
    true_top_mps: float


def errors_of(film: Film, seen: Watched, *, among: Sequence[int] | None = None) -> FilmErrors:
    """Compared with the truth, each as seen from its own pelvis, turned the same way about the vertical.

    `among` are the joints that count, by default all; then bodies are seen from the middle between their hips.
    """
    ways = _on_the_ground(film.joints), _on_the_ground(seen.joints)
    columns = list(range(seen.joints.shape[1]) if among is None else among)
    found, truth = (_from_the_pelvis(each, between_hips=among is not None) for each in (film.joints, seen.joints))
    found = found @ about_the_vertical(found[:, columns], truth[:, columns]).T
    tensors = [torch.from_numpy(each).float() for each in (found, truth)]
    counted = LSP_JOINTS if among is None else columns
    found, truth = found[:, columns], truth[:, columns]
    stands = contacts(seen.joints)
    both = stands[1:] & stands[:-1]
    moved = 1000.0 * np.linalg.norm(np.diff(film.balls, axis=0), axis=-1)
    told = film.stands if film.stands is not None else np.zeros_like(stands)
    hits = (int((told & stands).sum()), int((~told & stands).sum()), int((told & ~stands).sum()))
    return FilmErrors(
        float(mpjpe(*tensors, among=counted).mean()),
        float(pa_mpjpe(*tensors, among=counted).mean()),
        1000.0 * float(np.linalg.norm(np.diff(found, 2, axis=0) - np.diff(truth, 2, axis=0), axis=-1).mean()),
        _jitter(found),
        _jitter(truth),
        float(moved[both].mean()) if both.any() else float("nan"),
        _knee_pop(film.joints),
        _knee_pop(seen.joints),
        hits,
        _apart(*ways),
        *(float(abs(way[-1] - way[0])) for way in ways),
        *(float(np.abs(np.diff(way)).max()) * FPS for way in ways),
    )


def _on_the_ground(joints: DoubleArray) -> ComplexArray:
    """(T,) the middle between the hips from above."""
    hips = joints[:, _HIPS].mean(1)
    return hips[:, 0] + 1j * hips[:, 2]


def _apart(found: ComplexArray, truth: ComplexArray) -> float:
    """Mean distance of two ways, moved and turned onto each other about the vertical."""
    found, truth = found - found.mean(), truth - truth.mean()
    turn = np.vdot(found, truth)
    return float(np.abs(found * turn / max(abs(turn), 1e-12) - truth).mean())


def _from_the_pelvis(joints: DoubleArray, *, between_hips: bool) -> DoubleArray:
    """Rigs begin the bone of the pelvis anywhere; their hips are where ours are."""
    return joints - (joints[:, _HIPS].mean(1, keepdims=True) if between_hips else joints[:, :1])


def _jitter(joints: DoubleArray) -> float:
    return float(np.linalg.norm(np.diff(joints, 3, axis=0), axis=-1).mean()) * FPS**3 / 10.0


def _knee_pop(joints: DoubleArray) -> float:
    thigh, shin = joints[:, _KNEES] - joints[:, _HIPS], joints[:, _ANKLES] - joints[:, _KNEES]
    across: DoubleArray = np.linalg.norm(np.cross(thigh, shin), axis=-1)
    bent = np.degrees(np.arctan2(across, np.sum(thigh * shin, axis=-1)))
    return float(np.abs(np.diff(bent, 2, axis=0)).max())


def about_the_vertical(found: DoubleArray, truth: DoubleArray) -> DoubleArray:
    """(3, 3) one turn for the whole film: a camera does not say where the world's axes are."""
    x, z = found[..., 0].ravel(), found[..., 2].ravel()
    wanted_x, wanted_z = truth[..., 0].ravel(), truth[..., 2].ravel()
    angle = np.arctan2((z * wanted_x - x * wanted_z).sum(), (x * wanted_x + z * wanted_z).sum())
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
