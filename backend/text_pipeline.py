"""The way of a sentence: words -> pose language -> drafts -> poses. What follows is the same as for photos.

Needs numpy and scipy alone; torch and the text model add drafts for moods, roles and activities.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from .arrays import DoubleArray
from .errors import InputError, ModelError
from .job import Job, Progress, timed_job
from .pose_sequence import PoseSequence
from .text.idle import standing_poses
from .text.language import Change, Mirror, Program
from .text_readings import TextReading, readings_of

if TYPE_CHECKING:
    from .arrays import ImageArray
    from .runtime import ModelCache
    from .text.generator import SortedWords, TextGenerator
    from .text.llm import LlmRequest
    from .text.meaning import Constraint
    from .text.text_solver import TextPose

LanguageModel: TypeAlias = "Callable[[LlmRequest], Job[Program]]"
"""Asks the artist's own language model."""
Current: TypeAlias = Callable[[], PoseSequence]
"""Reads the pose that is to be changed, when it is needed."""
MOST_ALTERNATIVES: Final = 16
_STRANGE: Final = (
    "“{said}” is not understood: it names no part of the body, and no mood, role or activity that is known. Write for "
    "instance “left arm up, right hand on hip”, or “a tired old man”."
)
_LEFT_OUT: Final = "“{said}” names no mood, role or activity that is known, and is left out."
_MOODS: Final = (
    "“{said}” was left out of the change: words that name no part of the body only make new poses. Say which part does "
    "what, such as “lower the head”."
)
_NOTHING: Final = "Nothing has changed: the pose does this already, or can do no more of it."


@dataclass(frozen=True)
class TextRequest:
    """What is asked for.

    Attributes:
        sentence: in the artist's words.
        edit: it says how to change the current pose.
        alternatives: how many poses at most.
        seed: another one gives others.
        program: the sentence as it was understood before, or None to understand it now.
        switched_off: which of its constraints do not count.
        language_model: what understands it in the place of the grammar, or None.
        picture: (H, W, 3) RGB that the sentence goes with, for language models that see, or None.

    Raises:
        InputError: a number is out of range.
    """

    sentence: str
    edit: bool = False
    alternatives: int = 4
    seed: int = 0
    program: Program | None = None
    switched_off: frozenset[int] = frozenset()
    language_model: LanguageModel | None = None
    picture: ImageArray | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 1 <= self.alternatives <= MOST_ALTERNATIVES:
            raise InputError(f"Between 1 and {MOST_ALTERNATIVES} alternatives can be made, not {self.alternatives}.")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"A seed must lie between 0 and {2**31 - 1}, not {self.seed}.")


@dataclass(frozen=True)
class TextResult:
    """A sentence, solved; to the rest of the program what a `PhotoResult` of a picture is.

    Attributes:
        request: what was asked for.
        program: what was understood.
        constraints: what of it is measured, with a sentence each.
        estimates: the poses, never empty, the best first.
        current: the pose that was edited, or None.
        timings_ms: milliseconds of work, a stage each.
        notes: what the artist should know about it, in sentences.
        found: nothing: there is no picture.
    """

    request: TextRequest
    program: Program
    constraints: tuple[Constraint, ...]
    estimates: tuple[TextReading, ...]
    current: PoseSequence | None = None
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()
    found: None = None

    def again(self, switched_off: frozenset[int]) -> TextRequest:
        """The same, with other constraints switched off; it is not understood anew."""
        return replace(self.request, program=self.program, switched_off=switched_off)


def pose_from_text(request: TextRequest, models: ModelCache, current: Current | None = None) -> Job[TextResult]:
    """Poses that do what a sentence says.

    Args:
        request: the sentence and how it is to be solved.
        models: the loaded models.
        current: reads the pose that an edit begins with.

    Raises:
        InputError: nothing in the sentence can be posed, its words are about no person, or there is no pose to edit.
        ModelError: a model that was asked for cannot run.
        RigError: the current pose cannot be read.
    """
    timings: dict[str, float] = {}
    understood = yield from timed_job(_understood(request, current), timings, stage="understand")
    program, notes, now = understood
    drafts, more = yield from timed_job(_drafts(request, program, models=models, current=now), timings, stage="draft")
    solved = yield from timed_job(_solved(request, program, drafts=drafts, current=now), timings, stage="solve pose")
    estimates = yield from timed_job(_ranked(request, program, solved=solved, current=now), timings, stage="rank")
    constraints = tuple(solved[0].constraints)
    still = now is not None and estimates[0].poses.shown is not None and not estimates[0].poses.shown.any()
    notes = (*notes, *more, *((_NOTHING,) if still else ()))
    return TextResult(request, program, constraints, estimates, now, timings, notes)


def understand(request: TextRequest, current: Current | None = None) -> Job[tuple[Program, tuple[str, ...]]]:
    """The sentence in the pose language, and what the artist should know about how it was understood.

    A language model that fails is told of in a note, and the grammar takes its place.

    Raises:
        InputError: nothing in the sentence can be posed.
        RigError: the current pose cannot be read.
    """
    yield Progress("Loading", 0.0)  # the first time seventy modules: a third of a second of the processor
    from .text import grammar, text_solver  # noqa: F401  # pyright: ignore[reportUnusedImport]

    yield Progress("Reading the sentence", 0.0)
    if request.language_model is None:
        program = grammar.understand(request.sentence, edit=request.edit)
        return program, program.notes
    try:
        program = yield from _asked(request, current)
    except (ModelError, InputError) as error:
        program = grammar.understand(request.sentence, edit=request.edit)
        return program, (f"Understood without the language model: {error}", *program.notes)
    return program, program.notes


