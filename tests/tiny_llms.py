"""Builders of tiny language models with random, seeded weights, written by the real classes of transformers.

A vision-language model of the Qwen2.5-VL class and a language model of the Qwen2 class, each with tokenizer, chat
template and safetensors. What they say is noise, but they load, see and speak as the large ones do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
CORPUS = [
    "yes no supported contradicted not found the total revenue in 2019 was 2,230 [E1]",
    "Table 3: unit price and quantity by region, 2018 to 2024",
    "예 아니요 매출은 전년 대비 12% 증가하였다. 3분기 영업이익률은 31%였다.",
    "answer with exactly one of these and nothing else",
]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] in ('image', 'image_url') %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 8192,
    "initializer_range": 0.3,  # the library's own makes every token as likely as the next
    "tie_word_embeddings": False,
}


def vision_language_folder(folder: Path, *, seed: int = 0) -> Path:
    """A Qwen2.5-VL with 2 layers of 32 numbers for text and for pictures."""
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    ids = {name: tokenizer.convert_tokens_to_ids(token) for name, token in _NAMED.items()}
    config = transformers.Qwen2_5_VLConfig(
        text_config={
            **_TEXT,
            "vocab_size": len(tokenizer),
            "rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0},
            "bos_token_id": ids["eos_token_id"],
            "eos_token_id": ids["eos_token_id"],
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 4,
            "out_hidden_size": 32,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "window_size": 56,
            "fullatt_block_indexes": [1],
        },
        tie_word_embeddings=False,
        **{name: ids[name] for name in ids if name != "eos_token_id"},
    )
    model = transformers.Qwen2_5_VLForConditionalGeneration(config)
    model.generation_config.eos_token_id = ids["eos_token_id"]
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    pictures = transformers.AutoImageProcessor
    processor = transformers.Qwen2_5_VLProcessor(
        image_processor=getattr(transformers, "Qwen2VLImageProcessor", pictures)(
            min_pixels=56 * 56, max_pixels=112 * 112
        ),
        tokenizer=tokenizer,
        video_processor=transformers.Qwen2VLVideoProcessor(),
        chat_template=TEMPLATE,
    )
    _save(folder, model, processor)
    return folder


def language_folder(folder: Path, *, seed: int = 0) -> Path:
    """A Qwen2, which sees nothing."""
    import torch
    import transformers

    torch.manual_seed(seed)
    tokenizer = _tokenizer()
    tokenizer.chat_template = TEMPLATE
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    config = transformers.Qwen2Config(**_TEXT, vocab_size=len(tokenizer), eos_token_id=end, bos_token_id=end)
    _save(folder, transformers.Qwen2ForCausalLM(config), tokenizer)
    return folder


_NAMED = {
    "eos_token_id": "<|im_end|>",
    "vision_start_token_id": "<|vision_start|>",
    "vision_end_token_id": "<|vision_end|>",
    "image_token_id": "<|image_pad|>",
    "video_token_id": "<|video_pad|>",
}


def _tokenizer() -> Any:
    """Pieces of bytes, as Qwen has them: any text can be written."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bytewise = Tokenizer(models.BPE())
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    bytewise.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=500,
            special_tokens=SPECIAL,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return transformers.Qwen2TokenizerFast(
        tokenizer_object=bytewise,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        bos_token=None,
        additional_special_tokens=SPECIAL[1:],
        model_max_length=8192,
    )


def _save(folder: Path, model: Any, processor: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.eval().save_pretrained(folder, safe_serialization=True)
        processor.save_pretrained(folder)


@contextmanager
def served(folder: Path, log: Path) -> Iterator[str]:
    """`transformers serve` with the model of a folder on a free port of this machine; gives its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "OMP_NUM_THREADS": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **quiet})
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 180
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < end and process.poll() is None:
        try:
            with opener.open(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"transformers serve did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")
