"""What may be published of a report: nothing private is left, and what is needed stays."""

from __future__ import annotations

import json
import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contrapposto.backend.masking import Secrets, mask

NOBODY = Secrets()
ANNA = Secrets(
    homes=("/home/anna.müller", r"C:\Users\anna.müller"),
    users=("anna.müller", "Anna Maria"),
    hosts=("annas-pc.studio.lan", "annas-pc"),
    keys=("correct horse battery",),
)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("/home/bob/pics/a.jpg", "~/pics/a.jpg"),
        ("/Users/bob/Library/x.py", "~/Library/x.py"),
        ("/root/.cache/contrapposto", "~/.cache/contrapposto"),
        ("/var/home/bob/x", "~/x"),
        ("/export/home/bob/x", "~/x"),
        ("/mnt/c/Users/bob/x", "~/x"),
        ("/System/Volumes/Data/Users/bob/x", "~/x"),
        ("/media/bob/stick/x", "~/stick/x"),
        (r"C:\Users\bob\x.jpg", r"~\x.jpg"),
        (r"'C:\\Users\\Bob Smith\\x.jpg'", r"'~\\x.jpg'"),
        ("D:/Users/Zoë Ångström/film.mp4, frame 3", "~/film.mp4, frame 3"),
        (r"\\?\C:\Users\bob\x", r"\\?\~\x"),
        (r"C:\Documents and Settings\bob\x", r"~\x"),
        ("/home/O'Brien/x and /home/carl", "~/x and ~"),
        ("C%3A%5CUsers%5Cbob%5Cx", "~%5Cx"),
        ("file:///home/bob/x.png", "file:~/x.png"),
        (r"\\fileserver\bob$\x.jpg", "<network path>"),
        (r"\\?\UNC\server\share\x", "<network path>"),
        ("//nas/films/bob/x.png", "<network path>"),
        (r"C:\Users\Bob Smith cannot be read. Choose another.", "~. Choose another."),
    ],
)
def test_homes_of_anybody_are_taken_out_and_what_lies_below_stays(text: str, masked: str) -> None:
    assert mask(text, NOBODY) == masked


@pytest.mark.parametrize(
    "text",
    [
        "sk-abc1",
        "sk-proj-abcdefGHIJKL123456",
        "sk-ant-api03-abcdefghijkl_mno-PQR",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ",
        "hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ",
        "glpat-aBcDeFgHiJkLmNoPqRsT",
        "xoxb-1234567890-abcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
        "0123456789abcdef0123456789abcdef",
        "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY1",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "key {}.", "'{}'", "x={}&y=1", "({})", "Bearer {}", '{{"token": "{}"}}', "a\n{}\nb"]
)
def test_keys_are_known_by_their_form(text: str, around: str) -> None:
    assert text not in mask(around.format(text), NOBODY)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hunter2hunter2",
        "{'Authorization': 'Basic hunter2hunter2'}",
        "api_key='hunter2hunter2'",
        '{"api_key": "hunter2hunter2"}',
        "LlmSettings(server='x', api_key='hunter2hunter2')",
        "OPENAI_API_KEY=hunter2hunter2",
        "password: hunter2hunter2",
        "https://anna:hunter2hunter2@example.com/",
        "https://anna:a@hunter2hunter2@example.com/",
        "https://example.com/x?sig=hunter2hunter2&v=1",
        "https://example.com/hooks/hunter2hunter2",
        "postgres://hunter2hunter2:x@db/x",
        "environ({'STUDIO': 'hunter2hunter2'})",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2hunter2\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nhunter2hunter2",
    ],
)
def test_values_that_are_called_secret_are_taken_out(text: str) -> None:
    assert "hunter2hunter2" not in mask(text, NOBODY)


@pytest.mark.parametrize(
    "text",
    ["10.0.0.5", "192.168.1.7:8080", "tcp to 8.8.8.8:53", "fe80::1ff:fe23:4567:890a", "00:1A:2B:3C:4D:5E", "b@c.de"],
)
def test_addresses_are_taken_out(text: str) -> None:
    assert any(hole in mask(text, NOBODY) for hole in ("<address>", "<e-mail>"))


@pytest.mark.parametrize(
    "text",
    [
        "opencv 4.10.0.84, torch 2.9.1+cu128, numpy 1.26.4, 127.0.0.1, ::1",
        "Windows-10-10.0.22631-SP0 and Linux-6.8.0-51-generic-x86_64-with-glibc2.39",
        "contrapposto.backend.estimate.learned, line 12, in estimate: rotations (T, 24, 3)",
        'File "/usr/lib/python3.11/site-packages/torch/nn/modules/module.py", line 1773, in _call_impl',
        "ZeroDivisionError: division by zero",
        "skew-symmetric, task-based, sk_matrix_values, monkey=banana, token counts, 3 keys at 12:34:56",
        "http://localhost:11434",
        "CONTRAPPOSTO_OT_text_switch, left_key: 3, key = value for the frame",
        "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 7.79 GiB total capacity)",
    ],
)
def test_what_tells_what_went_wrong_stays(text: str) -> None:
    assert mask(text, ANNA) == text


@pytest.mark.parametrize(
    "form", ["anna.müller", "ANNA.MÜLLER", r"anna.m\xfcller", r"anna.m\u00fcller", "anna.m%C3%BCller"]
)
@pytest.mark.parametrize("around", ["/data/{}/x", "by {}, 3", "_{}_1", r"line\n{}\n", "({})", "D:\\{}", "x\\{}"])
def test_the_name_of_who_sits_here_is_found_however_it_is_written(form: str, around: str) -> None:
    masked = mask(around.format(form), ANNA)
    assert form not in masked
    assert "ller" not in masked.lower()


