"""Runs each part of the add-on once on something whose right answer is known; each gives one finding.

The figure is `known_figure`; how near an answer must be is several times what the shipped models are off by, and far
less than models are that have not learned anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from .doctor import Finding
from .job import Job, Progress

if TYPE_CHECKING:
    from .estimate.estimator import Estimate
    from .observation import Observation
    from .runtime import ModelCache

MOST_DEGREES: Final = 25.0
"""The mean over the limbs; the shipped pose model is 12 degrees off."""
MOST_SHARE: Final = 0.10
"""Of the figure's height, the mean over the points; the shipped networks are 2 percent off."""
MOST_DIFFERENCE: Final = 1e-3
"""Between a product of matrices on the device and the same on the processor, as a share of it."""
LEAST_BEND: Final = 40.0
"""Degrees; the shipped text model says 85."""
_REPORT: Final = "Reinstall the extension; if that does not help, copy the report and send it."
_POINTS: Final = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
SENTENCES: Final = (
    ("sitting, right hand on the head", ("Support(kind='sitting'", "Touch(part='right_hand', place='head_top')")),
    ("raise the left arm to the side", ("Raise(limb='left_arm', toward='out', degrees=90.0)",)),
)
"""What each sentence must be understood to say."""


def try_device(choice: str) -> Job[Finding]:
    """Which device models run on, and whether a small product of matrices comes out right there.

    Raises:
        MissingPackageError: torch is not installed.
        InputError: the device that was asked for is not on this machine.
    """
    from .runtime import torch_device

    yield Progress("Looking for the device", 0.0)
    device = torch_device(choice)
    import torch

    yield Progress("Computing on the device", 0.5)
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(96, 96, generator=generator) for _ in range(2))
    right = one @ other
    there = (one.to(device) @ other.to(device)).cpu()
    off = float((there - right).abs().max() / right.abs().max())
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else {"mps": "Metal"}.get(device.type, "processor")
    )
    if off <= MOST_DIFFERENCE:
        return Finding(
            "device", f"Models run on {device.type} ({name}), which computes rightly.", ok=True, needed=False
        )
    sentence = f"{device.type} ({name}) computes wrongly: a product of matrices is {off:.1%} off."
    advice = "Choose CPU as the device in the preferences, and update the graphics driver."
    return Finding("device", sentence, ok=False, needed=True, failed=True, advice=advice)


def try_pose(models: ModelCache) -> Job[Finding]:
    """The pose model on the keypoints of a known pose.

    Raises:
        ModelError, InputError: as `ModelCache.pose_network`.
    """
    from .known_figure import known_sighting

    yield Progress("Loading the pose model", 0.0)
    estimator = models.estimator("MODEL")
    yield Progress("Solving a known pose", 0.5)
    (estimate,) = yield from estimator.estimate(known_sighting())
    off = mean_degrees(estimate)
    if off <= MOST_DEGREES:
        sentence = f"A known pose is solved to {off:.0f} degrees a limb (at most {MOST_DEGREES:.0f})."
        return Finding("pose self-test", sentence, ok=True, needed=True)
    sentence = f"A known pose is solved wrongly: {off:.0f} degrees a limb off (at most {MOST_DEGREES:.0f})."
    return Finding("pose self-test", sentence, ok=False, needed=True, failed=True, advice=_REPORT)


def try_drawing(models: ModelCache) -> Job[Finding]:
    """The network that reads drawings, on a drawn figure.

    Raises:
        ModelError, InputError: as `ModelCache.drawing_network`.
    """
    from .known_figure import known_picture

    yield Progress("Loading the network for drawings", 0.0)
    detector = models.drawing_detector()
    yield Progress("Reading a drawn figure", 0.5)
    figures = yield from detector.figures(known_picture())
    return _of_points("drawing self-test", [figure.observation for figure in figures], needed=False)


