"""What the parameter table says of every parameter that a raw driver or pool is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.arguments import python_value, python_values
from dbdriver_lint.analysis.values import Dictionary
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.drivers import DRIVERS
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.parameters import OK, RAW_CALLS, Outcome, Place, Verdict, judge, judge_keyword
from dbdriver_lint.knowledge.parameters.remedy import remedy_for
from dbdriver_lint.knowledge.spellings import DIALECT_OF, POOLER_KEY
from dbdriver_lint.knowledge.tls import TLS_KEYS, read_tls
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.records import replace as copy
from dbdriver_lint.rules.judging import (
    Judged,
    OpenParameters,
    driver_version,
    once,
    place_of_parameter,
    query_parameters,
    when_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dbdriver_lint.analysis.facts import Argument, DriverCall, PossibleUrl
    from dbdriver_lint.analysis.values import Value
    from dbdriver_lint.rules.context import Context


def judge_driver(call: DriverCall, context: Context) -> Iterator[Judged]:
    """The parameters of a raw driver or pool, in DSN and keywords, that do not do what they say."""
    if call.function == "databases.Database":
        yield from _of_databases(call, context)
        return
    raw = RAW_CALLS.get(call.function)
    if raw is None or "connect" in call.keywords:
        return
    version = _raw_version(raw.driver, context)
    keywords = {name: argument for name, argument in call.keywords.items() if argument.keyword is not None}
    yield from once(
        [
            *_in_dsn(call, raw.driver, version),
            *_in_keywords(call, call.function, keywords, version),
            *_in_pool_kwargs(call, version),
        ]
    )


def _raw_version(driver: str, context: Context) -> VersionRange | None:
    row = next((row for row in DRIVERS if row.name == driver), None)
    return driver_version(f"{row.dialects[0]}+{driver}", context) if row is not None else None


def _in_dsn(call: DriverCall, driver: str, version: VersionRange | None) -> Iterator[Judged]:
    if call.dsn is None or not call.dsns.decided:
        return
    for url in call.dsns.urls:
        if not url.url.drivername.known or "+" in url.url.drivername.text:
            continue  # XDB108
        parameters = query_parameters(url)
        for key, value in parameters.items():
            siblings = OpenParameters(parameters) if url.url.query_is_open else parameters
            verdict = judge(
                driver,
                Place.DSN,
                key,
                value,
                siblings=siblings,
                sqlalchemy=VersionRange.everything(),
                driver_version=version,
            )
            if isinstance(siblings, OpenParameters) and siblings.missed:
                continue  # it depends on parameters that are not known
            if verdict.ok or (key in call.keywords and verdict.outcome is not Outcome.UNSUPPORTED):
                continue
            if key == POOLER_KEY and verdict.remedy.partition("=")[0] in call.keywords:
                verdict = copy(verdict, remedy=f"remove it: the call says `{verdict.remedy.partition('=')[0]}` itself")
            written, at = place_of_parameter(url, key, call.dsn.anchor)
            yield Judged(
                driver, Place.DSN, key, value, verdict, at, written, when_of(url, call.dsns), url, steps=url.steps
            )


def _in_keywords(
    call: DriverCall, function: str, given: Mapping[str, Argument], version: VersionRange | None
) -> Iterator[Judged]:
    driver = RAW_CALLS[function].driver
    siblings = {name: python_value(argument.value) for name, argument in given.items()}
    for name, argument in given.items():
        verdict = _judged_keyword(function, name, argument.value, siblings, version, is_open=call.open_keywords)
        if not verdict.ok:
            yield Judged(driver, Place.KEYWORD, name, siblings[name], verdict, argument.whole, argument.whole)


def _in_pool_kwargs(call: DriverCall, version: VersionRange | None) -> Iterator[Judged]:
    """What a pool of psycopg_pool connects with."""
    nested = call.keywords.get("kwargs")
    if nested is None or not isinstance(nested.value, Dictionary) or not call.function.startswith("psycopg_pool."):
        return
    values = {name: python_value(value) for name, value in nested.value.items.items()}
    for name, value in nested.value.items.items():
        verdict = _judged_keyword("psycopg.connect", name, value, values, version, is_open=nested.value.open)
        if not verdict.ok:
            anchor = nested.value.key_anchors.get(name)
            own = anchor is not None and anchor.path == call.anchor.path
            yield Judged(
                "psycopg",
                Place.KEYWORD,
                name,
                values[name],
                verdict,
                anchor if own and anchor is not None else nested.anchor,
            )


def _judged_keyword(
    function: str,
    key: str,
    value: Value,
    siblings: Mapping[str, object],
    version: VersionRange | None,
    *,
    is_open: bool,
) -> Verdict:
    first = OK
    for one in python_values(value):
        beside: dict[str, object] = OpenParameters(siblings) if is_open else dict(siblings)
        beside[key] = one
        first = judge_keyword(function, key, one, siblings=beside, driver_version=version)
        if first.ok or (isinstance(beside, OpenParameters) and beside.missed):
            return OK
    return first


# --- encode/databases ----------------------------------------------------------------------------------

_BACKENDS = {"postgresql": "asyncpg.create_pool", "postgres": "asyncpg.create_pool", "mysql": "aiomysql.create_pool"}
_OWN = frozenset({"url", "force_rollback", "min_size", "max_size"})
_READ_FROM_URL = frozenset({"ssl", "min_size", "max_size", "pool_recycle", "unix_socket"})
"""What `databases` 0.9.0 reads of a URL's query; it drops everything else in silence (read from its source)."""


def _of_databases(call: DriverCall, context: Context) -> Iterator[Judged]:
    """``databases.Database(url, **options)``: the options go to the driver's pool, most of the query nowhere."""
    if not call.dsns.decided or call.dsn is None:
        return
    functions = {_backend(url) for url in call.dsns.urls}
    if len(functions) != 1 or None in functions:
        return
    function = functions.pop() or ""
    driver = RAW_CALLS[function].driver
    given = {n: argument for n, argument in call.keywords.items() if argument.keyword is not None and n not in _OWN}
    yield from once(_in_keywords(call, function, given, _raw_version(driver, context)))
    for url in call.dsns.urls:
        dialect = DIALECT_OF[driver]
        parameters = {key: value for key, value in query_parameters(url).items() if isinstance(value, str)}
        for key, value in parameters.items():
            if key not in TLS_KEYS or key in _READ_FROM_URL or "ssl" in call.keywords or call.open_keywords:
                continue
            try:
                mode = read_tls(dialect, "", ((key, value),))[1].mode
            except DatabaseUrlError:
                continue
            if mode is not None and mode >= Tls.REQUIRE:
                _, at = place_of_parameter(url, key, call.dsn.anchor)
                remedy = remedy_for(driver, Place.KEYWORD, key, value, parameters)
                verdict = Verdict(Outcome.WEAKENED, "", _DROPPED, remedy=remedy, source="databases 0.9.0, source")
                yield Judged(driver, Place.DSN, key, value, verdict, at, None, when_of(url, call.dsns), url)


_DROPPED = "`databases` drops it, and a server without TLS is accepted"


def _backend(url: PossibleUrl) -> str | None:
    name = url.url.drivername
    if not name.known or name.text in ("postgresql+aiopg", "mysql+asyncmy"):
        return None
    return _BACKENDS.get(name.dialect or "")
