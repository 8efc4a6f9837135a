"""What the text solver is to do for a program: where it starts, what may move how far, and what carries the body."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray, IntArray
from ..refine.joint_limits import LIMITS, clamped_to_limits, joint_angles, rotations_from_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES
from . import supports
from .body_solids import GROUND_PARTS, Points, joined
from .chains import bare, limb_joints, moved_joints, side_of
from .changes import Edit, edit_of, sized
from .changes import joined as joined_edits
from .edit_balance import FLAT_M, carriers_left, folds, joints_carrying, stance
from .grounded_parts import grounded_points
from .language import Change, Element, Mirror, Program
from .laws import STEADY
from .limb_starts import reaching
from .meaning import Constraint, left_of
from .measures import Body, Check
from .mirrors import mirrored
from .situation import Situation, situation
from .standing_feet import under_foot
from .text_start import bowed, faced, rests_of, supported, varied
from .text_terms import MOVED, Terms
from .touches import touch_checks, touch_wishes

# Degrees that a joint may be from its draft as one standard deviation, when something asks for it.
_EASE_DEG: Final = {
    "pelvis": 25.0, "hip": 40.0, "knee": 45.0, "ankle": 22.0, "foot": 22.0, "spine1": 10.0, "spine2": 10.0,
    "spine3": 10.0, "neck": 14.0, "head": 14.0, "collar": 11.0, "shoulder": 45.0, "elbow": 50.0, "wrist": 24.0,
}  # fmt: skip
_RELUCTANT: Final = 0.35
"""Share of that for joints that nothing concerns."""
_MUST: Final = 1.6
"""What must hold weighs so much more than a wish."""
_EDITED_DEG, _KEPT_DEG = 60.0, 0.25
_ON_GROUND_M: Final = 0.05
_UPRIGHT_COSINE: Final = 0.6
_FEET: Final = ("left_foot", "right_foot")
_SEEDS: Final[tuple[dict[str, tuple[float, float, float]], ...]] = (
    {"shoulder": (0.0, -75.0, -35.0), "elbow": (0.0, -95.0, 0.0), "hip": (-70.0, 10.0, 12.0), "knee": (85.0, 0.0, 0.0)},
    {"shoulder": (20.0, -10.0, 5.0), "elbow": (0.0, -110.0, 0.0), "hip": (-95.0, 30.0, 35.0), "knee": (110.0, 0.0, 0)},
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A program, ready to be solved.

    Attributes:
        start, prior: (A, 24, 3, 3) where it starts, and what it keeps near to.
        sigma: (22,) radians.
        checks, weights: all that must hold, and wishes.
        contacts: points that may carry the body.
        carrying: (A, C) which of them do.
        balanced: (A,) whether the body keeps its balance above them.
        held, planted: see `Terms`.
        limits: (24, 3, 2) radians.
        moved: names of the joints that something concerns.
        edit: the current pose is changed.
        before, staying: points (P) of the skin, and (A, P) which carry the pose before an edit and may after it.
        steady, props: see `Terms`.
    """

    start: DoubleArray
    prior: DoubleArray
    sigma: DoubleArray
    checks: tuple[Check, ...]
    weights: tuple[float, ...]
    contacts: Points
    carrying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    balanced: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    held: tuple[int, ...]
    planted: tuple[tuple[int, int], ...]
    limits: DoubleArray
    moved: frozenset[str]
    edit: bool
    before: Points
    staying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    steady: float = STEADY
    props: int = 0

    def terms(self) -> Terms:
        """For `Weighing`."""
        return Terms(
            prior=self.prior,
            sigma=self.sigma,
            checks=self.checks,
            weights=self.weights,
            contacts=self.contacts,
            carrying=self.carrying,
            balanced=self.balanced,
            held=self.held,
            planted=self.planted,
            limits=self.limits,
            steady=self.steady,
            props=self.props,
        )

    def only(self, which: IntArray) -> Plan:
        """For some of the alternatives, each as often as `which` names it."""
        return dataclasses.replace(
            self,
            start=self.start[which],
            prior=self.prior[which],
            carrying=self.carrying[which],
            balanced=self.balanced[which],
            staying=self.staying[which],
        )

    def other_starts(self, missing: IntArray, tries: int) -> tuple[IntArray, DoubleArray]:
        """Alternatives, each several times, and other poses (B, 24, 3, 3) to start them from."""
        which = np.repeat(missing, tries)
        starts = matrix_to_axis_angle(self.start[which])
        random = np.random.default_rng(7)
        for place in range(len(which)):
            seed = place % tries
            if seed < len(_SEEDS):
                self._seeded(starts[place], _SEEDS[seed])
            else:
                joints = [JOINT_INDEX[name] for name in sorted(self.moved - {"pelvis"})]
                starts[place, joints] += random.normal(0.0, np.radians(28.0), (len(joints), 3))
        return which, axis_angle_to_matrix(clamped_to_limits(starts))

    def _seeded(self, pose: DoubleArray, seed: dict[str, tuple[float, float, float]]) -> None:
        """Put the limbs that something concerns elsewhere, in place."""
        angles = np.zeros((JOINT_COUNT, 3))
        joints = [name for name in self.moved if bare(name) in seed]
        for name in joints:
            x, y, z = seed[bare(name)]
            angles[JOINT_INDEX[name]] = (x, y, z) if name.startswith("left_") else (x, -y, -z)
        turns = rotations_from_angles(np.radians(angles))
        for name in joints:
            pose[JOINT_INDEX[name]] = turns[JOINT_INDEX[name]]


