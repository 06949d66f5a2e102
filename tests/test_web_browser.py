"""The web page as a person uses it, in a real browser over a real index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scripted_server import hangs, scripted
from serving import Running, running, until, write_files, write_pdf
from web_browser import PHONE, Tab, chromium, tab

import mmrag

QUESTION = "What was the revenue in 2024?"
pytestmark = pytest.mark.xdist_group("web_browser")  # one browser and one server for all

VIEWS = ("/", "/search?q=revenue", "/index", "/history")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files that can be read, one that cannot, and one that will be changed."""
    files = write_files(tmp_path_factory.mktemp("web") / "files")
    (files / "torn.pdf").write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type")
    write_pdf(
        files / "lighthouse.pdf", ("Lighthouses", "The lighthouse of Homigot was lit in 1908.", "It is 26 m high.")
    )
    place = files.parent / "index"
    with mmrag.Corpus(place, text="fake", pixels="none", ocr="off", workers=1) as corpus:
        assert [one.path.name for one in corpus.index(files).failed] == ["torn.pdf"]
    return place


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def server(browser: Any, index: Path) -> Iterator[Running]:
    with running(index) as found:
        yield found


@pytest.fixture
def desk(browser: Any, server: Running) -> Iterator[Tab]:
    """A tab as wide as a desk's screen; nothing may have gone wrong in it when the test is over."""
    with tab(browser, server) as found:
        yield found
        found.clean()


