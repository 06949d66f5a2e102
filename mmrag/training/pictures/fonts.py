"""Fonts of this machine that are known to be good for running text, and which split may use them.

Only families of the table below are used, so that no symbol font is taken for text. A family belongs to one split for
ever, and the held-out ones differ in form from those trained on (slab serif, condensed, rounded Korean). Knows files
and names; draws nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

from mmrag.errors import MissingExtra

__all__ = ["Family", "families", "has_korean", "load", "path_of"]


@dataclass(frozen=True, slots=True)
class Family:
    """A type family: file names without ending for regular and bold, and what it is good for."""

    name: str
    regular: str
    bold: str
    split: str = "train"
    korean: bool = False
    mono: bool = False


FAMILIES = (
    Family("DejaVu Sans", "DejaVuSans", "DejaVuSans-Bold"),
    Family("Liberation Sans", "LiberationSans-Regular", "LiberationSans-Bold"),
    Family("Liberation Serif", "LiberationSerif-Regular", "LiberationSerif-Bold"),
    Family("Arial", "arial", "arialbd"),
    Family("Times New Roman", "times", "timesbd"),
    Family("Roboto", "Roboto-Regular", "Roboto-Bold"),
    Family("Open Sans", "OpenSans-Regular", "OpenSans-Bold"),
    Family("Noto Sans", "NotoSans-Regular", "NotoSans-Bold"),
    Family("Liberation Mono", "LiberationMono-Regular", "LiberationMono-Bold", mono=True),
    Family("Courier New", "cour", "courbd", mono=True),
    Family("Nanum Gothic", "NanumGothic", "NanumGothicBold", korean=True),
    Family("Nanum Barun Gothic", "NanumBarunGothic", "NanumBarunGothicBold", korean=True),
    Family("Nanum Myeongjo", "NanumMyeongjo", "NanumMyeongjoBold", korean=True),
    Family("Malgun Gothic", "malgun", "malgunbd", korean=True),
    Family("Noto Sans CJK", "NotoSansCJK-Regular", "NotoSansCJK-Bold", korean=True),
    Family("DejaVu Serif", "DejaVuSerif", "DejaVuSerif-Bold", "held-out"),
    Family("Liberation Sans Narrow", "LiberationSansNarrow-Regular", "LiberationSansNarrow-Bold", "held-out"),
    Family("STIX", "STIXGeneral", "STIXGeneralBol", "held-out"),
    Family("Georgia", "georgia", "georgiab", "held-out"),
    Family("DejaVu Sans Mono", "DejaVuSansMono", "DejaVuSansMono-Bold", "held-out", mono=True),
    Family("Nanum Square", "NanumSquareR", "NanumSquareB", "held-out", korean=True),
    Family("Nanum Square Round", "NanumSquareRoundR", "NanumSquareRoundB", "held-out", korean=True),
)


def families(split: str, *, korean: bool = False, mono: bool = False) -> tuple[Family, ...]:
    """The families of `split` that this machine has; any of that split and script where none is `mono`.

    Empty only for Korean. Raises MissingExtra where no Latin family is found at all.
    """
    files = _files()
    found = [family for family in FAMILIES if family.split == split and family.regular.lower() in files]
    found = [family for family in found if family.korean == korean]
    if not found and not korean:
        raise MissingExtra("no known font is installed", "pip install 'mmrag[plot]'  (matplotlib brings DejaVu)")
    fitting = [family for family in found if family.mono == mono]
    return tuple(fitting or found)


def has_korean(split: str) -> bool:
    """Whether this machine can draw Korean in `split`."""
    return bool(families(split, korean=True))


@lru_cache(maxsize=4096)
def load(family: Family, size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font at `size` pixels an em; the regular weight where the bold one is missing."""
    files = _files()
    stem = family.bold if bold and family.bold.lower() in files else family.regular
    # The basic layout keeps a picture the same whether or not a shaping library is installed.
    return ImageFont.truetype(str(files[stem.lower()]), size, layout_engine=ImageFont.Layout.BASIC)


def path_of(family: Family) -> Path:
    """The file of the regular weight."""
    return _files()[family.regular.lower()]


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    """File name without ending, in lower case -> path; the machine's own before matplotlib's."""
    folders = [
        Path("/usr/share/fonts"),
        Path("/usr/local/share/fonts"),
        Path.home() / ".fonts",
        Path.home() / ".local/share/fonts",
        Path("/Library/Fonts"),
        Path("/System/Library/Fonts"),
        Path(os.environ.get("WINDIR", "C:\\Windows")) / "Fonts",
    ]
    spec = find_spec("matplotlib")
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(next(iter(spec.submodule_search_locations))) / "mpl-data" / "fonts" / "ttf")
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in (".ttf", ".otf", ".ttc"):
                found.setdefault(path.stem.lower(), path)
    return found
