"""Feet that stand on rigs whose legs are others than those of the body whose feet stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.job import run_job
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rig_pose import RigPose
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from numpy_rigs import RestPose, evaluated, synthetic_rig
from walker import walking

SCALE = 100.0
"""Armature units a metre."""
ENDS = ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")


def rig_with_low_knees(down_m: float, *, without: tuple[str, ...] = ()) -> RigSpec:
    """A rig whose knees sit lower than SMPL's: its thighs are longer, and its shins shorter."""
    rig = synthetic_rig(RestPose(scale=SCALE), without=without)
    rest = rig.rest.copy()
    for side in ("Left", "Right"):
        rest[rig.index[f"mixamorig:{side}Leg"], 2, 3] -= SCALE * down_m
    return replace(rig, rest=rest)


def heads(rig: RigSpec, pose: RigPose, bones: Sequence[str]) -> DoubleArray:
    """(T, B, 3) metres."""
    columns = [rig.index[f"mixamorig:{name}"] for name in bones]
    return evaluated(rig, pose)[..., :3, 3][:, columns] / SCALE


def feet(rig: RigSpec, poses: PoseSequence, stands: BoolArray | None, *, in_place: bool = False) -> DoubleArray:
    """(T, 4, 3) metres: heads of feet and toes."""
    pose = retarget(rig, match_bones(rig), poses, stands=stands, in_place=in_place)
    return heads(rig, pose, ENDS)


def slides_mm(places: DoubleArray, stands: BoolArray) -> DoubleArray:
    """What standing ends move over the ground from frame to frame, but for the ends of a contact, where it eases."""
    inside = stands.copy()
    for edge in range(1, 4):
        inside[edge:] &= stands[:-edge]
        inside[:-edge] &= stands[edge:]
    held = inside[1:] & inside[:-1]
    return 1000.0 * np.linalg.norm(np.diff(places[..., :2], axis=0), axis=-1)[held]


@pytest.fixture(scope="module")
def walk() -> tuple[PoseSequence, BoolArray]:
    done = run_job(finish_motion(walking(), MotionSettings()))
    return done.poses, done.stands


@pytest.mark.parametrize("down_m", [0.06, -0.04])
def test_the_rigs_own_feet_stand(walk: tuple[PoseSequence, BoolArray], down_m: float) -> None:
    poses, stands = walk
    rig = rig_with_low_knees(down_m)
    before, after = (slides_mm(feet(rig, poses, told), stands) for told in (None, stands))
    assert np.mean(before) > 0.7
    assert np.mean(after) < 0.3 * np.mean(before)


def test_the_knees_do_not_pop_and_the_feet_stay_on_the_ground(walk: tuple[PoseSequence, BoolArray]) -> None:
    poses, stands = walk
    rig = rig_with_low_knees(0.06)
    bone_map = match_bones(rig)
    turns: list[DoubleArray] = []
    for told in (None, stands):
        pose = retarget(rig, bone_map, poses, stands=told)
        knees = pose.rotations[:, [pose.bones.index(f"mixamorig:{side}Leg") for side in ("Left", "Right")]]
        turns.append(np.degrees(2.0 * np.arccos(np.clip(np.abs(knees[..., 0]), 0.0, 1.0))))
    pops = [np.abs(np.diff(each, 2, axis=0)).max() for each in turns]
    assert pops[1] < 1.5 * pops[0] + 0.5
    lowest = [feet(rig, poses, told)[..., 2].min(1) for told in (None, stands)]
    np.testing.assert_allclose(lowest[1], lowest[0], atol=0.005)


def test_nothing_that_stands_and_no_toes_are_no_trouble(walk: tuple[PoseSequence, BoolArray]) -> None:
    poses, stands = walk
    rig = rig_with_low_knees(0.06)
    np.testing.assert_array_equal(feet(rig, poses, np.zeros_like(stands)), feet(rig, poses, None))
    bare = rig_with_low_knees(0.06, without=("left_foot", "right_foot"))
    pose = retarget(bare, match_bones(bare), poses, stands=stands)
    ankles = heads(bare, pose, ENDS[::2])
    assert np.median(slides_mm(ankles, stands[:, [0, 2]])) < 0.3


def test_in_place_the_body_is_moved_over_the_feet(walk: tuple[PoseSequence, BoolArray]) -> None:
    poses, stands = walk
    rig = rig_with_low_knees(0.06)
    np.testing.assert_array_equal(feet(rig, poses, stands, in_place=True), feet(rig, poses, None, in_place=True))
