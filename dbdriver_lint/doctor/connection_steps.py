"""What came of a driver's own connection, as steps: log in, database, query, encryption, version, pooler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.doctor.causes import AUTHENTICATION, DATABASE, POOLER, QUERY, STILL, TLS, cause_of, own_words
from dbdriver_lint.doctor.driver_steps import form
from dbdriver_lint.doctor.hosts import hosts_of
from dbdriver_lint.doctor.model import failed, note, ok
from dbdriver_lint.doctor.secrets import masked
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.python_source import arguments_text
from dbdriver_lint.knowledge.spellings import ASYNC_VARIANTS, POOLER_ARGS
from dbdriver_lint.knowledge.tls import TLS_KEYS
from dbdriver_lint.knowledge.translate import translate

if TYPE_CHECKING:
    from dbdriver_lint.doctor.attempt import Outcome
    from dbdriver_lint.doctor.model import Result, Side, Subject

ENCRYPTION, VERSION = "encryption", "version"


def read_outcome(outcome: Outcome, side: Side, subject: Subject, *, pooled: bool) -> list[Result]:
    """The steps that a connection consists of. ``pooled``: either side has met a pooler in transaction mode."""
    if not outcome.answered:
        return _failure(outcome, side, subject)
    address = subject.address
    results = [
        ok(AUTHENTICATION, f"as {address.username}" if address.username else "as the driver's default user"),
        ok(DATABASE, address.database or "the default"),
        ok(QUERY, f"answered by {'an async' if side.asynchronous else 'a sync'} engine of {side.driver}"),
    ]
    if subject.dialect == "sqlite":
        return results[1:]
    results += _encryption(outcome, subject)
    if outcome.version:
        results.append(ok(VERSION, outcome.version))
    if subject.dialect == "postgresql":
        results += _pooler(outcome, side, pooled)
    return results


def _failure(outcome: Outcome, side: Side, subject: Subject) -> list[Result]:
    cause = STILL if outcome.timed_out else cause_of(outcome.errors)
    address = subject.address
    hosts = hosts_of(address, subject.dialect)
    words = {
        "user": f"{address.username or '(none)'}",
        "database": f"{address.database or '(none)'}",
        "host": hosts[0].name if hosts else "(the default)",
        "driver": side.driver,
        "said": masked(own_words(outcome.errors), address),
        "tls": _with_tls(side, subject),
        "pooled": _pooler_remedy(side),
    }
    order = (AUTHENTICATION, DATABASE, QUERY)
    passed = order[: order.index(cause.step)] if cause.step in order else ()
    results = [ok(AUTHENTICATION, f"as {address.username}") for step in passed if step == AUTHENTICATION]
    found, why, remedy = (text.format(**words) for text in (cause.found, cause.cause, cause.remedy))
    return [*results, failed(cause.step, found, why, remedy)]


def _with_tls(side: Side, subject: Subject) -> str:
    """The URL of this side with TLS demanded."""
    address = subject.address
    kept = tuple((key, value) for key, value in address.query if key not in TLS_KEYS)
    text = address.render(address.scheme, hosts=address.hosts, query=kept, password=address.escaped_password)
    try:
        stronger = translate(text, side.driver, default=Tls.REQUIRE)
    except DatabaseUrlError:
        return "with a TLS mode that this driver has"
    return form(stronger)


def _encryption(outcome: Outcome, subject: Subject) -> list[Result]:
    mode = subject.wish.mode if subject.wish is not None else None
    if outcome.encrypted is None:
        return []
    if outcome.encrypted:
        return [ok(ENCRYPTION, "in force" if mode is None else f"in force, {mode.word} was asked for")]
    if mode is not None and mode >= Tls.REQUIRE:
        return [
            failed(
                TLS,
                "the connection is not encrypted",
                f"the URL asks for {mode.word}, and this driver took a connection in the clear",
                "make the server offer TLS; a driver that takes less than it is asked for needs a server that demands it",
            )
        ]
    local = all(host.is_local for host in hosts_of(subject.address, subject.dialect))
    if local or mode is Tls.DISABLE:
        return [ok(ENCRYPTION, "none" + (", as the URL says" if mode is Tls.DISABLE else " needed on this machine"))]
    return [note(ENCRYPTION, "all is sent in the clear", "let the server offer TLS, and demand it: `sslmode=require`")]


def _pooler(outcome: Outcome, side: Side, pooled: bool) -> list[Result]:
    if not pooled:
        return [] if outcome.pooled is None else [ok(POOLER, "none seen: each connection keeps its server process")]
    needed = POOLER_ARGS.get(ASYNC_VARIANTS.get(side.driver, side.driver))
    if needed is None:
        return [ok(POOLER, f"in transaction mode; {side.driver} needs nothing for that")]
    if set(outcome.connect_args) & set(needed):
        return [ok(POOLER, "in transaction mode; no prepared statements are kept")]
    cause = (
        f"each transaction may get another server connection, and {side.driver} keeps prepared statements: "
        "`prepared statement … already exists`, or the rows of another statement"
    )
    return [failed(POOLER, "there is a pooler in transaction mode", cause, _pooler_remedy(side))]


def _pooler_remedy(side: Side) -> str:
    needed = POOLER_ARGS.get(ASYNC_VARIANTS.get(side.driver, side.driver))
    if needed is None:
        return "connect to the server itself"
    engine = "create_async_engine" if side.asynchronous else "create_engine"
    return f"`{engine}(url, connect_args={{{arguments_text(needed)}}})`; a URL cannot say it"
