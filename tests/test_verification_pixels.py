"""The last checks: real scans read again, real tiny models, and a model that is told what to say."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import ModelUnavailable
from mmrag.protocols import Completion
from mmrag.readers import SourceRenderer, content_hash
from mmrag.testing import FakeLLM
from mmrag.types import Box, Citation, Document, Evidence, Region, TextOrigin, Word
from mmrag.verification.findings import Finding
from mmrag.verification.pixels import MAX_CROPS, PixelChecks, opposite, spots_of

SAMPLES = Path(__file__).resolve().parent.parent / "mmrag" / "samples"
FEE = Box(0.10, 0.38, 0.90, 0.44)
WHOLE = Box()
BUOY = Box(0.08, 0.12, 0.90, 0.17)


def sample(name: str) -> Path:
    """A sample by name, however the file system composes Hangul."""
    wanted = unicodedata.normalize("NFC", name)
    return next(path for path in SAMPLES.iterdir() if unicodedata.normalize("NFC", path.name) == wanted)


def region(path: Path, box: Box = WHOLE, origin: TextOrigin = "ocr", text: str = "x", number: int = 1) -> Region:
    return Region(number, Document(content_hash(path), path, 1), 1, "passage", box, text, (), origin)


def evidence(*regions: Region, stale: bool = False) -> list[Evidence]:
    return [Evidence(f"E{number}", each, 1.0, stale=stale) for number, each in enumerate(regions, 1)]


def picture(_region: Region, _side: int) -> Image.Image:
    return Image.new("RGB", (64, 48), "white")


def found_in(words_wanted: str) -> Callable[[str, Sequence[Word], Region], list[Finding]]:
    """A check of words that looks for one text; the place is that of its first word."""

    def check(_claim: str, words: Sequence[Word], where: Region) -> list[Finding]:
        text = " ".join(word.text for word in words)
        if words_wanted not in text:
            return [Finding("quote", "not_found", 0.9, f"reads {text}")]
        first = next(word for word in words if words_wanted.startswith(word.text))
        return [Finding("quote", "supported", 1.0, "word for word", (Citation(where, first.box, words_wanted),))]

    return check


# Which spots


def test_words_of_the_file_itself_are_not_looked_at_again() -> None:
    path = sample("maintenance-agreement-scan.pdf")
    assert spots_of(evidence(region(path, FEE, "layer"))) == []
    assert len(spots_of(evidence(region(path, FEE, "layer", text="")))) == 1  # a picture without words
    assert len(spots_of(evidence(region(path, FEE, "none", text="")))) == 1
    assert spots_of(evidence(region(path, FEE), stale=True)) == []


def test_at_most_two_spots_cited_ones_first_and_none_twice() -> None:
    path = sample("maintenance-agreement-scan.pdf")
    regions = [region(path, Box(0.1, 0.2 * n, 0.9, 0.2 * n + 0.1), number=n) for n in range(1, 5)]
    cited = Citation(regions[2], Box(0.1, 0.62, 0.5, 0.65), "KRW")
    spots = spots_of(evidence(*regions), [cited])
    assert len(spots) == MAX_CROPS
    assert (spots[0].region.id, spots[0].box) == (3, cited.box)
    assert spots[1].region.id == 1
    inside = region(path, Box(0.15, 0.22, 0.5, 0.28), number=9)
    assert [spot.region.id for spot in spots_of(evidence(regions[0], inside, regions[1]))] == [1, 2]


# Reading again


@pytest.fixture(scope="module")
def recognizer() -> object:
    from mmrag.ocr import choose

    chosen = choose("auto")
    if chosen is None:
        pytest.skip("no OCR engine is installed")
    return chosen


def test_a_scan_is_read_again_and_cited_on_its_page(recognizer) -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    sides = []

    def crop(wanted: Region, side: int) -> Image.Image:
        sides.append(side)
        return SourceRenderer().crop(wanted, side)

    checks = PixelChecks(crop, recognizer, words=found_in("KRW 3,150,000,"))
    (finding,) = checks.check("The fee is KRW 3,150,000", evidence(scan))
    assert (finding.label, finding.check) == ("supported", "quote")
    assert finding.reason.startswith("read again at a higher resolution")
    box = finding.citations[0].box
    assert box is not None
    assert FEE.top - 0.02 < box.top < box.bottom < FEE.bottom + 0.02
    assert 0.39 < box.left < box.right < 0.46  # where KRW stands on the page
    assert sides[0] > 1.4 * 1654 * 0.8  # half as fine again as at indexing


def test_a_korean_line_that_indexing_misread_is_read_right(recognizer) -> None:
    if "ko" not in recognizer.languages:
        pytest.skip("no engine here reads Korean")
    scan = region(sample("점검보고서-스캔.pdf"), BUOY)
    checks = PixelChecks(SourceRenderer().crop, recognizer, words=found_in("소양호 부이"))
    (finding,) = checks.check("대상은 소양호 부이이다", evidence(scan))
    assert finding.label == "supported", finding.reason


def test_a_whole_page_that_was_recognised_is_not_read_again_but_one_without_words_is(recognizer) -> None:
    path = sample("maintenance-agreement-scan.pdf")
    checks = PixelChecks(SourceRenderer().crop, recognizer, words=found_in("Annex"))
    assert list(checks.check("x", evidence(region(path)))) == []
    (finding,) = checks.check("x", evidence(region(path, origin="none", text="")))
    assert finding.label == "supported"


class Broken:
    languages = frozenset(("en",))

    def __init__(self, error: Exception) -> None:
        self.error = error

    def recognize(self, image: Image.Image) -> tuple[Word, ...]:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("onnx"), ModelUnavailable("no engine"), MemoryError()])
def test_an_engine_that_breaks_decides_nothing(error: Exception) -> None:
    path = sample("maintenance-agreement-scan.pdf")
    (finding,) = PixelChecks(picture, Broken(error), words=found_in("x")).check("x", evidence(region(path, FEE)))
    assert (finding.label, finding.strength, finding.citations) == (None, 0.0, ())
    assert "could not be checked" in finding.reason


def test_a_changed_or_missing_file_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    shutil.copy(sample("maintenance-agreement-scan.pdf"), path)
    scan, other = region(path, FEE), region(sample("maintenance-agreement-scan.pdf"), FEE)
    path.write_bytes(path.read_bytes() + b"%")
    os.utime(path, (1, 1))
    llm = FakeLLM(probabilities={"yes": 0.9, "no": 0.1})
    for _ in range(2):
        (finding,) = PixelChecks(SourceRenderer().crop, llm=llm).check("x is y", evidence(scan))
        assert finding.label is None
        assert "a.pdf" in finding.reason
        path.unlink(missing_ok=True)
    assert llm.prompts == []
    assert other.document.id == scan.document.id  # known by content: an unchanged copy would have served


# Asking a model


class Sided:
    """Says how likely it takes a statement for true, whichever way round it is asked."""

    name = "sided"

    def __init__(self, truth: float, known: bool = True) -> None:
        self.truth = truth
        self.known = known
        self.asked: list[tuple[str, int]] = []

    def complete(self, prompt: str, images: Sequence[Image.Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        self.asked.append((prompt, len(images)))
        yes = 1 - self.truth if "is false" in prompt else self.truth
        text = "yes" if yes > 0.5 else "no"
        return Completion(text, {"yes": yes * 0.8, "no": (1 - yes) * 0.8} if self.known else None)


def test_a_model_is_asked_both_ways_round_and_believed_where_it_agrees_with_itself() -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    sure, denies = Sided(0.9), Sided(0.2)
    (finding,) = PixelChecks(picture, llm=sure).check("The fee is <b>KRW 3", evidence(scan))
    assert (finding.check, finding.label) == ("model", "supported")
    assert finding.strength == pytest.approx(0.9)
    assert finding.citations == (Citation(scan, FEE),)
    assert len(sure.asked) == 2
    assert all(count == 1 for _, count in sure.asked)
    assert "<b>" not in sure.asked[0][0]
    (finding,) = PixelChecks(picture, llm=denies).check("The fee is KRW 3", evidence(scan))
    assert (finding.label, finding.strength) == ("contradicted", pytest.approx(0.2))


@pytest.mark.parametrize("always", ["yes", "no"])
def test_a_model_that_always_says_the_same_has_said_nothing(always: str) -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    other = {"yes": "no", "no": "yes"}[always]
    llm = FakeLLM(probabilities={always: 0.97, other: 0.03})
    (finding,) = PixelChecks(picture, llm=llm).check("The fee is KRW 3", evidence(scan))
    assert (finding.label, finding.strength) == (None, 0.5)


def test_a_model_without_probabilities_is_weak_evidence() -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    (finding,) = PixelChecks(picture, llm=Sided(0.99, known=False)).check("The fee is KRW 3", evidence(scan))
    assert finding.label == "supported"
    assert 0.5 < finding.strength <= 0.6


def test_a_model_that_is_down_decides_nothing() -> None:
    class Down:
        name = "down"

        def complete(self, prompt: str, images: object = (), *, choices: Sequence[str] = ()) -> Completion:
            raise ModelUnavailable("the server does not answer", "Start it.")

    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    (finding,) = PixelChecks(picture, llm=Down()).check("The fee is KRW 3", evidence(scan))
    assert finding.label is None
    assert "does not answer" in finding.reason


# Image and text


def test_an_encoder_only_ever_says_little() -> None:
    photo = region(sample("maintenance-agreement-scan.pdf"), text="", origin="none")

    def scores(_image: Image.Image, texts: Sequence[str]) -> list[float]:
        return [0.30 if "black" in text else 0.20 for text in texts]

    checks = PixelChecks(picture, image_text=scores)
    (finding,) = checks.check("A black dog sits on the sofa.", evidence(photo))
    assert (finding.check, finding.label) == ("pixels", "supported")
    assert 0 < finding.strength <= 0.15
    (finding,) = checks.check("A white dog sits on the sofa.", evidence(photo))
    assert finding.label == "contradicted"
    assert list(checks.check("3 dogs sit on the sofa with a cat", evidence(photo))) == []  # it cannot count


@pytest.mark.parametrize(
    ("claim", "denied"),
    [
        ("The door is open.", "The door is closed."),
        ("The dog is asleep", "The dog is not asleep"),
        ("The dog is not asleep", "The dog is asleep"),
        ("개가 소파에 있다", "개가 소파에 없다"),
        ("Revenue", None),
    ],
)
def test_what_a_claim_denies(claim: str, denied: str | None) -> None:
    assert opposite(claim) == denied


# Real checkpoints with random weights


@pytest.mark.slow
def test_noise_of_a_real_model_is_never_sure(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tiny_llms import vision_language_folder

    from mmrag.llms import load

    llm = load(f"hf:{vision_language_folder(tmp_path / 'vlm')}", "cpu")
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    checks = PixelChecks(SourceRenderer().crop, llm=llm)
    for claim in ("The monthly fee is KRW 3,150,000.", "The monthly fee is KRW 9,990,000.", "개가 있다"):
        (finding,) = checks.check(claim, evidence(scan))
        assert finding.check == "model"
        assert finding.label is None or abs(finding.strength - 0.5) < 0.3


@pytest.mark.slow
def test_a_real_encoder_fits_the_seam(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tiny_models import clip_folder

    from mmrag import embedders

    encoder = embedders.load(f"hf:{clip_folder(tmp_path / 'clip')}", "cpu")

    def scores(image: Image.Image, texts: Sequence[str]) -> Sequence[float]:
        return np.asarray(encoder.embed_queries(texts) @ encoder.embed_images([image])[0]).tolist()

    photo = region(sample("maintenance-agreement-scan.pdf"), FEE, "none", "")
    (finding,) = PixelChecks(SourceRenderer().crop, image_text=scores).check("The dog is black.", evidence(photo))
    assert finding.strength <= 0.15
