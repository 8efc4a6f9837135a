"""Products of many small matrices are those of `@`, whatever the shapes and the order in memory."""

from __future__ import annotations

import numpy as np
import pytest

from contrapposto.backend.matrices import product, stacked, transform, transposed

RANDOM = np.random.default_rng(3)
ONE, MANY, OTHERS = RANDOM.normal(size=(3, 3)), RANDOM.normal(size=(7, 3, 3)), RANDOM.normal(size=(7, 3, 3))
EACH, GRID = RANDOM.normal(size=(5, 1, 3, 3)), RANDOM.normal(size=(5, 7, 3, 3))


@pytest.mark.parametrize(
    ("first", "second"),
    [(ONE, ONE), (ONE, MANY), (MANY, ONE), (MANY, OTHERS), (ONE, GRID), (GRID, ONE), (EACH, GRID), (GRID, EACH)],
)
def test_products_are_those_of_matrices(first: np.ndarray, second: np.ndarray) -> None:
    np.testing.assert_allclose(product(first, second), first @ second, atol=1e-14)
    twice = product(product(first, second), second)
    np.testing.assert_allclose(twice, first @ second @ second, atol=1e-13)


def test_transposed_and_single_precision_factors_are_taken() -> None:
    np.testing.assert_allclose(product(transposed(MANY), OTHERS), np.swapaxes(MANY, 1, 2) @ OTHERS, atol=1e-14)
    single = MANY.astype(np.float32)
    assert product(single, single).dtype == np.float64


def test_vectors_are_turned_one_for_all_or_one_each() -> None:
    vectors = RANDOM.normal(size=(7, 3))
    np.testing.assert_allclose(transform(MANY, vectors[0]), MANY @ vectors[0], atol=1e-14)
    np.testing.assert_allclose(transform(MANY, vectors), np.einsum("tij,tj->ti", MANY, vectors), atol=1e-14)


def test_stacking_adds_a_leading_axis() -> None:
    np.testing.assert_array_equal(stacked([MANY, product(MANY, OTHERS)])[0], MANY)


def test_a_broadcast_matrix_is_no_trap() -> None:
    same = np.broadcast_to(ONE, (7, 3, 3))
    np.testing.assert_allclose(product(same, MANY), ONE @ MANY, atol=1e-14)
