"""Papers of business: forms to fill in, invoices, receipts, cards."""

from __future__ import annotations

from mmrag.training.pictures.colours import mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import COMPANIES, GOODS, HEADINGS, PEOPLE, sentence, terms

__all__ = ["card", "form", "invoice", "receipt"]

FIELDS = terms("""
Name | 성명; Date of birth | 생년월일; Address | 주소; Telephone | 전화번호; E-mail | 이메일; Nationality | 국적
Employer | 직장; Signature | 서명; Date | 날짜; Account number | 계좌번호; Reason | 사유; Department | 부서
Emergency contact | 비상 연락처; Course | 과정; Student number | 학번; Place | 장소; Period | 기간; Amount | 금액
""")
CHOICES = terms("Yes | 예; No | 아니오; Male | 남; Female | 여; New | 신규; Renewal | 갱신; Cash | 현금; Card | 카드")
TITLES = terms("""
Application form | 신청서; Registration | 등록 신청; Leave request | 휴가 신청서; Tax return | 세금 신고서
Order form | 주문서; Medical record | 진료 기록; Insurance claim | 보험금 청구서; Survey | 설문지; Permit | 허가 신청서
""")


@kind("form", "form", weight=2.6, shapes=(0.65, 1.5))
def form(sheet: Sheet) -> None:
    """Fields with boxes or lines to fill in, tick boxes, a title."""
    other = sheet.rng.choices([None, _fields, _printed], [0.5, 0.2, 0.3])[0]
    if other:
        other(sheet)
        return
    sheet.subject = sheet.rng.choice(TITLES)
    rows, left, right = sheet.between(5, 12), sheet.width * 0.06, sheet.width * 0.94
    size = min(15, sheet.height / (rows + 4) * 0.5)
    head = sheet.colour() if sheet.chance(0.4) else sheet.paper
    sheet.box((left, sheet.height * 0.03, right, sheet.height * 0.03 + size * 2.6), head)
    at = (sheet.width / 2, sheet.height * 0.03 + size * 1.3)
    sheet.text(at, sheet.about(), size * 1.6, readable_on(head), anchor="mm", bold=True, width=right - left)
    top = sheet.height * 0.05 + size * 3
    step, style, ticks = (sheet.height * 0.95 - top) / rows, sheet.rng.choice(["boxes", "lines", "grid"]), 0
    filled = sheet.chance(0.4)
    for index, words in enumerate(sheet.sample(FIELDS, rows)):
        y, middle = top + step * index, left + (right - left) * 0.32
        if style == "grid":
            sheet.box((left, y, right, y + step), None, sheet.ink)
            sheet.box((left, y, middle, y + step), mix(sheet.paper, sheet.ink, 0.08), sheet.ink)
        sheet.text((left + 6, y + step / 2), words, size, anchor="lm", width=middle - left - 10)
        if sheet.chance(0.25):
            ticks += 1
            _choices(sheet, (middle + 10, y + step / 2), size)
            continue
        if style == "boxes":
            sheet.box((middle, y + step * 0.18, right, y + step * 0.82), None, sheet.ink)
        elif style == "lines":
            sheet.line([(middle, y + step * 0.82), (right, y + step * 0.82)], width=1)
        if filled:
            entry = sheet.sample((*PEOPLE, *COMPANIES), 1)[0]
            sheet.text((middle + 10, y + step / 2), entry, size, (30, 50, 150), anchor="lm", width=right - middle - 20)
    sheet.count("fields", rows)
    notes = {"boxes": "field-boxes", "lines": "field-lines", "grid": "field-grid"}
    sheet.note(notes[style], "filled-in" if filled else "empty", *["tick-boxes"] * bool(ticks))


