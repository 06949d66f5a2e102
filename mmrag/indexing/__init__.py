"""Make the index match the folders: walk, plan, read in worker processes, encode, commit; then recognise text.

Everything ends in the catalog, a batch of whole pages in each transaction, so that a run can end at any moment and the
next one goes on where it ended. Knows neither the caches for searching nor which models are in use.
"""

from __future__ import annotations

from mmrag.indexing.lock import writer_lock
from mmrag.indexing.options import IndexOptions
from mmrag.indexing.plan import Plan, plan
from mmrag.indexing.sync import forget, index
from mmrag.indexing.watching import watch

__all__ = ["IndexOptions", "Plan", "forget", "index", "plan", "watch", "writer_lock"]
