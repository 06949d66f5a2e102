"""The pictures of the sample folder: a chart, a buoy on a lake, a lighthouse at night, a screenshot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


def _font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(DEJAVU / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), size)


def _sky(size: tuple[int, int], stops: list[tuple[float, tuple[int, int, int]]]) -> Image.Image:
    """A vertical blend of colours; `stops` are shares of the height."""
    rows = np.linspace(0, 1, size[1])
    at = [stop for stop, _ in stops]
    column = np.stack([np.interp(rows, at, [colour[c] for _, colour in stops]) for c in range(3)], axis=1)
    return Image.fromarray(np.repeat(column[:, None, :], size[0], axis=1).astype(np.uint8))


def _grain(image: Image.Image, seed: int, strength: float) -> Image.Image:
    noise = np.random.default_rng(seed).normal(0, strength, (image.height, image.width, 1))
    return Image.fromarray((np.asarray(image, np.float32) + noise).clip(0, 255).astype(np.uint8))


def _hills(draw: ImageDraw.ImageDraw, width: int, base: int, height: int, seed: int, colour) -> None:
    random = np.random.default_rng(seed)
    x = np.arange(0, width + 8, 8)
    phases = random.uniform(0, 6.3, 4)
    y = sum(np.sin(x / width * (3 + 4 * n) + phases[n]) / (n + 1) for n in range(4))
    y = base - height * (0.55 + 0.45 * y / np.abs(y).max())
    draw.polygon([(0, base), *zip(x.tolist(), y.tolist(), strict=True), (width, base)], fill=colour)


def buoy(file: Path) -> None:
    """An orange buoy on a lake between mountains, at sunset."""
    size = (1280, 854)
    image = _sky(size, [(0, (58, 78, 130)), (0.3, (214, 138, 120)), (0.5, (252, 204, 140)), (1, (252, 204, 140))])
    draw = ImageDraw.Draw(image)
    draw.ellipse((820, 300, 920, 400), fill=(255, 240, 196))
    _hills(draw, 1280, 430, 190, 2, (116, 92, 124))
    _hills(draw, 1280, 432, 100, 5, (74, 66, 96))
    water = _sky((1280, 424), [(0, (226, 168, 132)), (0.25, (140, 118, 140)), (1, (36, 54, 86))])
    image.paste(water, (0, 430))
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(4)
    for _ in range(900):
        y = 432 + int(422 * random.random() ** 1.4)
        long = 8 + (y - 430) * 0.22 * random.random()
        x = random.integers(-40, 1300)
        glow = max(0.0, 1 - abs(x - 870) / (90 + (y - 430) * 0.5))
        tone = tuple(int(a + (b - a) * glow) for a, b in zip((70, 80, 116), (255, 214, 150), strict=True))
        draw.line((x, y, x + long, y), fill=tone, width=1 + (y > 600) + (y > 740))
    image = image.filter(ImageFilter.GaussianBlur(1.1))
    draw = ImageDraw.Draw(image)
    draw.ellipse((390, 640, 630, 690), fill=(24, 38, 62))
    draw.pieslice((410, 560, 610, 720), 0, 180, fill=(186, 78, 22))
    draw.rectangle((410, 610, 610, 642), fill=(236, 112, 32))
    draw.ellipse((410, 592, 610, 630), fill=(250, 146, 62))
    draw.polygon([(470, 608), (550, 608), (528, 430), (492, 430)], fill=(228, 104, 30))
    draw.polygon([(520, 608), (550, 608), (528, 430), (516, 430)], fill=(190, 80, 24))
    draw.rectangle((452, 470, 498, 540), fill=(30, 48, 92), outline=(190, 200, 220), width=3)
    draw.line((475, 470, 475, 540), fill=(110, 130, 176), width=2)
    draw.line((510, 430, 510, 340), fill=(60, 60, 66), width=6)
    draw.ellipse((498, 322, 522, 346), fill=(255, 236, 130))
    draw.line((520, 400, 560, 372), fill=(60, 60, 66), width=4)
    draw.text((470, 556), "B1-07", font=_font(26, True), fill=(255, 250, 240))
    _grain(image, 8, 3).save(file, quality=78, optimize=True)


def lighthouse(file: Path) -> None:
    """A red and white lighthouse on rocks under stars."""
    size = (854, 1100)
    image = _sky(size, [(0, (8, 12, 38)), (0.6, (32, 48, 96)), (0.8, (64, 84, 130)), (1, (10, 18, 40))])
    draw = ImageDraw.Draw(image)
    random = np.random.default_rng(11)
    for _ in range(260):
        x, y, r = random.integers(0, 854), random.integers(0, 700), random.choice([1, 1, 1, 2])
        draw.ellipse((x, y, x + r, y + r), fill=(230, 232, 250))
    beam = Image.new("RGBA", size)
    ImageDraw.Draw(beam).polygon([(430, 300), (0, 150), (0, 330)], fill=(255, 244, 180, 90))
    image.paste(beam.filter(ImageFilter.GaussianBlur(14)), mask=beam.filter(ImageFilter.GaussianBlur(14)))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 900, 854, 1100), fill=(14, 26, 56))
    for y in range(905, 1100, 9):
        x = random.integers(0, 700)
        draw.line((x, y, x + random.integers(60, 240), y), fill=(46, 66, 112), width=2)
    for band in range(6):
        top, bottom = 340 + band * 90, 430 + band * 90
        a, b = 48 + band * 6, 54 + band * 6
        tone = (188, 40, 40) if band % 2 == 0 else (232, 232, 236)
        draw.polygon([(430 - a, top), (430 + a, top), (430 + b, bottom), (430 - b, bottom)], fill=tone)
        shade = tuple(int(c * 0.72) for c in tone)
        draw.polygon([(430 + a // 3, top), (430 + a, top), (430 + b, bottom), (430 + b // 3, bottom)], fill=shade)
    draw.rectangle((372, 326, 488, 342), fill=(40, 40, 46))
    draw.rectangle((396, 270, 464, 326), fill=(255, 240, 170), outline=(40, 40, 46), width=5)
    draw.polygon([(386, 270), (474, 270), (430, 222)], fill=(150, 30, 30))
    draw.polygon(
        [(200, 960), (290, 880), (420, 862), (560, 874), (680, 962), (760, 1010), (110, 1010)], fill=(38, 36, 44)
    )
    draw.polygon([(320, 930), (430, 870), (540, 930), (500, 1000), (340, 1000)], fill=(54, 50, 58))
    _grain(image.filter(ImageFilter.GaussianBlur(0.8)), 6, 3).save(file, quality=78, optimize=True)


def chart(file: Path) -> None:
    """A chart of stations in service, as a spreadsheet program exports it."""
    image = Image.new("RGB", (1100, 660), "white")
    draw = ImageDraw.Draw(image)
    draw.text((550, 44), "Monitoring stations in service", font=_font(32, True), fill=(40, 40, 40), anchor="mm")
    values = {"2021": 180, "2022": 420, "2023": 690, "2024": 980, "2025": 1310}
    left, right, top, bottom = 110, 1050, 100, 580
    for tick in range(0, 1500, 250):
        y = bottom - (bottom - top) * tick / 1400
        draw.line((left, y, right, y), fill=(220, 222, 226), width=1)
        draw.text((left - 14, y), f"{tick:,}", font=_font(18), fill=(110, 110, 116), anchor="rm")
    for at, (year, value) in enumerate(values.items()):
        x = left + 50 + at * 185
        y = bottom - (bottom - top) * value / 1400
        draw.rectangle((x, y, x + 110, bottom), fill=(62, 124, 177))
        draw.text((x + 55, y - 18), f"{value:,}", font=_font(22, True), fill=(40, 40, 40), anchor="mm")
        draw.text((x + 55, bottom + 26), year, font=_font(20), fill=(70, 70, 76), anchor="mm")
    draw.line((left, bottom, right, bottom), fill=(80, 80, 86), width=2)
    draw.text(
        (left, 636), "Source: Noeul Instruments, service database", font=_font(16), fill=(130, 130, 136), anchor="lm"
    )
    image.quantize(64).save(file, optimize=True)


def screenshot(file: Path) -> None:
    """The web console of the company: a list of stations, one with an alarm."""
    image = Image.new("RGB", (1280, 800), (244, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 1280, 64), fill=(24, 60, 92))
    draw.text((28, 32), "Noeul Console", font=_font(24, True), fill="white", anchor="lm")
    draw.text((1250, 32), "oh.serin  |  sign out", font=_font(16), fill=(190, 210, 226), anchor="rm")
    draw.rectangle((0, 64, 220, 800), fill=(255, 255, 255))
    for at, name in enumerate(("Overview", "Stations", "Alarms (1)", "Reports", "Settings")):
        if at == 1:
            draw.rectangle((0, 88 + at * 48, 220, 132 + at * 48), fill=(228, 238, 247))
        draw.text((28, 110 + at * 48), name, font=_font(18, at == 1), fill=(40, 60, 80), anchor="lm")
    draw.text((250, 104), "Stations", font=_font(28, True), fill=(30, 40, 50), anchor="lm")
    draw.rounded_rectangle((250, 136, 1250, 190), 8, fill=(253, 232, 230), outline=(214, 84, 74), width=2)
    draw.text(
        (274, 163),
        "Alarm: station R2-114 (Nakdong bridge) turbidity 48 NTU, limit 30 NTU",
        font=_font(18),
        fill=(150, 40, 34),
        anchor="lm",
    )
    head = ("Station", "Place", "Oxygen mg/L", "Turbidity NTU", "Battery", "Last report")
    rows = (
        ("B1-07", "Lake Soyang", "7.8", "3.2", "94 %", "09:40"),
        ("R2-021", "Tongyeong north", "8.4", "5.9", "61 %", "09:35"),
        ("R2-114", "Nakdong bridge", "6.1", "48.0", "57 %", "09:42"),
        ("B1-19", "Andong dam", "8.0", "2.7", "88 %", "09:38"),
        ("R2-230", "Kyushu, Chikugo", "7.2", "11.4", "73 %", "09:41"),
        ("B1-32", "Rotterdam basin 4", "7.5", "8.8", "79 %", "09:37"),
    )
    edges = (250, 390, 610, 770, 940, 1080, 1250)
    for line, row in enumerate((head, *rows)):
        y = 216 + line * 56
        tone = (232, 236, 240) if not line else (255, 248, 246) if row[0] == "R2-114" else (255, 255, 255)
        draw.rectangle((250, y, 1250, y + 56), fill=tone, outline=(220, 224, 228))
        for at, cell in enumerate(row):
            bold = not line or (row[0] == "R2-114" and at == 3)
            colour = (190, 50, 40) if line and bold else (44, 54, 64)
            draw.text((edges[at] + 14, y + 28), cell, font=_font(17, bold), fill=colour, anchor="lm")
    draw.text((250, 650), "6 of 1,310 stations shown", font=_font(16), fill=(110, 120, 130), anchor="lm")
    image.quantize(96).save(file, optimize=True)


def main(folder: Path) -> None:
    """Write every picture anew."""
    chart(folder / "stations-chart.png")
    buoy(folder / "IMG_2207.jpg")
    lighthouse(folder / "IMG_2311.jpg")
    screenshot(folder / "console-screenshot.png")
