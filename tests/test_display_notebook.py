"""What a notebook shows: values as HTML that nothing in a document can break, and a line for a run that takes long."""

from __future__ import annotations

import html.parser
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import mmrag
from mmrag import display
from mmrag.catalog import TurnCitation, TurnClaim, TurnRecord
from mmrag.chat import Chat
from mmrag.corpus import notebooks
from mmrag.corpus.packs import (
    CitationCheck,
    ClaimCheck,
    FileCheck,
    Pack,
    PackCheck,
    PackedCitation,
    PackedClaim,
    PackedFile,
)
from mmrag.display import live, pieces
from mmrag.errors import SourceChanged
from mmrag.types import (
    Answer,
    AnswerEvent,
    Box,
    Citation,
    Claim,
    Document,
    Evidence,
    FileOutcome,
    IndexReport,
    Label,
    Progress,
    Region,
    Verdict,
)

HOSTILE = (
    "\x1b]0;owned\x07\u202egnp.exe\udcff</details></div><script>alert(1)</script><img src=x onerror=alert(2)>"
    "\"'&`$\\(x$ \\[y\\] &lt;b&gt; ]]>--><style>*{display:none}</style>"
)
ALLOWED = {
    *("div", "span", "strong", "em", "del", "small", "br", "p", "details", "summary", "blockquote", "img"),
    *("ul", "li", "code", "progress"),
}
ATTRIBUTES = {"class", "style", "open", "alt", "width", "height", "src", "max", "value"}
STATES: tuple[Label, ...] = ("supported", "contradicted", "not_found")


