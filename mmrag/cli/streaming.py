"""What a person sees while an answer is being made: the step at hand, then each claim once it has its verdict.

Knows no command. Nothing is shown that has not been checked, and what is shown here goes when the answer comes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from mmrag.cli import output

if TYPE_CHECKING:
    from mmrag.types import AnswerEvent, Claim

__all__ = ["LiveAnswer", "live_answer"]

STEPS = {"searching": "Searching", "reading": "Reading", "answering": "Reading", "checking": "Checking"}
LATEST = 5
"""Claims kept on the screen; the answer lists all."""


def live_answer() -> AbstractContextManager[LiveAnswer | None]:
    """Live steps on standard error if it is a terminal, else none at all."""
    console = output.err()
    return LiveAnswer(console) if console.is_terminal and not console.is_dumb_terminal else nullcontext()


class LiveAnswer(AbstractContextManager["LiveAnswer"]):
    """Follows `AnswerEvent`s of one answer; leaves the screen as it found it."""

    def __init__(self, console: Any) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        self._spinner = Spinner("line" if console.options.ascii_only else "dots")
        self._claims: list[Claim] = []
        self._step = "Opening the index"
        self._live = Live(console=console, transient=True, refresh_per_second=8, get_renderable=self._view)

    def __enter__(self) -> LiveAnswer:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, event: AnswerEvent) -> None:
        """Show one step, or one claim with its verdict."""
        if event.claim is not None:
            self._claims.append(event.claim)
        else:
            self._step = STEPS.get(event.stage, event.stage)
        self._live.refresh()

    def _view(self) -> Any:
        from rich.console import Group

        from mmrag.display import claim_view

        count = f" ({len(self._claims)} claims checked)" if len(self._claims) > 1 else ""
        self._spinner.update(text=f"{self._step}{count}")
        return Group(*(claim_view(claim) for claim in self._claims[-LATEST:]), self._spinner)
