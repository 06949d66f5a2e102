"""The training itself: steps, learning rate, precision, measuring, checkpoints, and stopping without loss.

What a step does depends on seed and number of the step alone, so that a training that was stopped and resumed ends
with the same weights, bit by bit on the CPU, as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mmrag.embedders.torch_runtime import import_library
from mmrag.errors import MmragError, UsageError
from mmrag.indexing.interrupts import Interrupts
from mmrag.training.batches import Batch, Batches
from mmrag.training.checkpoints import has_checkpoint, load_checkpoint, save_checkpoint
from mmrag.training.losses import infonce, same_rows, sigmoid
from mmrag.training.measuring import Recall, measure
from mmrag.training.pairs import Pairs
from mmrag.training.towers import Towers

__all__ = ["CHECKPOINT", "Outcome", "Plan", "Progress", "edge_at", "learning_rate", "train"]

CHECKPOINT = "checkpoint"
"""The folder of the checkpoint inside that of the training."""
_BETAS, _EPS = (0.9, 0.98), 1e-6  # as Radford et al. (2021) have them for ViTs
_SAVE_EVERY = 120.0
"""Seconds after which a checkpoint is written, whatever the step."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. A step looks at `batch` times `accumulate` pairs, all of them negatives of one another.

    `lr` is the highest learning rate, reached after `warmup` (a share of the steps), then falling as a cosine to 0;
    `clip` bounds the norm of the gradient; `every`: steps between measurements. `precision`: "auto" is bf16 where a
    CUDA device has it and fp32 elsewhere (autocast to bf16 was slower than fp32 on the CPUs that were tried).
    `grow`: begin with pictures of half the size and end with whole ones (Tan & Le 2021, progressive learning), for
    models of convolutions, which take any size. `multiscale`: the size of the pictures changes from step to step, from
    five sixths of the model's to one and a half (Redmon & Farhadi 2017, multi-scale training), for the same models.
    """

    steps: int = 1000
    batch: int = 64
    accumulate: int = 1
    lr: float = 1e-3
    warmup: float = 0.05
    weight_decay: float = 0.1
    clip: float = 1.0
    loss: Literal["infonce", "sigmoid"] = "infonce"
    seed: int = 0
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    every: int = 100
    grow: bool = False
    multiscale: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """After a step: `step` of `steps` is done; `recall` where the held-out pairs were measured at it."""

    step: int
    steps: int
    loss: float
    lr: float
    scale: float
    pairs_per_second: float
    seconds_left: float
    recall: Recall | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished training. `seconds` counts the parts before a resume too; `losses`: (step, loss) at each measure."""

    steps: int
    pairs_seen: int
    seconds: float
    loss: float
    recall: Recall | None
    device: str
    losses: tuple[tuple[int, float], ...] = ()


def learning_rate(plan: Plan, step: int) -> float:
    """The rate of a step (from 0): linear up to `plan.lr`, then half a cosine down to 0 (Loshchilov & Hutter 2017)."""
    warm = max(1, round(plan.steps * plan.warmup))
    if step < warm:
        return plan.lr * (step + 1) / warm
    return plan.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, plan.steps - warm)))


_STAGES = ((0.4, 0.58), (0.65, 0.66), (0.85, 0.83), (1.0, 1.0))
"""Up to this share of the steps, pictures of this share of the model's own size."""
_SCALES = (5 / 6, 1.0, 7 / 6, 4 / 3, 3 / 2)
"""Of the model's own size: those that `multiscale` draws from."""
_STRIDE = 16


def edge_at(plan: Plan, step: int, whole: int) -> int:
    """Height and width, in pixels, of the pictures of a step (from 0); those of the model itself are `whole`."""
    if plan.multiscale:
        share = _SCALES[int(np.random.default_rng([plan.seed, step]).integers(len(_SCALES)))]
    elif plan.grow:
        share = next(size for until, size in _STAGES if step < until * plan.steps)
    else:
        return whole
    edge = max(2 * _STRIDE, round(whole * share / _STRIDE) * _STRIDE)
    return edge if plan.multiscale else min(whole, edge)


