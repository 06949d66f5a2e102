"""Looks and corrections through the front door: scans misread when they were indexed, pictures without words, drafts
of a model with a wrong number, and what cannot be had at that moment.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import mmrag
from mmrag import ocr
from mmrag.corpus.answering import Answering
from mmrag.corpus.given import GivenEvidence
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.protocols import Completion
from mmrag.testing import FakeLLM
from mmrag.types import AnswerEvent, Word

SAMPLES = Path(mmrag.__file__).parent / "samples"
FEE = "The Customer pays a monthly fee of KRW 3,150,000."
NEXT = "다음 점검 예정일은 2025년 11월 20일이다."
REPORT = """Annual report

The company built two plants in Gunsan.

Costs            2024     2025
Packaging       2,072    2,230
Freight           512      655
"""


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scans in English and Korean and a drawing without words, and their index."""
    if ocr.choose("auto") is None:
        pytest.skip("no OCR engine is installed")
    home = tmp_path_factory.mktemp("looks")
    (home / "files").mkdir()
    for source in SAMPLES.iterdir():
        if unicodedata.normalize("NFC", source.name) in ("maintenance-agreement-scan.pdf", "점검보고서-스캔.pdf"):
            shutil.copy(source, home / "files" / unicodedata.normalize("NFC", source.name))
    drawing = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(drawing).ellipse((60, 60, 240, 240), fill="black")
    drawing.save(home / "files" / "disc.png")
    with mmrag.Corpus(home / "index", text="none", pixels="none", workers=1) as corpus:
        report = corpus.index(home / "files")
        assert (report.added, report.pending_ocr) == (3, 0)
    return home


