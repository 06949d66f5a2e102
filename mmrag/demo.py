"""The demo: copy a small sample folder, index it for real, search it, and show what comes out.

Knows neither models nor files' formats; it does what a user would do, through `mmrag.corpus`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mmrag.config import expanded
from mmrag.display import clean, report_json, report_view, search_json, search_view, shorten
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from mmrag.corpus import Corpus
    from mmrag.types import IndexReport, Progress

Notify: TypeAlias = "Callable[[Progress], None]"

__all__ = ["QUESTIONS", "Question", "run"]


@dataclass(frozen=True, slots=True)
class Question:
    """One search of the tour: what it shows, and the file that answers it."""

    text: str
    shows: str
    answer_in: str


QUESTIONS = (
    Question("What was the operating margin in 2025?", "a fact in a report", "annual-report-2025.pdf"),
    Question("chart of quarterly revenue", "a chart", "annual-report-2025.pdf"),
    Question("일본 출장 숙박비 한도는 얼마인가요?", "a Korean table", "직원안내서-2026.pdf"),
    Question("monthly fee for maintaining the river probes", "a scan", "maintenance-agreement-scan.pdf"),
    Question("turbidity alarm Nakdong bridge", "text in a screenshot", "console-screenshot.png"),
)


def run(
    folder: str | os.PathLike[str],
    show: Callable[[RenderableType], None],
    progress: Callable[[], AbstractContextManager[Notify | None]] = nullcontext,
) -> dict[str, Any]:
    """Give the tour in `folder`, showing each step; returns all of it as plain values.

    `progress` gives a context that shows how indexing goes while it is open. Raises `UsageError` where a file of
    the user's is in the way; nothing is ever overwritten.
    """
    from rich.text import Text

    home = expanded(folder)
    documents, index = home / "documents", home / "index"
    count = _copy(documents)
    show(Text.assemble(("Sample folder: ", "bold"), f"{shorten(documents)} ({count} files)"))
    with progress() as notify:
        corpus, report = _index(documents, index, notify)
    with corpus:
        show(report_view(report, guide=False))
        show("")
        searches = []
        for question in QUESTIONS:
            hits = corpus.search(question.text, k=3)
            show(Text.assemble(("Search: ", "bold"), (question.text, "bold"), (f"   ({question.shows})", "dim")))
            show(search_view(question.text, hits[:1]))
            searches.append({**search_json(question.text, hits), "expected": question.answer_in})
    show(_next_steps(home))
    return {"folder": clean(str(home)), "index": report_json(report), "searches": searches}


def _samples(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Relative names and files of the samples, without the note on their making."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _samples(entry, f"{prefix}{entry.name}/")
        elif entry.name not in ("README.md", "__init__.py"):
            yield f"{prefix}{entry.name}", entry


def _copy(target: Path) -> int:
    """Copy the samples; a file that is there already stays, and has to be the sample itself."""
    wanted = list(_samples(resources.files("mmrag") / "samples"))
    for name, source in wanted:
        file = target / name
        if os.path.lexists(file):
            if not file.is_file() or file.read_bytes() != source.read_bytes():
                raise UsageError(f"{file} is there and is not the sample file", "Use --folder NEW_FOLDER.")
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as stream:  # x: never over a file that appeared meanwhile
            stream.write(source.read_bytes())
    return len(wanted)


def _index(documents: Path, index: Path, notify: Notify | None) -> tuple[Corpus, IndexReport]:
    """Index with the offline profile; without its text model, with what works without any."""
    from mmrag.corpus import Corpus

    corpus = Corpus(index, profile="offline")
    try:
        return corpus, corpus.index(documents, progress=notify)
    except (MissingExtra, ModelUnavailable):
        corpus.close()
    corpus = Corpus(index, profile="offline", text="none", pixels="none")
    return corpus, corpus.index(documents, progress=notify)


def _next_steps(home: Path) -> RenderableType:
    from rich.text import Text

    lines = ("mmrag index ~/Documents", 'mmrag search "what you are looking for"', "mmrag status")
    text = Text("Now your own folder:\n", "bold")
    text.append("".join(f"    {line}\n" for line in lines), "not bold cyan")
    text.append(f"The sample folder can be deleted: {shorten(home)}", "not bold dim")
    return text
