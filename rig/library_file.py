"""A .blend of pose assets for the command line: read for what it has, and written with what is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.asset_catalogs import ensure_catalog
from ..backend.errors import InputError
from ..backend.files import write_atomically
from ..backend.quiet import quiet
from ..backend.retarget.bone_map import BoneMap, read_map
from .armature import read_rig
from .bone_maps import require_essential
from .library_work import Known, LibraryWork, Picture, known_assets, make_assets
from .pose_asset import write_assets
from .pose_plan import KeyOptions
from .session import PosedRig

if TYPE_CHECKING:
    from ..backend.runtime import ModelCache


@dataclass(frozen=True)
class LibraryFile:
    """A library that grows.

    Attributes:
        rig: the armature that is open in this process.
        out: the .blend of the poses.
        known: what it has poses of already.
        bone_map: which bones stand for which joints, or None for the rig's own map.
    """

    rig: PosedRig
    out: Path
    known: Known
    bone_map: BoneMap | None = None

    @classmethod
    def open(cls, rig: Path, *, armature_name: str | None, out: Path, bone_map: Path | None = None) -> LibraryFile:
        """Open the rig's file, and look what the library holds; `bone_map` is a file with the bones of the joints.

        Raises:
            InputError: a file cannot be read.
            RigError: the bone map does not fit the rig.
        """
        posed = PosedRig.open(rig, armature_name=armature_name)
        given = None if bone_map is None else require_essential(read_rig(posed.armature), read_map(bone_map))
        if not out.exists():
            return cls(posed, out, frozenset(), given)
        actions = _append_actions(out)
        known = known_assets(actions)
        bpy.data.batch_remove(actions)
        return cls(posed, out, known, given)

    def work(
        self, pictures: Sequence[tuple[Path, str]], *, models: ModelCache, flip: bool, limbs: Any, author: str
    ) -> LibraryWork:
        """The work on a folder's pictures with their catalogues."""
        armature, here = self.rig.armature, self.out.resolve().parent
        return LibraryWork(
            tuple(Picture(path, catalog) for path, catalog in pictures),
            find_rig=lambda: armature,
            models=models,
            options=KeyOptions(float(bpy.context.scene.frame_current), flip=flip, limbs=limbs),
            known=self.known,
            made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            store=lambda path: _beside(path.resolve(), here),
            author=author,
            bone_map=self.bone_map,
        )

    def write(self, work: LibraryWork) -> None:
        """Add what was made; all else in the file stays. The rig is no longer open afterwards.

        Raises:
            InputError: a file cannot be read or written; the library is as it was.
        """
        if not work.made:
            return
        folder = self.out.resolve().parent

        @cache
        def identity(path: str) -> str:
            return ensure_catalog(folder, path).uuid

        actions = make_assets(work, identity)
        if not self.out.exists():
            write_assets(actions, self.out)
            return
        new = self.out.with_name(f".{self.out.stem}-new.blend")
        try:
            write_assets(actions, new)
            with quiet():
                bpy.ops.wm.open_mainfile(filepath=str(self.out.resolve()), load_ui=False, use_scripts=False)
            for action in _append_actions(new):
                action.use_fake_user = True
        finally:
            new.unlink(missing_ok=True)
        with write_atomically(self.out) as partial:
            partial.unlink()
            try:
                with quiet():
                    bpy.ops.wm.save_as_mainfile(filepath=str(partial), copy=True, compress=True, check_existing=False)
            except RuntimeError as error:
                raise InputError(f"{self.out} cannot be written. Choose another place.") from error


def _append_actions(path: Path) -> list[bpy.types.Action]:
    """All pose assets of a .blend, as data of this file.

    Raises:
        InputError: it is no .blend that can be read.
    """
    try:
        loaded: Any = bpy.data.libraries.load(str(path.resolve()), link=False, assets_only=True)
        with loaded as (there, here):
            here.actions = list(there.actions)
    except OSError as error:
        raise InputError(f"{path} cannot be read as a .blend. Name another file.") from error
    found: Any = here.actions
    return [action for action in found if action is not None]


def _beside(path: Path, folder: Path) -> str:
    """A path as it is kept in a file of that folder."""
    return f"//{path.relative_to(folder).as_posix()}" if folder in path.parents else str(path)
