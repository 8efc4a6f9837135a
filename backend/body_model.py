"""Bodies behind one interface: our neutral adult, or the user's own SMPL and SMPL-X files through `smplx`.

Those files and that package are licensed for non-commercial research; nothing here needs them, and none is shipped.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, FloatArray, IntArray
from .errors import MissingPackageError, ModelFileError
from .kinematics import forward_kinematics
from .npz_file import MOST_BYTES, read_npz
from .outside import read_bytes
from .pose_sequence import PoseSequence
from .skeleton import PARENTS, REST_OFFSETS
from .smpl_files import check_smpl, smpl_files
from .smpl_pickle import read_smpl_pickle

if TYPE_CHECKING:
    import torch

# The first finger bone of the middle fingers stands for SMPL's `left_hand` and `right_hand` (smplx joint order).
_SMPLX_JOINTS: Final = (*range(22), 28, 43)
_SMPL_JOINTS: Final = tuple(range(24))


@dataclass(frozen=True)
class BodyMesh:
    """Posed surface: vertices (T, V, 3) in metres, inner frame; triangles (F, 3)."""

    vertices: FloatArray
    triangles: IntArray


class BodyModel(Protocol):
    """What is needed of a body: its proportions, its joints, and its surface if it has one."""

    def rest_offsets(self, betas: AnyFloatArray) -> FloatArray:
        """(24, 3) metres: each joint relative to its parent in the T-pose, for the shape `betas` (10,)."""
        ...

    def joints(self, poses: PoseSequence) -> DoubleArray:
        """(T, 24, 3) metres, inner frame."""
        ...

    def mesh(self, poses: PoseSequence) -> BodyMesh | None:
        """The posed surface, or None for a body without one."""
        ...


class NeutralBody:
    """Our own neutral adult: the proportions of `skeleton.REST_OFFSETS`, no shape, no surface."""

    def rest_offsets(self, betas: AnyFloatArray) -> FloatArray:
        """(24, 3) metres, whatever the shape."""
        return REST_OFFSETS

    def joints(self, poses: PoseSequence) -> DoubleArray:
        """(T, 24, 3) metres, inner frame."""
        return forward_kinematics(poses.rotations, poses.translation)

    def mesh(self, poses: PoseSequence) -> BodyMesh | None:
        """None: this body has no surface."""
        return None


NEUTRAL_BODY: Final = NeutralBody()


class SmplxBody:
    """The user's own SMPL or SMPL-X file, run by the `smplx` package."""

    def __init__(self, path: Path) -> None:
        """Load `SMPL_*.pkl` or `SMPLX_*.npz`; neither can run code while it is read.

        Raises:
            MissingPackageError: `smplx` or torch is not installed.
            ModelFileError: the file is missing or not such a model.
        """
        try:
            import smplx
        except ImportError as error:
            raise MissingPackageError(
                f"{path.name} needs the Python packages smplx and torch, and {error.name} is not installed."
            ) from error
        try:
            self._is_smplx = path.suffix == ".npz"
            self._model: Any = _load_smplx(smplx, path) if self._is_smplx else _load_smpl(smplx, path)
        except (
            OSError, ValueError, KeyError, AttributeError, AssertionError, IndexError, TypeError, RuntimeError
        ) as error:  # fmt: skip
            said = str(error).strip().rstrip(".")[:300]
            raise ModelFileError(
                f"{path} is not a SMPL (.pkl) or SMPL-X (.npz) model file: {said}. Download it again."
            ) from error

    def rest_offsets(self, betas: AnyFloatArray) -> FloatArray:
        """(24, 3) metres for the shape `betas` (10,)."""
        joints = self._rest_joints(betas)
        return np.array([j if p < 0 else j - joints[p] for j, p in zip(joints, PARENTS, strict=True)], np.float32)

    def joints(self, poses: PoseSequence) -> DoubleArray:
        """(T, 24, 3) metres, inner frame."""
        columns = _SMPLX_JOINTS if self._is_smplx else _SMPL_JOINTS
        return self._run(poses).joints.numpy()[:, columns].astype(np.float64)

    def mesh(self, poses: PoseSequence) -> BodyMesh:
        """The posed surface."""
        triangles = np.asarray(self._model.faces, dtype=np.intp)
        return BodyMesh(self._run(poses).vertices.numpy(), triangles)

    def _rest_joints(self, betas: AnyFloatArray) -> DoubleArray:
        still = PoseSequence(
            np.zeros((1, 24, 3), np.float32), np.zeros((1, 3), np.float32), np.asarray(betas, np.float32)
        )
        joints = self._forward(still, np.zeros((1, 3), np.float32)).joints.numpy()[0]
        return joints[list(_SMPLX_JOINTS if self._is_smplx else _SMPL_JOINTS)].astype(np.float64)

    def _run(self, poses: PoseSequence) -> Any:
        # Our translation is where the pelvis is; smplx adds `transl` to the pelvis of the rest pose.
        return self._forward(poses, poses.translation - self._rest_joints(poses.betas)[0].astype(np.float32))

    def _forward(self, poses: PoseSequence, transl: FloatArray) -> Any:
        import torch

        frames = poses.frame_count
        body_joints = 21 if self._is_smplx else 23
        given: dict[str, torch.Tensor] = {
            "global_orient": torch.from_numpy(poses.rotations[:, 0].copy()),
            "body_pose": torch.from_numpy(poses.rotations[:, 1 : 1 + body_joints].reshape(frames, -1).copy()),
            "betas": torch.from_numpy(np.repeat(poses.betas[None], frames, axis=0)),
            "transl": torch.from_numpy(transl.copy()),
        }
        if self._is_smplx:
            zeros = torch.zeros(frames, 3)
            given |= {"jaw_pose": zeros, "leye_pose": zeros, "reye_pose": zeros, "expression": torch.zeros(frames, 10)}
            hands = np.zeros((frames, 2, 45), np.float32) if poses.hands is None else poses.hands.reshape(frames, 2, 45)
            given["left_hand_pose"] = torch.from_numpy(hands[:, 0].copy())
            given["right_hand_pose"] = torch.from_numpy(hands[:, 1].copy())
        with torch.no_grad():
            return self._model(**given)


