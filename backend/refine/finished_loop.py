"""The best cycle of a motion as a loop: its ends meet, and its feet stand through the seam."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import BoolArray, DoubleArray
from ..errors import InputError
from ..job import Job, Progress
from ..keying.loops import Cycle, Loop, find_cycle, looped
from ..pose_sequence import PoseSequence
from ..proportions import scaled_offsets
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .finish import FinishedMotion, MotionSettings, finish_motion, locked

if TYPE_CHECKING:
    from ..estimate.motion import RawMotion

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class FinishedLoop:
    """A loop that is keyed.

    Attributes:
        motion: its frames; the last is the first again, but for what `loop` travels and turns.
        loop: where it was found, and how far it goes.
        whole: how many frames the motion has that it was found in.
    """

    motion: FinishedMotion
    loop: Loop
    whole: int


def finish_loop(
    raw: RawMotion, settings: MotionSettings | None = None, *, fps: float | None = None
) -> Job[FinishedLoop]:
    """As `finish_motion`, but only the best cycle.

    Raises:
        InputError: the motion is too short for a loop, nothing moves, or `fps` is not a positive number.
    """
    settings = settings or MotionSettings()
    whole = yield from finish_motion(raw, replace(settings, in_place=False), fps=fps)
    cycle = yield from _best_cycle(whole)
    yield Progress("Blending the loop", 0.95)
    part = slice(cycle.start, cycle.end + 1)
    stands = whole.stands[part].copy()
    stands[-1] = stands[0]
    loop = looped(whole.poses, cycle, root="IN_PLACE" if _keeps_a_foot_down(stands) else "TRAVEL")
    motion = FinishedMotion(loop.poses, stands, whole.places[part])
    if settings.lock_feet:
        motion = yield from _locked_round(motion, loop, offsets=scaled_offsets(raw.log_scales).astype(np.float64))
        loop = replace(loop, poses=motion.poses)
    if settings.in_place:
        loop = _in_place(motion.poses, cycle)
        motion = replace(motion, poses=loop.poses)
    return FinishedLoop(motion, loop, whole.poses.frame_count)


def _best_cycle(whole: FinishedMotion) -> Job[Cycle]:
    """Within one take: across a cut nothing goes on."""
    found: list[Cycle] = []
    trouble: InputError | None = None
    for take in whole.takes:
        try:
            cycle = yield from find_cycle(whole.poses.part(take))
        except InputError as error:
            trouble = trouble or error
        else:
            found.append(replace(cycle, start=cycle.start + take.start, end=cycle.end + take.start))
    if not found:
        raise trouble or InputError("There is no motion to make a loop of.")
    return min(found, key=lambda cycle: cycle.share)


def _keeps_a_foot_down(stands: BoolArray) -> bool:
    """Whether a foot stands in every frame (T, 4): then nobody gets anywhere from round to round."""
    return bool((stands[:, [0, 2]] | stands[:, [1, 3]]).all(0).any())


def _locked_round(motion: FinishedMotion, loop: Loop, *, offsets: DoubleArray) -> Job[FinishedMotion]:
    """One round with locked feet, as it is between a round before and one after it."""
    count = loop.cycle.length
    once = motion.poses.part(slice(count))
    three = _moved(once, loop, -1).followed_by(once, _moved(once, loop, 1))
    stands = np.tile(motion.stands[:count], (3, 1))
    done = yield from locked(FinishedMotion(three, stands, np.arange(3.0 * count)), offsets=offsets)
    first = done.poses.part(slice(count, 2 * count))
    poses = first.followed_by(_moved(first.part(slice(1)), loop, 1))
    return replace(motion, poses=poses)


def _moved(poses: PoseSequence, loop: Loop, rounds: int) -> PoseSequence:
    """The poses as they are so many rounds later."""
    turn = axis_angle_to_matrix(rounds * loop.turn * _UP)
    way = np.array([loop.travel[0], 0.0, loop.travel[1]])
    start = loop.poses.translation[0].astype(np.float64) * (1.0 - _UP)
    to = start + way if rounds > 0 else start - turn @ way
    root = turn @ axis_angle_to_matrix(poses.rotations[:, 0])
    rotations = poses.rotations.copy()
    rotations[:, 0] = matrix_to_axis_angle(root)
    translation = (poses.translation - start) @ turn.T + to
    return replace(poses, rotations=rotations, translation=translation.astype(np.float32))


def _in_place(poses: PoseSequence, cycle: Cycle) -> Loop:
    """A loop that travels, over the place where it begins."""
    loop = looped(poses, replace(cycle, start=0, end=cycle.length), root="IN_PLACE")
    translation = loop.poses.translation * _UP.astype(np.float32)
    return replace(loop, poses=replace(loop.poses, translation=translation), cycle=cycle)
