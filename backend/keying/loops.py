"""Loops: the best cycle in a motion, and the motion made to meet itself there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray, FloatArray
from ..errors import InputError
from ..job import Job, Progress, run_job
from ..kinematics import global_rotations, joint_positions
from ..matrices import product, transposed
from ..pose_sequence import PoseSequence
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle, matrix_to_quaternion

Root = Literal["IN_PLACE", "TRAVEL"]

_ROWS: Final = 16
"""Frames compared with all later ones at a time."""
_CHUNK: Final = 256
"""Frames whose joints are placed at a time."""
_STAGE: Final = "Looking for a loop"
_LOOK_AHEAD_S: Final = 0.15
"""A speed counts as the distance that it makes in this time."""
_LEAST_MOVE_M: Final = 0.03
"""Mean over the joints: a stretch in which the body goes no farther from its first pose is rest and no cycle."""
_MEETS_M: Final = 0.1
"""Ends that are farther apart are seen to jerk: there the joints then change their speed three times as fast as
elsewhere in the loop, and more."""
_AS_GOOD: Final = 1.15
"""Of cycles nearly as good as the best the shortest is taken: two steps instead of four."""
_AS_GOOD_AT_LEAST: Final = 0.02
_UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Cycle:
    """A stretch of a motion that ends nearly as it begins.

    Attributes:
        start, end: first and last frame; the last shows about the pose of the first.
        mismatch_m: mean distance of the joints in both, seen from the root, with the difference of their speeds.
        share: that over the farthest that the body goes from its first pose in between: 0 is a perfect loop.
    """

    start: int
    end: int
    mismatch_m: float
    share: float

    @property
    def length(self) -> int:
        """Frames in a round."""
        return self.end - self.start

    @property
    def meets(self) -> bool:
        """Whether its ends are near enough to each other for a blend not to be seen."""
        return self.mismatch_m <= _MEETS_M


@dataclass(frozen=True)
class Loop:
    """A motion that can be repeated.

    Attributes:
        poses: N + 1 frames, of which the last is the first again, but for `travel` and `turn`.
        cycle: where it was found.
        travel: (2,) metres along x and z that the root goes in a round; 0 in place.
        turn: radians that it turns about the vertical in a round; 0 in place.
    """

    poses: PoseSequence
    cycle: Cycle
    travel: DoubleArray
    turn: float


def best_cycle(poses: PoseSequence, *, shortest_s: float = 0.5, longest_s: float = 8.0) -> Cycle:
    """`find_cycle` at once."""
    return run_job(find_cycle(poses, shortest_s=shortest_s, longest_s=longest_s))


def find_cycle(poses: PoseSequence, *, shortest_s: float = 0.5, longest_s: float = 8.0) -> Job[Cycle]:
    """The stretch of a motion that meets itself best; a job.

    Two frames are as far apart as their joints, and the joints' speeds, seen from a root whose place on the ground and
    heading do not count. Each stretch is judged by that distance over the largest one within it.

    Raises:
        InputError: there are too few frames, or nothing moves.
    """
    shortest, longest = max(round(shortest_s * poses.fps), 2), round(longest_s * poses.fps)
    if shortest > longest or poses.frame_count <= shortest:
        raise InputError(
            f"A loop of {shortest_s:g} s or more needs a longer motion than {poses.frame_count / poses.fps:.2f} s. "
            "Take more frames."
        )
    features = yield from _features(poses)
    found: list[Cycle] = []
    for start in range(0, len(features) - shortest, _ROWS):
        yield Progress(_STAGE, 0.1 + 0.9 * start / len(features))
        for row in range(start, min(start + _ROWS, len(features) - shortest)):
            found += _best_from(features[row : row + longest + 1], row, shortest=shortest)
    if not found:
        raise InputError("Nothing moves far enough in this motion to make a loop of. Choose another part of it.")
    best = min(cycle.share for cycle in found)
    good = [cycle for cycle in found if cycle.share <= max(_AS_GOOD * best, best + _AS_GOOD_AT_LEAST)]
    shortest_good = min(cycle.length for cycle in good)
    return min((cycle for cycle in good if cycle.length <= 1.1 * shortest_good), key=lambda cycle: cycle.share)


def _best_from(features: DoubleArray, start: int, *, shortest: int) -> list[Cycle]:
    """The best cycles, up to two, that begin with the first of these frames."""
    apart = np.sqrt(np.mean(np.sum(np.square(features - features[0]), axis=-1), axis=-1))
    farthest = np.maximum.accumulate(apart)
    share = np.where(farthest >= _LEAST_MOVE_M, apart / np.maximum(farthest, 1e-9), np.inf)
    share[:shortest] = np.inf
    lowest = _local_minima(share)
    if not lowest.any():
        return []
    ends = np.flatnonzero(lowest)
    best = ends[np.argsort(share[ends], kind="stable")[:2]]
    return [Cycle(start, start + int(end), float(apart[end]), float(share[end])) for end in best]


def _local_minima(values: DoubleArray) -> BoolArray:
    padded = np.concatenate([[np.inf], values, [np.inf]])
    return (values <= padded[:-2]) & (values <= padded[2:]) & np.isfinite(values)


def _features(poses: PoseSequence) -> Job[DoubleArray]:
    """(T, 2 J, 3) metres: the joints seen from under the root along its heading, and what they move in a moment.

    The root itself is there with its height, and with its speed over the ground.
    """
    yaw, level = _heading_and_rest(poses.rotations[:, 0])
    joints = np.empty((poses.frame_count, poses.rotations.shape[1], 3))
    for start in range(0, poses.frame_count, _CHUNK):
        yield Progress(_STAGE, 0.1 * start / poses.frame_count)
        part = slice(start, start + _CHUNK)
        local = axis_angle_to_matrix(poses.rotations[part])
        local[:, 0] = level[part]
        joints[part] = joint_positions(global_rotations(local), poses.translation[part] * _UP)
    ground = poses.translation.astype(np.float64) * (1.0 - _UP)
    moves = np.gradient(joints, axis=0) + _turned(np.gradient(ground, axis=0), -yaw)[:, None]
    return np.concatenate([joints, moves * poses.fps * _LOOK_AHEAD_S], axis=1)


def _heading_and_rest(root: AnyFloatArray) -> tuple[DoubleArray, DoubleArray]:
    """(T, 3) -> (T,) radians about the vertical, without jumps, and (T, 3, 3) what is left of the orientation."""
    matrices = axis_angle_to_matrix(root)
    quaternions = matrix_to_quaternion(matrices)
    yaw = np.unwrap(2.0 * np.arctan2(quaternions[:, 2], quaternions[:, 0]))
    return yaw, product(transposed(_about_up(yaw)), matrices)


def _about_up(angles: DoubleArray) -> DoubleArray:
    return axis_angle_to_matrix(angles[:, None] * _UP)


def _turned(vectors: DoubleArray, angles: DoubleArray) -> DoubleArray:
    return np.einsum("tij,tj->ti", _about_up(angles), vectors)


def looped(poses: PoseSequence, cycle: Cycle, *, root: Root = "IN_PLACE", blend_s: float = 0.4) -> Loop:
    """The frames of a cycle, bent near both ends so that the last is the first again.

    What the rotations at both ends differ by is halved between them and fades out over `blend_s` seconds, at most half
    the cycle. In place the root's drift over the ground and its turn are taken off evenly; else it travels on as it
    did, and the next round begins `Loop.travel` and `Loop.turn` farther.

    Raises:
        InputError: the cycle is not within the motion, or a choice is unknown.
    """
    if not 0 <= cycle.start < cycle.end < poses.frame_count:
        raise InputError(f"Frames {cycle.start} to {cycle.end} are not within {poses.frame_count} frames.")
    if root not in ("IN_PLACE", "TRAVEL"):
        raise InputError(f"The root must be IN_PLACE or TRAVEL, not {root}.")
    part = slice(cycle.start, cycle.end + 1)
    weights = _weights(cycle.length + 1, round(blend_s * poses.fps))
    yaw, level = _heading_and_rest(poses.rotations[part, 0])
    local = axis_angle_to_matrix(poses.rotations[part])
    local[:, 0] = level
    local = _met(local, weights)
    ground, yaw = _path(poses.translation[part].astype(np.float64), yaw, root=root)
    local[:, 0] = product(_about_up(yaw), local[:, 0])
    height = poses.translation[part, 1].astype(np.float64)
    ground[:, 1] = height + weights * 0.5 * (height[0] - height[-1])
    hands = None if poses.hands is None else _as_axis_angles(_met(axis_angle_to_matrix(poses.hands[part]), weights))
    made = replace(
        poses,
        rotations=_as_axis_angles(local),
        translation=ground.astype(np.float32),
        confidence=_with_equal_ends(poses.confidence[part]),
        shown=None if poses.shown is None else _with_equal_ends(poses.shown[part]),
        hands=hands,
    )
    return Loop(made, cycle, (ground[-1] - ground[0])[[0, 2]], float(yaw[-1] - yaw[0]))


def _weights(frames: int, blend: int) -> DoubleArray:
    """(F,) from -1 at the first frame to 0, and up to 1 at the last, level at all ends."""
    width = max(min(blend, frames // 2), 1)
    share = np.clip(1.0 - np.arange(frames) / width, 0.0, 1.0)
    smooth = share**2 * (3.0 - 2.0 * share)
    return smooth[::-1] - smooth


def _met(matrices: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """(F, ..., 3, 3): both ends turned half-way to each other."""
    apart = matrix_to_axis_angle(product(transposed(matrices[-1]), matrices[0]))
    share = weights.reshape(-1, *(1,) * apart.ndim)
    return product(matrices, axis_angle_to_matrix(0.5 * share * apart))


def _path(places: DoubleArray, yaw: DoubleArray, *, root: Root) -> tuple[DoubleArray, DoubleArray]:
    """(F, 3) places over the ground and (F,) headings; in place both end where they begin."""
    ground = places * (1.0 - _UP)
    if root == "TRAVEL":
        return ground, yaw
    share = np.linspace(0.0, 1.0, len(yaw))
    back = -share * (yaw[-1] - yaw[0])
    steps = _turned(np.diff(ground, axis=0), back[:-1])
    path = ground[0] + np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    return path - share[:, None] * (path[-1] - path[0]), yaw + back


def _as_axis_angles(matrices: DoubleArray) -> FloatArray:
    return matrix_to_axis_angle(matrices).astype(np.float32)


def _with_equal_ends(values: FloatArray) -> FloatArray:
    values = values.copy()
    values[-1] = values[0]
    return values
