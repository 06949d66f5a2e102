"""Training: a tiny encoder learns, stops, goes on as if it had not stopped, and is loaded as any other."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
import training_shapes as shapes

from mmrag import embedders
from mmrag.cli.run import run as command
from mmrag.embedders.torch_runtime import loading
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.training import GeneratedPairs, Job, Plan, Progress, Towers, export, fresh, load_start, run, train
from mmrag.training.batches import Batches

PLAN = Plan(steps=8, batch=16, lr=2e-3, every=4)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny new model that the tests begin with, as an id."""
    folder = tmp_path_factory.mktemp("start") / "model"
    fresh("tiny", shapes.Shapes().all_texts(), folder)
    return f"open_clip:{folder}"


def weights(folder: Path) -> bytes:
    return (folder / "open_clip_model.safetensors").read_bytes()


def changed(before: dict[str, torch.Tensor], towers: Towers) -> set[str]:
    after = towers.model.state_dict()
    return {name for name, tensor in before.items() if not torch.equal(tensor, after[name])}


def snapshot(towers: Towers) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in towers.model.state_dict().items()}


@pytest.mark.parametrize(("loss", "steps"), [("infonce", 200), pytest.param("sigmoid", 400, marks=pytest.mark.slow)])
def test_sixteen_pairs_are_learnt_by_heart_and_the_folder_gives_the_same_features(
    tmp_path: Path, start: str, loss: Any, steps: int
) -> None:
    towers = Towers(load_start(start), loss=loss, pairs=16)
    plan = replace(PLAN, steps=steps, every=steps, loss=loss)
    outcome = train(shapes.Shapes(), towers, plan, tmp_path)
    assert outcome.recall is not None
    assert outcome.recall.at_1 == 1.0
    texts = shapes.Shapes().all_texts()
    images, captions = shapes.features(towers, texts)
    loaded = embedders.load(export(towers, tmp_path / "model", "card"), "cpu")
    assert (loaded.embed_images([shapes.draw(index) for index in range(16)]) * images).sum(1).min() > 0.999
    assert (loaded.embed_queries(texts) * captions).sum(1).min() > 0.999


def test_the_sigmoid_loss_learns_too(tmp_path: Path, start: str) -> None:
    towers = Towers(load_start(start), loss="sigmoid", pairs=16)
    losses: list[float] = []
    train(
        shapes.Shapes(),
        towers,
        replace(PLAN, steps=30, loss="sigmoid"),
        tmp_path,
        on_progress=lambda event: losses.append(event.loss),
    )
    assert losses[-1] < 0.8 * losses[0]
    assert "bias" in towers.parameters()


@pytest.mark.parametrize("size", [pytest.param("small", marks=pytest.mark.slow), "vit"])
def test_new_models_are_small_and_can_be_adapted(tmp_path: Path, size: str) -> None:
    texts = shapes.Shapes().all_texts()
    towers = Towers(fresh(size, texts, tmp_path / "start"), "adapter")
    assert set(towers.adapters) == {"image", "text"}
    train(shapes.Shapes(), towers, replace(PLAN, steps=1, batch=4, lr=1e-2), tmp_path)
    loaded = embedders.load(export(towers, tmp_path / "model", "card"), "cpu")
    images, _ = shapes.features(towers, texts)
    assert (loaded.embed_images([shapes.draw(index) for index in range(16)]) * images).sum(1).min() > 0.999
    assert sum(file.stat().st_size for file in (tmp_path / "model").iterdir()) < 15_000_000


