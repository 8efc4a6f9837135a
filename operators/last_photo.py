"""The photo whose result a scene shows, for whatever goes on from it."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..backend.errors import InputError
from ..translations.words import n_
from .modal_job import BUSY
from .session import PhotoRun, session
from .telling import TellsWhy

NO_PICTURE: Final = n_("The pose was made from a sentence: there is no picture behind it")
TOO_LONG_AGO: Final = n_("The photo's pose is no longer known: pose from the photo again")
DRAWING_TOO_LONG_AGO: Final = n_("The drawing's pose is no longer known: pose from the drawing again")
WORDS_TOO_LONG_AGO: Final = n_("The sentence's pose is no longer known: pose from the sentence again")


def too_long_ago(result: Any) -> str:
    """In words, that what posed the rig is gone, as when the file was opened anew: the photo, drawing or sentence."""
    if result.sentence:
        return WORDS_TOO_LONG_AGO
    return DRAWING_TOO_LONG_AGO if result.operator.startswith("contrapposto.sketch") else TOO_LONG_AGO


def why_no_photo(context: bpy.types.Context) -> str | None:
    """In words, what keeps the last photo from being used further; None when nothing does. Cheap enough for `poll`.

    A drawing or a sentence stands for the photo.
    """
    result = context.scene.contrapposto.result
    if not result.summary:
        return n_("Pose from a photo first")
    if session.job is not None:
        return BUSY
    if session.choosing is not None:
        return n_("A reading is being chosen: keep it, or go back")
    if session.correcting is not None:
        return n_("Keypoints are being corrected: press Enter or Esc in the view")
    return too_long_ago(result) if session.run_of(context.scene) is None else None


def why_no_picture(context: bpy.types.Context) -> str | None:
    """The same, of what needs the picture itself: a sentence has none."""
    reason, run = why_no_photo(context), session.run_of(context.scene)
    if reason == WORDS_TOO_LONG_AGO:
        return NO_PICTURE
    return NO_PICTURE if reason is None and run is not None and run.result.found is None else reason


class NeedsPhoto(TellsWhy):
    """Mixin of an operator that needs a photo which has posed a rig."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        return why_no_picture(context)


def run_of(scene: Any) -> PhotoRun:
    """The run whose result the scene shows.

    Raises:
        InputError: it is no longer known.
    """
    run = session.run_of(scene)
    if run is None:
        raise InputError(f"{too_long_ago(scene.contrapposto.result)}.")
    return run
