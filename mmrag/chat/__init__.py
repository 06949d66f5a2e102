"""Conversations over an index: follow-ups made whole, evidence carried and checked again, false premises answered.

`Chat` is given what it calls and imports no front door. `premises`, `contradicted` and `led_by` serve a single
question as well.
"""

from __future__ import annotations

from mmrag.chat.carrying import Carried, carry, merged
from mmrag.chat.conversation import Ask, Chat, TurnStore
from mmrag.chat.premises import contradicted, led_by, premises
from mmrag.chat.resolving import Exchange, Resolution, resolve
from mmrag.chat.rewriting import rewrite

__all__ = [
    "Ask",
    "Carried",
    "Chat",
    "Exchange",
    "Resolution",
    "TurnStore",
    "carry",
    "contradicted",
    "led_by",
    "merged",
    "premises",
    "resolve",
    "rewrite",
]
