"""Bringing an index up to date in the background: one run at a time, with progress, and a way to stop it.

What was saved when a run is stopped stays; the next run goes on from there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from mmrag.display import clean, report_json, shown_path
from mmrag.errors import IndexBusy
from mmrag.server.problems import as_problem
from mmrag.types import IndexReport, Progress

if TYPE_CHECKING:
    from mmrag.corpus import Corpus

__all__ = ["Updating"]


class _Stopped(Exception):
    """Raised where a run tells its progress, which is between two transactions."""


class Updating:
    """Runs of `Corpus.index` over the roots, in a thread and on a corpus of their own: searches go on meanwhile."""

    def __init__(self, open_corpus: Callable[[], AbstractContextManager[Corpus]]) -> None:
        self._open = open_corpus
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._started = 0.0
        self._begun = 0.0
        self._progress = Progress("scan")
        self._ended: dict[str, Any] | None = None

    @property
    def running(self) -> bool:
        """Whether a run is at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, retry_failed: bool = False) -> None:
        """Begin a run over all roots. Raises `IndexBusy` where one is at work."""
        with self._lock:
            if self.running:
                raise IndexBusy("the index is being brought up to date already", "Wait for it, or stop it.")
            self._stop.clear()
            self._started = self._begun = time.monotonic()
            self._progress, self._ended = Progress("scan"), None
            self._thread = threading.Thread(target=self._run, args=(retry_failed,), name="mmrag-index", daemon=True)
            self._thread.start()

    def stop(self, wait: float = 0.0) -> bool:
        """Ask the run to end at its next step; whether there was one."""
        was = self.running
        self._stop.set()
        if was and wait and self._thread is not None:
            self._thread.join(wait)
        return was

    def state(self) -> dict[str, Any] | None:
        """For `/api/status`: None before the first run, else the run at hand, or how the last one ended."""
        if self._thread is None:
            return None
        told, running = self._progress, self.running
        in_pages = told.stage == "ocr"
        done = told.pages_done if in_pages else told.files_done
        total = told.pages_total if in_pages else told.files_total
        state: dict[str, Any] = {
            "running": running,
            "stopping": running and self._stop.is_set(),
            "stage": told.stage,
            "unit": "pages" if in_pages else "files",
            "done": done,
            "total": total,
            "pages": told.pages_done,
            "current": shown_path(told.path) if told.path is not None and running else None,
            "seconds": round(time.monotonic() - self._started, 1) if running else None,
            "seconds_left": self._left(done, total) if running else None,
        }
        return {**state, "report": None, "error": None, "stopped": False, **(self._ended or {})}

    def _left(self, done: int, total: int | None) -> float | None:
        if not total or not done:
            return None
        return round((time.monotonic() - self._begun) / done * max(0, total - done), 1)

    def _run(self, retry_failed: bool) -> None:
        ended: dict[str, Any]
        try:
            with self._open() as corpus:
                report = corpus.index(progress=self._tell, retry_failed=retry_failed)
            ended = {"report": _shown(report)}
        except _Stopped:
            ended = {"stopped": True}
        except Exception as error:  # it ends a thread: whatever it is has to be told in the status
            problem = as_problem(error)
            ended = {"error": problem.document()["error"]}
        self._ended = {**ended, "seconds": round(time.monotonic() - self._started, 1)}

    def _tell(self, progress: Progress) -> None:
        if self._stop.is_set():
            raise _Stopped
        if progress.stage != self._progress.stage and progress.stage in ("read", "ocr"):
            self._begun = time.monotonic()
        if progress.stage == "save":  # a pause in reading, and not another stage
            return
        self._progress = progress


def _shown(report: IndexReport) -> dict[str, Any]:
    document = report_json(report)
    document["notes"] = [clean(note) for note in report.notes]
    return document
