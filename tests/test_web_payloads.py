"""Documents and models that try to run script in the page or to make it speak to someone: nothing runs, nothing goes.

Over three hundred payloads come in by file names, the text of PDFs, words read by OCR, what models answer, questions,
and addresses of the page. Each would call `hit` of the page or ask a canary server, if anything in it had an effect.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont
from scripted_server import Handler, scripted, streams
from serving import running
from web_browser import Tab, chromium, tab

import mmrag

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web_payloads")]

# Counted in what the page has shown, not in what was made: a payload that nobody sees proves nothing.
LEAST_OF_FILES, LEAST_OF_OCR, LEAST_OF_MODELS, LEAST_OF_PEOPLE = 180, 6, 80, 45
assert LEAST_OF_FILES + LEAST_OF_OCR + LEAST_OF_MODELS + LEAST_OF_PEOPLE > 300

SHAPES = (
    "<script>hit({n})</script>",
    "<ScRiPt>hit({n})</sCrIpT>",
    "<script src={c}/{n}></script>",
    "<script/src=//{h}/{n}></script>",
    '"><script>hit({n})</script>',
    "'><script>hit({n})</script>",
    "</title><script>hit({n})</script>",
    "</textarea><script>hit({n})</script>",
    "</script><script>hit({n})</script>",
    "<img src=x onerror=hit({n})>",
    "<img src=x onerror=hit`{n}`>",
    "<img src={c}/{n}>",
    "<img srcset={c}/{n}>",
    '"><img src=x onerror=hit({n})>',
    "' onerror=hit({n}) src=x '",
    '" onmouseover=hit({n}) x="',
    '" autofocus onfocus=hit({n}) x="',
    "<svg onload=hit({n})>",
    "<svg><script>hit({n})</script></svg>",
    "<svg><animate onbegin=hit({n}) attributeName=x dur=1s>",
    "<svg><use href={c}/{n}#x></svg>",
    "<math><a xlink:href=javascript:hit({n})>x</a></math>",
    "<body onload=hit({n})>",
    "<iframe src=javascript:hit({n})></iframe>",
    '<iframe srcdoc="<script>parent.hit({n})</script>"></iframe>',
    "<iframe src={c}/{n}></iframe>",
    "<object data={c}/{n}></object>",
    "<embed src={c}/{n}>",
    "<link rel=stylesheet href={c}/{n}>",
    "<link rel=prefetch href={c}/{n}>",
    "<style>@import '{c}/{n}';</style>",
    "<style>*{{background:url({c}/{n})}}</style>",
    "<div style=background:url({c}/{n})>x</div>",
    "<meta http-equiv=refresh content=0;url={c}/{n}>",
    "<base href={c}/{n}/>",
    "<form action={c}/{n}><input type=submit autofocus onfocus=hit({n})></form>",
    "<video src={c}/{n} autoplay onerror=hit({n})></video>",
    "<audio src=x onerror=hit({n})>",
    "<details open ontoggle=hit({n})>x</details>",
    "<input autofocus onfocus=hit({n})>",
    "<select autofocus onfocus=hit({n})></select>",
    "<marquee onstart=hit({n})>x</marquee>",
    "<a href=javascript:hit({n})>open</a>",
    "<a href={c}/{n} ping={c}/{n}>open</a>",
    "![x]({c}/{n})",
    "[x](javascript:hit({n}))",
    "[x]({c}/{n})",
    "<{c}/{n}>",
    "{c}/{n}.png",
    "javascript:hit({n})",
    "data:text/html,<script>hit({n})</script>",
    "**<img src=x onerror=hit({n})>**",
    "- <img src=x onerror=hit({n})>",
    "[E1](javascript:hit({n}))",
    "[E1<img src=x onerror=hit({n})>]",
    "`<img src=x onerror=hit({n})>`",
    "{{{{constructor.constructor('hit({n})')()}}}}",
    "${{hit({n})}}",
    "<%= hit({n}) %>",
    "&lt;script&gt;hit({n})&lt;/script&gt;",
    "\\u003cscript\\u003ehit({n})\\u003c/script\\u003e",
    "%3Cscript%3Ehit({n})%3C/script%3E",
    "<!--><script>hit({n})</script>-->",
    "<![CDATA[<script>hit({n})</script>]]>",
    "<noscript><p title='</noscript><img src=x onerror=hit({n})>'>",
    "<template><script>hit({n})</script></template>",
    "<x contenteditable onblur=hit({n})>x</x>",
    "event: answer data: <script>hit({n})</script>",
)
HIT = "window.hit = (number) => { (window.hits ??= []).push(String(number)); }; window.alert = window.hit;"


class Canary:
    """A server that nobody should ever ask."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        told = self.asked

        class Handler(BaseHTTPRequestHandler):
            def parse_request(self) -> bool:
                told.append(str(self.raw_requestline))  # whatever the method
                return super().parse_request()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"


