"""The catalog: contents, places, pages, regions and vectors in one database, the only truth of an index.

Everything else on disk is a cache that can be rebuilt from here. Knows no reader, model or search: it is given values
and hands them back. SQLite by default, PostgreSQL by address.
"""

from __future__ import annotations

from mmrag.catalog.records import (
    CatalogSummary,
    ContentRecord,
    FileRecord,
    FileStatus,
    PageRecord,
    RootRecord,
    displayable,
)
from mmrag.catalog.schema import FORMAT
from mmrag.catalog.store import Catalog
from mmrag.catalog.writing import Writer

__all__ = [
    "FORMAT",
    "Catalog",
    "CatalogSummary",
    "ContentRecord",
    "FileRecord",
    "FileStatus",
    "PageRecord",
    "RootRecord",
    "Writer",
    "displayable",
]
