"""What a video shows of one person -> the person's motion before the camera, before it is finished.

The pose model reads steadied keypoints; its readings are fitted to them with one body for all frames.

Convention: the inner frame of the camera (metres; x right, y up, z to the viewer); frames are evenly spaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, FloatArray, IntArray, checked
from ..errors import InputError
from ..job import Job, Progress, in_steps
from ..observation import Observation
from ..packages import require_torch
from ..proportions import LENGTH_GROUPS
from ..refine.gaps import with_gaps_filled, without_empty_takes
from ..refine.settings import FitSettings
from ..refine.steady import at_even_times, steadied
from ..refine.tensors import one_thread
from ..skeleton import JOINT_COUNT

if TYPE_CHECKING:
    from .pose_network import PoseNetwork, Reading

_FITTED: Final = 12
_READ: Final = 12
"""So many frames are fitted, and read, in one step; the second is a multiple of the first."""
_SAME_BODY: Final = 0.002
"""The logarithms of a body's lengths stay so near to those of the whole video in each frame."""
_STEADY: Final = 0.3
_READING: Final = 0.5
"""The shares of the work that are done when the first frame is read, and fitted."""


@dataclass(frozen=True)
class Fitted(Progress):
    """Where the fit is, with the last frame that it fitted, for a preview.

    Attributes:
        frames: how many frames are fitted.
        rotations: (24, 3, 3) of the last of them, as in `RawMotion`.
    """

    frames: int
    rotations: FloatArray


