"""The bone map of the active armature as a preset of the artist's, or as a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..rig.callbacks import called_by_blender
from ..translations.words import iface_, n_, rpt_
from .bone_map import ChangesBoneMap, Done, active_armature, read, told

if TYPE_CHECKING:
    from ..rig.map_files import PresetOffer


class CONTRAPPOSTO_OT_save_preset(ChangesBoneMap, bpy.types.Operator):
    """Keep this map for yourself: armatures with the same bones are mapped with it from now on"""

    bl_idname = "contrapposto.save_bone_map_preset"
    bl_label = "Save Preset"
    bl_options = {"INTERNAL"}

    def work(self, armature: bpy.types.Object) -> Done:
        from ..rig.armature import read_rig
        from ..rig.bone_maps import bone_map_for
        from ..rig.map_files import save_preset

        rig = read_rig(armature)
        bone_map = bone_map_for(armature, rig)
        save_preset(rig, bone_map)
        words = rpt_("Saved: every armature with the bones of {name} is mapped like this")
        return Done(words.format(name=armature.name), bone_map.problems)


class CONTRAPPOSTO_OT_load_preset(ChangesBoneMap, bpy.types.Operator):
    """Take a map that you saved: for armatures with these bones, or for others whose bones are here too; or a file"""

    bl_idname = "contrapposto.load_bone_map_preset"
    bl_label = "Load Preset"
    bl_options = {"REGISTER", "UNDO"}
    needs_map = False

    preset: StringProperty(
        name="Preset",
        description="The preset's file name without ending; empty for the one of these bones",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Offer what could be loaded."""
        from ..rig.armature import read_rig
        from ..rig.map_files import offered_presets

        try:
            offers = offered_presets(read_rig(active_armature(context)))
        except ContrappostoError as error:
            return self.refuse(error)
        if self.preset or bpy.app.background:
            return self.execute(context)
        draw = called_by_blender("Drawing the presets")(lambda menu, _: draw_offers(menu.layout, offers))
        context.window_manager.popup_menu(draw, title=iface_(self.bl_label, "Operator"))
        return {"CANCELLED"}

    def work(self, armature: bpy.types.Object) -> Done:
        from ..rig.armature import read_rig
        from ..rig.bone_maps import fitted, store
        from ..rig.map_files import load_preset, load_preset_named

        rig = read_rig(armature)
        preset = load_preset_named(rig, self.preset) if self.preset else load_preset(rig)
        if preset is None:
            raise InputError(f"No preset is saved for the bones of {armature.name}. Press Detect, or import a file.")
        found = fitted(rig, preset)
        store(armature, found)
        return told(found, before=n_("Loaded: {found}"))


def draw_offers(layout: Any, offers: "tuple[PresetOffer, ...]") -> None:
    """The presets that could be loaded, those of other rigs marked as such, and a file."""
    layout.operator_context = "EXEC_DEFAULT"
    if not any(offer.own for offer in offers):
        layout.label(text="No preset is saved for these very bones", icon="INFO")
    for offer in offers:
        if offer.trouble:
            layout.label(text=offer.label, icon="ERROR")
            continue
        icon = "ARMATURE_DATA" if offer.own else "LINKED"
        layout.operator("contrapposto.load_bone_map_preset", text=offer.label, icon=icon).preset = offer.name
    layout.separator()
    layout.operator_context = "INVOKE_DEFAULT"
    layout.operator("contrapposto.import_bone_map", text="From a File...", icon="FILE_FOLDER")


class MapFile(ChangesBoneMap):
    """Mixin of an operator that asks for a JSON file first."""

    filepath: StringProperty(
        name="File", description="A bone map as a .json file", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(
        name="Filter", description="Which files the file browser shows", default="*.json", options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        if not self.filepath:
            self.filepath = f"{bpy.path.clean_name(active_armature(context).name)}.json"
        operator: Any = self
        context.window_manager.fileselect_add(operator)
        return {"RUNNING_MODAL"}

    @property
    def path(self) -> Path:
        """The chosen file."""
        if not self.filepath:
            raise InputError("No file was named. Choose a .json file.")
        return Path(bpy.path.abspath(self.filepath))


class CONTRAPPOSTO_OT_import_bone_map(MapFile, bpy.types.Operator):
    """Take the map from a file, such as one that somebody with the same rig exported"""

    bl_idname = "contrapposto.import_bone_map"
    bl_label = "Import..."
    bl_options = {"REGISTER", "UNDO"}
    needs_map = False

    def work(self, armature: bpy.types.Object) -> Done:
        from ..rig.armature import read_rig
        from ..rig.bone_maps import fitted, store
        from ..rig.map_files import read_map

        found = fitted(read_rig(armature), read_map(self.path))
        store(armature, found)
        return told(found, before=n_("Imported: {found}"))


class CONTRAPPOSTO_OT_export_bone_map(MapFile, bpy.types.Operator):
    """Write the map to a file, for others or for the command line"""

    bl_idname = "contrapposto.export_bone_map"
    bl_label = "Export..."
    bl_options = {"INTERNAL"}

    def work(self, armature: bpy.types.Object) -> Done:
        from ..rig.map_files import write_map

        path = self.path.with_suffix(".json")
        write_map(read(armature)[1], path)
        return Done(rpt_("Wrote {path}").format(path=path))


CLASSES: Iterable[type] = (
    CONTRAPPOSTO_OT_save_preset,
    CONTRAPPOSTO_OT_load_preset,
    CONTRAPPOSTO_OT_import_bone_map,
    CONTRAPPOSTO_OT_export_bone_map,
)
