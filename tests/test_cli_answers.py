"""`ask`, `verify` and `chat` as a user meets them: exit codes, JSON, batches, pictures, wrong input.

What the answers say is other tests' concern; here `Corpus` gives fixed ones, made of pages that are really indexed.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmrag.cli import run
from mmrag.cli.pictures import viewer
from mmrag.corpus import Corpus
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.types import Answer, AnswerEvent, Box, Citation, Claim, Evidence, Verdict


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two real files in `files` and their index in `index`."""
    home = tmp_path_factory.mktemp("answers")
    files = home / "files"
    files.mkdir()
    (files / "river.txt").write_text("The river probe measures oxygen at Lake Soyang.\n", "utf-8")
    (files / "회의록.txt").write_text("축제 예산은 2,800만 원이며 군청이 지원한다.\n", "utf-8")
    with Corpus(home / "index", text="none", pixels="none", ocr="off") as corpus:
        corpus.index(files)
    return home


@pytest.fixture
def folder(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, with that index."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MMRAG_INDEX", str(indexed / "index"))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "river.txt").write_bytes((indexed / "files" / "river.txt").read_bytes())
    return tmp_path


def answer_to(question: str, evidence: list[Evidence]) -> Answer:
    """A checked answer; none to a question with "phone" in it."""
    models = {"generator": "fixed"}
    if "phone" in question or not evidence:
        return Answer(question, None, "no page found states a phone number", (), tuple(evidence), models)
    citation = Citation(evidence[0].region, Box(0.1, 0.1, 0.4, 0.2), "measures oxygen")
    held = Claim("The probe measures oxygen", Verdict("supported", 0.95, "stated", (citation,)))
    verdict = Verdict("contradicted", 0.02, "the page says oxygen, not gold", (citation,))
    wrong = Claim("The probe measures gold", verdict)
    return Answer(question, "oxygen [E1]", "", (held, wrong), tuple(evidence), models)


