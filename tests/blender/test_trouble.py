"""Errors that nobody expected: one dialog, a report with nothing private in it, and nothing changed."""

import types
from pathlib import Path

import bpy
import pytest


def all_keys(armature):
    data = armature.animation_data
    if data is None or data.action is None:
        return []
    bags = [bag for layer in data.action.layers for strip in layer.strips for bag in strip.channelbags]
    curves = [curve for bag in bags for curve in bag.fcurves]
    return [(curve.data_path, curve.array_index, [tuple(key.co) for key in curve.keyframe_points]) for curve in curves]


class Unchanged:
    """A block after which pose, actions, keys and result must be what they were."""

    def __init__(self, armature):
        self.armature = armature

    def state(self):
        armature = self.armature
        data = armature.animation_data
        pose = [tuple(map(tuple, bone.matrix_basis)) for bone in armature.pose.bones]
        summary = bpy.context.scene.contrapposto.result.summary
        return pose, data.action if data else None, sorted(bpy.data.actions.keys()), all_keys(armature), summary

    def __enter__(self):
        self.before = self.state()

    def __exit__(self, kind, error, trace):
        assert self.state() == self.before


@pytest.fixture
def trouble(package):
    return package("operators.trouble")


@pytest.fixture
def windowed(trouble, monkeypatch):
    """As if there were a window; the dialogs that would be opened."""
    shown = []
    monkeypatch.setattr(trouble, "has_no_window", lambda: False)
    monkeypatch.setattr(trouble, "show", lambda: shown.append(package_session(trouble).trouble))
    return shown


def package_session(trouble):
    return trouble.session


def fails(package, operator="photo", **properties):
    return getattr(bpy.ops.contrapposto, operator)(**properties)


class Layout:
    """Writes down what is drawn."""

    def __init__(self, drawn):
        self.drawn = drawn

    def __getattr__(self, name):
        if name in ("row", "column", "box"):
            return lambda *_a, **_k: self
        if name == "label":
            return lambda text="", **_k: self.drawn.append(text)
        if name == "operator":
            return lambda idname, **_k: self.drawn.append(idname)
        raise AttributeError(name)


def test_a_bug_in_a_job_ends_in_one_dialog_and_changes_nothing(humanoid, photos, photo, session, windowed, capfd):
    humanoid.pose.bones[3].location = (0.1, 0.2, 0.3)
    humanoid.pose.bones[3].keyframe_insert("location", frame=3)
    photos.error = ZeroDivisionError(f"division by zero in {Path.home()}/secret/x.py, key sk-abcdefgh12345678")
    with Unchanged(humanoid):
        assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"CANCELLED"}
    (found,) = windowed
    assert found.sentence.startswith("Pose from Photo failed on dancer.png: ZeroDivisionError: division by zero in ~")
    assert "sk-abc" not in found.sentence
    assert len(found.lines) == 3
    assert found.lines[1].startswith("Nothing was changed")
    assert "Copy the report" in found.lines[2]
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert session.job is None


def test_the_dialog_says_what_failed_what_to_do_and_offers_the_report(package, humanoid, photos, photo, windowed):
    photos.error = MemoryError()
    bpy.ops.contrapposto.photo(filepath=str(photo))
    drawn = []
    package("panels.trouble").draw_dialog(Layout(drawn), bpy.context, 460)
    words = " ".join(drawn)
    assert "Pose from Photo failed on dancer.png" in words
    assert "Close other programs" in words
    ways = [each for each in drawn if each.startswith("contrapposto.")]
    assert ways == ["contrapposto.save_report"], "its own button copies the report"
    drawn.clear()
    package("panels.trouble").draw_buttons(Layout(drawn))
    assert drawn == ["contrapposto.copy_report", "contrapposto.save_report"], "in the sidebar both are drawn"


def test_the_report_holds_what_is_needed_and_nothing_private(package, humanoid, photos, photo, session, windowed):
    humanoid.name = "DragonQueenHero"
    humanoid.data.bones[0].name = "dragon_queen.root"
    photos.error = ValueError(f"cannot use {photo} for DragonQueenHero at dragon_queen.root; Bearer abcdefgh")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    text = package("operators.failures").report_text(bpy.context)
    for words in (
        "Contrapposto 0.",
        "Blender ",
        "ValueError: cannot use",
        "Traceback",
        "contrapposto/backend",
        "Rig\n---",
        "bones,",
        "input: a file .png, ",
        "Model files",
        "SHA-256 is right",
        "device AUTOMATIC",
        "Log\n---",
    ):
        assert words in text, words
    for private in ("DragonQueen", "dragon_queen", "dancer", str(photo.parent), "abcdefgh", str(Path.home()) + "/"):
        assert private not in text, private
    assert len(text.encode()) <= 64 * 1024


def test_without_a_window_it_is_printed_and_raised(humanoid, photos, photo, session, capfd):
    photos.error = ZeroDivisionError("a bug")
    with Unchanged(humanoid), pytest.raises(RuntimeError, match="ZeroDivisionError: a bug"):
        bpy.ops.contrapposto.photo(filepath=str(photo))
    printed = capfd.readouterr().err
    assert "Pose from Photo failed on dancer.png: ZeroDivisionError: a bug" in printed
    assert "Contrapposto report" in printed


