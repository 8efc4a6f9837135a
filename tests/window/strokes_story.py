"""A figure drawn over the rig by mouse, with annotations and then with Grease Pencil, poses it, in a real window.

See README.md of this folder. blender --factory-startup --python strokes_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import itertools
import math
import sys
import time
from pathlib import Path

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import prepare_character, print_live, result, session, shot, state, wait_for_job, watch_live  # noqa: E402

Point = tuple[float, float]
FEET, HEIGHT_PX = (526, 178), 470
"""Where the figure is drawn in the window, between its feet, and how tall."""
LIMB_GOAL_DEGREES, HIPS_GOAL_PX, HANDLE_GOAL_PX = 10.0, 15.0, 15.0
FIRST = {
    "neck": (0.0, 0.84),
    "left_shoulder": (0.11, 0.80), "left_elbow": (0.27, 0.90), "left_wrist": (0.34, 1.06),
    "right_shoulder": (-0.11, 0.80), "right_elbow": (-0.27, 0.72), "right_wrist": (-0.38, 0.58),
    "left_hip": (0.07, 0.50), "left_knee": (0.21, 0.28), "left_ankle": (0.25, 0.03), "left_toes": (0.33, 0.0),
    "right_hip": (-0.07, 0.50), "right_knee": (-0.10, 0.26), "right_ankle": (-0.12, 0.03), "right_toes": (-0.20, 0.0),
}  # fmt: skip
"""Joints of a figure, in shares of its height, from between its feet; left is the figure's own."""
SECOND = {
    "neck": (0.0, 0.84),
    "left_shoulder": (0.10, 0.80), "left_elbow": (0.24, 0.68), "left_wrist": (0.38, 0.76),
    "right_shoulder": (-0.10, 0.80), "right_elbow": (-0.24, 0.88), "right_wrist": (-0.22, 1.04),
    "left_hip": (0.06, 0.50), "left_knee": (0.08, 0.26), "left_ankle": (0.09, 0.03), "left_toes": (0.17, 0.0),
    "right_hip": (-0.06, 0.50), "right_knee": (-0.22, 0.32), "right_ankle": (-0.24, 0.08), "right_toes": (-0.32, 0.06),
}  # fmt: skip
LINES = (
    ("neck", "left_shoulder", "left_elbow", "left_wrist"),
    ("neck", "right_shoulder", "right_elbow", "right_wrist"),
    ("neck", "left_hip", "left_knee", "left_ankle", "left_toes"),
    ("neck", "right_hip", "right_knee", "right_ankle", "right_toes"),
    ("left_hip", "right_hip"),
)
HEAD, HEAD_RADIUS = (0.0, 0.925), 0.07
BONES = {"shoulder": "Arm", "elbow": "ForeArm", "wrist": "Hand", "hip": "UpLeg", "knee": "Leg", "ankle": "Foot"}
LIMBS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
SIDES = ("left", "right")


def rig() -> bpy.types.Object:
    """The armature, whatever is active."""
    return next(obj for obj in bpy.data.objects if obj.type == "ARMATURE")


def in_window(share: Point) -> Point:
    """A place of the figure, in pixels of the window."""
    return FEET[0] + share[0] * HEIGHT_PX, FEET[1] + share[1] * HEIGHT_PX


def seen_joints() -> dict[str, Point]:
    """Where the view shows the rig's joints, in pixels of the window."""
    bpy.context.view_layer.update()
    region, view, found = window.region("WINDOW"), window.view3d()[1].spaces.active.region_3d, {}
    for side, (joint, bone) in itertools.product(SIDES, BONES.items()):
        head = rig().matrix_world @ rig().pose.bones[f"mixamorig:{side.capitalize()}{bone}"].head
        x, y = location_3d_to_region_2d(region, view, head)
        found[f"{side}_{joint}"] = (region.x + x, region.y + y)
    return found


