"""What clips of motion capture show, in words: CMU's own index, and phrases for each kind of clip."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

INDEX: Final = "CMU_data.csv"
"""The file of CMU's descriptions that lies beside the zips; without it only the phrases below are used."""
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "cmu_asfamc/01_*": ("climbing on a playground", "a child on a climbing frame", "climbing"),
    "cmu_asfamc/02_0[12]": ("walking", "a person walks"),
    "cmu_asfamc/02_03": ("running", "jogging", "a runner"),
    "cmu_asfamc/02_04": ("jumping", "balancing"),
    "cmu_asfamc/02_05": ("punching", "a boxer", "throwing punches"),
    "cmu_asfamc/02_06": ("bending over and picking something up", "scooping something up"),
    "cmu_asfamc/02_0[789]": ("fighting with a sword", "a swordsman", "a knight with a sword", "fencing"),
    "cmu_asfamc/02_10": ("washing oneself", "taking a shower"),
    "cmu_asfamc/03_*": ("walking on uneven ground", "hiking", "a hiker on rocks"),
    "*/indian_*": ("indian dance", "an indian classical dancer", "an indian temple dancer"),
    "*/martial_*": ("martial arts", "a kung fu fighter", "a martial artist", "fighting"),
    "*/salsa_*": ("salsa", "dancing salsa", "a latin dancer", "a couple's dance"),
    "*basketball_signal*": ("a basketball referee signals", "a referee giving hand signals"),
    "*basketball_basketball*": ("playing basketball", "a basketball player", "dribbling a ball"),
    "*/006_*": ("playing basketball", "a basketball player", "dribbling a ball"),
    "*directing_traffic*": ("directing traffic", "a traffic policeman", "a police officer directs traffic"),
    "*jumping*": ("jumping", "a person jumps"),
    "*running*": ("running", "a runner", "jogging"),
    "*soccer*": ("playing football", "a soccer player", "kicking a ball"),
    "*washwindow*": ("washing a window", "wiping a window", "cleaning"),
    "*walking_*": ("walking", "a person walks", "going for a walk"),
    "*/005_*": ("ballet", "a ballet dancer", "a ballerina", "dancing ballet"),
    "*/007_*": ("walking", "a person walks"),
    "*/135_*": ("karate", "a karate fighter", "a karate kata"),
    "*/85_*": ("acrobatics", "a breakdancer", "an acrobat"),
    "*/91_*": ("jumping and turning", "a jump with a turn"),
    "*_backflip": ("a backflip", "an acrobat", "a somersault backwards"),
    "*_cartwheel": ("a cartwheel", "a gymnast"),
    "*_crawl": ("crawling", "crawling on the ground", "a crawling soldier"),
    "*_dance_*": ("dancing", "a dancer", "a street dancer"),
    "*_getup_facedown": ("getting up from lying face down", "getting up"),
    "*_getup_faceup": ("getting up from lying on the back", "getting up"),
    "*_jog": ("jogging", "running"),
    "*_jump": ("jumping", "a person jumps"),
    "*_kick": ("kicking", "a kick", "a karate kick"),
    "*_punch": ("punching", "a punch", "a boxer"),
    "*_roll": ("rolling on the ground", "a forward roll"),
    "*_run": ("running", "a sprinter"),
    "*_sideflip": ("a side flip", "an acrobat"),
    "*_spin": ("spinning", "turning around"),
    "*_spinkick": ("a spinning kick", "a martial arts kick"),
    "*_stealthy_walk": ("sneaking", "a thief sneaking", "stealthy walk", "a spy creeping along"),
    "*_walk": ("walking",),
    "*_zombie_walk": ("a zombie", "walking like a zombie", "an undead monster"),
}


def read_index(folder: Path | None) -> dict[tuple[int, int], str]:
    """CMU's description of each (subject, trial); empty where the file is missing."""
    path = folder / INDEX if folder is not None else None
    if path is None or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if len(row) > 2 and row[0].isdigit() and row[1].isdigit()]
    return {(int(row[0]), int(row[1])): row[2].strip() for row in rows}


def descriptions(name: str, index: Mapping[tuple[int, int], str]) -> tuple[str, ...]:
    """What a clip such as cmu_asfamc/01_03 shows, in several wordings, never empty."""
    found = [phrase for pattern, phrases in _KINDS.items() if fnmatch(name, pattern) for phrase in phrases]
    numbers = re.search(r"/(\d+)_(\d+)$", name)
    said = index.get((int(numbers[1]), int(numbers[2])), "") if numbers else ""
    if said:
        found.append(said)
        found += [part.strip() for part in re.split(r" - |,|/", said) if len(part.strip()) > 3]
    return tuple(dict.fromkeys(found)) or ("a person moves",)
