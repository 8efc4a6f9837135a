"""Pose assets: marked, filed and described, and applied by Blender's own tools to another pose."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest

from choosing import keys_of, pose_of

KNEE, LEFT_ARM, LEFT_FOREARM = "mixamorig:RightLeg", "mixamorig:LeftArm", "mixamorig:LeftForeArm"
FILE = "blender_assets.cats.txt"


def degrees(one, other):
    """Each bone's angle between two poses, (B, 4, 4) each."""
    apart = np.linalg.norm(one[:, :3, :3] - other[:, :3, :3], axis=(1, 2))
    return np.degrees(2.0 * np.arcsin(np.clip(apart / np.sqrt(8.0), 0.0, 1.0)))


def other_pose(armature):
    for number, bone in enumerate(armature.pose.bones):
        bone.rotation_quaternion = (0.9, 0.1, 0.1 * (number % 3), 0.2)
    bpy.context.view_layer.update()


def assets():
    return [action for action in bpy.data.actions if action.asset_data is not None]


def pixels_of(action):
    preview = action.preview
    width, height = preview.image_size
    return np.array(preview.image_pixels_float[:], np.float32).reshape(height, width, 4)[::-1]


@pytest.fixture
def saved(posed, tmp_path):
    """The posed rig in a saved file."""
    name = posed.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    armature = bpy.data.objects[name]
    bpy.context.view_layer.objects.active = armature
    return armature


def test_blender_s_own_tool_applies_it_to_another_pose(saved, tmp_path):
    before = pose_of(saved)
    assert bpy.ops.contrapposto.save_pose() == {"FINISHED"}
    (action,) = assets()
    assert action.name == "dancer"
    assert tuple(action.frame_range) == (1.0, 1.0)
    assert len(action.slots) == 1
    other_pose(saved)
    assert degrees(before, pose_of(saved)).max() > 20.0
    bpy.ops.object.mode_set(mode="POSE")
    # What `poselib.apply_pose_asset` does; the operator itself takes the asset from a window's asset browser.
    saved.pose.apply_pose_from_action(action, evaluation_time=1.0)
    bpy.context.view_layer.update()
    assert degrees(before, pose_of(saved)).max() < 0.01
    assert np.abs(before[:, :3, 3] - pose_of(saved)[:, :3, 3]).max() < 1e-4


def test_it_blends_and_flips_as_blender_s_own_assets_do(saved):
    bpy.ops.contrapposto.save_pose()
    (action,) = assets()
    arm, other = saved.pose.bones[LEFT_ARM], saved.pose.bones["mixamorig:RightArm"]
    left = arm.rotation_quaternion.copy()
    assert left.angle > 0.3
    for bone in saved.pose.bones:
        bone.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)
    saved.pose.blend_pose_from_action(action, blend_factor=0.5, evaluation_time=1.0)
    assert arm.rotation_quaternion.angle == pytest.approx(left.angle / 2.0, rel=0.05)
    assert other.rotation_quaternion.angle < 0.2


def test_only_selected_bones_are_saved_when_asked(saved, package):
    package("rig.selection").select_bones(saved, [LEFT_ARM, LEFT_FOREARM])
    bpy.ops.contrapposto.save_pose(selected_only=True, name="Arm")
    (action,) = assets()
    curves = action.layers[0].strips[0].channelbag(action.slots[0]).fcurves
    assert {curve.data_path.split('"')[1] for curve in curves} == {LEFT_ARM, LEFT_FOREARM}
    assert {tag.name for tag in action.asset_data.tags} == {"photo", "left upper arm", "left forearm"}
    package("rig.selection").select_bones(saved, [])
    with pytest.raises(RuntimeError, match="No bone is selected"):
        bpy.ops.contrapposto.save_pose(selected_only=True)
    assert len(assets()) == 1


def test_it_says_where_it_comes_from(saved, photo, package, tmp_path):
    bpy.ops.contrapposto.save_pose(author="Ada", tags="hero, act 2", catalog="Poses/Dance")
    (action,) = assets()
    facts = action.asset_data
    assert facts.author == "Ada"
    assert facts.description.startswith(f"{photo.name}, Contrapposto ")
    assert {tag.name for tag in facts.tags} == {"photo", "whole body", "hero", "act 2"}
    lines = (tmp_path / FILE).read_text("utf-8").splitlines()
    assert f"{facts.catalog_id}:Poses/Dance:Poses-Dance" in lines
    (record,) = package("rig.provenance").provenance_of(action).records
    assert record.frames == (1.0, 1.0)
    assert record.slot == action.slots[0].identifier
    assert record.source.hash == package("backend.source_hash").hash_file(photo)


def test_the_source_is_the_preview(saved):
    bpy.ops.contrapposto.save_pose()
    shown = pixels_of(assets()[0])
    assert shown.shape == (256, 256, 4)
    assert np.allclose(shown[..., :3], 128 / 255, atol=0.01), "the grey picture of the fake photo, nothing dimmed"
    assert shown[..., 3].min() == 1.0


