"""Conversations: what was asked, how it was understood, what was answered, and the evidence by place on its page.

Holds what was said then. Whether it still holds is not known here: a document may have changed since, so evidence is
kept as document, page and region, to be looked up and checked again. An index written before conversations were kept
has no table for them; the first turn makes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.engine import URL

from mmrag.catalog.engine import REBUILD, is_there, translated
from mmrag.catalog.packing import storable
from mmrag.catalog.records import microseconds, moment
from mmrag.catalog.schema import turns
from mmrag.errors import IndexDamaged
from mmrag.types import Box, Label

__all__ = [
    "ConversationRecord",
    "TurnCitation",
    "TurnClaim",
    "TurnEvidence",
    "TurnRecord",
    "TurnTable",
    "turn_problems",
]


@dataclass(frozen=True, slots=True)
class TurnEvidence:
    """A region that an answer looked at: its id then, its document (sha256, hex) and page, and its label ("E1")."""

    label: str
    region: int
    document: str
    page: int


@dataclass(frozen=True, slots=True)
class TurnCitation:
    """The spot that carried a claim; `box` is None where no rectangle was known."""

    region: int
    document: str
    page: int
    box: Box | None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class TurnClaim:
    """A claim with the verdict that it was given then; never to be taken over without a new check."""

    text: str
    label: Label
    probability: float
    reason: str = ""
    citations: tuple[TurnCitation, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One question of a conversation and what became of it.

    `asked` is what was typed, `question` the complete question that it was understood as, `how` says in words why.
    `answer` is None where it was refused, `reason` then says why. `time` is UTC.
    """

    asked: str
    question: str
    how: str
    answer: str | None
    reason: str
    claims: tuple[TurnClaim, ...]
    evidence: tuple[TurnEvidence, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class ConversationRecord:
    """One line of a list of conversations: its name, first question, number of turns, first and last time (UTC)."""

    name: str
    title: str
    turns: int
    started: datetime
    last: datetime


class TurnTable:
    """Conversations in the catalog. Writing a turn changes nothing that is searchable, so no generation is raised."""

    _url: URL

    def _read(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def add_turn(self, conversation: str, turn: TurnRecord) -> int:
        """Keep a turn at the end of a conversation, which need not be there yet; returns its number, from 1.

        Raises `ValueError` for an empty name, `IndexBusy`, `StorageFull`.
        """
        name = storable(conversation)
        if not name:
            raise ValueError("a conversation needs a name")
        with translated(self._url), self._writing() as connection:
            turns.create(connection, checkfirst=True)
            last = select(func.max(turns.c.number)).where(turns.c.conversation == name)
            number = (connection.execute(last).scalar() or 0) + 1
            values = {"conversation": name, "number": number, **_values(turn)}
            connection.execute(insert(turns).values(**values, checksum=_checksum(values)))
        return int(number)

    def turns(self, conversation: str) -> list[TurnRecord]:
        """The turns of a conversation, oldest first; [] for one that is not there. Raises `IndexDamaged`."""
        query = select(turns).where(turns.c.conversation == storable(conversation)).order_by(turns.c.number)
        with self._read() as connection:
            return [_turn(row) for row in connection.execute(query)] if is_there(connection, turns) else []

    def conversations(self, limit: int | None = None) -> list[ConversationRecord]:
        """Every conversation, the one last spoken in first; at most `limit`."""
        own, when = turns.alias(), turns.c.time_us
        first = select(func.min(own.c.number)).where(own.c.conversation == turns.c.conversation).scalar_subquery()
        begun = select(turns.c.conversation, turns.c.question).where(turns.c.number == first).subquery()
        query = (
            select(turns.c.conversation, begun.c.question, func.count(), func.min(when), func.max(when))
            .join(begun, begun.c.conversation == turns.c.conversation)
            .group_by(turns.c.conversation, begun.c.question)
            .order_by(func.max(when).desc(), turns.c.conversation)
            .limit(limit)
        )
        with self._read() as connection:
            rows = connection.execute(query).all() if is_there(connection, turns) else []
        return [
            ConversationRecord(name, title, count, moment(begin * 1000), moment(end * 1000))
            for name, title, count, begin, end in rows
        ]

    def forget_conversation(self, conversation: str) -> int:
        """Delete a conversation; returns how many turns it had."""
        with translated(self._url), self._writing() as connection:
            if not is_there(connection, turns):
                return 0
            rows = delete(turns).where(turns.c.conversation == storable(conversation))
            return int(connection.execute(rows).rowcount)


def turn_problems(connection: Connection) -> Iterator[str]:
    """One line for each turn that is not what was written."""
    if is_there(connection, turns):
        for row in connection.execute(select(turns)):
            try:
                _turn(row)
            except IndexDamaged as error:
                yield error.message


def _values(turn: TurnRecord) -> dict[str, Any]:
    claims = [
        [claim.text, claim.label, claim.probability, claim.reason, [_spot(spot) for spot in claim.citations]]
        for claim in turn.claims
    ]
    evidence = [[item.label, item.region, item.document, item.page] for item in turn.evidence]
    return {
        "asked": storable(turn.asked),
        "question": storable(turn.question),
        "how": storable(turn.how),
        "answer": None if turn.answer is None else storable(turn.answer),
        "reason": storable(turn.reason),
        "claims": storable(json.dumps(claims, ensure_ascii=False)),
        "evidence": storable(json.dumps(evidence, ensure_ascii=False)),
        "time_us": microseconds(turn.time),
    }


def _spot(citation: TurnCitation) -> list[Any]:
    box = citation.box
    edges = None if box is None else [box.left, box.top, box.right, box.bottom]
    return [citation.region, citation.document, citation.page, edges, citation.quote]


def _checksum(values: dict[str, Any]) -> bytes:
    """BLAKE2b of 8 bytes over all of a turn, as regions have one: a flipped bit would be quoted as an answer."""
    parts = json.dumps([values[column.name] for column in turns.c if column.name != "checksum"])
    return hashlib.blake2b(parts.encode(), digest_size=8).digest()


def _turn(row: Row[Any]) -> TurnRecord:
    values = dict(row._mapping)
    where = f"turn {row.number} of the conversation {row.conversation!r}"
    try:
        if _checksum(values) != bytes(row.checksum):
            raise IndexDamaged(f"{where} is damaged", REBUILD)
        claims = tuple(_claim(item) for item in json.loads(row.claims))
        evidence = tuple(TurnEvidence(*item) for item in json.loads(row.evidence))
    except (TypeError, ValueError) as error:  # SQLite may find any type in a damaged row
        raise IndexDamaged(f"{where} is damaged", REBUILD) from error
    return TurnRecord(
        row.asked, row.question, row.how, row.answer, row.reason, claims, evidence, moment(row.time_us * 1000)
    )


def _claim(item: Sequence[Any]) -> TurnClaim:
    text, label, probability, reason, spots = item
    citations = tuple(
        TurnCitation(region, document, page, None if edges is None else Box(*edges), quote)
        for region, document, page, edges, quote in spots
    )
    return TurnClaim(text, cast(Label, label), probability, reason, citations)