def train(
    pairs: Pairs,
    towers: Towers,
    plan: Plan,
    folder: Path,
    *,
    device: str = "cpu",
    workers: int = 0,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Train `towers` on `pairs`, going on from the checkpoint in `folder` if there is one.

    Ctrl-C finishes the step, writes a checkpoint and raises `KeyboardInterrupt`. Raises `UsageError` where there are
    fewer than two pairs, `ModelUnavailable` for a damaged checkpoint, `MmragError` where the loss is no number.
    """
    if pairs.count("train") < 2:
        raise UsageError("there are fewer than two pairs to train on", "Contrast needs more: add pairs.")
    size = plan.batch * plan.accumulate
    if size < 2 or plan.steps < 1:
        raise UsageError("a training needs a step of two pairs at least", "Give a larger --batch or --steps.")
    whole = towers.recipe.size
    varied = plan.grow or plan.multiscale
    if varied and not (towers.convolves and whole[0] == whole[1]):
        raise UsageError("this model takes pictures of one size only", "Leave out --grow and --multiscale.")
    if plan.grow and plan.multiscale:
        raise UsageError("--grow and --multiscale cannot be used together", "Name one of them.")
    edge = partial(edge_at, plan, whole=whole[0]) if varied else None
    with Batches(pairs, towers.recipe, size, seed=plan.seed, workers=workers, edge=edge) as batches:
        run = _Run(towers, plan, folder / CHECKPOINT, device, on_progress)
        run.resume()
        run.held_out = batches.held_out()
        run.go(batches.steps(run.step, plan.steps))
    return run.outcome()


@dataclass
class _Run:
    towers: Towers
    plan: Plan
    checkpoint: Path
    device: str
    on_progress: Callable[[Progress], None]
    step: int = 0
    seconds: float = 0.0
    losses: list[tuple[int, float]] = field(default_factory=list)
    loss: float = math.nan
    recall: Recall | None = None
    held_out: Batch | None = None

    def __post_init__(self) -> None:
        torch = self._torch = import_library("torch")
        torch.manual_seed(self.plan.seed)
        self.towers.to(self.device)
        groups: dict[bool, list[Any]] = {True: [], False: []}
        for parameter in self.towers.parameters().values():
            groups[parameter.ndim >= 2].append(parameter)  # gains and biases are not drawn to 0
        decays = {True: self.plan.weight_decay, False: 0.0}
        self._optimizer = torch.optim.AdamW(
            [{"params": found, "weight_decay": decays[large]} for large, found in groups.items() if found],
            lr=self.plan.lr,
            betas=_BETAS,
            eps=_EPS,
        )

    def resume(self) -> None:
        """Take over the checkpoint, if there is one."""
        if not has_checkpoint(self.checkpoint):
            return
        self.step, state = load_checkpoint(self.checkpoint, self.towers, self._optimizer)
        if state["plan"] != asdict(self.plan):
            raise UsageError(
                "the checkpoint was begun with another plan", "Resume with the options that it was begun with."
            )
        self.seconds = float(state["seconds"])
        self.losses = [(int(step), float(loss)) for step, loss in state["losses"]]
        self.loss = float(state["loss"])

    def go(self, batches: Iterator[Batch]) -> None:
        """All steps that are left."""
        self.towers.train()
        begun, before, first = time.perf_counter(), self.seconds, self.step
        saved = begun
        try:
            with Interrupts().watched() as interrupts:
                for batch in batches:
                    with interrupts.held():
                        self._one(batch)
                    now = time.perf_counter()
                    self.seconds = before + now - begun
                    measured = self._measured()
                    if measured or now - saved > _SAVE_EVERY:
                        with interrupts.held():
                            self.save()
                        saved = time.perf_counter()
                    self._tell((now - begun) / (self.step - first), measured)
        except KeyboardInterrupt:
            self.save()
            raise
        if self.recall is None:
            self._measured(always=True)

    def save(self) -> None:
        """Write a checkpoint of the step that was finished last."""
        state = {"plan": asdict(self.plan), "seconds": self.seconds, "losses": self.losses, "loss": self.loss}
        save_checkpoint(self.checkpoint, self.towers, self._optimizer, self.step, state)

    def outcome(self) -> Outcome:
        """What came out."""
        seen = self.step * self.plan.batch * self.plan.accumulate
        losses = tuple(self.losses)
        return Outcome(self.step, seen, round(self.seconds, 1), self.loss, self.recall, self.device, losses)

    def _measured(self, always: bool = False) -> bool:
        """Whether this is a step at which the held-out pairs are measured; measures them then."""
        due = always or self.step % self.plan.every == 0 or self.step == self.plan.steps
        if not due:
            self.recall = None
            return False
        self.recall = measure(self.towers, self.held_out) if self.held_out is not None else None
        if not always:
            self.losses.append((self.step, self.loss))
        return True

    def _tell(self, seconds: float, measured: bool) -> None:
        self.on_progress(
            Progress(
                self.step,
                self.plan.steps,
                self.loss,
                learning_rate(self.plan, self.step - 1),
                float(self.towers.scale.detach()),
                self.plan.batch * self.plan.accumulate / seconds,
                seconds * (self.plan.steps - self.step),
                self.recall if measured else None,
            )
        )

    def _one(self, batch: Batch) -> None:
        torch = self._torch
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate(self.plan, self.step)
        self._optimizer.zero_grad(set_to_none=True)
        loss = self._backward(batch)
        if not math.isfinite(loss):
            raise MmragError(f"the loss is no number at step {self.step + 1}", "Begin again with a smaller --lr.")
        found = [one for one in self.towers.parameters().values() if one.grad is not None]
        torch.nn.utils.clip_grad_norm_(found, self.plan.clip)
        self._optimizer.step()
        self.towers.clamp()
        self.loss = loss
        self.step += 1

    def _backward(self, batch: Batch) -> float:
        """Gradients of the whole step's loss.

        Accumulated steps are two passes (Gao et al. 2021, GradCache): features without gradients first, then the
        gradient of the loss by each feature, then each part once more with it. Every pair of the step stays a
        negative of every other, which the mean of the parts' own losses would give up.
        """
        torch = self._torch
        same = torch.from_numpy(
            same_rows(batch.texts, batch.keys, batch.wordings, claims=batch.claims, seen=batch.seen)
        ).to(self.device)
        if self.plan.accumulate == 1:
            images, texts = self._features(batch, slice(None))
            loss = self._loss(images, texts, same)
            loss.backward()
            return float(loss.detach())
        size = self.plan.batch
        parts = [slice(start, start + size) for start in range(0, len(batch.texts), size)]
        with torch.no_grad():
            made = [self._features(batch, part) for part in parts]
        images = torch.cat([image for image, _ in made]).requires_grad_()
        texts = torch.cat([text for _, text in made]).requires_grad_()
        loss = self._loss(images, texts, same)
        loss.backward()
        for part in parts:
            again = zip(self._features(batch, part), (images.grad[part], texts.grad[part]), strict=True)
            learnt = [(feature, gradient) for feature, gradient in again if feature.requires_grad]
            torch.autograd.backward([feature for feature, _ in learnt], [gradient for _, gradient in learnt])
        return float(loss.detach())

    def _features(self, batch: Batch, part: slice) -> tuple[Any, Any]:
        pixels = self._torch.from_numpy(batch.pixels[part]).to(self.device, non_blocking=True)
        with self._precision():
            return self.towers.image_features(pixels), self.towers.text_features(batch.texts[part])

    def _loss(self, images: Any, texts: Any, same: Any) -> Any:
        if self.plan.loss == "sigmoid":
            return sigmoid(images, texts, self.towers.scale, self.towers.bias, same)
        return infonce(images, texts, self.towers.scale, same)

    def _precision(self) -> AbstractContextManager[Any]:
        torch, kind = self._torch, self.device.partition(":")[0]
        wanted = self.plan.precision == "bf16"
        if self.plan.precision == "auto":
            wanted = kind == "cuda" and torch.cuda.is_bf16_supported()
        context: AbstractContextManager[Any] = torch.autocast(kind, dtype=torch.bfloat16, enabled=wanted)
        return context
