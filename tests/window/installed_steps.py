"""Steps of the story of the installed zip: photo, bones, video, saving. See README.md of this folder."""

from __future__ import annotations

from pathlib import Path

import bpy
import controls
import gaps
import text_story
import video_story
import window
from artist import ADDON, GROUP, OUT, PHOTO, open_tab, result, session, shot, state, wait_for_job

LAST = 23
LEAVE, END_FIELD = 0.65, 0.7
"""How far across the sidebar the button that leaves a reading is, and the field of the last frame."""
TABLE: list[tuple[str, str, str]] = []
"""Of each step: its name, what did it, and the facts that were checked."""


def passed(name: str, fact: str, *, by: str) -> None:
    """Print that a step did what it should, what it was done with, and the fact that shows it."""
    TABLE.append((name, by, fact))
    print(f"STEP passed: {name}: {fact}", flush=True)


def print_table() -> None:
    """Print all steps as a table."""
    for row in (("step", "done with", "checked"), ("---", "---", "---"), *TABLE):
        print("|", " | ".join(row), "|", flush=True)


def undo_and_redo(before: tuple, after: tuple) -> window.Story:
    """Ctrl Z brings back what was before, Ctrl Shift Z what was after."""
    window.move(400, 400)
    window.key("ctrl+z")
    yield 1.0
    assert state() == before, "one Ctrl Z did not bring everything back"
    window.key("ctrl+shift+z")
    yield 1.0
    assert state() == after, "redo did not bring the pose again"


def check_posed(before: tuple) -> tuple:
    """The rig is another one and keyed at the playhead; returns how it stands."""
    after, frame = state(), bpy.context.scene.frame_current
    turned = sum(a != b for a, b in zip(after[0], before[0], strict=True))
    action = bpy.context.view_layer.objects.active.animation_data.action
    start, end = action.frame_range
    assert turned > 10, f"only {turned} bones moved"
    assert start <= frame <= end, f"no key at {frame}: {start} to {end}"
    print(f"POSED {turned} bones moved, keyed at frame {frame}: {result().summary}", flush=True)
    return after


def photo_by_file_browser() -> window.Story:
    """The button by mouse, folder and name typed into the file browser, its button; one undo step."""
    bpy.context.scene.contrapposto.result.photo = ""
    before = state()
    yield from window.press_button("contrapposto.photo")
    yield from controls.name_file(PHOTO)
    shot("10-file-browser")

    def choose() -> window.Story:
        yield from controls.confirm_file()
        yield from controls.wait_until(lambda: session().job is not None or result().photo, "no job was begun")
        yield from wait_for_job(seconds=240.0)

    yield from gaps.watched("photo, first time", choose())
    assert result().photo == str(PHOTO), result().photo
    after = check_posed(before)
    shot("11-posed")
    yield from settle()
    yield from undo_and_redo(before, after)
    passed("photo by file browser", "posed, keyed; undo, redo", by="mouse, path typed, Ctrl Z, Ctrl Shift Z")


def settle() -> window.Story:
    """Wait until no other readings are looked for."""
    for _ in range(600):
        if not session().searches:
            break
        yield 0.1
    yield 0.5


def photo_by_drop(photo: Path) -> window.Story:
    """What a drop on the view calls; the playhead elsewhere."""
    window.move(400, 400)
    window.key("ctrl+z")  # an unposed rig without an action
    yield 1.0
    bpy.context.scene.frame_set(30)
    window.in_view(lambda: bpy.ops.ed.undo_push(message="Before the drop"))
    before = state()
    assert window.in_view(lambda: bpy.types.CONTRAPPOSTO_FH_photo.poll_drop(bpy.context))

    by = ["the drop's operator"]

    def drop() -> window.Story:
        run = result().run
        window.in_view(lambda: bpy.ops.contrapposto.picture("INVOKE_DEFAULT", True, filepath=str(photo)))
        yield 2.0
        if session().job is None and result().run == run:  # it asks whether this is a photo or a drawing
            shot("12-asked")
            window.key("Return")  # the first answer: a photo
            by.append("Enter")
            yield from controls.wait_until(lambda: session().job or result().run != run, "the answer was not heard")
        yield from wait_for_job(seconds=240.0)

    yield from gaps.watched("photo", drop())
    after = check_posed(before)
    shot("12-dropped")
    yield from settle()
    yield from undo_and_redo(before, after)
    passed("photo by drop", "posed, keyed; undo, redo", by=", ".join(by))


