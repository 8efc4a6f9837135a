"""Rig files in and out: every format becomes one armature object, and one armature becomes a file."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import addon_utils
import bpy

from ..backend.errors import InputError, RigError
from ..backend.files import write_atomically
from ..backend.quiet import quiet
from .bvh_writer import write_bvh
from .character import character_objects, make_active, revealed
from .vrm_tables import keep_table, table_in_file

RIG_SUFFIXES: Final = (".blend", ".glb", ".gltf", ".vrm", ".fbx", ".bvh")
OUT_SUFFIXES: Final = (".blend", ".glb", ".fbx", ".bvh")


def start_empty_file() -> None:
    """Replace the open file by an empty one; the preferences and the enabled add-ons stay."""
    with quiet():
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def open_rig(path: Path, *, armature_name: str | None = None) -> bpy.types.Object:
    """Open a rig file and return its armature, active and selected; whatever was open is gone.

    A .blend is opened as it is, without its window layout and without running its scripts; the other formats
    are imported into an empty file. Of several armatures the one with the most bones is taken, but none that is
    excluded from the view layer.

    Args:
        path: a .blend, .glb, .gltf, .vrm, .fbx or .bvh file.
        armature_name: the armature's object name, where the file holds several.

    Raises:
        InputError: the file is missing, empty, damaged, of another kind, or holds no such armature, or only one that
            is excluded from the view layer.
    """
    path = Path(path)
    _check_readable(path)
    try:
        _read(path)
    except Exception as error:  # Importers let parser errors of any type out, as well as Blender's RuntimeError.
        reason = f"it is damaged or not a {path.suffix.lower()} file{_detail(error, path)}"
        raise InputError(f"{path.name} cannot be opened: {reason}. Export it again, or try another file.") from error
    armature = _choose_armature(path, armature_name)
    make_active(armature)
    return armature


def choice_in_words(armature: bpy.types.Object) -> str | None:
    """Which of the open file's armatures was taken, and why, where `open_rig` had a choice; else None."""
    armatures = _usable(_armatures())
    if len(armatures) < 2:
        return None
    most = sum(len(obj.data.bones) >= len(armature.data.bones) for obj in armatures) == 1
    reason = "as it has the most bones" if most else "as none of them has more bones"
    return f"The file has {len(armatures)} armatures; “{armature.name}” was taken, {reason}."


def save_rig(armature: bpy.types.Object, path: Path, *, frame_range: tuple[int, int] | None = None) -> None:
    """Write the posed rig: a .blend keeps the whole open file, the others hold the armature and its meshes.

    Args:
        armature: an armature object of the current scene.
        path: a .blend, .glb, .fbx or .bvh file; it appears whole or not at all.
        frame_range: first and last frame to export, inclusive; None takes the frames of the armature's action.

    Raises:
        InputError: the ending is another, or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in OUT_SUFFIXES:
        raise InputError(f"{path.name}: a rig can be written as {_listed(OUT_SUFFIXES)}, not as “{suffix}”.")
    first, last = frame_range or _action_frames(armature)
    with write_atomically(path) as partial:
        # Blender keeps an older file as .blend1: the empty placeholder is not worth one.
        partial.unlink()
        try:
            with quiet():
                _write(armature, partial, frames=(first, last))
        except RuntimeError as error:
            raise InputError(f"{path} cannot be written{_detail(error, partial)}. Choose another place.") from error


def _check_readable(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a rig file: {_listed(RIG_SUFFIXES)}.")
    if path.suffix.lower() not in RIG_SUFFIXES:
        raise InputError(f"{path.name} is no rig file that can be read: use {_listed(RIG_SUFFIXES)}.")
    try:
        with path.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{path} is empty. Export the rig again.")
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist. Check the name of the rig file.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def _read(path: Path) -> None:
    """Open or import, quietly, whatever the format."""
    with quiet(), warnings.catch_warnings():
        # Blender's importers in Python leave the closing of the file to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        if path.suffix.lower() == ".blend":
            bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=False, use_scripts=False)
        else:
            bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
            _IMPORTERS[path.suffix.lower()](path.resolve())


def _import_gltf(path: Path) -> None:
    _enable("io_scene_gltf2")
    bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True)


def _import_vrm(path: Path) -> None:
    """A VRM is a GLB with extensions, but the importer goes by the ending."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.stem + ".glb")
        shutil.copyfile(path, copy)
        _import_gltf(copy)
    table = table_in_file(path)
    for obj in bpy.context.scene.objects:
        if obj.type == "ARMATURE":
            keep_table(obj, table)


def _import_fbx(path: Path) -> None:
    bpy.ops.wm.fbx_import(filepath=str(path), anim_offset=0.0)


def _import_bvh(path: Path) -> None:
    _enable("io_anim_bvh")
    bpy.ops.import_anim.bvh(filepath=str(path), update_scene_fps=True, update_scene_duration=True)


_IMPORTERS: Final[dict[str, Callable[[Path], None]]] = {
    ".glb": _import_gltf,
    ".gltf": _import_gltf,
    ".vrm": _import_vrm,
    ".fbx": _import_fbx,
    ".bvh": _import_bvh,
}