def test_expected_errors_are_told_as_ever_and_can_be_reported(package, humanoid, photos, photo, session, windowed):
    photos.error = package("backend.errors").InputError("The picture is empty. Choose another.")
    with pytest.raises(RuntimeError, match="The picture is empty"):
        bpy.ops.contrapposto.photo(filepath=str(photo))
    assert windowed == []
    assert session.trouble.is_expected
    assert session.trouble.sentence == "The picture is empty. Choose another."
    assert "The picture is empty." in package("operators.failures").report_text(bpy.context)
    assert bpy.ops.contrapposto.trouble.poll()
    bpy.ops.contrapposto.forget_trouble()
    assert not bpy.ops.contrapposto.trouble.poll()


def test_what_goes_well_afterwards_puts_the_trouble_away(humanoid, photos, photo, session, windowed):
    photos.error = ValueError("odd")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert session.trouble is not None
    photos.error = None
    assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"FINISHED"}
    assert session.trouble is None


@pytest.mark.parametrize("where", ["execute", "invoke", "modal"])
def test_every_way_into_an_operator_is_guarded(package, trouble, session, windowed, where):
    class Broken(bpy.types.Operator):
        bl_idname = "contrapposto.broken"
        bl_label = "Broken"

        def execute(self, context):
            raise KeyError("execute")

        def invoke(self, context, event):
            raise KeyError("invoke")

        def modal(self, context, event):
            raise KeyError("modal")

    cls = trouble.guarded(Broken)
    assert trouble.guarded(cls).execute is cls.execute, "guarded once"
    stand_in = types.SimpleNamespace(bl_idname="X", bl_label="Broken", report=lambda *_: None)
    arguments = (bpy.context,) if where == "execute" else (bpy.context, None)
    assert getattr(cls, where)(stand_in, *arguments) == {"CANCELLED"}
    assert session.trouble.sentence == f"Broken failed: KeyError: '{where}'"
    assert len(windowed) == 1


def test_every_operator_of_ours_is_guarded(package):
    registration = package("registration")
    operators = [cls for cls in registration.CLASSES if issubclass(cls, bpy.types.Operator)]
    assert len(operators) > 30
    for cls in operators:
        for name in ("execute", "invoke", "modal"):
            method = getattr(cls, name, None)
            assert method is None or hasattr(method, "_contrapposto_guarded"), f"{cls.__name__}.{name}"


def test_copy_and_save(package, humanoid, photos, photo, session, windowed, tmp_path):
    photos.error = ValueError("odd")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert bpy.ops.contrapposto.copy_report() == {"FINISHED"}
    target = tmp_path / "report.txt"
    assert bpy.ops.contrapposto.save_report(filepath=str(target)) == {"FINISHED"}
    assert "ValueError: odd" in target.read_text("utf-8")
    (tmp_path / "file").write_text("in the folder's place")
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.contrapposto.save_report(filepath=str(tmp_path / "file" / "report.txt"))


def test_the_sidebar_shows_it_until_it_is_closed(package, humanoid, photos, photo, session, windowed):
    panel = bpy.types.CONTRAPPOSTO_PT_trouble
    assert not panel.poll(bpy.context)
    photos.error = ValueError("odd")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert panel.poll(bpy.context)


def test_a_job_that_cannot_even_be_closed_does_not_leave_the_add_on_busy(package, session, monkeypatch):
    modal_job = package("operators.modal_job")

    def stubborn():
        try:
            yield package("backend.job").Progress("x", 0.0)
        finally:
            raise OSError("disk gone")

    taken = []
    operator = modal_job.ModalJob()
    operator._job, operator._timer, operator._named_workspaces = stubborn(), None, set()
    next(operator._job)
    monkeypatch.setattr(operator, "_take_away", lambda _context: taken.append(True), raising=False)
    session.job = object()
    with pytest.raises(OSError, match="disk gone"):
        operator._put_back(bpy.context)
    assert session.job is None
    assert taken == [True]


def test_fingerprints_name_no_bone(package, humanoid):
    lines = " ".join(package("rig.fingerprint").fingerprint(humanoid))
    assert f"{len(humanoid.data.bones)} bones" in lines
    for bone in humanoid.data.bones:
        assert bone.name not in lines
    assert package("rig.fingerprint").fingerprint(None) == ("no armature is active",)


def test_the_check_runs_the_parts_and_says_what_is_wrong(package, session, monkeypatch):
    pytest.importorskip("torch")
    checkup = package("backend.checkup")
    monkeypatch.setattr(checkup, "write_problem", lambda _folder: "Read-only file system")
    assert bpy.ops.contrapposto.check_installation() == {"FINISHED"}
    first = session.findings[0]
    assert first.name == "cache folder"
    assert "Read-only file system" in first.sentence
    names = {finding.name: finding.ok for finding in session.findings}
    assert names["Blender"]
    assert names["pose self-test"]
    assert "cannot be written" in package("operators.failures").report_text(bpy.context)
