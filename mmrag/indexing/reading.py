"""The first pass: files to searchable pages, a batch in each transaction.

Knows the events of the workers, the encoders and the catalog; reads no file itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mmrag.catalog import FileRecord, Writer
from mmrag.indexing.encoding import encode, page_record
from mmrag.indexing.messages import Event, Failed, Finished, Job, Lost, Opened, PageDone, ReadPage, Settings
from mmrag.indexing.planning import Step, settled_inode
from mmrag.indexing.pool import Pool
from mmrag.indexing.run import Run
from mmrag.types import FileOutcome, Progress, Segment

__all__ = ["read_files"]

_BLANK = (595.0, 842.0)
"""Points of an A4 page, for a page of which nothing is known."""


@dataclass(slots=True)
class _File:
    """A file on its way into the catalog. `last`: highest page that is stored or in the batch.

    `stored`: state in which it was stored first.
    """

    step: Step
    root: int
    opened: Opened | None = None
    content: int | None = None
    whole: bool = False
    doubled: bool = False
    last: int = 0
    stored: str = ""
    count: int = 0
    title: str = ""
    size: tuple[float, float] = _BLANK
    lost: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    pages: list[tuple[_File, PageDone]] = field(default_factory=list)
    opened: list[_File] = field(default_factory=list)
    ended: list[tuple[_File, Finished | Failed]] = field(default_factory=list)
    weight: int = 0
    since: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.pages or self.opened or self.ended)


def read_files(run: Run, steps: Sequence[Step], roots: Mapping[bytes, int]) -> list[Step]:
    """Read files into the catalog; returns those that must be read once more, being copies of others at that time."""
    return _Reading(run, steps, roots).run()


class _Reading:
    def __init__(self, run: Run, steps: Sequence[Step], roots: Mapping[bytes, int]) -> None:
        self._run = run
        self._files = [_File(step, roots[step.root]) for step in steps]
        self._owners: dict[str, _File] = {}
        self._batch = _Batch()
        self._done = 0
        self._again: list[Step] = []

    def run(self) -> list[Step]:
        """Read, encode and commit until every file has ended."""
        run = self._run
        settings = Settings(run.options, run.image_size())
        jobs = [self._job(number, file.step) for number, file in enumerate(self._files)]
        with Pool(settings, jobs) as pool:
            run.load_embedders()  # while the workers start
            while True:
                try:
                    event = pool.next(self._patience())
                except StopIteration:
                    break
                if event is not None:
                    self._take(event)
                if self._is_full():
                    self._save()
            if self._batch:
                self._save()
        return self._again

    def _job(self, number: int, step: Step) -> Job:
        found, known = step.found, step.known
        start = 1
        if step.hash is not None and known is not None:
            content = self._run.catalog.content(step.hash)
            # The last page is read once more: it tells how many there are.
            start = max(1, content.last_page) if content is not None and not content.complete else 1
        same = known is not None and known.hash == step.hash and known.inode == found.inode
        stamp = (found.size, found.mtime_ns, found.inode) if same else None
        return Job(number, found.path, found.size, start=start, hash=step.hash, stamp=stamp)

    def _patience(self) -> float | None:
        if not self._batch:
            return None
        return max(0.0, self._batch.since + self._run.options.batch_seconds - time.monotonic())

    def _is_full(self) -> bool:
        batch, options = self._batch, self._run.options
        return bool(batch) and (
            len(batch.pages) >= options.batch_pages
            or len(batch.ended) >= 4 * options.batch_pages
            or batch.weight >= self._run.max_weight
            or time.monotonic() >= batch.since + options.batch_seconds
        )

    def _take(self, event: Event) -> None:
        file = self._files[event.job]
        if not self._batch:
            self._batch.since = time.monotonic()
        if isinstance(event, Opened):
            self._open(file, event)
        elif isinstance(event, PageDone):
            file.count, file.title = event.count, event.title
            if event.record is not None:
                file.size = (event.record.width, event.record.height)
            self._add(file, event)
        elif isinstance(event, Lost):
            file.lost.append(event.reason)
            blank = ReadPage(event.number, *file.size, "none", "failed", (), (Segment("page"),))
            self._add(file, PageDone(event.job, event.number, blank, (), file.count, file.title))
        elif isinstance(event, Finished | Failed):
            self._batch.ended.append((file, event))

    def _add(self, file: _File, page: PageDone) -> None:
        if file.whole or file.doubled or page.number <= file.last:
            return
        file.last = page.number
        self._batch.pages.append((file, page))
        self._batch.weight += page.weight

    def _open(self, file: _File, opened: Opened) -> None:
        if file.opened is not None and file.opened.hash == opened.hash:
            file.opened = opened  # the same bytes, in a fresh worker
            return
        # What was read before the file changed belongs to a content that nobody has now.
        self._batch.pages = [(other, page) for other, page in self._batch.pages if other is not file]
        if file.opened is not None and self._owners.get(file.opened.hash) is file:
            del self._owners[file.opened.hash]
        file.opened, file.content, file.stored, file.last, file.lost = opened, None, "", 0, []
        stored = self._run.catalog.content(opened.hash)
        file.whole = stored is not None and stored.complete
        file.doubled = not file.whole and self._owners.setdefault(opened.hash, file) is not file
        if stored is not None and not file.doubled:
            file.last = stored.last_page
        if file not in self._batch.opened:
            self._batch.opened.append(file)

    def _save(self) -> None:
        batch, self._batch = self._batch, _Batch()
        run = self._run
        pages = [page for _, page in batch.pages]
        encoded = encode(pages, run.embedders, whole_pages=run.options.regions == "page")
        run.tell(Progress("save", self._done, len(self._files), run.pages))
        whole = {id(file) for file, end in batch.ended if isinstance(end, Finished)}
        with run.interrupts.held(), run.catalog.write() as writer:
            for file in batch.opened:
                self._begin(writer, file, "indexed" if id(file) in whole else "pending")
            ids = [writer.add_pages(_id(file), [page_record(page)])[0] for file, page in batch.pages]
            for part in encoded:
                writer.add_vectors(part.space, [ids[row][column] for row, column in part.where], part.matrix)
            for file, end in batch.ended:
                self._settle(writer, file, end)
        run.pages += len(pages)
        run.hidden += sum(page.record is not None and page.record.hidden > 0 for page in pages)
        run.regions += sum(len(own) for own in ids)
        last = batch.pages[-1][0] if batch.pages else batch.ended[-1][0] if batch.ended else None
        path = _path(last.step.found.path) if last else None
        run.tell(Progress("read", self._done, len(self._files), run.pages, None, path))

    def _begin(self, writer: Writer, file: _File, state: str) -> None:
        """From here on a search finds what is read of the file, unless it has an older version that is whole."""
        if file.opened is None or file.doubled:
            return
        file.content = writer.start_content(file.opened.hash, file.opened.reader, file.opened.stamp[0])
        record = self._file_record(file)
        if record.content is None:
            tries = 0 if state == "indexed" else record.tries
            writer.put_file(replace(record, content=file.content, state=state, tries=tries))
            file.stored = state
            return
        writer.put_file(record)
        writer.attach(record.path, file.content)

    def _file_record(self, file: _File) -> FileRecord:
        known, found, opened = file.step.known, file.step.found, file.opened
        size, mtime_ns, inode = opened.stamp if opened else (found.size, found.mtime_ns, found.inode)
        device = opened.device if opened else found.device
        seen = found._replace(size=size, mtime_ns=mtime_ns, inode=inode, device=device)
        return FileRecord(
            found.path, file.root, size, mtime_ns, settled_inode(seen), device,
            content=known.content if known else None,
            tries=known.tries if known else 0,
            hash=opened.hash if opened else file.step.hash,
        )  # fmt: skip

    def _settle(self, writer: Writer, file: _File, end: Finished | Failed) -> None:
        self._done += 1
        if isinstance(end, Finished) and file.doubled:
            self._again.append(file.step)
            return
        if isinstance(end, Finished) and not file.whole and not file.last:
            end = Failed(end.job, "damaged", "it has no pages")
        if isinstance(end, Failed):
            self._settle_failed(writer, file, end)
            return
        if file.content is None:
            raise RuntimeError("a file ended that was never opened")
        if not file.whole:
            writer.finish_content(file.content, max(file.count, file.last), file.title)
        path = file.step.found.path
        if file.stored != "indexed":
            writer.put_file(replace(self._file_record(file), content=file.content, state="indexed", tries=0))
        run = self._run
        if file.step.is_update:
            run.updated += 1
        else:
            run.added += 1
        run.notes += [f"{_path(path)}: {reason} and is not searchable" for reason in file.lost]

    def _settle_failed(self, writer: Writer, file: _File, end: Failed) -> None:
        """Pages that were read stay; an older version stays only where nothing is known against it.

        A file that is damaged or locked now does not hold what it held before; one that could not be read in time, or
        without permission, may.
        """
        path = file.step.found.path
        if not os.path.lexists(path):
            writer.remove_file(path)  # it was deleted after the walk
            self._run.removed += file.step.known is not None
            return
        record = self._file_record(file)
        # A copy shares what its twin, which is read in the same pass, has brought in.
        source = self._owners.get(file.opened.hash) if file.doubled and file.opened else file
        partial = source.content if source is not None and source.last else None
        if end.state != "failed" or record.content is None:
            record = replace(record, content=partial)
        elif partial != record.content:
            record = replace(record, upcoming=partial)
        inode = 0 if end.again else record.inode
        record = replace(record, inode=inode, state=end.state, reason=end.reason, tries=record.tries + 1)
        writer.put_file(record)
        self._run.failed.append(FileOutcome(_path(path), end.state, end.reason))


def _path(path: bytes) -> Path:
    return Path(os.fsdecode(path))


def _id(file: _File) -> int:
    if file.content is None:
        raise RuntimeError("a page came before its file was opened")
    return file.content
