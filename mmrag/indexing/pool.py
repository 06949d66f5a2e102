"""Worker processes under supervision: who does what, who is late, who has died. Runs in a thread of its own.

Hands the events of jobs to whoever iterates, and stops taking more from the workers while too much waits there.
Knows nothing of pages beyond their number, and neither catalog nor encoders.

Workers are started as plain programs, not by `multiprocessing`, which would run the user's own script once more in
each of them.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any

from mmrag.errors import MmragError
from mmrag.indexing.messages import (
    Event,
    Failed,
    Finished,
    Job,
    Lost,
    NoRecognizer,
    Opened,
    PageDone,
    Ready,
    Retired,
    Settings,
)

__all__ = ["Pool"]

_START_SECONDS = 120.0
"""Time for a worker to start; slow only on a machine that is busy with something else."""
_HASH_SPEED = 20e6
"""Bytes a second that the slowest disk is trusted to give."""
_CRASHES = 2
_LOST_IN_A_ROW = 3
_MAX_WAITING = 256 << 20
_CODE = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from mmrag.indexing.worker import main; main(int(sys.argv[1]))"
)


@dataclass(slots=True)
class _Task:
    """A job and how far it has come. `next`: page that is being read, None before any page is known."""

    job: Job
    next: int
    count: int | None = None
    left: deque[int] = field(default_factory=deque)
    crashes: int = 0
    lost: int = 0
    opened: Opened | None = None
    hash: str | None = None
    finished_page: float = 0.0


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    connection: Connection
    since: float
    ready: bool = False
    fresh: bool = True
    task: _Task | None = None
    takes_largest: bool = False
    queued: float = 0.0

    def mark(self) -> None:
        """The worker has just been heard of, or spoken to: what it does next counts from here."""
        self.since, self.queued = time.monotonic(), _queued_seconds(self.process.pid)

    def spent(self, now: float) -> float:
        """Seconds since then, less those in which a busy machine gave it no processor."""
        return now - self.since - (_queued_seconds(self.process.pid) - self.queued)


def _queued_seconds(process: int) -> float:
    """How long a process has waited for a processor in all, 0.0 where the system does not tell (Linux does)."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class _Outbox:
    """Events on their way to whoever iterates, and how much of them waits; a pipe wakes the thread that fills it."""

    def __init__(self, max_pages: int) -> None:
        self._events: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._max_pages = max_pages
        self.pages = 0
        self._bytes = 0
        self.wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def put(self, event: Event | BaseException | None) -> None:
        """Hand over an event; an error is raised there, None says that all is done."""
        if isinstance(event, PageDone):
            with self._guard:
                self.pages += 1
                self._bytes += event.weight
        self._events.put(event)

    def take(self, timeout: float | None) -> Event | None:
        """The next event, or None when `timeout` seconds have gone by. Raises `StopIteration` when all is done."""
        try:
            event = self._events.get(timeout=timeout)
        except queue.Empty:
            return None
        if event is None:
            raise StopIteration
        if isinstance(event, BaseException):
            raise event
        if isinstance(event, PageDone):
            with self._guard:
                self.pages -= 1
                self._bytes -= event.weight
            self.wake()
        return event

    def is_full(self) -> bool:
        """Whether no more should be taken from the workers for now."""
        with self._guard:
            return self.pages >= self._max_pages or self._bytes >= _MAX_WAITING

    def wake(self) -> None:
        """End the wait of the thread that listens to the workers."""
        # Where the pipe is full, it has been woken often enough.
        with suppress(BlockingIOError):
            os.write(self._wake_write, b".")

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.wake_read)
        os.close(self._wake_write)


