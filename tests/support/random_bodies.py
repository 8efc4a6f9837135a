"""Bodies made at random: proportions, rest pose, facing, scale, order of bones, and whatever else hangs on a rig."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial.transform import Rotation

from contrapposto.backend.retarget.rig_spec import RigSpec

Point = np.ndarray
FINGER_ORDER = ("thumb", "index", "middle", "ring", "pinky")


@dataclass
class Body:
    """Bones of a body that faces -y with its left at +x, z up, in metres; and which bone is which joint.

    Attributes:
        random: where the numbers come from.
        ends: chains end in bones that move nothing, as some exporters add them.
        bones: name -> (parent, head).
        joints: joint -> the bones that may stand for it.
    """

    random: np.random.Generator
    ends: bool
    bones: dict[str, tuple[str | None, Point]] = field(default_factory=dict)
    joints: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, name: str, parent: str | None, head: Iterable[float], *, joint: str | None = None) -> str:
        """A bone more; the first bone of a joint is the one that counts."""
        self.bones[name] = (parent, np.array(list(head), dtype=np.float64))
        if joint is not None:
            self.joints[joint] = (*self.joints.get(joint, ()), name)
        return name

    def chain(self, name: str, parent: str, start: Point, step: Point, *, count: int) -> str:
        """Bones one below the other, a little crooked."""
        for number in range(count):
            wobble = self.random.normal(size=3) * 0.05 * np.linalg.norm(step)
            parent = self.add(f"{name}{number}", parent, start + number * step + wobble)
        return parent

    def chance(self, share: float) -> bool:
        """True in this share of the bodies."""
        return bool(self.random.random() < share)


def random_body(seed: int) -> Body:
    """A body with limbs, trunk and head of a human's proportions, give or take."""
    random = np.random.default_rng(seed)
    body = Body(random, ends=bool(random.random() < 0.4))
    leg, spread = 0.85 * random.uniform(0.85, 1.15), random.uniform(0.07, 0.11)
    hips = np.array([0.0, 0.0, leg + 0.08])
    above = body.add("root", None, (0.0, 0.0, 0.0)) if body.chance(0.6) else None
    pelvis = body.add("pelvis", above, hips, joint="pelvis")
    _legs(body, pelvis, leg=leg, spread=spread)
    top = _trunk(body, pelvis, hips, height=0.52 * random.uniform(0.85, 1.15))
    _arms(body, top, shoulders=body.bones[top][1] + [0.0, 0.02, random.uniform(0.06, 0.12)])
    _extras(body)
    return body


def _legs(body: Body, pelvis: str, *, leg: float, spread: float) -> None:
    knee, bend = leg * body.random.uniform(0.47, 0.53), body.random.uniform(0.0, 0.03)
    toes = body.chance(0.85)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip = np.array([sign * spread, 0.0, leg + 0.03])
        bone = body.add(f"{side}_thigh", pelvis, hip, joint=f"{side}_hip")
        bone = body.add(f"{side}_shin", bone, hip - [0.0, bend, knee], joint=f"{side}_knee")
        ankle = np.array([sign * spread, 0.02, 0.08])
        bone = body.add(f"{side}_foot", bone, ankle, joint=f"{side}_ankle")
        if toes:
            bone = body.add(f"{side}_toe", bone, ankle + [sign * 0.01, -0.13, -0.06], joint=f"{side}_foot")
            if body.ends:
                body.add(f"{side}_toe_end", bone, ankle + [sign * 0.012, -0.2, -0.06])


def _trunk(body: Body, pelvis: str, hips: Point, *, height: float) -> str:
    count, necks = int(body.random.integers(2, 5)), int(body.random.integers(1, 3))
    bone, heads = pelvis, np.linspace(0.1, 0.75, count) * height
    for number, up in enumerate(heads):
        bone = body.add(f"spine{number}", bone, hips + [0.0, 0.0, up], joint="spine")
    top, neck = bone, hips + [0.0, 0.02, height * 0.98]
    head = neck + [0.0, -0.03, body.random.uniform(0.08, 0.12)]
    for number in range(necks):
        bone = body.add(f"neck{number}", bone, neck + number / necks * (head - neck), joint="neck")
    bone = body.add("head", bone, head, joint="head")
    if body.ends:
        body.add("head_end", bone, head + [0.0, 0.0, 0.2])
    if body.chance(0.4):
        for side, sign in (("left", 1.0), ("right", -1.0)):
            body.add(f"{side}_eye", bone, head + [sign * 0.03, -0.09, 0.07])
        body.add("jaw", bone, head + [0.0, -0.02, 0.0])
    return top


def _arms(body: Body, top: str, *, shoulders: Point) -> None:
    breadth, upper = body.random.uniform(0.15, 0.2), 0.28 * body.random.uniform(0.85, 1.15)
    lower = upper * body.random.uniform(0.8, 0.95)
    down, bent = np.radians(body.random.uniform(0.0, 80.0)), np.radians(body.random.uniform(0.0, 25.0))
    collars, fingers = body.chance(0.85), body.random.choice([0, 4, 5])
    twists, palms = body.random.integers(0, 2, size=2), body.chance(0.3)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        bone, mirror = top, np.array([sign, 1.0, 1.0])
        along = np.array([np.cos(down), 0.0, -np.sin(down)]) * mirror
        ahead = np.array([np.cos(down) * np.cos(bent), -np.sin(bent), -np.sin(down) * np.cos(bent)]) * mirror
        if collars:
            bone = body.add(f"{side}_collar", bone, shoulders + np.array([0.02, 0.0, 0.0]) * mirror)
            body.joints[f"{side}_collar"] = (bone,)
        start = shoulders + np.array([breadth, 0.0, -0.02]) * mirror
        elbow, wrist = start + upper * along, start + upper * along + lower * ahead
        bone = body.add(f"{side}_arm", bone, start, joint=f"{side}_shoulder")
        if twists.all():
            bone = body.add(f"{side}_arm_twist", bone, 0.5 * (start + elbow))
        bone = body.add(f"{side}_forearm", bone, elbow, joint=f"{side}_elbow")
        if twists[0]:
            bone = body.add(f"{side}_forearm_twist", bone, 0.5 * (elbow + wrist))
        hand = body.add(f"{side}_hand", bone, wrist, joint=f"{side}_wrist")
        _fingers(body, side, hand, (wrist, ahead), count=int(fingers), palms=palms)


