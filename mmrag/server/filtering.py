"""Filters as a client sends them; raises `UsageError` for what no filter could be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import get_args

from mmrag.errors import UsageError
from mmrag.types import Filters, RegionKind

__all__ = ["filters_of"]

MOST_GLOBS, LONGEST_GLOB = 20, 500
_AGO = re.compile(r"(\d{1,4})([hdwmy])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7, "m": 24 * 30, "y": 24 * 365}


def filters_of(paths: Sequence[str], kinds: Sequence[str], since: str | None, until: str | None) -> Filters | None:
    """Globs, kinds (also with commas), and days (2024-01-31, an ISO time, or 7d ago) as a value; None for none."""
    globs = tuple(path for path in paths if path.strip())
    if len(globs) > MOST_GLOBS or any(len(path) > LONGEST_GLOB or "\0" in path for path in globs):
        raise UsageError(f"at most {MOST_GLOBS} paths of {LONGEST_GLOB} characters", "Name fewer or shorter ones.")
    known = get_args(RegionKind)
    names = {name.strip() for kind in kinds for name in kind.split(",") if name.strip()}
    if not names <= set(known):
        raise UsageError("there is no such kind of region", f"Kinds: {', '.join(known)}.")
    first, last = _moment(since, False), _moment(until, True)
    if first and last and first > last:
        raise UsageError("since is later than until", "Swap them.")
    wanted: tuple[RegionKind, ...] = tuple(kind for kind in known if kind in names)
    if not (globs or wanted or first or last):
        return None
    return Filters(globs, wanted, first, last)


def _moment(text: str | None, end: bool) -> datetime | None:
    word = (text or "").strip()
    if not word:
        return None
    try:
        if ago := _AGO.fullmatch(word):
            return datetime.now().astimezone() - timedelta(hours=int(ago[1]) * _HOURS[ago[2].lower()])
        if len(word) == len("2024-01-31"):
            return datetime.combine(date.fromisoformat(word), time.max if end else time.min).astimezone()
        return datetime.fromisoformat(word.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError) as error:
        raise UsageError("that is not a date", "Use 2024-01-31, an ISO time, or 7d, 4w, 6m, 1y ago.") from error
