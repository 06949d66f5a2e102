"""Which places a search is limited to. Works on paths and times; knows no database."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from fnmatch import translate

from mmrag.catalog.records import microseconds
from mmrag.types import Filters

__all__ = ["place_filter"]


def _normal(text: str) -> str:
    # macOS hands out decomposed file names: without this, Korean names and accents would never match a typed pattern.
    return unicodedata.normalize("NFC", os.path.normcase(text))


def _globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    exact: set[str] = set()
    parts: list[str] = []
    for given in patterns:
        pattern = _normal(os.path.expanduser(given))  # noqa: PTH111  (Path would drop a closing separator)
        exact.add(pattern)
        parts.append(translate(pattern))
        if os.sep in pattern:
            # A folder stands for all that lies below it, and a relative pattern may begin anywhere.
            below = pattern.rstrip(os.sep) + os.sep + "*"
            parts.append(translate(below))
            if not os.path.isabs(pattern):  # noqa: PTH117
                parts += [translate("*" + os.sep + pattern), translate("*" + os.sep + below)]
    matcher = re.compile("|".join(f"(?:{part})" for part in parts))

    def matches(path: str) -> bool:
        name = path.rpartition(os.sep)[2]
        return path in exact or name in exact or bool(matcher.match(path) or matcher.match(name))

    return matches


def place_filter(filters: Filters) -> Callable[[bytes, int], bool] | None:
    """A test of (path, mtime_ns), or None where no place is ruled out.

    Globs are those of `fnmatch` on the absolute path or the file name, blind to Unicode normal form; a pattern with a
    separator also covers what lies below a folder of that name. `since` and `until` are inclusive, to the microsecond.
    """
    if not filters.paths and filters.since is None and filters.until is None:
        return None
    matches = _globs(filters.paths) if filters.paths else None
    since = microseconds(filters.since) if filters.since else None
    until = microseconds(filters.until) if filters.until else None

    def passes(path: bytes, mtime_ns: int) -> bool:
        when = mtime_ns // 1000
        if (since is not None and when < since) or (until is not None and when > until):
            return False
        return matches is None or matches(_normal(os.fsdecode(path)))

    return passes
