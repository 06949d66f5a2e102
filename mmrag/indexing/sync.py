"""One run of `index` from plan to report, and the two ways to take something out of it again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mmrag.catalog import Catalog, FileRecord, Writer
from mmrag.errors import PathNotFound
from mmrag.indexing.interrupts import Interrupts
from mmrag.indexing.options import IndexOptions
from mmrag.indexing.planning import Plan, Step, make_plan, settled_inode
from mmrag.indexing.reading import read_files
from mmrag.indexing.recognizing import recognize_pages
from mmrag.indexing.roots import resolved
from mmrag.indexing.run import Run
from mmrag.indexing.walk import inside
from mmrag.protocols import Embedder
from mmrag.types import IndexReport, Progress

__all__ = ["forget", "index"]

_ROUNDS = 3
"""Copies that appear while others are read may need a second round; more would only follow a file that never rests."""


def index(
    catalog: Catalog,
    paths: Sequence[Path] | None,
    options: IndexOptions,
    embedders: Mapping[str, Embedder],
    progress: Callable[[Progress], None] | None = None,
) -> IndexReport:
    """Make the catalog match what lies under `paths`; None or () stands for every root. The caller holds the lock.

    `embedders` go by space, "text" and "pixels"; a mapping may load them when they are asked for, which happens only
    when there is something to encode. Files that cannot be read end in the report, never in an error. Raises
    `PathNotFound`, `NothingIndexed`, `UsageError`, `StorageFull`, whatever loading an encoder raises, and
    `KeyboardInterrupt` after Ctrl-C or SIGTERM; whatever was committed by then stays.
    """
    with Interrupts().watched() as interrupts:
        run = Run(catalog, options, embedders, interrupts, progress)
        run.tell(Progress("scan"))
        plan = make_plan(catalog, paths, options, progress)
        run.unchanged, run.failed, run.notes = plan.unchanged, list(plan.kept), list(plan.notes)
        roots = _apply(run, plan)
        steps = plan.read
        for _ in range(_ROUNDS):
            if not steps:
                break
            run.tell(Progress("read", 0, len(steps), run.pages))
            again = read_files(run, steps, roots)
            steps = _attach_copies(run, [*plan.follow, *again], roots)
            plan.follow = []
        if plan.read or plan.gone or plan.attach:
            with interrupts.held(), catalog.write() as writer:
                writer.collect()
        pending = catalog.pending_ocr()
        if pending and options.ocr != "off":
            recognize_pages(run)
            pending = catalog.pending_ocr()
        return run.report(len(pending))


def forget(catalog: Catalog, path: Path) -> int:
    """Take a path and all that lies under it out of the index, and out of its roots; returns how many files.

    Inside a root that stays, the next run finds the files again unless they are excluded. Raises `PathNotFound` where
    nothing is known of the path.
    """
    names = {resolved(path), os.fsencode(path.absolute())}
    with Interrupts().watched() as interrupts, interrupts.held():
        roots = [root for root in catalog.roots() if any(inside(root.path, name) for name in names)]
        files = catalog.files(sorted(names))
        if not roots and not files:
            raise PathNotFound(f"{path} is not in the index", "`mmrag status` lists what is.")
        with catalog.write() as writer:
            for name in files:
                writer.remove_file(name)
            for root in roots:
                writer.remove_root(root.id)
            writer.collect()
        return len(files)


def _apply(run: Run, plan: Plan) -> dict[bytes, int]:
    """Everything that needs no reading, in one transaction; returns the ids of the roots."""
    roots = {path: root.id for path, root in plan.roots.known.items()}
    changed = [path for path, device in plan.devices.items() if _is_new(plan, path, device)]
    if not (changed or plan.roots.absorbed or plan.moves or plan.attach or plan.touch or plan.gone):
        return roots
    with run.interrupts.held(), run.catalog.write() as writer:
        for path in changed:
            roots[path] = writer.add_root(path, plan.devices[path])
        _absorb(run.catalog, writer, plan, roots)
        for step in plan.moves:
            if step.known is not None:
                writer.move_file(step.known.path, _seen_now(step.known, step, roots))
        for step in plan.touch:
            if step.known is not None:
                writer.put_file(_seen_now(step.known, step, roots))
        for step in plan.attach:
            _attach(run, writer, step, roots)
        for record in plan.gone:
            writer.remove_file(record.path)
        writer.collect()
    run.moved += sum(step.known is not None and step.known.state == "indexed" for step in plan.moves)
    run.removed += len(plan.gone)
    return roots


def _is_new(plan: Plan, path: bytes, device: int) -> bool:
    known = plan.roots.known.get(path)
    return known is None or known.device != device


def _absorb(catalog: Catalog, writer: Writer, plan: Plan, roots: Mapping[bytes, int]) -> None:
    """Give the files of roots that are part of a larger one now to that one."""
    new_root = {plan.roots.known[old].id: roots[new] for old, new in plan.roots.absorbed.items() if new in roots}
    for record in catalog.files().values() if new_root else ():
        if record.root in new_root:
            writer.put_file(replace(record, root=new_root[record.root]))
    for old in new_root:
        writer.remove_root(old)


def _seen_now(record: FileRecord, step: Step, roots: Mapping[bytes, int]) -> FileRecord:
    found = step.found
    return replace(
        record, path=found.path, root=roots[step.root], size=found.size, mtime_ns=found.mtime_ns,
        inode=settled_inode(found), device=found.device,
    )  # fmt: skip


def _attach(run: Run, writer: Writer, step: Step, roots: Mapping[bytes, int]) -> None:
    """Give a file a content that is there already."""
    content = run.catalog.content(step.hash or "")
    if content is None:
        raise RuntimeError("a content has gone since it was planned to use it")
    known, found = step.known, step.found
    plain = FileRecord(found.path, roots[step.root], 0, 0, 0, 0, content=known.content if known else None)
    record = replace(_seen_now(plain, step, roots), hash=step.hash, state="indexed")
    writer.put_file(record)
    writer.attach(found.path, content.id)
    if step.is_update:
        run.updated += 1
    else:
        run.added += 1


def _attach_copies(run: Run, steps: Sequence[Step], roots: Mapping[bytes, int]) -> list[Step]:
    """Attach copies of files that have been read meanwhile; returns those whose content did not come."""
    ready: list[Step] = []
    left: list[Step] = []
    for step in steps:
        content = run.catalog.content(step.hash) if step.hash else None
        (ready if content is not None and content.complete else left).append(step)
    if ready:
        with run.interrupts.held(), run.catalog.write() as writer:
            for step in ready:
                _attach(run, writer, step, roots)
    return left
