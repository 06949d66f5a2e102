"""Text that a page has and does not show: left out of what is read, counted, and told wherever the page is shown."""

from __future__ import annotations

import io
import json
import random
import sqlite3
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from rich.console import Console, RenderableType
from script_modules import load_script

import mmrag
from mmrag import display
from mmrag.display.notebook import answer_piece, evidence_piece, report_piece
from mmrag.display.pack import pack_record
from mmrag.mcp.service import _hit
from mmrag.protocols import ReadOptions
from mmrag.readers import PdfReader
from mmrag.types import Answer, Box, Citation, Claim, Document, Evidence, IndexReport, Page, Region, Verdict

DRAWN = load_script("draw_hidden")


def _read(path: Path) -> Page:
    (page,) = PdfReader().read(path, ReadOptions())
    return page


def _lettered(text: str) -> list[str]:
    return [word for word in text.split() if any(map(str.isalnum, word))]


def _save(pdf: pymupdf.Document, path: Path) -> Path:
    pdf.save(path)
    return path


# ----------------------------------------------------------------------------------------------------------- reading


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("way", list(DRAWN.WAYS))
def test_what_cannot_be_seen_is_left_out_and_counted(way: str, language: str, tmp_path: Path) -> None:
    sheet = DRAWN.Sheet(random.Random(way), language)
    sheet.show(sheet.sentence(), size=16)
    sheet.body(3)
    secret = {"en": "Zorblat paid 731 quid for seven llamas", "ko": "조르블라트는 라마 일곱에 731냥을 치렀다"}[language]
    DRAWN.WAYS[way](sheet, secret)
    page = _read(_save(sheet.pdf, tmp_path / "page.pdf"))
    assert Counter(word.text for word in page.words) == Counter(" ".join(sheet.seen).split())
    assert page.hidden == len(secret.split())


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("look", list(DRAWN.ALIKE))
def test_what_only_looks_hidden_is_read(look: str, language: str, tmp_path: Path) -> None:
    sheet = DRAWN.Sheet(random.Random(look), language)
    DRAWN.ALIKE[look](sheet)
    page = _read(_save(sheet.pdf, tmp_path / "page.pdf"))
    assert page.hidden == 0
    assert not Counter(" ".join(sheet.seen).split()) - Counter(word.text for word in page.words)


