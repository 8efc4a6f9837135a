"""A folder of pictures -> pose assets for one rig: the work, one picture after another, and the assets of what is done.

The rig itself is neither posed nor keyed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import bpy

from ..backend.asset_words import description_of, tags_of
from ..backend.errors import ContrappostoError
from ..backend.job import Job, Progress
from ..backend.joint_words import BODY_JOINTS
from ..backend.provenance import Kind, Record, Source
from ..backend.provenance_models import models_of
from ..backend.source_hash import SourceHash, hash_file
from ..backend.thumbnails import figure_box, square_around, square_thumbnail
from ..backend.version import package_version
from .keyframes import plan_pose
from .pose_asset import PoseAsset, make_asset
from .pose_plan import KeyOptions
from .provenance import provenance_of, rig_facts

if TYPE_CHECKING:
    from ..backend.arrays import FloatArray, ImageArray
    from ..backend.observation import Observation
    from ..backend.pipeline import PhotoResult
    from ..backend.retarget.bone_map import BoneMap
    from ..backend.runtime import ModelCache

PREVIEW_PX: Final = 256
Known = frozenset[tuple[str, str]]
"""SHA-256 of pictures with the fingerprints of rigs."""


@dataclass(frozen=True)
class Picture:
    """A picture of the folder, and the path of the catalogue for it."""

    path: Path
    catalog: str


@dataclass(frozen=True)
class LeftOut:
    """A picture that became no pose, and why, in words."""

    path: Path
    reason: str


@dataclass
class LibraryWork:
    """The work on a folder, and what is done of it so far.

    Args:
        pictures: what there is.
        find_rig: finds the armature anew at each picture.
        models: the loaded models.
        options: how a pose is put on the rig.
        known: what there are poses of already.
        made_at: the time for the records, such as `2026-11-30T05:00:00Z`.
        store: how a record keeps the path of a picture.
        solver: of photos.
        author: of the assets.
        bone_map: which bones stand for which joints, or None for the rig's own map.
    """

    pictures: tuple[Picture, ...]
    find_rig: Callable[[], bpy.types.Object]
    models: ModelCache
    options: KeyOptions
    known: Known = frozenset()
    made_at: str = ""
    store: Callable[[Path], str] = str
    solver: str = "AUTOMATIC"
    author: str = ""
    bone_map: BoneMap | None = None
    made: list[tuple[Picture, PoseAsset]] = field(default_factory=list[tuple[Picture, PoseAsset]])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])
    skipped: int = 0

    def job(self) -> Job[LibraryWork]:
        """Work on all pictures; one that fails is left out and noted.

        Raises:
            ContrappostoError: the rig is gone or cannot be posed.
        """
        fingerprint, bones = rig_facts(self.find_rig(), bone_map=self.bone_map)
        seen = set(self.known)
        for number, picture in enumerate(self.pictures):
            words = f"{picture.path.name}, {number + 1} of {len(self.pictures)}"
            yield Progress(words, number / len(self.pictures))
            try:
                found = hash_file(picture.path)
                if (found.sha256, fingerprint) in seen:
                    self.skipped += 1
                    continue
                facts = Record("photo", (1.0, 1.0), made=self.made_at, rig=fingerprint, bone_map=bones)
                asset = yield from self._within(number, words, self._asset(picture, found, facts))
            except ContrappostoError as error:
                self.left_out.append(LeftOut(picture.path, str(error)))
                continue
            seen.add((found.sha256, fingerprint))
            self.made.append((picture, asset))
        return self

    def _within(self, number: int, words: str, job: Job[PoseAsset]) -> Job[PoseAsset]:
        """The job as a part of the whole."""
        try:
            while True:
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return stop.value
                yield Progress(words, (number + 0.95 * progress.fraction) / len(self.pictures))
        finally:
            job.close()

    def _asset(self, picture: Picture, found: SourceHash, facts: Record) -> Job[PoseAsset]:
        kind, result = yield from self._solved(picture.path)
        armature = self.find_rig()
        plan = plan_pose(armature, result.estimate.poses, options=self.options, bone_map=self.bone_map)
        seen = result.found.people[result.person]
        record = replace(
            facts,
            kind=kind,
            addon=package_version(),
            source=Source(self.store(picture.path), found),
            models=models_of(kind),
            person=result.person + 1,
            settings={"flip": self.options.flip, "limbs": self.options.limbs, "blend": 1.0, "solver": self.solver},
        )
        return PoseAsset(
            name=picture.path.stem,
            channels=plan.channels,
            description=description_of(record),
            author=self.author,
            tags=tags_of(record, BODY_JOINTS),
            preview=_preview(result.found.image, seen),
            record=record,
            slot=armature.name,
        )

    def _solved(self, path: Path) -> Job[tuple[Kind, PhotoResult]]:
        """The most prominent person of a photo, or figure of a drawing, whichever it is."""
        from ..backend import pipeline, sketch_pipeline
        from ..backend.detect.drawing_or_photo import looks_drawn
        from ..backend.detect.image import load_picture

        if looks_drawn(load_picture(path).pixels) >= 0.5:
            figures = yield from sketch_pipeline.find_figures(path, self.models)
            return "sketch", (yield from sketch_pipeline.solve_figure(figures, 0, self.models))
        people = yield from pipeline.find_people(path, self.models)
        return "photo", (yield from pipeline.solve_person(people, 0, self.models, solver=self.solver))


def make_assets(work: LibraryWork, catalog_of: Callable[[str], str]) -> list[bpy.types.Action]:
    """The assets of all that is done; `catalog_of` gives the identity of a catalogue by its path.

    Raises:
        ContrappostoError: as `catalog_of`; nothing is left behind.
    """
    made: list[bpy.types.Action] = []
    try:
        for picture, asset in work.made:
            made.append(make_asset(replace(asset, catalog=catalog_of(picture.catalog))))
    except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
        bpy.data.batch_remove(made)
        raise
    return made


def known_assets(actions: Iterable[bpy.types.Action]) -> Known:
    """What these pose assets were made of, and for which rigs."""
    found: set[tuple[str, str]] = set()
    for action in actions:
        if action.asset_data is None:
            continue
        try:
            records = provenance_of(action).records
        except ContrappostoError:  # made by others, or damaged: it stands for nothing
            continue
        found |= {(r.source.hash.sha256, r.rig) for r in records if r.source is not None and r.source.hash is not None}
    return frozenset(found)


def _preview(image: ImageArray, person: Observation) -> FloatArray:
    """The square around a person."""
    box = figure_box(person)
    return square_thumbnail(image, square_around(box, image), size=PREVIEW_PX, margin=0.0)
