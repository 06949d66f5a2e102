"""Listening to a model: what it says piece by piece, until it is done, goes round in circles, or talks too long.

Knows no model and no server.
"""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from mmrag.llms.options import Deadline

__all__ = ["Guard", "is_looping", "pumped", "whole", "without_thinking"]

_T = TypeVar("_T")
_TAIL = 1200
_LEAST = 90
"""Shortest stretch, in characters, that counts as going round in circles: tables repeat short cells honestly."""
_TIMES = 4
_CHARACTERS_A_TOKEN = 12
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_HALF_THOUGHT = re.compile(r"\A.*?</(?:think|thinking|reasoning)>", re.DOTALL | re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|\Z|\[)[^\S\n]*(?:\[[^\]\n]{1,40}\])*")


def without_thinking(text: str) -> str:
    """What was said, less the blocks in which a model thinks aloud; an open block reaches to the end.

    Some chat templates open the block in the prompt, so that only its end is in the answer.
    """
    return _HALF_THOUGHT.sub("", _THOUGHT.sub("", text))


def is_looping(text: str) -> bool:
    """Whether the end of a text is one stretch of 1 to 300 characters over and over again."""
    tail = text[-_TAIL:]
    for period in range(1, min(300, len(tail) // _TIMES) + 1):
        length = max(_LEAST, period * _TIMES)
        if len(tail) < length:
            break
        end = tail[-length:]
        if end[period:] == end[:-period]:
            return True
    return False


def whole(text: str) -> str:
    """A text that was cut off, less the piece that may be half: its last line, else sentence, else word.

    Half of "2,230" is another number, and half of a sentence can say the opposite of all of it.
    """
    kept, newline, _ = text.rstrip("\n").rpartition("\n")
    if newline and kept.strip():
        return kept
    ends = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]
    if ends:
        return text[: ends[-1]]
    return re.sub(r"\S+\Z", "", text).rstrip()


class Guard:
    """Collects an answer, and says when to stop listening."""

    def __init__(self, max_tokens: int) -> None:
        self._most = max_tokens * _CHARACTERS_A_TOKEN
        self._pieces: list[str] = []
        self._tail = ""
        self._length = 0
        self._checked = 0
        self.stopped = ""
        """Why: "", "loop" or "long"."""

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(self._pieces)

    def add(self, piece: str) -> bool:
        """Take a piece of any length; True where enough was said."""
        self._pieces.append(piece)
        self._length += len(piece)
        self._tail = (self._tail + piece)[-_TAIL:]
        if self._length > self._most:
            self.stopped = "long"
        elif self._length - self._checked >= 40:  # looking at every token would cost more than it saves
            self._checked = self._length
            if is_looping(self._tail):
                self.stopped = "loop"
        return bool(self.stopped)


def pumped(
    produce: Callable[[], Iterator[_T]], deadline: Deadline, who: str, abort: Callable[[], None] = lambda: None
) -> Iterator[_T]:
    """What `produce` yields, run by a thread of its own, so that nothing it waits for outlasts the deadline.

    Raises what `produce` raises, and `ModelUnavailable` when time is up or the call is called off. `abort` is called
    at the end in any case, also when the caller stops early: it wakes a thread that waits for a server.
    """
    pieces: queue.Queue[tuple[str, _T | BaseException | None]] = queue.Queue(maxsize=256)
    over = threading.Event()

    def put(kind: str, piece: _T | BaseException | None) -> None:
        while not over.is_set():
            try:
                return pieces.put((kind, piece), timeout=0.5)
            except queue.Full:
                continue
        return None

    def work() -> None:
        try:
            for piece in produce():
                put("piece", piece)
                if over.is_set():
                    return
            put("end", None)
        except BaseException as error:  # handed to the caller's thread, which raises it
            put("error", error)

    threading.Thread(target=work, daemon=True, name="mmrag-llm").start()
    try:
        while True:
            deadline.check(who)
            try:
                kind, piece = pieces.get(timeout=max(0.001, min(0.1, deadline.left())))
            except queue.Empty:
                continue
            if kind == "end":
                return
            if kind == "error":
                raise piece  # type: ignore[misc]
            yield piece  # type: ignore[misc]
    finally:
        over.set()
        abort()