def test_white_letters_inside_a_line_do_not_become_part_of_its_words(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    page = pdf.new_page()
    page.insert_text((60, 80), "The fee is 31")
    end = 60 + pymupdf.get_text_length("The fee is 31", "helv", 11)
    page.insert_text((end, 80), "9", color=(1, 1, 1))
    page.insert_text((end + 8, 80), "euros a year")
    read = _read(_save(pdf, tmp_path / "page.pdf"))
    assert [word.text for word in read.words] == ["The", "fee", "is", "31", "euros", "a", "year"]
    assert read.hidden == 1


def test_a_page_of_hidden_words_alone_waits_for_recognition(tmp_path: Path) -> None:
    pdf = pymupdf.open()
    pdf.new_page().insert_text((60, 80), "nothing of this is seen", color=(1, 1, 1))
    page = _read(_save(pdf, tmp_path / "page.pdf"))
    assert (page.words, page.origin, page.hidden) == ((), "none", 5)


@pytest.mark.slow
def test_the_reporting_half_of_the_set_meets_the_goals(tmp_path: Path) -> None:
    lines = [line for line in DRAWN.draw(tmp_path) if line["split"] == "reporting"]
    found, whole, false, lost = 0, 0, 0, 0
    for line in lines:
        page = _read(tmp_path / line["file"])
        wanted, words = len(_lettered(line["hidden"])), Counter(word.text for word in page.words)
        lost += sum((Counter(line["seen"].split()) - words).values())
        if wanted:
            found += page.hidden > 0
            whole += page.hidden >= 0.8 * wanted and not words - Counter(line["seen"].split())
        else:
            false += page.hidden > 0
    hidden = sum(bool(line["hidden"]) for line in lines)
    print(f"{found} of {hidden} pages told, {whole} wholly; {false} of {len(lines) - hidden} false, {lost} words lost")
    assert (hidden, len(lines)) == (108, 216)
    assert found >= 0.95 * hidden
    assert false <= 0.02 * (len(lines) - hidden)


# ------------------------------------------------------------------------------------------------------------- index


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hidden")
    (home / "documents").mkdir()
    pdf = pymupdf.open()
    for fee, unseen in ((310, ""), (420, "The annual fee of Norvel is 930 euros")):
        page = pdf.new_page()
        page.insert_text((60, 80), f"The annual fee of Norvel was {fee} euros and is paid in spring.")
        page.insert_text((60, 120), unseen, color=(1, 1, 1))
    _save(pdf, home / "documents" / "fees.pdf")
    corpus = mmrag.Corpus(home / "index", text="fake", pixels="none", ocr="off", workers=1)
    report = corpus.index(home / "documents")
    assert (report.pages, report.hidden) == (2, 1)
    return home


def _corpus(home: Path, index: str = "index") -> mmrag.Corpus:
    return mmrag.Corpus(home / index, text="fake", pixels="none", ocr="off", workers=1)


def test_hits_carry_what_their_page_hides_and_nothing_is_found_by_it(home: Path) -> None:
    hits = _corpus(home).search("annual fee of Norvel", k=5)
    assert {hit.region.page: hit.region.hidden for hit in hits} == {1: 0, 2: 8}
    assert all("930" not in hit.region.text for hit in hits)
    assert not [hit for hit in _corpus(home).search("930", k=5) if "words" in hit.channels]


def test_an_answer_rests_on_what_is_seen(home: Path) -> None:
    claim = _corpus(home).verify("The annual fee of Norvel is 930 euros.")
    assert claim.verdict.label != "supported"


def test_an_index_from_before_still_opens_and_takes_new_pages(home: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(home / "index", tmp_path / "index")
    with sqlite3.connect(next((tmp_path / "index").rglob("*.db"))) as connection:
        connection.execute("DROP TABLE mmrag_hidden")
        connection.execute("DELETE FROM mmrag_meta WHERE key = 'reading'")
    corpus = _corpus(tmp_path)
    assert {hit.region.hidden for hit in corpus.search("annual fee of Norvel", k=5)} == {0}
    shutil.copytree(home / "documents", tmp_path / "documents")
    with pymupdf.open(tmp_path / "documents" / "fees.pdf") as pdf:
        pdf.set_metadata({"title": "Fees of Norvel"})
        pdf.save(tmp_path / "documents" / "new.pdf")
    assert "--rebuild" in corpus.index(tmp_path / "documents").notes[-1]
    assert 8 in {hit.region.hidden for hit in _corpus(tmp_path).search("annual fee of Norvel", k=9)}
    assert corpus.index(rebuild=True).notes == ()
    assert {hit.region.hidden for hit in _corpus(tmp_path).search("annual fee of Norvel", k=9)} == {0, 8}


# ----------------------------------------------------------------------------------------------------------- display

REGION = Region(
    7, Document("ab" * 32, Path("/data/fees.pdf"), 8), 3, "passage", Box(0.1, 0.2, 0.9, 0.4), "The fee is 310 euros.",
    hidden=12,
)  # fmt: skip
NOTE = "this page holds 12 words that cannot be seen"


def _answer(region: Region) -> Answer:
    citation = Citation(region, Box(0.5, 0.3, 0.6, 0.32), region.text)
    claim = Claim(region.text, Verdict("supported", 0.9, "", (citation,)))
    found = (Evidence("E1", region, 1.0, snippet=region.text),)
    return Answer("What is the fee?", f"{region.text} [E1]", "", (claim,), found)


def _shown(view: RenderableType) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100).print(view)
    return stream.getvalue()


def _surfaces(region: Region) -> dict[str, str]:
    answer = _answer(region)
    documents: dict[str, Any] = {
        "search --json": display.search_json("fee", answer.evidence)["hits"][0],
        "ask --json": display.answer_json(answer, 0.1)["claims"][0]["citations"][0],
        "verify --json": display.verify_json(answer.claims[0], 0.1)["citations"][0],
    }
    return {
        "search": _shown(display.search_view("fee", answer.evidence)),
        "ask": _shown(display.answer_view(answer)),
        "refusal": _shown(display.answer_view(replace(answer, text=None, claims=()))),
        "verify": _shown(display.verdict_view(answer.claims[0])),
        "notebook, answer": answer_piece(answer),
        "notebook, hit": evidence_piece(answer.evidence[0]),
        "export": display.answer_html(answer),
        "assistant": _hit(answer.evidence[0]).warning,
        **{name: json.dumps(found, ensure_ascii=False) for name, found in documents.items()},
    }


def test_every_surface_tells_of_hidden_words_in_the_language_of_the_page() -> None:
    assert [name for name, text in _surfaces(REGION).items() if NOTE not in text] == []
    korean = _surfaces(replace(REGION, text="연회비는 310유로이다."))
    note = "이 쪽에는 보이지 않는 낱말이 12개 있습니다"
    assert [name for name, text in korean.items() if note not in text] == []


def test_no_surface_warns_of_a_page_that_shows_all_its_words() -> None:
    assert [name for name, text in _surfaces(replace(REGION, hidden=0)).items() if "cannot be seen" in text] == []
    assert display.search_json("fee", _answer(replace(REGION, hidden=0)).evidence)["hits"][0]["warning"] is None


def test_a_pack_counts_the_words_that_cannot_be_seen() -> None:
    record = pack_record(_answer(REGION), {})
    assert record["claims"][0]["citations"][0]["hidden_words"] == 12
    assert record["evidence"][0]["hidden_words"] == 12


def test_a_report_of_indexing_says_in_one_line_what_was_left_out() -> None:
    said = "3 pages hold text that cannot be seen; it is left out."
    report = IndexReport(added=1, pages=9, hidden=3)
    assert said in _shown(display.report_view(report))
    assert said in report_piece(report)
    assert "cannot be seen" not in _shown(display.report_view(replace(report, hidden=0)))
