"""How many tokens a text has for an encoder: light enough for every worker process (no torch, no ONNX Runtime)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from mmrag.embedders.hub import local_folder
from mmrag.embedders.sentence_folder import read_json, read_spec
from mmrag.embedders.text import load_tokenizer, minilm_folder
from mmrag.errors import MmragError

__all__ = ["max_tokens", "token_counter"]

_DEFAULT_MAX = 256
_SPECIAL = 2  # one token before a text and one after it
_GUESS = re.compile(r"[\w']+|[^\w\s]", re.UNICODE)
_WIDE = re.compile(r"[ᄀ-ᇿ぀-ヿ㐀-鿿가-힣]")


def token_counter(id: str | None) -> Callable[[str], int]:
    """A function from a text to its number of tokens, special tokens left out.

    Exact for encoders whose folder has a `tokenizer.json`; else an estimate that is rather too high. None is for when
    no text encoder is used.
    """
    folder = _folder(id)
    if folder is None or not (folder / "tokenizer.json").is_file():
        return _estimate
    tokenizer = load_tokenizer(folder)

    # Tokenizers split at white space first, so that words can be counted by themselves, and most recur.
    @lru_cache(maxsize=1 << 16)
    def count_word(word: str) -> int:
        return len(tokenizer.encode(word, add_special_tokens=False).ids)

    return lambda text: sum(map(count_word, text.encode("utf-8", "replace").decode("utf-8").split()))


def max_tokens(id: str | None) -> int:
    """How many tokens of `token_counter` fit into one text of the encoder, its special tokens and prefix left room."""
    folder = _folder(id)
    if folder is None:
        return _DEFAULT_MAX
    spec = read_spec(folder, id or "")
    if spec is None:
        length = read_json(folder / "sentence_bert_config.json").get("max_seq_length") or _DEFAULT_MAX
        return max(16, int(length) - _SPECIAL)
    prefix = token_counter(id)(spec.passage_prefix) if spec.passage_prefix else 0
    return max(16, spec.max_tokens - _SPECIAL - prefix)


def _folder(id: str | None) -> Path | None:
    """The encoder's folder; None where it is not a text encoder's or not there, which loading it will say."""
    name, _, argument = (id or "").partition(":")
    try:
        if name == "minilm":
            return minilm_folder()
        return local_folder(argument) if name == "hf" else None
    except MmragError:
        return None


def _estimate(text: str) -> int:
    """A word is a token for every six letters begun, a Hangul syllable, ideograph or sign is one."""
    total = 0
    for piece in _GUESS.findall(text):
        wide = len(_WIDE.findall(piece))
        total += wide + -(-(len(piece) - wide) // 6)
    return total
