"""A motion solved again from its video: from what is kept of it, or by reading it once more."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..backend.errors import InputError
from ..backend.job import Job
from ..preferences import Settings
from ..translations.words import rpt_
from .again_work import file_of, option, recorded_options, trouble_with_file
from .session import session
from .target import go_to
from .video_keying import Keying, key_new, planned_motion, relaxed_fingers
from .video_memory import VideoRun
from .video_result import keyed_in_words, write_keys, write_run
from .video_work import SeveralPeople, VideoWork

if TYPE_CHECKING:
    import bpy

    from ..backend.provenance import Record
    from .target import Target


class AgainVideo:
    """A motion on the Action that the armature has."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def trouble(self) -> str:
        """The video may be gone, or another one."""
        return trouble_with_file(self.record)

    def job(self, target: Target, context: bpy.types.Context, chosen: Settings) -> Job[Any]:
        from ..backend.detect.clip import Clip

        record, render = self.record, context.scene.render
        start, end, step = (
            int(option(record, name, default)) for name, default in (("start", 0), ("end", 0), ("step", 1))
        )
        clip = Clip(
            file_of(record),
            start,
            end or None,
            max(step, 1),
            record_number(record, "fps") or render.fps / render.fps_base,
        )
        self._work = VideoWork(
            clip,
            max(record.person, 1),
            ask=False,
            chosen=chosen,
            camera_motion=bool(option(record, "camera_motion", False)),
        )
        self._options = replace(recorded_options(record, frame=target.frame), in_place=False)
        self._keying = recorded_keying(record)
        solved = yield from self._work.job()
        if isinstance(solved, SeveralPeople):  # not when somebody is named
            raise InputError(rpt_("It is not noted whose motion it was. Pose from the video anew."))
        with ExitStack() as shown:
            planned = yield from planned_motion(
                target,
                solved.result.raw,
                self._keying,
                options=self._options,
                before_planning=lambda: self._show_before(target, shown),
            )
        return solved, planned

    def key(self, target: Target, result: Any, *, began: float) -> str:
        """Into the Action that the armature has now, in the place of the keys of then."""
        armature, scene = target.find()
        solved, planned = result
        path = file_of(self.record)
        report, made, before = key_new(armature, planned, self._keying, name=path.stem)
        fingers = relaxed_fingers(planned.plan)
        run = VideoRun(solved.result, target, self._request(path), self._options, before, fingers, solved.seconds)
        session.videos.keep(run)
        write_run(scene, run)
        write_keys(scene, run, planned, report=report, made=made, keying=self._keying)
        outcome: Any = scene
        return keyed_in_words(outcome.contrapposto.video.result)

    def _request(self, path: Path) -> dict[str, Any]:
        names = {"start": 0, "end": 0, "step": 1}
        asked = {name: int(option(self.record, name, default)) for name, default in names.items()}
        turns = bool(option(self.record, "camera_motion", False))
        return {"filepath": str(path), **asked, "fps": record_number(self.record, "fps"), "camera_motion": turns}

    def _show_before(self, target: Target, shown: ExitStack) -> None:
        """See the rig where the motion begins, as it was."""
        from ..rig.provenance import only_selected, shown_before

        armature, scene = target.find()
        shown.callback(go_to, scene, scene.frame_current_final)
        go_to(scene, target.frame)
        shown.enter_context(shown_before(armature, self.record.before))
        shown.enter_context(only_selected(armature, self.record.bones))


def record_number(record: Record, name: str) -> float:
    """A number of the settings, or 0."""
    value = record.settings.get(name, 0.0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def recorded_keying(record: Record) -> Keying:
    """How the motion was finished and keyed; always into the Action that holds the keys now."""
    default = Keying()
    known = {field.name: record.settings.get(field.name) for field in fields(Keying)}
    fitting: dict[str, Any] = {name: value for name, value in known.items() if _like(value, getattr(default, name))}
    fitting["destination"] = "CURRENT"
    return Keying(**fitting)


def _like(value: Any, example: Any) -> bool:
    """Whether a value is of the kind that belongs in the place of another."""
    if isinstance(example, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(example, bool)
    return isinstance(value, (int, float)) if isinstance(example, float) else isinstance(value, type(example))
