"""Contrastive training of encoders that put images and texts in one space, and the pairs that they learn from.

`fresh` or `load_towers` gives a dual encoder, `train` teaches it, and what comes out is a folder that `--pixels` takes.
Importing this package loads no model library.
"""

from __future__ import annotations

__all__: list[str] = []
