"""What people and programs see of the values: safe on a terminal, complete in JSON, readable in 80 columns."""

from __future__ import annotations

import base64
import io
import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from mmrag import display
from mmrag.errors import IndexBusy
from mmrag.types import Box, Document, Evidence, FileOutcome, IndexReport, Region

HOSTILE = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\u202egnp.exe\u2066\udcff\n\x7f"


def rendered(view: RenderableType, width: int = 80, colour: bool = False) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=colour, highlight=False).print(view)
    return stream.getvalue()


def evidence(**changes: object) -> Evidence:
    document = Document("ab" * 32, Path("/data/보고서/[red]연간 보고서.pdf"), 8)
    region = Region(
        7, document, 3, "table", Box(0.1, 0.2, 0.9, 0.4), "분기별 매출은 10.4억 원이었다. Quarterly revenue."
    )
    values = {"label": "E1", "region": region, "score": 1.25, "channels": {"words": 3.5, "text": 0.5}}
    return Evidence(**{**values, **changes})  # type: ignore[arg-type]


def is_safe(text: str) -> bool:
    return all(
        unicodedata.category(c) not in ("Cc", "Cs") and not "\u202a" <= c <= "\u202e" and not "\u2066" <= c <= "\u2069"
        for c in text
        if c != "\n"
    )


@given(st.text(alphabet=st.characters(codec=None)))
def test_clean_lets_no_control_character_through(text: str) -> None:
    assert is_safe(display.clean(text))
    assert "\n" not in display.clean(text)


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=("Cs",))))
def test_json_keeps_text_and_holds_no_control_character(text: str) -> None:
    written = display.to_json({"text": text})
    assert is_safe(written)
    assert json.loads(written) == {"text": text}
    assert json.loads(display.to_json({"text": text}, ascii_only=True)) == {"text": text}


def test_json_can_be_encoded_whatever_a_file_name_holds() -> None:
    assert json.loads(display.to_json({"x": HOSTILE}).encode("utf-8"))["x"]


def test_json_numbers_are_numbers() -> None:
    import numpy as np

    written = json.loads(display.to_json({"a": np.float32(0.5), "b": float("nan"), "c": np.int64(3), "d": (1, 2)}))
    assert written == {"a": 0.5, "b": None, "c": 3, "d": [1, 2]}


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name))
def test_a_path_can_always_be_told_from_its_fields(name: bytes) -> None:
    path = os.fsdecode(name)
    found = display.path_fields(path)
    assert is_safe(found["path"])
    original = base64.b64decode(found["path_bytes"]) if "path_bytes" in found else os.fsencode(found["path"])
    assert original == os.fsencode(path)


def test_a_search_in_json_has_every_promised_field() -> None:
    other = Region(8, evidence().region.document, 3, "passage", Box(), "more")
    hit = evidence(also=(other,), also_at=(Path("/copy/연간.pdf"),), snippet="분기별 매출")
    found = json.loads(display.to_json(display.search_json("매출", [hit])))
    assert found["query"] == "매출"
    one = found["hits"][0]
    assert one["rank"] == 1
    assert one["label"] == "E1"
    assert one["path"] == "/data/보고서/[red]연간 보고서.pdf"
    assert one["page"] == 3
    assert one["kind"] == "table"
    assert one["box"] == [0.1, 0.2, 0.9, 0.4]
    assert one["channels"] == {"words": 3.5, "text": 0.5}
    assert one["also"] == [{"page": 3, "kind": "passage", "box": [0, 0, 1, 1], "text": "more"}]
    assert one["also_at"] == ["/copy/연간.pdf"]
    assert {"text", "snippet", "score", "stale"} <= one.keys()


def test_a_report_in_json_counts_every_file_once() -> None:
    failed = (FileOutcome(Path("/x/a.pdf"), "locked", "needs a password"),)
    found = display.report_json(IndexReport(added=3, updated=1, moved=2, removed=9, unchanged=4, failed=failed))
    assert found["files"] == 3 + 1 + 2 + 4 + 1
    assert found["failed"] == [{"path": "/x/a.pdf", "state": "locked", "reason": "needs a password"}]


def test_a_hit_fits_80_columns_in_korean_and_shows_brackets_as_they_are() -> None:
    long = evidence(snippet="가나다라마바사 아자차카타파하 " * 12 + "분기별 매출 10.4억 원 " + "끝 " * 80)
    shown = rendered(display.search_view("분기별 매출", [long]))
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
    assert "[red]연간 보고서.pdf" in shown
    assert "page 3 of 8" in shown
    assert "분기별 매출" in shown


def test_the_match_is_marked_on_a_terminal() -> None:
    shown = rendered(display.search_view("분기별 매출", [evidence()]), colour=True)
    assert "\x1b[1;33m분기별" in shown


def test_verbose_says_why() -> None:
    shown = rendered(display.search_view("매출", [evidence()], verbose=True))
    assert "words 3.500" in shown
    assert "why" not in rendered(display.search_view("매출", [evidence()]))


def test_a_stale_hit_says_so() -> None:
    assert "changed since" in rendered(display.search_view("매출", [evidence(stale=True)]))


def test_nothing_found_says_what_to_try() -> None:
    assert "Nothing found" in rendered(display.search_view("매출", []))


@pytest.mark.parametrize("colour", [False, True])
def test_no_control_character_of_a_file_reaches_the_terminal(colour: bool) -> None:
    document = Document("ab" * 32, Path(f"/data/{HOSTILE}/{HOSTILE}.pdf"), 2)
    hit = evidence(region=Region(1, document, 1, "page", Box(), HOSTILE * 3), snippet=HOSTILE, channels={HOSTILE: 1.0})
    outcome = FileOutcome(document.path, "failed", HOSTILE)
    report = IndexReport(failed=(outcome,), notes=(HOSTILE,), profile=HOSTILE, pages=1)
    views = [
        display.search_view(HOSTILE, [hit], verbose=True),
        display.search_view(HOSTILE, []),
        display.report_view(report),
        display.error_view(IndexBusy(HOSTILE, HOSTILE)),
    ]
    for view in views:
        shown = rendered(view, colour=colour)
        assert "owned\\x07" in shown or "\\x1b" in shown
        for forbidden in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "\x7f", "\udcff"):
            assert forbidden not in shown


def test_a_report_says_what_to_do_about_each_kind_of_failure() -> None:
    failed = tuple(FileOutcome(Path(f"/x/{at}.pdf"), "locked", "write its password into a file") for at in range(25))
    report = IndexReport(
        added=2, failed=(*failed, FileOutcome(Path("/x/b.pdf"), "damaged", "zero bytes")), pending_ocr=3
    )
    shown = rendered(display.report_view(report, "home"))
    assert "28 files: 2 added, 26 not indexed." in shown
    assert shown.count("write its password into a file") == 1
    assert "Locked (25 files): write" in shown
    assert "and 5 more" in shown
    assert "zero bytes" in shown
    assert "3 pages still to be recognised" in shown
    assert "mmrag ask --index home" in shown


def test_sizes_and_counts_read_well() -> None:
    assert [display.size(n) for n in (12, 4_200, 91_000_000, 1_540_000_000)] == ["12 B", "4.2 kB", "91.0 MB", "1.5 GB"]
    assert [display.count(n, "file") for n in (1, 1204)] == ["1 file", "1,204 files"]


def test_every_exported_name_is_there() -> None:
    assert sorted(display.__all__) == sorted({name for name in display.__all__ if hasattr(display, name)})
