"""Whatever a server does wrong ends in one clear sentence: what failed, on what, and what to do now."""

from __future__ import annotations

import email.utils
import gc
import gzip
import json
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from contrapposto.backend.errors import InputError, ModelError
from contrapposto.backend.job import run_job
from contrapposto.backend.text.language import Support
from contrapposto.backend.text.llm import LlmRequest, LlmSettings, ask, names
from contrapposto.backend.text.llm.failures import in_words, seconds_to_wait
from llm_answers import KNEELING, KNEELING_JSON, SENTENCE, answered, pieces
from llm_server import (
    STREAM_HEAD,
    LlmServer,
    Reply,
    completion,
    endless,
    event,
    failure,
    http,
    late,
    raw,
    streamed,
)


def complaint(reply: Reply, **settings: Any) -> str:
    """The sentence that a server's answer ends in."""
    with LlmServer([reply]) as server, pytest.raises(ModelError) as caught:
        answered(server, **settings)
    gc.collect()
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


BOMB = gzip.compress(b" " * 50_000_000, 9)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (failure("401 Unauthorized", "bad"), r"^127\.0\.0\.1:\d+ asks for a key, and none is set\. Enter a valid one"),
        (failure("403 Forbidden", "bad"), r"asks for a key, and none is set"),
        (failure("404 Not Found", ""), r"has no /v1/chat/completions, or no model tiny\. Check that the address ends"),
        (failure("404 Not Found", "model 'tiny' not found"), r"has no model tiny\. Check the name.*ollama pull"),
        (failure("400 Bad Request", "The model `tiny` does not exist"), r"has no model tiny"),
        (failure("400 Bad Request", "This model's maximum context length is 2048 tokens"), r"too long.*8192 tokens"),
        (failure("429 Too Many", "", more="Retry-After: 20\r\n"), r"takes no more questions now.*Try again in 20 s\."),
        (failure("429 Too Many", "", more="Retry-After: 600\r\n"), r"Try again in 10 minutes\."),
        (failure("429 Too Many", "", more="Retry-After: nonsense\r\n"), r"Try again in a minute\."),
        (failure("500 Internal Server Error", "CUDA out of memory"), r"failed \(HTTP 500\)\. Look at the server's log"),
        (failure("503 Service Unavailable", ""), r"failed \(HTTP 503\)"),
        (failure("418 I'm a teapot", ""), r"refused the question \(HTTP 418\)"),
        (failure("307 Redirect", "", more="Location: http://127.0.0.1:9/\r\n"), r"another address, which is not fol"),
        (raw(http(b"<html>hi</html>", kind="text/html")), r"answered with a web page in the place of JSON.*/v1"),
        (raw(http(b"\x89PNG", kind="image/png")), r"answered with something else in the place of JSON"),
        (raw(http(b'{"choices": [')), r"is no chat completion\. Check that the address"),
        (raw(http(b"[]")), r"is no chat completion"),
        (raw(http(b'{"object": "list"}')), r"is no chat completion"),
        (raw(http(b'{"choices": [{"message": 3}]}')), r"is no chat completion"),
        (raw(http(b'{"choices": [{"message": {"content": 3}}]}')), r"is no chat completion"),
        (raw(http(b"[" * 200_000)), r"is no chat completion"),
        (raw(http(b'{"choices": ' + b"9" * 9000)), r"is no chat completion"),
        (raw(http(b'{"error": {"message": "upstream"}}')), r"The server broke off with an error"),
        (raw(http(b"", status="204 No Content")), r"is no chat completion"),
        (completion(""), r"answer is empty\. Try again"),
        (completion(None, tool_calls=[{"function": {"name": "rm"}}]), r"answer is empty"),
        (completion("", finish="length"), r"empty before it wrote a word: its context or token limit is too small"),
        (completion(None, refusal="I cannot help with that."), r"declined to answer"),
        (completion("x", finish="content_filter"), r"declined to answer"),
        (completion("I am sorry, but as a model I cannot."), r"in words and not with a pose: it may have decl"),
        (raw(STREAM_HEAD + event(None, refusal="No.") + b"data: [DONE]\n\n"), r"declined to answer"),
        (raw(STREAM_HEAD), r"is no chat completion"),
        (raw(STREAM_HEAD + b"data: [DONE]\n\n"), r"answer is empty"),
        (raw(STREAM_HEAD + b"data: {not json}\n\n"), r"is no chat completion"),
        (raw(STREAM_HEAD + bytes(range(256)) * 50), r"is no chat completion"),
        (raw(STREAM_HEAD + b"data: 3\n\n"), r"is no chat completion"),
        (raw(STREAM_HEAD + b"data: " + b"x" * 1_500_000 + b"\n\n"), r"is no chat completion"),
        (raw(STREAM_HEAD + b'data: {"error": {"message": "no"}}\n\n'), r"The server broke off with an error"),
        (streamed(pieces(KNEELING_JSON)[:4], done=False), r"The connection was cut in the middle of the answer"),
        (raw(http(b'{"choices"', length=9000)), r"The connection was cut in the middle of the answer"),
        (raw(b""), r"hung up without an answer\. Check the port"),
        (raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), r"does not speak HTTP as it should\. Check the port"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), r"does not speak HTTP as it should"),
        (raw(http(BOMB, more="Content-Encoding: gzip\r\n")), r"compressed answer although asked not to"),
        (raw(http(BOMB, status="500 No", more="Content-Encoding: gzip\r\n")), r"compressed answer"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_a_clear_sentence(reply: Reply, words: str, stream: bool) -> None:
    import re

    sentence = complaint(reply, stream=stream)
    assert re.search(words, sentence), sentence


def test_a_key_that_is_refused_is_told_as_that() -> None:
    assert "refused the key" in complaint(failure("401 Unauthorized", "bad"), api_key="wrong-key-0123456789")


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ModelError, match=rf"^Nothing answers at localhost:{port}\. Start the server"):
        run_job(ask(LlmRequest(SENTENCE), LlmSettings(f"localhost:{port}", "tiny")))


