"""What an artist does, in a real window, and what must be true after each step. See README.md of this folder.

blender --factory-startup --python story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import (  # noqa: E402
    ADDON,
    GROUP,
    OUT,
    PHOTO,
    module,
    only_section,
    open_tab,
    prepare,
    result,
    session,
    shot,
    start,
    state,
    wait_for_job,
)

SECOND_BUTTON = (421, 499)
"""Where the pop-up's second button is, by the photograph; the pop-up opens over the mouse."""
BLEND_FIELD, REDO_TITLE = (254, 195), (149, 387)
"""The field and the title of the open redo panel, likewise."""
PHOTO_TITLE, RIG_TITLE = (860, 703), (860, 494)
"""The titles of these sections before the first run, likewise."""
GAP_GOAL_MS = 100.0


def first_use() -> window.Story:
    """The tab explains itself, also when it is narrow and when no armature is active."""
    shot("01-first-use")
    handler = bpy.types.CONTRAPPOSTO_FH_photo
    assert window.in_view(lambda: handler.poll_drop(bpy.context)), "a drop would not be taken"
    armature = bpy.context.view_layer.objects.active
    window.in_view(lambda: bpy.ops.object.mode_set(mode="OBJECT"))
    assert not window.in_view(lambda: handler.poll_drop(bpy.context)), "in Object Mode a drop is Blender's"
    bpy.context.view_layer.objects.active = None
    yield 0.5
    shot("02-no-armature")
    bpy.context.view_layer.objects.active = armature
    window.in_view(lambda: bpy.ops.object.mode_set(mode="POSE"))
    yield 0.4


def slowed(find_people):
    """The detector with pauses in it, so that a run can be looked at and cancelled in its middle."""

    def find_slowly(path, models):
        progress = module("backend.job").Progress
        for step in range(800):
            time.sleep(0.01)
            yield progress("Finding people", 0.1 + 0.3 * step / 800)
        return (yield from find_people(path, models))

    return find_slowly


def cancel_in_mid_run() -> window.Story:
    """Esc, and then the button, stop a run; nothing is changed."""
    pipeline = module("backend.pipeline")
    real = pipeline.find_people
    pipeline.find_people = slowed(real)
    before = state()
    start(PHOTO)
    yield 0.8
    assert session().job is not None
    assert bpy.ops.contrapposto.cancel.poll()
    shot("03-running")
    window.move(window.region("WINDOW").x + 300, window.region("WINDOW").y + 300)
    yield 0.1
    window.key("Escape")
    yield 0.5
    assert session().job is None, "Esc did not stop the job"
    assert state() == before
    shot("04-cancelled")

    start(PHOTO)
    yield 0.5
    second = window.in_view(call_refused)
    assert "still working" in second, second
    yield from window.press_button("contrapposto.cancel")
    yield 0.8
    assert session().job is None, "the button did not stop the job"
    assert state() == before
    pipeline.find_people = real


def call_refused() -> str:
    """Call the operator and return its refusal."""
    try:
        bpy.ops.contrapposto.photo("INVOKE_DEFAULT", filepath=str(PHOTO))
    except RuntimeError as error:
        return str(error)
    raise AssertionError("was not refused")


def pose_from_photo() -> window.Story:
    """Two runs, cold and warm, watched; each is one undo step."""
    before = state()
    ticks = watch_ticks()
    watch = window.Watch(lambda: session().job.stage if session().job else "")
    for number, name in ((5, "cold"), (6, "warm")):
        watch.start()
        began = time.perf_counter()
        start(PHOTO)
        yield from wait_for_job()
        gaps = watch.stop()
        print_ticks(name, ticks)
        print(f"RUN {name}: {time.perf_counter() - began - 0.4:.2f} s, {result().summary}", flush=True)
        print("LONGEST GAPS", ", ".join(f"{gap:.0f} ms ({stage or 'idle'})" for gap, stage in gaps[:5]), flush=True)
        after = state()
        assert after[0] != before[0], "the armature was not posed"
        assert after[1], "nothing was keyed"
        shot(f"{number:02}-posed-{name}")
        window.key("ctrl+z")
        yield 0.8
        assert state() == before, f"one Ctrl Z did not bring everything back: {state()[1:]}"
        session().forget_picture()
    shot("07-undone")
    window.key("ctrl+shift+z")
    yield 0.8
    assert state()[1:] == after[1:], "redo did not bring the pose again"
    yield from open_tab()
    shot("08-redone")


