"""Bones found by shape alone: whatever the rest pose, facing and scale; extra bones, missing bones, and no bodies."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.errors import RigError
from contrapposto.backend.retarget.bone_map import SURE, BoneMap
from contrapposto.backend.retarget.fingerprint import fingerprint
from contrapposto.backend.retarget.matcher import detect_bones, match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.skeleton import JOINT_NAMES
from numpy_creatures import bird, chain, quadruped, renamed, rig_of, spider, table
from numpy_rigs import RestPose, mixamo_name, synthetic_rig

BODY = [name for name in JOINT_NAMES if not name.endswith("_hand")]
RESTS = {
    "T-pose": RestPose(),
    "A-pose": RestPose(arms_down=45.0, elbow=10.0),
    "arms hanging": RestPose(arms_down=80.0, elbow=20.0),
    "facing +y": RestPose(yaw=180.0),
    "facing +x": RestPose(yaw=90.0, arms_down=45.0),
    "turned by 30 degrees": RestPose(yaw=30.0, arms_down=30.0),
    "tiny": RestPose(scale=0.01),
    "huge": RestPose(scale=100.0, arms_down=45.0),
    "y up, as raw FBX": RestPose(y_up=True, arms_down=40.0),
}


def wrong(bone_map: BoneMap, old: dict[str, str], *, sure: float = SURE) -> list[str]:
    """The joints that are surely mapped to another bone than Mixamo's name says."""
    return [
        f"{joint}: {old[match.bones[0]]}"
        for joint, match in bone_map.joints.items()
        if match.score >= sure and old[match.bones[0]] != f"mixamorig:{mixamo_name(joint)}"
    ]


def found(bone_map: BoneMap) -> set[str]:
    return {joint for joint, match in bone_map.joints.items() if match.score >= SURE}


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS.keys())
def test_a_body_under_unknown_names_is_found_in_any_rest_pose(rest: RestPose) -> None:
    rig, old = renamed(synthetic_rig(rest))
    bone_map = match_bones(rig)
    assert bone_map.convention == "structure"
    assert not wrong(bone_map, old)
    assert found(bone_map) == set(BODY)
    assert all(match.reason for match in bone_map.joints.values())


@pytest.mark.parametrize("seed", range(5))
def test_the_axes_of_the_armature_do_not_matter(seed: int) -> None:
    rig = synthetic_rig(RestPose(arms_down=30.0))
    turn = np.eye(4)
    turn[:3, :3] = Rotation.random(random_state=seed).as_matrix()
    turned, old = renamed(replace(rig, rest=turn @ rig.rest.astype(np.float64)))
    bone_map = match_bones(turned)
    assert not wrong(bone_map, old)
    assert found(bone_map) >= set(BODY) - {"neck", "head"}


@pytest.mark.parametrize(
    "absent",
    [
        ("left_collar", "right_collar"),
        ("neck",),
        ("spine1", "spine2"),
        ("left_collar", "right_collar", "spine2"),
    ],
    ids=", ".join,
)
def test_missing_bones_do_no_harm(absent: tuple[str, ...]) -> None:
    rig, old = renamed(synthetic_rig(RestPose(arms_down=40.0), without=absent))
    bone_map = match_bones(rig)
    middle = {joint for joint in bone_map.joints if joint.startswith(("spine", "neck", "head"))}
    assert not [line for line in wrong(bone_map, old) if line.partition(":")[0] not in middle]
    assert {"left_elbow", "right_wrist", "left_ankle", "right_foot", "pelvis", "head", "spine3"} <= found(bone_map)


def test_without_toes_and_hands_the_side_is_a_guess_and_says_so() -> None:
    rig, _ = renamed(synthetic_rig(RestPose(), without=("left_foot", "right_foot")))
    bone_map = detect_bones(rig)
    if not set(bone_map.unsure) >= {"left_hip", "right_shoulder"}:
        pytest.fail(f"sure of the sides: {bone_map.joints['left_hip']}")
    assert any("left and right are a guess" in problem for problem in bone_map.problems)
    with pytest.raises(RigError, match=r"not mapped with certainty: .*left thigh"):
        match_bones(rig)


