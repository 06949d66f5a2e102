"""HTML, Markdown and comma-separated text to lines with headings and table rows.

Knows nothing of pages; what a browser would run (scripts, styles) is dropped, nothing is ever loaded.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser

from mmrag.readers.sheets import Line

__all__ = ["delimiter_of", "html_lines", "markdown_lines", "plain_lines", "separated_lines"]

_DROPPED = frozenset(("script", "style", "template", "noscript", "svg", "math", "head", "iframe", "object", "canvas"))
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ]
)
_ROWS = ("tr", "thead", "tbody", "tfoot")
_IN_CELL = ("p", "div", "li", "ul", "ol")
_SPACE = re.compile(r"\s+")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_CELL_GAP = " | "


def plain_lines(lines: Iterable[str]) -> Iterator[Line]:
    """Lines as they are."""
    for line in lines:
        yield Line(line.rstrip("\r\n"))


def markdown_lines(lines: Iterable[str]) -> Iterator[Line]:
    """Lines with `#` and underlined headings marked, and table rows; code in fences is left alone."""
    fence = ""
    held: str | None = None
    for raw in lines:
        line = raw.rstrip("\r\n")
        mark = _FENCE.match(line)
        if mark:
            fence = "" if fence and mark.group(1).startswith(fence) else fence or mark.group(1)
        stripped = line.strip()
        underline = not fence and held is not None and held.strip() and re.fullmatch(r"=+|-{2,}", stripped)
        if underline and held is not None:
            yield Line(held.strip(), 1 if stripped[0] == "=" else 2)
            held = None
            continue
        if held is not None:
            yield _markdown_line(held)
            held = None
        if fence or mark:
            yield Line(line)
        elif _HEADING.match(line) or not stripped or stripped.startswith(("|", "-", "*", "+", ">", "=")):
            yield _markdown_line(line)
        else:
            held = line
    if held is not None:
        yield _markdown_line(held)


def _markdown_line(line: str) -> Line:
    heading = _HEADING.match(line)
    if heading:
        return Line(heading.group(2), len(heading.group(1)))
    if line.lstrip().startswith("|"):
        if _TABLE_RULE.match(line):
            return Line("", row=True)
        return Line(_CELL_GAP.join(cell.strip() for cell in line.strip().strip("|").split("|")), row=True)
    return Line(line)


def separated_lines(lines: Iterable[str], delimiter: str) -> Iterator[Line]:
    """Rows of a table, each with its cells parted by a bar; a row that `csv` cannot read is left as it is."""
    source = (line.replace("\0", "") for line in lines)
    rows = csv.reader(source, delimiter=delimiter)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            # A field over the module's limit: not a table, whatever the suffix says.
            for line in source:
                yield Line(line.rstrip("\r\n"))
            return
        if any(cell.strip() for cell in row):
            yield Line(_CELL_GAP.join(_SPACE.sub(" ", cell).strip() for cell in row), row=True)


def delimiter_of(head: str, usual: str) -> str:
    """What parts the values of a table whose first lines are `head`: what gives each line as many columns."""
    lines = head.splitlines()[:20]
    lines = lines[:-1] if len(lines) > 1 and not head.endswith("\n") else lines
    best = (1, usual)
    for mark in (usual, ",", ";", "\t", "|"):
        try:
            columns = {len(row) for row in csv.reader(lines, delimiter=mark) if row}
        except csv.Error:
            continue
        if len(columns) == 1 and max(columns) > best[0]:
            best = max(columns), mark
    return best[1]


def html_lines(chunks: Iterable[str]) -> Iterator[Line]:
    """Paragraphs, headings and table rows of HTML that comes in chunks."""
    parser = _Html()
    for chunk in chunks:
        parser.feed(chunk)
        yield from parser.taken()
    parser.close()
    parser.flush()
    yield from parser.taken()


def html_title(chunk: str) -> str:
    """The title that the first part of an HTML file gives."""
    parser = _Html()
    parser.feed(chunk)
    return _SPACE.sub(" ", parser.title).strip()[:300]


class _Html(HTMLParser):
    """Collects lines; forgives whatever is not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self._lines: list[Line] = []
        self._text: list[str] = []
        self._dropped: list[str] = []
        self._level = 0
        self._in_title = False
        self._verbatim = 0
        self._row = 0

    def taken(self) -> list[Line]:
        """Lines that are complete; they are given once."""
        lines, self._lines = self._lines, []
        return lines

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a paragraph, cell or heading."""
        if tag == "title" and not self.title:
            self._in_title = True
        if tag == "body":
            self._dropped.clear()
        if tag in _DROPPED:
            self._dropped.append(tag)
        if self._dropped:
            return
        if tag in ("td", "th"):
            self._text.append(_CELL_GAP if self._row > 1 else "")
            self._row += 1
        elif tag == "img":
            self._text.append(f" {dict(attrs).get('alt') or ''} ")
        elif tag == "br":
            self.flush(gap=False)
        elif tag in _BREAKS and not (self._row and tag in _IN_CELL):
            self.flush(gap=tag not in _ROWS)
        if tag == "tr":
            self._row = 1
        elif tag == "pre":
            self._verbatim += 1
        elif tag == "li" and not self._row:
            self._text.append("• ")
        elif len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._level = int(tag[1])

    def handle_endtag(self, tag: str) -> None:
        """End a paragraph, row or heading."""
        if tag == "title":
            self._in_title = False
        if self._dropped:
            if tag in self._dropped:
                del self._dropped[self._dropped.index(tag) :]
            return
        if tag in _BREAKS and not (self._row and tag in _IN_CELL):
            self.flush(gap=tag not in _ROWS)
        if tag in ("tr", "table"):
            self._row = 0
        elif tag == "pre":
            self._verbatim = max(0, self._verbatim - 1)
        if len(tag) == 2 and tag[0] == "h" and tag[1] in "123456":
            self._level = 0

    def handle_data(self, data: str) -> None:
        """Collect text that is shown."""
        if self._in_title:
            self.title += data
        elif not self._dropped:
            self._text.append(data)

    def flush(self, gap: bool = True) -> None:
        """End the line in progress, and the paragraph if `gap`."""
        text, self._text = "".join(self._text), []
        if self._verbatim and not self._row:
            self._lines += [Line(line, self._level) for line in text.strip("\n").split("\n")]
        else:
            text = _SPACE.sub(" ", text).strip()
            if text and text not in ("•", "|"):
                self._lines.append(Line(text, self._level, self._row > 0))
        if gap and not self._row:
            self._lines.append(Line())