def test_localhost_is_tried_by_both_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    from contrapposto.backend.text.llm import addresses

    monkeypatch.setattr(addresses, "_HERE", ("127.0.0.2", "127.0.0.1"))
    with LlmServer([completion(KNEELING_JSON)]) as server:
        settings = LlmSettings(f"localhost:{server.port}", "tiny")
        assert run_job(ask(LlmRequest(SENTENCE), settings)) == KNEELING
    assert server.seen[0].headers["host"] == f"localhost:{server.port}"


def test_an_answer_takes_too_long() -> None:
    sentence = complaint(late(5.0, completion(KNEELING_JSON)), timeout_s=0.3)
    assert sentence.startswith("tiny on 127.0.0.1:")
    assert "did not finish its answer within 0.3 s. Raise the time-out" in sentence


def test_a_slow_stream_has_as_much_time_in_all() -> None:
    sentence = complaint(streamed(pieces(KNEELING_JSON, size=1), pause_s=0.05), timeout_s=0.4)
    assert "did not finish its answer within 0.4 s" in sentence


def test_an_answer_falls_silent() -> None:
    def reply(caller):
        caller.send(STREAM_HEAD + event('{"elements"'))
        caller.wait(5.0)

    assert "began its answer and then said nothing for 0.2 s" in complaint(reply, silence_s=0.2)


def test_an_error_page_without_end_is_not_read() -> None:
    head = http(b"", status="500 No", length=50_000_000)
    assert "failed (HTTP 500)" in complaint(endless(head, b"x" * 9000, most=50_000_000))


def test_headers_without_end_are_not_read() -> None:
    assert "does not speak HTTP" in complaint(
        endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"x" * 990 + b"\r\n", most=9_000_000)
    )


def test_when_to_try_again() -> None:
    later = email.utils.formatdate(time.time() + 3 * 3600, usegmt=True)
    wait = seconds_to_wait(later)
    assert wait is not None
    assert abs(wait - 3 * 3600) < 5.0
    assert in_words(wait) == "3 hours"
    assert seconds_to_wait("-5") == 0.0
    assert seconds_to_wait("1e999") is None
    assert seconds_to_wait("9" * 400) is None
    assert seconds_to_wait("") is None


# Names are looked up by a process, never by a thread.


def test_a_name_is_looked_up_and_told_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_LOOK_UP", "import sys; assert sys.argv[1] == 'studio.test'; print('127.0.0.1')")
    with LlmServer([completion(KNEELING_JSON)]) as server:
        settings = LlmSettings(f"http://studio.test:{server.port}", "tiny", online_access=True)
        assert run_job(ask(LlmRequest(SENTENCE), settings)) == KNEELING
    assert server.seen[0].headers["host"] == f"studio.test:{server.port}"


