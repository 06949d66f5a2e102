"""Screenshots of simple interfaces: windows, web pages, dialogs, telephones, dashboards."""

from __future__ import annotations

from mmrag.training.pictures.colours import RGB, mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import ACTIONS, GOODS, HEADINGS, MEASURES, PARTS, PEOPLE

__all__ = ["dashboard", "dialog", "phone", "web_page", "window"]


def _button(sheet: Sheet, box: tuple[float, float, float, float], fill: RGB, words: str) -> None:
    sheet.box(box, fill, mix(fill, (0, 0, 0), 0.2), round=5)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    sheet.text(middle, words, (box[3] - box[1]) * 0.5, readable_on(fill), anchor="mm", width=box[2] - box[0] - 6)


@kind("window screenshot", "screenshot", weight=1.0, shapes=(1.2, 1.8), dark=0.2)
def window(sheet: Sheet) -> None:
    """A program's window: title bar, side bar with entries, rows of content."""
    bar, accent, side = sheet.height * 0.08, sheet.colour(), sheet.rng.choice(["left", "right"])
    sheet.box((0, 0, sheet.width, bar), accent)
    sheet.text(
        (bar * 0.5, bar / 2), sheet.about(), bar * 0.5, readable_on(accent), anchor="lm", width=sheet.width * 0.6
    )
    for index in range(3):
        sheet.box(
            (sheet.width - bar * (index + 0.8), bar * 0.3, sheet.width - bar * (index + 0.4), bar * 0.7), sheet.paper
        )
    wide = sheet.width * 0.26
    left = 0.0 if side == "left" else sheet.width - wide
    ground = mix(sheet.paper, sheet.ink, 0.08)
    sheet.box((left, bar, left + wide, sheet.height), ground)
    entries, size = sheet.between(4, 8), sheet.height / 28
    for index, words in enumerate(sheet.sample(PARTS, entries)):
        y = bar + size * (1 + 2.1 * index)
        sheet.box((left + size, y, left + size * 1.9, y + size * 0.9), mix(ground, sheet.ink, 0.5))
        sheet.text((left + size * 2.5, y - 1), words, size, width=wide - size * 3)
    start, stop = (wide + 14, sheet.width - 14) if side == "left" else (14, sheet.width - wide - 14)
    rows = sheet.between(4, 9)
    step = (sheet.height - bar - 20) / rows
    for index, words in enumerate(sheet.sample((*GOODS, *HEADINGS), rows)):
        y = bar + 10 + step * index
        sheet.line([(start, y + step), (stop, y + step)], sheet.faint, 1)
        sheet.text((start + 4, y + step / 2), words, min(size, step * 0.6), anchor="lm", width=(stop - start) * 0.6)
        sheet.text((stop, y + step / 2), str(sheet.between(1, 999)), min(size, step * 0.6), sheet.soft, anchor="rm")
    sheet.count("entries", entries)
    sheet.note("title-bar", f"side-bar-{side}")


@kind("web page screenshot", "screenshot", weight=1.1, shapes=(0.8, 1.7), dark=0.15)
def web_page(sheet: Sheet) -> None:
    """A site: address bar, menu, a hero block, cards below it."""
    size = sheet.width / 36
    sheet.box((0, 0, sheet.width, size * 2.2), mix(sheet.paper, sheet.ink, 0.12))
    sheet.box((size * 4, size * 0.4, sheet.width - size * 2, size * 1.8), sheet.paper, sheet.faint, round=8)
    sheet.text((size * 4.6, size * 1.1), "https://www.example.com", size * 0.8, sheet.soft, anchor="lm")
    for index in range(3):
        sheet.disc((size * (0.8 + 1.1 * index), size * 1.1), size * 0.3, sheet.soft)
    hero, bottom = sheet.colour(), sheet.height * 0.5
    for index, words in enumerate(sheet.sample(HEADINGS, 4)):
        sheet.text((sheet.width * (0.1 + 0.23 * index), size * 3.2), words, size, anchor="lm", width=sheet.width * 0.2)
    sheet.box((0, size * 4.3, sheet.width, bottom), hero)
    at = (sheet.width / 2, (size * 4.3 + bottom) / 2 - size)
    sheet.text(at, sheet.about(), size * 2.2, readable_on(hero), anchor="mm", bold=True, width=sheet.width * 0.85)
    button = (sheet.width * 0.4, at[1] + size * 2, sheet.width * 0.6, at[1] + size * 4)
    if button[3] < bottom:
        _button(sheet, button, readable_on(hero), sheet.sample(ACTIONS, 1)[0])
    cards = sheet.between(2, 4)
    wide = sheet.width / cards
    for index, words in enumerate(sheet.sample(PARTS, cards)):
        box = (wide * index + size, bottom + size, wide * (index + 1) - size, sheet.height - size)
        sheet.box(box, mix(sheet.paper, sheet.ink, 0.04), sheet.faint, round=6)
        sheet.box((box[0] + size, box[1] + size, box[2] - size, (box[1] + box[3]) / 2), mix(sheet.paper, hero, 0.4))
        sheet.text(
            ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2 + size * 1.4), words, size, anchor="ma", width=wide * 0.7
        )
    sheet.count("cards", cards)


