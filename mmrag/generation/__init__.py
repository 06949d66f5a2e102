"""Evidence to draft: what the retrieved pages state in answer to a question, before anything of it is checked."""

from __future__ import annotations

from mmrag.generation.extractive import ExtractiveGenerator
from mmrag.generation.questions import Question, analyse

__all__ = ["ExtractiveGenerator", "Question", "analyse"]
