"""Overlapping parts of pictures that have more pixels than an image encoder looks at.

Knows no pixels: `Page.width` and `Page.height` tell how many there are.
"""

from __future__ import annotations

from mmrag.types import Box, Page, Segment

__all__ = ["tiles"]

_LONG_SIDE = 1500  # pixels; below this a whole picture keeps its details well enough
_OVERLAP = 0.1  # of a side, so that a thing on the middle line is whole in one of the tiles


def tiles(page: Page) -> list[Segment]:
    """Two by two tiles for a large picture that is a page of its own; two for one more than twice as long as wide.

    A PDF page is tiled only where it is a poster: paper in ordinary sizes has a long side below the limit in points,
    and its figures are segments of their own.
    """
    if max(page.width, page.height) <= _LONG_SIDE:
        return []
    low, high = 0.5 - _OVERLAP / 2, 0.5 + _OVERLAP / 2
    halves = ((0.0, high), (low, 1.0))
    columns = halves if page.width > page.height / 2 else ((0.0, 1.0),)
    rows = halves if page.height > page.width / 2 else ((0.0, 1.0),)
    return [Segment("tile", Box(left, top, right, bottom)) for top, bottom in rows for left, right in columns]
