"""`ask`, `verify` and `chat` with the real generator and verifier over real files, as a user runs them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from mmrag.cli import run
from mmrag.corpus import Corpus
from mmrag.errors import UsageError

REPORT = """# Annual report

Revenue rose by 18.0 % to KRW 48.6 billion in 2025. The company employed 214 people at the end of 2025.

The head office stands in Gangneung. Han Do-yun has led the company since 2009.
"""
HANDBOOK = """직원 안내서

재택근무는 일주일에 이틀까지 할 수 있습니다.

노트북을 잃어버리면 두 시간 안에 전산실에 알립니다.
"""


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report, a handbook and their index."""
    home = tmp_path_factory.mktemp("real")
    files = home / "files"
    files.mkdir()
    (files / "report.md").write_text(REPORT, "utf-8")
    (files / "안내서.txt").write_text(HANDBOOK, "utf-8")
    with Corpus(home / "index", text="none", pixels="none", ocr="off") as corpus:
        corpus.index(files)
    return home


@pytest.fixture
def home(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMRAG_INDEX", str(indexed / "index"))
    return indexed


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("question", "words", "file"),
    [
        ("How much did revenue rise in 2025?", "18.0", "report.md"),
        ("재택근무는 일주일에 며칠까지 할 수 있나요?", "이틀", "안내서.txt"),
    ],
)
def test_what_a_page_states_is_found_and_supported(
    question: str, words: str, file: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", question, "--max-risk", "1", "--json"]) == 0
    found = out(capsys)
    assert words in found["text"]
    assert "[E" in found["text"]
    claim = found["claims"][0]
    assert claim["verdict"] == "supported"
    assert Path(claim["citations"][0]["path"]).name == file
    assert claim["citations"][0]["box"]
    assert run(["ask", question, "--max-risk", "1"]) == 0
    assert file in capsys.readouterr().out


def test_an_answer_is_exported_from_python(home: Path, tmp_path: Path) -> None:
    with Corpus() as corpus:
        answer = corpus.ask("How much did revenue rise in 2025?", max_risk=1)
        assert corpus.export(answer, "answer.html") == tmp_path / "answer.html"
        with pytest.raises(UsageError, match="HTML"):
            corpus.export(answer, "answer.pdf")
    page = (tmp_path / "answer.html").read_text("utf-8")
    assert "18.0" in page
    assert "data:image/" in page


def test_no_risk_at_all_is_a_refusal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "How much did revenue rise in 2025?", "--max-risk", "0", "--json"]) == 5
    found = out(capsys)
    assert found["text"] is None
    assert found["reason"]


def test_what_no_page_states_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "Who painted the ceiling of the opera in Lisbon?", "--json"]) == 5
    assert out(capsys)["abstained"] is True


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("Revenue rose by 18 % in 2025.", "supported"),
        ("Revenue rose by 81 % in 2025.", "contradicted"),
        ("재택근무는 일주일에 이틀까지 할 수 있습니다.", "supported"),
        ("The moon is made of cheese from Wales.", "not_found"),
    ],
)
def test_claims_are_judged_by_the_pages(
    claim: str, verdict: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", claim, "--json"]) == 0
    found = out(capsys)
    assert found["verdict"] == verdict
    assert (found["probability"] > 0.5) == (verdict == "supported")


def test_evidence_needs_no_index(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MMRAG_INDEX", str(tmp_path / "none"))
    monkeypatch.setenv("MMRAG_TEXT", "none")
    (tmp_path / "here").mkdir()
    (tmp_path / "note.txt").write_text("The pilot starts with 6 probes in Tongyeong.", "utf-8")
    assert run(["verify", "The pilot starts with 6 probes.", "--evidence", "here/../note.txt:1", "--json"]) == 0
    found = out(capsys)
    assert found["verdict"] == "supported"
    assert found["citations"][0]["path"] == str(tmp_path / "note.txt")
    assert run(["verify", "It starts.", "--evidence", "note.txt:7", "--json"]) == 2
    assert "no page 7" in out(capsys)["error"]["message"]
    lines = [
        {
            "id": 1,
            "claim": "The pilot starts with 9 probes.",
            "evidence": "The pilot starts with 6 probes in Tongyeong.",
        },
        {"id": 2, "claim": "The pilot starts with 6 probes.", "evidence": [{"path": "note.txt", "page": 1}]},
        {"id": 3, "claim": "The pilot starts.", "evidence": [{"path": "gone.txt"}]},
        {"id": 4, "claim": "The pilot starts.", "evidence": ""},
    ]
    (tmp_path / "claims.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert run(["verify", "--claims", "claims.jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one.get("verdict") for one in found] == ["contradicted", "supported", None, None]
    assert found[0]["citations"] == [] or found[0]["citations"][0]["path"] is None
    assert found[2]["error"]["code"] == "path_not_found"


def test_a_follow_up_is_understood_and_refused_where_no_page_answers_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "How many people did the company employ at the end of 2025?\nAnd at the end of 2031?\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))
    assert run(["chat", "--max-risk", "0.9", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert "214" in first["text"]
    assert second["question"] == "How many people did the company employ at the end of 2031?"
    assert second["abstained"]
