"""XDB203: a value that the driver refuses, or takes for something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Text, options
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import CALLERS, DRIVERS, ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall
    from dbdriver_lint.rules.context import Context
    from dbdriver_lint.rules.judging import Judged

_SEVERAL_HOSTS = re.compile(r"(?P<scheme>postgresql(?:\+\w+)?)://(?:[^@/?]*@)?[^/?:,@]*:(?P<port>\d*,[^/?]*)")


class InvalidParameterValue(Rule):
    """A connection parameter has a value that this driver refuses or misunderstands.

    ## What it does
    Finds values that the driver at hand does not take in this place: `?ssl=true` for asyncpg,
    `sslmode=required`, `connect_args={"ssl": {"sslmode": "require"}}`, a number that a URL can only
    hand over as text (`?timeout=5` for asyncpg), a number where the driver wants text
    (`server_settings`), a flag that is read as its opposite (`?autocommit=false` for pymysql).

    ## Why is this bad?
    Every value in a URL is a string. Some drivers convert it, some refuse it at the first
    connection, and some only ask whether it is empty, so that `false` means true.

    ## What happens at run time
    An exception at the first connection, whose text the message quotes for the driver at hand; a
    few values are refused when the engine is made. For an inverted flag nothing is raised.

    ## Fix safety
    Safe where the driver's spelling of the same thing takes its place: the code could only raise
    before, and TLS is at least as strong after. `ssl=true` becomes `ssl=require`, which encrypts
    without verifying, as `sslmode=require` does; in `connect_args` asyncpg takes `True` for
    `verify-full`. Unsafe for inverted flags, which change what the program does.
    """

    code, name = "XDB203", "invalid-parameter-value"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *DRIVERS, *CALLERS)
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=true")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n',
            raises="InterfaceError: `sslmode` parameter must be one of: disable, allow, prefer, require, verify-ca, "
            "verify-full",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"ssl": {"sslmode": "require"}},\n'
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"ssl": "require"},\n'
            ")\n",
            raises="TypeError: sslcontext is expected to be an instance of ssl.SSLContext, got {'sslmode': 'require'}",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app?sslmode=required")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app?sslmode=require")\n',
            raises='OperationalError: invalid sslmode value: "required"',
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?timeout=5&ssl=prefer")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine("
            '"postgresql+asyncpg://app:secret@db.internal/app?ssl=prefer", connect_args={"timeout": 5})\n',
            raises="TypeError: unsupported operand type(s) for +: 'float' and 'str'",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"server_settings": {"statement_timeout": 1000}},\n'
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app",\n'
            '    connect_args={"server_settings": {"statement_timeout": "1000"}},\n'
            ")\n",
            raises="InterfaceError: server_settings is expected to be None or a Dict[str, str]",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@db.internal/app?autocommit=false")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@db.internal/app", connect_args={"autocommit": False})\n',
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine("
            '"postgresql+psycopg2://app:secret@db1.internal:5432,db2.internal:5432/app")\n',
            raises="ValueError: invalid literal for int() with base 10: '5432,db2.internal:5432'",
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app?ssl=require")\n'
        ),
        Good(
            "import ssl\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'context = ssl.create_default_context(cafile="/etc/ssl/db-ca.pem")\n'
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@db.internal/app?ssl=true",\n'
            '    connect_args={"ssl": context, "timeout": 5},  # wins over the URL\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app?connect_timeout=5")\n'
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app@db.internal/app", connect_args={"ssl": os.environ["DB_SSL"]}\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg://app@/app?host=db1.internal:5432&host=db2.internal:5432"\n'
            ")\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging import judge_engine, shared_with  # costs start-up time

        for judged in judge_engine(call, context):
            if judged.is_invalid and shared_with(judged, call, context) is None:
                yield self._draft(judged, call, context)
        yield from self._several_hosts(call)

    on_reached_engine = on_engine

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging_drivers import judge_driver  # costs start-up time

        for judged in judge_driver(call, context):
            if judged.is_invalid:
                yield self._draft(judged, call, context)

    def _draft(self, judged: Judged, call: EngineCall | DriverCall, context: Context) -> Draft:
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        return self.finding(judged.at, judged.message, related=judged.steps, fix=parameter_fix(judged, call, context))

    def _several_hosts(self, call: EngineCall) -> Iterator[Draft]:
        """Several hosts in the form of libpq's URIs, which SQLAlchemy does not read."""
        if call.url is None or call.urls.urls:
            return
        from dbdriver_lint.knowledge.address import DatabaseUrlError
        from dbdriver_lint.knowledge.translate import translate

        for value in options(call.url.value):
            match = _SEVERAL_HOSTS.match(value.text) if isinstance(value, Text) else None
            if match is None or not isinstance(value, Text):
                return
            error = f"ValueError: invalid literal for int() with base 10: '{match['port']}'"
            try:
                driver = match["scheme"].partition("+")[2] or "psycopg2"
                spelled = translate(value.text, driver)
            except DatabaseUrlError:
                return
            host = "&".join(f"host={text}" for key, text in spelled.query if key == "host")
            remedy = f"write the hosts as `?{host}`" if host else f"{driver} connects to a single host"
            yield self.finding(
                call.url.anchor, f"`{call.name}()` raises `{error}`: SQLAlchemy takes one host there; {remedy}"
            )
