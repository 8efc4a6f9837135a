"""A picture dropped on the 3D view: a photo or a drawing, told apart by itself, and asked about only when unsure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import bpy
from bpy.props import StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..rig.callbacks import called_by_blender
from ..translations.words import iface_, n_
from .estimate_photo import EXTENSIONS, PosesActiveArmature
from .ways import PHOTO, SKETCH, Way

UNSURE: Final = (0.3, 0.7)
"""How sure it may be that a picture is drawn for the artist to be asked."""
ICONS: Final = {PHOTO.operator: "FILE_IMAGE", SKETCH.operator: "GREASEPENCIL"}


def way_of(path: Path) -> tuple[Way, bool]:
    """What kind of picture it most likely is, and whether that is sure.

    Raises:
        InputError: it cannot be read as a picture.
        MissingPackageError: a package that this needs is not installed.
    """
    from ..backend.packages import require_opencv

    require_opencv()
    from ..backend.detect import drawing_or_photo
    from ..backend.detect.image import load_picture

    drawn = drawing_or_photo.looks_drawn(load_picture(path).pixels)
    return SKETCH if drawn >= 0.5 else PHOTO, not UNSURE[0] <= drawn <= UNSURE[1]


class CONTRAPPOSTO_OT_picture(PosesActiveArmature, bpy.types.Operator):
    """Pose the active armature like the person in a photo, or like the figure in a drawing"""

    bl_idname = "contrapposto.picture"
    bl_label = "Pose from Picture"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(
        name="Picture",
        description="A photo or a drawing to take the pose from",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Go on with what the picture is; ask where that is not clear."""
        return self._pose(context, ask=not bpy.app.background and context.window is not None)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """The same without asking: what is likelier is taken."""
        return self._pose(context, ask=False)

    def _pose(self, context: bpy.types.Context, *, ask: bool) -> set[str]:
        try:
            if not self.filepath:
                raise InputError("No picture was named. Choose an image file.")
            way, sure = way_of(Path(bpy.path.abspath(self.filepath)))
        except ContrappostoError as error:
            return self.refuse(error)
        if ask and not sure:
            self._ask(context)
            return {"FINISHED"}
        try:
            operator = getattr(bpy.ops.contrapposto, way.operator.partition(".")[2])
            answer = operator("INVOKE_DEFAULT", True, filepath=self.filepath)  # True: a step of undo, where it ends now
        except RuntimeError as error:  # what the operator reports as an error reaches its caller as an exception
            return self.refuse(ContrappostoError(str(error).strip().removeprefix("Error: ")))
        return {"FINISHED"} if answer & {"RUNNING_MODAL", "INTERFACE"} else answer

    def _ask(self, context: bpy.types.Context) -> None:
        filepath = self.filepath

        @called_by_blender("Drawing the question")
        def draw(menu: Any, _context: bpy.types.Context) -> None:
            menu.layout.operator_context = "INVOKE_DEFAULT"
            for way, text in (
                (PHOTO, n_("A photo of people", "Operator")),
                (SKETCH, n_("A drawing of a figure", "Operator")),
            ):
                menu.layout.operator(way.operator, text=text, icon=ICONS[way.operator]).filepath = filepath

        context.window_manager.popup_menu(draw, title=iface_("What does the picture show?"), icon="QUESTION")


def is_drop_target(context: bpy.types.Context) -> bool:
    """Only the 3D view, and only in Pose Mode of an armature: elsewhere an image drop stays Blender's."""
    area, region, active = context.area, context.region, context.active_object
    if area is None or area.type != "VIEW_3D" or region is None or region.type != "WINDOW":
        return False
    return active is not None and active.type == "ARMATURE" and context.mode == "POSE"


class CONTRAPPOSTO_FH_photo(bpy.types.FileHandler):
    """An image dropped on the 3D view poses the armature"""

    bl_idname = "CONTRAPPOSTO_FH_photo"
    bl_label = "Pose from Picture"
    bl_import_operator = "contrapposto.picture"
    bl_file_extensions = ";".join(EXTENSIONS)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return is_drop_target(context)


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_picture, CONTRAPPOSTO_FH_photo)
