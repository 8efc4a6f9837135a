"""A folder of references becomes a catalogue of pose assets for the active rig."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, StringProperty

from ..backend.asset_catalogs import ensure_catalog
from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job
from ..preferences import settings
from ..translations.words import n_, rpt_
from .estimate_photo import PosesActiveArmature, key_options
from .modal_job import ModalJob, redraw_sidebars
from .noting import now_in_words
from .pose_library import library_folder, show_catalogues
from .session import JobStatus, session
from .target import Target
from .ways import check_packages

if TYPE_CHECKING:
    from ..rig.library_work import LibraryWork

MOST_TOLD = 20
SAVE_FIRST = n_("Save the .blend first: the catalogue of the poses is kept in a file beside it.")


class CONTRAPPOSTO_OT_pose_library_from_folder(PosesActiveArmature, ModalJob, bpy.types.Operator):
    """Make a pose asset of every picture in a folder, in a catalogue named as the folder"""

    bl_idname = "contrapposto.pose_library_from_folder"
    bl_label = "Pose Library from Folder"
    bl_options = {"REGISTER", "UNDO"}
    job_title = n_("Pose Library from Folder")

    directory: StringProperty(
        name="Folder", description="The folder of photos and drawings", subtype="DIR_PATH", options={"SKIP_SAVE"}
    )
    filter_folder: BoolProperty(
        name="Folders", description="Show folders in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_image: BoolProperty(
        name="Pictures", description="Show pictures in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )
    recursive: BoolProperty(name="Sub-Folders Too", description="Each becomes a catalogue of its own", default=True)
    author: StringProperty(name="Author", description="Who made the poses, if that shall be written down")
    _work: Any = None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the folder."""
        if self.directory:
            return self.start_job(context)
        operator: Any = self
        context.window_manager.fileselect_add(operator)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end; from the file browser, without holding the window up."""
        return self.run_job(context) if bpy.app.background else self.start_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        from ..backend.packages import require_opencv
        from ..backend.pose_folder import pictures_in
        from ..rig.library_work import LibraryWork, Picture, known_assets
        from ..rig.provenance import stored_path

        self._work = None
        if not self.directory:
            raise InputError(rpt_("No folder was named. Choose a folder of pictures."))
        if library_folder("") is None:
            raise InputError(rpt_(SAVE_FIRST))
        require_opencv()
        self._target = target = Target.of(context)
        folder, chosen = Path(bpy.path.abspath(self.directory)), settings(context)
        self._work = LibraryWork(
            tuple(Picture(path, catalog) for path, catalog in pictures_in(folder, recursive=self.recursive)),
            find_rig=lambda: target.find()[0],
            models=session.models(chosen),
            options=key_options(context.scene.contrapposto.options, frame=target.frame),
            known=known_assets(bpy.data.actions),
            made_at=now_in_words(),
            store=lambda path: stored_path(str(path)),
            solver=chosen.solver,
            author=self.author.strip(),
        )
        session.left_out = ()
        return self._whole(self._work)

    def _whole(self, work: LibraryWork) -> Job[LibraryWork]:
        yield from check_packages()
        return (yield from work.job())

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        from ..rig.library_work import make_assets

        folder = library_folder("")
        if folder is None:
            raise InputError(rpt_(SAVE_FIRST))

        @cache
        def identity(path: str) -> str:
            return ensure_catalog(folder, path).uuid

        make_assets(result, identity)
        show_catalogues(context)
        self._tell(result)
        redraw_sidebars(context)
        return {"FINISHED"} if result.made else {"CANCELLED"}

    def stop(self, context: bpy.types.Context, status: JobStatus) -> set[str]:
        """What is done is kept; the same folder goes on there the next time."""
        if self._work is None or not self._work.made:
            return super().stop(context, status)
        self._put_back(context)
        try:
            answer = self.finish_job(context, self._work)
        except ContrappostoError as error:
            return self.refuse(error)
        self.report({"INFO"}, rpt_("Stopped: what is done is kept. The same folder goes on there the next time."))
        return answer

    def _tell(self, work: LibraryWork) -> None:
        words = rpt_("New poses: {made}. There already: {known}. Left out: {failed}.")
        self.report({"INFO"}, words.format(made=len(work.made), known=work.skipped, failed=len(work.left_out)))
        session.left_out = tuple(f"{each.path.name}: {each.reason}" for each in work.left_out[:MOST_TOLD])
        for sentence in session.left_out:
            self.report({"WARNING"}, sentence)

    def draw(self, _context: bpy.types.Context) -> None:
        """The side of the file browser."""
        layout: Any = self.layout
        layout.prop(self, "recursive")
        layout.prop(self, "author")


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_pose_library_from_folder,)
