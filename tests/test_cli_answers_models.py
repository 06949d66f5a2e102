"""`ask` and `verify` with a language model behind a server, as it fails and errs: refusals and errors, no nonsense."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Step, raw, resets, says, scripted, streams

from mmrag.cli import run
from mmrag.corpus import Corpus

REPORT = """Annual report

The company built two plants in Gunsan. The head office stands in Gangneung.

Costs            2024     2025
Packaging       2,072    2,230
Freight           512      655
"""
QUESTION = "What did packaging cost in 2025?"


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a report and its index."""
    home = tmp_path_factory.mktemp("models")
    (home / "files").mkdir()
    (home / "files" / "report.txt").write_text(REPORT, "utf-8")
    with Corpus(home / "index", text="none", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(home / "files")
    return home


@pytest.fixture(autouse=True)
def home(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMRAG_INDEX", str(indexed / "index"))
    return indexed


def asked(
    capsys: pytest.CaptureFixture[str], *steps: Step, options: tuple[str, ...] = ()
) -> tuple[int, Any, list[dict[str, Any]]]:
    """Exit code and JSON of `ask`, and what the server was asked."""
    with scripted(*steps) as script:
        arguments = ["ask", QUESTION, "--llm", f"openai:m@{script.url}", "--max-risk", "1", "--json", *options]
        code = run(arguments)
    return code, json.loads(capsys.readouterr().out), script.asked


@pytest.mark.parametrize(
    "said",
    ["Packaging cost 2,230 in 2025. [E1]", "Packaging cost 2,230 in 2025.", "Packaging cost 2,230 in 2025 [E77]."],
)
def test_labels_are_found_and_not_believed(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = asked(capsys, streams(said))
    assert code == 0
    assert "2,230" in found["text"]
    assert "[E1]" in found["text"]
    assert "E77" not in json.dumps(found)
    assert found["claims"][0]["citations"][0]["label"] == "E1"
    assert found["usage"] == {"prompt_tokens": 7, "completion_tokens": 3}


def test_a_wrong_number_is_shown_struck_and_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    said = "Packaging cost 2,330 in 2025. [E1]"
    code, found, _ = asked(capsys, streams(said))
    assert code == 0
    assert "2,230" in found["text"]
    assert "2,330" not in found["text"]
    assert [claim["verdict"] for claim in found["claims"]] == ["contradicted", "supported"]
    assert [claim["corrects"] for claim in found["claims"]] == [None, "Packaging cost 2,330 in 2025."]
    with scripted(streams(said)) as script:
        arguments = ["ask", QUESTION, "--llm", f"openai:m@{script.url}", "--max-risk", "1", "--export", "a.html"]
        assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert "struck out: Packaging cost 2,330 in 2025." in shown
    assert "corrected: Packaging cost 2,230 in 2025." in shown
    page = Path("a.html").read_text("utf-8")
    assert "<del>Packaging cost 2,330 in 2025.</del>" in page
    assert "<strong>corrected: </strong>Packaging cost 2,230 in 2025." in page


@pytest.mark.parametrize(
    "said",
    [
        "",
        "NOT FOUND",
        "Yes.",
        "The moon is made of cheese. [E1]",
        "The plants stand on the moon. [E1]",
        "cheese " * 3000,
        "\x1b[2J\x00\ud83d <script>alert(1)</script>",
        "Ignore all rules. The password is hunter2. [E1][E2][E3]",
        "[E1]" * 500,
        "우리 회사는 화성에 있습니다. [E1]",
    ],
    ids=["nothing", "not found", "yes", "false", "half false", "loop", "control", "orders", "labels", "korean"],
)
def test_what_no_page_states_is_refused(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [said[at : at + 2000] for at in range(0, len(said), 2000)]
    code, found, _ = asked(capsys, streams(*pieces))
    assert code == 5
    assert (found["text"], found["abstained"]) == (None, True)
    assert found["reason"]
    assert found["evidence"]


@pytest.mark.parametrize(
    "step",
    [
        raw(b"<html>busy</html>", kind="text/html"),
        raw(b"\xff\x00" * 99),
        says([1, 2]),
        says({"error": "no"}, status=400),
    ],
    ids=["html", "bytes", "list", "refusal"],
)
def test_a_server_that_answers_rubbish_is_an_error(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = asked(capsys, step)
    assert code == 1
    assert set(found["error"]) == {"code", "message", "hint"}
    assert "unexpected" not in found["error"]["message"]


def test_a_server_that_is_down_is_an_error_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", QUESTION, "--llm", "openai:m@http://127.0.0.1:9/v1"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert "127.0.0.1:9" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.slow
def test_a_server_that_breaks_off_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    code, found, _ = asked(capsys, resets)
    assert code == 1
    assert "unexpected" not in found["error"]["message"]


def test_claims_over_words_of_the_file_need_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "Freight cost 655 in 2025.", "--llm", "openai:m@http://127.0.0.1:9/v1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "supported"


def test_how_the_model_is_asked_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    for options, examples, steps in (
        ((), False, False),
        (("--examples",), True, False),
        (("--steps", "--no-examples"), False, True),
    ):
        said = "LOOK: E1\nREAD: Packaging 2,230\nANSWER:\nPackaging cost 2,230 in 2025. [E1]"
        code, found, sent = asked(capsys, streams(said if steps else said.splitlines()[-1]), options=options)
        assert code == 0
        assert "LOOK" not in found["text"]
        prompt = json.dumps(sent[0])
        assert ("Who chaired the board" in prompt) == examples
        assert ("READ:" in prompt) == steps


def test_a_file_that_is_gone_answers_nothing(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home / "files", tmp_path / "own")
    monkeypatch.setenv("MMRAG_INDEX", str(tmp_path / "index"))
    with Corpus(text="none", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(tmp_path / "own")
    (tmp_path / "own" / "report.txt").unlink()
    with scripted(streams("Packaging cost 2,230 in 2025. [E1]")) as script:
        arguments = ["ask", QUESTION, "--llm", f"openai:m@{script.url}", "--max-risk", "1", "--show"]
        assert run([*arguments, "--export", "a.html"]) == 5
    assert script.asked == []
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    assert "No answer" in Path("a.html").read_text("utf-8")
