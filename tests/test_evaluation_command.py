"""`mmrag eval` as a user meets it: tables, JSON, pictures, an earlier run, interrupts, files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmrag.cli import run
from mmrag.corpus import Corpus
from mmrag.errors import ModelUnavailable
from mmrag.types import Answer, Citation, Claim, Verdict

QUESTIONS = (
    {"id": "a", "question": "oxygen at Lake Soyang?", "answer": "8.1", "doc": "river.txt", "gold_pages": [1]},
    {
        "id": "b",
        "question": "축제 예산은?",
        "answer": "2,800만 원",
        "doc": "회의록.txt",
        "gold_pages": [1],
        "kind": "ko",
    },
    {"id": "c", "question": "Who owns the probe?", "answer": "", "answerable": False},
    {"id": "d", "question": "which page?", "doc": "gone.txt", "gold_pages": [4]},
)
CLAIMS = (
    {"id": "a", "claim": "The level is 8.1.", "label": "supported", "evidence": [{"path": "river.txt", "page": 1}]},
    {
        "id": "b",
        "claim": "The level is 8.2.",
        "label": "not_supported",
        "evidence": "The level is 8.1.",
        "edit": "number",
    },
    {"id": "c", "claim": "The level is 9.", "label": "not_supported"},
)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two files, with the files beside it."""
    home = tmp_path_factory.mktemp("eval")
    files = home / "files"
    files.mkdir()
    (files / "river.txt").write_text("The probe measures oxygen at Lake Soyang: 8.1 mg.\n", "utf-8")
    (files / "회의록.txt").write_text("축제 예산은 2,800만 원이며 군청이 지원한다.\n", "utf-8")
    with Corpus(home / "index", text="none", pixels="none", ocr="off") as corpus:
        corpus.index(files)
    return home


@pytest.fixture
def folder(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder beside that index, where a stand-in answers and checks."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMRAG_INDEX", str(indexed / "index"))
    (tmp_path / "files").symlink_to(indexed / "files")
    monkeypatch.setattr(Corpus, "ask", ask)
    monkeypatch.setattr(Corpus, "verify", verify)
    return tmp_path


def ask(self: Corpus, question: str, k: int = 8, filters: Any = None, max_risk: float | None = None) -> Answer:
    """Answers with the first number of the best page, and refuses what asks who."""
    hits = tuple(self.search(question, k))
    if "Who" in question or not hits:
        return Answer(question, None, "the evidence does not say", (), hits)
    region = hits[0].region
    words = self.words(region.document.id, region.page)
    found = next(word for word in words if word.text[0].isdigit())
    text = "2,800만 원" if "예산" in question else found.text
    claims = (Claim(text, Verdict("supported", 0.9, "", (Citation(region, region.box, found.text),))),)
    return Answer(question, text, "", claims, hits, {"generator": "stand-in"})


def verify(self: Corpus, claim: str, evidence: Any = None, question: str = "") -> Claim:
    """Supported is what has "8.1" in it."""
    if isinstance(evidence, list):
        assert all(Path(file).is_file() for file, _ in evidence)
    good = "8.1" in claim
    return Claim(claim, Verdict("supported" if good else "contradicted", 0.9 if good else 0.2))


def write(folder: Path, name: str, lines: tuple[dict[str, Any], ...]) -> str:
    file = folder / name
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return str(file)


def test_questions_are_scored_for_pages_and_answers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", write(folder, "q.jsonl", QUESTIONS), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["retrieval"]["whole"]["metrics"]["hit@1"]["mean"] == pytest.approx(2 / 3)
    assert found["retrieval"]["unmatchable"] == [
        {"id": "d", "doc": "gone.txt", "page": 4, "reason": "the document is not in the index"}
    ]
    assert found["answers"]["whole"]["counts"] == {"right": 2, "wrong": 0, "refused": 1, "unscored": 0}
    assert found["answers"]["whole"]["cited"] == {"gold": 2, "quote": 0, "nothing": 0}
    assert found["answers"]["left_out"] == 1
    assert found["models"] == {"generator": "stand-in"}
    assert found["interrupted"] is False


