"""The sets on looks: whole, known classes, pages that exist, and the draw that the README states."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from script_modules import load_script

from mmrag.evaluation import read_questions

ROOT = Path(__file__).resolve().parents[1]
LOOKS = ROOT / "tests" / "data" / "looks"
TUNING = ROOT / "tests" / "data" / "looks_tuning"
SHARED = ROOT.parent / "shared" / "data"
CLASSES = ("bar chart", "line chart", "pie chart", "table", "diagram", "photo", "text", "form")
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the development data (../shared/data) is not here")


def regions(folder: Path = LOOKS) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "regions.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_region_is_labelled_once_with_a_known_class() -> None:
    lines = regions()
    assert len({line["id"] for line in lines}) == len(lines) >= 150
    for line in lines:
        assert line["label"] in (*CLASSES, "other")
        assert line["label"] not in line["also"]
        assert set(line["also"]) <= {*CLASSES, "other"}
        assert bool(line.get("reason")) == ("other" in (line["label"], *line["also"]))
    assert {line["label"] for line in lines} == {*CLASSES, "other"}


def test_boxes_lie_on_the_page_and_each_page_has_its_whole_page_region() -> None:
    lines = regions()
    for line in lines:
        left, top, right, bottom = line["box"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
    whole = Counter((line["file"], line["page"]) for line in lines if line["kind"] == "page")
    assert set(whole.values()) == {1}
    assert set(whole) == {(line["file"], line["page"]) for line in lines}


def test_readme_states_the_counts_of_the_file() -> None:
    readme = (LOOKS / "README.md").read_text(encoding="utf-8")
    counts = Counter(line["label"] for line in regions())
    seen = Counter(line["label"] for line in regions() if line["kind"] != "passage")
    for label, count in counts.items():
        assert f"| {label} | {count} | {seen[label]} |" in readme


def test_half_of_the_questions_are_korean() -> None:
    questions = read_questions(LOOKS / "questions.jsonl")
    korean = [question for question in questions if any("가" <= letter <= "힣" for letter in question.question)]
    assert len(questions) >= 32
    assert len(korean) * 2 == len(questions)
    assert all(question.gold for question in questions)


def test_the_questions_for_tuning_share_no_gold_page_with_those_for_reporting() -> None:
    tuning = read_questions(TUNING / "questions.jsonl")
    korean = [question for question in tuning if any("가" <= letter <= "힣" for letter in question.question)]
    assert len(korean) * 2 == len(tuning) >= 30
    assert all(question.gold for question in tuning)
    assert len({question.question for question in tuning}) == len(tuning)
    gold = {page for question in tuning for page in question.gold}
    assert len(gold) == sum(len(question.gold) for question in tuning)
    assert not gold & {page for question in read_questions(LOOKS / "questions.jsonl") for page in question.gold}


def test_readme_of_the_questions_for_tuning_states_their_kinds() -> None:
    readme = (TUNING / "README.md").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in (TUNING / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    kinds = Counter((line["kind"], line["language"]) for line in lines)
    for kind in {line["kind"] for line in lines}:
        english, korean = kinds[kind, "en"], kinds[kind, "ko"]
        assert f"| {kind} | {english} | {korean} | {english + korean} |" in readme


def test_the_regions_for_tuning_lie_on_no_page_of_those_for_reporting() -> None:
    lines = regions(TUNING)
    assert len({line["id"] for line in lines}) == len(lines)
    assert not {(line["file"], line["page"]) for line in lines} & {(line["file"], line["page"]) for line in regions()}
    for line in lines:
        left, top, right, bottom = line["box"]
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert line["label"] in {*CLASSES, "other"} - set(line["also"])
        assert bool(line.get("reason")) == ("other" in (line["label"], *line["also"]))
    gold = {page for question in read_questions(LOOKS / "questions.jsonl") for page in question.gold}
    assert not gold & {(Path(line["file"]).name, line["page"]) for line in lines}


def test_readme_states_the_counts_of_the_regions_for_tuning() -> None:
    readme = (TUNING / "README.md").read_text(encoding="utf-8")
    counts = Counter(line["label"] for line in regions(TUNING))
    seen = Counter(line["label"] for line in regions(TUNING) if line["kind"] != "passage")
    for label in (*CLASSES, "other"):
        assert f"| {label} | {counts[label]} | {seen[label]} |" in readme


@needs_data
def test_the_draw_for_tuning_leaves_the_given_pages_out(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_script("draw_look_pages")
    monkeypatch.setattr(
        module, "TUNING_STRATA", {"plain": (2, 1), "figure": (0, 0), "picture": (0, 0), "table": (0, 0)}
    )
    plain = {(line["file"], line["page"]) for line in regions() if line["stratum"] == "plain"}
    drawn = list(module.lines(SHARED, plain))
    assert {line["stratum"] for line in drawn} == {"plain"}
    assert len({(line["file"], line["page"]) for line in drawn} - plain) == 2


@needs_data
def test_the_sets_for_tuning_hold_no_gold_page_of_docqa_azure() -> None:
    asked = read_questions(SHARED / "docqa_azure" / "questions.jsonl")
    azure = {page for question in asked for page in question.gold}
    assert azure
    assert not azure & {page for question in read_questions(TUNING / "questions.jsonl") for page in question.gold}
    assert not azure & {(Path(line["file"]).name, line["page"]) for line in regions(TUNING)}


@needs_data
@pytest.mark.parametrize("folder", [LOOKS, TUNING], ids=lambda folder: folder.name)
def test_gold_pages_exist_under_one_name_each(folder: Path) -> None:
    import pymupdf

    files: dict[str, list[Path]] = {}
    for file in SHARED.rglob("*.pdf"):
        files.setdefault(unicodedata.normalize("NFC", file.name), []).append(file)
    for question in read_questions(folder / "questions.jsonl"):
        for name, page in question.gold:
            (file,) = files[name]
            with pymupdf.open(file) as document:
                assert page <= document.page_count


@needs_data
def test_the_order_of_the_draw_is_that_of_the_seed() -> None:
    module = load_script("draw_look_pages")
    place = {(name, number): order for order, name, number in module.pages(SHARED)}
    lines = regions()
    drawn = list(dict.fromkeys((line["file"], line["page"]) for line in lines))
    assert [place[key] for key in drawn] == sorted(place[key] for key in drawn)
    of = {(line["file"], line["page"]): line["stratum"] for line in lines}
    for stratum, (wanted, limit) in module.STRATA.items():
        taken = Counter(file for (file, _), own in of.items() if own == stratum)
        assert sum(taken.values()) <= wanted
        assert max(taken.values()) <= limit


@needs_data
@pytest.mark.slow
def test_the_draw_gives_the_labelled_regions_again() -> None:
    """Not all of them for ever: the labels stay as they are when mmrag learns to cut pages better."""
    fields = ("file", "page", "kind", "box")
    drawn = {json.dumps([line[field] for field in fields]) for line in load_script("draw_look_pages").lines(SHARED)}
    again = [json.dumps([line[field] for field in fields]) in drawn for line in regions()]
    assert sum(again) > 0.9 * len(again)
