"""What the grammar refuses, in words: nothing, too much, code, and languages that it does not know."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ...errors import InputError
from .languages import OFFLINE
from .rewrites import without_orders

MOST_CHARACTERS: Final = 2000
_CODE_SIGNS: Final = frozenset("{}[]<>=;\\|^~$#@_*`")
_MOST_CODE: Final = 0.08
_CALL: Final = re.compile(r"\w\.\w+\(|\w\(\s*['\"]|</?\w+>|\b(?:import|def|function|var|SELECT|DROP)\s+\w+\s*[;(]")
_SHELL: Final = re.compile(
    r"^\s*(?:sudo|chmod|chown)\s|^\s*(?:rm|ls|cd|cat|curl|wget|git|npm|pip|docker|echo|mkdir|ssh|apt|make|grep|kill|cp|mv)\s+"
    r"(?:[-/.~$|]|\S*[/.|$]|(?:apt|install|commit|push|pull|clone|run)\b)"
    r"|\s--?[a-z]{1,3}\s+[/.~]|\s--[a-z]+\b|(?:^|\s)/(?:bin|dev|etc|home|tmp|usr|var)\b",
)
_SQL: Final = re.compile(
    r"\b(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(?:DROP|ALTER|CREATE)\s+TABLE)\b"
    r"|\bselect\s+(?:\*|\w+\s*,)[^.]*\bfrom\b",
)
_PROGRAM: Final = re.compile(
    r"\b\w+\s*(?:==|!=|\+=|=>|:=)\s*\S|^\s*(?:let|var|const|int|def|x)\s*\w*\s*=|\b\w\s*=\s*\S|\bprint\(|\w\(\)"
    r"|^\s*import\s+\w+(?:\s+as\s+\w+)?\s*;?$|^\s*from\s+[\w.]+\s+import\b|</?[a-z]+(?:\s+\w+=[^>]*)?>|\bpublic\s+static\b",
)
_ORDERS: Final = ("previous instructions", "prior instructions", "system prompt", "your instructions", "jailbreak")
_SCRIPTS: Final = (
    "ARABIC", "HEBREW", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "DEVANAGARI", "ARMENIAN",
    "GEORGIAN", "BENGALI", "TAMIL", "TELUGU",
)  # fmt: skip


def refuse_unusable(sentence: object) -> tuple[str, list[str]]:
    """The sentence, trimmed, if it can be read at all, and notes of what was left out of it.

    Raises:
        InputError: it is empty, too long, holds control characters, is code, emoji, or written in another script.
    """
    if not isinstance(sentence, str) or not sentence.strip():
        raise InputError(
            'There is no description. Write what the body does, such as "kneeling, right hand on the heart".'
        )
    text = sentence.strip()
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"The description has {len(text):,} characters, and {MOST_CHARACTERS:,} are read at most: shorten it."
        )
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} and sign not in "\n\r\t" for sign in text):
        raise InputError("The description holds control characters. Type it as plain text.")
    letters = [sign for sign in text if sign.isalpha()]
    if not letters:
        raise InputError("The description has no words. Write what the body does, in English.")
    _refuse_scripts(letters)
    text, orders = without_orders(text)
    signs = sum(sign in _CODE_SIGNS for sign in text)
    if (signs >= 4 and signs > _MOST_CODE * len(text)) or _is_code(text):
        raise InputError("This looks like code, not like a description. Write what the body does, in English.")
    if any(order in text.lower() for order in _ORDERS):
        raise InputError("This gives orders to a program, and only bodies are posed here. Write what the body does.")
    return text.replace("\r", "\n").replace("\t", " "), orders


def _is_code(text: str) -> bool:
    return any(pattern.search(text) for pattern in (_CALL, _SHELL, _SQL, _PROGRAM))


def _refuse_scripts(letters: list[str]) -> None:
    foreign = [sign for sign in letters if not _is_latin(sign)]
    if foreign:
        name = unicodedata.name(foreign[0], "")
        script = next((script for script in _SCRIPTS if name.startswith(script)), "")
        words = {"CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}
        shown = words.get(script, script.capitalize()) or "another"
        raise InputError(f"The description has {shown} letters. {OFFLINE}")


def _is_latin(sign: str) -> bool:
    return sign.isascii() or unicodedata.name(sign, "").startswith(("LATIN", "FEMININE", "MASCULINE", "MICRO"))
