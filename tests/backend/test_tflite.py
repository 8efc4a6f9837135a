"""Models of LiteRT: what is no model, or takes no such input, is told as a damaged file."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert")
pytest.importorskip("flatbuffers")

from contrapposto.backend.detect.tflite import TfliteModel
from contrapposto.backend.errors import ModelFileError
from fuzz_kept import tflites


def test_a_model_computes() -> None:
    model = TfliteModel(tflites()[0], "tiny.tflite")
    assert model.input_shape == (1, 4)
    (found,) = model.run(np.ones((1, 4), np.float32), outputs=(0,))
    np.testing.assert_allclose(found, [[1.0, 2.0, 3.0, 4.0]])


@pytest.mark.parametrize("content", [b"", b"no model", b"\x1c\0\0\0TFL3" + b"\0" * 40])
def test_what_is_no_model_is_told(content: bytes) -> None:
    with pytest.raises(ModelFileError, match=r"^broken\.tflite cannot be loaded by LiteRT: .*Fetch the model files"):
        TfliteModel(content, "broken.tflite")


@pytest.mark.parametrize(("shape", "output"), [((2, 9), 0), ((1, 4), 7)])
def test_another_input_or_output_than_it_has_is_told(shape: tuple[int, ...], output: int) -> None:
    model = TfliteModel(tflites()[0], "tiny.tflite")
    with pytest.raises(ModelFileError, match=r"^tiny\.tflite cannot be run by LiteRT: "):
        model.run(np.ones(shape, np.float32), outputs=(output,))
