"""README and docs are true: every block of code is run or says why not, drawings are current, the site is whole.

A block is told by its language: `python` is executed, the blocks of a page one after another; `bash`, `sh` and bare
blocks are commands, run line by line; `console` shows commands behind `$ ` with what they print, where `…` stands for
anything and times may differ; `json` and `toml` have to parse. What cannot be run, or is run by another test, has
`<!-- not run: REASON -->` above it, which the site shows. Lines that install are left to the continuous integration.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from mmrag.cli import run

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(
    r"^(?:<!-- not run(?: here)?: (?P<why>[^\n]+?) -->\n\n?)?^```(?P<language>\S*)\n(?P<text>.*?)^```$", re.M | re.S
)
SHELL = ("bash", "sh", "")
RUN_BY = {
    "README.md": ("test_readme.py", {"", "python"}),
    "docs/commands.md": ("test_cli.py", {""}),
    "docs/langchain.md": ("test_langchain.py", {"python"}),
    "docs/mcp.md": ("test_mcp.py", {"json", "toml", "python"}),
}
"""Blocks of pages that other tests run, since they need more than a folder: by language."""
INSTALLS = ("pip ", "#")
EXIT = {"ask": (0, 5)}
"""How sure an answer has to be is measured elsewhere; on a page it may be refused."""
FROM_NOTHING = {"docs/tutorial.md"}
"""Pages that begin in an empty folder; all others have an index of a few documents."""
VARIES = re.compile(r"(?<![\d.])\d+(?:\.\d+)? ?(?=s\b|pages/s|%)")
"""What differs from machine to machine: seconds, pages a second; and probabilities, where a model is a little newer."""
MOST_BYTES = 200_000


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `why` it is not run, "" where it is."""

    language: str
    text: str
    why: str
    line: int


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    text = page.read_text("utf-8")
    return [
        Block(found["language"], found["text"], found["why"] or "", text.count("\n", 0, found.start("text")) + 1)
        for found in FENCE.finditer(text)
    ]


def run_here(page: Path) -> list[Block]:
    """The blocks of a page that are run by this file."""
    elsewhere = RUN_BY.get(name_of(page), ("", set()))[1]
    kinds = {"python", "console", *SHELL}
    return [block for block in blocks(page) if block.language in kinds - elsewhere and not block.why]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_has_a_known_language_and_every_mark_a_block(page: Path) -> None:
    text = page.read_text("utf-8")
    for block in blocks(page):
        assert block.language in {"python", "console", "json", "toml", "text", *SHELL}, f"line {block.line}"
        assert not block.why or len(block.why.split()) > 1, f"line {block.line}: say why it is not run"
    assert text.count("\n```") + text.startswith("```") == 2 * len(blocks(page)), "a fence that is not understood"
    marks = re.findall(r"^<!-- not run", text, re.MULTILINE)
    assert len(marks) == sum(bool(block.why) for block in blocks(page)), "a mark without a block"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_data_can_be_read(page: Path) -> None:
    for block in blocks(page):
        if block.language == "json":
            for document in [block.text] if block.text.startswith(("{\n", "[\n")) else block.text.splitlines():
                json.loads(document)
        if block.language == "toml" and sys.version_info >= (3, 11):
            import tomllib

            tomllib.loads(block.text)


@pytest.mark.parametrize("page", RUN_BY)
def test_the_tests_that_run_a_page_elsewhere_read_it(page: str) -> None:
    test, _ = RUN_BY[page]
    assert Path(page).name in (ROOT / "tests" / test).read_text("utf-8")


def test_tests_that_a_mark_names_are_there() -> None:
    named = {test for page in PAGES for block in blocks(page) for test in re.findall(r"tests/\w+\.py", block.why)}
    assert named
    assert [test for test in named if not (ROOT / test).is_file()] == []


# ------------------------------------------------------------------------------------------------ blocks that are run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a few documents, indexed as `default` and as `home`."""
    folder = tmp_path_factory.mktemp("home")
    for documents in (folder / "Documents", folder / "documents"):
        (documents / "old").mkdir(parents=True, exist_ok=True)
        minutes = "Minutes. The board decided to raise the budget for research by a tenth."
        (documents / "minutes.txt").write_text(minutes, "utf-8")
        (documents / "old" / "minutes-2019.txt").write_text("The board met in Busan in 2019.", "utf-8")
    (folder / "Documents" / "채용.txt").write_text("신입 사원 채용 계획: 올해는 다섯 명을 뽑는다.", "utf-8")
    (folder / "Documents" / "revenue.md").write_text("# Revenue\n\nFigure 1: chart of quarterly revenue\n", "utf-8")
    for index in ("default", "home"):
        assert run(["index", str(folder / "Documents"), "--index", str(folder / "indexes" / index)]) == 0
    return folder


