"""The last checks: real scans read again, real tiny models, and a model that is told what to say."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import ModelUnavailable
from mmrag.protocols import Completion, Recognizer
from mmrag.readers import SourceRenderer, content_hash
from mmrag.testing import FakeLLM
from mmrag.types import Box, Citation, Document, Draft, Evidence, Part, Region, TextOrigin, Verdict, Word
from mmrag.verification import PageVerifier
from mmrag.verification.findings import Finding
from mmrag.verification.looking import LookingVerifier, replaced, weighed
from mmrag.verification.pixels import MAX_CROPS, PixelChecks, Spot, opposite, spots_of

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


class Pages:
    """Words of pages as they were read."""

    def __init__(self, words: Sequence[Word], *regions: Region) -> None:
        self._words = tuple(words)
        self._regions = regions

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        return self._words

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        return self._regions


def line(text: str, box: Box) -> list[Word]:
    """Words of a line, side by side."""
    parts = text.split()
    wide = (box.right - box.left) / len(parts)
    return [
        Word(part, Box(box.left + n * wide, box.top, box.left + (n + 0.9) * wide, box.bottom))
        for n, part in enumerate(parts)
    ]


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
def recognizer() -> Recognizer:
    from mmrag.ocr import choose

    chosen = choose("auto")
    if chosen is None:
        pytest.skip("no OCR engine is installed")
    return chosen


def looking(scan: Region, misread: str, box: Box, checks: PixelChecks) -> LookingVerifier:
    """A verifier over a page whose line was misread when it was indexed."""
    pages = Pages(line(misread, box), scan)
    return LookingVerifier(PageVerifier(pages), PageVerifier, pages, checks)


def verdict_of(verifier: LookingVerifier, claim: str, *regions: Region) -> Verdict:
    (found,) = verifier.verify(Draft("", claim, (Part(claim, claim, ("E1",)),)), evidence(*regions))
    assert found.text == claim
    return found.verdict


def test_a_misread_number_is_read_again_and_cited_on_its_page(recognizer) -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    sides = []

    def crop(wanted: Region, side: int) -> Image.Image:
        sides.append((wanted.box, side))
        return SourceRenderer().crop(wanted, side)

    misread = "The Customer pays a monthly fee of KRW 8,150,000, due on the tenth day of the following month."
    verifier = looking(scan, misread, Box(0.13, 0.39, 0.85, 0.41), PixelChecks(crop, recognizer))
    verdict = verdict_of(verifier, "The Customer pays a monthly fee of KRW 3,150,000.", scan)
    assert verdict.label == "supported"
    assert verdict.reason.startswith("read again at a higher resolution")
    assert verdict.probability <= 0.8  # two readings disagree
    box = verdict.citations[0].box
    assert box is not None
    assert FEE.top - 0.02 < box.top < box.bottom < FEE.bottom + 0.02
    (box, side) = sides[0]
    assert len(sides) == 1
    assert side / (box.right - box.left) > 1.8 * 1654  # nearly twice as fine as at indexing
    false = verdict_of(verifier, "The Customer pays a monthly fee of KRW 3,250,000.", scan)
    assert false.label != "supported"


def test_a_korean_line_that_indexing_misread_is_read_right(recognizer) -> None:
    if "ko" not in recognizer.languages:
        pytest.skip("no engine here reads Korean")
    scan = region(sample("점검보고서-스캔.pdf"), BUOY)
    checks = PixelChecks(SourceRenderer().crop, recognizer)
    verifier = looking(scan, ":早0|B1-07(,38m)", Box(0.1, 0.145, 0.5, 0.16), checks)
    assert verdict_of(verifier, "점검 대상은 소양호 부이이다", scan).label == "supported"
    assert verdict_of(verifier, "점검 대상은 대청호 부이이다", scan).label != "supported"


def test_what_words_support_is_not_looked_at() -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    verifier = looking(scan, "The Customer pays a fee of KRW 3,150,000.", FEE, PixelChecks(unseen, Broken(OSError())))
    assert verdict_of(verifier, "The Customer pays a fee of KRW 3,150,000.", scan).label == "supported"
    typed = region(sample("maintenance-agreement-scan.pdf"), FEE, "layer")
    assert verdict_of(verifier, "The Customer pays a fee of KRW 9,990,000.", typed).label != "supported"


def unseen(_region: Region, _side: int) -> Image.Image:
    raise AssertionError("nothing should be looked at")


def test_a_whole_page_that_was_recognised_is_not_read_again_but_one_without_words_is(recognizer) -> None:
    path = sample("maintenance-agreement-scan.pdf")
    checks = PixelChecks(SourceRenderer().crop, recognizer)
    assert checks.read_again(Spot(region(path), Box())) is None
    read = checks.read_again(Spot(region(path, origin="none", text=""), Box()))
    assert isinstance(read, tuple)
    assert "Annex" in " ".join(word.text for word in read[0])


def test_words_read_again_take_the_place_of_those_they_were_read_for() -> None:
    words = [
        *line("one two three", Box(0, 0, 1, 0.1)),
        *line("4 5", Box(0, 0.2, 1, 0.3)),
        *line("end", Box(0, 0.4, 1, 0.5)),
    ]
    better = line("four five", Box(0, 0.2, 1, 0.3))
    box = Box(0, 0.15, 1, 0.35)
    assert [word.text for word in replaced(words, better, box)] == ["one", "two", "three", "four", "five", "end"]
    assert replaced((), better, box) == tuple(better)
    assert [word.text for word in replaced(words, better, Box(0, 0.8, 1, 0.9))][-2:] == ["four", "five"]


class Reads:
    """Reads the same line in every picture, in its middle or at its edges."""

    languages = frozenset(("en",))

    def __init__(self, text: str, top: float = 0.5) -> None:
        self.text, self.top = text, top

    def recognize(self, image: Image.Image) -> tuple[Word, ...]:
        return tuple(line(self.text, Box(0.1, self.top, 0.9, self.top + 0.02)))


def test_what_only_one_of_two_readings_contradicts_is_not_called_contradicted() -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    wrong, claim = "The fee is KRW 8,150,000.", "The fee is KRW 3,150,000."
    for text, label in ((wrong, "contradicted"), ("Annex and signatures", "not_found"), (claim, "supported")):
        checks = PixelChecks(picture, Reads(text))
        verdict = verdict_of(looking(scan, wrong, Box(0.13, 0.39, 0.85, 0.41), checks), claim, scan)
        assert verdict.label == label
    assert verdict.probability <= 0.8


def test_lines_at_the_edge_of_a_crop_replace_nothing() -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    read = PixelChecks(picture, Reads("half a line", top=0.0)).read_again(Spot(scan, FEE))
    assert isinstance(read, tuple)
    assert read == ((), FEE)


class Broken:
    languages = frozenset(("en",))

    def __init__(self, error: Exception) -> None:
        self.error = error

    def recognize(self, image: Image.Image) -> tuple[Word, ...]:
        raise self.error


@pytest.mark.parametrize("error", [RuntimeError("onnx"), ModelUnavailable("no engine"), MemoryError()])
def test_an_engine_that_breaks_decides_nothing(error: Exception) -> None:
    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    told = PixelChecks(picture, Broken(error)).read_again(Spot(scan, FEE))
    assert isinstance(told, Finding)
    assert (told.label, told.strength, told.citations) == (None, 0.5, ())
    verifier = looking(scan, "The fee is KRW 3,150,000.", FEE, PixelChecks(picture, Broken(error)))
    verdict = verdict_of(verifier, "The fee is KRW 9,990,000.", scan)
    assert verdict.label != "supported"
    assert "could not be looked at" in verdict.reason


def test_a_changed_or_missing_file_decides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    shutil.copy(sample("maintenance-agreement-scan.pdf"), path)
    scan = region(path, FEE)
    path.write_bytes(path.read_bytes() + b"%")
    os.utime(path, (1, 1))
    llm = FakeLLM(probabilities={"yes": 0.9, "no": 0.1})
    for _ in range(2):
        (finding,) = PixelChecks(SourceRenderer().crop, llm=llm).check("x is y", evidence(scan))
        assert (finding.label, finding.strength) == (None, 0.5)
        assert "a.pdf" in finding.reason
        path.unlink(missing_ok=True)
    assert llm.prompts == []


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
    assert (finding.check, finding.label) == ("model", None)
    assert finding.strength == pytest.approx(0.9)
    assert finding.citations == (Citation(scan, FEE),)
    assert len(sure.asked) == 2
    assert all(count == 1 for _, count in sure.asked)
    assert "<b>" not in sure.asked[0][0]
    (finding,) = PixelChecks(picture, llm=denies).check("The fee is KRW 3", evidence(scan))
    assert finding.strength == pytest.approx(0.2)


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
    assert 0.5 < finding.strength <= 0.6


def test_a_model_that_is_down_decides_nothing() -> None:
    class Down:
        name = "down"

        def complete(self, prompt: str, images: object = (), *, choices: Sequence[str] = ()) -> Completion:
            raise ModelUnavailable("the server does not answer", "Start it.")

    scan = region(sample("maintenance-agreement-scan.pdf"), FEE)
    (finding,) = PixelChecks(picture, llm=Down()).check("The fee is KRW 3", evidence(scan))
    assert finding.strength == 0.5
    assert "does not answer" in finding.reason


def test_a_look_is_weighed_in_only_where_words_leave_it_open() -> None:
    spot = Finding("model", None, 0.9, "the model says so")
    middling, refuted = Verdict("not_found", 0.4, "words"), Verdict("contradicted", 0.3, "the page says 5")
    assert weighed(middling, [spot]).label == "supported"
    assert weighed(middling, [spot]).reason == "the model says so"
    assert weighed(middling, [replace(spot, strength=0.5)]) == middling
    assert weighed(middling, [replace(spot, check="pixels", strength=0.55)]).label == "not_found"
    assert weighed(refuted, [spot]) == refuted
    assert (
        weighed(replace(middling, label="supported", probability=0.6), [replace(spot, strength=0.1)]).label
        != "supported"
    )


@pytest.mark.parametrize("sign", ["", "B1-07"])
def test_a_picture_with_hardly_a_word_is_left_to_the_look(sign: str) -> None:
    photo = region(sample("maintenance-agreement-scan.pdf"), FEE, "ocr" if sign else "none", sign)
    pages = Pages(line(sign, Box(0.4, 0.4, 0.5, 0.42)) if sign else (), photo)
    for truth, label in ((0.95, "supported"), (0.05, "not_found"), (0.5, "not_found")):
        checks = PixelChecks(picture, llm=Sided(truth))
        verdict = verdict_of(LookingVerifier(PageVerifier(pages), PageVerifier, pages, checks), "A dog sleeps.", photo)
        assert verdict.label == label
        assert verdict.probability < 0.9  # never by a look alone


# Image and text


def test_an_encoder_only_ever_says_little() -> None:
    photo = region(sample("maintenance-agreement-scan.pdf"), text="", origin="none")

    def scores(_image: Image.Image, texts: Sequence[str]) -> list[float]:
        return [0.30 if "black" in text else 0.20 for text in texts]

    checks = PixelChecks(picture, image_text=scores)
    (finding,) = checks.check("A black dog sits on the sofa.", evidence(photo))
    assert (finding.check, finding.label) == ("pixels", None)
    assert 0.5 < finding.strength <= 0.6
    (finding,) = checks.check("A white dog sits on the sofa.", evidence(photo))
    assert 0.4 <= finding.strength < 0.5
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
        assert abs(finding.strength - 0.5) < 0.3


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
    assert 0.4 <= finding.strength <= 0.6
