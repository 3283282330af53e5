from __future__ import annotations

import os
import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.fixes.write import WriteError, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "db.py"
    path.write_bytes(b"old\r\n")
    return path


def test_writes_the_bytes(file: Path) -> None:
    write_atomically(file, b"old\r\n", b"\xef\xbb\xbfnew\r\n")
    assert file.read_bytes() == b"\xef\xbb\xbfnew\r\n"
    assert names(file.parent) == ["db.py"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o664])
def test_keeps_the_mode(file: Path, mode: int) -> None:
    file.chmod(mode)
    write_atomically(file, b"old\r\n", b"new")
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_an_unchanged_file_is_not_touched(file: Path) -> None:
    before = file.stat()
    write_atomically(file, b"old\r\n", b"old\r\n")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.py"
    link.symlink_to("../second.py")
    (tmp_path / "second.py").symlink_to("db.py")
    write_atomically(link, b"old\r\n", b"new")
    assert link.is_symlink()
    assert (tmp_path / "second.py").is_symlink()
    assert file.read_bytes() == b"new"
    assert names(folder) == ["link.py"]


def test_what_another_name_of_the_file_has_brought_already(file: Path) -> None:
    file.write_bytes(b"new")
    before = file.stat()
    write_atomically(file, b"old\r\n", b"new")
    assert file.stat().st_ino == before.st_ino


def test_a_file_that_changed_meanwhile_is_left_alone(file: Path) -> None:
    file.write_bytes(b"somebody else's")
    with pytest.raises(WriteError, match="changed while it was being linted"):
        write_atomically(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"somebody else's"
    assert names(file.parent) == ["db.py"]


def test_a_change_at_the_last_moment_is_seen(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synchronise = os.fsync

    def interfere(descriptor: int) -> None:
        synchronise(descriptor)
        file.write_bytes(b"somebody else's")

    monkeypatch.setattr(os, "fsync", interfere)
    with pytest.raises(WriteError, match="changed while it was being linted"):
        write_atomically(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"somebody else's"
    assert names(file.parent) == ["db.py"]


def test_what_a_killed_repair_left_is_removed_by_the_next(file: Path) -> None:
    ours = [".db.py.dbdriver-lint-a1b2c3d4.tmp", ".db.py.dbdriver-lint-e5f6g7h8.tmp"]
    others = [".db.py.mine.tmp", ".other.py.dbdriver-lint-a1b2c3d4.tmp", ".db.py.dbdriver-lint-notes"]
    for name in (*ours, *others):
        (file.parent / name).write_bytes(b"half")
        if name != ours[1]:
            os.utime(file.parent / name, (0, 0))
    write_atomically(file, b"old\r\n", b"new")
    assert sorted(names(file.parent)) == sorted(["db.py", ours[1], *others])  # one may be at work just now


def test_the_temporary_file_is_named_so(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the next repair looks for it."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.extend(names(file.parent)))
    seen: list[str] = []
    write_atomically(file, b"old\r\n", b"new")
    (name,) = (name for name in seen if name != "db.py")
    assert name.startswith(".db.py.dbdriver-lint-")
    assert name.endswith(".tmp")


def test_a_file_that_vanished(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"db\.py could not be read again before writing: No such file"):
        write_atomically(tmp_path / "db.py", b"old", b"new")
    assert names(tmp_path) == []


def test_a_full_disk(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError, match=r"db\.py could not be written: .*: No space left on device"):
        write_atomically(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"old\r\n"
    assert names(file.parent) == ["db.py"]


def test_a_read_only_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # the superuser may write anything
    with pytest.raises(WriteError, match="is read-only"):
        write_atomically(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"old\r\n"


def test_a_read_only_directory(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    with pytest.raises(WriteError, match=r"could not be written: .*: Permission denied"):
        write_atomically(file, b"old\r\n", b"new")
    assert file.read_bytes() == b"old\r\n"
    assert names(file.parent) == ["db.py"]
