"""XDB102: a scheme that SQLAlchemy has no dialect or driver for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.drivers import absence, is_loadable, load_error, suggest
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import scheme_place
from dbdriver_lint.rules.needles import CALLERS, ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl
    from dbdriver_lint.rules.context import Context


class UnknownUrlDialect(Rule):
    """The URL's scheme names a dialect or driver that SQLAlchemy does not have.

    ## What it does
    Finds engines whose URL begins with `postgres://`, with a driver's package name instead of its
    SQLAlchemy name (`postgresql+psycopg3://`), with a scheme of another library
    (`postgresql+aiopg://`), with a slip of the keyboard, or with a driver that the declared
    SQLAlchemy does not have yet, or no longer. Dialects of other packages are not judged, and neither are URLs
    that only go to a driver directly: asyncpg and psycopg take `postgres://`.

    ## Why is this bad?
    SQLAlchemy 1.4 removed the name `postgres`, but hosting providers still put it into
    `DATABASE_URL`. The engine cannot be made at all.

    ## What happens at run time
    `sqlalchemy.exc.NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres` as soon as
    the engine is made, with SQLAlchemy 1.4, 2.0 and 2.1.

    ## Fix safety
    Safe where the scheme is written out and the same driver is meant: that code could only raise.
    Unsafe where another driver takes its place, which may have to be installed.
    """

    code, name = "XDB102", "unknown-url-dialect"
    group, severity, since = Group.ERROR, Severity.ERROR, "0.1.0"
    needles = (*ENGINES, *CALLERS)
    references = (
        "https://docs.sqlalchemy.org/en/20/changelog/changelog_14.html#change-3687655465c25a39b968b4f5f6e9170b",
    )
    bad = (
        Bad(
            'from sqlalchemy import create_engine\n\nengine = create_engine("postgres://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql://app:secret@db.internal/app")\n',
            raises="NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgres",
        ),
        Bad(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "postgresql+psycopg3://app:secret@db.internal/app"\n'
            "engine = create_async_engine(URL)\n",
            fixed="from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            'URL = "postgresql+psycopg://app:secret@db.internal/app"\n'
            "engine = create_async_engine(URL)\n",
            raises="NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgresql.psycopg3",
        ),
        Bad(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+pygresql://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": ">=2.0"},
            raises="NoSuchModuleError: Can't load plugin: sqlalchemy.dialects:postgresql.pygresql",
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")\n'
        ),
        Good(
            'import asyncpg\n\n\nasync def main():\n    await asyncpg.connect("postgres://app:secret@db.internal/app")\n'
        ),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("cockroachdb://root@db.internal/app")\n'),
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgres+pg8000://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": "1.3"},
        ),
        Good(
            "from sqlalchemy import create_engine\n\n\n"
            "def make(url):\n"
            '    if url.startswith("postgres://"):\n'
            '        url = url.replace("postgres://", "postgresql://", 1)\n'
            "    return create_engine(url)\n"
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if not call.urls.decided or call.url is None:
            return
        versions = context.dependencies.sqlalchemy
        for url in call.urls.urls:
            name = url.url.drivername.text
            if not url.url.drivername.known or is_loadable(name, versions) is not False:
                continue
            right = suggest(name)
            remedy = absence(name, versions) if right is None else f"write `{right.drivername}://`"
            if remedy is None:
                continue
            yield self.finding(
                scheme_place(url, call.url.anchor),
                f"{call.urls.condition_of(url)}`{call.name}()` raises `{load_error(name)}`; {remedy}",
                related=url.steps,
                fix=self._fix(url, call) if right is not None else None,
            )

    on_reached_engine = on_engine

    @staticmethod
    def _fix(url: PossibleUrl, call: EngineCall) -> Fix | None:
        drivername = url.url.drivername
        right = suggest(drivername.text)
        written = url.source_span(drivername.start, drivername.end)
        if right is None or written is None or written[0].path != call.anchor.path:
            return None
        applicability = Applicability.SAFE if right.same_driver else Applicability.UNSAFE
        return Fix(f"Write `{right.drivername}://`", (Edit(written[1], right.drivername),), applicability)