class Pool:
    """Take the events of `jobs` one by one; use it as a context manager, which ends the workers on the way out.

    Small files go first, so that much can be found soon; one of several workers takes the largest ones meanwhile, so
    that none of them is left for the end.
    """

    def __init__(self, settings: Settings, jobs: Sequence[Job]) -> None:
        # Two batches: one that is being encoded, and one that is being read meanwhile.
        self._outbox = _Outbox(2 * settings.options.batch_pages)
        self._supervisor = _Supervisor(settings, jobs, self._outbox)
        self._thread = threading.Thread(target=self._supervisor.run, name="mmrag-workers", daemon=True)

    def __enter__(self) -> Pool:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._supervisor.stop.set()
        self._outbox.wake()
        self._thread.join()
        self._outbox.close()

    def next(self, timeout: float | None) -> Event | None:
        """The next event, or None when `timeout` seconds have gone by. Raises `StopIteration` when all is done."""
        return self._outbox.take(timeout)


class _Supervisor:
    """The thread's side: starts workers, hands out jobs, listens, and ends who is late."""

    def __init__(self, settings: Settings, jobs: Sequence[Job], outbox: _Outbox) -> None:
        self._settings = settings
        self._todo = deque(_Task(job, job.start, left=deque(job.pages)) for job in sorted(jobs, key=_by_size))
        self._again: deque[_Task] = deque()
        self._open = len(self._todo)
        self.workers: list[_Worker] = []
        self._outbox = outbox
        self._failed_starts = 0
        self._paused = False
        self.stop = threading.Event()

    def run(self) -> None:
        """Work until every job has ended or `stop` is set."""
        # Inherited by the workers: Ctrl-C reaches the main thread alone.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        try:
            while self._open and not self.stop.is_set():
                self._start_workers()
                self._hand_out()
                self._listen()
                self._end_late()
            self._outbox.put(None)
        except BaseException as error:  # whoever iterates is told
            self._outbox.put(error)
        finally:
            for worker in self.workers:
                _end(worker)

    def _start_workers(self) -> None:
        wanted = min(self._settings.options.worker_count(), self._open)
        while len(self.workers) < wanted:
            self.workers.append(_start(self._settings))
            self.workers[-1].takes_largest = wanted > 1 and not any(w.takes_largest for w in self.workers)

    def _hand_out(self) -> None:
        for worker in self.workers:
            if not worker.ready or worker.task is not None or not (self._again or self._todo):
                continue
            if self._again:
                task = self._again.popleft()
            else:
                task = self._todo.pop() if worker.takes_largest else self._todo.popleft()
            job = replace(task.job, start=task.next, pages=tuple(task.left))
            if task.opened is not None:
                job = replace(job, hash=task.opened.hash or job.hash, stamp=task.opened.stamp)
            worker.task = task
            worker.mark()
            task.opened = None
            task.finished_page = task.finished_page or worker.since
            try:
                worker.connection.send(job)
            except (BrokenPipeError, ConnectionResetError):
                self._died(worker)

    def _listen(self) -> None:
        full = self._outbox.is_full()
        if self._paused and not full:
            # The workers waited for us, not the other way round.
            for worker in self.workers:
                worker.mark()
        self._paused = full
        sources: list[Any] = [] if full else [worker.connection for worker in self.workers]
        for ready in wait([self._outbox.wake_read, *sources], timeout=0.5):
            if ready == self._outbox.wake_read:
                os.read(self._outbox.wake_read, 4096)
                continue
            worker = next(worker for worker in self.workers if worker.connection is ready)
            try:
                message = worker.connection.recv()
            except (EOFError, OSError):
                self._died(worker)
                continue
            worker.mark()
            self._took(worker, message)

    def _took(self, worker: _Worker, message: Any) -> None:
        task = worker.task
        if isinstance(message, Ready):
            worker.ready = True
            self._failed_starts = 0
        if task is None:
            return
        if isinstance(message, Opened):
            if message.hash != task.hash and task.hash is not None:
                task.next, task.count = 1, None
            task.opened, task.hash = message, message.hash
            self._outbox.put(message)
        elif isinstance(message, PageDone):
            worker.fresh = False
            _advance(task, message.number)
            task.count, task.lost, task.crashes, task.finished_page = message.count, 0, 0, worker.since
            self._outbox.put(message)
        elif isinstance(message, Retired):
            worker.task = None
            self._again.append(task)
            self._replace(worker)
        elif isinstance(message, Finished | Failed | NoRecognizer):
            worker.task = None
            self._open -= 1
            self._outbox.put(message)

    def _end_late(self) -> None:
        if self._paused:
            return
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.task is None and worker.ready:
                continue
            if worker.spent(now) > self._allowed(worker):
                task, worker.task = worker.task, None
                self._replace(worker)
                if task is None:
                    self._failed_to_start("took too long")
                else:
                    self._skip_page(task, f"took over {now - worker.since:.0f} s", now)

    def _allowed(self, worker: _Worker) -> float:
        options, task = self._settings.options, worker.task
        if task is None:
            return _START_SECONDS
        if task.opened is None:
            return options.silent_seconds + task.job.size / _HASH_SPEED
        seconds = options.ocr_seconds if task.job.task == "recognize" else options.page_seconds
        # The first page also opens the file, and in a fresh worker loads what reads it.
        return seconds if task.count is not None and not worker.fresh else max(seconds, options.silent_seconds)

    def _died(self, worker: _Worker) -> None:
        task, worker.task = worker.task, None
        # Its end of the connection closes a moment before it is gone; how it went must not be hidden by our kill.
        with suppress(subprocess.TimeoutExpired):
            worker.process.wait(timeout=5)
        self._replace(worker)
        status = worker.process.returncode
        how = f"by {signal.Signals(-status).name}" if status is not None and status < 0 else f"with status {status}"
        if task is None:
            if not worker.ready:
                self._failed_to_start(f"ended {how}")
            return
        task.crashes += 1
        if task.crashes < _CRASHES:
            self._again.append(task)
        else:
            self._skip_page(task, f"ended its reader {how}, {_CRASHES} times", time.monotonic())

    def _skip_page(self, task: _Task, reason: str, now: float) -> None:
        """Go on behind a page that cannot be had, unless nothing is known of what follows or too much went wrong."""
        options = self._settings.options
        number = task.left[0] if task.left else task.next
        task.lost += 1
        task.crashes = 0
        recognizes = task.job.task == "recognize"
        stuck = not recognizes and (now - task.finished_page > options.silent_seconds or task.lost >= _LOST_IN_A_ROW)
        known_end = recognizes or task.count is not None
        if task.opened is None or not known_end or stuck:
            self._open -= 1
            at = f"stopped at page {number}: " if task.opened is not None else ""
            self._outbox.put(Failed(task.job.id, "failed", f"{at}it {reason}"))
            return
        self._outbox.put(Lost(task.job.id, number, f"page {number} {reason}"))
        _advance(task, number)
        if (recognizes and not task.left) or (task.count is not None and task.next > task.count and not recognizes):
            self._open -= 1
            self._outbox.put(Finished(task.job.id))
        else:
            self._again.append(task)

    def _replace(self, worker: _Worker) -> None:
        _end(worker)
        self.workers.remove(worker)

    def _failed_to_start(self, how: str) -> None:
        self._failed_starts += 1
        if self._failed_starts > 2:
            raise MmragError(f"a worker process cannot start: it {how}", "Run `mmrag doctor`.")


def _by_size(job: Job) -> tuple[int, bytes]:
    return job.size, job.path


def _advance(task: _Task, number: int) -> None:
    task.next = number + 1
    while task.left and task.left[0] <= number:
        task.left.popleft()


def _start(settings: Settings) -> _Worker:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE, str(theirs.fileno()), json.dumps(sys.path)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    connection = Connection(ours.detach())
    worker = _Worker(process, connection, time.monotonic())
    # Where it has ended already, listening to it shows that.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.send(settings)
    return worker


def _end(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.kill()
    worker.process.wait()
