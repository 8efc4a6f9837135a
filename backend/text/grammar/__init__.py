"""English sentences to the pose language, offline and always the same way: a lexicon, phrases, clauses, meaning."""

from .understand import understand

__all__ = ["understand"]
