"""What operators have in common: they say in words why they are disabled, and why they failed."""

from __future__ import annotations

from typing import Any

import bpy

from ..backend.errors import ContrappostoError


class TellsWhy:
    """Mixin of an operator whose `why_not` decides whether it is enabled."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """In words, without a full stop, what keeps the operator from running; None when nothing does."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing may keep it from running; Blender shows the reason otherwise."""
        reason = cls.why_not(context)
        operator: Any = cls
        if reason is not None:
            operator.poll_message_set(reason)
        return reason is None

    def refuse(self, error: ContrappostoError) -> set[str]:
        """Report an error that the artist can do something about; the operator's answer."""
        operator: Any = self
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
