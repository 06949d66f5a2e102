"""The terminal form of each value, as rich renderables that read well in 80 columns and with wide characters.

Every piece of text goes in as `Text`, never as markup, so that brackets in a file name are shown, not obeyed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mmrag.display.cited import hidden_note
from mmrag.display.documents import Finding
from mmrag.display.escaping import clean, shorten, shown_path
from mmrag.errors import MmragError
from mmrag.types import Evidence, FileOutcome, FileState, IndexReport

if TYPE_CHECKING:
    from mmrag.corpus import Status
    from mmrag.embedders import ModelStatus
    from mmrag.indexing import Plan

__all__ = [
    "check_view",
    "checks_view",
    "count",
    "error_view",
    "evidence_view",
    "failures_view",
    "models_view",
    "plan_view",
    "report_view",
    "search_view",
    "size",
    "status_view",
    "what_was_done",
]

SHOWN_FAILURES = 20
SHOWN_PATHS = 20
SNIPPET_WIDTH = 240

_STATE_WORDS = {
    "locked": "Locked",
    "damaged": "Damaged",
    "too_large": "Too large",
    "unsupported": "Not a kind of file that is read",
    "failed": "Could not be read",
}


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `1,204 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(number: int) -> str:
    """Bytes in the unit that reads best: `812 B`, `4.2 MB`, `1.3 GB`."""
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def error_view(error: MmragError) -> Text:
    """What went wrong, and below it what to do."""
    view = Text.assemble(("error: ", "bold red"), clean(error.message))
    if error.hint:
        view.append(f"\n{clean(error.hint, lines=True)}")
    return view


# ---------------------------------------------------------------------------------------------------------- search


def search_view(query: str, hits: Sequence[Evidence], *, verbose: bool = False) -> RenderableType:
    """A ranking, best first, one block a page."""
    if not hits:
        return Text.assemble(
            ("Nothing found", "bold"),
            f" for {clean(query)!r}.\nTry other words, fewer filters, or `mmrag status` to see what is indexed.",
        )
    return Group(*(evidence_view(hit, rank, query, verbose=verbose) for rank, hit in enumerate(hits, 1)))


def evidence_view(evidence: Evidence, rank: int, query: str = "", *, verbose: bool = False) -> RenderableType:
    """One hit: where it is, the words that match in bold, other places, and with `verbose` each channel's score."""
    region = evidence.region
    where = f"page {region.page} of {region.document.page_count}" if region.document.page_count > 1 else "one page"
    kind = "" if region.kind == "page" else region.kind
    if region.document.page_count == 1 and region.kind == "picture":
        where, kind = "picture", ""
    head = Text.assemble(
        (f"{rank:>2}  ", "bold"),
        (shown_path(region.document.path.name), "bold cyan"),
        ("  ·  ", "dim"),
        where,
        *((("  ·  ", "dim"), kind) if kind else ()),
        *((("  ·  ", "dim"), "read by OCR") if region.origin == "ocr" else ()),
    )
    lines: list[RenderableType] = [head]
    if evidence.stale:
        lines.append(_indented(Text("changed since it was read; run `mmrag index` again", "yellow")))
    if region.hidden:
        lines.append(_indented(Text(hidden_note(region), "yellow")))
    text = marked(evidence.snippet or region.text, query)
    if text.plain:
        lines.append(_indented(text))
    lines.append(_indented(Text(shorten(region.document.path.parent) or ".", "dim")))
    lines.extend(_indented(Text(f"also at {shorten(path)}", "dim")) for path in evidence.also_at)
    if verbose:
        lines.append(_indented(_why(evidence)))
    return Group(*lines, Text(""))


def _why(evidence: Evidence) -> Text:
    channels = "  ".join(f"{clean(name)} {value:.3f}" for name, value in evidence.channels.items())
    box = evidence.region.box
    text = Text(f"why: score {evidence.score:.3f}   {channels}", "magenta")
    text.append(f"\nbox: {box.left:.3f} {box.top:.3f} {box.right:.3f} {box.bottom:.3f}")
    for other in evidence.also:
        text.append(f"\nalso on this page: {other.kind} {clean(other.text)[:60]}")
    return text


