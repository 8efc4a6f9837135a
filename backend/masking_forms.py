"""The forms by which paths, keys and addresses of anybody are known; patterns only, used by `masking.py`."""

from __future__ import annotations

import re
from typing import Final

SECRET_NAME: Final = re.compile(
    r"key|token|secret|passw|passphrase|pwd$|credential|auth|cookie|session|private|signature|dsn|webhook",
    re.IGNORECASE,
)
"""Names of environment variables whose values are nobody's business."""

_SLASH: Final = r"(?:[\\/]+|%2F|%5C)"
_NAME: Final = r"[^\\/\r\n\"<>|*?:%]"
"""A letter of a folder's name; a colon or a quotation mark ends a path in all that Python prints."""
# Up to the next slash, blanks and apostrophes and all; or to the end of what is quoted or of the sentence.
_COMPONENT: Final = (
    rf"(?:(?:{_NAME}|%(?!2F|5C)){{1,255}}?(?={_SLASH})"
    rf"|(?:{_NAME}|%(?!2F|5C)){{1,255}}?(?=['\"`\u2019\u201d\u00bb,;:)\]}}<>|]|\.?\s*$|\.\s|\r|\n)"
    rf"|(?:{_NAME}|%){{1,255}})"
)
_HOMES: Final = (
    r"(?<![A-Za-z])(?:[A-Za-z](?::|%3A|\$))"
    + _SLASH
    + r"(?:Users|Documents and Settings|Benutzer|Utilisateurs|Usuarios|home)",
    r"(?<![\w.])/(?:mnt|cygdrive|media|run/media|Volumes|c|d)/(?:[^/\s]{1,60}/)?(?:Users|home)",
    _SLASH + r"(?:System/Volumes/Data/)?Users",
    _SLASH + r"(?:var/|usr/|export/|data/|opt/|srv/|nfs/|net/|private/)?home\d?",
    r"(?<![\w.])/(?:media|run/media)",
    r"(?<![\w.])/var/(?:mail|spool/mail)",
)
_SHARED: Final = r"(?!(?:Shared|Public|All Users|Default)(?:[\\/]|%2F|%5C|$))"

_NAMED: Final = (
    r"(?:[\w.-]{0,40}(?:api[_-]?key|access[_-]?key|secret|passw(?:or)?d|passphrase|token|credentials?|private[_-]?key"
    r"|client[_-]?id|session[_-]?id|signature|cookie|authorization)[\w-]{0,40})"
)
_VALUE: Final = r"""(?:"(?:[^"\\\n]|\\.){1,4096}"?|'(?:[^'\\\n]|\\.){1,4096}'?|[^\s,;&)\]}'"]{3,4096})"""

_MAKERS: Final = (
    "sk|pk|rk|sess|gsk|hf|r8|gh[pousr]|github_pat|glpat|xox[abeoprs]|xapp|npm|pypi|nvapi|dop_v1|shpat|SG|ya29|lin_api"
    "|figd|ntn|whsec"
)
"""How keys begin that say who made them."""

