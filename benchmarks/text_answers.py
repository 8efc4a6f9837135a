"""What the product makes of a sentence, in the form that the tables of `text.py` count."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.job import run_job
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.text.language import Program, Support
from contrapposto.backend.text.support_poses import NEUTRAL_DRAFT
from contrapposto.backend.text_pipeline import TextRequest, pose_from_text

ROOT: Final = Path(__file__).resolve().parents[1]
ALTERNATIVES: Final = 4
SEED: Final = 6
STAGES: Final = ("understand", "draft", "solve pose", "rank")
ALL: Final = "all"
PROCESSOR: Final = "processor"


@dataclass(frozen=True)
class Answer:
    """Poses of a sentence.

    Attributes:
        poses: (A, 24, 3), the preferred first; none where it was refused.
        program: what was understood.
        notes: what the artist is told.
        refusal: in words.
        ms: wall-clock milliseconds of each stage and of all, and what the processor worked.
        posed: the poses as a rig takes them.
    """

    poses: DoubleArray
    program: Program = field(default_factory=Program)
    notes: tuple[str, ...] = ()
    refusal: str = ""
    ms: dict[str, float] = field(default_factory=dict[str, float])
    posed: tuple[PoseSequence, ...] = ()

    @property
    def support(self) -> str:
        """The kind of support that was understood, or nothing."""
        return next((each.kind for each in self.program.elements if isinstance(each, Support)), "")


Poser = Callable[[str, DoubleArray | None], Answer]
"""From a sentence and the pose to edit, if any, to its poses."""


class Product:
    """The offline way that Blender takes, without a language model.

    A sentence that says how to change a pose changes the rig's, as in Blender: where a case has no start pose, that of
    somebody who stands relaxed.
    """

    def __init__(self, *, alternatives: int = ALTERNATIVES, seed: int = SEED) -> None:
        self._models = ModelCache()
        self._alternatives, self._seed = alternatives, seed

    def __call__(self, sentence: str, start: DoubleArray | None) -> Answer:
        """Its poses, or the refusal in words."""
        began = time.perf_counter(), time.process_time()
        try:
            request = TextRequest(sentence, start is not None, self._alternatives, self._seed)
            current = partial(_still, NEUTRAL_DRAFT if start is None else start)
            found = run_job(pose_from_text(request, self._models, current))
        except ContrappostoError as error:
            return Answer(np.empty((0, 24, 3)), refusal=str(error), ms=_since(began))
        poses = tuple(reading.poses for reading in found.estimates)
        rotations = np.stack([each.rotations[0].astype(np.float64) for each in poses])
        return Answer(rotations, found.program, found.notes, ms=found.timings_ms | _since(began), posed=poses)


def _still(pose: DoubleArray) -> PoseSequence:
    return PoseSequence(pose[None].astype(np.float32), np.zeros((1, 3), np.float32))


def _since(began: tuple[float, float]) -> dict[str, float]:
    clock, processor = began
    return {ALL: 1000.0 * (time.perf_counter() - clock), PROCESSOR: 1000.0 * (time.process_time() - processor)}


def unchanged(pose: DoubleArray) -> Poser:
    """The same pose for every sentence; an edit leaves its own."""
    return lambda _, start: Answer((pose if start is None else start)[None])


def random_mocap(file: Path, *, seed: int = SEED) -> Poser | None:
    """A pose of motion capture that nothing was trained on, another for each sentence; None without the file.

    Args:
        file: as `make train-pose` writes it.
        seed: of the choice.
    """
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as stored:
        kept = stored["held_out"][stored["clip"]]
        poses = stored["rotations"][kept].astype(np.float64)
    rng = np.random.default_rng(seed)
    return lambda *_: Answer(poses[rng.integers(len(poses))][None])
