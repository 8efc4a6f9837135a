"""The photo detector's model files, where set-up has fetched them."""

from __future__ import annotations

import pytest

from contrapposto.backend.detect.blazepose import BlazePose
from contrapposto.backend.errors import ModelError
from contrapposto.backend.runtime import ModelCache


def blazepose_or_skip() -> BlazePose:
    """The real detector; skips the calling test where a model file or a package is missing."""
    try:
        return ModelCache().blazepose()
    except ModelError as error:
        pytest.skip(str(error))