def misread(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    """As if recognition had read one word wrongly when the page was indexed."""
    true = GivenEvidence.words

    def words(self: GivenEvidence, document_id: str, page: int) -> tuple[Word, ...]:
        return tuple(replace(one, text=one.text.replace(right, wrong)) for one in true(self, document_id, page))

    monkeypatch.setattr(GivenEvidence, "words", words)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claim", "right", "wrong"), [(FEE, "3,150,000", "8,150,000"), (NEXT, "11월", "17월")], ids=["english", "korean"]
)
def test_what_indexing_misread_is_read_again(
    claim: str, right: str, wrong: str, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if claim == NEXT and "ko" not in getattr(ocr.choose("auto"), "languages", ()):
        pytest.skip("no engine here reads Korean")
    misread(monkeypatch, right, wrong)
    with mmrag.Corpus(scans / "index") as corpus:
        found = corpus.verify(claim).verdict
        assert found.label == "supported"
        assert found.reason.startswith("read again at a higher resolution")
        assert found.probability <= 0.8 or claim == NEXT  # two readings of one number
        assert found.citations[0].box is not None
        false = claim.replace("3,150,000", "3,250,000").replace("11월", "12월")
        assert corpus.verify(false).verdict.label != "supported"
    with mmrag.Corpus(scans / "index", ocr="off") as corpus:
        assert corpus.verify(claim).verdict.label != "supported"


@pytest.mark.slow
@pytest.mark.parametrize("error", [ModelUnavailable("the engine is broken", "Mend it."), OSError("onnx")], ids=str)
def test_an_engine_that_breaks_is_told_in_the_reason(
    error: Exception, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_setting: str) -> None:
        raise error

    misread(monkeypatch, "3,150,000", "8,150,000")
    monkeypatch.setattr(ocr, "choose", broken)
    with mmrag.Corpus(scans / "index") as corpus:
        found = corpus.verify(FEE).verdict
    assert found.label != "supported"
    assert "could not be looked at" in found.reason


@pytest.mark.slow
def test_a_picture_without_words_is_shown_to_the_model(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [(scans / "files" / "disc.png", 1)]
    claim = "The disc is black."
    with mmrag.Corpus(scans / "index", llm="openai:m@http://127.0.0.1:9/v1") as corpus:
        found = corpus.verify(claim, given).verdict  # nothing listens there
        assert found.label == "not_found"
        assert "could not be looked at" in found.reason
    monkeypatch.setattr(Answering, "llm", lambda _: Sided())
    with mmrag.Corpus(scans / "index", llm="openai:m@http://127.0.0.1:9/v1") as corpus:
        found = corpus.verify(claim, given).verdict
        assert (found.label, found.probability < 0.9) == ("supported", True)
        assert "asked both ways round" in found.reason
    with mmrag.Corpus(scans / "index") as corpus:
        assert corpus.verify(claim, given).verdict.label == "not_found"


class Sided:
    """Takes every statement for true, whichever way round it is asked."""

    name = "sided"

    def complete(self, prompt: str, images: Sequence[Image.Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        assert images
        yes = 0.1 if "is false" in prompt else 0.9
        return Completion("yes" if yes > 0.5 else "no", {"yes": yes, "no": 1 - yes})


@pytest.fixture
def report(tmp_path: Path) -> mmrag.Corpus:
    """An index over a report that has its own words."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "report.txt").write_text(REPORT, "utf-8")
    corpus = mmrag.Corpus(tmp_path / "index", text="none", pixels="none", workers=1)
    corpus.index(tmp_path / "files")
    return corpus


def drafted(monkeypatch: pytest.MonkeyPatch, *said: str) -> FakeLLM:
    llm = FakeLLM(said)
    monkeypatch.setattr(Answering, "llm", lambda _: llm)
    return llm


def test_pages_with_words_of_their_own_are_not_looked_at(report: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("nothing should be loaded")

    monkeypatch.setattr(ocr, "choose", never)
    monkeypatch.setattr("mmrag.llms.load", never)
    monkeypatch.setattr(report._opened, "config", replace(report.config, llm="hf:nobody/nothing"))
    for claim in ("Packaging cost 2,230 in 2025.", "Packaging cost 2,330 in 2025.", "The plants stand in Busan."):
        assert "could not" not in report.verify(claim).verdict.reason


def test_a_model_that_cannot_be_is_told_at_once(report: mmrag.Corpus, tmp_path: Path) -> None:
    with mmrag.Corpus(tmp_path / "index", llm="nonsense") as corpus, pytest.raises(UsageError, match="nonsense"):
        corpus.verify("Packaging cost 2,230 in 2025.")


def test_a_wrong_number_of_a_draft_is_corrected_and_told(report: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    drafted(monkeypatch, "Packaging cost 2,330 in 2025. [E1]\nFreight cost 655 in 2025. [E1]")
    told: list[AnswerEvent] = []
    answer = report.ask("What did packaging and freight cost in 2025?", max_risk=1, progress=told.append)
    assert answer.text is not None
    assert "2,230" in answer.text
    assert "2,330" not in answer.text
    assert [claim.corrects for claim in answer.claims] == ["", "", "Packaging cost 2,330 in 2025."]
    assert [event.claim for event in told if event.claim] == list(answer.claims)
    assert "corrected" in answer.reason


def test_recognised_words_correct_nobody(report: mmrag.Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    drafted(monkeypatch, "Packaging cost 2,330 in 2025. [E1]")
    true = mmrag.Corpus._open
    regions = type(true(report)).page_regions
    monkeypatch.setattr(
        type(true(report)),
        "page_regions",
        lambda *given: [replace(one, origin="ocr") for one in regions(*given)],
    )
    answer = report.ask("What did packaging cost in 2025?", max_risk=1)
    assert all(not claim.corrects for claim in answer.claims)


def test_examples_and_steps_reach_the_model(
    report: mmrag.Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for settings, examples, steps in (
        ({}, False, False),
        ({"examples": True}, True, False),
        ({"steps": True}, False, True),
    ):
        llm = drafted(monkeypatch, "NOT FOUND")
        with mmrag.Corpus(tmp_path / "index", **settings) as corpus:
            assert corpus.ask("What did packaging cost in 2025?").text is None
        assert ("Who chaired the board in 1987?" in llm.prompts[0]) == examples
        assert ("READ:" in llm.prompts[0]) == steps


def test_an_encoder_is_asked_only_where_a_search_has_loaded_it(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmrag.corpus.looks import pixel_checks
    from mmrag.corpus.models import Models

    class Encoder:
        modalities = frozenset(("image", "text"))

        def embed_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            return np.asarray([[1.0, 0.0]], np.float32)

        def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
            return np.asarray([[0.9, 0.1] if "black" in text else [0.1, 0.9] for text in texts], np.float32)

    with mmrag.Corpus(scans / "index", ocr="off") as corpus:
        index = corpus._opened
        monkeypatch.setattr(Models, "__contains__", lambda _, space: space == "pixels")
        monkeypatch.setattr(Models, "name", lambda *_: "hf:two-towers")
        photo = corpus._answering._given.files([(scans / "files" / "disc.png", 1)], "")
        checks = pixel_checks(index, lambda: None)
        assert list(checks.check("The disc is black.", photo)) == []
        monkeypatch.setattr(Models, "loaded", lambda *_: Encoder())
        (finding,) = checks.check("The disc is black.", photo)
        assert (finding.check, finding.strength > 0.5) == ("pixels", True)
