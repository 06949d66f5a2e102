"""The pixel channel from file to hit, with real models of both libraries: tiny, random, built once for the session."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymupdf
import pytest
import tiny_models
from ocr_pages import draw
from PIL import Image

import mmrag
from mmrag import embedders
from mmrag.catalog import Catalog
from mmrag.embedders.clip import ClipEmbedder
from mmrag.errors import ModelMismatch
from mmrag.indexing.pages import PICTORIAL
from mmrag.types import Region

ROOT = Path(__file__).resolve().parent.parent
MODELS = ("open_clip folder", "open_clip file", "clip", "siglip")
QUESTION = "a photo of two dogs in the snow"
ROTATED = 6
"""The EXIF orientation of a picture whose rows are its columns."""


def waves(width: int, height: int, seed: int) -> Image.Image:
    """Large soft shapes in colour, different on every side: nothing that is lost by making it smaller."""
    down, along = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    random = np.random.default_rng(seed)
    parts = [
        127 + 60 * np.sin(a * down + b) + 60 * np.cos(c * along + d) for a, b, c, d in random.uniform(1, 6, (3, 4))
    ]
    return Image.fromarray(np.clip(np.stack(parts, axis=2), 0, 255).astype(np.uint8))


@pytest.fixture(scope="session")
def pixel_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ids of tiny models by what they are, and "swapped": another one of the same dimension as the first."""
    root = tmp_path_factory.mktemp("pixel-models")
    name = tiny_models.register_open_clip_model(root / "registered", "tiny-for-pixels")
    folder = tiny_models.open_clip_folder(root / "open_clip")
    swapped = shutil.copytree(folder, root / "swapped")
    weights = swapped / "open_clip_model.safetensors"
    weights.write_bytes(_changed(weights.read_bytes()))
    return {
        "open_clip folder": f"open_clip:{folder}",
        "open_clip file": f"open_clip:{name}@{tiny_models.open_clip_file(root / 'weights.safetensors', name)}",
        "clip": f"hf:{tiny_models.clip_folder(root / 'clip')}",
        "siglip": f"hf:{tiny_models.siglip_folder(root / 'siglip')}",
        "swapped": f"open_clip:{swapped}",
    }


def _changed(weights: bytes) -> bytes:
    """Weights with the sign of one number turned."""
    return weights[:-1] + bytes([weights[-1] ^ 0x80])


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small pictures, one of them twice, upright and turned; a photo large enough for tiles; a PDF with figures."""
    folder = tmp_path_factory.mktemp("originals")
    for number in range(3):
        waves(60, 48, number).save(folder / f"small {number}.png")
    upright = waves(400, 300, 7)
    upright.save(folder / "upright.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    upright.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", quality=95, exif=exif)
    waves(2400, 1800, 8).save(folder / "large 사진.jpg", quality=92)
    waves(90, 60, 9).save(folder / "figure.png")
    with pymupdf.open() as document:
        for number in range(2):
            page = document.new_page()
            page.insert_text((60, 60), f"Page {number + 1} reports what was measured in the harbour.")
            page.insert_image((60, 120, 420, 360), filename=folder / "figure.png")
            page.insert_text((60, 380), f"Figure {number + 1}: Height of the tide by hour.")
            page.draw_rect((60, 500, 300, 640), color=(1, 0, 0), fill=(1, 0.2, 0))
        document.save(folder / "report.pdf")
    (folder / "figure.png").unlink()
    return folder


@pytest.fixture
def documents(originals: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(originals, tmp_path / "documents"))


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures went through an encoder in each call from now on."""
    calls: list[int] = []
    embed = ClipEmbedder.embed_images
    monkeypatch.setattr(
        ClipEmbedder, "embed_images", lambda self, images: (calls.append(len(images)), embed(self, images))[1]
    )
    return calls


def corpus_of(index: Path, model: str, **settings: object) -> mmrag.Corpus:
    return mmrag.Corpus(index, **{"text": "none", "pixels": model, "ocr": "off", "workers": 1, **settings})


