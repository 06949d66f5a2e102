"""Evidence packs: written whole, checked again against the files, and harmless whoever wrote them."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import random
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image
from rich.console import Console

import mmrag
from mmrag import display
from mmrag.cli import run
from mmrag.corpus.packs import MARK, digest, read_pack
from mmrag.errors import FormatTooNew, MmragError, NothingIndexed, PathNotFound, UsageError
from mmrag.types import Answer

REPORT = """# Annual report

Revenue rose by 18.0 % to KRW 48.6 billion in 2025. The company employed 214 people at the end of 2025.
"""
GUIDE = "재택근무는 일주일에 이틀까지 할 수 있습니다.\n"
QUESTION = "How much did revenue rise in 2025?"
HOSTILE = "\x1b]0;owned\x07\u202egnp</pre><script>document.title='owned'</script><img src=x onerror=alert(1)>&amp;\"'"


def _pdf(path: Path, *pages: str) -> None:
    with pymupdf.open() as document:
        for text in pages:
            document.new_page().insert_text((72, 100), text, fontsize=11)
        document.save(path)


def _index(index: Path, *folders: Path) -> mmrag.Corpus:
    corpus = mmrag.Corpus(index, text="none", pixels="none", ocr="off", workers=1)
    corpus.index(*folders)
    return corpus


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents with their index, and an answer exported in each form; copied for tests that change any of it."""
    home = tmp_path_factory.mktemp("pack")
    (home / "files" / "team").mkdir(parents=True)
    (home / "files" / "report.md").write_text(REPORT, "utf-8")
    (home / "files" / "team" / "안내서.txt").write_text(GUIDE, "utf-8")
    with _index(home / "index", home / "files") as corpus:
        answer = corpus.ask(QUESTION, max_risk=1)
        assert answer.claims[0].verdict.label == "supported"
        for name in ("a.html", "a.json", "folder"):
            corpus.export(answer, home / name, asked={"k": 8, "max_risk": 1})
        corpus.export(corpus.ask("재택근무는 일주일에 며칠까지 할 수 있나요?", max_risk=1), home / "ko.json")
    return home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    """The same under another path, as on another machine: indexed anew."""
    home = tmp_path / "home"
    shutil.copytree(kept, home, ignore=shutil.ignore_patterns("index"))
    _index(home / "index", home / "files").close()
    return home


def corpus_of(home: Path) -> mmrag.Corpus:
    return mmrag.Corpus(home / "index")


def record_of(file: Path) -> dict[str, Any]:
    text = file.read_text("utf-8")
    if file.suffix == ".html":
        text = html.unescape(text[text.index(MARK) + len(MARK) :].split("</pre>")[0])
    found: dict[str, Any] = json.loads(text)
    return found


def signed(record: dict[str, Any], file: Path) -> Path:
    """A record as a forger writes it, who knows the format."""
    file.write_text(json.dumps({**record, "sha256": digest(record)}), "utf-8")
    return file


def shown(view: Any) -> str:
    stream = io.StringIO()
    Console(file=stream, width=100, color_system=None).print(view)
    return stream.getvalue()


# ----------------------------------------------------------------------------------------------------------- writing


def test_a_pack_has_claims_files_boxes_pictures_models_settings_and_time(kept: Path) -> None:
    record = record_of(kept / "a.json")
    claim = record["claims"][0]
    assert (record["question"], claim["verdict"], record["abstained"]) == (QUESTION, "supported", False)
    citation = claim["citations"][0]
    data = (kept / "files" / "report.md").read_bytes()
    assert citation["file"] == hashlib.sha256(data).hexdigest()
    assert "18.0 %" in citation["quote"]
    left, top, right, bottom = citation["box"]
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    file = next(one for one in record["files"] if one["sha256"] == citation["file"])
    assert (file["name"], file["within"]) == ("report.md", "report.md")
    crop = record["crops"][0]
    picture = base64.b64decode(crop["data"])
    assert hashlib.sha256(picture).hexdigest() == crop["sha256"]
    assert Image.open(io.BytesIO(picture)).size == (crop["width"], crop["height"])
    assert crop["boxes"] == [citation["box"]]
    assert crop["view"][0] <= left <= right <= crop["view"][2]
    assert record["models"]["generator"] == "extractive"
    assert record["program"]["mmrag"] == mmrag.__version__
    assert record["settings"]["ocr"] == "off"
    assert record["asked"] == {"k": 8, "max_risk": 1}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["made"])


