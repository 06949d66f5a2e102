"""The generated pictures: the same for the same arguments, of every kind, with captions and facts that hold."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from random import Random

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import UsageError
from mmrag.training import pictures
from mmrag.training.pictures import captions as caption_module
from mmrag.training.pictures import generate, kinds, missing, picture
from mmrag.training.pictures.axes import ticks
from mmrag.training.pictures.colours import NAMES, SHADES, name_of
from mmrag.training.pictures.degrade import GREY
from mmrag.training.pictures.fonts import FAMILIES, families, has_korean, load
from mmrag.training.pictures.kinds import KINDS
from mmrag.training.pictures.objects import still_life
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.wordings import COLOURS, COUNTS, GROUPS, NOUNS, TRAITS

HANGUL = re.compile("[가-힣]")
SEED = 11


def pixels(made: pictures.Picture) -> np.ndarray:
    return np.asarray(made.image, np.int32)


def share_near(made: pictures.Picture, colour: tuple[int, int, int], reach: int = 60) -> float:
    """The share of the picture's pixels within `reach` of a colour, summed over the three channels."""
    return float((np.abs(pixels(made) - np.array(colour)).sum(axis=2) <= reach).mean())


def test_same_arguments_same_picture() -> None:
    for index in range(6):
        one, other = picture(index, SEED), picture(index, SEED)
        assert one.image.tobytes() == other.image.tobytes()
        assert (one.captions, one.facts) == (other.captions, other.facts)


def test_any_worker_makes_any_index_alone() -> None:
    third = list(islice(generate(4, SEED, "held-out", 96), 4))[3]
    assert third.image.tobytes() == picture(3, SEED, "held-out", 96).image.tobytes()


def test_seed_index_and_split_each_matter() -> None:
    base = picture(0, SEED).image.tobytes()
    others = [picture(0, SEED + 1), picture(1, SEED), picture(0, SEED, "held-out")]
    assert all(made.image.tobytes() != base for made in others)


@pytest.mark.parametrize("split", pictures.SPLITS)
def test_every_kind_is_drawn_and_named(split: str) -> None:
    for name in kinds(split):
        made = picture(1, SEED, split, 160, only=[name], degraded=False)
        assert made.kind == made.facts["type"] == name
        assert made.image.mode == "RGB"
        assert 160 <= max(made.image.size) <= 320
        assert pixels(made).std() > 3, f"{name} is blank"
        for language in ("en", "ko"):
            texts = made.said(language)
            assert len(texts) == 8
            assert all(text.strip() == text != "" for text in texts)
            assert all("{" not in text for text in texts), texts
            assert bool(HANGUL.search(texts[0])) == (language == "ko")
            # The fullest caption holds one of the kind's names, or begins as one does that holds a figure's.
            ways = [way.split("{x}")[0] or way.split("{x}")[1] for way in NOUNS[name][language].of(split)]
            assert any(way.strip() in texts[0] for way in ways), (name, texts[0])


def test_captions_claim_what_is_seen_and_generic_ones_fit_other_pictures() -> None:
    made = list(generate(40, SEED, size=64))
    for one in made:
        assert all(claims and claims <= one.seen for claims in one.claims)
    pies = [picture(index, SEED, size=64, only=["pie chart"], degraded=False) for index in range(6)]
    plain = next(caption for caption in pies[0].wordings if caption.detail == 0)
    full = pies[0].wordings[0]
    assert all(plain.claims <= pie.seen for pie in pies)
    assert not all(full.claims <= pie.seen for pie in pies)
    assert not any(plain.claims <= one.seen for one in made if one.kind != "pie chart")


def test_strips_of_text_hold_a_line() -> None:
    for index in range(60):
        made = picture(index, SEED, only=["paragraph"], degraded=False)
        assert pixels(made).std() > 3
        assert made.facts["counts"].get("text-lines", 1) >= 1


def test_missing_kinds_are_told_with_a_reason() -> None:
    for split in pictures.SPLITS:
        reasons = missing(split)
        assert set(kinds(split)) == set(KINDS) - set(reasons)
        assert all("install" in reason for reason in reasons.values())


