"""The photo operator: what it does to the rig, to the scene, and what it refuses in words."""

import sys
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import blender_harness
from fake_layout import draw


def pose_of(armature):
    return np.array([bone.matrix_basis for bone in armature.pose.bones])


def keys():
    """Every key of every action: (slot, path, index) -> points."""
    found = {}
    for action in bpy.data.actions:
        for layer in action.layers:
            for strip in layer.strips:
                for bag in strip.channelbags:
                    for curve in bag.fcurves:
                        points = tuple(tuple(point.co) for point in curve.keyframe_points)
                        found[action.name, bag.slot_handle, curve.data_path, curve.array_index] = points
    return found


class Unchanged:
    """A block after which pose, actions, keys and result must be what they were."""

    def __init__(self, armature):
        self.armature = armature

    def state(self):
        armature = self.armature
        action = armature.animation_data.action if armature.animation_data else None
        result = bpy.context.scene.contrapposto.result
        return pose_of(armature).tolist(), action, sorted(bpy.data.actions.keys()), keys(), result.summary

    def __enter__(self):
        self.before = self.state()

    def __exit__(self, kind, error, trace):
        assert self.state() == self.before


def test_the_active_armature_is_posed_and_keyed_at_the_playhead(humanoid, photos, photo):
    bpy.context.scene.frame_set(12)
    before = pose_of(humanoid)
    assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"FINISHED"}
    assert not np.allclose(pose_of(humanoid), before)
    assert keys()
    assert {point[0] for points in keys().values() for point in points} == {12.0}


def test_the_result_tells_what_was_done(humanoid, photos, photo):
    bpy.context.scene.frame_set(7)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    result = bpy.context.scene.contrapposto.result
    assert result.photo == str(photo)
    assert (result.person, result.armature, result.frame) == (1, humanoid.name, 7.0)
    assert result.seconds > 0.0
    assert [timing.name for timing in result.timings] == [
        "read", "find people", "load models", "solve pose", "pose and key",
    ]  # fmt: skip
    assert [part.name for part in result.body_parts] == [
        "Head", "Torso", "Left arm", "Right arm", "Left leg", "Right leg",
    ]  # fmt: skip
    assert all(0.0 < part.confidence < 1.0 for part in result.body_parts)
    assert result.keyed_count == len(result.keyed_bones.split(", ")) > 10
    assert result.action == humanoid.animation_data.action.name
    assert "keyed at frame 7" in result.summary


def test_what_is_odd_about_the_rig_is_told(humanoid, photos, photo):
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert bpy.context.scene.contrapposto.result.notes == ""
    humanoid.data.pose_position = "REST"
    constraint = humanoid.pose.bones["mixamorig:LeftForeArm"].constraints.new("COPY_ROTATION")
    constraint.target, constraint.subtarget = humanoid, "mixamorig:Hips"
    assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"FINISHED"}
    notes = bpy.context.scene.contrapposto.result.notes.splitlines()
    assert any("LeftForeArm may override the pose" in note for note in notes)
    assert any("Rest Position" in note for note in notes)


def test_in_pose_mode_the_mode_and_the_selection_stay(humanoid, photos, photo):
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert humanoid.mode == "POSE"
    assert bpy.context.view_layer.objects.active == humanoid


def test_blend_zero_keeps_the_pose(humanoid, photos, photo):
    before = pose_of(humanoid)
    bpy.ops.contrapposto.photo(filepath=str(photo), blend=0.0)
    assert np.allclose(pose_of(humanoid), before, atol=1e-5)


def test_only_selected_bones_are_keyed_when_asked(humanoid, photos, photo):
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.select_all(action="DESELECT")
    name = "mixamorig:LeftArm"
    if hasattr(bpy.types.PoseBone.bl_rna.properties.get("select"), "identifier"):
        humanoid.pose.bones[name].select = True
    else:
        humanoid.data.bones[name].select = True
    bpy.ops.contrapposto.photo(filepath=str(photo), selected_only=True)
    assert bpy.context.scene.contrapposto.result.keyed_bones == name


