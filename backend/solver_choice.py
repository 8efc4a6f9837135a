"""Which estimator a run takes: the pose model where it can run, else the closed form, and a sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import ImageArray
from .errors import MissingPackageError
from .estimate.estimator import Estimator
from .runtime import POSE_MODEL, ModelCache, Solver
from .weights.registry import model_entries


@dataclass(frozen=True)
class ChosenSolver:
    """An estimator, and what the artist should know about it, in sentences."""

    estimator: Estimator
    notes: tuple[str, ...] = ()


def choose_solver(
    models: ModelCache, solver: Solver | str = Solver.AUTOMATIC, *, image: ImageArray | None = None
) -> ChosenSolver:
    """The estimator of a choice; the first time the pose model is loaded, which takes long.

    Args:
        models: the loaded models.
        solver: the choice; where it is automatic, the user's own regressor goes before the pose model.
        image: (H, W, 3) RGB, the picture that a regressor reads.

    Raises:
        ModelFileError: the pose model's or regressor's file is missing or damaged.
        MissingPackageError: the pose model was asked for by name, and a package that it needs is not installed.
        InputError: the device that was asked for is not on this machine.
    """
    solver = Solver(solver)
    if solver is not Solver.AUTOMATIC:
        return ChosenSolver(models.estimator(solver))
    regressor = None if image is None else models.regressor()
    if regressor is not None and image is not None:
        return ChosenSolver(regressor.seeing(image))
    if POSE_MODEL not in model_entries():
        return ChosenSolver(models.estimator(Solver.ANALYTIC))
    try:
        return ChosenSolver(models.estimator(Solver.MODEL))
    except MissingPackageError as error:
        note = f"Solved in closed form, which is less exact and gives one reading. {error}"
        return ChosenSolver(models.estimator(Solver.ANALYTIC), (note,))
