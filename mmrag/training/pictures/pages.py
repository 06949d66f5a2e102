"""Pages of running text: paragraphs, lists, whole pages, two columns, title pages, contents, letters, slides."""

from __future__ import annotations

from mmrag.training.pictures.colours import mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.listings import formula
from mmrag.training.pictures.plotted import can_plot
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import COMPANIES, HEADINGS, PEOPLE, sentence

__all__ = ["contents", "letter", "list_page", "paper", "paragraph", "slide", "text_page", "title_page"]

PORTRAIT = (0.65, 0.8)


@kind("paragraph", "text", weight=3.0, shapes=(0.8, 14.0), dark=0.02)
def paragraph(sheet: Sheet) -> None:
    """A piece of a page: a few lines of text, with or without a heading."""
    margin = min(sheet.width * sheet.rng.uniform(0.01, 0.06), sheet.height * 0.2)
    room = sheet.height - 2 * margin
    size = min(sheet.rng.uniform(13, 24), room / 1.5)  # a strip holds one line at least
    y, lone = margin, room < size * 2.8
    headed = sheet.chance(0.35)
    if headed:
        colour = sheet.colour() if sheet.chance(0.3) else sheet.ink
        heading = sheet.sample(HEADINGS, 1)[0]
        tall = min(size * 1.4, room / 1.3)
        sheet.text((margin, y), heading, tall, colour, bold=True, width=sheet.width - 2 * margin)
        y += size * 2.2
        sheet.note("heading")
    if not (headed and lone):
        end = sheet.paragraph((margin, y, sheet.width - margin, sheet.height - margin), size)
        sheet.count("text-lines", max(1, round((end - y) / (size * 1.4))))
        sheet.note("justified" if sheet.justified else "ragged")
    sheet.note(*["large-letters"] * (size > 20), *["small-letters"] * (size < 15))


@kind("snippet", "text", weight=1.6, shapes=(0.6, 12.0), dark=0.04)
def snippet(sheet: Sheet) -> None:
    """A few words by themselves, as headings, labels, captions and page numbers are: one to four lines of any size."""
    lines = sheet.between(1, 4)
    size = min(sheet.height / (lines * 1.6), sheet.width / sheet.rng.uniform(6, 24))
    anchor, x = sheet.rng.choice([("la", sheet.width * 0.03), ("ma", sheet.width / 2), ("ra", sheet.width * 0.97)])
    y = sheet.rng.uniform(1, size)
    for words in sheet.sample((*HEADINGS, *PEOPLE, *COMPANIES), lines):
        said = f"{sheet.between(1, 40)}. {words}" if sheet.chance(0.2) else words
        sheet.text((x, y), said, size, anchor=anchor, bold=sheet.chance(0.4), width=sheet.width * 0.94)
        y += size * 1.4
    if sheet.chance(0.7):  # cut where the words end, as regions of pages are
        sheet.trim(y + size * sheet.rng.uniform(0, 0.6))
    sheet.count("text-lines", lines)


@kind("reference list", "text", weight=1.2, shapes=(0.65, 3.0), dark=0.0)
def references(sheet: Sheet) -> None:
    """Entries of small letters with a hanging number, as bibliographies and notes have them."""
    size, y, number = sheet.rng.uniform(7, 13), sheet.height * 0.03, 0
    while y < sheet.height * 0.93:
        number += 1
        tall = size * 1.35 * sheet.between(1, 4)
        sheet.text((sheet.width * 0.02, y), f"[{number}]", size)
        sheet.paragraph(
            (sheet.width * 0.02 + size * 2.4, y, sheet.width * 0.98, min(y + tall, sheet.height * 0.98)), size, 1.3
        )
        y += tall + size * sheet.rng.uniform(0.2, 0.6)
    sheet.count("items", number)


