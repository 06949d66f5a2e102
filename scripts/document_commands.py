"""Write docs/commands.md: what `mmrag --help` and each command's `--help` print. A test keeps them equal.

python scripts/document_commands.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "docs" / "commands.md"

INTRODUCTION = """# Commands

What `mmrag --help` and `mmrag COMMAND --help` print; this page is written by `python scripts/document_commands.py`.

Every command that ends takes `--json`: exactly one JSON document on standard output, everything else on standard
error. A command that fails prints `{"error": {"code", "message", "hint"}}`.

| exit code | meaning |
|---|---|
| 0 | done (`index` also where single files could not be read) |
| 1 | the run itself failed |
| 2 | a wrong option, or no given path exists |
| 3 | another process writes to the index (`--wait` waits) |
| 4 | nothing is indexed |
| 5 | `ask` refused to answer |
| 130 | interrupted; everything up to the last saved batch is kept |

`MMRAG_INDEX` names the index where `--index` does not; every setting of an index can be given as `MMRAG_PROFILE`,
`MMRAG_OCR` and so on. `MMRAG_DEBUG=1` shows the traceback of an error.
"""


def help_of(*command: str) -> str:
    """What `mmrag COMMAND --help` prints in 80 columns."""
    environment = {**os.environ, "COLUMNS": "80", "LINES": "40", "PYTHONIOENCODING": "utf-8"}
    arguments = [sys.executable, "-m", "mmrag", *command, "--help"]
    done = subprocess.run(arguments, capture_output=True, check=True, env=environment)
    return "\n".join(line.rstrip() for line in done.stdout.decode("utf-8").splitlines()).strip()


def page() -> str:
    """The whole page."""
    from mmrag.cli.application import ORDER

    parts = [INTRODUCTION, f"```\n{help_of()}\n```\n"]
    parts += [f"## mmrag {name}\n\n```\n{help_of(name)}\n```\n" for name in ORDER]
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(page(), "utf-8")
