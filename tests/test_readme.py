"""The README's commands, its Python and its list of files are what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mmrag.cli import run

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
ALLOWED = {"ask": (0, 5)}
"""Exit codes: how sure an answer has to be is measured elsewhere; here it may be refused, but then with its page."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a few documents, as the README takes for granted."""
    documents = tmp_path / "Documents"
    documents.mkdir()
    (documents / "minutes.txt").write_text("The board decided to raise the budget for research by a tenth.", "utf-8")
    (documents / "채용.txt").write_text("신입 사원 채용 계획: 올해는 다섯 명을 뽑는다.", "utf-8")
    (documents / "revenue.md").write_text("# Revenue\n\nFigure 1: chart of quarterly revenue\n", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_work(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    block = next(text for language, text in BLOCKS if not language and "mmrag index ~/Documents\n" in text)
    for line in block.splitlines():
        arguments = [part.replace("~", str(home), 1) if part.startswith("~") else part for part in shlex.split(line)]
        assert arguments[0] == "mmrag"
        assert run(arguments[1:]) in ALLOWED.get(arguments[1], (0,)), line
    shown = capfd.readouterr().out
    assert "minutes.txt" in shown
    assert "채용.txt" in shown


def test_the_commands_that_ask_work(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["index", str(home / "Documents")]) == 0
    block = next(text for language, text in BLOCKS if not language and text.startswith("mmrag ask"))
    for line in block.splitlines():
        arguments = [part.replace("~", str(home), 1) if part.startswith("~") else part for part in shlex.split(line)]
        assert arguments[0] == "mmrag"
        assert run(arguments[1:]) in ALLOWED.get(arguments[1], (0,)), line
    shown = capfd.readouterr().out
    assert "다섯 명" in shown
    assert "raise the budget for research" in shown
    assert (home / "answer.html").stat().st_size > 0


def test_the_python_works(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = next(text for language, text in BLOCKS if language == "python")
    exec(compile(code, "README.md", "exec"), {})
    assert "revenue.md" in capsys.readouterr().out.splitlines()[0]
    assert (home / "E1.png").stat().st_size > 0


def test_every_module_is_in_the_list_of_files() -> None:
    listed = next(text for _, text in BLOCKS if text.startswith("types.py"))
    names = {name.rstrip("/") for name in re.findall(r"[a-z_]+(?:\.py|/)", listed)}
    there = {path.name for path in (ROOT / "mmrag").iterdir() if not path.name.startswith(("_", "py.typed"))}
    assert names == there - {"samples"}


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
