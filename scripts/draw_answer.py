"""Take docs/images/answer.png and web.png: real answers over the sample files, as `mmrag ask --export` writes one and
as the web page of `mmrag serve` shows one, in Chromium.

Needs Chromium and `pip install playwright`. The samples are indexed in a temporary folder, unless `--index` names an
index of them (such as mmrag-demo/index).

python scripts/draw_answer.py [--index FOLDER]
"""

from __future__ import annotations

import argparse
import io
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

import mmrag
from mmrag.demo import copy_samples

IMAGES = Path(__file__).parents[1] / "docs" / "images"
QUESTION = "Since revenue rose by 28 % in 2025, what was the operating margin?"
ON_THE_WEB = "일본 출장의 숙박비 한도는 얼마인가요?"
WIDTH = 860
MOST_BYTES = 200_000
DRAWN = "[...document.querySelectorAll('#viewer img, .card img')].every((one) => one.complete && one.naturalWidth)"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def tab(width: int, height: int) -> Iterator[Any]:
    """A fresh page of a browser, drawn at one and a half times its size."""
    from playwright.sync_api import sync_playwright

    program = next(found for name in PROGRAMS if (found := shutil.which(name)))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=1.5).new_page()
        browser.close()


def indexed(folder: Path) -> Path:
    """The samples, indexed in the folder; returns the index."""
    copy_samples(folder / "documents")
    with mmrag.Corpus(folder / "index", profile="offline") as corpus:
        corpus.index(folder / "documents")
    return folder / "index"


def export(index: Path, folder: Path) -> Path:
    """Ask, and write the answer into the folder; returns the page."""
    with mmrag.Corpus(index) as corpus:
        answer = corpus.ask(QUESTION)
        labels = [claim.verdict.label for claim in answer.claims]
        assert labels == ["supported", "contradicted", "supported"], labels
        return corpus.export(answer, folder / "answer.html")


def exported(page: Path) -> bytes:
    """What a person sees of the page, down to the end of the first page crop."""
    with tab(WIDTH, 1000) as browser:
        browser.goto(page.absolute().as_uri())
        box = browser.locator("figure").first.bounding_box()
        assert box is not None
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 24}
        return bytes(browser.screenshot(full_page=True, clip=clip))


def served(index: Path) -> bytes:
    """The web page with an answer, and the page that it cites opened beside it."""
    command = [sys.executable, "-m", "mmrag", "serve", "--index", str(index), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
            with tab(1280, 760) as browser:
                return answered(browser, address)
        finally:
            server.send_signal(signal.SIGINT)


def answered(browser: Any, address: str) -> bytes:
    """Sign in, ask, open the first citation, and wait for the pictures."""
    browser.goto(address)
    browser.fill("#question", ON_THE_WEB)
    browser.press("#question", "Enter")
    browser.locator(".turn-foot").first.wait_for(timeout=60_000)
    browser.locator(".claim .cite").first.click()
    for _ in range(15):  # not wait_for_function, which the policy of the page forbids
        browser.wait_for_timeout(1000)
        if browser.evaluate(DRAWN):
            break
    return bytes(browser.screenshot())


def save(name: str, data: bytes) -> None:
    """Write a picture; one that is too large with 256 colours, chosen so that those of the marks stay."""
    shot, target = Image.open(io.BytesIO(data)).convert("RGB"), IMAGES / name
    shot.save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        shot.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE).save(target, optimize=True)
    size = target.stat().st_size
    assert size <= MOST_BYTES, f"{name}: {size} bytes"
    print(f"{name}: {shot.width} x {shot.height}, {size / 1000:.0f} kB")


def main() -> None:
    """Index the samples, unless they are, and take both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, help="an index of the samples; else they are indexed anew")
    given = parser.parse_args().index
    with tempfile.TemporaryDirectory() as folder:
        index = given or indexed(Path(folder))
        save("answer.png", exported(export(index, Path(folder))))
        save("web.png", served(index))


if __name__ == "__main__":
    main()
