"""Answers of language models, good and bad, and the ways in which tests ask for them."""

from __future__ import annotations

import json
from typing import Any

from contrapposto.backend.job import run_job
from contrapposto.backend.text.language import Program, Support, Touch
from contrapposto.backend.text.llm import LlmRequest, LlmSettings, ask
from llm_server import LlmServer

KNEELING = Program((Support("kneeling_left"), Touch("right_hand", "heart")), style="solemn")
KNEELING_JSON = json.dumps(
    {
        "elements": [
            {"say": "Support", "kind": "kneeling_left"},
            {"say": "Touch", "part": "right_hand", "place": "heart"},
        ],
        "style": "solemn",
        "edit": False,
    }
)
SENTENCE = "Kneeling on the left knee, right hand on the heart."


def pieces(text: str, *, size: int = 9) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def answered(server: LlmServer, *, request: LlmRequest | None = None, **settings: Any) -> Program:
    """What the server's answer becomes."""
    wanted = LlmSettings(server.url, "tiny", **settings)
    return run_job(ask(request or LlmRequest(SENTENCE), wanted))
