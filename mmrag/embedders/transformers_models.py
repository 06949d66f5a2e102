"""Folders in the layout of transformers: CLIP, SigLIP and SigLIP2, or a sentence encoder.

Only safetensors and only architectures of the library: no code that a folder brings is run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from mmrag.embedders.clip import Loaded
from mmrag.embedders.hub import local_folder
from mmrag.embedders.naflex import NaflexRecipe
from mmrag.embedders.preprocessing import Recipe, transformers_recipe
from mmrag.embedders.sentence_folder import read_json, read_spec
from mmrag.embedders.text import OnnxTextEmbedder
from mmrag.embedders.torch_runtime import import_library, loading
from mmrag.embedders.weights import Tensors, file_hash, weight_files, weights_hash
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.protocols import Embedder

__all__ = ["hugging_face", "read_two_towers"]

_TWO_TOWERS = frozenset({"clip", "siglip", "siglip2"})
_GET = "Get it with `mmrag models --get {0}` (or a profile: --get standard), or name a local folder: hf:FOLDER."


class _TransformersTower:
    """A CLIP or SigLIP of the library with its tokenizer and the recipe of its pictures."""

    def __init__(self, model: Any, tokenizer: Any, recipe: Recipe | NaflexRecipe, *, siglip: bool) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self.recipe = recipe
        self._siglip = siglip
        self._length = int(model.config.text_config.max_position_embeddings)
        self.image_size = max(recipe.size)

    def prepare(self, image: Image.Image) -> Mapping[str, Any]:
        """A picture as the model sees it."""
        if isinstance(self.recipe, NaflexRecipe):
            return self.recipe.prepare(image)
        return {"pixels": self.recipe.pixels(image)}

    def tokenize(self, texts: Sequence[str]) -> Mapping[str, Any]:
        """Texts as the model's tokens, cut to its length."""
        # SigLIP was trained on lower-case text padded to its full length, CLIP on text as long as it is.
        return dict(
            self._tokenizer(
                [text.lower() for text in texts] if self._siglip else list(texts),
                padding="max_length" if self._siglip else True,
                truncation=True,
                max_length=self._length,
                return_tensors="pt",
            )
        )

    def image_features(self, **inputs: Any) -> Any:
        """What `prepare` made, encoded."""
        return _pooled(self.model.get_image_features(pixel_values=inputs.pop("pixels"), **inputs))

    def text_features(self, **inputs: Any) -> Any:
        """What `tokenize` made, encoded."""
        return _pooled(self.model.get_text_features(**inputs))


def _pooled(output: Any) -> Any:
    """Older versions of the library return the tensor itself."""
    return getattr(output, "pooler_output", output)


def hugging_face(argument: str, device: str = "auto") -> Embedder:
    """ORG/NAME (from the hub's cache) or a folder: an image and text encoder, or a sentence encoder.

    Raises `ModelUnavailable` where it is not on disk, damaged, or needs code of its own.
    """
    folder, files = _files(argument)
    if _kind(folder) in _TWO_TOWERS:
        return _two_towers(folder, files, _kind(folder)).embedder(device)
    spec = read_spec(folder, argument)
    if spec is not None and not _wants_gpu(device, spec.dim):
        return OnnxTextEmbedder(folder, spec)
    from mmrag.embedders.sentence_torch import TorchTextEmbedder

    return TorchTextEmbedder(folder, argument, device)


def read_two_towers(argument: str) -> Loaded:
    """An image and text encoder, named as for `hugging_face`. Raises `UsageError` for any other model."""
    folder, files = _files(argument)
    if _kind(folder) not in _TWO_TOWERS:
        raise UsageError(f"{folder} is no encoder of images and texts", "Name a CLIP or SigLIP.")
    return _two_towers(folder, files, _kind(folder))


def _kind(folder: Path) -> str:
    return str(read_json(folder / "config.json").get("model_type", ""))


def _files(argument: str) -> tuple[Path, list[Path]]:
    """The folder and its weights, looked into for damage."""
    folder = local_folder(argument)
    if folder is None or not (folder / "config.json").is_file():
        where = f"{argument!r} is not on disk" if folder is None else f"{folder} holds no config.json"
        raise ModelUnavailable(f"{where}; nothing was downloaded", _GET.format(f"hf:{argument}"))
    files = weight_files(folder)
    if not files:
        raise ModelUnavailable(
            f"{folder} holds no model.safetensors", "Only safetensors weights are loaded; convert them."
        )
    Tensors(files)  # refuses a damaged file before the library sees it
    return folder, files


def _wants_gpu(device: str, dim: int) -> bool:
    """A large sentence encoder is worth torch's start on a GPU; a small one is quick enough without."""
    if device != "auto":
        return device != "cpu"
    if dim < 768 or not (Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidia0").exists()):
        return False
    try:
        return bool(import_library("torch").cuda.is_available())
    except Exception:
        return False


def _two_towers(folder: Path, files: Sequence[Path], kind: str) -> Loaded:
    transformers = import_library("transformers")
    transformers.utils.logging.disable_progress_bar()
    config = read_json(folder / "config.json")
    prepare = read_json(folder / "preprocessor_config.json")
    with loading(str(folder)):
        model, report = transformers.AutoModel.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    missing = [name for name in report["missing_keys"] if "position_ids" not in name]
    if missing:
        raise ModelUnavailable(f"the weights in {folder} lack {missing[0]}", "Get the model again.")
    vision = model.config.vision_config
    recipe: Recipe | NaflexRecipe
    with loading(str(folder)):
        if kind == "siglip2" and hasattr(vision, "num_patches"):
            recipe = NaflexRecipe.read(prepare, int(vision.patch_size))
        else:
            recipe = transformers_recipe(prepare, int(vision.image_size))
    identity = {
        "library": "transformers",
        "weights": weights_hash(files),
        "config": json.dumps({name: config.get(name) for name in ("text_config", "vision_config")}, sort_keys=True),
        "tokenizer": [file_hash(folder / name) for name in _TOKENIZERS if (folder / name).is_file()],
        "recipe": asdict(recipe),
    }
    tower = _TransformersTower(model.float(), tokenizer, recipe, siglip=kind != "clip")
    return Loaded(tower, f"hf-{kind}", identity, config, folder)


_TOKENIZERS = ("tokenizer.json", "vocab.json", "merges.txt", "spiece.model")
