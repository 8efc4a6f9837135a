"""Blender is given the words of every language, and every text of a registered class is among them."""

from types import SimpleNamespace

import bpy
import pytest

import blender_harness
from fake_layout import Layout

KINDS = (bpy.types.Operator, bpy.types.Panel, bpy.types.Menu, bpy.types.AddonPreferences, bpy.types.PropertyGroup)
SAME_EVERYWHERE = {"", "X", "Y", "CUDA", "FK", "IK"}
WORDS = {"de_DE": "Bewegung", "es": "Movimiento", "fr_FR": "Mouvement", "ja_JP": "モーション", "zh_HANS": "运动"}


def ours(kind):
    classes = kind.__subclasses__()
    return [cls for cls in classes if cls.__module__.startswith(blender_harness.ADDON) and cls.is_registered]


def own_properties(cls):
    names = {name for base in cls.__mro__ for name in vars(base).get("__annotations__", {})}
    rna = cls.bl_rna
    if issubclass(cls, bpy.types.Operator):
        rna = getattr(bpy.ops.contrapposto, rna.identifier.partition("_OT_")[2]).get_rna_type()
    return [p for p in rna.properties if p.identifier in names and not p.is_hidden]


def texts_of_classes(records):
    """Context and text of all that Blender itself draws of the registered classes."""
    for kind in KINDS:
        for cls in ours(kind):
            if cls.__name__ in records:
                continue
            context = "Operator" if kind is bpy.types.Operator else "*"
            yield context, getattr(cls, "bl_label", "")
            if kind is bpy.types.Operator:
                yield "*", cls.bl_rna.description
            if kind is bpy.types.Menu:
                yield "*", cls.bl_description
            for p in own_properties(cls):
                yield "*", p.name
                yield "*", p.description
                for item in p.enum_items if p.type == "ENUM" else ():
                    yield "*", item.name
                    yield "*", item.description


def test_every_text_of_a_registered_class_is_found_in_the_source(package):
    extract = package("translations.extract")
    there = extract.shown_texts()
    texts = {message for message in texts_of_classes(extract._RECORDS) if message[1] not in SAME_EVERYWHERE}
    assert len(texts) > 300
    assert sorted(texts - set(there)) == []


def test_blender_is_given_all_languages_and_they_are_taken_away(package, monkeypatch):
    registered, given = package("translations.registered"), {}
    blenders = SimpleNamespace(register=given.__setitem__, unregister=given.pop)
    monkeypatch.setattr(registered, "bpy", SimpleNamespace(app=SimpleNamespace(translations=blenders)))
    registered.add()
    words = given[registered.NAME]
    assert set(words) == set(WORDS)
    assert {language: words[language]["*", "Motion"] for language in words} == WORDS
    registered.remove()
    assert not given


def test_the_languages_come_and_go_with_the_addon(package):
    registered, steps = package("translations.registered"), package("registration").STEPS
    assert [step.remove for step in steps if step.add is registered.add] == [registered.remove]


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_panel_has_its_title_in_the_artists_language(package, language):
    if not bpy.app.build_options.international:
        pytest.skip("this build of Blender has no languages: tests/window looks at them in one that has")
    view = bpy.context.preferences.view
    view.language = language
    try:
        title = package("panels.motion").CONTRAPPOSTO_PT_motion.bl_label
        assert bpy.app.translations.pgettext_iface(title) == WORDS[language]
    finally:
        view.language = "en_US"


def test_each_numbered_stage_is_one_that_a_job_announces(package):
    telling = package("operators.telling")
    source = "".join(path.read_text(encoding="utf-8") for path in (blender_harness.CHECKOUT / "backend").rglob("*.py"))
    for stage in telling.NUMBERED_STAGES:
        assert f'f"{stage.split("{}")[0]}{{' in source, stage


def test_numbers_are_filled_in(package, monkeypatch):
    telling = package("operators.telling")
    told = {"Finding the joints of person {} of {}": "Gelenke von {} aus {}", "{reason}.": "{reason}!", "Why": "Darum"}
    for name in ("iface_", "rpt_"):
        monkeypatch.setattr(telling, name, lambda text: told.get(text, text))
    assert telling.stage_in_words("Finding the joints of person 3 of 12") == "Gelenke von 3 aus 12"
    assert telling.stage_in_words("Loading {odd} 7") == "Loading {odd} 7"
    assert telling.as_sentence("Why") == "Darum!"


def test_a_sentence_is_translated_before_it_is_wrapped(package, monkeypatch):
    words = package("panels.words")
    monkeypatch.setattr(words, "iface_", lambda _text: "ein ganz anderer und viel längerer Satz als vorher")
    layout = Layout()
    words.draw_sentence(layout, "Short.", width_px=200.0)
    lines = [entry[1] for entry in layout.drawn if entry[0] == "label"]
    assert " ".join(lines) == "ein ganz anderer und viel längerer Satz als vorher"
    assert len(lines) == 3
