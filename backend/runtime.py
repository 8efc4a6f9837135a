"""Where models run and where they are kept: verified files, the device, and one cache of what is loaded."""

from __future__ import annotations

import gc
import hashlib
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .body_model import BodyModel, find_body
from .errors import InputError, MissingPackageError, ModelFileError
from .packages import require_torch
from .weights.registry import FOLDER, ModelEntry, model_entries

if TYPE_CHECKING:
    import torch

    from .detect.blazepose import BlazePose
    from .detect.drawing import DrawingDetector
    from .detect.drawing_network import DrawingNetwork
    from .detect.rtmpose import Rtmpose
    from .estimate.drawn import DrawnPoseSolver
    from .estimate.estimator import Estimator
    from .estimate.learned import LearnedEstimator
    from .estimate.pose_network import PoseNetwork
    from .estimate.torchscript import TorchscriptRegressor
    from .job import Job
    from .text.generator import TextGenerator
    from .text.llm.local_model import LocalModel

POSE_MODEL: Final = "pose"
"""The pose model's name in the registry."""
DRAWING_MODEL: Final = "drawing"
"""That of the network that reads drawings."""

_HOW_TO_FETCH: Final = (
    "Reinstall the extension, choose a model folder that holds the file, or, in a checkout, run "
    "`python -m contrapposto.backend.weights.fetch`."
)


class Solver(Enum):
    """What turns keypoints into a pose."""

    AUTOMATIC = "AUTOMATIC"
    """The pose model; where torch is not installed, the closed form."""
    MODEL = "MODEL"
    ANALYTIC = "ANALYTIC"


class Device(Enum):
    """What the artist chooses in the preferences."""

    AUTOMATIC = "AUTOMATIC"
    CUDA = "CUDA"
    METAL = "METAL"
    CPU = "CPU"


def torch_device(choice: Device | str) -> torch.device:
    """The torch device of a choice: AUTOMATIC takes CUDA before Metal before the CPU.

    Raises:
        MissingPackageError: torch is not installed.
        InputError: the device that was asked for is not on this machine, or there is no such choice.
    """
    require_torch()
    import torch

    wanted = _device(choice)
    present = {Device.CUDA: torch.cuda.is_available(), Device.METAL: torch.backends.mps.is_available()}
    if wanted is Device.AUTOMATIC:
        wanted = next((device for device, there in present.items() if there), Device.CPU)
    if not present.get(wanted, True):
        name = "CUDA" if wanted is Device.CUDA else "Metal"
        raise InputError(f"torch finds no {name} device on this machine. Choose Automatic or CPU in the preferences.")
    return torch.device({Device.CUDA: "cuda", Device.METAL: "mps"}.get(wanted, "cpu"))


def model_path(name: str, *, folder: Path | None = None) -> Path:
    """The verified file of a registered model, from the user's `folder` or else from those shipped.

    Raises:
        ModelFileError: the file is missing or unreadable, or not the pinned one.
    """
    path, _ = _verified(name, folder)
    return path


def read_model(name: str, *, folder: Path | None = None) -> bytes:
    """The content of a registered model's file. What is returned is what was verified: the file is read once.

    Raises:
        ModelFileError: the file is missing or unreadable, or not the pinned one.
    """
    _, content = _verified(name, folder)
    return content


