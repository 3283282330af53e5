"""XDB105: a URL that leaves the driver to SQLAlchemy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.fixes.edit import Applicability, Edit, Fix
from dbdriver_lint.knowledge.dialects import DIALECTS, Nature
from dbdriver_lint.knowledge.drivers import driver_named, meanings
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.engines import connects_by_url, scheme_place
from dbdriver_lint.rules.needles import ENGINES
from dbdriver_lint.rules.repairs import is_shared, preferred_driver
from dbdriver_lint.settings.select import OPT_IN_GROUP, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl
    from dbdriver_lint.knowledge.drivers import Meaning
    from dbdriver_lint.rules.context import Context


class ImplicitDriver(Rule):
    """A bare `postgresql://`, `oracle://`, `mysql://` or `mssql://` leaves the driver to SQLAlchemy.

    ## What it does
    Finds engines whose URL names no driver, where SQLAlchemy's choice changes within the versions
    that the project allows: `postgresql://` is psycopg2 up to SQLAlchemy 2.0 and psycopg from 2.1 on,
    `oracle://` is cx_Oracle and then oracledb. In the group `pedantic` it finds every URL without
    a driver, `mysql://` (mysqlclient) and `mssql://` (pyodbc) too. SQLite is not judged: its driver
    is Python's own.

    ## Why is this bad?
    An update of SQLAlchemy silently asks for another package. Nothing of the project changed, and
    the deployment fails; with both packages installed it runs on another driver.

    ## What happens at run time
    `ModuleNotFoundError: No module named 'psycopg2'` before SQLAlchemy 2.1 and
    `ModuleNotFoundError: No module named 'psycopg'` from 2.1 on, when the engine is made. There is
    no fallback to the driver that is installed.

    ## Fix safety
    Safe where all allowed SQLAlchemy versions load the same driver: its name is written out, and
    nothing changes. Unsafe where they do not: a declared driver is chosen, else the most usual one.
    """

    code, name = "XDB105", "implicit-driver"
    group, severity, since = Group.ERROR, Severity.WARNING, "0.1.0"
    needles = ENGINES
    references = ("https://docs.sqlalchemy.org/en/21/changelog/migration_21.html",)
    bad = (
        Bad(
            'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": ">=2.0,<3"},
        ),
        Bad(
            'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://app:secret@db.internal/app")\n',
            fixed="from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": ">=2.1", "select": ["implicit-driver"]},
        ),
    )
    good = (
        Good(
            "from sqlalchemy import create_engine\n\n"
            'engine = create_engine("postgresql+psycopg2://app:secret@db.internal/app")\n',
            settings={"select": ["implicit-driver"]},
        ),
        Good('from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///app.db")\n'),
        Good(
            'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://app:secret@db.internal/app")\n',
            settings={"sqlalchemy-version": "2.0", "select": ["error", "design"]},
        ),
        Good(
            'from sqlalchemy import create_engine\n\ndialect = create_engine("postgresql://").dialect\n',
            settings={"select": ["implicit-driver"]},
        ),
        Good(
            'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://app@db.internal/app")\n',
            settings={"select": ["error"]},
        ),
    )

    def on_engine(self, call: EngineCall, context: Context) -> Iterable[Draft]:
        if not connects_by_url(call) or call.url is None:
            return
        versions = context.dependencies.sqlalchemy
        pedantic = decide(type(self), context.settings, context.source.path, group=OPT_IN_GROUP).enabled
        for url in call.urls.urls:
            name = url.url.drivername.text
            if not url.url.drivername.known or name not in DIALECTS or name == "sqlite":
                continue
            found = meanings(name, versions)
            changes = len(found) > 1 and not versions.is_everything
            if not found or not (pedantic or changes):
                continue
            if call.is_async and any(meaning.nature is Nature.SYNC for meaning in found):
                continue  # XDB103 says what happens
            if changes and self._all_declared(found, context) and not pedantic:
                continue
            yield self.finding(
                scheme_place(url, call.url.anchor),
                f"{call.urls.condition_of(url)}{_message(name, found, changes=changes, context=context)}",
                related=url.steps,
                severity=Severity.ERROR if changes else None,
                fix=_fix(url, call, found, context),
            )

    @staticmethod
    def _all_declared(found: Sequence[Meaning], context: Context) -> bool:
        rows = [driver_named(meaning.drivername) for meaning in found]
        return all(row is not None and context.dependencies.has(row) for row in rows)


def _message(name: str, found: Sequence[Meaning], *, changes: bool, context: Context) -> str:
    if changes:
        loads = " and ".join(f"`{meaning.driver}` {meaning.when}" for meaning in found)
        missing = [meaning for meaning in found if not _is_declared(meaning, context)]
        row = driver_named((missing or found)[-1].drivername)
        module = row.module if row is not None else (missing or found)[-1].driver
        return (
            f"`{name}://` loads {loads}, and the project allows both: an update of SQLAlchemy raises "
            f"`ModuleNotFoundError: No module named '{module}'`; write `{found[0].drivername}://` or "
            f"`{found[-1].drivername}://`"
        )
    if len(found) > 1:
        loads = " and ".join(f"`{meaning.driver}` {meaning.when}" for meaning in found)
        return f"`{name}://` loads {loads}; write the driver out"
    return f"`{name}://` loads `{found[0].driver}`, as long as SQLAlchemy's default does not change; write `{found[0].drivername}://`"


def _is_declared(meaning: Meaning, context: Context) -> bool:
    row = driver_named(meaning.drivername)
    return row is not None and bool(context.dependencies.has(row))


def _fix(url: PossibleUrl, call: EngineCall, found: Sequence[Meaning], context: Context) -> Fix | None:
    drivername = url.url.drivername
    scheme = url.source_span(drivername.start, drivername.end)
    if scheme is None or scheme[0].path != call.anchor.path or is_shared(url, call, context):
        return None
    if len(found) == 1:
        return Fix(f"Write `{found[0].drivername}`", (Edit(scheme[1], found[0].drivername),), Applicability.SAFE)
    declared = [meaning.driver for meaning in found if _is_declared(meaning, context)]
    driver = declared[0] if declared else preferred_driver(drivername.text, is_async=call.is_async, context=context)
    if driver is None:
        return None
    name = f"{drivername.text}+{driver}"
    return Fix(f"Write `{name}`", (Edit(scheme[1], name),), Applicability.UNSAFE)
