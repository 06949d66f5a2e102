"""The command line as a user meets it: options, exit codes, JSON, errors, interrupts, closed pipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mmrag.cli import run
from mmrag.cli.options import filters, moment
from mmrag.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent


def program(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        [sys.executable, "-m", "mmrag", *arguments],
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
        env=variables,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a few real files."""
    monkeypatch.chdir(tmp_path)
    files = tmp_path / "files"
    files.mkdir()
    (files / "river.txt").write_text("The river probe measures oxygen at Lake Soyang.\n", "utf-8")
    (files / "회의록.txt").write_text("축제 예산은 2,800만 원이며 군청이 지원한다.\n", "utf-8")
    (files / "empty.pdf").write_bytes(b"")
    return tmp_path


WORDS_ONLY = ("--text", "none", "--pixels", "none", "--ocr", "off")


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


# ------------------------------------------------------------------------------------------------- help and options


def test_help_is_at_once_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['mmrag', '--help']; import mmrag.cli as c\n"
        "try: c.main()\nfinally: print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "Usage: mmrag" in done.stdout
    loaded = set(re.findall(r"'([a-z_0-9A-Z.]+)'", done.stdout.splitlines()[-1]))
    assert not loaded & {"torch", "faiss", "pymupdf", "sqlalchemy", "onnxruntime", "rich", "PIL"}
    best = min(_seconds(tmp_path) for _ in range(3))
    assert best < 2.0  # half a second on a machine that is not busy with the other tests


def _seconds(folder: Path) -> float:
    start = time.perf_counter()
    assert program("--help", cwd=folder).returncode == 0
    return time.perf_counter() - start


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "index" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["nonsense"],
        ["search"],
        ["search", "a", "-k", "0"],
        ["search", "a", "-k", "many"],
        ["search", "a", "--queries", "b.jsonl"],
        ["search", "--queries", "not-there.jsonl"],
        ["search", "a", "--kind", "poem"],
        ["search", "a", "--since", "soon"],
        ["search", "a", "--since", "2024", "--until", "2023"],
        ["index", "--password-file", "not-there"],
        ["index", "not-there"],
        ["index", "--regions", "some", "."],
        ["index", "--index", "", "."],
        ["index", "--forget", "files", "--dry-run"],
    ],
)
def test_wrong_use_ends_with_2_and_one_json_error(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*arguments, "--json"]) == 2
    error = out(capsys)["error"]
    assert error.keys() == {"code", "message", "hint"}
    assert error["message"]
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error:" in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize("arguments", [["search", "a"], ["status"], ["index"]])
def test_nothing_indexed_ends_with_4(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*arguments, "--json"]) == 4
    assert out(capsys)["error"]["code"] == "nothing_indexed"


