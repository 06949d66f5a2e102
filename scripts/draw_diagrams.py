"""Draw docs/images/layers.svg and docs/images/flow.svg, the layers as pyproject.toml has them.

Each drawing carries its own ground and follows the reader's light or dark setting; it loads nothing. `--check` only
says whether the files are up to date.

python scripts/draw_diagrams.py [--check]
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:15px;fill:#1d2327}
.ground{fill:#ffffff;stroke:#d5d9dd}.box{stroke:#9aa3ab;fill:#f4f6f7}.nouns{fill:#eef0f2}.parts{fill:#e5f1f4}
.verbs{fill:#fdf1d8}.door{fill:#e3f3e6}.surfaces{fill:#ece9f8}.end{fill:#e3f3e6;stroke:#157f3b}
.refused{fill:#fbe9e7;stroke:#b3261e}.name{font-weight:600}.small{font-size:13px;fill:#4a535b}.side{font-size:13px;fill:#4a535b}
.head{font-size:17px;font-weight:600}.line{stroke:#5d676f;stroke-width:1.6;fill:none}.tip{fill:#5d676f}
@media (prefers-color-scheme:dark){text{fill:#e6e9eb}.ground{fill:#1b1f23;stroke:#3a4249}
.box{stroke:#66717a;fill:#262c31}.nouns{fill:#2a3035}.parts{fill:#173840}.verbs{fill:#453714}.door{fill:#17391f}
.surfaces{fill:#302b4a}.end{fill:#17391f;stroke:#57c785}.refused{fill:#45211e;stroke:#ff8a80}
.small,.side{fill:#b4bcc3}.line{stroke:#a3adb5}.tip{fill:#a3adb5}}
"""
WIDE = 720
SIDES = (
    ("surfaces", {"cli"}, "command line"),
    ("surfaces", {"server"}, "surfaces: what people and programs meet"),
    ("surfaces", {"display"}, "values as text, JSON, HTML"),
    ("door", {"corpus"}, "front door: the only place that wires"),
    ("door", {"chat"}, "turns of a conversation"),
    ("verbs", {"indexing"}, "verbs"),
    ("parts", {"readers"}, "parts: they do not import one another"),
    ("nouns", {"registry"}, "seams: what a part must offer, and settings"),
    ("nouns", {"errors"}, "everything that can go wrong"),
    ("nouns", {"types"}, "nouns: the values that are passed on"),
)


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """A line of text; `y` is its base line."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rounded box."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" class="box {kind}"/>'


def arrow(*points: tuple[float, float]) -> str:
    """A line through the points, with a tip at its end."""
    path = " ".join(f"{'L' if place else 'M'}{x:g} {y:g}" for place, (x, y) in enumerate(points))
    return f'<path d="{path}" class="line" marker-end="url(#tip)"/>'


def drawing(title: str, about: str, height: float, parts: list[str]) -> str:
    """A whole file; `about` is what a screen reader says."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {height:g}" width="{WIDE}" '
            f'height="{height:g}" role="img">',
            f"<title>{escape(title)}</title><desc>{escape(about)}</desc><style>{STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" class="tip"/></marker></defs>',
            f'<rect x=".5" y=".5" width="{WIDE - 1}" height="{height - 1:g}" rx="10" class="ground"/>',
            *parts,
            "</svg>\n",
        ]
    )


