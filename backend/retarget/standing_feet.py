"""Feet that stand on a rig: at the angles of another body's legs the feet of legs of other lengths slide."""

from __future__ import annotations

import numpy as np

from ..arrays import BoolArray, DoubleArray
from ..matrices import product
from ..refine.foot_lock import leg_turns, moves_to_stand
from ..skeleton import JOINT_INDEX
from .character_frame import SIDES, MappedRig
from .grounding import Soles
from .parent_spaces import Displacement
from .posing import Posing


def with_standing_feet(
    seen: MappedRig,
    posing: Posing,
    wanted: dict[str, DoubleArray],
    *,
    stands: BoolArray,
    world: DoubleArray,
    scale: float,
    fps: float,
) -> dict[str, DoubleArray]:
    """The turns of bones that were posed, with legs bent so that soles that stand do not move over the ground.

    Knees stay in their planes and feet keep their directions; a leg that is too short goes as far as it reaches.

    Args:
        seen: the rig.
        posing: its bones as they are turned, the root in its place.
        wanted: per bone how far it is from rest, (T, 3, 3) in armature space.
        stands: (T, 4) left heel, left ball, right heel, right ball.
        world: (T, 24, 3, 3) orientations of SMPL's joints.
        scale: armature units a metre of SMPL's body.
        fps: frames per second.
    """
    soles, up = Soles.of(seen, scale=scale), seen.frame.axes[:, 1]
    found = dict(wanted)
    for side, held in zip(SIDES, (stands[:, :2], stands[:, 2:]), strict=True):
        hip, knee, ankle, ball = (f"{side}_{name}" for name in ("hip", "knee", "ankle", "foot"))
        there = np.array([joint in seen.bone_map.joints for joint in (ankle, ball)])
        if not there[0] or not (held & there).any():
            continue
        ends = ankle, ball if there[1] else ankle
        places = np.stack([_bone(seen, posing, joint).apply(soles.points[joint]) for joint in ends], axis=1)
        moves = moves_to_stand(places, held & there, fps=fps)
        moves -= (moves @ up)[:, None] * up  # how high the rig stands is told by its lowest sole
        joints = [_bone(seen, posing, joint).apply(seen.needed_head(joint)) for joint in (hip, knee, ankle)]
        own_axis = world[:, JOINT_INDEX[knee], :, 0] @ seen.frame.axes.T
        leg, lower = leg_turns(
            joints[1] - joints[0], joints[2] - joints[1], joints[2] + moves - joints[0], own_axis=own_axis
        )
        found |= {bone: product(leg, wanted[bone]) for bone in seen.bone_map.joints[hip].bones}
        found |= {bone: product(leg, product(lower, wanted[bone])) for bone in seen.bone_map.joints[knee].bones}
    return found


def _bone(seen: MappedRig, posing: Posing, joint: str) -> Displacement:
    """Of the first bone of a joint."""
    return posing.done[seen.bone_map.joints[joint].bones[0]]
