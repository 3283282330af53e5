"""XDB204: what looks like TLS and is not, and rewrites that lose it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, EnvVar, Unknown, Url, options
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.tls import TLS_KEYS, read_tls
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.judging import connects_by_url, dictionaries, judge_driver, judge_engine
from dbdriver_lint.rules.parameter_repairs import parameter_fix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Value
    from dbdriver_lint.knowledge.urls import DatabaseUrl
    from dbdriver_lint.rules.context import Context

_CUT = re.compile(r"\.(?:r?split|partition)\(\s*[\"']\?[\"'][^()]*\)\s*\[\s*0\s*\]")
"""``url.split("?")[0]``."""
_KEYS = TLS_KEYS | {"ssl_context", "dsn", "sslcontext"}
_PART = "part of environment variable "


class WeakenedTls(Rule):
    """A connection is less protected than the code says, and nothing is raised.

    ## What it does
    Finds settings that look like TLS and are none: `?ssl_disabled=false` (every non-empty string
    is true to pymysql and mysqlconnector, so TLS is off), `connect_args={"ssl_ca": …}` of pymysql
    (nothing is verified without `ssl_verify_cert`), `?ssl=true` and an `SSLContext` for
    mysqlclient. And rewrites of a URL that lose what it says about TLS: `url.split("?")[0]`,
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
        *("pymysql", "MySQLdb", "mysql.connector", "aiomysql", "asyncmy", "mariadb"),
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
        for judged in judge_engine(call, context):
            if judged.weakens_tls:
                yield self.finding(
                    judged.at, judged.message, related=judged.steps, fix=parameter_fix(judged, call, context)
                )
        if call.url is not None and not call.only_dialect and not _says_tls(call):
            yield from self._rewrites(call)

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        for judged in judge_driver(call, context):
            if judged.weakens_tls:
                yield self.finding(judged.at, judged.message, fix=parameter_fix(judged, call, context))

    def _rewrites(self, call: EngineCall) -> Iterator[Draft]:
        assert call.url is not None
        if connects_by_url(call):
            for url in call.urls.urls:
                for before in _originals(url):
                    lost = _loss(before, url.url)
                    if lost is not None:
                        yield self.finding(
                            call.url.anchor,
                            f"{url.condition or 'Here '}`{lost[0]}` is gone from the URL, so {lost[1]}; say it in "
                            "this driver's way, as `transform_url_for_driver()` does",
                            related=url.steps,
                        )
                        return
        for option in options(call.url.value):
            variable = _cut_variable(option, call)
            if variable is not None:
                yield self.finding(
                    call.url.anchor,
                    f"What `{variable}` says about TLS is cut off with its query: `sslmode=require` in it no longer "
                    "counts, and a server without TLS is accepted; translate the query instead, as "
                    "`transform_url_for_driver()` does, or say it in `connect_args`",
                    related=option.steps,
                    severity=Severity.WARNING,
                    confidence=Confidence.MEDIUM,
                )
                return


def _says_tls(call: EngineCall) -> bool:
    """Whether ``connect_args`` say something about TLS, or may do so."""
    if call.open_keywords or "creator" in call.keywords or "async_creator" in call.keywords:
        return True
    if call.connect_args is None:
        return False
    found = dictionaries(call.connect_args.value)
    return found is None or any(one.open or _KEYS & one.items.keys() for one in found)


def _originals(url: PossibleUrl) -> Iterator[DatabaseUrl]:
    """The URLs in the text of the code that ``url`` was made from."""
    for anchor in dict.fromkeys(anchor for _, _, anchor, _ in url.spans):
        try:
            text = ast.literal_eval(anchor.text)
            if isinstance(text, str) and "://" in text:
                yield parse_url(text)
        except (SyntaxError, ValueError, UrlError):
            continue


def _mode(url: DatabaseUrl) -> tuple[Tls | None, str]:
    """How strong the TLS is that a URL asks for, and the parameter that asks."""
    dialect = {"mariadb": "mysql"}.get(url.drivername.dialect or "", url.drivername.dialect or "")
    pairs = tuple((p.name.value, p.value.value) for p in url.query if p.name.known and p.value.known)
    try:
        mode = read_tls(dialect, url.drivername.driver or "", pairs)[1].mode
    except DatabaseUrlError:
        return None, ""
    return mode, next((f"{key}={value}" for key, value in pairs if key in TLS_KEYS), "")


def _loss(before: DatabaseUrl, after: DatabaseUrl) -> tuple[str, str] | None:
    """The parameter of ``before`` that asks for TLS which ``after`` does not, and what follows; None if none does."""
    asked, parameter = _mode(before)
    kept, _ = _mode(after)
    if asked is None or asked < Tls.REQUIRE or after.query_is_open or any(not p.value.known for p in after.query):
        return None
    if kept is not None and kept >= asked:
        return None
    if kept is None or kept < Tls.REQUIRE:
        return parameter, "a server without TLS is accepted"
    return parameter, "the server's certificate is no longer verified"


def _cut_variable(value: Value, call: EngineCall) -> str | None:
    """The environment variable whose query is cut off on the way, None if none is."""
    if isinstance(value, Url):
        query = value.query
        empty = isinstance(query, Dictionary) and not query.open and not _KEYS & query.items.keys()
        return _variable_of(value.host) if empty and value.text is None else None
    if not isinstance(value, (Unknown, EnvVar)):
        return None
    assert call.url is not None
    read = next(
        (step.message.split("`")[1] for step in value.steps if "read from the environment" in step.message), None
    )
    texts = [call.url.anchor.text]
    for step in value.steps:
        statement = getattr(step.place, "statement", None)
        texts += [] if statement is None else [statement.text]
    return read if any(_CUT.search(text) for text in texts) else None


def _variable_of(part: Value) -> str | None:
    if isinstance(part, Unknown) and part.reason.startswith(_PART):
        return part.reason.removeprefix(_PART)
    return None
