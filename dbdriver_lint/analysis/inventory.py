"""The inventory: every engine, session factory, raw connection and migration environment of a file as one row."""

from __future__ import annotations

import os
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from dbdriver_lint.analysis import orm
from dbdriver_lint.analysis.module_facts import Purpose
from dbdriver_lint.analysis.values import Choice, Constant, Dictionary, EnvVar, Object, Result, Symbol, Text, options
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import DRIVERS, is_loadable, meanings
from dbdriver_lint.knowledge.secrets import HOLE
from dbdriver_lint.knowledge.tls import TLS_WORDS
from dbdriver_lint.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dbdriver_lint.analysis.environments import MigrationEnvironment
    from dbdriver_lint.analysis.facts import Argument, DriverCall, EngineCall, UrlSet
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.analysis.session_facts import SessionCall
    from dbdriver_lint.analysis.values import Anchor, Value
    from dbdriver_lint.knowledge.versions import VersionRange

#: Parameters that say how the connection is encrypted, in a URL or in ``connect_args``.
_TLS = frozenset(
    {
        *("sslmode", "ssl", "sslrootcert", "sslcert", "ssl_context", "ssl_ca", "ssl_cert", "ssl_mode", "ssl_disabled"),
        *("ssl_verify_cert", "ssl_verify_identity", "sslnegotiation", "encrypt", "trustservercertificate"),
    }
)
_POOLING = ("poolclass", "pool_size", "max_overflow", "pool_recycle", "pool_pre_ping", "pool_timeout")
_HARMLESS = re.compile(
    r"""(?ix) -?\d+(\.\d+)? | (?:~|\.{0,2}|[a-z]:) [/\\] [\w./\\ -]{1,200} | [\w.-]{1,100} \. (?:pem|crt|cer|ca|key|p12|pfx)"""
)
"""Numbers and paths of files. What else is written where a setting of TLS or of a pool belongs may be anything, a key too."""
_SCRIPTS = frozenset({"scripts", "script", "bin", "tools"})
_NATURES = {driver.name: driver.nature for driver in DRIVERS}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that talks to a database."""

    kind: str
    """``engine``, ``session factory``, ``connection`` or ``migrations``."""
    path: str
    line: int
    name: str
    """What it is assigned to, else the function that makes it."""
    mode: str
    """``sync`` or ``async``; empty where that is not known."""
    drivers: tuple[str, ...] = ()
    """The driver names that its URL can have: ``postgresql+asyncpg``."""
    loads: tuple[tuple[str, ...], ...] = ()
    """For each of ``drivers`` of a URL what SQLAlchemy loads: one driver, several where that depends on its version, or none."""
    origins: tuple[str, ...] = ()
    """Where the URL comes from: a variable, a setting, a place in a file."""
    tls: tuple[str, ...] = ()
    """TLS as it is configured: ``sslmode=require``; empty where nothing says anything."""
    pooling: tuple[str, ...] = ()
    purpose: str = Purpose.APPLICATION
    unknown: tuple[str, ...] = ()
    """What is not known of the URL, and why."""
    engine: tuple[str, int] | None = None
    """Of a session factory: the path and the line of the engine that it uses."""


def rows_of(
    facts: ModuleFacts,
    path: str,
    *,
    is_test: bool,
    sqlalchemy: VersionRange,
    environments: Iterable[MigrationEnvironment] = (),
) -> Iterator[Row]:
    """The rows of one file, in the order of their lines; ``environments`` are those of an ``env.py``."""
    purpose = _purpose(facts, path, is_test=is_test)
    engines = [*facts.engines, *(engine for engine in facts.reached if _is_made_elsewhere(engine))]
    rows = [_environment(environment, path) for environment in environments]
    configured = rows[0] if rows else None
    rows += [_engine(engine, purpose, configured) for engine in engines if not engine.only_dialect]
    rows = [replace(row, loads=tuple(_loads(name, sqlalchemy) for name in row.drivers)) for row in rows]
    rows += [_connection(call, purpose) for call in facts.drivers]
    rows += [_factory(call, purpose) for call in facts.sessions if call.function.endswith("sessionmaker")]
    return iter(sorted(rows, key=lambda row: row.line))


def _loads(drivername: str, sqlalchemy: VersionRange) -> tuple[str, ...]:
    loaded = tuple(dict.fromkeys(meaning.drivername for meaning in meanings(drivername, sqlalchemy)))
    # another package may bring a name that nobody knows
    return loaded or (() if is_loadable(drivername, sqlalchemy) is False else (drivername,))


def _environment(environment: MigrationEnvironment, path: str) -> Row:
    """The row of an Alembic environment; ``path`` is its ``env.py`` as it is to be shown."""
    is_async = environment.is_async
    origins = [
        f"{os.path.relpath(c.path, os.path.dirname(environment.path))}:{c.line}"
        for c in environment.configurations
        if c.url is not None and not environment.facts.sets_url
    ]
    drivers = tuple(sorted(environment.drivernames))
    return Row(
        kind="migrations",
        path=path,
        line=1,
        name="env.py",
        mode="" if is_async is None else ("async" if is_async else "sync"),
        drivers=drivers,
        origins=tuple(origins) or (("env.py",) if environment.facts.sets_url else ()),
        purpose=Purpose.MIGRATION,
        unknown=() if drivers else ("no URL in its files",),
    )


def _engine(engine: EngineCall, purpose: str, configured: Row | None) -> Row:
    """The row of an engine; one that is made of Alembic's configuration has the URL of that, ``configured``."""
    if configured is not None and engine.from_config and not engine.urls.urls:
        drivers, origins, unknown = configured.drivers, configured.origins, configured.unknown
    else:
        drivers, unknown = _drivers(engine.urls), _unknown(engine.urls)
        origins = _origins(engine.urls, engine.url, engine.made_at)
    return Row(
        kind="engine",
        path=engine.anchor.path,
        line=engine.anchor.start.line,
        name=engine.target or (engine.name if engine.made_at is None else engine.callee.text),
        mode="async" if engine.is_async or engine.wrapped_in_async_engine else "sync",
        drivers=drivers,
        origins=origins,
        tls=_tls(engine.urls, engine.connect_args),
        pooling=tuple(_pooling(engine.keywords)),
        purpose=purpose,
        unknown=unknown,
    )