def away_from(figure: dict[str, Point]) -> tuple[float, float, float]:
    """Degrees between drawn and shown limbs, mean and greatest, and pixels between the middles of the hips."""
    shown, drawn, degrees = seen_joints(), {name: in_window(share) for name, share in figure.items()}, []
    for side, (upper, lower) in itertools.product(SIDES, LIMBS):
        ways = [math.atan2(at[f"{side}_{lower}"][1] - at[f"{side}_{upper}"][1],
                           at[f"{side}_{lower}"][0] - at[f"{side}_{upper}"][0]) for at in (shown, drawn)]  # fmt: skip
        degrees.append(abs(math.degrees(math.remainder(ways[0] - ways[1], math.tau))))
    hips = [[sum(at[f"{side}_hip"][axis] for side in SIDES) / 2.0 for axis in (0, 1)] for at in (shown, drawn)]
    return sum(degrees) / len(degrees), max(degrees), math.dist(*hips)


def check_as_drawn(name: str, figure: dict[str, Point], was: tuple[float, float, float]) -> None:
    """Print how far the rig is from what was drawn, and was; and that it is near."""
    now = away_from(figure)
    for when, (mean, most, hips) in (("before", was), ("posed", now)):
        print(f"{name}, {when}: limbs {mean:.1f} degrees off, at most {most:.1f}; hips {hips:.0f} px", flush=True)
    assert now[0] < LIMB_GOAL_DEGREES
    assert now[2] < HIPS_GOAL_PX


def stroke(points: list[Point]) -> window.Story:
    """Draw through points with the left button held down."""
    window.move(*points[0])
    yield 0.1
    window.x11("xdotool", "mousedown", "1")
    yield 0.1
    for start, end in itertools.pairwise(points):
        steps = max(2, round(math.dist(start, end) / 24.0))
        for step in range(1, steps + 1):
            window.move(*(a + (b - a) * step / steps for a, b in zip(start, end, strict=True)))
            yield 0.01
    window.x11("xdotool", "mouseup", "1")
    yield 0.15


def draw_figure(figure: dict[str, Point]) -> window.Story:
    """A stick figure with a circle for its head."""
    angles = [math.tau * step / 24 for step in range(25)]
    circle = [(HEAD[0] + HEAD_RADIUS * math.sin(a), HEAD[1] - HEAD_RADIUS * math.cos(a)) for a in angles]
    for line in (circle, *([figure[name] for name in names] for names in LINES)):
        yield from stroke([in_window(share) for share in line])


def annotations() -> int:
    """How many strokes are annotated."""
    notes = bpy.context.scene.annotation
    return sum(len(frame.strokes) for layer in notes.layers for frame in layer.frames) if notes else 0


def press_strokes_button() -> window.Story:
    """Click on Pose from Strokes, and wait for the pose."""
    before = result().run
    yield from window.press_button("contrapposto.sketch_strokes")
    began = time.monotonic()
    while session().job is None and result().run == before:
        assert time.monotonic() - began < 5.0, "the button was not heard"
        yield 0.02
    yield from wait_for_job(seconds=90.0)
    print("POSED", result().summary, flush=True)


def pose_from_annotations() -> window.Story:
    """The Annotate tool, a figure, the button; the rig looks as drawn, and one Ctrl Z brings its pose back."""
    shot("01-before")
    window.in_view(lambda: bpy.ops.wm.tool_set_by_id(name="builtin.annotate"))
    yield 0.5
    yield from draw_figure(FIRST)
    assert annotations() == len(LINES) + 1, annotations()
    before, view = state(), window.view3d()[1].spaces.active.region_3d.view_matrix.copy()
    was = away_from(FIRST)
    shot("02-drawn")
    yield from press_strokes_button()
    yield 0.8
    shot("03-posed")
    assert window.view3d()[1].spaces.active.region_3d.view_matrix == view, "the view has moved"
    check_as_drawn("ANNOTATIONS", FIRST, was)
    assert annotations() == len(LINES) + 1, "strokes are gone"
    after = state()
    assert after[1], "nothing is keyed"
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, "one Ctrl Z did not bring the pose back"
    assert annotations() == len(LINES) + 1
    window.key("ctrl+shift+z")
    yield 0.8
    assert state() == after


def handles():
    """The handles that are shown now."""
    return session().correcting.__closure__[0].cell_contents._handles


