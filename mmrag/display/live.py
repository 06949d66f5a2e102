"""How a long run goes, as one line with a bar that changes in place in a notebook, and goes when the run is over.

What it shows is what the command line shows on a terminal. Knows only the steps that it is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module

from mmrag.display.answers import WORDS
from mmrag.display.escaping import clean
from mmrag.display.pieces import safe, wrapped
from mmrag.types import AnswerEvent, Progress

__all__ = ["LiveLine", "live_line"]

STAGES = {"scan": "Looking", "read": "Reading", "ocr": "Recognising", "save": "Saving"}
STEPS = {"searching": "Searching", "answering": "Reading", "checking": "Checking"}
WAIT = 0.4
"""Seconds before anything is shown, so that what takes no time does not flicker."""
EVERY = 0.1
"""Seconds between two changes of the line."""


class LiveLine(AbstractContextManager["LiveLine"]):
    """Follows `Progress` of an index run, or `AnswerEvent`s of an answer.

    `show` is given the first state and returns what is to be given the later ones: text and HTML by media type.
    """

    def __init__(self, show: Callable[[dict[str, str]], Callable[[dict[str, str]], None]]) -> None:
        self._show = show
        self._change: Callable[[dict[str, str]], None] | None = None
        self._start = self._last = time.monotonic()
        self._stage = ""
        self._since = (self._start, 0)
        self._claims = 0

    def __exit__(self, *_: object) -> None:
        if self._change is not None:
            self._change({"text/plain": "", "text/html": ""})
            self._change = None

    def __call__(self, step: Progress | AnswerEvent) -> None:
        """Show one step."""
        now = time.monotonic()
        line, bar = self._indexed(step, now) if isinstance(step, Progress) else self._answered(step)
        if now - self._start < WAIT or (self._change is not None and now - self._last < EVERY):
            return
        self._last = now
        state = {"text/plain": line, "text/html": wrapped(f"{bar} {safe(line)}")}
        if self._change is None:
            self._change = self._show(state)
        else:
            self._change(state)

    def _indexed(self, step: Progress, now: float) -> tuple[str, str]:
        if step.stage != self._stage:
            self._stage, self._since = step.stage, (now, step.pages_done)
        by_page = step.pages_total is not None
        done, total = (step.pages_done, step.pages_total) if by_page else (step.files_done, step.files_total)
        parts = [f"{done:,}/{total:,}" if total is not None else f"{done:,}"]
        parts[0] += " pages" if by_page else " files"
        seconds, pages = now - self._since[0], step.pages_done - self._since[1]
        if seconds > 1 and pages > 0:
            parts.append(f"{pages / seconds:.1f} pages/s")
            if by_page and total is not None and total > done:
                parts.append(f"{(total - done) * seconds / pages:.0f} s left")
        if step.path is not None:
            parts.append(clean(step.path.name))
        bar = f'<progress max="{total}" value="{min(done, total)}"></progress>' if total else "<progress></progress>"
        return f"{STAGES.get(step.stage, clean(step.stage))} {' · '.join(parts)}", bar

    def _answered(self, step: AnswerEvent) -> tuple[str, str]:
        """Only what was checked is shown: the step, and the latest claim with its verdict."""
        if step.claim is None:
            self._stage = STEPS.get(step.stage, step.stage)
            return self._stage, "<progress></progress>"
        self._claims += 1
        checked = f"{self._claims} claim{'s' if self._claims > 1 else ''} checked"
        claim = step.claim
        return f"Checking · {checked} · {WORDS[claim.verdict.label]}: {clean(claim.text)}", "<progress></progress>"


def live_line() -> LiveLine:
    """A line under the cell that is running."""
    display = import_module("IPython.display").display

    def show(state: dict[str, str]) -> Callable[[dict[str, str]], None]:
        handle = display(state, raw=True, display_id=True)
        return lambda later: handle.update(later, raw=True)

    return LiveLine(show)