@pytest.mark.parametrize("text", ["9999-12-31", "9999-12", "9999", "0001-01-01T00:00+14:00"])
def test_a_time_beyond_the_calendar_is_no_date(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date"):
        moment(text, end=True)


def test_moments() -> None:
    now = datetime(2026, 3, 15, 12, 0).astimezone()
    assert moment("7d", now=now) == now - timedelta(days=7)
    assert moment("2w", now=now) == now - timedelta(days=14)
    assert moment("12h", now=now) == now - timedelta(hours=12)
    assert moment("2024-01-31") == datetime(2024, 1, 31).astimezone()
    assert moment("2024-01-31", end=True) == datetime(2024, 1, 31, 23, 59, 59, 999999).astimezone()
    assert moment("2024-02", end=True) == datetime(2024, 2, 29, 23, 59, 59, 999999).astimezone()
    assert moment("2024-12", end=True) == datetime(2024, 12, 31, 23, 59, 59, 999999).astimezone()
    assert moment("2023", end=True) == datetime(2023, 12, 31, 23, 59, 59, 999999).astimezone()
    assert moment("2024", end=True) == datetime(2024, 12, 31, 23, 59, 59, 999999).astimezone()
    assert moment("yesterday", now=now) == datetime(2026, 3, 14).astimezone()
    assert moment("2024-01-31T09:30:00+09:00").utcoffset() is not None
    assert moment("99999y", now=now).year == 2
    for wrong in ("", "7", "7x", "2024-13", "31.01.2024"):
        with pytest.raises(UsageError):
            moment(wrong)


def test_filters() -> None:
    assert filters((), (), None, None) is None
    found = filters(("*.pdf",), ("table,figure", "table"), "2024", "2024")
    assert found is not None
    assert found.paths == ("*.pdf",)
    assert set(found.kinds) == {"table", "figure"}
    assert found.since is not None
    assert found.until is not None
    assert found.since < found.until


# --------------------------------------------------------------------------------------------------- a whole round


def test_index_search_status_forget(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "files", *WORDS_ONLY, "--json"]) == 0
    report = out(capsys)
    assert report["added"] == 2
    assert [(Path(one["path"]).name, one["state"]) for one in report["failed"]] == [("empty.pdf", "damaged")]
    assert report["files"] == 3

    assert run(["search", "축제 예산을 누가 지원하나요", "--json"]) == 0
    hit = out(capsys)["hits"][0]
    assert hit["path"] == str(folder / "files" / "회의록.txt")
    assert hit["page"] == 1

    assert run(["search", "축제 예산", "--path", "river*", "--json"]) == 0
    assert all(hit["path"].endswith("river.txt") for hit in out(capsys)["hits"])

    assert run(["search", "oxygen", "-v"]) == 0
    shown = capsys.readouterr().out
    assert "river.txt" in shown
    assert "why:" in shown

    assert run(["status", "--json"]) == 0
    status = out(capsys)
    assert status["roots"] == [{"path": str(folder / "files"), "files": 3}]
    assert status["states"]["damaged"] == 1
    assert {Path(file["path"]).name: file["state"] for file in status["files"]}["river.txt"] == "indexed"
    assert run(["status"]) == 0
    assert "zero bytes" in (text := capsys.readouterr().out) or "empty" in text

    assert run(["index", "--forget", "files/river.txt", "--json"]) == 0
    assert out(capsys)["forgotten"] == 1
    assert run(["search", "oxygen", "--json"]) == 0
    assert not [hit for hit in out(capsys)["hits"] if hit["path"].endswith("river.txt")]


def test_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "files", *WORDS_ONLY, "--json"]) == 0
    capsys.readouterr()
    (folder / "files" / "new.txt").write_text("a new page about buoys", "utf-8")
    for _ in range(2):
        assert run(["index", "files", "--dry-run", "--json"]) == 0
        plan = out(capsys)
        # A file whose time is that of the run before may have changed since, and is looked at again.
        assert str(folder / "files" / "new.txt") in plan["paths"]["added"]
        assert not plan["paths"]["removed"]
    assert run(["index", "--dry-run"]) == 0
    assert "new.txt" in capsys.readouterr().out
    assert run(["search", "buoys", "--json"]) == 0
    assert not [hit for hit in out(capsys)["hits"] if "new.txt" in hit["path"]]


