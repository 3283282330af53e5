"""XDB204: what looks like TLS and is not, and rewrites that lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.facts import DriverCall, EngineCall
from dbdriver_lint.analysis.migration_facts import ConfigOption
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import OWN_CONNECTIONS, connects_by_url
from dbdriver_lint.rules.needles import CALLERS, DRIVERS, ENGINES, OPTIONS
from dbdriver_lint.rules.tls_rewrites import lost_on_the_way, lost_tls, says_tls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import Argument, UrlSet
    from dbdriver_lint.analysis.rewrite_facts import UrlRewrite
    from dbdriver_lint.rules.context import Context


class WeakenedTls(Rule):
    """A connection is less protected than the code says, and nothing is raised.

    ## What it does
    Finds settings that look like TLS and are none: `?ssl_disabled=false` (every non-empty string
    is true to pymysql and mysqlconnector, so TLS is off), `connect_args={"ssl_ca": …}` of pymysql
    (nothing is verified without `ssl_verify_cert`), `?ssl=true` and an `SSLContext` for
    mysqlclient, `?sslmode=require` for `databases.Database`, which reads `ssl` alone.

    And rewrites of a URL that lose what it says about TLS: `url.split("?")[0]`,
    `make_url(url).set(query={})`, `verify-full` replaced by `require`. Where the URL is not known, the
    way to the engine, to the raw driver or to Alembic's `sqlalchemy.url` is run with URLs that ask for
    TLS, through the project's functions and settings, and what comes out is looked at. It is silent
    where `connect_args` or other arguments say something about TLS, or may do so, and where nobody can
    tell what comes out.

    ## Why is this bad?
    Passwords and rows cross the network in plaintext, or to whoever answers. No test and no log
    shows it.

    ## What happens at run time
    Nothing is raised. A server without TLS, or one in the middle, is accepted; where the server
    insists on TLS, the connection is refused.

    ## Fix safety
    Unsafe where another spelling means what is written: the server's certificate may be refused
    then. A rewrite has no automatic fix, for TLS must be said again in the other driver's way,
    as `transform_url_for_driver(url, "asyncpg")` does.
    """

    code, name = "XDB204", "weakened-tls"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *DRIVERS, *OPTIONS, *CALLERS)
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@db.internal/app?ssl_disabled=false")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@db.internal/app", connect_args={"ssl_disabled": False})\n',
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "mysql+pymysql://app:secret@db.internal/app",\n'
            '    connect_args={"ssl_ca": "/etc/ssl/db-ca.pem"},\n'
            ")\n",
            fixed="import ssl\n\n"
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "mysql+pymysql://app:secret@db.internal/app",\n'
            '    connect_args={"ssl": ssl.create_default_context(cafile="/etc/ssl/db-ca.pem")},\n'
            ")\n",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "postgresql+asyncpg://app:secret@db.internal/app?sslmode=require"\n'
            'engine = create_async_engine(URL.split("?")[0])\n',
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = os.environ["DATABASE_URL"].split("?")[0]\n'
            'engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))\n',
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "from app.urls import to_async_url\n\n"
            'engine = create_async_engine(to_async_url(os.environ["DATABASE_URL"]), pool_pre_ping=True)\n',
            files={
                "app/__init__.py": "",
                "app/urls.py": "def to_async_url(url):\n"
                '    scheme, _, rest = url.partition("://")\n'
                '    base, _, query = rest.partition("?")\n'
                '    return f"postgresql+asyncpg://{base}"\n',
            },
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "def make_engine(async_url):\n"
            '    async_url = async_url.replace("sslmode=verify-full", "ssl=require")\n'
            "    return create_async_engine(async_url)\n",
        ),
        Bad(
            "import os\n\n"
            "from sqlalchemy import make_url\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = make_url(os.environ["DATABASE_URL"])\n'
            'engine = create_async_engine(url.set(drivername="postgresql+asyncpg", query={}))\n',
        ),
        Bad(
            "import os\n\n"
            "import asyncpg\n\n\n"
            "async def connect():\n"
            '    return await asyncpg.connect(os.environ["DATABASE_URL"].split("?")[0])\n',
        ),
        Bad(
            "import psycopg\n\n"
            'URL = "postgresql+asyncpg://app:secret@db.internal/app?ssl=require"\n'
            'connection = psycopg.connect(URL.replace("+asyncpg", "").split("?")[0])\n',
        ),
        Bad(
            "import os\n\n"
            "from alembic.config import Config\n\n"
            'config = Config("alembic.ini")\n'
            'url = os.environ["DATABASE_URL"].partition("?")[0]\n'
            'config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))\n',
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("mysql+pymysql://app:secret@db.internal/app?ssl_ca=/etc/ssl/db-ca.pem")\n'
        ),
        Good(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'url = os.environ["DATABASE_URL"].split("?")[0]\n'
            'engine = create_async_engine(url, connect_args={"ssl": "require"})\n',
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "postgresql+asyncpg://app:secret@localhost/app?application_name=api"\n'
            'engine = create_async_engine(URL.split("?")[0])\n',
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "postgresql+asyncpg://app:secret@db.internal/app?sslmode=require"\n'
            'engine = create_async_engine(URL.replace("sslmode=", "ssl="))\n',
        ),
        Good(
            "import os\n\n"
            "import asyncpg\n\n\n"
            "async def connect():\n"
            '    return await asyncpg.connect(os.environ["DATABASE_URL"].split("?")[0], ssl="verify-full")\n',
        ),
        Good(
            "import os\n\n"
            "import psycopg\n\n"
            'connection = psycopg.connect(os.environ["DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://"))\n',
        ),
        Good(
            "import os\n\n"
            "from alembic.config import Config\n\n"
            'config = Config("alembic.ini")\n'
            'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))\n',
        ),
    )

    def on_reached_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging import judge_engine  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        for judged in judge_engine(call, context):
            if judged.weakens_tls:
                yield self.finding(
                    judged.at, judged.message, related=judged.steps, fix=parameter_fix(judged, call, context)
                )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        yield from self.on_reached_engine(call, context)
        if connects_by_url(call) and call.url is not None and not says_tls(call):
            yield from self._gone(call.url, call.urls)

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging_drivers import judge_driver  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        for judged in judge_driver(call, context):
            if judged.weakens_tls:
                yield self.finding(judged.at, judged.message, fix=parameter_fix(judged, call, context))
        if call.dsn is not None and not says_tls(call):
            yield from self._gone(call.dsn, call.dsns)

    def on_option(self, option: ConfigOption, context: Context) -> Iterable[Draft]:
        if option.is_url and not _says_tls_in_migrations(context):
            yield from self._gone(option.value, option.urls)

    def _gone(self, argument: Argument, urls: UrlSet) -> Iterator[Draft]:
        """The URL that is written asks for TLS, and what is given does not."""
        for url, parameter, consequence in lost_tls(urls):
            yield self.finding(
                argument.anchor,
                f"{url.condition or 'Here '}`{parameter}` is gone from the URL, so {consequence}; say it in this "
                "driver's way, as `transform_url_for_driver()` does",
                related=url.steps,
            )
            return

    def on_rewrite(self, rewrite: UrlRewrite, context: Context) -> Iterable[Draft]:
        taker = rewrite.taker
        if taker is None:
            return
        argument: Argument | None
        if isinstance(taker, ConfigOption):
            argument, urls, elsewhere = taker.value, taker.urls, _says_tls_in_migrations(context)
        elif isinstance(taker, EngineCall):
            if taker.open_keywords or OWN_CONNECTIONS & taker.keywords.keys():
                return
            argument, urls, elsewhere = taker.url, taker.urls, False  # what `connect_args` say is tried with the URL
        else:
            argument, urls, elsewhere = taker.dsn, taker.dsns, says_tls(taker)
        if elsewhere or any(lost_tls(urls)):
            return
        lost = lost_on_the_way(rewrite)
        if lost is not None:
            parameter, consequence = lost
            whose = f"`{rewrite.variable}`" if rewrite.variable is not None else "the URL"
            yield self.finding(
                rewrite.anchor,
                f"What {whose} says about TLS is lost on the way: with `{parameter}` in it, {consequence}; translate "
                f"the query instead, as `transform_url_for_driver()` does{_OTHERWISE.get(type(taker), '')}",
                related=() if argument is None else argument.value.steps,
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )


#: Where else TLS can be said.
_OTHERWISE = {EngineCall: ", or say as much in `connect_args`", DriverCall: ", or say as much in its arguments"}


def _says_tls_in_migrations(context: Context) -> bool:
    """Whether the engines that read Alembic's option may say something about TLS themselves."""
    modules = [context.module, *(environment.module for environment in context.deployed_environments)]
    return any(says_tls(call) for module in modules for call in module.engines)
