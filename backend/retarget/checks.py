"""Checks a bone map against the rig's structure: parents, sides, stance, constraints. It says where they disagree.

A map that was found is corrected or trusted less; one that was given stays as it is, and its maker is told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from ..arrays import DoubleArray
from ..errors import RigError
from ..joint_words import in_words
from ..rotations import normalized
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from .bone_map import MAPPABLE, BoneMap
from .bone_names import side_of
from .character_frame import MappedRig
from .essential import DISPLACING, ESSENTIAL
from .facing import Front, front_of_map
from .no_spine import spine_notes
from .profiles_reader import STRUCTURE, STRUCTURE_OF_CONTROLS
from .proportions import is_like_a_bird
from .rig_spec import RigSpec

_DOUBT: Final = 0.5
"""What remains of a score where the structure disagrees: enough to fall below `SURE`."""
_SIDES: Final = ("left", "right")
_SIDED: Final = frozenset(joint for joint in MAPPABLE if joint.startswith(_SIDES))
_DOWN: Final = -0.7
"""Cosine between a leg and up, below which it stands."""
_ACROSS: Final = 0.03
"""Share of the leg's length that a joint must lie on the wrong side to count as exchanged."""
_FRONT_IS_SURE: Final = 1.0
"""Evidence of the front, see `facing.Front`, from which on names that contradict it are not believed."""
_FRONT_TELLS: Final = 0.5
"""Evidence from which on it is worth a question."""
_BY_NAME_ALONE: Final = 0.65
"""The most that a side scores where nothing but names tells it: sure, but only just."""
_MOSTLY: Final = 0.7
"""Mean vote, from 1 to -1, by which names must agree on a side to be believed."""
_LEAST_VOTES: Final = 4


class Doubt(NamedTuple):
    """A disagreement in a sentence, and the joints that it touches: all of them where None."""

    problem: str
    joints: frozenset[str] | None = None


def checked(rig: RigSpec, bone_map: BoneMap, *, controls: bool) -> BoneMap:
    """A map that was found, with its problems in sentences, the scores of what they touch lowered.

    `controls` need no body order. Of what stands on four legs, or is a bird, no joint remains.
    """
    if not controls:
        bone_map = _doubted(bone_map, *_parent_doubts(rig, bone_map))
    if all(joint in bone_map.joints for joint in ESSENTIAL):
        try:
            bone_map = _checked_geometry(rig, bone_map)
        except RigError as error:
            bone_map = _doubted(bone_map, Doubt(f"{error} So front and sides cannot be seen."))
    return _with_problems(bone_map, (*_headless(rig, bone_map), *_made_so(rig, bone_map)))


def given_problems(rig: RigSpec, bone_map: BoneMap, *, controls: bool) -> tuple[str, ...]:
    """Where a map that an artist, a preset or a file gave disagrees with the rig, in sentences; it is not changed.

    `controls` need no body order. Every bone of the map must be in the rig.
    """
    problems = [] if controls else [doubt.problem for doubt in _parent_doubts(rig, bone_map)]
    if all(joint in bone_map.joints for joint in ESSENTIAL):
        try:
            problems += _given_geometry(rig, bone_map)
        except RigError as error:
            problems.append(str(error))
    return (*problems, *_made_so(rig, bone_map))


