"""The second pass: words for pages that have none, page by page. What is done stays done when it is interrupted."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmrag.indexing.encoding import PIXELS, Encoded, encode, page_record
from mmrag.indexing.messages import Event, Failed, Job, Lost, NoRecognizer, PageDone, Pixels, Settings
from mmrag.indexing.pool import Pool
from mmrag.indexing.run import Run
from mmrag.types import Progress

__all__ = ["recognize_pages"]


def recognize_pages(run: Run) -> None:
    """Recognise the text of every page that waits for it, in files that are still what they were."""
    contents, jobs = _jobs(run)
    if jobs:
        _Recognizing(run, contents, jobs).run()


def _jobs(run: Run) -> tuple[list[int], list[Job]]:
    files = run.catalog.files()
    waiting: dict[tuple[int, bytes], list[int]] = {}
    for content, path, page in run.catalog.pending_ocr():
        waiting.setdefault((content, path), []).append(page)
    contents: list[int] = []
    jobs: list[Job] = []
    for (content, path), pages in waiting.items():
        record = files.get(path)
        if record is None or record.content != content or not os.path.lexists(path):
            continue  # a newer version is on its way, or the disk is not there
        stamp = (record.size, record.mtime_ns, record.inode)
        # Files with few pages to do come first.
        job = Job(len(jobs), path, len(pages), "recognize", 1, tuple(pages), record.hash, stamp)
        contents.append(content)
        jobs.append(job)
    return contents, jobs


class _Recognizing:
    def __init__(self, run: Run, contents: Sequence[int], jobs: Sequence[Job]) -> None:
        self._run = run
        self._contents = contents
        self._jobs = jobs
        self._batch: list[PageDone | Lost] = []
        self._since = 0.0
        self._done = 0
        self._pages = 0
        self._total = sum(len(job.pages) for job in jobs)

    def run(self) -> None:
        """Recognise and commit until every page was tried."""
        run = self._run
        run.tell(Progress("ocr", 0, len(self._jobs), 0, self._total))
        with Pool(Settings(run.options, run.image_size()), self._jobs) as pool:
            while True:
                patience = max(0.0, self._since + run.options.batch_seconds - time.monotonic()) if self._batch else None
                try:
                    event = pool.next(patience)
                except StopIteration:
                    break
                if isinstance(event, NoRecognizer):
                    run.notes.append(
                        f"{self._total} pages wait for text recognition, and nothing is installed that can do it. "
                        "`mmrag doctor` tells what is missing."
                    )
                    return
                if event is not None:
                    self._take(event)
                late = time.monotonic() >= self._since + run.options.batch_seconds
                if self._batch and (late or len(self._batch) >= run.options.batch_pages):
                    self._save()
            if self._batch:
                self._save()

    def _take(self, event: Event) -> None:
        if isinstance(event, PageDone | Lost):
            if not self._batch:
                self._since = time.monotonic()
            self._batch.append(event)
            self._pages += 1
            path = Path(os.fsdecode(self._jobs[event.job].path))
            self._run.tell(Progress("ocr", self._done, len(self._jobs), self._pages, self._total, path))
        else:
            self._done += 1
        if isinstance(event, Failed):
            path = Path(os.fsdecode(self._jobs[event.job].path))
            self._run.notes.append(f"{path}: text recognition stopped: {event.reason}")

    def _save(self) -> None:
        batch, self._batch = self._batch, []
        run = self._run
        found = [event for event in batch if isinstance(event, PageDone) and event.record is not None]
        unseen = [replace(page, pictures=self._unseen(page)) for page in found]
        encoded = encode(unseen, run.embedders, whole_pages=run.options.regions == "page")
        with run.interrupts.held(), run.catalog.write() as writer:
            replaced = [writer.replace_page(self._contents[page.job], page_record(page)) for page in found]
            for part in encoded:
                new = _without_kept(part, replaced)
                writer.add_vectors(part.space, [replaced[row][0][column] for row, column in new.where], new.matrix)
            for event in batch:
                if isinstance(event, Lost):
                    writer.set_ocr(self._contents[event.job], event.number, "failed")
                elif event.record is None:
                    writer.set_ocr(self._contents[event.job], event.number, "done")

    def _unseen(self, page: PageDone) -> tuple[tuple[int, Pixels], ...]:
        """The pictures of regions that look different from before, or had no vector: the others keep theirs."""
        catalog, document = self._run.catalog, self._jobs[page.job].hash
        if not page.pictures or page.record is None or document is None:
            return page.pictures
        regions = catalog.page_regions(document, page.number)
        encoded = {number for number, _ in catalog.vectors(PIXELS, [region.id for region in regions])}
        seen = {(region.kind, region.box) for region in regions if region.id in encoded}
        segments = page.record.segments
        return tuple((at, pixels) for at, pixels in page.pictures if (segments[at].kind, segments[at].box) not in seen)


def _without_kept(part: Encoded, replaced: Sequence[tuple[list[int], dict[int, int]]]) -> Encoded:
    """Without the regions that look as they did before: the catalog gave them their old vectors."""
    if part.space != PIXELS:
        return part
    rows = [
        number for number, (row, column) in enumerate(part.where) if replaced[row][0][column] not in replaced[row][1]
    ]
    return Encoded(part.space, [part.where[number] for number in rows], part.matrix[rows])
