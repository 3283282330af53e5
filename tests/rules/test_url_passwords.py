"""Passwords that are put into URLs: as they are, escaped, or nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
import sqlalchemy

from dbdriver_lint.linter import check_source
from dbdriver_lint.project import Project, environment
from dbdriver_lint.settings.load import decode

if TYPE_CHECKING:
    from pathlib import Path

    from dbdriver_lint.findings.model import Finding

RAW = [
    'def url(password):\n    return f"postgresql://app:{password}@db.internal/app"\n',
    'def url(given, password):\n    return given or f"postgresql://app:{password}@db.internal/app"\n',
    'import os\nURL = "postgresql://app:%s@db/app" % os.environ["DB_PASSWORD"]\n',
    'import os\nURL = "postgresql://app:%(pw)s@db/app" % {"pw": os.environ["DB_PASSWORD"]}\n',
    'import os\nURL = "mysql+pymysql://{}:{}@db/app".format("app", os.getenv("DB_PASSWORD"))\n',
    'import os\nURL = "mysql+pymysql://app:{pw}@db/app".format(pw=os.getenv("DB_PASSWORD", "dev"))\n',
    'import os\nURL = "postgresql://app:" + os.environ["DB_PASSWORD"] + "@db/app"\n',
    'import os\ndriver = os.getenv("DRIVER")\nURL = f"postgresql+{driver}://app:{os.environ[\'DB_PASSWORD\']}@db/app"\n',
    (
        "from dataclasses import dataclass\n\n@dataclass\nclass Config:\n    password: str\n\n"
        '    def url(self):\n        return f"postgresql://app:{self.password}@db/app"\n'
    ),
    (
        "class Config:\n    def __init__(self, password):\n        self.password = password\n\n"
        '    @property\n    def url(self):\n        return (\n            f"postgresql://app:{self.password}"\n'
        '            f"@db/app"\n        )\n'
    ),
]

FINE = [
    'from urllib.parse import quote_plus\n\ndef url(password):\n    return f"postgresql://app:{quote_plus(password)}@db/app"\n',
    (
        "from urllib.parse import quote\n\nclass Config:\n    def __init__(self, password):\n"
        '        self.password = quote(password, safe="")\n\n'
        '    def url(self):\n        return f"postgresql://app:{self.password}@db/app"\n'
    ),
    'PASSWORD = "s3cret"\nURL = f"postgresql://app:{PASSWORD}@db/app"\n',
    "from vault import read\nURL = f\"postgresql://app:{read('password')}@db/app\"\n",
    'def show(password):\n    print(f"postgresql://app:{password}@db/app")\n',
    'def show(password):\n    raise ValueError(f"postgresql://app:{password}@db/app")\n',
    'def url(masked_password):\n    return f"postgresql://app:{masked_password}@db/app"\n',
    'def url(password):\n    return f"amqp://app:{password}@queue/app"\n',
    'def url(password):\n    return f"postgresql://db/app?password={password}"\n',
    'def url(user):\n    return f"postgresql://{user}:***@db/app"\n',
    'def url(credentials):\n    return f"postgresql://{credentials}@db/app"\n',
    'def url(number):\n    return f"postgresql://app:{number}@db/app"\n',
    '"""postgresql://app:{password}@db/app"""\n',
]


def found(root: Path, text: str) -> tuple[Finding, ...]:
    environment.forget()
    (root / "pyproject.toml").touch()
    path = root / "db.py"
    path.write_text(text)
    settings = decode({"select": ["XDB109"]}, "the test", str(root))
    return check_source(str(path), path.read_bytes(), settings, Project.for_path(str(path))).findings


def codes(root: Path, text: str) -> list[str]:
    return [finding.code for finding in found(root, text)]


@pytest.mark.parametrize("text", RAW)
def test_raw_password_is_found(tmp_path: Path, text: str) -> None:
    assert codes(tmp_path, text) == ["XDB109"]


@pytest.mark.parametrize("text", FINE)
def test_treated_password_is_silent(tmp_path: Path, text: str) -> None:
    assert codes(tmp_path, text) == []


@pytest.mark.parametrize("password", ["p@ss", "a+b", "a%41b", "a/b?c#d", "a:b", "a b"])
def test_quote_plus_is_right_but_for_a_space(password: str) -> None:
    read = sqlalchemy.make_url(f"postgresql://app:{quote_plus(password)}@db/app").password
    assert read == password.replace(" ", "+")
    assert sqlalchemy.make_url(f"postgresql://app:{quote(password, safe='')}@db/app").password == password


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        (
            """f'postgresql://app:' f"{p.password}@db/app\"""",
            """f'postgresql://app:' f"{quote(p.password, safe='')}@db/app\"""",
        ),
        (
            """f'postgresql://app:' + f"{p.password}@db/app\"""",
            """f'postgresql://app:' + f"{quote(p.password, safe='')}@db/app\"""",
        ),
        (
            """"postgresql://app:" + f'{(p.password)}' + "@db/app\"""",
            """"postgresql://app:" + f'{(quote(p.password, safe=""))}' + "@db/app\"""",
        ),
        (
            """f'postgresql://{p.user}:' + p.password + '@db/app'""",
            """f'postgresql://{p.user}:' + quote(p.password, safe="") + '@db/app'""",
        ),
    ],
)
def test_escaped_in_quotes_that_the_f_string_around_does_not_use(tmp_path: Path, written: str, fixed: str) -> None:
    text = f"def url(p):\n    return {written}\n"
    fixes = [finding.fix for finding in found(tmp_path, text)]
    assert fixes[0] is not None
    for edit in sorted(fixes[0].edits, reverse=True):
        if edit.span.start >= text.index("return"):
            text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert text.endswith(f"    return {fixed}\n")
