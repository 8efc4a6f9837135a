"""A pose asset in a real window: made by the panel's operator, and applied by Blender's Pose Library from its browser.

See README.md of this folder. blender --factory-startup --python library_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import OUT, PHOTO, prepare_character, result, session, shot, start, wait_for_job  # noqa: E402

ASSET = "Waving"
_NEAR = 1e-3


def pose_of(armature: bpy.types.Object) -> list[float]:
    """Every number of every bone, in the armature's axes."""
    bpy.context.view_layer.update()
    return [value for bone in armature.pose.bones for row in bone.matrix for value in row]


def apart(one: list[float], other: list[float]) -> float:
    """The largest difference of two poses."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def open_browser() -> window.Story:
    """An asset browser in the place of the properties, with the catalogue of the asset."""
    area = next(area for area in bpy.context.window.screen.areas if area.type == "PROPERTIES")
    area.ui_type = "ASSETS"
    yield 2.0
    params = area.spaces.active.params
    params.asset_library_reference = "LOCAL"
    params.catalog_id = bpy.data.actions[ASSET].asset_data.catalog_id
    yield 3.0
    return area


def applies() -> window.Story:
    """A pose is saved, another taken, and the saved one applied."""
    armature = bpy.context.view_layer.objects.active
    bpy.ops.wm.save_as_mainfile(filepath=str(OUT / "library.blend"))
    words = "left arm raised straight up, right knee bent 90 degrees"
    window.in_view(lambda: bpy.ops.contrapposto.text(prompt=words))
    assert result().sentence == words
    posed = pose_of(armature)
    window.in_view(lambda: bpy.ops.contrapposto.save_pose(name=ASSET, catalog="Poses/Gestures"))
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()
    assert apart(posed, pose_of(armature)) > 0.2
    bpy.ops.wm.save_mainfile()  # the browser reads the catalogues anew
    yield 1.0
    area = yield from open_browser()
    region = next(region for region in area.regions if region.type == "WINDOW")
    area.spaces.active.activate_asset_by_id(bpy.data.actions[ASSET])
    yield 2.0
    shot("1-browser")
    with bpy.context.temp_override(window=bpy.context.window, area=area, region=region):
        found = bpy.context.asset
        assert found is not None, "the browser shows the asset in its catalogue"
        assert found.name == ASSET
        assert bpy.ops.poselib.apply_pose_asset() == {"FINISHED"}
    yield 1.0
    shot("2-applied")
    difference = apart(posed, pose_of(armature))
    print(f"largest difference after applying: {difference:.6f}", flush=True)
    assert difference < _NEAR


def solves_again() -> window.Story:
    """A photo's pose is solved again; once the file is another one, it is asked first."""
    armature = bpy.context.view_layer.objects.active
    picture = OUT / "source.jpg"
    shutil.copyfile(PHOTO, picture)
    bpy.context.scene.frame_set(30)
    start(picture)
    yield from wait_for_job(seconds=200.0)
    posed = pose_of(armature)
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()
    window.in_view(lambda: bpy.ops.contrapposto.solve_again("INVOKE_DEFAULT"))
    yield from wait_for_job(seconds=200.0)
    print(f"largest difference after solving again: {apart(posed, pose_of(armature)):.6f}", flush=True)
    assert apart(posed, pose_of(armature)) < _NEAR
    with picture.open("ab") as stream:
        stream.write(b"another")
    for bone in armature.pose.bones:
        bone.matrix_basis.identity()
    window.move(400, 400)
    window.in_view(lambda: bpy.ops.contrapposto.solve_again("INVOKE_DEFAULT"))
    yield 1.0
    shot("3-asked")
    assert session().job is None, "it waits for an answer"
    window.key("Return")
    yield 1.0
    yield from wait_for_job(seconds=200.0)
    assert apart(posed, pose_of(armature)) < _NEAR


def fills_a_catalogue() -> window.Story:
    """A folder is stopped after its first picture, and goes on from there."""
    folder = OUT / "References"
    folder.mkdir(exist_ok=True)
    for name in ("one", "two", "three"):
        with (folder / f"{name}.jpg").open("wb") as stream:
            stream.write(PHOTO.read_bytes() + name.encode())
    (folder / "broken.jpg").write_bytes(b"no picture")
    call = lambda: bpy.ops.contrapposto.pose_library_from_folder("INVOKE_DEFAULT", directory=str(folder))  # noqa: E731
    window.in_view(call)
    while session().job is not None and "3 of 4" not in session().job.stage:
        yield 0.02
    shot("4-folder")
    window.key("Escape")
    yield from wait_for_job()
    done = [action.name for action in bpy.data.actions if action.asset_data is not None]
    assert "one" in done, done
    assert "two" not in done, done
    window.in_view(call)
    yield from wait_for_job(seconds=200.0)
    done = {action.name for action in bpy.data.actions if action.asset_data is not None}
    assert {"one", "two", "three", ASSET} == done, done
    assert "broken.jpg" in session().left_out[0]
    area = next(area for area in bpy.context.window.screen.areas if area.ui_type == "ASSETS")
    area.spaces.active.params.catalog_id = bpy.data.actions["one"].asset_data.catalog_id
    yield 2.0
    shot("5-catalogue")


def story() -> window.Story:
    """All of it."""
    yield from prepare_character()
    yield from applies()
    yield from solves_again()
    yield from fills_a_catalogue()


window.tell(story())