def _no_wider_than_the_window(page: Any) -> None:
    wide = page.evaluate(
        """() => [...document.querySelectorAll("#view *, #viewer *, .side *")].filter((node) => {
             const box = node.getBoundingClientRect();
             if (!box.width || box.right <= innerWidth + 1 || node.closest(".sr, .glance, .viewer-frame")) return false;
             return !node.closest(".thumb");
           }).map((node) => node.className || node.tagName)"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_answer_comes_with_each_claim_marked_by_colour_sign_and_word(desk: Tab) -> None:
    page = desk.page
    assert page.locator(".legend li").count() == 3
    turn = desk.ask(QUESTION)
    assert "512" in turn.locator(".answer-text").inner_text()
    claim = turn.locator(".claim").first
    assert claim.get_attribute("data-verdict") == "supported"
    assert claim.locator(".sign").inner_text() == "✓"
    assert claim.locator(".verdict").inner_text() == "Supported"
    colour = "(node) => getComputedStyle(node).color"
    assert claim.locator(".verdict").evaluate(colour) != claim.locator(".claim-text").evaluate(colour)
    assert page.locator("#live").inner_text().startswith("Answer: ")
    assert page.evaluate("location.hash").startswith("#/c/")


def test_steps_are_shown_while_an_answer_is_made(desk: Tab) -> None:
    desk.page.evaluate(
        """() => { window.seen = []; new MutationObserver(() => {
             const now = document.querySelector(".steps .is-now"); if (now) window.seen.push(now.dataset.stage);
             if (document.querySelector(".making ~ .claims .claim")) window.seen.push("claim");
           }).observe(document.body, {subtree: true, childList: true, attributes: true}); }"""
    )
    desk.ask(QUESTION)
    seen = list(dict.fromkeys(desk.page.evaluate("window.seen")))
    assert seen == ["search", "read", "verify", "claim"]


def test_a_citation_opens_the_page_beside_the_answer_with_a_box_where_it_says_so(desk: Tab, server: Running) -> None:
    page = desk.page
    turn = desk.ask(QUESTION)
    opener = turn.locator(".claim .cite").first
    opener.click()
    page.wait_for_selector(".viewer-sheet:not(.is-loading) .box.is-now")
    page.wait_for_timeout(900)  # the box comes in by a movement
    answer = server.ask(QUESTION)[-1][1]
    left, top, right, bottom = answer["claims"][0]["citations"][0]["box"]
    sheet = page.locator(".viewer-sheet img").bounding_box()
    box = page.locator(".box.is-now").bounding_box()
    assert box["x"] <= sheet["x"] + left * sheet["width"] + 1 <= box["x"] + 8
    assert box["y"] <= sheet["y"] + top * sheet["height"] + 1 <= box["y"] + 8
    assert box["width"] == pytest.approx((right - left) * sheet["width"], abs=14)
    assert box["height"] == pytest.approx((bottom - top) * sheet["height"], abs=14)
    assert page.locator(".viewer-sheet img").evaluate("(image) => image.naturalWidth") >= 1000
    assert "512" in page.locator(".viewer-quote").inner_text()
    answered = turn.bounding_box()
    assert answered["x"] + answered["width"] <= page.locator("#viewer").bounding_box()["x"] + 1
    page.keyboard.press("+")
    assert page.locator(".zoom-now").inner_text() == "135 %"
    page.keyboard.press("Escape")
    assert page.locator("#viewer").is_hidden()
    assert opener.evaluate("(node) => node === document.activeElement")


def test_next_and_previous_walk_through_the_pages_by_key(desk: Tab) -> None:
    page = desk.page
    desk.go("/search?q=revenue harvest ferry")
    page.locator(".hit").first.click()
    page.wait_for_selector(".viewer-sheet")
    first = page.locator(".viewer-name").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator(".viewer-tools .tool-word").first.inner_text().startswith("2 of ")
    assert page.locator(".viewer-name").inner_text() != first
    page.keyboard.press("ArrowLeft")
    assert page.locator(".viewer-name").inner_text() == first
    assert page.locator('[data-role="prev"]').is_disabled()


def test_a_refusal_says_so_and_shows_what_comes_nearest(desk: Tab) -> None:
    turn = desk.ask("Who painted the Mona Lisa?")
    assert turn.locator(".refusal-title").inner_text() == "No answer"
    assert turn.locator(".answer-text").count() == 0
    assert turn.locator(".refusal").inner_text().count(".") >= 2
    assert turn.locator(".sources h3").inner_text() in ("Nearest pages", "Source", "Sources")
    turn.locator(".sources .card").first.click()
    desk.page.wait_for_selector(".viewer-sheet:not(.is-loading)")


def test_a_false_statement_is_marked_as_contradicted(desk: Tab) -> None:
    turn = desk.ask("Why was the revenue 900 million won in 2024?")
    claim = turn.locator('.claim[data-verdict="contradicted"]').first
    assert claim.locator(".sign").inner_text() == "✗"
    assert claim.locator(".verdict").inner_text().startswith("Contradicted")
    assert "512" in turn.inner_text()


def test_a_conversation_goes_on_is_kept_and_can_be_deleted(desk: Tab, server: Running) -> None:
    page = desk.page
    desk.ask(QUESTION)
    address = page.evaluate("location.hash")
    turn = desk.ask("And in 2023?")
    assert "438" in turn.locator(".answer-text").inner_text()
    assert page.evaluate("location.hash") == address
    name = address.removeprefix("#/c/")
    assert len(server.client.get(f"/api/conversations/{name}").json()["turns"]) == 2
    page.reload()
    page.locator(".turn").nth(1).locator(".turn-foot").wait_for()
    assert "438" in page.locator(".turn").nth(1).locator(".answer-text").inner_text()
    desk.go("/history")
    row = page.locator(".talk").filter(has=page.locator(f'a[href="{address}"]'))
    row.locator(".icon-button").click()
    page.get_by_role("button", name="Keep").click()
    assert row.count() == 1
    row.locator(".icon-button").click()
    page.locator(".talk .is-danger").click()
    until(lambda: server.client.get(f"/api/conversations/{name}").status_code == 404)
    page.wait_for_function("(href) => !document.querySelector(`.talk a[href='${href}']`)", arg=address)


def test_a_list_that_arrives_late_does_not_take_back_what_was_pressed(desk: Tab) -> None:
    page = desk.page
    desk.ask(QUESTION)
    address = page.evaluate("location.hash")
    page.locator(f'#recent a[href="{address}"]').wait_for()
    waiting: list[Any] = []
    page.route("**/api/conversations", lambda route: waiting.append(route))  # noqa: PLW0108 - it is given attributes
    desk.go("/history")
    row = page.locator(".talk").filter(has=page.locator(f'a[href="{address}"]'))
    row.locator(".icon-button").click()
    asked = page.locator(".talk .is-danger")
    asked.wait_for()
    page.evaluate("document.querySelector('.talks').dataset.old = 'yes'")
    until(lambda: bool(waiting) or page.wait_for_timeout(20))
    for route in waiting:
        route.continue_()
    page.wait_for_function("() => !document.querySelector('.talks').dataset.old")
    assert asked.count() == 1
    assert asked.evaluate("(node) => node === document.activeElement")
    page.get_by_role("button", name="Keep").click()
    assert row.locator(".icon-button").count() == 1
    page.unroute("**/api/conversations")


def test_enter_never_sends_while_a_korean_syllable_is_put_together(desk: Tab) -> None:
    page = desk.page
    page.fill("#question", "신입 사원 채")
    for extra in ({"isComposing": True}, {"keyCode": 229}):
        page.evaluate(
            """(extra) => document.getElementById("question").dispatchEvent(
                 new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, ...extra}))""",
            extra,
        )
    assert page.locator(".turn").count() == 0
    assert page.input_value("#question") == "신입 사원 채"
    turn = desk.ask("신입 사원 채용 계획은 어디에서 논의하였나요?")
    assert page.locator(".question").inner_text() == "신입 사원 채용 계획은 어디에서 논의하였나요?"
    assert "회의록.txt" in turn.inner_text()
    assert page.locator(".question").evaluate("(node) => getComputedStyle(node).wordBreak") == "keep-all"


def test_shift_and_enter_make_a_new_line(desk: Tab) -> None:
    desk.page.fill("#question", "one")
    desk.page.press("#question", "Shift+Enter")
    desk.page.keyboard.type("two")
    assert desk.page.input_value("#question") == "one\ntwo"
    assert desk.page.locator(".turn").count() == 0


def test_lists_and_headings_of_an_answer_show_as_such_and_markup_as_text(desk: Tab) -> None:
    text = "## Result\\n1. first [E1]\\n2. **second**\\n- dot\\n<b>bold</b> 가나다"
    shown = desk.page.evaluate(
        f"""async () => {{ const {{ answerText }} = await import("/static/answers.js");
            const evidence = [{{label: "E1", path: "/a/b.pdf", page: 3, page_id: "x"}}];
            return answerText({{text: "{text}", claims: [], evidence}}).outerHTML; }}"""
    )
    assert "<strong>Result</strong>" in shown
    assert re.search(
        r'<ol start="1"><li dir="auto">first <button[^>]*aria-label="E1: b.pdf, page 3[^>]*>E1</button></li>', shown
    )
    assert '<li dir="auto"><strong>second</strong></li></ol><ul><li dir="auto">dot</li></ul>' in shown
    assert "&lt;b&gt;bold&lt;/b&gt; 가나다" in shown


def test_a_running_question_can_be_stopped(browser: Any, index: Path) -> None:
    with (
        scripted(hangs) as script,
        running(index, llm=f"openai:some-model@{script.url}") as server,
        tab(browser, server) as found,
    ):
        found.page.fill("#question", QUESTION)
        found.page.press("#question", "Enter")
        until(lambda: script.asked)
        assert found.page.locator(".steps .is-now").get_attribute("data-stage") == "draft"
        found.page.keyboard.press("Escape")
        assert found.page.locator(".stopped").inner_text().startswith("Stopped.")
        until(lambda: server.desk.answers.waiting == 0)
        assert found.page.locator(".send").get_attribute("aria-label") == "Ask (Enter)"
        found.clean()


def test_search_shows_thumbnails_and_its_filters_narrow_what_is_found(desk: Tab) -> None:
    page = desk.page
    page.get_by_role("link", name="Search").click()
    page.locator(".empty-title").wait_for()
    page.fill("#f-q", "revenue harvest ferry")
    page.press("#f-q", "Enter")
    page.locator(".hit").nth(3).wait_for()
    page.wait_for_function("() => document.querySelectorAll('.hit .sheet.is-loaded').length >= 3")
    page.fill("#f-path", "report")
    page.press("#f-path", "Enter")
    page.wait_for_function("() => document.querySelectorAll('.hit').length === 1")
    assert page.locator(".hit-name").inner_text() == "report.pdf"
    assert page.locator(".hit mark").count() > 0
    page.select_option("#f-kind", "table")
    page.locator(".empty-title").wait_for()
    assert page.locator(".empty-title").inner_text() == "No page passes these filters"
    page.get_by_role("button", name="Search without filters").click()
    page.locator(".hit").nth(3).wait_for()
    page.locator(".hit").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".hit").nth(1).evaluate("(node) => node === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_selector(".viewer-sheet")


def test_the_index_view_counts_tells_what_failed_and_why_and_updates(desk: Tab) -> None:
    page = desk.page
    assert page.locator("#nav-badge").inner_text() == "1"
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("i")
    page.locator(".counts").wait_for()
    assert page.locator(".counts div").first.inner_text().split() == ["Files", "6"]
    trouble = page.locator(".trouble")
    assert trouble.locator(".trouble-name").inner_text().split() == ["torn.pdf", "Damaged"]
    assert len(trouble.locator(".trouble-why").inner_text()) > 10
    page.get_by_role("button", name="Update now").click()
    page.get_by_text("Last update: ").wait_for()


def test_it_says_so_when_the_server_is_away_and_comes_back_by_itself(desk: Tab) -> None:
    page = desk.page
    page.context.set_offline(True)
    turn = desk.ask(QUESTION)
    assert turn.locator(".problem-title").inner_text() == "The server does not answer."
    assert page.locator("#banner").is_visible()
    assert "mmrag serve" in page.locator("#banner").inner_text()
    page.context.set_offline(False)
    page.locator("#banner.is-online").wait_for()
    turn.get_by_role("button", name="Try again").click()
    page.locator(".answer-text").wait_for()
    assert page.locator(".turn").count() == 1


@pytest.mark.slow
def test_pictures_are_found_again_after_a_restart_of_the_server(desk: Tab, server: Running) -> None:
    desk.ask(QUESTION)
    page = desk.page
    page.locator(".sources .sheet.is-loaded").first.wait_for()
    old = page.locator(".sources img").first.get_attribute("src")
    server.desk.ids._known.clear()  # as a new run knows none of the old names
    server.desk.ids._secret = b"another run of the server........"[:32]
    page.context.set_offline(True)
    page.evaluate("fetch('/healthz').catch(() => {})")
    page.keyboard.press("Escape")
    page.locator("#main").focus()
    page.keyboard.press("i")
    page.locator("#banner.is-offline").wait_for()
    page.go_back()
    page.context.set_offline(False)
    page.locator("#banner.is-online").wait_for()
    page.wait_for_function("(old) => document.querySelector('.sources img')?.getAttribute('src') !== old", arg=old)
    page.locator(".claim .cite").first.click()
    page.wait_for_selector(".viewer-sheet:not(.is-loading)")


def test_without_a_token_it_asks_for_the_address(desk: Tab) -> None:
    page = desk.page
    page.context.clear_cookies()
    desk.go("/history")
    page.locator("#dialog[open]").wait_for()
    page.fill("#address", f"{desk.url}/?token=a-token-for-the-tests-only")
    page.press("#address", "Enter")
    page.wait_for_url(f"{desk.url}/")
    page.locator(".scope").wait_for()


def test_a_file_that_has_changed_is_told_in_words(desk: Tab, index: Path) -> None:
    turn = desk.ask("When was the lighthouse of Homigot lit?")
    assert "1908" in turn.inner_text()
    write_pdf(index.parent / "files" / "lighthouse.pdf", ("Lighthouses", "Nothing of the kind.", "Rewritten."))
    turn.locator(".cite, .card").first.click()
    problem = desk.page.locator(".viewer-problem")
    problem.wait_for()
    assert "not the file that was indexed" in problem.inner_text()
    assert len(problem.locator("p").nth(1).inner_text()) > 10


def test_on_a_phone_everything_fits_and_the_page_covers_the_answer(browser: Any, server: Running) -> None:
    with tab(browser, server, viewport=PHONE, has_touch=True, is_mobile=True) as found:
        page = found.page
        found.ask(QUESTION)
        _no_wider_than_the_window(page)
        page.locator(".claim .cite").first.tap()
        page.wait_for_selector(".viewer-sheet:not(.is-loading)")
        assert page.locator("#viewer").bounding_box() == {"x": 0, "y": 0, **PHONE}
        assert page.locator("#main").evaluate("(node) => node.inert")
        _no_wider_than_the_window(page)
        page.locator(".viewer-close").tap()
        for view in VIEWS:
            found.go(view)
            page.wait_for_timeout(400)
            _no_wider_than_the_window(page)
        tabs = page.locator(".nav a")
        assert [one.inner_text().split("\n")[0] for one in tabs.all()] == ["Ask", "Search", "Index", "History"]
        assert min(one.bounding_box()["height"] for one in tabs.all()) >= 44
        found.clean()


def test_colours_follow_the_system_and_a_switch(browser: Any, server: Running) -> None:
    def brightness(page: Any) -> float:
        return sum(
            int(part)
            for part in re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
        )

    with tab(browser, server, color_scheme="dark") as found:
        page = found.page
        assert brightness(page) < 150
        page.locator("#theme-button").click()
        assert page.locator("#theme-button").get_attribute("aria-label") == "Colours: light"
        assert brightness(page) > 600
        page.reload()
        page.wait_for_selector(".composer")
        assert brightness(page) > 600
        found.clean()


def test_every_view_is_reached_and_left_by_keys_alone(desk: Tab) -> None:
    page = desk.page
    page.keyboard.type("n s i h ?")  # typed into the box, where they are letters
    assert page.input_value("#question") == "n s i h ?"
    page.fill("#question", "")
    page.locator("#main").focus()
    for key, heading in (("s", "Search"), ("i", "Index"), ("h", "History"), ("n", "Ask")):
        page.evaluate("document.getElementById('main').focus()")
        page.keyboard.press(key)
        page.wait_for_function("(text) => document.querySelector('#view h1')?.textContent === text", arg=heading)
    assert page.evaluate("document.activeElement.id") == "question"
    page.evaluate("document.getElementById('main').focus()")
    page.keyboard.press("?")
    page.locator("#dialog[open]").wait_for()
    page.locator("#single").uncheck()
    page.keyboard.press("Escape")
    page.locator("#dialog").wait_for(state="hidden")
    page.evaluate("document.getElementById('main').focus()")
    page.keyboard.press("s")
    assert page.locator("#view h1").inner_text() == "Ask"  # switched off


def test_an_index_that_is_not_there_yet_says_how_to_make_one(browser: Any, tmp_path: Path) -> None:
    with running(tmp_path / "nothing") as server, tab(browser, server) as found:
        page = found.page
        page.locator(".welcome .notice").wait_for()
        assert "mmrag index" in page.locator(".welcome").inner_text()
        turn = found.ask("Anything?")
        assert turn.locator(".problem").is_visible()
        found.go("/index")
        page.get_by_text("Nothing is indexed yet").wait_for()
        found.clean()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_no_view_has_a_serious_finding_of_axe(browser: Any, server: Running, scheme: str, size: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")
    look = {"viewport": PHONE, "has_touch": True} if size == "phone" else {}
    with tab(browser, server, color_scheme=scheme, reduced_motion="reduce", **look) as found:
        page = found.page

        def check(place: str) -> None:
            page.wait_for_timeout(300)
            page.evaluate(axe.AXE_SCRIPT)
            # Text of pages and thumbnails is pixels; everything else is looked at, best practices too.
            result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            bad = [one for one in result["violations"] if one["impact"] in ("serious", "critical", "moderate")]
            assert [(place, one["id"], [node["html"][:120] for node in one["nodes"]]) for one in bad] == []

        check("home")
        found.ask("Why was the revenue 900 million won in 2024?")
        found.ask("Who painted the Mona Lisa?")
        check("answers")
        page.locator(".claim .cite").first.click()
        page.wait_for_selector(".viewer-sheet:not(.is-loading)")
        check("page")
        page.keyboard.press("Escape")
        for view in ("/search", *VIEWS[1:]):
            found.go(view)
            page.wait_for_timeout(500)
            check(view)
        page.evaluate("document.getElementById('keys-button').click()")
        check("shortcuts")
