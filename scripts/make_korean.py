"""Make tests/data/korean: Korean PDFs and the questions on them, from `korean_pages.py` and `korean_questions.py`.

    python scripts/make_korean.py

Needs PyMuPDF, Pillow, numpy and the Nanum fonts (Debian: fonts-nanum).
"""

from __future__ import annotations

import json
from pathlib import Path

from korean_pages import DISTRACTORS, MAIN, SCAN
from korean_questions import QUESTIONS, UNANSWERABLE
from sheets import A5, PALETTE, Sheets, korean

TARGET = Path(__file__).parents[1] / "tests" / "data" / "korean"


def draw(title: str, pages: list[tuple[str, list[object]]], accent: int, serif: bool, plain: bool = False) -> Sheets:
    """One document: a running title, and a heading with its blocks on every page."""
    sheets = Sheets(korean(serif), A5, accent=(0.1, 0.1, 0.1) if plain else PALETTE[accent % 4])
    sheets.running = title
    for heading, blocks in pages:
        sheets.new_page(bare=plain)
        sheets.heading(heading, 1)
        for block in blocks:
            if isinstance(block, str):
                sheets.para(block, 11.5 if plain else 10.5, gap=10)
            elif isinstance(block, list):
                sheets.bullets(block, 11)
            elif block[0] == "chart":
                _, caption, names, values = block
                sheets.caption(f"{caption[:-3]}(천 톤)")
                top = sheets.y + 24
                sheets.bars(names, {"": values}, box=(sheets.margin + 30, top, sheets.right, top + 150))
                sheets.y = top + 175
            else:
                widths = {3: (82, 106, 144), 4: (98, 66, 72, 96)}[len(block[0])]
                sheets.table(block, widths, size=10 if plain else 9.4)
    return sheets


def main() -> None:
    """Write every file anew."""
    pdfs = TARGET / "pdfs"
    pdfs.mkdir(parents=True, exist_ok=True)
    for at, (name, (title, pages)) in enumerate({**MAIN, **DISTRACTORS}.items()):
        draw(title, pages, at, serif=at % 3 == 2).save(pdfs / name, title, "")
    for name, (title, pages) in SCAN.items():
        draw(title, pages, 0, serif=False, plain=True).scan(pdfs / name, title=title, seed=7, turn=-0.5, dpi=190)
    lines = []
    for at, (doc, page, kind, question, answer) in enumerate(QUESTIONS):
        gold = {"answer": answer, "answerable": True, "kind": kind, "doc": doc, "gold": [{"doc": doc, "page": page}]}
        line = {"id": f"korean-{kind}-{at:03}", "question": question, **gold, "gold_pages": [page]}
        lines.append({**line, "gold_source": "written from the page"})
    for at, question in enumerate(UNANSWERABLE, len(QUESTIONS)):
        none = {"answer": None, "answerable": False, "kind": "none", "doc": None, "gold": [], "gold_pages": []}
        lines.append({"id": f"korean-none-{at:03}", "question": question, **none, "gold_source": "no page says it"})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (TARGET / "questions.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
