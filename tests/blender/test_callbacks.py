"""Errors in what Blender calls by itself: told once in the dialog, never for ever in the console, and it stops."""

from __future__ import annotations

import types
from pathlib import Path

import bpy
import pytest


@pytest.fixture
def callbacks(package):
    module = package("rig.callbacks")
    module.teller.forget()
    return module


@pytest.fixture
def timers(monkeypatch):
    """The timers that are registered; Blender's own cannot be patched, so the module is."""
    kept = []
    stand_in = types.SimpleNamespace(
        register=lambda work, **_when: kept.append(work),
        is_registered=lambda work: work in kept,
        unregister=kept.remove,
    )
    return kept, stand_in


def with_timers(package, monkeypatch, module, stand_in):
    app = types.SimpleNamespace(timers=stand_in, background=False)
    parts = {name: getattr(bpy, name) for name in ("types", "context", "data", "ops", "props", "utils")}
    monkeypatch.setattr(package(module), "bpy", types.SimpleNamespace(app=app, **parts))


@pytest.fixture
def dialogs(package, session, callbacks, monkeypatch, timers):
    """The dialogs that were opened; a window is played."""
    kept, stand_in = timers
    trouble, shown = package("operators.trouble"), []
    monkeypatch.setattr(trouble, "has_no_window", lambda: False)
    monkeypatch.setattr(trouble, "show", lambda: shown.append(session.trouble))
    with_timers(package, monkeypatch, "operators.trouble", stand_in)

    def opened():
        while kept:
            kept.pop(0)()
        return shown

    return opened


def test_an_error_in_a_timer_ends_it_and_is_told_once(callbacks, dialogs, capfd):
    @callbacks.called_by_blender("Looking around")
    def tick():
        raise ZeroDivisionError("division by nothing")

    assert [tick() for _ in range(5)] == [None] * 5, "None ends a timer"
    assert capfd.readouterr().err.count("ZeroDivisionError: division by nothing") == 1
    (found,) = dialogs()
    assert found.sentence == "Looking around failed: ZeroDivisionError: division by nothing"
    assert "Copy the report" in found.lines[-1]


def test_another_error_of_the_same_callback_is_told_too(callbacks, dialogs):
    errors = [KeyError("a"), ValueError("b"), KeyError("c")]

    @callbacks.called_by_blender("Looking around")
    def tick():
        raise errors.pop(0)

    for _ in range(3):
        tick()
    assert [found.sentence.split(": ")[1] for found in dialogs()][-1] == "ValueError"
    assert len(dialogs()) == 2


def test_the_report_has_the_place(package, callbacks, dialogs):
    @callbacks.called_by_blender("Looking around")
    def tick():
        raise KeyError("gone")

    tick()
    text = package("operators.failures").report_text(bpy.context)
    assert "KeyError: 'gone'" in text
    assert "Traceback" in text
    assert "Blender called it by itself" in text


def test_a_setting_whose_change_fails_is_kept_and_told(callbacks, dialogs):
    @callbacks.on_change("Changing a setting")
    def changed(_group, _context):
        raise OSError("disk gone")

    assert changed.__code__.co_argcount == 2, "Blender counts"
    assert changed(None, None) is None
    assert "Changing a setting failed: OSError" in dialogs()[0].sentence


def test_what_tells_may_fail_itself(callbacks, monkeypatch, capfd):
    def broken(_title, _error):
        raise RuntimeError("no window yet")

    monkeypatch.setattr(callbacks.teller, "tell", broken)

    @callbacks.called_by_blender("Looking around")
    def tick():
        raise KeyError("gone")

    tick()
    printed = capfd.readouterr().err
    assert "KeyError: 'gone'" in printed
    assert "no window yet" in printed


def test_a_broken_tint_is_taken_away(package, humanoid, callbacks, dialogs, timers, monkeypatch, capfd):
    overlay = package("rig.overlay")
    stand_in = timers[1]
    removed = []
    with_timers(package, monkeypatch, "rig.overlay", stand_in)
    view = types.SimpleNamespace(
        draw_handler_add=lambda *_arguments: "handle",
        draw_handler_remove=lambda handle, _region: removed.append(handle),
    )
    monkeypatch.setattr(overlay.bpy, "types", types.SimpleNamespace(SpaceView3D=view))
    tint = overlay.BoneTint()
    tint.show(humanoid)

    def broken(_scene):
        raise ReferenceError("StructRNA has been removed")

    monkeypatch.setattr(tint, "_find", broken)
    for _ in range(3):
        tint.draw()
    assert not removed, "not while the view is drawn"
    (found,) = dialogs()
    assert "Tinting the bones failed: ReferenceError" in found.sentence
    assert removed == ["handle"]
    assert not tint.is_shown
    assert capfd.readouterr().err.count("ReferenceError: StructRNA") == 1


