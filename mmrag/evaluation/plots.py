"""Scores as pictures: risk against coverage, calibration, and page retrieval. Needs the extra `plot`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmrag.errors import MissingExtra, UsageError
from mmrag.evaluation.answers import AnswerScores
from mmrag.evaluation.pages import CUTOFFS, RetrievalScores
from mmrag.evaluation.risk import RiskPoint
from mmrag.evaluation.verdicts import VerdictScores

__all__ = ["SUFFIXES", "check_plot", "write_plot"]

SUFFIXES = (".png", ".svg", ".pdf")
_COLOUR = "#1f5fa8"


def check_plot(file: Path) -> None:
    """Raise before any work is done: `UsageError` for a file that cannot be written, `MissingExtra`."""
    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{file.name} is no picture that can be written", f"Use a name in {', '.join(SUFFIXES)}.")
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(f"{file} cannot be written: there is no such folder", "Make the folder first.")
    _pyplot()


def write_plot(
    file: Path,
    *,
    retrieval: RetrievalScores | None = None,
    answers: AnswerScores | None = None,
    verdicts: VerdictScores | None = None,
) -> None:
    """Write one picture with a panel for each kind of scores; the suffix of `file` names its format.

    Raises what `check_plot` raises, and `UsageError` where there is nothing to draw.
    """
    check_plot(file)
    panels: list[tuple[Any, Any]] = []
    if retrieval is not None and retrieval.questions:
        panels.append((_pages, retrieval))
    if answers is not None and answers.curve():
        panels.append((_answers, answers))
    if verdicts is not None and verdicts.claims:
        panels += [(_verdicts, verdicts), (_calibration, verdicts)]
    if not panels:
        raise UsageError("there is nothing to draw: no question was answered", "Score something first.")
    figure = _pyplot()(figsize=(4.6 * len(panels), 4), layout="constrained")
    for place, (draw, scores) in enumerate(panels, start=1):
        draw(figure.add_subplot(1, len(panels), place), scores)
    figure.savefig(file, dpi=150, format=file.suffix[1:].lower())


def _pyplot() -> Any:
    # The class itself and not pyplot, which would pick a window system and keep global state.
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("plots need Matplotlib", "pip install 'mmrag[plot]'") from error
    return Figure


def _pages(axes: Any, scores: RetrievalScores) -> None:
    values = scores.intervals()
    for name, style in (("recall", "o-"), ("hit", "s--")):
        found = [values[f"{name}@{k}"] for k in CUTOFFS]
        means = [value.mean for value in found]
        errors = [[value.mean - value.low for value in found], [value.high - value.mean for value in found]]
        axes.errorbar(range(len(CUTOFFS)), means, yerr=errors, fmt=style, capsize=3, label=f"{name}@k")
    axes.set(xlabel="k", ylabel="mean over questions", ylim=(0, 1.02), title=f"Pages, n={len(scores.questions)}")
    axes.set_xticks(range(len(CUTOFFS)), [str(k) for k in CUTOFFS])
    axes.legend(loc="lower right")


def _answers(axes: Any, scores: AnswerScores) -> None:
    _curve(axes, scores.curve())
    axes.set(title=f"Answers, n={len(scores.questions)}", xlabel="share of questions answered")


def _verdicts(axes: Any, scores: VerdictScores) -> None:
    _curve(axes, scores.curve())
    axes.set(title=f"Verdicts, n={len(scores.claims)}", xlabel="share of claims decided")


def _curve(axes: Any, curve: tuple[RiskPoint, ...]) -> None:
    axes.plot([point.coverage for point in curve], [point.risk for point in curve], color=_COLOUR)
    axes.fill_between([point.coverage for point in curve], [point.risk for point in curve], color=_COLOUR, alpha=0.15)
    axes.set(ylabel="share of those wrong", xlim=(0, 1), ylim=(0, None))


def _calibration(axes: Any, scores: VerdictScores) -> None:
    bins = scores.bins()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    axes.plot([item.probability for item in bins], [item.right for item in bins], "o-", color=_COLOUR)
    title = f"Calibration, ECE {scores.value('ECE'):.3f}"
    axes.set(xlabel="probability given", ylabel="share supported", xlim=(0, 1), ylim=(0, 1), title=title)
