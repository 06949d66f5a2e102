"""Make the files and questions.jsonl of this folder from `sources` and questions.tsv.

    python tests/data/korean_tuning/make.py

Needs PyMuPDF and the Nanum fonts (Debian: fonts-nanum).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "scripts"))

from sheets import A4, PALETTE, Sheets, korean  # noqa: E402


def draw(source: Path, at: int) -> Sheets:
    """A page for each part between lines of three dashes; headings, lists, tables and paragraphs as in Markdown."""
    sheets = Sheets(korean(at % 3 == 1), A4, accent=PALETTE[at % 4])
    for page in source.read_text("utf-8").split("---\n"):
        sheets.new_page()
        rows: list[list[str]] = []
        for line in [*page.splitlines(), ""]:
            if line.startswith("|"):
                rows.append([cell.strip() for cell in line.strip("| ").split("|")])
                continue
            if rows:
                sheets.y += 6
                width = (sheets.right - sheets.margin) / len(rows[0])
                sheets.table(rows, [width] * len(rows[0]), size=9.6)
                sheets.y += 8
                rows = []
            if line.startswith("# "):
                sheets.running = line[2:]
                sheets.heading(line[2:], 1)
            elif line.startswith("## "):
                sheets.heading(line[3:], 2)
            elif line.startswith("- "):
                sheets.bullets([line[2:]], 10.5, numbered=False)
            elif line.strip():
                sheets.para(line, 10.5)
    return sheets


def main() -> None:
    """Write every file anew."""
    files = HERE / "files"
    files.mkdir(exist_ok=True)
    names = {}
    for at, source in enumerate(sorted((HERE / "sources").iterdir())):
        if source.suffix == ".md":
            names[source.stem] = f"{source.stem}.pdf"
            draw(source, at).save(files / names[source.stem], source.stem, "")
        else:
            names[source.stem] = source.name
            (files / source.name).write_bytes(source.read_bytes())
    lines = []
    for at, row in enumerate((HERE / "questions.tsv").read_text("utf-8").splitlines()):
        stem, page, kind, question, answer = row.split("\t")
        line = {"id": f"korean-tuning-{kind}-{at:03}", "question": question, "answer": answer or None}
        line |= {"answerable": bool(answer), "kind": kind, "doc": names.get(stem)}
        gold = [{"doc": names[stem], "page": int(page)}] if answer else []
        lines.append({**line, "gold": gold, "gold_pages": [one["page"] for one in gold]})
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (HERE / "questions.jsonl").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