def planned(
    program: Program,
    found: Sequence[Constraint],
    *,
    drafts: DoubleArray,
    current: DoubleArray | None,
    switched_off: frozenset[int],
    factor: float = 1.0,
) -> Plan:
    """Work out what to do; changes without degrees are made `factor` times as large."""
    told = left_of(program, switched_off=switched_off)
    on = [sized(element, factor) for element in told if element is not None]
    edit = current is not None and (program.edit or any(isinstance(each, Change | Mirror) for each in on))
    where = situation(on)
    base = _base(drafts, current if edit else None, on)
    standing = supported(base, where, on, edit=edit)
    poses = faced(standing if edit else bowed(standing, where, on), on)
    bent = bowed(poses, where, on) if edit and where.kind is None else poses
    change = _edits(on, current) if edit and current is not None else Edit()
    moved = arched_joints(where).union(change.free, *(moved_joints(each) for each in on))
    props = grounded_points([] if edit and not where.told else on, supports.carriers(where))
    contacts, carrying = _carrying(where, standing, props=props, edit=edit)
    planted: tuple[tuple[int, int], ...] = ()
    if edit and change.planted and _both_legs(change.free):
        contacts, carrying = _feet(poses)
        planted = () if change.apart else _pair(on, carrying)
        moved |= {f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "ankle")}
    before, staying = carriers_left(poses, where, on, change=change) if edit else _nothing(poses)
    if edit and not carrying.any() and folds(on) & (stands := joints_carrying(before, staying)):
        contacts, carrying = carriers_left(poses, where, on, change=change, near=FLAT_M)
        planted = stance(contacts, carrying)
        moved |= stands & {"left_ankle", "right_ankle"}
    on_checks = [each for index, each in enumerate(found) if index not in switched_off]
    musts = [check for each in on_checks for check in each.checks]
    wishes = [check for each in on_checks for check in each.wishes]
    if not edit and not np.array_equal(standing, base):
        rests = rests_of(where)
        wishes += [check for rest in rests for check in (*touch_checks(rest.part, rest.place), *touch_wishes(rest, ()))]
        moved = moved.union(*(limb_joints(f"{side_of(rest.part)}_arm") for rest in rests))
    goes = np.array([name in moved for name in JOINT_NAMES])[:, None]
    local = axis_angle_to_matrix(np.where(goes, bent, poses))
    return Plan(
        start=axis_angle_to_matrix(reaching(bent, on)),
        prior=local,
        sigma=_sigma(moved, edit=edit),
        checks=(*musts, *wishes),
        weights=(_MUST,) * len(musts) + (1.0,) * len(wishes),
        contacts=contacts,
        carrying=carrying,
        balanced=carrying.any(1) if planted else _balanced(where, carrying, edit=edit),
        held=tuple(JOINT_INDEX[name] for name in sorted(change.held)),
        planted=planted,
        limits=_limits(poses if edit else None),
        moved=moved,
        edit=edit,
        before=before,
        staying=staying,
        props=len(props.joints),
        steady=STEADY if where.kind is None else supports.law_in(where).steady,
    )


