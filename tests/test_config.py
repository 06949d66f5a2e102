"""Settings: where each value comes from, and what an index keeps of them."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from mmrag.config import CONFIG_FILE, Config, index_folder, load_config, save_config
from mmrag.errors import StorageFull, UsageError


def test_keyword_beats_environment_beats_index_beats_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_config(tmp_path).ocr == "auto"
    save_config(tmp_path, Config(ocr="ko"))
    assert load_config(tmp_path).ocr == "ko"
    monkeypatch.setenv("MMRAG_OCR", "en")
    assert load_config(tmp_path).ocr == "en"
    assert load_config(tmp_path, {"ocr": "off"}).ocr == "off"
    assert load_config(tmp_path, {"ocr": None}).ocr == "en"


def test_a_profile_named_later_replaces_the_models_of_the_index(tmp_path: Path) -> None:
    save_config(tmp_path, Config(profile="offline", text="minilm", pixels="none"))
    assert load_config(tmp_path).text == "minilm"
    assert load_config(tmp_path, {"profile": "auto"}) == load_config(tmp_path)
    later = load_config(tmp_path, {"profile": "standard", "pixels": "hf:mine"})
    assert (later.profile, later.text, later.pixels) == ("standard", None, "hf:mine")


def test_what_belongs_to_the_machine_or_is_secret_is_not_kept(tmp_path: Path) -> None:
    save_config(tmp_path, Config(catalog="postgresql://me:secret@localhost/x", workers=7, device="cuda", llm="hf:x"))
    assert "secret" not in (tmp_path / CONFIG_FILE).read_text()
    kept = load_config(tmp_path)
    assert (kept.catalog, kept.workers, kept.device, kept.llm) == (None, 0, "auto", "none")


@pytest.mark.parametrize("text", ["not json", "[1]", "\xff"])
def test_a_broken_settings_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as caught:
        load_config(tmp_path)
    assert CONFIG_FILE in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "settings", [{"colour": "red"}, {"regions": "half"}, {"workers": "many"}, {"workers": -1}], ids=str
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        load_config(tmp_path, settings)


def test_settings_of_the_wrong_kind_in_the_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / CONFIG_FILE).write_text(json.dumps({"profile": 5}))
    with pytest.raises(UsageError):
        load_config(tmp_path)


def test_an_index_is_a_path_or_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert index_folder() == tmp_path / "indexes" / "default"
    assert index_folder("home") == tmp_path / "indexes" / "home"
    assert index_folder("./home") == tmp_path / "home"
    save_config(_made(tmp_path / "here"), Config())
    assert index_folder("here") == tmp_path / "here"
    monkeypatch.setenv("MMRAG_INDEX", "/somewhere/else")
    assert index_folder() == Path("/somewhere/else")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_full_disk_is_named_when_settings_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_config(tmp_path, Config(profile="offline"))

    def full(_number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mmrag.config.os.fsync", full)
    with pytest.raises(StorageFull, match=r"config\.json cannot be written: No space left"):
        save_config(tmp_path, Config(profile="best"))
    monkeypatch.undo()
    assert load_config(tmp_path).profile == "offline"


def test_how_a_model_is_asked_is_on_or_off_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load_config(tmp_path).examples, load_config(tmp_path).steps) == (False, False)
    monkeypatch.setenv("MMRAG_EXAMPLES", "yes")
    monkeypatch.setenv("MMRAG_STEPS", "0")
    found = load_config(tmp_path, {"examples": None, "steps": True})
    assert (found.examples, found.steps) == (True, True)
    assert load_config(tmp_path, {"examples": False}).examples is False
    save_config(tmp_path, found)
    assert "steps" not in (tmp_path / CONFIG_FILE).read_text()
    monkeypatch.setenv("MMRAG_STEPS", "perhaps")
    with pytest.raises(UsageError, match="steps"):
        load_config(tmp_path)