def test_each_form_holds_the_same_and_names_no_folder(kept: Path) -> None:
    assert sorted(path.name for path in (kept / "folder").iterdir()) == ["answer.html", "answer.json"]
    packs = [read_pack(kept / name) for name in ("a.html", "a.json", "folder", "folder/answer.html")]
    assert all(pack.whole for pack in packs)
    assert len({(pack.question, pack.claims, pack.files) for pack in packs}) == 1
    for file in (kept / "a.html", kept / "a.json", *(kept / "folder").iterdir()):
        assert str(kept) not in file.read_text("utf-8")
    assert read_pack(kept / "ko.json").files[0].within == "team/안내서.txt"


def test_the_page_needs_nothing_else_and_runs_nothing(kept: Path) -> None:
    page = (kept / "a.html").read_text("utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"<script|<link|<iframe|https?://", page)
    assert set(re.findall(r'src="(.{11})', page)) == {"data:image/"}
    assert "mmrag verify --pack" in page
    assert "data" not in record_of(kept / "a.html")["crops"][0], "the pictures are on the page already"


def test_what_cannot_be_written_is_said(kept: Path, tmp_path: Path) -> None:
    answer = Answer("Why?", None, "nothing", (), ())
    with corpus_of(kept) as corpus:
        for name in ("a.pdf", "none/a.html"):
            with pytest.raises(UsageError):
                corpus.export(answer, tmp_path / name)
        assert corpus.export(answer, tmp_path / "refused.html").is_file()
    assert read_pack(tmp_path / "refused.html").text is None
    assert [path.name for path in tmp_path.iterdir()] == ["refused.html"]


# ---------------------------------------------------------------------------------------------------------- checking


def test_what_has_not_changed_holds(home: Path) -> None:
    with corpus_of(home) as corpus:
        for name in ("a.html", "a.json", "folder", "ko.json"):
            check = corpus.recheck(home / name)
            assert check.holds
            assert {file.state for file in check.files} == {"same"}
            claim = check.claims[0]
            assert claim.same
            assert [(one.state, one.quote, one.page) for one in claim.citations] == [("same", "there", 1)]


def test_a_changed_file_changes_the_verdict_and_says_why(home: Path) -> None:
    report = home / "files" / "report.md"
    report.write_text(REPORT.replace("18.0 %", "12.0 %"), "utf-8")
    with corpus_of(home) as corpus:
        for _ in range(2):
            check = corpus.recheck(home / "a.json")
            assert not check.holds
            assert [file.state for file in check.files if file.file.name == "report.md"] == ["changed"]
            claim = check.claims[0]
            assert claim.now
            assert (claim.claim.label, claim.now.label) == ("supported", "contradicted")
            assert "12.0" in claim.now.reason
            assert claim.citations[0].quote == "gone"
            corpus.index()  # the same is said once the index knows of the change
    text = shown(display.recheck_view(check))
    assert "contradicted (was supported)" in text
    assert "the file has changed; the quote is gone" in text


def test_a_change_elsewhere_in_the_file_leaves_the_claim(home: Path) -> None:
    (home / "files" / "report.md").write_text(REPORT + "\nThe dividend was raised.\n", "utf-8")
    with corpus_of(home) as corpus:
        check = corpus.recheck(home / "a.json")
    assert check.holds
    assert check.claims[0].citations[0].state == "changed"
    assert check.claims[0].citations[0].quote == "there"


def test_a_moved_file_is_found_by_its_content(home: Path) -> None:
    (home / "files" / "report.md").rename(home / "files" / "team" / "2025.md")
    with corpus_of(home) as corpus:
        assert not corpus.recheck(home / "a.json").holds, "the index does not know the new place yet"
        corpus.index()
        check = corpus.recheck(home / "a.json")
    assert check.holds
    moved = next(file for file in check.files if file.file.name == "report.md")
    assert (moved.state, moved.path) == ("moved", home / "files" / "team" / "2025.md")
    assert "-> " in shown(display.recheck_view(check))


def test_a_file_that_is_gone_leaves_its_claim_unchecked(home: Path) -> None:
    (home / "files" / "report.md").unlink()
    with corpus_of(home) as corpus:
        for _ in range(2):
            check = corpus.recheck(home / "a.json")
            assert not check.holds
            assert check.claims[0].now is None
            assert "no file is left" in check.claims[0].why
            assert check.claims[0].citations[0].quote == "unread"
            corpus.index()
    found = display.recheck_json(check, 0.1)
    assert found["claims"][0]["now"] is None
    assert [file["state"] for file in found["files"] if file["name"] == "report.md"] == ["gone"]


def test_a_copy_elsewhere_stands_in_for_a_file_that_changed(home: Path) -> None:
    shutil.copy(home / "files" / "report.md", home / "files" / "team" / "old.md")
    (home / "files" / "report.md").write_text("All new.", "utf-8")
    with corpus_of(home) as corpus:
        corpus.index()
        check = corpus.recheck(home / "a.json")
    assert check.holds
    assert [file.state for file in check.files if file.file.name == "report.md"] == ["moved"]


def test_a_quote_on_another_page_is_found_there(tmp_path: Path) -> None:
    first, second = "The pump was replaced on 4 May 2021 by Han.", "The filter is cleaned every week."
    folder = tmp_path / "files"
    folder.mkdir()
    _pdf(folder / "log.pdf", first, second)
    with _index(tmp_path / "index", folder) as corpus:
        answer = corpus.ask("When was the pump replaced?", max_risk=1)
        assert answer.claims[0].verdict.citations[0].region.page == 1
        corpus.export(answer, tmp_path / "a.json")
        _pdf(folder / "log.pdf", second, "Nothing to report.", first)
        check = corpus.recheck(tmp_path / "a.json")
    claim = check.claims[0]
    assert claim.same
    assert [(one.state, one.quote, one.page) for one in claim.citations] == [("changed", "elsewhere", 3)]


def test_files_can_be_named_where_there_is_no_index(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "copy of report.md"
    shutil.copy(home / "files" / "report.md", elsewhere)
    with mmrag.Corpus(tmp_path / "none", text="none", pixels="none", ocr="off", workers=1) as corpus:
        with pytest.raises(NothingIndexed):
            corpus.recheck(home / "a.json")
        check = corpus.recheck(home / "a.json", [elsewhere])
        assert check.claims[0].same
        with pytest.raises(PathNotFound):
            corpus.recheck(home / "a.json", [tmp_path / "missing.md"])
    assert not (tmp_path / "none").exists()


# ------------------------------------------------------------------------------------------------------ not believed


def test_an_edited_pack_is_noticed(home: Path) -> None:
    text = (home / "a.json").read_text("utf-8")
    (home / "edited.json").write_text(text.replace("18.0", "19.0"), "utf-8")
    page = (home / "a.html").read_text("utf-8")
    other = base64.b64encode(b"another picture").decode()
    (home / "picture.html").write_text(re.sub(r"base64,[^\"]+", f"base64,{other}", page), "utf-8")
    with corpus_of(home) as corpus:
        (home / "words.html").write_text(page.replace("18.0", "81.0", 1), "utf-8")
        for name in ("edited.json", "picture.html", "words.html"):
            check = corpus.recheck(home / name)
            assert not check.pack.whole
            assert not check.holds
        assert "cannot be relied on" in shown(display.recheck_view(check))


def test_a_forged_claim_does_not_get_past_the_files(home: Path) -> None:
    record = record_of(home / "a.json")
    claim = record["claims"][0]
    claim["text"] = "Revenue rose by 81.0 % in 2025."
    claim["citations"][0]["quote"] = "Revenue rose by 81.0 % to KRW 48.6 billion"
    with corpus_of(home) as corpus:
        check = corpus.recheck(signed(record, home / "forged.json"))
    assert check.pack.whole, "a forger who knows the format can make it look whole"
    assert not check.holds
    assert check.claims[0].now
    assert check.claims[0].now.label == "contradicted"
    assert check.claims[0].citations[0].quote == "gone"


_watched: list[str] | None = None


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event in ("open", "os.listdir", "os.scandir"):
        _watched.append(str(arguments[0]))


def test_a_pack_opens_no_file_that_is_neither_indexed_nor_named(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever path it gives, and whether or not there is such a file: the two cannot be told apart either."""
    global _watched  # noqa: PLW0603
    sys.addaudithook(_audit)
    secret = tmp_path / "secret.txt"
    secret.write_text("The password of the vault is swordfish.", "utf-8")
    known = hashlib.sha256(secret.read_bytes()).hexdigest()
    told = []
    for within, name in (
        (str(secret), "secret.txt"),
        ("../secret.txt", "secret.txt"),
        ("../../secret.txt", "secret.txt"),
        (f"file://{secret}", "secret.txt"),
        ("~/secret.txt", "secret.txt"),
        (str(tmp_path / "nothing.txt"), "nothing.txt"),
    ):
        record = record_of(home / "a.json")
        claim = record["claims"][0]
        claim["text"] = "The password of the vault is swordfish."
        for item in (*record["files"], *record["evidence"], *claim["citations"], *record["crops"]):
            item["sha256" if "within" in item else "file"] = known
            item["name"] = name
        record["files"] = [{**record["files"][0], "within": within}]
        record["crops"] = []
        pack = signed(record, home / "hostile.json")
        _watched = []
        try:
            with corpus_of(home) as corpus:
                check = corpus.recheck(pack)
            assert any(path.endswith("hostile.json") for path in _watched), "the watch sees what is opened"
            assert not [path for path in _watched if "secret" in path or path.rstrip("/") == str(tmp_path)]
        finally:
            _watched = None
        assert (check.files[0].state, check.files[0].path, check.claims[0].now) == ("gone", None, None)
        told.append((check.files[0].state, check.claims[0].why, check.claims[0].citations[0].quote))
    assert len(set(told)) == 1


def test_a_pack_cannot_have_pages_read_that_are_not_there(home: Path) -> None:
    record = record_of(home / "a.json")
    record["claims"][0]["citations"][0]["page"] = 9_999_999
    with corpus_of(home) as corpus:
        check = corpus.recheck(signed(record, home / "page.json"))
    assert check.claims[0].now is None
    assert "no page 9999999" in check.claims[0].why


DAMAGE: dict[str, Any] = {
    "claims": [None, {}, [1], [{"text": ""}], [{"text": "a", "verdict": "true"}], [{}] * 2000],
    "files": [None, [{"sha256": "../../etc/passwd", "name": "a", "within": ""}], [{"sha256": 1}], []],
    "evidence": [None, [{"file": "a" * 64, "page": 1}], [{"page": -1}], [{"page": True}]],
    "crops": [None, "x", [1]],
    "question": [None, 3, ["a"], "x" * 200_000],
    "text": [3, {}],
    "version": ["1", None, True, 0, -1],
    "format": ["other", None],
    "made": [None, "x" * 100],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in DAMAGE for value in DAMAGE[field]], ids=str)
def test_a_pack_of_another_shape_is_a_clear_error(field: str, value: Any, kept: Path, tmp_path: Path) -> None:
    record = {**record_of(kept / "a.json"), field: value}
    with pytest.raises(UsageError, match="damaged, or no evidence pack") as caught:
        read_pack(signed(record, tmp_path / "bad.json"))
    assert caught.value.hint


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("page", 0), ("page", 1.5), ("page", "1"), ("page", 10**12), ("box", [0, 0, 1]), ("box", [0, 0, 2, 1]),
        ("box", [None] * 4), ("file", "b" * 64), ("file", None), ("quote", None), ("quote", 3),
    ],
)  # fmt: skip
def test_a_citation_of_another_shape_is_a_clear_error(place: str, value: Any, kept: Path, tmp_path: Path) -> None:
    record = record_of(kept / "a.json")
    record["claims"][0]["citations"][0][place] = value
    with pytest.raises(UsageError):
        read_pack(signed(record, tmp_path / "bad.json"))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe\x00", b"\x00" * 100, b"{}", b"[]", b"null", b"<html></html>", MARK.encode(), b"{" * 100_000,
        b'{"a":' * 50_000, b'{"probability": NaN}', b'{"version": 1' + b"0" * 5000 + b"}", b"%PDF-1.7",
    ],
    ids=lambda data: data[:12],
)  # fmt: skip
def test_what_is_no_pack_is_a_clear_error(data: bytes, tmp_path: Path) -> None:
    for name in ("a.json", "a.html"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UsageError):
            read_pack(tmp_path / name)


def test_a_newer_pack_says_to_update(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(FormatTooNew):
        read_pack(signed({**record_of(kept / "a.json"), "version": 2}, tmp_path / "new.json"))
    for missing in (tmp_path / "none.json", tmp_path):
        with pytest.raises(PathNotFound):
            read_pack(missing)


@pytest.mark.parametrize("name", ["a.json", "a.html"])
def test_a_damaged_pack_is_an_error_or_is_said_not_to_be_whole(name: str, kept: Path, tmp_path: Path) -> None:
    """300 packs each, cut or with bytes changed: never another exception, never taken for whole where the record is."""
    data = (kept / name).read_bytes()
    rng = random.Random(7)
    errors = torn = 0
    for trial in range(300):
        bad = bytearray(data)
        if trial % 3 == 0:
            bad = bad[: rng.randrange(len(bad))]
        else:
            for _ in range(1 + trial % 4):
                bad[rng.randrange(len(bad))] = rng.randrange(256) if trial % 3 == 1 else rng.randrange(32, 127)
        (tmp_path / name).write_bytes(bytes(bad))
        try:
            pack = read_pack(tmp_path / name)
        except MmragError:
            errors += 1
            continue
        torn += not pack.whole
        if pack.whole:  # a byte was put in its own place, or in white space between two values
            assert pack.claims == read_pack(kept / name).claims
    assert errors > 50
    assert torn > 50


def test_hostile_text_is_shown_and_not_obeyed(home: Path, tmp_path: Path) -> None:
    record = record_of(home / "a.json")
    record["question"] = record["reason"] = HOSTILE
    claim = record["claims"][0]
    claim["text"] = claim["reason"] = claim["citations"][0]["quote"] = HOSTILE
    for file in record["files"]:
        file["name"] = file["within"] = HOSTILE.replace("/", "")
    with corpus_of(home) as corpus:
        check = corpus.recheck(signed(record, home / "hostile.json"))
    for text in (shown(display.recheck_view(check)), display.to_json(display.recheck_json(check, 0.1))):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script" not in display.recheck_piece(check)


# ------------------------------------------------------------------------------------------------------ command line


@pytest.fixture
def shell(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home)
    monkeypatch.setenv("MMRAG_INDEX", str(home / "index"))
    return home


def out(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_ask_exports_and_verify_checks(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for target in ("b.html", "b.json", "new"):
        assert run(["ask", QUESTION, "--max-risk", "1", "--export", target, "--json"]) == 0
        assert out(capsys)["exported"] == str(shell / target)
        assert run(["verify", "--pack", target, "--json"]) == 0
        found = out(capsys)
        assert found["holds"] is True
        assert found["claims"][0]["citations"][0]["quote_now"] == "there"
    (shell / "files" / "report.md").write_text(REPORT.replace("18.0", "12.0"), "utf-8")
    assert run(["verify", "--pack", "b.html", "--json"]) == 0, "as for every verdict"
    found = out(capsys)
    assert found["holds"] is False
    assert found["claims"][0]["then"]["verdict"] == "supported"
    assert found["claims"][0]["now"]["verdict"] == "contradicted"
    assert run(["verify", "--pack", "b.html"]) == 0
    assert "The answer does not hold any more" in capsys.readouterr().out


def test_the_examples_of_the_documentation_work(shell: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "evidence_pack.md").read_text("utf-8")
    monkeypatch.setenv("HOME", str(shell))
    (shell / "Downloads").mkdir()
    (shell / "Downloads" / "report.pdf").write_bytes((shell / "files" / "report.md").read_bytes())
    blocks = re.findall(r"^```(bash|python)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["bash", "python", "bash"]
    for language, text in blocks:
        if language == "python":
            with mmrag.Corpus() as corpus:
                names: dict[str, Any] = {"corpus": corpus}
                exec(compile(text, "evidence_pack.md", "exec"), names)
                assert isinstance(names["check"].holds, bool)
            continue
        for line in text.splitlines():
            arguments = [part.replace("~", str(shell)) for part in shlex.split(line)]
            assert run(arguments[1:]) in (0, 5), line


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (["--pack", "none.json"], 2, "path_not_found"),
        (["--pack", "files/report.md"], 2, "usage"),
        (["--pack", "a.json", "a claim"], 2, "usage"),
        (["--pack", "a.json", "--claims", "c.jsonl"], 2, "usage"),
        (["--pack", "a.json", "--question", "why?"], 2, "usage"),
        (["--pack", "a.json", "--evidence", "files/report.md:1"], 2, "usage"),
        (["--pack", "a.json", "--index", "./nowhere"], 4, "nothing_indexed"),
    ],
)
def test_what_cannot_be_checked_has_its_exit_code(
    arguments: list[str], code: int, name: str, shell: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", *arguments, "--json"]) == code
    assert out(capsys)["error"]["code"] == name


def test_the_page_shows_in_a_browser_and_nothing_in_it_runs(kept: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium is installed")
    with corpus_of(kept) as corpus:
        answer = corpus.ask(QUESTION, max_risk=1)
        hostile = Answer(HOSTILE, HOSTILE, HOSTILE, answer.claims, answer.evidence, {HOSTILE: HOSTILE})
        corpus.export(hostile, tmp_path / "a.html", asked={HOSTILE: HOSTILE})
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    shot = tmp_path / "shot.png"
    subprocess.run(
        [*command, f"--screenshot={shot}", "--window-size=900,1600", (tmp_path / "a.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    colours = [colour for _, colour in Image.open(shot).convert("RGB").getcolors(1 << 22) or []]
    assert (255, 236, 120) in colours, "the marker on the page"
    dumped = subprocess.run(
        [*command, "--dump-dom", (tmp_path / "a.html").as_uri()], check=True, capture_output=True, timeout=120
    ).stdout.decode()
    assert "<title>owned" not in dumped
    assert "<script" not in dumped
    assert read_pack(tmp_path / "a.html").question == HOSTILE
