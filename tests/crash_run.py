"""Indexes a folder and says after each commit which pages can be found, so that a test can kill it at any moment."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from indexing_helpers import OPTIONS, encoders

from mmrag.catalog import Catalog
from mmrag.indexing import index
from mmrag.types import Progress

if __name__ == "__main__":
    with Catalog.open(Path(sys.argv[1]), create=True) as catalog:

        def acknowledge(progress: Progress) -> None:
            """The event "read" follows each commit."""
            if progress.stage == "read":
                pages = catalog.texts(catalog.region_ids(kinds=["page"]))
                print(json.dumps([text for _, text in pages]), flush=True)

        options = replace(OPTIONS, batch_pages=8, batch_seconds=0.3)
        try:
            index(catalog, [Path(sys.argv[2])], options, encoders(), acknowledge)
        except KeyboardInterrupt:
            sys.exit(130)
