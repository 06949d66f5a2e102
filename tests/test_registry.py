"""Names to factories."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mmrag import registry
from mmrag.errors import UsageError


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_name_leads_to_a_factory(kind: str) -> None:
    for name in registry.names(kind):
        assert callable(registry.load(kind, name))


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(UsageError) as caught:
        registry.load("readers", "fax")
    assert "fax" in caught.value.message
    assert "pdf" in caught.value.hint


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = "import sys, mmrag.registry; print([m for m in sys.modules if m.startswith('mmrag.')])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "readers" not in out
    assert "embedders" not in out
