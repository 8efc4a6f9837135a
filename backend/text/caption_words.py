"""Words for posecodes: of what is spoken, and what is said of it; the first wording is the plainest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from .codes import Code


@dataclass(frozen=True)
class Wording:
    """One way to say a code.

    Attributes:
        subject: "left elbow", "arms", or empty for the whole body.
        many: the subject is plural.
        said: "bent at a right angle", read after "is" or "are"; of the body a participle such as "kneeling"; or with a
            verb of its own, "points up".
    """

    subject: str
    many: bool
    said: str

    def sentence(self) -> str:
        """A whole sentence without its full stop: "the left elbow is bent at a right angle"."""
        if not self.subject:
            return self.said
        article = "" if self.subject.startswith("both ") else "the "
        verb = "" if self.said.startswith(("points ", "point ")) else "are " if self.many else "is "
        return f"{article}{self.subject} {verb}{self.said}"

    def fragment(self) -> str:
        """The same without article and verb: "left elbow bent at a right angle"."""
        return f"{self.subject} {self.said}".strip()


_SUPPORT: Final = {
    "standing": ("standing", "standing upright", "on both feet"),
    "left_leg": ("standing on the left leg", "standing on one leg, the left one", "balancing on the left leg"),
    "right_leg": ("standing on the right leg", "standing on one leg, the right one", "balancing on the right leg"),
    "tiptoe": ("standing on tiptoe", "on tiptoes", "standing on the toes"),
    "squatting": ("squatting", "crouching", "in a squat"),
    "lunge_left": ("in a lunge with the left leg forward", "lunging with the left leg"),
    "lunge_right": ("in a lunge with the right leg forward", "lunging with the right leg"),
    "kneeling": ("kneeling on both knees", "kneeling", "on the knees"),
    "kneeling_left": ("kneeling on the left knee", "down on the left knee", "on one knee, the left one"),
    "kneeling_right": ("kneeling on the right knee", "down on the right knee", "on one knee, the right one"),
    "sitting": ("sitting on a chair", "sitting", "seated"),
    "sitting_floor": ("sitting on the floor", "sitting on the ground"),
    "sitting_cross_legged": ("sitting cross-legged", "sitting on the floor with crossed legs"),
    "sitting_heels": ("sitting on the heels", "kneeling and sitting back on the heels"),
    "lying_back": ("lying on the back", "lying face up", "on the back"),
    "lying_front": ("lying on the belly", "lying face down", "lying on the front"),
    "lying_left": ("lying on the left side",),
    "lying_right": ("lying on the right side",),
    "all_fours": ("on all fours", "on hands and knees", "crawling"),
    "plank": ("in a plank", "in a push-up position"),
    "handstand": ("in a handstand", "standing on the hands"),
    "bent_over": ("bent over at the hips", "bending over", "bent far forward"),
}
_LEVELS: Final = {
    "low": ("slightly", "a little"),
    "level": ("level", "to shoulder height"),
    "high": ("high", "above shoulder height"),
}
_WAYS: Final = {"forward": "forward", "out": "to the side", "back": "backward", "across": "across the body"}
_BEND: Final = {
    "straight": ("straight", "stretched"),
    "slight": ("slightly bent", "bent a little"),
    "bent": ("bent", "partly bent", "bent by sixty degrees"),
    "right": ("bent at a right angle", "bent by 90 degrees"),
    "sharp": ("sharply bent", "strongly bent"),
    "full": ("fully bent", "completely bent"),
}
_TWO_WAY: Final = {
    "lean": ("torso", "leaning {much}{way}", "leaning {much}{way}"),
    "side": ("torso", "leaning {much}to the {way}", ""),
    "twist": ("torso", "twisted {much}to the {way}", ""),
    "head turn": ("head", "turned {much}to the {way}", "looking {much}to the {way}"),
    "head tilt": ("head", "tilted {much}to the {way}", ""),
}
"""Of which part, what is said of it, and what of the whole body."""
_MUCH: Final = {"much": ("", "far "), "a little": ("slightly ", "a little ")}
_NODS: Final = {
    "down much": ("bowed", "hanging down"), "down a little": ("tilted slightly down", "slightly lowered"),
    "up much": ("tilted back", "raised far up"), "up a little": ("tilted slightly up", "slightly raised"),
}  # fmt: skip
_FOREARM: Final = {
    "up": ("pointing up", "raised vertically"), "forward": ("pointing forward",),
    "across": ("across the body", "pointing inward"), "out": ("pointing outward", "pointing to the side"),
    "down": ("pointing down", "hanging down"),
}  # fmt: skip
_HAND: Final = {
    "above head": ("above the head", "held overhead"), "behind back": ("behind the back",),
    "before chest": ("in front of the chest", "held before the chest"),
    "before face": ("in front of the face", "at face height in front"),
}  # fmt: skip
_HANDS: Final = {
    "arms crossed": ("arms", ("crossed", "folded in front of the chest")),
    "together": ("hands", ("together", "close together")), "wrists crossed": ("wrists", ("crossed",)),
}  # fmt: skip
_FEET: Final = {
    "wide": ("wide apart", "spread wide"), "apart": ("apart", "more than shoulder width apart"),
    "together": ("close together", "together"),
}  # fmt: skip
_PLACES: Final = {
    "head_top": "top of the head", "head_back": "back of the head", "lower_back": "lower back",
    "nape": "back of the neck", "upper_arm": "upper arm",
}  # fmt: skip
_LEGS: Final = {
    "forward low": ("slightly forward", "stretched slightly forward"),
    "forward level": ("raised forward", "lifted to the front"),
    "forward high": ("raised high forward", "kicked up in front"),
    "back low": ("stretched back", "slightly behind"), "back level": ("raised backward", "lifted behind"),
    "back high": ("raised high behind", "kicked up behind"), "out low": ("out to the side", "slightly out to the side"),
    "out level": ("raised to the side", "lifted sideways"), "out high": ("raised high to the side",),
    "across low": ("crossed over the other leg",), "across level": ("raised across the body",),
    "across high": ("raised high across the body",),
}  # fmt: skip
_THIGHS: Final = {"low": ("slightly {way}", "a little {way}"), "level": ("raised {way}", "level, pointing {way}"),
                  "high": ("raised high {way}", "pulled up {way}")}  # fmt: skip


def wordings(code: Code) -> tuple[Wording, ...]:
    """Every way to say a code, the plainest first."""
    return _WAYS_OF[code.what](code)


def _support(code: Code) -> tuple[Wording, ...]:
    return tuple(Wording("", many=False, said=said) for said in _SUPPORT[code.value])


def _listed(table: Mapping[str, tuple[str, ...]]) -> Callable[[Code], tuple[Wording, ...]]:
    """A part of the body that is called as its family is, and what is said of each kind of it."""
    return lambda code: _of(code, code.what, table[code.value])


def _of(code: Code, part: str, said: tuple[str, ...]) -> tuple[Wording, ...]:
    if code.side == "both":
        plural = "feet" if part == "foot" else "thighs" if part == "thigh" else f"{part}s"
        return tuple(Wording(f"both {plural}", many=True, said=each) for each in said)
    return tuple(Wording(f"{code.side} {part}", many=False, said=each) for each in said)


def _bearings(code: Code) -> tuple[Wording, ...]:
    """Lean, twist, turn and tilt: "the torso is leaning slightly forward", or of the whole body, "looking left"."""
    way, _, much = code.value.partition(" ")
    subject, pattern, whole = _TWO_WAY[code.what]
    found = [Wording(subject, many=False, said=pattern.format(much=each, way=way)) for each in _MUCH[much]]
    if whole:
        found.append(Wording("", many=False, said=whole.format(much=_MUCH[much][0], way=way)))
    return tuple(found)


def _nods(code: Code) -> tuple[Wording, ...]:
    way, _, much = code.value.partition(" ")
    looking = Wording("", many=False, said=f"looking {_MUCH[much][0]}{way}")
    return (*(Wording("head", many=False, said=said) for said in _NODS[code.value]), looking)


def _arm(code: Code) -> tuple[Wording, ...]:
    if code.value == "down":
        return _of(
            code, code.what, ("hanging down", "down at the side" if code.side != "both" else "down at the sides")
        )
    if code.value == "up":
        return _of(code, code.what, ("raised straight up", "stretched straight up", "raised overhead"))
    way, _, level = code.value.partition(" ")
    ways = "to the sides" if (way, code.side) == ("out", "both") else _WAYS[way]
    said = {
        "low": (f"raised slightly {ways}", f"a little {ways}"),
        "level": (f"raised {ways} to shoulder height", f"stretched out {ways}", f"extended {ways}"),
        "high": (f"raised high {ways}", f"raised diagonally up {ways}"),
    }[level]
    return _of(code, code.what, said[:2] if code.what == "upper arm" and level == "level" else said)


def _thigh(code: Code) -> tuple[Wording, ...]:
    way, _, level = code.value.partition(" ")
    said = tuple(each.format(way=_WAYS[way]) for each in _THIGHS[level])
    found = _of(code, "thigh", said)
    if level != "low" and way == "forward":
        found += _of(code, "knee", ("raised",) if level == "level" else ("raised high", "pulled up to the chest"))
    return found


def touch_words(code: Code) -> tuple[str, ...]:
    """Where a hand is, read after "is": on its own or the other side's place, or both hands on their places."""
    place = code.value
    if code.side == "both":
        bare = place.removeprefix("other ")
        name = f"the {_PLACES.get(bare, bare.replace('_', ' '))}"
        if bare in _PAIRED:
            name = f"{name.replace('the ', 'the opposite ') if bare != place else name}s".replace("foots", "feet")
        return (f"on {name}", f"resting on {name}")
    side, _, bare = place.partition("_")
    if side not in {"left", "right"}:
        side, bare = "", place
    name = f"the {side} {_PLACES.get(bare, bare.replace('_', ' '))}".replace("  ", " ")
    return (f"on {name}", f"touching {name}", f"resting on {name}")


