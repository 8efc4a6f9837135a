"""An error that nobody expected in the middle of a job, in a real window: the dialog, its buttons, and the check.

See README.md of this folder. blender --factory-startup --python trouble_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import window  # noqa: E402
from artist import module, prepare_character, session, shot, state, wait_for_job  # noqa: E402


def breaks() -> window.Story:
    """The job raises in its second step; the dialog tells it, the report is copied, nothing is changed."""
    progress = module("backend.job").Progress

    def broken(_self, _context):
        yield progress("Reading the sentence", 0.1)
        yield progress("Solving", 0.5)
        raise ZeroDivisionError(f"division by zero in {Path.home()}/secret/plan.txt")

    operator = module("operators.estimate_text").CONTRAPPOSTO_OT_text
    kept, operator.make_job = operator.make_job, broken
    before = state()
    bpy.context.scene.contrapposto.text.prompt = "Kneeling on the left knee"
    window.move(500, 400)
    yield 0.3
    window.in_view(lambda: bpy.ops.contrapposto.text("INVOKE_DEFAULT"))
    yield 2.0
    operator.make_job = kept
    assert state() == before, "nothing is changed"
    assert session().job is None
    assert "ZeroDivisionError" in session().trouble.sentence
    yield 5.0  # until a slow machine has drawn it
    shot("1-dialog")
    window.key("Escape")
    yield 0.5
    window.in_view(bpy.ops.contrapposto.copy_report)
    report = bpy.context.window_manager.clipboard
    assert "ZeroDivisionError: division by zero in ~" in report, report[:400]
    assert str(Path.home()) + "/secret" not in report
    yield 0.5
    shot("2-sidebar")


def checks() -> window.Story:
    """The check runs without holding up the window, model loading aside, and shows its findings."""
    watching = window.Watch(lambda: session().job.stage if session().job else "")
    watching.start()
    window.in_view(lambda: bpy.ops.contrapposto.check_installation("INVOKE_DEFAULT"))
    yield from wait_for_job(seconds=240.0)
    longest: dict[str, float] = {}
    for gap, stage in watching.stop():
        longest[stage] = max(gap, longest.get(stage, 0.0))
    for stage, gap in sorted(longest.items(), key=lambda item: -item[1])[:12]:
        print(f"gap {gap:.0f} ms: {stage}", flush=True)
    for finding in session().findings:
        print(f"{'ok' if finding.ok else '--'} {finding.name}: {finding.sentence}", flush=True)
    assert {finding.name: finding.ok for finding in session().findings}["text self-test"]
    yield 0.5
    shot("3-checked")


def story() -> window.Story:
    """All of it."""
    yield from prepare_character()
    yield from breaks()
    yield from checks()


window.tell(story())
