"""Pictures inside a terminal: the protocols of kitty, iTerm2 and sixel, and how to tell which one is spoken.

Terminals are recognised by the variables they set, never by asking them: a query that is not understood would stand
on the screen as garbage.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Protocol", "encode_picture", "picture_protocol"]

Protocol: TypeAlias = Literal["kitty", "iterm2", "sixel"]
VARIABLE = "MMRAG_PICTURES"
"""Names the protocol where the terminal is not recognised, or is "none"."""

_CHUNK = 4096
_CELL = 9
"""Pixels assumed for a column where a protocol counts in pixels."""


def picture_protocol(environment: Mapping[str, str]) -> Protocol | None:
    """The protocol by which the terminal shows pictures, None where it is not known to show any."""
    wished = environment.get(VARIABLE, "").lower()
    if wished:
        return next((name for name in get_args(Protocol) if name == wished), None)
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("TMUX") or environment.get("STY") or term.startswith(("screen", "tmux", "dumb", "linux")):
        return None  # a multiplexer swallows pictures, or leaves them behind
    speakers: dict[Protocol, bool] = {
        "kitty": bool(environment.get("KITTY_WINDOW_ID")) or "kitty" in term or "ghostty" in (program or term),
        "iterm2": program in ("iTerm.app", "WezTerm", "mintty") or environment.get("LC_TERMINAL") == "iTerm2",
        "sixel": term.startswith(("foot", "mlterm", "contour")) or "sixel" in term,
    }
    return next((name for name, speaks in speakers.items() if speaks), None)


def encode_picture(image: Image, protocol: Protocol, columns: int) -> str:
    """The characters that make a terminal show an image about `columns` wide, without a line break at the end."""
    columns = max(1, columns)
    if protocol == "sixel":
        return _sixel(image, columns * _CELL)
    png = io.BytesIO()
    image.convert("RGB").save(png, "PNG")
    data = base64.standard_b64encode(png.getvalue()).decode("ascii")
    if protocol == "iterm2":
        size = len(png.getvalue())
        return f"\x1b]1337;File=inline=1;size={size};width={columns};preserveAspectRatio=1:{data}\x07"
    parts = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    found = []
    for at, part in enumerate(parts):
        head = f"a=T,f=100,c={columns},q=2," if not at else ""  # q=2: the terminal answers nothing
        found.append(f"\x1b_G{head}m={int(at < len(parts) - 1)};{part}\x1b\\")
    return "".join(found)


def _sixel(image: Image, width: int) -> str:
    """DEC sixel graphics (VT330/VT340 Programmer Reference, chapter 14): 6 rows a band, one pass a colour."""
    import numpy as np

    small = image.convert("RGB")
    if small.width > width:
        small = small.resize((width, max(1, round(small.height * width / small.width))))
    small = small.quantize(64)
    palette = (small.getpalette() or [])[: 3 * 64]
    pixels = np.asarray(small)
    parts = ["\x1bP0;1;0q", f'"1;1;{small.width};{small.height}']
    for colour in range(len(palette) // 3):
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * colour : 3 * colour + 3])
        parts.append(f"#{colour};2;{red};{green};{blue}")
    for top in range(0, small.height, 6):
        band = pixels[top : top + 6]
        weights = (1 << np.arange(len(band)))[:, None]
        lines = []
        for colour in np.unique(band):
            bits = ((band == colour) * weights).sum(axis=0)
            lines.append(f"#{colour}{_runs([int(value) for value in bits])}")
        parts.append("$".join(lines) + "-")
    return "".join(parts) + "\x1b\\"


def _runs(values: list[int]) -> str:
    """Columns of one colour in one band, repeats counted."""
    found = []
    start = 0
    for at in range(1, len(values) + 1):
        if at < len(values) and values[at] == values[start]:
            continue
        count, character = at - start, chr(63 + values[start])
        found.append(f"!{count}{character}" if count > 3 else character * count)
        start = at
    return "".join(found)
