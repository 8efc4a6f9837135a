"""A rig is searched once; whatever its bone map depends on makes it searched again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import RigError
from contrapposto.backend.retarget import known_rigs
from contrapposto.backend.retarget.matcher import match_bones
from numpy_rigs import RestPose, synthetic_rig


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the rigs that were searched."""
    found: list[str] = []

    def counted(rig):
        found.append(rig.name)
        return match_bones(rig)

    known_rigs.forget_rigs()
    monkeypatch.setattr(known_rigs, "match_bones", counted)
    return found


def test_a_rig_in_another_pose_is_not_searched_again(searches: list[str]) -> None:
    rig = synthetic_rig(RestPose())
    basis = np.array(rig.basis)
    basis[:, :3, 3] = 0.1
    first, second = known_rigs.match_once(rig), known_rigs.match_once(replace(rig, basis=basis))
    assert first == second == match_bones(rig)
    assert searches == ["Synthetic"]


def test_another_name_rest_or_constraint_is_searched_again(searches: list[str]) -> None:
    rig = synthetic_rig(RestPose())
    constraints = (("IK",), *rig.constraints[1:])
    bent = synthetic_rig(RestPose(arms_down=30.0))
    for other in (rig, replace(rig, name="B"), replace(rig, rest=rig.rest + 0.0), bent):
        known_rigs.match_once(other)
    known_rigs.match_once(replace(rig, constraints=constraints))
    known_rigs.match_once(replace(rig, copies=("Other", *rig.copies[1:])))
    assert len(searches) == 5


def test_a_refusal_is_not_kept(searches: list[str]) -> None:
    rig = synthetic_rig(RestPose(), without=("left_knee", "left_ankle", "left_foot"))
    rig = replace(rig, bones=tuple(f"b{position}" for position in range(len(rig.bones))))
    for _ in range(2):
        with pytest.raises(RigError):
            known_rigs.match_once(rig)
    assert len(searches) == 2
