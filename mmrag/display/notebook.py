"""Values as they show in a notebook: HTML for the page, and lines of text where there is none.

The values know nothing of this. `register` tells IPython, by the names of their types, which function here draws each;
`Corpus` has it called where it runs inside IPython. Pages are drawn from their files, whose folders are never named.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType

from mmrag.display.answers import WORDS, answer_view, percent, sentence, verdict_view
from mmrag.display.cited import Spot, in_order, pages_shown, sources, spots
from mmrag.display.conversations import turns_view
from mmrag.display.escaping import clean, shown_path
from mmrag.display.pieces import QUIET, badge, claim_piece, folded, page_piece, quotes_piece, safe, wrapped
from mmrag.display.rechecked import recheck_view
from mmrag.display.terminal import count, hidden_pages, report_view, what_was_done
from mmrag.types import Answer, Claim, Evidence, IndexReport

if TYPE_CHECKING:
    from mmrag.chat import Chat
    from mmrag.corpus import PackCheck
    from mmrag.display.crops import Crop

__all__ = [
    "answer_piece",
    "chat_piece",
    "evidence_piece",
    "hits_piece",
    "recheck_piece",
    "register",
    "report_piece",
    "verdict_piece",
]

_QUOTES = {
    "there": "there",
    "elsewhere": "on another page now",
    "gone": "gone",
    "unread": "not looked for",
    "none": "none",
}
PICTURES = 3
"""Pages drawn of one answer or search; the others are named."""
SNIPPET = 400
FAILURES = 20
WIDTH = 100
_BIG = "font-size:1.2em;margin:.2em 0;white-space:pre-line"


def register(shell: Any) -> None:
    """Have an IPython shell draw mmrag's values, unless it draws them already; nothing is imported for it.

    A renderer that the user has set for one of the types, or for lists, is left as it is.
    """
    formatters = shell.display_formatter.formatters
    rich, plain = formatters["text/html"], formatters["text/plain"]
    for module, name, piece, text in _VALUES:
        if not _known(rich, f"{module}.{name}"):
            rich.for_type_by_name(module, name, piece)
        if not _known(plain, f"{module}.{name}"):
            plain.for_type_by_name(module, name, _printer(text))
    if not _known(rich, list):
        rich.for_type(list, _hits_or_nothing)


def _known(formatter: Any, type_or_name: Any) -> bool:
    try:
        formatter.lookup_by_type(type_or_name)
    except KeyError:
        return False
    return True


def _printer(text: Callable[[Any], str]) -> Callable[[Any, Any, bool], None]:
    return lambda value, printer, _cycle: printer.text(text(value))


@cache
def _crop() -> Crop:
    """Draws regions from their files, as `Corpus.crop` does; a value that is shown knows no corpus."""
    from mmrag.readers import SourceRenderer

    return SourceRenderer().crop


# ---------------------------------------------------------------------------------------------------------- pieces


def answer_piece(answer: Answer, crop: Crop | None = None) -> str:
    """An answer or refusal: every claim under its mark, then the pages that say so."""
    return wrapped(f'<div style="{QUIET}">{safe(answer.question)}</div>{_answer(answer, crop or _crop())}')


def _answer(answer: Answer, crop: Crop | None) -> str:
    """All but the question; without `crop` the pages are only named."""
    parts = []
    if answer.text is None:
        reason = sentence(clean(answer.reason)) or "The pages found do not state it."
        parts.append(f'<div style="{_BIG}"><strong>No answer.</strong> {safe(reason)}</div>')
    else:
        parts.append(f'<div style="{_BIG}"><strong>{safe(answer.text, lines=True)}</strong>{_labels(answer)}</div>')
        if answer.probability is not None:
            parts.append(f'<div style="{QUIET}">{percent(answer.probability)} likely to be right</div>')
        if answer.reason:
            parts.append(f"<div>{safe(answer.reason)}</div>")
    parts += [claim_piece(claim, answer.evidence, answer) for claim in in_order(answer.claims)]
    if not sources(answer) and answer.evidence:
        parts.append("<div>Nearest pages:</div>")
    found = answer.text is not None
    parts += [
        page_piece(spot, crop if at < PICTURES else None, opened=found and at == 0, quotes=False)
        for at, spot in enumerate(pages_shown(answer))
    ]
    return "".join(parts)


def _labels(answer: Answer) -> str:
    """The labels of what supports an answer whose text has none, as a short one."""
    if "[E" in (answer.text or ""):
        return ""
    held = [claim for claim in answer.claims if claim.verdict.label == "supported"]
    labels = dict.fromkeys(spot.label for spot in spots(held, answer.evidence) if spot.label)
    return "".join(f" [{escape(label)}]" for label in labels)


def verdict_piece(claim: Claim, crop: Crop | None = None) -> str:
    """A claim that was checked, and the pages that decide it."""
    cited = spots([claim])
    pages = [
        page_piece(spot, crop or _crop() if at < PICTURES else None, opened=at == 0, quotes=False)
        for at, spot in enumerate(cited)
    ]
    return wrapped(claim_piece(claim) + "".join(pages))


def evidence_piece(evidence: Evidence, crop: Crop | None = None) -> str:
    """One page that a search found, the region that answers best marked on it."""
    return wrapped(_hit(evidence, crop or _crop(), opened=True))


def hits_piece(hits: Sequence[Evidence], crop: Crop | None = None) -> str:
    """What a search found, best first; the first page is unfolded."""
    parts = [_hit(hit, crop or _crop() if at < PICTURES else None, opened=at == 0) for at, hit in enumerate(hits)]
    return wrapped("".join(parts))


def _hit(evidence: Evidence, crop: Crop | None, *, opened: bool) -> str:
    region = evidence.region
    boxes = () if region.kind == "page" else (region.box,)
    page = page_piece(Spot(evidence.label, region, boxes, stale=evidence.stale), crop, opened=opened)
    words = clean(evidence.snippet or region.text)
    words = words if len(words) <= SNIPPET else f"{words[:SNIPPET].rsplit(' ', 1)[0]} …"
    scores = ", ".join(f"{clean(name)} {value:.2f}" for name, value in evidence.channels.items())
    facts = [region.kind, *(["read by OCR"] if region.origin == "ocr" else []), f"score {evidence.score:.2f}"]
    facts += [scores] if scores else []
    facts += [f"also {shown_path(path.name)}" for path in evidence.also_at]
    quote = quotes_piece([words]) if words else ""
    return f'<div style="margin:.6em 0">{page}{quote}<small style="opacity:.75">{safe(" · ".join(facts))}</small></div>'


def chat_piece(chat: Chat, crop: Crop | None = None) -> str:
    """A conversation, oldest turn first; all but the last are folded, and have their pages named and not drawn."""
    if not chat.turns:
        return wrapped("<em>Nothing was asked yet.</em>")
    last = len(chat.turns) - 1
    parts = []
    for at, turn in enumerate(chat.turns):
        body = f'<div style="{QUIET}">understood as: {safe(turn.question)}</div>' if turn.question != turn.asked else ""
        body += _answer(chat.answer_of(turn), (crop or _crop()) if at == last else None)
        parts.append(folded(f"<strong>{safe(turn.asked)}</strong>", body, opened=at == last))
    return wrapped("".join(parts))


def report_piece(report: IndexReport) -> str:
    """What a run of indexing did, and every file that it could not do, with the reason."""
    report = _near(report)
    words = what_was_done(report) or "nothing to do"
    parts = [f"<div><strong>{count(report.files, 'file')}</strong>: {words}</div>"]
    if report.pages:
        pages = f"{count(report.pages, 'page')}, {count(report.regions, 'region')} in {report.seconds:.1f} s"
        profile = f" (profile {safe(report.profile)})" if report.profile else ""
        parts.append(f'<div style="{QUIET}">{pages}{profile}</div>')
    if report.pending_ocr:
        parts.append(f"<div>{count(report.pending_ocr, 'page')} still to be recognised; index again to go on.</div>")
    if report.hidden:
        parts.append(f"<div>⚠ {hidden_pages(report.hidden)}</div>")
    if report.failed:
        rows = "".join(
            f"<li>{safe(str(one.path))}: {escape(one.state.replace('_', ' '))}"
            f"{': ' if one.reason else ''}{safe(one.reason)}</li>"
            for one in report.failed[:FAILURES]
        )
        rest = len(report.failed) - FAILURES
        more = f"<li>and {rest:,} more, in <code>failed</code></li>" if rest > 0 else ""
        parts.append(
            folded(f"{badge('not_found', 'not indexed')} with the reason", f"<ul>{rows}{more}</ul>", opened=True)
        )
    parts += [f'<div style="{QUIET}">{safe(note)}</div>' for note in report.notes]
    return wrapped("".join(parts))


def _near(report: IndexReport) -> IndexReport:
    """The report with files named from the working folder where they lie below it, else by their names alone."""

    def near(path: Path) -> Path:
        return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)

    return replace(report, failed=tuple(replace(one, path=near(one.path)) for one in report.failed))


def recheck_piece(check: PackCheck) -> str:
    """What became of an exported answer: of each claim, its quotes, and of each file."""
    holds = badge("supported", "holds") if check.holds else badge("contradicted", "does not hold")
    parts = [f'<div style="{QUIET}">{safe(check.pack.question)}</div><div>{holds}</div>']
    if not check.pack.whole:
        parts.append("<div><strong>The pack itself is damaged, or was edited.</strong></div>")
    for one in check.claims:
        then = WORDS[one.claim.label]
        mark = badge("not_found", "not checked") if one.now is None else badge(one.now.label)
        told = "as before" if one.same else f"was {then}"
        why = one.why if one.now is None else "" if one.same else f": {one.now.reason}"
        quotes = "".join(
            f"<li>{safe(check.name_of(spot.citation))}, page {spot.citation.page}: file {spot.state}, "
            f"quote {_QUOTES[spot.quote]}"
            f"{quotes_piece([spot.citation.quote]) if spot.citation.quote else ''}</li>"
            for spot in one.citations
        )
        body = f'{mark} {safe(one.claim.text)} <small style="opacity:.8">{told}{safe(why)}</small><ul>{quotes}</ul>'
        parts.append(f'<div style="margin:.5em 0">{body}</div>')
    files = "".join(f"<li>{safe(one.file.within or one.file.name)}: {one.state}</li>" for one in check.files)
    return wrapped("".join(parts) + folded("Files", f"<ul>{files}</ul>", opened=True))


def _hits_or_nothing(values: list[Any]) -> str | None:
    """A search's hits; None for any other list, which is then shown as it always is."""
    return hits_piece(values) if values and all(type(value) is Evidence for value in values) else None


