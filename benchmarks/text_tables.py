"""The tables of `text.py`: expectations met, plausibility, diversity and time."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
import torch
from rich.markup import escape
from rich.table import Table
from text_answers import ALL, PROCESSOR, STAGES, Answer, Poser
from text_cases import GROUPS, Stays, TextCase

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.text.measures import Body
from contrapposto.backend.text.plausibility import Plausibility, plausible

GOALS: Final = {"explicit": 95.0, "contacts": 85.0, "named": 75.0, "edits": 95.0}
GOAL_MS: Final = 300.0
OFF_BALANCE_M: Final = 0.05
DEEP_M: Final = 0.03


@dataclass(frozen=True)
class Result:
    """A case, its answer, and for each alternative which expectations it meets."""

    case: TextCase
    answer: Answer
    met: tuple[tuple[bool, ...], ...]

    @property
    def first(self) -> tuple[bool, ...]:
        """Of the alternative that the artist sees first; a refusal meets none."""
        return self.met[0] if self.met else (False,) * len(self.case.expectations)

    @property
    def best(self) -> tuple[bool, ...]:
        """Of the alternative that meets most."""
        return max(self.met, key=sum) if self.met else self.first


def answered(cases: Sequence[TextCase], poser: Poser) -> list[Result]:
    """What a way makes of all cases."""
    found: list[Result] = []
    for case in cases:
        answer = poser(case.prompt, case.start)
        found.append(Result(case, answer, tuple(case.met(pose) for pose in answer.poses)))
    return found


def met_table(ways: dict[str, list[Result]]) -> Table:
    """Per group and way the share of expectations met."""
    table = Table("group", "prompts", "way", "met", "goal", "all met", "of all alternatives", "all met", "best of them",
                  box=None)  # fmt: skip
    for group in GROUPS:
        for way, results in ways.items():
            of_group = [each for each in results if each.case.group == group]
            if of_group:
                ours = way == next(iter(ways))
                names = (group, str(len(of_group))) if ours else ("", "")
                table.add_row(*names, way, *_met_row(of_group, goal=GOALS.get(group) if ours else None))
    return table


def _met_row(results: Sequence[Result], *, goal: float | None) -> list[str]:
    first = [each.first for each in results]
    every = [met for each in results for met in (each.met or (each.first,))]
    several = max(len(each.met) for each in results) > 1
    share = _per_cent(list(itertools.chain(*first)))
    missed = goal is not None and share < goal
    row = [f"{share:.1f}{' !' if missed else ''}", "" if goal is None else f"{goal:g}", f"{_all_met(first):.1f}"]
    if several:
        best = [each.best for each in results]
        row += [f"{_per_cent(list(itertools.chain(*every))):.1f}", f"{_all_met(every):.1f}"]
        row += [f"{_per_cent(list(itertools.chain(*best))):.1f}"]
    return row


def _per_cent(yes: Sequence[bool]) -> float:
    return 100.0 * float(np.mean(yes)) if len(yes) else float("nan")


def _all_met(met: Sequence[tuple[bool, ...]]) -> float:
    return _per_cent([all(each) for each in met])


def plausibility_table(ways: dict[str, list[Result]]) -> Table:
    """Per group and way how many poses a body could not take."""
    table = Table("group", "way", "poses", "joints outside", "off balance %", "worst cm", "self-penetration cm",
                  "deeper than 3 cm %", "worst cm", box=None)  # fmt: skip
    for group in GROUPS:
        for way, results in ways.items():
            poses = [each for each in results if each.case.group == group]
            if poses:
                ours = way == next(iter(ways))
                table.add_row(group if ours else "", way, *_plausible_row(poses))
    return table


def _plausible_row(results: Sequence[Result]) -> list[str]:
    found: list[tuple[str, Plausibility]] = []
    for each in results:
        support = each.answer.support
        seated = support == "sitting"
        found += [(support, _beside(each, plausible(pose, seated=seated))) for pose in each.answer.poses]
    if not found:
        return ["0"]
    off = np.array([each.balance_m for support, each in found if support != "airborne"])
    deep = np.array([each.penetration_m for _, each in found])
    outside = sum(each.limits_broken for _, each in found)
    return [
        str(len(found)), f"{outside}{' !' if outside else ''}", *_balance(off), f"{100.0 * deep.mean():.1f}",
        f"{_per_cent(list(deep > DEEP_M)):.1f}", f"{100.0 * deep.max():.0f}",
    ]  # fmt: skip


def _balance(off: DoubleArray) -> tuple[str, str]:
    if not len(off):
        return "-", "-"
    return f"{_per_cent(list(off > OFF_BALANCE_M)):.1f}", f"{100.0 * off.max():.0f}"


def _beside(result: Result, found: Plausibility) -> Plausibility:
    """Of an edit, only how much more than its start pose it is off balance or inside of itself."""
    if result.case.start is None:
        return found
    before = plausible(result.case.start)
    more = [max(now - then, 0.0) for now, then in zip(astuple(found)[1:], astuple(before)[1:], strict=True)]
    return Plausibility(found.limits_broken, *more)


def diversity_table(results: Sequence[Result]) -> Table:
    """How far the alternatives of a prompt are from each other, per group."""
    table = Table("group", "alternatives", "joints mm", "turns deg", "alike %", box=None)
    for group in GROUPS:
        apart = [_apart(each.answer.poses) for each in results if each.case.group == group]
        apart = [each for each in apart if each is not None]
        if apart:
            number = np.mean([each.answer.poses.shape[0] for each in results if each.case.group == group])
            millimetres, degrees = np.mean(apart, axis=0)
            alike = _per_cent([each[0] < 10.0 for each in apart])
            table.add_row(group, f"{number:.1f}", f"{millimetres:.0f}", f"{degrees:.1f}", f"{alike:.0f}")
    return table


def _apart(poses: DoubleArray) -> tuple[float, float] | None:
    """Mean distance of joints in mm and mean angle of their turns in degrees over pairs of poses (A, 24, 3)."""
    if len(poses) < 2:
        return None
    first, second = np.triu_indices(len(poses), 1)
    joints, turns = Body.posed(poses).joints, axis_angle_to_matrix(poses)
    far = np.linalg.norm(joints[first] - joints[second], axis=-1).mean()
    return 1000.0 * float(far), float(np.degrees(geodesic_angle(turns[first], turns[second])).mean())


def time_table(cases: Sequence[TextCase], poser: Poser) -> Table:
    """Wall-clock milliseconds of a prompt on one core and on two."""
    table = Table("cores", *STAGES, "all: median", "95 %", "most", "goal", "processor", box=None)
    for cores in (1, 2):
        with _on(cores) as held:
            if not held:
                continue
            poser(cases[0].prompt, cases[0].start)
            took = [poser(case.prompt, case.start).ms for case in cases]
        whole = np.array([each[ALL] for each in took])
        stages = [f"{np.median([each.get(stage, 0.0) for each in took]):.1f}" for stage in STAGES]
        worked = np.median([each[PROCESSOR] for each in took])
        missed = " !" if cores == 2 and np.median(whole) > GOAL_MS else ""
        numbers = (f"{np.median(whole):.0f}{missed}", f"{np.percentile(whole, 95):.0f}", f"{whole.max():.0f}")
        table.add_row(str(cores), *stages, *numbers, f"{GOAL_MS:g}" if cores == 2 else "", f"{worked:.0f}")
    return table


@contextmanager
def _on(cores: int) -> Iterator[bool]:
    """Keep this process to so many cores; False where the system cannot or has fewer."""
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < cores:
        yield cores == 2
        return
    before, threads = os.sched_getaffinity(0), torch.get_num_threads()
    os.sched_setaffinity(0, set(sorted(before)[:cores]))
    torch.set_num_threads(cores)
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)
        torch.set_num_threads(threads)


def worst_table(results: Sequence[Result]) -> Table:
    """Every prompt of which something is not met, and what it was understood as."""
    table = Table("group", "prompt", "not met", "understood", box=None, padding=(0, 1, 1, 0))
    for each in results:
        if all(each.first):
            continue
        failed = [_failure(each, at) for at, met in enumerate(each.first) if not met]
        said = each.answer.refusal or "\n".join(str(element) for element in each.answer.program.elements)
        style = f"\nstyle: {each.answer.program.style}" if each.answer.program.style else ""
        table.add_row(each.case.group, escape(each.case.prompt), escape("\n".join(failed)), escape(said + style))
    return table


def _failure(result: Result, at: int) -> str:
    expected = result.case.expectations[at]
    if not len(result.answer.poses):
        return expected.words
    pose = result.answer.poses[:1]
    if isinstance(expected, Stays):
        joint, degrees = expected.farthest(pose)
        return f"{expected.words}: {joint} turned {degrees:.0f} degrees"
    body = Body.posed(pose)
    values: list[Callable[[Body], DoubleArray]] = [check.measure.of for way in expected.ways for check in way]
    return f"{expected.words}: {', '.join(f'{value(body)[0]:.2f}' for value in values)}"