def marked(text: str, query: str, width: int = SNIPPET_WIDTH) -> Text:
    """The part of `text` that matches `query` best, cut to a few lines, with the matches in bold."""
    from mmrag.lexical import snippet

    cut = snippet(clean(text), query, width)
    view = Text(cut.text)
    for start, stop in cut.spans:
        view.stylize("bold yellow", start, stop)
    return view


def _indented(view: RenderableType) -> Padding:
    return Padding.indent(view, 4)  # without the spaces to the right that Padding fills a line with


# ----------------------------------------------------------------------------------------------------------- index


def report_view(report: IndexReport, index: str = "", *, guide: bool = True) -> RenderableType:
    """What a run of `index` did, what it could not do, and with `guide` what to type next."""
    lines: list[RenderableType] = [_summary(report)]
    if report.failed:
        lines += [Text(""), failures_view(report.failed)]
    if report.pending_ocr:
        pages = count(report.pending_ocr, "page")
        lines.append(
            Text.assemble((f"{pages} still to be recognised (OCR).", "yellow"), " Run the same command to go on.")
        )
    if report.hidden:
        lines.append(Text(hidden_pages(report.hidden), "yellow"))
    lines += [Text(clean(note)) for note in report.notes]
    if guide and report.files > len(report.failed):
        option = f" --index {index}" if index else ""
        lines.append(Text.assemble(("Next: ", "dim"), f'mmrag ask{option} "what you want to know"'))
    return Group(*lines)


def hidden_pages(number: int) -> str:
    """What to say of pages newly read that hold text which cannot be seen."""
    return f"{count(number, 'page')} {'holds' if number == 1 else 'hold'} text that cannot be seen; it is left out."


def what_was_done(report: IndexReport) -> str:
    """What became of the files, as in `3 added, 1 not indexed`; "" where there were none."""
    done = (
        (report.added, "added"),
        (report.updated, "updated"),
        (report.moved, "moved"),
        (report.removed, "removed"),
        (report.unchanged, "unchanged"),
        (len(report.failed), "not indexed"),
    )
    return ", ".join(f"{number:,} {word}" for number, word in done if number)


def _summary(report: IndexReport) -> Text:
    parts = what_was_done(report)
    text = Text.assemble((count(report.files, "file"), "bold"), f": {parts}." if parts else ": nothing to do.")
    if report.pages:
        speed = f", {report.pages / report.seconds:.1f} pages/s" if report.seconds > 0 else ""
        text.append(f"\n{count(report.pages, 'page')} and {count(report.regions, 'region')} ")
        text.append(f"in {report.seconds:.1f} s{speed}")
        text.append(f" (profile {clean(report.profile)})." if report.profile else ".")
    return text


def failures_view(failed: Sequence[FileOutcome]) -> RenderableType:
    """Files that are not indexed, by state, each with its reason, or once for all where it is the same."""
    lines: list[RenderableType] = []
    states = Counter(one.state for one in failed)
    for state, number in states.most_common():
        of_state = [one for one in failed if one.state == state]
        reasons = {one.reason for one in of_state}
        head = Text(f"{_STATE_WORDS.get(state, state)} ({count(number, 'file')})", "bold yellow")
        if number > 1 and len(reasons) == 1:
            head.append(f": {clean(of_state[0].reason)}", "not bold default")
        lines.append(head)
        for one in of_state[:SHOWN_FAILURES]:
            reason = f": {clean(one.reason)}" if one.reason and not (number > 1 and len(reasons) == 1) else ""
            lines.append(_indented(Text.assemble(shorten(one.path), (reason, "dim"))))
        if number > SHOWN_FAILURES:
            lines.append(_indented(Text(f"and {number - SHOWN_FAILURES:,} more (--json lists all)", "dim")))
    if "failed" in states:
        lines.append(Text("Files that could not be read are tried again with --retry-failed, or when they change."))
    return Group(*lines)


