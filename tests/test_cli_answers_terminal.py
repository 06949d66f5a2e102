"""`ask` and `chat` at a real terminal: a pseudo-terminal, keys pressed, and what stands on the screen."""

from __future__ import annotations

import os
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmrag.corpus import Corpus

pytest.importorskip("termios", reason="pseudo-terminals are a thing of Unix")

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import fcntl, signal, sys, termios, time
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C is a signal, as at any terminal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background of a shell
sys.argv = ["mmrag", *sys.argv[1:]]
from mmrag.corpus import Corpus
from mmrag.types import Answer, AnswerEvent, Box, Citation, Claim, Verdict
def ask(self, question, carried=(), k=8, filters=None, max_risk=None, progress=None):
    found = self.search(question, k, filters)
    progress = progress or (lambda event: None)
    progress(AnswerEvent("searching"))
    if "wait" in question:
        time.sleep(60)
    cited = Citation(found[0].region, Box(0.1, 0.1, 0.4, 0.2), "measures oxygen")
    claim = Claim("The probe measures oxygen", Verdict("supported", 0.95, "stated", (cited,)))
    progress(AnswerEvent("claim", claim))
    return Answer(question, "oxygen [E1]", "", (claim,), tuple(found), {"generator": "fixed"})
Corpus._ask = ask
from mmrag.cli import main
main()
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one page."""
    home = tmp_path_factory.mktemp("terminal")
    (home / "files").mkdir()
    (home / "files" / "river.txt").write_text("The river probe measures oxygen at Lake Soyang.\n", "utf-8")
    with Corpus(home / "index", text="none", pixels="none", ocr="off") as corpus:
        corpus.index(home / "files")
    return home / "index"


class Terminal:
    """A program in a pseudo-terminal of 60 columns; `sees` waits for words on the screen."""

    def __init__(self, index: Path, *arguments: str, **environment: str) -> None:
        import fcntl
        import termios

        variables = {**os.environ, "PYTHONPATH": str(ROOT), "MMRAG_INDEX": str(index), "TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES", "KITTY_WINDOW_ID", "TERM_PROGRAM", "TMUX", "STY", "DISPLAY"):
            variables.pop(name, None)
        self.screen, inner = os.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 60, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            env={**variables, **environment},
            start_new_session=True,
        )
        os.close(inner)
        self.shown = ""
        self._seen = 0

    def sees(self, words: str, seconds: float = 60.0) -> None:
        """Wait until `words` appear after what was seen before."""
        end = time.monotonic() + seconds
        while self.shown.find(words, self._seen) < 0:
            assert time.monotonic() < end, f"{words!r} did not appear: {self.shown[self._seen :]!r}"
            assert self._more(), f"ended without {words!r}: {self.shown[self._seen :]!r}"
        self._seen = self.shown.find(words, self._seen) + len(words)

    def types(self, keys: str) -> None:
        """Press keys."""
        os.write(self.screen, keys.encode())

    def ends(self, again: str = "") -> int:
        """Wait for the end, pressing the keys `again` while nothing happens; the exit code."""
        end = time.monotonic() + 60
        while self._more(again):
            assert time.monotonic() < end, f"it did not end: {self.shown[-500:]!r}"
        code = self.process.wait(60)
        os.close(self.screen)
        return code

    def _more(self, otherwise: str = "") -> bool:
        if not select.select([self.screen], [], [], 1.0)[0]:
            if otherwise:
                self.types(otherwise)
        else:
            try:
                found = os.read(self.screen, 65536)
            except OSError:  # how Linux says that the other end is closed
                return False
            self.shown += found.decode("utf-8", "replace")
            return bool(found)
        return True


@pytest.mark.slow
def test_chat_at_a_terminal(index: Path) -> None:
    terminal = Terminal(index, "chat")
    terminal.sees("1 page of 1 document")
    terminal.sees("> ")
    terminal.types("what does the probe measure?\r")
    terminal.sees("Searching")
    terminal.sees("oxygen \x1b[0m\x1b[36m[E1]")
    terminal.sees("> ")
    terminal.types("wait for it\r")
    terminal.sees("Searching")
    terminal.types("\x03")  # stops the answer, not the conversation
    terminal.sees("Stopped")
    terminal.sees("> ")
    terminal.types("/help\r")
    terminal.sees("/sources")
    terminal.sees("> ")
    terminal.types("\x04")
    assert terminal.ends() == 0
    assert "Traceback" not in terminal.shown


@pytest.mark.slow
def test_ctrl_c_at_the_prompt_leaves(index: Path) -> None:
    terminal = Terminal(index, "chat")
    terminal.sees("> ")
    terminal.types("\x03")
    # CPython waits on where the signal comes after the prompt is written and before it waits for keys.
    assert terminal.ends(again="\x03") == 0
    assert "Traceback" not in terminal.shown


@pytest.mark.slow
def test_a_stop_from_outside_ends_a_chat_in_the_middle_of_an_answer(index: Path) -> None:
    terminal = Terminal(index, "chat")
    terminal.sees("> ")
    terminal.types("wait for it\r")
    terminal.sees("Searching")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.shown


@pytest.mark.slow
def test_a_terminal_that_shows_pictures_gets_the_page(index: Path) -> None:
    terminal = Terminal(index, "ask", "what does it measure?", "--show", TERM="xterm-kitty")
    assert terminal.ends() == 0
    assert "\x1b_Ga=T,f=100" in terminal.shown
    assert "Picture of" not in terminal.shown
    terminal = Terminal(index, "ask", "what does it measure?", "--show")
    assert terminal.ends() == 0
    assert "\x1b_G" not in terminal.shown
    assert "Picture of E1:" in terminal.shown


@pytest.mark.slow
def test_no_colour_is_sent_where_none_is_wanted(index: Path) -> None:
    terminal = Terminal(index, "ask", "what does it measure?", NO_COLOR="1", TERM="dumb")
    assert terminal.ends() == 0
    assert "\x1b[3" not in terminal.shown
    assert "+ The probe measures oxygen" in terminal.shown
