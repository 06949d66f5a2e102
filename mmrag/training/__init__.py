"""Contrastive training of encoders that put images and texts in one space, and the pairs that they learn from.

`run` trains a model in a folder that `--pixels` takes, and goes on there after a stop; `train` is the loop alone, for a
model in memory (`Towers` of what `fresh` or `load_start` gives). Importing this package loads no model library.
"""

from __future__ import annotations

from mmrag.training.exporting import export, model_card
from mmrag.training.loop import Outcome, Plan, Progress, train
from mmrag.training.measuring import Recall, measure
from mmrag.training.pairs import FilePairs, GeneratedPairs, IndexPairs, Pair, Pairs
from mmrag.training.running import Job, Result, is_begun, run
from mmrag.training.starting import SIZES, fresh, load_start
from mmrag.training.towers import Towers

__all__ = [
    "SIZES",
    "FilePairs",
    "GeneratedPairs",
    "IndexPairs",
    "Job",
    "Outcome",
    "Pair",
    "Pairs",
    "Plan",
    "Progress",
    "Recall",
    "Result",
    "Towers",
    "export",
    "fresh",
    "is_begun",
    "load_start",
    "measure",
    "model_card",
    "run",
    "train",
]
