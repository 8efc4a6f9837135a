"""Where operators, panels and callbacks end that fail as nobody expected: one dialog, and the report of it."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import bpy
from bpy.props import StringProperty

from ..backend.errors import ContrappostoError
from ..backend.files import write_atomically
from ..rig.callbacks import called_by_blender, is_guarded, mark, teller
from ..translations.words import iface_, n_, rpt_
from .failures import note, remember, report_text, title_of
from .modal_job import redraw_sidebars
from .session import session

WIDTH_PX: Final = 460
FILE_NAME: Final = "contrapposto-report.txt"
NO_TROUBLE: Final = n_("Nothing went wrong")
_MARK: Final = "_contrapposto_guarded"


BROKEN: Final = n_("This could not be drawn. See What Went Wrong.")


def guarded(cls: Any) -> Any:
    """A class whose errors end in the dialog: an operator's work, and whatever is drawn or asked at each redraw.

    Without a window an operator's errors are printed and raised. What is drawn tells of each error once, for it is
    drawn again and again. Blender looks at how many arguments a method takes, so each kind has a wrapper of its own.
    """
    if isinstance(cls, type):
        _guard_drawing(cls)
    if isinstance(cls, type) and issubclass(cls, bpy.types.Operator):
        for name in ("execute", "invoke", "modal"):
            method = getattr(cls, name, None)
            if callable(method) and hasattr(method, "__code__") and not hasattr(method, _MARK):
                wrapper = _of_execute(method) if name == "execute" else _of_event(method)
                setattr(wrapper, _MARK, True)
                setattr(cls, name, wrapper)
    return cls


def _of_execute(method: Any) -> Any:
    @wraps(method)
    def execute(self: Any, context: bpy.types.Context) -> set[str]:
        return _run(self, context, lambda: method(self, context))

    return execute


def _of_event(method: Any) -> Any:
    @wraps(method)
    def listen(self: Any, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return _run(self, context, lambda: method(self, context, event))

    return listen


def _guard_drawing(cls: Any) -> None:
    title = f"{'Drawing' if hasattr(cls, 'draw') else 'Asking'} {getattr(cls, 'bl_label', '') or cls.__name__}"
    for name in ("draw", "draw_header", "draw_header_preset"):
        method = getattr(cls, name, None)
        if callable(method) and hasattr(method, "__code__") and not is_guarded(method):
            setattr(cls, name, _of_draw(method, title, is_header=name != "draw"))
    for name, wrap in (("poll", _of_poll), ("poll_drop", _of_poll), ("description", _of_description)):
        method = getattr(getattr(cls, name, None), "__func__", None)
        if method is not None and hasattr(method, "__code__") and not is_guarded(method):
            setattr(cls, name, classmethod(wrap(method, title)))


def _of_draw(method: Any, title: str, *, is_header: bool) -> Any:
    @wraps(method)
    def draw(self: Any, context: bpy.types.Context) -> None:
        try:
            method(self, context)
        except Exception as error:  # noqa: BLE001  (told once, and not at every redraw)
            teller.once(title, error)
            if not is_header:
                self.layout.label(text=BROKEN, icon="ERROR")

    return mark(draw)


def _of_poll(method: Any, title: str) -> Any:
    @wraps(method)
    def poll(cls: Any, context: bpy.types.Context) -> bool:
        try:
            return bool(method(cls, context))
        except Exception as error:  # noqa: BLE001  (told once, and not at every redraw)
            teller.once(title, error)
            return False

    return mark(poll)


def _of_description(method: Any, title: str) -> Any:
    @wraps(method)
    def description(cls: Any, context: bpy.types.Context, properties: Any) -> str:
        try:
            return str(method(cls, context, properties))
        except Exception as error:  # noqa: BLE001  (told once, and not at every redraw)
            teller.once(title, error)
            return ""

    return mark(description)


@dataclass(frozen=True)
class _Callback:
    """Stands in a report where an operator does."""

    bl_label: str
    bl_idname: str = "none: Blender called it by itself"


def tell_of_callback(title: str, error: Exception) -> None:
    """Tell the artist of an error in what Blender calls by itself; the dialog opens a moment later.

    Not now: while something is drawn, nothing else can be opened.
    """
    remember(_Callback(title), bpy.context, error)
    traceback.print_exception(error)
    if not has_no_window():
        bpy.app.timers.register(called_by_blender("Showing what went wrong")(_show_later), first_interval=0.0)


def _show_later() -> None:
    show()
    redraw_sidebars(bpy.context)


def listen() -> None:
    """Tell of errors in callbacks in the dialog."""
    teller.forget()
    teller.tell = tell_of_callback


def listen_no_more() -> None:
    """Only print them."""
    teller.reset()


def _run(operator: Any, context: bpy.types.Context, work: Callable[[], set[str]]) -> set[str]:
    try:
        answer = work()
    except ContrappostoError as error:  # one that the operator should have told itself
        remember(operator, context, error)
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    except Exception as error:  # noqa: BLE001  (whatever it is, the artist is told and the report has all of it)
        return tell(operator, context, error)
    if "FINISHED" in answer and operator.bl_idname not in _OWN:
        note(f"{title_of(operator)}: done")
        if session.trouble is not None and session.trouble.title == title_of(operator):
            session.trouble = None
    return answer


def tell(operator: Any, context: bpy.types.Context, error: Exception) -> set[str]:
    """Tell the artist of an error; the operator's answer.

    Raises:
        Exception: the error itself where there is no window: it is printed, and whoever called must know.
    """
    known = session.trouble
    if known is not None and known.is_expected and str(error).strip() == f"Error: {known.sentence}":
        operator.report({"ERROR"}, known.sentence)  # an operator that this one called has told it
        return {"CANCELLED"}
    trouble = remember(operator, context, error)
    if has_no_window():
        sys.stderr.write("\n".join((*trouble.lines, "", report_text(context), "")))
        raise error
    traceback.print_exception(error)
    operator.report({"WARNING"}, trouble.sentence)
    show()
    redraw_sidebars(context)
    return {"CANCELLED"}


def has_no_window() -> bool:
    """Whether nobody would see a dialog."""
    return bpy.app.background or not len(bpy.context.window_manager.windows)


def show() -> None:
    """Open the dialog about what went wrong last, in the window that is in use or else in the first."""
    window = bpy.context.window or bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        bpy.ops.contrapposto.trouble("INVOKE_DEFAULT")


class NeedsTrouble:
    """Mixin of an operator about what went wrong last."""

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Something must have gone wrong."""
        operator: Any = cls
        if session.trouble is None:
            operator.poll_message_set(rpt_(NO_TROUBLE))
        return session.trouble is not None


