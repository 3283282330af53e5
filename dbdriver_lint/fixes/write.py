"""Putting the repaired bytes in the place of the old ones, all or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from dbdriver_lint.source.files import read_regular

STALE_SECONDS = 600
"""From then on nobody writes a temporary file any more; it takes milliseconds."""
_MARK = "dbdriver-lint-"
_SUFFIX = ".tmp"


class WriteError(Exception):
    """The file was left as it is; the message says why."""


def write_atomically(path: str | os.PathLike[str], before: bytes, after: bytes) -> None:
    """Replace the content ``before`` of a file by ``after``, and keep its mode and owner.

    A symbolic link stays a link: the file that it leads to is replaced. Readers see the old or the
    new content, never a part.

    Raises:
        WriteError: the file does not hold ``before`` any more, or it or its directory may not be
            written. No temporary file is left.
    """
    target = Path(os.path.realpath(path))
    if _holds(path, target, before, after):
        return
    if not os.access(target, os.W_OK):
        raise WriteError(f"{path} is read-only, so its fixes are not written")
    temporary: Path | None = None
    prefix = f".{target.name}.{_MARK}"
    try:
        _remove_stale(target.parent, prefix)
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=_SUFFIX, dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        _keep_owner(target, temporary)
        shutil.copymode(target, temporary)
        if not _holds(path, target, before, after):
            temporary.replace(target)
            temporary = None
    except OSError as error:
        raise WriteError(f"{path} could not be written: {target.parent}: {error.strerror or error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _remove_stale(folder: Path, prefix: str) -> None:
    """Take away what a repair of the same file left behind that was killed; not what another one writes just now."""
    with os.scandir(folder) as entries:
        stale = [entry.path for entry in entries if entry.name.startswith(prefix) and entry.name.endswith(_SUFFIX)]
    for path in stale:
        with contextlib.suppress(OSError):
            if time.time() - os.lstat(path).st_mtime > STALE_SECONDS:
                os.unlink(path)  # noqa: PTH108


def _holds(path: str | os.PathLike[str], target: Path, before: bytes, after: bytes) -> bool:
    """Whether the file has the new content already, as when it was repaired under another name at the same time."""
    try:
        now = read_regular(target)
    except OSError as error:
        raise WriteError(f"{path} could not be read again before writing: {error.strerror or error}") from error
    if now not in (before, after):
        raise WriteError(f"{path} changed while it was being linted, so its fixes are not written; run again")
    return now == after


def _keep_owner(target: Path, temporary: Path) -> None:
    """Only a privileged user may give files away; for others the new file is theirs, as with an editor."""
    if hasattr(os, "chown"):
        old, new = target.stat(), temporary.stat()
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            with contextlib.suppress(OSError):
                os.chown(temporary, old.st_uid, old.st_gid)
