"""The few tensor functions of torch that come without types, with types; and how many threads work on small tensors."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import torch


def length(vectors: torch.Tensor) -> torch.Tensor:
    """(..., D) -> (..., 1)."""
    import torch

    return cast("torch.Tensor", torch.linalg.vector_norm(vectors, dim=-1, keepdim=True))


def split(tensor: torch.Tensor, axis: int, sizes: tuple[int, ...]) -> torch.Tensor:
    """One axis as several, without a copy; one of the sizes may be -1."""
    return cast("torch.Tensor", tensor.unflatten(axis, sizes))


def solved(square: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """x (N, D, 1) with `square` (N, D, D) x = `right` (N, D, 1)."""
    import torch

    return cast("torch.Tensor", torch.linalg.solve_ex(square, right)[0])


def cholesky(square: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The lower factor (N, D, D) of positive definite matrices, and (N,) 0 where there is one; waits for no GPU."""
    import torch

    return cast("tuple[torch.Tensor, torch.Tensor]", torch.linalg.cholesky_ex(square))


@contextmanager
def one_thread() -> Generator[None, None, None]:
    """Work on the CPU without torch's helpers: on tensors of a few kilobytes they cost more than they do.

    Measured on two busy cores: one still 56 ms with two threads, 10 ms with one.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
