"""Which side a part is of, what hands do to it, words of logic, and notes of what is not understood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.text.grammar import understand
from contrapposto.backend.text.grammar.named import element_lines
from contrapposto.backend.text.grammar.style import is_noise

_TABLE = json.loads((Path(__file__).parents[1] / "data" / "text_sides.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("sentence", "lines"), list(_TABLE.items()))
def test_a_sentence_means_these_elements_and_nothing_is_left_out(sentence, lines):
    program = understand(sentence)
    assert program.elements == tuple(element for line in lines for element in element_lines(line))
    assert not program.notes
    assert not program.style


@pytest.mark.parametrize(
    ("sentence", "lines", "note"),
    [
        ("left or right hand up", ["Point left_arm up"], '"left or right": the first is taken.'),
        ("left/right arm up", ["Point left_arm up"], '"left / right": the first is taken.'),
        (
            "left hand or right hand on the hip",
            ["Touch left_hand left_hip"],
            '"left hand or right hand": the first is taken.',
        ),
        (
            "sitting or kneeling, arms up",
            ["Support sitting", "Point left_arm up", "Point right_arm up"],
            '"sitting or kneeling": the first is taken.',
        ),
        ("hand on hip or knee", ["Touch right_hand right_hip"], '"hand on hip or knee": the first is taken.'),
        ("elbow bent 20 or 30 degrees", ["Bend right_elbow 20"], '"elbow bent 20 or 30": the first is taken.'),
        ("one or both hands on the hips", ["Touch right_hand right_hip"], '"one or both": the first is taken.'),
        (
            "everything except the left arm relaxed",
            ["Point right_arm down"],
            '"except the left arm": nothing is said of it then.',
        ),
        (
            "both arms straight except the left",
            ["Bend right_elbow 0"],
            '"except the left": nothing is said of it then.',
        ),
        (
            "all limbs straight except the right leg",
            ["Bend left_knee 0", "Bend left_elbow 0", "Bend right_elbow 0"],
            '"except the right leg": nothing is said of it then.',
        ),
        (
            "both arms raised but not the left one",
            ["Point right_arm up"],
            '"but not the left one": nothing is said of it then.',
        ),
        (
            "left arm straight and left elbow bent 90",
            ["Bend left_elbow 90"],
            "The left elbow was told both straight and bent: the later holds.",
        ),
        (
            "left leg straight, left knee bent 45 degrees",
            ["Bend left_knee 45"],
            "The left knee was told both straight and bent: the later holds.",
        ),
        (
            "standing, no hands on hips",
            ["Support standing"],
            '"no hands on hips" only says what is not, and is left out.',
        ),
        ("kneeling, not sitting", ["Support kneeling"], '"not sitting" only says what is not, and is left out.'),
        (
            "squatting under the table",
            ["Support squatting"],
            '"under the table" is not understood here, and is left out.',
        ),
        (
            "squat to the left",
            ["Support squatting"],
            '"left" in "squat to the left" is not understood, and is left out.',
        ),
        (
            "standing on the left leg, eyes closed",
            ["Support left_leg"],
            '"eyes closed" is not understood, and is left out.',
        ),
        ("left arm up, right elbow", ["Point left_arm up"], '"right elbow" is not understood, and is left out.'),
        ("asdf qwer, left arm up", ["Point left_arm up"], '"asdf qwer" is no word, and is left out.'),
        (
            "left arm up unless the right is up",
            ["Point left_arm up"],
            '"unless the right is up" is a condition, and is left out.',
        ),
        (
            "arms crossed but not over the chest",
            ["Touch left_hand right_upper_arm", "Touch right_hand left_upper_arm"],
            '"not over the chest" is not understood here, and is left out.',
        ),
        ("all but the right arm relaxed", ["Point left_arm down"], '"but the right arm": nothing is said of it then.'),
        (
            "not on the floor, sitting",
            ["Support sitting"],
            '"not on the floor" only says what is not, and is left out.',
        ),
    ],
)
def test_what_is_not_done_is_said(sentence, lines, note):
    program = understand(sentence)
    assert program.elements == tuple(element for line in lines for element in element_lines(line))
    assert program.notes == (note,)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("no hands on hips", '"no hands on hips" only says what is not'),
        ("neither standing nor sitting", '"neither standing" only says what is not'),
        ("arms not crossed", '"arms not crossed" only says what is not'),
        ("asdf qwer zxcv", '"asdf qwer zxcv" is no word'),
        ("rm -rf /", "looks like code"),
        ("SELECT * FROM users;", "looks like code"),
        ("sudo make install", "looks like code"),
        ("git push --force", "looks like code"),
        ("x = y + 2", "looks like code"),
    ],
)
def test_what_says_nothing_of_a_body_is_refused(sentence, words):
    with pytest.raises(InputError, match=words):
        understand(sentence)


@pytest.mark.parametrize(
    "sentence", ["from behind", "arms up -legs apart", "left arm up - right arm down", "kill the enemy"]
)
def test_descriptions_are_not_taken_for_code(sentence):
    program = understand(sentence)
    assert program.elements or program.style


@pytest.mark.parametrize("word", ["rhythm", "strewn", "property", "hmm", "tsk", "sky", "ärmel", "power"])
def test_words_are_no_noise(word):
    assert not is_noise(word)


@pytest.mark.parametrize("word", ["asdf", "qwerty", "hjkl", "zzzzz", "grrrr", "wqrt", "lkjh"])
def test_letters_are_noise(word):
    assert is_noise(word)


@pytest.mark.parametrize(
    ("sentence", "both"),
    [
        ("bras croisés, debout", True), ("bras croisés", True), ("les bras levés", True), ("bras levés", True),
        ("les deux bras en l'air", True), ("bras levé", False), ("le bras levé", False), ("bras gauche levé", False),
        ("Knie gebeugt", True), ("die Ellbogen gebeugt", True), ("das Knie gebeugt", False),
        ("linkes Knie gebeugt", False),
    ],
)  # fmt: skip
def test_parts_that_are_written_alike_are_one_or_several_by_the_words_around(sentence, both):
    elements = repr(understand(sentence).elements)
    assert ("left_" in elements and "right_" in elements) == both


@pytest.mark.parametrize(
    "sentence", ["auf einem Bein stehend, Arme ausgestreckt", "sur une jambe", "de pie sobre una pierna"]
)
def test_on_a_leg_is_on_one(sentence):
    assert element_lines("Support right_leg")[0] in understand(sentence).elements