def watch_ticks() -> list[tuple[float, str]]:
    """Write down, from now on, how long each tick of a job works and what it announced before: milliseconds, stage."""
    job_class, ticks = module("operators.modal_job").ModalJob, []
    tick = job_class._tick

    def timed(self, context, status):
        stage, began = status.stage, time.perf_counter()
        try:
            return tick(self, context, status)
        finally:
            ticks.append(((time.perf_counter() - began) * 1000.0, stage))

    job_class._tick = timed
    return ticks


def print_ticks(name: str, ticks: list[tuple[float, str]]) -> None:
    """Print the longest tick, and forget all."""
    ticks.sort(reverse=True)
    working = [took for took, stage in ticks if not stage.startswith("Loading")]
    print("LONGEST TICKS", ", ".join(f"{took:.0f} ms ({stage or 'first'})" for took, stage in ticks[:5]), flush=True)
    print(f"LONGEST TICK {name}: {max(working):.0f} ms (goal {GAP_GOAL_MS:.0f} ms, loading aside)", flush=True)
    ticks.clear()


def narrow_sidebar() -> window.Story:
    """The result in the narrowest sidebar."""
    yield from drag_sidebar(110)
    shot("09-narrow")
    yield from drag_sidebar(-260)
    shot("10-wide")
    yield from drag_sidebar(150)


def drag_sidebar(pixels: int) -> window.Story:
    """Drag the sidebar's left edge; positive makes it narrower."""
    side = window.region("UI")
    before, middle = side.width, side.y + side.height - 80  # where a panel is drawn
    yield from window.drag((side.x - 1, middle), (side.x - 1 + pixels, middle))
    assert window.region("UI").width != before
    print("SIDEBAR", before, "->", window.region("UI").width, flush=True)


def several_people() -> window.Story:
    """The pop-up asks whom to pose; a click on the button poses."""
    view = window.region("WINDOW")
    window.move(view.x + 420, view.y + 420)
    yield 0.3
    before = state()
    start(GROUP)
    yield from wait_for_job()
    yield 0.5
    shot("11-whose-pose")
    assert session().choice is not None
    assert len(session().choice.thumbnails) > 1
    assert state() == before
    window.key("Escape")
    yield 0.5
    start(GROUP)
    yield from wait_for_job()
    yield 0.5
    yield from window.click(*SECOND_BUTTON)
    yield from wait_for_job()
    assert result().person == 2
    shot("12-second-person")
    yield from window.click(149, 96)
    yield 0.5
    shot("13-redo-panel")
    yield from redo_with_half_blend()
    window.move(view.x + 420, view.y + 420)
    window.key("ctrl+z")
    yield 0.8
    assert state() == before


def redo_with_half_blend() -> window.Story:
    """A number typed into the redo panel poses again, in place of what was posed."""
    posed, keys, _ = state()
    yield from window.click(*BLEND_FIELD)
    yield from window.click(*BLEND_FIELD)
    window.key("ctrl+a")
    for character in ("0", "period", "5", "Return"):
        window.key(character)
    yield 1.0
    shot("14-half-blend")
    assert state()[0] != posed, "the redo panel did not pose again"
    assert state()[1] == keys
    assert result().person == 2
    yield from window.click(*REDO_TITLE)


