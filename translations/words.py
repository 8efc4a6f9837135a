"""Blender's own ways to translate, with types: labels (`iface_`), tooltips (`tip_`) and reports (`rpt_`).

`n_` changes nothing: it marks a text that is translated where it is used, so that it is found.
"""

from __future__ import annotations

from typing import Any

import bpy

_BLENDERS: Any = bpy.app.translations


def iface_(text: str, context: str | None = None) -> str:
    """A text of the interface, if the artist has that translated; of a button if `context` is "Operator"."""
    return str(_BLENDERS.pgettext_iface(text, context))


def tip_(text: str) -> str:
    """A tooltip, if the artist has these translated."""
    return str(_BLENDERS.pgettext_tip(text))


def rpt_(text: str) -> str:
    """A report, if the artist has these translated."""
    return str(_BLENDERS.pgettext_rpt(text))


def n_(text: str, _context: str = "*") -> str:
    """The text as it is."""
    return text
