"""Encoders of images and texts: the same vectors as the libraries' own preprocessing and models give."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from PIL import Image

from mmrag import embedders
from mmrag.embedders import torch_runtime
from mmrag.embedders.preprocessing import Recipe, open_clip_recipe, to_rgb
from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import MissingExtra, MmragError, ModelUnavailable, UsageError
from mmrag.protocols import Embedder
from mmrag.testing.embedders import EmbedderContract

SQUASH = {"resize_mode": "squash", "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.5] * 3}
LONGEST = {"resize_mode": "longest", "fill_color": 127}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    return {
        "open_clip": tiny_models.open_clip_folder(root / "open_clip"),
        "squash": tiny_models.open_clip_folder(root / "squash", preprocess=SQUASH, tokenizer=True),
        "longest": tiny_models.open_clip_folder(root / "longest", preprocess=LONGEST),
        "clip": tiny_models.clip_folder(root / "clip"),
        "siglip": tiny_models.siglip_folder(root / "siglip"),
        "siglip2": tiny_models.siglip2_folder(root / "siglip2"),
    }


def rows(output: Any) -> np.ndarray:
    tensor = getattr(output, "pooler_output", output).float()
    return np.asarray((tensor / tensor.norm(dim=-1, keepdim=True)).detach().numpy())


def open_clip_reference(name: str, weights: Path, images: Sequence[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
    library, torch = import_library("open_clip"), import_library("torch")
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        model, _, transform = library.create_model_and_transforms(name, load_weights=False)
        library.load_checkpoint(model, str(weights))
        pixels = torch.stack([transform(image) for image in images])
        tokens = library.get_tokenizer(name)(tiny_models.TEXTS)
        model.eval()
        return rows(model.encode_image(pixels)), rows(model.encode_text(tokens))


def transformers_reference(folder: Path, images: Sequence[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
    library, torch = import_library("transformers"), import_library("torch")
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        model = library.AutoModel.from_pretrained(folder).float().eval()
        pixels = library.AutoImageProcessor.from_pretrained(folder)(list(images), return_tensors="pt")
        siglip = "Siglip" in type(model).__name__
        tokens = library.AutoTokenizer.from_pretrained(folder)(
            [text.lower() if siglip else text for text in tiny_models.TEXTS],
            padding="max_length" if siglip else True,
            truncation=True,
            max_length=64 if siglip else 77,
            return_tensors="pt",
        )
        return rows(model.get_image_features(**pixels)), rows(model.get_text_features(**tokens))


def compare(model: Embedder, reference: tuple[np.ndarray, np.ndarray], images: Sequence[Image.Image]) -> None:
    assert (model.embed_images(images) * reference[0]).sum(axis=1).min() > 0.999
    assert (model.embed_queries(tiny_models.TEXTS) * reference[1]).sum(axis=1).min() > 0.999


@pytest.mark.parametrize("name", ["open_clip", "squash", "longest"])
def test_open_clip_folders_equal_the_library(models: dict[str, Path], name: str) -> None:
    images = [to_rgb(image) for image in tiny_models.pictures()]
    folder = models[name]
    reference = open_clip_reference(f"local-dir:{folder}", folder / "open_clip_model.safetensors", images)
    model = embedders.load(f"open_clip:{folder}", "cpu")
    compare(model, reference, images)
    assert np.array_equal(model.embed_images(tiny_models.pictures()), model.embed_images(images))
    assert (model.dim, model.image_size, model.modalities) == (48, 32, {"image", "text"})


@pytest.mark.parametrize("name", ["clip", "siglip", "siglip2"])
def test_transformers_folders_equal_the_library(models: dict[str, Path], name: str) -> None:
    images = [to_rgb(image) for image in tiny_models.pictures()]
    model = embedders.load(f"hf:{models[name]}", "cpu")
    compare(model, transformers_reference(models[name], images), images)
    assert model.image_size == 32
    assert model.fingerprint.startswith(f"hf-{name}-")


def test_a_weights_file_of_a_model_known_by_name(tmp_path: Path) -> None:
    name = tiny_models.register_open_clip_model(tmp_path)
    weights = tiny_models.open_clip_file(tmp_path / "weights of 한글.safetensors", name)
    images = [to_rgb(image) for image in tiny_models.pictures()]
    model = embedders.load(f"open_clip:{name}@{weights}", "cpu")
    compare(model, open_clip_reference(name, weights, images), images)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        embedders.load(f"open_clip:ViT-B-32@{weights}", "cpu")


@pytest.mark.slow
def test_a_weights_file_of_a_real_built_in_model(tmp_path: Path) -> None:
    weights = tiny_models.open_clip_file(tmp_path / "weights.safetensors", "ViT-S-32-alt")
    images = [to_rgb(image) for image in tiny_models.pictures()]
    model = embedders.load(f"open_clip:ViT-S-32-alt@{weights}", "cpu")
    compare(model, open_clip_reference("ViT-S-32-alt", weights, images), images)


class TestOpenClip(EmbedderContract):
    @pytest.fixture(autouse=True)
    def folder(self, models: dict[str, Path]) -> None:
        self.id = f"open_clip:{models['open_clip']}"

    def make_embedder(self) -> Embedder:
        return embedders.load(self.id, "cpu")


class TestTransformersSiglip2(EmbedderContract):
    @pytest.fixture(autouse=True)
    def folder(self, models: dict[str, Path]) -> None:
        self.id = f"hf:{models['siglip2']}"

    def make_embedder(self) -> Embedder:
        return embedders.load(self.id, "cpu")


def test_loading_and_embedding_say_nothing(models: dict[str, Path], capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    for id in (f"open_clip:{models['open_clip']}", f"hf:{models['clip']}", f"hf:{models['siglip']}"):
        embedders.load(id, "cpu").embed_queries(["x"])
    assert capfd.readouterr() == ("", "")


def test_fingerprints_tell_preprocessing_and_weights_apart(models: dict[str, Path], tmp_path: Path) -> None:
    same = shutil.copytree(models["open_clip"], tmp_path / "copy")
    prints = {name: embedders.load(f"open_clip:{models[name]}", "cpu").fingerprint for name in ("open_clip", "longest")}
    assert embedders.load(f"open_clip:{same}", "cpu").fingerprint == prints["open_clip"]
    assert len(set(prints.values())) == 2
    data = bytearray((same / "open_clip_model.safetensors").read_bytes())
    data[-3] ^= 1
    (same / "open_clip_model.safetensors").write_bytes(data)
    assert embedders.load(f"open_clip:{same}", "cpu").fingerprint != prints["open_clip"]


def test_a_tag_comes_from_the_hub_cache(
    models: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="not on disk"):
        embedders.load("open_clip:ViT-B-16-SigLIP2/webli")
    store = tmp_path / "models--timm--ViT-B-16-SigLIP2"
    (store / "refs").mkdir(parents=True)
    (store / "refs" / "main").write_text("abc")
    shutil.copytree(models["squash"], store / "snapshots" / "abc")
    assert embedders.load("open_clip:ViT-B-16-SigLIP2/webli", "cpu").dim == 48
    assert embedders.is_on_disk("open_clip:ViT-B-16-SigLIP2/webli")


@pytest.mark.parametrize(
    "damage", ["no weights", "pickle", "truncated", "other", "no tokenizer", "no config", "bad config"]
)
def test_damaged_folders_say_so(models: dict[str, Path], damage: str, tmp_path: Path) -> None:
    folder = shutil.copytree(models["squash"], tmp_path / "model")
    weights = folder / "open_clip_model.safetensors"
    if damage in ("no weights", "pickle"):
        weights.rename(folder / "open_clip_pytorch_model.bin") if damage == "pickle" else weights.unlink()
    elif damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:-5])
    elif damage == "other":
        shutil.copy(models["open_clip"] / weights.name, weights)
    elif damage == "no tokenizer":
        (folder / "tokenizer.json").unlink()
    else:
        (folder / "open_clip_config.json").write_text("{}" if damage == "no config" else "{")
    with pytest.raises(ModelUnavailable) as caught:
        embedders.load(f"open_clip:{folder}", "cpu")
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_ids_that_name_nothing_say_what_to_do(models: dict[str, Path]) -> None:
    for id, kind in {
        "open_clip:": ModelUnavailable,
        "open_clip:/no/such/folder": ModelUnavailable,
        "open_clip:ViT-B-32@missing.safetensors": ModelUnavailable,
        "open_clip:ViT-B-32/openai": ModelUnavailable,
        "open_clip:ViT-B-32/no-such-tag": UsageError,
        "open_clip:No-Such-Model/openai": UsageError,
        f"open_clip:ViT-B-16-SigLIP@{models['squash'] / 'open_clip_model.safetensors'}": UsageError,
    }.items():
        with pytest.raises(kind) as caught:
            embedders.load(id, "cpu")
        assert caught.value.hint
    with pytest.raises(UsageError):
        embedders.load(f"open_clip:{models['open_clip']}", "cuda:99")
    with pytest.raises(UsageError):
        embedders.load(f"open_clip:{models['open_clip']}", "toaster")


def test_a_torchvision_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        try:
            raise RuntimeError("operator torchvision::nms does not exist")
        except RuntimeError as cause:
            raise ModuleNotFoundError("Could not import module 'CLIPModel'", name="x") from cause

    monkeypatch.setattr(torch_runtime, "import_module", broken)
    with pytest.raises(MmragError) as caught:
        import_library("open_clip")
    assert "torchvision" in caught.value.message
    assert caught.value.hint.startswith("pip install")


def test_a_library_that_is_not_installed_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingExtra) as caught:
        import_library("no_such_library")
    assert caught.value.hint == "pip install 'mmrag[models]'"


def test_half_precision_that_does_not_hold_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = import_library("torch")
    monkeypatch.setenv("MMRAG_CACHE", str(tmp_path))
    monkeypatch.setattr(torch_runtime, "_cpu_has_bf16", lambda: True)
    model = torch.nn.Linear(4, 4)
    weights = model.weight.detach().clone()

    def sample(bad: bool) -> np.ndarray:
        half = model.weight.dtype == torch.bfloat16
        return np.array([[np.nan, 0.0] if half and bad else [1.0, 0.0]], np.float32)

    assert torch_runtime.choose_precision(model, "cpu", lambda: sample(True), "bad") == torch.float32
    assert torch.equal(model.weight, weights)
    assert torch_runtime.choose_precision(model, "cpu", lambda: sample(False), "good") == torch.bfloat16
    assert torch_runtime.choose_precision(model, "cpu", lambda: sample(True), "good") == torch.bfloat16  # remembered


def test_every_mode_is_laid_out_well() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert to_rgb(clear).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([9, 9, 9, 255, 0, 0])
    assert to_rgb(palette).getpixel((0, 0)) == (255, 0, 0)
    palette.info["transparency"] = 1
    assert to_rgb(palette).getpixel((0, 0)) == (255, 255, 255)
    deep = Image.fromarray(np.full((4, 4), 32896, np.uint16))
    assert to_rgb(deep).getpixel((0, 0)) == (128, 128, 128)
    assert to_rgb(Image.fromarray(np.full((4, 4), 0.5, np.float32))).getpixel((0, 0)) == (128, 128, 128)
    assert to_rgb(Image.fromarray(np.full((4, 4), np.nan, np.float32))).getpixel((0, 0)) == (0, 0, 0)
    assert to_rgb(Image.new("1", (4, 4), 1)).getpixel((0, 0)) == (255, 255, 255)
    assert to_rgb(Image.new("CMYK", (4, 4), (0, 255, 255, 0))).getpixel((0, 0)) == (255, 0, 0)
    assert to_rgb(Image.new("LAB", (4, 4), (255, 128, 128))).mode == "RGB"
    assert to_rgb(Image.new("RGB", (0, 7))).size == (1, 1)


def test_a_strip_does_not_fill_the_memory() -> None:
    assert Recipe((224, 224), crop=(224, 224)).pixels(Image.new("RGB", (60_000, 1), "red")).shape == (3, 224, 224)


def test_preprocessing_is_that_of_torchvision_to_the_pixel() -> None:
    library = import_library("open_clip")
    for settings in ({}, SQUASH, LONGEST):
        transform = library.image_transform(32, is_train=False, **settings)
        recipe = open_clip_recipe({**settings, "size": 32})
        for image in tiny_models.pictures():
            wanted = transform(to_rgb(image)).numpy()
            assert np.abs(wanted - recipe.pixels(image)).max() < 1 / 255
