"""What the site does beside MkDocs: pages from the root of the project, links out of docs/, marks of blocks not run.

Named under `hooks` in mkdocs.yml. Knows nothing of the package.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FROM_ROOT = {"changelog.md": "CHANGELOG.md", "contributing.md": "CONTRIBUTING.md"}
"""Pages of the site that are files of the project's root, where code hosts look for them."""
OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./(?:[^)\s]+)\)")
NOT_RUN = re.compile(r"^<!-- not run(?: here)?: (.+?) -->$\n?", re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the root."""
    from mkdocs.structure.files import File

    for name, source in FROM_ROOT.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Show why a block is not run by the tests, and keep the words of links to files that the site does not have."""
    if "/" not in page.file.src_uri:
        markdown = OUTSIDE.sub(r"\1", markdown)
    return NOT_RUN.sub(r'<p class="not-run">Not run with this page: \1.</p>\n\n', markdown)


def on_post_page(output: str, **_: Any) -> str:
    """Name the search for screen readers, which the theme does not."""
    return output.replace('class="md-search" data-md', 'class="md-search" aria-label="Search" data-md')
