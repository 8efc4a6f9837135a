"""Small valid files of every kind that is read: what the fuzzer starts from. Always the same bytes in one version."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ACCESS_KEY = "0" * 32


def _noise(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 255, (height, width, channels), np.uint8)


def _encoded(suffix: str, pixels: np.ndarray, *options: int) -> bytes:
    import cv2

    done, data = cv2.imencode(suffix, pixels, list(options))
    assert done
    return data.tobytes()


def jpegs() -> list[bytes]:
    import cv2

    from exif_blocks import exif_block, jpeg

    block = exif_block({0xA405: 35, 0xA002: 32, 0xA003: 24}, orientation=6)
    progressive = _encoded(".jpg", _noise(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    return [_encoded(".jpg", _noise()), progressive, jpeg(block, 32, 24), _encoded(".jpg", _noise()[..., 0])]


def pngs() -> list[bytes]:
    from exif_blocks import exif_block, png

    deep = (_noise(channels=4).astype(np.uint16) << 8) + 3
    return [_encoded(".png", each) for each in (_noise(), _noise(channels=4), _noise()[..., 0], deep)] + [
        png(exif_block({0xA405: 50}, orientation=8), 20, 10)
    ]


def webps() -> list[bytes]:
    import cv2

    from exif_blocks import exif_block, webp

    lossless = _encoded(".webp", _noise(channels=4), cv2.IMWRITE_WEBP_QUALITY, 101)
    return [_encoded(".webp", _noise(), cv2.IMWRITE_WEBP_QUALITY, 60), lossless, webp(exif_block({0xA405: 35}), 16, 8)]


def tiffs() -> list[bytes]:
    import cv2

    kinds = (_noise(), _noise()[..., 0], _noise().astype(np.uint16) * 257, _noise().astype(np.float32) / 255)
    return [_encoded(".tiff", each) for each in kinds] + [
        _encoded(".tiff", _noise(), cv2.IMWRITE_TIFF_COMPRESSION, packing) for packing in (1, 5, 8, 32946)
    ]


def other_pictures() -> list[bytes]:
    """BMP, portable maps, Radiance, Sun raster, JPEG 2000 and GIF, as far as this OpenCV writes them."""
    import cv2

    found: list[bytes] = []
    for suffix in (".bmp", ".ppm", ".pgm", ".pam", ".pfm", ".hdr", ".ras", ".jp2", ".gif"):
        pixels = _noise().astype(np.float32) / 255 if suffix in {".pfm", ".hdr"} else _noise()
        pixels = pixels[..., 0] if suffix == ".pgm" else pixels
        try:
            found.append(_encoded(suffix, pixels))
        except (cv2.error, AssertionError):
            continue
    found.append(b"P3 4 2 255\n" + b" ".join(str(k).encode() for k in range(24)))
    found.append(b"GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x02\0\x02\0\0\x02\x03D\x02\x05\0;")
    return found


def _videos(suffix: str, codec: str) -> list[bytes]:
    from video_scenes import write_video

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"seed{suffix}")
        write_video(path, (np.roll(_noise(48, 64), 3 * k, axis=1) for k in range(6)), fps=12.0, codec=codec)
        return [path.read_bytes()]


def avis() -> list[bytes]:
    return _videos(".avi", "MJPG")


def mp4s() -> list[bytes]:
    return _videos(".mp4", "mp4v")


def matroskas() -> list[bytes]:
    return _videos(".mkv", "mp4v")


def _npz(save: Callable[..., None] = np.savez, **arrays: Any) -> bytes:
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def amass() -> list[bytes]:
    rng = np.random.default_rng(3)
    poses, trans = rng.normal(0, 0.3, (4, 165)), rng.normal(0, 1, (4, 3))
    own = {"frame": np.array("y_up"), "confidence": np.ones((4, 24)), "mocap_framerate": np.array(25.0)}
    return [
        _npz(poses=poses, trans=trans, betas=np.zeros(16), gender=np.array("male"), mocap_frame_rate=np.array(120.0)),
        _npz(np.savez_compressed, poses=poses[:, :72].astype(np.float32), trans=trans, betas=np.zeros(10), **own),
        _npz(poses=np.asfortranarray(poses[:, :156]), trans=trans),
    ]


def cached_arrays() -> list[bytes]:
    """A file of the store as it is written for its key."""
    from contrapposto.backend.array_store import write_arrays

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "seed.npz")
        numbers = {"a": np.arange(40, dtype=np.float32), "notes": np.array('["läuft"]'), "people": np.array(1)}
        write_arrays(path, {"key": np.array(ACCESS_KEY), **numbers})
        return [path.read_bytes()]


def _track_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {
        "frames": np.arange(4), "time_s": np.arange(4) / 25.0, "cuts": np.array([2]), "truncated": np.array(False),
        "notes": np.array('["a note"]'), "people": np.array(1), "camera/homography": np.tile(np.eye(3), (4, 1, 1)),
        "camera/rotation": np.tile(np.eye(3), (4, 1, 1)), "camera/sure": np.ones(4, np.float32),
        "track0/keypoints_px": rng.uniform(0, 60, (3, 33, 2)).astype(np.float32),
        "track0/confidence": np.ones((3, 33), np.float32), "track0/fps": np.array(25.0),
        "track0/keypoints_world": rng.normal(0, 1, (3, 33, 3)).astype(np.float32), "track0/first": np.array(1),
        "track0/box_px": np.tile(np.array([0, 0, 30, 40], np.float32), (3, 1)), "track0/seen": np.ones(3, bool),
        "track0/thumbnail": np.zeros((8, 8, 3), np.uint8),
    }  # fmt: skip


def cached_tracks() -> list[bytes]:
    return [_npz(**_track_arrays())]


def bone_maps() -> list[bytes]:
    one = {"bones": ["spine", "chest é"], "score": 0.75, "reason": "by its name"}
    switch = {"bone": "hand.L", "property": "IK_FK", "value": 1.0, "joints": ["left_wrist"]}
    full = {
        "armature": "Rig", "convention": "rigify", "switches": [switch], "problems": ["odd"], "ask": ["neck"],
        "joints": {"pelvis": {"bones": ["hips"], "score": 1.0}, "spine1": one, "left_index1": {"bones": ["f1"]}},
    }  # fmt: skip
    return [json.dumps(each).encode() for each in (full, {"joints": {"head": {"bones": ["head"]}}})]


def programs() -> list[bytes]:
    elements = [
        {"say": "Bend", "joint": "left_knee", "degrees": 90}, {"say": "Raise", "limb": "left_arm", "towards": "side",
                                                              "degrees": 80.5},
        {"say": "Trunk", "forward": 20, "left": None}, {"say": "Head", "down": 10},
    ]  # fmt: skip
    return [json.dumps(each).encode() for each in (
        {"elements": elements[:1] + elements[2:], "style": "proud", "edit": False, "notes": ["one"], "understood": []},
        {"elements": elements, "style": "", "edit": True},
    )]  # fmt: skip


def answers() -> list[bytes]:
    """Bodies of chat completions, whole and streamed."""
    pose = programs()[0].decode()
    whole = {"choices": [{"message": {"role": "assistant", "content": f"<think>hm</think>```json\n{pose}\n```"},
                          "finish_reason": "stop"}], "usage": {"total_tokens": 9}}  # fmt: skip
    error = {"error": {"message": "no such model", "code": 404}}
    return [json.dumps(each).encode() for each in (whole, error)] + [pose.encode()]


def streams() -> list[bytes]:
    pose = programs()[0].decode()
    pieces = [pose[at : at + 20] for at in range(0, len(pose), 20)]
    events = [json.dumps({"choices": [{"delta": {"content": each}, "finish_reason": None}]}) for each in pieces]
    return ["".join(f"data: {each}\r\n\r\n" for each in [*events, "[DONE]"]).encode()]


def manifests() -> list[bytes]:
    outcome = {"name": "a.jpg", "people": 1, "frames": 1, "seconds": 0.5, "notes": ["n"], "error": None, "known": False}
    return [json.dumps({"version": 1, "inputs": {"a.jpg": {"made": [], "outcome": outcome}}}).encode()]


def model_settings() -> list[bytes]:
    return [json.dumps({"model_type": "qwen2", "hidden_size": 8, "auto_map": None, "architectures": ["X"]}).encode()]


def sentences() -> list[bytes]:
    return [each.encode() for each in (
        "standing, left arm raised to the side, right hand on the hip, head turned 30 degrees to the left",
        "kneel on the right knee and point at the sky like an archer", "bend the left knee 20 degrees more",
        "Linker Arm nach oben, rechtes Bein 45 Grad nach vorne", "sit cross-legged with hands on the knees",
    )]  # fmt: skip


def addresses() -> list[bytes]:
    return [each.encode() for each in (
        "http://localhost:11434/v1", "https://api.example.com:8443/v1/chat/completions", "http://[::1]:8000",
        "http://127.0.0.1", "münchen.example/v1", "http://[::ffff:127.0.0.1]:80/v1", "http://0.0.0.0:1",
    )]  # fmt: skip


def command_lines() -> list[bytes]:
    return [each.encode() for each in (
        "photo gone.jpg --rig gone.blend --out /tmp/x.blend", "text standing --rig gone.fbx --out out.glb --seed 3",
        "sketch gone.png --npz a.npz --preview b.png", "video gone.mp4 --npz walk.npz --start 3 --end 9 --step 2",
        "text --describe --edit gone.npz", "rig-map gone.glb --out map.json", "batch gone --to out --recursive",
        "text x --constraints gone.json --alternatives 3 --llm http://localhost:1 --model m",
    )]  # fmt: skip


def detectors() -> list[bytes]:
    from tiny_onnx import TinyRtmpose

    small = (24, 32)
    return [each.content() for each in (TinyRtmpose(size=small), TinyRtmpose(external=True, size=small), TinyRtmpose())]


def torchscripts() -> list[bytes]:
    from tiny_regressors import Echo, OnCrop, WithBoxes, write_regressor

    found: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in (WithBoxes, OnCrop):
            module: Echo = kind()
            found.append(write_regressor(module, Path(folder, "seed.pt")).read_bytes())
    return found


def pose_weights() -> list[bytes]:
    import torch
    from safetensors.torch import save

    from contrapposto.backend.estimate.pose_network import PoseNetwork

    torch.manual_seed(1)
    tensors = {name: value.half().contiguous() for name, value in PoseNetwork(32, 1).state_dict().items()}
    return [save(tensors, metadata={"width": "32", "depth": "1"})]


def smpl_arrays(count: int = 24) -> dict[str, Any]:
    from contrapposto.backend.skeleton import PARENTS, REST_OFFSETS

    return {
        "v_template": np.cumsum(REST_OFFSETS.astype(np.float64), axis=0), "f": np.array([[0, 1, 2]], np.uint32),
        "shapedirs": np.zeros((count, 3, 10)), "posedirs": np.zeros((count, 3, 9 * (count - 1))),
        "J_regressor": np.eye(count), "weights": np.eye(count),
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(count)], np.int64),
    }  # fmt: skip


def smpl_pickles() -> list[bytes]:
    from scipy.sparse import csc_matrix

    arrays = smpl_arrays()
    sparse = {**arrays, "J_regressor": csc_matrix(arrays["J_regressor"])}
    return [pickle.dumps(arrays, protocol=2), pickle.dumps(sparse, protocol=2), pickle.dumps(arrays, protocol=4)]


def small_npz() -> list[bytes]:
    """Of SMPL-X's keys; too small to be one, so that the reading of the archive is what is tried."""
    return [_npz(np.savez_compressed, **smpl_arrays())]


def gltfs() -> list[bytes]:
    nodes = [{"name": "hips"}, {"name": "chest"}, {}]
    bones = {"hips": {"node": 0}, "chest": {"node": 1}}
    new = {"nodes": nodes, "extensions": {"VRMC_vrm": {"humanoid": {"humanBones": bones}}}}
    old = {"nodes": nodes, "extensions": {"VRM": {"humanoid": {"humanBones": [{"bone": "hips", "node": 0}]}}}}
    return [json.dumps(each).encode() for each in (new, old)]
