"""World landmarks -> SMPL rotations in closed form, vectorised over T: the first estimator.

The trunk's frames come from hips and shoulders, each limb's swing from its own two ends, its twist from the plane in
which elbow or knee bends, hands, feet and head from their landmarks. What cannot be seen, or has no answer (the twist
of a straight limb), falls back on the parent's rotation and gets a low confidence.

Convention: landmarks, directions and rotations are in the inner frame; arrays lead with T; angles are radians.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..body_model import NEUTRAL_BODY, BodyModel
from ..camera import Camera
from ..errors import InputError
from ..job import Job, Progress
from ..kinematics import forward_kinematics, local_rotations
from ..observation import Observation
from ..pose_sequence import PoseSequence
from ..rotations import (
    axis_angle_to_matrix,
    frame_from_axes,
    matrix_to_axis_angle,
    normalized,
    swing_between,
    twist_angle,
)
from ..skeleton import JOINT_COUNT, JOINT_INDEX, REST_OFFSETS
from .estimator import Estimate
from .placement import height_above_ground, pelvis_in_camera

Side = Literal["left", "right"]
SIDES: Final[tuple[Side, Side]] = ("left", "right")

# Below the first visibility a landmark is not used, above the second it is fully used: what BlazePose guesses of a limb
# behind the body is right more often than any rest pose, down to a visibility of about 0.1.
_UNSEEN, _SEEN = 0.02, 0.12
# An elbow or knee bent less than the first angle says nothing about the limb's twist, above the second all.
_STRAIGHT, _BENT = np.radians(12.0), np.radians(35.0)
# How far limbs turn about their own axis from the untwisted swing: ranges of motion of the American Academy of
# Orthopaedic Surgeons (1965), widened by what the clavicle and the spine add.
_MOST_TWIST: Final = {"arm": np.radians(100.0), "leg": np.radians(55.0), "forearm": np.radians(100.0)}
_MOST_WRIST_BEND, _MOST_NECK_BEND = np.radians(75.0), np.radians(80.0)
# The foot against the shin, least and most about x (toes down), y (toes to the left) and z: same source, with the
# dorsiflexion of a deep squat (Hemmerich et al. 2006).
_ANKLE_RANGE: Final = np.radians([[-35.0, -30.0, -25.0], [50.0, 30.0, 25.0]])
# Below the first distance of heel and toes in metres the foot's direction is noise, above the second it is sure.
_SHORT_FOOT_M, _WHOLE_FOOT_M = 0.05, 0.11
# The clavicle lifts about 1 degree for 4 of the upper arm above the horizontal (scapulohumeral rhythm, Inman 1944).
_CLAVICLE_SHARE: Final = 0.25
# From the heel's to the toes' landmark on a foot that stands flat: BlazePose marks the back of the heel, about 4.5 cm
# above the sole, and the tip of the toes on it (median over standing people in photos: 21 degrees downwards).
_HEEL_TO_TOES: Final = (0.0, -0.36, 0.93)
# How far an arm that nobody saw hangs away from the body: x outwards for 1 downwards.
_HANGING_OUT: Final = 0.25


@dataclass(frozen=True)
class _Landmarks:
    """Named access to the world landmarks (T, K, 3) and their visibility (T, K)."""

    observation: Observation
    world: DoubleArray

    def point(self, *names: str) -> DoubleArray:
        """(T, 3): the middle of these landmarks."""
        return np.mean([self.world[:, self.observation.schema.index[name]] for name in names], axis=0)

    def seen(self, *names: str) -> DoubleArray:
        """(T,) in [0, 1]: the visibility of the least visible of these landmarks."""
        columns = [self.observation.schema.index[name] for name in names]
        return self.observation.confidence[:, columns].min(axis=1).astype(np.float64)


class AnalyticEstimator:
    """World landmarks -> one reading, in closed form, without learned weights.

    Args:
        body: whose proportions stand in the picture.
    """

    def __init__(self, body: BodyModel = NEUTRAL_BODY) -> None:
        self._body = body

    def estimate(self, observation: Observation, *, count: int = 1) -> Job[list[Estimate]]:
        """See `Estimator.estimate`; there is always exactly one reading.

        Raises:
            InputError: the observation has no world landmarks.
        """
        yield Progress("Solving the pose", 0.0)
        if observation.keypoints_world is None:
            raise InputError(
                "The analytic solver needs world landmarks, and this detector gives none. Choose the pose model as "
                "solver, or no detector file."
            )
        landmarks = _Landmarks(observation, observation.keypoints_world.astype(np.float64))
        solver = _Solver(landmarks)
        solver.solve()
        rotations = matrix_to_axis_angle(local_rotations(solver.world))
        offsets = self._body.rest_offsets(np.zeros(10))
        translation = np.zeros((observation.frame_count, 3))
        translation[:, 1] = height_above_ground(solver.world, offsets)
        poses = PoseSequence(
            rotations.astype(np.float32),
            translation.astype(np.float32),
            confidence=solver.confidence.astype(np.float32),
            fps=observation.fps,
        )
        camera = observation.camera or Camera.assumed(observation.image_size)
        pelvis_cam = pelvis_in_camera(solver.world, offsets, observation=observation, camera=camera)
        return [Estimate(poses, pelvis_cam, camera, body=self._body)]


class _Solver:
    """Fills `world` (T, 24, 3, 3), rotations in the inner frame, and `confidence` (T, 24), from the trunk outwards."""

    def __init__(self, landmarks: _Landmarks) -> None:
        self.landmarks = landmarks
        frames = landmarks.observation.frame_count
        self.world: DoubleArray = np.zeros((frames, JOINT_COUNT, 3, 3))
        self.confidence: DoubleArray = np.zeros((frames, JOINT_COUNT))

    def solve(self) -> None:
        """Solve every joint."""
        self._trunk()
        self._head()
        for side in SIDES:
            self._arm(side)
            self._leg(side)

    def _set(self, joint: str, world: AnyFloatArray, confidence: AnyFloatArray) -> None:
        self.world[:, JOINT_INDEX[joint]] = world
        self.confidence[:, JOINT_INDEX[joint]] = np.clip(confidence, 0.0, 1.0)

    def _get(self, joint: str) -> DoubleArray:
        return self.world[:, JOINT_INDEX[joint]]

    def _trunk(self) -> None:
        """Pelvis from the hip line, chest from the shoulder line, both upright along the trunk; the spine between."""
        marks = self.landmarks
        hips_seen, shoulders_seen = marks.seen("left_hip", "right_hip"), marks.seen("left_shoulder", "right_shoulder")
        known = _ramp(hips_seen, _UNSEEN, _SEEN)[:, None]
        shoulder_line = marks.point("left_shoulder") - marks.point("right_shoulder")
        hip_line = _mix(shoulder_line, marks.point("left_hip") - marks.point("right_hip"), known)
        up = marks.point("left_shoulder", "right_shoulder") - marks.point("left_hip", "right_hip")
        up = _mix(np.broadcast_to([0.0, 1.0, 0.0], up.shape), up, known)
        rest_up = _rest_point("left_shoulder", "right_shoulder") - _rest_point("left_hip", "right_hip")
        rest = frame_from_axes(np.array([1.0, 0.0, 0.0]), rest_up)
        pelvis = frame_from_axes(hip_line, up) @ rest.T
        chest = _chest_frame(shoulder_line, up) @ _chest_frame(np.array([1.0, 0.0, 0.0]), rest_up).T
        spread = matrix_to_axis_angle(np.swapaxes(pelvis, -1, -2) @ chest)
        self._set("pelvis", pelvis, np.minimum(hips_seen, shoulders_seen))
        for share, joint in ((1 / 3, "spine1"), (2 / 3, "spine2"), (1.0, "spine3")):
            self._set(joint, pelvis @ axis_angle_to_matrix(spread * share), np.minimum(hips_seen, shoulders_seen))

    def _head(self) -> None:
        """Head from ears, eyes and nose; the neck takes half of its turn against the chest."""
        marks = self.landmarks
        seen = marks.seen("left_ear", "right_ear", "nose")
        side = marks.point("left_ear", "left_eye_outer") - marks.point("right_ear", "right_eye_outer")
        # Midway between eyes and nose lies level with the ears when the head is upright (the Frankfurt plane).
        face = 0.5 * (marks.point("left_eye", "right_eye") + marks.point("nose"))
        forward = face - marks.point("left_ear", "right_ear")
        head = frame_from_axes(side, forward) @ _COLUMNS_X_Z.T
        chest = self._get("spine3")
        turn = matrix_to_axis_angle(np.swapaxes(chest, -1, -2) @ head)
        turn = _shortened(turn, _MOST_NECK_BEND) * _ramp(seen, _UNSEEN, _SEEN)[:, None]
        self._set("neck", chest @ axis_angle_to_matrix(0.5 * turn), seen)
        self._set("head", chest @ axis_angle_to_matrix(turn), seen)

    def _arm(self, side: Side) -> None:
        marks, chest = self.landmarks, self._get("spine3")
        shoulder, elbow, wrist = (marks.point(f"{side}_{name}") for name in ("shoulder", "elbow", "wrist"))
        seen_upper = marks.seen(f"{side}_shoulder", f"{side}_elbow")
        seen_lower = np.minimum(seen_upper, marks.seen(f"{side}_wrist"))
        along = _rest_direction(f"{side}_elbow")
        hinge = np.cross(along, [0.0, 0.0, 1.0])
        upper = _mix(_hanging(chest, side), normalized(elbow - shoulder), _known(seen_upper))
        collar = self._collar(side, upper)
        bend, weight = _bend_axis(upper, normalized(wrist - elbow))
        weight = weight * _ramp(seen_lower, _UNSEEN, _SEEN)
        upper_arm = _swung(collar, along, upper)
        upper_arm = _twisted(upper_arm, upper, hinge=hinge, bend=bend, weight=weight, most=_MOST_TWIST["arm"])
        lower = _mix(upper_arm @ along, normalized(wrist - elbow), _known(seen_lower))
        lower = _not_backwards(upper_arm, lower, forward=1.0)
        forearm = _swung(upper_arm, along, lower)
        self._set(f"{side}_collar", collar, self.confidence[:, JOINT_INDEX["spine3"]] * 0.5)
        self._set(f"{side}_shoulder", upper_arm, seen_upper * (0.5 + 0.5 * weight))
        self._hand(side, forearm, seen=np.minimum(seen_lower, marks.seen(f"{side}_index", f"{side}_pinky")))
        self.confidence[:, JOINT_INDEX[f"{side}_elbow"]] = seen_lower

    def _collar(self, side: Side, upper: DoubleArray) -> DoubleArray:
        """The clavicle follows an arm that is lifted above the horizontal of the chest."""
        chest = self._get("spine3")
        lift = np.arcsin(np.clip(np.sum(upper * chest[:, :, 1], axis=-1), -1.0, 1.0))
        outward = 1.0 if side == "left" else -1.0
        turn = np.zeros_like(upper)
        turn[:, 2] = outward * _CLAVICLE_SHARE * np.maximum(lift, 0.0)
        return chest @ axis_angle_to_matrix(turn)

    def _hand(self, side: Side, forearm: DoubleArray, *, seen: DoubleArray) -> None:
        """Hand from wrist and knuckles; half of its turn about the forearm is the forearm's own (pronation)."""
        marks, known = self.landmarks, _ramp(seen, _UNSEEN, _SEEN)
        fingers = marks.point(f"{side}_index", f"{side}_pinky") - marks.point(f"{side}_wrist")
        across = marks.point(f"{side}_index") - marks.point(f"{side}_pinky")
        along = _rest_direction(f"{side}_hand")
        rest = frame_from_axes(along, np.array([0.0, 0.0, 1.0]))
        turn = np.swapaxes(forearm, -1, -2) @ frame_from_axes(fingers, across) @ rest.T
        bend = swing_between(along, turn @ along)
        pronation = matrix_to_axis_angle(np.swapaxes(bend, -1, -2) @ turn)
        pronation = _shortened(pronation, _MOST_TWIST["forearm"]) * known[:, None]
        bend = axis_angle_to_matrix(_shortened(matrix_to_axis_angle(bend), _MOST_WRIST_BEND) * known[:, None])
        hand = forearm @ bend @ axis_angle_to_matrix(pronation)
        self._set(f"{side}_elbow", forearm @ axis_angle_to_matrix(0.5 * pronation), seen)
        self._set(f"{side}_wrist", hand, seen)
        self._set(f"{side}_hand", hand, seen)

    def _leg(self, side: Side) -> None:
        marks, pelvis = self.landmarks, self._get("pelvis")
        hip, knee, ankle = (marks.point(f"{side}_{name}") for name in ("hip", "knee", "ankle"))
        toes = marks.point(f"{side}_foot_index") - marks.point(f"{side}_heel")
        seen_upper = marks.seen(f"{side}_hip", f"{side}_knee")
        seen_lower = np.minimum(seen_upper, marks.seen(f"{side}_ankle"))
        seen_foot = np.minimum(seen_lower, marks.seen(f"{side}_heel", f"{side}_foot_index"))
        seen_foot = seen_foot * _ramp(np.linalg.norm(toes, axis=-1), _SHORT_FOOT_M, _WHOLE_FOOT_M)
        down = np.array([0.0, -1.0, 0.0])
        upper = _mix(pelvis @ down, normalized(knee - hip), _known(seen_upper))
        bend, weight = _bend_axis(upper, normalized(ankle - knee))
        weight = weight * _ramp(seen_lower, _UNSEEN, _SEEN)
        # A straight leg shows its twist by where the toes point.
        by_toes = normalized(np.cross(normalized(toes), upper))
        bend = bend * weight[:, None] + by_toes * ((1.0 - weight) * _ramp(seen_foot, _UNSEEN, _SEEN))[:, None]
        weight = np.minimum(np.linalg.norm(bend, axis=-1), 1.0)
        hinge = np.array([1.0, 0.0, 0.0])
        thigh = _swung(pelvis, down, upper)
        thigh = _twisted(thigh, upper, hinge=hinge, bend=bend, weight=weight, most=_MOST_TWIST["leg"])
        along = _rest_direction(f"{side}_ankle")
        lower = _mix(thigh @ along, normalized(ankle - knee), _known(seen_lower))
        lower = _not_backwards(thigh, lower, forward=-1.0)
        shin = _swung(thigh, along, lower)
        self._set(f"{side}_hip", thigh, seen_upper * (0.5 + 0.5 * weight))
        self._set(f"{side}_knee", shin, seen_lower)
        self._foot(side, shin, toes=toes, seen=seen_foot)

    def _foot(self, side: Side, shin: DoubleArray, *, toes: DoubleArray, seen: DoubleArray) -> None:
        """Foot along heel and toes, upright in the shin's own plane."""
        forward = frame_from_axes(toes, np.cross(toes, shin[:, :, 0]))
        rest = frame_from_axes(np.array(_HEEL_TO_TOES), np.array([0.0, 1.0, 0.0]))
        turn = matrix_to_axis_angle(np.swapaxes(shin, -1, -2) @ forward @ rest.T)
        turn = np.clip(turn, *_ANKLE_RANGE) * _ramp(seen, _UNSEEN, _SEEN)[:, None]
        foot = shin @ axis_angle_to_matrix(turn)
        self._set(f"{side}_ankle", foot, seen)
        self._set(f"{side}_foot", foot, seen * 0.5)


