"""The demo: copy a small sample folder, index it, search it, ask it, check a claim, and show what comes out.

Knows neither models nor files' formats; it does what a user would do, through `mmrag.corpus`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from mmrag.config import expanded
from mmrag.display import (
    answer_json,
    answer_view,
    clean,
    report_json,
    report_view,
    search_json,
    search_view,
    shorten,
    spot_picture,
    spots,
    verdict_view,
    verify_json,
)
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType

    from mmrag.corpus import Corpus
    from mmrag.types import Answer, IndexReport, Progress

Notify: TypeAlias = "Callable[[Progress], None]"
Draw: TypeAlias = "Callable[[Image], bool]"
"""Draws a picture for the user to see, and says whether that was possible."""

__all__ = ["ASKED", "FALSE_CLAIM", "QUESTIONS", "Question", "copy_samples", "run"]


@dataclass(frozen=True, slots=True)
class Question:
    """One search of the tour: what it shows, and the file that answers it."""

    text: str
    shows: str
    answer_in: str


QUESTIONS = (
    Question("chart of quarterly revenue", "a chart", "annual-report-2025.pdf"),
    Question("monthly fee for maintaining the river probes", "a scan", "maintenance-agreement-scan.pdf"),
    Question("turbidity alarm Nakdong bridge", "text in a screenshot", "console-screenshot.png"),
)
ASKED = (
    Question("What was the operating margin in 2025?", "a fact in a report", "annual-report-2025.pdf"),
    Question("강릉으로 이사하는 직원의 정착 지원금은 얼마인가요?", "Korean", "직원안내서-2026.pdf"),
    Question("What was the operating margin in 2018?", "not in these files", ""),
)
FALSE_CLAIM = "Revenue rose by 28.0 % to KRW 48.6 billion in 2025."
"""The report says 18.0 %."""

_MADE_BY = "mmrag demo"


def run(
    folder: str | os.PathLike[str],
    show: Callable[[RenderableType], None],
    progress: Callable[[], AbstractContextManager[Notify | None]] = nullcontext,
    draw: Draw | None = None,
) -> dict[str, Any]:
    """Give the tour in `folder`, showing each step; returns all of it as plain values.

    `progress` gives a context that shows how indexing goes while it is open; `draw` shows a picture where that is
    possible. Raises `UsageError` where a file of the user's is in the way; none is ever overwritten.
    """
    from rich.text import Text

    home = expanded(folder)
    documents, index = home / "documents", home / "index"
    count = copy_samples(documents)
    show(Text.assemble(("Sample folder: ", "bold"), f"{shorten(documents)} ({count} files)"))
    with progress() as notify:
        corpus, report = _index(documents, index, notify)
    with corpus:
        show(report_view(report, guide=False))
        show("")
        searches = [_search(corpus, question, show) for question in QUESTIONS]
        answers = []
        picture = ""
        for question in ASKED:
            answer, found = _ask(corpus, question, show)
            answers.append(found)
            if not picture:
                picture = _picture(corpus, answer, home / "answer.png", show, draw)
        verdict = _check(corpus, show)
    show(_next_steps(home))
    result = {"folder": clean(str(home)), "index": report_json(report), "searches": searches}
    return {**result, "answers": answers, "verdict": verdict, "picture": picture}


def _head(word: str, text: str, shows: str) -> RenderableType:
    from rich.text import Text

    return Text.assemble((f"{word}: ", "bold magenta"), (text, "bold"), (f"   ({shows})", "dim"))


def _search(corpus: Corpus, question: Question, show: Callable[[RenderableType], None]) -> dict[str, Any]:
    hits = corpus.search(question.text, k=3)
    show(_head("Search", question.text, question.shows))
    show(search_view(question.text, hits[:1]))
    return {**search_json(question.text, hits), "expected": question.answer_in}


def _ask(corpus: Corpus, question: Question, show: Callable[[RenderableType], None]) -> tuple[Answer, dict[str, Any]]:
    show(_head("Ask", question.text, question.shows))
    start = time.perf_counter()
    answer = corpus.ask(question.text)
    seconds = time.perf_counter() - start
    show(answer_view(answer, seconds))
    show("")
    return answer, {**answer_json(answer, seconds), "expected": question.answer_in}


def _check(corpus: Corpus, show: Callable[[RenderableType], None]) -> dict[str, Any]:
    """Verify a claim that is wrong in one number, as every claim of a draft is verified before it is shown."""
    from rich.text import Text

    show(Text.assemble(("Check: ", "bold magenta"), ("what if a draft had one number wrong?", "bold")))
    start = time.perf_counter()
    claim = corpus.verify(FALSE_CLAIM)
    seconds = time.perf_counter() - start
    show(verdict_view(claim, seconds, drafted=True))
    show("")
    return verify_json(claim, seconds)


def _picture(
    corpus: Corpus, answer: Answer, file: Path, show: Callable[[RenderableType], None], draw: Draw | None
) -> str:
    """Draw the cited page with its box, and save it; returns the file, "" where nothing is cited."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo
    from rich.text import Text

    cited = spots(answer.claims, answer.evidence)
    if not cited:
        return ""
    image = spot_picture(cited[0], corpus.crop)
    if draw is not None:
        draw(image)
    if os.path.lexists(file):
        try:
            with Image.open(file) as old:
                ours = old.info.get("Software") == _MADE_BY
        except OSError:
            ours = False
        if not ours:
            raise UsageError(f"{file} is there and is not a picture of the demo", "Use --folder NEW_FOLDER.")
    note = PngInfo()
    note.add_text("Software", _MADE_BY)
    image.save(file, pnginfo=note)
    show(Text.assemble(("The page with the spot marked: ", "bold"), shorten(file)))
    show("")
    return clean(str(file))


def _samples(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, Traversable]]:
    """Relative names and files of the samples, without the note on their making."""
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.is_dir():
            yield from _samples(entry, f"{prefix}{entry.name}/")
        elif entry.name not in ("README.md", "__init__.py"):
            yield f"{prefix}{entry.name}", entry


def copy_samples(folder: str | os.PathLike[str]) -> int:
    """Copy the sample documents to a folder, which need not be there; returns how many files they are.

    A file that is there already stays, and has to be the sample itself: raises `UsageError`.
    """
    target = expanded(folder)
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
    corpus = Corpus(index, profile="offline", text="none")
    return corpus, corpus.index(documents, progress=notify)


def _next_steps(home: Path) -> RenderableType:
    from rich.text import Text

    lines = ("mmrag index ~/Documents", 'mmrag ask "what you want to know"', "mmrag chat")
    text = Text("Now your own folder:\n", "bold")
    text.append("".join(f"    {line}\n" for line in lines), "not bold cyan")
    text.append(f"The sample folder can be deleted: {shorten(home)}", "not bold dim")
    return text