def _base(drafts: DoubleArray, current: DoubleArray | None, on: Sequence[Element]) -> DoubleArray:
    """(A, 24, 3) poses before anything is asked of them."""
    if current is None:
        return varied(clamped_to_limits(drafts))
    pose = current
    for element in on:
        if isinstance(element, Mirror):
            pose = mirrored(pose, element)
    return np.repeat(pose[None], len(drafts), axis=0)


def _edits(on: Sequence[Element], current: DoubleArray) -> Edit:
    body, pose, edits = Body.posed(current[None]), current, list[Edit]()
    for element in on:
        if isinstance(element, Mirror):
            pose = mirrored(pose, element)
            body = Body.posed(pose[None])
        elif isinstance(element, Change):
            edits.append(edit_of(element, body))
    return joined_edits(edits)


def arched_joints(where: Situation) -> frozenset[str]:
    """All joints, where the back arches and what carries the body has to follow."""
    return frozenset(JOINT_NAMES[:MOVED] if where.arch else ())


def _both_legs(free: frozenset[str]) -> bool:
    return all(any(name in free for name in (f"{side}_hip", f"{side}_knee")) for side in ("left", "right"))


def _pair(
    on: Sequence[Element], carrying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> tuple[tuple[int, int], ...]:
    """Both ankles keep their way to each other, unless it is this that changes."""
    if not carrying.all() or any(isinstance(each, Change) and each.verb in {"spread", "close", "open"} for each in on):
        return ()
    return ((JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]),)


def _carrying(
    where: Situation, poses: DoubleArray, *, props: Points, edit: bool
) -> tuple[Points, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Points on the ground, and (A, C) which of them carry each pose."""
    if edit and not where.told:
        return _nothing(poses)
    if where.kind is not None:
        points = joined([*(GROUND_PARTS[part] for part in supports.carriers(where)), props])
        return points, np.ones((len(poses), len(points.joints)), np.bool_)
    feet, down = under_foot(poses, lifted=where.lifted, on_toes=where.on_toes)
    return joined([feet, props]), np.concatenate([down, np.ones((len(poses), len(props.joints)), np.bool_)], axis=1)


def _nothing(poses: DoubleArray) -> tuple[Points, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    return joined([]), np.zeros((len(poses), 0), np.bool_)


def _feet(poses: DoubleArray) -> tuple[Points, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Both feet, and which of them are flat on the ground in poses that stand."""
    body = Body.posed(poses)
    points = joined([GROUND_PARTS[foot] for foot in _FEET])
    heights = points.of(body)[..., 1] - body.ground[:, None]
    half = len(points.joints) // 2
    down = np.stack([heights[:, :half].max(1), heights[:, half:].max(1)], axis=1) < _ON_GROUND_M
    down &= (body.limb("torso")[:, 1] > _UPRIGHT_COSINE)[:, None]
    return points, np.repeat(down, half, axis=1)


def _balanced(
    where: Situation, carrying: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], *, edit: bool
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(A,) whether poses keep their balance."""
    some = carrying.any(1)
    if where.kind is not None and (where.told or not edit):
        return some & supports.law_in(where).balanced
    return some & (not edit)


def _sigma(moved: frozenset[str], *, edit: bool) -> DoubleArray:
    """(22,) radians."""
    found: list[float] = []
    for name in JOINT_NAMES[:MOVED]:
        ease = _EASE_DEG[bare(name)]
        if edit:
            found.append(min(_EDITED_DEG, 1.3 * ease) if name in moved else _KEPT_DEG)
        else:
            found.append(ease if name in moved else _RELUCTANT * ease)
    return np.radians(found)


def _limits(poses: DoubleArray | None) -> DoubleArray:
    """(24, 3, 2) radians; an edit leaves joints that were out of their range already where they are."""
    if poses is None:
        return LIMITS
    angles = joint_angles(poses)
    return np.stack([np.minimum(LIMITS[..., 0], angles.min(0)), np.maximum(LIMITS[..., 1], angles.max(0))], axis=-1)
