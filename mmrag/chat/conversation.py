"""`Chat`: one conversation. Makes follow-ups whole, carries evidence, asks, and keeps what was said in the catalog.

It is given what it calls and knows neither how evidence is found nor how an answer is checked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from mmrag.catalog import ConversationRecord, TurnCitation, TurnClaim, TurnEvidence, TurnRecord
from mmrag.chat.carrying import Carried, RegionSource, carry
from mmrag.chat.resolving import Exchange, Resolution, resolve
from mmrag.chat.rewriting import rewrite
from mmrag.errors import IndexBusy, StorageFull, UsageError
from mmrag.protocols import VisionLLM
from mmrag.types import Answer, Citation, Claim, Document, Evidence, Region, Verdict

__all__ = ["Ask", "Chat", "TurnStore"]

_MISSING = "(no longer in the index)"


class Ask(Protocol):
    """What answers one complete question."""

    def __call__(self, question: str, *, carried: Sequence[Evidence], **options: Any) -> Answer:
        """A checked answer. `carried` is evidence of earlier turns: looked at beside what a search finds, and checked
        as that is; see `mmrag.chat.merged`.
        """


class TurnStore(RegionSource, Protocol):
    """Where conversations are kept: the catalog."""

    def add_turn(self, conversation: str, turn: TurnRecord) -> int:
        """Keep a turn; raises `IndexBusy`, `StorageFull`."""

    def turns(self, conversation: str) -> list[TurnRecord]:
        """The turns of a conversation, oldest first."""

    def conversations(self, limit: int | None = None) -> list[ConversationRecord]:
        """Conversations, the one last spoken in first."""


class Chat:
    """One conversation over an index: new, or with the name of one that is there, continued.

    `turns` are what was said, oldest first. After each question `resolution` tells how it was understood, `dropped`
    which evidence of earlier turns no longer holds, and `unsaved` why the turn could not be kept ("" where it was).
    `llm` may rewrite a follow-up that rules cannot make whole; its words are checked, see `mmrag.chat.rewriting`.
    """

    def __init__(
        self, ask: Ask, store: TurnStore, conversation: str | None = None, llm: VisionLLM | None = None
    ) -> None:
        self._ask = ask
        self._store = store
        self._llm = llm
        self.name = conversation or new_name()
        self.turns: list[TurnRecord] = list(store.turns(conversation)) if conversation else []
        self.resolution = Resolution("")
        self.dropped: tuple[str, ...] = ()
        self.unsaved = ""

    def ask(self, question: str, **options: Any) -> Answer:
        """The checked answer to a question or follow-up; its `question` is the complete one. `options` go to `ask`.

        Raises what `ask` raises, and `UsageError` for an empty question.
        """
        if not question.strip():
            raise UsageError("the question is empty", "Write what you want to know.")
        self.resolution = self.understand(question)
        carried = carry(self.turns, self._store) if self.resolution.follows else Carried()
        self.dropped = carried.dropped
        answer = self._ask(self.resolution.question, carried=carried.evidence, **options)
        self._keep(question, answer)
        return answer

    def understand(self, question: str) -> Resolution:
        """The complete question that a question means here; asks and keeps nothing."""
        history = [Exchange(turn.question, turn.answer or "") for turn in self.turns]
        found = resolve(question, history)
        if self._llm is not None and history and not found.follows:
            return rewrite(question, history, self._llm) or found
        return found

    def answer_of(self, turn: TurnRecord) -> Answer:
        """A turn as the answer that it was: its verdicts of then, on regions as far as the index still has them."""
        ids = {one.region for claim in turn.claims for one in claim.citations} | {one.region for one in turn.evidence}
        return restored(turn, self._store.regions(ids))

    def _keep(self, asked: str, answer: Answer) -> None:
        turn = record(asked, self.resolution, answer)
        self.turns.append(turn)
        try:
            self._store.add_turn(self.name, turn)
            self.unsaved = ""
        except (IndexBusy, StorageFull) as error:  # the conversation goes on in memory
            self.unsaved = error.message


def new_name() -> str:
    """A name for a conversation: when it began, and four letters that keep two of one second apart."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def restored(turn: TurnRecord, regions: Mapping[int, Region]) -> Answer:
    """A kept turn as an answer; what is no longer in the index stands on a file with no name of its own."""

    def place(kept: TurnCitation | TurnEvidence) -> Region:
        region = regions.get(kept.region)
        if region is not None and (region.document.id, region.page) == (kept.document, kept.page):
            return region
        return Region(kept.region, Document(kept.document, Path(_MISSING), kept.page), kept.page)

    claims = tuple(
        Claim(
            claim.text,
            Verdict(
                claim.label,
                claim.probability,
                claim.reason,
                tuple(Citation(place(spot), spot.box, spot.quote) for spot in claim.citations),
            ),
        )
        for claim in turn.claims
    )
    evidence = tuple(Evidence(item.label, place(item), 0.0) for item in turn.evidence)
    return Answer(turn.question, turn.answer, turn.reason, claims, evidence)


def record(asked: str, resolution: Resolution, answer: Answer) -> TurnRecord:
    """A turn as it is kept: verdicts as they were, places instead of pictures and texts."""
    claims = tuple(
        TurnClaim(
            claim.text,
            claim.verdict.label,
            claim.verdict.probability,
            claim.verdict.reason,
            tuple(
                TurnCitation(spot.region.id, spot.region.document.id, spot.region.page, spot.box, spot.quote)
                for spot in claim.verdict.citations
            ),
        )
        for claim in answer.claims
    )
    evidence = tuple(
        TurnEvidence(item.label, item.region.id, item.region.document.id, item.region.page) for item in answer.evidence
    )
    now = datetime.now(timezone.utc)
    return TurnRecord(
        asked.strip(), resolution.question, resolution.how, answer.text, answer.reason, claims, evidence, now
    )
