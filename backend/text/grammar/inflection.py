"""The forms of English verbs and nouns."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

Form: TypeAlias = Literal["base", "s", "ing", "past"]

_IRREGULAR: Final[dict[str, tuple[str, ...]]] = {
    "bend": ("bent",), "stand": ("stood",), "sit": ("sat",), "kneel": ("knelt", "kneeled"), "lie": ("lay", "lain"),
    "lay": ("laid",), "lean": ("leaned", "leant"), "swing": ("swung",), "hang": ("hung", "hanged"), "put": ("put",),
    "set": ("set",), "hold": ("held",), "keep": ("kept",), "bring": ("brought",), "spread": ("spread",),
    "stick": ("stuck",), "throw": ("threw", "thrown"), "draw": ("drew", "drawn"), "take": ("took", "taken"),
    "catch": ("caught",), "shut": ("shut",), "make": ("made",), "rise": ("rose", "risen"), "fall": ("fell", "fallen"),
    "sink": ("sank", "sunk"), "let": ("let",), "meet": ("met",), "hide": ("hid", "hidden"), "leap": ("leapt", "leaped"),
    "run": ("ran", "run"), "swim": ("swam", "swum"), "fly": ("flew", "flown"), "ride": ("rode", "ridden"),
    "drive": ("drove", "driven"), "drink": ("drank", "drunk"), "eat": ("ate", "eaten"), "read": ("read",),
    "write": ("wrote", "written"), "sing": ("sang", "sung"), "sleep": ("slept",), "sweep": ("swept",),
    "creep": ("crept",), "dig": ("dug",), "shoot": ("shot",), "hit": ("hit",), "fight": ("fought",),
    "rest": ("rested",), "lift": ("lifted",), "cross": ("crossed",), "arch": ("arched",), "twist": ("twisted",),
    "tuck": ("tucked",), "spin": ("spun",), "bow": ("bowed",), "weep": ("wept",), "freeze": ("froze", "frozen"),
    "dive": ("dived", "dove"), "lunge": ("lunged",), "squat": ("squatted", "squat"), "think": ("thought",),
    "wave": ("waved",), "pray": ("prayed",), "clap": ("clapped",), "cling": ("clung",), "give": ("gave", "given"),
    "split": ("split",), "ski": ("skied",), "tie": ("tied",), "strike": ("struck",), "curl": ("curled",),
    "shake": ("shook", "shaken"), "surrender": ("surrendered",), "salute": ("saluted",), "beg": ("begged",),
}  # fmt: skip
_PLURALS: Final = {"foot": "feet", "calf": "calves", "half": "halves", "biceps": "biceps", "triceps": "triceps"}
_VOWELS: Final = frozenset("aeiou")
_NEVER_DOUBLED: Final = frozenset({"open", "cover", "lower", "shoulder", "point", "bicycle", "gesture", "answer"})


def verb_forms(phrase: str) -> dict[str, Form]:
    """Each form of a verb, which may have words behind it (`bring up`), and what it is."""
    verb, *behind = phrase.split(" ")
    past = _IRREGULAR.get(verb) or (_with_ending(verb, "ed"),)
    forms: dict[str, Form] = dict.fromkeys(past, "past")
    forms |= {_with_ending(verb, "ing"): "ing", _third_person(verb): "s", verb: "base"}
    return {" ".join([word, *behind]): form for word, form in forms.items()}


def plural(noun: str) -> str:
    """Of the last word of a noun phrase."""
    *before, last = noun.split(" ")
    word = _PLURALS.get(last) or (last + ("es" if last.endswith(("s", "sh", "ch", "x")) else "s"))
    return " ".join([*before, word])


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "o", "z")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in _VOWELS else verb + "s"


def _with_ending(verb: str, ending: str) -> str:
    if verb.endswith("ie"):
        return verb[:-2] + "ying" if ending == "ing" else verb + "d"
    if verb.endswith("ee"):
        return verb + (ending if ending == "ing" else "d")
    if verb.endswith("e"):
        return verb[:-1] + ending
    if verb.endswith("y") and ending == "ed" and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    return verb + (verb[-1] if _doubles(verb) else "") + ending


def _doubles(verb: str) -> bool:
    """Whether the last consonant is written twice: one vowel before it, and the verb is short."""
    if len(verb) < 3 or verb in _NEVER_DOUBLED or verb[-1] in "wxy" or verb[-1] in _VOWELS:
        return False
    heard = verb.replace("qu", "q")
    return heard[-2] in _VOWELS and heard[-3] not in _VOWELS and sum(sign in _VOWELS for sign in heard) == 1
