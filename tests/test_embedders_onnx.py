"""Encoders as ONNX graphs: the same vectors as the model that they were written from, and the one that is shipped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmrag import embedders
from mmrag.embedders import onnx_models
from mmrag.embedders.looks import looks_in
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.protocols import Embedder
from mmrag.testing.embedders import EmbedderContract
from mmrag.training.pictures import picture

CAPTIONS = ["a bar chart of sales", "매출 막대 그래프", "a table with four columns", "표, 4열", "a photograph"] * 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("open_clip")
    from mmrag.training import fresh
    from mmrag.training.exporting import export_onnx

    made = tmp_path_factory.mktemp("model") / "small"
    fresh("small", CAPTIONS, made)
    assert export_onnx(made) == f"onnx:{made}"
    return made


def seen_at(folder: Path, target: Path, *edges: int) -> Embedder:
    """The same graphs, which see their pictures at other sizes."""
    shutil.copytree(folder, target)
    settings = target / onnx_models.CONFIG_FILE
    changed = {**json.loads(settings.read_text("utf-8")), "edges": edges}
    settings.write_text(json.dumps(changed), "utf-8")
    return embedders.load(f"onnx:{target}")


def fitted(image: Image.Image, edge: int) -> Image.Image:
    return image.resize((edge, edge), Image.Resampling.BILINEAR)


def test_the_graphs_give_the_vectors_of_the_model(folder: Path, tmp_path: Path) -> None:
    images = [picture(index, 3).image for index in range(4)]
    texts = ["a pie chart", "원 그래프", "x " * 200, ""]
    graphs, model = seen_at(folder, tmp_path / "one", 192), embedders.load(f"open_clip:{folder}")
    assert float((graphs.embed_images(images) * model.embed_images(images)).sum(axis=1).min()) > 0.999
    assert float((graphs.embed_queries(texts) * model.embed_queries(texts)).sum(axis=1).min()) > 0.999


def test_convolutions_see_each_picture_at_other_sizes_as_well(folder: Path) -> None:
    settings = json.loads((folder / onnx_models.CONFIG_FILE).read_text("utf-8"))
    assert set(settings["edges"]) == {160, 320}
    assert embedders.load(f"onnx:{folder}").image_size == 320


def test_a_picture_is_the_mean_of_how_it_is_seen_at_each_size(folder: Path, tmp_path: Path) -> None:
    images = [picture(index, 3).image for index in range(4)]
    large, small = (
        seen_at(folder, tmp_path / str(edge), edge).embed_images([fitted(image, 64) for image in images])
        for edge in (64, 32)
    )
    found = seen_at(folder, tmp_path / "both", 64, 32).embed_images(images)
    expected = large + small
    assert np.allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-5)
    assert float((large * small).sum(axis=1).max()) < 0.9999


@pytest.mark.parametrize("edges", [[], [0], [64, -1], ["large"], None], ids=str)
def test_sizes_at_which_nothing_is_seen_are_refused(folder: Path, tmp_path: Path, edges: object) -> None:
    shutil.copytree(folder, tmp_path / "model")
    settings = tmp_path / "model" / onnx_models.CONFIG_FILE
    settings.write_text(json.dumps({**json.loads(settings.read_text("utf-8")), "edges": edges}), "utf-8")
    with pytest.raises(ModelUnavailable):
        embedders.load(f"onnx:{tmp_path / 'model'}")


def test_a_vector_is_the_same_to_the_last_bit_whatever_comes_with_it(folder: Path) -> None:
    images = [picture(index, 4).image for index in range(20)]
    model = embedders.load(f"onnx:{folder}")
    assert np.array_equal(model.embed_images(images)[7], model.embed_images([images[7]])[0])


def test_the_mean_of_two_parts_of_a_training_has_the_mean_of_their_weights(folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    from mmrag.training import fresh
    from mmrag.training.exporting import average
    from mmrag.training.starting import WEIGHTS_FILE

    first, second = load_file(folder / WEIGHTS_FILE), shutil.copytree(folder, tmp_path / "second")
    save_file({name: np.asarray(array + array.dtype.type(2)) for name, array in first.items()}, second / WEIGHTS_FILE)
    assert average([folder, second], tmp_path / "mean") == f"open_clip:{tmp_path / 'mean'}"
    found = load_file(tmp_path / "mean" / WEIGHTS_FILE)
    assert all(found[name].dtype == array.dtype for name, array in first.items())
    assert all(np.allclose(found[name], array + 1, atol=2e-3) for name, array in first.items())
    assert embedders.load(f"open_clip:{tmp_path / 'mean'}").embed_queries(["a chart"]).shape[0] == 1

    other = tmp_path / "other"
    fresh("small", [*CAPTIONS, "quite other words"] * 3, other)
    with pytest.raises(UsageError, match="different weights or tokenizers"):
        average([folder, other], tmp_path / "no")
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    "missing", [onnx_models.IMAGE_FILE, onnx_models.TEXT_FILE, onnx_models.CONFIG_FILE, "tokenizer.json"]
)
def test_a_folder_that_lacks_a_file_says_so(folder: Path, tmp_path: Path, missing: str) -> None:
    copied = shutil.copytree(folder, tmp_path / "copy")
    (copied / missing).unlink()
    with pytest.raises(ModelUnavailable) as caught:
        embedders.load(f"onnx:{copied}")
    assert caught.value.hint


def test_a_damaged_graph_says_so(folder: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(folder, tmp_path / "copy")
    graph = copied / onnx_models.IMAGE_FILE
    graph.write_bytes(graph.read_bytes()[:5000])
    with pytest.raises(ModelUnavailable):
        embedders.load(f"onnx:{copied}")


def test_a_shipped_encoder_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = onnx_models.shipped()
    assert shipped is not None
    copied = shutil.copytree(shipped, tmp_path / "copy")
    (copied / "tokenizer.json").write_text("{}", "utf-8")
    monkeypatch.setattr(onnx_models, "_SHIPPED", copied)
    with pytest.raises(ModelUnavailable):
        embedders.load("document-clip")


def test_the_shipped_encoder_is_small_and_takes_no_argument() -> None:
    shipped = onnx_models.shipped()
    assert shipped is not None
    assert sum(file.stat().st_size for file in shipped.iterdir()) < 15_000_000
    with pytest.raises(UsageError):
        embedders.load("document-clip:other")


def test_the_shipped_encoder_knows_kinds_of_documents_in_both_languages() -> None:
    """Clean drawings of kinds that nobody would confuse; the measured figures are in its model card."""
    asked = {
        "pie chart": ("a pie chart", "원 그래프"),
        "bar chart": ("a bar chart", "막대 그래프"),
        "ruled table": ("a table", "표"),
        "text page": ("a page of text", "글 페이지"),
        "photo": ("a photo", "사진"),
    }
    model = embedders.load("document-clip")
    made = [
        (kind, picture(index, 8, "held-out", only=(kind,), degraded=False).image)
        for kind in asked
        for index in range(6)
    ]
    images = model.embed_images([image for _, image in made])
    for language in (0, 1):
        scores = images @ model.embed_queries([words[language] for words in asked.values()]).T
        right = [list(asked)[row.argmax()] == kind for row, (kind, _) in zip(scores, made, strict=True)]
        assert np.mean(right) >= 0.8


class TestTheShippedEncoder(EmbedderContract):
    def make_embedder(self) -> Embedder:
        return embedders.load("document-clip")

    def test_white_pictures_are_pictures_too(self) -> None:
        assert self.make_embedder().embed_images([Image.new("RGB", (300, 200), "white")]).shape[0] == 1


@pytest.mark.parametrize(
    ("question", "looks"),
    [
        ("the pie chart of revenue by end market", "pie chart"),
        ("매출을 나타낸 파란 막대그래프가 있는 페이지", "bar chart, in blue"),
        ("조직도 있는 쪽은?", "tree diagram"),
        ("두 번째 표에서", "table"),
        ("the page with blue and orange slices", "pie chart, in orange and blue"),
        ("올해 목표와 발표 대표", ""),
        ("How many figures were reported in 2019?", ""),
        ("Blue Ridge revenue in Form 10-K", ""),
    ],
)
def test_a_question_is_asked_of_looks_only_where_it_names_a_kind_of_picture(question: str, looks: str) -> None:
    assert looks_in(question) == looks
