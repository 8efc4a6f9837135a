"""What is said in words that the grammar reads another way: orders, too many limbs, letters, nouns for verbs.

All of these are told from the text itself, before it is cut into tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_PIECE: Final = re.compile(
    r"(?<=[.;:!?,\n])|\s+(?=(?:and\s+(?:then\s+)?|then\s+)?(?:ignore|disregard|delete|erase|override)\b)", re.IGNORECASE
)
_ORDER: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.*\b(?:instructions?|rules?|prompts?|previous|prior|above|said)\b"
    r"|\b(?:delete|erase|wipe|format|upload|download|execute|print|send|email|reveal|install|overwrite)\b.*"
    r"\b(?:files?|dis[ck]s?|folders?|director(?:y|ies)|data|system|prompts?|passwords?|scripts?|programs?|code|"
    r"commands?|databases?|drives?|everything|instructions)\b"
    r"|\b(?:system prompt|(?:previous|prior|your) instructions|jailbreak)\b",
    re.IGNORECASE | re.DOTALL,
)
_LEFT_OUT: Final = 'Left out "{said}": it gives orders to a program, and only bodies are posed here.'
_ORDERED_CHARACTERS: Final = 60
_NUMBERS: Final = "three|four|five|six|seven|eight|nine|ten|several|[3-9]|[1-9][0-9]"
_TOO_MANY: Final = re.compile(
    rf"\b(?P<number>{_NUMBERS})\s+(?P<like>(?:raised|lifted|bent|straight|crossed|outstretched)\s+)?"
    r"(?P<part>arms|legs|hands|feet|elbows|knees|heads|shoulders)\b(?!\s+(?:apart|wide|off|above|high|tall|from|to))"
    r"|\b(?P<two>two|both)\s+(?P<head>heads)\b",
    re.IGNORECASE,
)
_HOW: Final = r"(?:in(?:to)?|to|form(?:s|ing|ed)?|mak(?:e|es|ing)|shaped(?:\s+like)?|like|as)"
_SIZE: Final = (
    r"(?:(?:the|an?|big|wide|large|high|open|narrow|broad|perfect|capital|letter|shape\s+of|form\s+of|shallow)\s+)*"
)
_FORM: Final = r"(?:[\s-]*(?:shaped?|letter|form(?:ation)?|position|pose))?"
_LETTER: Final = rf"{_HOW}\s+{_SIZE}['\"]?(?P<letter>[vytwu]|goal\s?posts?|cactus)['\"]?{_FORM}\b"
_OWNER: Final = r"(?:(?:both|the|his|her|their|your|my)\s+)*"
_ARMS_FORM: Final = re.compile(
    rf"\b(?P<arms>{_OWNER}arms)\b(?P<between>(?:(?!\b(?:legs?|feet|arms)\b)[^,.;])*?)\s(?:to\s+)?{_LETTER}",
    re.IGNORECASE,
)
_FORM_WITH_ARMS: Final = re.compile(rf"\b{_LETTER}\s+with\s+(?P<arms>{_OWNER}arms)\b", re.IGNORECASE)
_V_ARMS: Final = "at 145 degrees to the sides"
_FORMS: Final = {"v": _V_ARMS, "y": _V_ARMS, "t": "out to the sides"}
"""Arms in a V rise 145 degrees from hanging down; every other letter has its elbows bent up, as goalposts."""
_WINGS: Final = re.compile(
    rf"\b(?P<arms>{_OWNER}arms)\b(?P<between>(?:(?!\b(?:legs?|feet)\b)[^,.;])*?)\s(?:like|as)\s+(?:(?:the|an?)\s+)?"
    r"(?:(?:bird|eagle|angel|plane|airplane|aeroplane)(?:'?s'?)?\s+)?wings\b(?:\s+of\s+an?\s+\w+)?",
    re.IGNORECASE,
)
_NOUN: Final = re.compile(
    r"\b(?:with\s+)?(?P<amount>(?:a\s+(?:little|bit|lot)|much|slightly|far|even)\s+)?(?P<more>less|more)\s+(?:of\s+a\s+)?"
    r"(?P<noun>ben[dt]|tilt|twist|turn|lean|arch)\s+(?:in|of|at|to)\s+(?P<part>[^,.;]*?)(?=$|[,.;]|\s+(?:and|but|while|with)\b)",
    re.IGNORECASE,
)
_PART: Final = (
    r"(?:(?:the|both|left|right|his|her|front|back)\s+)*(?:knees?|elbows?|arms?|legs?|wrists?|ankles?|waist|back)"
)
_COMPARED: Final = re.compile(
    rf"\b(?P<part>{_PART})\s+with\s+(?P<amount>(?:a\s+(?:little|bit|lot)|much|slightly|far)\s+)?(?P<more>less|more)\s+"
    r"(?P<noun>bend|twist)\b"
    rf"|\b(?P<verb>bend|twist)\s+(?P<how>(?:a\s+(?:little|bit|lot)|much|slightly|far)\s+)?(?P<than>less|more)\s+"
    rf"(?:in|at)\s+(?P<at>{_PART})\b",
    re.IGNORECASE,
)
_UNDO: Final = re.compile(
    r"\b(?:undo|remove|reverse|cancel|reset|get\s+rid\s+of|take\s+(?:out|away|back))\s+(?:(?:the|any|all|his|her)\s+)*"
    r"(?P<noun>ben(?:d(?:ing)?|t)|flex(?:ion)?|tilt(?:ing)?|turn(?:ing)?|twist(?:ing)?|rotation|lean(?:ing)?|nod|arch|hunch|"
    r"slouch|raising|lift(?:ing)?)\s*(?:(?:in|of|at|to|from)\s+(?P<part>[^,.;]*?))?"
    r"(?=$|[,.;]|\s+(?:and|but|while|with)\b)",
    re.IGNORECASE,
)
_HALF_METRE: Final = re.compile(r"\bhalf\s+a\s+met(?:re|er)\b", re.IGNORECASE)
_HEAD: Final = re.compile(r"\b(?:head|neck|chin|face)\b", re.IGNORECASE)
_AROUND: Final = re.compile(
    r"\bturn(?P<form>s|ing|ed)?\s+(?:(?:him|her|it|them|me|yourself|(?:the|whole|entire)\s+(?:figure|person|body|character))"
    r"\s+)?(?:all\s+the\s+way\s+|completely\s+|fully\s+)?around(?:\s+(?:completely|fully|entirely))?"
    r"(?=\s*(?:$|[,.;!]|(?:and|so|to|left|right|clockwise|with)\b))",
    re.IGNORECASE,
)
_SIT_UP: Final = re.compile(
    r"\bsit(?P<form>s|ting)?\s+up\s+(?:very\s+)?(?:straight(?:er)?|tall(?:er)?|upright|properly)\b", re.IGNORECASE
)


def without_orders(text: str) -> tuple[str, list[str]]:
    """The text without the clauses that order a program about, and a note of each; all of it where nothing else is."""
    pieces = [piece for piece in _PIECE.split(text) if piece.strip()]
    orders = [piece.strip(" ,;.:!?\n") for piece in pieces if _ORDER.search(piece)]
    left = " ".join(piece.strip() for piece in pieces if not _ORDER.search(piece)).strip(" ,;")
    if not orders or not any(sign.isalpha() for sign in left):
        return text, []
    return left, [_LEFT_OUT.format(said=each[:_ORDERED_CHARACTERS]) for each in orders]


def of_two(text: str, note: Callable[[str], None]) -> str:
    """The text with no more limbs than a body has; says so where it had more."""

    def told(found: re.Match[str]) -> str:
        part = (found["part"] or found["head"]).lower()
        number, has = (found["number"] or found["two"]).lower(), "one head" if part == "heads" else f"two {part}"
        note(f'A body has {has}: "{number} {part}" cannot be posed, and {has.split(" ", maxsplit=1)[0]} is taken.')
        return "the head" if part == "heads" else f"both {found['like'] or ''}{part}"

    return _TOO_MANY.sub(told, text)


def rewritten(text: str, *, edit: bool) -> str:
    """The text with letters, images and nouns said as directions and verbs."""
    text = _ARMS_FORM.sub(_arms_in_form, text)
    text = _FORM_WITH_ARMS.sub(_arms_in_form, text)
    text = _WINGS.sub(lambda found: f"{found['arms']}{_without_verb(found['between'])} out to the sides", text)
    text = _NOUN.sub(
        lambda f: f"{f['noun'].lower().replace('bent', 'bend')} {f['part']} {f['amount'] or ''}{f['more']}", text
    )
    text = _COMPARED.sub(_verb_of_part, text)
    text = _UNDO.sub(_undone, text)
    text = _HALF_METRE.sub("50 cm", text)
    text = _AROUND.sub(lambda found: "seen from behind" if found["form"] == "ed" else "turn by 180 degrees", text)
    return _SIT_UP.sub("torso upright" if edit else "sitting upright", text)


def _arms_in_form(found: re.Match[str]) -> str:
    form = _FORMS.get(found["letter"].lower())
    if form is None:
        return "goalpost arms"
    return f"{found['arms']}{found.groupdict().get('between') or ''} {form}"


def _undone(found: re.Match[str]) -> str:
    """`undo the bend of the left arm` as what it comes to; as it was where it does not say of what."""
    noun, part = found["noun"].lower(), (found["part"] or "").strip()
    if noun.startswith(("lift", "rais")):
        return f"lower {part}" if part else found[0]
    if noun.startswith(("ben", "flex")) and part:
        return f"straighten {part}"
    if _HEAD.search(part):
        return "head not tilted" if noun.startswith("tilt") else "head straight"
    if noun.startswith(("twist", "turn", "rot")) and not part.endswith(("arm", "leg", "hand", "foot", "palm", "feet")):
        return "less twist"
    return "straighten the back"


def _verb_of_part(found: re.Match[str]) -> str:
    if found["verb"]:
        return f"{found['verb']} {found['at']} {found['how'] or ''}{found['than']}"
    return f"{found['noun']} {found['part']} {found['amount'] or ''}{found['more']}"


def _without_verb(between: str) -> str:
    """What stands between arms and wings; what only says that they are spread is said by the wings."""
    return (
        "" if between.strip() in {"spread", "stretched", "out", "spread out", "stretched out", "held out"} else between
    )
