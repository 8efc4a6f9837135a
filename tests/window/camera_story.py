"""The photo behind the posed rig, and keypoints dragged there, in a real window. See README.md of this folder.

blender --factory-startup --python camera_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import PHOTO, prepare_character, print_live, session, shot, start, wait_for_job, watch_live  # noqa: E402


def state():
    """Pose, keys, camera and result: what Esc may not change, and Ctrl Z must bring back."""
    bpy.context.view_layer.update()
    armature = bpy.context.view_layer.objects.active
    pose = [tuple(round(value, 4) for row in bone.matrix_basis for value in row) for bone in armature.pose.bones]
    camera = bpy.context.scene.camera
    place = None if camera is None else tuple(round(value, 4) for row in camera.matrix_world for value in row)
    return pose, sorted(bpy.data.actions.keys()), place, bpy.context.scene.contrapposto.result.summary


def pose_and_match() -> window.Story:
    """The photo poses the rig, and the camera shows one over the other."""
    start(PHOTO, person=1)
    yield from wait_for_job(seconds=90.0)
    assert bpy.context.scene.contrapposto.result.summary, "the photo posed nothing"
    before = state()
    assert window.in_view(lambda: bpy.ops.contrapposto.match_camera("INVOKE_DEFAULT", True)) == {"FINISHED"}
    yield 0.8
    print("MATCHED", bpy.context.scene.camera["contrapposto_match"], flush=True)
    shot("01-matched")
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, "one Ctrl Z did not take the camera away"
    window.key("ctrl+shift+z")
    yield 0.8
    assert bpy.context.scene.camera is not None


def correcting():
    """The operator that corrects keypoints now."""
    return session().correcting.__closure__[0].cell_contents


def handle(name: str) -> tuple[float, float]:
    """Where a handle is in the window."""
    handles, region = correcting()._handles, window.region("WINDOW")
    x, y = handles.frame.to_region(handles.places[name])
    return region.x + x, region.y + y


def begin() -> window.Story:
    """Press the button."""
    answer = window.in_view(lambda: bpy.ops.contrapposto.correct_keypoints("INVOKE_DEFAULT"))
    assert answer == {"RUNNING_MODAL"}, answer
    yield 0.8
    assert session().correcting is not None


def drag_and_leave() -> window.Story:
    """A point is dragged, let go, taken back; Esc leaves everything as it was."""
    before = state()
    yield from begin()
    shot("03-handles")
    x, y = handle("left_wrist")
    window.move(x + 4, y)
    yield 1.2
    assert correcting()._handles.active == "left_wrist"
    shot("04-hover")
    yield from window.drag((x, y), (x + 70, y - 90))
    yield 0.4
    assert set(correcting()._correction.moved) == {"left_wrist"}
    assert state()[0] != before[0], "the rig did not follow"
    shot("05-dragged")
    window.key("ctrl+z")
    yield 0.8
    assert session().correcting is not None
    window.key("x")
    yield 0.6
    assert not correcting()._correction.moved, correcting()._correction.moved
    yield from window.drag(handle("right_knee"), (handle("right_knee")[0] - 50, handle("right_knee")[1] + 10))
    shot("06-knee")
    window.key("Escape")
    yield 0.8
    assert session().correcting is None
    assert state() == before, "Esc left something behind"
    yield 1.0
    shot("07-left")


def drag_and_keep() -> window.Story:
    """Enter keeps, and one Ctrl Z takes it back."""
    before = state()
    taken = watch_live()
    yield from begin()
    x, y = handle("left_wrist")
    yield from window.drag((x, y), (x + 80, y - 60))
    x, y = handle("right_elbow")
    yield from window.drag((x, y), (x - 30, y + 40))
    yield 0.3
    kept = state()[0]
    window.key("Return")
    yield 1.0
    assert session().correcting is None
    after = state()
    assert after[0] != before[0]
    away = max(abs(a - b) for one, other in zip(after[0], kept, strict=True) for a, b in zip(one, other, strict=True))
    print(f"KEPT {after[-1]}; differs from what was shown by {away:.4f}", flush=True)
    yield 3.0  # until a slow machine has drawn it
    shot("08-kept")
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, f"one Ctrl Z did not bring everything back: {state()[1:]}, not {before[1:]}"
    window.key("ctrl+shift+z")
    yield 0.8
    assert state()[0] == after[0]
    yield from begin()
    assert len(correcting()._correction.moved) == 2, "what was corrected is forgotten"
    shot("09-again")
    window.key("Escape")
    yield 0.6
    print_live(taken)


def story() -> window.Story:
    """Everything, in order."""
    yield from prepare_character()
    yield from pose_and_match()
    yield from drag_and_leave()
    yield from drag_and_keep()


window.tell(story())
