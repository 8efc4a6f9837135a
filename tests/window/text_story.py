"""An artist poses a character in words, looks at alternatives, switches a constraint, edits, cancels, in a real window.

See README.md of this folder. blender --factory-startup --python text_story.py -- OUT PHOTO GROUP
"""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import gaps  # noqa: E402
import window  # noqa: E402
from artist import module, prepare_character, result, session, shot, state, wait_for_job  # noqa: E402
from controls import only_section, type_into, wait_until  # noqa: E402

NEXT, KEEP = 0.82, 0.3
"""How far across the sidebar the arrow to the next alternative is, and the button that keeps it."""
SENTENCE = "Kneeling on the left knee, right hand on the heart"


def text():
    """The properties of the section."""
    return bpy.context.scene.contrapposto.text


def press() -> window.Story:
    """The button, and the job it begins."""
    run = result().run
    yield from window.press_button("contrapposto.text")
    yield from wait_until(lambda: session().job is not None or result().run != run, "the button was not heard")
    yield from wait_for_job()


def poses() -> window.Story:
    """The button poses the rig; one undo takes it back."""
    before = state()
    yield from type_into("text.prompt", SENTENCE)
    assert text().prompt == SENTENCE, text().prompt
    yield from gaps.watched("text", press())
    assert result().sentence == SENTENCE, result().summary
    assert all(row.held for row in result().constraints), [(row.name, row.held) for row in result().constraints]
    yield 0.5
    shot("1-posed")
    posed = state()
    window.move(400, 400)
    window.key("ctrl+z")
    yield 0.8
    assert state() == before, "one undo step"
    window.key("ctrl+shift+z")
    yield 0.8
    assert state() == posed, "redone"


def alternatives() -> window.Story:
    """The panel's arrow shows another live; Esc goes back, the panel's button keeps; one undo step."""
    posed = state()
    yield from only_section("result")
    yield from window.press_button("contrapposto.choose_reading", at=NEXT)
    yield 0.6
    assert session().choosing is not None
    shot("2-another-alternative")
    assert state()[0] != posed[0], "the rig shows another pose"
    window.key("Escape")
    yield 0.6
    assert state() == posed, "and goes back"
    yield from window.press_button("contrapposto.choose_reading", at=NEXT)
    yield 0.6
    yield from window.press_button("contrapposto.end_choice", at=KEEP)
    yield 0.8
    assert session().choosing is None
    assert result().reading == 2
    window.move(400, 400)
    window.key("ctrl+z")
    yield 0.8
    assert state() == posed, "keeping one is one undo step"


def switches() -> window.Story:
    """A constraint is switched off by its checkbox, and back by undo."""
    posed = state()
    window.view3d()[1].tag_redraw()
    window.in_view(lambda: bpy.ops.contrapposto.text_switch("INVOKE_DEFAULT", index=2))
    yield from wait_for_job()
    assert not result().constraints[1].used
    assert state()[0] != posed[0]
    yield 0.4
    shot("3-switched-off")
    window.move(400, 400)
    window.key("ctrl+z")
    yield 0.8
    assert state() == posed


def edits() -> window.Story:
    """An edit changes the pose that is there, as one undo step."""
    posed = state()
    measured = gaps.Gaps("edit in words")
    window.in_view(lambda: bpy.ops.contrapposto.text("INVOKE_DEFAULT", prompt="raise the left arm", edit=True))
    yield from wait_for_job()
    measured.end()
    assert result().sentence == "raise the left arm"
    assert result().keyed_count < 10, "only what changes is keyed"
    yield 0.4
    shot("4-edited")
    window.move(400, 400)
    window.key("ctrl+z")
    yield 0.8
    assert state() == posed


def cancels() -> window.Story:
    """A language model that never answers does not hold the window, and Esc drops it."""
    settings, progress = module("preferences").Settings, module("backend.job").Progress
    real, closed = settings.language_model, []

    def ask(_question):
        try:
            while True:
                yield progress("Waiting for the language model", 0.1)
        finally:
            closed.append(True)

    settings.language_model = lambda _self: ask
    try:
        posed = state()
        measured = gaps.Gaps("waiting for a language model")
        window.in_view(lambda: bpy.ops.contrapposto.text("INVOKE_DEFAULT", prompt="left arm up"))
        yield from wait_until(lambda: session().job and "Waiting" in session().job.stage, "nobody was asked")
        yield 2.0
        assert session().job is not None
        measured.end()
        shot("5-waiting")
        window.move(400, 400)
        window.key("Escape")
        yield 1.0
        assert session().job is None
        assert closed == [True]
        assert state() == posed, "nothing was changed"
    finally:
        settings.language_model = real


def asks() -> window.Story:
    """From the menu, a field asks for the sentence."""
    text().prompt = ""
    window.move(400, 400)
    yield 0.3
    window.in_view(lambda: bpy.ops.contrapposto.text("INVOKE_DEFAULT"))
    yield 0.8
    shot("6-asked")
    window.write("arms crossed")
    yield 0.5
    window.key("Return")
    yield 0.5
    window.key("Return")
    yield 1.0
    yield from wait_for_job()
    assert result().sentence == "arms crossed", result().sentence
    shot("7-arms-crossed")


def story() -> window.Story:
    """All of it."""
    yield from prepare_character()
    yield from poses()
    yield from alternatives()
    yield from switches()
    yield from edits()
    yield from cancels()
    yield from asks()


if __name__ == "__main__":
    window.tell(story())
