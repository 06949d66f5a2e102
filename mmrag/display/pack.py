"""An answer as an evidence pack: a record for programs, and a page for people that holds the record.

The record names no folder of this machine: a file goes by its sha256, its name, and its place below the folder that was
indexed. Knows how a pack is written; `mmrag.corpus.packs` knows how one is read, and what may be believed of it.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag.display.cited import Spot, is_given_text, label_of, view_box
from mmrag.display.crops import Crop, Picture
from mmrag.display.documents import box_json
from mmrag.display.escaping import shown_path, to_json
from mmrag.display.export import answer_html, draw_pages
from mmrag.errors import UsageError
from mmrag.types import Answer, Citation, Claim, Document, Evidence

if TYPE_CHECKING:
    from mmrag.corpus.exporting import Facts

__all__ = ["pack_record", "write_pack"]

PAGE = "answer.html"
"""The page's name in a folder."""


def write_pack(answer: Answer, target: Path, crop: Crop | None = None, facts: Facts | None = None) -> None:
    """Write an answer with its evidence: `.html` or `.json` by the name of `target`, both where it is a folder.

    `crop` draws a region, as `Corpus.crop` does. A file is written whole or not at all. Raises `UsageError` where it
    cannot be, and for a name with any other ending.
    """
    from mmrag.corpus.packs import RECORD

    suffix = target.suffix.lower()
    is_folder = target.is_dir() or not suffix
    if not is_folder and suffix not in (".html", ".htm", ".json"):
        raise UsageError(
            f"{target} is not the name of an HTML or JSON file, or of a folder", "Name a file that ends in .html."
        )
    pictures = draw_pages(answer, crop)
    record = pack_record(answer, pictures, facts)
    if is_folder:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{target} cannot be made: {error.strerror}", "Name another folder.") from error
    if is_folder or suffix != ".json":
        _write(target / PAGE if is_folder else target, _page(answer, pictures, record))
    if is_folder or suffix == ".json":
        _write(target / RECORD if is_folder else target, to_json(record) + "\n")


def pack_record(answer: Answer, pictures: Mapping[Spot, Picture], facts: Facts | None = None) -> dict[str, Any]:
    """The record of a pack as JSON values; boxes are fractions of the page, times are UTC."""
    from mmrag.corpus.exporting import Facts
    from mmrag.corpus.packs import FORMAT, VERSION, digest

    facts = facts or Facts()
    usage = answer.usage
    record: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made": facts.made.isoformat(timespec="seconds"),
        "program": dict(facts.program),
        "question": answer.question,
        "text": answer.text,
        "abstained": answer.text is None,
        "reason": answer.reason,
        "probability": answer.probability,
        "claims": [_claim(claim, answer.evidence) for claim in answer.claims],
        "evidence": [_evidence(item) for item in answer.evidence if not is_given_text(item.region)],
        "files": [_file(document, facts) for document in _documents(answer)],
        "crops": [_crop(spot, picture) for spot, picture in pictures.items() if not picture.problem],
        "models": dict(answer.models),
        "fingerprints": dict(facts.fingerprints),
        "settings": dict(facts.settings),
        "asked": dict(facts.asked),
        "usage": None if usage is None else {"prompt_tokens": usage[0], "completion_tokens": usage[1]},
    }
    record = _as_read(record)
    return {**record, "sha256": digest(record)}


def _as_read(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as a reader will have it, so that its sha256 is of what is read: rounded, and Unicode throughout."""
    read: dict[str, Any] = json.loads(to_json(record))
    return read


def _page(answer: Answer, pictures: Mapping[Spot, Picture], record: Mapping[str, Any]) -> str:
    """The page with the record in it, which has the sha256 of the page around it in place of the pictures."""
    from mmrag.corpus.packs import MARK, digest

    head, _, tail = answer_html(answer, pictures, record).partition(MARK)
    crops = [{key: value for key, value in crop.items() if key != "data"} for crop in record["crops"]]
    around = sha256((head + tail).encode()).hexdigest()
    inner = {**record, "crops": crops, "page": around}
    inner["sha256"] = digest(inner)
    return f"{head}{MARK}{escape(to_json(inner, indent=1), quote=False)}{tail}"


def _documents(answer: Answer) -> Iterable[Document]:
    """Every file that was looked at, each once, those of the evidence first."""
    cited = (one.region for claim in answer.claims for one in claim.verdict.citations)
    regions = (*(item.region for item in answer.evidence), *cited)
    return {region.document.id: region.document for region in regions if not is_given_text(region)}.values()


def _file(document: Document, facts: Facts) -> dict[str, Any]:
    name = shown_path(document.path.name)
    within = facts.within.get(document.id, name)
    return {"sha256": document.id, "name": name, "within": within, "pages": document.page_count}


def _claim(claim: Claim, evidence: Iterable[Evidence]) -> dict[str, Any]:
    verdict = claim.verdict
    evidence = tuple(evidence)
    return {
        "text": claim.text,
        "verdict": verdict.label,
        "probability": verdict.probability,
        "reason": verdict.reason,
        "citations": [_citation(one, evidence) for one in verdict.citations if not is_given_text(one.region)],
        "corrects": claim.corrects or None,
    }


def _citation(citation: Citation, evidence: Iterable[Evidence]) -> dict[str, Any]:
    region = citation.region
    return {
        "label": label_of(citation, evidence) or None,
        "file": region.document.id,
        "name": shown_path(region.document.path.name),
        "page": region.page,
        "box": None if citation.box is None else box_json(citation.box),
        "quote": citation.quote,
        "hidden_words": region.hidden,
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    region = item.region
    return {
        "label": item.label,
        "file": region.document.id,
        "name": shown_path(region.document.path.name),
        "page": region.page,
        "kind": region.kind,
        "box": box_json(region.box),
        "snippet": item.snippet,
        "score": item.score,
        "stale": item.stale,
        "hidden_words": region.hidden,
    }


def _crop(spot: Spot, picture: Picture) -> dict[str, Any]:
    """A picture: `view` is the part of the page that it shows, `boxes` what is marked on it, both of the page."""
    return {
        "label": spot.label or None,
        "file": spot.region.document.id,
        "page": spot.region.page,
        "view": box_json(view_box(spot)),
        "boxes": [box_json(box) for box in spot.boxes],
        "media_type": picture.kind,
        "width": picture.width,
        "height": picture.height,
        "sha256": sha256(picture.data).hexdigest(),
        "data": base64.b64encode(picture.data).decode("ascii"),
    }


def _write(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        temporary.write_text(text, "utf-8")
        temporary.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UsageError(f"{file} cannot be written: {error.strerror}", "Name a file that you may write.") from error
