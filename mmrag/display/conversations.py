"""Conversations on a terminal and in JSON: those that are kept, and the turns of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from mmrag.display.escaping import clean
from mmrag.display.terminal import count

if TYPE_CHECKING:
    from mmrag.catalog import ConversationRecord, TurnRecord

__all__ = ["conversations_json", "conversations_view", "turns_view"]


def conversations_json(kept: Sequence[ConversationRecord]) -> dict[str, Any]:
    """The answer of `chat --list`; times are UTC."""
    return {
        "conversations": [
            {
                "name": one.name,
                "title": one.title,
                "turns": one.turns,
                "started": one.started.isoformat(),
                "last": one.last.isoformat(),
            }
            for one in kept
        ]
    }


def conversations_view(kept: Sequence[ConversationRecord]) -> RenderableType:
    """Conversations, the one last spoken in first, with what was asked first."""
    if not kept:
        return Text("No conversation is kept yet. `mmrag chat` begins one.")
    lines: list[RenderableType] = []
    for one in kept:
        when = one.last.astimezone().strftime("%Y-%m-%d %H:%M")
        lines.append(Text.assemble((clean(one.name), "cyan"), f"  {when}  ", (count(one.turns, "turn"), "dim")))
        lines.append(Padding.indent(Text(clean(one.title)), 4))
    lines.append(Text("Go on with one: mmrag chat --conversation NAME", "dim"))
    return Group(*lines)


def turns_view(turns: Sequence[TurnRecord]) -> RenderableType:
    """What was asked, and what came of it, oldest first."""
    if not turns:
        return Text("Nothing was asked yet.")
    lines: list[RenderableType] = []
    for number, turn in enumerate(turns, 1):
        lines.append(Text.assemble((f"{number:>2}  ", "dim"), (clean(turn.asked), "bold")))
        came = Text("no answer", "yellow") if turn.answer is None else Text(clean(turn.answer))
        lines.append(Padding.indent(came, 4))
    return Group(*lines)
