"""From the pixels of annotated drawings to joints and poses: how right and how fast, beside BlazePose."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.table import Table
from sketch_cases import SketchCase, limb_angle, limb_errors

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.detect.drawing import DrawnFigure
from contrapposto.backend.detect.drawing_ink import ink, working_copy
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.errors import InputError, NoPersonFoundError
from contrapposto.backend.estimate.drawn_bones import BONE_INDEX, BONES, LIMB_BONES, DrawnBone
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.observation import Observation
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.sketch_pipeline import figures_in

NEAR, NEARER, NEAR_GOAL, LIMBS_GOAL, SECONDS_GOAL = 0.1, 0.05, 85.0, 10.0, 0.5
LOST: Final = 90.0
"""Degrees that a limb counts where no figure was found: what a direction at random is off in the mean."""
_OTHER: Final = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Reader:
    """A way from a picture to keypoints, and from what was found to a pose.

    Attributes:
        name: in the table.
        find: (H, W, 3) RGB -> what the solver needs with its observation, or None where nobody is found.
        solve: that -> the pose.
        prepare: what is done to the picture before.
    """

    name: str
    find: Callable[[ImageArray], tuple[Observation, Any] | None]
    solve: Callable[[Any], Estimate]
    prepare: Callable[[ImageArray], ImageArray] = np.asarray


@dataclass(frozen=True)
class Answer:
    """What a reader made of one drawing; what it did not find is infinitely far off.

    Attributes:
        names: of the K annotated joints.
        error: (K,) distance from the annotation, as a share of the figure's height.
        other: (K,) distance from the same joint of the other side; infinite where that is not annotated.
        limbs_seen: (L,) degrees between annotated limbs and those between the keypoints found.
        limbs_posed: (L,) degrees between annotated limbs and those of the posed skeleton.
        ms: processor time to read the file, to find the figure and to solve the pose; and the time of all by the clock.
    """

    case: SketchCase
    names: tuple[str, ...]
    error: np.ndarray
    other: np.ndarray
    limbs_seen: np.ndarray
    limbs_posed: np.ndarray
    ms: tuple[float, float, float, float]

    @property
    def found(self) -> bool:
        """Whether there was a figure for the reader."""
        return bool(np.isfinite(self.error).any())


def readers(models: ModelCache) -> list[Reader]:
    """Ours and BlazePose's, each on the drawing as it is and on its negative; and BlazePose on our ink.

    BlazePose shrinks pictures until lines of one pixel vanish; with our ink these are as wide as they are for us.
    """
    solver = models.drawn_solver()
    people, estimator = models.blazepose(), models.estimator()

    def find_drawn(image: ImageArray) -> tuple[Observation, Any] | None:
        figure = drawn_figure(image, models)
        return None if figure is None else (figure.observation, figure)

    def find_people(image: ImageArray) -> tuple[Observation, Any] | None:
        found = run_job(people.people(image))
        return (found[0], found[0]) if found else None

    def solve_drawn(seen: DrawnFigure) -> Estimate:
        return run_job(solver.solve(seen))[0]

    def solve_person(seen: Observation) -> Estimate:
        return run_job(estimator.estimate(seen))[0]

    return [
        Reader("ours", find_drawn, solve_drawn, np.asarray),
        Reader("ours, negative", find_drawn, solve_drawn, np.bitwise_not),
        Reader("BlazePose", find_people, solve_person, np.asarray),
        Reader("BlazePose, negative", find_people, solve_person, np.bitwise_not),
        Reader("BlazePose, our ink", find_people, solve_person, on_paper),
    ]


def drawn_figure(image: ImageArray, models: ModelCache) -> DrawnFigure | None:
    """What `contrapposto sketch` finds in a picture; None where it refuses."""
    try:
        return run_job(figures_in(Path("picture"), image, models)).figures[0]
    except NoPersonFoundError:
        return None


def on_paper(image: ImageArray) -> ImageArray:
    """(H, W, 3) the ink as the network sees it, black on white, in the size of the picture."""
    strength = ink(working_copy(image)[0])
    sheet = (255.0 * (1.0 - cv2.resize(strength, image.shape[1::-1], interpolation=cv2.INTER_LINEAR))).astype(np.uint8)
    return np.repeat(sheet[..., None], 3, axis=2)


def answer(reader: Reader, case: SketchCase) -> Answer:
    """Read one drawing and compare with its annotation."""
    clock, times = time.perf_counter(), [time.process_time()]
    image = np.asarray(reader.prepare(load_image(case.picture)), np.uint8)
    times.append(time.process_time())
    found = reader.find(image)
    times.append(time.process_time())
    posed = None if found is None else _posed(reader, found[1])
    times.append(time.process_time())
    read, find, solve = np.diff(times) * 1000.0
    ms = (read, find, solve, (time.perf_counter() - clock) * 1000.0)
    names = tuple(name for name in FIGURE_23.names if case.annotated.confidence[0, FIGURE_23.index[name]] > 0.0)
    if found is None or posed is None:
        nowhere, lost = np.full(len(names), np.inf), np.full(len(limb_errors(case)), LOST)
        return Answer(case, names, nowhere, nowhere, lost, lost, ms)
    error, other = _distances(case.annotated, found[0], names)
    return Answer(case, names, error, other, _seen_limbs(case.annotated, found[0]), limb_errors(case, posed), ms)


def _posed(reader: Reader, seen: object) -> Estimate | None:
    """None where too little was seen."""
    try:
        return reader.solve(seen)
    except InputError:
        return None


def _distances(truth: Observation, found: Observation, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(K,) from the joints themselves, and from those of the other side."""
    sure = truth.confidence[0] > 0.0
    points = np.where(sure[:, None], truth.keypoints_px[0], np.inf)
    height = float(np.ptp(truth.keypoints_px[0, sure], axis=0).max())
    here = np.array([_place(found, name) for name in names])
    own = points[[FIGURE_23.index[name] for name in names]]
    across = points[[FIGURE_23.index[other_side(name)] for name in names]]
    return np.linalg.norm(here - own, axis=1) / height, np.linalg.norm(here - across, axis=1) / height


