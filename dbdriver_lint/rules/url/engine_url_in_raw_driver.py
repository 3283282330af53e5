"""XDB108: a URL for SQLAlchemy, given to a driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import scheme_place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import DriverCall, PossibleUrl
    from dbdriver_lint.rules.context import Context

_ERRORS = {
    "asyncpg": 'ClientConfigurationError: invalid DSN: scheme is expected to be either "postgresql" or "postgres", '
    "got '{name}'",
    "psycopg": 'ProgrammingError: missing "=" after "{url}" in connection info string',
    "psycopg2": 'ProgrammingError: invalid dsn: missing "=" after "{url}" in connection info string',
}
_POOL = "psycopg_pool."


class EngineUrlInRawDriver(Rule):
    """A URL with SQLAlchemy's `dialect+driver` scheme goes to a driver itself.

    ## What it does
    Finds `asyncpg.connect()`, `asyncpg.create_pool()`, `psycopg.connect()`, `psycopg2.connect()` and
    the pools of `psycopg_pool` with a URL such as `postgresql+asyncpg://…`, also where it comes
    from an engine or is shared with one; and MySQL drivers and pg8000 with any URL, for they take
    none. `databases.Database` reads SQLAlchemy's schemes and is not judged.

    ## Why is this bad?
    The part after the `+` is SQLAlchemy's own. A driver takes `postgresql://` (or `postgres://`) and
    nothing else, so the script, health check or worker beside the engine cannot connect.

    ## What happens at run time
    asyncpg: `ClientConfigurationError: invalid DSN: scheme is expected to be either "postgresql" or
    "postgres", got 'postgresql+asyncpg'`. psycopg and psycopg2: `ProgrammingError: missing "=" after
    "postgresql+psycopg://…" in connection info string`. A pool of `psycopg_pool` only logs that,
    tries again, and raises `PoolTimeout` in the end.

    ## Fix safety
    Safe where the scheme is written out for this call alone: the code could only raise. Unsafe else:
    the URL is converted with `make_url(…).set(drivername="postgresql")`.
    """

    code, name = "XDB108", "engine-url-in-raw-driver"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("asyncpg", "psycopg", "pg8000", "pymysql", "aiomysql", "asyncmy")
    bad = (
        Bad(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.connect("postgresql+asyncpg://app:secret@db.internal/app")\n',
            fixed="import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.connect("postgresql://app:secret@db.internal/app")\n',
            raises='ClientConfigurationError: invalid DSN: scheme is expected to be either "postgresql" or "postgres", '
            "got 'postgresql+asyncpg'",
        ),
        Bad(
            "import psycopg\n"
            "from sqlalchemy import create_engine\n\n"
            'URL = "postgresql+psycopg://app:secret@db.internal/app"\n'
            "engine = create_engine(URL)\n"
            "connection = psycopg.connect(URL)\n",
            fixed="import psycopg\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'URL = "postgresql+psycopg://app:secret@db.internal/app"\n'
            "engine = create_engine(URL)\n"
            "connection = psycopg.connect("
            'make_url(URL).set(drivername="postgresql").render_as_string(hide_password=False))\n',
            raises='ProgrammingError: missing "=" after',
        ),
        Bad(
            "import psycopg2\n"
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n'
            "connection = psycopg2.connect(engine.url.render_as_string(hide_password=False))\n",
            fixed="import psycopg2\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.engine import make_url\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n'
            "connection = psycopg2.connect(make_url(engine.url.render_as_string(hide_password=False))"
            '.set(drivername="postgresql").render_as_string(hide_password=False))\n',
            raises='ProgrammingError: invalid dsn: missing "=" after',
        ),
    )
    good = (
        Good(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.connect("postgres://app:secret@db.internal/app?sslmode=require")\n'
        ),
        Good(
            "import asyncpg\n\n"
            'URL = "postgresql+asyncpg://app:secret@db.internal/app"\n\n\n'
            "async def main():\n"
            '    return await asyncpg.connect(URL.replace("+asyncpg", ""))\n'
        ),
        Good(
            "import psycopg\n"
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")\n'
            'plain = engine.url.set(drivername="postgresql")\n'
            "connection = psycopg.connect(plain.render_as_string(hide_password=False))\n"
        ),
        Good('import psycopg\n\nconnection = psycopg.connect("host=db.internal dbname=app user=app")\n'),
        Good('import pymysql\n\nconnection = pymysql.connect(host="db.internal", user="app", database="app")\n'),
    )

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        if call.dsn is None or not call.dsns.decided or call.driver == "databases":
            return
        takes_urls = call.driver in _ERRORS
        for url in call.dsns.urls:
            name = url.url.drivername.text
            if not url.url.drivername.known or (takes_urls and "+" not in name):
                return  # one possibility that may work
        for url in call.dsns.urls:
            name = url.url.drivername.text
            yield self.finding(
                scheme_place(url, call.dsn.anchor),
                f"{call.dsns.condition_of(url)}{_message(call, url, name, takes_urls)}",
                related=url.steps,
                fix=_fix(call, url, context) if takes_urls else None,
            )


def _message(call: DriverCall, url: PossibleUrl, name: str, takes_urls: bool) -> str:
    if not takes_urls:
        return f"`{call.callee.text}()` takes no URL: give it host, user and database as arguments"
    error = _ERRORS[call.driver].format(name=name, url=url.url.masked())
    remedy = 'write `postgresql://`, or convert it with `make_url(url).set(drivername="postgresql")`'
    if call.function.startswith(_POOL):
        return f"The pool logs `{error}` again and again and raises `PoolTimeout` in the end; {remedy}"
    return f"`{call.callee.text}()` raises `{error}`: `+{name.partition('+')[2]}` is SQLAlchemy's; {remedy}"


def _fix(call: DriverCall, url: PossibleUrl, context: Context) -> Fix | None:
    """Another scheme in the literal, where nobody else uses it; else a conversion in the call."""
    assert call.dsn is not None
    drivername = url.url.drivername
    scheme = url.source_span(drivername.start, drivername.end)
    if scheme is not None and scheme[0].path == call.anchor.path and not _is_used_by_engine(url, context):
        dialect = drivername.dialect or "postgresql"
        return Fix(f"Write `{dialect}://`", (Edit(scheme[1], dialect),), Applicability.SAFE)
    text = call.dsn.anchor.text
    if call.dsn.unpacked or "\n" in text or len(call.dsns.urls) != 1:
        return None
    name, imports = context.local_name("sqlalchemy", "make_url")
    if imports:  # nothing there to use: SQLAlchemy 1.4 has it only in `sqlalchemy.engine`
        name, imports = context.local_name("sqlalchemy.engine", "make_url")
    converted = f'{name}({text}).set(drivername="postgresql").render_as_string(hide_password=False)'
    return Fix(
        "Convert the URL for the driver", (Edit(call.dsn.anchor.span, converted),), Applicability.UNSAFE, imports
    )


def _is_used_by_engine(url: PossibleUrl, context: Context) -> bool:
    own = {anchor for _, _, anchor, _ in url.spans}
    return any(
        anchor in own for call in context.module.engines for other in call.urls.urls for _, _, anchor, _ in other.spans
    )
