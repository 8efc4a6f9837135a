"""A sentence poses the active armature, or changes the pose that it has; and the pose that it has in words."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job
from ..backend.outside import parse_json
from ..panels.options import draw_options
from ..preferences import remember_sentence, settings
from ..rig.overlay import redraw_views
from ..translations.words import n_, tip_
from .estimate_photo import PosesActiveArmature, PosesFromPicture, fill_options, key_options
from .last_photo import run_of, why_no_photo
from .modal_job import ModalJob
from .photo_result import write_result
from .session import PhotoRun, session
from .target import Target, go_to
from .telling import TellsWhy
from .ways import knowing_the_rig, load_posing

if TYPE_CHECKING:
    from ..backend.pose_sequence import PoseSequence
    from ..backend.text.language import Program
    from ..backend.text_pipeline import TextRequest, TextResult
    from ..rig.pose_plan import KeyOptions

OPERATOR: Final = "contrapposto.text"
NO_SENTENCE: Final = "Type a sentence first, such as “sitting, right hand on the head”."
NO_WORDS_POSED: Final = n_("Pose from a sentence first")
NOT_OF_WORDS: Final = n_("The pose on the rig was not made from a sentence")


def shown_pose(target: Target) -> PoseSequence:
    """The pose in which the target is shown.

    Raises:
        ContrappostoError: it is gone, or its pose cannot be read.
    """
    from ..rig.motion import read_pose

    return read_pose(target.find()[0])


class CONTRAPPOSTO_OT_text(PosesFromPicture, bpy.types.Operator):
    """Pose the active armature as a sentence says, and key the pose at the playhead"""

    bl_idname = OPERATOR
    bl_label = "Pose from Text"
    bl_options = {"REGISTER", "UNDO"}
    job_title = "Pose from Text"

    prompt: StringProperty(name="Sentence", description="The pose in words", options={"SKIP_SAVE"})
    edit: BoolProperty(
        name="Edit Current Pose",
        description="The sentence says how to change the pose that the rig has; all else stays as it is",
        options={"SKIP_SAVE"},
    )
    alternatives: IntProperty(
        name="Alternatives",
        description="How many poses to make, to choose among them",
        min=1,
        max=16,
        default=4,
        options={"SKIP_SAVE"},
    )
    seed: IntProperty(name="Seed", description="Another number makes other poses", min=0, options={"SKIP_SAVE"})
    understood: StringProperty(
        name="Understood",
        description="The sentence in the pose language, as JSON; without it, it is understood now",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Says whether the pose is new."""
        if properties.edit:
            return tip_("Change the pose that the active armature has as a sentence says; all else stays as it is")
        return tip_(str(cls.__doc__))

    @property
    def posed_by(self) -> str:
        return OPERATOR  # at run time `bl_idname` is Blender's own form of it

    @property
    def request(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("prompt", "edit", "alternatives", "seed")}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up; without a sentence, ask for one first."""
        fill_from_scene(self, context)
        if not self.prompt.strip():
            bpy.ops.contrapposto.text_ask("INVOKE_DEFAULT", edit=self.edit)
            return {"INTERFACE"}
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end."""
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        if not self.prompt.strip() and not self.understood:
            raise InputError(NO_SENTENCE)
        self._target = Target.of(context)
        return knowing_the_rig(self._target, self._job_of(context))

    def _job_of(self, context: bpy.types.Context) -> Job[TextResult]:
        chosen, target = settings(context), self._target
        from ..backend import text_pipeline

        request = text_pipeline.TextRequest(
            sentence=self.prompt,
            edit=self.edit,
            alternatives=self.alternatives,
            seed=self.seed,
            program=self._program(),
            language_model=chosen.language_model(),
        )
        return (yield from text_pipeline.pose_from_text(request, session.models(chosen), lambda: shown_pose(target)))

    def _program(self) -> Program | None:
        """What was understood of this very sentence, as when the options are changed afterwards."""
        from ..backend.text.codec import program_from_json

        if not self.understood:
            return None
        try:
            kept = parse_json(self.understood)
        except InputError as error:
            raise InputError(f"What was understood cannot be read. {error}") from error
        of = kept.pop("of", None) if isinstance(kept, dict) else None
        return program_from_json(kept) if of in (None, [self.prompt, self.edit]) else None

    def keying(self, result: Any) -> KeyOptions:
        """An edit leaves alone what it does not change."""
        options = key_options(self, frame=self._target.frame)
        return options if result.current is None else options.for_edit()

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        answer = super().finish_job(context, result)
        if "FINISHED" in answer:
            from ..backend.text.codec import program_to_json

            kept = {**program_to_json(result.program), "of": [self.prompt, self.edit]}
            self.understood = json.dumps(kept)
            context.scene.contrapposto.text.prompt = self.prompt
            remember_sentence(context, self.prompt)
        return answer

    def _look_for_others(self, context: bpy.types.Context, run: PhotoRun) -> None:
        """All alternatives are there already."""

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.use_property_split = True
        for name in ("prompt", "edit", "alternatives", "seed"):
            layout.prop(self, name)
        draw_options(layout, self, of_picture=False)


def fill_from_scene(operator: Any, context: bpy.types.Context) -> None:
    """Take from the scene what the caller of the operator did not set."""
    fill_options(operator, context.scene.contrapposto.options)
    for name in ("prompt", "alternatives", "seed"):
        if not operator.properties.is_property_set(name):
            setattr(operator, name, getattr(context.scene.contrapposto.text, name))


