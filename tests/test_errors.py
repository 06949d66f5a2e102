"""The error tree: exit codes, hints, and the drawing in the docstring."""

from __future__ import annotations

import inspect
import multiprocessing
from multiprocessing.connection import Connection

import pytest

from mmrag import errors
from mmrag.errors import FileProblem, MmragError

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, MmragError)]


def test_the_drawing_shows_the_tree() -> None:
    drawing = errors.__doc__ or ""
    for kind in CLASSES:
        line = next((line for line in drawing.splitlines() if f" {kind.__name__} " in f" {line} "), None)
        assert line is not None, kind.__name__
        if issubclass(kind, FileProblem) and kind is not FileProblem:
            assert kind.state in line
        elif kind is not FileProblem:
            assert f"exit {kind.exit_code}" in line


@pytest.mark.parametrize("kind", CLASSES)
def test_message_and_hint_cross_a_process_border(kind: type[MmragError]) -> None:
    here, there = multiprocessing.Pipe()
    _send(there, kind("what happened", "what to do"))
    error = here.recv()
    assert type(error) is kind
    assert (error.message, error.hint, str(error)) == ("what happened", "what to do", "what happened")


def _send(end: Connection, error: MmragError) -> None:
    end.send(error)
    end.close()
