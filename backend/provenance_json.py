"""`Provenance` as JSON text and back; whatever is not as it was written raises `InputError` and nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn, TypeVar, cast

from .errors import InputError
from .provenance import KINDS, MOST_BYTES, MOST_RECORDS, Before, Kind, Provenance, Record, Setting, Source
from .source_hash import SourceHash

VERSION: Final = 1
MOST_TEXT: Final = 4096
"""Letters of a name, a path or a sentence."""
MOST_UNDERSTOOD: Final = 65536
"""Letters of a sentence in the pose language."""
_MOST_NAMES: Final = 64
_MOST_PATHS: Final = 4096
_MOST_NUMBERS: Final = 64
_HEX: Final = frozenset("0123456789abcdef")
_T = TypeVar("_T")


def to_json(provenance: Provenance) -> str:
    """ASCII text; the oldest records are left out where it would be longer than `MOST_BYTES`.

    Raises:
        InputError: a record holds what cannot be read again.
    """
    written = [json.dumps(_of_record(record), separators=(",", ":")) for record in provenance.records[-MOST_RECORDS:]]
    total = sum(len(each) + 1 for each in written) + 64
    while written and total > MOST_BYTES:
        total -= len(written.pop(0)) + 1
    text = f'{{"version":{VERSION},"records":[{",".join(written)}]}}'
    from_json(text)
    return text


def from_json(text: str) -> Provenance:
    """What `to_json` wrote.

    Raises:
        InputError: it is of a newer version, too long, or no such text.
    """
    if len(text) > MOST_BYTES:
        raise _wrong(f"it is longer than {MOST_BYTES} bytes")
    try:
        content: object = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _wrong("it is no JSON") from error
    table = _table(content, "the whole")
    if table.get("version") != VERSION:
        raise _wrong(f"it is of version {str(table.get('version'))[:20]}, and version {VERSION} can be read")
    records = _listed(table.get("records"), "records", most=MOST_RECORDS)
    return Provenance(tuple(_record(_table(record, "a record")) for record in records))


def _wrong(reason: str) -> InputError:
    return InputError(f"What is noted about where the pose came from cannot be read: {reason}. Pose again to note it.")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _of_record(record: Record) -> dict[str, Any]:
    content: dict[str, Any] = {
        "kind": record.kind,
        "frames": list(record.frames),
        "slot": record.slot,
        "made": record.made,
        "addon": record.addon,
        "source": None if record.source is None else _of_source(record.source),
        "sentence": record.sentence,
        "models": dict(record.models),
        "seed": record.seed,
        "person": record.person,
        "reading": record.reading,
        "settings": {name: list(v) if isinstance(v, tuple) else v for name, v in record.settings.items()},
        "rig": record.rig,
        "bone_map": record.bone_map,
        "before": None if record.before is None else {p: list(map(list, v)) for p, v in record.before.channels.items()},
        "moved": {name: list(place) for name, place in record.moved.items()},
        "switched_off": list(record.switched_off),
        "understood": record.understood,
        "bones": list(record.bones),
    }
    return {name: value for name, value in content.items() if value not in (None, "", [], {})}


def _of_source(source: Source) -> dict[str, Any]:
    known = source.hash
    if known is None:
        return {"path": source.path}
    return {"path": source.path, "sha256": known.sha256, "bytes": known.size, "whole": known.whole}


def _record(table: Mapping[str, object]) -> Record:
    kind = _text(table.get("kind"), "kind")
    if kind not in KINDS:
        raise _wrong(f"there is no kind “{kind[:40]}”")
    first, last = (_number(frame, "frames") for frame in _listed(table.get("frames"), "frames", most=2, least=2))
    if last < first:
        raise _wrong("its last frame is before its first")
    seed = table.get("seed")
    return Record(
        kind=cast("Kind", kind),
        frames=(first, last),
        source=_source(table.get("source")),
        models=_names(table.get("models", {}), "models", lambda value: _digest(value, "models")),
        seed=None if seed is None else _whole(seed, "seed"),
        person=_whole(table.get("person", 0), "person"),
        reading=_whole(table.get("reading", 1), "reading", least=1),
        settings=_names(table.get("settings", {}), "settings", _setting),
        before=_before(table.get("before")),
        moved=_names(table.get("moved", {}), "moved", _place),
        switched_off=tuple(
            _whole(number, "switched_off") for number in _listed(table.get("switched_off", []), "switched_off")
        ),
        understood=_text(table.get("understood", ""), "understood", most=MOST_UNDERSTOOD),
        bones=tuple(_text(each, "bones") for each in _listed(table.get("bones", []), "bones", most=_MOST_PATHS)),
        **{name: _text(table.get(name, ""), name) for name in _TEXTS},
    )


_TEXTS: Final = ("slot", "made", "addon", "sentence", "rig", "bone_map")


def _source(value: object) -> Source | None:
    if value is None:
        return None
    table = _table(value, "source")
    path = _text(table.get("path"), "path")
    if "sha256" not in table:
        return Source(path, None)
    whole = table.get("whole")
    if not isinstance(whole, bool):
        raise _wrong("“whole” is neither true nor false")
    return Source(path, SourceHash(_digest(table["sha256"], "sha256"), _whole(table.get("bytes"), "bytes"), whole))


def _before(value: object) -> Before | None:
    if value is None or value == {}:
        return None
    table = _table(value, "before", most=_MOST_PATHS)
    return Before({_text(path, "before"): _channels(pairs) for path, pairs in table.items()})


def _channels(value: object) -> tuple[tuple[int, float], ...]:
    pairs = [_listed(pair, "before", least=2, most=2) for pair in _listed(value, "before")]
    return tuple((_whole(index, "before"), _number(number, "before")) for index, number in pairs)


def _place(value: object) -> tuple[float, float]:
    x, y = (_number(number, "moved") for number in _listed(value, "moved", least=2, most=2))
    return x, y


def _setting(value: object) -> Setting:
    if isinstance(value, bool | str):
        return value if isinstance(value, bool) else _text(value, "settings")
    if isinstance(value, int):
        return _whole(value, "settings", least=-(2**31))
    if isinstance(value, list):
        return tuple(_number(number, "settings") for number in _listed(cast("object", value), "settings"))
    return _number(value, "settings")


def _names(value: object, what: str, read: Callable[[object], _T]) -> dict[str, _T]:
    return {_text(name, what): read(each) for name, each in _table(value, what).items()}


def _table(value: object, what: str, *, most: int = _MOST_NAMES) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(f"{what} is no table")
    table = cast("dict[str, object]", value)
    if len(table) > most:
        raise _wrong(f"{what} holds {len(table)} names, more than {most}")
    return table


def _listed(value: object, what: str, *, least: int = 0, most: int = _MOST_NUMBERS) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(f"“{what}” is no list")
    found = cast("list[object]", value)
    if not least <= len(found) <= most:
        raise _wrong(f"“{what}” has {len(found)} entries")
    return found


def _text(value: object, what: str, *, most: int = MOST_TEXT) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _wrong(f"“{what}” is no text of at most {most} letters")
    return value


def _digest(value: object, what: str) -> str:
    text = _text(value, what)
    if len(text) != 64 or not _HEX.issuperset(text):
        raise _wrong(f"“{what}” is no SHA-256")
    return text


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(f"“{what}” is no number")
    try:
        number = float(value)
    except OverflowError as error:
        raise _wrong(f"“{what}” is no number that can be used") from error
    if not math.isfinite(number):
        raise _wrong(f"“{what}” is no number that can be used")
    return number


def _whole(value: object, what: str, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
        raise _wrong(f"“{what}” is no whole number from {least} on")
    return value
