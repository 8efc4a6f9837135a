"""Which clips are held out for measuring, and which show what a clip of another archive shows already.

Held out are whole persons, so that neither they nor what they do is known to the model: CMU's subjects 2 (walking,
jumping, punching, swordplay, washing) and 6 (basketball), the walker of the exponential maps' own test clips with the
other test clips, a salsa by both partners, and some of each other kind.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Final

_HELD_OUT: Final = (
    "cmu_asfamc/02_*",
    "cmu_expmap/test_*",
    "cmu_expmap/*_basketball_basketball_*",
    "cmu_expmap/train_walking_walking_3",
    "cmu_iclone_bvh/006_*",
    "cmu_acrnn_bvh/salsa_05",
    "cmu_acrnn_bvh/salsa_20",
    "cmu_acrnn_bvh/salsa_12",
    "cmu_acrnn_bvh/salsa_27",
    "cmu_acrnn_bvh/indian_08",
    "cmu_acrnn_bvh/martial_06",
    "cmu_keijiro_fbx/85_14",
    "cmu_m2m_fbx/91_50",
    "deepmimic/humanoid3d_spinkick",
    "deepmimic/humanoid3d_getup_faceup",
    "deepmimic/humanoid3d_dance_b",
)
_REPEATED: Final = (
    "cmu_asfamc/fairmotion_01_01",  # asfamc 01_01
    "cmu_asfamc/fairmotion_11_01",  # expmap test_soccer_1
    "cmu_expmap/train_walking_walking_1",  # asfamc 02_01
    "cmu_iclone_bvh/001_*",
    "cmu_iclone_bvh/002_*",
    "cmu_iclone_bvh/003_*",  # asfamc 01, 02, 03
    "cmu_iclone_bvh/005_01",  # expmap walking_2
    "cmu_iclone_bvh/006_01",  # expmap walking_3
    "cmu_iclone_bvh/006_0[2-7]",  # expmap basketball
    "cmu_iclone_bvh/007_0[12]",  # expmap walking_4, walking_5
)


def is_held_out(name: str) -> bool:
    """Whether a clip, such as cmu_asfamc/02_03, is kept from training."""
    return any(fnmatch(name, pattern) for pattern in _HELD_OUT)


def is_repeated(name: str) -> bool:
    """Whether another archive holds the same recording in a better form, so that this one is left out."""
    return any(fnmatch(name, pattern) for pattern in _REPEATED)
