"""An artist installs the built zip, poses in every way, saves, reopens, and uninstalls it again, in a real window.

See README.md of this folder. blender --factory-startup --python installed_story.py -- OUT PHOTO VIDEO
"""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import bpy

sys.path[:0] = [str(Path(__file__).parent)]
import controls  # noqa: E402
import gaps  # noqa: E402
import installed_steps as steps  # noqa: E402
import strokes_story  # noqa: E402
import text_story  # noqa: E402
import video_story  # noqa: E402
import window  # noqa: E402
from artist import ADDON, GROUP, PHOTO, open_tab, prepare_character, session, shot, state  # noqa: E402
from story import cancel_in_mid_run  # noqa: E402

CHECKOUT = Path(__file__).resolve().parents[2]
ZIP = max((CHECKOUT / "dist").glob("contrapposto-*-linux-x64-py314.zip"))
GET_EXTENSIONS, ADD_ONS = (158, 255), (158, 289)
MORE, INSTALL_FROM_DISK, ENABLE_ON_INSTALL = (955, 79), (848, 201), (839, 121)
CHECK_BOX = (310, 114)
OF_INSTALLED, UNINSTALL = (951, 300), (830, 373)
REPOSITORIES, OTHER_REPOSITORY, PLUS, ADD_REMOTE, CREATE = (875, 79), (905, 124), (943, 119), (860, 143), (815, 326)
ALLOW_ONLINE, INSTALL, OF_LISTED, UNINSTALL_LISTED = (790, 228), (900, 146), (951, 146), (830, 219)
"""Where these are in a photograph: of the preferences, the first row of a list, and the menus that open there."""
DRAWN_S = 6.0
"""By then a slow machine has drawn what changed."""
BUNDLED = ("ai_edge_litert", "roma", "safetensors")
"""Packages that only the zip brings: those that `setup.sh` got by pip are hidden from this story."""


def is_there() -> bool:
    """Whether Blender knows the panel, the operators and the properties."""
    return hasattr(bpy.types, "CONTRAPPOSTO_PT_photo") and hasattr(bpy.types.Scene, "contrapposto")


def folder() -> Path:
    """Where Blender installs the extension."""
    return Path(bpy.utils.user_resource("EXTENSIONS")) / "user_default" / "contrapposto"


def installs() -> window.Story:
    """Preferences > Get Extensions > Install from Disk; nothing of the checkout can be imported."""
    assert importlib.util.find_spec("contrapposto") is None, "the checkout could be imported"
    for name in BUNDLED:
        assert importlib.util.find_spec(name) is None, f"the tree has {name} of its own"
    assert not folder().exists()
    assert not is_there()
    yield from controls.open_preferences()
    yield from controls.on_screen(*GET_EXTENSIONS)
    yield 1.5
    yield from controls.on_screen(*MORE)
    yield 1.0
    shot("01-install-from-disk")
    yield from controls.on_screen(*INSTALL_FROM_DISK)
    yield from controls.wait_until(controls.file_browser, "no file browser was opened")
    yield 1.0
    yield from controls.on_screen(*ENABLE_ON_INSTALL)  # off: enabling is a step of its own
    yield from controls.name_file(ZIP)
    shot("02-zip-chosen")
    began = time.perf_counter()
    yield from controls.confirm_file()
    yield from controls.wait_until((folder() / "blender_manifest.toml").is_file, "nothing was installed", seconds=120.0)
    took = time.perf_counter() - began
    yield from controls.wait_until(controls.preferences_window, "the preferences are gone")
    yield 3.0
    assert not folder().is_symlink()
    assert not is_there(), "it was enabled too"
    shot("03-installed")
    steps.passed("install", f"{ZIP.name} in {took:.1f} s, not enabled", by="mouse, path typed")


def enables() -> window.Story:
    """The check box enables it; its code and its wheels come from the extension's folders."""
    yield from controls.on_screen(*ADD_ONS)
    yield 1.5
    began = time.perf_counter()
    yield from controls.on_screen(*CHECK_BOX)
    yield from controls.wait_until(is_there, "it was not enabled")
    took = time.perf_counter() - began
    yield 1.0
    shot("04-enabled")
    yield from controls.close_preferences()
    yield from prepare_character()
    shot("05-first-use")
    steps.passed("enable", f"panel and properties are there, {took:.1f} s after the click", by="mouse")


def check_origin() -> None:
    """Every loaded module of the add-on is the installed one, and the bundled packages are the zip's."""
    files = {name: Path(each.__file__) for name, each in sys.modules.items()
             if name.startswith(ADDON) and getattr(each, "__file__", None)}  # fmt: skip
    strangers = [name for name, path in files.items() if not path.is_relative_to(folder())]
    assert len(files) > 20, len(files)
    assert not strangers, strangers
    wheels = folder().parent.parent / ".local"
    for name in BUNDLED:
        spec = importlib.util.find_spec(name)
        assert spec is not None, name
        assert Path(next(iter(spec.submodule_search_locations))).is_relative_to(wheels), spec
    torch = Path(sys.modules["torch"].__file__).parent if "torch" in sys.modules else None
    print(f"ORIGIN {len(files)} modules, all from {folder()}; torch from {torch}", flush=True)


def disables_and_enables() -> window.Story:
    """Disabled it leaves nothing behind, enabled it is there again."""
    yield from controls.open_preferences()
    yield from controls.on_screen(*ADD_ONS)
    yield 1.0
    yield from controls.on_screen(*CHECK_BOX)
    yield from controls.wait_until(lambda: not is_there(), "it was not disabled")
    yield 1.0
    assert not hasattr(bpy.types, "CONTRAPPOSTO_OT_photo")
    shot("60-disabled")
    yield from controls.on_screen(*CHECK_BOX)
    yield from controls.wait_until(is_there, "it was not enabled again")
    yield 0.6
    yield from controls.close_preferences()
    yield from open_tab()
    shot("61-enabled-again")
    steps.passed("disable, enable", "classes and properties gone, and there again", by="mouse")


