"""The pose of the active rig as a pose asset of Blender's, with the source as its preview."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import BoolProperty, StringProperty

from ..backend.asset_catalogs import catalog_path, ensure_catalog
from ..backend.asset_words import description_of, name_of, tags_of
from ..backend.errors import ContrappostoError, InputError
from ..backend.joint_words import BODY_JOINTS
from ..translations.words import n_, rpt_
from .estimate_photo import PosesActiveArmature
from .session import session
from .solve_again import record_here

if TYPE_CHECKING:
    from ..backend.arrays import FloatArray, ImageArray
    from ..backend.provenance import Record

PREVIEW_PX: Final = 256
CATALOG: Final = "Contrapposto"
NOTHING_SELECTED: Final = n_("No bone is selected. Select some in Pose Mode, or save all bones.")
NOT_SAVED: Final = n_("Save the .blend to keep pose assets in a catalogue: until then this one is in none.")


def library_folder(name: str) -> Path | None:
    """The folder with the file of catalogues: of a user's asset library, or, without a name, of the open file.

    Raises:
        InputError: there is no such library, or its folder is gone.
    """
    libraries = bpy.context.preferences.filepaths.asset_libraries
    if not name:
        if not bpy.data.filepath:
            return None
        file = Path(bpy.data.filepath).resolve()
        roots = [Path(library.path).resolve() for library in libraries if library.path]
        return next((root for root in roots if root in file.parents), file.parent)
    library = libraries.get(name)
    if library is None:
        raise InputError(rpt_("There is no asset library {name}. Add it in the preferences.").format(name=name))
    folder = Path(library.path)
    if not library.path or not folder.is_dir():
        raise InputError(
            rpt_("The folder of the asset library {name} is not there: {path}.").format(name=name, path=folder)
        )
    return folder


def show_catalogues(context: bpy.types.Context) -> None:
    """Let asset browsers read the list of catalogues again, as their Refresh does."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type != "FILE_BROWSER" or area.ui_type != "ASSETS":
                continue
            region = next(region for region in area.regions if region.type == "WINDOW")
            with context.temp_override(window=window, area=area, region=region):
                refresh: Any = bpy.ops.asset.library_refresh  # there is no other way to it
                if refresh.poll():
                    refresh()


