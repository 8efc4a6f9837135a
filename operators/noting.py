"""Notes on the Action where keys came from, right after they were keyed, so that one undo takes both away."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import InputError
from ..backend.provenance import Kind, Record, Source
from ..backend.provenance_json import MOST_TEXT, MOST_UNDERSTOOD
from ..backend.provenance_models import models_of
from ..backend.source_hash import SourceHash, hash_bytes, hash_file, hash_sequence
from ..backend.version import package_version
from ..preferences import Settings, settings
from .session import stamp_of

if TYPE_CHECKING:
    from ..rig.motion_keys import MotionReport
    from ..rig.pose_plan import KeyReport
    from .session import PhotoRun
    from .video_keying import Keying, PlannedMotion
    from .video_memory import VideoRun

OPERATOR_KINDS: Final[dict[str, Kind]] = {
    "contrapposto.photo": "photo",
    "contrapposto.sketch": "sketch",
    "contrapposto.sketch_strokes": "strokes",
    "contrapposto.text": "text",
    "contrapposto.video": "video",
}
_NOT_SETTINGS: Final = frozenset({"filepath", "person", "prompt", "seed"})
"""Of an operator's properties, those that have a place of their own in a record."""


def note_picture(run: PhotoRun, index: int, report: KeyReport) -> None:
    """Note that a reading, counted from 0, of a picture, strokes or a sentence was keyed.

    Raises:
        RigError: the armature is gone.
    """
    armature, _ = run.target.find()
    from ..rig.channel_plan import action_frame
    from ..rig.provenance import before_from, note, rig_facts, slot_of

    action, result = bpy.data.actions[report.action], run.result
    kind = OPERATOR_KINDS[run.operator]
    frame = action_frame(armature, run.target.frame)
    fingerprint, bones = rig_facts(armature)
    options = run.on_rig.options
    begins_with = options.blend < 1.0 or options.keep_unseen or options.only_changed
    before = run.on_rig.before(run.on_rig.keyed(index)) if begins_with else {}
    record = Record(
        kind=kind,
        frames=(frame, frame),
        slot=slot_of(action, armature),
        made=now_in_words(),
        addon=package_version(),
        source=_source_of(run, kind),
        sentence=(run.request.get("prompt", "") or run.request.get("words", ""))[:MOST_TEXT],
        models=models_now(kind, settings(bpy.context)),
        seed=run.request.get("seed"),
        person=0 if result.found is None else result.person + 1,
        reading=index + 1,
        settings=_plain(run.request) | preferences_now(settings(bpy.context)),
        rig=fingerprint,
        bone_map=bones,
        before=before_from(before) if before else None,
        moved={} if run.correction is None else dict(run.correction.moved),
        bones=report.bones if options.selected_only else (),
        **_of_sentence(result),
    )
    note(action, record)


def note_motion(run: VideoRun, planned: PlannedMotion, *, keying: Keying, report: MotionReport) -> None:
    """Note that the motion of somebody in a video was keyed.

    Raises:
        RigError: the armature is gone.
    """
    armature, _ = run.target.find()
    from ..rig.provenance import before_from, note, rig_facts, slot_of, stored_path

    plan, options, path = planned.plan.plan, run.options, run.request["filepath"]
    action = bpy.data.actions[report.keyed.action]
    fingerprint, bones = rig_facts(armature)
    record = Record(
        kind="video",
        frames=(plan.frame, plan.frame + plan.frames - 1.0),
        slot=slot_of(action, armature),
        made=now_in_words(),
        addon=package_version(),
        source=Source(stored_path(path), known_hash(Path(bpy.path.abspath(path)))),
        models=models_now("video", settings(bpy.context)),
        person=run.result.person + 1,
        settings=_plain(run.request) | _plain(asdict(options)) | _plain(asdict(keying)),
        rig=fingerprint,
        bone_map=bones,
        bones=report.keyed.bones if options.selected_only else (),
        before=before_from(run.before.values) if options.blend < 1.0 or options.keep_unseen else None,
    )
    note(action, record)


def known_hash(path: Path) -> SourceHash | None:
    """What a file or a numbered sequence is, or None where it cannot be read."""
    try:
        return hash_of_source(path)
    except InputError:
        return None


def hash_of_source(path: Path) -> SourceHash:
    """What a file, or the numbered sequence in a folder, is.

    Raises:
        InputError: it cannot be read.
    """
    if path.is_dir():
        from ..backend.detect.clip import Clip
        from ..backend.detect.image_sequence import open_sequence

        return hash_sequence([file for _, file in open_sequence(Clip(path)).files])
    stamp = stamp_of(path)
    return hash_file(path) if stamp is None else _hash_of_stamp(*stamp)


@lru_cache(maxsize=32)
def _hash_of_stamp(path: str, _changed_ns: int, _size: int) -> SourceHash:
    """A file that is the same is not read again: a slider keys a motion many times."""
    return hash_file(Path(path))


def models_now(kind: Kind, chosen: Settings) -> dict[str, str]:
    """The models that a kind of source is read with, by name, with the SHA-256 of each."""
    found = models_of(kind)
    for file in (chosen.detector_file, chosen.regressor_file) if kind == "photo" else ():
        own = None if file is None else known_hash(file)
        if file is not None and own is not None:
            found[file.name] = own.sha256
    return found


def preferences_now(chosen: Settings) -> dict[str, Any]:
    """What of the preferences changes a pose."""
    return {"solver": chosen.solver}


def now_in_words() -> str:
    """The time, such as `2026-11-30T05:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(properties: dict[str, Any]) -> dict[str, Any]:
    """Options as a record keeps them: numbers, words, and tuples of numbers."""
    plain = {}
    for name, value in properties.items():
        if name in _NOT_SETTINGS:
            continue
        if isinstance(value, str):
            plain[name] = value[:MOST_TEXT]
        else:
            plain[name] = value if isinstance(value, (bool, int, float)) else tuple(float(each) for each in value)
    return plain


def _source_of(run: PhotoRun, kind: Kind) -> Source | None:
    if kind == "text":
        return None
    if kind == "strokes":
        return Source("", hash_bytes(run.result.found.image.tobytes()))
    from ..rig.provenance import stored_path

    path = run.request["filepath"]
    return Source(stored_path(path), known_hash(Path(bpy.path.abspath(path))))


def _of_sentence(result: Any) -> dict[str, Any]:
    """What was understood of a sentence, so that no language model is asked again."""
    if result.found is not None:
        return {}
    from ..backend.text.codec import program_to_json

    understood = json.dumps(program_to_json(result.program))
    if len(understood) > MOST_UNDERSTOOD:  # it is understood anew then
        understood = ""
    return {"understood": understood, "switched_off": tuple(sorted(result.request.switched_off))}
