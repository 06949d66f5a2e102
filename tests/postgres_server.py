"""A PostgreSQL server of the tests' own: in a temporary folder, on a Unix socket, ended with the tests.

`initdb` refuses to run as root, so root lends the folder to an ordinary user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["NoServer", "running_server"]

_ORDINARY = ("postgres", "nobody")
_START_SECONDS = 30


class NoServer(Exception):
    """There is no PostgreSQL server that could be started here."""


def _binaries() -> Path:
    found = [Path(path).resolve() for path in (shutil.which("initdb"), shutil.which("postgres")) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    for path in found:
        if (path.parent / "initdb").exists() and (path.parent / "postgres").exists():
            return path.parent
    raise NoServer("PostgreSQL's server (initdb, postgres) is not installed")


def _user() -> dict[str, Any]:
    """Arguments of `subprocess` that make the program run as an ordinary user."""
    if os.geteuid() != 0:
        return {}
    for name in _ORDINARY:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise NoServer(f"run by root, and there is no user of {_ORDINARY} to run PostgreSQL as")


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a fresh server as "postgresql://..."; raises `NoServer` with the reason."""
    bin_folder, user = _binaries(), _user()
    # Short, because the path of a Unix socket is limited to about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix="mmrag-pg-"))
    data = folder / "data"
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    try:
        if user:
            os.chown(folder, user["user"], user["group"])
        made = subprocess.run(
            [bin_folder / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=False, cwd=folder, env=environment, capture_output=True, text=True, **user,
        )  # fmt: skip
        if made.returncode:
            raise NoServer(f"initdb: {made.stderr.strip()}")
        options = [
            "-c",
            "listen_addresses=",
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "shared_buffers=16MB",
        ]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [bin_folder / "postgres", "-D", data, "-k", folder, *options],
                cwd=folder, env=environment, stdout=log, stderr=log, **user,
            )  # fmt: skip
        try:
            _wait(server, folder)
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # "fast" shutdown: does not wait for clients
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    import psycopg

    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            psycopg.connect(host=str(folder), user="tester", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise NoServer(f"the server did not start: {(folder / 'log').read_text('utf-8', 'replace')[-500:]}")