class ModelCache:
    """The loaded models of one process. Each is loaded on first use and kept until `release`.

    Args:
        folder: the user's model folder, or None.
        device: the choice of the preferences; BlazePose runs on the CPU whatever it is.
        smpl_folder: the folder of the user's own SMPL or SMPL-X files, or None.
        detector_file: the user's own RTMPose file, or None for BlazePose alone.
        regressor_file: the user's own TorchScript file of a pose regressor, or None.

    Raises:
        InputError: there is no such device choice.
    """

    def __init__(
        self,
        folder: Path | None = None,
        device: Device | str = Device.AUTOMATIC,
        *,
        smpl_folder: Path | None = None,
        detector_file: Path | None = None,
        regressor_file: Path | None = None,
    ) -> None:
        self.folder = folder
        self.device = _device(device)
        self.smpl_folder = smpl_folder
        self.detector_file, self.regressor_file = detector_file, regressor_file
        self._blazepose: BlazePose | None = None
        self._rtmpose: Rtmpose | None = None
        self._regressor: TorchscriptRegressor | None = None
        self._body: BodyModel | None = None
        self._network: PoseNetwork | None = None
        self._learned: LearnedEstimator | None = None
        self._drawings: DrawingDetector | None = None
        self._drawn: DrawnPoseSolver | None = None
        self._text: TextGenerator | None = None
        self._language: LocalModel | None = None

    def blazepose(self) -> BlazePose:
        """The photo detector.

        Raises:
            ModelFileError: a model file is missing or not the pinned one.
            MissingPackageError: LiteRT or OpenCV is not installed.
        """
        if self._blazepose is None:
            from .detect.blazepose import BlazePose

            contents = {name: read_model(name, folder=self.folder) for name in BlazePose.MODELS}
            self._blazepose = BlazePose.from_contents(contents)
        return self._blazepose

    def detector(self) -> BlazePose | Rtmpose:
        """What finds people and their keypoints: the user's own file, else BlazePose.

        Raises:
            ModelFileError: a model file is missing, damaged, or of another model.
            MissingPackageError: LiteRT or OpenCV is not installed.
        """
        if self.detector_file is None:
            return self.blazepose()
        if self._rtmpose is None:
            from .detect.rtmpose import Rtmpose, RtmposeModel

            model = RtmposeModel.load(self.detector_file)
            self._rtmpose = Rtmpose(self.blazepose(), model)
        return self._rtmpose

    def regressor(self) -> TorchscriptRegressor | None:
        """The user's own pose regressor; None where no file is named.

        Raises:
            ModelFileError: the file is missing, damaged, could run code, or is no regressor.
            MissingPackageError: torch is not installed.
            InputError: the device that was asked for is not on this machine.
        """
        if self._regressor is None and self.regressor_file is not None:
            from .estimate.torchscript import TorchscriptRegressor

            device = self.torch_device()
            self._regressor = TorchscriptRegressor(self.regressor_file, device=device, body=self.body())
        return self._regressor

    def body(self) -> BodyModel:
        """The body whose proportions are used: of the user's SMPL files, or our neutral adult.

        Raises:
            ModelFileError: the folder holds no SMPL file, or one that cannot be read.
            MissingPackageError: it does, and `smplx` or torch is not installed.
        """
        if self._body is None:
            self._body = find_body(self.smpl_folder)
        return self._body

    def pose_network(self) -> PoseNetwork:
        """The pose model.

        Raises:
            ModelFileError: its file is missing or not the registered one.
            MissingPackageError: torch or safetensors is not installed.
            InputError: the device that was asked for is not on this machine.
        """
        if self._network is None:
            device = self.torch_device()
            from .estimate.network_file import load_network

            self._network = load_network(read_model(POSE_MODEL, folder=self.folder), device=device)
        return self._network

    def estimator(self, solver: Solver | str = Solver.AUTOMATIC) -> Estimator:
        """What solves the pose.

        Raises:
            ModelFileError, MissingPackageError, InputError: as `pose_network`; only a missing torch is no error where
                the choice is automatic.
        """
        solver = Solver(solver)
        if solver is not Solver.ANALYTIC:
            try:
                network = self.pose_network()
            except MissingPackageError:
                if solver is Solver.MODEL:
                    raise
            else:
                return self._warm(network)
        from .estimate.analytic import AnalyticEstimator

        return AnalyticEstimator(self.body())

    def _warm(self, network: PoseNetwork) -> Estimator:
        """The pose model's estimator, which solved something already: torch's first time is slow."""
        if self._learned is None:
            from .estimate.learned import LearnedEstimator

            self._learned = LearnedEstimator(network, body=self.body())
            self._learned.warm_up()
        return self._learned

    def drawing_network(self) -> DrawingNetwork:
        """The network that reads drawings, loaded anew; `drawing_detector` keeps it.

        Raises:
            ModelFileError: its file is missing or not the registered one.
            MissingPackageError: torch or safetensors is not installed.
            InputError: the device that was asked for is not on this machine.
        """
        device = self.torch_device()
        from .detect.drawing_file import load_drawing_network

        return load_drawing_network(read_model(DRAWING_MODEL, folder=self.folder), device=device)

    def drawing_detector(self) -> DrawingDetector:
        """What finds figures in drawings; it looked at something already, because torch's first time is slow.

        Raises:
            ModelFileError, MissingPackageError, InputError: as `drawing_network`.
        """
        if self._drawings is None:
            network = self.drawing_network()
            from .detect.drawing import DrawingDetector

            detector = DrawingDetector(network, self.torch_device())
            detector.warm_up()
            self._drawings = detector
        return self._drawings

    def drawn_solver(self) -> DrawnPoseSolver:
        """What solves drawn figures; it solved something already, because torch's first time is slow.

        Raises:
            ModelFileError, MissingPackageError, InputError: as `pose_network`.
        """
        if self._drawn is None:
            network = self.pose_network()
            from .estimate.drawn import DrawnPoseSolver

            solver = DrawnPoseSolver(network)
            solver.warm_up()
            self._drawn = solver
        return self._drawn

    def text_generator(self) -> TextGenerator:
        """What drafts poses for words that name no part of the body.

        Raises:
            ModelFileError: a file of it is missing, or not the registered one.
            MissingPackageError: torch or safetensors is not installed.
        """
        if self._text is None:
            require_torch()
            from .text.generator import TextGenerator

            self._text = TextGenerator.load(self.folder)
        return self._text

    def language_model(self, folder: Path) -> Job[LocalModel]:
        """The artist's own language model in a folder; another folder takes its place.

        Raises:
            ModelError: the folder holds none that can be loaded, or a package that it needs is not installed.
            InputError: there is no such folder or device.
        """
        if self._language is None or self._language.folder != folder:
            from .text.llm.local_model import LocalModel

            self._language = None
            self._language = yield from LocalModel.load(folder, device=self.device)
        return self._language

    def torch_device(self) -> torch.device:
        """The device for torch models.

        Raises:
            MissingPackageError: torch is not installed.
            InputError: the device that was asked for is not on this machine.
        """
        return torch_device(self.device)

    def release(self) -> None:
        """Let go of every model; the next use loads it again."""
        self._blazepose = None
        self._rtmpose = None
        self._regressor = None
        self._body = None
        self._network = None
        self._learned = None
        self._drawings = None
        self._drawn = None
        self._text = None
        self._language = None
        gc.collect()