def test_a_training_that_was_killed_ends_with_the_same_bits(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(event: Progress) -> None:
        if event.step == 6:  # two steps after the checkpoint
            raise Killed

    job = Job(PLAN, size="tiny")
    whole = run(shapes.Shapes(), job, tmp_path / "whole", device="cpu")
    with pytest.raises(Killed):
        run(shapes.Shapes(), job, tmp_path / "halved", device="cpu", on_progress=kill)
    with pytest.raises(UsageError, match="not empty"):
        run(shapes.Shapes(), job, tmp_path / "halved", device="cpu")
    with pytest.raises(UsageError, match=r"another lr \(0.002, not 0.5\)"):
        run(shapes.Shapes(), Job(replace(PLAN, lr=0.5), size="tiny"), tmp_path / "halved", resume=True, device="cpu")
    again = run(shapes.Shapes(), job, tmp_path / "halved", resume=True, device="cpu")
    assert weights(again.folder) == weights(whole.folder)
    assert again.outcome.losses == whole.outcome.losses
    left = {path.name for path in again.folder.iterdir()}
    assert not left & {"start", "checkpoint"}
    card = (again.folder / "README.md").read_text("utf-8")
    assert "shapes" in card
    assert "recall@1" in card
    with pytest.raises(UsageError, match="finished"):
        run(shapes.Shapes(), job, tmp_path / "halved", resume=True, device="cpu")


@pytest.mark.parametrize("option", ["grow", "multiscale"])
def test_sizes_change_only_for_convolutions(tmp_path: Path, start: str, option: str) -> None:
    with pytest.raises(UsageError, match="one size only"):
        train(shapes.Shapes(), Towers(load_start(start)), replace(PLAN, **{option: True}), tmp_path)


def test_drawn_pictures_are_kept_while_they_are_looked_at_again(tmp_path: Path) -> None:
    drawn = GeneratedPairs(6, held=2, drawn_by="training_shapes:drawn")
    found: list[bool] = []
    plan = replace(PLAN, steps=3, batch=4)

    def look(_: Progress) -> None:
        found.append((tmp_path / "model" / "pictures.sqlite").is_file())

    run(drawn, Job(plan, size="tiny"), tmp_path / "model", device="cpu", on_progress=look)
    assert found == [True] * 3
    assert not list((tmp_path / "model").glob("pictures.sqlite*"))


def test_ctrl_c_keeps_every_step(tmp_path: Path, start: str) -> None:
    def interrupt(event: Progress) -> None:
        if event.step == 3:
            os.kill(os.getpid(), signal.SIGINT)

    plain, stopped = Towers(load_start(start)), Towers(load_start(start))
    train(shapes.Shapes(), plain, PLAN, tmp_path / "plain")
    with pytest.raises(KeyboardInterrupt):
        train(shapes.Shapes(), stopped, PLAN, tmp_path / "stopped", on_progress=interrupt)
    steps: list[int] = []
    resumed = Towers(load_start(start))
    train(shapes.Shapes(), resumed, PLAN, tmp_path / "stopped", on_progress=lambda event: steps.append(event.step))
    assert steps[0] == 4
    assert not changed(snapshot(plain), resumed)


def test_a_damaged_checkpoint_is_said(tmp_path: Path, start: str) -> None:
    train(shapes.Shapes(), Towers(load_start(start)), replace(PLAN, steps=4), tmp_path)
    (file,) = (tmp_path / "checkpoint").glob("weights-*")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ModelUnavailable, match="damaged"):
        train(shapes.Shapes(), Towers(load_start(start)), replace(PLAN, steps=4), tmp_path)


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path, start: str) -> None:
    train(shapes.Shapes(), Towers(load_start(start)), replace(PLAN, steps=4), tmp_path)
    with pytest.raises(UsageError, match="another model"):
        train(shapes.Shapes(), Towers(load_start(start), "adapter"), replace(PLAN, steps=4), tmp_path)


def test_accumulated_steps_contrast_all_with_all(tmp_path: Path, start: str) -> None:
    one, parts = Towers(load_start(start)), Towers(load_start(start))
    train(shapes.Shapes(), one, replace(PLAN, steps=3), tmp_path / "one")
    train(shapes.Shapes(), parts, replace(PLAN, steps=3, batch=4, accumulate=4), tmp_path / "parts")
    texts = shapes.Shapes().all_texts()
    for first, second in zip(shapes.features(one, texts), shapes.features(parts, texts), strict=True):
        assert (first * second).sum(1).min() > 0.9999


def test_bf16_and_clipping_learn_too(tmp_path: Path, start: str) -> None:
    towers = Towers(load_start(start))
    outcome = train(shapes.Shapes(), towers, replace(PLAN, precision="bf16", steps=20, every=20), tmp_path)
    assert outcome.loss < 2.5  # log 16 = 2.77 at the start
    assert all(parameter.dtype == torch.float32 for parameter in towers.parameters().values())


