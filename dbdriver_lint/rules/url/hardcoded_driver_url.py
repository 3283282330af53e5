"""XDB101: a URL in the code that fixes driver and host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.urls import possible_url
from dbdriver_lint.analysis.values import Text
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.knowledge.dialects import DIALECTS, SCHEMES
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import has_engine_in_hand

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import BuiltUrl, UrlLiteral
    from dbdriver_lint.analysis.values import Anchor
    from dbdriver_lint.knowledge.urls import DatabaseUrl
    from dbdriver_lint.rules.context import Context

#: What a name is called that holds a URL to connect with.
_URL_NAME = re.compile(r"url|uri|dsn|database|conn(ection)?(_?str(ing)?)?$|engine|^connect$|create_pool", re.IGNORECASE)
#: What a name is called that holds an example, a pattern or a part of one.
_SPEAKING_NAME = re.compile(
    r"example|pattern|prefix|scheme|format|regex|help|doc|sample|placeholder|dummy|mock|fake|test", re.IGNORECASE
)
#: A place to be filled in: `{host}`, `<host>`, `$HOST`, `%(host)s`, `[host]`, `YOUR_HOST`.
_FIELD = re.compile(r"[{}<>$\[\]|*]|%\(|your[-_]", re.IGNORECASE)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal"})  # noqa: S104


class HardcodedDriverUrl(Rule):
    """A literal database URL fixes one driver, its host and often its credentials in the code.

    ## What it does
    Finds URL literals with a host that are used to connect: given to an engine or driver, or kept
    in a name such as `DATABASE_URL`; also those that are put together of nothing but constants, with a
    password among them. It passes over scheme prefixes, comparisons, docstrings,
    messages, SQLite files (they have neither host nor credentials), f-strings whose host or
    user is filled in, test code, and the default of a settings field or environment variable
    on the developer's own machine.

    ## Why is this bad?
    The same database is read by two kinds of driver: a synchronous one for migrations, an
    asynchronous one for the application. A literal suits one of them, in one environment, and
    puts its password into version control.

    ## What happens at run time
    Nothing, until the code runs in another environment or with the other kind of driver. Then it
    connects to the wrong host, or fails as the driver rules describe.

    ## Fix safety
    There is no automatic fix, because each one would break something that the file does not show. With
    `os.environ["DATABASE_URL"]` in its place the program would not start where nobody sets that variable, two
    databases of a project would become one, and the URL would be written nowhere any more. As the default of
    `os.getenv()` it would stay in the code. Where it should come from is for the project to decide: read a
    base URL from the environment and give each engine its own form of it:

        url = transform_url_for_driver(os.environ["DATABASE_URL"], "asyncpg")
    """

    code, name = "XDB101", "hardcoded-driver-url"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    needles = SCHEMES
    in_tests = False
    bad = (
        Bad('DATABASE_URL = "postgresql://user:secret@db.internal/app?sslmode=require"\n'),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@10.0.0.5:3306/app")\n'
        ),
        Bad(
            'import os\n\nurl = os.getenv("DATABASE_URL", "postgresql+asyncpg://app:secret@db.prod.example.com/app")\n'
        ),
        Bad('config = {}\nconfig["SQLALCHEMY_DATABASE_URI"] = "mysql+pymysql://app:secret@10.0.0.5/app"\n'),
        Bad(
            'server, username, password = "10.0.0.5", "app", "secret"\n\n'
            'DATABASE_URL = f"mysql+pymysql://{username}:{password}@{server}/app"\n'
        ),
    )
    good = (
        Good('import os\n\nDATABASE_URL = os.environ["DATABASE_URL"]\n'),
        Good(
            "import os\n\n"
            'HOST = os.getenv("DB_HOST", "db.internal")\n'
            'DATABASE_URL = f"postgresql+asyncpg://app:secret@{HOST}/app"\n'
        ),
        Good('USER, PASSWORD = "app", "secret"\nDATABASE_URL = f"postgresql+asyncpg://{USER}:{PASSWORD}@/app"\n'),
        Good('USER = PASSWORD = "postgres"\nDATABASE_URL = f"postgresql+asyncpg://{USER}:{PASSWORD}@localhost/app"\n'),
        Good(
            "import os\n\n"
            'DATABASE_URL = os.getenv("DATABASE_URL", "postgresql+asyncpg://postgres:postgres@localhost/dev")\n'
        ),
        Good(
            "from pydantic import PostgresDsn\nfrom pydantic_settings import BaseSettings\n\n\n"
            "class Settings(BaseSettings):\n"
            '    database_url: PostgresDsn = PostgresDsn("postgresql+asyncpg://app@localhost/app")\n'
        ),
        Good('def application_url(base: str) -> str:\n    return f"postgresql+asyncpg://{base}?ssl=require"\n'),
        Good('CONNECTION_STRING = "postgresql://{username}:{password}@{host}/{database}"\n'),
        Good('def is_async(url: str) -> bool:\n    return url.startswith("postgresql+asyncpg://user@host")\n'),
        Good('DATABASE_URL = "sqlite:///app.db"\n'),
        Good('def f():\n    """For example postgresql://user:pass@host/db."""\n'),
        Good('DATABASE_URL = "postgresql://user:secret@db.internal/app"\n', path="tests/test_db.py"),
        Good(
            "def connect(url=None, engine=None):\n"
            "    if engine is not None:\n"
            '        url = "postgresql://custom:engine@database/unused"\n'
            "    return Storage(url, engine)\n"
        ),
    )

    def on_url(self, literal: UrlLiteral, context: Context) -> Iterable[Draft]:
        host = _host(literal.possible.url)
        if not literal.settings_default or not (host in _LOCAL or "." not in host):
            yield from self._fixed(literal.possible.url, literal.anchor, literal.receiver)

    def on_built_url(self, built: BuiltUrl, context: Context) -> Iterable[Draft]:
        """A URL of which each part is a constant of the code, its password too, is written out all the same."""
        possible = possible_url(built.value) if isinstance(built.value, Text) else None
        if possible is None or possible.file is not None:
            return
        url = possible.url
        if url.password is None or not url.password.text or url.host is None or _host(url) in _LOCAL:
            return
        written = possible.source_span(url.host.start, url.host.end)
        if written is not None and written[0].path == built.anchor.path and built.anchor.span.contains(written[1]):
            return  # `on_url` has it
        yield from self._fixed(url, built.anchor, built.receiver)

    def _fixed(self, url: DatabaseUrl, anchor: Anchor, name: str | None) -> Iterable[Draft]:
        host, receiver = _host(url), name or ""
        if url.drivername.dialect not in DIALECTS or url.drivername.dialect == "sqlite" or not host:
            return
        if url.username is not None and not url.username.known:
            return
        if any(part is not None and _FIELD.search(part.text) for part in (url.username, url.password, url.host)):
            return
        if not _URL_NAME.search(receiver) or _SPEAKING_NAME.search(receiver):
            return
        if has_engine_in_hand(anchor):
            return  # a stand-in, which nothing connects with
        secret = " with its password" if url.password is not None and url.password.known and url.password.text else ""
        yield self.finding(
            anchor,
            f"`{url.masked()}` fixes one driver and one host in the code{secret}; "
            "read the base URL from the environment and transform it for each driver",
        )


def _host(url: DatabaseUrl) -> str:
    return url.host.value if url.host is not None and url.host.known else ""
