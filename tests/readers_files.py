"""Files that the reader tests read, made on the spot."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pymupdf
from PIL import Image, ImageDraw

LOREM = (
    "The committee met on Tuesday and went through the figures of the past year, which were better than expected in "
    "most of the regions, though not in all of them, and decided to put the matter off until the spring. "
)


def pdf(path: Path, pages: int = 3, **save: object) -> Path:
    """A PDF with a heading and a paragraph on each page."""
    document = pymupdf.open()
    for number in range(1, pages + 1):
        page = document.new_page(width=400, height=600)
        page.insert_text((50, 60), f"Chapter {number}", fontsize=20, fontname="hebo")
        page.insert_textbox((50, 90, 350, 400), LOREM * 3, fontsize=10)
    document.save(path, **save)
    document.close()
    return path


def two_columns(path: Path) -> Path:
    """A title over two columns, written row by row across both."""
    document = pymupdf.open()
    page = document.new_page(width=600, height=800)
    page.insert_text((60, 50), "A title that goes across the page and both of its columns", fontsize=18)
    for row in range(4):
        top = 90 + 150 * row
        for column, name in enumerate(("left", "right")):
            text = f"{name}{row} " + LOREM
            page.insert_textbox((40 + 280 * column, top, 280 + 280 * column, top + 140), text, fontsize=10)
    document.save(path)
    document.close()
    return path


def arrow(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """A picture whose top left quarter is red, so that turning it shows."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1] // 2 - 1), fill=(220, 20, 20))
    return image


HWPX_SECTION = """<?xml version="1.0" encoding="UTF-8"?>
<hs:sec xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section" xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph">
<hp:p><hp:run><hp:t>분기 보고서</hp:t></hp:run></hp:p>
<hp:p><hp:run><hp:t>매출은<hp:tab/>120억 원이다.</hp:t></hp:run></hp:p>
<hp:p><hp:run><hp:tbl><hp:tr><hp:tc><hp:subList><hp:p><hp:run><hp:t>연도</hp:t></hp:run></hp:p></hp:subList></hp:tc>
<hp:tc><hp:subList><hp:p><hp:run><hp:t>매출</hp:t></hp:run></hp:p></hp:subList></hp:tc></hp:tr>
<hp:tr><hp:tc><hp:subList><hp:p><hp:run><hp:t>2023</hp:t></hp:run></hp:p></hp:subList></hp:tc>
<hp:tc><hp:subList><hp:p><hp:run><hp:t>98</hp:t></hp:run></hp:p></hp:subList></hp:tc></hp:tr></hp:tbl></hp:run></hp:p>
</hs:sec>"""


def hwpx(path: Path, section: str = HWPX_SECTION) -> Path:
    """A document of the Hangul word processor."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/hwp+zip")
        archive.writestr("Contents/section0.xml", section)
    return path