def test_an_adapter_changes_nothing_else_and_is_merged(tmp_path: Path, start: str) -> None:
    towers = Towers(load_start(start), "adapter")
    before = snapshot(towers)
    plain = shapes.features(towers, ["a red circle"])[0]
    assert np.allclose(plain, shapes.features(Towers(load_start(start)), ["a red circle"])[0], atol=1e-6)
    train(shapes.Shapes(), towers, replace(PLAN, lr=1e-2), tmp_path)
    assert not changed(before, towers)
    assert set(towers.parameters()) == {"adapter.image", "adapter.text", "log_scale"}
    images, captions = shapes.features(towers, shapes.Shapes().all_texts())
    assert np.abs(images - plain).max() > 0.01
    loaded = embedders.load(export(towers, tmp_path / "model", "card"), "cpu")
    assert (loaded.embed_images([shapes.draw(index) for index in range(16)]) * images).sum(1).min() > 0.999
    assert (loaded.embed_queries(shapes.Shapes().all_texts()) * captions).sum(1).min() > 0.999


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_models_of_transformers_are_tuned_in_their_own_layout(tmp_path: Path, kind: str) -> None:
    folder = {"clip": tiny_models.clip_folder, "siglip": tiny_models.siglip_folder}[kind](tmp_path / "start")
    towers = Towers(load_start(f"hf:{folder}"), "adapter")
    # SigLIP's image tower ends in no projection, so that only its texts can be adapted.
    assert set(towers.adapters) == ({"image", "text"} if kind == "clip" else {"text"})
    train(shapes.Shapes(), towers, replace(PLAN, steps=3, lr=1e-2), tmp_path)
    images, captions = shapes.features(towers, ["a red circle"])
    loaded = embedders.load(export(towers, tmp_path / "model", "card"), "cpu")
    assert (loaded.embed_images([shapes.draw(index) for index in range(16)]) * images).sum(1).min() > 0.999
    assert (loaded.embed_queries(["a red circle"]) * captions).sum(1).min() > 0.999


def test_the_last_blocks_are_what_changes(tmp_path: Path, start: str) -> None:
    towers = Towers(load_start(start), "blocks", blocks=1)
    before = snapshot(towers)
    train(shapes.Shapes(), towers, replace(PLAN, steps=3), tmp_path)
    found = changed(before, towers)
    assert {name.split(".resblocks.")[1][0] for name in found if ".resblocks." in name} == {"1"}
    assert {"visual.proj", "text_projection"} <= found
    assert not [name for name in found if "embedding" in name or "conv1" in name or "logit" in name]


@pytest.mark.slow
def test_a_locked_text_tower_is_minilm_before_and_after(tmp_path: Path) -> None:
    result = run(shapes.Shapes(), Job(replace(PLAN, steps=3), size="tiny", trained="image"), tmp_path, device="cpu")
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")  # the folder is whole in itself
    shutil.move(tmp_path, moved)
    loaded = embedders.load(f"open_clip:{moved}", "cpu")
    texts = ["a red circle", "Table 3: revenue by region"]
    with loading("the text encoder"):
        wanted = embedders.load("minilm", "cpu").embed_passages(texts)
    assert (loaded.embed_queries(texts) * wanted).sum(1).min() > 0.98  # minilm itself runs in int8 where that holds
    assert loaded.dim == 384
    assert result.outcome.steps == 3


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shapes.write_file(tmp_path)
    out = tmp_path / "out"
    options = ["train", "--pairs", str(file), "--size", "tiny", "--steps", "4", "--batch", "8", "--out", str(out)]
    options += ["--workers", "0", "--device", "cpu", "--json"]
    assert command(options) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["model"] == f"open_clip:{out}"
    assert shown["steps"] == 4
    assert embedders.load(shown["model"], "cpu").dim == 64
    assert command(options) == 2
    assert "not empty" in json.loads(capsys.readouterr().out)["error"]["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing to learn from"),
        (["--pairs", "none.jsonl"], "there is no file"),
        (["--generated", "9", "--index", "x"], "nothing to learn from, or too much"),
        (["--generated", "9", "--adapter"], "none is named"),
        (["--generated", "9", "--from", "open_clip:x", "--locked-text"], "--from names another"),
        (["--generated", "9", "--from", "minilm"], "names no model that can be trained"),
        (["--generated", "9", "--loss", "l2"], "no such loss"),
        (["--generated", "9", "--size", "huge"], "there is no size"),
        (["--generated", "9", "--resume"], "holds no training to resume"),
    ],
)
def test_command_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert command(["train", "--out", str(tmp_path / "out"), *options, "--device", "cpu", "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert message in error["message"]
    assert error["hint"]


def test_fewer_than_two_pairs_are_no_training(tmp_path: Path, start: str) -> None:
    with pytest.raises(UsageError, match="fewer than two pairs"):
        train(shapes.Shapes(1), Towers(load_start(start)), PLAN, tmp_path)
    assert Batches(shapes.Shapes(1), Towers(load_start(start)).recipe, 2).held_out() is None