def _fields(sheet: Sheet) -> None:
    """A nearly empty sheet with a few thin boxes, rings, lists and buttons, as forms to fill in on a screen are."""
    size, number, y = sheet.width / sheet.rng.uniform(28, 50), sheet.between(2, 9), sheet.height * 0.06
    left = sheet.width * sheet.rng.uniform(0.03, 0.3)
    for words in sheet.sample(FIELDS, number):
        named, wide = sheet.chance(0.6), sheet.width * sheet.rng.uniform(0.1, 0.5)
        x = left + (sheet.text((left, y), words, size) + size if named else 0)
        form = sheet.rng.choice(["box", "box", "box", "ring", "tick", "list", "button"])
        tall = size * sheet.rng.uniform(1.2, 1.8) * (sheet.between(3, 5) if form == "list" else 1)
        if form in ("ring", "tick"):
            for place in range(sheet.between(1, 3)):
                spot = (x + size * 4 * place, y, x + size * (4 * place + 1), y + size)
                draw = sheet.draw.ellipse if form == "ring" else sheet.draw.rectangle
                draw(spot, outline=sheet.soft, width=1)
        elif form == "button":
            sheet.box((x, y, x + size * 6, y + tall), (225, 225, 225), sheet.soft, round=3)
            sheet.text((x + size * 3, y + tall / 2), sheet.sample(CHOICES, 1)[0], size, anchor="mm")
        else:
            sheet.box((x, y, x + wide, y + tall), None, sheet.rng.choice([sheet.ink, sheet.soft, (90, 110, 200)]))
            for place, item in enumerate(sheet.sample(CHOICES, 3) if form == "list" else ()):
                sheet.text((x + 3, y + 2 + place * size * 1.2), item, size, width=wide - 6)
        y += tall + size * sheet.rng.uniform(0.6, 2.5)
        if y > sheet.height * 0.9:
            break
    if sheet.chance(0.3):
        sheet.trim(y)


def _printed(sheet: Sheet) -> None:
    """A page with more print than places to fill in: instructions, headings, blanks in rows, boxes to tick, cells."""
    rng, left, right = sheet.rng, sheet.width * sheet.rng.uniform(0.03, 0.1), sheet.width * 0.95
    size, traits = sheet.width / rng.uniform(36, 62), set()
    sheet.subject = rng.choice(TITLES)
    y = sheet.height * 0.03
    if sheet.chance(0.7):
        middle = sheet.chance(0.5)
        at = ((left + right) / 2 if middle else left, y)
        sheet.text(at, sheet.about(), size * rng.uniform(1.3, 2), anchor="ma" if middle else "la", bold=True)
        y += size * 3
    band = mix(sheet.paper, sheet.plain() if sheet.chance(0.3) else sheet.ink, rng.choice([0.15, 0.3, 1.0]))
    parts = rng.choice([("blanks", "words", "ticks", "heading"), ("cells", "cells", "words", "heading", "ticks")])
    while y < sheet.height * 0.95 - size * 2:
        part, below = rng.choice(parts), y + size * 1.9
        if part == "words":
            below = y + size * 1.4 * sheet.between(1, 4) + 1
            sheet.paragraph((left, y, right, min(below, sheet.height * 0.97)), size)
        elif part == "heading":
            if sheet.chance(0.6):
                sheet.box((left, y, right, y + size * 1.6), band)
                ink = readable_on(band)
            else:
                ink = sheet.ink
            sheet.text((left + 3, y + size * 0.8), sheet.sample(HEADINGS, 1)[0], size, ink, anchor="lm", bold=True)
        elif part == "ticks":
            x = left + size * rng.choice([0, 1, 2])
            sheet.box((x, y + size * 0.1, x + size, y + size * 1.1), None, sheet.ink)
            sheet.text(
                (x + size * 1.6, y), sentence(rng, sheet.language), size, width=(right - x) * rng.uniform(0.4, 0.9)
            )
            traits.add("tick-boxes")
        else:
            columns = sheet.between(1, 3)
            wide, tall = (right - left) / columns, size * (2.6 if part == "cells" else 1.9)
            below = y + tall
            for place, words in enumerate(sheet.sample(FIELDS, columns)):
                x = left + wide * place
                if part == "cells":
                    sheet.box((x, y, x + wide, below), None, sheet.ink)
                    sheet.text((x + 3, y + 2), words, size * 0.8, width=wide - 6)
                else:
                    end = x + sheet.text((x, y), words, size, width=wide * 0.6) + 4
                    sheet.line([(end, y + size * 1.1), (x + wide - size, y + size * 1.1)], width=1)
                if sheet.chance(0.15):
                    entry = (x + wide * 0.4, y + size * (1.2 if part == "cells" else 0.0))
                    sheet.text(entry, sheet.sample(PEOPLE, 1)[0], size, (30, 50, 150), width=wide * 0.55)
            traits.add("field-grid" if part == "cells" else "field-lines")
        y = below + (0 if part == "cells" else size * rng.uniform(0.1, 0.9))
    sheet.note(*sorted(traits))


