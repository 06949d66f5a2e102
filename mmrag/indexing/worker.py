"""The worker process: one file after another to pages, regions and pixels, sent to the main process as they are ready.

Joins reader, recognizer and regions, all loaded here by name. A reader that hangs or crashes takes this process with
it and nothing else. Knows neither catalog nor encoders.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mmrag.errors import FileFailed, FileProblem, MmragError
from mmrag.indexing.messages import (
    Failed,
    Finished,
    Job,
    NoRecognizer,
    Opened,
    PageDone,
    Ready,
    Retired,
    Settings,
    Stamp,
)
from mmrag.indexing.pages import PageMaker
from mmrag.protocols import Reader, ReadOptions
from mmrag.types import Page

__all__ = ["Worker", "main", "stamp_of"]

_TRIES = 2
"""Readings of a file that changes while it is read."""
_SLACK = 60
"""Seconds after its deadline at which a worker whose main process is gone ends itself."""


class _Changed(Exception):
    """The file is not the one that was opened."""


def main(descriptor: int) -> None:
    """Serve jobs that come over a connected socket until it is closed."""
    # The main process decides what Ctrl-C means; a worker ends when the connection does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(descriptor) as connection:
        try:
            settings: Settings = connection.recv()
            _limit(settings)
            worker = Worker(settings, connection.send)
            worker.prepare()
            connection.send(Ready())
            while True:
                worker.serve(connection.recv())
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def _limit(settings: Settings) -> None:
    # Each worker is one of several; programs it starts (Tesseract) would otherwise use every core in each of them.
    for name in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _allow(settings.options.worker_memory)


def _allow(memory: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (ValueError, OSError):
        return  # a lower limit is set for us already, or the system has none (macOS)


def stamp_of(path: bytes) -> tuple[Stamp, int]:
    """What tells one version of a file from another, and its device. Raises `FileFailed` where it is gone."""
    try:
        status = os.stat(path)  # noqa: PTH116  paths are bytes
    except OSError as error:
        raise FileFailed(f"it cannot be looked at: {error.strerror or error}") from error
    return (status.st_size, status.st_mtime_ns, status.st_ino), status.st_dev


class Worker:
    """Serves one job at a time; keeps what is slow to load."""

    def __init__(self, settings: Settings, send: Callable[[Any], None]) -> None:
        self._options = settings.options
        self._maker = PageMaker(settings)
        self._send_now = send
        self._served = 0

    def prepare(self) -> None:
        """Load what every file needs."""
        self._maker.prepare()

    def serve(self, job: Job) -> None:
        """Do one job; whatever goes wrong with the file ends in a `Failed`."""
        try:
            if job.task == "recognize":
                self._recognize(job)
            else:
                self._read_settled(job)
        except FileProblem as problem:
            self._send(Failed(job.id, problem.state, _reason(problem)))
        except MemoryError:
            limit = self._options.worker_memory >> 20
            self._send(Failed(job.id, "too_large", f"it needs more than {limit} MiB of memory to read"))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except (ImportError, MmragError) as error:
            # Not the file's fault: something is not installed, which may be mended before the next run.
            reason = _reason(error) if isinstance(error, MmragError) else f"a part is not installed: {error}"
            self._send(Failed(job.id, "failed", reason, again=True))
        except Exception as error:  # a fault of a reader must end the file, not the run
            reason = f"the reader failed: {type(error).__name__}: {error}"[:500]
            self._send(Failed(job.id, "failed", reason))
        self._sleep()

    def _send(self, message: Any) -> None:
        # Waiting for the main process to take the message is no sign of a hang.
        self._sleep()
        self._send_now(message)
        self._wake()

    def _wake(self) -> None:
        # The main process kills a worker that is late. Only if it is gone itself does this end a reader that hangs:
        # the signal's default action needs no Python to run.
        options = self._options
        signal.alarm(int(max(options.silent_seconds, options.page_seconds, options.ocr_seconds)) + _SLACK)

    @staticmethod
    def _sleep() -> None:
        signal.alarm(0)

    def _read_settled(self, job: Job) -> None:
        for _ in range(_TRIES):
            try:
                self._read(job)
            except _Changed:
                job = Job(job.id, job.path, job.size)
                continue
            return
        reason = "it changed while it was read; the next run reads it again"
        self._send(Failed(job.id, "failed", reason, again=True))

    def _read(self, job: Job) -> None:
        from mmrag.readers import content_hash

        path = Path(os.fsdecode(job.path))
        stamp, device = stamp_of(job.path)
        name, reader = self._reader(path)
        digest = job.hash if job.hash and job.stamp == stamp else content_hash(path)
        start = job.start if digest == job.hash else 1
        self._settled(job, stamp)
        self._send(Opened(job.id, name, digest, stamp, device))
        try:
            for page in self._pages(reader, path, start):
                record, pictures = self._maker.read(page)
                self._settled(job, stamp)
                self._send(PageDone(job.id, page.number, record, pictures, page.count, page.title))
                self._served += 1
                if self._served >= self._options.worker_pages and page.number < page.count:
                    self._send(Retired(job.id, page.number))
                    return
        except (FileProblem, OSError):
            self._settled(job, stamp)  # what looks broken may only be half written
            raise
        self._settled(job, stamp)
        self._send(Finished(job.id))

    @staticmethod
    def _settled(job: Job, stamp: Stamp) -> None:
        if stamp_of(job.path)[0] != stamp:
            raise _Changed

    def _reader(self, path: Path) -> tuple[str, Reader]:
        from mmrag import readers

        suffix = path.suffix.lower()
        name = self._options.reader_for([suffix]) or readers.reader_name(path)
        return name, self._maker.reader(name)

    def _pages(self, reader: Reader, path: Path, start: int) -> Iterator[Page]:
        options = self._options
        wanted = ReadOptions(self._maker.long_side, options.passwords, None, options.limits)
        if start <= 1:
            yield from reader.read(path, wanted)
            return
        # How many pages there are is only known from a page.
        count = start
        for page in reader.read(path, ReadOptions(self._maker.long_side, options.passwords, (start,), options.limits)):
            count = page.count
            yield page
        rest = tuple(range(start + 1, count + 1))
        if rest:
            yield from reader.read(path, ReadOptions(self._maker.long_side, options.passwords, rest, options.limits))

    def _recognize(self, job: Job) -> None:
        from mmrag.readers import content_hash

        _allow(2 * self._options.worker_memory)
        path = Path(os.fsdecode(job.path))
        stamp, device = stamp_of(job.path)
        if stamp != job.stamp and content_hash(path) != job.hash:
            raise FileFailed("it has changed since it was read")
        name, reader = self._reader(path)
        if not self._maker.can_recognize():
            self._send(NoRecognizer(job.id))
            return
        self._send(Opened(job.id, name, job.hash or "", stamp, device))
        for number in job.pages:
            record, pictures = self._maker.recognize(reader, path, number, is_picture=name == "image")
            self._settled(job, stamp)
            self._send(PageDone(job.id, number, record, pictures))
        self._send(Finished(job.id))


def _reason(problem: MmragError) -> str:
    return f"{problem.message}. {problem.hint}" if problem.hint else problem.message
