"""Evidence to draft: what the retrieved pages state in answer to a question, before anything of it is checked."""

from __future__ import annotations

from mmrag.generation.extractive import ExtractiveGenerator
from mmrag.generation.prompts import EXAMPLES, Example
from mmrag.generation.questions import Question, analyse
from mmrag.generation.vision import Budget, VisionGenerator

__all__ = ["EXAMPLES", "Budget", "Example", "ExtractiveGenerator", "Question", "VisionGenerator", "analyse"]
