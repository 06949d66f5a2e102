"""A training as a folder: begun, stopped, resumed, finished. What `mmrag train` calls.

While it lasts, the folder holds what it was begun with (`training.json`), the model that it began from where that is a
new one (`start/`), the pictures that were drawn for it (`pictures.sqlite`) and a checkpoint; in the end it holds the
model.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmrag.embedders.clip import Loaded
from mmrag.embedders.open_clip_models import read_open_clip
from mmrag.embedders.torch_runtime import choose_device
from mmrag.errors import ModelUnavailable, StorageFull, UsageError
from mmrag.training.exporting import export, export_onnx, model_card
from mmrag.training.keeping import KeptPairs
from mmrag.training.loop import CHECKPOINT, Outcome, Plan, Progress, train
from mmrag.training.pairs import GeneratedPairs, Pairs
from mmrag.training.starting import fresh, load_start
from mmrag.training.towers import Towers, Trains

__all__ = ["Job", "Result", "is_begun", "run"]

_RECORD = "training.json"
_START, _PARTIAL = "start", "start.partial"
_PICTURES = "pictures.sqlite"
_LEFT = {_START, _PARTIAL, _PICTURES, f"{_PICTURES}-wal", f"{_PICTURES}-shm"}
"""What a training that never began may have left behind."""
_TOKENIZER_PAIRS = 2000
"""Pairs whose texts the tokenizer is learnt from."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained: the model `start` names (`open_clip:...`, `hf:...`), or a new one of `size` where it is "".

    `blocks` counts where `trained` is "blocks"; "image" is for a new model, and takes all-MiniLM-L6-v2 as the text
    tower. `limits` is a paragraph for the model card in place of the general one. `onnx` writes the graphs too that run
    it without torch; `Result.id` names those then.
    """

    plan: Plan = field(default_factory=Plan)
    start: str = ""
    size: str = "small"
    trained: Trains = "all"
    blocks: int = 1
    limits: str = ""
    onnx: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A finished training: the id that loads the model, its folder, and what came out."""

    id: str
    folder: Path
    outcome: Outcome


def run(
    pairs: Pairs,
    job: Job,
    folder: Path,
    *,
    resume: bool = False,
    device: str = "auto",
    workers: int = 0,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Result:
    """Train and write the model into `folder`; `resume` goes on with what was begun there.

    Raises `UsageError` where the folder is in use or holds nothing to resume, or options do not fit together,
    `ModelUnavailable` for a damaged checkpoint or a model that is not there; Ctrl-C keeps a checkpoint.
    """
    if job.start and job.trained == "image":
        raise UsageError("a locked text tower is for a new model", "Leave out --from, or leave out --locked-text.")
    if not job.start and job.trained in ("blocks", "adapter"):
        raise UsageError("a new model has nothing to keep", "Name a model with --from, or train all of it.")
    chosen = choose_device(device)
    record = {"job": asdict(job), "data": dict(pairs.describe())}
    begun = _begin(folder, json.loads(json.dumps(record)), resume)
    if isinstance(pairs, GeneratedPairs) and job.plan.steps * job.plan.batch * job.plan.accumulate > pairs.total:
        folder.mkdir(parents=True, exist_ok=True)
        pairs = KeptPairs(pairs, folder / _PICTURES)  # each is looked at more than once
    loaded = _loaded(pairs, job, folder, begun)
    if not begun:
        _write(folder / _RECORD, {**record, "model": loaded.identity["weights"]})
    elif begun["model"] != loaded.identity["weights"]:
        raise ModelUnavailable(f"{job.start or folder} is not the model that the training began with", _ANEW)
    towers = Towers(
        loaded, job.trained, blocks=job.blocks, loss=job.plan.loss, pairs=job.plan.batch * job.plan.accumulate
    )
    outcome = train(pairs, towers, job.plan, folder, device=chosen, workers=workers, on_progress=on_progress)
    start = job.start or f"nothing (size {job.size})"
    id = export(towers, folder, model_card(towers, job.plan, outcome, pairs.describe(), start, job.limits))
    if job.onnx:
        id = export_onnx(folder)
    _write(folder / _RECORD, {**record, "finished": asdict(outcome)})
    for name in (_START, CHECKPOINT):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in _LEFT - {_START, _PARTIAL}:
        (folder / name).unlink(missing_ok=True)
    return Result(id, folder, outcome)


def is_begun(folder: Path) -> bool:
    """Whether a training in this folder can be gone on with."""
    return (folder / _RECORD).is_file()


_ANEW = "Name another folder with --out, or delete this one."


def _begin(folder: Path, record: dict[str, Any], resume: bool) -> dict[str, Any]:
    """What the folder's training was begun with; {} where it begins now."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "Name a folder with --out.")
    file = folder / _RECORD
    if not resume:
        if folder.is_dir() and {path.name for path in folder.iterdir()} - _LEFT:
            hint = "Go on with it with --resume, or name another folder." if file.is_file() else _ANEW
            raise UsageError(f"{folder} is not empty", hint)
        return {}
    if not file.is_file():
        raise UsageError(f"{folder} holds no training to resume", "Leave out --resume to begin one.")
    try:
        begun: dict[str, Any] = json.loads(file.read_text("utf-8"))
        finished, kept = "finished" in begun, {name: begun[name] for name in record}
        begun["model"] = begun.get("model", "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{file} is damaged", _ANEW) from error
    if finished:
        raise UsageError(f"the training in {folder} is finished", "Train on from it with --from, in another folder.")
    if kept != record:
        raise UsageError(
            f"the training in {folder} was begun with another {_difference(kept, record)}",
            "Resume with the options and the data that it was begun with.",
        )
    return begun


def _difference(one: dict[str, Any], other: dict[str, Any]) -> str:
    """The first setting in which two records differ."""
    for name, value in one.items():
        if value != other.get(name):
            if isinstance(value, dict) and isinstance(other.get(name), dict):
                return _difference(value, other[name])
            return f"{name} ({value!r}, not {other.get(name)!r})"
    return "number of settings"


def _loaded(pairs: Pairs, job: Job, folder: Path, begun: dict[str, Any]) -> Loaded:
    """The model that the training begins from."""
    if job.start:
        return load_start(job.start)
    if not begun:
        shutil.rmtree(folder / _PARTIAL, ignore_errors=True)
        shutil.rmtree(folder / _START, ignore_errors=True)
        locked = job.trained == "image"
        texts = () if locked else _texts(pairs, job.plan.seed)
        fresh(job.size, texts, folder / _PARTIAL, seed=job.plan.seed, locked_text=locked)
        (folder / _PARTIAL).rename(folder / _START)
    return read_open_clip(str(folder / _START))


def _texts(pairs: Pairs, seed: int) -> Iterator[str]:
    """The wordings of a sample of the pairs."""
    count = pairs.count("train")
    for index in sorted(np.random.default_rng(seed).permutation(count)[:_TOKENIZER_PAIRS].tolist()):
        yield from pairs.texts("train", index)


def _write(file: Path, value: dict[str, Any]) -> None:
    try:
        temporary = file.with_suffix(".partial")
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
        temporary.replace(file)
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror or error}", "Free some space.") from error
