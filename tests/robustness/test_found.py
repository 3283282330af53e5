"""What fuzzing and mutated files found, kept as tests; beside those in `test_growth` and `source/test_nesting`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from oracle import examine

from dbdriver_lint.cli import main
from dbdriver_lint.runtime import DatabaseUrlError, transform_url_for_driver

if TYPE_CHECKING:
    from pathlib import Path

POOLER = 'create_async_engine("postgresql+asyncpg://app:secret@pooler.internal:6543/app")'


@pytest.mark.parametrize(
    "code",
    [
        f"from sqlalchemy.ext.asyncio import create_async_engine\n\n\x0cengine = {POOLER}\n",
        f"from sqlalchemy.ext.asyncio import create_async_engine\n\n\x0cengine = wrapped({POOLER})\n",
    ],
    ids=["form feed before a call", "form feed before a call in a call"],
)
def test_no_crash(code: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    assert examine(str(tmp_path / "app.py"), code.encode()).failures == []


def test_a_url_with_bytes_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    """As a command line gives them: ``dbdriver-lint url $'postgresql://\\xf0@h/d'``."""
    assert main(["url", "postgresql://\udcf0:p@h/d", "--driver=asyncpg"]) == 2
    assert "no text" in capsys.readouterr().err
    with pytest.raises(DatabaseUrlError, match="no text"):
        transform_url_for_driver("postgresql://u:\ud800@h/d", "asyncpg")
