"""What charts share: title, legend, the plotting area, ticks, grid, number labels. Knows no kind of chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.training.pictures.colours import RGB
from mmrag.training.pictures.sheet import Sheet

__all__ = ["Area", "frame", "label_columns", "label_rows", "ticks", "value_axis"]


@dataclass(frozen=True, slots=True)
class Area:
    """The plotting area in pixels, and the values at its two ends."""

    left: float
    top: float
    right: float
    bottom: float
    low: float = 0.0
    high: float = 1.0

    def y(self, value: float) -> float:
        """Where a value stands on the vertical axis."""
        return self.bottom - (value - self.low) / (self.high - self.low) * (self.bottom - self.top)

    def x(self, value: float) -> float:
        """Where a value stands on the horizontal axis."""
        return self.left + (value - self.low) / (self.high - self.low) * (self.right - self.left)


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values that cover `low` to `high`: steps of 1, 2 or 5 times a power of ten."""
    raw = max(1e-9, (high - low) / wanted)
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, last + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:.2f}".rstrip("0")


def frame(sheet: Sheet, legend: Sequence[tuple[str, RGB]] = (), *, axes: bool = True) -> Area:
    """Title and legend, and the area that they leave for the plot."""
    small = min(sheet.width, sheet.height) / 22
    left, top, right, bottom = (small * (3.4 if axes else 1), small, sheet.width - small, sheet.height - small)
    if sheet.chance(0.78):
        centred = sheet.chance(0.6)
        at = (sheet.width / 2, top) if centred else (small, top)
        anchor, size = ("ma" if centred else "la"), small * 1.35
        sheet.text(at, sheet.about(), size, anchor=anchor, bold=sheet.chance(0.6), width=sheet.width - 2 * small)
        top += small * 2.4
    else:
        sheet.note("no-title")
    if axes:
        bottom -= small * 1.9
    if legend:
        place = sheet.rng.choice(["right", "bottom", "top"])
        if place == "right":
            right -= max(small * 5.5, sheet.width * 0.17)
            _column(sheet, legend, (right + small, (top + bottom) / 2 - len(legend) * small * 0.75), small)
        elif place == "bottom":
            _row(sheet, legend, bottom - small * 0.3 + (small * 1.9 if axes else 0), small)
            bottom -= small * 1.6
        else:
            _row(sheet, legend, top, small)
            top += small * 1.9
        sheet.note(f"legend-{place}")
    return Area(left, top, right, bottom)


def _column(sheet: Sheet, legend: Sequence[tuple[str, RGB]], at: tuple[float, float], small: float) -> None:
    x, y = at
    for words, colour in legend:
        sheet.box((x, y + 1, x + small * 0.8, y + small * 0.8), colour)
        sheet.text((x + small * 1.2, y - small * 0.1), words, small * 0.85, width=sheet.width - x - small * 1.5)
        y += small * 1.5


def _row(sheet: Sheet, legend: Sequence[tuple[str, RGB]], y: float, small: float) -> None:
    share = (sheet.width - 2 * small) / len(legend)
    share = min(share, small * 7.5)
    x = (sheet.width - share * len(legend)) / 2
    for words, colour in legend:
        sheet.box((x, y + 1, x + small * 0.8, y + small * 0.8), colour)
        sheet.text((x + small * 1.1, y - small * 0.1), words, small * 0.85, width=share - small * 1.4)
        x += share


def value_axis(sheet: Sheet, area: Area, low: float, high: float, *, across: bool = False) -> Area:
    """Ticks, grid and spines of the value axis, vertical or `across`; the area with its scale."""
    marks = ticks(low, high, sheet.between(3, 6))
    area = Area(area.left, area.top, area.right, area.bottom, marks[0], marks[-1])
    small = min(sheet.width, sheet.height) / 26
    grid = sheet.chance(0.6)
    labels = sheet.chance(0.88)
    for value in marks:
        if across:
            start, stop = (area.x(value), area.top), (area.x(value), area.bottom)
        else:
            start, stop = (area.left, area.y(value)), (area.right, area.y(value))
        if grid:
            sheet.line([start, stop], sheet.faint, 1)
        if labels and across:
            sheet.text((start[0], area.bottom + small * 0.35), _number(value), small, anchor="ma")
        elif labels:
            sheet.text((area.left - small * 0.4, start[1]), _number(value), small, anchor="rm", width=area.left - 6)
    if grid:
        sheet.note("grid")
    _spines(sheet, area)
    return area


def _spines(sheet: Sheet, area: Area) -> None:
    style = sheet.rng.choice(["both", "both", "full", "base"])
    if style == "full":
        sheet.box((area.left, area.top, area.right, area.bottom), None, sheet.ink)
    else:
        corner = (area.left, area.bottom)
        sheet.line([corner, (area.right, area.bottom)], width=2)
        if style == "both":
            sheet.line([corner, (area.left, area.top)], width=2)


def label_columns(sheet: Sheet, area: Area, labels: Sequence[str]) -> float:
    """Category labels below the area; returns the width of one category."""
    step = (area.right - area.left) / len(labels)
    small = min(sheet.width, sheet.height) / 25
    # All labels in one size; where they would be too small to read, only every second, third ... is written.
    widest = max(sheet.length(words, small) for words in labels)
    every = max(1, math.ceil(widest * 0.7 / (step * 0.94)))
    small *= min(1.0, step * every * 0.94 / widest)
    for index, words in enumerate(labels):
        centre = (area.left + step * (index + 0.5), area.bottom + small * 0.35)
        if index % every == 0:
            sheet.text(centre, words, small, anchor="ma")
    return step


def label_rows(sheet: Sheet, area: Area, labels: Sequence[str]) -> float:
    """Category labels left of the area; returns the height of one category."""
    step = (area.bottom - area.top) / len(labels)
    small = min(sheet.width, sheet.height) / 25
    for index, words in enumerate(labels):
        at = (area.left - small * 0.4, area.top + step * (index + 0.5))
        sheet.text(at, words, min(small, step * 0.85), anchor="rm", width=area.left - 6)
    return step