def try_photo(models: ModelCache) -> Job[Finding]:
    """The photo detector, on the same figure.

    Raises:
        ModelError: as `ModelCache.blazepose`.
    """
    from .known_figure import known_picture

    yield Progress("Loading the detector", 0.0)
    detector = models.blazepose()
    yield Progress("Looking for a person", 0.5)
    people = yield from detector.people(known_picture())
    return _of_points("photo self-test", people, needed=True)


def try_grammar() -> Job[Finding]:
    """The grammar, on sentences whose meaning is known."""
    from .text.grammar import understand

    for number, (sentence, meaning) in enumerate(SENTENCES):
        yield Progress("Reading a sentence", number / len(SENTENCES))
        understood = " ".join(map(str, understand(sentence).elements))
        if not all(part in understood for part in meaning):
            wrong = f"“{sentence}” is understood wrongly: {understood[:200]}."
            return Finding("text self-test", wrong, ok=False, needed=True, failed=True, advice=_REPORT)
    return Finding("text self-test", f"{len(SENTENCES)} sentences are understood rightly.", ok=True, needed=True)


def try_text_model(models: ModelCache) -> Job[Finding]:
    """The model that drafts poses for words of no part of the body: who sits bends the knees more than who stands.

    Raises:
        ModelError: as `ModelCache.text_generator`.
    """
    import numpy as np

    from .skeleton import JOINT_INDEX

    yield Progress("Loading the text model", 0.0)
    generator = models.text_generator()
    knees = [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]
    bends: list[float] = []
    for words in ("a person sitting on a chair", "a person standing still"):
        yield Progress("Drafting a pose", 0.8)
        drafts = generator.drafts(words, 2, seed=0)
        bends.append(float(np.degrees(np.linalg.norm(drafts[:, knees], axis=-1)).mean()))
    if bends[0] - bends[1] >= LEAST_BEND:
        sentence = f"Who sits bends the knees by {bends[0] - bends[1]:.0f} degrees more than who stands."
        return Finding("text model self-test", sentence, ok=True, needed=False)
    sentence = (
        f"The text model is wrong: who sits bends the knees by {bends[0]:.0f} degrees, who stands by {bends[1]:.0f}."
    )
    return Finding("text model self-test", sentence, ok=False, needed=False, failed=True, advice=_REPORT)


def mean_degrees(estimate: Estimate) -> float:
    """How far the limbs are off in direction from those of the known pose, on average."""
    import numpy as np

    from .known_figure import KNOWN_LIMBS, known_joints

    got, right = estimate.joints()[0], known_joints()
    angles: list[float] = []
    for start, end in KNOWN_LIMBS:
        one, other = got[end] - got[start], right[end] - right[start]
        cosine = float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))
        angles.append(float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))
    return float(np.nan_to_num(np.mean(angles), nan=180.0))


def mean_share(seen: Observation) -> float:
    """How far the points are off from where the figure was drawn, as a share of its height, on average."""
    import numpy as np

    from .keypoints import BLAZEPOSE_33
    from .known_figure import known_sighting

    right = known_sighting().keypoints_px[0]
    names = [f"{side}_{point}" for side in ("left", "right") for point in _POINTS]
    pairs = [(seen.schema.find(name), BLAZEPOSE_33.index[name]) for name in names]
    off = [float(np.linalg.norm(seen.keypoints_px[0, own] - right[row])) for own, row in pairs if own is not None]
    return float(np.nan_to_num(np.mean(off) / np.ptp(right[:, 1]), nan=1.0))


def _of_points(name: str, seen: Sequence[Observation] | Iterable[Observation], *, needed: bool) -> Finding:
    found = list(seen)
    if not found:
        sentence = "The drawn figure was not found."
        return Finding(name, sentence, ok=False, needed=needed, failed=True, advice=_REPORT)
    off = min(mean_share(each) for each in found)
    words = f"a drawn figure's joints are found to {off:.1%} of its height (at most {MOST_SHARE:.0%})"
    if off <= MOST_SHARE:
        return Finding(name, f"{words[:1].upper()}{words[1:]}.", ok=True, needed=needed)
    return Finding(name, f"Found wrongly: {words}.", ok=False, needed=needed, failed=True, advice=_REPORT)