def test_a_batch_answers_every_line_in_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "files", *WORDS_ONLY]) == 0
    capsys.readouterr()
    lines = [
        '{"id": 7, "question": "oxygen"}',
        "",
        "not json",
        '{"id": "b"}',
        '{"id": "c", "question": "축제"}',
        '{"id": "d", "question": ""}',
    ]
    (folder / "q.jsonl").write_text("\n".join(lines), "utf-8")
    assert run(["search", "--queries", "q.jsonl", "-k", "1"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["id"] for one in found] == [7, None, "b", "c", "d"]
    assert found[0]["hits"][0]["path"].endswith("river.txt")
    assert found[3]["hits"][0]["path"].endswith("회의록.txt")
    assert all(set(found[at]["error"]) == {"code", "message", "hint"} for at in (1, 2, 4))


def test_json_holds_undecodable_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsencode(folder / "files") + b"/bad\xff\x1b[31m.txt"
    try:
        Path(os.fsdecode(name)).write_text("a page about glaciers", "utf-8")
    except OSError:
        pytest.skip("this file system takes only names that are Unicode")
    assert run(["index", "files", *WORDS_ONLY]) == 0
    shown = capsys.readouterr()
    assert run(["search", "glaciers", "--json"]) == 0
    hit = out(capsys)["hits"][0]
    assert hit["path"].endswith("bad\\xff\\x1b[31m.txt")
    assert "path_bytes" in hit
    assert run(["search", "glaciers"]) == 0
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out
    assert "bad\\xff" in shown.out


# ------------------------------------------------------------------------------------------- errors and interrupts


def _corpus_that_raises(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    from mmrag.corpus import Corpus

    def fail(*_: object, **__: object) -> None:
        raise error

    for name in ("index", "search", "status"):
        monkeypatch.setattr(Corpus, name, fail)


def test_an_unknown_error_is_one_message_without_traceback(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _corpus_that_raises(monkeypatch, ValueError("odd\x1b[2J value\nsecond line"))
    assert run(["status", "--json"]) == 1
    error = out(capsys)["error"]
    assert "unexpected ValueError: odd\\x1b[2J value" in error["message"]
    assert "report" in error["hint"]
    assert run(["status"]) == 1
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("MMRAG_DEBUG", "1")
    assert run(["status"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_says_that_everything_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _corpus_that_raises(monkeypatch, KeyboardInterrupt())
    assert run(["index", "files"]) == 130
    assert "stopped; everything up to here is kept; run the same command to go on" in capsys.readouterr().err
    assert run(["index", "files", "--json"]) == 130
    assert out(capsys)["error"]["code"] == "interrupted"


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    assert run(["index", "files", *WORDS_ONLY]) == 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for option in ("--json", "-v"):
        with subprocess.Popen(
            [sys.executable, "-m", "mmrag", "search", "oxygen", option],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=folder,
        ) as process:
            assert process.stdout is not None
            process.stdout.close()
            assert process.stderr is not None
            assert process.stderr.read() == b""
        assert process.returncode == 0


def test_json_stays_alone_on_standard_output_when_a_library_prints(folder: Path) -> None:
    code = (
        "import os, sys; sys.argv = ['mmrag', 'status', '--json']\n"
        "from mmrag.corpus import Corpus\n"
        "def status(self):\n    print('noise'); os.write(1, b'deeper noise\\n'); raise ValueError('x')\n"
        "Corpus.status = status\n"
        "from mmrag.cli import main\nmain()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, cwd=folder, check=False)
    assert json.loads(done.stdout)["error"]["code"] == "error"
    assert b"noise" in done.stderr
    assert b"deeper noise" in done.stderr
    assert done.returncode == 1


def test_a_stream_that_cannot_hold_hangul_gets_escapes(folder: Path) -> None:
    assert run(["index", "files", *WORDS_ONLY]) == 0
    shown = program("search", "축제", cwd=folder, PYTHONIOENCODING="ascii", COLUMNS="80")
    assert shown.returncode == 0
    assert "\\u" in shown.stdout
    found = program("search", "축제", "--json", cwd=folder, PYTHONIOENCODING="ascii")
    assert json.loads(found.stdout)["hits"][0]["path"].endswith("회의록.txt")


# ------------------------------------------------------------------------------------------------------------ docs


@pytest.mark.slow
def test_the_page_of_commands_is_up_to_date() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import document_commands
    finally:
        sys.path.remove(str(ROOT / "scripts"))
    written = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert written == document_commands.page(), "run: python scripts/document_commands.py"


def test_progress_shows_stage_counts_and_file_and_can_be_interrupted_by_a_report() -> None:
    import io

    from rich.console import Console

    from mmrag.cli.indexing import ProgressBar
    from mmrag.types import Progress

    stream = io.StringIO()
    with ProgressBar(Console(file=stream, force_terminal=True, width=80)) as bar:
        bar(Progress("scan", files_done=3))
        bar(Progress("read", 1, 12, 30, path=Path("/x/[red]\x1b[2J보고서.pdf")))
        bar.pause()
        bar(Progress("ocr", 12, 12, 4, 9, Path("/x/scan.pdf")))
    shown = stream.getvalue()
    assert "1/12 files" in shown
    assert "[red]\\x1b[2J보고서.pdf" in shown
    assert "4/9 pages" in shown
    assert "Recognising" in shown
    assert "\x1b[2J" not in shown


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">/dev/full"])
@pytest.mark.parametrize("as_json", ["", "--json"])
def test_streams_that_cannot_be_used_end_in_no_traceback(tmp_path: Path, closed: str, as_json: str) -> None:
    command = f'{sys.executable} -m mmrag status {as_json} --index "{tmp_path}/none" {closed}'
    environment = {**os.environ, "COLUMNS": "x"}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr
