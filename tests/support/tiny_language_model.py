"""A real language model of a few hundred kilobytes that knows one text by heart, made without training.

Every piece of the text is a token of its own, embedded as a unit vector. Attention and the layers after it are
silenced, so the stream holds the last token alone, and the last layer turns each unit vector into the next token.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from contrapposto.backend.text.llm.prompt import system_prompt

TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
STRICT = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}" + TEMPLATE
END = "<|end|>"


def unique_pieces(text: str) -> list[str]:
    """The text in pieces of which none occurs twice."""
    found: list[str] = []
    piece = ""
    for character in text:
        piece += character
        if len(piece) >= 6 and piece not in found:
            found.append(piece)
            piece = ""
    return [*found, piece] if piece and piece not in found else [*found[:-1], found[-1] + piece]


def long_lines(longest: int) -> list[str]:
    """Those of the system prompt, none of which is within another."""
    return [line for line in system_prompt().split("\n") if len(line) > longest]


def make_tokenizer(pieces: list[str], *, template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Bytes, and the pieces as tokens of their own; no byte is ever merged with another."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={letter: at for at, letter in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
    inner.add_special_tokens([AddedToken(END, special=True)])
    made = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END)
    made.chat_template = template
    return made


def save_parrot(
    folder: Path, *, start: str, text: str, template: str | None = TEMPLATE, context: int = 16_384, longest: int = 40
) -> None:
    """Save a model that says `text` and stops, whatever precedes `start`; lines above `longest` are one token each."""
    pieces = unique_pieces(text)
    assert "".join(pieces) == text
    tokenizer = make_tokenizer([start, *pieces, *long_lines(longest)], template=template)
    chain = tokenizer.convert_tokens_to_ids([start, *pieces, END])
    size = len(tokenizer)
    config = LlamaConfig(
        vocab_size=size, hidden_size=size + size % 2, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, max_position_embeddings=context, eos_token_id=chain[-1], tie_word_embeddings=False,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.model.norm.weight.fill_(1.0)
        model.model.embed_tokens.weight.copy_(torch.eye(size, config.hidden_size))
        for now, following in itertools.pairwise(chain):
            model.lm_head.weight[following, now] = 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def save_babbler(folder: Path) -> None:
    """Save a model of random numbers."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer([line for line in long_lines(40) if not line.startswith("{")])  # no answers
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_key_value_heads=1, max_position_embeddings=16_384, eos_token_id=len(tokenizer) - 1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