def _is_made_elsewhere(engine: EngineCall) -> bool:
    """Whether a function of another file makes it; what one of this file makes is seen there."""
    return engine.made_at is not None and engine.made_at.path != engine.anchor.path


def _connection(call: DriverCall, purpose: str) -> Row:
    nature = _NATURES.get(call.driver)
    is_async = nature is Nature.ASYNC or "Async" in call.function or call.driver == "databases"
    given = [name for name in ("host", "database", "dbname", "user", "service") if name in call.keywords]
    return Row(
        kind="connection",
        path=call.anchor.path,
        line=call.anchor.start.line,
        name=call.function,
        mode="async" if is_async else "sync",
        drivers=(call.driver,) if call.driver != "databases" else _drivers(call.dsns),
        origins=_origins(call.dsns, call.dsn) or ((f"arguments {', '.join(given)}",) if given else ()),
        tls=_tls(call.dsns, None) + tuple(_tls_of(name, a.value) for name, a in call.keywords.items() if name in _TLS),
        pooling=("pool",) if "pool" in call.function.lower() else (),
        purpose=purpose,
        unknown=_unknown(call.dsns) if call.dsn is not None else (),
    )


def _factory(call: SessionCall, purpose: str) -> Row:
    engine = None
    bind = call.bind.value if call.bind is not None else None
    made = [option.call.anchor for option in _options(bind) if isinstance(option, Result) and option.call is not None]
    if len(made) == 1:
        engine = (made[0].path, made[0].start.line)
    is_async = call.session_class == orm.ASYNC_SESSION or call.function == orm.ASYNC_FACTORY
    return Row(
        kind="session factory",
        path=call.anchor.path,
        line=call.anchor.start.line,
        name=call.function.rpartition(".")[2],
        mode="async" if is_async else ("sync" if call.session_class == orm.SYNC_SESSION else ""),
        purpose=purpose,
        unknown=() if engine is not None else ("bound later" if bind is None else "engine is not known",),
        engine=engine,
    )


