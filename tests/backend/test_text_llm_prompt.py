"""What the model is told: all of the language, out of the language itself; and how its answers are read."""

from __future__ import annotations

import dataclasses
import json
import typing

import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.text.codec import program_from_json, program_to_json
from contrapposto.backend.text.language import ELEMENTS, Apart, Bend, Change, Face, Mirror, Program, Spot, Trunk
from contrapposto.backend.text.llm import LlmRequest
from contrapposto.backend.text.llm.answer import program_of
from contrapposto.backend.text.llm.bounds import within_bounds
from contrapposto.backend.text.llm.event_stream import EventReader
from contrapposto.backend.text.llm.examples import EDITS, EXAMPLES
from contrapposto.backend.text.llm.prompt import system_prompt
from contrapposto.backend.text.llm.replies import Answer
from contrapposto.backend.text.llm.vocabulary import vocabulary
from llm_answers import KNEELING, KNEELING_JSON

REQUEST = LlmRequest("Kneel")


def test_every_element_and_field_is_explained() -> None:
    told = vocabulary()
    for kind in ELEMENTS:
        (line,) = [each for each in told.split("\n") if each.startswith(f'{{"say": "{kind.__name__}"')]
        for field in dataclasses.fields(kind):
            optional = "" if field.default is dataclasses.MISSING else "?"
            assert f"{field.name}{optional}: " in line
        assert " ".join((kind.__doc__ or "").split())[:20].replace("`", "") in line


def test_every_word_is_listed() -> None:
    words = set(system_prompt().replace("|", " ").replace("(", " ").replace(")", " ").split())
    for spot in typing.get_args(Spot):
        assert spot in words or spot.removeprefix("left_").removeprefix("right_") in words


def test_the_rules_of_sides_come_from_the_language() -> None:
    assert "degrees and metres on the neutral adult; left and right are the body's own." in system_prompt()
    assert "out is away from the body's middle on the limb's side, across the opposite." in system_prompt()


def test_the_prompt_fits_a_small_context() -> None:
    assert len(system_prompt()) < 8000  # characters, about 2,000 tokens: half of what Ollama reads by default


def test_the_examples_are_answers_that_would_be_accepted() -> None:
    for example in (*EXAMPLES, *EDITS):
        said = program_to_json(example.program)
        assert program_from_json(said) == example.program
        request = LlmRequest(example.sentence, pose="Standing." if example.program.edit else "")
        assert program_of(Answer(json.dumps(said)), request) == example.program


def test_a_side_to_mirror_from_goes_through_json() -> None:
    program = Program((Mirror("arms", "left"),), edit=True)
    assert program_from_json(program_to_json(program)) == program
    with pytest.raises(InputError, match=r"source must be one of left, right"):
        program_from_json({"elements": [{"say": "Mirror", "source": "up"}]})


@pytest.mark.parametrize(
    "text",
    [
        KNEELING_JSON,
        f"\n\ufeff{KNEELING_JSON}\n",
        f"```json\n{KNEELING_JSON}\n```",
        f"```\n{KNEELING_JSON}\n```\nI hope this helps {{really}}.",
        f'<think>They want {{"elements": []}}? No.</think>\n{KNEELING_JSON}',
        f"The pose {{as asked}} is {KNEELING_JSON}.",
        KNEELING_JSON.replace('"edit": false', '"edit": false, "notes": ["hi"]'),
    ],
)
def test_the_object_is_found(text: str) -> None:
    assert program_of(Answer(text), REQUEST) == KNEELING


@pytest.mark.parametrize(
    "number", ["1" * 5000, "1e999", "-1e999", "NaN", "Infinity", "1" * 400, "true", '"90"', "null"]
)
def test_what_is_no_usable_number_is_refused(number: str) -> None:
    said = f'{{"elements": [{{"say": "Bend", "joint": "left_knee", "degrees": {number}}}]}}'
    for text in (said, f"Look: {said}."):
        with pytest.raises(InputError, match=r"elements\[0\]\.degrees (must be a number|is .* out of all bounds)"):
            program_of(Answer(text), REQUEST)


def test_an_edit_needs_a_pose() -> None:
    said = Answer(json.dumps({"elements": [{"say": "Mirror"}], "edit": True}))
    assert program_of(said, REQUEST).edit is False
    assert program_of(said, LlmRequest("Mirror", pose="Standing.")).edit is True
    assert program_of(Answer(KNEELING_JSON), LlmRequest("Kneel", pose="Standing.", edit=True)).edit is True


def test_numbers_are_brought_into_range() -> None:
    given = (Face(540.0), Face(-90.0), Apart("left_hand", "right_hand", 0.5, 0.2), Trunk(forward=-500.0, left=None),
             Bend("left_wrist", -45.0), Change("bend", "left_knee", degrees=-10.0))  # fmt: skip
    elements, notes = within_bounds(given)
    assert elements == (Face(180.0), Face(-90.0), Apart("left_hand", "right_hand", 0.2, 0.5), Trunk(forward=-60.0),
                        Bend("left_wrist", -45.0), Change("bend", "left_knee", degrees=0.0))  # fmt: skip
    assert notes == (
        "The language model said -500 for Trunk forward; -60 was taken.",
        "The language model said -10 for Change degrees; 0 was taken.",
    )


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_events_are_read_whatever_their_pieces_and_line_ends(size: int, end: str) -> None:
    lines = [": comment", "event: x", "data: a", "data:ä😀", "", "", "data: ", "", "id: 3", "data", "", "data: cut"]
    stream = end.join(lines).encode()
    reader = EventReader()
    found = [data for at in range(0, len(stream), size) for data in reader.feed(stream[at : at + size])]
    assert found == ["a\nä😀", "", ""]
