"""Rows of options: of the scene in the section "Settings", or of an operator in its redo panel and file browser."""

from __future__ import annotations

from typing import Any

from ..translations.words import n_


def draw_options(layout: Any, source: Any, *, of_picture: bool = True) -> None:
    """Draw all options of a pose; not those that only make sense for a picture without one."""
    column = layout.column()
    draw_key_options(column, source)
    draw_unsure_options(column, source, of_picture=of_picture)


def draw_key_options(layout: Any, source: Any) -> None:
    """What is posed and keyed, and how."""
    column = layout.column()
    column.prop(source, "selected_only")
    column.prop(source, "flip")
    column.prop(source, "relax_hands")
    column.prop(source, "root_location")
    row = column.row()
    row.active = source.root_location
    row.prop(source, "in_place")
    column.row().prop(source, "limbs", expand=True)
    column.prop(source, "blend", slider=True)


def draw_unsure_options(layout: Any, source: Any, *, of_picture: bool = True) -> None:
    """What becomes of joints that a picture does not tell well."""
    column = layout.column()
    column.prop(source, "keep_unseen")
    column.prop(source, "only_sure")
    column.prop(source, "min_confidence", slider=True)
    if of_picture:
        column.prop(source, "readings")


def draw_motion_options(layout: Any, keying: Any, scene: Any) -> None:
    """How a motion is finished and keyed."""
    column = layout.column()
    column.prop(keying, "smoothing_hz", slider=True)
    column.prop(keying, "lock_feet")
    column.prop(keying, "in_place")
    column.prop(keying, "loop")
    column.row().prop(keying, "keys", expand=True)
    bounds = column.column(align=True)
    bounds.active = keying.keys == "REDUCED"
    bounds.label(text="Largest Error")
    bounds.prop(keying, "max_degrees", text="Degrees")
    bounds.prop(keying, "max_millimetres", text="Millimetres")
    column.label(text="Destination")
    column.prop(keying, "destination", text="")
    column.label(text="Hands Hold")
    for side, text in (("left_hand", n_("Left")), ("right_hand", n_("Right"))):
        column.prop_search(keying, side, scene, "objects", text=text, icon="OBJECT_DATA")
