"""What a sentence encoder's folder says of itself: architecture, pooling, length, prefixes. Reads JSON only.

Follows the layout of sentence-transformers (modules.json, 1_Pooling, sentence_bert_config.json). Knows nothing of how
the encoder is run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmrag.errors import ModelUnavailable

__all__ = ["EncoderSpec", "read_json", "read_prefixes", "read_spec"]

_POSITION_OFFSET = {"bert": 0, "xlm-roberta": 2, "roberta": 2, "camembert": 2}  # RoBERTa counts from padding_idx + 1
_AGAIN = "Delete the model and get it again."
_GRAPH_BYTES = 1_900_000_000  # an ONNX file ends at 2 GiB
_ACTIVATIONS = {"gelu", "relu", "gelu_new", "gelu_pytorch_tanh"}


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """All that is needed to run a BERT or XLM-RoBERTa class sentence encoder, but its weights and tokenizer."""

    architecture: str
    layers: int
    heads: int
    dim: int
    epsilon: float
    activation: str
    position_offset: int
    pooling: str
    """"mean" over all tokens, or "cls": the first."""
    max_tokens: int
    """Longest input, special tokens and prefix included."""
    query_prefix: str = ""
    passage_prefix: str = ""


def read_json(file: Path) -> Any:
    """The JSON object in a file, {} where there is no file. Raises `ModelUnavailable` where it cannot be read."""
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelUnavailable(f"{file} cannot be read: {error}", _AGAIN) from error
    # A list of modules is the one file here that is no object; a number or a text is none of a model's files.
    if not isinstance(content, dict | list):
        raise ModelUnavailable(f"{file} holds no settings", _AGAIN)
    return content


def read_spec(folder: Path, name: str = "") -> EncoderSpec | None:
    """The encoder in `folder`, or None where it is of a class that only its own library runs.

    `name` is what the user called the model: some need prefixes that no file of theirs mentions. Raises
    `ModelUnavailable` where the files contradict themselves or lack what they must say.
    """
    try:
        config = read_json(folder / "config.json")
        pooling = _pooling(folder) if _is_plain(folder, config) else None
        return _spec(folder, name, config, pooling) if pooling else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelUnavailable(f"the settings in {folder} are damaged: {error}", _AGAIN) from error


def _spec(folder: Path, name: str, config: dict[str, Any], pooling: str) -> EncoderSpec | None:
    offset = _POSITION_OFFSET[config["model_type"]]
    sentence = read_json(folder / "sentence_bert_config.json")
    tokenizer = read_json(folder / "tokenizer_config.json")
    lengths = [sentence.get("max_seq_length"), tokenizer.get("model_max_length") if not sentence else None]
    positions = int(config["max_position_embeddings"]) - offset
    layers, dim = int(config["num_hidden_layers"]), int(config["hidden_size"])
    if 2 * dim * int(config["vocab_size"]) + 4 * layers * 12 * dim * dim > _GRAPH_BYTES:
        return None
    query, passage = read_prefixes(folder, name)
    return EncoderSpec(
        architecture=config["model_type"],
        layers=layers,
        heads=int(config["num_attention_heads"]),
        dim=dim,
        epsilon=float(config.get("layer_norm_eps", 1e-12)),
        activation=str(config.get("hidden_act", "gelu")),
        position_offset=offset,
        pooling=pooling,
        max_tokens=min([positions, *(int(length) for length in lengths if length)]),
        query_prefix=query,
        passage_prefix=passage,
    )


def _is_plain(folder: Path, config: dict[str, Any]) -> bool:
    return (
        config.get("model_type") in _POSITION_OFFSET
        and config.get("position_embedding_type", "absolute") == "absolute"
        and config.get("hidden_act", "gelu") in _ACTIVATIONS
        and not config.get("is_decoder", False)
        and (folder / "tokenizer.json").is_file()
    )


def _pooling(folder: Path) -> str | None:
    """Mean, as sentence-transformers does, where nothing else is said; None for modules or modes not built here."""
    modules = read_json(folder / "modules.json")
    if not modules:
        return "mean"
    kinds = [str(module["type"]).rpartition(".")[2] for module in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        return None
    if modules[0].get("path"):
        return None
    config = read_json(folder / Path(modules[1]["path"]).name / "config.json")
    if "pooling_mode" in config:
        return str(config["pooling_mode"]) if config["pooling_mode"] in ("mean", "cls") else None
    modes = [key.removeprefix("pooling_mode_") for key, on in config.items() if key.startswith("pooling_mode_") and on]
    return {"mean_tokens": "mean", "cls_token": "cls"}.get(modes[0]) if len(modes) == 1 else None


def read_prefixes(folder: Path, name: str) -> tuple[str, str]:
    """What the model was trained to see before a query and before a passage."""
    prompts = read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    passage = next((prompts[key] for key in ("passage", "document", "corpus") if prompts.get(key)), "")
    if prompts.get("query") or passage:
        return str(prompts.get("query") or ""), str(passage)
    called = f"{name} {folder.name} {read_json(folder / 'config.json').get('_name_or_path', '')}".lower()
    # The model cards of these families ask for prefixes that their files do not carry.
    if re.search(r"(?<![a-z0-9])e5-(small|base|large)", called) and "instruct" not in called:
        return "query: ", "passage: "
    if re.search(r"(?<![a-z0-9])bge-(small|base|large)-en", called):
        return "Represent this sentence for searching relevant passages: ", ""
    return "", ""