def real_layers() -> list[list[str]]:
    """The layers of the import contract, from the top."""
    contract = re.search(r"^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.M | re.S)
    assert contract is not None
    return [re.findall(r"\w+", line) for line in re.findall(r'"(.*)"', contract[1]) if line != "__main__"]


def layers() -> str:
    """One band a layer, from the command line down to the values."""
    parts = []
    y = 20.0
    for names in real_layers():
        kind, _, side = next(row for row in SIDES if row[1] & set(names))
        rows = [names[start : start + 5] for start in range(0, len(names), 5)]
        height = 34.0 + 24 * len(rows)
        parts += [box(20, y, WIDE - 40, height, kind), text(34, y + 21, side, "side")]
        for place, row in enumerate(rows):
            for column, name in enumerate(row):
                parts.append(text(34 + column * 134, y + 46 + 24 * place, name, "name"))
        y += height + 10
    parts.append(text(WIDE / 2, y + 14, "Imports point down only.", "small", "middle"))
    about = "; ".join(", ".join(names) for names in real_layers())
    return drawing("The layers of mmrag", f"From the top: {about}", y + 30, parts)


def steps(x: float, top: float, rows: list[tuple[str, str, tuple[str, ...]]], pitch: float) -> list[str]:
    """A column of boxes with an arrow from each to the next; a row is kind, name and up to two lines."""
    parts = []
    for place, (kind, name, lines) in enumerate(rows):
        y = top + place * pitch
        parts += [box(x, y, 316, 72, kind), text(x + 14, y + 24, name, "name")]
        parts += [text(x + 14, y + 44 + 18 * number, line, "small") for number, line in enumerate(lines)]
        if place:
            parts.append(arrow((x + 40, y - pitch + 72), (x + 40, y - 2)))
    return parts


def flow() -> str:
    """Left: how a folder becomes an index. Right: how a question becomes a checked answer, or a refusal."""
    left, right, top, pitch = 20.0, 384.0, 56.0, 94.0
    index = [
        ("", "Folders", ("PDF, pictures, office files, text;", "they stay where they are")),
        ("parts", "readers", ("pages: words with boxes, tables,", "headings, pictures")),
        ("parts", "ocr", ("pages without usable words, once every", "file can be found")),
        ("parts", "regions", ("passages, tables, figures, pictures,", "each a box on a page")),
        ("parts", "embedders", ("vectors of texts and of pictures", "")),
        ("parts", "catalog", ("the only truth: SQLite or PostgreSQL;", "FAISS and word indexes are caches")),
    ]
    ask = [
        ("", "Question", ("English or Korean; in a conversation it", "is made whole first")),
        ("verbs", "retrieval", ("words, pages, vectors, names, pixels,", "fused: the eight best pages")),
        ("verbs", "generation", ("a draft: what a page states, or a model's", "words; nobody is shown it")),
        ("verbs", "verification", ("claims; quote, numbers, dates, names,", "negation, meaning; scans read again")),
        ("verbs", "settling", ("strike, correct or keep each claim, by the", "risk that is accepted")),
    ]
    bottom = top + 5 * pitch
    parts = [text(left, 36, "Indexing", "head"), text(right, 36, "Asking", "head")]
    parts += steps(left, top, index, pitch) + steps(right, top, ask, pitch)
    parts += [box(right, bottom, 152, 72, "end"), text(right + 14, bottom + 24, "✓ Answer", "name")]
    parts += [
        text(right + 14, bottom + 44, "file, page, box,", "small"),
        text(right + 14, bottom + 62, "exact quote", "small"),
    ]
    parts += [box(right + 164, bottom, 152, 72, "refused"), text(right + 178, bottom + 24, "? Refusal", "name")]
    parts += [
        text(right + 178, bottom + 44, "the reason, and the", "small"),
        text(right + 178, bottom + 62, "nearest pages", "small"),
    ]
    parts += [
        arrow((right + 40, bottom - 22), (right + 40, bottom - 2)),
        arrow((right + 240, bottom - 22), (right + 240, bottom - 2)),
    ]
    # The catalog is what retrieval searches, and where verification reads the words of a page.
    middle = 360.0
    parts += [
        arrow(
            (left + 316, bottom + 36), (middle, bottom + 36), (middle, top + pitch + 36), (right - 2, top + pitch + 36)
        )
    ]
    parts += [arrow((middle, top + 3 * pitch + 36), (right - 2, top + 3 * pitch + 36))]
    about = (
        "Folders go through readers, ocr, regions and embedders into the catalog. A question goes through retrieval, "
    )
    about += "generation, verification and settling to an answer with file, page, box and quote, or to a refusal."
    return drawing("How mmrag indexes and answers", about, bottom + 92, parts)


def main() -> int:
    """Write both, or with `--check` compare; returns the exit status."""
    wrong = []
    for name, content in (("layers.svg", layers()), ("flow.svg", flow())):
        file = IMAGES / name
        if "--check" in sys.argv:
            wrong += [] if file.is_file() and file.read_text("utf-8") == content else [name]
        else:
            file.write_text(content, "utf-8")
    if wrong:
        print(f"not up to date: {', '.join(wrong)}; run: python scripts/draw_diagrams.py", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