@pytest.mark.parametrize("size", [64, 224, 384])
def test_longer_side_is_the_size_and_more_in_a_strip(size: int) -> None:
    for made in generate(12, SEED, size=size):
        long, short = max(made.image.size), min(made.image.size)
        assert size <= long <= 2 * size
        assert long == size or short <= 0.7 * long


def test_what_is_cut_out_of_a_table_is_a_part_of_which_nothing_is_counted() -> None:
    made = [picture(index, SEED, only=["ruled table"], degraded=False) for index in range(60)]
    parts = [one for one in made if not one.facts["counts"]]
    assert 15 <= len(parts) <= 45
    assert all(pixels(one).std() > 3 for one in parts)
    assert max(max(one.image.size) / min(one.image.size) for one in parts) > 3
    assert not any(character.isdigit() for one in parts for text in one.captions for character in text)


def test_a_thing_alone_stands_on_plain_ground() -> None:
    for index in range(30):
        sheet = Sheet(Random(index), "train", "en", 1.3)
        still_life(sheet, Image.effect_noise((sheet.width, sheet.height), 60).convert("RGB"))
        seen = np.asarray(sheet.image, np.int32)
        corners = [seen[:20, :20], seen[:20, -20:], seen[-20:, :20], seen[-20:, -20:]]
        assert sum(corner.std(axis=(0, 1)).max() < 3 for corner in corners) >= 2
        ground = np.median(np.concatenate([corner.reshape(-1, 3) for corner in corners]), axis=0)
        thing = float((np.abs(seen - ground).sum(axis=2) > 60).mean())
        assert 0.005 < thing < 0.8, index


def test_a_photo_without_a_subject_claims_none() -> None:
    made = [picture(index, SEED, only=["photo"]) for index in range(60)]
    alone = [one for one in made if one.facts["subject"] is None]
    assert 8 <= len(alone) <= 30
    subjects = {one.facts["subject"].en for one in made if one.facts["subject"]}
    assert not [text for one in alone for text in one.captions if any(subject in text for subject in subjects)]


def test_unknown_split_or_kind_is_said() -> None:
    with pytest.raises(UsageError, match="split"):
        picture(0, SEED, "test")
    with pytest.raises(UsageError, match="poster"):
        picture(0, SEED, only=["poster"])


def test_english_has_no_korean_captions() -> None:
    made = pictures.english(2, SEED)
    assert made.captions
    assert not any(HANGUL.search(text) for text in made.captions if made.facts["subject"] is None)
    assert made.captions == picture(2, SEED).said("en")


def test_splits_share_no_font_no_shade_and_no_wording() -> None:
    held = {family.regular for family in FAMILIES if family.split == "held-out"}
    assert not held & {family.regular for family in FAMILIES if family.split == "train"}
    assert not set(families("train")) & set(families("held-out"))
    for name in NAMES:
        assert not set(SHADES["train"][name]) & set(SHADES["held-out"][name])
    for table in (NOUNS, GROUPS, TRAITS):
        for key, languages in table.items():
            for ways in languages.values():
                assert ways.train
                assert ways.held_out
                assert not set(ways.train) & set(ways.held_out), key
    for language in ("en", "ko"):
        one, other = (caption_module.STYLES[split, language] for split in pictures.SPLITS)
        for part in ("plain", "about", "coloured", "counted", "seen"):
            assert not set(getattr(one, part)) & set(getattr(other, part))


@pytest.mark.parametrize("split", pictures.SPLITS)
def test_fonts_have_the_letters(split: str) -> None:
    """A letter that a font lacks is drawn as the same empty box as any other that it lacks."""
    for korean, letters in ((True, "가힣뷁한글1A%…"), (False, "AgQ1$%(…")):
        for family in families(split, korean=korean) if not korean or has_korean(split) else ():
            font = load(family, 24)
            lacking = font.getmask("\U000f0000").getbbox(), bytes(font.getmask("\U000f0000"))
            for letter in letters:
                drawn = font.getmask(letter)
                assert (drawn.getbbox(), bytes(drawn)) != lacking, (family.name, letter)


def test_splits_share_no_caption() -> None:
    train = {text for made in generate(120, SEED, size=48) for text in made.captions}
    held = {text for made in generate(60, SEED, "held-out", 48) for text in made.captions}
    assert not train & held