def _device(choice: Device | str) -> Device:
    try:
        return Device(choice)
    except ValueError as error:
        names = ", ".join(device.value for device in Device)
        raise InputError(f"There is no device {choice}. Choose one of {names}.") from error


def _verified(name: str, folder: Path | None) -> tuple[Path, bytes]:
    entry = model_entries().get(name)
    if entry is None:
        raise ModelFileError(f"No model is called {name}. Registered are {', '.join(model_entries())}.")
    path = _find(entry, folder)
    try:
        with path.open("rb") as stream:
            content = stream.read(entry.size + 1)  # what is longer is the wrong file, however long it is
    except OSError as error:
        raise ModelFileError(f"The model file {path} cannot be read: {error.strerror}. {_HOW_TO_FETCH}") from error
    if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise ModelFileError(
            f"The model file {path} is damaged, or another version: its SHA-256 is not the registered one. "
            f"Delete it. {_HOW_TO_FETCH}"
        )
    return path, content


def _find(entry: ModelEntry, folder: Path | None) -> Path:
    """The user's folder may hold the file directly, or in the subfolder that the registry names."""
    places = [FOLDER / entry.file]
    if folder is not None:
        places = [Path(folder) / Path(entry.file).name, Path(folder) / entry.file, *places]
    for place in places:
        if place.is_file():
            return place
    looked = " or ".join(str(place) for place in places)
    raise ModelFileError(f"The model file {Path(entry.file).name} is missing: it is not at {looked}. {_HOW_TO_FETCH}")
