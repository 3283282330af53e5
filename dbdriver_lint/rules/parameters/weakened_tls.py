"""XDB204: what looks like TLS and is not, and rewrites that lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import OWN_CONNECTIONS
from dbdriver_lint.rules.needles import CALLERS, DATABASES, ENGINES, MYSQL_DRIVERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall
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
    way to the engine is run with URLs that ask for TLS, through the project's functions and settings,
    and what the engine is given is looked at. It is silent where `connect_args` say something about
    TLS, or may do so, and where nobody can tell what comes out.

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
    needles = (*ENGINES, *MYSQL_DRIVERS, *DATABASES, *CALLERS)
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
        from dbdriver_lint.rules.tls_rewrites import lost_tls, says_tls

        yield from self.on_reached_engine(call, context)
        if call.url is None or call.only_dialect or says_tls(call):
            return
        for url, parameter, consequence in lost_tls(call):
            yield self.finding(
                call.url.anchor,
                f"{url.condition or 'Here '}`{parameter}` is gone from the URL, so {consequence}; say it in this "
                "driver's way, as `transform_url_for_driver()` does",
                related=url.steps,
            )
            return

    def on_rewrite(self, rewrite: UrlRewrite, context: Context) -> Iterable[Draft]:
        call = rewrite.engine
        if call is None or call.open_keywords or OWN_CONNECTIONS & call.keywords.keys():
            return
        from dbdriver_lint.rules.tls_rewrites import lost_on_the_way, lost_tls, says_tls  # costs start-up time

        if not says_tls(call) and any(lost_tls(call)):
            return
        lost = lost_on_the_way(rewrite)
        if lost is not None:
            parameter, consequence = lost
            whose = f"`{rewrite.variable}`" if rewrite.variable is not None else "the URL"
            yield self.finding(
                rewrite.anchor,
                f"What {whose} says about TLS is lost on the way: with `{parameter}` in it, {consequence}; translate "
                "the query instead, as `transform_url_for_driver()` does, or say as much in `connect_args`",
                related=() if call.url is None else call.url.value.steps,
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging_drivers import judge_driver  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        for judged in judge_driver(call, context):
            if judged.weakens_tls:
                yield self.finding(judged.at, judged.message, fix=parameter_fix(judged, call, context))
