"""The ground that the other tests stand on: Blender, the add-on in it, a fresh scene each."""

import sys

import bpy
import pytest

import blender_harness


def test_the_addon_runs_as_an_installed_extension(package):
    assert package("").__name__ == "bl_ext.user_default.contrapposto"
    assert blender_harness.ADDON in bpy.context.preferences.addons
    assert "contrapposto" not in sys.modules, "the package must not be loaded under a second name"


def test_blender_uses_no_folder_of_the_user():
    folder = str(blender_harness.USER_FOLDER)
    assert bpy.utils.user_resource("CONFIG").startswith(folder)
    assert bpy.utils.user_resource("EXTENSIONS").startswith(folder)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_starts_in_an_empty_scene(turn, humanoid):
    assert len(bpy.data.armatures) == 1
    assert bpy.context.view_layer.objects.active == humanoid
    assert not bpy.data.actions


def test_a_reset_keeps_the_addon_registered():
    blender_harness.reset_blender()
    assert blender_harness.is_enabled()


def test_the_addon_can_be_disabled_and_comes_back():
    with blender_harness.addon_disabled():
        assert not blender_harness.is_enabled()
        assert blender_harness.ADDON not in bpy.context.preferences.addons
    assert blender_harness.is_enabled()


def test_a_failing_register_is_an_error_with_its_traceback(package, monkeypatch):
    with blender_harness.addon_disabled(), monkeypatch.context() as patch:
        patch.setattr(package(""), "register", lambda: 1 / 0)
        with pytest.raises(blender_harness.AddonError, match="ZeroDivisionError"):
            blender_harness.enable_addon()


def test_the_humanoid_stands_on_the_ground_facing_front(humanoid):
    bones = humanoid.data.bones
    assert len(bones) == 22
    assert bones["mixamorig:LeftHand"].head_local.x > 0.5
    assert bones["mixamorig:LeftToeBase"].head_local.y < 0.0
    assert bones["mixamorig:LeftForeArm"].parent == bones["mixamorig:LeftArm"]