def test_without_a_source_the_rig_is_rendered(humanoid):
    assert bpy.ops.contrapposto.save_pose(name="Rest") == {"FINISHED"}
    shown = pixels_of(assets()[0])
    assert shown[..., :3].std() > 0.05, "a figure before a backdrop"
    assert assets()[0].asset_data.catalog_id == "00000000-0000-0000-0000-000000000000", "the file is not saved"


def test_pose_keys_and_file_stay_as_they_were(saved):
    keys, before, mode = keys_of(saved), pose_of(saved), saved.mode
    action = saved.animation_data.action
    bpy.ops.contrapposto.save_pose()
    assert saved.animation_data.action == action
    assert keys_of(saved) == keys
    assert np.array_equal(pose_of(saved), before)
    assert saved.mode == mode
    assert len(bpy.data.scenes) == 1


def test_a_catalogue_file_that_is_not_understood_stops_it_and_nothing_changes(saved, tmp_path):
    (tmp_path / FILE).write_text("VERSION 7\n")
    with pytest.raises(RuntimeError, match="another version"):
        bpy.ops.contrapposto.save_pose()
    assert assets() == []
    assert (tmp_path / FILE).read_text() == "VERSION 7\n"


def test_a_user_s_library_gets_a_file_of_its_own(posed, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    libraries = bpy.context.preferences.filepaths.asset_libraries
    library = libraries.new(name="Studio", directory=str(folder))
    try:
        bpy.ops.contrapposto.save_pose(name="Dance/1", library="Studio", catalog="Dance")
        assert assets() == [], "it is in the library, and not in this file"
        path = folder / "Saved" / "Actions" / "Dance_1.asset.blend"
        with bpy.data.libraries.load(str(path), assets_only=True) as (there, here):
            assert there.actions == ["Dance/1"]
            here.actions = there.actions
        (action,) = assets()
        assert action.asset_data.catalog_id in (folder / FILE).read_text("utf-8")
        assert pixels_of(action).shape == (256, 256, 4)
        bpy.ops.contrapposto.save_pose(name="Dance/1", library="Studio", catalog="Dance")
        assert len(list(path.parent.iterdir())) == 2, "none is written over"
        with pytest.raises(RuntimeError, match="no asset library"):
            bpy.ops.contrapposto.save_pose(library="Gone")
    finally:
        libraries.remove(library)


@pytest.fixture
def references(tmp_path):
    folder = tmp_path / "References"
    (folder / "Run: fast").mkdir(parents=True)
    for number, name in enumerate(("b.png", "a.jpg", "Run: fast/c.png", "broken.png")):
        (folder / name).write_bytes(b"picture %d" % number)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def telling(photos, package, monkeypatch):
    """Every picture is a photo, and broken ones are told by their name."""
    monkeypatch.setattr(package("backend.detect.image"), "load_picture", lambda path: type("P", (), {"pixels": path})())
    monkeypatch.setattr(package("backend.detect.drawing_or_photo"), "looks_drawn", lambda _image: 0.0)
    find, errors = photos.find_people, package("backend.errors")

    def find_people(path, models):
        if path.name == "broken.png":
            raise errors.NoPersonFoundError("nobody is in broken.png.")
        return (yield from find(path, models))

    monkeypatch.setattr(package("backend.pipeline"), "find_people", find_people)
    return photos


@pytest.fixture
def rig(humanoid, tmp_path):
    name = humanoid.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    armature = bpy.data.objects[name]
    bpy.context.view_layer.objects.active = armature
    return armature


def test_a_folder_becomes_a_catalogue(rig, telling, references, tmp_path, session):
    before = pose_of(rig)
    assert bpy.ops.contrapposto.pose_library_from_folder(directory=str(references)) == {"FINISHED"}
    assert sorted(action.name for action in assets()) == ["a", "b", "c"]
    assert np.array_equal(pose_of(rig), before), "the rig stays as it is"
    assert rig.animation_data is None
    content = (tmp_path / FILE).read_text("utf-8")
    places = {action.name: action.asset_data.catalog_id for action in assets()}
    assert f"{places['a']}:References:References" in content
    assert f"{places['c']}:References/Run- fast:References-Run- fast" in content
    assert places["a"] == places["b"]
    assert session.left_out == ("broken.png: nobody is in broken.png.",)
    rig.pose.apply_pose_from_action(bpy.data.actions["a"], evaluation_time=1.0)
    assert rig.pose.bones[LEFT_ARM].rotation_quaternion.angle > 0.3


def test_what_is_there_already_is_skipped(rig, telling, references):
    bpy.ops.contrapposto.pose_library_from_folder(directory=str(references))
    telling.read.clear()
    (references / "d.png").write_bytes(b"a new one")
    (references / "copy of a.png").write_bytes((references / "a.jpg").read_bytes())
    assert bpy.ops.contrapposto.pose_library_from_folder(directory=str(references)) == {"FINISHED"}
    assert [path.name for path in telling.read] == ["d.png"]
    assert sorted(action.name for action in assets()) == ["a", "b", "c", "d"]


def test_a_stopped_run_keeps_what_is_done_and_goes_on_there(rig, telling, references, package, monkeypatch):
    library = package("operators.library_folder")
    cls, jobs = library.CONTRAPPOSTO_OT_pose_library_from_folder, package("operators.session")

    class Played(library.ModalJob):
        make_job, stop, finish_job = cls.make_job, cls.stop, cls.finish_job
        _whole, _tell, job_title = cls._whole, cls._tell, "x"
        directory, recursive, author = str(references), True, ""

        def report(self, kind, text):
            told.append(text)

    told: list[str] = []
    operator = Played()
    operator._job = operator.make_job(bpy.context)
    for _ in operator._job:
        if operator._work.made:
            break
    operator._timer = None
    monkeypatch.setattr(operator, "_put_back", lambda _context: operator._job.close(), raising=False)
    assert operator.stop(bpy.context, jobs.JobStatus("x", put_back=lambda: None)) == {"FINISHED"}
    assert len(assets()) == 1
    assert "goes on there" in told[-1]
    bpy.ops.contrapposto.pose_library_from_folder(directory=str(references))
    assert sorted(action.name for action in assets()) == ["a", "b", "c"]


def test_an_unsaved_file_and_an_empty_folder_are_refused(humanoid, telling, references, tmp_path):
    with pytest.raises(RuntimeError, match=r"Save the \.blend first"):
        bpy.ops.contrapposto.pose_library_from_folder(directory=str(references))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    (tmp_path / "empty").mkdir()
    bpy.context.view_layer.objects.active = bpy.data.objects["Armature"]
    with pytest.raises(RuntimeError, match=r"no photos|no pictures"):
        bpy.ops.contrapposto.pose_library_from_folder(directory=str(tmp_path / "empty"))
    assert assets() == []


def test_the_command_line_adds_to_a_library_and_keeps_what_is_in_it(
    humanoid, telling, references, tmp_path, package, monkeypatch, capsys
):
    rig, out = tmp_path / "rig.blend", tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    monkeypatch.setattr(package("backend.cli_library"), "ModelCache", lambda _folder: _Models(telling))
    main = package("backend.cli").main
    given = ["library", str(references), "--rig", str(rig), "--out", str(out), "--author", "Ada"]
    assert main(given) == 2, "one picture was left out"
    assert "broken.png was left out: nobody is in broken.png." in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert sorted(action.name for action in assets()) == ["a", "b", "c"]
    assert {action.asset_data.author for action in assets()} == {"Ada"}
    bpy.data.texts.new("Of the artist").write("kept")
    bpy.data.texts["Of the artist"].use_fake_user = True
    bpy.ops.wm.save_mainfile()
    (references / "broken.png").unlink()
    (references / "d.png").write_bytes(b"a new one")
    assert main(given) == 0
    assert "New poses: 1. There already: 3. Left out: 0." in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    assert sorted(action.name for action in assets()) == ["a", "b", "c", "d"]
    assert bpy.data.texts["Of the artist"].as_string().strip() == "kept"
    d = bpy.data.actions["d"]
    assert pixels_of(d).shape == (256, 256, 4)
    assert f"{d.asset_data.catalog_id}:References:" in (tmp_path / FILE).read_text("utf-8")
    (record,) = package("rig.provenance").provenance_of(d).records
    assert record.source.path == "//References/d.png"


def test_the_command_line_takes_a_bone_map(humanoid, telling, references, tmp_path, package, monkeypatch, capsys):
    matched = package("backend.retarget.known_rigs").match_once(package("rig.armature").read_rig(humanoid))
    elbow, other = matched.joints["left_elbow"], "mixamorig:LeftHand"
    given = {"joints": {name: {"bones": list(found.bones)} for name, found in matched.joints.items()}}
    rig, out, maps = tmp_path / "rig.blend", tmp_path / "library.blend", tmp_path / "map.json"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    monkeypatch.setattr(package("backend.cli_library"), "ModelCache", lambda _folder: _Models(telling))
    main = package("backend.cli").main
    (references / "broken.png").unlink()
    words = ["library", str(references), "--rig", str(rig), "--out", str(out), "--bone-map", str(maps)]
    assert main(words) == 2
    assert "map.json does not exist. Name a .json file." in capsys.readouterr().err
    maps.write_text('{"joints": {"head": {"bones": ["nobody"]}}}')
    assert main(words) == 2
    assert not out.exists()
    del given["joints"]["left_wrist"]
    given["joints"]["left_elbow"] = {"bones": [elbow.bones[0]]}
    maps.write_text(json.dumps(given))
    assert main(words) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    action = assets()[0]
    bag = action.layers[0].strips[0].channelbag(action.slots[0])
    keyed = {curve.data_path.split('"')[1] for curve in bag.fcurves}
    assert elbow.bones[0] in keyed
    assert other not in keyed, "the wrist is not in the map"
    (record,) = package("rig.provenance").provenance_of(action).records
    assert len(record.bone_map) == 64


class _Models:
    """What the command line's models are in the place of."""

    def __init__(self, photos):
        self._photos = photos

    def estimator(self, _solver):
        from types import SimpleNamespace

        return SimpleNamespace(estimate=self._photos.pose_person, others=self._photos.other_readings)

    def regressor(self):
        return None
