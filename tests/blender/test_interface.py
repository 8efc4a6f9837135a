"""What the interface owes the artist: tooltips, a reason for what is disabled, and room for its words."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

import blender_harness
import fake_video
from fake_layout import Layout, draw

ROOT = blender_harness.CHECKOUT
ICON_FIELDS = {"icon"}
WIDTHS = (160, 200, 260, 320, 420, 600)
"""Of the sidebar, in pixels; the first is about the narrowest that Blender allows."""
NEVER_DISABLED = {
    "check_installation",
    "copy_report",
    "save_report",
    "take_sentence",
    "video_take",
}
"""Operators that can always run; every other one has a `why_not` or a message of its own."""


def ours(kind):
    """The registered classes of a kind, by name."""
    return {
        cls.__name__: cls
        for cls in kind.__subclasses__()
        if cls.__module__.startswith(blender_harness.ADDON) and cls.is_registered
    }


def operators():
    classes = ours(bpy.types.Operator).items()
    return {name: getattr(bpy.ops.contrapposto, cls.bl_rna.identifier.partition("_OT_")[2]) for name, cls in classes}


def own_properties():
    """Every property that the add-on registers, with the place where it is."""
    found = []
    for name, operator in operators().items():
        found += [(f"{name}.{p.identifier}", p) for p in operator.get_rna_type().properties]
    for name, group in {**ours(bpy.types.PropertyGroup), **ours(bpy.types.AddonPreferences)}.items():
        found += [(f"{name}.{p.identifier}", p) for p in group.bl_rna.properties if p.identifier in annotations(group)]
    return [(where, p) for where, p in found if p.identifier != "rna_type"]


def annotations(group):
    return {name for base in group.__mro__ for name in vars(base).get("__annotations__", {})}


def wrong_with(words):
    """What is wrong with a tooltip, or nothing."""
    if not words.strip():
        return "is empty"
    if words.rstrip().endswith("."):
        return "ends in a full stop, which Blender adds itself"
    if not words[0].isupper() and not words[0].isdigit():
        return "begins with a small letter"
    if len(words.split()) < 3:
        return "is no sentence"
    return ""


def test_every_operator_has_a_tooltip():
    assert len(operators()) > 30
    wrong = {name: wrong_with(each.get_rna_type().description) for name, each in operators().items()}
    assert not {name: what for name, what in wrong.items() if what}


def test_every_property_has_a_name_and_a_tooltip():
    found = own_properties()
    assert len(found) > 250
    wrong = {where: wrong_with(p.description) for where, p in found}
    assert sorted(f"{where} {what}" for where, what in wrong.items() if what) == []
    assert not [where for where, p in found if not p.name or p.name == p.identifier]


def test_every_choice_has_a_tooltip():
    items = [(where, item) for where, p in own_properties() if p.type == "ENUM" for item in p.enum_items]
    assert len(items) > 20
    wrong = {f"{where}.{item.identifier}": wrong_with(item.description) for where, item in items}
    assert not {where: what for where, what in wrong.items() if what and what != "is no sentence"}
    assert not [f"{where}.{item.identifier}" for where, item in items if len(item.description.split()) < 2]


def test_every_menu_has_a_tooltip():
    assert not [n for n, cls in ours(bpy.types.Menu).items() if wrong_with(cls.bl_description)]


# Disabled controls


def refusals(cls):
    """The messages that a class sets while it is polled."""
    said = []
    real = getattr(cls, "poll_message_set", None)
    cls.poll_message_set = said.append
    try:
        may = cls.poll(bpy.context)
    finally:
        if "poll_message_set" in vars(cls):
            del cls.poll_message_set
    assert real is not None
    return may, said


@pytest.mark.parametrize("state", ["nothing", "armature", "edit mode", "working"])
def test_each_disabled_operator_says_why(package, make_humanoid, state):
    session = package("operators.session").session
    if state != "nothing":
        make_humanoid()
    if state == "edit mode":
        bpy.ops.object.mode_set(mode="EDIT")
    if state == "working":
        session.job = package("operators.session").JobStatus("Pose from Photo", put_back=lambda: None)
    try:
        silent, disabled = [], 0
        for name, cls in ours(bpy.types.Operator).items():
            if not hasattr(cls, "poll"):
                continue
            may, said = refusals(cls)
            disabled += not may
            if not may and not [words for words in said if len(words.split()) > 2 and not words.endswith(".")]:
                silent.append(name)
    finally:
        session.job = None
    assert not silent
    assert disabled >= (10 if state == "nothing" else 1)


def test_every_operator_that_needs_something_has_a_reason_to_give():
    without = {n.partition("_OT_")[2] for n, cls in ours(bpy.types.Operator).items() if not hasattr(cls, "poll")}
    assert without <= NEVER_DISABLED


def test_a_disabled_section_says_why(session):
    for name in ("photo", "sketch", "text", "video", "bone_map"):
        sentences = " ".join(draw(f"CONTRAPPOSTO_PT_{name}", width=900).sentences())
        assert re.search(r"[Aa]rmature", sentences), name


# Room for words


@pytest.fixture
def narrow(package, monkeypatch):
    """Draw in a sidebar of another width."""
    words, people = package("panels.words"), package("panels.people")
    assert people is not None

    def of(width):
        monkeypatch.setattr(words, "room_px", lambda: float(width))
        monkeypatch.setattr(package("panels.bone_map"), "room_px", lambda: float(width))
        return words

    return of


@pytest.fixture
def everything(package, humanoid, photos, session, monkeypatch, tmp_path):
    """A scene in which all panels have something to show."""
    photos.people = 2
    picture = tmp_path / "two dancers in a long file name.png"
    picture.write_bytes(b"x")
    bpy.ops.contrapposto.detect_bones()
    bpy.ops.contrapposto.photo(filepath=str(picture), person=2)
    fake_video.install(package, monkeypatch)
    video = tmp_path / "two dancers.mp4"
    video.write_bytes(b"x")
    bpy.ops.contrapposto.video(filepath=str(video), person=1)
    return humanoid


def sections():
    names = [name for name in dir(bpy.types) if name.startswith("CONTRAPPOSTO_PT_")]
    panels = {name: getattr(bpy.types, name) for name in names}
    return [
        n for n, p in panels.items() if p.bl_region_type == "UI" and (not hasattr(p, "poll") or p.poll(bpy.context))
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_label_is_longer_than_what_fits(everything, narrow, width):
    words = narrow(width)
    room, too_long, drawn = words.letters_that_fit(width), [], 0
    for name in sections():
        for kind, text, *_ in draw(name, width=width).drawn:
            if kind == "label":
                drawn += 1
                if words.letters_in(text) > room:
                    too_long.append((name, text))
    assert drawn > 100
    assert not too_long


@pytest.mark.parametrize("width", WIDTHS)
def test_first_use_fits(humanoid, session, narrow, width):
    words = narrow(width)
    for name in sections():
        labels = [entry[1] for entry in draw(name, width=width).drawn if entry[0] == "label"]
        assert max(map(words.letters_in, labels), default=0) <= words.letters_that_fit(width), name


@pytest.mark.parametrize("letters", [12, 17, 30])
@pytest.mark.parametrize(
    "sentence",
    [
        "The rig is posed and keyed at the playhead. Ctrl Z takes it back.",
        "リグはプレイヘッドの位置でポーズとキーが設定されます。Ctrl Zで元に戻せます。",
        "骨架会在播放头处摆好姿态并插入关键帧。按Ctrl Z可以撤销。",
        "Donaudampfschifffahrtsgesellschaftskapitän bleibt nicht ganz.",
    ],
)
def test_no_line_is_too_wide_and_no_letter_is_lost(package, sentence, letters):
    words = package("panels.words")
    lines = words.wrapped(sentence, letters)
    assert max(map(words.letters_in, lines)) <= letters
    assert "".join(lines).replace(" ", "") == sentence.replace(" ", "")
    assert not [line for line in lines if line[0] in "、。\uff0c"]


# Icons


def icons_in_code():
    """Every text given as an icon, and each first of a pair that looks like one."""
    found = {}
    for folder in ("operators", "panels"):
        for path in sorted((ROOT / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg in ICON_FIELDS:
                    for each in ast.walk(node.value):
                        if isinstance(each, ast.Constant) and isinstance(each.value, str):
                            found.setdefault(each.value, Path(path).name)
    return found


def test_icons_are_blenders_own():
    there = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items.keys()
    found = icons_in_code()
    assert len(found) > 25
    assert not {icon: place for icon, place in found.items() if icon not in there}


@pytest.mark.usefixtures("everything")
def test_every_panel_draws_its_title():
    for name in sections():
        panel = getattr(bpy.types, name)
        if hasattr(panel, "draw_header"):
            layout = Layout()
            panel.draw_header(SimpleNamespace(layout=layout), bpy.context)
            assert layout.drawn, name
