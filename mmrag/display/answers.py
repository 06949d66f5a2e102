"""Answers and verdicts on a terminal: what holds, what was struck out and why, and the pages that say so.

Every line is wrapped here and not by the terminal, so that it hangs under its mark and wide characters count two
columns. Strokes and colours only repeat what the words say: in a pipe, a log or a plain terminal nothing is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from mmrag.display.cited import Spot, hidden_note, in_order, is_given_text, label_of, sources, spots, standing
from mmrag.display.escaping import clean, shorten, shown_path
from mmrag.display.terminal import marked
from mmrag.types import Answer, Claim, Evidence

__all__ = [
    "ASCII",
    "CORRECTED",
    "SIGNS",
    "UNSURE",
    "WORDS",
    "Signs",
    "answer_view",
    "claim_view",
    "percent",
    "sentence",
    "sources_view",
    "verdict_view",
]

NEAREST = 3
"""Pages shown where there is no answer."""
SNIPPET_WIDTH = 150
"""Columns of what a page says, where only its place matters."""
QUOTES = 3
"""Quotes shown of one page."""
LEAST_WIDTH = 16
STYLES = {"supported": "green", "contradicted": "red", "not_found": "yellow"}
UNSURE = "On the page, but perhaps not the answer"
CORRECTED = "corrected: "
WORDS = {"supported": "supported", "contradicted": "contradicted", "not_found": "not found"}
_LABEL = re.compile(r"\[E\d+(?:,\s*E\d+)*\]")


@dataclass(frozen=True, slots=True)
class Signs:
    """The marks of one kind of terminal."""

    supported: str
    contradicted: str
    not_found: str
    dot: str
    opening: str
    closing: str
    cut: str

    def mark(self, claim: Claim) -> str:
        """The sign of a claim's verdict."""
        return str(getattr(self, claim.verdict.label))


SIGNS = Signs("✓", "✗", "?", "·", "“", "”", "…")
ASCII = Signs("+", "x", "?", "-", '"', '"', "...")


class _Page:
    """Lines for one console: its width and the signs that it can show, and whether folders are named."""

    def __init__(self, console: Console, options: ConsoleOptions, folders: bool) -> None:
        self._console = console
        self.folders = folders
        self.width = max(options.max_width, LEAST_WIDTH)
        self.signs = ASCII if options.ascii_only or options.legacy_windows or console.is_dumb_terminal else SIGNS

    def hang(self, head: Text | str, body: Text) -> Iterator[Text]:
        """`body` wrapped behind `head`, further lines under the first."""
        head = head if isinstance(head, Text) else Text(head)
        indent = head.cell_len
        for at, line in enumerate(body.wrap(self._console, max(self.width - indent, 8), overflow="fold")):
            line.rstrip()
            yield Text().append_text(head if not at else Text(" " * indent)).append_text(line)

    def join(self, *parts: str | Text) -> Text:
        """Parts with a dot between them."""
        text = Text()
        for at, part in enumerate(parts):
            text.append(f" {self.signs.dot} " if at else "", "dim")
            text.append_text(Text(part) if isinstance(part, str) else part)
        return text


class _View:
    """What is written once the console is known."""

    def __init__(self, write: Callable[[_Page], Iterable[RenderableType]], *, folders: bool = True) -> None:
        self._write = write
        self._folders = folders

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield from self._write(_Page(console, options, self._folders))


def answer_view(answer: Answer, seconds: float | None = None, *, folders: bool = True) -> RenderableType:
    """An answer with what was checked and where it stands, or the refusal with the nearest pages.

    `seconds` is how long it took; `folders` whether those of the files are named, as they are not in what is shared
    with others. No text reaches this function that was not checked: an `Answer` is settled.
    """

    def write(page: _Page) -> Iterator[RenderableType]:
        if answer.text is None:
            yield from _refusal(page, answer)
        else:
            yield from page.hang("", _labelled(answer))
            if answer.reason and all(standing(claim, answer) == "held" for claim in answer.claims):
                yield from page.hang("", Text(clean(answer.reason), "yellow"))
        if answer.claims:
            yield Text("")
            if any(standing(claim, answer) == "unsure" for claim in answer.claims):
                yield from page.hang("", Text(f"{UNSURE}:"))
            for claim in in_order(answer.claims):
                yield from _claim(page, claim, answer.evidence, answer)
        cited = sources(answer)
        if cited:
            yield Text("")
            yield from _sources(page, cited, answer.question)
        elif answer.text is None and answer.evidence:
            yield Text("")
            yield from _nearest(page, answer)
        yield Text("")
        yield from page.hang("", _summary(page, answer, seconds))

    return _View(write, folders=folders)


