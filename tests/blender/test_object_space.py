"""What the object's own transform does to the pose in the world: corrected where it can be, told where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids

Armature = bpy.types.Object
Importer = Callable[[str], ModuleType]
LIMBS = {"Arm": "ForeArm", "ForeArm": "Hand", "UpLeg": "Leg", "Leg": "Foot"}
JOINTS = {"Arm": "shoulder", "ForeArm": "elbow", "Hand": "wrist", "UpLeg": "hip", "Leg": "knee", "Foot": "ankle"}
OTHER = {"Left": "Right", "Right": "Left"}
TO_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@pytest.fixture
def poses(package: Importer):
    rotations = np.random.default_rng(8).uniform(-0.6, 0.6, (4, 24, 3))
    rotations[:, 0] *= 0.5
    return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.3, 0.9, 0.1], (4, 1)))


@pytest.fixture
def pose(package: Importer, poses) -> Callable[..., object]:
    keys = package("rig.keyframes")

    def pose_(armature: Armature, **options: object) -> object:
        bpy.context.view_layer.update()
        return keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, **options))

    return pose_


def under(armature: Armature, scale: tuple[float, ...], turn: tuple[float, ...]) -> None:
    """Hang the armature on an empty."""
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.scale, parent.rotation_euler = scale, turn
    armature.parent = parent


def seen(armature: Armature, frame: int) -> dict[str, np.ndarray]:
    """Where the joints are in the world."""
    bpy.context.scene.frame_set(frame)
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return {bone.name.removeprefix("mixamorig:"): np.array(posed.matrix_world @ bone.head) for bone in posed.pose.bones}


def largest_error(package: Importer, armature: Armature, poses, *, side: Callable[[str], str]) -> float:
    """Degrees between the limbs in the world and those of a body that faces -y; `side` names the rig's side of each."""
    index, kinematics = package("backend.skeleton").JOINT_INDEX, package("backend.kinematics")
    joints = kinematics.forward_kinematics(poses.rotations, poses.translation) @ TO_BLENDER.T
    worst = 0.0
    for frame in range(poses.frame_count):
        heads = seen(armature, frame + 1)
        for start, end in LIMBS.items():
            for of_body in ("Left", "Right"):
                found = heads[side(of_body) + end] - heads[side(of_body) + start]
                first, last = (index[f"{of_body.lower()}_{JOINTS[part]}"] for part in (start, end))
                wanted = joints[frame, last] - joints[frame, first]
                cosine = found @ wanted / np.linalg.norm(found) / np.linalg.norm(wanted)
                worst = max(worst, float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))
    return worst


def test_a_plain_object_is_told_nothing(package: Importer, pose, poses) -> None:
    armature = humanoids.make_humanoid()
    armature.location, armature.rotation_euler, armature.scale = (3.0, 2.0, 1.0), (0.0, 0.0, 0.0), (0.01,) * 3
    assert pose(armature).notes == ()
    assert largest_error(package, armature, poses, side=str) < 0.1


@pytest.mark.parametrize("by_parent", [False, True], ids=["own scale", "scale of a parent"])
def test_a_mirrored_object_looks_right_in_the_world(package: Importer, pose, poses, by_parent: bool) -> None:
    armature = humanoids.make_humanoid(name="Twin")
    if by_parent:
        under(armature, (-2.0, 2.0, 2.0), (0.0, 0.0, 0.0))
    else:
        armature.scale = (-1.0, 1.0, 1.0)
    (note,) = pose(armature).notes
    assert note.startswith("Twin is mirrored by the scale of its object or a parent")
    assert largest_error(package, armature, poses, side=OTHER.__getitem__) < 0.1
    assert seen(armature, 1)["Hips"][0] > 0.2, "the body moves to where the poses put it"


def test_a_flipped_pose_on_a_mirrored_object_is_flipped_in_the_world(package: Importer, pose, poses) -> None:
    armature = humanoids.make_humanoid()
    armature.scale = (-1.0, 1.0, 1.0)
    pose(armature, flip=True)
    assert largest_error(package, armature, poses.mirrored(), side=OTHER.__getitem__) < 0.1


def test_the_motion_of_a_mirrored_object_is_read_as_it_is_seen(package: Importer, pose, poses) -> None:
    armature = humanoids.make_humanoid()
    armature.scale = (-1.0, 1.0, 1.0)
    pose(armature)
    read = package("rig.motion").read_motion(armature, frames=range(1, 5))
    joints = package("backend.kinematics").forward_kinematics
    limbs = [joint for joint in range(24) if joint not in (10, 11, 15, 22, 23)]
    apart = joints(read.rotations, 0.0 * read.translation) - joints(poses.rotations, 0.0 * poses.translation)
    assert np.linalg.norm(apart[:, limbs], axis=-1).max() < 0.05


def test_the_camera_sees_the_sides_of_a_mirrored_rig_as_a_viewer_does(package: Importer, pose) -> None:
    armature = humanoids.make_humanoid()
    armature.scale = (-1.0, 1.0, 1.0)
    pose(armature)
    bpy.context.scene.frame_set(1)
    places = package("rig.camera").RigJoints(armature).places(armature)
    assert np.allclose(places["left_wrist"], seen(armature, 1)["RightHand"], atol=1e-5)


@pytest.mark.parametrize(("scale", "degrees"), [((1.0, 2.0, 1.0), "19"), ((1.0, 1.0, 3.0), "30")], ids=["deep", "tall"])
def test_an_uneven_scale_is_told_with_what_it_does(package: Importer, pose, poses, scale, degrees: str) -> None:
    armature = humanoids.make_humanoid(name="Wide")
    armature.scale = scale
    (note,) = pose(armature).notes
    assert f"Wide is scaled unevenly by its object or a parent, so limbs point up to {degrees} degrees aside" in note
    assert largest_error(package, armature, poses, side=str) <= float(degrees) + 0.6


def test_a_shear_by_a_parent_is_told(pose) -> None:
    armature = humanoids.make_humanoid()
    armature.rotation_euler = (0.0, 0.0, 1.0)
    under(armature, (1.0, 3.0, 1.0), (0.0, 0.0, 0.5))
    (note,) = pose(armature).notes
    assert "point up to 30 degrees aside" in note


@pytest.mark.parametrize(("turn", "told"), [(0.5 * np.pi, 90), (np.pi, 180), (0.1, None)])
def test_a_tilted_object_tilts_the_pose_and_it_is_told(pose, turn: float, told: int | None) -> None:
    armature = humanoids.make_humanoid(name="Sleeper")
    armature.rotation_euler = (turn, 0.0, 2.0)
    notes = pose(armature).notes
    assert notes == () if told is None else f"The object Sleeper is tilted by {told} degrees" in notes[0]
    plain = humanoids.make_humanoid(name="Plain")
    pose(plain)
    for bone in plain.pose.bones:
        assert np.allclose(bone.matrix_basis, armature.pose.bones[bone.name].matrix_basis, atol=1e-4)


def test_a_rig_without_depth_is_told(pose) -> None:
    armature = humanoids.make_humanoid(name="Card")
    armature.scale = (1.0, 0.0, 1.0)
    (note,) = pose(armature).notes
    assert "Card is scaled to nothing along an axis" in note
