"""An artist moves a character by a video: stops it, keeps a part, turns the sliders, undoes, in a real window.

See README.md of this folder. blender --factory-startup --python video_story.py -- OUT PHOTO VIDEO
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import gaps  # noqa: E402
import window  # noqa: E402
from artist import GROUP, prepare_character, session, shot, state, wait_for_job  # noqa: E402

LAST = 39
LONGER = 119
KEPT = 12


def video():
    """What the section shows of the last video."""
    return bpy.context.scene.contrapposto.video.result


def sliders():
    """The settings of the keys."""
    return bpy.context.window_manager.contrapposto_video


def armature():
    """The character's rig."""
    return bpy.context.view_layer.objects.active


def keys():
    """The frames and values of all keys of the rig's action."""
    animation = armature().animation_data
    if animation is None or animation.action is None:
        return ()
    bags = (bag for layer in animation.action.layers for strip in layer.strips for bag in strip.channelbags)
    return tuple(
        (curve.data_path, curve.array_index, tuple(round(v, 4) for p in curve.keyframe_points for v in p.co))
        for bag in bags
        for curve in bag.fcurves
    )


def start(**clip) -> None:
    """Start as a drop on the view does."""
    chosen = {"filepath": str(GROUP), "end": LAST, **clip}
    answer = window.in_view(lambda: bpy.ops.contrapposto.video("INVOKE_DEFAULT", True, **chosen))
    assert answer == {"RUNNING_MODAL"}, answer


def wait_for(stage: str, *, seconds: float = 300.0) -> window.Story:
    """Wait until a stage is announced."""
    end = time.monotonic() + seconds
    while session().job is not None and stage not in session().job.stage:
        assert time.monotonic() < end, session().job
        yield 0.02
    assert session().job is not None, f"the job ended before {stage}"


def frames_done() -> int:
    """How many frames are read, as the panel says."""
    words = session().job.detail.split()
    return int(words[1].rstrip(",")) if len(words) > 1 and words[0] == "frame" else 0


def section() -> window.Story:
    """Take the sections above away, so that all of this one is in sight; returns their classes."""
    names = ("photo", "sketch", "text")
    above = [getattr(bpy.types, f"CONTRAPPOSTO_PT_{name}") for name in names]
    for panel in above:
        bpy.utils.unregister_class(panel)
    window.view3d()[1].tag_redraw()
    yield 0.8
    return above


def discards() -> window.Story:
    """Esc asks; Discard puts everything back as it was, the rig's pose too."""
    before, keyed = state(), keys()
    start()
    yield from wait_for("Following")
    end = time.monotonic() + 200.0
    while state()[0] == before[0]:
        assert time.monotonic() < end, "the rig shows nothing while the video is read"
        yield 0.1
    yield 1.0
    shot("1-following")
    window.move(400, 400)
    yield 0.3
    window.key("Escape")
    yield 1.0
    assert session().job is not None, "the job goes on meanwhile"
    assert session().job.asking, "it asks first"
    shot("2-asked")
    window.key("Escape")
    yield 0.8
    assert session().job is not None, "the question went away and the work goes on"
    window.in_view(lambda: bpy.ops.contrapposto.video_stop(keep=False))
    yield 1.0
    assert session().job is None
    assert state() == before, "the pose is as it was"
    assert keys() == keyed


def keeps() -> window.Story:
    """Esc, and Keep What Is Done by mouse: the frames so far are keyed."""
    start()
    yield from wait_for("Following")
    while session().job is not None and frames_done() < KEPT:
        yield 0.02
    window.move(400, 400)
    yield 0.2
    window.key("Escape")
    yield 1.0
    assert session().job is not None
    assert session().job.asking
    window.key("Return")  # the first answer
    yield 0.5
    yield from wait_for_job(seconds=300.0)
    assert 2 <= video().frames < LAST, video().frames
    assert keys(), "keyed"
    print("KEPT", video().frames, "frames", flush=True)
    yield 0.4
    shot("3-kept")
    window.move(400, 400)
    window.key("ctrl+z")
    yield 1.0
    assert not keys(), "one undo step"
    assert not video().run


def solves() -> window.Story:
    """The whole clip, watched."""
    bpy.context.scene.frame_set(1)
    measured = gaps.Gaps("video")
    start(end=LONGER)  # more than was kept: else nothing is read
    yield from wait_for("Following")
    yield 1.5
    shot("4-halfway")
    yield from wait_for_job(seconds=500.0)
    measured.end()
    assert video().run, "no motion"
    print("RESULT", video().frames, video().keys, video().key_frames, video().worst_degrees, flush=True)
    for number, frame in enumerate((1, 16, 32)):
        bpy.context.scene.frame_set(frame)
        yield 0.8
        shot(f"5-solved-{number}")


def turns_sliders() -> window.Story:
    """Another setting keys the motion again by itself, as one undo step, though the video is gone."""
    GROUP.rename(GROUP.with_suffix(".away"))
    try:
        before = keys()
        measured = gaps.Gaps("keys of a video again")
        sliders().max_degrees = 8.0
        sliders().max_millimetres = 80.0
        yield from keyed_with("max_degrees", 8.0)
        measured.end()
        again = keys()
        assert again != before, "keyed again"
        assert sum(len(each[2]) for each in again) < sum(len(each[2]) for each in before), "with fewer keys"
        shot("6-fewer-keys")
        window.move(400, 400)
        window.key("ctrl+z")
        yield 1.2
        assert keys() == before, "one undo step"
        assert abs(sliders().max_degrees - 2.0) < 1e-4, "the sliders show what is keyed"
        assert session().job is None
        window.key("ctrl+shift+z")
        yield 1.2
        assert keys() == again, "redone"
        assert abs(sliders().max_degrees - 8.0) < 1e-4
        yield from as_strip()
    finally:
        GROUP.with_suffix(".away").rename(GROUP)


def keyed_with(name: str, value: object) -> window.Story:
    """Wait until the motion is keyed with a setting."""
    end = time.monotonic() + 300.0
    while json.loads(video().keying)[name] != value or session().job is not None:
        assert time.monotonic() < end, video().keying
        yield 0.05
    yield 0.4


def as_strip() -> window.Story:
    """The destination can be changed afterwards."""
    sliders().destination = "NLA"
    yield from keyed_with("destination", "NLA")
    assert video().strip, "a strip"
    shot("7-strip")


def story() -> window.Story:
    """All of it."""
    yield from prepare_character()
    above = yield from section()
    yield from discards()
    yield from keeps()
    yield from solves()
    yield from turns_sliders()
    for panel in reversed(above):
        bpy.utils.register_class(panel)


if __name__ == "__main__":
    window.tell(story())