# ------------------------------------------------------------------------------------------------------------ text


def _text(view: RenderableType) -> str:
    """What a terminal of fixed width without colours shows."""
    stream = io.StringIO()
    # Without force_jupyter rich finds the notebook and shows the text there, whatever `file` is.
    console = Console(
        file=stream, width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False, highlight=False
    )
    console.print(view)
    return "\n".join(line.rstrip() for line in stream.getvalue().rstrip().split("\n"))


def _hit_text(evidence: Evidence) -> str:
    """One line, since hits come in lists."""
    region = evidence.region
    words = clean(evidence.snippet or region.text)
    where = f"{shown_path(region.document.path.name)} p.{region.page} [{region.kind}]"
    return f"{evidence.label} {where} {evidence.score:.2f}: {words[:WIDTH]}"


_VALUES: tuple[tuple[str, str, Callable[[Any], str], Callable[[Any], str]], ...] = (
    ("mmrag.types", "Answer", answer_piece, lambda value: _text(answer_view(value, folders=False))),
    ("mmrag.types", "Claim", verdict_piece, lambda value: _text(verdict_view(value, folders=False))),
    ("mmrag.types", "Evidence", evidence_piece, _hit_text),
    ("mmrag.types", "IndexReport", report_piece, lambda value: _text(report_view(_near(value), guide=False))),
    ("mmrag.corpus.packs", "PackCheck", recheck_piece, lambda value: _text(recheck_view(value, folders=False))),
    ("mmrag.chat.conversation", "Chat", chat_piece, lambda value: _text(turns_view(value.turns))),
)
"""Module and name of each type that is drawn, with what draws it."""
