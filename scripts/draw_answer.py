"""Take docs/images/answer.png: a real answer over the sample files, as `mmrag ask --export` writes it, in Chromium.

Needs Chromium and `pip install playwright`. The samples are indexed in a temporary folder, unless `--index` names an
index of them (such as mmrag-demo/index).

python scripts/draw_answer.py [--index FOLDER]
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image

import mmrag
from mmrag.demo import copy_samples

TARGET = Path(__file__).parents[1] / "docs" / "images" / "answer.png"
QUESTION = "Since revenue rose by 28 % in 2025, what was the operating margin?"
WIDTH = 860
MOST_BYTES = 200_000
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def export(index: Path | None, folder: Path) -> Path:
    """Ask, and write the answer into the folder; returns the page."""
    with mmrag.Corpus(index or folder / "index", profile="offline") as corpus:
        if index is None:
            copy_samples(folder / "documents")
            corpus.index(folder / "documents")
        answer = corpus.ask(QUESTION)
        labels = [claim.verdict.label for claim in answer.claims]
        assert labels == ["supported", "contradicted", "supported"], labels
        return corpus.export(answer, folder / "answer.html")


def picture(page: Path) -> Image.Image:
    """What a person sees of the page, down to the end of the first page crop, at one and a half times the size."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in PROGRAMS if (found := shutil.which(name)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        tab = browser.new_context(viewport={"width": WIDTH, "height": 1000}, device_scale_factor=1.5).new_page()
        tab.goto(page.absolute().as_uri())
        box = tab.locator("figure").first.bounding_box()
        assert box is not None
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 24}
        data = tab.screenshot(full_page=True, clip=clip)
        browser.close()
    return Image.open(io.BytesIO(data)).convert("RGB")


def main() -> None:
    """Write the picture with 256 colours, chosen so that the rare ones, which are those of the marks, stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, help="an index of the samples; else they are indexed anew")
    with tempfile.TemporaryDirectory() as folder:
        shot = picture(export(parser.parse_args().index, Path(folder)))
    shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    size = TARGET.stat().st_size
    assert size <= MOST_BYTES, f"{size} bytes"
    print(f"{TARGET}: {shot.width} x {shot.height}, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