@pytest.fixture
def fixed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Answers and verdicts made without any model; returns what was asked of them."""
    asked: list[dict[str, Any]] = []

    def ask(
        self: Corpus,
        question: str,
        k: int = 8,
        filters: Any = None,
        max_risk: float | None = None,
        progress: Any = None,
    ) -> Answer:
        asked.append({"question": question, "k": k, "filters": filters, "max_risk": max_risk})
        answer = answer_to(question, self.search(question, k, filters))
        if progress is not None:
            progress(AnswerEvent("searching"))
            for claim in answer.claims:
                progress(AnswerEvent("claim", claim))
        return answer

    def verify(self: Corpus, claim: str, evidence: Any = None, question: str = "") -> Claim:
        asked.append({"claim": claim, "evidence": evidence, "question": question})
        if not claim.strip():
            raise UsageError("the claim is empty", "Write a statement.")
        citations = (Citation(self.search("oxygen")[0].region, None, "measures oxygen"),)
        return Claim(claim, Verdict("not_found" if "gold" in claim else "supported", 0.5, "so it is", citations))

    def turn(self: Corpus, question: str, carried: Any = (), max_risk: Any = None, progress: Any = None) -> Answer:
        if "server" in question:
            raise ModelUnavailable("the server does not answer", "Start it.")
        if "stop" in question:
            raise KeyboardInterrupt
        return self.ask(question, max_risk=max_risk, progress=progress)

    monkeypatch.setattr(Corpus, "ask", ask)
    monkeypatch.setattr(Corpus, "verify", verify)
    monkeypatch.setattr(Corpus, "_ask", turn)
    return asked


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def typed(monkeypatch: pytest.MonkeyPatch, text: str | bytes) -> None:
    data = text.encode("utf-8") if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


# ------------------------------------------------------------------------------------------------------------- ask


def test_ask_prints_the_checked_answer(fixed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "what does the probe measure?", "-k", "3", "--max-risk", "0.2", "--path", "river*"]) == 0
    shown = capsys.readouterr()
    assert "oxygen [E1]" in shown.out
    assert "struck out: The probe measures gold" in shown.out
    assert "river.txt" in shown.out
    assert shown.err == ""
    assert (fixed[0]["k"], fixed[0]["max_risk"], fixed[0]["filters"].paths) == (3, 0.2, ("river*",))


def test_ask_in_json(fixed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "what does the probe measure?", "--json"]) == 0
    found = out(capsys)
    assert found["text"] == "oxygen [E1]"
    assert found["abstained"] is False
    assert found["claims"][0]["citations"][0]["path"].endswith("river.txt")
    assert found["seconds"] > 0
    assert "pictures" not in found


def test_a_refusal_ends_with_5_and_is_printed(fixed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "phone of the probe?", "--json"]) == 5
    found = out(capsys)
    assert (found["text"], found["abstained"]) == (None, True)
    assert found["evidence"]
    assert run(["ask", "phone of the probe?"]) == 5
    shown = capsys.readouterr().out
    assert "No answer. No page found states a phone number" in shown
    assert "Nearest pages" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "a", "--queries", "q.jsonl"],
        ["ask", "--queries", "not-there.jsonl"],
        ["ask", "--queries", "files"],
        ["ask", "a", "-k", "0"],
        ["ask", "a", "--max-risk", "1.5"],
        ["ask", "a", "--max-risk", "-0.1"],
        ["ask", "a", "--max-risk", "low"],
        ["ask", "a", "--kind", "poem"],
        ["ask", "a", "--export", "answer.pdf"],
        ["ask", "a", "--export", "no/such/folder/answer.html"],
        ["ask", "--queries", "q.jsonl", "--show"],
        ["ask", ""],
        ["ask", " \t\n "],
        ["ask", "word " * 20_000],
        ["verify"],
        ["verify", "a", "--claims", "c.jsonl"],
        ["verify", "--claims", "not-there.jsonl"],
        ["verify", ""],
        ["verify", "a", "--evidence", "not-there.pdf"],
        ["verify", "a", "--evidence", "not-there.pdf:3"],
        ["verify", "a", "--evidence", "files/river.txt:0"],
        ["verify", "a", "--evidence", "x\0y"],
        ["verify", "--claims", "q.jsonl", "--evidence", "files/river.txt"],
        ["chat", "--max-risk", "2"],
    ],
)
def test_wrong_use_ends_with_2_and_one_json_error(
    arguments: list[str], fixed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("q.jsonl").write_text('{"id": 1, "question": "a"}\n', "utf-8")
    assert run([*arguments, "--json"]) == 2
    error = out(capsys)["error"]
    assert error.keys() == {"code", "message", "hint"}
    assert error["message"]
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("arguments", [["ask", "a"], ["verify", "a"], ["chat"]])
def test_no_index_ends_with_4(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MMRAG_INDEX", raising=False)
    typed(monkeypatch, "hello\n")
    assert run([*arguments, "--json"]) == 4
    assert out(capsys)["error"]["code"] == "nothing_indexed"


def test_a_batch_of_questions_gets_an_object_a_line(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        '\ufeff{"id": 7, "question": "oxygen"}',
        "",
        "not json",
        '{"id": "b"}',
        "[" * 100_000,
        '{"id": "c", "question": "phone"}',
        '{"id": "d", "question": ""}',
        json.dumps({"id": "e", "question": "x" * 1_000_000}),
        '"text"',
    ]
    (folder / "q.jsonl").write_text("\n".join(lines), "utf-8")
    assert run(["ask", "--queries", "q.jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == [7, None, "b", None, "c", "d", "e", None]
    assert found[0]["text"] == "oxygen [E1]"
    assert found[4]["abstained"] is True
    for at in (1, 2, 3, 5, 6, 7):
        assert set(found[at]) == {"id", "error"}
        assert set(found[at]["error"]) == {"code", "message", "hint"}


def test_one_faulty_line_does_not_end_a_batch(
    fixed: list[dict[str, Any]],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Corpus, "ask", lambda *_, **__: 1 / 0)
    (folder / "q.jsonl").write_text('{"id": 1, "question": "a"}\n{"id": 2, "question": "b"}\n', "utf-8")
    assert run(["ask", "--queries", "q.jsonl", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["id"], one["error"]["code"]) for one in found] == [(1, "error"), (2, "error")]


def test_show_writes_pictures_where_the_terminal_shows_none(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", "oxygen", "--show", "--json"]) == 0
    found = out(capsys)
    assert [(one["label"], one["page"]) for one in found["pictures"]] == [("E1", 1)]
    picture = Image.open(found["pictures"][0]["file"])
    colours = [colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []]
    assert (214, 62, 32) in colours
    assert run(["ask", "oxygen", "--show"]) == 0
    shown = capsys.readouterr().out
    assert "Picture of E1:" in shown
    assert "\x1b" not in shown


def test_export_writes_one_file_and_its_pictures_beside_it(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ask", "oxygen", "--export", "answer.html", "--show", "--json"]) == 0
    found = out(capsys)
    assert found["exported"] == str(folder / "answer.html")
    assert Path(found["pictures"][0]["file"]).parent == folder
    assert "data:image/" in (folder / "answer.html").read_text("utf-8")
    assert run(["ask", "phone", "--export", "refused.html"]) == 5
    assert "Written to" in capsys.readouterr().out
    assert "No answer" in (folder / "refused.html").read_text("utf-8")


def test_a_cited_file_that_has_changed_is_said_so_and_the_answer_stays(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "files" / "lake.txt").write_text("The buoy measures oxygen at Lake Chungju.", "utf-8")
    monkeypatch.setenv("MMRAG_INDEX", str(folder / "own"))
    with Corpus(text="none", pixels="none", ocr="off") as corpus:
        corpus.index(folder / "files" / "lake.txt")
    whole = Corpus.ask

    def ask(self: Corpus, *arguments: Any, **options: Any) -> Answer:
        answer = whole(self, *arguments, **options)
        (folder / "files" / "lake.txt").write_text("All new.", "utf-8")
        return answer

    monkeypatch.setattr(Corpus, "ask", ask)
    assert run(["ask", "oxygen", "--show", "--export", "answer.html"]) == 0
    shown = capsys.readouterr()
    assert "oxygen [E1]" in shown.out
    assert "The page cannot be shown" in shown.err
    assert "The page cannot be shown" in (folder / "answer.html").read_text("utf-8")


def test_a_viewer_is_only_used_at_a_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert viewer({"DISPLAY": ":0"}, "linux") == ["/usr/bin/xdg-open"]
    assert viewer({"WAYLAND_DISPLAY": "wayland-0"}, "linux") == ["/usr/bin/xdg-open"]
    assert viewer({}, "linux") is None
    assert viewer({"DISPLAY": ":0", "SSH_CONNECTION": "1"}, "linux") is None
    assert viewer({"DISPLAY": ":0", "CI": "true"}, "linux") is None
    assert viewer({}, "darwin") == ["open"]


def test_a_model_that_is_not_known_is_a_wrong_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "oxygen", "--llm", "nonsense", "--json"]) in (1, 2)
    assert "nonsense" in out(capsys)["error"]["message"]


# ---------------------------------------------------------------------------------------------------------- verify


def test_verify_ends_with_0_for_every_verdict(fixed: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "The probe measures gold", "--question", "what?", "--json"]) == 0
    found = out(capsys)
    assert {"claim", "verdict", "probability", "reason", "citations"} <= found.keys()
    assert found["verdict"] == "not_found"
    assert fixed[-1] == {"claim": "The probe measures gold", "evidence": None, "question": "what?"}
    assert run(["verify", "The probe measures oxygen"]) == 0
    assert "supported: The probe measures oxygen" in capsys.readouterr().out


def test_evidence_is_a_file_or_a_page_of_one(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "odd:7").write_text("text", "utf-8")
    assert run(["verify", "a", "--evidence", "files/river.txt:1", "--evidence", "odd:7", "--evidence", "odd:7:2"]) == 0
    river, odd = folder / "files" / "river.txt", folder / "odd:7"
    assert fixed[-1]["evidence"] == [(river, 1), (odd, None), (odd, 2)]


def test_a_batch_of_claims_takes_evidence_beside_its_file(
    fixed: list[dict[str, Any]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[Any] = [
        {"id": 1, "claim": "a"},
        {"id": 2, "claim": "gold", "question": "what?", "evidence": "a text"},
        {"id": 3, "claim": "c", "evidence": [{"path": "river.txt", "page": 2}, {"path": "/abs.txt"}]},
        {"id": 4, "claim": "d", "evidence": 5},
        {"id": 5, "claim": "e", "evidence": [{"page": 2}]},
        {"id": 6, "claim": "f", "evidence": [{"path": "a", "page": 0}]},
        {"id": 7, "claim": "g", "evidence": [{"path": "a", "page": True}]},
        {"id": 8, "claim": "h", "question": ["x"]},
        {"id": 9, "claim": ""},
        {"id": 10},
    ]
    (folder / "files" / "c.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    assert run(["verify", "--claims", "files/c.jsonl"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == list(range(1, 11))
    assert [one.get("verdict") for one in found] == ["supported", "not_found", "supported"] + [None] * 7
    assert all(set(one["error"]) == {"code", "message", "hint"} for one in found[3:])
    assert fixed[1]["evidence"] == "a text"
    assert fixed[2]["evidence"] == [(Path("files/river.txt"), 2), (Path("/abs.txt"), None)]


# ------------------------------------------------------------------------------------------------------------ chat


def test_chat_answers_each_line_of_a_pipe(
    fixed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = "/history /sources /help /show /show_1 /show_9 /nonsense server /new /sources /quit never"
    lines = ["\ufeffWhat does the probe in Lake Soyang measure?", "", "And in Lake Chungju?"]
    lines += [line.replace("_", " ") for line in commands.split()]
    typed(monkeypatch, "\n".join(lines))
    assert run(["chat"]) == 0
    shown = capsys.readouterr()
    assert "> What does the probe in Lake Soyang measure?\noxygen [E1]" in shown.out
    assert "Understood as: What does the probe in Lake Chungju measure?" in shown.out
    assert "with Lake Chungju instead)" in " ".join(shown.out.split())
    assert " 2  And in Lake Chungju?\n    oxygen [E1]" in shown.out
    assert "/sources" in shown.out
    assert shown.out.count("Picture of E1:") == 2
    assert "the last answer has no E9" in shown.err
    assert "there is no command /nonsense" in shown.err
    assert "the server does not answer" in shown.err
    assert "nothing was asked yet" in shown.err
    assert "Traceback" not in shown.err
    assert [one["question"] for one in fixed] == [
        "What does the probe in Lake Soyang measure?",
        "What does the probe in Lake Chungju measure?",
    ]


def test_chat_in_json_gives_one_object_a_line(
    fixed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, b"oxygen?\nserver\nphone\n" + b"\xff\xfe bytes\n")
    assert run(["chat", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["asked"] for one in found[:3]] == ["oxygen?", "server", "phone"]
    assert found[0]["text"] == "oxygen [E1]"
    assert found[1]["error"]["code"] == "model_unavailable"
    assert found[2]["abstained"] is True
    assert len(found) == 4
    assert (found[2]["turn"], found[2]["dropped"]) == (2, [])
    assert (found[0]["follows"], found[0]["how"]) == (False, "")


def test_chat_says_how_a_follow_up_was_understood_and_what_was_left_out(
    fixed: list[dict[str, Any]], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = folder / "lake"
    gone.mkdir()
    (gone / "lake.txt").write_text("The probe in Lake Soyang measures oxygen.", "utf-8")
    monkeypatch.setenv("MMRAG_INDEX", str(folder / "own"))
    with Corpus(text="none", pixels="none", ocr="off") as corpus:
        corpus.index(gone)
    typed(monkeypatch, "What does the probe in Lake Soyang measure?\n")
    assert run(["chat", "--json"]) == 0
    capsys.readouterr()
    (gone / "lake.txt").unlink()
    typed(monkeypatch, "And in Lake Chungju?\n")
    assert run(["chat", "--continue", "--json"]) == 0
    found = out(capsys)
    assert found["follows"]
    assert found["question"] == "What does the probe in Lake Chungju measure?"
    assert "Lake Chungju" in found["how"]
    assert found["dropped"] == ["lake.txt, page 1: the file is gone"]
    typed(monkeypatch, "And in Lake Andong?\n")
    assert run(["chat", "--continue"]) == 0
    assert "Left out: lake.txt, page 1: the file is gone" in capsys.readouterr().out


def test_a_conversation_is_kept_listed_and_gone_on_with(
    fixed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "What does the probe in Lake Soyang measure?\n")
    assert run(["chat", "--json"]) == 0
    name = out(capsys)["conversation"]
    assert run(["chat", "--list", "--json"]) == 0
    first = out(capsys)["conversations"][0]
    assert (first["name"], first["turns"]) == (name, 1)
    assert run(["chat", "--list"]) == 0
    assert name in capsys.readouterr().out
    typed(monkeypatch, "And in Lake Chungju?\n/history\n")
    assert run(["chat", "--continue"]) == 0
    shown = capsys.readouterr().out
    assert "Understood as: What does the probe in Lake Chungju measure?" in shown
    assert " 2  And in Lake Chungju?" in shown
    typed(monkeypatch, "phone\n")
    assert run(["chat", "--conversation", name, "--json"]) == 0
    assert out(capsys)["turn"] == 3
    assert run(["chat", "--conversation", "none such", "--json"]) == 2


def test_ctrl_c_in_a_pipe_ends_with_130(
    fixed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(monkeypatch, "Please stop here now.\nnever asked\n")
    assert run(["chat"]) == 130
    assert fixed == []


def test_claims_are_shown_live_after_their_verdict_and_taken_away() -> None:
    from rich.console import Console

    from mmrag.cli.streaming import LiveAnswer

    stream = io.StringIO()
    held = Claim("[red]Margin\x1b[2J: 13.2 %", Verdict("supported", 0.9))
    with LiveAnswer(Console(file=stream, force_terminal=True, width=60)) as live:
        live(AnswerEvent("searching"))
        live(AnswerEvent("checking"))
        for number in range(9):
            live(AnswerEvent("claim", replace(held, text=f"{held.text} {number}")))
    shown = stream.getvalue()
    assert "Searching" in shown
    assert "Checking (9 claims checked)" in shown
    assert "[red]Margin\\x1b[2J: 13.2 % 8" in shown
    assert "\x1b[2J" not in shown.replace("\\x1b[2J", "")
