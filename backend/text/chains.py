"""Which limbs an element of the pose language is about: for what it frees, what it moves and what it contradicts."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from .language import (
    Apart,
    Bend,
    Change,
    Element,
    Face,
    Ground,
    Head,
    Mirror,
    Palm,
    Place,
    Point,
    Raise,
    Support,
    Touch,
    Trunk,
)
from .spots import SPOT_INDEX, SPOT_JOINTS

Chain: TypeAlias = Literal["left_arm", "right_arm", "left_leg", "right_leg", "head", "trunk"]

CHAIN_JOINTS: Final[dict[Chain, tuple[str, ...]]] = {
    "left_arm": ("left_collar", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    "right_arm": ("right_collar", "right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    "left_leg": ("left_hip", "left_knee", "left_ankle", "left_foot"),
    "right_leg": ("right_hip", "right_knee", "right_ankle", "right_foot"),
    "head": ("neck", "head"),
    "trunk": ("pelvis", "spine1", "spine2", "spine3"),
}
_CHAIN_OF_JOINT: Final[dict[str, Chain]] = {joint: chain for chain, joints in CHAIN_JOINTS.items() for joint in joints}
_LIMB_JOINTS: Final = {
    "arm": ("collar", "shoulder", "elbow"),
    "upper_arm": ("collar", "shoulder"),
    "forearm": ("shoulder", "elbow"),
    "hand": ("elbow", "wrist"),
    "leg": ("hip", "knee"),
    "thigh": ("hip",),
    "shin": ("hip", "knee"),
    "foot": ("ankle",),
    "shoulder": ("collar",),
    "elbow": ("elbow",),
    "wrist": ("wrist",),
    "knee": ("knee",),
    "ankle": ("ankle",),
}
_MIDDLE_JOINTS: Final = {"torso": CHAIN_JOINTS["trunk"], "head": CHAIN_JOINTS["head"], "hips": ("pelvis", "spine1")}
# What reaches somewhere is moved by an arm before a leg, by a leg before the head, by the head before the trunk.
_REACH: Final[tuple[Chain, ...]] = ("left_arm", "right_arm", "left_leg", "right_leg", "head", "trunk")


def side_of(name: str) -> Literal["left", "right"] | None:
    """`left` of `left_knee`; None in the middle."""
    return "left" if name.startswith("left_") else "right" if name.startswith("right_") else None


def bare(name: str) -> str:
    """`knee` of `left_knee`."""
    return name.removeprefix("left_").removeprefix("right_")


def chain_of_joint(name: str) -> Chain:
    """The chain that holds a joint of the skeleton."""
    return _CHAIN_OF_JOINT[name]


def spot_joint(spot: str) -> str:
    """The name of the joint that carries a place of the body."""
    return JOINT_NAMES[int(SPOT_JOINTS[SPOT_INDEX[spot]])]


def chain_of_spot(spot: str) -> Chain:
    """The chain that carries a place of the body; the shoulder and the armpit belong to the trunk."""
    joint = spot_joint(spot)
    return "trunk" if bare(joint) == "collar" else _CHAIN_OF_JOINT[joint]


def chain_of_limb(limb: str) -> Chain:
    """Of a limb, a joint or a part of the body by its name."""
    if limb in _MIDDLE_JOINTS:
        return "head" if limb == "head" else "trunk"
    joint = f"{side_of(limb)}_{_LIMB_JOINTS[bare(limb)][-1]}"
    return _CHAIN_OF_JOINT[joint]


def mover(first: str, second: str) -> tuple[str, str]:
    """Two places that meet, the one that is brought to the other first."""
    swap = _rank(second) < _rank(first)
    return (second, first) if swap else (first, second)


def _rank(spot: str) -> int:
    chain = chain_of_spot(spot)
    return {"arm": 0, "leg": 1, "head": 2, "trunk": 3}[bare(chain)]


def above(joint: str) -> tuple[str, ...]:
    """A joint and all that it hangs on within its chain."""
    chain, found, at = _CHAIN_OF_JOINT[joint], [joint], PARENTS[JOINT_INDEX[joint]]
    while at >= 0 and _CHAIN_OF_JOINT[JOINT_NAMES[at]] == chain:
        found.append(JOINT_NAMES[at])
        at = PARENTS[at]
    return tuple(found)


def limb_joints(limb: str) -> frozenset[str]:
    """The joints that aim a limb, bend a joint or move a part."""
    if limb in _MIDDLE_JOINTS:
        return frozenset(_MIDDLE_JOINTS[limb])
    return frozenset(f"{side_of(limb)}_{joint}" for joint in _LIMB_JOINTS[bare(limb)])


def _spot_joints(spot: str) -> frozenset[str]:
    joint = spot_joint(spot)
    if bare(joint) == "collar":
        return frozenset({joint})
    return frozenset(above(joint))


def moved_joints(element: Element) -> frozenset[str]:  # noqa: C901, PLR0911 - one line for each kind of element
    """Names of the joints that an element may move freely; others follow reluctantly."""
    match element:
        case Bend(joint=joint):
            return frozenset(above(f"{side_of(joint)}_{bare(joint)}")) - _collars()
        case Raise(limb=limb) | Point(limb=limb):
            swings = bare(limb) in {"leg", "thigh"}
            return limb_joints(limb) | frozenset(CHAIN_JOINTS["trunk"] if swings else ())
        case Place(part=one, other=other) if _is_shoulder(one) and bare(chain_of_spot(other)) in {"head", "trunk"}:
            return _spot_joints(one)
        case Touch(part=one, place=other) | Place(part=one, other=other):
            return _brought(one, other) | _spine_for(one, other)
        case Apart(first=one, second=other):
            return _spot_joints(one) | _spot_joints(other) | _spine_for(one, other)
        case Ground(part=part):
            return _spot_joints(part) | _spine_for(part, "left_sole")
        case Support():
            return frozenset(CHAIN_JOINTS["left_leg"] + CHAIN_JOINTS["right_leg"])
        case Trunk():
            return frozenset((*CHAIN_JOINTS["trunk"], "left_hip", "right_hip"))
        case Head():
            return frozenset(CHAIN_JOINTS["head"])
        case Palm(side=side):
            return frozenset({f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist"})
        case Face():
            return frozenset({"pelvis"})
        case Change() | Mirror():
            return frozenset[str]()


def _is_shoulder(spot: str) -> bool:
    """Whether it is carried by a collar: shoulders are shrugged, nobody bends the neck for it."""
    return bare(spot_joint(spot)) == "collar"


def _brought(one: str, other: str) -> frozenset[str]:
    """What moves is brought to what does not, but two hands or two legs meet."""
    moved, still = mover(one, other)
    alike = bare(chain_of_spot(moved)) == bare(chain_of_spot(still))
    meet = alike and (bare(chain_of_spot(moved)) == "arm" or bare(moved) == bare(still))
    return _spot_joints(moved) | _spot_joints(still) if meet else _spot_joints(moved)


def _spine_for(one: str, other: str) -> frozenset[str]:
    """The trunk bends where a hand goes to a foot, or an elbow to a knee."""
    chains = {bare(chain_of_spot(one)), bare(chain_of_spot(other))}
    far = chains >= {"arm", "leg"} and not {spot_joint(one), spot_joint(other)} & {"left_hip", "right_hip"}
    legs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee")}
    return frozenset({"pelvis", "spine1", "spine2", "spine3", *legs} if far else ())


def _collars() -> frozenset[str]:
    return frozenset({"left_collar", "right_collar"})