class CONTRAPPOSTO_OT_text_ask(PosesActiveArmature, bpy.types.Operator):
    """Ask for a sentence and pose the active armature as it says"""

    bl_idname = "contrapposto.text_ask"
    bl_label = "Pose from Text"
    bl_options = {"INTERNAL"}

    prompt: StringProperty(name="Sentence", description="The pose in words", options={"SKIP_SAVE"})
    edit: BoolProperty(
        name="Edit Current Pose",
        description="The sentence says how to change the pose that the rig has; all else stays as it is",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open a field for the sentence."""
        self.prompt = self.prompt or context.scene.contrapposto.text.prompt
        operator, manager = self, context.window_manager
        return set(manager.invoke_props_dialog(operator, width=400))

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Hand the sentence to the operator that poses."""
        if not self.prompt.strip():
            return self.refuse(InputError(NO_SENTENCE))
        answer = bpy.ops.contrapposto.text("INVOKE_DEFAULT", prompt=self.prompt, edit=self.edit)
        return answer - {"RUNNING_MODAL"} or {"FINISHED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The field."""
        layout: Any = self.layout
        layout.activate_init = True
        layout.prop(self, "prompt", text="")
        layout.prop(self, "edit")


def why_no_sentence(context: bpy.types.Context) -> str | None:
    """In words, what keeps the last sentence from being solved again; None when nothing does. Cheap for `poll`."""
    result, run = context.scene.contrapposto.result, session.run_of(context.scene)
    if not result.summary:
        return NO_WORDS_POSED
    if not result.sentence or (run is not None and run.result.found is not None):
        return NOT_OF_WORDS
    return why_no_photo(context)


class CONTRAPPOSTO_OT_text_switch(TellsWhy, ModalJob, bpy.types.Operator):
    """Let what was understood count, or not, and solve the sentence again"""

    bl_idname = "contrapposto.text_switch"
    bl_label = "Switch Constraint"
    bl_options = {"REGISTER", "UNDO"}
    job_title = "Pose from Text"

    index: IntProperty(
        name="Constraint", description="Which one, counted from 1", min=1, default=1, options={"SKIP_SAVE"}
    )

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """The pose must be of a sentence, still known."""
        return why_no_sentence(context)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up."""
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end."""
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        run = run_of(context.scene)
        result: Any = run.result
        if self.index > len(result.constraints):
            raise InputError(f"There is no constraint {self.index}: {len(result.constraints)} were understood.")
        self._run = run
        request = result.again(result.request.switched_off ^ {self.index - 1})
        return self._solve(context, request, current=result.current)

    def _solve(self, context: bpy.types.Context, request: TextRequest, *, current: Any) -> Job[TextResult]:
        from ..backend import text_pipeline

        models = session.models(settings(context))
        return (yield from text_pipeline.pose_from_text(request, models, lambda: current))

    def changed_target(self) -> Target:
        return self._run.target

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        """Put the best pose in the place of the one that is on the rig."""
        before, began = self._run, time.perf_counter()
        armature, scene = before.target.find()
        outcome = scene.contrapposto.result
        on_rig = before.on_rig.with_readings([reading.poses for reading in result.estimates])
        report = on_rig.exchange(armature, 0, keyed=before.on_rig.keyed(outcome.reading - 1))
        go_to(scene, before.target.frame)
        run = PhotoRun(result, before.target, before.request, on_rig, operator=before.operator)
        session.keep_run(run)
        timings = {**result.timings_ms, "pose and key": (time.perf_counter() - began) * 1000.0}
        write_result(outcome, run, report=report, timings_ms=timings)
        redraw_views()
        self.report({"INFO"}, outcome.summary)
        return {"FINISHED"}


class CONTRAPPOSTO_OT_describe(PosesActiveArmature, bpy.types.Operator):
    """Say in words what pose the active armature has"""

    bl_idname = "contrapposto.describe"
    bl_label = "Describe Pose"
    bl_options = {"REGISTER", "UNDO"}

    seed: IntProperty(name="Seed", description="Another number words it differently", min=0, options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Describe it."""
        try:
            load_posing()
            from ..backend.text_pipeline import described_pose

            words = described_pose(shown_pose(Target.of(context)), seed=self.seed)
        except ContrappostoError as error:
            return self.refuse(error)
        context.scene.contrapposto.text.description = words
        self.report({"INFO"}, words)
        return {"FINISHED"}


class CONTRAPPOSTO_OT_take_sentence(bpy.types.Operator):
    """Take this sentence into the field"""

    bl_idname = "contrapposto.take_sentence"
    bl_label = "Take Sentence"
    bl_options = {"INTERNAL", "UNDO"}

    sentence: StringProperty(name="Sentence", description="The pose in words", options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Take it."""
        context.scene.contrapposto.text.prompt = self.sentence
        return {"FINISHED"}


CLASSES: Iterable[type] = (
    CONTRAPPOSTO_OT_text,
    CONTRAPPOSTO_OT_text_ask,
    CONTRAPPOSTO_OT_text_switch,
    CONTRAPPOSTO_OT_describe,
    CONTRAPPOSTO_OT_take_sentence,
)