def test_the_person_is_chosen_by_number(humanoid, photos, photo):
    photos.people = 3
    bpy.ops.contrapposto.photo(filepath=str(photo), person=2)
    result = bpy.context.scene.contrapposto.result
    assert photos.posed == [1]
    assert result.person == 2
    assert len(result.people) == 3
    assert list(result.people[1].box_px) == [170.0, 40.0, 330.0, 440.0]


def test_scripts_that_name_nobody_get_the_most_prominent(humanoid, photos, photo):
    photos.people = 3
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert photos.posed == [0]


def test_another_choice_does_not_read_the_picture_again(humanoid, photos, photo):
    photos.people = 2
    bpy.ops.contrapposto.photo(filepath=str(photo), person=1)
    first = pose_of(humanoid)
    bpy.ops.contrapposto.photo(filepath=str(photo), person=2)
    assert len(photos.read) == 1
    assert photos.posed == [0, 1]
    assert not np.allclose(pose_of(humanoid), first)


def test_a_changed_picture_is_read_again(humanoid, photos, photo):
    bpy.ops.contrapposto.photo(filepath=str(photo))
    photo.write_bytes(b"now another picture")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert len(photos.read) == 2


def test_a_path_relative_to_the_blend_file_is_understood(humanoid, photos, photo):
    bpy.ops.wm.save_as_mainfile(filepath=str(photo.parent / "scene.blend"))
    bpy.ops.contrapposto.photo(filepath="//dancer.png")
    assert photos.read == [photo]


def test_one_undo_takes_back_pose_keys_and_result(humanoid, photos, photo):
    bpy.ops.ed.undo_push(message="before")
    before = pose_of(humanoid)
    name = humanoid.name
    bpy.ops.contrapposto.photo("EXEC_DEFAULT", True, filepath=str(photo))
    bpy.ops.ed.undo()
    restored = bpy.data.objects[name]
    assert np.allclose(pose_of(restored), before)
    assert not keys()
    assert not bpy.context.scene.contrapposto.result.summary


def error_from(package, kind):
    errors = package("backend.errors")
    return {
        "nobody": errors.NoPersonFoundError("Nobody was found in garlic.png. Choose a picture with a person in it."),
        "model": errors.ModelFileError("The model pose_detection is missing. Run the set-up."),
        "package": errors.MissingPackageError("LiteRT is not installed."),
        "input": errors.InputError("dancer.png is not a picture."),
    }[kind]


@pytest.mark.parametrize("kind", ["nobody", "model", "package", "input"])
def test_our_errors_become_sentences_and_change_nothing(package, humanoid, photos, photo, kind):
    photos.error = error_from(package, kind)
    with Unchanged(humanoid), pytest.raises(RuntimeError, match=f"Error: {photos.error}"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_an_error_after_the_picture_was_read_changes_nothing(package, humanoid, photos, photo):
    photos.pose_error = package("backend.errors").InputError("The pose cannot be solved.")
    with Unchanged(humanoid), pytest.raises(RuntimeError, match="Error: The pose cannot be solved"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


CUT_OFF = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb")


@pytest.fixture
def real_session(package):
    """Without the fake: the real detector, with nothing loaded before or after."""
    session = package("operators.session").session
    session.release()
    yield session
    session.release()


@pytest.fixture
def grey(tmp_path):
    """A picture of nothing."""
    picture = bpy.data.images.new("Grey", 320, 240)
    picture.filepath_raw, picture.file_format = str(tmp_path / "grey.png"), "PNG"
    picture.save()
    return tmp_path / "grey.png"


@pytest.fixture
def needs_detector():
    """Skips where the detector's packages are not installed."""
    pytest.importorskip("cv2")
    pytest.importorskip("ai_edge_litert.interpreter")


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "cut off"])
def test_files_that_are_no_pictures_are_refused_in_words(humanoid, real_session, tmp_path, kind):
    path = tmp_path / "bad.jpg"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"empty": b"", "text": b"this is no picture", "cut off": CUT_OFF}[kind])
    with Unchanged(humanoid), pytest.raises(RuntimeError, match=r"^Error: [^\n]+\.\n?$"):
        bpy.ops.contrapposto.photo(filepath=str(path))


