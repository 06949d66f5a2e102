"""`mmrag chat`: questions one after another, each answer checked; a person types them, or a program sends lines.

The loop knows no models: what a follow-up refers to is `Corpus.chat`'s to find out.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import (
    CatalogOption,
    ExamplesOption,
    IndexOption,
    JsonOption,
    LlmOption,
    RiskOption,
    StepsOption,
)
from mmrag.cli.streaming import live_answer

if TYPE_CHECKING:
    from mmrag.chat import Chat
    from mmrag.corpus import Corpus
    from mmrag.types import Answer

__all__ = ["Conversation", "chat", "questions"]

PROMPT = "> "
LONGEST_ECHO = 500
"""Characters of a piped question that are repeated above its answer."""
HELP = (
    ("/sources", "the pages that were looked at for the last answer"),
    ("/show N", "the cited page EN with a box around what is cited; without N, every cited page"),
    ("/history", "what was asked so far, and what came of it"),
    ("/new", "start a new conversation"),
    ("/quit", "leave (or Ctrl-D)"),
)


@app.command("chat", short_help="Ask one thing after another.")
def chat(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    follow: Annotated[bool, typer.Option("--continue", help="Go on with the last conversation.")] = False,
    conversation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--conversation", metavar="NAME", help="Go on with this conversation; --list has the names."),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the conversations that are kept, and leave.")] = False,
    max_risk: RiskOption = None,
    llm: LlmOption = None,
    examples: ExamplesOption = None,
    steps: StepsOption = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask one thing after another; follow-ups such as "and in Q4?" are understood from what was said before.

    Every answer is checked as with `mmrag ask`. /help lists what else can be typed. Where standard input is not a
    terminal, every line of it is a question; with --json, one object a line answers each.
    """
    from mmrag.corpus import Corpus

    with Corpus(index, catalog=catalog, llm=llm, examples=examples, steps=steps) as corpus:
        if listing:
            _list(corpus, as_json)
            return
        talk = Conversation(corpus, max_risk, as_json, _named(corpus, follow, conversation))
        if interactive(as_json):
            _stop_on_sigterm()
            talk.greet()
        for line in questions(as_json):
            if not talk.take(line):
                break


def _named(corpus: Corpus, follow: bool, conversation: str | None) -> str | None:
    """The conversation to go on with, None for a new one; raises `UsageError` where there is none of that name."""
    from mmrag.errors import UsageError

    if not follow and conversation is None:
        return None
    kept = corpus.conversations()
    names = [one.name for one in kept]
    if conversation is None:
        if not names:
            raise UsageError("no conversation is kept in this index", "Leave --continue out to begin one.")
        return names[0]
    if conversation not in names:
        raise UsageError(f"there is no conversation {conversation!r}", "`mmrag chat --list` has the names.")
    return conversation


def _list(corpus: Corpus, as_json: bool) -> None:
    from mmrag.display import conversations_json, conversations_view

    kept = corpus.conversations()
    if as_json:
        output.emit(conversations_json(kept))
    else:
        output.show(conversations_view(kept))


def interactive(as_json: bool = False) -> bool:
    """Whether a person types the questions and reads the answers."""
    return not as_json and sys.stdin.isatty() and sys.stdout.isatty()


def questions(as_json: bool = False) -> Iterator[str]:
    """The lines typed or sent, without blank ones, to the end of the input; Ctrl-C at the prompt ends them too."""
    if not interactive(as_json):
        stream = getattr(sys.stdin, "buffer", None)
        for line in stream if stream is not None else sys.stdin:
            text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
            if text.strip().strip("\ufeff"):
                yield text.strip().strip("\ufeff")
        return
    _line_editing()
    while True:
        try:
            text = input(PROMPT).strip()
        except (EOFError, KeyboardInterrupt):
            output.show("")
            return
        if text:
            yield text


def _line_editing() -> None:
    """Arrow keys and the lines typed before, where Python was built with them."""
    import contextlib
    import importlib

    with contextlib.suppress(ImportError):  # a comfort only, and missing on Windows
        importlib.import_module("readline")
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if callable(reconfigure):
        reconfigure(errors="replace")


