"""Sentences to poses: a closed language of what a body can be told, and ways from words to it."""
