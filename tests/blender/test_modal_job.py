"""The operator that runs a job: ticks, Cancel, failures, and what it puts back. Windows are played by stand-ins."""

import types

import bpy
import pytest


class Context:
    """The part of Blender's context that a modal job talks to, writing down what it is asked."""

    def __init__(self):
        self.log = []
        self.window = object()
        self.workspace = types.SimpleNamespace(name="no such workspace", status_text_set=self.note("status"))
        self.window_manager = types.SimpleNamespace(
            windows=(),
            progress_begin=self.note("begin"),
            progress_update=self.note("update"),
            progress_end=self.note("end"),
            event_timer_add=self.note("timer"),
            event_timer_remove=self.note("timer removed"),
            modal_handler_add=self.note("handler"),
        )

    def note(self, name):
        return lambda *_arguments, **_options: self.log.append(name)


TICK = types.SimpleNamespace(type="TIMER", value="NOTHING")
ESCAPE = types.SimpleNamespace(type="ESC", value="PRESS")
MOUSE = types.SimpleNamespace(type="MOUSEMOVE", value="NOTHING")


@pytest.fixture
def session(package):
    session = package("operators.session").session
    yield session
    assert session.job is None, "a job was left behind"


@pytest.fixture
def make_operator(package, session, monkeypatch):
    """An operator around a job; it counts what was finished and what was closed."""
    modal_job = package("operators.modal_job")
    monkeypatch.setattr(modal_job.bpy, "app", types.SimpleNamespace(background=False))

    class Operator(modal_job.ModalJob):
        job_title = "Test"

        def __init__(self, job, finish=None):
            self.job, self.finish = job, finish
            self.reports, self.results = [], []

        def report(self, kind, text):
            self.reports.append((*kind, text))

        def make_job(self, context):
            return self.job

        def finish_job(self, context, result):
            if self.finish is not None:
                self.finish()
            self.results.append(result)
            return {"FINISHED"}

    return Operator


def job_of(package, steps, *, error=None, closed=None):
    progress = package("backend.job").Progress
    try:
        for step in range(steps):
            yield progress(f"Step {step}", step / steps)
        if error is not None:
            raise error
    except GeneratorExit:
        closed.append(True)
        raise
    return "done"


def is_put_back(context):
    return {"timer removed", "end"} <= set(context.log) and context.log.count("timer removed") == 1


def test_ticks_advance_the_job_to_its_result(package, make_operator, session):
    operator, context = make_operator(job_of(package, 3)), Context()
    assert operator.start_job(context) == {"RUNNING_MODAL"}
    stages = []
    while True:
        answer = operator.modal(context, TICK)
        if answer != {"RUNNING_MODAL"}:
            break
        stages.append(session.job.stage)
    assert answer == {"FINISHED"}
    assert list(dict.fromkeys(stages)) == ["Step 0", "Step 1", "Step 2"], "each stage is shown before it is done"
    assert operator.results == ["done"]
    assert is_put_back(context)


def test_the_window_answers_before_a_result_is_used(package, make_operator, session):
    operator, context = make_operator(job_of(package, 1)), Context()
    operator.start_job(context)
    assert operator.modal(context, TICK) == {"RUNNING_MODAL"}
    assert operator.modal(context, TICK) == {"RUNNING_MODAL"}
    assert operator.results == []
    assert not is_put_back(context)
    assert operator.modal(context, TICK) == {"FINISHED"}
    assert operator.results == ["done"]
    assert is_put_back(context)


def test_a_result_that_is_not_used_yet_can_be_cancelled(package, make_operator, session):
    operator, context = make_operator(job_of(package, 1)), Context()
    operator.start_job(context)
    operator.modal(context, TICK)
    operator.modal(context, TICK)
    assert operator.modal(context, ESCAPE) == {"CANCELLED"}
    assert operator.results == []
    assert is_put_back(context)
    assert session.job is None


def test_other_events_go_on_to_the_window(package, make_operator):
    closed = []
    operator, context = make_operator(job_of(package, 3, closed=closed)), Context()
    operator.start_job(context)
    assert operator.modal(context, MOUSE) == {"PASS_THROUGH"}
    operator.cancel(context)


@pytest.mark.parametrize("way", ["escape", "button", "blender", "disabled"])
def test_each_way_to_cancel_closes_the_job(package, make_operator, session, way):
    closed = []
    operator, context = make_operator(job_of(package, 5, closed=closed)), Context()
    operator.start_job(context)
    operator.modal(context, TICK)
    if way == "escape":
        assert operator.modal(context, ESCAPE) == {"CANCELLED"}
    elif way == "button":
        assert bpy.ops.contrapposto.cancel.poll()
        bpy.ops.contrapposto.cancel()
        assert operator.modal(context, TICK) == {"CANCELLED"}
    elif way == "blender":
        operator.cancel(context)
    else:
        session.job.put_back = lambda: operator._put_back(context)
        session.stop_job()
        assert operator.modal(context, TICK) == {"CANCELLED"}
    assert closed == [True]
    assert operator.results == []
    assert is_put_back(context)


def test_our_errors_are_reported_as_they_are(package, make_operator):
    error = package("backend.errors").InputError("The picture is empty.")
    operator, context = make_operator(job_of(package, 1, error=error)), Context()
    operator.start_job(context)
    operator.modal(context, TICK)
    assert operator.modal(context, TICK) == {"CANCELLED"}
    assert operator.reports == [("ERROR", "The picture is empty.")]
    assert is_put_back(context)


def test_errors_at_the_end_are_reported_too(package, make_operator):
    error = package("backend.errors").RigError("The armature is gone.")

    def fail():
        raise error

    operator, context = make_operator(job_of(package, 0), finish=fail), Context()
    operator.start_job(context)
    assert operator.modal(context, TICK) == {"RUNNING_MODAL"}
    assert operator.modal(context, TICK) == {"CANCELLED"}
    assert operator.reports == [("ERROR", "The armature is gone.")]
    assert is_put_back(context)


def test_bugs_propagate_after_everything_is_put_back(package, make_operator):
    operator, context = make_operator(job_of(package, 1, error=ZeroDivisionError("bug"))), Context()
    operator.start_job(context)
    operator.modal(context, TICK)
    with pytest.raises(ZeroDivisionError):
        operator.modal(context, TICK)
    assert operator.reports == []
    assert is_put_back(context)


def test_two_jobs_at_once_are_refused_in_words(package, make_operator):
    closed = []
    first, context = make_operator(job_of(package, 5, closed=closed)), Context()
    first.start_job(context)
    second = make_operator(job_of(package, 5))
    assert second.start_job(Context()) == {"CANCELLED"}
    assert second.run_job(Context()) == {"CANCELLED"}
    assert [kind for kind, _ in second.reports] == ["ERROR", "ERROR"]
    assert "still working" in second.reports[0][1]
    first.cancel(context)


def test_without_a_window_the_job_runs_to_its_end(package, make_operator):
    operator, context = make_operator(job_of(package, 3)), Context()
    context.window = None
    assert operator.start_job(context) == {"FINISHED"}
    assert operator.results == ["done"]
    assert context.log == []


def test_cancel_needs_something_that_runs():
    assert not bpy.ops.contrapposto.cancel.poll()