class CONTRAPPOSTO_OT_save_pose(PosesActiveArmature, bpy.types.Operator):
    """Save the pose of the active armature as a pose asset, with its source as the preview"""

    bl_idname = "contrapposto.save_pose"
    bl_label = "Save to Pose Library"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Name", description="As the Pose Library shows it", options={"SKIP_SAVE"})
    selected_only: BoolProperty(
        name="Selected Bones Only", description="Save only the bones that are selected", options={"SKIP_SAVE"}
    )
    catalog: StringProperty(
        name="Catalogue", description="Where it is filed; a slash begins a catalogue within another", default=CATALOG
    )
    library: StringProperty(
        name="Asset Library", description="One of your asset libraries; without one, the pose stays in this file"
    )
    author: StringProperty(name="Author", description="Who made it, if that shall be written down")
    tags: StringProperty(name="Tags", description="More words to find it by, between commas", options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for name and place first."""
        try:
            self.name = self.name or name_of(record_here(context))
        except InputError:  # what is noted cannot be read: the pose is saved all the same
            self.name = self.name or name_of(None)
        operator, manager = self, context.window_manager
        return set(manager.invoke_props_dialog(operator, width=400))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Save it."""
        try:
            words = self._save(context)
        except ContrappostoError as error:
            return self.refuse(error)
        show_catalogues(context)
        self.report({"INFO"}, words)
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The dialog."""
        layout: Any = self.layout
        layout.use_property_split = True
        for name in ("name", "selected_only", "catalog"):
            layout.prop(self, name)
        layout.prop_search(self, "library", context.preferences.filepaths, "asset_libraries")
        layout.prop(self, "author")
        layout.prop(self, "tags")

    def _save(self, context: bpy.types.Context) -> str:
        """Make the asset; nothing is changed where that fails.

        Raises:
            ContrappostoError: it cannot be made or written.
        """
        from ..rig.armature import require_armature
        from ..rig.pose_asset import make_asset, write_to_library

        armature = require_armature(context.active_object)
        folder = library_folder(self.library)
        action = make_asset(self._asset(context, armature))
        try:
            if folder is None:
                return f"{rpt_('{name} is a pose asset now.').format(name=action.name)} {rpt_(NOT_SAVED)}"
            facts: Any = action.asset_data
            facts.catalog_id = ensure_catalog(folder, catalog_path(*self.catalog.split("/"))).uuid
            if not self.library:
                return rpt_("{name} is a pose asset now.").format(name=action.name)
            path = write_to_library(action, folder)
            words = rpt_("{name} is a pose asset in {path} now.").format(name=action.name, path=path)
        except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
            bpy.data.actions.remove(action)
            raise
        bpy.data.actions.remove(action)
        return words

    def _asset(self, context: bpy.types.Context, armature: bpy.types.Object) -> Any:
        from ..rig.pose_asset import PoseAsset, pose_channels
        from ..rig.selection import is_selected

        bones = None
        if self.selected_only:
            bones = {bone.name for bone in armature.pose.bones if is_selected(bone)}
            if not bones:
                raise InputError(rpt_(NOTHING_SELECTED))
        try:
            record = record_here(context)
        except InputError:
            record = None
        more = tuple(tag.strip() for tag in self.tags.split(",") if tag.strip())
        return PoseAsset(
            name=self.name.strip() or name_of(record),
            channels=pose_channels(armature, bones),
            description=description_of(record),
            author=self.author.strip(),
            tags=(*tags_of(record, joints_of(armature, bones)), *more),
            preview=preview_of(context, armature, record),
            record=record,
            slot=armature.name,
        )


def joints_of(armature: bpy.types.Object, bones: set[str] | None) -> set[str]:
    """The SMPL joints that have one of these bones, or any; none where the rig's bones are not known."""
    from ..rig.armature import read_rig
    from ..rig.bone_maps import bone_map_for

    try:
        joints = bone_map_for(armature, read_rig(armature)).joints
    except ContrappostoError:
        return set()
    if bones is None:
        return {*BODY_JOINTS, *joints}
    return {joint for joint, match in joints.items() if not bones.isdisjoint(match.bones)}


def preview_of(context: bpy.types.Context, armature: bpy.types.Object, record: Record | None) -> FloatArray | None:
    """The source around the person, as long as it can be had; else the rig; None where neither can be shown."""
    try:
        found = source_picture(context, record)
    except ContrappostoError:  # the source is gone: the rig is shown
        found = None
    if found is not None:
        return picture_preview(*found)
    from ..rig.preview import render_rig

    try:
        return picture_preview(render_rig(armature, height=PREVIEW_PX), None)
    except ContrappostoError:  # an asset without a picture is one all the same
        return None


def picture_preview(image: ImageArray, box: Any) -> FloatArray:
    """(256, 256, 4) the square around a box of a picture, or all of it, the top row first."""
    import numpy as np

    from ..backend.thumbnails import square_around, square_thumbnail

    if box is None:
        box = np.array([0.0, 0.0, image.shape[1], image.shape[0]], np.float32)
        return square_thumbnail(image, box, size=PREVIEW_PX, margin=0.0)
    return square_thumbnail(image, square_around(box, image), size=PREVIEW_PX, margin=0.0)


def source_picture(context: bpy.types.Context, record: Record | None) -> tuple[ImageArray, Any] | None:
    """The picture that a pose came from, with the person's box where it is known; None where there is none.

    Raises:
        ContrappostoError: it cannot be read.
    """
    if record is None or record.kind in ("text", "video"):
        return None
    run = session.run_of(context.scene)
    if run is not None and run.result.found is not None and run.target.frame == record.frames[0]:
        from ..backend.thumbnails import figure_box

        found = run.result.found
        return found.image, figure_box(found.people[run.result.person])
    if record.kind == "strokes":
        return None
    from ..backend.detect.image import load_picture
    from .again_work import file_of

    return load_picture(file_of(record)).pixels, None


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_save_pose,)
