"""Finds the test data that cannot be redistributed with the source: photos, rigs and recordings of others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "CONTRAPPOSTO_TEST_DATA"


def shared_data_folder() -> Path:
    """The folder named by CONTRAPPOSTO_TEST_DATA or, without it, `shared/data` beside the checkout.

    Skips the calling test where there is none.
    """
    checkout = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get(VARIABLE) or checkout.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no test data of others at hand: set {VARIABLE} to the folder that holds photos/ and rigs/")
    return folder
