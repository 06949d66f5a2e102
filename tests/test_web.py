"""The files of the web page: small, whole, without anything that could run what a document says."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mmrag.server.static_files import FOLDER, TYPES

FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
SINKS = (
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|DOMParser|srcdoc|cssText)\b",
    r"\bdocument\.write",
    r"\beval\s*\(",
    r"\bnew Function\b",
    r"\bimport\s*\(",
    r"set(?:Timeout|Interval)\(\s*[\"'`]",
    r"setAttribute\(\s*[\"'](?:style|on\w+)",
    r"javascript:",
    r"\bwindow\.open\b",
    r"\bpostMessage\b",
)
ELSEWHERE = re.compile(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}", re.IGNORECASE)
NAMESPACE = "http://www.w3.org/2000/svg"


class _Page(HTMLParser):
    """What stands in the page: tags with their attributes, and text inside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.inside = ""
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style") and data.strip():
            self.inline.append(data)


@pytest.fixture(scope="module")
def page() -> _Page:
    parser = _Page()
    parser.feed((FOLDER / "index.html").read_text("utf-8"))
    return parser


def _ids(page: _Page) -> set[str]:
    return {given["id"] for _, given in page.tags if "id" in given}


def test_all_of_it_is_small_and_of_a_kind_that_is_served() -> None:
    assert sum(path.stat().st_size for path in FILES) <= 200_000
    assert {path.suffix for path in FILES} <= set(TYPES)
    assert {path.name for path in FILES} >= {"index.html", "app.css", "app.js", "icon.svg"}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup_or_code(path: Path) -> None:
    text = path.read_text("utf-8")
    code = re.sub(r"const FORBIDDEN = /.*?/i;", "", text)  # the list of what the page refuses
    assert [found.group() for sink in SINKS for found in re.finditer(sink, code)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8").replace(NAMESPACE, "")
    assert ELSEWHERE.findall(text) == []
    assert "@import" not in text
    assert not re.search(r"url\(", text)


def test_the_page_needs_no_exception_from_its_policy(page: _Page) -> None:
    assert page.inline == []
    for tag, given in page.tags:
        assert not [name for name in given if name == "style" or name.startswith("on")], (tag, given)
        for name in ("src", "href"):
            if name in given and not given[name].startswith("#"):
                assert given[name].startswith("/static/"), given
                assert (FOLDER / given[name].removeprefix("/static/")).is_file(), given
    names = [given["id"] for _, given in page.tags if "id" in given]
    assert len(names) == len(set(names))
    assert dict(page.tags)["html"]["lang"] == "en"


def test_what_scripts_look_for_is_there(page: _Page) -> None:
    ids = _ids(page)
    code = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    assert set(re.findall(r'getElementById\("([\w-]+)"\)', code)) <= ids
    icons = set(re.findall(r'\bicon\("(\w+)"\)', code)) | set(re.findall(r'\biconButton\([^\n]*?[`"], "(\w+)"', code))
    assert len(icons) > 8
    assert {f"i-{name}" for name in icons} <= ids
    assert {given["href"].removeprefix("#") for tag, given in page.tags if tag == "use"} <= ids


def test_modules_import_only_what_others_export() -> None:
    exports = {
        path.name: set(
            re.findall(r"^export (?:async )?(?:function|class|const|let) (\w+)", path.read_text("utf-8"), re.M)
        )
        for path in SCRIPTS
    }
    for path in SCRIPTS:
        for names, origin in re.findall(r'^import \{([^}]+)\} from "\./([\w.]+)";', path.read_text("utf-8"), re.M):
            wanted = {name.split(" as ")[0].strip() for name in names.split(",") if name.strip()}
            assert wanted <= exports[origin], (path.name, origin, wanted - exports[origin])


def test_text_wraps_between_korean_words_and_follows_the_colours_of_the_system() -> None:
    sheet = (FOLDER / "app.css").read_text("utf-8")
    assert "word-break: keep-all" in sheet
    assert "color-scheme: light dark" in sheet
    assert "prefers-reduced-motion" in sheet
    assert sheet.count("{") == sheet.count("}")
    used = set(re.findall(r"var\(--([\w-]+)", sheet))
    assert used <= set(re.findall(r"--([\w-]+):", sheet))
