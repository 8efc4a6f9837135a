"""German, French and Spanish: a core vocabulary is read in full, and what has other words is refused, never guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.text import grammar
from contrapposto.backend.text.grammar import understand
from contrapposto.backend.text.grammar.named import element_lines

_FOLDER = Path(grammar.__file__).parent / "languages"


@pytest.mark.parametrize(
    ("sentence", "lines", "language"),
    [
        ("den linken Arm heben", ["Point left_arm up"], "German"),
        ("der linke Arm ist gehoben, das rechte Knie gebeugt", ["Bend right_knee 90", "Point left_arm up"], "German"),
        ("Hände auf den Hüften", ["Touch left_hand left_hip", "Touch right_hand right_hip"], "German"),
        ("auf dem linken Knie kniend, rechte Hand auf dem Herzen",
         ["Support kneeling_left", "Touch right_hand heart"], "German"),
        ("Sitzt auf dem Boden im Schneidersitz", ["Support sitting_cross_legged"], "German"),
        ("Kopf nach links gedreht", ["Head left=45"], "German"),
        ("auf dem linken Bein stehen", ["Support left_leg"], "German"),
        ("bras gauche levé, genou droit plié", ["Bend right_knee 90", "Point left_arm up"], "French"),
        ("tête tournée à droite", ["Head left=-45"], "French"),
        ("lève la jambe droite", ["Support left_leg", "Raise right_leg forward 60"], "French"),
        ("allongé sur le dos", ["Support lying_back"], "French"),
        ("brazo izquierdo levantado", ["Point left_arm up"], "Spanish"),
        ("de pie sobre la pierna derecha", ["Support right_leg"], "Spanish"),
        ("mano derecha sobre el corazón", ["Touch right_hand heart"], "Spanish"),
        ("las manos detrás de la cabeza", ["Touch left_hand head_back", "Touch right_hand head_back"], "Spanish"),
    ],
)  # fmt: skip
def test_a_core_vocabulary_is_read_and_the_reading_shown(sentence, lines, language):
    program = understand(sentence)
    assert program.elements == tuple(element for line in lines for element in element_lines(line))
    assert not program.style
    assert program.notes[0].startswith(f"Understood from {language} as: ")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("ein müder alter Mann", 'German, and "müder"'),
        ("der Krieger hebt das Schwert", 'German, and "Krieger"'),
        ("un vieil homme fatigué", 'French, and "vieil"'),
        ("la danseuse lève les bras", 'French, and "danseuse"'),
        ("una bailarina con los brazos arriba", 'Spanish, and "bailarina"'),
        ("braccio sinistro alzato", "Italian"),
        ("braço esquerdo levantado e perna direita para frente", "Portuguese"),
        ("een vrouw staat met de armen omhoog", "Dutch"),
    ],
)
def test_other_words_are_refused_by_name(sentence, words):
    with pytest.raises(InputError, match=words) as refused:
        understand(sentence)
    assert "Offline, poses are described in English" in str(refused.value)


@pytest.mark.parametrize(
    "sentence", ["die another day", "an old man in a bar", "en pointe", "his hand on his hip", "grand jete"]
)
def test_english_is_not_taken_for_another_language(sentence):
    assert not any("Understood from" in note for note in understand(sentence).notes)


@pytest.mark.parametrize("path", sorted(_FOLDER.glob("[!_]*.json")), ids=lambda path: path.stem)
def test_a_dictionary_has_each_word_once_and_english_that_is_known(path):
    table = json.loads(path.read_text(encoding="utf-8"))
    words = [word for found in table.values() for word in found]
    assert len(words) == len(set(words)), sorted(word for word in set(words) if words.count(word) > 1)
    for english in table:
        try:
            assert not understand(f"left arm up, {english}").style, english
        except InputError as error:
            pytest.fail(f"{english}: {error}")