@kind("record sheet", "form", weight=1.8, shapes=(0.6, 3.0))
def record(sheet: Sheet) -> None:
    """Names of fields with their values in two or more columns, under banded headings, nothing left to fill in."""
    columns = sheet.between(1, 3)
    size = min(13, sheet.width / columns / 18)
    style, step = sheet.rng.choice(["plain", "rules", "cells"]), size * sheet.rng.uniform(1.5, 2.2)
    rows = max(2, int(sheet.height * 0.94 / step))
    band, wide = (
        mix(sheet.paper, sheet.colour() if sheet.chance(0.4) else sheet.ink, 0.25),
        sheet.width * 0.96 / columns,
    )
    below, left = sheet.chance(0.3), sheet.width * 0.02
    for row in range(rows):
        y = sheet.height * 0.03 + step * row
        if row == 0 or sheet.chance(0.12):
            sheet.box((left, y, left + wide * columns, y + step * 0.9), band)
            heading = sheet.sample(HEADINGS, 1)[0]
            sheet.text((left + 4, y + step * 0.45), heading, size, readable_on(band), anchor="lm", bold=True)
            continue
        for column, words in enumerate(sheet.sample(FIELDS, columns)):
            x, middle = left + wide * column, y + step / 2
            if style == "cells":
                sheet.box((x, y, x + wide, y + step), None, sheet.faint)
            name = sheet.text((x + 4, middle), f"{words}:", size, anchor="lm", bold=not below, width=wide * 0.5)
            value = (
                sheet.sample((*PEOPLE, *COMPANIES, *HEADINGS), 1)[0]
                if sheet.chance(0.7)
                else str(sheet.between(1, 9999))
            )
            sheet.text(
                (x + 8 + max(name, wide * 0.35 * (not below)), middle), value, size, anchor="lm", width=wide * 0.5
            )
        if style == "rules":
            sheet.line([(left, y + step), (left + wide * columns, y + step)], sheet.faint, 1)
    sheet.count("columns", columns)
    sheet.note(*["field-grid"] * (style == "cells"))