@kind("dialog screenshot", "screenshot", weight=0.9, shapes=(1.2, 2.0), dark=0.15)
def dialog(sheet: Sheet) -> None:
    """A box that asks: a message or fields, and buttons."""
    wide, tall, size = sheet.width * 0.72, sheet.height * 0.74, sheet.height / 18
    ground = mix(sheet.paper, sheet.ink, 0.25)
    sheet.box((0, 0, sheet.width, sheet.height), ground)
    left, top = (sheet.width - wide) / 2, (sheet.height - tall) / 2
    sheet.box((left, top, left + wide, top + tall), sheet.paper, sheet.soft, round=8)
    accent, fields = sheet.colour(), sheet.between(0, 3)
    sheet.text((left + size, top + size * 0.7), sheet.about(), size, bold=True, width=wide - size * 2)
    y = top + size * 2.6
    for words in sheet.sample(MEASURES, fields):
        sheet.text((left + size, y + size * 0.7), words, size * 0.7, anchor="lm", width=wide * 0.28)
        sheet.box((left + wide * 0.38, y, left + wide - size, y + size * 1.4), sheet.paper, sheet.soft, round=3)
        y += size * 2.1
    if not fields:
        sheet.disc((left + size * 2.2, y + size * 2), size * 1.4, accent)
        sheet.text((left + size * 2.2, y + size * 2), "!", size * 2, readable_on(accent), anchor="mm", bold=True)
        sheet.paragraph((left + size * 4.5, y + size * 0.4, left + wide - size, y + size * 4.5), size * 0.7)
        sheet.note("warning")
    buttons = sheet.between(1, 3)
    for index, words in enumerate(sheet.sample(ACTIONS, buttons)):
        right = left + wide - size - index * wide * 0.28
        fill = accent if index == 0 else mix(sheet.paper, sheet.ink, 0.1)
        _button(sheet, (right - wide * 0.25, top + tall - size * 2.4, right, top + tall - size * 0.8), fill, words)
    sheet.count("buttons", buttons)
    if fields:
        sheet.count("fields", fields)


@kind("phone screenshot", "screenshot", weight=0.9, shapes=(0.45, 0.6), dark=0.3)
def phone(sheet: Sheet) -> None:
    """A telephone's screen: a list, or messages in bubbles."""
    size, accent = sheet.width / 15, sheet.colour()
    sheet.box((0, 0, sheet.width, size * 3), accent)
    sheet.text((size, size * 0.6), "9:41", size * 0.6, readable_on(accent), anchor="lm")
    at = (sheet.width / 2, size * 1.9)
    sheet.text(at, sheet.about(), size, readable_on(accent), anchor="mm", bold=True, width=sheet.width * 0.85)
    number = sheet.between(4, 8)
    step, chat = (sheet.height - size * 4) / number, sheet.chance(0.5)
    for index, words in enumerate(sheet.sample((*PEOPLE, *GOODS), number)):
        y = size * 3.5 + step * index
        if chat:
            mine = index % 2
            left = sheet.width * (0.35 if mine else 0.05)
            fill = mix(accent, (255, 255, 255), 0.3) if mine else mix(sheet.paper, sheet.ink, 0.12)
            sheet.box((left, y, left + sheet.width * 0.6, y + step * 0.72), fill, round=10)
            sheet.text(
                (left + 8, y + step * 0.36),
                words,
                size * 0.75,
                readable_on(fill),
                anchor="lm",
                width=sheet.width * 0.54,
            )
        else:
            sheet.disc((size * 1.5, y + step / 2), min(size, step * 0.36), mix(sheet.paper, accent, 0.5))
            sheet.text((size * 3, y + step * 0.5), words, size * 0.8, anchor="lm", width=sheet.width - size * 4)
            sheet.line([(size * 3, y + step), (sheet.width, y + step)], sheet.faint, 1)
    sheet.count("messages" if chat else "entries", number)
    sheet.note("chat" if chat else "rows-list")


@kind("dashboard screenshot", "screenshot", weight=1.0, shapes=(1.2, 1.8), dark=0.35)
def dashboard(sheet: Sheet) -> None:
    """Tiles of big numbers over small charts."""
    size, tiles, colours = sheet.height / 20, sheet.between(2, 4), [sheet.colour() for _ in range(2)]
    sheet.text((size, size * 0.6), sheet.about(), size * 1.2, bold=True, width=sheet.width * 0.9)
    tile, wide = mix(sheet.paper, sheet.ink, 0.06), sheet.width / tiles
    for index, words in enumerate(sheet.sample(MEASURES, tiles)):
        box = (wide * index + 6, size * 2.6, wide * (index + 1) - 6, size * 7)
        sheet.box(box, tile, sheet.faint, round=5)
        sheet.text((box[0] + 10, box[1] + 8), words, size * 0.8, sheet.soft, width=wide - 24)
        value = f"{sheet.between(10, 9999):,}"
        sheet.text(
            (box[0] + 10, box[1] + size * 1.8), value, size * 1.9, colours[index % 2], bold=True, width=wide - 24
        )
    middle, top, bottom = sheet.width * 0.58, size * 7.7, sheet.height - 8
    sheet.box((6, top, middle, bottom), tile, sheet.faint, round=5)
    path = [(20 + (middle - 40) * t / 11, bottom - 14 - (bottom - top - 40) * sheet.rng.random()) for t in range(12)]
    sheet.line(path, colours[0], 4)
    sheet.box((middle + 10, top, sheet.width - 6, bottom), tile, sheet.faint, round=5)
    step = (sheet.width - middle - 46) / 6
    for index in range(6):
        left, tall = middle + 24 + step * index, (bottom - top - 40) * sheet.rng.uniform(0.2, 1)
        sheet.box((left, bottom - 14 - tall, left + step * 0.7, bottom - 14), colours[1])
    sheet.count("tiles", tiles)