def test_the_tables_fit_a_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", write(folder, "q.jsonl", QUESTIONS)]) == 0
    shown = capsys.readouterr().out
    for part in ("nDCG@5", "right", "1 of 1 unanswerable questions were refused", "Not in this index: 1 gold page."):
        assert part in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_pages_only_asks_nothing(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(Corpus, "ask", None)
    assert run(["eval", write(folder, "q.jsonl", QUESTIONS), "--pages-only", "--json"]) == 0
    assert "answers" not in json.loads(capsys.readouterr().out)


def test_claims_are_scored_against_their_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(folder, "claims.jsonl", CLAIMS)
    assert run(["eval", file, "--base", str(folder / "files"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["verdicts"]
    assert found["whole"]["right"] == 3
    assert found["whole"]["metrics"]["AUROC"]["mean"] == 1
    assert run(["eval", file]) == 2  # river.txt does not lie beside the claims
    assert "--base" in capsys.readouterr().err


def test_an_earlier_run_is_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(folder, "q.jsonl", QUESTIONS)
    assert run(["eval", file, "--json"]) == 0
    Path("earlier.json").write_text(capsys.readouterr().out, "utf-8")
    assert run(["eval", file, "--against", "earlier.json", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["answers"]["difference"]["whole"]["right"]["mean"] == 0
    assert found["retrieval"]["difference"]["whole"]["metrics"]["MRR"]["mean"] == 0
    assert run(["eval", file, "--against", "earlier.json"]) == 0
    assert "difference" in capsys.readouterr().out
    other = write(folder, "other.jsonl", QUESTIONS[:1])
    assert run(["eval", other, "--against", "earlier.json"]) == 2
    assert "other lines" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{}", "[]", "[1", '{"answers": {"per_question": 3}}', "\x00"])
def test_an_earlier_run_that_is_none_is_told(folder: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("earlier.json").write_text(content, "utf-8")
    assert run(["eval", write(folder, "q.jsonl", QUESTIONS), "--against", "earlier.json"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_ctrl_c_leaves_what_is_scored(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    def stop(self: Corpus, question: str, *rest: Any) -> Answer:
        if "예산" in question:
            raise KeyboardInterrupt
        return ask(self, question)

    monkeypatch.setattr(Corpus, "ask", stop)
    assert run(["eval", write(folder, "q.jsonl", QUESTIONS), "--json"]) == 130
    found = json.loads(capsys.readouterr().out)
    assert found["interrupted"] is True
    assert [item["id"] for item in found["answers"]["per_question"]] == ["a"]


def test_a_model_that_goes_away_leaves_what_is_scored(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    def gone(self: Corpus, claim: str, evidence: Any = None, question: str = "") -> Claim:
        if "8.2" in claim:
            raise ModelUnavailable("the server does not answer", "Start it again.")
        return verify(self, claim, evidence)

    monkeypatch.setattr(Corpus, "verify", gone)
    file = write(folder, "claims.jsonl", CLAIMS)
    assert run(["eval", file, "--base", str(folder / "files"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["error"]["message"] == "the server does not answer"
    assert len(found["verdicts"]["per_claim"]) == 1
    assert run(["eval", file, "--base", str(folder / "files")]) == 1
    shown = capsys.readouterr()
    assert "the server does not answer" in shown.err
    assert "Verdicts" in shown.out


def test_a_picture_is_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    file = write(folder, "q.jsonl", QUESTIONS)
    assert run(["eval", file, "--plot", "scores.svg"]) == 0
    assert b"<svg" in Path("scores.svg").read_bytes()
    assert "scores.svg" in capsys.readouterr().out
    assert run(["eval", file, "--plot", "scores.txt"]) == 2


@pytest.mark.parametrize("lines", ["", "not json", '{"id": "a"}', '{"id": "a", "claim": "x"}', '{"claim": 3}', "[]"])
def test_files_that_cannot_be_used_are_told(folder: Path, lines: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.jsonl").write_text(lines, "utf-8")
    assert run(["eval", "bad.jsonl"]) == 2
    assert "bad.jsonl" in "".join(capsys.readouterr().err.split())
    assert run(["eval", "nowhere.jsonl"]) == 2
    assert run(["eval", str(folder)]) == 2


def test_without_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["eval", write(tmp_path, "q.jsonl", QUESTIONS)]) == 4
