"""The sentence encoder: pieces of words as its tokeniser's reference cuts them, and which sentences mean alike."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend import runtime
from contrapposto.backend.errors import ModelFileError
from contrapposto.backend.text import encoder as encoder_module
from contrapposto.backend.text.encoder import ENCODER_MODEL, VOCABULARY, TextEncoder
from contrapposto.backend.text.wordpiece import MOST_TOKENS, WordPiece
from contrapposto.backend.weights.registry import FOLDER, model_entries

# Written down from the package `tokenizers` with this model's own tokenizer.json.
REFERENCE = [
    (
        "Kneeling on the left knee, right hand on the heart.",
        [101, 16916, 2006, 1996, 2187, 6181, 1010, 2157, 2192, 2006, 1996, 2540, 1012, 102],
    ),
    ("Caf\xe9 na\xefve \xc5NGSTR\xd6M", [101, 7668, 15743, 17076, 15687, 102]),
    (
        "\u65e5\u672c\u8a9e\u306e\u30dd\u30fc\u30ba",
        [101, 1864, 1876, 1950, 1671, 30248, 30265, 30233, 102],
    ),
    ("", [101, 102]),
    ("   ", [101, 102]),
    ("a" * 101, [101, 100, 102]),
    ("It's 9999\xb0 !!!", [101, 2009, 1005, 1055, 25897, 2683, 7737, 999, 999, 999, 102]),
    ("emoji \U0001f600\U0001f44d\U0001f3fd ok", [101, 7861, 29147, 2072, 100, 7929, 102]),
    ("\u0130stanbul \ufb01ne \xdf", [101, 9960, 1984, 2638, 1096, 102]),
    ("zero\u200bwidth\xadsoft", [101, 5717, 9148, 11927, 7898, 15794, 102]),
    ("tab\tnew\nline\u3000wide", [101, 21628, 2047, 2240, 2898, 102]),
    ("don't\u2014stop\u2026", [101, 2123, 1005, 1056, 1517, 2644, 1529, 102]),
    ("\u0642\u0641 \u0639\u0644\u0649", [101, 1292, 29833, 1288, 23673, 29837, 102]),
    (
        "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440",
        [101, 1194, 16856, 10325, 25529, 15290, 22919, 1191, 10325, 16856, 102],
    ),
    ("a\x00b\ufffdc", [101, 5925, 102]),
    ("<script>`$^|~+=", [101, 1026, 5896, 1028, 1036, 1002, 1034, 1064, 1066, 1009, 1027, 102]),
    ("e\u0301 \u0301alone", [101, 1041, 2894, 102]),
    ("contrapposto", [101, 24528, 9397, 14122, 2080, 102]),
    ("\u03a3\u0391\u03a3", [101, 1173, 14608, 29733, 102]),
]


def fetched(name: str) -> bytes:
    path = FOLDER / model_entries()[name].file
    if not path.is_file():
        pytest.skip("the model files were not fetched")
    return path.read_bytes()


@pytest.fixture(scope="module")
def words() -> WordPiece:
    return WordPiece(fetched(VOCABULARY).decode("utf-8"))


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder(fetched(ENCODER_MODEL), fetched(VOCABULARY))


@pytest.mark.parametrize(("sentence", "expected"), REFERENCE, ids=range(len(REFERENCE)))
def test_sentences_are_cut_as_the_reference_cuts_them(words: WordPiece, sentence: str, expected: list[int]) -> None:
    assert words.numbers(sentence) == expected


def test_a_mark_in_a_sentence_is_plain_text(words: WordPiece) -> None:
    numbers = words.numbers("[SEP] [CLS]")
    assert numbers[0] == 101
    assert numbers[-1] == 102
    assert not {101, 102} & set(numbers[1:-1])


def test_long_texts_are_cut_without_being_read_to_their_end(words: WordPiece) -> None:
    def best(text: str) -> float:
        times: list[float] = []
        for _ in range(5):
            start = time.perf_counter()
            words.numbers(text)
            times.append(time.perf_counter() - start)
        return min(times)

    long = "hello " * 2_000_000
    assert best(long) < 100.0 * best("hello " * 2_000)
    numbers = words.numbers(long)
    assert len(numbers) == MOST_TOKENS == 256
    assert numbers[:2] == [101, 7592]
    assert numbers[-1] == 102


def test_a_vocabulary_without_marks_is_refused() -> None:
    with pytest.raises(ModelFileError, match=r"no \[CLS\]"):
        WordPiece("[UNK]\nhello\n")


def test_known_similarities(encoder: TextEncoder) -> None:
    """Those that the model's card shows: 0.695, 0.943, 0.257."""
    said = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    vectors = encoder.encode(said)
    assert vectors.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(vectors[0] @ vectors[1:].T, [0.6946, 0.9429, 0.2569], atol=5e-4)


def test_what_means_alike_is_nearer_than_what_does_not(encoder: TextEncoder) -> None:
    sad, grieving, boxer, fighter = encoder.encode(["a sad man", "a grieving person", "a boxer", "a fighter"])
    assert sad @ grieving > sad @ boxer + 0.2
    assert boxer @ fighter > boxer @ grieving + 0.2


def test_a_sentence_reads_the_same_in_any_company(encoder: TextEncoder) -> None:
    alone = encoder.encode(["an archer draws his bow"])[0]
    others = [f"number {position} " * position for position in range(1, 40)]
    together = TextEncoder(fetched(ENCODER_MODEL), fetched(VOCABULARY)).encode([*others, "an archer draws his bow"])
    np.testing.assert_allclose(together[-1], alone, atol=1e-5)


def test_nothing_to_read_gives_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)
    assert np.isfinite(encoder.encode(["", "\x00"])).all()


def test_a_sentence_takes_little_time(encoder: TextEncoder) -> None:
    encoder.encode(["warm up"])
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        start = time.process_time()
        for position in range(10):
            encoder.encode([f"kneeling on the left knee, right hand on the heart, {position} times"])
        assert (time.process_time() - start) / 10 < 0.030
    finally:
        torch.set_num_threads(threads)


def test_known_sentences_are_remembered(encoder: TextEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    first = encoder.encode(["a waiter"])
    monkeypatch.setattr(encoder, "_network", None)
    np.testing.assert_array_equal(encoder.encode(["a waiter"]), first)


def test_other_files_are_refused() -> None:
    with pytest.raises(ModelFileError, match="not all-MiniLM-L6-v2's files"):
        TextEncoder(b"no tensors", fetched(VOCABULARY))
    with pytest.raises(ModelFileError, match="no vocabulary of BERT"):
        TextEncoder(fetched(ENCODER_MODEL), b"hello")


def test_where_the_files_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights, vocabulary = fetched(ENCODER_MODEL), fetched(VOCABULARY)
    monkeypatch.setattr(runtime, "FOLDER", tmp_path / "nothing")
    monkeypatch.setattr(encoder_module, "_package_folder", lambda: None)
    with pytest.raises(ModelFileError, match=r"model\.safetensors is missing"):
        TextEncoder.load()
    folder = tmp_path / "all-MiniLM-L6-v2"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "vocab.txt").write_bytes(vocabulary)
    assert TextEncoder.load(folder).encode(["a man"]).shape == (1, 384)
    monkeypatch.setattr(encoder_module, "_package_folder", lambda: folder)
    assert TextEncoder.load().encode(["a man"]).shape == (1, 384)
    (folder / "vocab.txt").write_bytes(vocabulary + b"\n")
    with pytest.raises(ModelFileError, match=r"vocab\.txt is damaged"):
        TextEncoder.load(folder)