def _options(value: Value | None) -> Iterable[Value]:
    return options(value) if value is not None else ()


def _drivers(urls: UrlSet) -> tuple[str, ...]:
    names = [possible.url.drivername for possible in urls.urls]
    return tuple(dict.fromkeys(name.text for name in names if name.known))


def _origins(urls: UrlSet, argument: Argument | None, made_at: Anchor | None = None) -> tuple[str, ...]:
    """Where each possible URL was written: the variable, else the first place on its way."""
    found: list[str] = []
    for possible in urls.urls:
        places = [step.place for step in possible.steps if step.place != made_at]
        first = places[0] if places else (argument.anchor if argument is not None else None)
        where = f"{first.path}:{first.start.line}" if first is not None else ""
        if possible.default_of is not None:
            where = f"${possible.default_of}, {'set in' if possible.file else 'default'} {where}"
        found.append(where)
    values = _options(argument.value if argument is not None else None)
    found += [f"${option.name}" for option in values if isinstance(option, EnvVar)]
    variables = {where[1:].partition(",")[0] for where in found if "," in where}
    return tuple(dict.fromkeys(where for where in found if where and where[1:] not in variables))


def _tls(urls: UrlSet, connect_args: Argument | None) -> tuple[str, ...]:
    found: list[str] = []
    for possible in urls.urls:
        for parameter in possible.url.query:
            if parameter.name.known and parameter.name.value.lower() in _TLS:
                value = parameter.value
                shown = _harmless(value.value) if value is not None and value.known else "…"
                found.append(f"{parameter.name.value}={shown}")
    for option in _options(connect_args.value if connect_args is not None else None):
        if isinstance(option, Dictionary):
            found += [_tls_of(name, value) for name, value in option.items.items() if name.lower() in _TLS]
    return tuple(dict.fromkeys(found))


def _tls_of(name: str, value: Value) -> str:
    return f"{name}={_shown(value)}"


def _pooling(keywords: Mapping[str, Argument]) -> Iterator[str]:
    for name in _POOLING:
        if name in keywords:
            shown = _shown(keywords[name].value)
            yield shown if name == "poolclass" and shown != "…" else f"{name}={shown}"


def _shown(value: Value) -> str:
    """A setting in words; what may be a secret is not shown."""
    if isinstance(value, Text):
        return _harmless(value.text)
    if isinstance(value, Constant):
        return "…" if isinstance(value.value, bytes) else str(value.value)
    if isinstance(value, Symbol):
        return value.name.rpartition(".")[2]
    if isinstance(value, Result):
        return value.of.rpartition(".")[2]
    if isinstance(value, EnvVar):
        return f"${value.name}" if value.default is None else f"${value.name}, default {_shown(value.default)}"
    if isinstance(value, Choice):
        return " or ".join(dict.fromkeys(map(_shown, value.options)))
    return value.name if isinstance(value, Object) else "…"


def _harmless(text: str) -> str:
    return text if text.lower() in TLS_WORDS or _HARMLESS.fullmatch(text) else "…"


def _unknown(urls: UrlSet) -> tuple[str, ...]:
    names = {possible.default_of for possible in urls.urls}
    reasons = [
        f"{one.reason} has no default here" if one.origin.kind == "variable" else one.reason
        for one in urls.unknown
        if one.origin.kind != "variable" or one.origin.name not in names
    ]
    return tuple(dict.fromkeys(reason.replace(HOLE, "…") for reason in reasons))


def _purpose(facts: ModuleFacts, path: str, *, is_test: bool) -> str:
    if facts.purpose is Purpose.MIGRATION:
        return Purpose.MIGRATION
    if is_test:
        return Purpose.TEST
    return Purpose.SCRIPT if _SCRIPTS & set(PurePath(path).parts[:-1]) else Purpose.APPLICATION
