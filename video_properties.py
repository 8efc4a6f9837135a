"""What is asked of a video, how its motion is keyed, and what came of it.

How a motion is keyed stands in the window manager, of which Blender makes no undo steps: a slider that keys the motion
again is one step that way, and not two. What a scene's motion is keyed with stands in the scene, where undo finds it.
"""

from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .operators.video_soon import key_again_soon
from .rig.callbacks import on_change

DESTINATIONS = (
    ("CURRENT", "Current Action", "Into the action that the rig has, at the playhead; keys outside the range stay"),
    ("NEW_ACTION", "New Action", "Into an action of its own; the old one is kept"),
    ("NLA", "NLA Strip", "As a strip above all others; the old action becomes a strip below it"),
)


@on_change("Changing a setting")
def _changed(settings: Any, _context: bpy.types.Context) -> None:
    if isinstance(settings, CONTRAPPOSTO_PG_video_keying):  # what is set on an operator is keyed by that operator
        key_again_soon()


class VideoClip:
    """What to read; shared by the scene and the operators."""

    filepath: StringProperty(
        name="Video",
        description="A video file, or one picture of a numbered sequence",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    start: IntProperty(
        name="Start",
        description="The first frame of the video to read, counted from 0",
        min=0,
        options={"SKIP_SAVE"},
    )
    end: IntProperty(
        name="End",
        description="The last frame of the video to read. 0 reads to its end",
        min=0,
        options={"SKIP_SAVE"},
    )
    step: IntProperty(
        name="Step",
        description="Read only every n-th frame: 2 is twice as fast, and sees fast movements less exactly",
        min=1,
        max=100,
        default=1,
        options={"SKIP_SAVE"},
    )
    person: IntProperty(
        name="Person",
        description="Whose motion to take, counted from 1, the most prominent first. 0 asks if there are several",
        min=0,
        options={"SKIP_SAVE"},
    )
    fps: FloatProperty(
        name="Frames a Second",
        description="How fast an image sequence plays, which does not know it itself. 0 is as fast as the scene",
        min=0.0,
        max=1000.0,
        options={"SKIP_SAVE"},
    )
    camera_motion: BoolProperty(
        name="Turning Camera",
        description="The camera turns while it films: measure that, and take it out of the motion. It must stay in one "
        "place: one that is carried along cannot be taken out",
        default=False,
        options={"SKIP_SAVE"},
    )


class VideoKeying:
    """How the motion is finished and keyed; shared by the window manager and the operators."""

    smoothing_hz: FloatProperty(
        name="Smoothing",
        description="Movements faster than so many swings a second are taken for trembling. Less is smoother, and "
        "takes the snap out of fast movements",
        default=4.0,
        min=0.5,
        soft_max=15.0,
        max=60.0,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    lock_feet: BoolProperty(
        name="Lock Feet",
        description="Feet that stand do not slide",
        default=True,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    in_place: BoolProperty(
        name="In Place",
        description="Stay over the place where the motion begins: only the height of the body changes",
        default=False,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    keys: EnumProperty(
        name="Keys",
        description="Where keys are made",
        items=(
            ("REDUCED", "Reduced", "Few keys with curves between them that keep the largest error"),
            ("DENSE", "Every Frame", "A key in every frame: exact, and hard to edit"),
        ),
        default="REDUCED",
        update=_changed,
        options={"SKIP_SAVE"},
    )
    max_degrees: FloatProperty(
        name="Error in Degrees",
        description="So far a bone may turn away from the motion between its keys. More is fewer keys",
        default=2.0,
        min=0.1,
        max=30.0,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    max_millimetres: FloatProperty(
        name="Error in Millimetres",
        description="So far hands, feet, head and hips may be off between keys. More is fewer keys",
        default=20.0,
        min=1.0,
        max=500.0,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    destination: EnumProperty(
        name="Destination",
        description="Where the keys go",
        items=DESTINATIONS,
        default="CURRENT",
        update=_changed,
        options={"SKIP_SAVE"},
    )
    loop: BoolProperty(
        name="Loop",
        description="Take the stretch of the motion that meets itself best, and blend its ends so that it repeats",
        default=False,
        update=_changed,
        options={"SKIP_SAVE"},
    )
    left_hand: StringProperty(
        name="Left Hand",
        description="An object of the scene that the left hand holds on to: the wrist follows its origin",
        update=_changed,
        options={"SKIP_SAVE"},
    )
    right_hand: StringProperty(
        name="Right Hand",
        description="An object of the scene that the right hand holds on to: the wrist follows its origin",
        update=_changed,
        options={"SKIP_SAVE"},
    )


CLIP_NAMES = tuple(VideoClip.__annotations__)
KEYING_NAMES = tuple(VideoKeying.__annotations__)


class CONTRAPPOSTO_PG_video_keying(VideoKeying, bpy.types.PropertyGroup):
    """How the next motion of a video is keyed, and the last one again as soon as something changes."""


class CONTRAPPOSTO_PG_track(bpy.types.PropertyGroup):
    """Somebody in the video, the most prominent first."""

    thumbnail: StringProperty(name="Thumbnail", description="The thumbnail's name while the add-on runs")


class CONTRAPPOSTO_PG_video_result(bpy.types.PropertyGroup):
    """What the last video did; empty before the first (`run` is then empty)."""

    run: StringProperty(name="Run", description="Which run of this session it was")
    filepath: StringProperty(
        name="Video",
        description="The video that the motion was taken from",
        subtype="FILE_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    person: IntProperty(name="Person", description="Whose motion it is, counted from 1")
    people: CollectionProperty(type=CONTRAPPOSTO_PG_track, name="People", description="Everybody in the video")
    keying: StringProperty(name="Keying", description="How it was keyed, as JSON")
    armature: StringProperty(name="Armature", description="The armature that was posed")
    action: StringProperty(name="Action", description="The action that has the keys")
    made_action: IntProperty(name="Made Action", description="The identity of the action that holds the keys")
    strip: StringProperty(name="Strip", description="The NLA strip that plays them")
    kept: StringProperty(name="Kept", description="The action that was put aside")
    frame: FloatProperty(name="Frame", description="Where the motion begins")
    frames: IntProperty(name="Frames", description="How many frames of the scene it has")
    seconds: FloatProperty(name="Seconds", description="How long it lasts")
    worked: FloatProperty(name="Worked", description="How many seconds the computer worked for it")
    keys: IntProperty(name="Keys", description="How many keys all curves have together")
    key_frames: IntProperty(name="Key Frames", description="At how many frames there are keys")
    reduced: BoolProperty(name="Reduced", description="Whether there are fewer keys than frames")
    worst_degrees: FloatProperty(
        name="Worst Error in Degrees", description="How far a bone turns away from the motion at most"
    )
    worst_millimetres: FloatProperty(
        name="Worst Error in Millimetres", description="How far a joint is off the motion at most"
    )
    notes: StringProperty(name="Notes", description="What the artist should know, a line each")


class CONTRAPPOSTO_PG_video(VideoClip, bpy.types.PropertyGroup):
    """What to read next in this scene, and what the last video did."""

    result: PointerProperty(type=CONTRAPPOSTO_PG_video_result, name="Result", description="What came of the last video")


CLASSES = (
    CONTRAPPOSTO_PG_video_keying,
    CONTRAPPOSTO_PG_track,
    CONTRAPPOSTO_PG_video_result,
    CONTRAPPOSTO_PG_video,
)


def attach() -> None:
    """Give the window manager its `contrapposto_video`."""
    bpy.types.WindowManager.contrapposto_video = PointerProperty(type=CONTRAPPOSTO_PG_video_keying)


def detach() -> None:
    """Take it away again."""
    del bpy.types.WindowManager.contrapposto_video
