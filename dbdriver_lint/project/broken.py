"""An env, compose or ini file that is linted itself and cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.project.alembic import unread_in
from dbdriver_lint.project.environment import contents_of, is_template
from dbdriver_lint.records import NamedTuple

if TYPE_CHECKING:
    from dbdriver_lint.project.inputs import Unread


class Broken(NamedTuple):
    """What of a file cannot be understood."""

    broken: Unread | None = None
    """Why nothing of it can, whoever reads it."""
    warnings: tuple[Unread, ...] = ()
    """What others pass over: the lines of an env file, all of a template."""


def broken_in(path: str, text: str) -> Broken:
    """What of the text of an env, compose or ini file cannot be understood."""
    if path.endswith(".ini"):
        unread = tuple(each for each in (unread_in(path, text),) if each is not None)
    else:
        unread = contents_of(path, text).unread
    whole = path.endswith((".ini", ".yml", ".yaml"))
    return Broken(unread[0]) if unread and whole and not is_template(text) else Broken(None, unread)
