"""Worker processes: what hangs, crashes, wants too much memory or is interrupted harms one file at most."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from indexing_helpers import OPTIONS, encoders, everything, leaf
from PIL import Image, ImageDraw

from mmrag.catalog import Catalog
from mmrag.errors import IndexBusy
from mmrag.indexing import index, watch, writer_lock
from mmrag.indexing.messages import Failed, Finished, Job, Lost, PageDone, Settings
from mmrag.indexing.pool import Pool
from mmrag.types import Progress

QUICK = replace(OPTIONS, page_seconds=6.0, silent_seconds=30.0)
"""Short deadlines, yet long enough for a machine that is busy with other things."""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.db", create=True) as opened:
        yield opened


def page_texts(catalog: Catalog) -> set[str]:
    return {text for _, text in catalog.texts(catalog.region_ids(kinds=["page"]))}


def test_each_bad_file_ends_in_its_state_and_the_others_are_read(tmp_path: Path, catalog: Catalog) -> None:
    root = tmp_path / "docs"
    leaf(root / "crash.leaf", "!crash at once")
    leaf(root / "memory.leaf", "!memory")
    leaf(root / "fault.leaf", "!fault")
    leaf(root / "hang.leaf", "before", "!hang", "after")
    leaf(root / "crash2.leaf", "before it", "!crash", "after it")
    for number in range(6):
        leaf(root / f"good{number}.leaf", f"good {number}")
    report = index(catalog, [root], QUICK, encoders(), None)
    assert {outcome.path.name: outcome.state for outcome in report.failed} == {
        "crash.leaf": "failed",
        "memory.leaf": "too_large",
        "fault.leaf": "failed",
    }
    assert report.added == 8
    reasons = {outcome.path.name: outcome.reason for outcome in report.failed}
    assert "SIGSEGV" in reasons["crash.leaf"]
    assert "ZeroDivisionError" in reasons["fault.leaf"]
    assert page_texts(catalog) >= {f"good {n}" for n in range(6)} | {"before", "after", "before it", "after it"}
    assert sorted(note.split("/")[-1].split(":")[0] for note in report.notes) == ["crash2.leaf", "hang.leaf"]
    everything(catalog)


def test_a_file_that_only_hangs_is_stopped(tmp_path: Path, catalog: Catalog) -> None:
    leaf(tmp_path / "docs" / "a.leaf", "one", *["!hang"] * 20)
    options = replace(OPTIONS, page_seconds=0.5, silent_seconds=8.0)
    report = index(catalog, [tmp_path / "docs"], options, encoders(), None)
    assert "stopped at page" in report.failed[0].reason
    assert "one" in page_texts(catalog)


def test_workers_are_replaced_in_the_middle_of_a_long_file(tmp_path: Path, catalog: Catalog) -> None:
    leaf(tmp_path / "docs" / "a.leaf", *[f"page {number}" for number in range(30)])
    report = index(catalog, [tmp_path / "docs"], replace(OPTIONS, worker_pages=8), encoders(), None)
    assert (report.added, report.pages) == (1, 30)
    assert page_texts(catalog) == {f"page {number}" for number in range(30)}


def test_reading_waits_for_whoever_takes_the_pages(tmp_path: Path) -> None:
    path = leaf(tmp_path / "a.leaf", *[f"page {number}" for number in range(400)])
    options = replace(OPTIONS, batch_pages=4, page_seconds=2.0, silent_seconds=20.0)
    with Pool(Settings(options, 64), [Job(0, os.fsencode(path), 100)]) as pool:
        first = pool.next(60)
        assert first is not None
        time.sleep(3)  # longer than any deadline: a worker that is kept waiting is not late
        assert pool._outbox.pages <= 2 * options.batch_pages
        numbers = []
        while True:
            try:
                event = pool.next(60)
            except StopIteration:
                break
            assert not isinstance(event, Lost | Failed), event
            if isinstance(event, PageDone):
                numbers.append(event.number)
        assert isinstance(event, Finished)
    assert numbers == list(range(1, 401))


def test_workers_end_with_the_pool(tmp_path: Path) -> None:
    path = leaf(tmp_path / "a.leaf", "!hang")
    with Pool(Settings(OPTIONS, None), [Job(0, os.fsencode(path), 100)]) as pool:
        assert pool.next(60) is not None  # opened
        processes = [worker.process for worker in pool._supervisor.workers]
    assert processes
    assert all(process.returncode is not None for process in processes)


def test_real_files_through_real_readers(tmp_path: Path, catalog: Catalog) -> None:
    root = tmp_path / "docs"
    root.mkdir()
    with pymupdf.open() as document:
        for number in range(3):
            document.new_page().insert_text((72, 100), f"Revenue of quarter {number} rose by 7 percent")
        document.save(root / "report.pdf")
    (root / "notes.txt").write_text("회의록: 다음 주 월요일\n")
    Image.new("RGB", (400, 300), "white").save(root / "blank.png")
    (root / "archive.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    report = index(catalog, [root], replace(OPTIONS, readers=()), encoders(), None)
    assert (report.added, [outcome.state for outcome in report.failed]) == (3, ["unsupported"])
    text = "\n".join(page_texts(catalog))
    assert "Revenue of quarter 2" in text
    assert "회의록" in text
    assert catalog.summary().vectors["pixels"] >= 4


def scan(path: Path, *lines: str) -> None:
    from PIL import ImageFont

    image = Image.new("RGB", (1240, 800), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(48)
    for number, line in enumerate(lines):
        draw.text((100, 100 + 120 * number), line, fill="black", font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)


@pytest.mark.slow
def test_pages_without_text_are_recognised_in_a_second_pass(tmp_path: Path, catalog: Catalog) -> None:
    root = tmp_path / "docs"
    scan(root / "scan.png", "Invoice 4711", "Total 99.50 EUR")
    Image.new("RGB", (400, 300), "white").save(root / "blank.png")
    report = index(catalog, [root], replace(OPTIONS, readers=()), encoders(), None)
    assert report.pending_ocr == 2, "switched off, recognition leaves what is to do"
    before = {number: vector.tobytes() for number, vector in catalog.vectors("pixels", catalog.vector_ids("pixels"))}
    report = index(catalog, [root], replace(OPTIONS, readers=(), ocr="en"), encoders(), None)
    assert (report.unchanged, report.pending_ocr, report.notes) == (2, 0, ())
    assert any("4711" in text and "99.50" in text for text in page_texts(catalog))
    after = {number: vector.tobytes() for number, vector in catalog.vectors("pixels", catalog.vector_ids("pixels"))}
    assert set(before.values()) <= set(after.values())
    everything(catalog)


def run_script(tmp_path: Path) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("crash_run.py")
    return subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "catalog.db"), str(tmp_path / "docs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_every_commit_and_ends_the_workers(tmp_path: Path, number: signal.Signals) -> None:
    leaf(tmp_path / "docs" / "a.leaf", *[f"!slow page {page}" for page in range(300)])
    process = run_script(tmp_path)
    acknowledged = 0
    assert process.stdout is not None
    for line in process.stdout:
        acknowledged = len(json.loads(line))
        if acknowledged >= 24:
            process.send_signal(number)
            break
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors.decode()
    with Catalog.open(tmp_path / "catalog.db") as catalog:
        assert acknowledged <= len(page_texts(catalog)) < 300
        report = index(catalog, [tmp_path / "docs"], OPTIONS, encoders(), None)
        assert report.added == 1
        assert len(page_texts(catalog)) == 300


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from mmrag.indexing import writer_lock\n"
            "with writer_lock(Path(sys.argv[1])): print('held', flush=True); time.sleep(1000)",
            str(folder),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(IndexBusy, match=str(holder.pid)), writer_lock(folder):
        pass
    threading.Timer(0.5, holder.kill).start()
    with writer_lock(folder, wait=True):  # a holder that was killed holds nothing
        assert holder.wait(timeout=10) == -signal.SIGKILL
    holder.stdout.close()
    with writer_lock(folder):
        pass


def test_watch_tells_where_something_changed(tmp_path: Path) -> None:
    root, skipped = tmp_path / "docs", tmp_path / "docs" / "index"
    leaf(root / "sub" / "a.leaf", "one")
    skipped.mkdir()
    stop = threading.Event()
    seen: list[list[Path]] = []

    def follow() -> None:
        for folders in watch([root], replace(OPTIONS, skip=(skipped,)), stop):
            seen.append(folders)

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(1)
    (skipped / "catalog.db").write_text("x")
    (root / ".hidden").write_text("x")
    leaf(root / "sub" / "b.leaf", "two")
    deadline = time.monotonic() + 20
    while not seen and time.monotonic() < deadline:
        time.sleep(0.1)
    stop.set()
    thread.join(timeout=20)
    assert seen == [[root / "sub"]]


def test_progress_names_stages_and_counts(tmp_path: Path, catalog: Catalog) -> None:
    leaf(tmp_path / "docs" / "a.leaf", "one", "two")
    events: list[Progress] = []
    index(catalog, [tmp_path / "docs"], OPTIONS, encoders(), events.append)
    assert [event.stage for event in events][:1] == ["scan"]
    assert {"scan", "read", "save"} <= {event.stage for event in events}
    assert (events[-1].files_done, events[-1].files_total, events[-1].pages_done) == (1, 1, 2)
