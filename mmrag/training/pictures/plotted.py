"""The kinds of charts that `charts` and `plots` draw, as a plotting library draws them: styles, panels, small marks.

Charts in papers and reports are mostly made by such libraries, and look it: thin axes, ticks inwards, hatches, several
panels, log scales, error bars. Colours and counts are noted as the own painters do. Needs matplotlib.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from PIL import Image

from mmrag.training.pictures.charts import categories, values
from mmrag.training.pictures.colours import RGB
from mmrag.training.pictures.fonts import path_of
from mmrag.training.pictures.plots import COURSES, course
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import SERIES

__all__ = ["PLOTTED", "can_plot", "plot"]

_DPI = 100
_STYLES = (
    "default", "default", "classic", "bmh", "ggplot", "fivethirtyeight", "grayscale", "Solarize_Light2", "seaborn-v0_8",
    "seaborn-v0_8-whitegrid", "seaborn-v0_8-ticks", "seaborn-v0_8-paper", "tableau-colorblind10", "fast",
)  # fmt: skip
_HATCHES = ("/", "\\", "x", "-", "+", ".", "o", "")


def can_plot() -> bool:
    """Whether the plotting library is installed."""
    return find_spec("matplotlib") is not None


def plot(sheet: Sheet, name: str) -> None:
    """Fill the sheet with one or several panels of the kind `name`, one of `PLOTTED`."""
    import matplotlib.style

    # A font without a minus sign gets a box for it, which need not be said at each picture.
    logging.getLogger("matplotlib.mathtext").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rng = sheet.rng
    with matplotlib.style.context(rng.choice(_STYLES)), matplotlib.rc_context({"axes.unicode_minus": False}):
        figure = Figure(figsize=(sheet.width / _DPI, sheet.height / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        rows, columns = rng.choice([(1, 1)] * 7 + [(1, 2), (2, 1), (2, 2)])
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for place, panel in enumerate(axes):
            before = dict(sheet.counts)
            _decorate(sheet, panel, name, single=len(axes) == 1)
            PLOTTED[name](sheet, panel)
            if place:
                sheet.counts = before  # counts are of one panel; several differ
        if len(axes) > 1:
            sheet.counts.clear()
            sheet.traits.clear()
        _set_fonts(sheet, figure, rng.uniform(6, 10 if len(axes) == 1 else 8))
        figure.tight_layout(pad=rng.uniform(0.2, 1.2))
        canvas.draw()
        pixels = np.asarray(canvas.buffer_rgba())[..., :3]
    sheet.image.paste(Image.fromarray(np.ascontiguousarray(pixels)).resize(sheet.image.size))


def _decorate(sheet: Sheet, panel: Any, name: str, *, single: bool) -> None:
    rng = sheet.rng
    if sheet.chance(0.45 if single else 0.6):
        panel.set_title(sheet.about() if single else f"({rng.choice('abcd')}) {sheet.sample(SERIES, 1)[0]}")
    if name in ("pie chart", "donut chart"):
        return
    if sheet.chance(0.6):
        panel.set_xlabel(sheet.sample(SERIES, 1)[0])
    if sheet.chance(0.6):
        panel.set_ylabel(sheet.sample(SERIES, 1)[0])
    if sheet.chance(0.3):
        panel.grid(True, linestyle=rng.choice(["-", "--", ":"]), alpha=0.6)
    if sheet.chance(0.3):
        panel.spines[["top", "right"]].set_visible(False)
    if sheet.chance(0.25):
        panel.tick_params(direction="in", top=True, right=True)


def _set_fonts(sheet: Sheet, figure: Any, size: float) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

    font = FontProperties(fname=str(path_of(sheet.family)))
    for text in figure.findobj(Text):
        text.set_fontproperties(font)
        text.set_fontsize(size)


def _tones(sheet: Sheet, number: int) -> tuple[list[Any], bool]:
    """Colours for matplotlib, noted; or greys that no caption names, with hatches or dashes to tell them apart."""
    if sheet.chance(0.2):
        return [str(0.1 + 0.75 * place / max(1, number)) for place in range(number)], True
    found: Sequence[RGB] = sheet.palette(number)
    return [tuple(part / 255 for part in colour) for colour in found], False


def _bars(sheet: Sheet, panel: Any, *, lying: bool = False) -> None:
    number = sheet.between(2, 14)
    (colour,), grey = _tones(sheet, 1)
    labels = categories(sheet, min(number, 7)) if number <= 7 else [str(place + 1) for place in range(number)]
    draw = panel.barh if lying else panel.bar
    spread = (
        {"xerr" if lying else "yerr": [sheet.rng.uniform(1, 5) for _ in range(number)]} if sheet.chance(0.15) else {}
    )
    heights = values(sheet, number)
    bars = draw(
        range(number),
        heights,
        sheet.rng.uniform(0.4, 0.9),
        color=colour,
        edgecolor="k" if sheet.chance(0.3) else None,
        **spread,
    )
    if grey and sheet.chance(0.5):
        for bar in bars:
            bar.set_hatch(sheet.rng.choice(_HATCHES))
    (panel.set_yticks if lying else panel.set_xticks)(
        range(number), labels, rotation=0 if lying else sheet.rng.choice([0, 0, 30, 45, 90])
    )
    sheet.traits = [trait for trait in sheet.traits if not lying or trait not in ("rising", "falling", "peak")]
    sheet.count("bars", number)


def _lying_bars(sheet: Sheet, panel: Any) -> None:
    _bars(sheet, panel, lying=True)


def _grouped(sheet: Sheet, panel: Any, *, stacked: bool = False) -> None:
    series, groups = sheet.between(2, 4), sheet.between(2, 7)
    tones, grey = _tones(sheet, series)
    names, base = sheet.sample(SERIES, series), np.zeros(groups)
    for place, (tone, name) in enumerate(zip(tones, names, strict=True)):
        found = np.array([sheet.rng.uniform(10, 100) for _ in range(groups)])
        hatch = sheet.rng.choice(_HATCHES) if grey else None
        wide = 0.7 if stacked else 0.8 / series
        at = np.arange(groups) + (0 if stacked else wide * (place - (series - 1) / 2))
        panel.bar(
            at,
            found,
            wide,
            bottom=base if stacked else None,
            color=tone,
            label=name,
            hatch=hatch,
            edgecolor="k" if grey else None,
        )
        base = base + found
    panel.set_xticks(range(groups), categories(sheet, groups))
    _legend(sheet, panel)
    sheet.count("bars" if stacked else "groups", groups)
    sheet.count("layers" if stacked else "series", series)


def _stacked(sheet: Sheet, panel: Any) -> None:
    _grouped(sheet, panel, stacked=True)


def _legend(sheet: Sheet, panel: Any) -> None:
    if sheet.chance(0.8):
        panel.legend(loc="best", frameon=sheet.chance(0.6))


def _histogram(sheet: Sheet, panel: Any) -> None:
    (tone,), _ = _tones(sheet, 1)
    generator = np.random.default_rng(sheet.rng.getrandbits(32))
    found = generator.normal(0, 1, 800) if sheet.chance(0.6) else generator.gamma(2, 1, 800)
    panel.hist(found, bins=sheet.between(8, 40), color=tone, edgecolor="k" if sheet.chance(0.4) else None)


def _box_plot(sheet: Sheet, panel: Any) -> None:
    number = sheet.between(2, 8)
    generator = np.random.default_rng(sheet.rng.getrandbits(32))
    panel.boxplot(
        [generator.normal(generator.uniform(-2, 2), 1, 60) for _ in range(number)], widths=sheet.rng.uniform(0.3, 0.7)
    )
    sheet.count("boxes", number)


def _lines(sheet: Sheet, panel: Any) -> None:
    number, points = sheet.between(1, 6), sheet.rng.choice([5, 8, 12, 30, 100, 300])
    tones, grey = _tones(sheet, number)
    names, same = sheet.sample(SERIES, number), sheet.rng.choice(COURSES)
    marks = points <= 12 and sheet.chance(0.6)
    stepped = sheet.chance(0.08)
    if sheet.chance(0.1):  # axes through the origin, as functions are drawn
        panel.spines[["left", "bottom"]].set_position("center")
        panel.spines[["top", "right"]].set_visible(False)
    wild = points >= 100 and sheet.chance(0.6)
    for place, (tone, name) in enumerate(zip(tones, names, strict=True)):
        runs = np.array(course(sheet, same, points)) + place * sheet.rng.uniform(-8, 14)
        if wild:
            runs = runs + np.cumsum(np.array([sheet.rng.gauss(0, 2.5) for _ in range(points)]))
        dash = sheet.rng.choice(["-", "--", ":", "-."]) if grey or sheet.chance(0.15) else "-"
        panel.plot(
            runs,
            dash,
            color=tone,
            label=name,
            linewidth=sheet.rng.uniform(0.7, 2.5),
            marker=sheet.rng.choice("os^vx*D") if marks else None,
            markersize=4,
            drawstyle="steps-mid" if stepped else "default",
        )
        if sheet.chance(0.08):
            panel.errorbar(range(points), runs, sheet.rng.uniform(1, 6), fmt="none", ecolor=tone, elinewidth=0.7)
        if sheet.chance(0.12):
            panel.fill_between(range(points), runs - 6, runs + 6, color=tone, alpha=0.25)
    if number > 1:
        _legend(sheet, panel)
    if sheet.chance(0.12):
        panel.set_yscale("symlog")
    sheet.count("lines", number)
    sheet.note(*["markers"] * marks)


def _areas(sheet: Sheet, panel: Any) -> None:
    number, points = sheet.between(1, 4), sheet.rng.choice([8, 12, 40])
    tones, _ = _tones(sheet, number)
    same = sheet.rng.choice(COURSES)
    panel.stackplot(
        range(points),
        [course(sheet, same, points) for _ in range(number)],
        colors=tones,
        alpha=sheet.rng.uniform(0.6, 1),
    )
    sheet.count("areas", number)


def _scatter(sheet: Sheet, panel: Any) -> None:
    number = sheet.between(1, 4)
    tones, _ = _tones(sheet, number)
    generator = np.random.default_rng(sheet.rng.getrandbits(32))
    for tone, name in zip(tones, sheet.sample(SERIES, number), strict=True):
        middle, spread = generator.uniform(-3, 3, 2), generator.uniform(0.4, 2)
        found = generator.normal(0, 1, (generator.integers(20, 200), 2)) * spread + middle
        panel.scatter(
            found[:, 0],
            found[:, 1],
            s=sheet.rng.uniform(4, 40),
            color=tone,
            label=name,
            marker=sheet.rng.choice("oosx^+."),
        )
    if number > 1:
        _legend(sheet, panel)
    sheet.count("series", number)


def _pie(sheet: Sheet, panel: Any, *, hole: bool = False) -> None:
    number = sheet.between(2, 8)
    tones, grey = _tones(sheet, number)
    found = [sheet.rng.uniform(0.5, 3) for _ in range(number)]
    labels = categories(sheet, min(number, 7)) if number <= 7 else [str(place) for place in range(number)]
    beside = sheet.chance(0.35)
    panel.pie(
        found,
        labels=None if beside else labels,
        colors=tones,
        autopct="%.0f%%" if sheet.chance(0.5) else None,
        startangle=sheet.between(0, 360),
        explode=[0.08 * sheet.chance(0.3) for _ in range(number)],
        shadow=sheet.chance(0.12),
        wedgeprops={"width": 0.4 if hole else 1, "edgecolor": "w" if sheet.chance(0.6) or grey else "k"},
    )
    if beside:
        panel.legend(labels, loc="center left", bbox_to_anchor=(1, 0.5))
    sheet.count("slices", number)


def _donut(sheet: Sheet, panel: Any) -> None:
    _pie(sheet, panel, hole=True)


PLOTTED: Mapping[str, Callable[[Sheet, Any], None]] = {
    "bar chart": _bars,
    "horizontal bar chart": _lying_bars,
    "grouped bar chart": _grouped,
    "stacked bar chart": _stacked,
    "histogram": _histogram,
    "box plot": _box_plot,
    "line chart": _lines,
    "area chart": _areas,
    "scatter plot": _scatter,
    "pie chart": _pie,
    "donut chart": _donut,
}
"""Kinds of `KINDS` that can be drawn so, each by what fills one panel."""