def another_reading() -> window.Story:
    """The arrow of the panel shows another reading of the photo, its buttons leave and keep it; one undo step."""
    posed = state()
    yield from controls.only_section("result")
    yield from window.press_button("contrapposto.choose_reading", at=text_story.NEXT)
    yield 0.8
    assert session().choosing is not None, "the arrow was not heard"
    shot("15-another-reading")
    assert state()[0] != posed[0], "the rig shows another pose"
    yield from window.press_button("contrapposto.end_choice", at=LEAVE)
    yield 0.8
    assert session().choosing is None
    assert state() == posed, "and goes back"
    yield from window.press_button("contrapposto.choose_reading", at=text_story.NEXT)
    yield 0.8
    yield from window.press_button("contrapposto.end_choice", at=text_story.KEEP)
    yield 0.8
    assert result().reading == 2, result().reading
    kept = state()
    assert kept[0] != posed[0]
    yield from undo_and_redo(posed, kept)
    yield 4.0  # until a slow machine has drawn what was done again
    shot("16-kept")
    passed("another reading of the photo", "shown, left, kept; undo, redo", by="mouse, Ctrl Z, Ctrl Shift Z")


def bones() -> window.Story:
    """Bones detected by the button, a bone's name typed into a joint's field, and back."""
    armature = bpy.context.view_layer.objects.active
    yield from controls.only_section("rig")
    yield from window.press_button("contrapposto.detect_bones", at=0.25)
    yield 0.8
    found = armature.contrapposto_bones.left_shoulder
    assert found == "mixamorig:LeftArm", found
    yield from controls.type_into("left_shoulder", "LeftForeArm")
    assert armature.contrapposto_bones.left_shoulder == "mixamorig:LeftForeArm"
    shot("20-bone-mapped")
    yield from controls.type_into("left_shoulder", "LeftArm")
    assert armature.contrapposto_bones.left_shoulder == found
    passed("bone map", f"22 joints found; left upper arm {found}, changed, and back", by="mouse, name typed")


def save_and_reopen() -> window.Story:
    """The file has the poses and what the panel showed of them."""
    path = OUT / "kept.blend"
    path.unlink(missing_ok=True)
    before = state()
    window.move(400, 400)
    yield 0.3
    window.key("ctrl+s")
    yield from controls.choose_file(path)
    yield from controls.wait_until(path.is_file, "nothing was saved")
    yield 0.5
    assert bpy.data.filepath == str(path), bpy.data.filepath
    bpy.context.view_layer.objects.active.pose.bones["mixamorig:Head"].rotation_quaternion = (0.0, 1.0, 0.0, 0.0)
    assert state() != before
    window.move(400, 400)
    yield 0.3
    window.key("ctrl+o")
    yield from controls.choose_file(path)
    yield from controls.wait_until(lambda: state() == before, "the file is not as it was")
    yield 1.0
    assert hasattr(bpy.types, "CONTRAPPOSTO_PT_photo")
    assert ADDON in bpy.context.preferences.addons
    window.view3d()[1].spaces.active.show_region_ui = True
    yield 0.5
    yield from open_tab()
    shot("50-reopened")
    passed("save, reopen", "pose, actions and result as before", by="Ctrl S, Ctrl O, path typed")
    path.unlink()


def short_video() -> window.Story:
    """A second of a video, keyed; one undo step."""
    bpy.context.scene.frame_set(1)
    before = video_story.keys()
    yield from controls.only_section("video")
    yield from controls.type_into("video.filepath", str(GROUP))
    yield from controls.type_into("video.end", str(LAST), at=END_FIELD)
    video = bpy.context.scene.contrapposto.video
    assert (video.filepath, video.end) == (str(GROUP), LAST), (video.filepath, video.end)
    shot("39-video-chosen")

    def follow() -> window.Story:
        yield from window.press_button("contrapposto.video")
        yield from controls.wait_until(lambda: session().job is not None, "the button was not heard")
        yield from wait_for_job(seconds=600.0)

    yield from gaps.watched("video", follow())
    after, done = video_story.keys(), video_story.video()
    assert done.run, "no motion"
    assert after != before
    told = f"{done.frames} frames, {done.keys} keys at {done.key_frames} frames; undo"  # undo makes `done` invalid
    yield 0.5
    shot("40-video")
    window.move(400, 400)
    window.key("ctrl+z")
    yield 1.5
    assert video_story.keys() == before, "one undo step"
    passed("video", told, by="mouse, path and last frame typed, Ctrl Z")