class Payloads:
    """Payloads with a number each, by which a page tells which of them it has shown."""

    def __init__(self, canary: Canary) -> None:
        self._canary = canary
        self.made: dict[int, str] = {}

    def take(self, count: int, fits: Any = lambda text: True) -> list[str]:
        """The next ones that fit the place where they are put."""
        found: list[str] = []
        while len(found) < count:
            number = 10_000 + len(self.made)
            shape = SHAPES[(len(self.made) * 7) % len(SHAPES)]
            text = shape.format(n=number, h=self._canary.host, c=f"http://{self._canary.host}")
            if not fits(text):
                text = text.replace("/", "&#47;")
            self.made[number] = text
            found.append(text)
        return found

    def shown_in(self, text: str) -> set[int]:
        """The numbers of those that a text holds."""
        return {number for number in self.made if str(number) in text}


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    found = Canary()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def payloads(canary: Canary) -> Payloads:
    return Payloads(canary)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@contextmanager
def _watched(browser: Any, server: Any, canary: Canary) -> Iterator[Tab]:
    """A tab; when it is done with, nothing in it has run and nothing has gone anywhere."""
    with tab(browser, server) as found:
        found.page.context.add_init_script(HIT)
        found.page.reload()
        found.page.wait_for_selector(".composer")
        yield found
        found.page.wait_for_timeout(500)
        assert found.page.evaluate("() => window.hits ?? []") == []
        assert found.page.evaluate("() => typeof window.hit") == "function"  # else nothing above means anything
        assert canary.asked == []
        found.clean()


def _everything_tried(page: Any) -> None:
    """Point at, focus and unfold what is there, as a person might."""
    page.evaluate(
        """() => { for (const node of document.querySelectorAll("#view *, #recent *, #viewer *")) {
             for (const kind of ["mouseover", "mouseenter", "pointerdown", "focus", "blur", "toggle"])
               node.dispatchEvent(new Event(kind, {bubbles: true}));
             if (node.tagName === "DETAILS") node.open = true;
           } }"""
    )


def _pdf(path: Path, lines: list[str]) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=900, height=842)
        for at, line in enumerate(lines):
            page.insert_text((40, 60 + 24 * at), line, fontsize=11)
        document.set_metadata({"title": lines[0], "author": lines[-1]})
        document.save(path)