def _stop_on_sigterm() -> None:
    """Let a stop from outside end the program, not only the answer at hand, as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise typer.Exit(130)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)


class Conversation:
    """The lines of one sitting: questions, and the commands that begin with a slash."""

    def __init__(
        self, corpus: Corpus, max_risk: float | None = None, as_json: bool = False, name: str | None = None
    ) -> None:
        self._corpus = corpus
        self._risk = max_risk
        self._as_json = as_json
        self._held = corpus.status().catalog  # before the first question, so that a missing index is told at once
        self._chat: Chat = corpus.chat(name)
        self._answer: Answer | None = None

    def greet(self) -> None:
        """Say what is asked here, and what was said before in a conversation that goes on."""
        from mmrag.display import count, shorten

        pages, documents = count(self._held.pages, "page"), count(self._held.documents, "document")
        output.show(f"{pages} of {documents} in {shorten(self._corpus.folder)}.")
        output.show("Ask, or type /help. Ctrl-D leaves.\n")
        if self._chat.turns:
            self._history()

    def take(self, line: str) -> bool:
        """Answer a line; False where it asks to leave. What goes wrong with one line is said, and the next is asked."""
        from mmrag.display import error_json, error_view
        from mmrag.errors import FormatTooNew, IndexDamaged, NothingIndexed

        try:
            if line.startswith("/") and not self._as_json:
                return self._command(line)
            self._ask(line)
        except (NothingIndexed, IndexDamaged, FormatTooNew, BrokenPipeError, typer.Exit):
            raise
        except KeyboardInterrupt:
            if not interactive(self._as_json):
                raise
            output.show("Stopped; ask something else, or leave with Ctrl-D.\n")
        except Exception as error:  # what was said so far must not be lost to one bad turn
            if self._as_json:
                output.emit({"asked": line, **error_json(output.as_known(error))}, line=True)
            else:
                output.err().print(error_view(output.as_known(error)))
        return True

    def _ask(self, line: str) -> None:
        from rich.text import Text

        from mmrag.display import answer_json, answer_view, clean

        typed = interactive(self._as_json)
        if not typed and not self._as_json:
            echo = line if len(line) <= LONGEST_ECHO else f"{line[:LONGEST_ECHO]}…"
            output.show(Text(f"{PROMPT}{clean(echo)}", "bold"))
        start = time.perf_counter()
        with live_answer() as progress:
            answer = self._chat.ask(line, max_risk=self._risk, progress=progress)
        seconds = time.perf_counter() - start
        self._answer = answer
        if self._as_json:
            more: dict[str, Any] = {
                "conversation": self._chat.name,
                "turn": len(self._chat.turns),
                "follows": self._chat.resolution.follows,
                "how": self._chat.resolution.how,
                "dropped": list(self._chat.dropped),
            }
            output.emit({"asked": line, **answer_json(answer, seconds), **more}, line=True)
            return
        if self._chat.resolution.follows:
            how = clean(self._chat.resolution.how)
            said = f"Understood as: {clean(answer.question)}" + (f" ({how})" if how else "")
            output.show(Text(said, "dim"))
        for reason in self._chat.dropped:
            output.show(Text(f"Left out: {clean(reason)}", "yellow"))
        output.show(answer_view(answer, seconds))
        if self._chat.unsaved:
            output.show(Text(f"This turn is not kept: {clean(self._chat.unsaved)}", "yellow"))
        output.show("")

    def _command(self, line: str) -> bool:
        """Do what a line with a slash says; False for leaving."""
        from mmrag.errors import UsageError

        name, _, rest = line.partition(" ")
        name = name.lower()
        if name in ("/quit", "/exit", "/q"):
            return False
        steps = {"/help": self._help, "/sources": self._sources, "/history": self._history, "/new": self._new}
        if name == "/show":
            self._show(rest.strip())
        elif name in steps:
            steps[name]()
        else:
            raise UsageError(f"there is no command {name}", "Type /help for those there are.")
        return True

    def _help(self) -> None:
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, style="cyan")
        table.add_column(overflow="fold")
        for name, words in HELP:
            table.add_row(name, words)
        output.show(table)
        output.show("")

    def _sources(self) -> None:
        from mmrag.display import sources_view

        output.show(sources_view(self._last()))
        output.show("")

    def _history(self) -> None:
        from mmrag.display import turns_view

        output.show(turns_view(self._chat.turns))
        output.show("")

    def _new(self) -> None:
        self._chat = self._corpus.chat()
        self._answer = None
        output.show("A new conversation.\n")

    def _show(self, which: str) -> None:
        from mmrag.cli.pictures import show_pictures
        from mmrag.display import Spot, spots
        from mmrag.errors import UsageError

        answer = self._last()
        found = spots(answer.claims, answer.evidence)
        if which:
            label = f"E{which.lstrip('Ee')}"
            cited = [spot for spot in found if spot.label == label]
            found = tuple(cited) or tuple(
                Spot(item.label, item.region, stale=item.stale) for item in answer.evidence if item.label == label
            )
            if not found:
                raise UsageError(f"the last answer has no {label}", "Type /sources for its pages.")
        show_pictures(found, self._corpus.crop)

    def _last(self) -> Answer:
        from mmrag.errors import UsageError

        if self._answer is None:
            raise UsageError("nothing was asked yet", "Ask something first.")
        return self._answer
