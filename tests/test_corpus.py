"""The front door: index real files, search them, and everything that can come between."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import mmrag
from mmrag.errors import (
    IndexBusy,
    MmragError,
    ModelMismatch,
    ModelUnavailable,
    NothingIndexed,
    PathNotFound,
    StorageFull,
    UsageError,
)
from mmrag.indexing import writer_lock
from mmrag.types import Filters

TEXTS = {
    "harvest.txt": "The apple harvest of 1998 began in September and brought in four hundred tons.",
    "ferry.md": "# Ferries\n\nThe ferry to Jeju leaves Mokpo at nine in the morning.\n",
    "회의록.txt": "이번 회의에서는 내년 예산과 신입 사원 채용 계획을 논의하였다.",
    "불고기.txt": "소고기를 간장과 배즙에 재워 두었다가 센 불에 굽는다.",
}


def _write(folder: Path) -> Path:
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def _index(index: Path, folder: Path) -> mmrag.Corpus:
    corpus = mmrag.Corpus(index, text="fake", pixels="none", ocr="off", workers=1)
    report = corpus.index(folder)
    assert (report.added, report.failed) == (4, ())
    return corpus


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _write(tmp_path / "documents")


@pytest.fixture
def corpus(tmp_path: Path, folder: Path) -> mmrag.Corpus:
    """An index for a test that changes it."""
    return _index(tmp_path / "index", folder)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> mmrag.Corpus:
    """One index for the tests that only ask."""
    home = tmp_path_factory.mktemp("read_only")
    return _index(home / "index", _write(home / "documents"))


def _first(corpus: mmrag.Corpus, question: str) -> str:
    return corpus.search(question, k=1)[0].region.document.path.name


def test_a_question_finds_its_page_in_either_language(read_only: mmrag.Corpus) -> None:
    assert _first(read_only, "When did the apple harvest begin?") == "harvest.txt"
    assert _first(read_only, "신입 사원 채용") == "회의록.txt"
    assert _first(read_only, "소고기는 무엇에 재우나요?") == "불고기.txt"
    assert _first(read_only, "ferry.md") == "ferry.md"


def test_evidence_is_labelled_in_order_and_shows_each_channel(read_only: mmrag.Corpus) -> None:
    evidence = read_only.search("apple harvest", k=3)
    assert [item.label for item in evidence] == ["E1", "E2", "E3"]
    assert [item.score for item in evidence] == sorted((item.score for item in evidence), reverse=True)
    assert {"words", "pages", "text", "names"} >= set(evidence[0].channels) >= {"words", "text"}
    assert evidence[0].region.kind == "passage"
    assert "apple harvest" in evidence[0].snippet
    assert not evidence[0].stale


def test_one_hit_a_page_and_two_copies_are_one_hit(corpus: mmrag.Corpus, folder: Path) -> None:
    shutil.copy(folder / "harvest.txt", folder / "copy.txt")
    assert corpus.index().added == 1
    found = corpus.search("apple harvest", k=5)
    hit = [item for item in found if "harvest" in item.region.text]
    assert len(hit) == 1
    names = {hit[0].region.document.path.name, *(path.name for path in hit[0].also_at)}
    assert names == {"harvest.txt", "copy.txt"}
    (folder / "harvest.txt").unlink()
    left = corpus.search("apple harvest", k=1)[0]
    assert (left.region.document.path.name, left.also_at) == ("copy.txt", ())


def test_a_file_that_is_gone_is_dropped_and_one_that_changed_is_stale(corpus: mmrag.Corpus, folder: Path) -> None:
    (folder / "ferry.md").write_text("rewritten since", "utf-8")
    assert corpus.search("ferry to Jeju", k=1)[0].stale
    (folder / "ferry.md").unlink()
    assert all(item.region.document.path.name != "ferry.md" for item in corpus.search("ferry to Jeju", k=5))


def test_a_renamed_file_is_found_by_its_new_name_without_being_read(corpus: mmrag.Corpus, folder: Path) -> None:
    assert _first(corpus, "harvest.txt") == "harvest.txt"
    (folder / "harvest.txt").rename(folder / "quince_1998.txt")
    report = corpus.index()
    assert (report.moved, report.added, report.pages) == (1, 0, 0)
    assert _first(corpus, "quince") == "quince_1998.txt"
    assert corpus.search("harvest", k=1, channels=["names"]) == []


def test_filters_limit_what_is_found(corpus: mmrag.Corpus, folder: Path) -> None:
    old = folder / "harvest.txt"
    os.utime(old, (0, 0))
    corpus.index()
    names = lambda **limits: {  # noqa: E731
        item.region.document.path.name
        for item in corpus.search("apple ferry 회의 소고기", k=9, filters=Filters(**limits))
    }
    assert names(paths=("*.md",)) == {"ferry.md"}
    assert names(paths=(f"{folder}/*.txt",)) == {"harvest.txt", "회의록.txt", "불고기.txt"}
    assert names(until=datetime(1980, 1, 1, tzinfo=timezone.utc)) == {"harvest.txt"}
    assert "harvest.txt" not in names(since=datetime.now(timezone.utc) - timedelta(days=1))
    assert names(kinds=("figure",)) == set()


@pytest.mark.parametrize("question", ["", "  \n ", "x" * 20_000])
def test_a_question_that_is_none_is_refused(read_only: mmrag.Corpus, question: str) -> None:
    with pytest.raises(UsageError):
        read_only.search(question)


def test_signs_alone_match_no_word_and_break_nothing(read_only: mmrag.Corpus) -> None:
    for question in ("?", '"', "AND OR NOT", "a* NEAR(", "'; DROP TABLE regions; --", "\x00\x1b[31m", "🙂"):
        evidence = read_only.search(question, k=9)
        assert [item.label for item in evidence] == [f"E{number + 1}" for number in range(len(evidence))]
    for question in ("?", '"', "🙂"):
        assert read_only.search(question, channels=["words", "pages", "names"]) == []


def test_a_channel_can_be_asked_alone_and_an_unknown_one_is_named(read_only: mmrag.Corpus) -> None:
    assert set(read_only.search("apple", channels=["words"])[0].channels) == {"words"}
    with pytest.raises(UsageError, match="pixels"):
        read_only.search("apple", channels=["pixels"])


def test_no_index_and_an_empty_one_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingIndexed) as none:
        mmrag.Corpus(tmp_path / "none").search("apple")
    assert "mmrag index" in none.value.hint
    assert not (tmp_path / "none").exists()
    empty = mmrag.Corpus(tmp_path / "empty", text="none", pixels="none")
    (tmp_path / "folder").mkdir()
    empty.index(tmp_path / "folder")
    with pytest.raises(NothingIndexed):
        empty.search("apple")


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PathNotFound, match="nowhere"):
        mmrag.Corpus(tmp_path / "index", text="none", pixels="none").index(tmp_path / "nowhere")


def test_every_public_name_is_there_and_importing_loads_nothing_heavy() -> None:
    for name in mmrag.__all__:
        assert getattr(mmrag, name).__name__ == name
        assert name in dir(mmrag)
    with pytest.raises(AttributeError, match="Answers"):
        mmrag.Answers  # noqa: B018
    code = (
        "import mmrag, sys; mmrag.Answer, mmrag.Verdict; "
        "heavy = ('mmrag.corpus', 'numpy', 'faiss', 'pymupdf', 'onnxruntime', 'rich'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_another_process_sees_the_index_and_settings_follow_it(corpus: mmrag.Corpus, folder: Path) -> None:
    code = (
        "import mmrag, sys; c = mmrag.Corpus(sys.argv[1]); "
        "print(c.search('apple harvest')[0].region.document.path.name, c.config.text, c.index().unchanged)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(corpus.folder)], capture_output=True, text=True, check=True
    ).stdout
    assert out.split() == ["harvest.txt", "fake", "4"]


def test_a_change_by_another_process_is_seen_by_the_next_search(corpus: mmrag.Corpus, folder: Path) -> None:
    corpus.search("apple")
    (folder / "new.txt").write_text("Quokkas live on Rottnest Island.", "utf-8")
    with mmrag.Corpus(corpus.folder, workers=1) as other:
        other.index()
    assert _first(corpus, "quokkas") == "new.txt"
    (folder / "new.txt").unlink()
    with mmrag.Corpus(corpus.folder, workers=1) as other:
        other.index()
    assert all(item.region.document.path.name != "new.txt" for item in corpus.search("quokkas", k=9))


def test_a_second_writer_is_turned_away(read_only: mmrag.Corpus) -> None:
    with writer_lock(read_only.folder), pytest.raises(IndexBusy):
        mmrag.Corpus(read_only.folder).index()


def test_the_index_is_private(read_only: mmrag.Corpus) -> None:
    assert stat.S_IMODE(read_only.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((read_only.folder / "catalog.db").stat().st_mode) == 0o600


def test_without_its_caches_an_index_answers_the_same(corpus: mmrag.Corpus) -> None:
    before = [(item.region.id, item.score) for item in corpus.search("apple harvest ferry", k=4)]
    corpus.close()
    shutil.rmtree(corpus.folder / "cache")
    assert [(item.region.id, item.score) for item in corpus.search("apple harvest ferry", k=4)] == before


def test_damaged_caches_are_noticed(corpus: mmrag.Corpus) -> None:
    before = [(item.region.id, item.score) for item in corpus.search("apple harvest ferry", k=4)]
    corpus.close()
    for file in (corpus.folder / "cache").rglob("*"):
        if file.is_file():
            data = bytearray(file.read_bytes())
            if data:
                data[len(data) // 2] ^= 0x10
                file.write_bytes(data)
    assert [(item.region.id, item.score) for item in corpus.search("apple harvest ferry", k=4)] == before


def test_an_index_of_another_model_is_refused_until_it_is_rebuilt(corpus: mmrag.Corpus, folder: Path) -> None:
    corpus.close()
    for settings in ({"text": "none"}, {"pixels": "fake"}, {"text": "minilm"}):
        other = mmrag.Corpus(corpus.folder, workers=1, **settings)
        with pytest.raises(ModelMismatch) as caught:
            other.search("apple")
        assert "--rebuild" in caught.value.hint
        with pytest.raises(ModelMismatch):
            other.index(folder)
    rebuilt = mmrag.Corpus(corpus.folder, workers=1, text="none")
    assert rebuilt.index(rebuild=True).added == 4
    assert set(rebuilt.search("apple")[0].channels) <= {"words", "pages", "names"}
    assert _first(mmrag.Corpus(corpus.folder), "apple harvest") == "harvest.txt"


def test_forget_takes_a_folder_out(corpus: mmrag.Corpus, folder: Path) -> None:
    assert corpus.forget(folder / "ferry.md") == 1
    assert all(item.region.document.path.name != "ferry.md" for item in corpus.search("ferry to Jeju", k=9))
    assert corpus.forget(folder) == 3
    with pytest.raises(NothingIndexed):
        corpus.search("apple")


def test_a_crop_shows_what_was_found(read_only: mmrag.Corpus) -> None:
    image = read_only.crop(read_only.search("apple harvest", k=1)[0].region, 400)
    assert image.mode == "RGB"
    assert max(image.size) == 400
    assert len(image.getcolors(100_000) or ()) > 1


def test_status_counts_what_is_there(read_only: mmrag.Corpus) -> None:
    status = read_only.status()
    assert status.catalog.documents == 4
    assert status.catalog.states == {"indexed": 4}
    assert status.disk_bytes > 0
    assert read_only.check() == []


def test_planning_writes_nothing(tmp_path: Path, corpus: mmrag.Corpus, folder: Path) -> None:
    (folder / "new.txt").write_text("new", "utf-8")
    plan = corpus.plan()
    assert [path.name for path in plan.added] == ["new.txt"]
    fresh = mmrag.Corpus(tmp_path / "fresh", text="none", pixels="none")
    assert len(fresh.plan(folder).added) == 5
    assert not fresh.folder.exists()


def test_a_question_in_a_script_that_the_encoder_never_saw_rests_on_the_words(tmp_path: Path, folder: Path) -> None:
    corpus = mmrag.Corpus(tmp_path / "index", text="minilm", pixels="none", ocr="off", workers=1)
    corpus.index(folder)
    assert "text" not in corpus.search("신입 사원 채용 계획", k=1)[0].channels
    assert "text" in corpus.search("When did the harvest begin?", k=1)[0].channels
    assert "text" in corpus.search("Jeju 가는 ferry", k=1)[0].channels


def test_a_failed_run_leaves_nothing_that_binds_the_next(tmp_path: Path, folder: Path) -> None:
    index = tmp_path / "new"
    with pytest.raises(PathNotFound):
        mmrag.Corpus(index).index(tmp_path / "mistyped")
    with pytest.raises(NothingIndexed):
        mmrag.Corpus(index).index()
    with pytest.raises(NothingIndexed):
        mmrag.Corpus(index).forget(folder)
    assert not index.exists()
    for wrong in ({"pixels": "hf:nobody/nothing"}, {"ocr": "klingon"}):
        with pytest.raises(MmragError):
            mmrag.Corpus(index, text="fake", **wrong).index(folder)
    assert mmrag.Corpus(index, text="none", pixels="none", ocr="off", workers=1).index(folder).added == 4


def test_a_rebuild_that_cannot_be_done_keeps_the_index(corpus: mmrag.Corpus, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        mmrag.Corpus(corpus.folder, pixels="hf:nobody/nothing").index(rebuild=True)
    with pytest.raises(PathNotFound):
        corpus.index(tmp_path / "mistyped", rebuild=True)
    folder.rename(tmp_path / "away")
    with pytest.raises(UsageError, match="not there"):
        corpus.index(rebuild=True)
    folder.mkdir()
    with pytest.raises(UsageError, match="not there"):
        corpus.index(rebuild=True)
    assert corpus.status().catalog.documents == 4
    folder.rmdir()
    (tmp_path / "away").rename(folder)
    second = tmp_path / "second"
    second.mkdir()
    (second / "star.txt").write_text("A star atlas.", "utf-8")
    assert corpus.index(second, rebuild=True).added == 5
    assert _first(corpus, "apple harvest") == "harvest.txt"


def test_names_of_an_index_and_homes_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert mmrag.Corpus(".").folder == tmp_path
    assert mmrag.Corpus("x" * 300).folder.parent == tmp_path / "indexes"
    with pytest.raises(UsageError):
        mmrag.Corpus("")
    with pytest.raises(NothingIndexed):
        mmrag.Corpus("~no-such-user/index").status()
    with pytest.raises(PathNotFound):
        mmrag.Corpus("new").index("~no-such-user/files")
    (tmp_path / "file").touch()
    with pytest.raises(StorageFull, match="not a folder"):
        mmrag.Corpus("./file", text="none", pixels="none").index(tmp_path)
