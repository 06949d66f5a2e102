"""What the walk of a folder finds, and what it passes by."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmrag.errors import UsageError
from mmrag.indexing.walk import MAX_DEPTH, walk


def found(root: Path, *scope: Path, **options: object) -> set[str]:
    name = os.fsencode(root)
    walked = walk(name, [os.fsencode(path) for path in scope] or [name], **options)  # type: ignore[arg-type]
    return {os.fsdecode(path[len(name) + 1 :]) for path in walked.files}


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_takes_regular_files_and_passes_hidden_ones(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b/c.txt", ".hidden", ".git/config", "b/.cache/x")
    assert found(tmp_path) == {"a.txt", "b/c.txt"}


def test_terminates_on_loops_and_takes_no_link_pipe_or_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a/file.txt")
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "parent").symlink_to(tmp_path)
    (tmp_path / "two").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a" / "file.txt")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("sock")
        assert found(tmp_path) == {"a/file.txt"}


def test_a_pipe_that_is_given_directly_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    walked = walk(os.fsencode(tmp_path / "pipe"), [os.fsencode(tmp_path / "pipe")])
    assert [outcome.state for outcome in walked.outcomes] == ["unsupported"]


def test_ignore_files_decide_from_the_inside_out(tmp_path: Path) -> None:
    make(tmp_path, "a.log", "keep.log", "drafts/x.txt", "sub/b.log", "sub/deep/c.log", "sub/d.txt")
    (tmp_path / ".mmragignore").write_text("*.log\n!keep.log\n/drafts/\n")
    (tmp_path / "sub" / ".mmragignore").write_text("!b.log\n")
    assert found(tmp_path) == {"keep.log", "sub/b.log", "sub/d.txt"}


def test_exclude_wins_over_ignore_files_and_takes_absolute_patterns(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "b/c.txt", "b/d.md", "e/f.md")
    (tmp_path / ".mmragignore").write_text("!*.md\n")
    assert found(tmp_path, exclude=["*.md"]) == {"a.txt", "b/c.txt"}
    assert found(tmp_path, exclude=[f"{tmp_path}/b"]) == {"a.txt", "e/f.md"}


def test_a_pattern_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        walk(os.fsencode(tmp_path), [os.fsencode(tmp_path)], ["!"])


def test_patterns_match_however_a_name_is_composed(tmp_path: Path) -> None:
    make(tmp_path, unicodedata.normalize("NFD", "비밀.md"), unicodedata.normalize("NFD", "급여.md"), "공개.md")
    (tmp_path / ".mmragignore").write_text(unicodedata.normalize("NFC", "비밀.md") + "\n", "utf-8")
    assert found(tmp_path, exclude=[unicodedata.normalize("NFC", "급여*")]) == {"공개.md"}


def test_one_bad_line_leaves_the_others_in_force(tmp_path: Path) -> None:
    make(tmp_path, "secret.md", "open.md")
    (tmp_path / ".mmragignore").write_text("\\\nsecret.md\n")
    walked = walk(os.fsencode(tmp_path), [os.fsencode(tmp_path)], [])
    assert [path.rpartition(b"/")[2] for path in walked.files] == [b"open.md"]
    assert "not a pattern" in walked.notes[0]


def test_scope_limits_the_walk_and_keeps_the_rules_from_above(tmp_path: Path) -> None:
    make(tmp_path, "a/x.txt", "a/y.log", "a/b/z.txt", "c/w.txt")
    (tmp_path / ".mmragignore").write_text("*.log\n")
    assert found(tmp_path, tmp_path / "a") == {"a/x.txt", "a/b/z.txt"}
    assert found(tmp_path, tmp_path / "a" / "x.txt", tmp_path / "c") == {"a/x.txt", "c/w.txt"}


def test_skips_the_index_itself(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "index/catalog.db")
    assert found(tmp_path, skip=[os.fsencode(tmp_path / "index")]) == {"a.txt"}


def test_reports_folders_that_lie_too_deep(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(MAX_DEPTH + 2):
        folder = folder / "d"
    folder.mkdir(parents=True)
    (folder / "x.txt").write_text("x")
    walked = walk(os.fsencode(tmp_path), [os.fsencode(tmp_path)])
    assert not walked.files
    assert [outcome.state for outcome in walked.outcomes] == ["failed"]


def test_reports_a_folder_that_cannot_be_looked_into(tmp_path: Path) -> None:
    make(tmp_path, "open/a.txt", "shut/b.txt")
    (tmp_path / "shut").chmod(0)
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent != parent.parent and os.geteuid() == 0 and parent.stat().st_uid == 0 and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o055)
    as_root = os.geteuid() == 0
    if as_root:
        os.seteuid(65534)  # permissions do not bind root
    try:
        walked = walk(os.fsencode(tmp_path), [os.fsencode(tmp_path)])
    finally:
        if as_root:
            os.seteuid(0)
        (tmp_path / "shut").chmod(0o755)
    assert [Path(os.fsdecode(path)).name for path in walked.files] == ["a.txt"]
    assert walked.blind == [os.fsencode(tmp_path / "shut")]
    assert [(outcome.path.name, outcome.state) for outcome in walked.outcomes] == [("shut", "failed")]


NAMES = st.binary(min_size=1, max_size=60).filter(
    lambda name: b"/" not in name and b"\0" not in name and not name.startswith(b".")
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES)
def test_any_name_that_a_file_can_have(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"")
    walked = walk(os.fsencode(tmp_path), [os.fsencode(tmp_path)], ["*.never"])
    path.unlink()
    assert list(walked.files) == [os.fsencode(path)]
