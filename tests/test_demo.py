"""The demo does its job for real, and harms no file of the user's."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from mmrag import demo
from mmrag.cli import run
from mmrag.errors import UsageError


@pytest.mark.slow
def test_the_demo_finds_every_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--folder", str(tmp_path / "tour"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["index"]["added"] == 9
    assert found["index"]["failed"] == []
    assert found["index"]["pending_ocr"] == 0
    for search in found["searches"]:
        names = [Path(hit["path"]).name for hit in search["hits"]]
        assert search["expected"] in names, search["query"]
    fact, korean, refused = found["answers"]
    assert "13.2" in fact["text"]
    assert fact["claims"][0]["verdict"] == "supported"
    assert Path(fact["claims"][0]["citations"][0]["path"]).name == fact["expected"]
    assert "150만" in korean["text"]
    assert refused["abstained"]
    assert found["verdict"]["verdict"] != "supported"
    with Image.open(found["picture"]) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 22) or []}
    assert (214, 62, 32) in colours  # the box
    # A second tour finds its own files there and reads nothing twice.
    assert run(["demo", "--folder", str(tmp_path / "tour"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["index"]["unchanged"] == 9
    assert [search["query"] for search in again["searches"]] == [search["query"] for search in found["searches"]]


def test_a_file_of_the_users_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "documents" / "annual-report-2025.pdf"
    mine.parent.mkdir()
    mine.write_bytes(b"my own")
    with pytest.raises(UsageError):
        demo.run(tmp_path, Console(file=io.StringIO()).print)
    assert mine.read_bytes() == b"my own"


def test_the_samples_are_small_and_answer_the_questions() -> None:
    samples = Path(demo.__file__).parent / "samples"
    files = [file for file in samples.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 1_500_000
    names = {file.name for file in files}
    assert all(question.answer_in in names for question in demo.QUESTIONS)
    assert all(question.answer_in in names for question in demo.ASKED if question.answer_in)
