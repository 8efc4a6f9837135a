"""A language model's server is asked over real HTTP, and its answer becomes a program."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from contrapposto.backend.errors import MissingPackageError, ModelError
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.text.codec import json_schema
from contrapposto.backend.text.language import Bend, Change, Program
from contrapposto.backend.text.llm import LlmRequest, LlmSettings, ask, request_preview
from contrapposto.backend.text.llm.client import WITHOUT_FORM, WITHOUT_PICTURE
from contrapposto.backend.text.llm.replies import MOST_ANSWER, MOST_STREAM
from llm_answers import KNEELING, KNEELING_JSON, SENTENCE, answered, pieces
from llm_server import (
    STREAM_HEAD,
    LlmServer,
    completion,
    endless,
    event,
    failure,
    http,
    late,
    raw,
    streamed,
    wait_until,
)

PICTURE = np.random.default_rng(0).integers(0, 255, (1200, 900, 3), dtype=np.uint8)


def test_a_whole_answer_becomes_a_program() -> None:
    with LlmServer([completion(KNEELING_JSON)]) as server:
        assert answered(server, stream=False) == KNEELING
    (seen,) = server.seen
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["host"] == f"127.0.0.1:{server.port}"
    assert seen.headers["accept-encoding"] == "identity"
    assert "authorization" not in seen.headers
    assert seen.body["model"] == "tiny"
    assert seen.body["stream"] is False
    assert seen.body["response_format"]["json_schema"]["schema"] == json_schema()
    assert SENTENCE in seen.body["messages"][1]["content"]


def test_a_streamed_answer_becomes_the_same_program() -> None:
    with LlmServer([streamed(pieces(KNEELING_JSON))]) as server:
        assert answered(server) == KNEELING
    assert server.seen[0].body["stream"] is True


def test_events_cut_anywhere_are_put_together() -> None:
    whole = STREAM_HEAD + b"".join(event(piece) for piece in pieces("ä" + KNEELING_JSON)) + b"data: [DONE]\r\n\r\n"

    def reply(caller):
        for at in range(0, len(whole), 7):
            caller.send(whole[at : at + 7])

    with LlmServer([reply]) as server:
        assert answered(server) == KNEELING


def test_a_server_that_does_not_stream_although_asked_is_understood() -> None:
    with LlmServer([completion(KNEELING_JSON)]) as server:
        assert answered(server) == KNEELING


def test_a_stream_may_end_with_a_reason_and_without_its_last_mark() -> None:
    reply = raw(STREAM_HEAD + event(KNEELING_JSON) + event("", finish="stop"))
    with LlmServer([reply]) as server:
        assert answered(server) == KNEELING


def test_counts_of_tokens_and_thoughts_are_passed_over() -> None:
    count = b'data: {"choices": [], "usage": {"total_tokens": 9}}\n\n'
    thought = event(None, reasoning_content='{"elements": []}')
    with LlmServer([raw(STREAM_HEAD + thought + count + event(KNEELING_JSON) + b"data: [DONE]\n\n")]) as server:
        assert answered(server) == KNEELING


def test_parts_of_a_message_are_joined() -> None:
    parts = [{"type": "text", "text": KNEELING_JSON[:30]}, {"type": "text", "text": KNEELING_JSON[30:]}]
    with LlmServer([completion(parts)]) as server:
        assert answered(server) == KNEELING


# A wrong answer is repaired once.


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ('{"elements": [{"say": "Bend"', "The JSON is malformed."),
        ("I would bend the knee.", "answered in words"),
        (json.dumps({"elements": [{"say": "Bend", "joint": "left_knee"}]}), "elements[0]: Bend needs `degrees`."),
        (json.dumps({"elements": [{"say": "Bend", "joint": "tail", "degrees": 3}]}), "must be one of left_elbow"),
        (json.dumps({"elements": [{"say": "Exec"}]}), "elements[0] must be an object whose `say` is one of Bend"),
        (json.dumps({"elements": [], "style": ""}), "are both empty"),
        (json.dumps({"elements": [{"say": "Bend", "joint": "left_knee", "degrees": 1e300}]}), "out of all bounds"),
        (json.dumps({"elements": [{"say": "Change", "verb": "bend", "part": "left_knee"}]}), "no current pose"),
        (json.dumps({"poses": []}), "it has only elements, style, edit"),
        (json.dumps({"elements": {}, "style": "x"}), "`elements` must be a list"),
        (json.dumps({"elements": [], "style": "x" * 401}), "at most 400 characters"),
        ("[" * 100_000, "answered in words"),
        ('{"elements":' + "[" * 100_000, "The JSON is malformed."),
    ],
)
def test_what_is_wrong_is_told_and_the_second_answer_counts(first: str, told: str) -> None:
    with LlmServer([completion(first), completion(KNEELING_JSON)]) as server:
        assert answered(server) == KNEELING
    messages = server.seen[1].body["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[2]["content"] == first[:4000]
    assert told in messages[3]["content"]


@pytest.mark.parametrize(
    ("extra", "inside", "places"),
    [
        ({"reasoning": "the \u202eknee bends"}, {}, "in the object:"),
        ({}, {"comment": "<script>", "side": 3}, "in elements[0]:"),
        ({"confidence": 0.9}, {"weight": [1]}, "in the object, elements[0]:"),
    ],
)
def test_fields_that_nobody_knows_are_ignored_with_a_note_that_quotes_nothing(
    extra: dict[str, object], inside: dict[str, object], places: str
) -> None:
    said = json.loads(KNEELING_JSON) | extra
    said["elements"][0] |= inside
    with LlmServer([completion(f"Sure! The pose:\n```json\n{json.dumps(said)}\n```")]) as server:
        program = answered(server)
    assert len(server.seen) == 1
    assert (program.elements, program.style) == (KNEELING.elements, KNEELING.style)
    (note,) = program.notes
    assert places in note
    assert not [word for word in ("knee", "script", "comment", "weight", "confidence", "reasoning") if word in note]


@pytest.mark.parametrize("wrong", [{"degrees": "ninety"}, {"degrees": None}, {"joint": "left_knee", "degrees": True}])
def test_a_field_of_a_wrong_type_is_refused_beside_unknown_ones(wrong: dict[str, object]) -> None:
    first = json.dumps({"elements": [{"say": "Bend", "joint": "left_knee", "extra": 1} | wrong], "more": 2})
    with LlmServer([completion(first), completion(KNEELING_JSON)]) as server:
        assert answered(server) == KNEELING
    assert "degrees" in server.seen[1].body["messages"][3]["content"]


def test_two_wrong_answers_are_told_to_the_artist() -> None:
    wrong = completion(json.dumps({"elements": [{"say": "Bend", "joint": "left_knee"}]}))
    with LlmServer([wrong]) as server, pytest.raises(ModelError, match=r"no valid pose.*Bend needs `degrees`"):
        answered(server)
    assert len(server.seen) == 2


def test_an_answer_that_the_context_cut_is_told_as_that() -> None:
    with (
        LlmServer([completion(KNEELING_JSON[:40], finish="length")]) as server,
        pytest.raises(ModelError, match=r"breaks off: the model's limit of tokens"),
    ):
        answered(server)


# What a server cannot do is left out.


def test_a_server_without_schemas_is_asked_for_json_and_then_in_words() -> None:
    replies = [
        failure("400 Bad Request", "response_format of type json_schema is not supported"),
        failure("400 Bad Request", "'response_format.type' must be 'text'"),
        completion(f"Here you are:\n```json\n{KNEELING_JSON}\n```\nEnjoy!"),
    ]
    with LlmServer(replies) as server:
        assert answered(server) == Program(KNEELING.elements, "solemn", notes=(WITHOUT_FORM,))
    forms = [seen.body.get("response_format", {}).get("type") for seen in server.seen]
    assert forms == ["json_schema", "json_object", None]
    assert "fenced block" in server.seen[2].body["messages"][1]["content"]


def test_a_server_that_gives_no_reason_is_asked_for_less_and_then_given_up() -> None:
    with LlmServer([raw(http(b"", status="422 No"))]) as server, pytest.raises(ModelError, match=r"refused.*HTTP 422"):
        answered(server)
    assert len(server.seen) == 3


def test_a_picture_is_sent_small_and_beside_the_sentence() -> None:
    import base64

    import cv2

    with LlmServer([completion(KNEELING_JSON)]) as server:
        assert answered(server, request=LlmRequest(SENTENCE, picture=PICTURE), send_picture=True) == KNEELING
    text, image = server.seen[0].body["messages"][1]["content"]
    assert SENTENCE in text["text"]
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (768, 576, 3)


def test_a_picture_stays_here_unless_it_may_be_sent() -> None:
    with LlmServer([completion(KNEELING_JSON)]) as server:
        answered(server, request=LlmRequest(SENTENCE, picture=PICTURE))
    assert isinstance(server.seen[0].body["messages"][1]["content"], str)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("400 Bad Request", "Invalid content type. image_url is only supported by certain models"),
        ("500 Internal Server Error", "image input is not supported - you may need to provide the mmproj"),
        ("404 Not Found", "No endpoints found that support image input"),
        ("413 Payload Too Large", ""),
        ("422 Unprocessable Entity", "unknown variant `image_url`, expected `text`"),
    ],
)
def test_a_server_without_eyes_is_asked_once_more_without_the_picture(status: str, words: str) -> None:
    with LlmServer([failure(status, words), completion(KNEELING_JSON)]) as server:
        program = answered(server, request=LlmRequest(SENTENCE, picture=PICTURE), send_picture=True)
    assert program.notes == (WITHOUT_PICTURE,)
    assert program.elements == KNEELING.elements
    assert [isinstance(seen.body["messages"][1]["content"], str) for seen in server.seen] == [False, True]
    assert all(seen.body["response_format"]["type"] == "json_schema" for seen in server.seen)


def test_a_model_with_its_own_temperature_and_a_server_without_streams() -> None:
    replies = [
        failure("400 Bad Request", "Unsupported value: 'temperature' does not support 0.2"),
        failure("400 Bad Request", "stream is not available"),
        completion(KNEELING_JSON),
    ]
    with LlmServer(replies) as server:
        assert answered(server) == KNEELING
    assert ["temperature" in seen.body for seen in server.seen] == [True, False, False]
    assert [seen.body["stream"] for seen in server.seen] == [True, True, False]


# Edits.


def test_the_current_pose_is_told_and_may_be_changed() -> None:
    said = json.dumps({"elements": [{"say": "Change", "verb": "bend", "part": "left_elbow"}], "edit": False})
    request = LlmRequest("Bend the left elbow more", pose="Standing, arms\nhanging.", edit=True)
    with LlmServer([completion(said)]) as server:
        assert answered(server, request=request) == Program((Change("bend", "left_elbow"),), edit=True)
    question = server.seen[0].body["messages"][1]["content"]
    assert '"Standing, arms hanging."' in question
    assert "Change the current pose." in question


# Bounded in size and time; closing leaves nothing behind.


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    head = http(b"", length=5_000_000)
    with LlmServer([endless(head, b'{"choices": [' + b" " * 20_000, most=5_000_000)]) as server:
        with pytest.raises(ModelError, match=r"longer than 1 MB and was cut off"):
            answered(server, stream=False)
        assert wait_until(lambda: server.hung_up == 1)
    assert server.sent[0] < 5_000_000


def test_an_endless_stream_is_not_read_to_its_end() -> None:
    with LlmServer([endless(STREAM_HEAD, event("x" * 5000), most=5_000_000)]) as server:
        with pytest.raises(ModelError, match=r"longer than 1 MB"):
            answered(server)
        assert wait_until(lambda: server.hung_up == 1)
    assert server.sent[0] < 5_000_000
    assert MOST_ANSWER < MOST_STREAM < 5_000_000


def test_envelopes_without_words_are_not_read_for_ever() -> None:
    with LlmServer([endless(STREAM_HEAD, b": waiting" * 2000 + b"\n\n", most=20_000_000)]) as server:
        with pytest.raises(ModelError, match=r"longer than 1 MB"):
            answered(server)
        assert wait_until(lambda: server.hung_up == 1)


def test_the_job_yields_while_the_server_thinks() -> None:
    with LlmServer([late(0.6, completion(KNEELING_JSON))]) as server:
        told: list[Progress] = []
        run_job(ask(LlmRequest(SENTENCE), LlmSettings(server.url, "tiny")), on_progress=told.append)
    waits = [each for each in told if each.stage.startswith("Waiting for the language model at 127.0.0.1")]
    assert len(waits) > 20  # 0.6 s in steps of 5 ms are 120; this many also where two thirds of them are delayed


def test_the_job_tells_how_far_a_slow_stream_is() -> None:
    with LlmServer([streamed(pieces(KNEELING_JSON, size=30), pause_s=0.03)]) as server:
        told: list[Progress] = []
        run_job(ask(LlmRequest(SENTENCE), LlmSettings(server.url, "tiny")), on_progress=told.append)
    stages = {each.stage for each in told}
    assert {"The language model writes: 50 characters", "The language model writes: 100 characters"} <= stages
    fractions = [each.fraction for each in told]
    assert fractions == sorted(fractions)
    assert max(fractions) < 1.0


def test_closing_the_job_hangs_up_and_starts_no_thread() -> None:
    before = threading.active_count()
    with LlmServer([streamed(pieces(KNEELING_JSON, size=1), pause_s=0.05)]) as server:
        job = ask(LlmRequest(SENTENCE), LlmSettings(server.url, "tiny"))
        while not next(job).stage.startswith("The language model writes"):
            pass
        assert threading.active_count() == before + 2  # the server's own
        started = time.monotonic()
        job.close()
        assert time.monotonic() - started < 1.0
        assert wait_until(lambda: server.hung_up == 1)
    gc.collect()  # a loop or socket left open would warn here, and warnings are errors


def test_closing_before_the_first_step_and_while_connecting() -> None:
    with LlmServer([late(5.0, completion(KNEELING_JSON))]) as server:
        for steps in range(4):
            job = ask(LlmRequest(SENTENCE), LlmSettings(server.url, "tiny"))
            for _ in range(steps):
                next(job)
            job.close()
    gc.collect()


def test_a_job_runs_inside_another_loop() -> None:
    import asyncio

    async def outside(server: LlmServer) -> Program:
        return answered(server)

    with LlmServer([completion(KNEELING_JSON)]) as server:
        assert asyncio.run(outside(server)) == KNEELING


def test_nothing_large_is_imported_before_a_question() -> None:
    program = (
        "import sys, contrapposto.backend.text.llm, contrapposto.backend.text.llm.local_model\n"
        "print([name for name in ('httpx', 'asyncio', 'torch', 'transformers', 'cv2') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_without_httpx_the_artist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingPackageError, match="httpx is needed to ask a language model's server"):
        run_job(ask(LlmRequest(SENTENCE), LlmSettings("localhost:11434", "tiny")))


# What the artist can read beforehand is what is sent.


def test_the_preview_is_the_request() -> None:
    request = LlmRequest(SENTENCE, pose="Standing.")
    with LlmServer([completion(KNEELING_JSON)]) as server:
        shown = json.loads(request_preview(request, LlmSettings(server.url, "tiny", api_key="k" * 20)))
        answered(server, request=request, api_key="k" * 20)
    assert shown["body"] == server.seen[0].body
    assert shown["POST"] == f"{server.url}/chat/completions"
    assert server.seen[0].headers["authorization"] == "Bearer " + "k" * 20
    assert "k" * 20 not in json.dumps(shown)


def test_the_preview_leaves_the_pictures_data_out() -> None:
    shown = request_preview(
        LlmRequest(SENTENCE, picture=PICTURE), LlmSettings("localhost:11434", "tiny", send_picture=True)
    )
    assert "data:image/jpeg;base64,... (" in shown
    assert len(shown) < 60_000  # the picture alone would be 200,000


def test_numbers_out_of_range_are_clamped_and_told() -> None:
    said = json.dumps({"elements": [{"say": "Bend", "joint": "left_knee", "degrees": 9999}], "style": ""})
    with LlmServer([completion(said)]) as server:
        program = answered(server)
    assert program.elements == (Bend("left_knee", 160.0),)
    assert program.notes == ("The language model said 9999 for Bend degrees; 160 was taken.",)
