"""A question on its way through the line of those to be answered: its steps, its claims, its answer, as they come.

Bridges the thread that answers and the event loop. Whoever stops listening takes the question back: it leaves the
line, or ends at its next step.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import TypeAlias

from mmrag.server.desk import Answered, Asked, Desk
from mmrag.types import AnswerEvent

__all__ = ["Step", "Ticket"]

Step: TypeAlias = "AnswerEvent | Answered | Exception | None"
"""A step, the end, what went wrong, or None: nothing new for a while."""

_HEAD_START = 0.5
"""Seconds at most that an answer waits for its first event to be sent."""


class _Gone(Exception):
    """Nobody waits for the answer any more."""


class Ticket:
    """A question in line. Raises `Problem` (429) where the line is full."""

    def __init__(self, desk: Desk, asked: Asked) -> None:
        self._loop = asyncio.get_running_loop()
        self._desk = desk
        self._asked = asked
        self._steps: asyncio.Queue[Step] = asyncio.Queue()
        self._gone = threading.Event()
        self._heard = threading.Event()
        self.ahead = desk.answers.waiting
        self._future = desk.answers.enter(self._work)

    async def steps(self, heartbeat: float) -> AsyncIterator[Step]:
        """Every step as it comes, None each `heartbeat` seconds without one; ends with an answer or an exception."""
        self._heard.set()
        try:
            while True:
                try:
                    step = await asyncio.wait_for(self._steps.get(), heartbeat)
                except (TimeoutError, asyncio.TimeoutError):
                    step = None
                yield step
                if isinstance(step, Answered | Exception):
                    return
        finally:
            self.leave()

    def leave(self) -> None:
        """Take the question back; one that is answered already is not undone."""
        self._gone.set()
        self._heard.set()
        self._future.cancel()
        self._desk.call_off(self)

    def _work(self) -> None:
        end: Step
        # Work and event loop share one interpreter: who asked is told so first.
        self._heard.wait(_HEAD_START)
        try:
            self._check()
            end = self._desk.answer(self._asked, self._tell, self)
        except _Gone:
            return
        except Exception as error:  # handed to whoever waits, who knows how to show it
            if self._gone.is_set():
                return
            end = error
        self._hand(end)

    def _tell(self, event: AnswerEvent) -> None:
        self._check()
        self._hand(event)

    def _check(self) -> None:
        if self._gone.is_set():
            raise _Gone

    def _hand(self, step: Step) -> None:
        try:
            self._loop.call_soon_threadsafe(self._steps.put_nowait, step)
        except RuntimeError:  # the loop has ended, and with it everyone who listened
            self._gone.set()
