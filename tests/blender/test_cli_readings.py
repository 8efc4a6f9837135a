"""`contrapposto photo --hypotheses` with a rig, and what it says of joints that it left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "photo.jpg"
LEFT_ELBOW, RIGHT_KNEE = 18, 5


@pytest.fixture
def rig_file(humanoid: bpy.types.Object, tmp_path: Path) -> Path:
    """A .blend with a humanoid at rest."""
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path


@pytest.fixture
def three_readings(package, monkeypatch):
    """Readings that bend the left elbow further; the last alone shows the right shin, and is sure of its knee."""
    pytest.importorskip("ai_edge_litert.interpreter")
    work = package("backend.cli_photo_work")
    real = work.solve_person

    def solve(found, person, models, **_options):
        solved = yield from real(found, person, models, solver=package("backend.runtime").Solver.ANALYTIC)
        readings = []
        for number in range(3):
            rotations, sure = solved.estimate.poses.rotations.copy(), solved.estimate.poses.confidence.copy()
            rotations[0, LEFT_ELBOW] = (0.0, -0.5 - 0.4 * number, 0.0)
            sure[:] = 0.9
            sure[0, RIGHT_KNEE] = 0.3 + 0.3 * number
            shown = np.ones_like(sure)
            shown[0, RIGHT_KNEE] = sure[0, RIGHT_KNEE] - 0.1
            poses = replace(solved.estimate.poses, rotations=rotations, confidence=sure, shown=shown)
            readings.append(replace(solved.estimate, poses=poses, likelihood=0.5 - 0.1 * number))
        return replace(solved, estimates=tuple(readings))

    monkeypatch.setattr(work, "solve_person", solve)


def elbow_angle(path: Path) -> float:
    """Degrees between left upper arm and forearm in a posed file."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    bones = bpy.data.objects["Armature"].pose.bones
    heads = [np.array(bones[f"mixamorig:Left{name}"].head) for name in ("Arm", "ForeArm", "Hand")]
    upper, lower = heads[1] - heads[0], heads[2] - heads[1]
    return float(np.degrees(np.arccos(upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower))))


def keyed(path: Path) -> set[str]:
    """The bones with keys in a posed file."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    armature = bpy.data.objects["Armature"]
    bag = armature.animation_data.action.layers[0].strips[0].channelbag(armature.animation_data.action_slot)
    return {curve.data_path.split('"')[1].removeprefix("mixamorig:") for curve in bag.fcurves}


def test_every_reading_has_a_rig_and_a_preview_of_its_own(
    package, rig_file, tmp_path, three_readings, capsys, monkeypatch
) -> None:
    def render(armature, *, path, **_picture) -> None:
        """Stands for the renderer, which takes long: writes where the left hand is."""
        path.write_text(str(tuple(armature.pose.bones["mixamorig:LeftHand"].head)))

    monkeypatch.setattr(package("rig.session"), "render_preview", render)
    out, preview = tmp_path / "posed.blend", tmp_path / "seen.png"
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--hypotheses", "3", "--min-confidence", "0.5"]
    assert package("backend.cli").main([*arguments, "--out", str(out), "--preview", str(preview)]) == 0
    said = capsys.readouterr().out
    assert "Reading 2 of 3: likelihood 40%." in said
    assert "Note: Reading 1: not keyed, because less sure than 50%: right shin (30%)." in said
    assert "Reading 2: not keyed" not in said
    files = [tmp_path / f"posed{suffix}.blend" for suffix in ("", "_2", "_3")]
    angles = [elbow_angle(path) for path in files]
    assert angles == pytest.approx([np.degrees(0.5 + 0.4 * number) for number in range(3)], abs=1.0)
    assert ["RightLeg" in keyed(path) for path in files] == [False, True, True]
    pictures = [(tmp_path / f"seen{suffix}.png").read_bytes() for suffix in ("", "_2", "_3")]
    assert len(set(pictures)) == 3


def test_a_later_reading_is_as_if_it_had_been_the_only_one(package, rig_file, tmp_path, three_readings) -> None:
    out, alone = tmp_path / "posed.blend", tmp_path / "alone.blend"
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--hypotheses", "3"]
    assert package("backend.cli").main([*arguments, "--out", str(out)]) == 0
    assert package("backend.cli").main([*arguments, "--npz", str(tmp_path / "p.npz")]) == 0
    third = package("backend.pose_sequence").PoseSequence.load(tmp_path / "p_3.npz")
    session = package("rig.session").PosedRig.open(rig_file, armature_name=None)
    session.pose(third, options=package("rig.keyframes").KeyOptions(frame=1.0))
    session.save(alone)
    poses = []
    for path in (tmp_path / "posed_3.blend", alone):
        bpy.ops.wm.open_mainfile(filepath=str(path))
        poses.append([np.array(bone.matrix) for bone in bpy.data.objects["Armature"].pose.bones])
    assert np.allclose(poses[0], poses[1], atol=1e-4)


def test_unseen_joints_keep_the_rigs_pose(package, rig_file, tmp_path, three_readings) -> None:
    out = tmp_path / "posed.blend"
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--keep-unseen", "--out", str(out)]
    assert package("backend.cli").main(arguments) == 0
    assert "RightLeg" in keyed(out)
    shin = bpy.data.objects["Armature"].pose.bones["mixamorig:RightLeg"]
    assert shin.rotation_quaternion.angle == pytest.approx(0.0, abs=1e-4)


def test_what_the_picture_cuts_off_is_told_and_kept(package, tmp_path, capsys) -> None:
    """The sample picture down to the waist: the legs of the sample character stay as they are."""
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("ai_edge_litert.interpreter")
    bust, out = tmp_path / "bust.png", tmp_path / "posed.blend"
    cv2.imwrite(str(bust), cv2.imread(str(SAMPLE))[:380])
    rig = ROOT / "samples" / "character.blend"

    def legs() -> list[np.ndarray]:
        armature = next(obj for obj in bpy.data.objects if obj.type == "ARMATURE")
        bones = package("rig.bone_maps").bone_map_for(armature, package("rig.armature").read_rig(armature)).joints
        joints = [f"{side}_{name}" for side in ("left", "right") for name in ("hip", "knee", "ankle")]
        return [np.array(armature.pose.bones[bones[joint].bones[0]].matrix_basis) for joint in joints]

    bpy.ops.wm.open_mainfile(filepath=str(rig))
    before = legs()
    arguments = ["photo", str(bust), "--rig", str(rig), "--out", str(out)]
    for keep, words in ((["--keep-unseen"], "left as the rig has it"), ([], "guessed")):
        assert package("backend.cli").main([*arguments, *keep]) == 0
        assert f"Not shown in the picture, so {words}: left leg, right leg." in capsys.readouterr().out
        bpy.ops.wm.open_mainfile(filepath=str(out))
        assert np.allclose(before, legs(), atol=1e-4) == bool(keep)
