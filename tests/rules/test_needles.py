"""A rule finds by itself what it finds among all others: its needles are in all that it judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from pathlib import Path

SYNC = "from sqlalchemy import engine_from_config\nengine = engine_from_config("
ASYNC = "from sqlalchemy.ext.asyncio import async_engine_from_config\nengine = async_engine_from_config("


@pytest.mark.parametrize(
    ("code", "program"),
    [
        ("XDB102", SYNC + '{"sqlalchemy.url": "postgres://app@db.internal/app"})\n'),
        ("XDB103", ASYNC + '{"sqlalchemy.url": "postgresql+psycopg2://app@db.internal/app"})\n'),
        ("XDB105", SYNC + '{"sqlalchemy.url": "postgresql://app@db.internal/app"})\n'),
        ("XDB201", ASYNC + '{"sqlalchemy.url": "postgresql+asyncpg://app@db.internal/app?sslmode=require"})\n'),
        ("XDB205", ASYNC + '{"sqlalchemy.url": "postgresql+asyncpg://app@eu.pooler.supabase.com:6543/app"})\n'),
    ],
)
def test_engines_made_from_a_configuration(tmp_path: Path, code: str, program: str) -> None:
    path = str(tmp_path / "db.py")

    def found(select: list[str]) -> set[str]:
        settings = decode({"select": select}, "the test", str(tmp_path))
        return {one.code for one in check_source(path, program.encode(), settings, Project.for_path(path)).findings}

    assert code in found(["XDB"])
    assert found([code]) == {code}
