"""XDB207: one ``connect_args`` for a sync and an async engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ASYNC_ENGINES
from dbdriver_lint.rules.wording import listed_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.rules.context import Context


class SharedConnectArgs(Rule):
    """One `connect_args` dictionary goes to a sync and to an async engine that do not take the same keys.

    ## What it does
    Finds an entry of `connect_args` that reaches engines of both kinds, is right for one driver and
    refused by the other. An entry that neither takes is XDB202, one that both take is no finding.

    ## Why is this bad?
    The two drivers of one database agree on hardly any name: `sslmode` and `ssl`,
    `connect_timeout` and `timeout`, `options` and `server_settings`. Whichever engine the
    dictionary was written for, the other one cannot connect; and a change that repairs the one
    breaks the other.

    ## What happens at run time
    The first connection of one of the engines raises, with asyncpg for instance
    `TypeError: connect() got an unexpected keyword argument 'sslmode'`.

    ## Fix safety
    There is no automatic fix: each engine needs a dictionary of its own. The message has the
    entry as the failing driver spells it. `engine_arguments(url, driver)` of
    `dbdriver_lint.runtime` gives URL and `connect_args` for any driver from one URL.
    """

    code, name = "XDB207", "shared-connect-args"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = ASYNC_ENGINES
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'CONNECT_ARGS = {"sslmode": "require"}\n'
            'migrations = create_engine("postgresql+psycopg2://app:secret@db.internal/app", connect_args=CONNECT_ARGS)\n'
            "engine = create_async_engine("
            '"postgresql+asyncpg://app:secret@db.internal/app", connect_args=CONNECT_ARGS)\n',
            raises="TypeError: connect() got an unexpected keyword argument 'sslmode'",
        ),
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'args = dict(timeout=10, server_settings={"application_name": "api"})\n'
            'engine = create_async_engine("postgresql+asyncpg://app:secret@db.internal/app", connect_args=args)\n'
            'migrations = create_engine("postgresql+psycopg://app:secret@db.internal/app", connect_args={**args})\n',
            raises='ProgrammingError: invalid connection option "timeout"',
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'ARGS = {"sslmode": "require", "connect_timeout": 10}\n'
            'migrations = create_engine("postgresql+psycopg2://app@db.internal/app", connect_args=ARGS)\n'
            'engine = create_async_engine("postgresql+psycopg://app@db.internal/app", connect_args=ARGS)\n'
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "migrations = create_engine(\n"
            '    "postgresql+psycopg2://app@db.internal/app", connect_args={"sslmode": "require"}\n'
            ")\n"
            "engine = create_async_engine(\n"
            '    "postgresql+asyncpg://app@db.internal/app", connect_args={"ssl": "require"}\n'
            ")\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if call.connect_args is None:
            return
        from dbdriver_lint.rules.judging import judge_engine, shared_with  # costs start-up time

        shared = [(judged, shared_with(judged, call, context)) for judged in judge_engine(call, context)]
        found = [(judged, other) for judged, other in shared if other is not None]
        if not found:
            return
        judged, other = found[0]
        keys = listed_names(one.key for one, _ in found)
        yield self.finding(
            call.connect_args.anchor,
            f"{judged.message}. The same `connect_args` suit `{other.name}()` in line {other.anchor.start.line}, which "
            f"takes {keys}: give each engine its own",
            related=judged.steps,
        )