def search() -> window.Story:
    """F3 finds the operator, in Pose Mode and in Object Mode, and the menu has it."""
    view = window.region("WINDOW")
    for mode in ("POSE", "OBJECT"):
        window.in_view(lambda mode=mode: bpy.ops.object.mode_set(mode=mode))
        window.move(view.x + 300, view.y + 400)
        yield 0.3
        window.in_view(lambda: bpy.ops.wm.search_menu("INVOKE_DEFAULT"))  # F3; xdotool's F3 is not heard
        yield 0.8
        window.write("pose from ph")
        yield 0.6
        shot(f"17-search-{mode.lower()}")
        window.key("Escape")
        yield 0.3
        window.key("Escape")
        yield 0.4
    window.in_view(lambda: bpy.ops.object.mode_set(mode="POSE"))
    window.in_view(lambda: bpy.ops.wm.call_menu(name="VIEW3D_MT_pose"))
    yield 0.6
    shot("18-pose-menu")
    window.key("Escape")
    yield 0.4


def mistakes() -> window.Story:
    """A sentence for each, and nothing changed."""
    before = state()
    text = OUT / "no-picture.jpg"
    text.write_text("this is no picture")
    for number, path in enumerate((OUT / "missing.jpg", text, OUT)):
        start(path)
        yield from wait_for_job()
        yield 0.3
        if number == 0:
            shot("19-mistake")
        window.key("Escape")
        yield 0.3
        assert state() == before
    text.unlink()


def file_browser() -> window.Story:
    """The button without a file opens the file browser; the chosen file poses, as one undo step."""
    before = state()
    window.in_view(lambda: bpy.ops.contrapposto.photo("INVOKE_DEFAULT"))
    yield 1.5
    browser = bpy.context.window_manager.windows[0].screen.areas
    area = next(area for area in browser if area.type == "FILE_BROWSER")
    parameters = area.spaces.active.params
    parameters.directory = str(PHOTO.parent).encode()
    parameters.filename = PHOTO.name
    yield 1.0
    shot("15-file-browser")
    here = bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=here, area=area, region=area.regions[-1]):
        bpy.ops.file.execute()
    yield 0.2
    yield from wait_for_job()
    assert result().photo == str(PHOTO)
    after = state()
    shot("16-after-file-browser")
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, "the file browser made another undo step"
    assert after != before


def settings() -> window.Story:
    """The preferences, with what is installed."""
    bpy.ops.contrapposto.check_installation()
    _, area = window.view3d()
    area.type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "contrapposto"
    bpy.ops.preferences.addon_expand(module=ADDON)
    yield 1.0
    shot("20-preferences")
    area.type = "VIEW_3D"
    yield 0.5


def bone_map() -> window.Story:
    """The section "Rig": detect, change joints, questions, show."""
    armature = bpy.context.view_layer.objects.active
    yield from only_section(RIG_TITLE)
    shot("21-rig-before")
    window.in_view(lambda: bpy.ops.contrapposto.detect_bones("INVOKE_DEFAULT"))
    yield 0.6
    shot("22-rig-detected")
    yield from drag_sidebar(-260)
    shot("23-rig-wide")
    armature.contrapposto_bones.left_hip = ""
    armature.contrapposto_bones.right_foot = "head"
    bone_map_in_question(armature)
    window.view3d()[1].tag_redraw()
    yield 0.6
    shot("24-rig-questions-wide")
    yield from drag_sidebar(260)
    shot("25-rig-questions")
    yield from drag_sidebar(130)
    shot("26-rig-narrow")
    yield from drag_sidebar(-130)
    window.in_view(lambda: bpy.ops.contrapposto.detect_bones("INVOKE_DEFAULT"))
    yield from show_on_rig(armature)
    yield from offered_presets()
    window.in_view(lambda: bpy.ops.contrapposto.forget_bone_map("INVOKE_DEFAULT", True))  # with an undo step
    yield from only_section(PHOTO_TITLE)


