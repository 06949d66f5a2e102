"""Models that the open_clip library runs, from weights on disk: a tag in the hub's cache, one file, or a folder.

Only safetensors are loaded. What the library is asked for is the architecture and the tokenizer; weights are checked
and preprocessing is done here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from mmrag.embedders.clip import ClipEmbedder, Loaded
from mmrag.embedders.hub import local_folder, snapshot
from mmrag.embedders.preprocessing import Recipe, open_clip_recipe
from mmrag.embedders.sentence_folder import read_json
from mmrag.embedders.torch_runtime import import_library, loading
from mmrag.embedders.weights import Tensors, file_hash
from mmrag.errors import ModelUnavailable, UsageError

__all__ = ["open_clip", "read_open_clip"]

_CONFIG = "open_clip_config.json"
_WEIGHTS = "open_clip_model.safetensors"
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
_GET = "Get a profile's models with `mmrag models --get standard`, or name a folder: open_clip:FOLDER."


class _OpenClipTower:
    """A model of the library with its tokenizer and the recipe of its pictures."""

    def __init__(self, model: Any, tokenizer: Any, recipe: Recipe) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self.recipe = recipe
        self.image_size = max(recipe.size)
        # The text tower of the first CLIP, as open_clip builds it: causal, read at the end of the text.
        self._causal = (
            getattr(model, "text_pool_type", "") == "argmax"
            and getattr(model, "attn_mask", None) is not None
            and getattr(getattr(model, "text_projection", None), "ndim", 0) == 2
        )

    def prepare(self, image: Image.Image) -> Mapping[str, Any]:
        """A picture as the model sees it."""
        return {"pixels": self.recipe.pixels(image)}

    def tokenize(self, texts: Sequence[str]) -> Mapping[str, Any]:
        """Texts as the model's tokens, cut to its length."""
        return {"tokens": self._tokenizer(list(texts))}

    def image_features(self, **inputs: Any) -> Any:
        """What `prepare` made, encoded."""
        return self.model.encode_image(inputs["pixels"])

    def text_features(self, **inputs: Any) -> Any:
        """What `tokenize` made, encoded."""
        tokens, model = inputs["tokens"], self.model
        if not self._causal:
            return model.encode_text(tokens)
        # Nothing that stands behind the end of a text is looked at: half of the work, mostly.
        ends = tokens.argmax(dim=-1)
        length = int(ends.max()) + 1
        hidden = model.token_embedding(tokens[:, :length]) + model.positional_embedding[:length]
        hidden = model.ln_final(model.transformer(hidden, attn_mask=model.attn_mask[:length, :length]))
        return hidden[range(len(ends)), ends] @ model.text_projection


def open_clip(argument: str, device: str = "auto") -> ClipEmbedder:
    """The encoder that `read_open_clip` reads, on a device."""
    return read_open_clip(argument).embedder(device)


def read_open_clip(argument: str) -> Loaded:
    """MODEL/PRETRAINED (from the hub's cache), MODEL@FILE.safetensors (built-in tokenizer), or FOLDER.

    Raises `ModelUnavailable` where the weights are not on disk or do not fit, `UsageError` for a name unknown to
    open_clip, `MissingExtra` where it is not installed.
    """
    folder = Path(argument).expanduser()
    if argument and folder.is_dir():
        return _from_folder(folder)
    model, at, file = argument.partition("@")
    if at:
        return _from_file(model, Path(file).expanduser())
    model, slash, tag = argument.rpartition("/")
    if not slash or not model or argument.startswith((".", "/", "~")):
        raise ModelUnavailable(f"there is no folder {argument!r}", _GET)
    return _from_tag(model, tag)


def _from_folder(folder: Path) -> Loaded:
    config = read_json(folder / _CONFIG)
    if "model_cfg" not in config:
        raise ModelUnavailable(f"{folder} holds no {_CONFIG} that names a model", _GET)
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise ModelUnavailable(f"{folder} holds no {_WEIGHTS}", "Only safetensors weights are loaded; convert them.")
    return _load(f"local-dir:{folder}", weights, config["model_cfg"], config.get("preprocess_cfg") or {})


