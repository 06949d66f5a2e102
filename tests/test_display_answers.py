"""What people and programs see of answers: verdicts in words, pages with a box, nothing of a document obeyed."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len
from rich.console import Console, RenderableType

from mmrag import display
from mmrag.display.cited import view_box
from mmrag.display.crops import Crop
from mmrag.errors import SourceChanged, UsageError
from mmrag.types import Answer, Box, Citation, Claim, Document, Evidence, Label, Region, Verdict

HOSTILE = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\u202egnp.exe\u2066\udcff<script>alert(1)</script>\"'&\x7f"
REPORT = Document("ab" * 32, Path("/data/보고서/[red]연간 보고서.pdf"), 8)
REGION = Region(7, REPORT, 3, "table", Box(0.1, 0.2, 0.9, 0.4), "분기별 매출은 10.4억 원이었다.")
FOUND = (
    Evidence("E1", REGION, 1.25, {"words": 3.5}, snippet="분기별 매출은 10.4억 원이었다."),
    Evidence("E2", replace(REGION, id=9, page=4), 1.0, {"words": 2.5}, stale=True, snippet="Operating margin 13.2 %"),
)
CELL = Citation(REGION, Box(0.5, 0.3, 0.6, 0.32), "매출 10.4억")
HELD = Claim("1분기 매출: 10.4억 원", Verdict("supported", 0.968, "the page states it", (CELL,)))
WRONG = Claim("1분기 매출: 10.5억 원", Verdict("contradicted", 0.03, "the page says 10.4억, not 10.5억", (CELL,)))
NOWHERE = Claim("2분기 매출: 11억 원", Verdict("not_found", 0.2))
ANSWER = Answer(
    "1분기 매출은?", "10.4억 원 [E1]", "", (HELD, WRONG, NOWHERE), FOUND, {"generator": "extractive"}, (1200, 88)
)
REFUSED = Answer("누가 서명했나?", None, "no page found states who signed", (), FOUND, {"generator": "extractive"})


def rendered(view: RenderableType, width: int = 80, colour: bool = False, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace")
    Console(file=stream, width=width, force_terminal=colour, highlight=False).print(view)
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


def white_page(region: Region, long_side: int) -> Image.Image:
    """Stands in for `Corpus.crop`: white pixels with the shape of the region on an A4 page."""
    wide, high = (region.box.right - region.box.left) * 595, (region.box.bottom - region.box.top) * 842
    scale = long_side / max(wide, high)
    return Image.new("RGB", (round(wide * scale), round(high * scale)), "white")


# -------------------------------------------------------------------------------------------------------- terminal


def test_an_answer_shows_text_verdicts_reasons_sources_and_cost() -> None:
    shown = rendered(display.answer_view(ANSWER, 0.42))
    assert shown.startswith("10.4억 원 [E1]\n")
    assert "✓ 1분기 매출: 10.4억 원 [E1] 97%" in shown
    assert "✗ struck out: 1분기 매출: 10.5억 원\n  the page says 10.4억, not 10.5억 [E1]" in shown
    assert "? struck out: 2분기 매출: 11억 원\n  not found" in shown
    assert "E1  [red]연간 보고서.pdf · page 3 of 8" in shown
    assert "“매출 10.4억”" in shown
    assert "1 supported · 2 struck out · 0.4 s · 1,200 + 88 tokens · extractive" in shown


def test_what_is_struck_out_is_struck_through_and_said_in_words() -> None:
    shown = rendered(display.answer_view(ANSWER), colour=True)
    assert "\x1b[9m1분기 매출: 10.5억 원" in shown
    assert "struck out" in shown
    assert "\x1b[9m1분기 매출: 10.4억" not in shown


def test_an_answer_without_labels_gets_those_of_what_supports_it() -> None:
    assert rendered(display.answer_view(replace(ANSWER, text="10.4억 원"))).startswith("10.4억 원 [E1]\n")


def test_a_refusal_says_why_and_shows_the_nearest_pages_and_stale_ones() -> None:
    shown = rendered(display.answer_view(REFUSED, 0.2))
    assert "No answer. No page found states who signed" in shown
    assert "Nearest pages" in shown
    assert "E2  [red]연간 보고서.pdf · page 4 of 8" in shown
    assert "changed since it was read" in shown


def test_what_stands_there_but_is_not_shown_is_no_supported_answer() -> None:
    shown = rendered(display.answer_view(replace(REFUSED, claims=(HELD,), reason="it may be wrong")))
    assert "✓" not in shown
    assert "On the page, but perhaps not the answer:\n? 1분기 매출: 10.4억 원 [E1]" in shown
    page = display.answer_html(replace(REFUSED, claims=(HELD,)))
    assert "✓" not in page
    assert "perhaps not the answer" in page


def test_a_false_premise_is_contradicted_and_not_struck_out() -> None:
    text = f"Not what the page says: “{WRONG.text}”. [E1]"
    shown = rendered(display.answer_view(replace(ANSWER, text=text, claims=(WRONG,))))
    assert f"✗ contradicted: {WRONG.text}\n  the page says 10.4억" in shown
    assert "struck" not in shown


def test_a_correction_stands_behind_what_it_corrects() -> None:
    mended = replace(HELD, text="1분기 매출: 10.4억 원.", corrects=WRONG.text)
    answer = replace(ANSWER, claims=(WRONG, HELD, mended), reason="1 corrected to what the page says: ...")
    shown = rendered(display.answer_view(answer))
    lines = shown.splitlines()
    at = next(number for number, line in enumerate(lines) if "struck out: 1분기" in line)
    assert lines[at + 1].startswith("  the page says")
    assert lines[at + 2] == "✓ corrected: 1분기 매출: 10.4억 원. [E1] 97%"
    assert "2 supported, 1 of them corrected" in shown
    assert "struck out ·" not in shown
    page = display.answer_html(answer)
    assert f"<del>{WRONG.text}</del>" in page
    assert page.index("<del>") < page.index("<strong>corrected: </strong>") < page.rindex(HELD.text)
    found = display.answer_json(answer, 0.1)["claims"]
    assert [claim["corrects"] for claim in found] == [None, None, WRONG.text]
    assert "corrects" not in display.verify_json(WRONG, 0.1)


def test_a_stale_source_says_so() -> None:
    stale = replace(ANSWER, evidence=(replace(FOUND[0], stale=True),))
    assert "changed since it was read" in rendered(display.answer_view(stale))


def test_a_terminal_of_ascii_gets_ascii_signs() -> None:
    answer = replace(ANSWER, text="13.2 %", claims=(replace(HELD, text="Margin: 13.2 %"), replace(WRONG, text="x")))
    shown = rendered(display.answer_view(answer, 1.0), encoding="ascii")
    assert "+ Margin: 13.2 %" in shown
    assert "x struck out" in shown
    assert "1 supported - 1 struck out" in shown


def test_a_verdict_is_a_word_with_reason_source_and_chance() -> None:
    shown = rendered(display.verdict_view(WRONG, 0.3))
    assert "✗ contradicted: 1분기 매출: 10.5억 원\n  the page says 10.4억, not 10.5억" in shown
    assert "[red]연간 보고서.pdf · page 3 of 8" in shown
    assert "chance that the evidence supports it: 3%" in shown
    assert "? not found: " in rendered(display.verdict_view(NOWHERE))
    assert "✗ struck out: 1분기 매출: 10.5억 원" in rendered(display.verdict_view(WRONG, drafted=True))
    assert "✓ supported: " in rendered(display.verdict_view(HELD, drafted=True))


def test_a_given_text_is_no_file() -> None:
    typed = replace(REGION, document=Document("cd" * 32, Path(), 1), page=1)
    claim = replace(HELD, verdict=replace(HELD.verdict, citations=(Citation(typed, Box(), "words"),)))
    shown = rendered(display.verdict_view(claim))
    assert "the text given" in shown
    cited = display.verify_json(claim, 0.1)["citations"][0]
    nowhere = {"label": None, "path": None, "page": None, "box": None, "hidden_words": 0, "warning": None}
    assert cited == {**nowhere, "quote": "words"}


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("width", [80, 40])
def test_no_control_character_reaches_the_terminal_and_no_line_is_too_wide(colour: bool, width: int) -> None:
    document = Document("ab" * 32, Path(f"/data/{HOSTILE}/{HOSTILE}.pdf"), 2)
    region = Region(1, document, 1, "page", Box(), HOSTILE * 5)
    verdicts = [Verdict(label, 0.5, HOSTILE, (Citation(region, None, HOSTILE * 9),)) for label in display_labels()]
    claims = tuple(Claim(f"{HOSTILE}\n가나다라 {HOSTILE}", verdict) for verdict in verdicts)
    evidence = (Evidence("E1", region, 1.0, snippet=HOSTILE),)
    answer = Answer(HOSTILE, f"{HOSTILE}\n[E1]", HOSTILE, claims, evidence, {"generator": HOSTILE})
    views = [
        display.answer_view(answer, 1.0),
        display.answer_view(replace(answer, text=None, claims=())),
        display.sources_view(answer),
        *(display.verdict_view(claim) for claim in claims),
        *(display.claim_view(claim, evidence) for claim in claims),
    ]
    for view in views:
        shown = rendered(view, width, colour)
        for forbidden in ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "\x7f", "\udcff"):
            assert forbidden not in shown
        plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
        assert all(cell_len(line) <= width for line in plain.splitlines())


def display_labels() -> tuple[Label, ...]:
    return ("supported", "contradicted", "not_found")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200), st.integers(20, 100))
def test_any_claim_fits_any_width(text: str, width: int) -> None:
    shown = rendered(display.claim_view(replace(WRONG, text=text)), width)
    assert all(cell_len(line) <= width for line in shown.splitlines())


# ------------------------------------------------------------------------------------------------------------ JSON


def test_an_answer_in_json_has_every_promised_field() -> None:
    found = json.loads(display.to_json(display.answer_json(ANSWER, 0.4211)))
    assert {"question", "text", "abstained", "reason", "claims", "evidence", "models", "seconds"} <= found.keys()
    assert found["abstained"] is False
    assert [claim["verdict"] for claim in found["claims"]] == ["supported", "contradicted", "not_found"]
    first = found["claims"][0]
    assert {"text", "verdict", "probability", "reason", "citations", "corrects"} == first.keys()
    assert first["corrects"] is None
    place = {"label": "E1", "path": str(REPORT.path), "page": 3, "box": [0.5, 0.3, 0.6, 0.32], "quote": "매출 10.4억"}
    assert first["citations"] == [{**place, "hidden_words": 0, "warning": None}]
    assert found["evidence"][1]["label"] == "E2"
    assert found["evidence"][1]["stale"] is True
    assert found["usage"] == {"prompt_tokens": 1200, "completion_tokens": 88}
    refused = display.answer_json(REFUSED, 0.1)
    assert (refused["text"], refused["abstained"], refused["usage"]) == (None, True, None)


def test_a_verdict_in_json_has_every_promised_field() -> None:
    found = json.loads(display.to_json(display.verify_json(WRONG, 0.1)))
    assert {"claim", "verdict", "probability", "reason", "citations"} <= found.keys()
    assert (found["claim"], found["verdict"]) == (WRONG.text, "contradicted")


# -------------------------------------------------------------------------------------------------------- pictures


def test_the_box_is_drawn_where_the_words_stand() -> None:
    spot = display.spots(ANSWER.claims, ANSWER.evidence)[0]
    image = display.spot_picture(spot, white_page, 1000)
    view = view_box(spot)
    assert (view.left, view.right) == (0.0, 1.0)
    x = 0.55 * image.width
    y = (0.31 - view.top) / (view.bottom - view.top) * image.height
    red, _, blue = image.getpixel((round(x), round(y)))
    assert (red, blue) == (255, 120)
    assert image.getpixel((round(0.3 * image.width), round(y))) == (255, 255, 255)
    edge = [image.getpixel((round(x), row)) for row in range(image.height)]
    assert (214, 62, 32) in edge


def test_a_page_is_shown_once_with_all_its_boxes_and_supported_claims_first() -> None:
    other = Citation(replace(REGION, page=4), Box(0.1, 0.1, 0.2, 0.2), "b")
    more = Citation(REGION, Box(0.7, 0.3, 0.8, 0.32), "c")
    claims = (
        replace(WRONG, verdict=replace(WRONG.verdict, citations=(other,))),
        HELD,
        replace(HELD, verdict=replace(HELD.verdict, citations=(more, CELL))),
    )
    found = display.spots(claims, FOUND)
    assert [(spot.label, spot.region.page) for spot in found] == [("E1", 3), ("E2", 4)]
    assert found[0].boxes == (CELL.box, more.box)
    assert found[0].quotes == ("매출 10.4억", "c")
    assert found[1].stale


@given(
    st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.sampled_from(("table", "picture", "passage"))
)
def test_what_is_shown_is_on_the_page_and_holds_the_box(a: float, b: float, c: float, d: float, kind: str) -> None:
    box = Box(min(a, b), min(c, d), max(a, b), max(c, d))
    spot = display.Spot("E1", replace(REGION, kind=kind), (box,))  # type: ignore[arg-type]
    view = view_box(spot)
    assert 0 <= view.top <= box.top + 1e-9
    assert box.bottom - 1e-9 <= view.bottom <= 1 + 1e-9


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "dumb"}, None),
        ({"TERM": "xterm-kitty", "MMRAG_PICTURES": "none"}, None),
        ({"TERM": "xterm", "MMRAG_PICTURES": "sixel"}, "sixel"),
        ({}, None),
    ],
)
def test_terminals_that_show_pictures_are_known(environment: dict[str, str], protocol: str | None) -> None:
    assert display.picture_protocol(environment) == protocol


def test_pictures_for_terminals_hold_the_image() -> None:
    image = Image.effect_noise((700, 300), 60).convert("RGB")
    kitty = display.encode_picture(image, "kitty", 80)
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty)
    assert "".join(f"\x1b_G{head};{data}\x1b\\" for head, data in pieces) == kitty
    assert all(len(data) <= 4096 for _, data in pieces)
    assert [head[-1] for head, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    assert Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces)))).size == (700, 300)
    iterm = display.encode_picture(image, "iterm2", 80)
    assert iterm.startswith("\x1b]1337;File=inline=1;")
    assert iterm.endswith("\x07")
    assert Image.open(io.BytesIO(base64.b64decode(iterm.split(":", 1)[1][:-1]))).size == (700, 300)


def test_a_sixel_picture_decodes_to_its_colours() -> None:
    image = Image.new("RGB", (30, 14), "white")
    image.paste((255, 0, 0), (5, 2, 12, 9))
    decoded = _sixel_pixels(display.encode_picture(image, "sixel", 80))
    assert decoded.size == (30, 14)
    assert decoded.tobytes() == image.tobytes()


def _sixel_pixels(text: str) -> Image.Image:
    """A small decoder of what the encoder writes, by the definition of the format."""
    body = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert body
    image = Image.new("RGB", (int(body[1]), int(body[2])))
    colours: dict[int, tuple[int, ...]] = {}
    x = y = colour = 0
    tokens = re.findall(r"#(\d+)((?:;\d+){4})?|(?:!(\d+))?([?-~])|([$-])", body[3])
    for number, rgb, count, sixel, move in tokens:
        if number and rgb:
            colours[int(number)] = tuple(round(int(value) * 255 / 100) for value in rgb.split(";")[2:])
        elif number:
            colour = int(number)
        elif sixel:
            for _ in range(int(count or 1)):
                for bit in range(6):
                    if ord(sixel) - 63 >> bit & 1:
                        image.putpixel((x, y + bit), colours[colour])
                x += 1
        elif move:
            x, y = 0, y + (6 if move == "-" else 0)
    return image


# ------------------------------------------------------------------------------------------------------------ HTML


def page_of(answer: Answer, crop: Crop) -> str:
    return display.answer_html(answer, display.draw_pages(answer, crop))


class _Tags(html.parser.HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_an_exported_answer_is_one_file_with_pictures_hashes_and_models() -> None:
    page = page_of(ANSWER, white_page)
    found = _Tags(page)
    pictures = [attrs["src"] or "" for tag, attrs in found.tags if tag == "img"]
    assert len(pictures) == 1
    picture = Image.open(io.BytesIO(base64.b64decode(pictures[0].split(",", 1)[1])))
    assert (255, 236, 120) in [colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []]
    for words in ("10.4억 원", "[E1]", "the page says 10.4억, not 10.5억", "ab" * 32, "extractive", "page 3 of 8"):
        assert words in found.words
    assert "/data/보고서" not in page
    assert next(attrs["href"] for tag, attrs in found.tags if tag == "a") == "#E1"
    assert "E1" in [attrs.get("id") for tag, attrs in found.tags if tag == "figure"]


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else() -> None:
    page = page_of(ANSWER, white_page)
    found = _Tags(page)
    policy = next(attrs["content"] or "" for tag, attrs in found.tags if attrs.get("http-equiv"))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert not [attrs for _, attrs in found.tags if "style" in attrs or any(name.startswith("on") for name in attrs)]


@pytest.mark.parametrize("refused", [False, True])
def test_nothing_of_a_document_becomes_markup(refused: bool) -> None:
    document = Document('"><script>', Path(f"/data/{HOSTILE}.pdf"), 2)
    region = Region(1, document, 1, "page", Box(), HOSTILE)
    claims = tuple(
        Claim(HOSTILE, Verdict(label, 0.5, HOSTILE, (Citation(region, None, HOSTILE),))) for label in display_labels()
    )  # type: ignore[arg-type]
    evidence = (Evidence('"><img src=x onerror=alert(1)>', region, 1.0, snippet=HOSTILE),)
    answer = Answer(HOSTILE, None if refused else HOSTILE, HOSTILE, claims, evidence, {HOSTILE: HOSTILE})
    page = page_of(answer, white_page)
    page.encode("utf-8")
    allowed = "html head meta title style body article h1 h2 p ol li span a del figure figcaption strong blockquote"
    assert {tag for tag, _ in _Tags(page).tags} <= {*allowed.split(), "img", "dl", "dt", "dd", "code"}
    assert "\x1b" not in page


def test_a_page_that_is_gone_is_said_so_without_its_folder() -> None:
    def gone(region: Region, long_side: int) -> Image.Image:
        raise SourceChanged(f"{region.document.path} is not the file that was indexed")

    page = page_of(ANSWER, gone)
    assert "The page cannot be shown" in page
    assert "/data/" not in page


def test_an_answer_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "answer.html"
    display.write_pack(ANSWER, file, white_page)
    assert file.read_text("utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["answer.html"]
    with pytest.raises(UsageError):
        display.write_pack(ANSWER, tmp_path / "none" / "answer.html")