_REST_JOINTS: Final = forward_kinematics(np.zeros((JOINT_COUNT, 3)), np.zeros(3))
_COLUMNS_X_Z: Final = frame_from_axes(np.array([1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0]))


def _chest_frame(shoulder_line: AnyFloatArray, up: AnyFloatArray) -> DoubleArray:
    """Upright along the trunk first, then turned to the shoulder line: shrugs and raised arms tilt that line."""
    return frame_from_axes(up, shoulder_line)


def _hanging(chest: DoubleArray, side: Side) -> DoubleArray:
    """Where an unseen arm hangs (T, 3): straight down, or along the trunk of somebody who lies or is upside down."""
    upright = np.clip(chest[:, 1:2, 1], 0.0, 1.0)
    down = -chest[:, :, 1] * (1.0 - upright) - np.array([0.0, 1.0, 0.0]) * upright
    return normalized(down + (_HANGING_OUT if side == "left" else -_HANGING_OUT) * chest[:, :, 0])


def _bend_axis(upper: DoubleArray, lower: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Axis (T, 3) about which elbow or knee bends, and how far it can be trusted (T,) in [0, 1]."""
    axis = np.cross(upper, lower)
    sine = np.linalg.norm(axis, axis=-1)
    angle = np.arctan2(sine, np.sum(upper * lower, axis=-1))
    return normalized(axis), _ramp(angle, _STRAIGHT, _BENT)


def _swung(parent: DoubleArray, along: AnyFloatArray, direction: DoubleArray) -> DoubleArray:
    """The parent's rotation (T, 3, 3) and the smallest swing that brings the rest direction to `direction` (T, 3)."""
    return swing_between(parent @ along, direction) @ parent


def _twisted(
    swung: DoubleArray, axis: DoubleArray, *, hinge: AnyFloatArray, bend: DoubleArray, weight: DoubleArray, most: float
) -> DoubleArray:
    """`swung` (T, 3, 3) turned about `axis` (T, 3) until its hinge meets the bend axis, by `weight`, at most `most`."""
    angle = np.clip(twist_angle(axis, swung @ hinge, bend), -most, most) * weight
    return axis_angle_to_matrix(normalized(axis) * angle[:, None]) @ swung


def _not_backwards(upper: DoubleArray, lower: DoubleArray, *, forward: float) -> DoubleArray:
    """`lower` (T, 3) without what knee or elbow cannot do: the limb is straight where it would bend backwards.

    `forward` is the sign of z, in the frame of `upper` (T, 3, 3), to which the joint bends.
    """
    local = np.einsum("tji,tj->ti", upper, lower)
    local[:, 2] = forward * np.maximum(forward * local[:, 2], 0.0)
    return normalized(np.einsum("tij,tj->ti", upper, local))


def _ramp(value: AnyFloatArray, low: float, high: float) -> DoubleArray:
    """0 up to `low`, 1 from `high`, smooth between (smoothstep)."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _known(seen: DoubleArray) -> DoubleArray:
    return _ramp(seen, _UNSEEN, _SEEN)[:, None]


def _mix(fallback: AnyFloatArray, direction: AnyFloatArray, weight: AnyFloatArray) -> DoubleArray:
    """Unit directions (T, 3) between `fallback` (weight 0) and `direction` (weight 1)."""
    return normalized(normalized(fallback) * (1.0 - weight) + normalized(direction) * weight)


def _shortened(axis_angle: DoubleArray, most: float) -> DoubleArray:
    """Rotations (T, 3) with angles of at most `most`."""
    angle = np.linalg.norm(axis_angle, axis=-1, keepdims=True)
    return axis_angle * np.minimum(1.0, most / np.maximum(angle, 1e-12))


def _rest_direction(joint: str) -> DoubleArray:
    """(3,) from the parent joint to this one, in the T-pose."""
    return normalized(REST_OFFSETS[JOINT_INDEX[joint]])


def _rest_point(*joints: str) -> DoubleArray:
    """(3,) metres: the middle of these joints in the T-pose, from the pelvis."""
    return np.mean([_REST_JOINTS[JOINT_INDEX[joint]] for joint in joints], axis=0)
