"""An answer as HTML: one file that needs no other, with the pages it cites, or a piece for a notebook.

Everything that comes from a document or a model is escaped, there is no script, and the policy in the head forbids the
browser to load anything at all: a hostile page cannot make a reader's browser speak to anyone.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.display.answers import CORRECTED, SIGNS, UNSURE, WORDS, percent, sentence
from mmrag.display.cited import Spot, in_order, is_given_text, label_of, sources, spots, standing
from mmrag.display.crops import spot_picture
from mmrag.display.escaping import clean, shown_path
from mmrag.errors import MmragError, UsageError
from mmrag.types import Answer, Claim

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.display.crops import Crop

__all__ = ["answer_html", "write_answer"]

NEAREST = 3
LONG_SIDE = 1200
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
@media (prefers-color-scheme:dark){.mmrag{color:#e4e6e8;background:#16191c}
.mmrag h1,.mmrag .quiet,.mmrag dl{color:#a7adb3}.mmrag .label{color:#6cc7df}.mmrag img{border-color:#3c434a}
.mmrag .supported .mark{color:#57c785}.mmrag .contradicted .mark,.mmrag .contradicted .why{color:#ff8a80}
.mmrag .none,.mmrag .note,.mmrag .not_found .mark,.mmrag .not_found .why{color:#e8b54a}
body.mmrag-page{background:#16191c}}
@media print{.mmrag figure{break-inside:avoid}}
"""
_LABELS = re.compile(r"\[(E\d+(?:,\s*E\d+)*)\]")


def answer_html(answer: Answer, crop: Crop | None = None, *, whole: bool = True) -> str:
    """The answer, its claims with their verdicts, and the cited pages with a box around what is cited.

    `crop` draws a region, as `Corpus.crop` does; without it, or where a page cannot be drawn any more, the words stand
    alone. With `whole` a document of its own, else a piece to be set into another. Nothing in it names a folder of
    this machine.
    """
    body = f'<article class="mmrag">{"".join(_body(answer, crop))}</article>'
    if not whole:
        return f"<style>{STYLE}</style>{body}"
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


def write_answer(answer: Answer, file: Path, crop: Crop | None = None) -> None:
    """Write `answer_html` to a file, whole or not at all. Raises `UsageError` where it cannot be written."""
    page = answer_html(answer, crop)
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_text(page, "utf-8")
        temporary.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a file that you may write.") from error


def _safe(text: str) -> str:
    return escape(clean(text))


def _body(answer: Answer, crop: Crop | None) -> Iterator[str]:
    yield f"<h1>{_safe(answer.question)}</h1>"
    cited = sources(answer)
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
    shown = cited
    if shown:
        yield "<h2>Where it stands</h2>"
    elif answer.evidence:
        yield "<h2>Nearest pages</h2>"
        shown = tuple(Spot(item.label, item.region, (), (), item.stale) for item in answer.evidence[:NEAREST])
    yield from (_figure(spot, crop) for spot in shown)
    yield from _facts(answer, shown)


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


def _figure(spot: Spot, crop: Crop | None) -> str:
    """One page: file and page, the picture with its boxes, the words quoted."""
    region = spot.region
    label = escape(spot.label)
    tag = f'<span class="label">[{label}]</span> ' if label else ""
    if is_given_text(region):
        place, picture = "the text given", ""
    else:
        place = f"<strong>{escape(shown_path(region.document.path.name))}</strong>"
        if region.document.page_count > 1:
            place += f", page {region.page} of {region.document.page_count}"
        picture = _picture(spot, crop) if crop is not None else ""
    stale = '<p class="note">The file has changed since it was read.</p>' if spot.stale else ""
    quotes = "".join(f"<blockquote>{_safe(quote)}</blockquote>" for quote in spot.quotes)
    name = f' id="{label}"' if label else ""
    return f"<figure{name}><figcaption>{tag}{place}</figcaption>{stale}{quotes}{picture}</figure>"


def _picture(spot: Spot, crop: Crop) -> str:
    try:
        image = spot_picture(spot, crop, LONG_SIDE)
    except (MmragError, OSError) as error:
        message = error.message if isinstance(error, MmragError) else "the file cannot be read"
        return f'<p class="note">The page cannot be shown: {_safe(_without_folder(message, spot))}.</p>'
    words = f"Page {spot.region.page} of {shown_path(spot.region.document.path.name)}, what is cited marked"
    return f'<img alt="{escape(words)}" width="{image.width}" height="{image.height}" src="{_data(image)}">'


def _without_folder(message: str, spot: Spot) -> str:
    path = spot.region.document.path
    return message.replace(str(path), path.name)


def _data(image: Image) -> str:
    """A data address of the picture: PNG for type on white, JPEG where that is much smaller, as for photos."""
    png, jpeg = io.BytesIO(), io.BytesIO()
    image.save(png, "PNG", optimize=True)
    image.save(jpeg, "JPEG", quality=85, subsampling=0)
    kind, data = ("png", png) if len(png.getvalue()) <= 1.5 * len(jpeg.getvalue()) else ("jpeg", jpeg)
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


def _facts(answer: Answer, shown: Sequence[Spot]) -> Iterator[str]:
    """What it takes to check it all again: the files by their hash, and the models."""
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
    if answer.usage is not None:
        yield f"<dt>tokens</dt><dd>{answer.usage[0]:,} read, {answer.usage[1]:,} written</dd>"
    yield "<dt>program</dt><dd>mmrag; every claim above was checked against the pages</dd></dl>"
