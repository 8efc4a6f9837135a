"""What operators share: they say in words why they are disabled and why they failed, in the language of the artist."""

from __future__ import annotations

import re
from typing import Any, Final

import bpy

from ..backend.errors import ContrappostoError
from ..translations.words import iface_, n_, rpt_
from .failures import refused

NUMBERED_STAGES: Final = (
    n_("Finding the joints of person {} of {}"),
    n_("Finding the keypoints of person {} of {}"),
    n_("Going to frame {}"),
)
"""What jobs say with numbers in it, as it is looked up: each number left open."""
_NUMBER: Final = re.compile(r"\d+")


def as_sentence(reason: str) -> str:
    """A reason, which has no full stop, as a sentence in the artist's language."""
    return iface_("{reason}.").format(reason=rpt_(reason))


def stage_in_words(stage: str) -> str:
    """What a job does now, in the artist's language."""
    words = iface_(_NUMBER.sub("{}", stage))
    for number in _NUMBER.findall(stage):
        words = words.replace("{}", number, 1)
    return words


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
            operator.poll_message_set(rpt_(reason))
        return reason is None

    def refuse(self, error: ContrappostoError) -> set[str]:
        """Report an error that the artist can do something about; the operator's answer."""
        operator: Any = self
        refused(operator)
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
