"""Feet that stand, stand still: legs are bent so that standing soles stay where they stand, without a knee that pops.

Convention: a world whose y points up and whose ground is y = 0; metres; T frames evenly spaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy.ndimage import (
    gaussian_filter1d,  # pyright: ignore[reportUnknownVariableType]
    maximum_filter1d,  # pyright: ignore[reportUnknownVariableType]
)
from scipy.sparse import csc_array
from scipy.sparse.linalg import spsolve  # pyright: ignore[reportUnknownVariableType]
from scipy.spatial.transform import Rotation

from ..arrays import BoolArray, DoubleArray
from ..kinematics import global_rotations, joint_positions
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle, normalized, swing_between
from ..skeleton import JOINT_INDEX
from .contacts import runs, soles
from .smoothing import smoothed

_EASED_S: Final = 0.1
"""In this time after its begin a contact counts in full, and so much before its end no more."""
_EASED_HZ: Final = 2.5
"""A correction comes and goes as slowly as this where nothing else is asked of it, which knees need that do not pop."""
_HELD: Final = 100.0
_FREE: Final = 0.3
"""How much it counts that a standing sole stands still, and that others stay where they are."""
_MEAN: Final = 0.5
"""How much it counts where a sole is in the mean, beside how far heel and ball are apart."""
_LOWERED_S: Final = 0.2
"""The pelvis sinks and rises in about this time."""
_STRETCHED: Final = 0.99
"""A leg is stretched to this share of its length at most: straighter, a millimetre would turn the knee by degrees."""
_SIDES: Final = ("left", "right")
_UP: Final = np.array([0.0, 1.0, 0.0])


def with_locked_feet(
    rotations: DoubleArray, pelvis: DoubleArray, stands: BoolArray, *, offsets: DoubleArray, fps: float
) -> tuple[DoubleArray, DoubleArray]:
    """Bend the legs, and lower the pelvis where they are too short, so that standing soles stand.

    Args:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the world.
        pelvis: (T, 3).
        stands: (T, 4) left heel, left ball, right heel, right ball.
        offsets: (24, 3) metres, the body's rest offsets.
        fps: frames per second.

    Returns:
        Rotations and pelvis, as given.
    """
    if not stands.any():
        return rotations, pelvis
    turned, place = np.array(rotations, np.float64), np.array(pelvis, np.float64)
    for side in (0, 1):
        _set_flat(turned, stands[:, 2 * side : 2 * side + 2], ankle=JOINT_INDEX[f"{_SIDES[side]}_ankle"], fps=fps)
    joints = joint_positions(global_rotations(turned), place, offsets=offsets)
    found = soles(turned, place, offsets=offsets)
    goals = [
        joints[:, JOINT_INDEX[f"{name}_ankle"]]
        + moves_to_stand(found[:, 2 * side : 2 * side + 2], stands[:, 2 * side : 2 * side + 2], fps=fps)
        for side, name in enumerate(_SIDES)
    ]
    place[:, 1] -= _lowered(joints, goals, offsets=offsets, reach=max(1, round(_LOWERED_S * fps)))
    for name, goal in zip(_SIDES, goals, strict=True):
        _bend(turned, place, goal, side=name, offsets=offsets)
    return turned, place


def _set_flat(turned: DoubleArray, stands: BoolArray, *, ankle: int, fps: float) -> None:
    """While heel and ball stand, the foot keeps its direction and lies level; before and after it turns there."""
    world = global_rotations(turned)
    wanted, flat = world[:, ankle].copy(), stands.all(1)
    if not flat.any():
        return
    turns = np.zeros((len(turned), 3))
    for run in runs(flat):
        mean = _mean_rotation(world[run, ankle])
        ahead = mean @ np.array([0.0, 0.0, 1.0])
        level = swing_between(ahead, ahead - (ahead @ _UP) * _UP) @ mean
        turns[run] = matrix_to_axis_angle(level @ np.swapaxes(world[run, ankle], 1, 2))
    wanted = axis_angle_to_matrix(_eased(turns[:, None], flat[:, None], fps=fps)) @ wanted
    above = world[:, JOINT_INDEX["left_knee"] if ankle == JOINT_INDEX["left_ankle"] else JOINT_INDEX["right_knee"]]
    turned[:, ankle] = np.swapaxes(above, 1, 2) @ wanted


def _mean_rotation(rotations: DoubleArray) -> DoubleArray:
    """(3, 3) the mean of (N, 3, 3)."""
    return Rotation.from_matrix(rotations).mean().as_matrix()


def moves_to_stand(places: DoubleArray, stands: BoolArray, *, fps: float) -> DoubleArray:
    """(T, 3): by what a foot goes so that its soles (T, 2, 3) stand still while they stand (T, 2), in any unit.

    How high is left as it is in the mean: ground that is told a little wrong would bend every leg.
    """
    moves = np.zeros(places.shape)
    contacts = [(sole, run) for sole in range(places.shape[1]) for run in runs(stands[:, sole])]
    if not contacts:
        return moves.sum(1)
    for (sole, run), anchor in zip(contacts, _anchors(places, contacts), strict=True):
        moves[run, sole] = anchor - places[run, sole]
    return _eased(moves, stands, fps=fps)


def _anchors(places: DoubleArray, contacts: list[tuple[int, slice]]) -> DoubleArray:
    """(N, 3): where the sole of each contact stands.

    About where it is in the mean; but heel and ball that stand at once are as far apart as the foot is long, so that
    the foot does not slide when it goes from the one to the other.
    """
    means = np.array([places[run, sole].mean(0) for sole, run in contacts]).reshape(-1, 3)
    counts = _MEAN * np.array([float(run.stop - run.start) for _, run in contacts])
    right = counts[:, None] * means
    entries = [(place, place, count) for place, count in enumerate(counts.tolist())]
    for one, other in _at_once(contacts):
        (sole, run), (other_sole, other_run) = contacts[one], contacts[other]
        both = slice(max(run.start, other_run.start), min(run.stop, other_run.stop))
        frames, apart = float(both.stop - both.start), (places[both, sole] - places[both, other_sole]).sum(0)
        entries += [(one, one, frames), (other, other, frames), (one, other, -frames), (other, one, -frames)]
        right[one] += apart
        right[other] -= apart
    rows, columns, values = zip(*entries, strict=True)
    square = csc_array((values, (rows, columns)), shape=(len(contacts), len(contacts)))
    return np.asarray(spsolve(square, right), np.float64).reshape(-1, 3)


def _at_once(contacts: list[tuple[int, slice]]) -> Iterator[tuple[int, int]]:
    """Positions of contacts that share a frame."""
    order = sorted(range(len(contacts)), key=lambda place: contacts[place][1].start)
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if contacts[other][1].start >= contacts[one][1].stop:
                break
            yield one, other


def _eased(values: DoubleArray, held: BoolArray, *, fps: float) -> DoubleArray:
    """(T, D): as (T, N, D) while held (T, N), from nothing and back to it as smoothly as joints turn.

    Of several that are held, one that is let go or taken up counts little around then.
    """
    ease = max(1, round(_EASED_S * fps))
    each = np.stack([_away_from_ends(column, ease) for column in held.T], axis=1)
    total = each.sum(1)
    mean = (values * each[..., None]).sum(1) / np.maximum(total, 1.0 / ease)[:, None]
    weights = _FREE + _HELD * np.square(each.max(1))
    return smoothed(mean, weights, cutoff=_EASED_HZ, fps=fps)


def _away_from_ends(held: BoolArray, ease: int) -> DoubleArray:
    """(T,) 0 where not held, rising to 1 within so many frames from where that begins and ends."""
    found = np.zeros(len(held))
    for run in runs(held):
        since = np.arange(1.0, run.stop - run.start + 1.0)
        share = np.ones(len(since))
        if run.start > 0:
            share = np.minimum(share, since / ease)
        if run.stop < len(held):
            share = np.minimum(share, since[::-1] / ease)
        found[run] = share
    return found


def _lowered(joints: DoubleArray, goals: list[DoubleArray], *, offsets: DoubleArray, reach: int) -> DoubleArray:
    """(T,) metres by which the pelvis sinks so that both legs reach their goals."""
    needed = np.zeros(len(joints))
    for name, goal in zip(_SIDES, goals, strict=True):
        hip, ankle = joints[:, JOINT_INDEX[f"{name}_hip"]], joints[:, JOINT_INDEX[f"{name}_ankle"]]
        length = _reach(hip, ankle, side=name, offsets=offsets)
        aside = np.square((hip - goal)[:, [0, 2]]).sum(1)
        height = np.sqrt(np.maximum(np.square(length) - aside, 0.0))
        needed = np.maximum(needed, (hip - goal)[:, 1] - height)
    width = 2 * reach + 1
    widened: DoubleArray = np.asarray(maximum_filter1d(needed, width, mode="nearest"), np.float64)
    return np.asarray(gaussian_filter1d(widened, 0.5 * reach, mode="nearest"), np.float64)


def _reach(hip: DoubleArray, ankle: DoubleArray, *, side: str, offsets: DoubleArray) -> DoubleArray:
    """(T,) metres: how far from the hip the ankle may be; no nearer than it was."""
    length = sum(float(np.linalg.norm(offsets[JOINT_INDEX[f"{side}_{name}"]])) for name in ("knee", "ankle"))
    return _within_reach(np.linalg.norm(ankle - hip, axis=1), length)


def _within_reach(now: DoubleArray, length: DoubleArray | float) -> DoubleArray:
    """(T,) how far from the hip an ankle may be that is so far `now`, of legs of this length."""
    return np.maximum(_STRETCHED * length, np.minimum(now, length))


def _bend(turned: DoubleArray, place: DoubleArray, goal: DoubleArray, *, side: str, offsets: DoubleArray) -> None:
    """Turn hip and knee so that the ankle is at the goal (T, 3).

    The knee stays in the plane in which it was, and the foot keeps its direction.
    """
    hip, knee, ankle = (JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    world = global_rotations(turned)
    joints = joint_positions(world, place, offsets=offsets)
    foot = world[:, ankle].copy()
    thigh, shin = joints[:, knee] - joints[:, hip], joints[:, ankle] - joints[:, knee]
    hip_turn, knee_turn = leg_turns(thigh, shin, goal - joints[:, hip], own_axis=world[:, knee, :, 0])
    new_hip, new_knee = hip_turn @ world[:, hip], hip_turn @ knee_turn @ world[:, knee]
    turned[:, hip] = np.swapaxes(world[:, 0], 1, 2) @ new_hip
    turned[:, knee] = np.swapaxes(new_hip, 1, 2) @ new_knee
    turned[:, ankle] = np.swapaxes(new_knee, 1, 2) @ foot


def leg_turns(
    thigh: DoubleArray, shin: DoubleArray, goal: DoubleArray, *, own_axis: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """What turns a leg so that its ankle comes to a goal, or as near as it reaches; the knee stays in its plane.

    Args:
        thigh, shin: (T, 3) from hip to knee and from knee to ankle, in any unit.
        goal: (T, 3) from the hip.
        own_axis: (T, 3) about which the knee bends where the leg is straight.

    Returns:
        (T, 3, 3) turns in the space of the vectors, of the whole leg and, before it, of the shin.
    """
    long, short = np.linalg.norm(thigh, axis=1), np.linalg.norm(shin, axis=1)
    far = np.minimum(np.linalg.norm(goal, axis=1), _within_reach(np.linalg.norm(thigh + shin, axis=1), long + short))
    cosine = (np.square(far) - np.square(long) - np.square(short)) / (2.0 * long * short)
    axis = _hinge(thigh, shin, own_axis)
    bent = np.arctan2(np.sum(np.cross(thigh, shin) * axis, axis=1), np.sum(thigh * shin, axis=1))
    more = np.arccos(np.clip(cosine, -1.0, 1.0)) - bent
    knee_turn = axis_angle_to_matrix(axis * more[:, None])
    straight = thigh + (knee_turn @ shin[..., None])[..., 0]
    return swing_between(straight, goal), knee_turn


def _hinge(thigh: DoubleArray, shin: DoubleArray, own: DoubleArray) -> DoubleArray:
    """(T, 3) unit axes about which the knees bend: across the bent leg, and their own axis where it is straight."""
    across = np.cross(thigh, shin)
    size = np.linalg.norm(thigh, axis=1) * np.linalg.norm(shin, axis=1)
    share = np.clip(np.linalg.norm(across, axis=1) / (0.1 * size), 0.0, 1.0)[:, None]
    sign = np.where(np.sum(across * own, axis=1) < 0.0, -1.0, 1.0)[:, None]
    axis = normalized(share * normalized(across) + (1.0 - share) * sign * own)
    return normalized(axis - np.sum(axis * normalized(thigh), axis=1, keepdims=True) * normalized(thigh))