def _touch(code: Code) -> tuple[Wording, ...]:
    return _of(code, "hand", touch_words(code))


_PAIRED: Final = {
    "hip", "waist", "cheek", "ear", "shoulder", "upper_arm", "elbow", "forearm", "thigh", "knee", "shin", "ankle",
    "foot",
}  # fmt: skip


def _both_arms(code: Code) -> tuple[Wording, ...]:
    subject, said = _HANDS[code.value]
    return tuple(Wording(subject, many=True, said=each) for each in said)


def _higher(code: Code) -> tuple[Wording, ...]:
    return (Wording(f"{code.side} hand", many=False, said=f"higher than the {_other(code)} hand"),)


def _feet(code: Code) -> tuple[Wording, ...]:
    if code.value == "crossed":
        return (Wording("legs", many=True, said="crossed"), Wording("feet", many=True, said="crossed"))
    return tuple(Wording("feet", many=True, said=said) for said in _FEET[code.value])


def _foot_ahead(code: Code) -> tuple[Wording, ...]:
    far, other = "far " if code.value == "far" else "", _other(code)
    return (
        Wording(f"{code.side} foot", many=False, said=f"{far}in front of the {other} foot"),
        Wording(f"{code.side} leg", many=False, said=f"{far}forward"),
        Wording(f"{other} foot", many=False, said=f"{far}behind the {code.side} foot"),
    )


def _foot_raised(code: Code) -> tuple[Wording, ...]:
    high = "high " if code.value == "high" else ""
    return (
        Wording(f"{code.side} foot", many=False, said=f"raised {high}off the ground"),
        Wording(f"{code.side} foot", many=False, said=f"lifted {high}".strip()),
    )


def _other(code: Code) -> str:
    return "right" if code.side == "left" else "left"


_WAYS_OF: Final[dict[str, Callable[[Code], tuple[Wording, ...]]]] = {
    "support": _support, "lean": _bearings, "side": _bearings, "twist": _bearings, "head turn": _bearings,
    "head tilt": _bearings, "head nod": _nods, "elbow": _listed(_BEND), "knee": _listed(_BEND), "arm": _arm,
    "upper arm": _arm, "forearm": _listed(_FOREARM), "hand": _listed(_HAND), "leg": _listed(_LEGS), "thigh": _thigh,
    "touch": _touch, "hands": _both_arms, "higher": _higher, "feet": _feet, "foot ahead": _foot_ahead,
    "foot raised": _foot_raised,
}  # fmt: skip
