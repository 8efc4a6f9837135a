"""The pose language: all that a body can be told, as a closed set of typed elements, and their JSON form.

Words, the grammar and language models are all turned into these; nothing else reaches the solver, and nothing is ever
run. `meaning.py` says what each element is to be measured by.

    Program   what one sentence asks for
    Bend      an elbow, knee, wrist or ankle, by degrees from straight
    Raise     an arm or leg from hanging down, by degrees towards a side
    Point     a limb in a direction
    Touch     a place of the body with a hand, elbow, knee or foot
    Place     a place of the body above, below, before ... another
    Apart     two places of the body so far from each other
    Ground    places of the body that are on the ground, or above it
    Support   what carries the body: standing, kneeling, sitting, lying ...
    Trunk     lean and twist of the trunk
    Head      turn, tilt and nod of the head
    Palm      where a palm faces
    Face      which way the body faces
    Change    an edit: more or less of something than in the current pose
    Mirror    an edit: sides exchanged, or one side as the other

Convention: degrees and metres on the neutral adult; left and right are the body's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Side: TypeAlias = Literal["left", "right"]
Joint: TypeAlias = Literal[
    "left_elbow", "right_elbow", "left_knee", "right_knee", "left_wrist", "right_wrist", "left_ankle", "right_ankle",
]  # fmt: skip
Swung: TypeAlias = Literal[
    "left_arm", "right_arm", "left_upper_arm", "right_upper_arm", "left_leg", "right_leg", "left_thigh", "right_thigh",
]  # fmt: skip
Limb: TypeAlias = Literal[
    "left_arm", "right_arm", "left_upper_arm", "right_upper_arm", "left_forearm", "right_forearm", "left_hand",
    "right_hand", "left_leg", "right_leg", "left_thigh", "right_thigh", "left_shin", "right_shin", "left_foot",
    "right_foot", "torso", "head",
]  # fmt: skip
Direction: TypeAlias = Literal["up", "down", "forward", "back", "left", "right", "out", "across"]
"""`out` is away from the body's middle on the limb's side, `across` the opposite."""
Spot: TypeAlias = Literal[
    "head_top", "head_back", "forehead", "nose", "mouth", "chin", "throat", "nape", "chest", "belly", "lower_back",
    "upper_back", "crotch", "bottom", "heart",
    "left_eye", "left_ear", "left_cheek", "left_temple", "left_chest", "left_shoulder", "left_armpit",
    "left_upper_arm", "left_elbow", "left_forearm", "left_wrist", "left_hand", "left_fingers", "left_waist",
    "left_hip", "left_buttock", "left_thigh", "left_knee", "left_shin", "left_calf", "left_ankle", "left_heel",
    "left_sole", "left_foot", "left_toes",
    "right_eye", "right_ear", "right_cheek", "right_temple", "right_chest", "right_shoulder", "right_armpit",
    "right_upper_arm", "right_elbow", "right_forearm", "right_wrist", "right_hand", "right_fingers", "right_waist",
    "right_hip", "right_buttock", "right_thigh", "right_knee", "right_shin", "right_calf", "right_ankle", "right_heel",
    "right_sole", "right_foot", "right_toes",
]  # fmt: skip
"""The names of `spots.SPOTS`."""
SupportKind: TypeAlias = Literal[
    "standing", "left_leg", "right_leg", "tiptoe", "squatting", "lunge_left", "lunge_right", "kneeling",
    "kneeling_left", "kneeling_right", "sitting", "sitting_floor", "sitting_cross_legged", "sitting_heels",
    "lying_back", "lying_front", "lying_left", "lying_right", "all_fours", "plank", "handstand", "airborne",
]  # fmt: skip
"""Standing on `left_leg`, the right knee before a `lunge_right`, kneeling on the left knee alone in `kneeling_left`;
lying on the back, the front or a side."""
Relation: TypeAlias = Literal["above", "below", "ahead", "behind", "left_of", "right_of", "level", "beside"]
Amount: TypeAlias = Literal["a_little", "some", "much", "fully"]


@dataclass(frozen=True)
class Bend:
    """A joint, by degrees from straight; a knee at 90 makes a right angle. Ankles and wrists: either way."""

    joint: Joint
    degrees: float


@dataclass(frozen=True)
class Raise:
    """A straight limb, or its upper part, from hanging down (0) through level (90) to upright (180)."""

    limb: Swung
    toward: Literal["forward", "out", "back", "across"]
    degrees: float


@dataclass(frozen=True)
class Point:
    """A limb, as a whole, in a direction or between several."""

    limb: Limb
    directions: tuple[Direction, ...]


@dataclass(frozen=True)
class Touch:
    """A place of the body with another."""

    part: Spot
    place: Spot


@dataclass(frozen=True)
class Place:
    """A place of the body relative to another, as the body sees it; at least so many metres, where it says so."""

    part: Spot
    relation: Relation
    other: Spot
    metres: float | None = None


@dataclass(frozen=True)
class Apart:
    """Two places of the body, so many metres from each other."""

    first: Spot
    second: Spot
    least: float
    most: float


@dataclass(frozen=True)
class Ground:
    """A place of the body on the ground, or at least so many metres above it."""

    part: Spot
    above: float = 0.0


@dataclass(frozen=True)
class Support:
    """What carries the body; `height` in metres of the seat where it sits on something."""

    kind: SupportKind
    height: float | None = None


@dataclass(frozen=True)
class Trunk:
    """Degrees that the trunk leans and its shoulders turn; what is None is left open. Negative is the other way."""

    forward: float | None = None
    left: float | None = None
    twist_left: float | None = None


@dataclass(frozen=True)
class Head:
    """Degrees that the head turns, tilts to a shoulder and nods; what is None is left open."""

    left: float | None = None
    tilt_left: float | None = None
    down: float | None = None


@dataclass(frozen=True)
class Palm:
    """Where a palm faces."""

    side: Side
    directions: tuple[Direction, ...]


@dataclass(frozen=True)
class Face:
    """Degrees that the body is turned from the viewer to its own left; 180 shows the back.

    The picture's left is the own right of a body that faces the viewer: "facing left" is -90, "turned to his left" 90.
    """

    left: float


@dataclass(frozen=True)
class Change:
    """More or less of something than in the current pose, the rest as it is.

    `part` is a joint to bend or straighten, a limb to raise, lower, move or spread, the head or the torso to turn, tilt
    or lean, the body to turn. `degrees` and `metres` win over `amount`; metres are those by which a hand, foot, knee,
    elbow, the hips or the head moves. `directions` says where to for `move`, `turn`, `tilt` and `lean`; or `toward`
    names a place that a hand or foot moves nearer to, with `spread` away from. `spread` and `close` take two legs or
    arms. A heel or toes are raised and lowered about the other end of the foot.
    """

    verb: Literal["bend", "straighten", "raise", "lower", "move", "turn", "tilt", "lean", "spread", "close", "open"]
    part: Literal[
        "left_elbow", "right_elbow", "left_knee", "right_knee", "left_wrist", "right_wrist", "left_ankle",
        "right_ankle", "left_arm", "right_arm", "left_forearm", "right_forearm", "left_hand", "right_hand", "left_leg",
        "right_leg", "left_shin", "right_shin", "left_foot", "right_foot", "left_heel", "right_heel", "left_toes",
        "right_toes", "left_shoulder", "right_shoulder", "legs", "arms", "feet", "head", "torso", "hips", "body",
    ]  # fmt: skip
    amount: Amount = "some"
    degrees: float | None = None
    directions: tuple[Direction, ...] = ()
    metres: float | None = None
    toward: Spot | None = None


@dataclass(frozen=True)
class Mirror:
    """Sides exchanged, of the whole body, the arms or the legs; or one side made as the other, its source."""

    part: Literal["body", "arms", "legs"] = "body"
    source: Side | None = None


Element: TypeAlias = (
    Bend | Raise | Point | Touch | Place | Apart | Ground | Support | Trunk | Head | Palm | Face | Change | Mirror
)
ELEMENTS: Final = (Bend, Raise, Point, Touch, Place, Apart, Ground, Support, Trunk, Head, Palm, Face, Change, Mirror)


@dataclass(frozen=True)
class Program:
    """What one sentence asks for.

    Attributes:
        elements: what the body is told; later ones win where two contradict each other.
        style: words that name no part of the body, for the generator: a mood, a role, an activity.
        edit: the current pose is to be changed, not a new one made.
        notes: what the artist should know: numbers that were clamped, words that were not understood.
    """

    elements: tuple[Element, ...] = ()
    style: str = ""
    edit: bool = False
    notes: tuple[str, ...] = ()
