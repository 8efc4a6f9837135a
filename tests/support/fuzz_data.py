"""Damages JSON, .npz, safetensors, ZIP, protobuf and pickle files where it hurts: inside their structure."""

from __future__ import annotations

import ast
import io
import json
import pickletools
import warnings
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

from fuzz_bytes import NASTY_WORDS, NUMBERS, flipped, mutated, packed_number, renumbered, truncated

_RAW: Final = ("1e999", "-1e999", "NaN", "Infinity", "1" * 400, "1" * 6000, "0.0000000000000001e-400", "-0", "[" * 5000,
               '{"a":' * 5000, "1e308", "tru", "\\u0000", '"\\ud800"', '"\\u202e"')  # fmt: skip
_MARK: Final = "@raw%d@"


def mutated_json(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """JSON with other values, names, nesting and numbers in it; sometimes in another encoding."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return mutated(data, rng, others)
    for _ in range(rng.choice((1, 1, 2, 4))):
        content = _changed(content, rng)
    text = json.dumps(content, ensure_ascii=rng.random() < 0.5)
    for number, raw in enumerate(_RAW):
        text = text.replace(f'"{_MARK % number}"', raw)
    encoding = "utf-8" if rng.random() < 0.95 else rng.choice(("utf-16", "latin-1", "utf-8-sig"))
    return text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")


def nasty_value(rng: Random) -> Any:
    """Of any JSON type, and of none."""
    return rng.choice((
        lambda: _MARK % rng.randrange(len(_RAW)),
        lambda: rng.choice(NASTY_WORDS),
        lambda: rng.choice(NUMBERS),
        lambda: rng.choice((None, True, False, 0.5, -1.5, [], {}, [[]], {"": {}}, [None] * 100)),
        lambda: [rng.choice(NASTY_WORDS) for _ in range(rng.randrange(4))],
    ))()  # fmt: skip


def _changed(node: Any, rng: Random) -> Any:
    """A copy with something changed at a random place."""
    if isinstance(node, dict) and node and rng.random() < 0.8:
        return _changed_object(node, rng)
    if isinstance(node, list) and node and rng.random() < 0.8:
        at = rng.randrange(len(node))
        if rng.random() < 0.2:
            return node[:at] + node[at:] * rng.choice((0, 2, 20))
        return [*node[:at], _changed(node[at], rng), *node[at + 1 :]]
    return nasty_value(rng)


def _changed_object(node: dict[str, Any], rng: Random) -> dict[str, Any]:
    key = rng.choice(list(node))
    chance = rng.random()
    if chance < 0.1:
        return {name: value for name, value in node.items() if name != key}
    if chance < 0.2:
        return {(str(rng.choice(NASTY_WORDS)) if name == key else name): value for name, value in node.items()}
    if chance < 0.3:
        return {**node, str(rng.choice(NASTY_WORDS)): nasty_value(rng)}
    return {**node, key: _changed(node[key], rng)}


def mutated_zip(data: bytes, rng: Random, others: Sequence[bytes], *, member: Callable[..., bytes] = mutated) -> bytes:
    """A ZIP with correct checksums and one member changed, lost, doubled, renamed or packed into a bomb."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info), info.compress_type) for info in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError):
        return mutated(data, rng, others)
    if not members:
        return data
    at = rng.randrange(len(members))
    name, content, packing = members[at]
    chance = rng.random()
    if chance < 0.1:
        del members[at]
    elif chance < 0.15:
        members.append((name, content, packing))
    elif chance < 0.25:
        members[at] = (rng.choice((f"../{name}", f"/{name}", "a" * 300, name.upper(), *NASTY_WORDS[2:8])), content, 0)
    elif chance < 0.3:
        members[at] = (name, content + b"\0" * (8 << 20), zipfile.ZIP_DEFLATED)
    else:
        members[at] = (name, member(content, rng, others), packing)
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # of doubled names
        for name, content, packing in members:
            archive.writestr(zipfile.ZipInfo(name.encode("utf-8", "replace").decode() or "x"), content, packing)
    return out.getvalue()


def mutated_npz(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """An .npz whose arrays state another shape, type, order or version, or hold other numbers."""
    return mutated_zip(data, rng, others, member=_mutated_npy)


def _mutated_npy(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    length = int.from_bytes(data[8:10], "little")
    try:
        header = ast.literal_eval(data[10 : 10 + length].decode("latin-1"))
    except (ValueError, SyntaxError):
        return mutated(data, rng, others)
    body = data[10 + length :]
    chance = rng.random()
    if chance < 0.4:
        shape = list(header["shape"])
        shape[rng.randrange(len(shape)) if shape else 0 :][:1] = []
        lengths = [*shape, rng.choice(NUMBERS)]
        rng.shuffle(lengths)
        header["shape"] = tuple(lengths)
    elif chance < 0.6:
        header["descr"] = rng.choice(
            ("|O", "<f2", "<f8", ">f4", "<c16", "|b1", "<U5", "|S9", "<M8[s]", "|V7", "<U1000000000", "|V0", "",
             [("a", "<f4"), ("b", "|O")], [("poses", "<f8", (2**20, 2**20))], "<i8", "<f16", ",".join(["f4"] * 500))
        )  # fmt: skip
    elif chance < 0.8:
        numbers = (b"\xff" * 8, b"\0\0\xc0\x7f" * 2, b"\0\0\x80\x7f" * 2, b"\xff\xff\x7f\x7f" * 2)
        at = rng.randrange(len(body) // 8 + 1) * 8
        body = body[:at] + rng.choice(numbers) + body[at + 8 :]
    else:
        header["fortran_order"] = rng.choice((True, False, None, 1))
    text = repr(header) if rng.random() < 0.93 else rng.choice(("(" * 9000, "{" + "'a':" * 300, "1" * 9000, "[[]]"))
    text = text.ljust(118) + "\n"
    version = rng.choice((1, 1, 1, 1, 2, 3, 9))
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + size + text.encode("latin-1", "replace") + body


def mutated_safetensors(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Offsets that overlap or lead outside, other types and shapes, lying lengths, numbers that are none."""
    length = int.from_bytes(data[:8], "little")
    header, body = data[8 : 8 + length], data[8 + length :]
    chance = rng.random()
    if chance < 0.15:
        return rng.choice(NUMBERS).to_bytes(9, "little", signed=True)[:8] + data[8:]
    if chance < 0.35:
        at = rng.randrange(len(body) // 2 + 1) * 2
        return data[: 8 + length] + body[:at] + b"\x00\x7e" * rng.choice((1, 50)) + body[at + 2 :]
    changed = mutated_json(header, rng, others)
    if rng.random() < 0.2:
        changed = changed.replace(b"F16", rng.choice((b"F32", b"F64", b"BOOL", b"X99")), 1)
    return len(changed).to_bytes(8, "little") + changed + (body if rng.random() < 0.8 else truncated(body, rng))


def mutated_protobuf(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Fields of a message lost, doubled, renumbered, and their lengths made to lie, at any depth."""
    fields = _fields(data)
    if not fields:
        return mutated(data, rng, others) if len(data) < 64 or rng.random() < 0.5 else flipped(data, rng)
    at = rng.randrange(len(fields))
    key, payload = fields[at]
    chance = rng.random()
    if chance < 0.1:
        del fields[at]
    elif chance < 0.2:
        fields.insert(at, fields[at])
    elif chance < 0.3:
        fields[at] = ((rng.randrange(1, 40) << 3) | (key & 7), payload)
    elif payload is not None and chance < 0.9:
        inner = mutated_protobuf(payload, rng, others) if len(payload) < 4096 else renumbered(payload, rng)
        fields[at] = (key, inner)
    else:
        fields[at] = ((key >> 3 << 3) | 2, packed_number(rng))
    return b"".join(_field(key, payload) for key, payload in fields)


def _fields(data: bytes) -> list[tuple[int, bytes | None]]:
    """Key and payload; the value of a varint, or of what has another kind, follows its key as it is."""
    found: list[tuple[int, bytes | None]] = []
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        value, end = _varint(data, place)
        if key & 7 == 2 and 0 <= value <= len(data) - end:
            found.append((key, data[end : end + value]))
            place = end + value
        elif key & 7 == 0 and end > place:
            found.append((key, data[place:end]))
            place = end
        else:
            return []
    return found


def _field(key: int, payload: bytes | None) -> bytes:
    payload = payload or b""
    return _packed(key) + (payload if key & 7 == 0 else _packed(len(payload)) + payload)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < 64:
        value |= (data[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if data[place - 1] < 128:
            return value, place
    return -1, place


def _packed(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


_ATTACKS: Final = (
    b"cos\nsystem\n(S'true'\ntR", b"cbuiltins\neval\n(S'1'\ntR", b"r\xff\xff\xff\x7f", b"\x8a\x05aaaaa",
    b"\x8e\xff\xff\xff\xff\xff\x00\x00\x00",
    b"\x96\xff\xff\xff\xff\xff\x00\x00\x00", b"(" * 3000,
    b"]" * 3000, b"0" * 20,
    b"cnumpy\nndarray\n((J\xff\xff\xff\x7ftR", b"\x80\x05", b"I" + b"9" * 9000 + b"\n", b"Q", b"\x82\x01",
    b"h\xff", b"o",
)  # fmt: skip


def mutated_pickle(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A pickle with foreign calls, huge places and lengths, or instructions lost, doubled or changed."""
    try:
        places = [place for _, _, place in pickletools.genops(data) if place is not None]
    except (ValueError, EOFError, IndexError):
        return mutated(data, rng, others)
    at = rng.choice(places)
    following = min((place for place in places if place > at), default=len(data))
    chance = rng.random()
    if chance < 0.3:
        return data[:at] + rng.choice(_ATTACKS) + data[at:]
    if chance < 0.5:
        return data[:at] + data[following:]
    if chance < 0.6:
        return data[:following] + data[at:following] * rng.choice((1, 300)) + data[following:]
    if chance < 0.9:
        return data[:at] + renumbered(data[at:following], rng) + data[following:]
    return mutated(data, rng, others)
