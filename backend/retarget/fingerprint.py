"""A short name for the structure of a rig, by which what is known of it is found again."""

from __future__ import annotations

import hashlib
import json

from .rig_spec import RigSpec


def fingerprint(rig: RigSpec) -> str:
    """40 hexadecimal digits from the bones' names and parents; the same in any pose and bone order."""
    pairs = sorted(
        [bone, rig.bones[parent] if (parent := int(rig.parents[index])) >= 0 else ""]
        for index, bone in enumerate(rig.bones)
    )
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=False).encode()).hexdigest()[:40]