def _checked_geometry(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    seen = MappedRig(rig, bone_map)
    if not _stands(seen):  # then feet say nothing about front and back
        if _on_all_fours(seen):
            return BoneMap(bone_map.armature, {}, problems=(_four_legs(rig),))
        return _with_problems(bone_map, (_no_stance(rig),))
    by_shape = bone_map.convention in (STRUCTURE, STRUCTURE_OF_CONTROLS)
    if by_shape and is_like_a_bird(seen):
        return BoneMap(bone_map.armature, {}, problems=(_bird(rig),))
    bone_map = _judged_by_front(rig, bone_map, front_of_map(seen), by_shape=by_shape)
    return _doubted(bone_map, *_pair_doubts(rig, bone_map))


def _judged_by_front(rig: RigSpec, bone_map: BoneMap, front: Front, *, by_shape: bool) -> BoneMap:
    """The map with its sides exchanged, doubted or trusted, as the body's shape and the names tell."""
    if front.value <= -_FRONT_IS_SURE and front.by_more_than_one:
        problem = (
            f"The {_listed(front.words)} of {rig.name} point backwards if its bones are named right. "
            "Left and right were taken by position, not by name."
        )
        return _with_problems(_exchanged(bone_map, front), (problem,))
    doubt: Doubt | None = None
    if front.value < -_FRONT_TELLS:
        told = f"The {_listed(front.words)} of {rig.name} point backwards if its bones are named right"
        doubt = Doubt(f"{told}: check left and right.", _SIDED)
    elif front.value < _FRONT_IS_SURE and front.opposed > _FRONT_TELLS:
        told = f"The {_listed(front.words)} and the {_listed(front.against)} of {rig.name} tell opposite fronts"
        doubt = Doubt(f"{told}: check left and right.", _SIDED)
    elif _names_say_other_side(bone_map):  # as a rule it is no human body, so all of its joints are in doubt
        doubt = Doubt(f"The shape of {rig.name} and the names of its bones disagree about left and right: check them.")
    elif front.value < _FRONT_TELLS and not by_shape:
        return _sides_by_name_alone(rig, bone_map)
    return bone_map if doubt is None else _doubted(bone_map, doubt)


def _given_geometry(rig: RigSpec, bone_map: BoneMap) -> list[str]:
    seen = MappedRig(rig, bone_map)
    if not _stands(seen):
        return [_four_legs(rig) if _on_all_fours(seen) else _no_stance(rig)]
    front, problems = front_of_map(seen), [doubt.problem for doubt in _pair_doubts(rig, bone_map)]
    kept = "The map was kept as it is: if that is wrong, press Detect, or exchange the bones of both sides."
    if front.value < -_FRONT_TELLS:
        parts = _listed(front.words)
        told = f"With this bone map the {parts} of {rig.name} point backwards: left and right look exchanged."
        return [f"{told} {kept}", *problems]
    if front.value < _FRONT_IS_SURE and _names_say_other_side(bone_map):
        names = (
            f"{bone_map.first('left_hip')} is the left thigh and {bone_map.first('left_shoulder')} the left upper arm"
        )
        return [f"This bone map has left and right other than the names of {rig.name} say: {names}. {kept}", *problems]
    return problems


def stands_at_rest(rig: RigSpec, bone_map: BoneMap) -> bool:
    """Whether the legs of the rest pose hang down, so that left, up and front can be read off it."""
    return _stands(MappedRig(rig, bone_map))


def _stands(seen: MappedRig) -> bool:
    return all(leg @ seen.frame.axes[:, 1] < _DOWN for leg in _limbs(seen, "hip", "knee"))


def _limbs(seen: MappedRig, start: str, middle: str) -> list[DoubleArray]:
    """(3,) for both sides the direction from a limb's start to its end."""
    return [normalized(seen.limb_end(f"{side}_{middle}") - seen.needed_head(f"{side}_{start}")) for side in _SIDES]


def _doubted(bone_map: BoneMap, *doubts: Doubt) -> BoneMap:
    """With the problems, and less trust in the joints that they touch."""
    for problem, touched in doubts:
        lowered = {
            joint: replace(match, score=_DOUBT * match.score) if touched is None or joint in touched else match
            for joint, match in bone_map.joints.items()
        }
        bone_map = _with_problems(replace(bone_map, joints=lowered), (problem,))
    return bone_map


def _with_problems(bone_map: BoneMap, problems: tuple[str, ...]) -> BoneMap:
    return replace(bone_map, problems=(*bone_map.problems, *problems)) if problems else bone_map


def _parent_doubts(rig: RigSpec, bone_map: BoneMap) -> list[Doubt]:
    """Where a bone does not descend from the bone of the joint before it."""
    return [
        Doubt(
            f"{bone_map.first(joint)} ({in_words(joint)}) is not a child of {bone_map.joints[before].bones[-1]}.",
            frozenset((joint,)),
        )
        for joint, before in parent_breaks(rig, bone_map)
    ]


def parent_breaks(rig: RigSpec, bone_map: BoneMap) -> list[tuple[str, str]]:
    """Each joint whose bone does not descend from the bones of the mapped joint before it, and that joint."""
    breaks: list[tuple[str, str]] = []
    for joint in JOINT_NAMES[1:]:
        parent = PARENTS[JOINT_INDEX[joint]]
        while parent >= 0 and JOINT_NAMES[parent] not in bone_map.joints:
            parent = PARENTS[parent]
        if joint not in bone_map.joints or parent < 0:
            continue
        bone, above = bone_map.joints[joint].bones[0], bone_map.joints[JOINT_NAMES[parent]].bones
        if not {rig.index[name] for name in above} & set(rig.ancestors(rig.index[bone])):
            breaks.append((joint, JOINT_NAMES[parent]))
    return breaks


def _listed(parts: tuple[str, ...]) -> str:
    """As in "feet, knees and heels"."""
    *first, last = parts or ("limbs",)
    return f"{', '.join(first)} and {last}" if first else last


def _exchanged(bone_map: BoneMap, front: Front) -> BoneMap:
    """The map with left and right exchanged, which the reasons of the joints tell."""
    exchanged = with_sides_exchanged(bone_map)
    why = f"left and right exchanged, because the {_listed(front.words)} point to the front so"
    joints = {
        joint: replace(match, reason=f"{match.reason}; {why}") if other_side(joint) != joint else match
        for joint, match in exchanged.joints.items()
    }
    return replace(exchanged, joints=joints)


def _sides_by_name_alone(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """The map with less trust in its sides, which nothing but the names of the bones tells."""
    joints = {
        joint: replace(
            match, score=min(match.score, _BY_NAME_ALONE), reason=f"{match.reason}; the side by its name alone"
        )
        if joint in _SIDED
        else match
        for joint, match in bone_map.joints.items()
    }
    problem = (
        f"The shape of {rig.name} does not tell its front: left and right were taken from the names of its bones. "
        "Check which way it faces after posing."
    )
    return _with_problems(replace(bone_map, joints=joints), (problem,))


def _names_say_other_side(bone_map: BoneMap) -> bool:
    """Whether the names of most bones that tell a side tell the other one."""
    votes = [
        1.0 if joint.startswith(said) else -1.0
        for joint in JOINT_NAMES
        if other_side(joint) != joint
        and joint in bone_map.joints
        and (said := side_of(bone_map.joints[joint].bones[0]))
    ]
    return len(votes) >= _LEAST_VOTES and float(np.mean(votes)) < -_MOSTLY


def with_sides_exchanged(bone_map: BoneMap) -> BoneMap:
    """The map with left and right joints exchanged."""
    joints = {other_side(joint): match for joint, match in bone_map.joints.items()}
    switches = tuple(replace(s, joints=tuple(map(other_side, s.joints))) for s in bone_map.switches)
    return replace(bone_map, joints=joints, switches=switches)


def other_side(joint: str) -> str:
    """The joint on the other side of the body; a joint of the middle is its own."""
    side, _, part = joint.partition("_")
    return {"left": f"right_{part}", "right": f"left_{part}"}.get(side, joint)


def _pair_doubts(rig: RigSpec, bone_map: BoneMap) -> list[Doubt]:
    """Single pairs of bones that lie on each other's side."""
    seen = MappedRig(rig, bone_map)
    left, least = seen.frame.axes[:, 0], _ACROSS * seen.frame.leg_length
    doubts: list[Doubt] = []
    for joint in JOINT_NAMES:
        other = other_side(joint)
        heads = seen.head(joint), seen.head(other)
        if not joint.startswith("left_") or heads[0] is None or heads[1] is None:
            continue
        if (heads[1] - heads[0]) @ left > least:
            names = f"{bone_map.first(joint)} and {bone_map.first(other)}"
            problem = f"{names} lie on each other's side: check {in_words(joint)} and {in_words(other)}."
            doubts.append(Doubt(problem, frozenset((joint, other))))
    return doubts


def _four_legs(rig: RigSpec) -> str:
    return f"{rig.name} stands on four legs: it can take no human pose."


def _bird(rig: RigSpec) -> str:
    return (
        f"{rig.name} has hips broader than its shoulders and a neck as long as its trunk, as birds have: "
        "it can take no human pose."
    )


def _no_stance(rig: RigSpec) -> str:
    """The rest pose is so far from standing that front and up cannot be read off it."""
    return f"{rig.name} does not stand upright in its rest pose: check which way it faces after posing."


def _on_all_fours(seen: MappedRig) -> bool:
    """Whether arms and legs point the same way, across the trunk."""
    legs, arms = _limbs(seen, "hip", "knee"), _limbs(seen, "shoulder", "elbow")
    down, up = normalized(np.sum(legs, axis=0)), seen.frame.axes[:, 1]
    return all(limb @ down > 0.7 and abs(float(limb @ up)) < 0.7 for limb in (*legs, *arms))


def _headless(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """That a body has no bone for its head, in a sentence."""
    if "head" in bone_map.joints or any(joint not in bone_map.joints for joint in ESSENTIAL):
        return ()
    carrier = "neck" if "neck" in bone_map.joints else "trunk"
    return (f"No bone of {rig.name} was found for the head: it is not posed by itself and moves with the {carrier}.",)


def _made_so(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """How the rig is made, where that limits what a pose can do."""
    return (*spine_notes(rig, bone_map), *_constraint_problems(rig, bone_map))


def _constraint_problems(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """Which mapped bones are turned by constraints of their own, so that their keys may not show."""
    bones = [bone for joint, match in bone_map.joints.items() if joint in JOINT_INDEX for bone in match.bones]
    turned = [bone for bone in bones if DISPLACING & set(rig.overrides[rig.index[bone]])]
    if not turned:
        return ()
    return (f"Constraints on {', '.join(turned)} may override the pose. Mute them or lower their influence.",)
