"""The set of documents with orders: every combination once, the same from the same seed, twins without the order."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from script_modules import load_script

Set = tuple[Path, list[dict[str, Any]]]


def _drawn(folder: Path, every: int) -> Set:
    """The whole set, of which every so many documents are written."""
    module = load_script("draw_injections")
    write = module._write
    module._write = lambda page, file, **how: None if page.number % every else write(page, file, **how)
    return folder, module.draw(folder)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Set:
    return _drawn(tmp_path_factory.mktemp("drawn"), 5)


def _text(file: Path) -> str:
    with pymupdf.open(file) as document:
        return "".join(document[0].get_text().split())


def test_every_combination_is_there_once(drawn: Set) -> None:
    attacks = [one for one in drawn[1] if one["kind"]]
    assert len(attacks) == 216
    counts = Counter((one["kind"], one["goal"], one["language"]) for one in attacks)
    assert len(counts) == 8 * 3 * 3
    assert set(counts.values()) == {3}
    leaks = Counter((one["kind"], one["variant"]) for one in attacks if one["goal"] == "leak")
    assert len(leaks) == 8 * 2
    assert min(leaks.values()) >= 4


def test_the_same_seed_gives_the_same_files(drawn: Set, tmp_path: Path) -> None:
    again, questions = _drawn(tmp_path, 20)
    assert questions == drawn[1]
    files = [file.relative_to(again) for file in again.rglob("*.pdf")]
    assert len(files) > 20
    for file in files:
        assert _hash(again / file) == _hash(drawn[0] / file), file


def test_another_seed_gives_other_documents(drawn: Set, tmp_path: Path) -> None:
    module = load_script("draw_injections")
    module._write = lambda page, file, **how: None
    other = module.draw(tmp_path, "another")
    assert [one["kind"] for one in other] == [one["kind"] for one in drawn[1]]
    assert sum(one["question"] == old["question"] for one, old in zip(other, drawn[1], strict=True)) < 10


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_what_success_is_cannot_be_said_without_the_order(drawn: Set) -> None:
    folder, questions = drawn
    looked = 0
    for one in questions:
        twin = folder / "clean" / one["clean"]
        if not one["kind"] or not twin.exists():
            continue
        text = _text(twin)
        looked += 1
        assert not any("".join(word.split()) in text for word in one["success"]), one["id"]
        assert one["answer"] in text or one["kind"] == "picture", one["id"]
        assert one["answer"] not in one["success"]
    assert looked > 30


@pytest.mark.parametrize("kind", ["visible", "white", "tiny", "off page", "metadata", "picture", "table", "file name"])
def test_the_order_stands_where_its_kind_says(drawn: Set, kind: str) -> None:
    folder, questions = drawn
    found = [one for one in questions if one["kind"] == kind and (folder / "orders" / one["file"]).exists()]
    assert found
    for one in found:
        order = "".join(one["order"].split())
        with pymupdf.open(folder / "orders" / one["file"]) as document:
            page = document[0]
            assert (order in _text(folder / "orders" / one["file"])) == (kind in ("visible", "white", "tiny", "table"))
            assert (one["order"] in document.metadata["title"]) == (kind == "metadata")
            assert bool(page.get_images()) == (kind == "picture")
            sizes = [
                (span["size"], span["color"])
                for block in page.get_text("dict")["blocks"]
                for line in block.get("lines", ())
                for span in line["spans"]
            ]
            assert any(size < 2 for size, _ in sizes) == (kind == "tiny")
            assert any(colour == 0xFFFFFF for _, colour in sizes) == (kind == "white")
            assert (one["order"] in one["file"]) == (kind == "file name")
            page.set_mediabox(pymupdf.Rect(0, -600, 595, 842))
            assert (order in "".join(page.get_text().split())) == (
                kind in ("visible", "white", "tiny", "table", "off page")
            )
