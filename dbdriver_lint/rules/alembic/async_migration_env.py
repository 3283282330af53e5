"""XDB409: an env.py that migrates through an asynchronous engine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.migration_facts import AsyncSyntaxKind, Loop
from dbdriver_lint.analysis.values import Text
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix, ImportRequest
from dbdriver_lint.knowledge.dialects import Nature
from dbdriver_lint.knowledge.drivers import nature
from dbdriver_lint.project.alembic import drivername_of
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.repairs import (
    add_argument,
    preferred_driver,
    remove_keyword,
    transform_call,
    transform_target,
)
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.migration_facts import AsyncSyntax, EnvironmentFacts
    from dbdriver_lint.rules.context import Context

_ASYNC = """import asyncio

from alembic import context
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config


def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


async def run_async_migrations():
    connectable = async_engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool
    )
    async with connectable.connect() as connection:
        await connection.run_sync(do_run_migrations)
    await connectable.dispose()


def run_migrations_online():
    asyncio.run(run_async_migrations())


run_migrations_online()
"""
_SYNC = """import asyncio

from alembic import context
from dbdriver_lint.runtime import transform_url_for_driver
from sqlalchemy import engine_from_config, pool
from sqlalchemy.ext.asyncio import async_engine_from_config

config = context.config


def do_run_migrations(connection):
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


def run_async_migrations():
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}), prefix="sqlalchemy.", poolclass=pool.NullPool, \
url=transform_url_for_driver(context.config.get_main_option("sqlalchemy.url"), "postgresql+psycopg2", ssl=None)
    )
    with connectable.connect() as connection:
        do_run_migrations(connection)
    connectable.dispose()


def run_migrations_online():
    run_async_migrations()


run_migrations_online()
"""
_SECTION_GIVEN = "config.get_section(config.config_ini_section, {}),"
_CALLED = "    connectable = "
_NAMED = (
    "    configuration = config.get_section(config.config_ini_section, {})\n"
    '    configuration["sqlalchemy.url"] = "postgresql+asyncpg://app:secret@db.internal/app"\n' + _CALLED
)
_ASSIGNED = _ASYNC.replace(_SECTION_GIVEN, "configuration,").replace(_CALLED, _NAMED)
_FILES = {
    "alembic.ini": "[alembic]\nscript_location = migrations\n"
    "sqlalchemy.url = postgresql+asyncpg://app:secret@db.internal/app\n",
    "migrations/script.py.mako": "",
}
_SECTION = re.compile(r"[\w.]+\.get_section\(")
_SYNC_FUNCTIONS = {"create_async_engine": "create_engine", "async_engine_from_config": "engine_from_config"}


class AsyncMigrationEnv(Rule):
    """`env.py` migrates through an asynchronous engine.

    ## What it does

    Finds an Alembic `env.py` that makes an async engine, as the official template `alembic init -t async` does.

    ## Why is this bad?

    It is not wrong, which is why this rule is opt-in. But Alembic is synchronous: the migrations run one
    statement after the other inside `run_sync`, so nothing is gained. What is lost: the commands cannot be called
    where an event loop runs, a forgotten `await` migrates nothing and says nothing
    (`unawaited-migration`), and asyncpg takes no script of several statements (`multiple-statements`).

    ## What happens at run time

    | how it is called | async env.py | sync env.py |
    |---|---|---|
    | `alembic upgrade head` | migrates | migrates |
    | `command.upgrade(…)` in a coroutine | `RuntimeError: asyncio.run() cannot be called from a running event loop` | migrates, the loop waits |
    | `await asyncio.to_thread(command.upgrade, …)` | migrates | migrates |

    The same under SQLAlchemy 1.4, 2.0 and 2.1.

    ## Fix safety

    Unsafe: the synchronous driver has to be installed. The fix turns the whole file into a synchronous one: the
    engine is made by `engine_from_config()` or `create_engine()`, with the URL converted for the project's
    synchronous driver (psycopg 3 needs no other URL), and every `async` and `await` goes. It is offered
    where all asynchronous syntax of the file is of the template's kind and no `connect_args` are given.

    ## References

    - <https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic>
    """

    code, name = "XDB409", "async-migration-env"
    group, severity, since = Group.PEDANTIC, Severity.INFO, "0.1.0"
    needles = ("run_migrations",)
    references = ("https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic",)
    bad = (
        Bad(_ASYNC, fixed=_SYNC, path="migrations/env.py", files=_FILES),
        Bad(
            _ASYNC.replace("async_engine_from_config\n", "create_async_engine\n").replace(
                "async_engine_from_config(\n        config.get_section(config.config_ini_section, {}), "
                'prefix="sqlalchemy.", ',
                'create_async_engine(\n        "postgresql+psycopg://app@db.internal/app", ',
            ),
            fixed=_ASYNC.replace("import pool\n", "import create_engine, pool\n")
            .replace("async_engine_from_config\n", "create_async_engine\n")
            .replace("async def", "def")
            .replace("async with", "with")
            .replace("await connection.run_sync(do_run_migrations)", "do_run_migrations(connection)")
            .replace("await connectable", "connectable")
            .replace("asyncio.run(run_async_migrations())", "run_async_migrations()")
            .replace(
                "async_engine_from_config(\n        config.get_section(config.config_ini_section, {}), "
                'prefix="sqlalchemy.", ',
                'create_engine(\n        "postgresql+psycopg://app@db.internal/app", ',
            ),
            path="migrations/env.py",
        ),
        Bad(
            _ASYNC.replace("pool.NullPool\n", 'pool.NullPool, connect_args={"statement_cache_size": 0}\n'),
            path="migrations/env.py",
            files=_FILES,
        ),
        Bad(
            _ASSIGNED,
            fixed=_SYNC.replace(_SECTION_GIVEN, "configuration,", 1)
            .replace(_CALLED, _NAMED)
            .replace('context.config.get_main_option("sqlalchemy.url")', 'configuration["sqlalchemy.url"]'),
            path="migrations/env.py",
            files=_FILES,
        ),
    )
    good = (
        Good(
            "from alembic import context\nfrom sqlalchemy import engine_from_config\n\n"
            'connectable = engine_from_config(context.config.get_section("alembic"))\n'
            "with connectable.connect() as connection:\n"
            "    context.configure(connection=connection)\n    context.run_migrations()\n",
            path="migrations/env.py",
        ),
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "async def run_migrations(url):\n    engine = create_async_engine(url)\n    await engine.dispose()\n"
        ),
    )

    def on_environment(self, facts: EnvironmentFacts, context: Context) -> Iterable[Draft]:
        """An env.py with its engines."""
        engines = [e for e in context.module.engines if e.is_async or e.wrapped_in_async_engine]
        if not engines:
            return
        yield self.finding(
            engines[0].callee,
            "Migrations run one statement after the other, so an async engine gains them nothing, and this env.py "
            "cannot be run where an event loop runs; use a synchronous driver here",
            fix=_fix(engines[0], facts, context) if len(context.module.engines) == 1 else None,
        )


def _fix(engine: EngineCall, facts: EnvironmentFacts, context: Context) -> Fix | None:
    name = _SYNC_FUNCTIONS.get(engine.name)
    if name is None or engine.target is None or facts.loop is not Loop.ALWAYS or facts.lost:
        return None
    syntax = _syntax_edits(facts)
    url = _url_edits(engine, facts, context)
    if syntax is None or url is None:
        return None
    local, imports = context.local_name("sqlalchemy", name)
    url_edits, url_imports = url
    return Fix(
        "Make env.py synchronous",
        (Edit(engine.callee.span, local), *url_edits, *syntax),
        Applicability.UNSAFE,
        (*imports, *url_imports),
    )


def _syntax_edits(facts: EnvironmentFacts) -> list[Edit] | None:
    """The edits that take the file's ``async`` and ``await`` away; None where there is any other kind of them."""
    plain = {piece.name for piece in facts.syntax if piece.kind is AsyncSyntaxKind.RUN}
    edits: list[Edit] = []
    for piece in facts.syntax:
        edit = _syntax_edit(piece, plain)
        if edit is None:
            return None
        edits.append(edit)
    return edits