def handle(name: str) -> Point:
    """Where a handle is in the window."""
    region = window.region("WINDOW")
    x, y = handles().frame.to_region(handles().places[name])
    return region.x + x, region.y + y


def drag_joints() -> window.Story:
    """Handles lie on the strokes in the view as it is; a wrist is dragged, and kept; the hips take the rig along."""
    before, view = state(), window.view3d()[1].spaces.active.region_3d.view_matrix.copy()
    yield from window.press_button("contrapposto.correct_keypoints")
    yield 0.8
    assert session().correcting is not None, "the button was not heard"
    off = {name: math.dist(handle(name), in_window(share)) for name, share in FIRST.items() if name in handles().places}
    mean = sum(off.values()) / len(off)
    print(f"HANDLES {mean:.0f} px off the strokes on average, at most {max(off.values()):.0f}", flush=True)
    assert mean < HANDLE_GOAL_PX, off
    shot("04-handles")
    taken = watch_live()
    x, y = handle("right_wrist")
    yield from window.drag((x, y), (x - 30, y + 170))
    shot("05-dragged")
    assert seen_joints()["right_wrist"][1] > y + 60, "the arm did not follow"
    hips = handle("left_hip"), handle("right_hip")
    stood = seen_joints()["left_hip"]
    for x, y in hips:
        yield from window.drag((x, y), (x - 40, y))
    moved = seen_joints()["left_hip"][0] - stood[0]
    print(f"HIPS dragged by -40 px: {moved:.0f} px", flush=True)
    shot("06-hips")
    assert -55 < moved < -25, "the rig did not go with its hips"
    window.key("Return")
    yield 1.0
    assert session().correcting is None
    assert window.view3d()[1].spaces.active.region_3d.view_matrix == view, "the view has moved"
    assert bpy.context.scene.camera is None, "a camera was made"
    shot("07-kept")
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, "one Ctrl Z did not take the drags back"
    print_live(taken)


def look_elsewhere() -> window.Story:
    """From another side the button looks as it was drawn; Esc leaves everything as it was."""
    region_3d, before = window.view3d()[1].spaces.active.region_3d, state()
    drawn = region_3d.view_rotation.copy()
    window.in_view(lambda: bpy.ops.view3d.view_orbit(angle=1.0, type="ORBITLEFT"))
    yield 0.5
    assert region_3d.view_rotation.rotation_difference(drawn).angle > 0.5
    yield from window.press_button("contrapposto.correct_keypoints")
    yield 0.8
    assert region_3d.view_rotation.rotation_difference(drawn).angle < 1e-3
    shot("08-looked-at-again")
    window.key("Escape")
    yield 0.8
    assert session().correcting is None
    assert state() == before


def pose_from_grease_pencil() -> window.Story:
    """Ink drawn in a view from aside, with Grease Pencil; the armature is selected beside it."""
    notes = bpy.context.scene.annotation
    for layer in list(notes.layers):
        notes.layers.remove(layer)
    window.view3d()[1].spaces.active.region_3d.view_perspective = "PERSP"
    window.in_view(lambda: bpy.ops.view3d.view_orbit(angle=0.5, type="ORBITRIGHT"))
    window.in_view(lambda: bpy.ops.object.mode_set(mode="OBJECT"))
    window.in_view(lambda: bpy.ops.object.grease_pencil_add(type="EMPTY"))
    rig().select_set(True)
    window.in_view(lambda: bpy.ops.object.mode_set(mode="PAINT_GREASE_PENCIL"))
    yield 1.0
    yield from draw_figure(SECOND)
    yield 0.5
    shot("09-ink")
    was = away_from(SECOND)
    yield from press_strokes_button()
    yield 0.8
    shot("10-ink-posed")
    check_as_drawn("GREASE PENCIL", SECOND, was)


def story() -> window.Story:
    """Everything, in order."""
    yield from prepare_character()
    yield from pose_from_annotations()
    yield from drag_joints()
    yield from look_elsewhere()
    yield from pose_from_grease_pencil()


if __name__ == "__main__":
    window.tell(story())
