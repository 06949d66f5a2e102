"""Recognition: real engines on drawn pages, and the rules about which pages need them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocr_pages import ENGLISH, KOREAN, draw, korean_font, recall
from PIL import Image

from mmrag import ocr
from mmrag.errors import FileFailed, MissingExtra, UsageError
from mmrag.ocr.lines import Line, reading_order, split_line
from mmrag.ocr.turning import turned, turned_back
from mmrag.types import Block, Box, Page, Word

ENGINES = ocr.available()
needs_rapidocr = pytest.mark.skipif("rapidocr" not in ENGINES, reason="rapidocr is not installed")
needs_tesseract = pytest.mark.skipif("tesseract" not in ENGINES, reason="Tesseract is not installed")
needs_korean = pytest.mark.skipif(
    "rapidocr" not in ENGINES or "ko" not in ENGINES.get("tesseract", ()) or korean_font() is None,
    reason="needs RapidOCR, Tesseract's Korean file and a Korean font",
)


def words_in_boxes(image: Image.Image, words: tuple[Word, ...]) -> None:
    """Every box lies in the picture and on ink."""
    pixels = np.asarray(image.convert("L"))
    for word in words:
        box = word.box
        assert 0 <= box.left < box.right <= 1
        assert 0 <= box.top < box.bottom <= 1
        assert not any(sign.isspace() for sign in word.text)
        part = pixels[
            int(box.top * image.height) : int(box.bottom * image.height) + 1,
            int(box.left * image.width) : int(box.right * image.width) + 1,
        ]
        assert part.min() < 128


@needs_rapidocr
def test_rapidocr_reads_english_with_boxes_on_the_words() -> None:
    image = draw([ENGLISH])
    words = ocr.RapidOcr().recognize(image)
    assert recall(ENGLISH, [word.text for word in words]) >= 0.95
    words_in_boxes(image, words)
    by_text = {word.text: word.box for word in words}
    assert by_text["Revenue"].left < by_text["first"].left < by_text["half"].left
    assert by_text["Revenue"].bottom < by_text["Board"].top


@needs_tesseract
def test_tesseract_reads_english_with_boxes_on_the_words() -> None:
    image = draw([ENGLISH])
    words = ocr.Tesseract(["en"]).recognize(image)
    assert recall(ENGLISH, [word.text for word in words]) >= 0.9
    words_in_boxes(image, words)


@needs_korean
def test_korean_words_are_whole_though_the_engine_gives_syllables() -> None:
    image = draw([KOREAN], font=korean_font())
    words = ocr.choose("auto").recognize(image)
    assert recall(KOREAN, [word.text for word in words]) >= 0.85
    words_in_boxes(image, words)


@needs_korean
def test_mixed_page_is_read_in_both_scripts_and_in_order() -> None:
    image = draw([[ENGLISH[0], KOREAN[0]]], font=korean_font())
    words = [word.text for word in ocr.choose("ko+en").recognize(image)]
    assert recall([ENGLISH[0]], words) >= 0.9
    assert recall([KOREAN[0]], words) >= 0.85
    assert words.index("Revenue") < words.index("내년부터")


@needs_rapidocr
@pytest.mark.slow
@pytest.mark.parametrize("angle", [90, 180, 270])
def test_pages_on_their_side_or_head_are_turned(angle: int) -> None:
    image = draw([ENGLISH]).rotate(angle, expand=True)
    words = ocr.RapidOcr().recognize(image)
    assert recall(ENGLISH, [word.text for word in words]) >= 0.9
    words_in_boxes(image, words)


@needs_rapidocr
def test_columns_are_read_one_after_the_other() -> None:
    image = draw([[ENGLISH[0]], [ENGLISH[1]]], size=28, height=600)
    words = [word.text for word in ocr.RapidOcr().recognize(image)]
    assert words.index("income") < words.index("Safety")


@needs_rapidocr
@pytest.mark.parametrize("mode", ["L", "1", "RGBA", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_picture_is_taken(mode: str) -> None:
    picture = draw([["Total 4711"]], width=500, height=120)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 256)
    else:
        image = picture.convert(mode)
    assert "4711" in [word.text for word in ocr.RapidOcr().recognize(image)]


@needs_rapidocr
def test_transparent_ground_is_paper() -> None:
    drawn = draw([["Total 4711"]], width=500, height=120).convert("L")
    image = Image.new("RGBA", drawn.size, (0, 0, 0, 0))
    image.putalpha(drawn.point(lambda value: 255 - value))
    assert "4711" in [word.text for word in ocr.RapidOcr().recognize(image)]


@needs_rapidocr
def test_small_screenshot_is_enlarged() -> None:
    image = draw([["Battery level 87 percent"]], size=11, width=260, height=60)
    assert recall(["level 87 percent"], [word.text for word in ocr.RapidOcr().recognize(image)]) >= 0.66


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3), (40, 40)])
def test_pictures_without_text_give_no_words(size: tuple[int, int]) -> None:
    recognizer = ocr.choose("auto")
    if recognizer is None:
        pytest.skip("no engine is installed")
    assert recognizer.recognize(Image.new("RGB", size, "white")) == ()
    assert ocr.is_blank(Image.new("RGB", size, "white"))


@needs_rapidocr
def test_has_text() -> None:
    assert ocr.has_text(draw([ENGLISH]))
    assert not ocr.has_text(Image.linear_gradient("L").resize((900, 600)))


def test_blank_pages() -> None:
    rng = np.random.default_rng(7)
    paper = rng.normal(225, 9, (1600, 1200)) - np.linspace(0, 60, 1200)
    paper[:12, :] = 10  # the dark border of a scanner
    scan = paper.clip(0, 255).astype(np.uint8)
    assert ocr.is_blank(Image.fromarray(scan))
    page = Image.fromarray(scan)
    page.paste(draw([["17"]], size=28, width=300, height=90).crop((30, 30, 90, 90)), (570, 1450))
    assert not ocr.is_blank(page)
    assert not ocr.is_blank(draw([ENGLISH]))
    white_on_black = draw([ENGLISH]).point(lambda value: 255 - value)
    assert not ocr.is_blank(white_on_black)


@needs_rapidocr
def test_nothing_is_imported_before_it_is_needed_and_nothing_is_printed() -> None:
    code = (
        "import sys\n"
        "from mmrag import ocr\n"
        "ocr.choose('auto'); ocr.available()\n"
        "assert not {'rapidocr', 'onnxruntime', 'cv2', 'PIL.Image'} & set(sys.modules)\n"
        "from PIL import Image\n"
        "ocr.RapidOcr().recognize(Image.new('RGB', (300, 80), 'white'))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == ""
    assert result.stderr == ""


def test_choose() -> None:
    assert ocr.choose("off") is None
    with pytest.raises(UsageError) as caught:
        ocr.choose("xx")
    assert caught.value.hint
    with pytest.raises(UsageError):
        ocr.choose(" , ")
    if "rapidocr" in ENGINES:
        assert isinstance(ocr.choose("en"), ocr.RapidOcr)
        assert isinstance(ocr.choose("EN, de"), ocr.RapidOcr)
    if "ko" in ENGINES.get("tesseract", ()):
        assert isinstance(ocr.choose("ko"), ocr.Tesseract)
        recognizer = ocr.choose("ko+en")
        assert recognizer is not None
        assert recognizer.languages >= {"ko", "en"}


def test_choose_without_tesseract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.ocr.auto.tesseract_languages", dict)
    monkeypatch.setattr("mmrag.ocr.tesseract.tesseract_languages", dict)
    if "rapidocr" in ENGINES:
        assert isinstance(ocr.choose("auto"), ocr.RapidOcr)
    with pytest.raises(UsageError, match="ko") as caught:
        ocr.choose("ko")
    assert "tesseract-ocr-kor" in caught.value.hint
    with pytest.raises(MissingExtra):
        ocr.Tesseract()
    monkeypatch.setattr("mmrag.ocr.auto.model_files", lambda: None)
    assert ocr.choose("auto") is None
    assert ocr.available() == {}
    assert ocr.has_text(Image.new("RGB", (50, 50)))


@needs_tesseract
def test_tesseract_stops_after_its_time() -> None:
    with pytest.raises(FileFailed, match=r"0\.01 s"):
        ocr.Tesseract(seconds=0.01).recognize(draw([ENGLISH]))
    with pytest.raises(UsageError):
        ocr.Tesseract(["xx"])


def text_page(texts: list[str], **values: object) -> Page:
    words = tuple(Word(text, Box(0.1, 0.02 * n, 0.2, 0.02 * n + 0.01)) for n, text in enumerate(texts[:45]))
    return replace(Page(1, 600, 800, words=words, origin="layer"), **values)


def test_needs_ocr() -> None:
    prose = ["word"] * 45
    half = (Box(0.1, 0.1, 0.9, 0.5),)
    assert ocr.needs_ocr(Page(1, 600, 800))
    assert ocr.needs_ocr(Page(1, 600, 800, pictures=(Box(),)))
    assert not ocr.needs_ocr(text_page(prose))
    assert not ocr.needs_ocr(text_page(prose, pictures=half))
    assert not ocr.needs_ocr(text_page(prose, pictures=(Box(),)))  # a scan that has its text layer
    assert ocr.needs_ocr(text_page(["Downloaded", "2021"], pictures=(Box(),)))
    assert not ocr.needs_ocr(text_page(["A", "title"], pictures=half))
    assert not ocr.needs_ocr(text_page(["A", "title"]))
    strips = tuple(Box(0.0, n / 20, 1.0, (n + 1) / 20) for n in range(20))
    assert ocr.needs_ocr(text_page(["stamp"], pictures=strips))
    assert not ocr.needs_ocr(text_page(["stamp"], pictures=(Box(),), origin="ocr"))


@pytest.mark.parametrize("bad", ["\ufffd\ufffdx", "\ue001\ue002", "(cid:12)(cid:7)", "\x01\x02a", "\U000f0000"])
def test_garbled_text_layers_need_recognition(bad: str) -> None:
    assert ocr.needs_ocr(text_page([bad] * 40))
    assert ocr.needs_ocr(text_page([bad, "x", "and", "more"] * 10))
    assert not ocr.needs_ocr(text_page([bad] + ["word"] * 40))


def test_korean_and_rare_scripts_are_not_garbled() -> None:
    assert not ocr.needs_ocr(text_page(["계약", "기간은", "体结日로부터", "2년", "𐍈", "עברית", "👍", "ﬁn"] * 5))


def test_with_words_finds_paragraphs_and_headings() -> None:
    def line(text: str, left: float, top: float, height: float) -> list[Word]:
        words = []
        for part in text.split():
            right = left + 0.01 * len(part)
            words.append(Word(part, Box(left, top, right, top + height)))
            left = right + 0.008
        return words

    words = [*line("Annual report", 0.1, 0.05, 0.04)]
    words += [word for n in range(4) for word in line("plain text of this page", 0.1, 0.15 + 0.025 * n, 0.018)]
    words += [word for n in range(3) for word in line("a second paragraph here", 0.1, 0.32 + 0.025 * n, 0.018)]
    words += [word for n in range(3) for word in line("the other column", 0.6, 0.15 + 0.025 * n, 0.018)]
    old = Page(3, 600, 800, words=(Word("stamp", Box()),), blocks=(Block(Box(), 0, 1),), count=9, title="T")
    page = ocr.with_words(old, words)
    assert (page.number, page.count, page.title, page.origin) == (3, 9, "T", "ocr")
    assert page.words == tuple(words)
    assert [(block.start, block.stop, block.level) for block in page.blocks] == [
        (0, 2, 1), (2, 22, 0), (22, 34, 0), (34, 43, 0),
    ]  # fmt: skip
    empty = ocr.with_words(old, ())
    assert (empty.words, empty.blocks, empty.origin) == ((), (), "none")


def lines_at(*places: tuple[float, float, float]) -> list[Line]:
    return [
        Line((Word(str(n), Box(left, top, right, top + 0.02)),), Box(left, top, right, top + 0.02))
        for n, (left, right, top) in enumerate(places)
    ]


def test_reading_order_keeps_columns_apart_and_table_rows_together() -> None:
    heading = [(0.1, 0.9, 0.05)]
    columns = [(side, side + 0.37, 0.1 + 0.03 * n) for n in range(5) for side in (0.1, 0.53)]
    footer = [(0.1, 0.9, 0.3)]
    order = [line.text for line in reading_order(lines_at(*heading, *columns, *footer), 0.7)]
    assert order == ["0", "1", "3", "5", "7", "9", "2", "4", "6", "8", "10", "11"]
    unaligned = [(0.1, 0.47, 0.1 + 0.03 * n) for n in range(5)] + [(0.53, 0.9, 0.113 + 0.03 * n) for n in range(5)]
    assert [line.text for line in reading_order(lines_at(*unaligned), 0.7)] == [str(n) for n in range(10)]
    table = [
        (left, left + width, 0.1 + 0.03 * n) for n in range(4) for left, width in ((0.1, 0.3), (0.6, 0.05), (0.8, 0.07))
    ]
    table[0] = (0.1, 0.15, 0.1)
    cells = [line.text for line in reading_order(lines_at(*table), 0.7)]
    assert cells.index("1") < cells.index("3")


@given(
    st.lists(st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.001, 0.5), st.floats(0.001, 0.1)), max_size=30)
)
def test_reading_order_loses_nothing(places: list[tuple[float, float, float, float]]) -> None:
    lines = [
        Line((Word(str(n), Box(x, y, x + w, y + h)),), Box(x, y, x + w, y + h)) for n, (x, y, w, h) in enumerate(places)
    ]
    assert sorted(line.text for line in reading_order(lines)) == sorted(line.text for line in lines)


@given(st.text(alphabet="ab 가나.漢ilW", min_size=1).filter(lambda text: bool(text.strip())))
def test_words_of_a_line_stand_in_it_from_left_to_right(text: str) -> None:
    box = Box(0.2, 0.3, 0.7, 0.35)
    words = split_line(text, box)
    assert [word.text for word in words] == text.split()
    edges = [edge for word in words for edge in (word.box.left, word.box.right)]
    assert edges == sorted(edges)
    assert edges[0] >= box.left - 1e-9
    assert edges[-1] <= box.right + 1e-9


@given(st.integers(0, 3), st.floats(0, 0.4), st.floats(0, 0.4))
def test_turning_back_undoes_turning(turns: int, left: float, top: float) -> None:
    box = Box(left, top, left + 0.5, top + 0.1)
    corners = turned(np.array([[box.left, box.top], [box.right, box.bottom]]), turns)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    line = turned_back(Line((Word("a", Box(x0, y0, x1, y1)),), Box(x0, y0, x1, y1)), turns)
    assert np.allclose(
        [line.box.left, line.box.top, line.box.right, line.box.bottom], [box.left, box.top, box.right, box.bottom]
    )
