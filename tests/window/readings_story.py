"""An artist looks through the readings of a photo, keeps one, and looks at its confidence, in a real window.

See README.md of this folder. blender --factory-startup --python readings_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import PHOTO, module, only_section, prepare, result, session, shot, start, state, wait_for_job  # noqa: E402

LEFT_KNEE, RIGHT_KNEE, LEFT_SHOULDER, RIGHT_ELBOW = 4, 5, 16, 19
SWITCH_GOAL_MS = 50.0
RESULT_TITLE, PEOPLE_TITLE, NEXT_BUTTON = (860, 413), (850, 516), (1001, 541)
REDO_TITLE, REDO_OPEN_TITLE, REDO_FIELD = (149, 96), (149, 127), (254, 102)
"""By the photograph: the title before all other sections are folded, then that of the people, and a button."""


def with_readings(pose_person):
    """The solver with three readings, of which two are made up, and one arm that it did not see."""

    def solve(found, person, **options):
        solved = yield from pose_person(found, person, **{**options, "readings": 1})
        first = solved.estimate
        readings = []
        for number, likelihood in enumerate((0.62, 0.27, 0.11)):
            rotations, confidence = first.poses.rotations.copy(), first.poses.confidence.copy()
            rotations[0, LEFT_KNEE, 0] += 0.9 * number
            rotations[0, LEFT_SHOULDER, 2] += 0.5 * number
            confidence[0, RIGHT_ELBOW], confidence[0, RIGHT_KNEE] = 0.15, 0.5
            poses = replace(first.poses, rotations=rotations, confidence=confidence)
            readings.append(replace(first, poses=poses, likelihood=likelihood))
        return replace(solved, estimates=tuple(readings))

    return solve


def readings() -> window.Story:
    """Through the readings with wheel, arrows and buttons; back, keep, and undo; then the tint."""
    pipeline = module("backend.pipeline")
    real = pipeline.pose_person
    pipeline.pose_person = with_readings(real)
    before = state()
    start(PHOTO)
    yield from wait_for_job()
    pipeline.pose_person = real
    first = state()
    assert [round(reading.likelihood, 2) for reading in result().readings] == [0.62, 0.27, 0.11]
    yield from only_section(RESULT_TITLE)
    shot("30-reading")
    yield from look_and_go_back(first)
    yield from keep_the_second(first)
    second = state()
    yield from by_the_buttons()
    assert state()[0] == second[0]
    yield from confidence()
    window.key("ctrl+z")  # the selection
    yield 0.8
    window.key("ctrl+z")
    yield 0.8
    assert state() == first, "one Ctrl Z did not bring the first reading back"
    window.key("ctrl+z")
    yield 0.8
    assert state()[0] == before[0], "the second Ctrl Z did not bring back what was before the photo"
    shot("38-undone-twice")


def over_the_view() -> None:
    """The mouse lies where a click keeps, and the wheel shows another reading."""
    view = window.region("WINDOW")
    window.move(view.x + 200, view.y + 250)


def look_and_go_back(first) -> window.Story:
    """The wheel and the arrows show; Esc brings back what was there."""
    over_the_view()
    yield 0.3
    assert window.in_view(lambda: bpy.ops.contrapposto.choose_reading("INVOKE_DEFAULT")) == {"RUNNING_MODAL"}
    yield 0.5
    window.x11("xdotool", "click", "5")
    yield 0.6
    assert session().choosing.shown == 1, "the wheel did not show the next reading"
    shot("31-looking")
    assert state()[0] != first[0], "the rig does not show the reading"
    assert state()[2] == first[2]
    window.key("Right")
    yield 0.4
    assert session().choosing.shown == 2
    window.key("Left")
    yield 0.4
    window.key("ctrl+z")  # is not heard: nothing else is done meanwhile
    yield 0.4
    assert session().choosing.shown == 1
    print_switches()
    window.key("Escape")
    yield 0.5
    assert session().choosing is None
    assert state() == first, "Esc did not bring back the reading that was posed"


def keep_the_second(first) -> window.Story:
    """A click in the view keeps what is shown."""
    yield from window.click(*NEXT_BUTTON)
    yield 0.5
    assert session().choosing.shown == 1, "the button did not show the next reading"
    view = window.region("WINDOW")
    yield from window.click(view.x + 200, view.y + 250)
    yield 0.5
    assert session().choosing is None
    assert result().reading == 2
    assert state()[0] != first[0]
    shot("32-kept")
    yield from redo_with_the_third()


def redo_with_the_third() -> window.Story:
    """The redo panel changes the choice, and back."""
    yield from window.click(*REDO_TITLE)
    yield 0.5
    shot("32-redo")
    for number in ("3", "2"):
        yield from window.click(*REDO_FIELD)
        yield from window.click(*REDO_FIELD)
        window.key("ctrl+a")
        window.key(number)
        window.key("Return")
        yield 0.8
        assert result().reading == int(number), "the redo panel did not choose again"
    yield from window.click(*REDO_OPEN_TITLE)
    yield 0.3


def by_the_buttons() -> window.Story:
    """The sidebar's own buttons do the same while a reading is shown."""
    window.in_view(lambda: bpy.ops.contrapposto.choose_reading("INVOKE_DEFAULT"))
    side = window.region("UI")
    window.move(side.x + side.width / 2, side.y + 60)
    yield 0.6
    shot("33-buttons")
    bpy.ops.contrapposto.step_reading(step=1)
    yield 0.5
    assert session().choosing.shown == 2
    bpy.ops.contrapposto.end_choice(keep=False)
    yield 0.5
    assert session().choosing is None, "the button Back was not heard"


def confidence() -> window.Story:
    """Unsure bones in their colours, then all, then the unsure ones selected."""
    tint = module("rig.overlay").tint
    assert bpy.ops.contrapposto.show_confidence() == {"FINISHED"}
    assert tint.is_shown
    yield 0.8
    yield from window.click(*PEOPLE_TITLE)  # folded, so that what is below it is seen
    yield 0.5
    shot("34-confidence")
    bpy.context.scene.contrapposto.options.tint_sure = True
    yield 0.6
    shot("35-confidence-all")
    bpy.context.scene.contrapposto.options.tint_sure = False
    window.in_view(lambda: bpy.ops.contrapposto.select_unsure("INVOKE_DEFAULT", True))
    yield 0.6
    shot("36-the-rest")
    selected = {bone.name for bone in bpy.context.selected_pose_bones}
    assert "forearm.R" in selected, selected
    bpy.ops.contrapposto.show_confidence()
    yield 0.5
    assert not tint.is_shown
    shot("37-no-tint")


def print_switches() -> None:
    """How long it takes to show another reading, the drawing of the window aside."""
    readings_module, took = module("operators.readings"), []
    for _ in range(12):
        began = time.perf_counter()
        window.in_view(lambda: readings_module.step(bpy.context, 1))
        took.append((time.perf_counter() - began) * 1000.0)
    print(
        f"READING SHOWN IN {sorted(took)[6]:.1f} ms, longest {max(took):.1f} ms (goal {SWITCH_GOAL_MS:.0f} ms)",
        flush=True,
    )


def story() -> window.Story:
    """From the character to its confidence."""
    yield from prepare()
    yield from readings()


window.tell(story())
