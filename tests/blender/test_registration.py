"""Registration: everything comes and goes together, and Blender starts as fast as before."""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

import blender_harness

OURS = "contrapposto"
HEAVY = ("torch", "cv2", "scipy", "ai_edge_litert", "smplx", "roma", "httpx", "transformers")
MOST_OF_RIGIFY = 3.5  # Blender's own add-on, in the same process after ours; measured as 2.4 to 2.8


def classes_of_ours():
    """Names of the registered classes that are the add-on's."""
    kinds = (bpy.types.Operator, bpy.types.Panel, bpy.types.PropertyGroup, bpy.types.FileHandler)
    kinds += (bpy.types.AddonPreferences, bpy.types.Menu)
    return {
        cls.__name__ for kind in kinds for cls in kind.__subclasses__() if OURS in cls.__module__ and cls.is_registered
    }


def traces():
    """What the add-on has left in Blender's own types."""
    menus = (bpy.types.VIEW3D_MT_pose, bpy.types.VIEW3D_MT_object_animation)
    drawn = [f for menu in menus for f in menu._dyn_ui_initialize() if OURS in f.__module__]
    return hasattr(bpy.types.Scene, OURS), len(drawn), classes_of_ours()


def test_everything_is_there():
    pointer, menu_entries, classes = traces()
    assert pointer
    assert menu_entries == 2
    assert {"CONTRAPPOSTO_OT_photo", "CONTRAPPOSTO_PT_photo", "CONTRAPPOSTO_FH_photo"} <= classes


@pytest.mark.parametrize("turn", [1, 2])
def test_disabling_leaves_nothing_and_enabling_brings_all_back(turn):
    before = traces()
    with blender_harness.addon_disabled():
        assert traces() == (False, 0, set())
    assert traces() == before


def test_a_class_that_blender_refuses_leaves_nothing_behind(package, monkeypatch):
    registration = package("registration")

    class BrokenOperator(bpy.types.Operator):
        bl_idname = "not a valid name"
        bl_label = ""

    broken = registration.class_step(BrokenOperator)
    with blender_harness.addon_disabled():
        with monkeypatch.context() as patch:
            patch.setattr(registration, "STEPS", (*registration.STEPS, broken))
            with pytest.raises(RuntimeError, match="not a valid name"):
                registration.register()
        assert traces() == (False, 0, set())


def test_each_step_before_a_failing_one_is_taken_out_the_last_first(package):
    registration = package("registration")
    log = []

    def step(name, *, fails=False):
        def add():
            if fails:
                raise RuntimeError(name)
            log.append(f"add {name}")

        return registration.Step(add, lambda: log.append(f"remove {name}"))

    with pytest.raises(RuntimeError, match="third"):
        registration.add_all([step("first"), step("second"), step("third", fails=True), step("fourth")])
    assert log == ["add first", "add second", "remove second", "remove first"]


def test_the_command_line_is_offered_inside_blender(package, monkeypatch):
    command = package("command")
    assert len(command._handles) == 1
    pytest.importorskip("scipy")
    calls = []
    monkeypatch.setattr(package("backend.cli"), "main", lambda arguments, **_online: calls.append(arguments) or 2)
    assert command.run(["photo", "x.png"]) == 2
    assert calls == [["photo", "x.png"]]


def test_a_package_that_the_command_line_misses_is_told_in_words(package, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich", None)
    assert package("command").run(["photo", "x.png"]) == 2
    assert "The Python package rich is needed" in capsys.readouterr().err


MEASURE = """
import importlib, sys, time
sys.path.insert(0, {support!r})
import blender_harness, addon_utils, bpy
addon_utils.extensions_refresh()
present = set(sys.modules)
began = time.process_time()
importlib.import_module(blender_harness.ADDON).register()
ours = time.process_time() - began
began = time.process_time()
addon_utils.enable("rigify")
ratio = ours / (time.process_time() - began)
heavy = [name for name in {heavy!r} if name in sys.modules and name not in present]
print("RESULT", ratio, heavy, flush=True)
blender_harness.leave_process(0)
"""


def test_enabling_is_quick_and_loads_nothing_large():
    support = str(Path(blender_harness.__file__).parent)
    code = MEASURE.format(support=support, heavy=HEAVY)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("BLENDER_USER")}
    run = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=120, env=environment
    )
    line = next(line for line in run.stdout.splitlines() if line.startswith("RESULT"))
    _, ratio, heavy = line.split(maxsplit=2)
    assert heavy == "[]", f"enabling the add-on imported {heavy}"
    assert float(ratio) < MOST_OF_RIGIFY, f"enabling took {ratio} times as long as enabling Rigify"
