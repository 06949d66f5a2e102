"""Program listings and equations."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PIL import Image

from mmrag.errors import MissingExtra
from mmrag.training.pictures.colours import RGB
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet

__all__ = ["code", "equation", "formula", "terminal"]


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


NAMES = _words("total count items price rate index value rows page node path user order limit score cache")
CALLS = _words("read write load save merge filter parse update find sort send check")
KEYWORDS = frozenset(_words("def return if for in while else import from int function const let class not"))


def _statements(sheet: Sheet, style: str) -> list[str]:
    """One small function of made-up code."""
    rng = sheet.rng
    one, two, three = rng.sample(NAMES, 3)
    call, other = rng.sample(CALLS, 2)
    number = rng.randint(2, 99)
    if style == "python":
        return [
            f"def {call}_{one}({two}, {three}={number}):",
            f"    {one} = {other}({two})",
            f"    for {three} in {one}:",
            f"        if {three} > {number}:",
            f"            {one} += {three} * {number}",
            f"    return {one}",
            "",
        ]
    if style == "c":
        return [
            f"int {call}_{one}(int {two}, int {three}) {{",
            f"    int {one} = {number};",
            f"    while ({two} < {three}) {{",
            f"        {one} += {other}({two}++);",
            "    }",
            f"    return {one};",
            "}",
            "",
        ]
    return [
        f"const {call} = function ({two}) {{",
        f'  let {one} = {other}("{three}");',
        f"  if ({one} in {two}) {{",
        f"    return {two}.{call}({number});",
        "  } else {",
        f"    {two}.{one} = {number};",
        "  }",
        "};",
        "",
    ]


@kind("code listing", "code", weight=1.6, shapes=(0.8, 2.0), dark=0.45)
def code(sheet: Sheet) -> None:
    """Program text in a fixed pitch, coloured or plain, with line numbers or not."""
    number = sheet.between(6, 20)
    size = min(sheet.height / (number + 1.5) * 0.78, sheet.width / 30)
    style = sheet.rng.choice(["python", "c", "script"])
    lines: list[str] = []
    while len(lines) < number:
        lines += _statements(sheet, style)
    numbered, coloured = sheet.chance(0.4), sheet.chance(0.7)
    bright = sheet.plain("blue", "purple", "red", "orange") if coloured else sheet.ink
    value = sheet.plain("green", "orange", "teal") if coloured else sheet.ink
    left = size * (3.2 if numbered else 1)
    if numbered:
        sheet.line([(left - size * 0.6, 0), (left - size * 0.6, sheet.height)], sheet.faint, 1)
    step = (sheet.height - size) / number
    for index, line in enumerate(lines[:number]):
        y = size * 0.5 + step * index
        if numbered:
            sheet.text((left - size, y), str(index + 1), size, sheet.soft, anchor="ra", mono=True)
        x = left + (len(line) - len(line.lstrip())) * size * 0.55
        for word in line.split():
            clean = word.strip("(){}:;,")
            ink: RGB = bright if clean in KEYWORDS else value if any(map(str.isdigit, clean)) else sheet.ink
            x += sheet.text((x, y), word, size, ink, mono=True) + size * 0.5
    sheet.count("code-lines", number)
    sheet.note("python" if style == "python" else "braces")
    sheet.note(*["numbered-lines"] * numbered, *["highlighted"] * coloured)


@kind("terminal", "screenshot", weight=0.7, shapes=(1.2, 2.0), dark=0.85)
def terminal(sheet: Sheet) -> None:
    """A shell with commands and what they answered."""
    number = sheet.between(6, 14)
    size = min(sheet.height / (number + 3), 22) * 0.75
    sheet.box((0, 0, sheet.width, size * 1.7), mix_bar(sheet))
    for index, name in enumerate(("red", "yellow", "green")):
        sheet.disc((size * (1 + 1.2 * index), size * 0.85), size * 0.35, sheet.plain(name))
    prompt = sheet.colour("green", "teal", "yellow", "orange")
    step, commands = (sheet.height - size * 2.4) / number, 0
    for index in range(number):
        y = size * 2.1 + step * index
        if index == 0 or sheet.chance(0.35):
            commands += 1
            x = size * 0.6 + sheet.text((size * 0.6, y), "user@host:~$", size, prompt, mono=True, bold=True)
            words = f"{sheet.rng.choice(CALLS)} --{sheet.rng.choice(NAMES)} {sheet.rng.choice(NAMES)}.txt"
            sheet.text((x + size * 0.6, y), words, size, mono=True, width=sheet.width - x - size)
        else:
            words = " ".join(sheet.rng.choice((*NAMES, *CALLS)) for _ in range(sheet.between(2, 6)))
            sheet.text((size * 0.6, y), words, size, sheet.soft, mono=True, width=sheet.width - size)
    sheet.count("commands", commands)


def mix_bar(sheet: Sheet) -> RGB:
    """The colour of a window's title bar."""
    return sheet.rng.choice([(200, 200, 204), (70, 74, 82), (225, 225, 228)])


