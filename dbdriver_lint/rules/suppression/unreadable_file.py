"""XDB902: a file that could not be linted."""

from __future__ import annotations

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Good, Rule


class UnreadableFile(Rule):
    """A file could not be read as Python source.

    ## What it does
    Reports a file that could hold a finding of another rule (it makes an engine, connects, migrates),
    and that does not decode (a wrong or missing encoding declaration) or does not parse. Other files are linted all the
    same, and nothing is written to this one. Templates of a project, below a folder such as
    `{{cookiecutter.name}}`, are no Python yet and are passed over.

    ## Why is this bad?
    What is in the file was not looked at.

    ## What happens at run time
    Python itself refuses to import the file: `SyntaxError`.

    ## Fix safety
    There is no fix.
    """

    code, name = "XDB902", "unreadable-file"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("sqlalchemy", "alembic", "asyncpg", "psycopg", "create_engine", "create_async_engine")
    bad = (Bad("from sqlalchemy import create_engine\n\nengine = create_engine(\n"),)
    good = (
        Good("from sqlalchemy import create_engine\n\nprint(create_engine)\n"),
        Good(
            "from sqlalchemy import create_engine\n\nfrom {{cookiecutter.name}}.settings import settings\n",
            path="{{cookiecutter.name}}/db.py",
        ),
    )
