"""What a language model is asked, whoever answers: a server or a model in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ...arrays import ImageArray
from ...errors import InputError

MOST_SENTENCE: Final = 4000
MOST_DESCRIPTION: Final = 4000


@dataclass(frozen=True)
class LlmRequest:
    """One question.

    Attributes:
        sentence: what the artist wrote.
        pose: the current pose in words, or nothing where there is none.
        edit: the current pose is to be changed.
        picture: (H, W, 3) RGB that the sentence goes with, or None.

    Raises:
        InputError: the sentence is empty or longer than 4,000 characters.
    """

    sentence: str
    pose: str = ""
    edit: bool = False
    picture: ImageArray | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.sentence.strip():
            raise InputError("The sentence is empty. Say what the pose is to be.")
        if len(self.sentence) > MOST_SENTENCE:
            raise InputError(
                f"The sentence has {len(self.sentence)} characters, more than the {MOST_SENTENCE} that are sent. "
                "Shorten it."
            )

    @property
    def has_pose(self) -> bool:
        """There is a current pose, which can be changed."""
        return bool(self.pose.strip())
