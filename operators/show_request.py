"""Shows what a language model on a server would be asked, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, StringProperty

from ..backend.errors import ContrappostoError
from ..preferences import PACKAGE, settings
from ..translations.words import iface_, n_
from .estimate_photo import PosesActiveArmature
from .estimate_text import shown_pose
from .target import Target

NO_SERVER: Final = n_("No language model's server is chosen in the preferences")
LINES: Final = 40
LETTERS: Final = 110
"""Of the request, so that it fits on a screen."""


class CONTRAPPOSTO_OT_show_request(PosesActiveArmature, bpy.types.Operator):
    """Show what the language model would be sent for the sentence in the field; nothing is sent"""

    bl_idname = "contrapposto.show_request"
    bl_label = "Show Request"
    bl_options = {"INTERNAL"}

    prompt: StringProperty(name="Sentence", description="The pose in words", options={"SKIP_SAVE"})
    edit: BoolProperty(
        name="Edit Current Pose",
        description="The sentence says how to change the pose that the rig has; all else stays as it is",
        options={"SKIP_SAVE"},
    )
    _lines: Any = ()

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """A server must be chosen in the preferences, and an armature be active."""
        return super().why_not(context) or (None if asks_server(context) else NO_SERVER)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show it in a window of its own, and put it on the clipboard."""
        try:
            request = self._request(context)
        except ContrappostoError as error:
            return self.refuse(error)
        self._lines = request.splitlines()
        context.window_manager.clipboard = request
        operator, manager = self, context.window_manager
        return set(manager.invoke_popup(operator, width=700))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Report it."""
        try:
            self.report({"INFO"}, self._request(context))
        except ContrappostoError as error:
            return self.refuse(error)
        return {"FINISHED"}

    def _request(self, context: bpy.types.Context) -> str:
        from ..backend.text.llm import request_preview
        from ..backend.text_pipeline import TextRequest, question_of

        target = Target.of(context)
        sentence = self.prompt or context.scene.contrapposto.text.prompt
        question = question_of(TextRequest(sentence, self.edit), lambda: shown_pose(target))
        return request_preview(question, settings(context).language.server_settings())

    def draw(self, _context: bpy.types.Context) -> None:
        """The request, as much of it as fits on a screen."""
        layout: Any = self.layout
        layout.label(text="What would be sent; all of it is on the clipboard", icon="COPYDOWN")
        column = layout.column(align=True)
        column.scale_y = 0.7
        for line in self._lines[:LINES]:
            column.label(text=line[:LETTERS], translate=False)
        if len(self._lines) > LINES:
            more = iface_("... {count} more lines").format(count=len(self._lines) - LINES)
            column.label(text=more, translate=False)


def asks_server(context: bpy.types.Context) -> bool:
    """Whether a server was chosen as the language model."""
    addon = context.preferences.addons.get(PACKAGE)
    return addon is not None and addon.preferences is not None and addon.preferences.language == "SERVER"


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_show_request,)
