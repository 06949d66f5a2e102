"""Lines that requests wait in: so many at work, so many behind them, and more are told to come again.

The work itself runs in threads, so that the event loop is free for everyone else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from mmrag.server.problems import Problem

__all__ = ["Line"]

_T = TypeVar("_T")
_SHARE = 0.2
"""Weight of the newest piece of work in the time that one is expected to take."""
_LONGEST_WAIT = 60


class Line:
    """`threads` pieces of work at a time, at most `most` with those that wait. Entered from one event loop."""

    def __init__(self, name: str, threads: int, most: int) -> None:
        self._threads = threads
        self._most = most
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"mmrag-{name}")
        self._inside: set[Future[object]] = set()
        self._seconds = 1.0

    @property
    def waiting(self) -> int:
        """How many are in the line, those at work included."""
        return len(self._inside)

    def enter(self, work: Callable[[], _T]) -> Future[_T]:
        """Do the work when its turn comes. Raises `Problem` (429) where the line is full."""
        if len(self._inside) >= self._most:
            wait = min(_LONGEST_WAIT, max(1, round(self._seconds * self._most / self._threads)))
            raise Problem(
                429, "busy", "too many questions at once", "Ask again in a moment.", {"Retry-After": str(wait)}
            )
        future = self._pool.submit(self._timed, work)
        self._inside.add(future)  # type: ignore[arg-type]  # a set of futures of anything
        future.add_done_callback(self._inside.discard)
        return future

    def close(self) -> None:
        """Let nobody in any more, and send those away who wait."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _timed(self, work: Callable[[], _T]) -> _T:
        start = time.perf_counter()
        try:
            return work()
        finally:
            self._seconds += _SHARE * (time.perf_counter() - start - self._seconds)
