"""Engines whose URL begins with something only the environment knows are passed over, not stumbled on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
import os
from sqlalchemy import create_engine

engine = create_engine(f"{os.environ['DRIVER']}://h/db", connect_args={"connect_timeout": 10})
"""


def test_unknown_scheme_with_connect_args(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "db.py"
    path.write_text(TEXT)
    settings = decode({"select": ["XDB202"]}, "the test", str(tmp_path))
    assert check_source(str(path), path.read_bytes(), settings, Project.for_path(str(path))).findings == ()
