"""What comes out of a training: a folder that `--pixels` takes, with a model card.

A model of open_clip becomes open_clip_config.json, open_clip_model.safetensors and the tokenizer's files; one of
transformers stays in the layout of transformers. Trains nothing.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from mmrag.embedders.onnx_models import CONFIG_FILE as ONNX_FILE
from mmrag.embedders.onnx_models import IMAGE_FILE, TEXT_FILE
from mmrag.embedders.open_clip_models import read_open_clip
from mmrag.embedders.preprocessing import Recipe
from mmrag.embedders.text import load_tokenizer
from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import StorageFull, UsageError
from mmrag.training.loop import Outcome, Plan
from mmrag.training.starting import CONFIG_FILE, TEXT_FOLDER, WEIGHTS_FILE
from mmrag.training.tokenizer import PAD
from mmrag.training.towers import Towers, convolves

__all__ = ["CARD_FILE", "average", "export", "export_onnx", "model_card"]

CARD_FILE = "README.md"
_HF_WEIGHTS = "model.safetensors"
_OPSET = 17
_SIZES = (5 / 3, 5 / 6)
"""Of the model's own: print is told from drawings at the larger, and both err otherwise (docs/log.md)."""
_SETTINGS = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "added_tokens.json",
    "preprocessor_config.json",
    "config.json",
)


def export(towers: Towers, folder: Path, card: str, *, half: bool = True) -> str:
    """Write the model into `folder` and return the id that loads it.

    `half` keeps matrices as float16, which halves the files; what is one-dimensional (gains, running means) stays as
    it is. Raises `StorageFull` where it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        hf = "text_config" in towers.start.config
        _settings(towers.start.folder, folder, hf)
        if not hf:
            written = {"model_cfg": dict(towers.start.config), "preprocess_cfg": _preprocess(towers.recipe)}
            _replace(folder / CONFIG_FILE, json.dumps(written, indent=1).encode())
        _replace(folder / (_HF_WEIGHTS if hf else WEIGHTS_FILE), _bytes(towers, half))
        _replace(folder / CARD_FILE, card.encode())
    except OSError as error:
        raise StorageFull(
            f"{folder} cannot be written: {error.strerror or error}", "Free some space, then run it with --resume."
        ) from error
    return f"{'hf' if hf else 'open_clip'}:{folder}"


def export_onnx(folder: Path) -> str:
    """Write the graphs of a model of open_clip that `export` wrote into the same folder; return the id that loads them.

    Weights are kept as float16 and computed with in float32. A model of convolutions looks at each picture twice, in
    its own size and in one and a half of it. Raises `UsageError` for a model in another layout, or one whose texts
    `tokenizers` alone cannot read.
    """
    if (
        not (folder / CONFIG_FILE).is_file()
        or not (folder / "tokenizer.json").is_file()
        or (folder / TEXT_FOLDER).is_dir()
    ):
        raise UsageError("only new models of --size can be written as ONNX", "Leave out --onnx.")
    torch = import_library("torch")
    loaded = read_open_clip(str(folder))
    tower, recipe = loaded.tower, loaded.tower.recipe
    tower.model.eval()
    tokens = tower.tokenize(["a chart", "a table"])["tokens"]
    pixels = torch.zeros(2, 3, *recipe.size)
    any_size = convolves(tower.model)
    axes_of_pixels = {0: "n", 2: "height", 3: "width"} if any_size else {0: "n"}
    for file, features, example, axes in (
        (IMAGE_FILE, tower.model.encode_image, pixels, axes_of_pixels),
        (TEXT_FILE, tower.model.encode_text, tokens, {0: "n"}),
    ):
        graph = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter's own age and of its own code
            torch.onnx.export(
                _tower(torch, tower.model, features),
                (example,),
                graph,
                input_names=["input"],
                output_names=["vectors"],
                dynamic_axes={"input": axes, "vectors": {0: "n"}},
                opset_version=_OPSET,
                dynamo=False,
            )
        _replace(folder / file, _halved(graph.getvalue()))
    tokenizer = load_tokenizer(folder)
    settings = {
        "length": int(tokens.shape[1]),
        "pad": tokenizer.token_to_id(PAD),
        "dim": int(loaded.config["embed_dim"]),
        "recipe": asdict(recipe),
        "edges": _edges(recipe, any_size=any_size),
    }
    _replace(folder / ONNX_FILE, json.dumps(settings, indent=1).encode())
    return f"onnx:{folder}"


def _edges(recipe: Recipe, *, any_size: bool) -> list[int]:
    """The sizes at which the model is to see a picture, in pixels: its own or, where it takes any, two others."""
    edge = (recipe.crop or recipe.size)[0]
    return [round(edge * size) for size in _SIZES] if any_size else [edge]


def average(folders: Sequence[Path], folder: Path) -> str:
    """Write the mean of the weights of models that go on from one another into `folder`; return the id that loads it.

    What two parts of a training agree on stays, what either holds by chance is halved: such a mean often does better
    than each of them on pictures unlike those of the training (Wortsman et al. 2022, WiSE-FT). The settings and the
    tokenizer are those of the first. Raises `UsageError` where the models differ in more than their weights.
    """
    from safetensors.torch import load_file, save

    models = [load_file(str(one / WEIGHTS_FILE)) for one in folders]
    shapes = [{name: tensor.shape for name, tensor in model.items()} for model in models]
    words = [(one / "tokenizer.json").read_bytes() for one in folders]
    if any(one != shapes[0] for one in shapes) or any(one != words[0] for one in words):
        raise UsageError("these models have different weights or tokenizers", "Name parts of one training.")
    mean = {
        name: (sum(model[name].float() for model in models) / len(models)).to(tensor.dtype).contiguous()
        for name, tensor in models[0].items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    _settings(folders[0], folder, hf=False)
    shutil.copyfile(folders[0] / CONFIG_FILE, folder / CONFIG_FILE)
    _replace(folder / WEIGHTS_FILE, save(mean, metadata={"format": "pt"}))
    return f"open_clip:{folder}"


def _tower(torch: Any, model: Any, features: Any) -> Any:
    class Tower(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, given: Any) -> Any:
            return torch.nn.functional.normalize(features(given), dim=-1)

    return Tower().eval()


def _halved(graph: bytes) -> bytes:
    """The same graph with matrices kept as float16 and cast when it is loaded."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_from_string(graph)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) >= 2:
            name = tensor.name
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    data: bytes = model.SerializeToString()
    return data