def show_on_rig(armature) -> window.Story:
    """From Object Mode to Pose Mode, a hidden armature made visible, and the view on the bone."""
    view = window.view3d()[1].spaces.active.region_3d
    kept = view.view_location.copy(), view.view_distance
    bpy.ops.object.mode_set(mode="OBJECT")
    window.in_view(lambda: bpy.ops.contrapposto.show_bones("INVOKE_DEFAULT", joint="head"))
    yield 0.5
    assert bpy.context.mode == "POSE"
    armature.hide_set(True)  # in Object Mode it would no longer be active in the view
    window.in_view(lambda: bpy.ops.contrapposto.show_bones("INVOKE_DEFAULT", joint="left_knee"))
    yield 0.8
    shot("27-rig-shown")
    bone = armature.pose.bones["shin.L"]
    assert armature.visible_get()
    middle = armature.matrix_world @ ((bone.head + bone.tail) / 2.0)
    assert (view.view_location - middle).length < bone.length, "the view does not look at the bone"
    assert view.view_distance < 0.5 * kept[1], "the view is as far as before"
    view.view_location, view.view_distance = kept


def offered_presets() -> window.Story:
    """Load Preset offers the preset of these bones, that of another rig, and a file."""
    window.in_view(lambda: bpy.ops.contrapposto.save_bone_map_preset("INVOKE_DEFAULT"))
    folder = module("rig.map_files")._folder(create=True)
    own = next(folder.iterdir())
    other = folder / "other.json"
    content = json.loads(own.read_text(encoding="utf-8"))
    other.write_text(json.dumps({**content, "armature": "Twin"}), encoding="utf-8")
    window.in_view(lambda: bpy.ops.contrapposto.load_bone_map_preset("INVOKE_DEFAULT"))
    yield 0.6
    shot("27-rig-presets")
    window.key("Escape")
    yield 0.3
    for path in (own, other):
        path.unlink()


def refused_pose() -> window.Story:
    """While essential joints are in question nothing is posed, and a sentence names them."""
    armature, before = bpy.context.view_layer.objects.active, state()
    window.in_view(lambda: bpy.ops.contrapposto.detect_bones("INVOKE_DEFAULT"))
    bone_map_in_question(armature)
    start(PHOTO)
    yield from wait_for_job()
    yield 0.3
    shot("28-rig-refused")
    window.key("Escape")
    yield 0.3
    assert state() == before, "a pose was made although joints were in question"
    window.in_view(lambda: bpy.ops.contrapposto.forget_bone_map("INVOKE_DEFAULT", True))  # with an undo step


def bone_map_in_question(armature) -> None:
    """Two doubtful joints, as structure alone may leave them."""
    stored = module("rig.stored_map")
    content = json.loads(stored.stored_text(armature))
    for joint in ("left_elbow", "right_elbow"):
        content["joints"][joint] |= {"score": 0.42, "reason": "found by its place in the chain alone"}
        content["ask"].append(joint)
    stored.store_text(armature, json.dumps(content))


def disable_while_running() -> window.Story:
    """Disabling the add-on in mid-run leaves no timer and no progress behind."""
    pipeline = module("backend.pipeline")
    real = pipeline.find_people
    pipeline.find_people = slowed(real)
    session().forget_picture()
    start(PHOTO)
    yield 0.4
    assert session().job is not None
    bpy.ops.preferences.addon_disable(module=ADDON)
    assert session().job is None
    yield 0.5
    pipeline.find_people = real
    assert not hasattr(bpy.types.Scene, "contrapposto")
    bpy.ops.preferences.addon_enable(module=ADDON)
    yield 0.3


def story() -> window.Story:
    """From the first look to the last."""
    print("VERSION", bpy.app.version_string, sys.version.split()[0], flush=True)
    yield from prepare()
    yield from first_use()
    yield from bone_map()
    yield from cancel_in_mid_run()
    yield from pose_from_photo()
    yield from narrow_sidebar()
    yield from several_people()
    yield from file_browser()
    yield from search()
    yield from mistakes()
    yield from refused_pose()
    yield from settings()
    yield from disable_while_running()


if __name__ == "__main__":
    window.tell(story())
