"""Pieces of HTML that show well wherever a notebook is read: inline styles alone, no script, no style sheet, no class.

Code hosts and mail programs strip style sheets, some also inline styles and pictures, so every mark is a sign and a
word before it is a colour. Colours are set with their own ground, or left to the reader's, so that light and dark pages
show them alike. Everything that comes from a document or a model is escaped, also from formula typesetting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from mmrag.display.answers import CORRECTED, SIGNS, UNSURE, WORDS, percent
from mmrag.display.cited import Spot, hidden_note, is_given_text, label_of, standing
from mmrag.display.crops import Crop, pictured
from mmrag.display.escaping import clean, shown_path
from mmrag.types import Answer, Claim, Evidence, Label, Region

__all__ = ["QUIET", "badge", "claim_piece", "folded", "page_piece", "place", "quotes_piece", "safe", "wrapped"]

GROUNDS = {"supported": "#157f3b", "contradicted": "#b3261e", "not_found": "#7a5200"}
"""Grounds of the verdict marks; white type on each has a contrast of at least 4.5 to 1."""
QUIET = "opacity:.75;font-size:.9em"
LONG_SIDE = 900
"""Pixels of a page in a notebook: readable, and small enough to be committed."""
_MARK = "display:inline-block;padding:0 .5em;border-radius:.7em;color:#fff;font-size:.85em;font-weight:600;background:"
_QUOTE = "margin:.3em 0 .3em .2em;padding:.1em 0 .1em .8em;border-left:3px solid #c9a227"
_PICTURE = "display:block;max-width:100%;height:auto;margin:.4em 0;border:1px solid rgba(128,128,128,.5)"
# Notebooks set what stands between these as formulas: two sums of money on one line would become one.
_TYPESET = str.maketrans({"$": "<span>$</span>", "\\": "<span>\\</span>"})


def safe(text: str, *, lines: bool = False) -> str:
    """Text as HTML that is shown and never obeyed: as markup, as control characters, or as a formula."""
    return escape(clean(text, lines=lines)).translate(_TYPESET)


def wrapped(body: str) -> str:
    """The outermost element of one value; the classes keep formula typesetters out where they are kept."""
    style = "max-width:56rem;line-height:1.5;overflow-wrap:anywhere"
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{style}">{body}</div>'


def badge(label: Label, words: str = "", sign: str = "") -> str:
    """A verdict as sign, word and colour."""
    shown = f"{sign or getattr(SIGNS, label)} {words or WORDS[label]}"
    return f'<strong><span style="{_MARK}{GROUNDS[label]}">{escape(shown)}</span></strong>'


def folded(head: str, body: str, *, opened: bool = False) -> str:
    """What unfolds with a click, or a key, without any script; `head` and `body` are HTML."""
    start = "<details open>" if opened else "<details>"
    return f'{start}<summary style="cursor:pointer">{head}</summary>{body}</details>'


def quotes_piece(quotes: Iterable[str]) -> str:
    """Words of a page, as quotations."""
    return "".join(f'<blockquote style="{_QUOTE}">{safe(quote)}</blockquote>' for quote in quotes)


def claim_piece(claim: Claim, evidence: Sequence[Evidence] = (), answer: Answer | None = None) -> str:
    """A claim under its mark: struck through where it does not hold, with the reason, and its quotes to unfold."""
    verdict = claim.verdict
    state = standing(claim, answer)
    labels = dict.fromkeys(label for one in verdict.citations if (label := label_of(one, evidence)))
    tail = "".join(f" <strong>[{escape(label)}]</strong>" for label in labels)
    words = safe(claim.text)
    why = safe(verdict.reason)
    if state in ("held", "corrected"):
        mark = badge("supported")
        words = f"<em>{CORRECTED}</em>{words}" if state == "corrected" else words
        why = f"{percent(verdict.probability)} likely to be supported" + (f": {why}" if why else "")
    elif state == "unsure":
        mark, why = badge("not_found", "not sure"), UNSURE
    else:
        mark = badge(verdict.label)
        words = f"<del>{words}</del>" if answer is not None and state == "struck" else words
        if answer is not None and state == "struck":
            why = f"struck out: {why}" if why else "struck out"
    quotes = list(dict.fromkeys(one.quote for one in verdict.citations if one.quote.strip()))
    shown = f'{mark} {words}{tail}<br><small style="opacity:.8">{why}</small>'
    if quotes:
        shown += folded("<small>the words on the page</small>", quotes_piece(quotes))
    return f'<div style="margin:.5em 0">{shown}</div>'


def place(region: Region) -> str:
    """File and page of a region, without its folder."""
    if is_given_text(region):
        return "the text given"
    document = region.document
    name = f"<strong>{escape(shown_path(document.path.name)).translate(_TYPESET)}</strong>"
    return name + (f", page {region.page} of {document.page_count}" if document.page_count > 1 else "")


def page_piece(spot: Spot, crop: Crop | None, *, opened: bool, quotes: bool = True) -> str:
    """A page to unfold: label, file and page, what is quoted, and the picture with its boxes."""
    tag = f"<strong>[{escape(spot.label)}]</strong> " if spot.label else ""
    body = quotes_piece(spot.quotes) if quotes else ""
    if spot.stale:
        body += "<p>The file has changed since it was read.</p>"
    if spot.region.hidden:
        body += f"<p>⚠ {escape(hidden_note(spot.region))}</p>"
    if crop is not None and not is_given_text(spot.region):
        body += _picture(spot, crop)
    head = f"{tag}{place(spot.region)}"
    return folded(head, body, opened=opened) if body else f"<div>{head}</div>"


def _picture(spot: Spot, crop: Crop) -> str:
    picture = pictured(spot, crop, LONG_SIDE, small=True)
    if picture.problem:
        return f"<p>The page cannot be shown: {safe(picture.problem)}.</p>"
    name = shown_path(spot.region.document.path.name)
    words = f"Page {spot.region.page} of {name}, what is cited marked"
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img alt="{escape(words)}" {size} style="{_PICTURE}" src="{picture.address}">'
