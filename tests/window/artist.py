"""What the stories of this folder share: the add-on's modules, and what an artist does again and again."""

from __future__ import annotations

import importlib
import sys
import time
from pathlib import Path

import bpy
import window

ADDON = "bl_ext.user_default.contrapposto"
TAB = "Contrapposto"
LIVE_GOAL_MS = 100.0
CHARACTER = Path(__file__).parents[2] / "samples" / "character.blend"
OUT, PHOTO, GROUP = (Path(argument) for argument in sys.argv[sys.argv.index("--") + 1 :][:3])

bpy.context.preferences.view.show_splash = False
bpy.context.preferences.view.show_tooltips = False
bpy.context.preferences.view.filebrowser_display_type = "SCREEN"
bpy.context.preferences.system.viewport_aa = "OFF"  # else each change of the view is drawn eight times, by software


def module(name: str):
    """A module of the add-on."""
    return importlib.import_module(f"{ADDON}.{name}")


def session():
    """The add-on's session."""
    return module("operators.session").session


def result():
    """What the panel shows of the last run."""
    return bpy.context.scene.contrapposto.result


def shot(name: str) -> None:
    """Photograph the window."""
    window.photograph(OUT, name)


def state():
    """Pose, keys and result: what a cancelled run may not change, and Ctrl Z must bring back."""
    armature = bpy.context.view_layer.objects.active
    pose = [tuple(round(value, 5) for row in bone.matrix_basis for value in row) for bone in armature.pose.bones]
    return pose, sorted(bpy.data.actions.keys()), result().summary


def prepare() -> window.Story:
    """A character in Pose Mode, and the add-on's tab in the sidebar."""
    bpy.ops.preferences.addon_enable(module=ADDON)
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    armature = module("rig.rigify_human").make_rigify_human(generate=False)
    armature.name = "Hero"
    _, area = window.view3d()
    area.spaces.active.show_region_ui = True
    area.spaces.active.shading.type = "SOLID"
    area.spaces.active.overlay.show_cursor = False
    armature.data.display_type = "OCTAHEDRAL"
    window.in_view(lambda: bpy.ops.view3d.view_axis(type="FRONT"))
    window.in_view(bpy.ops.view3d.view_selected)
    window.in_view(lambda: bpy.ops.object.mode_set(mode="POSE"))
    bpy.context.scene.frame_set(12)
    window.in_view(lambda: bpy.ops.ed.undo_push(message="Story begins"))
    yield 0.5
    yield from open_tab()


def prepare_character() -> window.Story:
    """The sample character with its mesh in Pose Mode, and the add-on's tab in the sidebar."""
    bpy.ops.preferences.addon_enable(module=ADDON)
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    with bpy.data.libraries.load(str(CHARACTER)) as (there, here):
        here.objects = list(there.objects)
    for obj in here.objects:
        bpy.context.scene.collection.objects.link(obj)
    armature = next(obj for obj in here.objects if obj.type == "ARMATURE")
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    _, area = window.view3d()
    area.spaces.active.show_region_ui = True
    area.spaces.active.shading.color_type = "MATERIAL"
    window.in_view(lambda: bpy.ops.view3d.view_axis(type="FRONT"))
    window.in_view(bpy.ops.view3d.view_selected)
    window.in_view(lambda: bpy.ops.object.mode_set(mode="POSE"))
    window.in_view(lambda: bpy.ops.ed.undo_push(message="Story begins"))
    yield 0.5
    yield from open_tab()


def open_tab() -> window.Story:
    """Choose the tab; Blender knows it only after the sidebar was drawn."""
    for _ in range(20):
        try:
            window.region("UI").active_panel_category = TAB
        except (TypeError, AttributeError):
            yield 0.3
            continue
        break
    assert window.region("UI").active_panel_category == TAB
    window.view3d()[1].tag_redraw()
    yield 0.6


def wait_for_job(*, seconds: float = 60.0) -> window.Story:
    """Wait until no job runs."""
    end = time.monotonic() + seconds
    while session().job is not None:
        assert time.monotonic() < end, f"the job did not end: {session().job}"
        yield 0.02
    yield 0.4


def start(path: Path, **options) -> set[str]:
    """Start the operator as a drop on the 3D view does."""
    answer = window.in_view(lambda: bpy.ops.contrapposto.photo("INVOKE_DEFAULT", filepath=str(path), **options))
    assert answer == {"RUNNING_MODAL"}, answer
    return answer


def only_section(place: tuple[int, int]) -> window.Story:
    """Open a section and fold all others: a click with Ctrl on its title."""
    window.hold("ctrl")
    yield from window.click(*place)
    window.let_go("ctrl")
    yield 0.4


def watch_live() -> list[tuple[float, float]]:
    """Write down, from now on, how long each step of a drag takes: by the clock and of the processor, milliseconds."""
    operator, taken = module("operators.correct_keypoints").CONTRAPPOSTO_OT_correct_keypoints, []
    real = operator._set

    def timed(self, *arguments):
        began = time.perf_counter(), time.thread_time()
        try:
            return real(self, *arguments)
        finally:
            taken.append(((time.perf_counter() - began[0]) * 1000.0, (time.thread_time() - began[1]) * 1000.0))

    operator._set = timed
    return taken


def print_live(taken: list[tuple[float, float]]) -> None:
    """Print how long the steps of a drag took."""
    for name, steps in zip(("by the clock", "of the processor"), zip(*taken, strict=True), strict=True):
        ordered = sorted(steps)
        median, longest = ordered[len(ordered) // 2], ordered[-1]
        print(
            f"LIVE {len(ordered)} steps, median {median:.0f} ms {name}, longest {longest:.0f} ms "
            f"(goal {LIVE_GOAL_MS:.0f} ms)",
            flush=True,
        )