def _fingers(body: Body, side: str, hand: str, at: tuple[Point, Point], *, count: int, palms: bool) -> None:
    """Fingers side by side from the thumb in front to the little finger behind, the palm down in a T-pose."""
    wrist, along = at
    front = np.array([0.0, -1.0, 0.0]) + along * along[1]
    front /= np.linalg.norm(front)
    for number in range(count):
        finger, bone = FINGER_ORDER[number], hand
        thumb = number == 0
        way = along + 0.9 * front if thumb else along + (0.15 - 0.07 * number) * front
        way = way / np.linalg.norm(way)
        knuckle = wrist + (0.02 * along + 0.03 * front if thumb else 0.09 * along + (0.06 - 0.022 * number) * front)
        if palms and not thumb:
            bone = body.add(f"{side}_palm_{finger}", bone, 0.75 * wrist + 0.25 * knuckle)
        step = (0.034, 0.036, 0.039, 0.036, 0.028)[number]
        for part in range(4 if body.ends else 3):
            joint = f"{side}_{finger}{part + 1}" if part < 3 else None
            bone = body.add(f"{side}_{finger}{part}", bone, knuckle + part * step * way, joint=joint)


def _extras(body: Body) -> None:
    """Tail, hair, ears, skirt, cape, a sword in the hand, targets on the ground: each in some of the bodies."""
    heads = {name: head for name, (_, head) in body.bones.items()}
    if body.chance(0.3):
        way = np.array([0.0, 0.1, body.random.uniform(-0.1, 0.03)])
        body.chain("tail", "pelvis", heads["pelvis"] + [0.0, 0.1, 0.0], way, count=int(body.random.integers(3, 9)))
    for number in range(8 if body.chance(0.3) else 0):
        turn = 2.0 * np.pi * number / 8.0
        out = np.array([np.sin(turn), np.cos(turn), 0.0])
        body.chain(f"skirt{number}_", "pelvis", heads["pelvis"] + 0.12 * out, 0.02 * out - [0.0, 0.0, 0.13], count=3)
    if body.chance(0.25):
        body.chain("sword", "right_hand", heads["right_hand"] + [0.0, -0.1, 0.0], np.array([0.0, -0.3, 0.1]), count=3)
    hair, ears, cape, targets = (body.chance(share) for share in (0.35, 0.25, 0.2, 0.25))
    top, ground = body.joints["spine"][-1], next(iter(body.bones))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        start = heads["head"] + [sign * 0.08, 0.05, 0.15]
        if hair:
            body.chain(f"{side}_hair", "head", start, np.array([sign * 0.02, 0.02, -0.12]), count=5)
        if ears:
            body.chain(f"{side}_ear", "head", start + [0.0, -0.05, 0.03], np.array([sign * 0.02, 0.0, 0.08]), count=2)
        if cape:
            way = np.array([sign * 0.05, 0.06, -0.2])
            body.chain(f"{side}_cape", top, heads[top] + [sign * 0.1, 0.1, 0.15], way, count=4)
        for part in ("foot", "hand") if targets else ():
            body.add(f"{side}_{part}_target", ground, heads[f"{side}_{part}"])


def rig_of_body(body: Body) -> tuple[RigSpec, dict[str, str]]:
    """The body turned, scaled, its bones in any order under names that say nothing; and the old name of each."""
    random = body.random
    order = _any_order(body)
    place = {name: position for position, name in enumerate(order)}
    heads = np.array([body.bones[name][1] for name in order])
    turn = Rotation.from_euler("z", random.uniform(-180.0, 180.0), degrees=True).as_matrix()
    if random.random() < 0.3:  # up is y
        turn = Rotation.from_euler("x", -90.0, degrees=True).as_matrix() @ turn
    heads = heads @ turn.T * 10.0 ** random.uniform(-2.0, 2.0) + random.normal(size=3) * 0.1
    rest = np.tile(np.eye(4), (len(order), 1, 1))
    rest[:, :3, :3] = Rotation.random(len(order), random_state=int(random.integers(1 << 30))).as_matrix()
    rest[:, :3, 3] = heads
    parents = np.array([-1 if (parent := body.bones[name][0]) is None else place[parent] for name in order])
    names = tuple(f"Bone.{number:03d}" for number in random.permutation(len(order)))
    rig = RigSpec("Anybody", names, parents, rest, np.full(len(order), 0.05 * float(np.ptp(heads))))
    return rig, dict(zip(names, order, strict=True))


def _any_order(body: Body) -> list[str]:
    """The bones, parents first, otherwise shuffled."""
    left, order = list(body.bones), list[str]()
    while left:
        ready = [name for name in left if (parent := body.bones[name][0]) is None or parent in order]
        order.append(ready[int(body.random.integers(len(ready)))])
        left.remove(order[-1])
    return order
