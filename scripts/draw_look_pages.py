"""Draw the pages whose regions are labelled by their looks in tests/data/looks/regions.jsonl, and list their regions.

    python scripts/draw_look_pages.py [DATA] [--check REGIONS.jsonl] [--without REGIONS.jsonl]

Every page of every PDF below DATA is put in the order of SHA-256 of "seed/path below DATA/page" and falls into one of
four strata by what mmrag finds on it without recognition of text: a figure, a picture, a table, or nothing of these
(the first that holds). Each stratum gives its number of pages, in that order; no document gives more than its limit to
a stratum. All regions of a drawn page are listed. A file or page that cannot be read is passed over.
`--without` draws the set for tuning: from the pages that the given file does not hold, with other sizes.
"""

from __future__ import annotations

import argparse
import json
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymupdf

from mmrag.embedders import token_counter
from mmrag.errors import FileProblem
from mmrag.protocols import ReadOptions
from mmrag.readers import PdfReader
from mmrag.regions import segment
from mmrag.types import Segment

ROOT = Path(__file__).resolve().parents[1]
SEED = "looks of regions, 2026-11"
STRATA = {"figure": (120, 6), "picture": (8, 2), "table": (6, 2), "plain": (4, 1)}  # pages, most of one document
TUNING_STRATA = {"figure": (200, 14), "picture": (25, 3), "table": (25, 3), "plain": (12, 1)}
_PASSAGE_TOKENS = 200  # as `mmrag index` cuts passages


def pages(data: Path) -> list[tuple[str, str, int]]:
    """(order, path below the base folder, page from 1) of all pages of all PDFs that open, in the order of the draw."""
    found = []
    for file in sorted(data.rglob("*.pdf")):
        name = unicodedata.normalize("NFC", file.relative_to(data).as_posix())
        try:
            with pymupdf.open(file) as document:
                count = 0 if document.needs_pass else document.page_count
        except RuntimeError:  # damaged on purpose: the base class of what MuPDF raises
            continue
        found += [
            (sha256(f"{SEED}/{name}/{number}".encode()).hexdigest(), name, number) for number in range(1, count + 1)
        ]
    return sorted(found)


def stratum(segments: tuple[Segment, ...]) -> str:
    """The first of the strata whose kind of region the page has."""
    kinds = {each.kind for each in segments}
    return next((kind for kind in ("figure", "picture", "table") if kind in kinds), "plain")


def draw(
    data: Path, strata: dict[str, tuple[int, int]], without: Collection[tuple[str, int]]
) -> Iterator[tuple[str, int, str, tuple[Segment, ...]]]:
    """(path below the base folder, page, stratum, its regions), in the order of the draw; no page of `without`."""
    missing = {name: wanted for name, (wanted, _) in strata.items()}
    taken: Counter[tuple[str, str]] = Counter()
    count_tokens = token_counter(None)
    for _, name, number in pages(data):
        if not any(missing.values()):
            return
        if (name, number) in without:
            continue
        if all(not missing[each] or taken[each, name] >= limit for each, (_, limit) in strata.items()):
            continue
        try:
            page = next(PdfReader().read(data / name, ReadOptions(pages=(number,))), None)
        except FileProblem:
            continue
        if page is None:
            continue
        segments = segment(page, count_tokens=count_tokens, max_tokens=_PASSAGE_TOKENS)
        kind = stratum(segments)
        if missing[kind] and taken[kind, name] < strata[kind][1]:
            missing[kind] -= 1
            taken[kind, name] += 1
            yield name, number, kind, segments


def lines(data: Path, without: Collection[tuple[str, int]] = ()) -> Iterator[dict[str, Any]]:
    """The regions of the drawn pages as lines of the file, without their labels; for tuning if pages are left out."""
    count = 0
    for name, number, kind, segments in draw(data, TUNING_STRATA if without else STRATA, without):
        for each in segments:
            box = [round(side, 4) for side in (each.box.left, each.box.top, each.box.right, each.box.bottom)]
            yield {
                "id": f"{'tune' if without else 'look'}-{count:04d}",
                "file": name,
                "page": number,
                "stratum": kind,
                "box": box,
                "kind": each.kind,
            }
            count += 1


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Print the regions, one JSON object a line; or compare a labelled file with a new draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--check", type=Path, help="a labelled file: say which of its regions a new draw lacks")
    parser.add_argument("--without", type=Path, help="a labelled file: draw the set for tuning from all other pages")
    arguments = parser.parse_args()
    without = {(line["file"], line["page"]) for line in _read(arguments.without)} if arguments.without else set()
    drawn = list(lines(arguments.data, without))
    if arguments.check is None:
        for line in drawn:
            print(json.dumps(line, ensure_ascii=False))
        return
    fields = ("file", "page", "kind", "box")
    labelled = _read(arguments.check)
    new = {json.dumps([line[field] for field in fields]) for line in drawn}
    gone = [line["id"] for line in labelled if json.dumps([line[field] for field in fields]) not in new]
    print(f"{len(labelled)} labelled, {len(drawn)} drawn now, not drawn now: {', '.join(gone) or 'none'}")


if __name__ == "__main__":
    main()