@pytest.mark.parametrize("program", ["raise SystemExit(1)", "print('rm -rf')", "print('')"])
def test_a_name_that_is_not_known(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(names, "_LOOK_UP", program)
    with pytest.raises(ModelError, match=r"^The name studio\.test is not known to the network"):
        run_job(ask(LlmRequest(SENTENCE), LlmSettings("http://studio.test", "tiny", online_access=True)))


def test_a_name_server_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_LOOK_UP", "import time; time.sleep(60)")
    settings = LlmSettings("http://studio.test", "tiny", online_access=True, connect_s=0.3)
    told = []
    with pytest.raises(ModelError, match=r"^No name server told the address of studio\.test within 0\.3 s"):
        run_job(ask(LlmRequest(SENTENCE), settings), on_progress=told.append)
    assert sum(each.stage == "Looking up studio.test" for each in told) > 10


def test_cancelling_a_look_up_ends_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def noted(*args: Any, **named: Any) -> subprocess.Popen[bytes]:
        started.append(real(*args, **named))
        return started[-1]

    monkeypatch.setattr(names, "_LOOK_UP", "import time; time.sleep(60)")
    monkeypatch.setattr(subprocess, "Popen", noted)
    job = ask(LlmRequest(SENTENCE), LlmSettings("http://studio.test", "tiny", online_access=True))
    for _ in range(4):
        next(job)
    job.close()
    assert started[0].returncode is not None


def test_an_embedding_program_is_not_started_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names.sys, "executable", "/opt/blender/blender")
    monkeypatch.setattr(names.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("127.0.0.1", 0))])
    with LlmServer([completion(KNEELING_JSON)]) as server:
        settings = LlmSettings(f"http://studio.test:{server.port}", "tiny", online_access=True)
        assert run_job(ask(LlmRequest(SENTENCE), settings)).elements[0] == Support("kneeling_left")


# Encryption.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that names studio.test, with its key in the same file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate of this test and is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "only.pem",
               "-days", "2", "-subj", "/CN=studio.test", "-addext", "subjectAltName=DNS:studio.test"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "only.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def over_tls(certificate: Path, reply: Reply) -> Reply:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def encrypted(caller):
        raw_socket = caller.connection
        try:
            with context.wrap_socket(raw_socket, server_side=True) as caller.connection:
                with caller.connection.makefile("rb") as stream:
                    lines = iter(lambda: stream.readline().decode("latin-1").strip().lower(), "")
                    sizes = [int(line.partition(":")[2]) for line in lines if line.startswith("content-length")]
                    stream.read(sizes[0])
                reply(caller)
        except ssl.SSLError as error:
            raise ConnectionAbortedError from error

    return encrypted


@pytest.fixture
def at_studio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_LOOK_UP", "print('127.0.0.1')")
    monkeypatch.setattr(LlmServer, "_read", lambda self, _connection: self.seen.append(None))


def ask_https(server: LlmServer, host: str) -> Any:
    settings = LlmSettings(f"https://{host}:{server.port}", "tiny", api_key="key-0123456789abcdef", online_access=True)
    return run_job(ask(LlmRequest(SENTENCE), settings))


@pytest.mark.usefixtures("at_studio")
def test_the_name_is_checked_although_an_address_is_called(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with LlmServer([over_tls(certificate, completion(KNEELING_JSON))]) as server:
        assert ask_https(server, "studio.test") == KNEELING
        with pytest.raises(
            ModelError, match=r"^The certificate of other\.test:\d+ is not valid for it, so nothing was"
        ):
            ask_https(server, "other.test")


@pytest.mark.usefixtures("at_studio")
def test_a_certificate_that_nobody_vouches_for(certificate: Path) -> None:
    with LlmServer([over_tls(certificate, completion(KNEELING_JSON))]) as server:
        with pytest.raises(ModelError, match=r"is not valid for it, so nothing was sent"):
            ask_https(server, "studio.test")
        assert server.sent in ([], [0])


@pytest.mark.usefixtures("at_studio")
def test_a_server_without_encryption() -> None:
    with (
        LlmServer([completion(KNEELING_JSON)]) as server,
        pytest.raises(ModelError, match=r"^No encrypted connection to studio\.test.*begin the address with http://"),
    ):
        ask_https(server, "studio.test")


# What is asked is checked before anything is sent.


def test_the_sentence_is_bounded() -> None:
    with pytest.raises(InputError, match=r"The sentence is empty"):
        LlmRequest(" \n")
    with pytest.raises(InputError, match=r"has 100000 characters, more than the 4000"):
        LlmRequest("x" * 100_000)


def test_half_a_character_is_sent_as_a_question_mark() -> None:
    with LlmServer([completion(KNEELING_JSON)]) as server:
        answered(server, request=LlmRequest("kneel \ud83d now"))
    assert json.dumps(server.seen[0].body).count("kneel ? now") == 1
