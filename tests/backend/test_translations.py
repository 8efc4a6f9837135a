"""Every language has every text that is shown, with the same names and numbers in it."""

import ast
import re
from pathlib import Path

import pytest

from contrapposto.translations import catalogue, extract

ROOT = Path(extract.__file__).parents[1]
LANGUAGES = ("de_DE", "es", "fr_FR", "ja_JP", "zh_HANS")
PLACES = re.compile(r"\{\w*\}|%[sdf]")
STOPS = (".", "。")
SHOWN = {"label", "operator", "prop", "menu", "progress", "draw_sentence", "report", "poll_message_set"}


@pytest.fixture(scope="module")
def shown():
    return extract.shown_texts()


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request):
    return request.param, catalogue.read(request.param)


def test_these_languages_are_there():
    assert catalogue.languages() == LANGUAGES


def test_nothing_is_missing(language, shown):
    name, words = language
    missing = [f"{place}: {text!r}" for (context, text), place in shown.items() if not words.get((context, text))]
    assert not missing, f"{name}: see docs/translations.md"


def test_nothing_is_obsolete(language, shown):
    name, words = language
    assert not sorted(message for message in words if message not in shown), name


def test_what_is_filled_in_is_the_same_in_each_language(language):
    wrong = {}
    for (_, english), words in language[1].items():
        if sorted(PLACES.findall(english)) != sorted(PLACES.findall(words)):
            wrong[english] = words
    assert not wrong


def test_a_translated_text_can_be_filled_in(language):
    for (_, english), words in language[1].items():
        names = {each.strip("{}") for each in re.findall(r"\{\w+\}", english)}
        if names:
            words.format(**dict.fromkeys(names, "x"))


def test_tooltips_end_as_blenders_do(language):
    """Without a full stop, since Blender adds one."""
    wrong = [words for (_, english), words in language[1].items() if words.endswith(STOPS) != english.endswith(".")]
    assert not [words for words in wrong if not words.endswith(("...", "…"))]


def test_nothing_begins_or_ends_with_a_blank(language):
    assert not [words for words in language[1].values() if words != words.strip()]


def test_most_texts_are_translated(language):
    same = [english for (_, english), words in language[1].items() if english == words]
    assert len(same) < 40, same


def test_the_same_english_is_the_same_everywhere(language):
    """Blender's own words for a button aside: where it has none, label and button say the same."""
    both = {}
    for (context, english), words in language[1].items():
        both.setdefault(english, {})[context] = words
    differ = {english: words for english, words in both.items() if len(set(words.values())) > 1}
    assert len(differ) < 10, differ


# What is found


def found_in(tmp_path, source):
    path = tmp_path / "panel.py"
    path.write_text(source, encoding="utf-8")
    return {message for message, _ in extract._File(path).messages()}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('iface_("One two")', ("*", "One two")),
        ('n_("One two", "Operator")', ("Operator", "One two")),
        ('layout.label(text="One two")', ("*", "One two")),
        ('layout.operator("a.b", text="One two")', ("Operator", "One two")),
        ('layout.operator("a.b", text="One two" if x else "Three")', ("Operator", "Three")),
        ('layout.prop(a, "b", placeholder="One two")', ("*", "One two")),
        ('draw_sentence(layout, "One two")', ("*", "One two")),
        ('self.report({"INFO"}, "One two")', ("*", "One two")),
        ('a: IntProperty(name="One two")', ("*", "One two")),
        ('a: IntProperty(description="One " "two")', ("*", "One two")),
        ('X = (("A", "One", "Two three"),)\na: EnumProperty(items=X)', ("*", "Two three")),
        ('class CONTRAPPOSTO_OT_a:\n    """One two"""\n', ("*", "One two")),
        ('class CONTRAPPOSTO_OT_a:\n    bl_label = "One two"\n', ("Operator", "One two")),
        ('class CONTRAPPOSTO_PT_a:\n    bl_label = "One two"\n', ("*", "One two")),
        ('yield Progress("One two", 0.0)', ("*", "One two")),
    ],
)
def test_what_is_shown_is_found(tmp_path, source, message):
    assert message in found_in(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        'layout.label(text="One two", translate=False)',
        'raise InputError("One two")',
        'class CONTRAPPOSTO_PT_a:\n    """One two"""\n',
        'a: IntProperty(name="One two", options={"HIDDEN"})',
    ],
)
def test_what_is_not_shown_is_not_found(tmp_path, source):
    assert not found_in(tmp_path, source)


def pieces(node):
    """The letters that stand in a text with values in it."""
    return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))


def test_no_text_with_values_in_it_is_shown_untranslated():
    """Such as `label(text=f"{count} bones")`: the words must be translated before the values are filled in."""
    wrong = []
    for path in [*(ROOT / "panels").glob("*.py"), *(ROOT / "operators").glob("*.py"), ROOT / "preferences.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or extract._name_of(node.func) not in SHOWN:
                continue
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            texts = [each for each in given if isinstance(each, ast.JoinedStr)]
            worded = [each for each in texts if re.search(r"[A-Za-z]{3}", pieces(each))]
            wrong += [f"{path.name}:{each.lineno} {ast.unparse(each)}" for each in worded]
    assert not wrong
