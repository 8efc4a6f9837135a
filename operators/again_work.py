"""How each kind of source is solved again from its record: what may be wrong with it, the work, and the keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..backend.errors import InputError
from ..backend.job import Job, Progress
from ..preferences import Settings, settings
from ..translations.words import rpt_
from .estimate_photo import picture_job
from .noting import OPERATOR_KINDS, hash_of_source
from .other_readings import can_wait, look_for_others
from .photo_result import write_result
from .session import PhotoRun, session
from .sketch_strokes import standing_in_view, stroke_job
from .target import go_to
from .ways import PHOTO, SKETCH, check_packages

if TYPE_CHECKING:
    import bpy

    from ..backend.provenance import Record
    from ..rig.pose_plan import KeyOptions
    from .target import Target

_OPTIONS: Final[dict[str, tuple[type, ...]]] = {
    "selected_only": (bool,),
    "root_location": (bool,),
    "in_place": (bool,),
    "flip": (bool,),
    "relax_hands": (bool,),
    "keep_unseen": (bool,),
    "only_sure": (bool,),
    "blend": (float, int),
    "min_confidence": (float, int),
    "limbs": (str,),
}


class Again(Protocol):
    """A result that is solved again from its `record`."""

    record: Record

    def trouble(self) -> str:
        """What is wrong with the source, in words; empty when it is what it was."""
        ...

    def job(self, target: Target, context: bpy.types.Context, chosen: Settings, /) -> Job[Any]:
        """The work, up to what is keyed; `target.frame` is where the keys stand."""
        ...

    def key(self, target: Target, result: Any, /, *, began: float) -> str:
        """Key it; says in words what was done.

        Raises:
            ContrappostoError: it cannot be keyed; nothing is changed.
        """
        ...


def again_of(record: Record) -> Again:
    """How to solve a record again."""
    if record.kind == "video":
        from .again_video import AgainVideo

        return AgainVideo(record)
    return {"photo": AgainPicture, "sketch": AgainPicture, "strokes": AgainStrokes, "text": AgainText}[record.kind](
        record
    )


def file_of(record: Record) -> Path:
    """Where the source is now.

    Raises:
        InputError: no file is noted, or it is gone.
    """
    from ..rig.provenance import found_path

    if record.source is None or not record.source.path:
        raise InputError(rpt_("No file is noted that the pose came from. Pose it anew."))
    path = found_path(record.source.path)
    if not path.exists():
        words = rpt_("The source {path} is not there. Put it back where it was, or pose from another one.")
        raise InputError(words.format(path=path))
    return path


def trouble_with_file(record: Record) -> str:
    """What is wrong with the file of a record, in words.

    Raises:
        InputError: it is gone or cannot be read.
    """
    path = file_of(record)
    known = None if record.source is None else record.source.hash
    now = hash_of_source(path)
    if known is None:
        return rpt_("It is not known what {name} was like when the pose was made.").format(name=path.name)
    if now.sha256 == known.sha256:
        return ""
    return rpt_("{name} is no longer the file that the pose was made from: its content has changed.").format(
        name=path.name
    )


def option(record: Record, name: str, default: Any) -> Any:
    """A setting of a record, if it is of the kind that it should be."""
    value = record.settings.get(name, default)
    return value if isinstance(value, _OPTIONS.get(name, (type(default),))) else default


def recorded_options(record: Record, *, frame: float) -> KeyOptions:
    """How it was keyed.

    Raises:
        InputError: a number is out of range.
    """
    from ..rig.pose_plan import KeyOptions

    sure = option(record, "min_confidence", 0.0) if option(record, "only_sure", True) else 0.0
    return KeyOptions(
        frame=frame,
        selected_only=option(record, "selected_only", False),
        root_location=option(record, "root_location", True),
        blend=float(option(record, "blend", 1.0)),
        in_place=option(record, "in_place", False),
        flip=option(record, "flip", False),
        limbs=option(record, "limbs", "FK"),
        relax_hands=option(record, "relax_hands", True),
        min_confidence=float(sure),
        keep_unseen=option(record, "keep_unseen", False),
    )


class _AgainStill:
    """What pictures, strokes and sentences have in common."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.operator = next(name for name, kind in OPERATOR_KINDS.items() if kind == record.kind)

    @property
    def request(self) -> dict[str, Any]:
        """The properties with which the operator would do the same again."""
        return {name: value for name, value in self.record.settings.items() if name != "solver"}

    @property
    def readings(self) -> int:
        """How many readings are looked for before one is keyed."""
        wanted = max(int(option(self.record, "readings", 1)), self.record.reading)
        waits = can_wait() and self.record.reading == 1 and not self.record.sentence.strip()
        return 1 if waits else min(wanted, 9)

    def options(self, _result: Any, *, frame: float) -> KeyOptions:
        return recorded_options(self.record, frame=frame)

    def look_for_others(self, run: PhotoRun) -> None:
        """Nothing more to find."""

    def key(self, target: Target, result: Any, *, began: float) -> str:
        from ..rig.provenance import only_selected, shown_before
        from ..rig.readings import RigReadings

        armature, scene = target.find()
        record, index = self.record, self.record.reading - 1
        correction = None
        if record.moved:
            from ..backend.correction import Correction

            correction = Correction(result, dict(record.moved))
            result = correction.result()
        if index >= len(result.estimates):
            words = rpt_("Reading {number} was posed, and only {count} are found now. Pose anew and choose.")
            raise InputError(words.format(number=index + 1, count=len(result.estimates)))
        options = self.options(result, frame=target.frame)
        on_rig = RigReadings([estimate.poses for estimate in result.estimates], options)
        with shown_before(armature, record.before) as written, only_selected(armature, record.bones):
            report = on_rig.pose(armature, index)
            written.update(on_rig.keyed(index))
        run = PhotoRun(result, target, self.request, on_rig, correction, operator=self.operator)
        session.keep_run(run)
        self.look_for_others(run)
        outcome: Any = scene.contrapposto.result
        timings = {**result.timings_ms, "pose and key": (time.perf_counter() - began) * 1000.0}
        write_result(outcome, run, report=report, timings_ms=timings, reading=index)
        return outcome.summary


