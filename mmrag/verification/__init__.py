"""Drafts to claims with verdicts, and claims to an answer or a refusal.

`split` takes a model's running text apart, `PageVerifier` checks each part against the words of the pages, `settle`
strikes what is not supported. Knows pages through a `PageSource`; loads no model.
"""

from __future__ import annotations

from mmrag.verification.findings import Finding
from mmrag.verification.settling import DEFAULT_MAX_RISK, settle
from mmrag.verification.splitting import split
from mmrag.verification.verifier import PageVerifier

__all__ = ["DEFAULT_MAX_RISK", "Finding", "PageVerifier", "settle", "split"]