def test_shades_are_called_what_they_look_like() -> None:
    for split in pictures.SPLITS:
        for name, shades in SHADES[split].items():
            assert all(name_of(shade) == name for shade in shades)


FILLED = (
    "bar chart",
    "pie chart",
    "donut chart",
    "stacked bar chart",
    "area chart",
    "map",
    "geometric shapes",
    "slide",
)


@pytest.mark.parametrize("name", FILLED)
def test_named_colours_are_seen(name: str) -> None:
    for index in range(5):
        made = picture(index, SEED, only=[name], degraded=False)
        for colour, value in made.facts["palette"].items():
            assert name_of(value) == colour or "shades" in made.facts["traits"]
            assert share_near(made, value) > 0.0008, (index, colour, value)
            assert COLOURS[colour] in " ".join(made.said("ko")) or len(made.facts["colours"]) > 4


def test_grey_pictures_name_no_colour() -> None:
    found = [made for made in generate(160, SEED, size=48) if made.facts["quality"] in GREY]
    assert found
    for made in found:
        spread = pixels(made).max(axis=2) - pixels(made).min(axis=2)
        assert spread.max() <= 2
        assert made.facts["colours"] == ()


def test_bars_counted_are_bars_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rectangles in the noted colour, as the drawing calls tell, against the count in the facts."""
    drawn: Counter[tuple[int, int, int]] = Counter()
    plain = Sheet.box

    def counting(self: Sheet, box: tuple[float, float, float, float], fill: object, *rest: object, **how: int) -> None:
        drawn[fill] += 1
        plain(self, box, fill, *rest, **how)

    monkeypatch.setattr(Sheet, "box", counting)
    monkeypatch.setattr(pictures, "PLOTTED_SHARE", 0.0)  # a plotting library draws without these calls
    for name in ("bar chart", "horizontal bar chart"):
        for index in range(8):
            drawn.clear()
            facts = picture(index, SEED, only=[name], degraded=False).facts
            if facts["counts"] and "shades" not in facts["traits"]:  # no count is kept where a part was cut out
                assert sum(drawn[value] for value in facts["palette"].values()) == facts["counts"]["bars"]


def test_bars_can_be_counted_in_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the bar's colour along the foot of a chart of one colour."""
    monkeypatch.setattr(pictures, "PLOTTED_SHARE", 0.0)  # whose error bars cut a run in two
    checked = 0
    for index in range(18):
        made = picture(index, SEED, size=512, only=["bar chart"], degraded=False)
        plain = not {"shades", "dark"} & set(made.facts["traits"])  # on dark paper the letters' edges are grey too
        if not (plain and made.facts["counts"] and len(made.facts["palette"]) == 1):
            continue
        (value,) = made.facts["palette"].values()
        near = np.abs(pixels(made) - np.array(value)).sum(axis=2) <= 12
        rows = [int((np.diff(np.concatenate([[0], row.astype(int)])) == 1).sum()) for row in near]
        assert max(rows) == made.facts["counts"]["bars"], index
        checked += 1
    assert checked >= 5


def test_counts_and_traits_can_all_be_worded() -> None:
    for split in pictures.SPLITS:
        for made in generate(80, SEED + 1, split, 48):
            facts = made.facts
            assert set(facts["counts"]) <= set(COUNTS)
            assert {trait for trait in facts["traits"] if not trait.startswith("inside:")} <= set(TRAITS)
            assert facts["group"] in GROUPS
            assert facts["layout"] in ("landscape", "portrait", "square")


def test_full_captions_say_the_subject_and_the_count() -> None:
    made = picture(0, SEED, only=["pie chart"], degraded=False)
    number, subject = made.facts["counts"]["slices"], made.facts["subject"]
    assert subject is not None
    assert subject.en in made.said("en")[0]
    assert subject.ko in made.said("ko")[0]
    assert f"조각 {number}개" in made.said("ko")[0]


def test_ticks_cover_the_values() -> None:
    for low, high in ((0, 1), (0, 97), (0, 1234), (3, 7)):
        marks = ticks(low, high)
        assert marks[0] <= low
        assert marks[-1] >= high
        assert len(set(np.round(np.diff(marks), 9))) == 1