def _syntax_edit(piece: AsyncSyntax, coroutines: set[str]) -> Edit | None:
    if piece.kind is AsyncSyntaxKind.KEYWORD:
        return remove_keyword(piece.anchor)
    assert piece.inner is not None
    if piece.kind is AsyncSyntaxKind.RUN_SYNC:
        if not piece.receiver or not piece.inner.text.replace(".", "").isidentifier():
            return None
        further = "".join(f", {argument.text}" for argument in piece.arguments)
        return Edit(piece.anchor.span, f"{piece.inner.text}({piece.receiver}{further})")
    if piece.kind is AsyncSyntaxKind.RUN:
        return Edit(piece.anchor.span, piece.inner.text)
    if piece.name == "dispose" or piece.name in coroutines:
        return Edit(Span(piece.anchor.span.start, piece.inner.span.start), "")
    return None


def _url_edits(
    engine: EngineCall, facts: EnvironmentFacts, context: Context
) -> tuple[tuple[Edit, ...], tuple[ImportRequest, ...]] | None:
    """How the engine gets a URL for a synchronous driver: no edits where it has one; None where that is not known."""
    names = {url.url.drivername.text for url in engine.urls.urls if url.url.drivername.known}
    if not facts.sets_url:
        known = (drivername_of(configuration.url) for configuration in context.alembic_configurations)
        names |= {name for name in known if name is not None}
    versions = context.dependencies.sqlalchemy
    if names and all(nature(name, versions) is Nature.BOTH for name in names):
        return (), ()
    dialects = {name.partition("+")[0] for name in names}
    if not dialects and context.dependencies.preferred_async("postgresql") is not None:
        dialects = {"postgresql"}
    driver = preferred_driver(dialects.pop(), is_async=False, context=context) if len(dialects) == 1 else None
    if driver is None or engine.url is None or engine.connect_args is not None:
        return None  # what one driver takes, the other one refuses
    if not engine.from_config:
        fix = transform_call(engine.url, driver, context)
        return None if fix is None else (fix.edits, fix.imports)
    configured = _configured_url(engine, context)
    if configured is None or "url" in engine.keywords:
        return None
    module, _, function = context.settings.transform.partition(":")
    transform, imports = context.local_name(module, function)
    tls = ", ssl=None" if context.settings.fix_tls == "preserve" else ""
    url = f'url={transform}({configured}, "{transform_target(driver, context)}"{tls})'
    return (add_argument(engine.anchor, url),), imports


def _configured_url(engine: EngineCall, context: Context) -> str | None:
    """The expression for the URL that ``engine_from_config()`` takes out of its first argument.

    A dictionary with a name may have got another URL since it was read from the configuration.
    """
    assert engine.url is not None
    configuration = engine.url.anchor.text
    if configuration.isidentifier():
        prefix = engine.keywords.get("prefix")
        if prefix is None:
            return f'{configuration}["sqlalchemy.url"]'
        return f'{configuration}["{prefix.value.text}url"]' if isinstance(prefix.value, Text) else None
    alembic, imports = context.local_name("alembic", "context")
    return (
        None if imports or not _SECTION.match(configuration) else f'{alembic}.config.get_main_option("sqlalchemy.url")'
    )
