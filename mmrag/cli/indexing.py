"""`mmrag index`: make an index match folders, and show how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption

if TYPE_CHECKING:
    from mmrag.indexing import Plan
    from mmrag.types import IndexReport, Progress

__all__ = ["ProgressBar", "index", "live_progress"]


@app.command("index", short_help="Index folders and files.")
def index(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    paths: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="PATH", show_default=False, hidden=True),
    ] = None,
    index: IndexOption = None,
    forget: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--forget", metavar="PATH", help="Take a folder or file out of the index. The file stays."),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--exclude", metavar="GLOB", help="Leave out files and folders that match; kept for later runs."),
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Read and embed everything anew.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try files again that failed before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and follow changes until Ctrl-C.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Drop what is under a folder that is gone or not mounted.")
    ] = False,
    password_file: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--password-file", metavar="FILE", help="Passwords to try on locked files, one a line."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another process writes to the index.")] = False,
    catalog: CatalogOption = None,
    profile: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--profile", metavar="NAME", help="Models to use: auto, offline, standard or best."),
    ] = None,
    pixels: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--pixels", metavar="ID|none", help="Image encoder in place of the profile's."),
    ] = None,
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--text", metavar="ID|none", help="Text encoder in place of the profile's."),
    ] = None,
    ocr: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--ocr", metavar="auto|off|LANGS", help="Recognition of scanned pages, for example ko+en."),
    ] = None,
    regions: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--regions", metavar="page|all", help="Index whole pages only, or their parts too."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Index folders and files where they are; only what changed is read again.

    PATH is a folder or a file. They add up: a run without PATH brings all of them up to date. Hidden
    files and what .mmragignore names are skipped. Ctrl-C keeps everything done so far, and the same
    command goes on from there.
    """
    from mmrag.corpus import Corpus
    from mmrag.errors import UsageError

    settings: dict[str, Any] = {
        "catalog": catalog,
        "profile": profile,
        "pixels": pixels,
        "text": text,
        "ocr": ocr,
        "regions": regions,
        "exclude": tuple(exclude) if exclude else None,
    }
    switches: dict[str, Any] = {"rebuild": rebuild, "retry_failed": retry_failed, "prune": prune, "wait": wait}
    passwords = _passwords(password_file)
    if dry_run and (forget or rebuild or watch):
        other = "--forget" if forget else "--rebuild" if rebuild else "--watch"
        raise UsageError(f"--dry-run does not go with {other}", "Leave one of them out.")
    with Corpus(index, **settings) as corpus:
        if forget:
            forgotten = sum(corpus.forget(path, wait=wait) for path in forget)
            if not paths:
                _show_forgotten(forgotten, as_json)
                return
        if dry_run:
            _show_plan(corpus.plan(*(paths or []), retry_failed=retry_failed, prune=prune), as_json)
            return
        with live_progress() as progress:
            if not watch:
                report = corpus.index(*(paths or []), progress=progress, passwords=passwords, **switches)
            else:
                follow = _follower(progress, index, as_json)
                corpus.watch(*(paths or []), progress=progress, report=follow, passwords=passwords, **switches)
                return
        _show_report(report, index, as_json)


def _passwords(file: str | None) -> tuple[str, ...]:
    """The lines of a file of passwords; raises `UsageError` where it cannot be read."""
    if file is None:
        return ()
    from mmrag.errors import UsageError

    try:
        lines = Path(file).read_text("utf-8-sig", errors="surrogateescape").splitlines()
    except OSError as error:
        raise UsageError(
            f"the password file {file} cannot be read: {error.strerror}", "Give a text file, one password a line."
        ) from error
    return tuple(line for line in lines if line)


def _show_forgotten(forgotten: int, as_json: bool) -> None:
    from rich.text import Text

    from mmrag.display import count, report_json
    from mmrag.types import IndexReport

    if as_json:
        output.emit({**report_json(IndexReport(removed=forgotten)), "forgotten": forgotten})
    elif forgotten:
        output.show(Text(f"{count(forgotten, 'file')} taken out of the index; nothing on disk was changed."))
    else:
        output.show(Text("Nothing under that path was in the index. `mmrag status` lists what is."))


def _show_plan(plan: Plan, as_json: bool) -> None:
    from mmrag.display import plan_json, plan_view

    if as_json:
        output.emit(plan_json(plan))
    else:
        output.show(plan_view(plan))


def _follower(bar: ProgressBar | None, index: str | None, as_json: bool) -> Callable[[IndexReport], None]:
    """What `--watch` does with each report: print it where the line of progress was."""

    def show(report: IndexReport) -> None:
        if bar is not None:
            bar.pause()
        _show_report(report, index, as_json, line=True)

    return show


def _show_report(report: IndexReport, index: str | None, as_json: bool, *, line: bool = False) -> None:
    from mmrag.display import report_json, report_view

    if as_json:
        output.emit(report_json(report), line=line)
    else:
        output.show(report_view(report, index or ""))


def live_progress() -> AbstractContextManager[ProgressBar | None]:
    """Live progress on standard error if it is a terminal, else none at all."""
    console = output.err()
    return ProgressBar(console) if console.is_terminal and not console.is_dumb_terminal else nullcontext()


class ProgressBar(AbstractContextManager["ProgressBar"]):
    """One line that follows `Progress`: stage, files, pages a second, time left, and the file at hand."""

    STAGES = {"scan": "Looking", "read": "Reading", "ocr": "Recognising", "save": "Saving"}  # noqa: RUF012

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description:<11}"),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[file]}", markup=True),
            console=console,
            transient=True,
        )
        self._task = self._bars.add_task("Starting", total=None, counts="", file="")
        self._stage = ""
        self._since = (0.0, 0)

    def __exit__(self, *_: object) -> None:
        self.pause()

    def pause(self) -> None:
        """Take the line away; the next step shows it again."""
        self._bars.stop()

    def __call__(self, step: Progress) -> None:
        """Show one step."""
        from mmrag.display import clean

        self._bars.start()
        now = time.monotonic()
        if step.stage != self._stage:
            self._stage, self._since = step.stage, (now, step.pages_done)
            self._bars.reset(self._task, total=None, description=self.STAGES.get(step.stage, clean(step.stage)))
        by_page = step.pages_total is not None
        done, total = (step.pages_done, step.pages_total) if by_page else (step.files_done, step.files_total)
        counts = f"{done:,}/{total:,} " if total is not None else f"{done:,} "
        counts += "pages" if by_page else "files"
        seconds = now - self._since[0]
        if seconds > 1 and step.pages_done > self._since[1]:
            counts += f" · {(step.pages_done - self._since[1]) / seconds:.1f} pages/s"
        name = clean(step.path.name)[:28].replace("[", "\\[") if step.path else ""
        self._bars.update(self._task, completed=done, total=total, counts=counts, file=name)
