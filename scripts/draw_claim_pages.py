"""Draw the pages over which the adversarial claims of tests/data/claims are written, and print their text.

    python scripts/draw_claim_pages.py [FOLDER_OF_DOCQA] [--text]

Every page of a folder is put in the order of SHA-256 of "seed/file name/page"; passed over are pages with too few words
or too few figures in their own text layer (title pages, disclaimers) and lists of references (more than three links or
"Retrieved", "arXiv", "Proceedings"); no document gives more than its limit. The claims are written by hand from this.
"""

from __future__ import annotations

import argparse
import unicodedata
from hashlib import sha256
from pathlib import Path

import pymupdf

ROOT = Path(__file__).resolve().parents[1]
SEED = "adversarial claims, 2026-11"
REFERENCES = ("http", "Retrieved", "arXiv", "Proceedings")
FOLDERS = {  # pages wanted, most pages of one document, fewest words of a page, fewest words with a figure
    "docqa_azure/pdfs": (16, 3, 40, 3),
    "docqa_uda/pdfs": (16, 1, 100, 10),
    "korean/pdfs": (8, 1, 40, 3),
}


def draw(folder: Path, name: str) -> list[tuple[str, int, str]]:
    """(path below the base folder, page from 1, text) of the pages drawn from a folder, in the order of the draw."""
    wanted, limit, fewest, figures = FOLDERS[name]
    pages = []
    for file in sorted(folder.glob("*.pdf")):
        with pymupdf.open(file) as document:
            for number, page in enumerate(document, start=1):
                label = unicodedata.normalize("NFC", file.name)
                order = sha256(f"{SEED}/{label}/{number}".encode()).hexdigest()
                pages.append((order, f"{name}/{label}", number, page.get_text(sort=False)))
    taken: dict[str, int] = {}
    drawn = []
    for _, path, number, text in sorted(pages):
        words = text.split()
        counts = sum(any(letter.isdigit() for letter in word) for word in words)
        links = sum(mark in word for word in words for mark in REFERENCES)
        if len(words) < fewest or counts < figures or links > 3:
            continue
        if taken.get(path, 0) >= limit or len(drawn) >= wanted:
            continue
        taken[path] = taken.get(path, 0) + 1
        drawn.append((path, number, text))
    return drawn


def main() -> None:
    """Print the pages that were drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--text", action="store_true", help="print the text of each page too")
    arguments = parser.parse_args()
    for name in FOLDERS:
        base = ROOT / "tests" / "data" if name.startswith("korean") else arguments.data
        for path, number, text in draw(base / name, name):
            print(f"=== {path} page {number}")
            if arguments.text:
                print(text)


if __name__ == "__main__":
    main()
