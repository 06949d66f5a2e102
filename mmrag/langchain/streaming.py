"""What is told while an answer is made, as an iterator: the work goes on in a thread, and ends when nobody listens."""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

from mmrag.types import Answer, AnswerEvent

__all__ = ["events"]

Told: TypeAlias = "AnswerEvent | Answer | BaseException"


class _Unheard(Exception):
    """Nobody waits for the answer any more. Raised through the work to end it; seen by nobody."""


def events(ask: Callable[[Callable[[AnswerEvent], None]], Answer]) -> Iterator[AnswerEvent | Answer]:
    """The steps of `ask`, which is given what to tell them to, each as it is told; the answer is the last.

    Whatever `ask` raises is raised here. A caller that stops early ends the work at its next step.
    """
    told: queue.SimpleQueue[Told] = queue.SimpleQueue()
    unheard = threading.Event()

    def tell(event: AnswerEvent) -> None:
        if unheard.is_set():
            raise _Unheard
        told.put(event)

    def work() -> None:
        try:
            told.put(ask(tell))
        except BaseException as error:  # it belongs to the thread that waits
            told.put(error)

    context = contextvars.copy_context()  # LangChain keeps there whom a call belongs to
    threading.Thread(target=context.run, args=(work,), name="mmrag-answer", daemon=True).start()
    try:
        while True:
            one = told.get()
            if isinstance(one, BaseException):
                raise one
            yield one
            if isinstance(one, Answer):
                return
    finally:
        unheard.set()