@kind("list", "text", weight=0.9, shapes=(0.8, 2.4), dark=0.03)
def list_page(sheet: Sheet) -> None:
    """Bullets or numbers, one line each."""
    number, numbered = sheet.between(3, 9), sheet.chance(0.4)
    size, left = min(22, sheet.height / (number + 2.5) * 0.62), sheet.width * 0.06
    sheet.text((left, size * 0.8), sheet.about(), size * 1.3, bold=True, width=sheet.width * 0.9)
    step = (sheet.height - size * 3.6) / number
    mark = sheet.colour() if sheet.chance(0.4) else sheet.ink
    points = [sentence(sheet.rng, sheet.language) for _ in range(number)]
    top, size = size * 3.2, sheet.fitting(points, size, sheet.width * 0.96 - left - size * 1.6)
    for index, words in enumerate(points):
        y = top + step * index
        if numbered:
            sheet.text((left, y), f"{index + 1}.", size, mark, bold=True)
        else:
            sheet.disc((left + size * 0.4, y + size * 0.6), max(4, size * 0.28), mark)
        sheet.text((left + size * 1.6, y), words, size, width=sheet.width * 0.96 - left - size * 1.6)
    sheet.count("items", number)
    sheet.note("numbered" if numbered else "bullets")


@kind("text page", "text", weight=1.5, shapes=PORTRAIT)
def text_page(sheet: Sheet) -> None:
    """A page of prose with headings."""
    size, margin, sections = sheet.rng.uniform(7, 11), sheet.width * 0.11, sheet.between(1, 4)
    tall = (sheet.height * 0.86) / sections
    ink = sheet.colour() if sheet.chance(0.3) else sheet.ink
    proving = can_plot() and sheet.chance(0.3)
    for index, heading in enumerate(sheet.sample(HEADINGS, sections)):
        top = sheet.height * 0.06 + tall * index
        sheet.text((margin, top), heading, size * 1.7, ink, bold=True)
        box = margin, top + size * 2.8, sheet.width - margin, top + tall - size
        if proving:
            _proof(sheet, box, size)
        else:
            sheet.paragraph(box, size)
    sheet.text((sheet.width / 2, sheet.height * 0.955), str(sheet.between(1, 300)), size, anchor="ma")
    sheet.count("sections", sections)
    sheet.note("ragged" if not sheet.justified else "justified", *["small-letters"] * (size < 8.5))


def _proof(sheet: Sheet, box: tuple[float, float, float, float], size: float) -> None:
    """A few lines of text and a formula in turn."""
    left, y, right, bottom = box
    while y < bottom - size * 5:
        y = sheet.paragraph((left, y, right, min(bottom, y + size * 1.4 * sheet.between(1, 4) + 1)), size) + size
        indent = left + (right - left) * sheet.rng.uniform(0.05, 0.4)
        formula(sheet, (indent, y), size * sheet.rng.uniform(1.5, 3), right - indent)
        y += size * 3.4


@kind("two-column paper", "text", weight=1.4, shapes=PORTRAIT)
def paper(sheet: Sheet) -> None:
    """The page of a paper: title, authors, two columns, sometimes a figure in one of them."""
    size, margin, y = sheet.rng.uniform(6, 8.5), sheet.width * 0.08, sheet.height * 0.06
    first = sheet.chance(0.6)
    if first:
        sheet.text((sheet.width / 2, y), sheet.about(), size * 2.3, anchor="ma", bold=True, width=sheet.width * 0.84)
        y += size * 3.6
        sheet.text((sheet.width / 2, y), ", ".join(sheet.sample(PEOPLE, 3)), size * 1.1, anchor="ma")
        y += size * 3
        sheet.note("title-block")
    wide, figure = (sheet.width - 2.5 * margin) / 2, sheet.rng.choice([None, None, 0, 1])
    for column, heading in enumerate(sheet.sample(HEADINGS, 2)):
        left, top = margin + (wide + margin / 2) * column, y
        if figure == column:
            ground = sheet.colour()
            sheet.box((left, top, left + wide, top + wide * 0.7), mix(ground, (255, 255, 255), 0.5), sheet.ink)
            sheet.box((left + wide * 0.2, top + wide * 0.2, left + wide * 0.8, top + wide * 0.6), ground)
            top += wide * 0.7 + size * 2
            sheet.note("figure")
        sheet.text((left, top), heading, size * 1.3, bold=True)
        sheet.paragraph((left, top + size * 2.2, left + wide, sheet.height * 0.94), size, 1.28)
    sheet.count("columns", 2)


