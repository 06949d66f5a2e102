"""The catalog: contents, places, pages, regions, vectors and conversations in one database, the truth of an index.

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
from mmrag.catalog.schema import FORMAT, READING
from mmrag.catalog.store import Catalog
from mmrag.catalog.turns import ConversationRecord, TurnCitation, TurnClaim, TurnEvidence, TurnRecord
from mmrag.catalog.writing import Writer

__all__ = [
    "FORMAT",
    "READING",
    "Catalog",
    "CatalogSummary",
    "ContentRecord",
    "ConversationRecord",
    "FileRecord",
    "FileStatus",
    "PageRecord",
    "RootRecord",
    "TurnCitation",
    "TurnClaim",
    "TurnEvidence",
    "TurnRecord",
    "Writer",
    "displayable",
]