def stored(corpus: mmrag.Corpus) -> tuple[dict[int, Region], dict[int, np.ndarray]]:
    """Every region that should have a pixel vector, and every pixel vector, by region id."""
    with Catalog.open(corpus.folder / "catalog.db") as catalog:
        regions = catalog.regions(catalog.region_ids(kinds=sorted(PICTORIAL)).tolist())
        vectors = dict(catalog.vectors("pixels", catalog.vector_ids("pixels").tolist()))
    return regions, {number: vector.astype(np.float32) for number, vector in vectors.items()}


def cosine(one: np.ndarray, two: np.ndarray) -> float:
    return float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))


@pytest.mark.parametrize("name", MODELS)
def test_every_picture_has_its_vector_and_is_found_by_it(
    name: str, pixel_models: dict[str, str], originals: Path, tmp_path: Path
) -> None:
    model = embedders.load(pixel_models[name], "cpu")
    with corpus_of(tmp_path / "index", pixel_models[name]) as corpus:
        report = corpus.index(originals)
        assert (report.added, report.failed, report.notes) == (7, (), ())
        regions, vectors = stored(corpus)
        assert set(regions) == set(vectors)
        kinds = [region.kind for region in regions.values()]
        assert kinds.count("page") == 8
        assert kinds.count("tile") == 4
        assert kinds.count("figure") + kinds.count("picture") >= 2
        for number, region in regions.items():
            path = region.document.path
            if path.suffix == ".png":
                with Image.open(path) as image:
                    wanted = model.embed_images([image])[0]
                assert cosine(vectors[number], wanted) >= 0.999, region
            else:
                wanted = model.embed_images([corpus.crop(region, 512)])[0]
                assert cosine(vectors[number], wanted) >= 0.98, region
        query = model.embed_queries([QUESTION])[0]
        best = max(vectors, key=lambda number: float(vectors[number] @ query))
        first = corpus.search(QUESTION, k=3, channels=["pixels"])[0]
        assert first.region.document.path == regions[best].document.path
        assert first.channels["pixels"] == pytest.approx(float(vectors[best] @ query), abs=2e-3)
        assert any("pixels" in item.channels for item in corpus.search(QUESTION, k=8))


def test_vectors_tell_what_is_shown_apart(pixel_models: dict[str, str], originals: Path, tmp_path: Path) -> None:
    """Upright and turned are one picture; what differs in colour, side or place is another one."""
    model = embedders.load(pixel_models["siglip"], "cpu")
    with corpus_of(tmp_path / "index", pixel_models["siglip"]) as corpus:
        corpus.index(originals)
        regions, vectors = stored(corpus)
        by_name = {
            region.document.path.name: vectors[number] for number, region in regions.items() if region.kind == "page"
        }
        assert cosine(by_name["upright.jpg"], by_name["turned.jpg"]) >= 0.98
        with Image.open(originals / "upright.jpg") as image:
            others = [
                image.transpose(Image.Transpose.ROTATE_180),
                image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
                Image.merge("RGB", image.split()[::-1]),
            ]
            same, *different = (
                cosine(by_name["turned.jpg"], vector) for vector in model.embed_images([image, *others])
            )
        assert same > max(different) + 0.01, "the measure does not see what it should"
        tiles = [vectors[number] for number, region in regions.items() if region.kind == "tile"]
        assert max(cosine(tiles[0], tile) for tile in tiles[1:]) < 0.9999


@pytest.mark.slow
def test_the_command_line_indexes_and_finds_pixels(
    pixel_models: dict[str, str], originals: Path, tmp_path: Path
) -> None:
    def program(*arguments: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "mmrag", *arguments, "--json", "--index", str(tmp_path / "index")],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    models = ("--pixels", pixel_models["clip"], "--text", "none", "--ocr", "off")
    assert program("index", str(originals), *models)["added"] == 7
    hits = program("search", QUESTION, "-k", "8")["hits"]
    assert len(hits) == 8
    assert all(hit["channels"]["pixels"] for hit in hits)
    assert {Path(hit["path"]).name for hit in hits} == {path.name for path in originals.iterdir()}


