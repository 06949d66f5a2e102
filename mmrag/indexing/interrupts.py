"""Ctrl-C and a polite request to end, kept out of the moments in which the catalog is written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Interrupts"]


class Interrupts:
    """While in use, SIGINT and SIGTERM raise `KeyboardInterrupt` in the main thread, but never inside `held`.

    In another thread it does nothing: signals do not arrive there.
    """

    def __init__(self) -> None:
        self._held = False
        self._came = False

    @contextmanager
    def watched(self) -> Iterator[Interrupts]:
        """Handle the signals until the block ends; the handlers of before are put back."""
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in before:
            signal.signal(number, self._handle)
        try:
            yield self
        finally:
            for number, handler in before.items():
                # None: set by something that is not Python, and cannot be put back.
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """A block that is finished first; a signal that came meanwhile is raised behind it."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._came:
            self._came = False
            raise KeyboardInterrupt

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._held:
            self._came = True
        else:
            raise KeyboardInterrupt