def _choices(sheet: Sheet, at: tuple[float, float], size: float) -> None:
    x, y = at
    first = 2 * sheet.between(0, len(CHOICES) // 2 - 1)
    marked = sheet.between(0, 2)
    for index, choice in enumerate(CHOICES[first : first + 2]):
        sheet.box((x, y - size / 2, x + size, y + size / 2), None, sheet.ink)
        if marked == index:
            sheet.line([(x + 2, y), (x + size * 0.4, y + size * 0.35), (x + size, y - size * 0.6)], (30, 50, 150), 2)
        x += size * 1.5 + sheet.text((x + size * 1.4, y), sheet.said(choice), size, anchor="lm") + size * 1.5


def _won(sheet: Sheet, value: float) -> str:
    return f"{max(1, round(value)) * 1000:,}원" if sheet.language == "ko" else f"${value:,.2f}"


@kind("invoice", "form", weight=1.4, shapes=(0.65, 0.85))
def invoice(sheet: Sheet) -> None:
    """Seller, buyer, numbered lines of goods with amounts, and the total."""
    korean, rows, size = sheet.language == "ko", sheet.between(2, 9), sheet.width / 34
    left, right = sheet.width * 0.07, sheet.width * 0.93
    accent = sheet.colour()
    title = "거래명세서" if korean else "INVOICE"
    if sheet.chance(0.5):
        sheet.box((0, 0, sheet.width, sheet.height * 0.11), accent)
        sheet.text((left, sheet.height * 0.055), title, size * 2.4, readable_on(accent), anchor="lm", bold=True)
        sheet.note("band")
    else:
        sheet.text((right, sheet.height * 0.05), title, size * 2.4, accent, anchor="ra", bold=True)
    number = f"No. {sheet.between(1000, 99999)}"
    blocks = [(left, sheet.sample(COMPANIES, 1)[0]), (sheet.width * 0.6, sheet.sample(COMPANIES, 1)[0])]
    for x, name in blocks:
        for row, words in enumerate([name, sheet.sample(PEOPLE, 1)[0], number]):
            at = (x, sheet.height * 0.15 + size * 1.5 * row)
            sheet.text(at, words, size, bold=row == 0, width=sheet.width * 0.34)
    heads = ["품목", "수량", "단가", "금액"] if korean else ["Item", "Qty", "Price", "Amount"]
    stops = [left, sheet.width * 0.55, sheet.width * 0.73, right]
    top, tall, total = sheet.height * 0.31, min(size * 2.3, sheet.height * 0.5 / (rows + 1)), 0.0
    sheet.box((left, top, right, top + tall), accent)
    _row(sheet, heads, stops, (top + tall / 2, size), readable_on(accent))
    for index, goods in enumerate(sheet.sample(GOODS, rows)):
        quantity, price = sheet.between(1, 20), sheet.rng.uniform(2, 300)
        total += quantity * price
        y = top + tall * (index + 1.5)
        cells = [goods, str(quantity), _won(sheet, price), _won(sheet, quantity * price)]
        _row(sheet, cells, stops, (y, size), sheet.ink)
        sheet.line([(left, y + tall / 2), (right, y + tall / 2)], sheet.faint, 1)
    y = top + tall * (rows + 2)
    sheet.text((sheet.width * 0.66, y), "합계" if korean else "Total", size * 1.2, anchor="rm", bold=True)
    sheet.text((right, y), _won(sheet, total), size * 1.2, anchor="rm", bold=True)
    sheet.paragraph((left, sheet.height * 0.9, right, sheet.height * 0.96), size * 0.7)
    sheet.count("items", rows)


def _row(sheet: Sheet, row: list[str], stops: list[float], at: tuple[float, float], ink: tuple[int, int, int]) -> None:
    y, size = at
    sheet.text((stops[0] + 4, y), row[0], size, ink, anchor="lm", width=stops[1] - stops[0] - 50)
    for words, stop in zip(row[1:], stops[1:], strict=True):
        sheet.text((stop - 4, y), words, size, ink, anchor="rm", width=88)


@kind("receipt", "form", weight=1.2, shapes=(0.4, 0.68))
def receipt(sheet: Sheet) -> None:
    """A narrow strip from a till."""
    korean, rows = sheet.language == "ko", sheet.between(2, 10)
    size, left, right, middle = sheet.width / 20, sheet.width * 0.07, sheet.width * 0.93, sheet.width / 2
    y = sheet.height * 0.04
    shop = sheet.sample(COMPANIES, 1)[0]
    sheet.text((middle, y), shop, size * 1.5, anchor="ma", bold=True, width=right - left)
    y += size * 2.4
    for words in ("영수증" if korean else "RECEIPT", f"2024-{sheet.between(1, 12):02}-{sheet.between(1, 28):02} 12:45"):
        sheet.text((middle, y), words, size, anchor="ma", mono=True)
        y += size * 1.5
    sheet.dashed((left, y), (right, y), sheet.ink, 2)
    step, total = min(size * 1.9, (sheet.height * 0.62 - size * 3) / rows), 0.0
    for goods in sheet.sample(GOODS, rows):
        y += step
        price = sheet.rng.uniform(1, 60)
        total += price
        sheet.text((left, y), goods, size, anchor="lm", mono=True, width=sheet.width * 0.52)
        sheet.text((right, y), _won(sheet, price), size, anchor="rm", mono=True)
    y += step
    sheet.dashed((left, y), (right, y), sheet.ink, 2)
    y += size * 1.3
    sheet.text((left, y), "합계" if korean else "TOTAL", size * 1.3, anchor="lm", bold=True)
    sheet.text((right, y), _won(sheet, total), size * 1.3, anchor="rm", bold=True)
    if sheet.chance(0.6):
        x, y = left + size, y + size * 2
        while x < right - size:
            wide = sheet.rng.choice([1, 2, 3, 4])
            sheet.box((x, y, x + wide, min(y + size * 3, sheet.height - 6)), sheet.ink)
            x += wide + sheet.rng.choice([2, 3, 5])
        sheet.note("barcode")
    sheet.count("items", rows)


@kind("business card", "form", weight=0.6, shapes=(1.5, 1.9), dark=0.15)
def card(sheet: Sheet) -> None:
    """A card with a name, a firm and a mark."""
    big, left = sheet.height / 9, sheet.width * 0.08
    colour, form_ = sheet.colour(), sheet.rng.choice(["side", "disc", "foot"])
    if form_ == "side":
        sheet.box((sheet.width * 0.72, 0, sheet.width, sheet.height), colour)
    elif form_ == "disc":
        sheet.disc((sheet.width * 0.8, sheet.height * 0.35), big * 1.6, colour)
    else:
        sheet.box((0, sheet.height * 0.84, sheet.width, sheet.height), colour)
    sheet.box((0, 0, sheet.width - 1, sheet.height - 1), None, sheet.soft, width=2)
    sheet.text((left, big * 1.4), sheet.sample(PEOPLE, 1)[0], big, bold=True, width=sheet.width * 0.6)
    sheet.text((left, big * 2.8), sheet.sample(COMPANIES, 1)[0], big * 0.6, width=sheet.width * 0.6)
    sheet.text((left, big * 3.7), sheet.sample(HEADINGS, 1)[0], big * 0.5, sheet.soft, width=sheet.width * 0.6)
    for row, words in enumerate([f"+82 2 {sheet.between(100, 999)} {sheet.between(1000, 9999)}", "mail@example.com"]):
        sheet.text((left, big * (5.2 + 0.8 * row)), words, big * 0.5)
    sheet.note({"side": "side-block", "disc": "round-mark", "foot": "band"}[form_])
