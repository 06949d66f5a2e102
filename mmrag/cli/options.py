"""Options that several commands share, and the values that people type into them. Knows no command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Optional, get_args

import typer

if TYPE_CHECKING:
    from mmrag.types import Filters

__all__ = [
    "CatalogOption",
    "ExamplesOption",
    "IndexOption",
    "JsonOption",
    "LlmOption",
    "RiskOption",
    "StepsOption",
    "filters",
    "moment",
]

# Optional[...] and not `... | None`: Typer reads these at run time, on every supported Python.
IndexOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--index",
        metavar="NAME|FOLDER",
        help="The index: a folder, or a name under ./indexes. Default: MMRAG_INDEX, else 'default'.",
    ),
]
CatalogOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--catalog", metavar="URL", help="Keep the catalog in this database (any SQLAlchemy URL)."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on standard output; all else goes to standard error.")
]
LlmOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--llm",
        metavar="MODEL",
        help="Language model: none, hf:ID_OR_FOLDER, openai:MODEL@URL, langchain:PROVIDER:MODEL. Default: MMRAG_LLM.",
    ),
]
ExamplesOption = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--examples/--no-examples",
        help="Show the model of --llm three answered examples first. Default: MMRAG_EXAMPLES, else not.",
        show_default=False,
    ),
]
StepsOption = Annotated[
    Optional[bool],  # noqa: UP045
    typer.Option(
        "--steps/--no-steps",
        help="Let the model of --llm look and read before it answers. Default: MMRAG_STEPS, else not.",
        show_default=False,
    ),
]
RiskOption = Annotated[
    Optional[float],  # noqa: UP045
    typer.Option(
        "--max-risk",
        min=0.0,
        max=1.0,
        metavar="CHANCE",
        help="Chance that you accept, 0 to 1, of what is shown being wrong; a smaller one refuses more. Default: 0.4.",
    ),
]

_AGO = re.compile(r"(\d{1,5})\s*([hdwmy])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 30, "y": 24 * 365}


def moment(text: str, *, end: bool = False, now: datetime | None = None) -> datetime:
    """A time as people type it: 2024, 2024-01, 2024-01-31, 2024-01-31T09:30, today, yesterday; 12h, 7d, 4w, 6m, 1y ago.

    A year, month or day means its first moment, or with `end` its last. Local time unless an offset is given; the
    result always has a zone. Raises `UsageError`.
    """
    from mmrag.errors import UsageError

    now = now or datetime.now().astimezone()
    word = text.strip()
    if ago := _AGO.fullmatch(word):
        try:
            return now - timedelta(hours=int(ago[1]) * _HOURS[ago[2].lower()])
        except OverflowError:
            return datetime.min.replace(year=2).astimezone()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": 0, "yesterday": 1}
    if word.lower() in days:
        return _edge((midnight - timedelta(days=days[word.lower()])).strftime("%Y-%m-%d"), end)
    try:
        return _edge(word, end)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is not a date", "Use 2024-01-31, 2024-01, 2024, or a time ago such as 7d, 4w, 6m."
        ) from error


def _edge(word: str, end: bool) -> datetime:
    """The first or last moment of what `word` names; `ValueError` where it names nothing."""
    for layout, step in (("%Y-%m-%d", "day"), ("%Y-%m", "month"), ("%Y", "year")):
        try:
            first = datetime.strptime(word, layout)
        except ValueError:
            continue
        if not end:
            return first.astimezone()
        if step == "day":
            after = first + timedelta(days=1)
        else:
            after = (first + timedelta(days=31 if step == "month" else 366)).replace(day=1)
            after = after if step == "month" else after.replace(month=1)
        return (after - timedelta(microseconds=1)).astimezone()
    return datetime.fromisoformat(word.replace("Z", "+00:00")).astimezone()


def filters(paths: Sequence[str], kinds: Sequence[str], since: str | None, until: str | None) -> Filters | None:
    """`--path --kind --since --until` as a value, None where nothing is filtered; raises `UsageError`."""
    from mmrag.errors import UsageError
    from mmrag.types import Filters, RegionKind

    known = get_args(RegionKind)
    names = dict.fromkeys(kind.strip() for item in kinds for kind in item.split(",") if kind.strip())
    for name in names:
        if name not in known:
            raise UsageError(f"there is no kind {name!r}", f"Kinds: {', '.join(known)}.")
    wanted: tuple[RegionKind, ...] = tuple(kind for kind in known if kind in names)
    first = moment(since) if since else None
    last = moment(until, end=True) if until else None
    if first and last and first > last:
        raise UsageError(f"--since {since} is later than --until {until}", "Swap them.")
    if not (paths or wanted or first or last):
        return None
    return Filters(paths=tuple(paths), kinds=wanted, since=first, until=last)