class _Tags(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.depth = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.depth += tag not in ("br", "img")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        self.words += data


def white_page(region: Region, long_side: int) -> Image.Image:
    return Image.new("RGB", (long_side // 4, long_side // 8), "white")


def answer_of(text: str, *, refused: bool = False) -> Answer:
    """An answer with a claim of each kind, `text` in every place that a document or a model fills."""
    document = Document("ab" * 32, Path("/data/secret") / (text.replace("/", "").replace("\0", "") or "x"), 2)
    region = Region(1, document, 1, "passage", Box(0.1, 0.1, 0.4, 0.2), text)
    claims = tuple(
        Claim(f"{text}{at}", Verdict(label, 0.5, text, (Citation(region, Box(0.1, 0.1, 0.2, 0.2), text),)))
        for at, label in enumerate(STATES)
    )
    evidence = (Evidence("E1", region, 1.0, {text: 1.0}, True, also_at=(document.path,), snippet=text),)
    return Answer(text, None if refused else text, text, claims, evidence, {text: text}, (3, 4), 0.9)


def check_of(text: str) -> PackCheck:
    file = PackedFile("cd" * 32, text.replace("/", ""), text)
    citation = PackedCitation(file.sha256, 1, None, text, text)
    claim = PackedClaim(text, "supported", 0.5, text, (citation,))
    pack = Pack(text, text, (claim, claim), (file,), (), text, text, {text: text}, whole=False)
    checks = (
        ClaimCheck(claim, Verdict("contradicted", 0.1, text), (CitationCheck(citation, "changed", "gone"),)),
        ClaimCheck(claim, None, (CitationCheck(citation, "gone", "unread"),), text),
    )
    return PackCheck(pack, (FileCheck(file, "gone"),), checks)


def chat_of(text: str) -> Any:
    spot = TurnCitation(1, "ab" * 32, 1, None, text)
    claims = tuple(TurnClaim(text, label, 0.5, text, (spot,)) for label in STATES)
    turn = TurnRecord(text, text + "?", text, text, text, claims, (), datetime.now(timezone.utc))
    region = answer_of(text).evidence[0].region
    kept = [turn, replace(turn, answer=None)]
    return Chat(_never, SimpleNamespace(turns=lambda _: kept, regions=lambda _: {1: region}), "kept")  # type: ignore[arg-type]


def _never(*_: Any, **__: Any) -> Answer:
    raise AssertionError("what is shown asks nothing")


def report_of(text: str) -> IndexReport:
    name = text.replace("/", "").replace("\0", "") or "x"
    return IndexReport(
        added=1, failed=(FileOutcome(Path("/data") / name, "damaged", text),), pending_ocr=2, pages=3, regions=4,
        seconds=1.0, profile=text, notes=(text,),
    )  # fmt: skip


def all_pieces(text: str) -> list[str]:
    answer = answer_of(text)
    return [
        display.answer_piece(answer, white_page),
        display.answer_piece(answer_of(text, refused=True), white_page),
        display.answer_piece(replace(answer, claims=(), text=None), white_page),
        display.verdict_piece(answer.claims[1], white_page),
        display.evidence_piece(answer.evidence[0], white_page),
        display.hits_piece(answer.evidence * 2, white_page),
        display.report_piece(report_of(text)),
        display.chat_piece(chat_of(text), white_page),
        display.recheck_piece(check_of(text)),
    ]


# -------------------------------------------------------------------------------------------------------- the values


def test_the_values_stay_plain() -> None:
    for kind in (Answer, Claim, Evidence, IndexReport, Chat, mmrag.Corpus):
        assert not [name for name in dir(kind) if name.startswith("_repr_") or name.startswith("_ipython")]


def test_nothing_of_ipython_is_imported_outside_of_it(tmp_path: Path) -> None:
    code = "import sys, mmrag; mmrag.Corpus('./x').close(); sys.exit('IPython' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)


# ---------------------------------------------------------------------------------------------------------- register


@pytest.fixture
def shell() -> Any:
    formatters = pytest.importorskip("IPython.core.formatters")
    return SimpleNamespace(display_formatter=formatters.DisplayFormatter(), kernel=object())


def test_a_corpus_has_the_running_ipython_draw_the_values(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebooks, "_shell", lambda: shell)
    mmrag.Corpus(tmp_path / "index")
    mmrag.Corpus(tmp_path / "other")  # a second time does no harm
    answer = answer_of("13.2 %")
    for value, words in (
        (answer, "13.2 %"),
        (answer.claims[1], "contradicted"),
        (answer.evidence[0], "score 1.00"),
        (list(answer.evidence), "score 1.00"),
        (report_of("x"), "still to be recognised"),
        (check_of("x"), "does not hold"),
    ):
        data, _ = shell.display_formatter.format(value)
        assert words in data["text/html"]
        assert "/data/secret" not in data["text/html"] + data["text/plain"].replace("\n", "")
        assert "Box(" not in data["text/plain"], "the text is for people too"


def test_a_chat_is_drawn_by_the_name_of_its_type(shell: Any) -> None:
    display.register(shell)
    store = SimpleNamespace(turns=list, add_turn=lambda *_: 1, regions=lambda _: {})
    chat = Chat(lambda *_, **__: answer_of("x"), store)  # type: ignore[arg-type]
    chat.ask("How much?")
    data, _ = shell.display_formatter.format(chat)
    assert "How much?" in data["text/html"]
    assert "✗ contradicted" in data["text/html"]
    assert "(no longer in the index)" in data["text/html"], "its page was read anew since"


def test_a_conversation_shows_the_pages_of_its_last_turn(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The ferry to Jeju leaves at nine.\n\nIt takes four hours.\n", "utf-8")
    with mmrag.Corpus(tmp_path / "index", text="none", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(tmp_path / "a.txt")
        chat = corpus.chat()
        chat.ask("When does the ferry to Jeju leave?", max_risk=1)
        found = display.chat_piece(chat)
        assert found.count("<img") == 1
        assert "a.txt" in _Tags(found).words
        chat.ask("Does the ferry to Jeju leave at nine?", max_risk=1)
        again = display.chat_piece(corpus.chat(chat.name))
        assert again.count("<details open>") >= 1
        assert again.count("When does the ferry") >= 1
        assert again.count("<img") <= 3


def test_what_the_user_has_set_stays(shell: Any) -> None:
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type(Answer, lambda _: "mine")
    formatter.for_type(list, lambda _: "mine too")
    display.register(shell)
    assert shell.display_formatter.format(answer_of("x"))[0]["text/html"] == "mine"
    assert shell.display_formatter.format(list(answer_of("x").evidence))[0]["text/html"] == "mine too"


def test_other_lists_are_shown_as_ever(shell: Any) -> None:
    display.register(shell)
    for values in ([], [1, 2], [*answer_of("x").evidence, 1]):
        assert "text/html" not in shell.display_formatter.format(values)[0]


# -------------------------------------------------------------------------------------------------------------- HTML


@pytest.mark.parametrize("piece", range(9))
def test_nothing_of_a_document_becomes_markup(piece: int) -> None:
    found = all_pieces(HOSTILE)[piece]
    found.encode("utf-8")
    tags = _Tags(found)
    assert {tag for tag, _ in tags.tags} <= ALLOWED
    assert {name for _, attrs in tags.tags for name in attrs} <= ATTRIBUTES
    assert tags.depth == 0
    assert "\x1b" not in found
    assert "\u202e" not in found
    assert "<script>alert(1)</script>" in tags.words, "it is shown, as text"
    assert all((attrs.get("src") or "data:image/").startswith("data:image/") for _, attrs in tags.tags)
    assert "/data/secret" not in found


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>&\"'$\\`/=-! \n\x00\x1b\u202e\udc80aé한"), max_size=30))
def test_no_text_whatsoever_becomes_markup(text: str) -> None:
    for found in all_pieces(text):
        tags = _Tags(found)
        assert {tag for tag, _ in tags.tags} <= ALLOWED
        assert {name for _, attrs in tags.tags for name in attrs} <= ATTRIBUTES
        assert tags.depth == 0


@pytest.mark.parametrize("piece", range(9))
def test_nothing_is_set_as_a_formula(piece: int) -> None:
    """Notebooks typeset what stands between dollar signs, and between backslashes with brackets."""
    found = all_pieces("costs $5 to $6 \\(or\\) less")[piece]
    outside = re.sub(r"<span>[$\\]</span>", "", re.sub(r'(?:alt|src)="[^"]*"', "", found))
    assert "$" not in outside
    assert "\\" not in outside
    assert "costs $5 to $6" in _Tags(found).words


def test_verdicts_are_words_without_any_style() -> None:
    bare = _Tags(re.sub(r' (?:style|class)="[^"]*"', "", display.answer_piece(answer_of("x"), white_page))).words
    for words in ("✓ supported", "✗ contradicted", "? not found", "struck out"):
        assert words in bare
    for found in all_pieces("x"):
        assert "<style" not in found
        assert not re.search(r'class="(?!tex2jax_ignore mathjax_ignore")', found)


def test_marks_can_be_read_on_their_ground() -> None:
    """White on each ground: at least 4.5 to 1 (WCAG 2.2, 1.4.3); all else has the reader's own colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for label in STATES:
        ground = re.search(r"background:(#\w{6})", pieces.badge(label))
        assert ground
        assert 1.05 / (light(ground[1]) + 0.05) >= 4.5
    for found in all_pieces("x"):
        rest = re.sub(r'<span style="[^"]*background:#\w{6}">', "", found)
        assert not re.search(r"[\";](?:color|background):", rest)


def test_a_page_is_drawn_with_its_box_and_the_rest_only_named() -> None:
    hits = [replace(answer_of("x").evidence[0], label=f"E{number}") for number in range(1, 9)]
    found = display.hits_piece(hits, white_page)
    assert found.count("<img") == 3
    assert found.count("<details open>") == 1
    assert all(f"[E{number}]" in found for number in range(1, 9))


def test_a_page_that_is_gone_is_said_so_without_its_folder() -> None:
    def gone(region: Region, long_side: int) -> Image.Image:
        raise SourceChanged(f"{region.document.path} is not the file that was indexed")

    found = display.answer_piece(answer_of("report.pdf"), gone)
    assert "The page cannot be shown: report.pdf is not the file" in found
    assert "/data" not in found


def test_a_refusal_says_so_and_shows_the_nearest_page() -> None:
    refused = replace(answer_of("x"), text=None, claims=(), reason="no page states it")
    found = _Tags(display.answer_piece(refused, white_page)).words
    assert "No answer." in found
    assert "No page states it." in found
    assert "Nearest pages" in found


# ---------------------------------------------------------------------------------------------------- a line for runs


class _Cell:
    """Keeps what is shown under a cell: the state at the end, and how often it changed."""

    def __init__(self) -> None:
        self.states: list[dict[str, str]] = []

    def show(self, state: dict[str, str]) -> Callable[[dict[str, str]], None]:
        self.states.append(state)
        return self.states.append


def test_a_run_shows_how_it_goes_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAIT", 0.0)
    monkeypatch.setattr(live, "EVERY", 0.0)
    cell = _Cell()
    with live.LiveLine(cell.show) as line:
        line(Progress("scan", 3))
        line(Progress("read", 1, 4, path=Path("/data/secret") / HOSTILE.replace("/", "")))
        line(Progress("ocr", 4, 4, 2, 8))
    assert [state["text/plain"].split(" ·")[0] for state in cell.states] == [
        "Looking 3 files",
        "Reading 1/4 files",
        "Recognising 2/8 pages",
        "",
    ]
    assert '<progress max="8" value="2">' in cell.states[2]["text/html"]
    assert {tag for tag, _ in _Tags(cell.states[1]["text/html"]).tags} <= ALLOWED
    assert "secret" not in cell.states[1]["text/html"]


def test_an_answer_shows_each_claim_once_it_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WAIT", 0.0)
    monkeypatch.setattr(live, "EVERY", 0.0)
    cell = _Cell()

    def stopped() -> None:
        with live.LiveLine(cell.show) as line:
            line(AnswerEvent("searching"))
            line(AnswerEvent("claim", answer_of("x").claims[1]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [state["text/plain"] for state in cell.states] == [
        "Searching",
        "Checking · 1 claim checked · contradicted: x1",
        "",
    ]


def test_a_run_that_takes_no_time_shows_nothing() -> None:
    cell = _Cell()
    with live.LiveLine(cell.show) as line:
        line(Progress("scan", 3))
    assert cell.states == []


def test_only_a_notebook_has_a_line_and_only_where_no_other_was_asked_for(
    shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = _Cell()
    monkeypatch.setattr(live, "WAIT", 0.0)
    monkeypatch.setattr(live, "live_line", None)
    monkeypatch.setattr("mmrag.display.live_line", lambda: live.LiveLine(cell.show))
    (tmp_path / "a.txt").write_text("The ferry leaves at nine.", "utf-8")
    with mmrag.Corpus(tmp_path / "index", text="none", pixels="none", ocr="off", workers=1) as corpus:
        corpus.index(tmp_path / "a.txt")
        assert cell.states == []
        monkeypatch.setattr(notebooks, "_shell", lambda: shell)
        told: list[Progress] = []
        corpus.index(progress=told.append)
        assert told
        assert cell.states == []
        corpus.index()
        assert cell.states
        assert cell.states[-1]["text/plain"] == ""
        cell.states.clear()
        assert corpus.ask("When does the ferry leave?").evidence
        assert cell.states
        shell.kernel = None  # IPython on a terminal
        cell.states.clear()
        corpus.index()
        assert cell.states == []
