"""Word search by BM25 over short texts, for English, Korean, Chinese, Japanese and whatever else has letters.

A cache: everything in it can be built again from the texts that the catalog keeps. Knows no catalog and no pages; it
takes (id, text) pairs. The same class serves region texts and names (file name, title, headings).
"""

from __future__ import annotations

from mmrag.lexical.index import WordIndex
from mmrag.lexical.snippets import Snippet, snippet
from mmrag.lexical.tokens import query_terms, tokenize

__all__ = ["Snippet", "WordIndex", "query_terms", "snippet", "tokenize"]
