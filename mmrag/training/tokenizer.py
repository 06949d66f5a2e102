"""A small tokenizer of one's own, learnt from the captions: byte-level BPE over decomposed, lower-case text.

open_clip's built-in one has 49,408 entries, which a small text tower cannot afford (a width of 192 makes 9.5 million
weights of them), and next to none for Korean, whose syllables it takes for three bytes each. Here Hangul is decomposed
into its letters first (NFKD), so that a syllable or an ending never seen is still spelled with letters seen often, and
bytes are the last resort, so that nothing is unknown. The end of a text has the highest id: that is where open_clip's
text tower looks (`pool_type` "argmax"), in every version of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

__all__ = ["PAD", "train_tokenizer"]

PAD, _START, _END = "<pad>", "<start>", "<end>"


def train_tokenizer(texts: Iterable[str], folder: Path, *, entries: int, length: int) -> int:
    """Write `tokenizer.json` and `tokenizer_config.json` into `folder`; returns the number of entries that there are.

    `entries` is the most there may be, `length` the most tokens of a text. The same texts give the same tokenizer.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=entries - 1,
        min_frequency=2,
        special_tokens=[PAD, _START],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text.encode("utf-8", "replace").decode("utf-8") for text in texts), trainer)
    tokenizer.add_special_tokens([_END])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{_START} $A {_END}", special_tokens=[(name, tokenizer.token_to_id(name)) for name in (_START, _END)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": length,
        "pad_token": PAD,
        "bos_token": _START,
        "eos_token": _END,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), "utf-8")
    return int(tokenizer.get_vocab_size())
