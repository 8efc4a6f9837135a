"""Sentences to the pose language by the artist's own language model: a server's, or one in this process.

`ask` asks a server; `local_model.LocalModel` is one from a folder. Either answer is data that is checked and never run.
"""

from .client import ask, request_preview
from .request import LlmRequest
from .settings import KEY_VARIABLE, LlmSettings, environment_key

__all__ = ["KEY_VARIABLE", "LlmRequest", "LlmSettings", "ask", "environment_key", "request_preview"]