def test_side_markers_in_unknown_names_settle_the_sides() -> None:
    plain = synthetic_rig(RestPose(), without=("left_foot", "right_foot"))
    rig, old = renamed(plain)
    marks = {"Left": ".L", "Right": ".R"}
    names = {name: name + next((mark for word, mark in marks.items() if word in old[name]), "") for name in rig.bones}
    marked = replace(rig, bones=tuple(names.values()))
    bone_map = match_bones(marked)
    assert not wrong(bone_map, {new: old[name] for name, new in names.items()})
    assert "front by" in bone_map.joints["left_hip"].reason
    assert "names" in bone_map.joints["left_hip"].reason


def test_extra_bones_are_left_alone() -> None:
    rig = synthetic_rig(RestPose(arms_down=45.0))
    heads = {name: rig.heads[rig.index[f"mixamorig:{name}"]] for name in ("Head", "Hips", "LeftHand", "Spine2")}
    extra: list[tuple[str, str, np.ndarray]] = []
    for side in (1.0, -1.0):
        for part in range(5):  # hair to the hips, a skirt, wings
            extra += [
                (
                    f"hair{side}{part}",
                    f"hair{side}{part - 1}" if part else "mixamorig:Head",
                    heads["Head"] + [side * (0.08 + 0.02 * part), 0.05, 0.2 - 0.2 * part],
                ),
                (
                    f"wing{side}{part}",
                    f"wing{side}{part - 1}" if part else "mixamorig:Spine2",
                    heads["Spine2"] + [side * 0.25 * part + side * 0.05, 0.2 + 0.1 * part, 0.1 * part],
                ),
            ]
        extra += [
            (
                f"skirt{side}{part}",
                f"skirt{side}{part - 1}" if part else "mixamorig:Hips",
                heads["Hips"] + [side * 0.15, 0.1, -0.12 * part],
            )
            for part in range(3)
        ]
        extra += [(f"eye{side}", "mixamorig:Head", heads["Head"] + [side * 0.03, -0.08, 0.08])]
    extra += [
        (
            f"sword{part}",
            f"sword{part - 1}" if part else "mixamorig:LeftHand",
            heads["LeftHand"] + [0.0, -0.4 * part, 0.0],
        )
        for part in range(3)
    ]
    rig2, old = renamed(_with(rig, extra))
    bone_map = match_bones(rig2)
    assert not wrong(bone_map, old)
    assert found(bone_map) >= set(BODY) - {"neck", "head"}


def _with(rig: RigSpec, extra: list[tuple[str, str, np.ndarray]]) -> RigSpec:
    bones = [*rig.bones, *(name for name, _, _ in extra)]
    parents = [*rig.parents, *(bones.index(parent) for _, parent, _ in extra)]
    matrices = np.tile(np.eye(4), (len(extra), 1, 1))
    matrices[:, :3, 3] = [head for _, _, head in extra]
    return RigSpec(
        rig.name, tuple(bones), np.array(parents), np.concatenate([rig.rest, matrices]), np.full(len(bones), 0.1)
    )


def test_twist_bones_on_the_limbs_become_part_of_their_chains() -> None:
    plain = synthetic_rig(RestPose(arms_down=45.0))
    rig = plain
    for side in ("Left", "Right"):
        upper, lower = (plain.heads[plain.index[f"mixamorig:{side}{part}"]] for part in ("ForeArm", "Hand"))
        rig = _spliced(rig, f"mixamorig:{side}ForeArm", f"mixamorig:{side}Hand", head=0.5 * (upper + lower))
    anonymous, old = renamed(rig)
    bone_map = match_bones(anonymous)
    assert not wrong(bone_map, old)
    assert [old[bone] for bone in bone_map.joints["left_elbow"].bones] == [
        "mixamorig:LeftForeArm",
        "twist of mixamorig:LeftHand",
    ]


