"""`mmrag train`: teach an encoder of pictures and texts one's own pairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, cast

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import JsonOption

if TYPE_CHECKING:
    from mmrag.training import Job, Pairs, Progress, Result
    from mmrag.training.towers import Trains

__all__ = ["train"]

_LOSSES = ("infonce", "sigmoid")
_RATES = {"all": 1e-3, "image": 1e-3, "adapter": 1e-3, "blocks": 1e-5}
_TUNING_RATE = 1e-5


@app.command("train", short_help="Train an encoder of pictures and texts.")
def train(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="Where the model goes.", show_default=False)],
    pairs: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--pairs", metavar="FILE.jsonl", help='Learn lines of {"image": PATH, "text": TEXT or [TEXT]}.'),
    ] = None,
    generated: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--generated", min=2, metavar="N", help="Learn N pictures of documents that mmrag draws."),
    ] = None,
    index: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--index", metavar="NAME|FOLDER", help="Learn an index: figures with captions, pages with text."),
    ] = None,
    start: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--from", metavar="MODEL", help="Begin with this CLIP or SigLIP: open_clip:..., hf:..."),
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="SIZE", help="A new model's size: small, vit, tiny.")
    ] = "small",
    adapter: Annotated[
        bool, typer.Option("--adapter", help="With --from: train only a linear map behind each tower.")
    ] = False,
    blocks: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--blocks", min=1, metavar="N", help="With --from: train only the last N blocks of each tower."),
    ] = None,
    locked_text: Annotated[
        bool, typer.Option("--locked-text", help="A new model: keep all-MiniLM-L6-v2 as its text tower (English).")
    ] = False,
    loss: Annotated[str, typer.Option("--loss", metavar="LOSS", help="infonce or sigmoid.")] = "infonce",
    steps: Annotated[int, typer.Option("--steps", min=1, metavar="N", help="How many steps.")] = 1000,
    batch: Annotated[int, typer.Option("--batch", min=1, metavar="N", help="Pairs in memory at once.")] = 64,
    accumulate: Annotated[
        int, typer.Option("--accumulate", min=1, metavar="N", help="Batches a step; all are contrasted with all.")
    ] = 1,
    lr: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            "--lr",
            min=0.0,
            metavar="RATE",
            help="Highest learning rate. Default: 0.001, or 0.00001 for weights of --from.",
        ),
    ] = None,
    grow: Annotated[
        bool, typer.Option("--grow", help="Begin with small pictures: as good, in half the time (size small).")
    ] = False,
    multiscale: Annotated[
        bool, typer.Option("--multiscale", help="Another size of pictures at each step (size small).")
    ] = False,
    every: Annotated[int, typer.Option("--every", min=1, metavar="N", help="Steps between measurements.")] = 100,
    precision: Annotated[str, typer.Option("--precision", metavar="KIND", help="auto, fp32 or bf16.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of weights, order and pictures.")] = 0,
    device: Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda or cuda:N.")] = "auto",
    workers: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--workers", min=0, metavar="N", help="Processes that make pictures. Default: one a core."),
    ] = None,
    onnx: Annotated[
        bool,
        typer.Option("--onnx", help="Write graphs too that run without torch, and quicker on a CPU (size small, vit)."),
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training begun in --out.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train an encoder that puts pictures and texts in one space, and write it into a folder for `index --pixels`.

    Say what to learn with one of --pairs, --generated or --index. Without --from a new, small model is made. Progress
    shows the loss and, now and then, how often the right picture of the held-out pairs is first or among the first
    five. Ctrl-C keeps everything: the same command with --resume goes on.
    """
    from mmrag.config import expanded
    from mmrag.errors import UsageError
    from mmrag.training import Job, Plan

    if loss not in _LOSSES or precision not in ("auto", "fp32", "bf16"):
        raise UsageError(f"there is no such loss or precision: {loss}, {precision}", "See `mmrag train --help`.")
    trained = _trained(start, adapter, blocks, locked_text)
    tunes = start is not None and trained != "adapter"
    plan = Plan(
        steps=steps,
        batch=batch,
        accumulate=accumulate,
        lr=lr if lr is not None else _TUNING_RATE if tunes else _RATES[trained],
        loss=cast(Any, loss),
        seed=seed,
        precision=cast(Any, precision),
        every=every,
        grow=grow,
        multiscale=multiscale,
    )
    job = Job(plan, start or "", size, trained, blocks or 1, onnx=onnx)
    run = _Run(job, expanded(out), resume, device, workers)
    _show(run.go(_pairs(pairs, generated, index, seed), as_json), as_json)


