"""XDB308: a module that makes an engine and does not say with which driver."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.dialects import DIALECTS, Nature
from dbdriver_lint.knowledge.drivers import DRIVERS, default_driver
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ENGINES
from dbdriver_lint.source.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.rules.context import Context

_NAMES = {name.lower() for driver in DRIVERS for name in (driver.name, driver.module, *driver.distributions)}
_WORD = re.compile(r"[A-Za-z_][\w.-]*")


class UndocumentedDriver(Rule):
    """A module makes an engine, and nothing in it says which driver that is.

    ## What it does

    Finds modules with `create_engine()` or `create_async_engine()` in which no driver is named anywhere: not in
    a URL (`postgresql+asyncpg://`), not in an import, a comment or the docstring. An in-memory SQLite needs none.

    ## Why is this bad?

    The driver decides which parameters the URL may have, how TLS is asked for, and which package must be
    installed. If it is only in an environment variable, nobody who reads the module can tell whether a
    change of it is right.

    ## What happens at run time

    Nothing, under any version of SQLAlchemy.

    ## Fix safety

    Unsafe: where the module has no docstring, one is added that names the driver which the URL or the
    project's dependencies leave as the only possible one. Check that it is true.
    """

    code, name = "XDB308", "undocumented-driver"
    group, severity, since = Group.PEDANTIC, Severity.INFO, "0.1.0"
    needles = ENGINES
    in_tests = False
    bad = (
        Bad(
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine(os.environ["DATABASE_URL"])\n',
            fixed='"""Asynchronous database access through asyncpg."""\n\n'
            "import os\n\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'engine = create_async_engine(os.environ["DATABASE_URL"])\n',
            files={"requirements.txt": "sqlalchemy>=2\nasyncpg\n"},
        ),
        Bad(
            '"""The engine of the reports."""\n\n'
            "from app.settings import url\n"
            "from sqlalchemy import create_engine\n\n"
            "engine = create_engine(url)\n"
        ),
    )
    good = (
        Good(
            '"""Asynchronous database access through asyncpg; URL: postgresql+asyncpg://user:pass@host/db."""\n\n'
            "from app.settings import url\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "engine = create_async_engine(url)\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app@db.internal/app")\n'
        ),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite://")\n'),
        Good("def create_engine():\n    ...\n\n\nengine = create_engine()\n"),
    )

    def on_module(self, facts: ModuleFacts, context: Context) -> Iterable[Draft]:
        """A module's engines and its text."""
        engines = [e for e in facts.engines if not e.only_dialect and not _is_sqlite(e)]
        if not engines or facts.is_revision:
            return
        text = context.source.text
        words = {word.strip(".-").lower() for word in _WORD.findall(text)}
        if words & _NAMES or any(part in _NAMES for word in words for part in word.split(".")):
            return
        engine = engines[0]
        named = [url.url.drivername for e in engines for url in e.urls.urls]
        if any(name.known and name.dialect not in DIALECTS for name in named):
            return  # another package's dialect: its URL says which
        yield self.finding(
            engine.callee,
            "This module does not say which driver its engine uses, so nobody can tell which URL parameters and which "
            "package it needs; name it in the module's docstring",
            fix=_fix(engines, context),
        )


def _is_sqlite(call: EngineCall) -> bool:
    return call.urls.complete and all(url.url.drivername.dialect == "sqlite" for url in call.urls.urls)


def _fix(engines: list[EngineCall], context: Context) -> Fix | None:
    kinds = {engine.is_async or engine.wrapped_in_async_engine for engine in engines}
    if len(kinds) > 1 or any(engine.from_config for engine in engines):
        return None  # more than one docstring could say, or less than is known
    engine = engines[0]
    driver = _only_driver(engine, context)
    source = context.source
    try:
        tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if driver is None or ast.get_docstring(tree) is not None or not tree.body:
        return None
    first = tree.body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    at = source.line_starts[min([first.lineno, *(decorator.lineno for decorator in decorators)]) - 1]
    kind = "Asynchronous" if engine.is_async or engine.wrapped_in_async_engine else "Synchronous"
    docstring = f'"""{kind} database access through {driver}."""{source.newline * 2}'
    return Fix(f"Say that it uses {driver}", (Edit(Span(at, at), docstring),), Applicability.UNSAFE, last=True)


def _only_driver(engine: EngineCall, context: Context) -> str | None:
    """The one driver that the URL, else the declared packages, allow."""
    is_async = engine.is_async or engine.wrapped_in_async_engine
    versions = context.dependencies.sqlalchemy
    if engine.urls.complete:
        names = {url.url.drivername.text for url in engine.urls.urls}
        found = set().union(*(default_driver(name, versions) for name in names if "+" not in name))
        return found.pop() if len(found) == 1 and not is_async else None
    wanted = (Nature.ASYNC, Nature.BOTH) if is_async else (Nature.SYNC, Nature.BOTH)
    declared = context.dependencies.drivers() or frozenset()
    usable = {d.name for d in DRIVERS if d.nature in wanted and d.name in declared and d.distributions}
    usable -= {"psycopg_async", "oracledb_async"}
    return usable.pop() if len(usable) == 1 else None