def test_a_damaged_model_file_is_told_in_words(humanoid, real_session, needs_detector, grey):
    (grey.parent / "pose_detection.tflite").write_bytes(b"damaged")
    chosen = bpy.context.preferences.addons[blender_harness.ADDON].preferences
    chosen.model_folder = str(grey.parent)
    try:
        with Unchanged(humanoid), pytest.raises(RuntimeError, match=r"pose_detection.tflite is damaged"):
            bpy.ops.contrapposto.photo(filepath=str(grey))
    finally:
        chosen.model_folder = ""


def test_a_picture_without_a_person_is_refused_in_words(humanoid, real_session, needs_detector, grey):
    with Unchanged(humanoid), pytest.raises(RuntimeError, match=r"Error: Nobody was found in grey.png"):
        bpy.ops.contrapposto.photo(filepath=str(grey))


@pytest.mark.parametrize("missing", ["cv2", "ai_edge_litert.interpreter", "scipy.spatial.transform"])
def test_a_missing_package_is_told_in_words(humanoid, real_session, monkeypatch, grey, missing):
    monkeypatch.setitem(sys.modules, missing, None)  # what `import` finds for a package that is not installed
    with (
        Unchanged(humanoid),
        pytest.raises(RuntimeError, match=r"Error: The Python package (opencv|ai-edge-litert|scipy)"),
    ):
        bpy.ops.contrapposto.photo(filepath=str(grey))


def test_a_real_photo_poses_the_rig(humanoid, real_session, needs_detector, shared_data):
    before = pose_of(humanoid)
    bpy.ops.contrapposto.photo(filepath=str(shared_data / "photos" / "coco" / "COCO_val2014_000000000474.jpg"))
    assert not np.allclose(pose_of(humanoid), before)
    parts = {part.name: part.confidence for part in bpy.context.scene.contrapposto.result.body_parts}
    assert parts["Torso"] > parts["Right arm"], "the boy's right arm is hidden behind him"


def test_a_person_who_is_not_there_is_refused(humanoid, photos, photo):
    photos.people = 2
    with Unchanged(humanoid), pytest.raises(RuntimeError, match=r"no person 3 in dancer.png: 2 found"):
        bpy.ops.contrapposto.photo(filepath=str(photo), person=3)


def test_no_file_is_refused(humanoid, photos):
    with Unchanged(humanoid), pytest.raises(RuntimeError, match="No picture was named"):
        bpy.ops.contrapposto.photo()


def test_bugs_are_not_hidden(humanoid, photos, photo):
    photos.error = ZeroDivisionError("a bug")
    with Unchanged(humanoid), pytest.raises(RuntimeError, match="ZeroDivisionError: a bug"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_an_armature_that_is_no_humanoid_is_refused(make_armature, photos, photo):
    tentacle = make_armature({f"B{i}": (f"B{i - 1}" if i else None, (0, 0, i), (0, 0, i + 1)) for i in range(4)})
    with Unchanged(tentacle), pytest.raises(RuntimeError, match="Error: "):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_without_an_armature_the_operator_is_disabled_in_words(photos, photo):
    assert not bpy.ops.contrapposto.photo.poll()
    with pytest.raises(RuntimeError, match="Select an armature first"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_in_edit_mode_the_operator_is_disabled_in_words(humanoid, photos, photo):
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Leave Edit Mode"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_the_section_rig_says_why_a_rig_was_refused(make_armature, photos, photo):
    make_armature({"Box": (None, (0, 0, 0), (0, 0, 1))}, name="Crate")
    with pytest.raises(RuntimeError, match="Crate cannot be mapped to a human body"):
        bpy.ops.contrapposto.photo(filepath=str(photo))
    assert "Crate cannot be mapped" in draw("CONTRAPPOSTO_PT_bone_map", width=900).texts()


def test_a_linked_armature_is_refused_in_words(humanoid, photos, photo, tmp_path):
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {humanoid})
    bpy.data.objects.remove(humanoid)
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.objects = source.objects
    linked = target.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    bpy.context.view_layer.objects.active = linked
    with pytest.raises(RuntimeError, match="linked from another file"):
        bpy.ops.contrapposto.photo(filepath=str(photo))


def test_an_armature_deleted_meanwhile_is_missed_in_words(humanoid, photos, photo):
    def delete(step):
        armature = bpy.data.objects.get("Armature")
        if armature is not None:
            bpy.data.objects.remove(armature)

    photos.on_step = delete
    with pytest.raises(RuntimeError, match="Armature is no longer in the scene"):
        bpy.ops.contrapposto.photo(filepath=str(photo))
    assert not keys()


def test_another_active_object_meanwhile_does_not_matter(humanoid, photos, photo):
    def deselect(step):
        bpy.context.view_layer.objects.active = None

    photos.on_step = deselect
    assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"FINISHED"}
    assert keys()


