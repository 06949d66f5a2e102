"""`ReaderContract`: what every `Reader` must do, as tests to inherit.

class TestMine(ReaderContract):
    def make(self): return MyReader()
    def sample(self, folder): ...  # write a file of three pages or more, return its path
"""

# ruff: noqa: S101  (these are tests)
from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from pathlib import Path

import pytest

from mmrag.errors import FileProblem
from mmrag.protocols import Reader, ReadOptions
from mmrag.types import Box, Page

__all__ = ["ReaderContract", "check_page"]


def check_page(page: Page) -> None:
    """Assert what every part that takes pages relies on."""
    assert page.number >= 1
    assert page.count >= page.number
    assert page.width > 0
    assert page.height > 0
    boxes = [*(word.box for word in page.words), *(block.box for block in page.blocks)]
    for box in (*boxes, *page.pictures, *page.drawings, *page.tables):
        _check_box(box)
    for word in page.words:
        assert word.text
        assert not any(character.isspace() for character in word.text)
    assert bool(page.words) == (page.origin != "none")
    if page.blocks:
        # Every word is in one block, and blocks follow one another as the words do.
        assert page.blocks[0].start == 0
        assert page.blocks[-1].stop == len(page.words)
        assert all(block.start < block.stop and 0 <= block.level <= 6 for block in page.blocks)
        assert all(block.stop == following.start for block, following in pairwise(page.blocks))


def _check_box(box: Box) -> None:
    assert 0.0 <= box.left <= box.right <= 1.0
    assert 0.0 <= box.top <= box.bottom <= 1.0


class ReaderContract(ABC):
    """Inherit, and say how a reader is made and what it reads."""

    pages = 3
    """How many pages the sample has; one for readers whose files have only one."""

    @abstractmethod
    def make(self) -> Reader:
        """The reader."""

    @abstractmethod
    def sample(self, folder: Path) -> Path:
        """A file of `pages` pages in a folder that exists."""

    def read(self, path: Path, options: ReadOptions | None = None) -> list[Page]:
        """All pages that a reader gives."""
        return list(self.make().read(path, options or ReadOptions()))

    def test_suffixes_are_lower_case_with_a_dot(self) -> None:
        """What the registry and the walk compare."""
        suffixes = self.make().suffixes
        assert suffixes
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)

    def test_pages_come_in_order_and_hold_together(self, tmp_path: Path) -> None:
        """Numbers from 1, the count on every page, boxes within the page, words in blocks."""
        pages = self.read(self.sample(tmp_path))
        assert [page.number for page in pages] == list(range(1, self.pages + 1))
        for page in pages:
            assert page.count == self.pages
            assert page.image is None
            check_page(page)

    def test_only_the_wanted_pages_are_read(self, tmp_path: Path) -> None:
        """The same page alone as among all."""
        path = self.sample(tmp_path)
        every = self.read(path)
        assert self.read(path, ReadOptions(pages=(self.pages,))) == every[-1:]
        assert self.read(path, ReadOptions(pages=())) == []
        assert self.read(path, ReadOptions(pages=(self.pages + 5,))) == []

    def test_pixels_have_the_wanted_size(self, tmp_path: Path) -> None:
        """RGB, the longer side as asked for, the page's own shape."""
        for page in self.read(self.sample(tmp_path), ReadOptions(long_side=160)):
            assert page.image is not None
            assert page.image.mode == "RGB"
            assert max(page.image.size) <= 160
            assert abs(page.image.width / page.image.height - page.width / page.height) < 0.1

    def test_reading_twice_gives_the_same(self, tmp_path: Path) -> None:
        """Nothing is carried over from one file to the next."""
        path = self.sample(tmp_path)
        assert self.read(path) == self.read(path)

    def test_a_missing_file_is_a_problem_of_the_file(self, tmp_path: Path) -> None:
        """Not an error of the system, which would stop a run."""
        with pytest.raises(FileProblem):
            self.read(tmp_path / "nowhere")

    def test_a_cut_file_is_read_or_is_a_problem_of_the_file(self, tmp_path: Path) -> None:
        """Whatever remains of a file never raises anything else."""
        path = self.sample(tmp_path)
        content = path.read_bytes()
        for share in (0.1, 0.5, 0.9):
            cut = tmp_path / f"cut{path.suffix}"
            cut.write_bytes(content[: int(len(content) * share)])
            try:
                for page in self.read(cut, ReadOptions(long_side=64)):
                    check_page(page)
            except FileProblem:
                pass