class CONTRAPPOSTO_OT_trouble(NeedsTrouble, bpy.types.Operator):
    """Show what went wrong last, and what to do about it"""

    bl_idname = "contrapposto.trouble"
    bl_label = "What Went Wrong"
    bl_options = {"INTERNAL"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the dialog; it stays until it is closed."""
        operator: Any = self
        manager = context.window_manager
        title = iface_("Contrapposto: something went wrong")
        return set(
            manager.invoke_props_dialog(
                operator, width=WIDTH_PX, title=title, confirm_text=iface_("Copy Report", "Operator")
            )
        )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Its button copies the report."""
        bpy.ops.contrapposto.copy_report()
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        """What failed, what to do now, and the other ways to the report."""
        from ..panels.trouble import draw_dialog

        draw_dialog(self.layout, context, WIDTH_PX)


class CONTRAPPOSTO_OT_copy_report(bpy.types.Operator):
    """Put the report of what went wrong, or else of the installation, on the clipboard. Nothing private is in it"""

    bl_idname = "contrapposto.copy_report"
    bl_label = "Copy Report"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Copy it."""
        text = report_text(context)
        context.window_manager.clipboard = text
        words = rpt_("Report copied: {count} lines. Paste it where you ask for help")
        self.report({"INFO"}, words.format(count=len(text.splitlines())))
        return {"FINISHED"}


class CONTRAPPOSTO_OT_save_report(bpy.types.Operator):
    """Write the report of what went wrong, or else of the installation, to a text file. Nothing private is in it"""

    bl_idname = "contrapposto.save_report"
    bl_label = "Save Report"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(
        name="File", description="Where the report is written", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    check_existing: bpy.props.BoolProperty(
        name="Check Existing",
        description="Warn of a file that is there already",
        default=True,
        options={"HIDDEN", "SKIP_SAVE"},
    )
    filter_glob: StringProperty(
        name="Filter",
        description="Which files the file browser shows",
        default="*.txt",
        options={"HIDDEN", "SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask where."""
        self.filepath = self.filepath or FILE_NAME
        operator: Any = self
        context.window_manager.fileselect_add(operator)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it."""
        path = Path(bpy.path.abspath(self.filepath or FILE_NAME))
        try:
            with write_atomically(path) as partial:
                partial.write_text(report_text(context), "utf-8")
        except ContrappostoError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, rpt_("Report saved as {name}").format(name=path.name))
        return {"FINISHED"}


class CONTRAPPOSTO_OT_forget_trouble(NeedsTrouble, bpy.types.Operator):
    """Show no longer what went wrong"""

    bl_idname = "contrapposto.forget_trouble"
    bl_label = "Forget What Went Wrong"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Forget it."""
        session.trouble = None
        redraw_sidebars(context)
        return {"FINISHED"}


CLASSES: Iterable[type] = (
    CONTRAPPOSTO_OT_trouble,
    CONTRAPPOSTO_OT_copy_report,
    CONTRAPPOSTO_OT_save_report,
    CONTRAPPOSTO_OT_forget_trouble,
)
_OWN: Final = frozenset(
    f"CONTRAPPOSTO_OT_{name}" for name in ("trouble", "copy_report", "save_report", "forget_trouble")
)