def test_decomposed_names_of_macos_are_found() -> None:
    assert mask(unicodedata.normalize("NFD", "/data/anna.müller/x"), ANNA) == "/data/<user>/x"


def test_names_inside_words_stay_for_a_hole_would_tell_them() -> None:
    eric = Secrets(users=("eric",))
    assert mask("generic numeric", eric) == "generic numeric"
    assert mask("eric's rig, eric2, _eric_", eric) == "<user>'s rig, <user>2, _<user>_"


def test_names_that_everybody_has_make_no_holes() -> None:
    assert mask("Blender's user", Secrets(users=("blender", "user", "al"))) == "Blender's user"


def test_what_is_given_has_its_own_word() -> None:
    secrets = Secrets(others={"/films/secret project/shot.png": "<the picture>"})
    assert mask("/films/secret project/shot.png is empty", secrets) == "<the picture> is empty"
    assert mask(repr(r"\films\secret project\shot.png"), secrets) == "'<the picture>'"


def test_secrets_of_the_environment_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_TOKEN", "swordfish!")
    monkeypatch.setenv("HOME", "/farm/people/bob")
    monkeypatch.setenv("COMPUTERNAME", "RENDER-7")
    assert mask("swordfish! /farm/people/bob/x bob RENDER-7", Secrets.here()) == "<key> ~/x <user> <computer>"


NAMES = st.text(
    st.characters(categories=("Ll", "Lu", "Lo", "Nd")) | st.sampled_from(" ._-'"), min_size=3, max_size=20
).filter(
    lambda name: name == name.strip(" .'-") and any(letter.isalpha() for letter in name) and len(name.strip()) >= 3
)
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)
TEXTS = st.text(st.characters(exclude_categories=("Cs", "L")), max_size=40) | st.sampled_from(
    [
        "",
        " ",
        "/home/",
        "C:\\Users\\",
        "https://",
        "'",
        '"',
        "sk-",
        "key=",
        "\\\\",
        "~",
        "%",
        "<",
        "://u:",
        "@",
        "environ({",
    ]
)
WRITTEN = st.sampled_from([str, repr, ascii, json.dumps, quote, lambda text: unicodedata.normalize("NFD", text)])
PLACES = st.sampled_from(
    [
        "/home/{}/x",
        "C:\\Users\\{}\\x",
        "C:\\\\Users\\\\{}\\\\x",
        "/Users/{}",
        "{}",
        "/mnt/c/Users/{}/x.png",
        "by {}.",
        "{}:x",
    ]
)


def shown(secret: str, text: str) -> bool:
    """Whether a reader of the text can see the secret."""
    forms = {secret, unicodedata.normalize("NFC", secret), repr(secret)[1:-1], ascii(secret)[1:-1], quote(secret)}
    return any(form.casefold() in text.casefold() for form in forms)


@settings(max_examples=600, deadline=None)
@given(NAMES, TEXTS, TEXTS, PLACES, WRITTEN, st.sampled_from(" /-_1\\'.\n%"))
@example("O'Brien", "", "", "/home/{}/x", repr, " ")
def test_a_known_name_never_survives(
    name: str, before: str, after: str, place: str, written: object, between: str
) -> None:
    name, before, after = unicodedata.normalize("NFC", name), before + between, between + after
    secrets = Secrets(homes=(f"/home/{name}", f"C:\\Users\\{name}"), users=(name,))
    text = before + place.replace("{}", written(name)) + after  # type: ignore[operator]
    alone = mask(before + place.replace("{}", "") + after, secrets)
    if shown(name, "~<user><key><computer><address><e-mail><network path><left out>") or shown(name, alone):
        return  # the name is a part of a hole's own word
    assert not shown(name, mask(text, secrets))


@settings(max_examples=600, deadline=None)
@given(KEYS, TEXTS, TEXTS, WRITTEN)
def test_a_known_key_never_survives(key: str, before: str, after: str, written: object) -> None:
    text = before + written(key) + after  # type: ignore[operator]
    assert not shown(key, mask(text, Secrets(keys=(key,))))


@settings(max_examples=400, deadline=None)
@given(
    st.text(st.sampled_from("abcdefghkmnpqrstuvwxyzäöüßéñçøåžłđ"), min_size=6, max_size=14).map(
        lambda name: f"Qz{name}"
    ),
    st.sampled_from(
        ["/home/{}/a", "/Users/{}/a b", r"C:\Users\{}\a", r"C:\\Users\\{}\\a", "/mnt/d/Users/{}/x", "\\\\srv\\{}\\x"]
    ),
    TEXTS,
    TEXTS.filter(lambda text: not text.startswith("%")),
)
def test_the_home_of_somebody_else_never_survives(name: str, path: str, before: str, after: str) -> None:
    text = f"{before} {path.format(name)} {after}"
    assert name.casefold() not in mask(text, NOBODY).casefold()


@settings(max_examples=300, deadline=None)
@given(
    st.text(
        st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), min_size=20, max_size=50
    ),
    TEXTS,
    TEXTS,
)
def test_a_key_of_a_known_form_never_survives(letters: str, before: str, after: str) -> None:
    key = f"sk-Qz{letters}"
    assert f"Qz{letters}" not in mask(f"{before} {key} {after}", NOBODY)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_masking_again_changes_nothing_more_that_is_private(text: str) -> None:
    once = mask(text, ANNA)
    assert not shown("anna.müller", mask(once, ANNA))
