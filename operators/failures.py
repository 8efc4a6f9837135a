"""What went wrong last, and the report of it: what operators note when they fail; shows nothing."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import ContrappostoError
from ..backend.job import run_job
from ..translations.words import n_
from .session import session

if TYPE_CHECKING:  # what takes something private out is loaded when something went wrong
    from ..backend.masking import Secrets
    from ..backend.report import Section

PRIVATE: Final = {
    "filepath": "<the file>",
    "prompt": "<the sentence>",
    "words": "<the words>",
    "sentence": "<the sentence>",
}
"""Properties of operators whose values are the artist's own, and what stands for them."""
NO_MEMORY: Final = n_(
    "Close other programs, choose a smaller picture or CPU as the device in the preferences, and try again."
)
NO_PLACE: Final = n_("Check that the disk has space and that the folder can be written, and try again.")
NO_PACKAGE: Final = n_(
    "Reinstall the extension for your system. Check Installation in the settings tells what is missing."
)
UNCHANGED: Final = n_("Nothing was changed: pose, keys and actions are as they were.")
A_BUG: Final = n_("This is a fault of the add-on. Copy the report and send it; save your file, and go on.")


@dataclass(frozen=True)
class Trouble:
    """Something that failed.

    Attributes:
        title: what was being done.
        on: on what input, in words.
        sentence: what failed.
        advice: what to do now; nothing where the sentence says it.
        sections: what the report says of it, as it was then.
        others: what is private in it, and what stands for that.
        model_folder: the user's model folder then.
        is_expected: the artist can do something about it.
    """

    title: str
    on: str
    sentence: str
    advice: str
    sections: tuple[Section, ...]
    others: Mapping[str, str]
    model_folder: Path | None
    is_expected: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """What a dialog says."""
        unchanged = "" if self.is_expected else UNCHANGED
        return tuple(line for line in (self.sentence, unchanged, self.advice) if line)


def note(line: str) -> None:
    """Keep a line for the report's log."""
    session.log.append(f"{time.strftime('%H:%M:%S')} {line}")


def remember(operator: Any, context: bpy.types.Context, error: BaseException) -> Trouble:
    """Keep an error as what went wrong last."""
    from ..backend.report import Section, traceback_section
    from ..preferences import settings

    title, on = title_of(operator), input_words(operator)
    is_expected = isinstance(error, ContrappostoError)
    sentence = str(error) if is_expected else f"{title} failed{f' on {on}' if on else ''}: {_in_a_line(error)}"
    note(f"{title}: {'refused' if is_expected else 'failed'}: {_in_a_line(error)}")
    chosen = settings(context)
    job = session.job
    what = (
        f"operator {operator.bl_idname}",
        f"input: {input_kind(operator)}",
        f"stage: {job.stage if job else 'none'}",
    )
    sections = (
        Section("What went wrong", (sentence,)),
        Section("Last job", what),
        Section("Rig", _fingerprint(context)),
        Section("Settings", (*_settings_lines(chosen), *_options_lines(operator))),
        traceback_section(error),
        Section("Log", tuple(session.log)),
    )
    advice = "" if is_expected else advice_for(error)
    others = {value: PRIVATE[name] for name, value in _private(operator).items()}
    others |= {on: PRIVATE["filepath"]} if "filepath" in _private(operator) else {}
    found = Trouble(title, on, sentence, advice, sections, others, chosen.model_folder, is_expected)
    session.trouble = found
    return found


def refused(operator: Any) -> None:
    """Keep the error that is being handled, where it is one of ours."""
    error = sys.exception()
    if isinstance(error, ContrappostoError) and hasattr(operator, "bl_idname"):
        remember(operator, bpy.context, error)


def report_text(context: bpy.types.Context) -> str:
    """The report of what went wrong last, or of the installation alone."""
    from ..backend.cli_doctor import findings_section
    from ..backend.report import Section, models_section, render, versions_section
    from ..backend.weights.registry import model_entries
    from ..backend.weights.state import model_state
    from ..preferences import settings

    chosen, trouble = settings(context), session.trouble
    folder = chosen.model_folder if trouble is None else trouble.model_folder
    states = [run_job(model_state(entry, folder)) for entry in model_entries().values()]
    facts = () if trouble is None else trouble.sections
    checks = (findings_section(session.findings),) if session.findings else ()
    sections = (
        *facts[:1],
        versions_section(blender=bpy.app.version_string),
        Section("Device", _device_lines(chosen.device)),
        models_section(states),
        *facts[1:],
        *checks,
    )
    return render(sections, secrets_of(context, {} if trouble is None else trouble.others))


