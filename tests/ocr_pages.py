"""Pages of known text drawn as pictures, for the tests of recognition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ENGLISH = (
    "Revenue for the first half rose 12.4% year on year to $3,456 million, while operating income reached $231.",
    "The Safety Board determines the probable cause of this accident to be a gusting crosswind of 14 knots.",
)
KOREAN = (
    "서울특별시는 내년부터 시내버스 노선을 전면 개편하기로 했다. 시민 의견은 주민센터에서 접수한다.",
    "계약 기간은 체결일로부터 2년으로 하고, 만료 30일 전까지 서면 통지가 없으면 자동으로 연장된다.",
)
_KOREAN_FONTS = (
    "/usr/share/fonts/truetype/nanum/NanumGothic.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
)


def korean_font() -> str | None:
    """A font with Hangul on this machine, if there is one."""
    return next((path for path in _KOREAN_FONTS if Path(path).is_file()), None)


def draw(
    columns: Iterable[Iterable[str]], *, font: str | None = None, size: int = 30, width: int = 1200, height: int = 500
) -> Image.Image:
    """A white page, a column of paragraphs for each item of `columns`."""
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    face = ImageFont.truetype(font, size) if font else ImageFont.load_default(size)
    columns = [list(column) for column in columns]
    span = (width - 60) // len(columns)
    for number, column in enumerate(columns):
        left, y = 40 + number * span, 40
        for paragraph in column:
            x = left
            for word in paragraph.split():
                length = pen.textlength(word + " ", font=face)
                if x + length > left + span - 40:
                    x, y = left, y + int(size * 1.5)
                pen.text((x, y), word, font=face, fill=(20, 20, 20))
                x += length
            y += int(size * 2.4)
    return image


def recall(paragraphs: Iterable[str], words: Iterable[str]) -> float:
    """Share of the words that were found, each as often as it stands there, without punctuation at its ends."""
    truth = Counter(word.strip(".,").lower() for paragraph in paragraphs for word in paragraph.split())
    found = Counter(word.strip(".,").lower() for word in words)
    return sum((truth & found).values()) / sum(truth.values())