class _Run:
    """One training, and what is shown of it meanwhile."""

    def __init__(self, job: Job, folder: Path, resume: bool, device: str, workers: int | None) -> None:
        self.job = job
        self.folder = folder
        self._resume = resume
        self._device = device
        self._workers = workers

    def go(self, pairs: Pairs, as_json: bool) -> Result:
        """Train; on Ctrl-C say how to go on, and leave."""
        from mmrag.embedders.text import available_threads
        from mmrag.training import is_begun, run

        workers = self._workers if self._workers is not None else available_threads()
        try:
            with self._shown() as shown:
                return run(
                    pairs,
                    self.job,
                    self.folder,
                    resume=self._resume,
                    device=self._device,
                    workers=workers,
                    on_progress=shown,
                )
        except KeyboardInterrupt:
            message, hint = "stopped; the training is kept", "Run the same command with --resume to go on."
            if not is_begun(self.folder):
                message, hint = "stopped before the first step", "Run the same command again."
            if as_json:
                output.emit({"error": {"code": "interrupted", "message": message, "hint": hint}})
            else:
                output.err().print(f"{message}. {hint}", markup=False)
            output.leave(130)
            raise

    @contextmanager
    def _shown(self) -> Iterator[Any]:
        """A callback that shows progress on standard error: a bar in a terminal, a line for each measurement."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = output.err()
        columns = (
            TextColumn("Training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeRemainingColumn(),
        )
        hidden = not console.is_terminal or console.is_dumb_terminal
        with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
            task = bar.add_task("", total=self.job.plan.steps, loss="")

            def tell(event: Any) -> None:
                speed = f"loss {event.loss:.3f}, {event.pairs_per_second:.0f} pairs/s"
                bar.update(task, completed=event.step, loss=speed)
                if event.recall is not None:
                    console.print(_line(event), markup=False)

            yield tell


def _line(event: Progress) -> str:
    recall = event.recall
    measured = f"recall@1 {recall.at_1:.3f}, @5 {recall.at_5:.3f} of {recall.pairs}" if recall else ""
    return f"step {event.step:,} of {event.steps:,}: loss {event.loss:.3f}, {measured}"


def _trained(start: str | None, adapter: bool, blocks: int | None, locked_text: bool) -> Trains:
    from mmrag.errors import UsageError

    chosen = [name for name, given in (("adapter", adapter), ("blocks", blocks), ("image", locked_text)) if given]
    if len(chosen) > 1:
        raise UsageError("--adapter, --blocks and --locked-text exclude one another", "Give one of them.")
    if chosen in (["adapter"], ["blocks"]) and start is None:
        raise UsageError(f"--{chosen[0]} keeps a model that is there, and none is named", "Name one with --from.")
    if chosen == ["image"] and start is not None:
        raise UsageError("--locked-text makes a new model, and --from names another", "Leave out one of them.")
    return cast("Trains", chosen[0] if chosen else "all")


def _pairs(file: str | None, generated: int | None, index: str | None, seed: int) -> Pairs:
    from mmrag.config import expanded
    from mmrag.errors import UsageError
    from mmrag.training import FilePairs, GeneratedPairs, IndexPairs

    if sum(given is not None for given in (file, generated, index)) != 1:
        raise UsageError("nothing to learn from, or too much", "Give one of --pairs, --generated and --index.")
    if file is not None:
        return FilePairs(expanded(file))
    if generated is not None:
        return GeneratedPairs(generated, seed)
    return IndexPairs(index or "")


def _show(result: Result, as_json: bool) -> None:
    from dataclasses import asdict

    outcome = result.outcome
    if as_json:
        recall = asdict(outcome.recall) if outcome.recall else None
        output.emit(
            {
                "model": result.id,
                "folder": str(result.folder),
                "steps": outcome.steps,
                "pairs_seen": outcome.pairs_seen,
                "loss": outcome.loss,
                "recall": recall,
                "device": outcome.device,
                "seconds": outcome.seconds,
            }
        )
        return
    from rich.text import Text

    found = outcome.recall
    figures = "no held-out pairs"
    if found:
        figures = f"recall@1 {found.at_1:.3f}, @5 {found.at_5:.3f} of {found.pairs} held-out pairs"
    output.show(Text(f"Trained {outcome.steps:,} steps in {outcome.seconds:.0f} s: {figures}."))
    output.show(Text(f"Use it with: mmrag index FOLDER --pixels {result.id} --rebuild"), whole=True)