@dataclass(frozen=True)
class RawMotion:
    """T frames of one person's motion as a camera sees it, evenly spaced.

    Attributes:
        rotations: (T, 24, 3, 3) parent-relative; that of the pelvis in the camera's inner frame.
        pelvis: (T, 3) metres in it.
        up: (T, 3) unit vector against gravity in it, as each frame says.
        sigma: (T, 24) radians: how far each joint's rotation may be off.
        log_scales: (10,) the body's lengths, in the order of `proportions.LENGTH_GROUPS`.
        camera: (4,) fx, fy, cx, cy in pixels.
        image_size: (2,) width and height of the picture in pixels.
        shot: (T,) which take of the camera, counted from 0.
        seen: (T,) whether the person was seen; else the frame is filled in.
        start_s: time of the first frame in the video.
        fps: frames per second.

    Raises:
        InputError: a shape does not fit, or a number is not finite.
    """

    rotations: FloatArray
    pelvis: FloatArray
    up: FloatArray
    sigma: FloatArray
    log_scales: FloatArray
    camera: FloatArray
    image_size: FloatArray
    shot: IntArray
    seen: BoolArray
    start_s: float
    fps: float

    def __post_init__(self) -> None:
        frames = len(self.rotations)
        shapes: dict[str, tuple[int | str, ...]] = {
            "rotations": ("T", JOINT_COUNT, 3, 3),
            "pelvis": (frames, 3),
            "up": (frames, 3),
            "sigma": (frames, JOINT_COUNT),
            "log_scales": (len(LENGTH_GROUPS),),
            "camera": (4,),
            "image_size": (2,),
        }
        for name, shape in shapes.items():
            object.__setattr__(self, name, checked(name, getattr(self, name), shape))
        if not frames or self.shot.shape != (frames,) or self.seen.shape != (frames,):
            raise InputError("A motion needs a frame, and for each its shot and whether it was seen.")
        if not 0.0 < self.fps < np.inf:
            raise InputError(f"fps must be a positive number, not {self.fps}.")

    @property
    def frame_count(self) -> int:
        """T."""
        return len(self.rotations)

    @property
    def shots(self) -> list[slice]:
        """The frames of each take."""
        edges = [0, *(np.flatnonzero(np.diff(self.shot)) + 1).tolist(), self.frame_count]
        return [slice(first, last) for first, last in pairwise(edges)]

    def to_arrays(self) -> dict[str, Any]:
        """What a file of it holds."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> RawMotion:
        """The inverse of `to_arrays`.

        Raises:
            InputError: they are not of a motion.
        """
        try:
            found: dict[str, Any] = {field.name: np.asarray(arrays[field.name]) for field in fields(cls)}
            found |= {name: float(found[name].item()) for name in ("start_s", "fps")}
            found |= {"shot": found["shot"].astype(np.intp), "seen": found["seen"].astype(np.bool_)}
            return cls(**found)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError("This holds no motion of a video. Read the video again.") from error


def solve_motion(
    observation: Observation,
    time_s: AnyFloatArray,
    network: PoseNetwork,
    *,
    cuts: tuple[int, ...] = (),
    seen: BoolArray | None = None,
) -> Job[RawMotion]:
    """The motion of one person.

    Args:
        observation: T frames of BlazePose's landmarks; confidence 0 where the person is not seen.
        time_s: (T,) when each frame was taken, ascending.
        network: the pose model.
        cuts: positions of frames with which another shot begins.
        seen: (T,) in which frames the person was seen; by default those with any confidence.

    Raises:
        InputError: there is no frame in which anything is seen, or the times do not ascend.
        MissingPackageError: torch is not installed.
    """
    require_torch()
    from .evidence import SEEN

    shown: BoolArray = (observation.confidence > SEEN).any(1) if seen is None else seen
    if not shown.any():
        raise InputError("The person is seen in no frame of the video. Choose another person, or other frames.")
    even, places = at_even_times(observation, time_s)
    shot = np.searchsorted(np.asarray(cuts, np.intp), places, side="right").astype(np.intp)
    shot = without_empty_takes(shot, shown[places])
    steady = yield from _steadied_shots(even, shot)
    readings = yield from _read(steady, network)
    scales = _of_one_body(readings, shown[places] & (steady.confidence.max(1) > SEEN))
    yield Progress("Fitting the poses to the video", _READING)
    found = yield from _fitted(steady, readings, network=network, scales=scales)
    for number in np.unique(shot).tolist():
        take = shot == number
        filled = with_gaps_filled(found["rotations"][take], found["pelvis"][take], shown[places][take])
        found["rotations"][take], found["pelvis"][take] = filled
    return RawMotion(
        **found,
        log_scales=scales,
        image_size=np.array(steady.image_size, np.float32),
        shot=shot - shot.min(),
        seen=shown[places],
        start_s=float(time_s[0]),
        fps=steady.fps,
    )


def _steadied_shots(even: Observation, shot: IntArray) -> Job[Observation]:
    """Every take by itself: nothing is smoothed across a cut."""
    parts: list[Observation] = []
    numbers = np.unique(shot).tolist()
    for place, number in enumerate(numbers):
        start, end = (_STEADY * edge / len(numbers) for edge in (place, place + 1))
        part = yield from _within(steadied(_cut(even, shot == number)), start, end)
        parts.append(part)
    return _joined(even, parts)


def _within(job: Job[Observation], start: float, end: float) -> Job[Observation]:
    """The job as a part of a longer one."""
    while True:
        try:
            progress = next(job)
        except StopIteration as stop:
            return stop.value
        yield replace(progress, fraction=start + (end - start) * progress.fraction)


def _cut(seen: Observation, frames: slice | BoolArray) -> Observation:
    world, box = seen.keypoints_world, seen.box_px
    return replace(
        seen,
        keypoints_px=seen.keypoints_px[frames],
        confidence=seen.confidence[frames],
        keypoints_world=None if world is None else world[frames],
        box_px=None if box is None else box[frames],
    )


def _joined(whole: Observation, parts: list[Observation]) -> Observation:
    """All frames again, of which the parts are the takes in order."""
    world = [part.keypoints_world for part in parts if part.keypoints_world is not None]
    return replace(
        whole,
        keypoints_px=np.concatenate([part.keypoints_px for part in parts]),
        confidence=np.concatenate([part.confidence for part in parts]),
        keypoints_world=np.concatenate(world) if world else None,
    )


def _read(steady: Observation, network: PoseNetwork) -> Job[list[Reading]]:
    """What the pose model says, `_READ` frames at a time."""
    import torch

    from .learned import see

    device = next(network.parameters()).device
    found: list[Reading] = []
    for first in range(0, steady.frame_count, _READ):
        yield Progress("Reading the poses", _STEADY + (_READING - _STEADY) * first / steady.frame_count)
        with torch.inference_mode(), one_thread():
            seen = see(_cut(steady, slice(first, first + _READ)), device)
            found.append(network.expected(seen.evidence))
    return found


def _of_one_body(readings: list[Reading], counted: BoolArray) -> FloatArray:
    """(10,) the lengths that the frames which count agree on in the mean."""
    each: list[FloatArray] = [np.asarray(reading.log_scales.float().cpu(), np.float32) for reading in readings]
    scales = np.concatenate(each)
    return scales[counted if counted.any() else slice(None)].mean(0)


def _fitted(
    steady: Observation, readings: list[Reading], *, network: PoseNetwork, scales: FloatArray
) -> Job[dict[str, Any]]:
    """The fields of `RawMotion` that the fit gives."""
    import torch

    from .learned import fitting_reading, see

    device = next(network.parameters()).device
    settings = FitSettings(log_scale_sigma=_SAME_BODY)
    rows: list[tuple[FloatArray, ...]] = []
    camera = np.zeros(4, np.float32)
    for first in range(0, steady.frame_count, _FITTED):
        stage, done = "Fitting the poses to the video", _READING + (1.0 - _READING) * first / steady.frame_count
        yield Fitted(stage, done, first, rows[-1][0][-1]) if rows else Progress(stage, done)
        with torch.inference_mode(), one_thread():
            seen = see(_cut(steady, slice(first, first + _FITTED)), device)
            start = first % _READ
            reading = readings[first // _READ].part(slice(start, start + _FITTED))
            body = torch.from_numpy(scales).to(device).expand_as(reading.log_scales)
            steps = fitting_reading(seen, replace(reading, log_scales=body), settings=settings)
        fit = yield from in_steps(steps, Progress(stage, done))
        yield Progress(stage, done)
        with torch.inference_mode(), one_thread():
            up = (seen.view.turn @ reading.up[..., None])[..., 0]
            arrays = (fit.rotations, fit.pelvis, up, reading.log_rotation_sigma.exp())
        rows.append(tuple(np.asarray(array.float().cpu(), np.float32) for array in arrays))
        camera = np.array(seen.camera.as_array(), np.float32)
    names = ("rotations", "pelvis", "up", "sigma")
    return {name: np.concatenate(parts) for name, parts in zip(names, zip(*rows, strict=True), strict=True)} | {
        "camera": camera
    }
