"""Finds the bones of a body by the rig's structure alone: chains, symmetry, proportions; names are never looked at.

Legs are sought first: two straight chains of three joints, mirror images of each other. They say where up is and how
large the body is. Arms are the pair of chains that best fits above them, the trunk is what joins the four, the head
what rises from it. The best total wins; what tells front from back says which side is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from .bone_map import SURE, BoneMap, BoneMatch, Switch
from .controls import views
from .facing import front_evidence
from .fingers import fingers
from .limbs import BodyFrame, LimbPair, arm_pairs, leg_pairs
from .name_matcher import bones_in_line, spread_along_spine
from .profiles_reader import STRUCTURE, STRUCTURE_OF_CONTROLS
from .rig_spec import RigSpec
from .shoulder import with_shoulders
from .skeleton_tree import SkeletonTree, posed_heads
from .trunk import Trunk, cost_of_ends, trunk_of

_BEST: Final = 0.9
"""The score of a joint that nothing speaks against; names can do better."""
_ACCEPTED: Final = 45.0
"""Total cost above which the best body found is no body."""
_AMONG_CONTROLS: Final = 0.55
"""The same in a rig of controls, for the trunk: which of its many bones an artist turns, shape does not tell."""
_LIKELY: Final = 24.0
"""Total cost up to which it surely is one."""
_FRONT_IS_SURE: Final = 1.0
_LEG: Final = ("hip", "knee", "ankle")
_ARM: Final = ("shoulder", "elbow", "wrist")
_SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class Body:
    """A body found in a rig; which side is left is still open.

    Attributes:
        tree: the joints in the pose that was looked at.
        frame: how the body stands.
        legs, arms: both sides.
        trunk: the bones between.
        cost: how unlike a body it is.
        marked: its bones are all that an artist poses.
        whole: no bone of the rig was left out.
    """

    tree: SkeletonTree
    frame: BodyFrame
    legs: LimbPair
    arms: LimbPair
    trunk: Trunk
    cost: float
    marked: bool = True
    whole: bool = True


def map_by_structure(rig: RigSpec, *, said: Mapping[str, str] | None = None) -> BoneMap:
    """The body that the rig's shape shows, in its rest pose or else in its current one; no joints where there is none.

    `said` gives the side of bones whose names tell one, left or right; it counts as one clue of several.
    """
    heads = rig.heads.astype(np.float64)
    body = _first_body(rig, heads)
    if body is None:
        posed = posed_heads(rig)
        moved = float(np.abs(posed - heads).max(initial=0.0)) > 1e-3 * float(np.ptp(heads))
        body = _first_body(rig, posed) if moved else None
    if body is None:
        return BoneMap(rig.name, {})
    found = _bone_map(body, said or {})
    return replace(found, switches=_switches(rig, found))


def _switches(rig: RigSpec, found: BoneMap) -> tuple[Switch, ...]:
    """The properties that make the rig obey the controls that were found."""
    joints: dict[tuple[str, str, float], list[str]] = {}
    for joint, match in found.joints.items():
        for switch in {rig.fk_switches[bone] for bone in match.bones if bone in rig.fk_switches}:
            joints.setdefault(switch, []).append(joint)
    return tuple(Switch(*switch, tuple(obeying)) for switch, obeying in joints.items() if switch[0] in rig.index)


def _first_body(rig: RigSpec, heads: DoubleArray) -> Body | None:
    """The body that the most telling view of the rig shows, with its joints at `heads` (B, 3)."""
    for view in views(rig):
        body = _find_body(SkeletonTree(view.rig, heads[view.kept]))
        if body is not None:
            return replace(body, marked=view.marked, whole=view.rig is rig)
    return None


def _find_body(tree: SkeletonTree) -> Body | None:
    bodies: list[Body] = []
    ends: dict[tuple[int, int], float] = {}
    if len(tree.rig.bones) < 10:
        return None
    for legs, frame in leg_pairs(tree):
        under = tree.below[legs.one[0]] | tree.below[legs.two[0]]
        under[[legs.one[0], legs.two[0]]] = True
        for pair in arm_pairs(tree, frame, without=under):
            arms = with_shoulders(tree, frame, pair)
            hands = (legs.one[2], arms.one[2])
            if hands not in ends:
                ends[hands] = cost_of_ends(tree, legs, arms)
            trunk = trunk_of(tree, frame, legs=legs, arms=arms, end_bones=ends[hands])
            if trunk is not None:
                bodies.append(Body(tree, frame, legs, arms, trunk, legs.cost + arms.cost + trunk.cost))
    best = min(bodies, key=lambda body: body.cost, default=None)
    if best is None:
        return None
    best = replace(best, cost=best.cost - _whole(best.trunk))
    return best if best.cost <= _ACCEPTED else None


def _whole(trunk: Trunk) -> float:
    """What speaks for a body whatever its proportions: a spine that bends, a neck and feet."""
    feet = all(foot is not None for foot, _ in trunk.feet)
    return 2.0 * (len(trunk.spine) > 1) + 1.0 * bool(trunk.neck and trunk.head is not None) + 1.0 * feet


def _bone_map(body: Body, said: Mapping[str, str]) -> BoneMap:
    front = front_evidence(
        body.tree, body.frame, legs=body.legs, arms=body.arms, trunk=body.trunk, named=_names_agree(body, said)
    )
    order = _SIDES if front.value >= 0.0 else _SIDES[::-1]
    certain = min(1.0, abs(front.value) / _FRONT_IS_SURE)
    joints: dict[str, BoneMatch] = {}
    for limbs, parts in ((body.legs, _LEG), (body.arms, _ARM)):
        for side, limb, margins in zip(order, limbs.both, limbs.margins, strict=True):
            for part, bone, margin in zip(parts, limb, margins, strict=True):
                joints[f"{side}_{part}"] = _match(
                    body, bone, score=_trust(float(margin)), reason=f"{_ordinal(part)} of a mirrored chain"
                )
    for index, side in enumerate(order):
        joints |= _side_ends(body, side, index=index, limbs=joints)
    joints |= _trunk_joints(body)
    for side, limb in zip(order, body.arms.both, strict=True):
        joints |= _fingers(body, side, limb, wrist=joints[f"{side}_wrist"])
    sided = {joint for joint in joints if joint.startswith(_SIDES)}
    doubt = SURE * certain if certain < 1.0 else 1.0
    joints = {
        joint: replace(match, score=match.score * doubt, reason=f"{match.reason}; {front.reason}")
        if joint in sided
        else match
        for joint, match in joints.items()
    }
    joints = {joint: _with_bones_in_line(body, joints, joint) for joint in joints}
    problems = (
        () if certain >= 1.0 else (f"Front and back of {body.tree.rig.name} look alike: left and right are a guess.",)
    )
    return BoneMap(body.tree.rig.name, joints, STRUCTURE if body.whole else STRUCTURE_OF_CONTROLS, problems=problems)


def _names_agree(body: Body, said: Mapping[str, str]) -> float:
    """From 1, where all names that tell a side call left what the frame takes for left, to -1; 0 where few tell one."""
    votes = [
        1.0 if said[name] == side else -1.0
        for limbs in (body.legs, body.arms)
        for side, limb in zip(_SIDES, limbs.both, strict=True)
        for name in (body.tree.rig.bones[bone] for bone in limb)
        if said.get(name)
    ]
    return float(np.mean(votes)) if len(votes) >= 4 else 0.0


def _ordinal(part: str) -> str:
    return {"hip": "the top", "shoulder": "the start", "knee": "the middle", "elbow": "the middle"}.get(part, "the end")


def _trust(margin: float) -> float:
    """Score of a joint whose rival is `margin` behind."""
    return _BEST if not np.isfinite(margin) else _BEST * (0.55 + 0.45 * (1.0 - float(np.exp(-max(margin, 0.0) / 0.5))))


def _match(body: Body, bone: int, *, score: float, reason: str) -> BoneMatch:
    fit = 1.0 - 0.5 * min(1.0, max(0.0, body.cost - _LIKELY) / (_ACCEPTED - _LIKELY))
    return BoneMatch((body.tree.rig.bones[bone],), score * fit, f"by structure: {reason}")


def _side_ends(body: Body, side: str, *, index: int, limbs: Mapping[str, BoneMatch]) -> dict[str, BoneMatch]:
    """Collar and ball of the foot on one side; the foot is no surer than its ankle."""
    found: dict[str, BoneMatch] = {}
    collars = body.trunk.collars[index]
    if collars:
        names = tuple(body.tree.rig.bones[bone] for bone in collars)
        found[f"{side}_collar"] = replace(
            _match(body, collars[0], score=_BEST, reason="between chest and arm"), bones=names
        )
    foot, margin = body.trunk.feet[index]
    if foot is not None:
        match = _match(body, foot, score=_trust(margin), reason="in front of the ankle")
        found[f"{side}_foot"] = replace(match, score=min(match.score, limbs[f"{side}_ankle"].score))
    return found


def _fingers(body: Body, side: str, arm: tuple[int, int, int], *, wrist: BoneMatch) -> dict[str, BoneMatch]:
    """The fingers of one hand; they are no surer than the wrist."""
    return {
        f"{side}_{joint}": _match(body, bone, score=min(_BEST, wrist.score), reason="a finger across the palm")
        for joint, bone in fingers(body.tree, arm).items()
        if wrist.score >= SURE
    }


def _trunk_joints(body: Body) -> dict[str, BoneMatch]:
    trunk = body.trunk
    best = _BEST if body.marked else _AMONG_CONTROLS
    pelvis = _match(body, trunk.pelvis[0], score=best, reason="where legs and spine meet")
    joints = {"pelvis": replace(pelvis, bones=tuple(body.tree.rig.bones[bone] for bone in trunk.pelvis))}
    spine = [_match(body, bone, score=best, reason="between hips and arms") for bone in trunk.spine]
    joints |= spread_along_spine(spine)
    if trunk.neck:
        names = tuple(body.tree.rig.bones[bone] for bone in trunk.neck)
        joints["neck"] = replace(
            _match(body, trunk.neck[0], score=min(best, _trust(trunk.head_margin)), reason="below the head"),
            bones=names,
        )
    if trunk.head is not None:
        joints["head"] = _match(
            body, trunk.head, score=min(best, _trust(trunk.head_margin)), reason="on top of the trunk"
        )
    return joints


def _with_bones_in_line(body: Body, joints: dict[str, BoneMatch], joint: str) -> BoneMatch:
    side, _, part = joint.partition("_")
    ends = {"shoulder": "elbow", "elbow": "wrist", "hip": "knee", "knee": "ankle"}
    child = joints.get(f"{side}_{ends[part]}") if part in ends else None
    if child is None:
        return joints[joint]
    rig, match = body.tree.rig, joints[joint]
    between = bones_in_line(rig, (rig.index[match.bones[0]], rig.index[child.bones[0]]))
    bones = [rig.bones[bone] for bone in between]
    return replace(match, bones=(match.bones[0], *bones))
