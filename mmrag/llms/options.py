"""How one call of a model is bounded: tokens, seconds, tries, pictures; and a way to call it off."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from mmrag.errors import ModelUnavailable

__all__ = ["Deadline", "Options", "PromptTooLong"]


class PromptTooLong(ModelUnavailable):
    """The prompt with its pictures is longer than the model reads: the same with less may do."""


@dataclass(frozen=True, slots=True)
class Options:
    """Bounds of one call. The defaults suit a model of a few billion weights on a laptop.

    `seconds` is for a whole call, tries and pauses included; `connect_seconds` for reaching a server. `tries`: how
    often a busy or broken server is asked, with pauses of `pause` seconds that double. `long_side`: pixels of the
    longer side of a picture that is sent; `max_images`: pictures beyond it are left out. Setting `cancel` from another
    thread ends a call with `ModelUnavailable`.
    """

    max_tokens: int = 768
    seconds: float = 300.0
    connect_seconds: float = 5.0
    tries: int = 3
    pause: float = 0.5
    long_side: int = 1536
    max_images: int = 8
    cancel: threading.Event | None = None


class Deadline:
    """When a call has to be over."""

    def __init__(self, options: Options) -> None:
        self._seconds = options.seconds
        self._end = time.monotonic() + options.seconds
        self._cancel = options.cancel

    def left(self) -> float:
        """Seconds left, 0.0 when it is over."""
        return max(0.0, self._end - time.monotonic())

    def passed(self) -> bool:
        """Whether the call has to stop now, for want of time or because it was called off."""
        return self.left() == 0.0 or (self._cancel is not None and self._cancel.is_set())

    def check(self, who: str) -> None:
        """Raise `ModelUnavailable` where the call has to stop now; `who` is the model's name."""
        if self._cancel is not None and self._cancel.is_set():
            raise ModelUnavailable(f"{who} was called off")
        if self.left() == 0.0:
            raise ModelUnavailable(
                f"{who} did not answer within {self._seconds:g} s", "Use a smaller model or fewer pages (-k 3)."
            )

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than there is time, nor once it is called off."""
        seconds = min(seconds, self.left())
        if self._cancel is not None:
            self._cancel.wait(seconds)
        else:
            time.sleep(seconds)