def other_side(name: str) -> str:
    """The same joint of the figure's other side; of the middle, itself."""
    side, _, part = name.partition("_")
    return f"{_OTHER[side]}_{part}" if side in _OTHER else name


def _place(found: Observation, name: str) -> np.ndarray:
    """(2,) pixels of a keypoint; infinity where the schema has none such."""
    index = found.schema.find(name)
    return np.full(2, np.inf) if index is None else found.keypoints_px[0, index]


def _seen_limbs(truth: Observation, found: Observation) -> np.ndarray:
    """(L,) degrees between the annotated limbs and those between the keypoints that were found."""
    degrees: list[float] = []
    for bone in LIMB_BONES:
        (start,), (end,) = (BONES[BONE_INDEX[bone]].start, BONES[BONE_INDEX[bone]].end)
        ends = [FIGURE_23.index[start], FIGURE_23.index[end]]
        if truth.confidence[0, ends].min() > 0.0:
            drawn = np.diff(truth.keypoints_px[0, ends], axis=0)[0]
            degrees.append(limb_angle(drawn, _place(found, end) - _place(found, start)))
    return np.array(degrees)


def pixel_table(reading: Sequence[Reader], sets: dict[str, list[SketchCase]]) -> tuple[Table, list[Answer]]:
    """A set and a reader a row; and the first reader's answers, for what follows."""
    table = Table(
        "drawings", "read by", "found", "PCK@0.1", "PCK@0.05", "sides forgiven", "swapped %", "limbs", "posed limbs",
        "median", "read ms", "find", "solve", "by the clock", box=None,
    )  # fmt: skip
    first: list[Answer] = []
    for name, cases in sets.items():
        for reader in reading:
            answer(reader, cases[0])
            answers = [answer(reader, case) for case in cases]
            table.add_row(name, reader.name, f"{sum(each.found for each in answers)}/{len(cases)}", *_numbers(answers))
            first += answers if reader is reading[0] else []
    return table, first


def detail_table(answers: Sequence[Answer]) -> Table:
    """A pose a row, and then a joint a row."""
    table = Table("", "number", "PCK@0.1", "PCK@0.05", "sides forgiven", "swapped %", "limbs", "posed limbs", "median",
                  box=None)  # fmt: skip
    for pose in dict.fromkeys(_pose(each) for each in answers):
        chosen = [each for each in answers if _pose(each) == pose]
        table.add_row(pose, str(len(chosen)), *_numbers(chosen)[:7])
    for part in dict.fromkeys(_part(name) for each in answers for name in each.names):
        numbers = _joint_numbers(answers, lambda name, part=part: _part(name) == part)
        table.add_row(f"  {part.replace('_', ' ')}", "", *numbers)
    return table