@kind("title page", "text", weight=1.0, shapes=(0.65, 1.5))
def title_page(sheet: Sheet) -> None:
    """A cover: title, authors, date, sometimes a band or a block of colour."""
    big, middle = sheet.width / 14, sheet.width / 2
    y, form = sheet.height * sheet.rng.uniform(0.22, 0.4), sheet.rng.choice(["plain", "band", "filled"])
    ground = sheet.paper
    if form == "filled":
        ground = sheet.colour()
        sheet.box((0, 0, sheet.width, sheet.height), ground)
    elif form == "band":
        band = sheet.rng.choice([0.0, 0.88])
        sheet.box((0, sheet.height * band, sheet.width, sheet.height * (band + 0.12)), sheet.colour())
    ink = readable_on(ground)
    sheet.text((middle, y), sheet.about(), big, ink, anchor="ma", bold=True, width=sheet.width * 0.9)
    sheet.text((middle, y + big * 1.8), sheet.sample(HEADINGS, 1)[0], big * 0.6, ink, anchor="ma")
    if sheet.chance(0.5):
        sheet.line([(middle - big * 3, y + big * 3), (middle + big * 3, y + big * 3)], ink)
    for index, person in enumerate(sheet.sample(PEOPLE, sheet.between(1, 3))):
        sheet.text((middle, y + big * (3.6 + 0.75 * index)), person, big * 0.45, ink, anchor="ma")
    year = f"{sheet.between(2001, 2025)}" + ("년" if sheet.language == "ko" else "")
    sheet.text((middle, sheet.height * 0.82), year, big * 0.5, ink, anchor="ma")
    sheet.note({"plain": "plain-cover", "band": "band", "filled": "filled-cover"}[form])


@kind("table of contents", "text", weight=1.0, shapes=(0.65, 1.2))
def contents(sheet: Sheet) -> None:
    """Headings, leaders, page numbers."""
    number, left, right = sheet.between(6, 18), sheet.width * 0.1, sheet.width * 0.9
    size = min(17, sheet.height / (number + 5) * 0.62)
    head = "목차" if sheet.language == "ko" else "Contents"
    sheet.text((left, sheet.height * 0.05), head, size * 1.6, bold=True)
    page, dots, chapter = 1, sheet.chance(0.7), 0
    step = (sheet.height * 0.9 - size * 3.5) / number
    for index, words in enumerate(sheet.sample(HEADINGS, number)):
        y, inner = sheet.height * 0.05 + size * 3.2 + step * index, index > 0 and sheet.chance(0.5)
        chapter += not inner
        start = left + (size * 1.6 if inner else 0)
        stop = start + sheet.text((start, y), words if inner else f"{chapter}  {words}", size, bold=not inner)
        page += sheet.between(1, 9)
        wide = sheet.text((right, y), str(page), size, anchor="ra")
        if dots:
            space = right - wide - 6 - stop - 6
            sheet.text((stop + 6, y), "." * int(max(0, space) / (size * 0.32)), size, sheet.soft, width=max(1, space))
    sheet.count("entries", number)
    sheet.note("leaders" if dots else "no-leaders")