def _settings(source: Path | None, folder: Path, hf: bool) -> None:
    """Tokenizer and settings as they were."""
    if source is None or source.resolve() == folder.resolve():
        return
    for name in _SETTINGS:
        if (source / name).is_file() and (hf or name != "config.json"):
            shutil.copyfile(source / name, folder / name)
    if (source / TEXT_FOLDER / "config.json").is_file():
        (folder / TEXT_FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(source / TEXT_FOLDER / "config.json", folder / TEXT_FOLDER / "config.json")


def _bytes(towers: Towers, half: bool) -> bytes:
    from safetensors.torch import save

    torch = import_library("torch")
    state = towers.merged()
    kept = {}
    for name, tensor in state.items():
        if half and tensor.dtype == torch.float32 and tensor.ndim >= 2:
            tensor = tensor.half()  # noqa: PLW2901  (the same tensor, smaller)
        kept[name] = tensor.contiguous()
    found: bytes = save(kept, metadata={"format": "pt"})
    return found


def _replace(file: Path, content: bytes) -> None:
    """All of it or nothing."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _preprocess(recipe: Recipe) -> dict[str, Any]:
    bilinear = recipe.resample == int(Image.Resampling.BILINEAR)
    return {
        "resize_mode": recipe.resize,
        "interpolation": "bilinear" if bilinear else "bicubic",
        "mean": list(recipe.mean),
        "std": list(recipe.std),
        "fill_color": recipe.fill,
    }


_TRAINED = {
    "all": "All weights were trained.",
    "image": "The image tower was trained; the text tower is all-MiniLM-L6-v2, unchanged (Apache-2.0). English only.",
    "blocks": "The last blocks of both towers were trained, and the layers behind them.",
    "adapter": "A residual linear adapter was trained behind each tower that ends in a projection, and merged into it.",
}


def model_card(
    towers: Towers, plan: Plan, outcome: Outcome, data: Mapping[str, Any], start: str, limits: str = ""
) -> str:
    """Markdown: what was trained from what, on which data, how long, with which figures, and what it does not know."""
    weights = sum(tensor.numel() for tensor in towers.merged().values())
    recall = outcome.recall
    figures = (
        f"Text to image among {recall.pairs} held-out pairs: recall@1 {recall.at_1:.3f}, recall@5 {recall.at_5:.3f}."
        if recall
        else "There were no held-out pairs, so nothing was measured."
    )
    settings = "\n".join(f"| {name} | {value} |" for name, value in asdict(plan).items())
    described = "\n".join(f"- {name}: {value}" for name, value in data.items())
    curve = "\n".join(f"| {step} | {loss:.4f} |" for step, loss in outcome.losses)
    return f"""# An encoder of pictures and texts

Trained with `mmrag train` from {start}. {_TRAINED[towers.trained]} {weights:,} weights; pictures of
{towers.recipe.size[0]} x {towers.recipe.size[1]} pixels.

## Data

{described}

## Figures

{figures}
Loss at the end: {outcome.loss:.4f}. {outcome.steps} steps, {outcome.pairs_seen:,} pairs seen,
{outcome.seconds:.0f} s on {outcome.device}.

| step | loss |
|---|---|
{curve}

## Settings

| setting | value |
|---|---|
{settings}

## Limits

{limits or _limits(start)}
"""


def _limits(start: str) -> str:
    if start.startswith("nothing"):
        return "It knows what its pairs show and nothing else: no other kinds of pictures, no other words."
    return "What it knew before may have got worse while it learnt its pairs; only the held-out pairs were measured."
