"""Environment variables meet the values that ``.env`` files give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from following import IMPORTS, facts_of

from dbdriver_lint.project import environment

if TYPE_CHECKING:
    from pathlib import Path

PG = "postgresql://u:p@h/db"
APG = "postgresql+asyncpg://u:p@h/db"


@pytest.fixture(autouse=True)
def _forget() -> None:
    environment.forget()


def known(root: Path, code: str, url: str = PG) -> list[tuple[str, str]]:
    files = {".env.example": f"# database\nDATABASE_URL={url}\n", "main.py": IMPORTS + code}
    engine = facts_of(root, files, "main.py").engines[-1]
    return [(possible.url.text, possible.condition) for possible in engine.urls.urls]


GUARDED = """\
u = os.environ["DATABASE_URL"]
if u.startswith("postgresql://"):
    u = u.replace("postgresql:", "postgresql+asyncpg:")
create_engine(u)
"""
FIELD = """\
from pydantic_settings import BaseSettings
class S(BaseSettings):
    database_url: str
create_engine(S().database_url)
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('create_engine(os.environ["DATABASE_URL"])', PG),
        ('create_engine(os.getenv("DATABASE_URL"))', PG),
        ('u = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:")\ncreate_engine(u)', APG),
        ('create_engine(make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"))', APG),
        (GUARDED, APG),
        (FIELD, PG),
    ],
)
def test_value_of_a_file(tmp_path: Path, code: str, expected: str) -> None:
    found = {url: condition for url, condition in known(tmp_path, code) if condition}
    assert list(found) == [expected]
    assert found[expected].startswith("If `DATABASE_URL` is as in `")
    assert found[expected].endswith(".env.example`, ")


def test_default_and_file(tmp_path: Path) -> None:
    found = known(tmp_path, f'create_engine(os.getenv("DATABASE_URL", "{APG}"))')
    assert [url for url, _ in found] == [APG, PG]
    assert found[0][1] == "If `DATABASE_URL` is unset, "


def test_other_variable(tmp_path: Path) -> None:
    assert known(tmp_path, 'create_engine(os.environ["OTHER"])') == []


def test_line_of_the_file_is_on_the_way(tmp_path: Path) -> None:
    files = {".env": f"# x\n\nDATABASE_URL={PG}\n", "main.py": f'{IMPORTS}create_engine(os.environ["DATABASE_URL"])'}
    steps = facts_of(tmp_path, files, "main.py").engines[0].urls.urls[0].steps
    assert [(step.place.path.rpartition("/")[2], step.place.start.line) for step in steps] == [
        (".env", 3),
        ("main.py", 4),
    ]


def test_changed_file(tmp_path: Path) -> None:
    code = 'create_engine(os.environ["DATABASE_URL"])'
    assert known(tmp_path, code)[0][0] == PG
    environment.forget()
    assert known(tmp_path, code, APG)[0][0] == APG
