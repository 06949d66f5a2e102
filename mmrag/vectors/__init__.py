"""Nearest neighbours by id, on FAISS: one index for each space.

A cache: everything in it can be built again from the vectors that the catalog keeps. Knows no catalog, no model and
no text; it takes (id, vector) pairs.
"""

from __future__ import annotations

from mmrag.vectors.index import FaissIndex

__all__ = ["FaissIndex"]