def test_broken_handles_are_taken_away(package, callbacks, dialogs, timers, monkeypatch):
    handles = package("rig.keypoint_handles")
    removed = []
    with_timers(package, monkeypatch, "rig.keypoint_handles", timers[1])
    handles.bpy.context = types.SimpleNamespace(region=types.SimpleNamespace(as_pointer=lambda: 7))
    view = types.SimpleNamespace(
        draw_handler_add=lambda *_arguments: "handle",
        draw_handler_remove=lambda handle, _region: removed.append(handle),
    )
    handles.bpy.types = types.SimpleNamespace(SpaceView3D=view)

    def broken(_context):
        raise ValueError("no view")

    shown = handles.KeypointHandles(7, broken)
    shown.show()
    shown.draw()
    shown.draw()
    assert len(dialogs()) == 1
    assert removed == ["handle"]


def test_a_section_that_cannot_be_drawn_says_so_and_is_told_once(package, callbacks, dialogs, capfd):
    drawn = []

    class Section(bpy.types.Panel):
        bl_label = "Section"
        bl_space_type, bl_region_type = "VIEW_3D", "UI"

        @classmethod
        def poll(cls, _context):
            raise KeyError("poll")

        def draw_header(self, context):
            raise KeyError("header")

        def draw(self, context):
            raise KeyError("draw")

    cls = package("operators.trouble").guarded(Section)
    stand_in = types.SimpleNamespace(layout=types.SimpleNamespace(label=lambda text, **_kind: drawn.append(text)))
    for _ in range(4):
        cls.draw(stand_in, bpy.context)
        cls.draw_header(stand_in, bpy.context)
        assert cls.poll(bpy.context) is False
    assert drawn == ["This could not be drawn. See What Went Wrong."] * 4
    assert capfd.readouterr().err.count("Traceback") == 3
    assert [found.sentence.partition(":")[0] for found in dialogs()] == ["Drawing Section failed"] * 3


def test_all_that_blender_calls_is_guarded(package, callbacks):
    registration = package("registration")
    kinds = (bpy.types.Panel, bpy.types.Menu, bpy.types.Operator, bpy.types.FileHandler, bpy.types.AddonPreferences)
    classes = [cls for cls in registration.CLASSES if issubclass(cls, kinds)]
    assert len(classes) > 60
    looked_at = 0
    for cls in classes:
        for name in ("draw", "draw_header", "draw_header_preset", "poll", "poll_drop", "description"):
            method = getattr(cls, name, None)
            method = getattr(method, "__func__", method)
            if hasattr(method, "__code__"):
                assert callbacks.is_guarded(method), f"{cls.__name__}.{name}"
                looked_at += 1
    assert looked_at > 80
    on_load, menus = package("operators.on_load"), package("panels.menus")
    timers = (package("operators.video_soon")._key_again, package("operators.other_readings").tick)
    for function in (*timers, on_load.forget, on_load.show_settings, menus.draw_pose_menu, menus.draw_object_menu):
        assert callbacks.is_guarded(function), function
    ours = [each for each in bpy.app.handlers.load_pre if "contrapposto" in each.__module__]
    assert ours
    assert all(hasattr(each, "_bpy_persistent") for each in ours)


def test_no_module_gives_blender_a_callback_and_guards_none(package):
    root = Path(package("rig.callbacks").__file__).parents[1]
    calls = ("timers.register(", "draw_handler_add(", "popup_menu(", " update=", "handlers.load_pre")
    found = set()
    for path in (*root.glob("*.py"), *root.glob("operators/*.py"), *root.glob("panels/*.py"), *root.glob("rig/*.py")):
        text = path.read_text("utf-8")
        if path.name != "callbacks.py" and any(call in text for call in calls):
            found.add(path.name)
            assert "called_by_blender(" in text or "on_change(" in text or "update=redraw_on_change" in text, path.name
    assert {"overlay.py", "keypoint_handles.py", "video_soon.py", "on_load.py", "preferences.py"} <= found
