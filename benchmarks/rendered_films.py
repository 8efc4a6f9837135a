"""The set of rendered films: videos of a person with the exact truth of every frame, an .mp4 and an .npz each.

    films = load_films(Path("build/rendered_films"))

Convention: the truth is what the rig's bones did. Camera axes are those of OpenCV (x right, y down, z ahead); the inner
frame is (x, -y, -z); the world has y up and its ground at y = 0. Metres, pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
from truth_file import TruthFile

from contrapposto.backend.errors import InputError
from contrapposto.backend.skeleton import JOINT_INDEX, STATURE_M

FPS: Final = 30.0
BALLS: Final = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
"""The joints that are the balls of the feet."""


@dataclass(frozen=True)
class FilmTruth(TruthFile):
    """One rendered film of T frames.

    Attributes:
        joints_cam: (T, 24, 3) metres in camera axes, the heads of the rig's bones; NaN where it has none for the joint.
        joints_px: (T, 24, 2) the same in pixels.
        contacts: (T, 2) whether the ball of the left and the right foot stands.
        turn: (3, 3) from the world to the inner frame.
        place: (3,) metres: the world's origin in the inner frame.
        camera: (4,) fx, fy, cx, cy in pixels.
        image_size: (2,) width, height.
        stature_m: (,) of the person in the rest pose.
        character: who.
        clip: which recording the motion is from, and the first frame.
    """

    of_what: ClassVar[str] = "a rendered film"

    joints_cam: np.ndarray
    joints_px: np.ndarray
    contacts: np.ndarray
    turn: np.ndarray
    place: np.ndarray
    camera: np.ndarray
    image_size: np.ndarray
    stature_m: np.ndarray
    character: np.ndarray
    clip: np.ndarray

    @property
    def joints_world(self) -> np.ndarray:
        """(T, 24, 3) metres, y up."""
        return (self.joints_cam * (1.0, -1.0, -1.0) - self.place) @ self.turn

    @property
    def joints_alike(self) -> np.ndarray:
        """The same of a person of our stature, so that tall and short people count alike."""
        return self.joints_world * (STATURE_M / float(self.stature_m))


@dataclass(frozen=True)
class RenderedFilm:
    """A video and what is true of the person in it."""

    video: Path
    truth: FilmTruth


def load_films(folder: Path) -> list[RenderedFilm]:
    """Every finished film of the set, in order.

    Raises:
        InputError: there is none, or a file is damaged.
    """
    videos = sorted(path for path in folder.glob("[0-9]*.mp4") if path.with_suffix(".npz").is_file())
    if not videos:
        raise InputError(f"{folder} holds no rendered films. Run `python benchmarks/render_films.py` first.")
    return [RenderedFilm(path, FilmTruth.load(path.with_suffix(".npz"))) for path in videos]
