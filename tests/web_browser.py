"""A headless Chromium at the web page, which notes what it should never see; tests skip where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from serving import TOKEN, Running

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips the test where the driver or the browser is not installed."""
    driver = pytest.importorskip("playwright.sync_api", reason="the browser driver (playwright) is not installed")
    program = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no Chromium here: none of {', '.join(PROGRAMS)} is on the path")
    with driver.sync_playwright() as started:
        # Containers mostly run tests as root, where Chromium's own sandbox does not start.
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """A page of the browser that is signed in, with all that it complained of and asked for elsewhere."""

    page: Any
    url: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def go(self, address: str) -> None:
        """Open a view by what stands behind the # of its address."""
        self.page.evaluate("(hash) => { location.hash = hash; }", address)

    def ask(self, question: str) -> Any:
        """Type a question, press Enter, and wait for what comes of it."""
        before = self.page.locator(".turn").count()
        self.page.fill("#question", question)
        self.page.press("#question", "Enter")
        turn = self.page.locator(".turn").nth(before)
        turn.locator(".turn-foot, .problem").first.wait_for(timeout=60_000)
        return turn

    def clean(self) -> None:
        """Nothing failed, was forbidden, or went elsewhere."""
        assert (self.errors, self.elsewhere, self.dialogs) == ([], [], [])


@contextmanager
def tab(browser: Any, server: Running, **look: Any) -> Iterator[Tab]:
    """A fresh browser profile at the page of `server`, signed in by the address that the server prints."""
    context = browser.new_context(**{"viewport": DESK, "locale": "en-GB", **look})
    context.set_default_timeout(60_000)  # drawing a first page takes seconds where others work, too
    page = context.new_page()
    found = Tab(page, server.url)

    def told(message: Any) -> None:
        # That a picture or an answer did not come is shown in the page; here only what the page itself did wrong.
        if message.type == "error" and "Failed to load resource" not in message.text:
            found.errors.append(message.text)

    def asked(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != urlsplit(server.url).netloc:
            found.elsewhere.append(request.url)

    def spoke(dialog: Any) -> None:
        found.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("console", told)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("dialog", spoke)
    context.on("request", asked)
    try:
        page.goto(f"{server.url}/?token={TOKEN}")
        page.wait_for_selector(".composer")
        yield found
    finally:
        context.close()