@dataclass
class Shell:
    """Runs what a person would type, in a folder of the page's own."""

    home: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def line(self, line: str) -> str:
        """Run one line; returns what it printed."""
        self.capture.readouterr()
        words = shlex.split(line, comments=True)
        if not words or line.startswith(INSTALLS):
            return ""
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self.patch.setenv(name, self._expanded(value))
            return ""
        if words[:2] == ["mmrag", "serve"]:
            return self._serve(words[1:])
        if words[0] == "mmrag" and ">" not in words:
            assert run([self._expanded(word) for word in words[1:]]) in EXIT.get(words[1], (0,)), line
            shown = self.capture.readouterr()
            return shown.out
        return self.script(line)

    def script(self, text: str) -> str:
        """Run lines that are none of ours."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(["bash", "-euc", text], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _expanded(self, word: str) -> str:
        return str(self.home / word[2:]) if word.startswith("~/") else word

    def _serve(self, words: list[str]) -> str:
        """Start the server, wait for its address, and press Ctrl-C."""
        command = [sys.executable, "-m", "mmrag", *words, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            first = server.stdout.readline()
            server.send_signal(signal.SIGINT)
        assert "http://127.0.0.1:" in first
        return first


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
@pytest.mark.parametrize("page", [page for page in PAGES if run_here(page)], ids=name_of)
def test_the_blocks_of_a_page_run(
    page: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if name_of(page) not in FROM_NOTHING:
        shutil.copytree(home / "indexes", tmp_path / "indexes")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "80")
    shell = Shell(home, monkeypatch, capfd)
    names: dict[str, Any] = {"__name__": "docs"}
    for block in run_here(page):
        where = f"{name_of(page)}, line {block.line}"
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, name_of(page), "exec"), names)
        elif block.language == "console":
            for command, expected in commands(block.text):
                shown = shell.line(command)
                assert re.fullmatch(pattern(expected), tidy(shown), re.DOTALL), f"{where}: {command}\n{shown}"
        elif re.search(r"^mmrag ", block.text, re.MULTILINE):
            for line in block.text.splitlines():
                shell.line(line)
        else:
            shell.script(block.text)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a `console` block with what it is said to print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected


def tidy(text: str) -> str:
    """Without spaces at the ends of lines and empty lines around."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).strip("\n")


def pattern(expected: str) -> str:
    """What is printed has to match: `…` is anything, also several lines."""
    pieces = []
    for piece in tidy(expected).split("…"):
        parts = [re.escape(part) for part in VARIES.split(piece)]
        pieces.append(r"\d+(?:\.\d+)? ?".join(parts))
    return ".*?".join(pieces)


def test_a_wrong_output_is_noticed() -> None:
    shown = "12 % [E1]\n\n60% likely to be right · 2.5 s"
    assert re.fullmatch(pattern("12 % [E1]\n\n61% likely to be right · 0.4 s\n"), shown, re.DOTALL)
    assert re.fullmatch(pattern("12 % [E1]\n…\n"), shown + "\n", re.DOTALL)
    assert not re.fullmatch(pattern("12 % [E2]\n\n61% likely to be right · 0.4 s\n"), shown, re.DOTALL)
    assert not re.fullmatch(pattern("12 % [E1]\n\n61% likely to be wrong · 0.4 s\n"), shown, re.DOTALL)


# ------------------------------------------------------------------------------------------- links, figures, pictures


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_pictures_are_there(page: Path) -> None:
    made = {"changelog.md", "contributing.md"}  # of the site, from files of the root
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert target in made or (page.parent / target).exists(), target


def test_the_figures_of_the_readme_stand_in_the_docs() -> None:
    """Shares, scores and times: whoever changes one has to change the other."""
    docs = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md") if page.name != "index.md")
    readme = re.sub(r"!\[[^\]]*\]", "", FENCE.sub("", (ROOT / "README.md").read_text("utf-8")))
    figures = set(re.findall(r"\b0\.\d\d+\b|\b\d+(?:\.\d+)? (?=%|times|s\b|ms\b)|\b\d+(?= questions)", readme))
    known = {*re.findall(r"\d+(?:[.,]\d+)*", docs), *(f"{float(found):.2f}" for found in re.findall(r"\b0\.\d+", docs))}
    known |= {f"{float(found):.0f}" for found in re.findall(r"\b\d+\.\d(?= %)", docs)}
    assert figures
    assert {figure.strip() for figure in figures} <= known


def test_the_drawings_show_the_real_layers() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "draw_diagrams.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_picture_of_an_answer_is_small() -> None:
    assert 10_000 < (ROOT / "docs" / "images" / "answer.png").stat().st_size <= MOST_BYTES


# ------------------------------------------------------------------------------------------------------------- the site


class Loads(HTMLParser):
    """What a browser loads by itself for a page: scripts, styles, pictures, frames."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed"):
            self.found.append(values.get("src") or "")
        if tag == "link" and (values.get("rel") or "") not in ("canonical", "next", "prev"):
            self.found.append(values.get("href") or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site: the one that DOCS_SITE names, else it is built here, with warnings as errors."""
    if "DOCS_SITE" in os.environ:
        return Path(os.environ["DOCS_SITE"])
    pytest.importorskip("material", reason="the packages of the docs extra are not installed")
    pytest.importorskip("mkdocstrings", reason="the packages of the docs extra are not installed")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        text = page.read_text("utf-8")
        loads = Loads()
        loads.feed(text)
        assert [found for found in loads.found if urlsplit(found).netloc] == [], page.relative_to(site)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", style.read_text("utf-8")), style.name


@pytest.mark.slow
@pytest.mark.xdist_group("docs")
def test_the_site_can_be_searched_in_korean_and_explains_what_is_not_run(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    assert "ko" in index["config"]["lang"]
    assert any("채용" in document["text"] for document in index["docs"])
    assert (site / "assets" / "javascripts" / "lunr" / "min" / "lunr.ko.min.js").is_file()
    assert "Not run with this page" in (site / "server_models" / "index.html").read_text("utf-8")
    assert "mmrag.Corpus" in (site / "reference" / "corpus" / "index.html").read_text("utf-8")
