"""Profiles: what is on disk decides, nothing is downloaded unasked, and an unreachable hub is said at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mmrag import embedders
from mmrag.embedders import profiles
from mmrag.errors import ModelUnavailable, UsageError


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    return tmp_path


def put(hub: Path, repository: str, *names: str) -> None:
    store = hub / f"models--{repository.replace('/', '--')}"
    folder = store / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (store / "refs").mkdir()
    (store / "refs" / "main").write_text("abc")
    for name in names:
        (folder / name).write_text('{"a": 1}')


def test_auto_is_the_best_that_is_on_disk(hub: Path) -> None:
    pytest.importorskip("open_clip")
    assert embedders.resolve_profile("auto").name == "offline"
    put(hub, "intfloat/multilingual-e5-small", "config.json", "model.safetensors")
    assert embedders.resolve_profile("auto").name == "offline"
    put(hub, "timm/ViT-B-16-SigLIP2", "open_clip_config.json", "open_clip_model.safetensors")
    assert embedders.resolve_profile("auto").name == "standard"
    assert {row.id for row in embedders.describe() if row.on_disk} >= {"minilm", "hf:intfloat/multilingual-e5-small"}


def test_half_a_download_does_not_count(hub: Path) -> None:
    put(hub, "intfloat/multilingual-e5-small", "config.json")
    assert not embedders.is_on_disk("hf:intfloat/multilingual-e5-small")


def test_profiles_by_name() -> None:
    offline = embedders.resolve_profile("offline")
    assert (offline.pixels, offline.text) == ("document-clip", "minilm")
    assert embedders.resolve_profile("best").pixels == "open_clip:ViT-L-16-SigLIP2-256/webli"
    with pytest.raises(UsageError) as caught:
        embedders.resolve_profile("finest")
    assert "standard" in caught.value.hint


def test_every_open_clip_id_is_one_that_open_clip_knows() -> None:
    library = pytest.importorskip("open_clip")
    for profile in embedders.PROFILES.values():
        if profile.pixels and profile.pixels.startswith("open_clip:"):
            model, _, tag = profile.pixels.removeprefix("open_clip:").rpartition("/")
            settings = library.get_pretrained_cfg(model, tag)
            assert settings["hf_hub"].strip("/") == profiles._SOURCES[profile.pixels].repository


def test_fetch_says_the_size_and_fails_at_once_where_the_hub_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    said: list[str] = []
    started = time.monotonic()
    with pytest.raises(ModelUnavailable) as caught:
        embedders.fetch("standard", said.append)
    assert time.monotonic() - started < 5
    assert "2.0 GB" in said[0]
    assert "FOLDER" in caught.value.hint


def test_fetch_of_what_is_there_opens_no_connection() -> None:
    assert embedders.fetch("offline") == []
    with pytest.raises(UsageError):
        embedders.fetch("finest")
    with pytest.raises(UsageError):
        embedders.fetch("open_clip:ViT-B-32/openai")
