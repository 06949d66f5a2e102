"""An answer as HTML: one file that needs no other, with the pages it cites and the record of how it came about.

Everything that comes from a document or a model is escaped, there is no script, and the policy in the head forbids the
browser to load anything at all: a hostile page cannot make a reader's browser speak to anyone.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any, TypeAlias

from mmrag.display.answers import CORRECTED, SIGNS, UNSURE, WORDS, percent, sentence
from mmrag.display.cited import (
    Spot,
    hidden_note,
    in_order,
    is_given_text,
    label_of,
    pages_shown,
    sources,
    spots,
    standing,
)
from mmrag.display.crops import Crop, Picture, pictured
from mmrag.display.escaping import clean, shown_path
from mmrag.types import Answer, Claim

__all__ = ["Pictures", "answer_html", "draw_pages"]

Pictures: TypeAlias = Mapping[Spot, Picture]
"""The pictures of the pages that are shown, as many as there are."""
STYLE = """
.mmrag{font:16px/1.5 system-ui,"Noto Sans KR","Apple SD Gothic Neo","Malgun Gothic",sans-serif;color:#1d2327;
background:#fff;max-width:52rem;margin:0 auto;padding:1.5rem;overflow-wrap:anywhere}
.mmrag h1{font-size:1.15rem;font-weight:600;color:#50575e;margin:0 0 .6rem}
.mmrag h2{font-size:1rem;margin:1.8rem 0 .5rem}
.mmrag .text{font-size:1.35rem;font-weight:600;margin:.2rem 0;white-space:pre-line}
.mmrag .none{color:#8a5a00}
.mmrag .note{color:#8a5a00;margin:.2rem 0}
.mmrag .label{color:#0b6b83;font-weight:600;font-size:.85em;text-decoration:none}
.mmrag ol,.mmrag ul{list-style:none;padding:0;margin:0}
.mmrag li{margin:.5rem 0;padding-left:1.7rem;position:relative}
.mmrag .mark{position:absolute;left:0;font-weight:700}
.mmrag .supported .mark{color:#157f3b}
.mmrag .contradicted .mark,.mmrag .contradicted .why{color:#b3261e}
.mmrag .not_found .mark,.mmrag .not_found .why{color:#8a5a00}
.mmrag .why{display:block;font-size:.92rem}
.mmrag .quiet{color:#646970;font-size:.85rem}
.mmrag figure{margin:1rem 0 1.6rem}
.mmrag figcaption{margin:0 0 .4rem}
.mmrag img{display:block;max-width:100%;height:auto;border:1px solid #c3c4c7;border-radius:4px}
.mmrag blockquote{margin:.4rem 0;padding:.1rem 0 .1rem .8rem;border-left:3px solid #e6c84f}
.mmrag dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0;font-size:.85rem;color:#646970}
.mmrag dd{margin:0}
.mmrag code{font:.95em ui-monospace,monospace}
.mmrag summary{cursor:pointer;font-size:.85rem}
.mmrag pre{font:.75rem/1.4 ui-monospace,monospace;white-space:pre-wrap;max-height:30rem;overflow:auto}
@media (prefers-color-scheme:dark){.mmrag{color:#e4e6e8;background:#16191c}
.mmrag h1,.mmrag .quiet,.mmrag dl{color:#a7adb3}.mmrag .label{color:#6cc7df}.mmrag img{border-color:#3c434a}
.mmrag .supported .mark{color:#57c785}.mmrag .contradicted .mark,.mmrag .contradicted .why{color:#ff8a80}
.mmrag .none,.mmrag .note,.mmrag .not_found .mark,.mmrag .not_found .why{color:#e8b54a}
body.mmrag-page{background:#16191c}}
@media print{.mmrag figure{break-inside:avoid}}
"""
_NONE: Pictures = MappingProxyType({})
_LABELS = re.compile(r"\[(E\d+(?:,\s*E\d+)*)\]")


def answer_html(answer: Answer, pictures: Pictures = _NONE, record: Mapping[str, Any] | None = None) -> str:
    """The answer, its claims with their verdicts, and the cited pages with a box around what is cited.

    `pictures` are those of the pages, by their spots; where one is missing the words stand alone. With the `record` of
    a pack, its settings are told, and there is an empty place that it can be set into. Nothing in it names a folder.
    """
    body = f'<article class="mmrag">{"".join(_body(answer, pictures, record))}</article>'
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{_safe(answer.question[:200])}</title><style>{STYLE}</style></head>\n"
        f'<body class="mmrag-page">{body}</body></html>\n'
    )


def draw_pages(answer: Answer, crop: Crop | None) -> dict[Spot, Picture]:
    """The pictures of the pages that are shown with an answer; `crop` draws a region, as `Corpus.crop` does."""
    if crop is None:
        return {}
    return {spot: pictured(spot, crop) for spot in pages_shown(answer) if not is_given_text(spot.region)}


def _safe(text: str) -> str:
    return escape(clean(text))


def _body(answer: Answer, pictures: Pictures, record: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"<h1>{_safe(answer.question)}</h1>"
    if answer.text is None:
        reason = sentence(answer.reason) or "The pages found do not state it."
        yield f'<p class="text none">No answer</p><p class="note">{_safe(reason)}</p>'
    else:
        yield f'<p class="text">{_text(answer)}</p>'
        if answer.reason and all(standing(claim, answer) == "held" for claim in answer.claims):
            yield f'<p class="note">{_safe(answer.reason)}</p>'
        if answer.probability is not None:
            yield f'<p class="quiet">{percent(answer.probability)} likely to be right</p>'
    if answer.claims:
        yield "<h2>Checked</h2><ol>"
        yield from (_claim(claim, answer) for claim in in_order(answer.claims))
        yield "</ol>"
    shown = pages_shown(answer)
    if shown:
        yield f"<h2>{'Where it stands' if sources(answer) else 'Nearest pages'}</h2>"
    yield from (_figure(spot, pictures.get(spot)) for spot in shown)
    yield from _facts(answer, shown, record or {})
    if record is not None:
        from mmrag.corpus.packs import MARK

        yield f"<h2>Record</h2><details><summary>All of this for programs, as JSON</summary>{MARK}</pre></details>"


def _text(answer: Answer) -> str:
    """The answer's text, its labels as links to the pages below."""
    words = escape(clean(answer.text or "", lines=True))
    if not _LABELS.search(words):
        held = [claim for claim in answer.claims if claim.verdict.label == "supported"]
        words += "".join(
            f" [{label}]" for label in dict.fromkeys(s.label for s in spots(held, answer.evidence)) if label
        )
    return _LABELS.sub(lambda found: " ".join(_link(one.strip()) for one in found[1].split(",")), words)


def _link(label: str) -> str:
    return f'<a class="label" href="#{label}">[{label}]</a>'


def _claim(claim: Claim, answer: Answer) -> str:
    verdict = claim.verdict
    state = standing(claim, answer)
    labels = dict.fromkeys(label for one in verdict.citations if (label := label_of(one, answer.evidence)))
    links = "".join(f" {_link(escape(label))}" for label in labels)
    sign = SIGNS.not_found if state == "unsure" else SIGNS.mark(claim)
    mark = f'<span class="mark" aria-hidden="true">{sign}</span>'
    words = _safe(claim.text)
    if state in ("held", "corrected"):
        words = f"<strong>{CORRECTED}</strong>{words}" if state == "corrected" else words
        chance = f'<span class="quiet">{WORDS[verdict.label]}, {percent(verdict.probability)}</span>'
        return f'<li class="supported">{mark}{words}{links} {chance}</li>'
    if state == "unsure":
        return f'<li class="not_found">{mark}{words}{links}<span class="why">{UNSURE}</span></li>'
    why = f"{WORDS[verdict.label]}{': ' if verdict.reason else ''}{verdict.reason}"
    shown = f"<del>{words}</del>" if state == "struck" else words
    return f'<li class="{verdict.label}">{mark}{shown}<span class="why">{_safe(why)}{links}</span></li>'


def _figure(spot: Spot, picture: Picture | None) -> str:
    """One page: file and page, the picture with its boxes, the words quoted."""
    region = spot.region
    label = escape(spot.label)
    tag = f'<span class="label">[{label}]</span> ' if label else ""
    if is_given_text(region):
        place = "the text given"
    else:
        place = f"<strong>{escape(shown_path(region.document.path.name))}</strong>"
        if region.document.page_count > 1:
            place += f", page {region.page} of {region.document.page_count}"
    stale = '<p class="note">The file has changed since it was read.</p>' if spot.stale else ""
    if region.hidden:
        stale += f'<p class="note">⚠ {escape(hidden_note(region))}</p>'
    quotes = "".join(f"<blockquote>{_safe(quote)}</blockquote>" for quote in spot.quotes)
    name = f' id="{label}"' if label else ""
    return f"<figure{name}><figcaption>{tag}{place}</figcaption>{stale}{quotes}{_picture(spot, picture)}</figure>"


def _picture(spot: Spot, picture: Picture | None) -> str:
    if picture is None:
        return ""
    if picture.problem:
        return f'<p class="note">The page cannot be shown: {_safe(picture.problem)}.</p>'
    words = f"Page {spot.region.page} of {shown_path(spot.region.document.path.name)}, what is cited marked"
    size = f'width="{picture.width}" height="{picture.height}"'
    return f'<img alt="{escape(words)}" {size} src="{picture.address}">'


def _facts(answer: Answer, shown: Sequence[Spot], record: Mapping[str, Any]) -> Iterator[str]:
    """What it takes to check it all again: the files by their hash, models, settings, program and time."""
    rows = {spot.region.document: spot.region.document.id for spot in shown if not is_given_text(spot.region)}
    if rows:
        yield "<h2>Files</h2><dl>"
        for document, digest in rows.items():
            name = escape(shown_path(document.path.name))
            yield f"<dt>{name}</dt><dd>sha256 <code>{escape(digest)}</code></dd>"
        yield "</dl>"
    yield "<h2>Made with</h2><dl>"
    for part, model in answer.models.items():
        yield f"<dt>{_safe(part)}</dt><dd><code>{_safe(model)}</code></dd>"
    settings = {**record.get("settings", {}), **record.get("asked", {})}
    told = ", ".join(f"{name} {value}" for name, value in settings.items() if value not in (None, "", False, [], {}))
    if told:
        yield f"<dt>settings</dt><dd>{_safe(told)}</dd>"
    if answer.usage is not None:
        yield f"<dt>tokens</dt><dd>{answer.usage[0]:,} read, {answer.usage[1]:,} written</dd>"
    if made := record.get("made"):
        yield f"<dt>time</dt><dd>{_safe(str(made))}</dd>"
    versions = ", ".join(f"{name} {version}" for name, version in record.get("program", {}).items())
    yield f"<dt>program</dt><dd>{_safe(versions or 'mmrag')}; every claim above was checked against the pages</dd></dl>"
    if record:
        yield '<p class="quiet">To check it again against the files: <code>mmrag verify --pack THIS_FILE</code></p>'