def secrets_of(context: bpy.types.Context, others: Mapping[str, str]) -> Secrets:
    """What is private here: of the computer, in the preferences, and names of the file's own."""
    from ..backend.masking import Secrets
    from ..preferences import settings

    chosen = settings(context).language
    keys = (chosen.key, os.environ.get(chosen.key_variable, ""), chosen.server)
    names = {bpy.data.filepath: "<the .blend>", Path(bpy.data.filepath).name: "<the .blend>"}
    if context.active_object is not None:
        names[context.active_object.name] = "<the rig>"
    names |= {
        bone.name: "<bone>"
        for bone in _bones(context)
        if any(letter.isdigit() or letter in "._:- " for letter in bone.name)
    }
    return Secrets.here(keys=[key for key in keys if "localhost" not in key], others={**names, **others})


def advice_for(error: BaseException) -> str:
    """What to do now about an error that nobody expected."""
    words = f"{type(error).__name__} {error}".lower()
    if isinstance(error, MemoryError) or "out of memory" in words or "outofmemory" in words:
        return NO_MEMORY
    if isinstance(error, ImportError):
        return NO_PACKAGE
    return NO_PLACE if isinstance(error, OSError) else A_BUG


def title_of(operator: Any) -> str:
    """What an operator is called."""
    return str(getattr(operator, "job_title", "") or getattr(operator, "bl_label", "") or type(operator).__name__)


def input_words(operator: Any) -> str:
    """What an operator works on, as its artist knows it."""
    given = _private(operator)
    path = given.get("filepath")
    if path:
        return Path(path.replace("\\", "/")).name
    words = given.get("prompt") or given.get("sentence") or ""
    return f"“{words[:60]}{'…' if len(words) > 60 else ''}”" if words else ""


def input_kind(operator: Any) -> str:
    """The same without what is the artist's own: the kind of file and its size, or how long a sentence is."""
    given = _private(operator)
    path = given.get("filepath")
    if path:
        file = Path(bpy.path.abspath(path))
        size = f"{file.stat().st_size} bytes" if file.is_file() else "not there"
        return f"a file {file.suffix.lower()[:8] or 'without an ending'}, {size}"
    words = given.get("prompt") or given.get("sentence") or ""
    return f"a sentence of {len(words)} letters" if words else "none"


def _private(operator: Any) -> dict[str, str]:
    values = {name: getattr(operator, name, "") for name in PRIVATE}
    return {name: value for name, value in values.items() if isinstance(value, str) and value.strip()}


def _in_a_line(error: BaseException) -> str:
    from ..backend.masking import Secrets, mask

    words = " ".join(str(error).split())
    return mask(f"{type(error).__name__}: {words[:240]}" if words else type(error).__name__, Secrets.here())


def _bones(context: bpy.types.Context) -> Any:
    active = context.active_object
    return active.data.bones if active is not None and active.type == "ARMATURE" else ()


def _fingerprint(context: bpy.types.Context) -> tuple[str, ...]:
    from ..rig.fingerprint import fingerprint

    try:
        return fingerprint(context.active_object)
    except (AttributeError, ReferenceError, RuntimeError) as error:  # a rig that cannot even be counted
        return (f"cannot be read: {type(error).__name__}",)


def _settings_lines(chosen: Any) -> tuple[str, ...]:
    """Choices, and whether folders are named; not which."""
    named = ("model_folder", "smpl_folder", "detector_file", "regressor_file")
    own = [name for name in named if getattr(chosen, name) is not None]
    return (
        f"device {chosen.device}, solver {chosen.solver}, language model {chosen.language.kind}",
        f"of the user's own: {', '.join(own) or 'nothing'}; online access {'on' if bpy.app.online_access else 'off'}",
    )


def _options_lines(operator: Any) -> tuple[str, ...]:
    """The operator's numbers and choices."""
    properties: Any = getattr(operator, "properties", None)
    if not hasattr(properties, "bl_rna"):
        return ()
    kept = [
        each.identifier for each in properties.bl_rna.properties if each.type in {"BOOLEAN", "INT", "FLOAT", "ENUM"}
    ]
    return (", ".join(f"{name} {getattr(properties, name)!s:.40}" for name in kept) or "no options",)


def _device_lines(device: str) -> tuple[str, ...]:
    """What was chosen; what torch runs on only where it is loaded already, for loading it takes seconds."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return (f"chosen: {device}; torch is not loaded",)
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA"
    return (f"chosen: {device}; torch {torch.__version__}, {name}, {torch.get_num_threads()} threads",)