@kind("letter", "text", weight=1.0, shapes=PORTRAIT)
def letter(sheet: Sheet) -> None:
    """A business letter: letterhead, date, address, salutation, signature."""
    korean, size, margin = sheet.language == "ko", sheet.rng.uniform(8, 10.5), sheet.width * 0.12
    sender, person = sheet.sample(COMPANIES, 1)[0], sheet.sample(PEOPLE, 2)
    if sheet.chance(0.6):
        sheet.box((0, 0, sheet.width, sheet.height * 0.02), sheet.colour())
        sheet.note("band")
    sheet.text((margin, sheet.height * 0.05), sender, size * 1.7, bold=True)
    day = f"{sheet.between(2005, 2025)}-{sheet.between(1, 12):02}-{sheet.between(1, 28):02}"
    sheet.text((sheet.width - margin, sheet.height * 0.12), day, size, anchor="ra")
    for row, words in enumerate(
        [person[0], *sheet.sample(COMPANIES, 1), f"{sheet.between(10, 990)}-{sheet.between(1000, 9999)}"]
    ):
        sheet.text((margin, sheet.height * 0.16 + size * 1.5 * row), words, size)
    greeting = f"{person[0]} 님께" if korean else f"Dear {person[0]},"
    sheet.text((margin, sheet.height * 0.29), greeting, size)
    y = sheet.height * 0.33
    for _ in range(sheet.between(1, 3)):
        stop = y + sheet.height * sheet.rng.uniform(0.1, 0.15)
        y = sheet.paragraph((margin, y, sheet.width - margin, stop), size) + size * 1.2
    sheet.text((margin, y + size), "감사합니다." if korean else "Yours sincerely,", size)
    wave = [(margin + 4 * t, y + size * 4.5 + (5 if t % 2 else -6) * (1 + t % 3) / 2) for t in range(18)]
    sheet.line(wave, (30, 40, 120), 2)
    sheet.text((margin, y + size * 6.5), person[1], size)


@kind("slide", "slide", weight=1.4, shapes=(1.33, 1.78), dark=0.15)
def slide(sheet: Sheet) -> None:
    """A presentation slide: a title and bullets, beside a small drawing or not."""
    big, form = sheet.height / 11, sheet.rng.choice(["bar", "line", "plain"])
    ground = sheet.paper
    if form == "bar":
        ground = sheet.colour()
        sheet.box((0, 0, sheet.width, big * 1.8), ground)
        sheet.note("title-bar")
    at = (sheet.width * 0.05, big * 0.9)
    sheet.text(at, sheet.about(), big, readable_on(ground), anchor="lm", bold=True, width=sheet.width * 0.9)
    if form == "line":
        sheet.box((sheet.width * 0.05, big * 1.7, sheet.width * 0.95, big * 1.7 + 5), sheet.colour())
    number, pictured = sheet.between(2, 6), sheet.chance(0.45)
    step, right = (sheet.height - big * 3) / number, sheet.width * (0.55 if pictured else 0.95)
    points = [sentence(sheet.rng, sheet.language) for _ in range(number)]
    size = sheet.fitting(points, min(big * 0.62, step * 0.6), right - sheet.width * 0.1)
    for index, words in enumerate(points):
        y = big * 2.5 + step * index
        sheet.disc((sheet.width * 0.07, y + size * 0.6), size * 0.22, sheet.ink)
        sheet.text((sheet.width * 0.1, y), words, size, width=right - sheet.width * 0.1)
    if pictured:
        _ornament(sheet, (sheet.width * 0.6, big * 2.6, sheet.width * 0.95, sheet.height - big * 0.7))
    sheet.count("points", number)


def _ornament(sheet: Sheet, box: tuple[float, float, float, float]) -> None:
    """Something small beside the bullets: bars, a disc or a block."""
    left, top, right, bottom = box
    form = sheet.rng.choice(["small-bars", "small-pie", "block"])
    fill = sheet.colour()
    if form == "small-bars":
        step = (right - left) / 4
        for index in range(4):
            tall = (bottom - top) * sheet.rng.uniform(0.3, 1)
            sheet.box((left + step * index, bottom - tall, left + step * (index + 0.7), bottom), fill)
    elif form == "small-pie":
        middle, radius = ((left + right) / 2, (top + bottom) / 2), min(right - left, bottom - top) / 2
        sheet.disc(middle, radius, fill)
        corner = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
        sheet.draw.pieslice(corner, -90, sheet.between(0, 150), fill=mix(fill, sheet.paper, 0.6))
    else:
        sheet.box(box, fill, round=10)
    sheet.note(form)