def test_another_model_of_the_same_dimension_is_refused_until_rebuilt(
    pixel_models: dict[str, str], documents: Path, tmp_path: Path, encoded: list[int]
) -> None:
    first, second = pixel_models["open_clip folder"], pixel_models["swapped"]
    with corpus_of(tmp_path / "index", first) as corpus:
        corpus.index(documents)
    before = list(encoded)
    with corpus_of(tmp_path / "index", second) as corpus:
        with pytest.raises(ModelMismatch) as caught:
            corpus.search(QUESTION)
        assert "--rebuild" in caught.value.hint
        with pytest.raises(ModelMismatch):
            corpus.index(documents)
        assert encoded == before
        assert corpus.index(rebuild=True).added == 7
        assert sum(encoded) == 2 * sum(before)
        regions, vectors = stored(corpus)
        assert set(regions) == set(vectors)
        assert corpus.search(QUESTION, k=1)
    with corpus_of(tmp_path / "index", first) as corpus, pytest.raises(ModelMismatch):
        corpus.search(QUESTION)


def test_weights_that_changed_under_the_same_name_are_refused(
    pixel_models: dict[str, str], documents: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(pixel_models["open_clip folder"].partition(":")[2], tmp_path / "model")
    with corpus_of(tmp_path / "index", f"open_clip:{folder}") as corpus:
        corpus.index(documents)
    weights = folder / "open_clip_model.safetensors"
    weights.write_bytes(_changed(weights.read_bytes()))
    waves(50, 50, 11).save(documents / "new.png")
    with corpus_of(tmp_path / "index", f"open_clip:{folder}") as corpus:
        with pytest.raises(ModelMismatch):
            corpus.search(QUESTION)
        with pytest.raises(ModelMismatch):
            corpus.index()


def test_only_what_is_new_is_encoded(
    pixel_models: dict[str, str], documents: Path, tmp_path: Path, encoded: list[int]
) -> None:
    with corpus_of(tmp_path / "index", pixel_models["clip"]) as corpus:
        corpus.index(documents)
        _, vectors = stored(corpus)
        assert sum(encoded) == len(vectors)
        encoded.clear()
        (documents / "small 0.png").rename(documents / "renamed.png")
        shutil.copy(documents / "report.pdf", documents / "copy.pdf")
        assert corpus.index().moved == 1
        assert encoded == []
        waves(50, 50, 12).save(documents / "new.png")
        corpus.index()
        assert sum(encoded) == len(stored(corpus)[1]) - len(vectors)


def test_a_page_alone_is_one_vector(
    pixel_models: dict[str, str], originals: Path, tmp_path: Path, encoded: list[int]
) -> None:
    with corpus_of(tmp_path / "index", pixel_models["clip"], regions="page") as corpus:
        assert corpus.index(originals).pages == 8
        regions, vectors = stored(corpus)
    assert {region.kind for region in regions.values()} == {"page"}
    assert len(vectors) == len(regions) == sum(encoded) == 8


@pytest.mark.slow
def test_recognised_words_cost_no_encoding(pixel_models: dict[str, str], tmp_path: Path, encoded: list[int]) -> None:
    """The second pass gives a page new regions; those that look the same keep the vectors of the first."""
    documents = tmp_path / "scans"
    documents.mkdir()
    image = draw([["The quarterly report of the harbour", "shows that tides were high in June."]])
    image.save(documents / "scan.png")
    with pymupdf.open() as document:
        image.save(tmp_path / "page.png")
        document.new_page().insert_image((40, 40, 560, 800), filename=tmp_path / "page.png")
        document.save(documents / "scan.pdf")
    with corpus_of(tmp_path / "index", pixel_models["clip"]) as corpus:
        assert corpus.index(documents).pending_ocr == 2
        before = stored(corpus)
    encoded.clear()
    with corpus_of(tmp_path / "index", pixel_models["clip"], ocr="en") as corpus:
        assert corpus.index().pending_ocr == 0
        regions, vectors = stored(corpus)
        assert set(regions) == set(vectors)
        assert not set(regions) & set(before[0]), "the pages were not read anew"
        assert corpus.search("harbour tides June", k=1)[0].channels["words"] > 0
    old = {(region.document.id, region.kind, region.box): before[1][number] for number, region in before[0].items()}
    new = 0
    for number, region in regions.items():
        same = old.get((region.document.id, region.kind, region.box))
        new += same is None
        assert same is None or np.array_equal(same, vectors[number])
    assert sum(encoded) == new
