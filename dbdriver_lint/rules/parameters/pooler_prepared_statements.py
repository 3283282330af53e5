"""XDB205: prepared statements behind a transaction pooler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.arguments import python_value
from dbdriver_lint.analysis.values import Dictionary, Symbol
from dbdriver_lint.findings.model import Confidence, Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Fix
from dbdriver_lint.knowledge.parameters import UNKNOWN, Opaque
from dbdriver_lint.knowledge.python_source import arguments_text
from dbdriver_lint.knowledge.spellings import POOLER_ARGS, POOLER_KEY
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.judging import connects_by_url, dictionaries, loaded_drivers, query_parameters
from dbdriver_lint.rules.parameter_repairs import add_connect_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall, PossibleUrl
    from dbdriver_lint.knowledge.versions import VersionRange
    from dbdriver_lint.rules.context import Context

_TRANSACTION_PORTS = {"6543": "port 6543 is Supabase's pooler in transaction mode"}
_POOLER_HOST = re.compile(r"(?:^|[-.])(?:pooler|pgbouncer|supavisor)(?:[-.]|$)", re.IGNORECASE)
_POOLER_PORT = "6432"
_CACHE, _OWN_CACHE, _NAMES = "statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func"
_ERRORS = {
    "asyncpg": 'DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists',
    "psycopg": 'DuplicatePreparedStatement: prepared statement "_pg3_0" already exists',
}


class PoolerPreparedStatements(Rule):
    """A URL points at a pooler that shares connections between transactions, and prepared statements are left on.

    ## What it does
    Finds engines and connections of asyncpg and psycopg whose URL shows a pooler: port 6543
    (Supabase's transaction mode), port 6432 (PgBouncer), a host such as `ep-x-pooler.region.aws.neon.tech`
    or `pgbouncer`, and which do not switch prepared statements off, or only by half:
    `prepared_statement_cache_size=0` alone, a `prepared_statement_name_func` alone, `NullPool` alone,
    psycopg's `prepare_threshold=0` (which prepares at once; `None` is never). psycopg2 prepares nothing
    and is not judged, and neither is a session pooler (Supabase's port 5432).

    ## Why is this bad?
    The pooler gives each transaction another server connection, and asyncpg and psycopg name their
    statements alike in every process. With the defaults some queries fail, and some return *another
    query's rows*, without any error (measured with PgBouncer 1.18). It does not happen in a test with
    one connection.

    ## What happens at run time
    | | failing of 240 queries |
    |---|---|
    | asyncpg, defaults | 150, and 14 wrong results |
    | asyncpg, `NullPool` | 152 |
    | asyncpg, `prepared_statement_cache_size=0` | 57 |
    | asyncpg, `prepared_statement_name_func` | 85 |
    | asyncpg, `statement_cache_size=0` and a name function | 100 |
    | asyncpg 0.31 and later, `statement_cache_size=0` | 0 |
    | asyncpg, both caches 0 and `prepared_statement_name_func=lambda: ""` | 0, with 0.29 too |
    | psycopg, defaults | 22 |
    | psycopg, `prepare_threshold=0` | 158, and 18 wrong results |
    | psycopg, `prepare_threshold=None` | 0 |

    `DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists`, or
    `InvalidSQLStatementNameError: prepared statement … does not exist`. PgBouncer 1.21 and later can keep track
    of prepared statements (`max_prepared_statements`); where it does, or where it pools sessions, accept
    the finding.

    ## Fix safety
    Unsafe: switching prepared statements off costs time on every query, and the pooler may not need it.
    """

    code, name = "XDB205", "pooler-prepared-statements"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ("create_engine", "create_async_engine", "asyncpg", "psycopg")
    references = (
        "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer",
        "https://www.pgbouncer.org/config.html#max_prepared_statements",
    )
    bad = (
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@pooler.internal:6543/app")\n',
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine("postgresql+asyncpg://app:secret@pooler.internal:6543/app", '
            'connect_args={"statement_cache_size": 0, "prepared_statement_cache_size": 0, '
            '"prepared_statement_name_func": lambda: ""})\n',
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app?prepared_statement_cache_size=0",\n'
            "    poolclass=NullPool,\n"
            ")\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app?prepared_statement_cache_size=0", '
            'connect_args={"statement_cache_size": 0},\n'
            "    poolclass=NullPool,\n"
            ")\n",
            files={"requirements.txt": "sqlalchemy>=2.0\nasyncpg>=0.31\n"},
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg://app:secret@pgbouncer.internal:6432/app", connect_args={"prepare_threshold": 0}\n'
            ")\n",
        ),
        Bad(
            "from uuid import uuid4\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app",\n'
            '    connect_args={"statement_cache_size": 0, "prepared_statement_name_func": lambda: f"p{uuid4()}"},\n'
            ")\n",
            fixed="from uuid import uuid4\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app",\n'
            '    connect_args={"prepared_statement_cache_size": 0, "statement_cache_size": 0, '
            '"prepared_statement_name_func": lambda: f"p{uuid4()}"},\n'
            ")\n",
        ),
        Bad(
            "import asyncpg\n\n\n"
            "async def main():\n"
            '    return await asyncpg.create_pool("postgresql://app:secret@pgbouncer.internal:6432/app", min_size=1)\n',
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app:secret@pooler.internal:6543/app", connect_args={"statement_cache_size": 0}\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+psycopg://app:secret@pgbouncer.internal:6432/app", connect_args={"prepare_threshold": None}\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.pool import NullPool\n\n"
            "engine = create_engine(\n"
            '    "postgresql+psycopg2://app:secret@pooler.internal:6543/app", poolclass=NullPool\n'
            ")\n"
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine("
            '"postgresql+asyncpg://app@aws-0-eu-central-1.pooler.supabase.com:5432/postgres")\n'
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app@db.internal/app", connect_args={"prepared_statement_cache_size": 0}\n'
            ")\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if not connects_by_url(call) or call.open_keywords or call.url is None:
            return
        arguments = _arguments(call)
        if arguments is None:
            return
        for url in call.urls.urls:
            pooler = _pooler(url)
            loaded = loaded_drivers(url, call, context)
            if pooler is None or not loaded or any(driver.driver not in _ERRORS for driver in loaded):
                continue
            driver = loaded[-1]
            given = {**query_parameters(url), **arguments}
            fault = _fault(driver.driver, given, driver.version)
            if fault is None:
                continue
            wanted = _wanted(driver.driver, driver.version, context.dependencies.sqlalchemy)
            if fault == "" and _is_null_pool(call):
                fault = "`NullPool` does not help"
            missing = {key: value for key, value in wanted.items() if key not in given}
            yield self.finding(
                call.url.anchor,
                _message(url, pooler, driver.driver, fault, f"connect_args={{{_text(wanted)}}}"),
                related=url.steps,
                severity=None if pooler.sure else Severity.WARNING,
                confidence=None if pooler.sure else Confidence.MEDIUM,
                fix=_fix(call, missing)
                if missing and _completes(driver.driver, given, missing, driver.version)
                else None,
            )
            return

    def on_driver(self, call: DriverCall, context: Context) -> Iterable[Draft]:
        if call.driver not in _ERRORS or call.open_keywords or call.dsn is None or not call.dsns.decided:
            return
        nested = call.keywords.get("kwargs")
        if nested is not None and not (isinstance(nested.value, Dictionary) and not nested.value.open):
            return
        given = {name: python_value(argument.value) for name, argument in call.keywords.items()}
        if nested is not None and isinstance(nested.value, Dictionary):
            given |= {name: python_value(value) for name, value in nested.value.items.items()}
        for url in call.dsns.urls:
            pooler = _pooler(url)
            key, value = (_CACHE, 0) if call.driver == "asyncpg" else ("prepare_threshold", None)
            if pooler is None or "+" in url.url.drivername.text or given.get(key, ...) in (value, UNKNOWN):
                continue
            remedy = f"{key}={value!r}"
            if call.function.startswith("psycopg_pool."):
                remedy = f'kwargs={{"{key}": {value!r}}}'
            yield self.finding(
                call.dsn.anchor,
                _message(url, pooler, call.driver, "", remedy),
                related=url.steps,
                severity=None if pooler.sure else Severity.WARNING,
                confidence=None if pooler.sure else Confidence.MEDIUM,
            )
            return


@dataclass(frozen=True, slots=True)
class _Pooler:
    """What shows that there is a pooler, and whether it is sure to share connections between transactions."""

    evidence: str
    sure: bool


def _pooler(url: PossibleUrl) -> _Pooler | None:
    host = url.url.host.value if url.url.host is not None and url.url.host.known else ""
    port = url.url.port.text if url.url.port is not None and url.url.port.known else ""
    if port in _TRANSACTION_PORTS:
        return _Pooler(_TRANSACTION_PORTS[port], sure=True)
    if any(p.value.value.lower() in ("true", "1") for p in url.url.named(POOLER_KEY)):
        return _Pooler(f"`{POOLER_KEY}=true` says so", sure=True)
    if host.endswith("pooler.supabase.com"):
        return None  # its other port pools sessions
    if _POOLER_HOST.search(host):
        return _Pooler(f"`{host}`", sure=False)
    return _Pooler(f"port {port} is PgBouncer's", sure=False) if port == _POOLER_PORT else None


def _arguments(call: EngineCall) -> Mapping[str, object] | None:
    """``connect_args`` as Python values, None where they are not known."""
    if call.connect_args is None:
        return {}
    found = dictionaries(call.connect_args.value)
    if found is None or len(found) != 1 or found[0].open or "async_creator_fn" in found[0].items:
        return None
    return {key: python_value(value) for key, value in found[0].items.items()}


def _is_off(value: object) -> bool:
    return value == UNKNOWN or str(value) == "0"


def _fault(driver: str, given: Mapping[str, object], version: VersionRange | None) -> str | None:
    """What of the parameters does not help, "" where there is none; None where they switch statements off."""
    if driver == "psycopg":
        if "prepare_threshold" not in given:
            return ""
        threshold = given["prepare_threshold"]
        if threshold is None or threshold == UNKNOWN:
            return None
        return f"`prepare_threshold={threshold}` prepares {'at once' if threshold == 0 else 'all the same'}"
    caches = [key for key in (_CACHE, _OWN_CACHE) if key in given and _is_off(given[key])]
    named = given.get(_NAMES) is not None
    if _CACHE in caches:
        if named:
            return None if _OWN_CACHE in caches else f"`{_NAMES}` spoils `{_CACHE}=0` without `{_OWN_CACHE}=0`"
        if version is None or not version.may_be_below((0, 31)):
            return None
        return f"`{_CACHE}=0` is not enough for asyncpg before 0.31"
    halves = [f"`{_OWN_CACHE}=0`"] * bool(caches) + [f"`{_NAMES}`"] * named
    return f"{' and '.join(halves)} alone {'are' if len(halves) > 1 else 'is'} not enough" if halves else ""


def _wanted(driver: str, version: VersionRange | None, sqlalchemy: VersionRange) -> dict[str, object]:
    """The entries of ``connect_args`` that are enough for every allowed version."""
    wanted = dict(POOLER_ARGS[driver])
    if driver == "asyncpg":
        if version is not None and not version.may_be_below((0, 31)):
            return {_CACHE: 0}
        if not sqlalchemy.may_be_at_least((2, 0)):
            wanted.pop(_NAMES)
    return wanted


def _completes(
    driver: str, given: Mapping[str, object], missing: Mapping[str, object], version: VersionRange | None
) -> bool:
    """Whether the entries that are missing are all that it takes."""
    values = {key: Opaque("callable") if callable(value) else value for key, value in missing.items()}
    return _fault(driver, {**given, **values}, version) is None


def _is_null_pool(call: EngineCall) -> bool:
    argument = call.keywords.get("poolclass")
    return argument is not None and isinstance(argument.value, Symbol) and argument.value.name.endswith(".NullPool")


def _text(arguments: Mapping[str, object]) -> str:
    return arguments_text(arguments).replace("'", '"')


def _message(url: PossibleUrl, pooler: _Pooler, driver: str, fault: str, remedy: str) -> str:
    happens = (
        f"queries fail with `{_ERRORS[driver]}` or return another query's rows: {driver}'s prepared statements do not "
        "survive a pooler that gives each transaction another connection"
    )
    whether = "" if pooler.sure else "if it pools transactions and keeps no track of statements, "
    text = f"{whether}{happens} ({pooler.evidence})"
    if fault:
        text += f"; {fault}"
    text = url.condition + text if url.condition else text[:1].upper() + text[1:]
    return f"{text}; write `{remedy}`"


def _fix(call: EngineCall, missing: Mapping[str, object]) -> Fix | None:
    entries = _text(missing)
    edits = add_connect_args(call, entries)
    return Fix(f"Write `connect_args={{{entries}}}`", edits, Applicability.UNSAFE) if edits else None