def _from_file(model: str, weights: Path) -> Loaded:
    if weights.suffix != ".safetensors" or not weights.is_file():
        raise ModelUnavailable(f"there is no weights file {str(weights)!r}", "Name a .safetensors file that exists.")
    config = _built_in(model)
    if config["text_cfg"].get("hf_tokenizer_name") or config["text_cfg"].get("hf_model_name"):
        raise UsageError(
            f"{model} needs a tokenizer beside its weights",
            f"Name a folder with {_CONFIG}, {_WEIGHTS} and the tokenizer's files: open_clip:FOLDER.",
        )
    return _load(model, weights, config, {})


def _from_tag(model: str, tag: str) -> Loaded:
    config = _built_in(model)
    settings = import_library("open_clip").get_pretrained_cfg(model, tag)
    if not settings:
        tags = import_library("open_clip").list_pretrained_tags_by_model(model)
        raise UsageError(f"open_clip knows no weights {tag!r} for {model}", f"Weights: {', '.join(tags) or 'none'}.")
    repository, _, file = str(settings.get("hf_hub", "")).rpartition("/")
    folder = snapshot(repository)
    names = [_WEIGHTS, *([str(Path(file).with_suffix(".safetensors"))] if file else [])]
    found = [folder / name for name in names if (folder / name).is_file()] if folder else []
    if folder is None or not found:
        raise ModelUnavailable(f"the weights of {model}/{tag} are not on disk", _GET)
    if (folder / _CONFIG).is_file() and found[0].name == _WEIGHTS:
        return _from_folder(folder)
    if config["text_cfg"].get("hf_tokenizer_name"):
        raise ModelUnavailable(f"the tokenizer of {model}/{tag} is not on disk", _GET)
    return _load(model, found[0], config, settings)


def _built_in(model: str) -> dict[str, Any]:
    library = import_library("open_clip")
    config: dict[str, Any] | None = library.get_model_config(model)
    if config is None:
        close = [name for name in library.list_models() if name.lower().startswith(model.lower()[:5])]
        raise UsageError(f"open_clip knows no model {model!r}", f"For example: {', '.join(close[:8] or ['ViT-B-32'])}.")
    return config


def _load(name: str, weights: Path, config: Mapping[str, Any], preprocess: Mapping[str, Any]) -> Loaded:
    library = import_library("open_clip")
    shown = name.removeprefix("local-dir:")
    tensors = Tensors([weights])  # refuses a damaged file before the library sees it
    del tensors
    text = config.get("text_cfg", {})
    own: dict[str, Any] = {}
    folder = Path(shown) if name.startswith("local-dir:") else None
    if folder is not None:
        if text.get("hf_model_name") and (folder / text["hf_model_name"]).is_dir():
            # The folder brings the architecture of its text tower along; its weights are among the model's own.
            place = str(folder / text["hf_model_name"])
            own = {"text_cfg": {**text, "hf_model_name": place, "hf_model_pretrained": False}}
        elif text.get("hf_model_name") and local_folder(str(text["hf_model_name"])) is None:
            raise ModelUnavailable(f"{shown} needs {text['hf_model_name']}, which is not on disk", _GET)
        if text.get("hf_tokenizer_name") and not any((folder / file).is_file() for file in _TOKENIZER_FILES):
            raise ModelUnavailable(f"{shown} holds no tokenizer", "Put the tokenizer's files into the same folder.")
    with loading(shown):
        model = library.create_model(name, load_weights=False, precision="fp32", device="cpu", **own)
        library.load_checkpoint(model, str(weights), strict=True, weights_only=True, device="cpu")
        tokenizer = library.get_tokenizer(name)
    settings = {key: value for key, value in preprocess.items() if value is not None}
    recipe = open_clip_recipe({**settings, "size": model.visual.image_size})
    identity = {
        "library": "open_clip",
        "weights": file_hash(weights),
        "config": json.dumps(config, sort_keys=True),
        "recipe": asdict(recipe),
    }
    label = "open_clip" if folder is not None else f"open_clip-{name}"
    return Loaded(_OpenClipTower(model, tokenizer, recipe), label, identity, config, folder)