def claim_view(claim: Claim, evidence: Sequence[Evidence] = ()) -> RenderableType:
    """One claim with its mark, and the reason where it does not hold: what is shown while more are being checked."""
    return _View(lambda page: _claim(page, claim, evidence))


def verdict_view(
    claim: Claim, seconds: float | None = None, *, drafted: bool = False, folders: bool = True
) -> RenderableType:
    """What `verify` found: verdict in words, reason, pages; a `drafted` claim is treated as an answer treats it."""

    def write(page: _Page) -> Iterator[RenderableType]:
        verdict = claim.verdict
        style = STYLES[verdict.label]
        mark = Text(f"{page.signs.mark(claim)} ", f"bold {style}")
        struck = drafted and standing(claim) == "struck"
        word = "struck out" if struck else WORDS[verdict.label]
        body = Text.assemble((word, f"bold {style}"), ": ", (clean(claim.text), "strike" if struck else ""))
        yield from page.hang(mark, body)
        if verdict.reason:
            yield from page.hang("  ", Text(clean(verdict.reason)))
        cited = spots([claim])
        if cited:
            yield Text("")
            yield from _sources(page, cited, claim.text)
        yield Text("")
        chance = f"chance that the evidence supports it: {percent(verdict.probability)}"
        yield from page.hang("", page.join(chance, *_time(seconds)))

    return _View(write, folders=folders)


def sources_view(answer: Answer) -> RenderableType:
    """Every page that was looked at for an answer, with what it says to the question."""

    def write(page: _Page) -> Iterator[RenderableType]:
        if not answer.evidence:
            yield Text("No page was found.")
        for item in answer.evidence:
            yield from _evidence(page, item, answer.question)

    return _View(write)


# ---------------------------------------------------------------------------------------------------------- pieces


def _labelled(answer: Answer) -> Text:
    """The answer's text with its labels in colour; where it has none, those of what supports it at its end."""
    words = clean(answer.text or "", lines=True)
    if not _LABEL.search(words):
        held = [claim for claim in answer.claims if claim.verdict.label == "supported"]
        labels = dict.fromkeys(spot.label for spot in spots(held, answer.evidence) if spot.label)
        words += "".join(f" [{label}]" for label in labels)
    text = Text(words, "bold")
    text.highlight_regex(_LABEL, "not bold cyan")
    return text


def _claim(page: _Page, claim: Claim, evidence: Sequence[Evidence], answer: Answer | None = None) -> Iterator[Text]:
    """A claim under its mark; one that is not shown says so in words, and is struck through where it does not hold."""
    verdict = claim.verdict
    state = standing(claim, answer)
    labels = dict.fromkeys(label for citation in verdict.citations if (label := label_of(citation, evidence)))
    tail = "".join(f" [{label}]" for label in labels)
    if state in ("held", "corrected"):
        body = Text.assemble((CORRECTED if state == "corrected" else "", "bold green"), clean(claim.text))
        body.append(f"{tail} {percent(verdict.probability)}", "dim")
        yield from page.hang(Text(f"{page.signs.supported} ", "bold green"), body)
        return
    style = "yellow" if state == "unsure" else STYLES[verdict.label]
    sign = page.signs.not_found if state == "unsure" else page.signs.mark(claim)
    word = {"struck": "struck out: ", "premise": f"{WORDS[verdict.label]}: "}.get(state, "")
    refused = answer is not None and answer.text is None
    text = clean(claim.text)
    if refused and len(text) > SNIPPET_WIDTH:  # nobody has to read all of what is no answer
        text = text[:SNIPPET_WIDTH].rsplit(" ", 1)[0].rstrip() + page.signs.cut
    body = Text.assemble((word, f"bold {style}"))
    body.append(text, "strike" if state == "struck" else "")
    body.append(tail if state == "unsure" else "", "dim")
    yield from page.hang(Text(f"{sign} ", f"bold {style}"), body)
    told = answer is not None and refused and len(answer.claims) == 1 and verdict.reason in answer.reason
    if state != "unsure" and not (told and verdict.reason):
        yield from page.hang("  ", Text(f"{clean(verdict.reason) or WORDS[verdict.label]}{tail}", style))


