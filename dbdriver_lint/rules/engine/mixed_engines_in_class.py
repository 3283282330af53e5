"""XDB301: a synchronous and an asynchronous engine in one class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Step
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ASYNC_ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import ClassFacts
    from dbdriver_lint.rules.context import Context


class MixedEnginesInClass(Rule):
    """One class makes a synchronous and an asynchronous engine.

    ## What it does
    Finds classes in whose body or methods both `create_engine()` and `create_async_engine()` of
    SQLAlchemy are called.

    ## Why is this bad?
    Whoever holds the object must know which half to use: `manager.session()` in a coroutine
    blocks the event loop, and the two URLs drift apart. Two drivers are right, in two
    classes: one for migrations and scripts, one for the application.

    ## What happens at run time
    Nothing by itself. A synchronous session used in a coroutine stops every other request for as
    long as its query takes.

    ## Fix safety
    There is no automatic fix: which half each user of the class needs is written in other files, and a class that
    is split under their feet would fail there. Split it by hand, or accept it where it is meant:

        class DatabaseManager:  # dbdriver: ignore[mixed-engines-in-class] both are offered to plugins
    """

    code, name = "XDB301", "mixed-engines-in-class"
    group, severity, since = Group.DESIGN, Severity.WARNING, "0.1.0"
    needles = ASYNC_ENGINES
    in_tests = False
    bad = (
        Bad(
            "from app.settings import get_application_url, get_migration_url\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "class DatabaseManager:\n"
            "    def __init__(self):\n"
            "        self.sync_engine = create_engine(get_migration_url())\n"
            "        self.async_engine = create_async_engine(get_application_url())\n"
        ),
    )
    good = (
        Good(
            "from app.settings import get_application_url, get_migration_url\n"
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "class MigrationDatabase:\n"
            '    """Synchronous database for migrations only."""\n\n'
            "    def __init__(self):\n"
            "        self.engine = create_engine(get_migration_url())\n\n\n"
            "class ApplicationDatabase:\n"
            '    """Asynchronous database of the running application."""\n\n'
            "    def __init__(self):\n"
            "        self.engine = create_async_engine(get_application_url())\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n\n\n"
            "class Database:\n"
            "    def __init__(self, url):\n"
            "        self.engine = AsyncEngine(create_engine(url))\n"
            "        self.replica = create_async_engine(url)\n"
        ),
    )

    def on_class(self, facts: ClassFacts, context: Context) -> Iterable[Draft]:
        synchronous = [call for call in facts.engines if not call.is_async and not call.wrapped_in_async_engine]
        asynchronous = [call for call in facts.engines if call.is_async]
        if not synchronous or not asynchronous:
            return
        yield self.finding(
            facts.anchor,
            f"`{facts.name}` makes a synchronous and an asynchronous engine, so its users must know which to use and "
            "one wrong session blocks the event loop; split it into a migration class and an application class",
            related=(
                Step("the synchronous engine is made here", synchronous[0].anchor),
                Step("the asynchronous engine is made here", asynchronous[0].anchor),
            ),
        )
