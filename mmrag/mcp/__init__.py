"""The index as a server of the Model Context Protocol: tools and resources for assistants that speak it.

`serve` speaks it over standard input and output, `make_server` gives the server itself. A client is never given a way
to name a file: pages go by the opaque names that a search gave out. Not to be mistaken for the package `mcp`, which
speaks the protocol.
"""

from __future__ import annotations

from importlib.util import find_spec

from mmrag.errors import MissingExtra

if find_spec("mcp") is None:
    raise MissingExtra("the package for the Model Context Protocol is not installed", "pip install 'mmrag[mcp]'")

from mmrag.mcp.service import Service
from mmrag.mcp.serving import make_server, serve

__all__ = ["Service", "make_server", "serve"]
