"""Which servers may be reached, and how their addresses are read."""

from __future__ import annotations

import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.text.llm import LlmRequest, LlmSettings, ask, names
from contrapposto.backend.text.llm.addresses import check_allowed, check_encrypted, parse_server


@pytest.mark.parametrize(
    ("entered", "meant"),
    [
        ("http://localhost:11434", "http://localhost:11434/v1"),
        ("localhost:11434", "http://localhost:11434/v1"),
        (" http://127.0.0.1:1234/v1/ ", "http://127.0.0.1:1234/v1"),
        ("http://127.0.0.1:8080/v1/chat/completions", "http://127.0.0.1:8080/v1"),
        ("api.example.com", "https://api.example.com/v1"),
        ("HTTPS://Api.Example.COM/api/v1", "https://api.example.com/api/v1"),
        ("https://api.example.com:443/v1", "https://api.example.com/v1"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://münchen.example/v1", "http://xn--mnchen-3ya.example/v1"),
        ("http://example.com./v1", "http://example.com/v1"),
    ],
)
def test_addresses_are_understood_as_artists_enter_them(entered: str, meant: str) -> None:
    assert parse_server(entered).base_url == meant


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("", "No address"),
        ("ftp://localhost/v1", "must begin with http:// or https://"),
        ("file:///etc/passwd", "must begin with http:// or https://"),
        ("http://", "no usable host name"),
        ("http://user:password@localhost/v1", "holds a name or password"),
        ("http://localhost@evil.example/v1", "holds a name or password"),
        ("http://localhost/v1?key=abc", r"without `\?` or `#`"),
        ("http://localhost/v1#x", r"without `\?` or `#`"),
        ("http://local host/v1", "no web address"),
        ("http://localhost\\@evil.example/v1", "no web address"),
        ("http://localhost:99999/v1", "no web address"),
        ("http://localhost:abc/v1", "no web address"),
        ("http://[::1/v1", "no web address"),
        ("http://localhost/v1\r\nHost: evil", "no web address"),
        ("http://a..b/v1", "no usable host name"),
        ("http://lo%63alhost/v1", "no usable host name"),
        ("http://localhost/v1/{x}", "path with characters"),
        ("http://" + "a" * 600, "no web address"),
    ],
)
def test_what_is_no_address_is_refused_in_words(entered: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        LlmSettings(entered, "tiny")


@pytest.mark.parametrize(
    ("host", "tried"),
    [
        ("localhost", ("127.0.0.1", "::1")),
        ("LOCALHOST.", ("127.0.0.1", "::1")),
        ("ollama.localhost", ("127.0.0.1", "::1")),
        ("127.0.0.1", ("127.0.0.1",)),
        ("127.9.8.7", ("127.9.8.7",)),
        ("0.0.0.0", ("127.0.0.1",)),
        ("[::1]", ("::1",)),
        ("[::]", ("::1",)),
        ("[::ffff:127.0.0.1]", ("::ffff:7f00:1",)),
    ],
)
def test_this_computer_is_always_allowed(host: str, tried: tuple[str, ...]) -> None:
    server = parse_server(f"http://{host}:11434/v1")
    check_allowed(server, online_access=False)
    assert server.known_addresses() == tried


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com", "192.168.1.5", "10.0.0.1", "8.8.8.8", "[2001:db8::1]", "[fe80::1]", "localhost.example.com",
        "127.0.0.1.example.com", "notlocalhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:8.8.8.8]",
        "169.254.169.254",
    ],
)  # fmt: skip
def test_everything_else_needs_online_access(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "addresses_of", None)
    monkeypatch.setattr(names.subprocess, "Popen", None)  # nothing may be looked up either
    settings = LlmSettings(f"http://{host}:11434/v1", "tiny")
    with pytest.raises(InputError, match=r"is not this computer, and online access is off\. Allow it in Blender"):
        run_job(ask(LlmRequest("Kneel"), settings))
    check_allowed(settings.server, online_access=True)


def test_a_key_crosses_the_internet_only_encrypted() -> None:
    plain = parse_server("http://api.example.com/v1")
    with pytest.raises(InputError, match=r"would be sent to api\.example\.com unencrypted"):
        check_encrypted(plain, ("10.0.0.1", "8.8.8.8"), has_key=True)
    with pytest.raises(InputError, match="unencrypted"):
        check_encrypted(plain, ("::ffff:8.8.8.8",), has_key=True)
    check_encrypted(plain, ("8.8.8.8",), has_key=False)
    check_encrypted(plain, ("192.168.1.5", "127.0.0.1", "::1"), has_key=True)
    check_encrypted(parse_server("https://api.example.com/v1"), ("8.8.8.8",), has_key=True)


def test_a_request_goes_to_the_address_and_not_to_the_name() -> None:
    server = parse_server("https://api.example.com/v1")
    assert server.url_at("8.8.8.8") == "https://8.8.8.8:443/v1/chat/completions"
    assert server.url_at("2001:db8::1") == "https://[2001:db8::1]:443/v1/chat/completions"
    assert server.authority == "api.example.com"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"model": " "}, "No model is named"),
        ({"model": "a\nb"}, "No model is named"),
        ({"timeout_s": 0.0}, r"time-out \(whole\) must be a positive"),
        ({"connect_s": float("nan")}, r"time-out \(connect\)"),
        ({"silence_s": float("inf")}, r"time-out \(silence\)"),
    ],
)
def test_settings_are_checked(changed: dict[str, object], words: str) -> None:
    given: dict[str, object] = {"base_url": "localhost:11434", "model": "tiny"}
    with pytest.raises(InputError, match=words):
        LlmSettings(**(given | changed))