def test_closing_the_job_in_the_middle_changes_nothing(package, humanoid, photos, photo):
    operators = package("operators.estimate_photo")
    with Unchanged(humanoid):
        job = operators.picture_job(operators.PHOTO, photo, 0, ask=False, chosen=package("preferences").Settings())
        next(job)
        next(job)
        job.close()
    assert photos.closed == 1


def test_several_people_end_the_job_with_the_question(package, photos, photo):
    operators = package("operators.estimate_photo")
    photos.people = 2
    job = operators.picture_job(operators.PHOTO, photo, 0, ask=True, chosen=package("preferences").Settings())
    result = package("backend.job").run_job(job)
    assert isinstance(result, operators.Several)
    assert len(result.found.people) == 2


def test_the_scenes_options_are_taken_where_the_caller_sets_none(package, humanoid, photos, photo):
    options = bpy.context.scene.contrapposto.options
    options.blend = 0.25
    options.root_location = False
    options.in_place = True
    operators = package("operators.estimate_photo")

    given = SimpleNamespace(is_property_set=lambda name: name == "selected_only")
    caller = SimpleNamespace(selected_only=True, properties=given)
    operators.fill_options(caller, options)
    assert operators.options_of(caller) == {
        "selected_only": True,
        "root_location": False,
        "in_place": True,
        "flip": False,
        "limbs": "FK",
        "relax_hands": True,
        "blend": 0.25,
        "only_sure": False,
        "min_confidence": 0.5,
        "keep_unseen": False,
        "readings": 3,
        "words": "",
    }


def test_options_and_result_are_saved_with_the_file(humanoid, photos, photo, tmp_path):
    bpy.context.scene.contrapposto.options.blend = 0.5
    bpy.ops.contrapposto.photo(filepath=str(photo), blend=1.0)
    summary = bpy.context.scene.contrapposto.result.summary
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    kept = bpy.context.scene.contrapposto
    assert kept.options.blend == 0.5
    assert kept.result.summary == summary


def arm_of(armature, side):
    """Where an arm points at rest in armature space: head to tail of the upper arm, as Blender evaluates it."""
    bpy.context.view_layer.update()
    bone = armature.pose.bones[f"mixamorig:{side}Arm"]
    return np.array(bone.tail - bone.head)


def test_flip_exchanges_the_arms(humanoid, photos, photo):
    rest = arm_of(humanoid, "Right")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    left = arm_of(humanoid, "Left")
    bpy.ops.contrapposto.photo(filepath=str(photo), flip=True)
    assert np.allclose(arm_of(humanoid, "Right"), left * (-1.0, 1.0, 1.0), atol=1e-3)
    assert not np.allclose(arm_of(humanoid, "Right"), rest, atol=1e-2)


def test_in_place_keys_no_step_aside(package, humanoid, photos, photo, monkeypatch):
    estimate = photos.estimate

    def moved(person):
        found = estimate(person)
        found.poses.translation.flags.writeable = True
        found.poses.translation[:] = (0.7, 0.8, -0.4)
        return found

    monkeypatch.setattr(photos, "estimate", moved)
    bpy.ops.contrapposto.photo(filepath=str(photo), in_place=True)
    hips = humanoid.pose.bones["mixamorig:Hips"]
    offset = np.array(hips.head) - np.array(hips.bone.head_local)
    assert np.allclose(offset[:2], 0.0, atol=1e-4), "it stays on the spot"
    bpy.ops.contrapposto.photo(filepath=str(photo), in_place=False)
    bpy.context.view_layer.update()
    assert not np.allclose(np.array(hips.head)[:2], np.array(hips.bone.head_local)[:2], atol=0.05)
