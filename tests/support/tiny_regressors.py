"""Tiny TorchScript files of the signatures of pose regressors. What they answer tells what they were given."""

import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn


class Echo(nn.Module):
    """Base: a fixed pose whose root is upright before a camera (half a turn about x)."""

    def __init__(self, pose: torch.Tensor | None = None) -> None:
        super().__init__()
        upright = torch.zeros(1, 72)
        upright[0, 0] = torch.pi
        self.register_buffer("pose", upright if pose is None else pose)


class WithBoxes(Echo):
    """forward(picture, boxes, intrinsics) -> dictionary; betas 0 to 9 tell of the arguments."""

    def forward(
        self, picture: torch.Tensor, boxes: torch.Tensor, intrinsics: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        told = torch.zeros(1, 10)
        told[0, :3] = picture.mean(dim=[0, 2, 3])
        told[:, 3:7] = boxes
        if intrinsics is not None:
            told[0, 7] = intrinsics[0, 0, 0]
            told[0, 8] = intrinsics[0, 0, 2]
        return {"pose": self.pose, "betas": told, "uncertainty": torch.full([1, 24], 0.2)}


class OnCrop(Echo):
    """forward(crop) -> pose and betas; betas tell the crop's mean colour, its size and where it is reddest."""

    def __init__(self, pose: torch.Tensor | None = None, size: int = 224) -> None:
        super().__init__(pose)
        self.input_size = size

    def forward(self, crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        told = torch.zeros(1, 10)
        told[0, :3] = crop.mean(dim=[0, 2, 3])
        told[0, 3] = crop.shape[3]
        reddest = (crop[0, 0] - crop[0, 1]).flatten().argmax()
        told[0, 4] = reddest % crop.shape[3]
        told[0, 5] = reddest // crop.shape[3]
        return self.pose, told


class Plain(Echo):
    """forward(crop) -> pose."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        return self.pose + 0.0 * crop.sum()


class LikeNlf(Echo):
    """`estimate_smpl_batched` with the arguments and answers of NLF."""

    def __init__(self, pose: torch.Tensor | None = None) -> None:
        super().__init__(pose)
        self.register_buffer("joints", torch.arange(48.0).reshape(1, 24, 2))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return picture

    @torch.jit.export
    def estimate_smpl_batched(
        self,
        images: torch.Tensor,
        boxes: list[torch.Tensor],
        intrinsic_matrix: torch.Tensor | None = None,
        distortion_coeffs: torch.Tensor | None = None,
        extrinsic_matrix: torch.Tensor | None = None,
        world_up_vector: torch.Tensor | None = None,
        default_fov_degrees: float = 55.0,
        num_aug: int = 1,
        model_name: str = "smpl",
    ) -> dict[str, list[torch.Tensor]]:
        if images.dtype != torch.uint8:
            raise ValueError("the pictures are not uint8")
        told = torch.zeros(1, 10)
        told[:, :4] = boxes[0]
        if intrinsic_matrix is not None:
            told[0, 4] = intrinsic_matrix[0, 0, 0]
        return {
            "pose": [self.pose],
            "betas": [told],
            "joints2d": [self.joints],
            "joint_uncertainties": [torch.full([1, 24], 50.0)],
        }


class OddAnswer(nn.Module):
    """forward(crop) -> whatever it holds."""

    def __init__(self, answer: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, crop: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.answer


class Failing(Echo):
    """Fails when it is asked."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        if crop.numel() > 0:
            raise ValueError("no picture pleases me")
        return self.pose


class TakesText(nn.Module):
    """No regressor: forward(text)."""

    def forward(self, text: str) -> int:
        return len(text)


class TakesThreeMore(nn.Module):
    """No regressor: arguments without defaults that nobody gives."""

    def forward(self, crop: torch.Tensor, a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        return crop + a + b + c


class WritesFiles(Echo):
    """Computes a pose and, on the way, would write a file."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        torch.save(crop, "written.bin")
        return self.pose


class HidesWriting(Echo):
    """As `WritesFiles`, in a branch of a loop of a method that is called."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        for k in range(3):
            if k == 2:
                self.aside(crop)
        return self.pose

    @torch.jit.export
    def aside(self, crop: torch.Tensor) -> None:
        torch.save(crop, "written.bin")


class _Aside:
    """Writes a file where a block begins."""

    def __init__(self) -> None:
        self.crop = torch.zeros(1)

    def __enter__(self) -> None:
        torch.save(self.crop, "written.bin")

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:  # noqa: PYI036
        pass


class WritesOnEntering(Echo):
    """As `WritesFiles`, in the entry of a `with` block, which is no call in the compiled graph."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        with _Aside():
            crop = crop + 1
        return self.pose


class _Layer(nn.Module):
    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        pass


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TorchScript is no longer developed, says torch
    _Layer = torch.jit.interface(_Layer)


class _OneLayer(nn.Module):
    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        return crop + 1


class CallsAnInterface(Echo):
    """Calls a layer whose kind is only known when it runs."""

    layer: _Layer

    def __init__(self) -> None:
        super().__init__()
        self.layer = _OneLayer()

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        return self.pose + 0.0 * self.layer.forward(crop).sum()


class WithoutGradient(Echo):
    """Harmless blocks and layers by number."""

    def __init__(self, pose: torch.Tensor | None = None) -> None:
        super().__init__(pose)
        self.layers = nn.ModuleList([nn.Identity(), nn.ReLU()])

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            for layer in self.layers:
                crop = layer(crop)
        return self.pose + 0.0 * crop.sum()


class SetsState(Echo):
    """Runs code of its own while it is loaded."""

    def forward(self, crop: torch.Tensor) -> torch.Tensor:
        return self.pose

    @torch.jit.export
    def __getstate__(self) -> torch.Tensor:
        return self.pose

    @torch.jit.export
    def __setstate__(self, state: torch.Tensor) -> None:
        self.pose = state
        self.training = False


def write_regressor(module: nn.Module, path: Path) -> Path:
    """Compile a module and save it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is no longer developed, says torch
        compiled: Any = torch.jit.script(module)
        torch.jit.save(compiled, str(path))
    return path


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The archive with each member as `change` (name below the first folder, content) has it; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            changed = change(name.partition("/")[2], content)
            if changed is not None:
                archive.writestr(name, changed)
    return path
