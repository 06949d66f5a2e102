"""Draw documents that look like documents: headings, paragraphs, ruled tables, charts, scans. Used by make_*.py only.

Everything is deterministic: fixed dates, fixed seeds, no document ids. Needs PyMuPDF, Pillow and numpy.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image, ImageFilter

NANUM = Path("/usr/share/fonts/truetype/nanum")
A4 = (595.0, 842.0)
A5 = (420.0, 595.0)
WIDE = (960.0, 540.0)
INK = (0.13, 0.15, 0.18)
GREY = (0.45, 0.48, 0.52)
RULE = (0.78, 0.80, 0.83)
PALETTE = ((0.09, 0.35, 0.55), (0.93, 0.55, 0.18), (0.30, 0.60, 0.42), (0.62, 0.35, 0.60), (0.70, 0.72, 0.75))


@dataclass(frozen=True)
class Faces:
    """The fonts of one document: regular and bold."""

    regular: pymupdf.Font
    bold: pymupdf.Font


def latin(serif: bool = False) -> Faces:
    """Nimbus, as PyMuPDF brings it."""
    names = ("tiro", "tibo") if serif else ("helv", "hebo")
    return Faces(*(pymupdf.Font(name) for name in names))


def korean(serif: bool = False) -> Faces:
    """Nanum (SIL Open Font License); only the glyphs used are embedded.

    Not NanumGothic: its space and its no-break space are one glyph, and the text of the PDF would have the latter.
    """
    stem = "NanumMyeongjo" if serif else "NanumBarunGothic"
    return Faces(*(pymupdf.Font(fontfile=str(NANUM / f"{stem}{weight}.ttf")) for weight in ("", "Bold")))


class Sheets:
    """A document that is written from top to bottom. Lengths are points; colours are RGB from 0 to 1."""

    def __init__(
        self, faces: Faces, size: tuple[float, float] = A4, *, accent: tuple[float, float, float] = PALETTE[0]
    ):
        self.document = pymupdf.open()
        self.faces, self.size, self.accent = faces, size, accent
        self.margin = {A4: 62.0, A5: 44.0, WIDE: 64.0}[size]
        self.outline: list[list[object]] = []
        self.running = ""
        self.numbered: list[bool] = []
        self.page: pymupdf.Page
        self.y = 0.0

    @property
    def right(self) -> float:
        """Where lines of text end."""
        return self.size[0] - self.margin

    def new_page(self, *, bare: bool = False) -> None:
        """Begin a page; `bare` without running head and number."""
        self.page = self.document.new_page(width=self.size[0], height=self.size[1])
        for name, font in (("R", self.faces.regular), ("B", self.faces.bold)):
            self.page.insert_font(fontname=name, fontbuffer=font.buffer)
        self.y = self.margin
        self.numbered.append(not bare)

    def _foot(self) -> None:
        """Running title and page number, last, as most programs write them."""
        for number, wanted in enumerate(self.numbered, 1):
            if wanted:
                self.page = self.document[number - 1]
                self.put(self.running, self.margin, self.size[1] - 30, 8.5, color=GREY)
                self.put(str(number), self.right, self.size[1] - 30, 8.5, color=GREY, align="right")
        self.numbered.clear()

    def put(self, text, x, y, size=10.0, *, bold=False, color=INK, align="left", turn=0):  # noqa: PLR0913
        """One line of text with its baseline at y."""
        font = self.faces.bold if bold else self.faces.regular
        length = font.text_length(text, fontsize=size)
        x -= {"left": 0.0, "centre": length / 2, "right": length}[align] if not turn else 0
        name = "B" if bold else "R"
        self.page.insert_text((x, y), text, fontname=name, fontsize=size, color=color, rotate=turn)

    def wrap(self, text: str, size: float, width: float, bold: bool = False) -> list[str]:
        """Lines no wider than `width`, broken at spaces."""
        font = self.faces.bold if bold else self.faces.regular
        lines, line = [], ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and font.text_length(longer, fontsize=size) > width:
                lines.append(line)
                line = word
            else:
                line = longer
        return [*lines, line] if line else lines

    def heading(self, text: str, level: int = 1, *, listed: bool = True) -> None:
        """A heading, which also becomes an entry of the outline."""
        size = {1: 19.0, 2: 13.0, 3: 11.0}[level] * (1.25 if self.size == WIDE else 1.0)
        self.y += 0 if self.y == self.margin else {1: 16, 2: 12, 3: 8}[level]
        for line in self.wrap(text, size, self.right - self.margin, bold=True):
            self.y += size
            self.put(line, self.margin, self.y, size, bold=True, color=self.accent if level < 3 else INK)
            self.y += size * 0.25
        if level == 1:
            self.page.draw_line((self.margin, self.y + 3), (self.right, self.y + 3), color=self.accent, width=1.2)
            self.y += 10
        self.y += 4
        if listed and level < 3:
            self.outline.append([level if self.outline else 1, text, len(self.document)])

    def para(self, text: str, size: float = 10.2, *, width: float | None = None, color=INK, gap: float = 7.0) -> None:
        """A paragraph."""
        for line in self.wrap(text, size, width or self.right - self.margin):
            self.y += size * 1.48
            self.put(line, self.margin, self.y, size, color=color)
        self.y += gap

    def bullets(self, items: Sequence[str], size: float = 10.2, *, numbered: bool = False) -> None:
        """A list."""
        for number, item in enumerate(items, 1):
            for at, line in enumerate(self.wrap(item, size, self.right - self.margin - 18)):
                self.y += size * 1.48
                if not at:
                    self.put(f"{number}." if numbered else "•", self.margin + 4, self.y, size, color=self.accent)
                self.put(line, self.margin + 18, self.y, size)
            self.y += size * 0.3
        self.y += 5

    def caption(self, text: str) -> None:
        """A small line above or below a figure."""
        self.y += 13
        self.put(text, self.margin, self.y, 9, bold=True, color=GREY)
        self.y += 6

    def table(self, rows, widths, *, size=9.4, total=False, left=None, pad=5.5) -> None:
        """A ruled table: first row is its head, first column text, the rest figures; cells wrap."""
        x0 = self.margin if left is None else left
        figures = [
            column and all(str(r[column])[:1] in "0123456789+-–" for r in rows[1:]) for column in range(len(widths))
        ]
        edges = [x0 + sum(widths[:at]) for at in range(len(widths) + 1)]
        for index, row in enumerate(rows):
            head = index == 0
            bold = head or (total and index == len(rows) - 1)
            cells = [self.wrap(str(cell), size, w - 10, bold) for cell, w in zip(row, widths, strict=True)]
            height = max(len(cell) for cell in cells) * size * 1.35 + 2 * pad - size * 0.25
            box = pymupdf.Rect(edges[0], self.y, edges[-1], self.y + height)
            self.page.draw_rect(box, color=RULE, width=0.7, fill=(0.93, 0.95, 0.97) if head else None)
            for edge in edges[1:-1]:
                self.page.draw_line((edge, box.y0), (edge, box.y1), color=RULE, width=0.7)
            for column, lines in enumerate(cells):
                for at, line in enumerate(lines):
                    y = self.y + pad + size * 0.88 + at * size * 1.35
                    x = edges[column + 1] - 6 if figures[column] else edges[column] + 6
                    self.put(line, x, y, size, bold=bold, align="right" if figures[column] else "left")
            self.y += height
        self.y += 10

    # ------------------------------------------------------------------------------------------------------ charts

    def bars(self, names, series, *, box, unit="", top=None, labels=True, digits=1):
        """Vertical bars, one group a name; `series` maps a name to values. `box` is (left, top, right, bottom)."""
        left, up, right, down = box
        most = top or max(max(values) for values in series.values()) * 1.15
        self._grid(box, most, unit)
        slot = (right - left) / len(names)
        wide = slot * 0.62 / len(series)
        for s, (label, values) in enumerate(series.items()):
            for at, value in enumerate(values):
                x = left + slot * at + slot * 0.19 + wide * s
                y = down - (down - up) * value / most
                self.page.draw_rect((x, y, x + wide, down), color=None, fill=PALETTE[s])
                if labels:
                    self.put(f"{value:,.{digits}f}", x + wide / 2, y - 3.5, 8.5, bold=True, align="centre")
            if len(series) > 1:
                self.page.draw_rect((left + 110 * s, up - 24, left + 110 * s + 9, up - 15), color=None, fill=PALETTE[s])
                self.put(label, left + 110 * s + 13, up - 16, 8.5)
        for at, name in enumerate(names):
            self.put(name, left + slot * (at + 0.5), down + 13, 8.8, align="centre")

    def lines(self, names, series, *, box, unit="", top=None, digits=1):
        """Lines with markers over equally spaced names."""
        left, up, right, down = box
        most = top or max(max(values) for values in series.values()) * 1.2
        self._grid(box, most, unit)
        slot = (right - left) / len(names)
        for s, (label, values) in enumerate(series.items()):
            points = [(left + slot * (at + 0.5), down - (down - up) * v / most) for at, v in enumerate(values)]
            self.page.draw_polyline(points, color=PALETTE[s], width=2)
            for point, value in zip(points, values, strict=True):
                self.page.draw_circle(point, 3, color=PALETTE[s], fill=(1, 1, 1), width=1.6)
                self.put(f"{value:,.{digits}f}", point[0], point[1] - 8, 8.5, bold=True, align="centre")
            if len(series) > 1:
                x = left + 110 * s
                self.page.draw_line((x, up - 19), (x + 12, up - 19), color=PALETTE[s], width=2)
                self.put(label, x + 16, up - 16, 8.5)
        for at, name in enumerate(names):
            self.put(name, left + slot * (at + 0.5), down + 13, 8.8, align="centre")

    def _grid(self, box, most, unit):
        left, up, right, down = box
        step = 10 ** math.floor(math.log10(most / 4))
        step *= next(f for f in (1, 2, 2.5, 5, 10) if most / (step * f) <= 5.5)
        for at in range(int(most / step) + 1):
            y = down - (down - up) * at * step / most
            self.page.draw_line((left, y), (right, y), color=INK if not at else RULE, width=0.9 if not at else 0.5)
            self.put(f"{at * step:,g}", left - 6, y + 3, 8.2, color=GREY, align="right")
        if unit:
            self.put(unit, left - 26, up - 14 if up > 60 else up - 6, 8.2, color=GREY)

    def pie(self, parts, *, centre, radius):
        """Sectors clockwise from the top, each with its name and share beside it."""
        angle, total = 0.0, sum(parts.values())
        for at, (name, share) in enumerate(parts.items()):
            sweep = 360 * share / total
            steps = max(2, int(sweep / 3))
            arc = [math.radians(angle + sweep * i / steps - 90) for i in range(steps + 1)]
            rim = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in arc]
            self.page.draw_polyline(
                [centre, *rim, centre], color=(1, 1, 1), fill=PALETTE[at % 5], width=1.2, closePath=True
            )
            middle = math.radians(angle + sweep / 2 - 90)
            x, y = centre[0] + (radius + 12) * math.cos(middle), centre[1] + (radius + 12) * math.sin(middle)
            side = "left" if math.cos(middle) > 0.05 else "right" if math.cos(middle) < -0.05 else "centre"
            self.put(f"{name} {share} %", x, y + 3, 9, bold=True, align=side)
            angle += sweep

    # -------------------------------------------------------------------------------------------------------- save

    def save(self, file: Path, title: str, author: str) -> None:
        """Write the document with its outline, with fonts cut down to the glyphs used and no changing parts."""
        self._foot()
        date = "D:20260115090000Z"
        self.document.set_metadata({"title": title, "author": author, "creationDate": date, "modDate": date})
        if self.outline:
            self.document.set_toc(self.outline)
        self.document.subset_fonts()
        self.document.save(file, garbage=4, deflate=True, deflate_fonts=True, use_objstms=1, no_new_id=True)

    def scan(self, file: Path, *, title="", seed=1, turn=0.6, dpi=150, quality=45) -> None:
        """Write the pages as a scanner would: grey pictures, a little askew, with noise, shade and JPEG loss."""
        self._foot()
        out = pymupdf.open()
        for page in self.document:
            out_page = out.new_page(width=page.rect.width, height=page.rect.height)
            out_page.insert_image(out_page.rect, stream=_scanned(page, seed, turn, dpi, quality))
        date = "D:20250410090000Z"
        out.set_metadata({"title": title, "producer": "scanner", "creationDate": date, "modDate": date})
        out.save(file, garbage=4, deflate=True, no_new_id=True)


def _scanned(page: pymupdf.Page, seed: int, turn: float, dpi: int, quality: int) -> bytes:
    pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    image = image.rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=252).filter(ImageFilter.GaussianBlur(0.55))
    grey = np.asarray(image, dtype=np.float32)
    random = np.random.default_rng(seed)
    shade = np.linspace(-9, 2, grey.shape[1])[None, :] + np.linspace(2, -5, grey.shape[0])[:, None]
    noise = random.normal(0, 3.0, (grey.shape[0] // 2 + 1, grey.shape[1] // 2 + 1)).repeat(2, 0).repeat(2, 1)
    grey = grey * 0.9 + 18 + shade + noise[: grey.shape[0], : grey.shape[1]]
    for _ in range(25):  # dust
        y, x = random.integers(0, grey.shape[0] - 3), random.integers(0, grey.shape[1] - 3)
        grey[y : y + 2, x : x + 2] -= 70
    out = io.BytesIO()
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