def _refusal(page: _Page, answer: Answer) -> Iterator[Text]:
    reason = sentence(clean(answer.reason)) or "The pages found do not state it."
    yield from page.hang("", Text.assemble(("No answer. ", "bold yellow"), reason))


def _nearest(page: _Page, answer: Answer) -> Iterator[Text]:
    yield Text("Nearest pages", "bold")
    for item in answer.evidence[:NEAREST]:
        yield from _evidence(page, item, answer.question)


def _evidence(page: _Page, item: Evidence, question: str) -> Iterator[Text]:
    spot = Spot(item.label, item.region, stale=item.stale)
    yield from _place(page, spot)
    words = marked(item.snippet or item.region.text, question, SNIPPET_WIDTH)
    if words.plain:
        yield from page.hang("    ", words)


def _sources(page: _Page, cited: Sequence[Spot], question: str) -> Iterator[Text]:
    yield Text("Sources" if len(cited) > 1 else "Source", "bold")
    for spot in cited:
        yield from _place(page, spot)
        for quote in spot.quotes[:QUOTES]:
            words = marked(quote, question)
            yield from page.hang("    ", Text.assemble(page.signs.opening, words, page.signs.closing))
        if len(spot.quotes) > QUOTES:
            yield from page.hang("    ", Text(f"and {len(spot.quotes) - QUOTES} more (--json lists all)", "dim"))
        if page.folders and not is_given_text(spot.region):
            yield from page.hang("    ", Text(shorten(spot.region.document.path.parent) or ".", "dim"))


def _place(page: _Page, spot: Spot) -> Iterator[Text]:
    """Label, file and page of a spot, and whether the file has changed since."""
    region = spot.region
    head = Text(f"{spot.label:<4}" if spot.label else "  ", "cyan")
    if is_given_text(region):
        yield from page.hang(head, Text("the text given", "bold"))
        return
    count = region.document.page_count
    where = f"page {region.page} of {count}" if count > 1 else "picture" if region.kind == "picture" else "one page"
    read = ["read by OCR"] if region.origin == "ocr" else []
    yield from page.hang(head, page.join(Text(shown_path(region.document.path.name), "bold"), where, *read))
    if spot.stale:
        yield from page.hang("    ", Text("changed since it was read; run `mmrag index` again", "yellow"))
    if region.hidden:
        yield from page.hang("    ", Text(hidden_note(region), "yellow"))


def _summary(page: _Page, answer: Answer, seconds: float | None) -> Text:
    """How many claims held, how long it took, tokens where they were counted, and what wrote the answer."""
    states = [standing(claim, answer) for claim in answer.claims]
    corrected = states.count("corrected")
    held, struck = states.count("held") + corrected, states.count("struck") - corrected
    sure = answer.text is not None and answer.probability is not None
    parts = [f"{percent(answer.probability or 0.0)} likely to be right"] if sure else []
    parts += [f"{held} supported" + (f", {corrected} of them corrected" if corrected else "")] if held else []
    parts += [f"{struck} struck out"] if struck > 0 else []
    parts += _time(seconds)
    if answer.usage is not None:
        parts.append(f"{answer.usage[0]:,} + {answer.usage[1]:,} tokens")
    writer = answer.models.get("generator") or answer.models.get("llm") or ""
    parts += [clean(writer)] if writer else []
    text = page.join(*parts)
    text.stylize("dim")
    return text


def _time(seconds: float | None) -> list[str]:
    return [] if seconds is None else [f"{seconds:.1f} s"]


def sentence(text: str) -> str:
    """`text` with a capital at its beginning and a stop at its end."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?", "。")) else f"{text}."


def percent(probability: float) -> str:
    """A chance in whole per cent; never 0 or 100, since nothing here is certain."""
    return f"{min(max(round(probability * 100), 1), 99)}%"