def uninstalls() -> window.Story:
    """Uninstalled, neither classes, nor files, nor wheels are left; the poses are."""
    posed = [tuple(map(tuple, bone.matrix_basis)) for bone in strokes_story.rig().pose.bones]
    yield from controls.open_preferences()
    yield from controls.on_screen(*GET_EXTENSIONS)
    yield 1.5
    yield from controls.on_screen(*OF_INSTALLED)
    yield 1.0
    shot("70-uninstall")
    yield from controls.on_screen(*UNINSTALL)
    yield from controls.wait_until(lambda: not folder().exists(), "files are left")
    window.move(300, 300)
    yield DRAWN_S
    assert not is_there()
    left = [path.name for path in (folder().parent.parent / ".local").rglob("*.dist-info")]
    assert not left, left
    assert posed == [tuple(map(tuple, bone.matrix_basis)) for bone in strokes_story.rig().pose.bones]
    shot("71-uninstalled")
    steps.passed("uninstall", "no class, file or wheel is left; the poses are", by="mouse")


def adds_repository(index: str) -> window.Story:
    """Preferences > Get Extensions > Repositories > + > Add Remote Repository."""
    yield from controls.on_screen(*REPOSITORIES)
    yield 1.0
    yield from controls.on_screen(*OTHER_REPOSITORY)  # off: Blender's own is on the network
    yield 0.8
    on = [repo.module for repo in bpy.context.preferences.extensions.repos if repo.enabled]
    assert "blender_org" not in on, on
    yield from controls.on_screen(*PLUS)
    yield 1.0
    yield from controls.on_screen(*ADD_REMOTE)
    yield 1.5
    window.write(index)
    yield 0.8
    window.key("Return")
    yield 0.8
    shot("80-repository")
    yield from controls.on_screen(*CREATE)
    yield from controls.wait_until(lambda: repository(index), "the repository was not added")
    yield 3.0
    window.move(300, 200)
    yield 0.6
    window.key("Escape")
    yield 1.0
    shot("81-listed")


def installs_from_index() -> window.Story:
    """The index of dist as a remote repository of a file:// address: listed, installed from, uninstalled."""
    index = ZIP.with_name("index.json").as_uri()
    yield from adds_repository(index)
    assert not bpy.app.online_access
    yield from controls.on_screen(*ALLOW_ONLINE)  # else Blender greys Install out, also of a file:// repository
    yield from controls.wait_until(lambda: bpy.app.online_access, "Allow Online Access was not heard")
    window.move(300, 300)
    yield DRAWN_S  # the list moves up
    shot("82-online")
    there = Path(bpy.utils.user_resource("EXTENSIONS")) / repository(index).module / "contrapposto"
    assert not there.exists()
    yield from controls.on_screen(*INSTALL)
    yield from controls.wait_until(is_there, "nothing was installed and enabled", seconds=120.0)
    window.move(300, 300)
    yield DRAWN_S
    assert (there / "blender_manifest.toml").is_file()
    assert f"bl_ext.{repository(index).module}.contrapposto" in sys.modules
    shot("83-installed-from-index")
    yield from controls.on_screen(*OF_LISTED)
    yield 1.0
    yield from controls.on_screen(*UNINSTALL_LISTED)
    yield from controls.wait_until(lambda: not there.exists(), "files are left")
    yield 2.0
    assert not is_there()
    fact = "listed without the network, installed, enabled, uninstalled"
    steps.passed("index as a file:// repository", fact, by="mouse, address typed")


def repository(url: str) -> object | None:
    """The repository of an address."""
    return next((repo for repo in bpy.context.preferences.extensions.repos if repo.remote_url == url), None)


def story() -> window.Story:
    """Everything, in order."""
    print("VERSION", bpy.app.version_string, sys.version.split()[0], flush=True)
    yield from installs()
    yield from enables()
    gaps.print_redraw()
    yield from steps.photo_by_file_browser()
    check_origin()
    yield from steps.photo_by_drop(PHOTO)
    yield from steps.another_reading()
    session().forget_picture()  # else there is nothing to find any more
    yield from controls.only_section("photo")
    yield from cancel_in_mid_run()
    steps.passed("cancel", "stopped, nothing changed", by="Esc, and the button by mouse")
    yield from steps.bones()
    yield from controls.only_section("text")
    yield from text_story.poses()
    steps.passed("prompt", f"{text_story.SENTENCE}; undo, redo", by="sentence typed, mouse, Ctrl Z, Ctrl Shift Z")
    yield from text_story.alternatives()
    steps.passed("another alternative of the sentence", "shown, left, kept; undo", by="mouse, Esc, Ctrl Z")
    yield from steps.save_and_reopen()
    yield from disables_and_enables()
    yield from sketches()
    if GROUP.suffix == ".mp4":
        yield from steps.short_video()
    else:
        print("STEP skipped: video (no VIDEO was given)", flush=True)
    assert state()[1], "no action is left"
    yield from uninstalls()
    yield from installs_from_index()
    steps.print_table()


def sketches() -> window.Story:
    """A figure drawn over the rig by mouse; watched from the button on."""
    keyed = video_story.keys()
    yield from controls.only_section("sketch")
    yield from gaps.watched("sketch over the rig", strokes_story.pose_from_annotations())
    assert video_story.keys() != keyed, "the drawn pose is not keyed"
    steps.passed("sketch over the rig", "limbs and hips as drawn; undo, redo", by="mouse, Ctrl Z, Ctrl Shift Z")


if __name__ == "__main__":
    window.tell(story())
