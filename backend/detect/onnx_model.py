"""An ONNX model in the runtime that is at hand: ONNX Runtime, else OpenCV. Knows nothing of what the numbers mean."""

from __future__ import annotations

import importlib.util
from typing import Any, Final, Protocol

import numpy as np

from ..arrays import FloatArray
from ..errors import ModelError, ModelFileError
from ..packages import require_opencv
from ..quiet import quiet

_PROVIDERS: Final = ("CUDAExecutionProvider", "CPUExecutionProvider")


class OnnxModel(Protocol):
    """One loaded model of one input."""

    runtime: str
    """What runs it, in words."""

    def run(self, value: FloatArray) -> tuple[FloatArray, ...]:
        """The outputs, in the order of the names that were asked for.

        Raises:
            ModelError: the runtime cannot run it.
        """
        ...


def load_onnx(content: bytes, *, name: str, input_name: str, outputs: tuple[str, ...]) -> OnnxModel:
    """Load a model, of which `read_onnx` said that it has this input and these outputs.

    Args:
        content: the bytes of the .onnx file.
        name: for messages.
        input_name: the name of its input.
        outputs: the names of the outputs that `run` returns.

    Raises:
        MissingPackageError: neither runtime is installed.
        ModelFileError: the runtime cannot load the file.
    """
    if importlib.util.find_spec("onnxruntime") is not None:
        return OnnxRuntimeModel(content, name=name, input_name=input_name, outputs=outputs)
    require_opencv()
    return OpencvModel(content, name=name, input_name=input_name, outputs=outputs)


class OnnxRuntimeModel:
    """A model in ONNX Runtime, on CUDA where its package has it."""

    runtime = "ONNX Runtime"

    def __init__(self, content: bytes, *, name: str, input_name: str, outputs: tuple[str, ...]) -> None:
        import onnxruntime  # pyright: ignore[reportMissingImports]

        runtime: Any = onnxruntime
        self._name, self._input, self._outputs = name, input_name, outputs
        self._errors = _errors_of(runtime.capi.onnxruntime_pybind11_state)
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        providers = [provider for provider in _PROVIDERS if provider in runtime.get_available_providers()]
        try:
            self._session: Any = runtime.InferenceSession(content, sess_options=options, providers=providers)
        except self._errors as error:
            raise _refused(name, self.runtime, error) from error

    def run(self, value: FloatArray) -> tuple[FloatArray, ...]:
        """See `OnnxModel.run`."""
        try:
            return tuple(self._session.run(list(self._outputs), {self._input: value}))
        except self._errors as error:
            raise _stopped(self._name, self.runtime, error) from error


class OpencvModel:
    """A model in OpenCV's DNN module, on the processor."""

    runtime = "OpenCV"

    def __init__(self, content: bytes, *, name: str, input_name: str, outputs: tuple[str, ...]) -> None:
        import cv2

        self._name, self._input = name, input_name
        self._error = cv2.error
        try:
            with quiet():
                self._net: Any = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
                layers: list[str] = list(self._net.getUnconnectedOutLayersNames())
        except cv2.error as error:
            raise _refused(name, self.runtime, error) from error
        # OpenCV calls an output "onnx_node_output_0!" and its name in the file.
        by_name = {layer.rpartition("!")[2]: layer for layer in layers}
        self._layers = [by_name.get(output, output) for output in outputs]

    def run(self, value: FloatArray) -> tuple[FloatArray, ...]:
        """See `OnnxModel.run`."""
        try:
            with quiet():
                self._net.setInput(value, self._input)
                return tuple(np.array(output, np.float32) for output in self._net.forward(self._layers))
        except self._error as error:
            raise _stopped(self._name, self.runtime, error) from error


def _errors_of(module: Any) -> tuple[type[Exception], ...]:
    """ONNX Runtime's own exceptions, which have no common root."""
    members = (getattr(module, name) for name in dir(module))
    found = [member for member in members if isinstance(member, type) and issubclass(member, Exception)]
    return (*found, RuntimeError, ValueError)


def _refused(name: str, runtime: str, error: Exception) -> ModelFileError:
    return ModelFileError(
        f"{name} cannot be loaded by {runtime} ({_first_line(error)}). Export the model again, or choose another file."
    )


def _stopped(name: str, runtime: str, error: Exception) -> ModelError:
    return ModelError(f"{name} failed while {runtime} ran it ({_first_line(error)}). Choose another file.")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:200]