TERMS = (
    r"\frac{{{a}}}{{{b} + {c}}}",
    r"\sum_{{i=1}}^{{n}} {a}_i {b}^{{i}}",
    r"\int_{{0}}^{{\infty}} {a}^{{2}} e^{{-{b}}} d{a}",
    r"\sqrt{{{a}^2 + {b}^2}}",
    r"\left( \frac{{\partial {a}}}{{\partial {b}}} \right)^{{2}}",
    r"\lim_{{{a} \rightarrow 0}} \frac{{\sin {a}}}{{{b}}}",
    r"\prod_{{k=1}}^{{{b}}} \left(1 - {a}_k\right)",
    r"\alpha {a}^2 + \beta {b} + \gamma",
    r"\log \frac{{P({a})}}{{P({b})}}",
)
MARKS = {r"\frac": "fraction", r"\sum": "sum", r"\int": "integral", r"\sqrt": "root", r"\prod": "product"}
MATHS_FONTS = {"train": ("cm", "dejavusans", "stix"), "held-out": ("dejavuserif", "stixsans")}


@kind("equation", "equation", weight=1.4, shapes=(1.2, 4.0), dark=0.06)
def equation(sheet: Sheet) -> None:
    """One to three lines of mathematics, numbered or not."""
    number, rng = sheet.between(1, 3), sheet.rng
    number = min(number, max(1, round(3.6 * sheet.height / sheet.width)))
    numbered = sheet.chance(0.35)
    font = rng.choice(MATHS_FONTS[sheet.split])
    for index in range(number):
        line = _formula(sheet)
        for mark, trait in MARKS.items():
            sheet.note(*[trait] * (mark in line))
        glyphs = _typeset(line, font)
        share = min(sheet.width * 0.8 / glyphs.width, sheet.height / number * 0.72 / glyphs.height)
        glyphs = glyphs.resize((max(1, round(glyphs.width * share)), max(1, round(glyphs.height * share))))
        top = round(sheet.height * (index + 0.5) / number - glyphs.height / 2)
        ink = Image.new("RGB", glyphs.size, sheet.ink)
        sheet.image.paste(ink, (round((sheet.width * 0.94 - glyphs.width) / 2), top), glyphs)
        if numbered:
            at = (sheet.width * 0.98, sheet.height * (index + 0.5) / number)
            sheet.text(at, f"({index + 1})", 18, anchor="rm")
    sheet.count("equations", number)
    sheet.note(*["numbered"] * numbered)


def _formula(sheet: Sheet) -> str:
    """A line of TeX that defines a made-up function."""
    rng = sheet.rng
    names = dict(zip("abc", rng.sample("xyzuvtwpq", 3), strict=True))
    sides = rng.sample(TERMS, rng.randint(1, 2))
    return f"{rng.choice('fghEFL')}({names['a']}) = " + rng.choice([" + ", " - "]).join(sides).format(**names)


def formula(sheet: Sheet, at: tuple[float, float], tall: float, wide: float) -> None:
    """One formula in the ink of the sheet from a left top corner on, at most so high and wide. Needs matplotlib."""
    glyphs = _typeset(_formula(sheet), sheet.rng.choice(MATHS_FONTS[sheet.split]))
    share = min(tall / glyphs.height, wide / glyphs.width)
    glyphs = glyphs.resize((max(1, round(glyphs.width * share)), max(1, round(glyphs.height * share))))
    sheet.image.paste(Image.new("RGB", glyphs.size, sheet.ink), (round(at[0]), round(at[1])), glyphs)


def _typeset(line: str, font: str) -> Image.Image:
    """The ink of a formula as a grey mask, set by matplotlib."""
    parser, properties = _mathtext()
    found: Any = parser.parse(f"${line}$", dpi=110, prop=properties(size=14, math_fontfamily=font))
    return Image.fromarray(found.image)


@lru_cache(maxsize=1)
def _mathtext() -> tuple[Any, Any]:
    try:
        from matplotlib.font_manager import FontProperties
        from matplotlib.mathtext import MathTextParser
    except ImportError as error:
        raise MissingExtra("equations need matplotlib", "pip install 'mmrag[plot]'") from error
    return MathTextParser("agg"), FontProperties