FORMS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.IGNORECASE if ignore_case else 0), instead)
    for pattern, instead, ignore_case in (
        (r"-----BEGIN [A-Z0-9 ]{0,40}-----[\s\S]{0,16384}?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)", "<key>", True),
        (r"environ\(\{[\s\S]{0,65536}?(?:\}\)|\Z)", "environ(<left out>)", False),
        (r"ssh-(?:rsa|ed25519|dss)\s+[A-Za-z0-9+/=]{16,}(?:\s+\S+)?", "<key>", False),
        (r"\b((?:Bearer|Basic|Digest|Negotiate)\s+)(?!realm\b)[^\s'\",;)\]}]{4,}", r"\g<1><key>", True),
        (r"\beyJ[\w-]{6,}(?:\.[\w-]{2,}){1,2}", "<key>", False),
        (
            rf"(?<![A-Za-z0-9])(?:{_MAKERS})[-_.](?=[\w.-]{{0,200}}[0-9A-Z])(?:[\w-]|\.(?=\w)){{10,}}",
            "<key>",
            False,
        ),
        (r"(?<![A-Za-z0-9])(?:AIza[\w-]{20,}|(?:AKIA|ASIA|AROA)[A-Z0-9]{12,})", "<key>", False),
        (r"(?<![\w-])sk-[\w-]{3,}", "<key>", True),
        (rf"(?<![A-Za-z])(['\"]?)({_NAMED})\1(\s*(?:=>|[:=])\s*)(?!<key>){_VALUE}", r"\g<1>\g<2>\g<1>\g<3><key>", True),
        (
            rf"(?<![A-Za-z])(['\"]?)((?:[\w-]{{0,30}}[_-])?(?:key|pwd|pass|auth|sig))\1(=|['\"]:\s*)(?!<key>|lambda){_VALUE}",
            r"\g<1>\g<2>\g<1>\g<3><key>",
            True,
        ),
        (
            r"(?<![\w+/=-])(?=[\w+=-]{0,200}[a-z])(?=[\w+=-]{0,200}[A-Z])(?=[\w+=-]{0,200}\d)[A-Za-z0-9+=-]{24,}",
            "<key>",
            False,
        ),
        (r"(?<![0-9A-Za-z])[0-9a-f]{32,}(?![0-9A-Za-z])", "<key>", True),
        (r"(?<![0-9A-Za-z])(?=[a-z]{0,64}\d)(?=\d{0,64}[a-z])[0-9a-z]{32,}(?![0-9A-Za-z])", "<key>", False),
        (r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", "<e-mail>", False),
        (r"(?<![\w@])[\w.+-]{1,64}@[\w-]{2,63}(?=[:\s'\")\]]|$)", "<user>@<computer>", False),
        (r"(?<![0-9A-Fa-f:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:-])", "<address>", False),
        (r"(?:\\{2,4}|(?<![:/\w])//)(?:[?.]\\{1,2}UNC\\{1,2})(?:[^\r\n\"<>|*?]{1,400})", "<network path>", True),
        (
            r"(?<![:/\w~])(?:\\{2,4}|//)(?![?.\\/])[\w.$ -]{1,63}[\\/]{1,2}[^\r\n\"<>|*?:]{1,400}",
            "<network path>",
            False,
        ),
        *((rf"{home}({_SLASH}){_SHARED}{_COMPONENT}", r"~", True) for home in _HOMES),
        (r"(?<![\w.~])/root(?![\w-])", "~", False),
    )
)
"""Each form, in the order in which they are looked for, and what stands in its place."""

_URL: Final = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://([^\s'\"<>]{1,4096})", re.IGNORECASE)
_SITES: Final = """
    localhost 127.0.0.1 [::1] 0.0.0.0 blender.org docs.blender.org extensions.blender.org pypi.org
    files.pythonhosted.org download.pytorch.org pytorch.org python.org docs.python.org ai.google.dev
"""
_KNOWN_SITES: Final = frozenset(_SITES.split())
"""That anybody may be seen to have read."""


def mask_urls(text: str) -> str:
    """URLs with the site alone, and that only of sites which everybody knows; no names, passwords, paths or queries."""
    return _URL.sub(_site, text)


def _site(match: re.Match[str]) -> str:
    scheme, rest = match[1], match[2]
    if scheme.lower() == "file":
        return match[0]  # a path, which is dealt with as such
    place = re.split(r"[/?#\\]", rest.rpartition("@")[2] if "@" in rest else rest, maxsplit=1)[0]
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    ends = re.search(r"[).,;:\]}]*$", rest)
    tail = ends[0] if ends else ""
    host = host.rstrip(").,;:}")
    known = host.lower() in _KNOWN_SITES
    return f"{scheme}://{host if known else '<computer>'}{f':{port}' if port and known else ''}{tail}"
