"""XDB204: what looks like TLS and is not, and rewrites that lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall
    from dbdriver_lint.rules.context import Context


class WeakenedTls(Rule):
    """A connection is less protected than the code says, and nothing is raised.

    ## What it does
    Finds settings that look like TLS and are none: `?ssl_disabled=false` (every non-empty string
    is true to pymysql and mysqlconnector, so TLS is off), `connect_args={"ssl_ca": …}` of pymysql
    (nothing is verified without `ssl_verify_cert`), `?ssl=true` and an `SSLContext` for
    mysqlclient, `?sslmode=require` for `databases.Database`, which reads `ssl` alone. And rewrites of a URL that lose what it says about TLS: `url.split("?")[0]`,
    `make_url(url).set(query={})`, `verify-full` replaced by `require`. It is silent where
    `connect_args` say something about TLS, or may do so.

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
    needles = (
        *("create_engine", "create_async_engine", "engine_from_config"),
        *(
            "pymysql",
            "MySQLdb",
            "mysql.connector",
            "aiomysql",
            "asyncmy",
            "import mariadb",
            "import databases",
            "from databases",
        ),
    )
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

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging import judge_engine  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix
        from dbdriver_lint.rules.tls_rewrites import cut_off_variable, lost_tls, says_tls

        for judged in judge_engine(call, context):
            if judged.weakens_tls:
                yield self.finding(
                    judged.at, judged.message, related=judged.steps, fix=parameter_fix(judged, call, context)
                )
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
        variable = cut_off_variable(call)
        if variable is not None:
            yield self.finding(
                call.url.anchor,
                f"What `{variable}` says about TLS is cut off with its query: `sslmode=require` in it no longer "
                "counts, and a server without TLS is accepted; translate the query instead, as "
                "`transform_url_for_driver()` does, or say it in `connect_args`",
                related=call.url.value.steps,
                severity=Severity.WARNING,
                confidence=Confidence.MEDIUM,
            )

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        from dbdriver_lint.rules.judging_drivers import judge_driver  # costs start-up time
        from dbdriver_lint.rules.parameter_repairs import parameter_fix

        for judged in judge_driver(call, context):
            if judged.weakens_tls:
                yield self.finding(judged.at, judged.message, fix=parameter_fix(judged, call, context))