def _enable(addon: str) -> None:
    """Switch a bundled add-on on for this run; the preferences do not change."""
    if addon_utils.check(addon)[1]:
        return
    if addon_utils.enable(addon, default_set=False) is None:
        raise RigError(f"Blender's add-on {addon} is missing.")


def _choose_armature(path: Path, name: str | None) -> bpy.types.Object:
    scene, armatures = bpy.context.scene, _armatures()
    if not armatures:
        raise InputError(
            f"{path.name} holds no armature in its scene “{scene.name}”. Choose a file with a rigged character."
        )
    named = armatures if name is None else [obj for obj in armatures if obj.name == name]
    if not named:
        names = ", ".join(f"“{obj.name}”" for obj in armatures)
        raise InputError(f"{path.name} holds no armature “{name}”. It holds {names}.")
    usable = _usable(named)
    if not usable:
        raise InputError(
            f"{path.name}: “{named[0].name}” lies in a collection that is excluded from the view layer "
            f"“{bpy.context.view_layer.name}”. Tick its collection in Blender's Outliner and save the file."
        )
    return max(usable, key=lambda obj: len(obj.data.bones))


def _armatures() -> list[bpy.types.Object]:
    return [obj for obj in bpy.context.scene.objects if obj.type == "ARMATURE"]


def _usable(armatures: list[bpy.types.Object]) -> list[bpy.types.Object]:
    """Those in the view layer: Blender neither evaluates nor selects what is excluded from it."""
    return [obj for obj in armatures if any(obj == shown for shown in bpy.context.view_layer.objects)]


def _action_frames(armature: bpy.types.Object) -> tuple[int, int]:
    action = armature.animation_data.action if armature.animation_data else None
    if action is None:
        frame = bpy.context.scene.frame_current
        return frame, frame
    first, last = action.frame_range
    return int(first), int(last)


def _write(armature: bpy.types.Object, path: Path, *, frames: tuple[int, int]) -> None:
    suffix = path.suffix.lower()
    if suffix == ".blend":
        bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, compress=True, check_existing=False)
        return
    with revealed(armature):
        if suffix == ".bvh":
            write_bvh(armature, path, frames=frames)
            return
        with _only_selected(armature), _scene_frames(frames):
            if not armature.select_get():
                raise InputError(f"“{armature.name}” cannot be exported, as it stays hidden. Show it in Blender first.")
            _EXPORTERS[suffix](path)


def _export_glb(path: Path) -> None:
    _enable("io_scene_gltf2")
    bpy.ops.export_scene.gltf(
        filepath=str(path),
        export_format="GLB",
        use_selection=True,
        export_animation_mode="ACTIVE_ACTIONS",
        export_frame_range=True,
        export_rest_position_armature=False,
        export_optimize_animation_size=False,
    )


def _export_fbx(path: Path) -> None:
    _enable("io_scene_fbx")
    bpy.ops.export_scene.fbx(
        filepath=str(path),
        use_selection=True,
        object_types={"ARMATURE", "MESH", "EMPTY"},
        add_leaf_bones=False,
        bake_anim_use_nla_strips=False,
        bake_anim_use_all_actions=False,
        bake_anim_simplify_factor=0.0,
        path_mode="COPY",
        embed_textures=True,
    )


_EXPORTERS: Final[dict[str, Callable[[Path], None]]] = {".glb": _export_glb, ".fbx": _export_fbx}


@contextmanager
def _only_selected(armature: bpy.types.Object) -> Generator[None]:
    """Select the armature and what hangs on it, for exporters that go by the selection; then select as before."""
    layer = bpy.context.view_layer
    active, selected = layer.objects.active, [obj for obj in layer.objects if obj.select_get()]
    mode = active.mode if active is not None else "OBJECT"
    if mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    make_active(armature)
    for obj in character_objects(armature):
        obj.select_set(True)
    try:
        yield
    finally:
        for obj in layer.objects:
            if obj.select_get() != (obj in selected):
                obj.select_set(obj in selected)
        layer.objects.active = active
        if mode != "OBJECT":
            bpy.ops.object.mode_set(mode=mode)


@contextmanager
def _scene_frames(frames: tuple[int, int]) -> Generator[None]:
    """Exporters write the scene's frame range: set it, then give the artist's back."""
    scene = bpy.context.scene
    kept = scene.frame_start, scene.frame_end, scene.frame_current
    scene.frame_start, scene.frame_end = frames
    try:
        yield
    finally:
        scene.frame_start, scene.frame_end = kept[:2]
        scene.frame_set(kept[2])


def _detail(error: Exception, path: Path) -> str:
    """What Blender reports, in brackets and without the folder; nothing where that is only a Python traceback."""
    report = str(error).strip().removeprefix("Error:").strip()
    if not isinstance(error, RuntimeError) or not report or "Traceback" in report:
        return ""
    first_line = report.splitlines()[0].replace(str(path.resolve()), path.name).replace(str(path), path.name)
    return f" ({first_line.rstrip('.')})"


def _listed(suffixes: tuple[str, ...]) -> str:
    return ", ".join(suffixes[:-1]) + " or " + suffixes[-1]
