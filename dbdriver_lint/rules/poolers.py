"""Engines and connections that show a pooler in their URL, and what they do about prepared statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.arguments import python_value
from dbdriver_lint.analysis.values import Dictionary, Symbol
from dbdriver_lint.fixes.edit import Applicability, Fix
from dbdriver_lint.knowledge.parameters import UNKNOWN, Opaque
from dbdriver_lint.knowledge.python_source import arguments_text
from dbdriver_lint.knowledge.spellings import POOLER_ARGS, POOLER_KEY
from dbdriver_lint.records import dataclass
from dbdriver_lint.rules.engines import connects_by_url, dictionaries
from dbdriver_lint.rules.judging import loaded_drivers, query_parameters
from dbdriver_lint.rules.parameter_repairs import add_connect_args
from dbdriver_lint.rules.wording import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbdriver_lint.analysis.facts import DriverCall, EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Anchor, Steps
    from dbdriver_lint.knowledge.versions import VersionRange
    from dbdriver_lint.rules.context import Context

_TRANSACTION_PORT = "6543"
_SUPABASE = "port 6543 is Supabase's for transactions"
_POOLER_HOST = re.compile(r"(?:^|[-.])(?:pooler|pgbouncer|supavisor)(?:[-.]|$)", re.IGNORECASE)
_CACHE, _OWN_CACHE, _NAMES = "statement_cache_size", "prepared_statement_cache_size", "prepared_statement_name_func"
_ERRORS = {
    "asyncpg": 'DuplicatePreparedStatementError: prepared statement "__asyncpg_stmt_1__" already exists',
    "psycopg": 'DuplicatePreparedStatement: prepared statement "_pg3_0" already exists',
}


@dataclass(frozen=True, slots=True)
class Unprepared:
    """A connection that the pooler will spoil; ``sure`` says that it shares connections between transactions."""

    at: Anchor
    message: str
    sure: bool
    steps: Steps
    fix: Fix | None = None


def engine_behind_pooler(call: EngineCall, context: Context) -> Iterator[Unprepared]:
    """An engine whose URL shows a pooler, and which leaves prepared statements on."""
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
        yield Unprepared(
            call.url.anchor,
            _message(url, pooler, driver.driver, fault, f"connect_args={{{_text(wanted)}}}"),
            pooler.sure,
            url.steps,
            fix=_fix(call, missing) if missing and _completes(driver.driver, given, missing, driver.version) else None,
        )
        return


def driver_behind_pooler(call: DriverCall) -> Iterator[Unprepared]:
    """The same for a connection or pool of a raw driver."""
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
        yield Unprepared(
            call.dsn.anchor,
            _message(url, pooler, call.driver, "", remedy),
            pooler.sure,
            url.steps,
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
    if any(p.value.value.lower() in ("true", "1") for p in url.url.named(POOLER_KEY)):
        return _Pooler(f"`{POOLER_KEY}=true` says so", sure=True)
    if "supabase." in host:
        return _Pooler(_SUPABASE, sure=True) if port == _TRANSACTION_PORT else None  # the other ports pool sessions
    if _POOLER_HOST.search(host):
        return _Pooler(f"`{host}`", sure=False)
    if port == _TRANSACTION_PORT and "." in host and not host.startswith("127."):
        return _Pooler(_SUPABASE, sure=False)
    return None


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
    return f"{sentence(text, url.condition)}; write `{remedy}`"


def _fix(call: EngineCall, missing: Mapping[str, object]) -> Fix | None:
    entries = _text(missing)
    edits = add_connect_args(call, entries)
    return Fix(f"Write `connect_args={{{entries}}}`", edits, Applicability.UNSAFE) if edits else None
