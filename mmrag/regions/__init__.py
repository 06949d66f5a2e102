"""Page to regions: the whole page, passages, tables, figures, pictures, tiles. Pure geometry over what `Page` carries.

Looks at no pixels and at no file, keeps no state, and gives the same segments for the same page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from mmrag.regions.figures import captions_for, figure_segments, find_captions, path_above
from mmrag.regions.grid import Cell, Grid, read_grids
from mmrag.regions.layout import Layout, lay_out
from mmrag.regions.passages import Budget, heading_paths, passages
from mmrag.regions.prose import Sentence, read_sentences
from mmrag.regions.tables import table_boxes, table_segments
from mmrag.regions.tiles import tiles
from mmrag.types import Page, Segment

__all__ = ["Cell", "Grid", "Sentence", "read_grids", "read_sentences", "segment"]


def segment(
    page: Page,
    *,
    count_tokens: Callable[[str], int],
    max_tokens: int = 256,
    kinds: Literal["all", "page"] = "all",
) -> tuple[Segment, ...]:
    """The rectangles of a page that are worth indexing, the whole page first.

    The page segment carries every word. Each word outside tables is in exactly one passage, running heads and page
    numbers apart, and a passage's text fits in `max_tokens`; only a single word that is longer by itself goes over.
    Tables have a line for each row. Figures and pictures have their caption and the words in them, tiles no text.
    `kinds="page"` gives the page alone.
    """
    tables = table_boxes(page)
    layout = lay_out(page, tables)
    whole = Segment("page", text=_page_text(layout), headings=page.headings)
    if kinds == "page":
        return (whole,)
    budget = Budget(count_tokens, max_tokens)
    paths = heading_paths(layout)
    segments = [whole, *passages(layout, budget)]
    captions = captions_for(layout, tables, [caption for caption in find_captions(layout) if caption.is_table])
    for number, box in enumerate(tables):
        caption = layout.run_text(layout.runs[captions[number]]) if number in captions else ""
        segments += table_segments(layout, number, caption, path_above(layout, box, paths), budget)
    segments += figure_segments(layout, tables, paths, budget)
    return _distinct([*segments, *tiles(page)])


def _page_text(layout: Layout) -> str:
    """A line for each block."""
    lines: list[str] = []
    for run in layout.runs:
        lines.append(layout.run_text(run))
    return "\n".join(lines)


def _distinct(segments: list[Segment]) -> tuple[Segment, ...]:
    """Without pictures that cover the same rectangle as an earlier one."""
    kept: list[Segment] = []
    for candidate in segments:
        pictorial = candidate.kind in ("figure", "picture", "tile")
        same = pictorial and any(
            other.kind in ("figure", "picture", "table", "tile")
            and other.box.intersection(candidate.box) > 0.85 * max(other.box.area, candidate.box.area)
            for other in kept
        )
        if not same:
            kept.append(candidate)
    return tuple(kept)