def find_body(folder: Path | None) -> BodyModel:
    """The first neutral, else the first SMPL-X or SMPL file in the user's folder; our neutral adult without a folder.

    Raises:
        ModelFileError: the folder holds no such file.
        MissingPackageError: `smplx` or torch is not installed.
    """
    if folder is None:
        return NEUTRAL_BODY
    found = smpl_files(folder)
    if not found:
        raise ModelFileError(f"{folder} holds no SMPLX_*.npz and no SMPL_*.pkl. Choose the folder of your SMPL files.")
    return SmplxBody(found[0])


def _load_smpl(smplx: Any, path: Path) -> Any:
    content = read_bytes(path, most=MOST_BYTES, what="a SMPL file", error=ModelFileError)
    arrays = {name: array for name, array in read_smpl_pickle(content).items() if name in _SMPL_ARRAYS}
    check_smpl(arrays, joints=24)
    # smplx appends a few vertices to the joints; they are never read, so any vertex will do.
    struct = smplx.utils.Struct(**arrays)
    return smplx.SMPL(str(path), data_struct=struct, vertex_ids=defaultdict(int), **_NO_DEFAULTS)


def _load_smplx(smplx: Any, path: Path) -> Any:
    """smplx itself would unpickle the objects in the archive; it is given a copy without them."""
    plain = read_npz(path, lambda name: name not in _SMPLX_PICKLED, what="a SMPL-X file", error=ModelFileError)
    check_smpl(plain, joints=55)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "SMPLX_NEUTRAL.npz"
        np.savez(copy, **plain)
        return smplx.SMPLX(str(copy), ext="npz", use_pca=False, flat_hand_mean=True, **_NO_DEFAULTS)


_SMPL_ARRAYS: Final = frozenset({"v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table"})
_SMPLX_PICKLED: Final = frozenset({"joint2num", "part2num"})
_NO_DEFAULTS: Final = {
    f"create_{name}": False
    for name in ("global_orient", "body_pose", "betas", "transl", "left_hand_pose", "right_hand_pose", "expression",
                 "jaw_pose", "leye_pose", "reye_pose")
}  # fmt: skip