def goals(answers: Sequence[Answer]) -> str:
    """Which goals the first reader meets on these."""
    error, _ = _joined(answers)
    limbs = float(np.concatenate([each.limbs_posed for each in answers]).mean())
    seconds = float(np.median([sum(each.ms[:3]) for each in answers])) / 1000.0
    near = 100.0 * float((error < NEAR).mean())
    lines = [
        f"PCK@0.1 {near:.1f} %{_mark(near >= NEAR_GOAL)} (goal {NEAR_GOAL:g})",
        f"posed limbs {limbs:.1f} degrees{_mark(limbs <= LIMBS_GOAL)} (goal {LIMBS_GOAL:g})",
        _by_length(answers),
        f"{seconds:.2f} s of one processor{_mark(seconds <= SECONDS_GOAL)} (goal {SECONDS_GOAL:g} s on two)",
    ]
    return "; ".join(lines)


def _by_length(answers: Sequence[Answer]) -> str:
    """Of limbs that are foreshortened a pixel turns the angle, and of the others it does not."""
    lengths = np.concatenate([_limb_lengths(each.case.annotated) for each in answers])
    degrees = np.concatenate([each.limbs_posed for each in answers])
    short = lengths < NEAR
    return (
        f"{degrees[~short].mean():.1f} of limbs drawn {NEAR:g} of the height or longer, {degrees[short].mean():.1f} of "
        f"the {short.sum()} shorter"
        if short.any()
        else "none of the limbs is drawn short"
    )


def _limb_lengths(truth: Observation) -> np.ndarray:
    """(L,) of the annotated limbs, as shares of the figure's height."""
    points, sure = truth.keypoints_px[0], truth.confidence[0] > 0.0
    height = float(np.ptp(points[sure], axis=0).max())
    ends = [(FIGURE_23.index[bone.start[0]], FIGURE_23.index[bone.end[0]]) for bone in map(_bone, LIMB_BONES)]
    return np.array([float(np.linalg.norm(points[b] - points[a])) / height for a, b in ends if sure[a] and sure[b]])


def _bone(name: str) -> DrawnBone:
    return BONES[BONE_INDEX[name]]


def worst(answers: Sequence[Answer], *, count: int = 12) -> Table:
    """The drawings with the fewest joints found."""
    table = Table("worst drawings", "PCK@0.1", "sides forgiven", "posed limbs", "missed", box=None)
    for each in sorted(answers, key=lambda each: float((each.error < NEAR).mean()))[:count]:
        missed = [name for name, error in zip(each.names, each.error, strict=True) if error >= NEAR]
        numbers = _numbers([each])
        file = f"{each.case.picture.parent.name}/{each.case.picture.stem}"
        table.add_row(file, numbers[0], numbers[2], numbers[5], ", ".join(missed))
    return table


def _mark(met: bool) -> str:
    return "" if met else " !"


def _pose(each: Answer) -> str:
    return re.sub(r"^\d+[FM]_", "", each.case.name).replace("_", " ")


def _part(name: str) -> str:
    side, _, part = name.partition("_")
    return part if side in _OTHER else name


def _joined(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([each.error for each in answers]), np.concatenate([each.other for each in answers])


def _joint_numbers(answers: Sequence[Answer], chosen: Callable[[str], bool]) -> list[str]:
    """PCK@0.1, PCK@0.05, PCK@0.1 whichever side, and the share of joints on the other side's place."""
    kept = np.array([chosen(name) for each in answers for name in each.names])
    error, other = (values[kept] for values in _joined(answers))
    swapped = (error >= NEAR) & (other < NEAR)
    shares = (error < NEAR, error < NEARER, np.minimum(error, other) < NEAR, swapped)
    return [f"{100.0 * float(share.mean()):.1f}" for share in shares]


def _numbers(answers: Sequence[Answer]) -> list[str]:
    """The columns from PCK@0.1 on."""
    seen, posed = (np.concatenate([getattr(each, name) for each in answers]) for name in ("limbs_seen", "limbs_posed"))
    times = np.median([each.ms for each in answers], axis=0)
    angles = [f"{float(angle):.1f}" for angle in (seen.mean(), posed.mean(), np.median(posed))]
    return [*_joint_numbers(answers, lambda _: True), *angles, *(f"{ms:.0f}" for ms in times)]
