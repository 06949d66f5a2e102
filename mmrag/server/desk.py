"""What the requests of one server share: the corpora, the catalog, the lines to wait in, the drawing processes.

One thread answers, so that one model runs at a time and nothing here uses MuPDF twice at once; pages are drawn by
processes. Knows no HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmrag import llms
from mmrag.catalog import Catalog, CatalogSummary
from mmrag.chat import Exchange, resolve
from mmrag.corpus import Corpus
from mmrag.corpus.given_models import use_llm
from mmrag.server.lines import Line
from mmrag.server.pictures import PageIds, Painters
from mmrag.server.settings import Limits
from mmrag.server.updating import Updating
from mmrag.types import Answer, AnswerEvent, Claim, Evidence, Filters

__all__ = ["Answered", "Asked", "Desk", "exchanges"]

PAINTERS = 2
READERS = 4
_SUMMARY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came. `conversation` None begins a new one unless there is a `history`, which keeps nothing."""

    question: str
    conversation: str | None = None
    k: int | None = None
    max_risk: float | None = None
    filters: Filters | None = None
    history: tuple[Exchange, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and how its question was understood. `unsaved` says why the turn could not be kept."""

    answer: Answer
    seconds: float
    conversation: str | None = None
    turn: int | None = None
    follows: bool = False
    how: str = ""
    dropped: tuple[str, ...] = ()
    unsaved: str = ""


class Desk:
    """Opens what is needed when it is first needed. `settings` are those of `Corpus`; close it at the end."""

    def __init__(self, index: str | Path | None, settings: Mapping[str, Any], limits: Limits) -> None:
        self._index = index
        self._settings = {name: value for name, value in settings.items() if value is not None}
        self._corpus = self._open_corpus()
        # A model may take a minute over an answer, and the lock of a corpus is held as long: a search must not wait.
        self._searching = self._open_corpus() if self.llm else self._corpus
        self._catalog: Catalog | None = None
        self._lock = threading.Lock()
        self._summary: tuple[float, CatalogSummary] | None = None
        self._turn: object = None
        self._called_off = threading.Event()
        self._closing = False
        self._has_model = not self.llm
        self.ids = PageIds()
        self.updating = Updating(self._open_corpus)
        self.answers = Line("answer", 1, limits.answers)
        self.searches = Line("search", 1, limits.searches)
        self.pictures = Line("picture", PAINTERS, limits.pictures)
        self.reads = Line("read", READERS, limits.searches)
        self.painters = Painters(limits.picture_seconds)
        self._together = threading.Barrier(PAINTERS)

    @property
    def folder(self) -> Path:
        """Where the index is."""
        return self._corpus.folder

    @property
    def llm(self) -> str:
        """The language model of the settings, "" for none; without what follows its name, which may hold a secret."""
        name = self._corpus.config.llm.strip()
        return "" if name == "none" else name.partition("@")[0]

    @property
    def profile(self) -> str:
        """The profile of the index."""
        return self._corpus.config.profile

    def warm(self) -> None:
        """Have the slow parts loaded before somebody waits for them; what fails will be told to who asks first."""

        def warmed() -> None:
            self._together.wait(timeout=60)  # else one thread would do both
            self.painters.warm()

        for _ in range(PAINTERS):
            self.pictures.enter(warmed)

    def close(self) -> None:
        """Stop a run of indexing at its next step, and let go of everything."""
        for line in (self.answers, self.searches, self.pictures, self.reads):
            line.close()
        self._closing = True
        self._called_off.set()
        self._together.abort()
        self.painters.close()
        self.updating.stop(wait=30.0)
        with self._lock:
            if self._catalog is not None:
                self._catalog.close()
                self._catalog = None

    def catalog(self) -> Catalog:
        """The catalog, to read, and to delete conversations. Raises `NothingIndexed`."""
        with self._lock:
            if self._catalog is None:
                self._catalog = Catalog.open(self._corpus.config.catalog or self.folder / "catalog.db")
            return self._catalog

    def summary(self) -> CatalogSummary:
        """What the catalog holds, at most a second old. Raises `NothingIndexed`."""
        known = self._summary
        if known is not None and time.monotonic() - known[0] < _SUMMARY_SECONDS:
            return known[1]
        found = self.catalog().summary()
        self._summary = (time.monotonic(), found)
        return found

    def search(self, question: str, k: int, filters: Filters | None) -> list[Evidence]:
        """As `Corpus.search`."""
        return self._searching.search(question, k, filters)

    def verify(self, claim: str, evidence: str | None) -> tuple[Claim, float]:
        """As `Corpus.verify` with a text or nothing as evidence: a path would open any file to whoever asks."""
        start = time.perf_counter()
        with self._turn_of(None):
            found = self._corpus.verify(claim, evidence)
        return found, time.perf_counter() - start

    def answer(self, asked: Asked, tell: Callable[[AnswerEvent], None], owner: object = None) -> Answered:
        """The checked answer, kept as a turn of its conversation; raises what `Corpus.ask` raises.

        `owner` is whoever may call it off.
        """
        start = time.perf_counter()
        options: dict[str, Any] = {"filters": asked.filters, "max_risk": asked.max_risk, "progress": tell}
        if asked.k is not None:
            options["k"] = asked.k
        with self._turn_of(owner):
            if asked.history is not None and asked.conversation is None:
                found = resolve(asked.question, asked.history)
                answer = self._corpus.ask(found.question, **options)
                return Answered(answer, time.perf_counter() - start, follows=found.follows, how=found.how)
            chat = self._corpus.chat(asked.conversation)
            answer = chat.ask(asked.question, **options)
        seconds = time.perf_counter() - start
        how = chat.resolution
        return Answered(
            answer, seconds, chat.name, len(chat.turns), how.follows, how.how, tuple(chat.dropped), chat.unsaved
        )

    def call_off(self, owner: object) -> None:
        """Stop the language model where it works for this owner."""
        with self._lock:
            if self._turn is owner:
                self._called_off.set()

    @contextmanager
    def _turn_of(self, owner: object) -> Iterator[None]:
        """While the answering thread works for somebody."""
        with self._lock:
            self._turn = owner
            if not self._closing:
                self._called_off.clear()
        try:
            if not self._has_model:
                self._load_model()
            yield
        finally:
            with self._lock:
                self._turn = None

    def _load_model(self) -> None:
        """The model of the settings, made so that it can be interrupted in the middle of an answer."""
        config = self._corpus.config
        use_llm(self._corpus, llms.load(config.llm, config.device, options=llms.Options(cancel=self._called_off)))
        self._has_model = True

    def _open_corpus(self) -> Corpus:
        return Corpus(self._index, **self._settings)


def exchanges(messages: Sequence[tuple[str, str]]) -> tuple[Exchange, ...]:
    """What was said before, from (role, text) pairs: each question with the answer behind it."""
    found: list[Exchange] = []
    for role, text in messages:
        if role == "user":
            found.append(Exchange(text))
        elif role == "assistant" and found and not found[-1].answer:
            found[-1] = Exchange(found[-1].question, text)
    return tuple(found)
