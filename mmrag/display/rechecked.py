"""What a check of an evidence pack found: claim by claim on a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mmrag.display.answers import STYLES, WORDS, percent
from mmrag.display.documents import box_json, claim_json
from mmrag.display.escaping import clean, path_fields, shorten, shown_path
from mmrag.display.terminal import count
from mmrag.types import Claim

if TYPE_CHECKING:
    from mmrag.corpus.packs import CitationCheck, ClaimCheck, FileCheck, PackCheck

__all__ = ["recheck_json", "recheck_view"]

_FILES = {
    "same": "the file is the same",
    "moved": "the same file lies elsewhere now",
    "changed": "the file has changed",
    "gone": "the file is gone",
}
_FILE_STYLES = {"same": "green", "moved": "cyan", "changed": "yellow", "gone": "red"}
_WIDEST = 160


def recheck_json(check: PackCheck, seconds: float) -> dict[str, Any]:
    """The answer of `verify --pack`. `then` is what the pack says, `now` what was found, null where nothing could be.

    `holds`: the pack is undamaged, and every claim that it calls supported is supported now.
    """
    pack = check.pack
    return {
        "question": pack.question,
        "text": pack.text,
        "holds": check.holds,
        "whole": pack.whole,
        "made": pack.made,
        "program": pack.program,
        "files": [
            {
                "name": one.file.name,
                "within": one.file.within,
                "sha256": one.file.sha256,
                "state": one.state,
                **({"path": None} if one.path is None else path_fields(one.path)),
                "sha256_now": one.sha256 or None,
            }
            for one in check.files
        ],
        "claims": [_claim_json(one, check) for one in check.claims],
        "models": {"then": dict(pack.models), "now": dict(check.models)},
        "seconds": round(seconds, 3),
    }


def _claim_json(check: ClaimCheck, whole: PackCheck) -> dict[str, Any]:
    claim = check.claim
    now = None
    if check.now is not None:
        now = claim_json(Claim(claim.text, check.now))
        now = {key: now[key] for key in ("verdict", "probability", "reason", "citations")}
    return {
        "text": claim.text,
        "same": check.same,
        "then": {"verdict": claim.label, "probability": claim.probability, "reason": claim.reason},
        "now": now,
        "why": check.why,
        "citations": [_citation_json(one, whole) for one in check.citations],
    }


def _citation_json(check: CitationCheck, whole: PackCheck) -> dict[str, Any]:
    citation = check.citation
    return {
        "label": citation.label or None,
        "name": whole.name_of(citation),
        "sha256": citation.file,
        "file": check.state,
        "page": citation.page,
        "box": None if citation.box is None else box_json(citation.box),
        "quote": citation.quote,
        "quote_now": check.quote,
        "page_now": check.page,
    }


def recheck_view(check: PackCheck, seconds: float | None = None, *, folders: bool = True) -> RenderableType:
    """What became of an exported answer: of each claim, then of each file, then in one line.

    `folders`: whether the place of a file that moved is named whole.
    """
    return Group(*_lines(check, seconds, folders))


def _lines(check: PackCheck, seconds: float | None, folders: bool) -> Iterator[RenderableType]:
    pack = check.pack
    yield Text(clean(pack.question), "bold")
    made = " · ".join(clean(part) for part in (pack.made, f"mmrag {pack.program}" if pack.program else "") if part)
    if made:
        yield Text(f"answered {made}", "dim")
    if not pack.whole:
        yield Text("The pack itself is not as it was written: it is damaged, or someone has edited it.", "bold red")
    yield Text("")
    for claim in check.claims:
        yield from _claim(claim, check)
    if not check.claims:
        yield Text("The pack holds no claim.")
    yield Text("")
    yield Text("Files", "bold")
    for file in check.files:
        yield _file(file, folders)
    yield Text("")
    yield _summary(check, seconds)


def _claim(check: ClaimCheck, whole: PackCheck) -> Iterator[RenderableType]:
    then = WORDS[check.claim.label]
    if check.now is None:
        style, words = "yellow", f"cannot be checked (was {then})"
    elif check.same:
        style, words = STYLES[check.now.label], f"still {then}"
    else:
        style, words = "red" if check.claim.label == "supported" else "yellow", f"{WORDS[check.now.label]} (was {then})"
    mark = "?" if check.now is None else "=" if check.same else "!"
    line = Text.assemble((f"{mark} {words}: ", f"bold {style}"), clean(check.claim.text))
    if check.now is not None:
        line.append(f"  {percent(check.now.probability)} (was {percent(check.claim.probability)})", "dim")
    yield line
    reason = check.why if check.now is None else "" if check.same else check.now.reason
    if reason:
        yield _indented(Text(clean(reason), style))
    for citation in check.citations:
        yield _indented(_citation(citation, whole))


def _citation(check: CitationCheck, whole: PackCheck) -> Text:
    citation = check.citation
    words = {
        "there": f"the quote stands on page {citation.page}",
        "elsewhere": f"the quote stands on page {check.page} now",
        "gone": "the quote is gone",
        "unread": "the quote was not looked for",
        "none": "nothing was quoted",
    }[check.quote]
    style = {"there": "green", "elsewhere": "cyan", "gone": "red"}.get(check.quote, "dim")
    head = f"{clean(whole.name_of(citation))}, page {citation.page}: {_FILES[check.state]}; "
    text = Text.assemble(head, (words, style))
    quote = clean(citation.quote)
    if quote:
        text.append(f"\n“{quote if len(quote) <= _WIDEST else quote[:_WIDEST] + '…'}”", "dim")
    return text


def _file(check: FileCheck, folders: bool) -> RenderableType:
    text = Text.assemble((f"{check.state:<8}", _FILE_STYLES[check.state]), clean(check.file.within or check.file.name))
    if check.state == "moved" and check.path is not None:
        text.append(f" -> {shorten(check.path) if folders else shown_path(check.path.name)}")
    return _indented(text)


def _summary(check: PackCheck, seconds: float | None) -> Text:
    same = sum(one.same for one in check.claims)
    parts = [f"{count(same, 'claim')} of {len(check.claims)} as before"]
    changed = sum(one.state in ("changed", "gone") for one in check.files)
    parts.append(f"{count(changed, 'file')} of {len(check.files)} changed or gone")
    parts += [f"{seconds:.1f} s"] if seconds is not None else []
    if check.holds:
        verdict = ("All that it calls supported still is. ", "bold green")
    elif check.pack.whole:
        verdict = ("The answer does not hold any more. ", "bold red")
    else:
        verdict = ("The pack cannot be relied on. ", "bold red")
    return Text.assemble(verdict, (" · ".join(parts), "dim"))


def _indented(view: RenderableType) -> Padding:
    return Padding.indent(view, 4)
