"""An index over HTTP: REST, the interface of OpenAI's chat models, and the web page; needs `mmrag[server]`.

For this machine by default, behind a token, and safe from what other web pages and the indexed files could try.
"""

from __future__ import annotations

from mmrag.server.app import create_app
from mmrag.server.running import listen, make_server
from mmrag.server.settings import Limits, Settings, new_token

__all__ = ["Limits", "Settings", "create_app", "listen", "make_server", "new_token"]