def _spliced(rig: RigSpec, above: str, below: str, *, head: np.ndarray) -> RigSpec:
    """The rig with a bone more between two."""
    place = rig.index[below]
    bones = list(rig.bones)
    bones.insert(place, f"twist of {below}")
    parents = [int(parent) + (parent >= place) for parent in rig.parents]
    parents[place] = place
    parents.insert(place, rig.index[above])
    matrix = np.eye(4)
    matrix[:3, 3] = head
    rest = np.insert(rig.rest, place, matrix, axis=0)
    return RigSpec(rig.name, tuple(bones), np.array(parents), rest, np.full(len(bones), 0.1))


@pytest.mark.parametrize(
    "rig",
    [
        quadruped(),
        renamed(quadruped())[0],
        bird(),
        spider(),
        table(),
        chain(),
        chain(step=0.0),
        rig_of({"Bone": (None, (0, 0, 0))}),
    ],
    ids=["quadruped", "quadruped without names", "bird", "spider", "table", "chain", "heap", "one bone"],
)
def test_what_is_no_human_body_is_refused_in_words_and_never_raises_else(rig: RigSpec) -> None:
    detect_bones(rig)
    with pytest.raises(RigError, match=r"cannot be mapped to a human body|was not mapped with certainty"):
        match_bones(rig)


def test_random_trees_are_no_bodies() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        parents = [-1, *(int(random.integers(0, bone)) for bone in range(1, 60))]
        rest = np.tile(np.eye(4), (60, 1, 1))
        rest[:, :3, 3] = random.normal(size=(60, 3))
        rig = RigSpec("Tree", tuple(f"b{i}" for i in range(60)), np.array(parents), rest, np.ones(60))
        with pytest.raises(RigError):
            match_bones(rig)


def test_a_body_that_lies_in_a_heap_at_rest_is_found_in_its_pose() -> None:
    rig = synthetic_rig(RestPose(seed=None))
    basis = np.tile(np.eye(4), (len(rig.bones), 1, 1))
    rest = rig.rest.astype(np.float64).copy()
    for bone in range(1, len(rig.bones)):
        basis[bone, :3, :3] = Rotation.identity().as_matrix()
    turned = Rotation.from_euler("x", 120.0, degrees=True).as_matrix()
    for name in ("LeftLeg", "RightLeg"):  # shins folded up at rest, and straightened by the pose
        knee = rig.index[f"mixamorig:{name}"]
        below = [knee, *(b for b in range(len(rig.bones)) if knee in rig.ancestors(b))]
        pivot = rest[knee, :3, 3].copy()
        for bone in below:
            rest[bone, :3, 3] = turned @ (rest[bone, :3, 3] - pivot) + pivot
        basis[knee, :3, :3] = turned.T
    folded, old = renamed(replace(rig, rest=rest, basis=basis))
    bone_map = detect_bones(folded)
    assert {"left_knee", "right_ankle"} <= bone_map.joints.keys()
    assert not wrong(bone_map, old)


def test_detection_is_fast() -> None:
    named, anonymous = synthetic_rig(RestPose()), renamed(synthetic_rig(RestPose()))[0]
    for rig in (named, anonymous):
        detect_bones(rig)
    start = time.perf_counter()
    detect_bones(named)
    assert time.perf_counter() - start < 0.15
    start = time.perf_counter()
    detect_bones(anonymous)
    assert time.perf_counter() - start < 0.3


def test_a_fingerprint_knows_names_and_parents_and_nothing_else() -> None:
    rig = synthetic_rig(RestPose())
    assert fingerprint(rig) == fingerprint(replace(synthetic_rig(RestPose(arms_down=60.0, scale=3.0)), name="Other"))
    assert fingerprint(rig) != fingerprint(synthetic_rig(RestPose(), prefix="other:"))
    assert fingerprint(rig) != fingerprint(synthetic_rig(RestPose(), without=("neck",)))
    assert len(fingerprint(rig)) == 40