def plan_view(plan: Plan) -> RenderableType:
    """What `index --dry-run` found: nothing has been done."""
    groups = {
        "added": [f"+ {shorten(path)}" for path in plan.added],
        "updated": [f"~ {shorten(path)}" for path in plan.updated],
        "moved": [f"> {shorten(old)} -> {shorten(new)}" for old, new in plan.moved],
        "removed": [f"- {shorten(path)}" for path in plan.removed],
    }
    lines: list[RenderableType] = []
    for name, shown in groups.items():
        if shown:
            lines.append(Text(f"{count(len(shown), 'file')} to be {name}", "bold"))
            lines += [_indented(Text(line)) for line in shown[:SHOWN_PATHS]]
        if len(shown) > SHOWN_PATHS:
            lines.append(_indented(Text(f"and {len(shown) - SHOWN_PATHS:,} more (--json lists all)", "dim")))
    if plan.failed:
        lines.append(failures_view(plan.failed))
    lines += [Text(clean(note)) for note in plan.notes]
    lines.append(Text(f"{count(plan.unchanged, 'file')} unchanged. Nothing has been done (--dry-run)."))
    return Group(*lines)


# ---------------------------------------------------------------------------------------------------------- status


def status_view(status: Status) -> RenderableType:
    """Where the index is, what it holds, what is missing from it, and which models built it."""
    held = status.catalog
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("index", shorten(status.folder))
    for at, root in enumerate(held.roots):
        table.add_row("" if at else "folders", f"{shorten(os.fsdecode(root.path))} ({count(root.file_count, 'file')})")
    states = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in held.states.items())
    table.add_row("files", states or "none")
    table.add_row(
        "content", f"{count(held.documents, 'document')}, {count(held.pages, 'page')}, {held.regions:,} regions"
    )
    if held.pending_ocr:
        pages = count(held.pending_ocr, "page")
        command = "mmrag index --ocr auto" if status.config.ocr == "off" else "mmrag index"
        table.add_row("to do", Text(f"{pages} to recognise (OCR): run `{command}` to go on", "yellow"))
    for at, (space, fingerprint) in enumerate(held.models.items()):
        model = getattr(status.config, space, None) or fingerprint
        vectors = count(held.vectors.get(space, 0), "vector")
        table.add_row("" if at else "models", f"{clean(space)}: {clean(model)} ({vectors})")
    table.add_row("profile", clean(status.config.profile))
    table.add_row("on disk", f"{size(status.disk_bytes)}, of which the catalog {size(held.size)}")
    bad = [
        FileOutcome(Path(os.fsdecode(file.path)), cast("FileState", file.state), file.reason)
        for file in held.files
        if file.state in _STATE_WORDS
    ]
    return Group(table, Text(""), failures_view(bad)) if bad else table


# ---------------------------------------------------------------------------------------------------------- models


def models_view(models: Sequence[ModelStatus], chosen: str) -> RenderableType:
    """Profiles with their models, what is on disk, and which one `--profile auto` takes."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("profile", no_wrap=True)
    table.add_column("for", no_wrap=True)
    table.add_column("model", overflow="fold", ratio=1)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("on disk", no_wrap=True)
    last = ""
    for model in models:
        there = Text("yes", "green") if model.on_disk else Text("no", "yellow")
        name = "" if model.profile == last else model.profile
        last = model.profile
        table.add_row(Text(name, "bold"), model.space, Text(clean(model.id)), size(model.megabytes * 1_000_000), there)
    missing = list(dict.fromkeys(model.profile for model in models if not model.on_disk))
    text = Text(f"\n--profile auto takes {clean(chosen)} here.")
    if missing:
        text.append(f"\nTo download: mmrag models --get {missing[0]}")
    return Group(table, text)


# ---------------------------------------------------------------------------------------------------------- doctor


def check_view(check: Finding) -> RenderableType:
    """One line of a check-up, with what to do below it."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=7)
    table.add_column(width=12, no_wrap=True)
    table.add_column(overflow="fold")
    styles = {"ok": "green", "note": "yellow", "problem": "bold red"}
    text = Text(clean(check.message))
    if check.hint:
        text.append(f"\n{clean(check.hint, lines=True)}", "bold" if check.level == "problem" else "")
    table.add_row(Text(check.level, styles.get(check.level, "")), Text(clean(check.name), "bold"), text)
    return table


def checks_view(checks: Sequence[Finding]) -> RenderableType:
    """What a check-up comes to."""
    problems = sum(check.level == "problem" for check in checks)
    if problems:
        return Text(f"\n{count(problems, 'problem')} to mend.", "bold red")
    return Text("\nNo problems.", "bold green")