def _picture(path: Path, lines: list[str]) -> None:
    image = Image.new("RGB", (1700, 110 * len(lines) + 60), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(40)
    for at, line in enumerate(lines):
        draw.text((40, 40 + 110 * at), line, "black", font)
    image.save(path)


def _indexed(home: Path, **settings: Any) -> Path:
    with mmrag.Corpus(home / "index", text="fake", pixels="none", workers=1, **settings) as corpus:
        corpus.index(home / "files")
    return home / "index"


def test_names_and_texts_of_files(browser: Any, canary: Canary, payloads: Payloads, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    names = payloads.take(70, lambda text: "/" not in text)
    for at, name in enumerate(names):
        (files / f"n{at // 24} {name}.txt"[:250]).write_text(f"heron number {at}", "utf-8")
    broken = payloads.take(20, lambda text: "/" not in text)
    for name in broken:
        (files / f"{name}.pdf").write_bytes(b"%PDF-1.4 torn")
    for at in range(24):
        _pdf(files / f"bittern{at}.pdf", ["bittern", *payloads.take(5)])
    index = _indexed(tmp_path, ocr="off")
    shown: set[int] = set()
    with running(index) as server, _watched(browser, server, canary) as found:
        page = found.page
        for view in (
            "/search?q=heron&path=n0",
            "/search?q=heron&path=n1",
            "/search?q=heron&path=n2",
            "/search?q=bittern",
        ):
            found.go(view)
            page.locator(".hit").first.wait_for(timeout=60_000)
            while (more := page.get_by_role("button", name="More pages")).count():
                before = page.locator(".hit").count()
                more.evaluate("(node) => node.click()")
                page.wait_for_function("(many) => document.querySelectorAll('.hit').length > many", arg=before)
            shown |= payloads.shown_in(page.locator("#view").text_content())
            _everything_tried(page)
        page.locator(".hit").first.click()
        page.locator(".viewer-quote").wait_for()
        for _ in range(23):
            shown |= payloads.shown_in(page.locator("#viewer").text_content())
            page.keyboard.press("ArrowRight")
        _everything_tried(page)
        found.go("/index")
        page.locator(".trouble").first.wait_for()
        shown |= payloads.shown_in(page.locator("#view").text_content())
        _everything_tried(page)
        found.go("/")
        turn = found.ask("What does the bittern say?")
        shown |= payloads.shown_in(turn.text_content())
        _everything_tried(page)
    assert len(shown) >= LEAST_OF_FILES, len(shown)


def test_words_read_by_ocr(browser: Any, canary: Canary, payloads: Payloads, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for at in range(3):
        _picture(files / f"sign{at}.png", ["warbler", *payloads.take(4, lambda text: len(text) < 60)])
    index = _indexed(tmp_path)
    with running(index) as server, _watched(browser, server, canary) as found:
        found.go("/search?q=warbler")
        found.page.locator(".hit").first.wait_for(timeout=60_000)
        text = found.page.locator("#view").text_content()
        assert "read by OCR" in text
        assert text.count("<") >= 6  # recognition mangles some of them; that markup comes through is what counts
        shown = payloads.shown_in(text)
        assert len(shown) >= LEAST_OF_OCR
        found.page.locator(".hit").first.click()
        found.page.locator(".viewer-quote").wait_for()
        _everything_tried(found.page)


def test_what_models_answer(browser: Any, canary: Canary, payloads: Payloads, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    given = payloads.take(168)
    for at in range(0, len(given), 12):
        _pdf(files / f"stork{at}.pdf", ["The stork wrote this.", *given[at : at + 12]])
    index = _indexed(tmp_path, ocr="off")
    replies = [" ".join(f"The stork wrote {text} [E1]." for text in given[at : at + 12]) for at in range(0, 168, 12)]

    def reply(handler: Handler) -> None:
        """What belongs to the question that was asked last: a check of a claim may ask the model, too."""
        asked = re.findall(r"stork write, (\d+)", json.dumps(handler.script.asked[-1]))
        streams(replies[int(asked[-1])] if asked else "yes")(handler)

    shown: set[int] = set()
    with (
        scripted(reply) as script,
        running(index, llm=f"openai:some-model@{script.url}") as server,
        _watched(browser, server, canary) as found,
    ):
        for at in range(len(replies)):
            turn = found.ask(f"What did the stork write, {at}?")
            shown |= payloads.shown_in(turn.text_content())
            _everything_tried(found.page)
        assert len(script.asked) >= len(replies)
    assert len(shown) >= LEAST_OF_MODELS, len(shown)


def test_questions_titles_and_addresses(browser: Any, canary: Canary, payloads: Payloads, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "crane.txt").write_text("The crane stood still.", "utf-8")
    index = _indexed(tmp_path, ocr="off")
    shown: set[int] = set()
    with running(index) as server, _watched(browser, server, canary) as found:
        page = found.page
        asked = payloads.take(30)
        for text in asked:
            assert server.ask(f"crane {text}")[-1][0] in ("answer", "error")
        page.reload()
        found.go("/history")
        page.locator(".talk").first.wait_for()
        shown |= payloads.shown_in(page.locator("#view").text_content())
        _everything_tried(page)
        page.locator(".talk a").first.click()
        page.locator(".turn-foot").wait_for()
        page.get_by_role("link", name="History").click()
        page.locator(".talk .icon-button").first.click()
        _everything_tried(page)
        for text in payloads.take(20):
            found.go(f"/search?q={quote(text)}&path={quote(text)}&kind={quote(text)}&since={quote(text)}")
            page.locator(".problem, .empty-title, .hit").first.wait_for()
            assert page.input_value("#f-q") == text
            shown |= payloads.shown_in(text)
            found.go(f"/c/{quote(text, safe='')}")
            page.locator(".problem").first.wait_for()
            _everything_tried(page)
    assert len(shown) >= LEAST_OF_PEOPLE, len(shown)
