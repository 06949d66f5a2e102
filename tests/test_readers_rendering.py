"""Crops of regions: the right part of the right file, or none at all."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymupdf
import pytest
from PIL import Image
from readers_files import arrow, hwpx, pdf

from mmrag.errors import SourceChanged
from mmrag.protocols import ReadOptions
from mmrag.readers import PdfReader, SourceRenderer, content_hash, rendering
from mmrag.readers.pdf_page import render
from mmrag.types import Box, Document, Region


def region(path: Path, page: int = 1, box: Box | None = None) -> Region:
    return Region(1, Document(content_hash(path), path, 9), page, "figure", box or Box())


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_crop_shows_what_lies_in_the_box(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.draw_rect((100, 200, 200, 300), color=(1, 0, 0), fill=(1, 0, 0))
    page.set_cropbox(pymupdf.Rect(50, 50, 350, 550))
    page.set_rotation(rotation)
    document.save(tmp_path / "a.pdf")
    box = next(PdfReader().read(tmp_path / "a.pdf", ReadOptions())).drawings or None
    square = {
        0: Box(50 / 300, 150 / 500, 150 / 300, 250 / 500),
        90: Box(250 / 500, 50 / 300, 350 / 500, 150 / 300),
        180: Box(150 / 300, 250 / 500, 250 / 300, 350 / 500),
        270: Box(150 / 500, 150 / 300, 250 / 500, 250 / 300),
    }[rotation]
    image = SourceRenderer().crop(region(tmp_path / "a.pdf", 1, square), 120)
    assert image.mode == "RGB"
    assert image.size == (120, 120)
    assert image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))[1] < 15
    assert box is None  # one plain rectangle is no figure


def test_a_small_part_is_drawn_in_detail(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    word = next(PdfReader().read(path, ReadOptions(pages=(2,)))).words[0]
    image = SourceRenderer().crop(region(path, 2, word.box), 400)
    assert max(image.size) == 400
    assert sum(image.convert("L").histogram()[:100]) > 0.1 * image.width * image.height


def test_pictures_are_cut_upright_and_never_enlarged(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    arrow((400, 200)).transpose(Image.Transpose.ROTATE_90).save(tmp_path / "a.jpg", exif=exif, quality=95)
    renderer = SourceRenderer()
    red = renderer.crop(region(tmp_path / "a.jpg", 1, Box(0, 0, 0.45, 0.45)), 1000)
    assert red.size == (180, 90)
    assert red.getpixel((90, 45))[1] < 60
    assert renderer.crop(region(tmp_path / "a.jpg"), 100).size == (100, 50)


def test_pages_of_tiff_files_are_found(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert SourceRenderer().crop(region(tmp_path / "a.tif", 2), 50).getpixel((5, 5)) == (0, 255, 0)


def test_text_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("가나다 HELLO\n\n\n" + "more\n" * 20)
    image = SourceRenderer().crop(region(tmp_path / "a.txt", 1, Box(0, 0, 0.5, 0.1)), 800)
    assert max(image.size) == 800
    assert image.convert("L").getextrema()[0] < 60
    assert max(SourceRenderer().crop(region(hwpx(tmp_path / "b.hwpx")), 300).size) == 300


def test_a_changed_or_missing_source_is_never_drawn(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    wanted = region(path)
    renderer = SourceRenderer()
    renderer.crop(wanted, 50)
    times = path.stat().st_mtime_ns
    pdf(path, 2)
    os.utime(path, ns=(times + 1, times + 1))
    with pytest.raises(SourceChanged):
        renderer.crop(wanted, 50)
    path.unlink()
    with pytest.raises(SourceChanged):
        renderer.crop(wanted, 50)


def test_the_content_is_read_once_for_a_size_and_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = region(pdf(tmp_path / "a.pdf"))
    calls = []

    def counted(path: Path) -> str:
        calls.append(path)
        return content_hash(path)

    monkeypatch.setattr("mmrag.readers.rendering.content_hash", counted)
    renderer = SourceRenderer()
    for page in (1, 2, 3):
        renderer.crop(Region(1, wanted.document, page), 40)
    assert len(calls) == 1


def test_a_page_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceChanged):
        SourceRenderer().crop(region(pdf(tmp_path / "a.pdf"), 8), 40)


def test_locked_files_are_drawn_with_their_password(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", 1, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="key", owner_pw="boss")
    assert SourceRenderer(("no", "key")).crop(region(path), 40).size == (27, 40)


def test_renderers_in_many_threads_draw_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pdf(tmp_path / "a.pdf")
    page, busy, most = region(path, 2), [], []

    def slow(*how: object) -> Image.Image:
        busy.append(how)
        most.append(len(busy))
        time.sleep(0.05)
        image = render(*how)
        busy.pop()
        return image

    monkeypatch.setattr(rendering, "render", slow)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: SourceRenderer().crop(page, 100).tobytes(), range(8)))
    assert most == [1] * 8
    assert len(set(found)) == 1