class AgainPicture(_AgainStill):
    """A photo, or a file of a drawing."""

    def __init__(self, record: Record) -> None:
        super().__init__(record)
        self.way = PHOTO if record.kind == "photo" else SKETCH

    @property
    def request(self) -> dict[str, Any]:
        path = "" if self.record.source is None else self.record.source.path
        return {**super().request, "filepath": path}

    def trouble(self) -> str:
        return trouble_with_file(self.record)

    def job(self, _target: Target, _context: bpy.types.Context, chosen: Settings) -> Job[Any]:
        return picture_job(
            self.way,
            file_of(self.record),
            max(self.record.person, 1),
            ask=False,
            chosen=chosen,
            readings=self.readings,
            words=str(option(self.record, "words", "")),
        )

    def look_for_others(self, run: PhotoRun) -> None:
        """The other readings, while the artist goes on."""
        import bpy

        wanted, result = int(option(self.record, "readings", 1)), run.result
        if wanted > self.readings and result.found is not None:
            look_for_others(run, self.way.others(result, settings(bpy.context), readings=wanted))


class AgainStrokes(_AgainStill):
    """Strokes in the view, as they are drawn now."""

    _view: Any = None
    _picture: Any = None

    def trouble(self) -> str:
        """The strokes may be gone, or be others."""
        import bpy

        from ..backend.source_hash import hash_bytes

        self._look(bpy.context)
        known = None if self.record.source is None else self.record.source.hash
        if known is not None and hash_bytes(self._picture.pixels.tobytes()).sha256 == known.sha256:
            return ""
        return rpt_("The strokes are no longer those that the pose was made from.")

    def job(self, target: Target, context: bpy.types.Context, chosen: Settings) -> Job[Any]:
        self._look(context)
        assert self._picture is not None
        words = str(option(self.record, "words", ""))
        person = max(self.record.person, 1)
        job = stroke_job(self._picture, person, chosen=chosen, readings=self.readings, words=words)
        options = recorded_options(self.record, frame=target.frame)
        return standing_in_view(job, target, self._view, picture=self._picture, options=options)

    def look_for_others(self, run: PhotoRun) -> None:
        """The other readings, while the artist goes on."""
        import bpy

        wanted = int(option(self.record, "readings", 1))
        if wanted > self.readings:
            look_for_others(run, SKETCH.others(run.result, settings(bpy.context), readings=wanted))

    def _look(self, context: bpy.types.Context) -> None:
        """See the strokes as they were seen.

        Raises:
            InputError: there are none, or the view is not noted.
        """
        import numpy as np

        from ..backend.view_drawing import ViewOfRegion
        from ..rig.strokes import lines_of_scene

        noted = [option(self.record, name, ()) for name in ("view_matrix", "window_matrix", "region_size")]
        if [len(each) for each in noted] != [16, 16, 2]:
            raise InputError(rpt_("It is not noted from where the strokes were seen. Pose from them anew."))
        view, window = (np.array(each, np.float64).reshape(4, 4) for each in noted[:2])
        self._view = ViewOfRegion(view, window, int(noted[2][0]), int(noted[2][1]))
        frame = option(self.record, "camera_frame", ())
        source: Any = option(self.record, "source", "AUTO")
        lines = lines_of_scene(context, source, all_layers=bool(option(self.record, "all_layers", False)))
        self._picture = lines.picture(self._view, frame=frame if len(frame) == 4 else None)


class AgainText(_AgainStill):
    """A sentence, as it was understood then."""

    @property
    def request(self) -> dict[str, Any]:
        return {**super().request, "prompt": self.record.sentence, "seed": self.record.seed or 0}

    def trouble(self) -> str:
        """A sentence is what it was."""
        return ""

    def options(self, result: Any, *, frame: float) -> KeyOptions:
        options = recorded_options(self.record, frame=frame)
        return options if result.current is None else options.for_edit()

    def job(self, target: Target, _context: bpy.types.Context, chosen: Settings) -> Job[Any]:
        yield from check_packages()
        from ..backend import text_pipeline

        record = self.record
        request = text_pipeline.TextRequest(
            sentence=record.sentence,
            edit=bool(option(record, "edit", False)),
            alternatives=int(option(record, "alternatives", 4)),
            seed=record.seed or 0,
            program=self._program(),
            switched_off=frozenset(record.switched_off),
        )
        yield Progress("Loading", 0.0)
        models = session.models(chosen)
        return (yield from text_pipeline.pose_from_text(request, models, self._current(target)))

    def _program(self) -> Any:
        """What was understood.

        Raises:
            InputError: it is not in the pose language.
        """
        from ..backend.text.codec import program_from_json

        if not self.record.understood:
            return None
        try:
            return program_from_json(json.loads(self.record.understood))
        except (ValueError, RecursionError) as error:
            raise InputError(rpt_("What was understood of the sentence cannot be read. Pose from it anew.")) from error

    def _current(self, target: Target) -> Callable[[], Any]:
        """Reads the pose that an edit began with."""

        def read() -> Any:
            from ..rig.motion import read_pose
            from ..rig.provenance import shown_before

            armature, scene = target.find()
            playhead = scene.frame_current_final
            go_to(scene, target.frame)
            try:
                with shown_before(armature, self.record.before):
                    return read_pose(armature)
            finally:
                go_to(scene, playhead)

        return read
