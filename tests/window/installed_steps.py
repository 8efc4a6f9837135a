"""Steps of the story of the installed zip: photo, bones, video, saving. See README.md of this folder."""

from __future__ import annotations

from pathlib import Path

import bpy
import video_story
import window
from artist import ADDON, OUT, PHOTO, open_tab, result, session, shot, state, wait_for_job

GAP_GOAL_MS = 100.0
LAST = 23


def passed(name: str, fact: str) -> None:
    """Print that a step did what it should, and the fact that shows it."""
    print(f"STEP passed: {name}: {fact}", flush=True)


def watched(name: str, work: window.Story) -> window.Story:
    """Let a job run, and print its longest gaps between two turns of the event loop, stage by stage."""
    watching = window.Watch(lambda: session().job.stage if session().job else "")
    watching.start()
    yield from work
    longest: dict[str, float] = {}
    for gap, stage in watching.stop():
        longest.setdefault(stage or "before and after", gap)
    told = ", ".join(f"{stage} {gap:.0f} ms" for stage, gap in longest.items())
    working = max((gap for stage, gap in longest.items() if not stage.startswith("Loading")), default=0.0)
    print(f"GAPS {name}: {told}; longest {working:.0f} ms (goal {GAP_GOAL_MS:.0f} ms, loading aside)", flush=True)


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
    """The button by mouse, the file browser, the chosen file; one undo step."""
    before = state()
    bpy.context.scene.contrapposto.result.photo = ""
    before = state()
    yield from window.press_button("contrapposto.photo")
    yield 1.5
    here = bpy.context.window_manager.windows[0]
    area = next(area for area in here.screen.areas if area.type == "FILE_BROWSER")
    area.spaces.active.params.directory = str(PHOTO.parent).encode()
    area.spaces.active.params.filename = PHOTO.name
    yield 1.5
    shot("10-file-browser")

    def choose() -> window.Story:
        with bpy.context.temp_override(window=here, area=area, region=area.regions[-1]):
            bpy.ops.file.execute()
        yield 0.5
        yield from wait_for_job(seconds=240.0)

    yield from watched("photo by file browser, first time", choose())
    assert result().photo == str(PHOTO), result().photo
    after = check_posed(before)
    shot("11-posed")
    yield from settle()
    yield from undo_and_redo(before, after)
    passed("photo by file browser", "undo, redo")


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

    def drop() -> window.Story:
        run = result().run
        window.in_view(lambda: bpy.ops.contrapposto.picture("INVOKE_DEFAULT", True, filepath=str(photo)))
        yield 1.0
        if session().job is None and result().run == run:  # it asks whether this is a photo or a drawing
            shot("12-asked")
            window.key("Return")  # the first answer: a photo
            yield 1.0
        yield from wait_for_job(seconds=240.0)

    yield from watched("photo by drop", drop())
    after = check_posed(before)
    shot("12-dropped")
    yield from settle()
    yield from undo_and_redo(before, after)
    passed("photo by drop", "undo, redo")


def bones() -> window.Story:
    """Detected bones, one joint given another bone, and detected again."""
    armature = bpy.context.view_layer.objects.active
    window.in_view(lambda: bpy.ops.contrapposto.detect_bones("INVOKE_DEFAULT", True))
    yield 0.8
    found = armature.contrapposto_bones.left_hip
    assert found == "mixamorig:LeftUpLeg", found
    armature.contrapposto_bones.left_hip = "mixamorig:LeftLeg"
    yield 0.5
    assert armature.contrapposto_bones.left_hip == "mixamorig:LeftLeg"
    shot("20-bone-mapped")
    window.in_view(lambda: bpy.ops.contrapposto.detect_bones("INVOKE_DEFAULT", True))
    yield 0.8
    armature.contrapposto_bones.left_hip = found
    yield 0.5
    assert armature.contrapposto_bones.left_hip == found
    passed("bone map", f"left hip {found}, changed, and back")


def save_and_reopen() -> window.Story:
    """The file has the poses and what the panel showed of them."""
    path = OUT / "kept.blend"
    before = state()
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    yield 0.5
    bpy.ops.wm.open_mainfile(filepath=str(path))
    yield 1.5
    assert hasattr(bpy.types, "CONTRAPPOSTO_PT_photo")
    assert ADDON in bpy.context.preferences.addons
    assert state() == before, "the file is not as it was"
    window.view3d()[1].spaces.active.show_region_ui = True
    yield 0.5
    yield from open_tab()
    shot("50-reopened")
    passed("save, reopen", "pose, actions and result as before")
    path.unlink()


def short_video() -> window.Story:
    """A second of a video, keyed; one undo step."""
    bpy.context.scene.frame_set(1)
    before = video_story.keys()

    def follow() -> window.Story:
        video_story.start(end=LAST)
        yield from wait_for_job(seconds=600.0)

    yield from watched("video", follow())
    after, done = video_story.keys(), video_story.video()
    assert done.run, "no motion"
    assert after != before
    passed("video", f"{done.frames} frames, {done.keys} keys at {done.key_frames} frames")
    yield 0.5
    shot("40-video")
    window.move(400, 400)
    window.key("ctrl+z")
    yield 1.5
    assert video_story.keys() == before, "one undo step"
