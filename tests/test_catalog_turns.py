"""Conversations in the catalog, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from catalog_build import add, scratch_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_server import NoServer, running_server

from mmrag.catalog import Catalog, TurnCitation, TurnClaim, TurnEvidence, TurnRecord
from mmrag.errors import IndexDamaged
from mmrag.types import Box

_numbers = itertools.count()
NOON = datetime(2026, 3, 5, 12, 0, 0, 123456, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    pytest.importorskip("psycopg")
    try:
        with running_server() as address:
            yield address
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    if request.param == "sqlite":
        with Catalog.open(tmp_path / "catalog.db", create=True) as opened:
            yield opened
    else:
        with (
            scratch_schema(request.getfixturevalue("server"), f"turns{next(_numbers)}") as url,
            Catalog.open(url, create=True) as opened,
        ):
            yield opened


def turn(asked: str = "그럼 2분기는?", minutes: int = 0, **fields: object) -> TurnRecord:
    spot = TurnCitation(7, "ab" * 32, 4, Box(0.1, 0.2, 0.3, 0.4), "12.6 % in Q2")
    record = TurnRecord(
        asked,
        "2025년 2분기 영업이익률은 얼마입니까?",
        "1분기 -> 2분기",
        "12.6 %",
        "",
        (
            TurnClaim("2분기: 12.6 %", "supported", 0.97, "states it", (spot, replace(spot, box=None))),
            TurnClaim("was 14 %", "contradicted", 0.02),
        ),
        (TurnEvidence("E1", 7, "ab" * 32, 4),),
        NOON + timedelta(minutes=minutes),
    )
    return replace(record, **fields)  # type: ignore[arg-type]


def test_what_was_said_comes_back_as_it_was(catalog: Catalog) -> None:
    refused = turn("why?", 1, answer=None, reason="nothing states it", claims=(), evidence=())
    assert catalog.add_turn("a", turn()) == 1
    assert catalog.add_turn("a", refused) == 2
    assert catalog.turns("a") == [turn(), refused]
    assert catalog.turns("b") == []
    assert catalog.check() == []


def test_conversations_are_listed_last_spoken_first_and_continued(catalog: Catalog) -> None:
    assert catalog.conversations() == []
    catalog.add_turn("older", turn(question="매출은?", minutes=0))
    catalog.add_turn("newer", turn(question="Who?", minutes=5))
    assert [each.name for each in catalog.conversations()] == ["newer", "older"]
    catalog.add_turn("older", turn(minutes=9))
    first, second = catalog.conversations()
    assert (first.name, first.title, first.turns) == ("older", "매출은?", 2)
    assert (first.started, first.last) == (NOON, NOON + timedelta(minutes=9))
    assert second.name == "newer"
    assert [each.name for each in catalog.conversations(limit=1)] == ["older"]
    assert catalog.forget_conversation("older") == 2
    assert catalog.forget_conversation("older") == 0
    assert [each.name for each in catalog.conversations()] == ["newer"]


def test_a_turn_changes_nothing_that_is_searchable_and_outlives_its_document(catalog: Catalog) -> None:
    with catalog.write() as writer:
        add(writer, "/r/a.pdf", "a")
    generation = catalog.generation()
    catalog.add_turn("a", turn())
    assert catalog.generation() == generation
    with catalog.write() as writer:
        writer.remove_file(b"/r/a.pdf")
        writer.collect()
    assert len(catalog.turns("a")) == 1


def test_an_index_from_before_conversations_opens_and_takes_them(catalog: Catalog) -> None:
    with catalog._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE mmrag_turns")
    assert catalog.conversations() == []
    assert catalog.turns("a") == []
    assert catalog.forget_conversation("a") == 0
    assert catalog.check() == []
    assert catalog.summary().size > 0
    assert catalog.add_turn("a", turn()) == 1
    assert catalog.turns("a") == [turn()]


def test_names_and_texts_that_databases_refuse(catalog: Catalog) -> None:
    catalog.add_turn("a\0b", turn("what?\0 \ud800"))
    assert catalog.turns("a\0b")[0].asked == "what?\ufffd \ufffd"
    with pytest.raises(ValueError, match="name"):
        catalog.add_turn("", turn())


def test_a_turn_that_was_altered_on_disk_is_told_and_never_quoted(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.db", create=True) as catalog:
        catalog.add_turn("a", turn())
    with sqlite3.connect(tmp_path / "catalog.db") as connection:
        connection.execute("UPDATE mmrag_turns SET answer = '99 %'")
    connection.close()
    with Catalog.open(tmp_path / "catalog.db") as catalog:
        with pytest.raises(IndexDamaged, match="turn 1"):
            catalog.turns("a")
        assert len(catalog.check()) == 1


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text(), min_size=4, max_size=4),
    box=st.tuples(*[st.floats(0, 1)] * 4),
    probability=st.floats(0, 1),
)
def test_any_text_is_kept(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], box: tuple[float, ...], probability: float
) -> None:
    spot = TurnCitation(1, "hash", 1, Box(*box), texts[0])
    record = turn(texts[1], answer=texts[2], claims=(TurnClaim(texts[3], "not_found", probability, "", (spot,)),))
    with Catalog.open(tmp_path_factory.mktemp("turns") / "catalog.db", create=True) as catalog:
        catalog.add_turn("a", record)
        (stored,) = catalog.turns("a")
        assert catalog.check() == []
    assert stored.claims[0].probability == probability
    assert stored.claims[0].citations[0].box == Box(*box)
    assert "\0" in texts[1] or stored.asked == texts[1]
