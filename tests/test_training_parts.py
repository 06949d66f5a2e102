"""What a training is made of, without a model: losses, pairs, order, measuring, schedule."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
import training_shapes as shapes
from PIL import Image

from mmrag.corpus import Corpus
from mmrag.embedders.preprocessing import Recipe
from mmrag.errors import FileProblem, NothingIndexed, PathNotFound, UsageError
from mmrag.training import FilePairs, GeneratedPairs, IndexPairs, Plan
from mmrag.training.batches import Batches
from mmrag.training.keeping import KeptPairs
from mmrag.training.loop import edge_at, learning_rate
from mmrag.training.losses import infonce, same_rows, sigmoid
from mmrag.training.measuring import recall_of
from mmrag.training.pairs import Pair, Split, is_held_out
from mmrag.training.tokenizer import train_tokenizer
from mmrag.training.varying import varied_part, varied_picture, varied_text

SPLITS: tuple[Split, ...] = ("train", "held-out")
SMALL = Recipe(size=(16, 16), resize="squash")


def rows(count: int, dim: int, seed: int) -> torch.Tensor:
    drawn = torch.randn(count, dim, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(drawn, dim=-1)


def naive_infonce(images: np.ndarray, texts: np.ndarray, scale: float, same: np.ndarray) -> float:
    total = 0.0
    for one, other, left_out in ((images, texts, same), (texts, images, same.T)):
        for row in range(len(one)):
            scores = [scale * float(one[row] @ other[col]) for col in range(len(other))]
            kept = [score for col, score in enumerate(scores) if not left_out[row, col]]
            total += math.log(sum(math.exp(score) for score in kept)) - scores[row]
    return total / (2 * len(images))


def naive_sigmoid(images: np.ndarray, texts: np.ndarray, scale: float, bias: float, same: np.ndarray) -> float:
    total = 0.0
    for row in range(len(images)):
        for col in range(len(texts)):
            if not same[row, col]:
                sign = 1 if row == col else -1
                total += math.log1p(math.exp(-sign * (scale * float(images[row] @ texts[col]) + bias)))
    return total / len(images)


@pytest.mark.parametrize("seed", range(3))
def test_losses_are_those_of_the_papers(seed: int) -> None:
    images, texts = rows(6, 5, seed), rows(6, 5, seed + 9)
    same = same_rows(["a", "b", "A ", "c", "d", "b"], list("123456"))
    scale, bias = torch.tensor(7.0), torch.tensor(-2.0)
    wanted = naive_infonce(images.double().numpy(), texts.double().numpy(), 7.0, same)
    assert float(infonce(images, texts, scale, torch.from_numpy(same))) == pytest.approx(wanted, rel=1e-5)
    wanted = naive_sigmoid(images.double().numpy(), texts.double().numpy(), 7.0, -2.0, same)
    assert float(sigmoid(images, texts, scale, bias, torch.from_numpy(same))) == pytest.approx(wanted, rel=1e-5)


def test_losses_at_known_values() -> None:
    alike = torch.ones(8, 4) / 2  # nothing is told apart
    assert float(infonce(alike, alike, torch.tensor(10.0))) == pytest.approx(math.log(8))
    apart = torch.eye(8)
    assert float(infonce(apart, apart, torch.tensor(100.0))) == pytest.approx(0.0, abs=1e-6)
    assert float(infonce(apart, apart, torch.tensor(1e6))) == float(infonce(apart, apart, torch.tensor(100.0)))
    # With no scale and no bias each of the n decisions of a row costs log 2.
    assert float(sigmoid(apart, apart, torch.tensor(0.0), torch.tensor(0.0))) == pytest.approx(8 * math.log(2))


def test_gradients_pull_pairs_together_and_the_rest_apart() -> None:
    images, texts = rows(5, 6, 1).requires_grad_(), torch.eye(5, 6)
    for loss in (
        infonce(images, texts, torch.tensor(5.0)),
        sigmoid(images, texts, torch.tensor(5.0), torch.tensor(0.0)),
    ):
        (gradient,) = torch.autograd.grad(loss, images)
        pulls = gradient @ texts.T  # texts are at right angles, so that each pull is seen by itself
        assert (pulls.diagonal() < 0).all()
        assert (pulls[~torch.eye(5, dtype=torch.bool)] > 0).all()


def test_same_captions_and_same_pictures_are_no_negatives() -> None:
    same = same_rows(["A bar chart", "a  bar chart", "막대그래프", "표"], ["1", "2", "3", "3"])
    assert same.tolist() == [
        [False, True, False, False],
        [True, False, False, False],
        [False, False, False, True],
        [False, False, True, False],
    ]
    # "a letter" fits the second picture, "a red letter" does not fit the first.
    fits = same_rows(["a letter", "a red letter"], None, [["a letter"], ["a red letter", "A letter"]])
    assert fits.tolist() == [[False, False], [True, False]]
    # What the first text claims is seen in both pictures; the second claims more; the third claims nothing.
    claims = [frozenset({"chart"}), frozenset({"chart", "red"}), frozenset[str]()]
    seen = [frozenset({"chart", "blue"}), frozenset({"chart", "red"}), frozenset({"table"})]
    known = same_rows(["a chart", "a red chart", "x"], claims=claims, seen=seen)
    assert known.tolist() == [[False, False, False], [True, False, False], [False, False, False]]


def test_recall_counts_ties_against_and_leaves_equals_out() -> None:
    nothing = np.zeros((8, 8), bool)
    assert recall_of(np.ones((8, 8), np.float32), nothing).at_5 == 0.0
    assert recall_of(np.eye(8, dtype=np.float32), nothing).at_1 == 1.0
    scores = np.eye(8, dtype=np.float32)
    scores[0, 1] = 2.0
    assert recall_of(scores, nothing).at_1 == 7 / 8
    equal = nothing.copy()
    equal[0, 1] = True
    assert recall_of(scores, equal).at_1 == 1.0


def test_learning_rate_warms_up_and_falls_to_nothing() -> None:
    plan = Plan(steps=100, lr=1.0, warmup=0.1)
    rates = [learning_rate(plan, step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * n for n in range(1, 11)])
    assert max(rates) == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.001


def test_pictures_grow_in_stages_to_the_whole_size() -> None:
    plan = Plan(steps=100, grow=True)
    edges = [edge_at(plan, step, 192) for step in range(100)]
    assert edges == sorted(edges)
    assert edges[0] == 112
    assert edges[-1] == 192
    assert all(edge % 16 == 0 for edge in edges)
    assert max(edge_at(plan, step, 216) for step in range(100)) == 216
    with Batches(shapes.Shapes(), SMALL, 4, edge=lambda step: 16 if step else 8) as batches:
        assert [batch.pixels.shape[2:] for batch in batches.steps(0, 2)] == [(8, 8), (16, 16)]


def test_sizes_change_from_step_to_step_and_are_decided_by_the_seed() -> None:
    plan = Plan(steps=200, multiscale=True)
    edges = [edge_at(plan, step, 192) for step in range(200)]
    assert set(edges) == {160, 192, 224, 256, 288}
    assert max(edges.count(edge) for edge in set(edges)) < 70
    assert edges == [edge_at(plan, step, 192) for step in range(200)]
    assert edges != [edge_at(Plan(steps=200, multiscale=True, seed=1), step, 192) for step in range(200)]
    assert {edge_at(Plan(steps=200), step, 192) for step in range(200)} == {192}


def test_a_kept_pair_is_made_once_and_comes_back_the_same(tmp_path: Path) -> None:
    made: list[int] = []

    class Counted(shapes.Shapes):
        def pair(self, split: Split, index: int) -> Pair:
            made.append(index)
            return super().pair(split, index)

    first = KeptPairs(Counted(), tmp_path / "pairs.sqlite").pair("train", 3)
    again = pickle.loads(pickle.dumps(KeptPairs(shapes.Shapes(), tmp_path / "pairs.sqlite"))).pair("train", 3)
    assert made == [3]
    assert np.array_equal(np.asarray(first.image), np.asarray(again.image))
    assert (first.texts, first.key, first.claims, first.seen) == (again.texts, again.key, again.claims, again.seen)
    drawn = KeptPairs(GeneratedPairs(4, drawn_by="test_training_parts:draw_one"), tmp_path / "drawn.sqlite")
    assert drawn.pair("train", 0).claims == drawn.pair("train", 0).claims == Drawn.claims
    assert drawn.pair("train", 0).seen == Drawn.seen


def test_a_varied_pair_keeps_what_its_captions_say() -> None:
    image = Image.new("RGB", (100, 60), "white")
    image.paste((200, 20, 20), (30, 20, 70, 40))
    seen = set()
    for seed in range(40):
        varied = varied_picture(image, Random(seed))
        seen.add(varied.size)
        assert 80 <= varied.width <= 120
        assert 45 <= varied.height <= 75
        red, green, blue = (int(one) for one in np.asarray(varied)[varied.height // 2, varied.width // 2])
        assert red > 2 * max(green, blue)
    assert len(seen) > 10
    texts = {varied_text("막대 그래프", Random(seed)) for seed in range(60)} | {
        varied_text("a bar chart", Random(seed)) for seed in range(60)
    }
    assert len(texts) > 30
    assert all("막대 그래프" in text or "a bar chart" in text for text in texts)
    long = "a bar chart, " * 20
    assert varied_text(long, Random(1)) == long


def test_a_part_keeps_the_kind_and_the_smaller_ones_the_group_alone() -> None:
    image = Image.new("RGB", (120, 90), "white")
    for place in range(0, 120, 8):  # marks everywhere, so that every part shows some
        image.paste((200, 20, 20), (place, 0, place + 4, 90))
    parts = [varied_part(image, Random(seed)) for seed in range(120)]
    sizes = [part.image.size for part in parts]
    assert all(width >= 48 and height >= 48 for width, height in sizes)
    assert len(set(sizes)) > 60
    small = [part for part in parts if part.image.width * part.image.height < 0.45 * 120 * 90]
    assert small
    assert {part.kept for part in small} == {("group:",)}
    assert {part.kept for part in parts} == {("group:",), ("type:", "group:")}
    assert all(float(np.asarray(part.image.convert("L")).std()) > 5 for part in parts)
    colours = {part.image.getpixel((part.image.width // 2, 3)) for part in parts}
    assert len(colours) > 10


class ClaimedShapes(shapes.Shapes):
    """Shapes of whose captions it is known what they claim: the first one a colour, the second one the kind alone."""

    def pair(self, split: Split, index: int) -> Pair:
        made = super().pair(split, index)
        claims = (frozenset({"type:shape", "colour:red"}), frozenset({"group:shape"}))
        return Pair(made.image, ("a red shape", "SHAPE"), made.key, claims, claims[0] | claims[1])


def test_a_picture_in_other_colours_is_never_called_by_its_colour() -> None:
    with Batches(ClaimedShapes(64), SMALL, 64) as batches:
        (batch,) = batches.steps(0, 1)
    said = ["colour:red" in claims for claims in batch.claims]
    assert 5 < sum(said) < 40  # half of the captions name one, two in five pictures are seen in part
    index = [choice.index for choice in batches.choices(0)]
    for named, pixels, place in zip(said, batch.pixels, index, strict=True):
        if named and place % 4 == 0 and place // 4 % 4 == 1:
            red, green, blue = (int(one) for one in pixels[:, 8, 8])
            assert red > 2 * max(green, blue)


def test_order_is_a_permutation_an_epoch_and_decided_by_the_seed() -> None:
    batches = Batches(shapes.Shapes(), SMALL, 12, seed=3)
    seen = [choice.index for step in range(4) for choice in batches.choices(step)]
    assert sorted(seen[:16]) == sorted(seen[16:32]) == list(range(16))
    assert seen[:16] != seen[16:32]
    assert [choice.index for choice in Batches(shapes.Shapes(), SMALL, 12, seed=3).choices(2)] == seen[24:36]
    assert [choice.index for choice in Batches(shapes.Shapes(), SMALL, 12, seed=4).choices(0)] != seen[:12]
    draws = {choice.draw % 2 for step in range(4) for choice in batches.choices(step)}
    assert draws == {0, 1}  # both wordings come up


def test_workers_give_the_same_batches() -> None:
    alone = list(Batches(shapes.Shapes(), SMALL, 20, seed=1).steps(1, 4))
    with Batches(shapes.Shapes(), SMALL, 20, seed=1, workers=1) as helped:
        together = list(helped.steps(1, 4))
    assert len(together) == 3
    for one, other in zip(alone, together, strict=True):
        assert one.texts == other.texts
        assert one.pixels.shape == (20, 3, 16, 16)
        assert np.array_equal(one.pixels, other.pixels)


def test_file_of_pairs(tmp_path: Path) -> None:
    pairs = FilePairs(shapes.write_file(tmp_path))
    assert pairs.count("train") + pairs.count("held-out") == 16
    assert pairs.count("held-out") == sum(is_held_out(f"shape-{index}.png") for index in range(16))
    first = pairs.pair("train", 0)
    assert first.image.size == (48, 48)
    assert first.texts == pairs.texts("train", 0) == ("a red circle", "빨간 원")


def test_pairs_of_one_document_stay_together(tmp_path: Path) -> None:
    shapes.draw(0).save(tmp_path / "a.png")
    held = next(name for name in map(str, range(100)) if is_held_out(name))
    lines = [{"image": "a.png", "text": f"caption {number}", "document": held} for number in range(5)]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert FilePairs(file).count("held-out") == 5


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("", "holds no pairs"),
        ("[1]", "line 1 is no pair"),
        ('{"image": "a.png"}', "line 1 is no pair"),
        ('{"image": "a.png", "text": 3}', "line 1 is no pair"),
        ('{"image": "a.png", "text": ["  "]}', "line 1 has no text"),
        ('{"image": "none.png", "text": "x"}', "line 1: there is no picture"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, error: str) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    file = tmp_path / "pairs.jsonl"
    file.write_text(line, "utf-8")
    with pytest.raises(UsageError, match=error):
        FilePairs(file)


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"image": "a.png", "text": "x", "document": "d"}', "utf-8")
    pairs = FilePairs(file)
    split = "held-out" if pairs.count("held-out") else "train"
    with pytest.raises(FileProblem, match=r"a\.png"):
        pairs.pair(split, 0)
    with pytest.raises(PathNotFound):
        FilePairs(tmp_path / "none.jsonl")


class Drawn:
    image = shapes.draw(0)
    captions = ("a chart", "차트")
    claims = (frozenset({"chart"}), frozenset({"chart"}))
    seen = frozenset({"chart", "blue"})


def draw_one(index: int, seed: int, split: str) -> Drawn:
    assert split in ("train", "held-out")
    return Drawn()


def test_generated_pairs_draw_with_what_they_name() -> None:
    pairs = GeneratedPairs(10, 1, held=4, drawn_by="test_training_parts:draw_one")
    assert (pairs.count("train"), pairs.count("held-out")) == (10, 4)
    assert pairs.pair("train", 3).texts == ("a chart", "차트")
    assert pairs.pair("train", 3).key != pairs.pair("held-out", 3).key


def test_the_tokenizer_knows_everything_and_spells_what_it_has_not_seen(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    entries = train_tokenizer(shapes.Shapes().all_texts() * 3, tmp_path, entries=600, length=32)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.get_vocab_size() == entries <= 600
    assert tokenizer.token_to_id("<end>") == entries - 1  # where the text tower looks
    assert tokenizer.encode("A RED circle").ids == tokenizer.encode("a red circle").ids
    assert len(tokenizer.encode("빨간 원").ids) <= 6
    for text in ("빨갛다", "naïve ½ €", "漢字", "🙂", ""):
        ids = tokenizer.encode(text).ids
        assert (ids[0], ids[-1]) == (tokenizer.token_to_id("<start>"), entries - 1)
    again = tmp_path / "again"
    train_tokenizer(shapes.Shapes().all_texts() * 3, again, entries=600, length=32)
    assert (again / "tokenizer.json").read_bytes() == (tmp_path / "tokenizer.json").read_bytes()


def test_pairs_of_an_index(tmp_path: Path) -> None:
    report = Path(__file__).parents[1] / "mmrag" / "samples" / "annual-report-2025.pdf"
    with Corpus(tmp_path / "index", pixels="none", text="none", ocr="off") as corpus:
        corpus.index(report)
    pairs = IndexPairs(str(tmp_path / "index"))
    (split,) = {split for split in SPLITS if pairs.count(split)}  # one document is on one side as a whole
    found = [pairs.pair(split, number) for number in range(pairs.count(split))]
    assert all(pair.texts and all(len(text) <= 300 for text in pair.texts) for pair in found)
    assert [pair.texts for pair in found] == [pairs.texts(split, number) for number in range(len(found))]
    assert any("Figure" in text for pair in found for text in pair.texts)
    assert all(max(pair.image.size) <= 641 for pair in found)
    copied = pickle.loads(pickle.dumps(pairs))  # as a worker process gets it
    assert np.array_equal(np.asarray(copied.pair(split, 0).image), np.asarray(found[0].image))
    with pytest.raises(NothingIndexed):
        IndexPairs(str(tmp_path / "none"))
