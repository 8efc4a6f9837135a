"""The panel as an artist meets it: first use, each section in a usual and a narrow sidebar, and other languages."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))

import window
from artist import ADDON, OUT, PHOTO, module, prepare_character, result, session, start, wait_for_job
from controls import wait_until

SECTIONS = {
    "photo": ("photo",),
    "sketch": ("sketch",),
    "text": ("text",),
    "video": ("video",),
    "rig": ("bone_map",),
    "result": ("result", "provenance", "motion", "camera"),
    "settings": (
        "settings",
        "settings_keys",
        "settings_unsure",
        "settings_motion",
        "settings_solver",
        "settings_installation",
    ),
}
"""Each section, and the panels in it, a panel before its children."""
TITLES = {
    "ja_JP": ("写真", "リグ", "設定"),
    "zh_HANS": ("照片", "绑定", "设置"),
    "de_DE": ("Foto", "Rig", "Einstellungen"),
    "fr_FR": ("Photo", "Rig", "Réglages"),
    "es": ("Foto", "Rig", "Opciones"),
}
"""What Photo, Rig and Settings are called."""
NARROW_PX, USUAL_PX = 180, 300


def panel(name: str) -> type:
    """A panel's class, registered or not."""
    return classes[f"CONTRAPPOSTO_PT_{name}"]


classes: dict[str, type] = {}


def unfold() -> None:
    """All sections begin unfolded."""
    bpy.ops.preferences.addon_enable(module=ADDON)
    registered = [cls for cls in module("registration").CLASSES if cls.__name__.startswith("CONTRAPPOSTO_PT_")]
    classes.update({cls.__name__: cls for cls in registered})
    for cls in reversed(registered):
        bpy.utils.unregister_class(cls)
    for cls in registered:
        if "DEFAULT_CLOSED" in getattr(cls, "bl_options", ()):
            cls.bl_options = cls.bl_options - {"DEFAULT_CLOSED"}
        bpy.utils.register_class(cls)


def only(sections: tuple[str, ...]) -> window.Story:
    """Show these sections alone, from the top."""
    for name in [each for panels in reversed(SECTIONS.values()) for each in reversed(panels)]:
        if panel(name).is_registered:
            bpy.utils.unregister_class(panel(name))
    for name in [each for section in sections for each in SECTIONS[section]]:
        bpy.utils.register_class(panel(name))
    redraw()
    yield 2.0  # sections slide to their places for a while


def redraw() -> None:
    for area in bpy.context.window_manager.windows[0].screen.areas:
        area.tag_redraw()


def crop(name: str) -> None:
    """Photograph the sidebar alone."""
    side, height = window.region("UI"), bpy.context.window_manager.windows[0].height
    place = f"{side.width}x{side.height}+{side.x}+{height - side.y - side.height}"
    window.x11("import", "-window", "root", "-crop", place, "+repage", str(OUT / f"{name}.png"))
    print("PHOTOGRAPH", name, side.width, flush=True)


def widen(width: float) -> window.Story:
    """Drag the sidebar's edge until it is about that wide."""
    side = window.region("UI")
    window.move(side.x + side.width // 2, side.y + side.height // 2)
    yield 0.2
    middle = side.y + side.height // 2
    yield from window.drag((side.x - 1, middle), (side.x - 1 + side.width - width, middle))
    print("SIDEBAR", window.region("UI").width, flush=True)


def first_use() -> window.Story:
    """What there is before anything was posed: with no rig selected, and with one."""
    armature = bpy.context.view_layer.objects.active
    window.in_view(lambda: bpy.ops.object.mode_set(mode="OBJECT"))
    bpy.context.view_layer.objects.active = None
    yield from only(("photo", "sketch", "text", "video"))
    crop("1-nothing-selected")
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    window.in_view(lambda: bpy.ops.object.mode_set(mode="POSE"))
    window.move(400, 400)  # while the mouse is over a button, sections stay where they were
    yield 0.5
    redraw()
    yield 2.0
    crop("2-first-use")


def each_section(prefix: str) -> window.Story:
    """A photograph of each section."""
    for name in SECTIONS:
        yield from only((name,))
        crop(f"{prefix}-{name}")


def in_other_languages() -> window.Story:
    """Titles come out translated, at once when the language is changed."""
    view, translations = bpy.context.preferences.view, bpy.app.translations
    labels = [panel(name).bl_label for name in ("photo", "bone_map", "settings")]
    for language, titles in TITLES.items():
        view.language = language
        view.use_translate_interface = view.use_translate_tooltips = view.use_translate_reports = True
        told = tuple(translations.pgettext_iface(label) for label in labels)
        assert told == titles, (language, told)
        words = module("operators.target").why_not
        assert words is not None
        yield from only(("photo", "sketch", "text", "video"))
        crop(f"6-{language}")
        yield from each_section(f"7-{language}")
    for language in TITLES:
        view.language = language
        asked = translations.pgettext_rpt(module("operators.target").NO_ARMATURE)
        assert asked != module("operators.target").NO_ARMATURE, language
    view.language = "en_US"
    assert translations.pgettext_iface("Photo") == "Photo"
    print("LANGUAGES", len(TITLES), flush=True)
    yield 0.3


def story() -> window.Story:
    """All of it."""
    unfold()
    yield from prepare_character()
    yield from widen(USUAL_PX)
    yield from first_use()
    window.in_view(bpy.ops.contrapposto.detect_bones)
    for _ in range(2):  # the second one, that loads no models, is shown
        start(PHOTO)
        yield from wait_for_job(seconds=240.0)
        assert result().summary
        yield from wait_until(lambda: not session().searches, "the other readings were not found")
        window.move(400, 400)
    yield 2.0
    yield from each_section("3-usual")
    yield from in_other_languages()
    yield from widen(NARROW_PX)
    yield from each_section("4-narrow")
    yield from only(tuple(SECTIONS))
    crop("5-all")
    titles = [panel(name).bl_label for name in ("photo", "sketch", "text", "video", "bone_map", "result", "settings")]
    assert titles == ["Photo", "Sketch", "Text", "Video", "Rig", "Result", "Settings"]


window.tell(story())