def is_edit(program: Program) -> bool:
    """Whether it changes a current pose."""
    return program.edit or needs_pose(program)


def needs_pose(program: Program) -> bool:
    """Whether it says more or less than now, or other sides; all else can be posed anew as well."""
    return any(isinstance(each, (Change, Mirror)) for each in program.elements)


def _understood(
    request: TextRequest, current: Current | None
) -> Generator[Progress, None, tuple[Program, tuple[str, ...], PoseSequence | None]]:
    """The program, notes, and the pose to edit where it edits one."""
    if request.program is None:
        program, notes = yield from understand(request, current)
    else:
        program, notes = request.program, request.program.notes
    if not is_edit(program):
        return program, notes, None
    if current is None and not (request.edit or needs_pose(program)):
        note = "Understood as a new pose: there is none to change."
        return replace(program, edit=False), (*notes, note), None
    if current is None:
        raise InputError(
            f"“{_shortened(request.sentence)}” says how to change a pose, and there is no pose to change. Choose "
            "Edit Current Pose, or give one with --edit."
        )
    if not request.edit:
        notes = (*notes, "Understood as a change of the current pose.")
    yield Progress("Reading the current pose", 0.2)
    return replace(program, edit=True), notes, current()


def _asked(request: TextRequest, current: Current | None) -> Job[Program]:
    """What the language model understands.

    Raises:
        ModelError, InputError: it cannot be asked, or its answer cannot be used.
        RigError: the current pose cannot be read.
    """
    assert request.language_model is not None
    return (yield from request.language_model(question_of(request, current)))


def question_of(request: TextRequest, current: Current | None) -> LlmRequest:
    """What a language model is told: the sentence, and the current pose in words where one may be changed.

    Raises:
        InputError: the sentence is empty or too long.
        RigError: the current pose cannot be read.
    """
    from .text.llm import LlmRequest

    described = "" if current is None else described_pose(current())
    return LlmRequest(request.sentence, described, edit=request.edit, picture=request.picture)


def model_in_folder(folder: Path, models: ModelCache) -> LanguageModel:
    """A language model that runs in this process."""

    def ask(question: LlmRequest) -> Job[Program]:
        loaded = yield from models.language_model(folder)
        return (yield from loaded.ask(question))

    return ask


def described_pose(poses: PoseSequence, *, seed: int = 0) -> str:
    """The first pose in words; another seed words it differently."""
    from .text import captioner

    return captioner.describe(np.asarray(poses.rotations[0], np.float64), rng=np.random.default_rng(seed))


def _drafts(
    request: TextRequest, program: Program, *, models: ModelCache, current: PoseSequence | None
) -> Generator[Progress, None, tuple[DoubleArray, tuple[str, ...]]]:
    """(A, 24, 3) poses to start from, and what the artist should know about them."""
    yield Progress("Drafting poses", 0.3)
    count, seed = request.alternatives, request.seed
    if current is not None:
        left_out = (_MOODS.format(said=_shortened(program.style.strip())),) if program.style.strip() else ()
        return np.repeat(np.asarray(current.rotations[:1], np.float64), count, axis=0), left_out
    if not program.style.strip():
        return standing_poses(count, seed=seed), ()
    try:
        yield Progress("Loading the text model", 0.3)
        generator = models.text_generator()
    except ModelError as error:
        note = f"“{_shortened(program.style)}” was left out, as no text model can run. {error}"
        return standing_poses(count, seed=seed), (note,)
    yield Progress("Drafting poses", 0.4)
    words = _words_of_people(request, program, generator)
    notes = tuple(_LEFT_OUT.format(said=_shortened(each)) for each in words.strange)
    if not words.known:
        return standing_poses(count, seed=seed), notes
    return generator.drafts(", ".join(words.known), count, seed=seed), notes


def _words_of_people(request: TextRequest, program: Program, generator: TextGenerator) -> SortedWords:
    """The words of style that a person can be drawn for, and the others.

    Where nothing names a part of the body, the sentence as a whole has to be about a person: a word of it may look like
    a pose or a mood by itself (`the lease ends in March`).

    Raises:
        InputError: it is not.
    """
    from .text.generator import SortedWords
    from .text.grammar.lexicon import names_part

    words = generator.sorted_words(program.style)
    # What a language model said, or the artist wrote as a program, was meant so.
    own = request.program is None and request.language_model is None
    judged = own and not (program.elements and names_part(request.sentence))
    if judged and not generator.sorted_words(request.sentence).known:
        raise InputError(_STRANGE.format(said=_shortened(request.sentence.strip())))
    return words if words.known or program.elements else SortedWords(words.strange)


def _solved(
    request: TextRequest, program: Program, *, drafts: DoubleArray, current: PoseSequence | None
) -> Job[list[TextPose]]:
    from .text import limb_starts, text_solver

    yield from limb_starts.prepared(program.elements)
    yield Progress("Posing", 0.4)
    now = None if current is None else np.asarray(current.rotations[0], np.float64)
    return (yield from text_solver.solve_text(program, drafts=drafts, current=now, switched_off=request.switched_off))


def _ranked(
    request: TextRequest, program: Program, *, solved: list[TextPose], current: PoseSequence | None
) -> Generator[Progress, None, tuple[TextReading, ...]]:
    yield Progress("Choosing among the poses", 0.95)
    return readings_of(solved, program, current=current, switched_off=request.switched_off, count=request.alternatives)


def _shortened(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
