"""XDB302: a synchronous and an asynchronous engine in one module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Step
from dbdriver_lint.findings.model import Group, Severity
from dbdriver_lint.rules.base import Bad, Draft, Good, Rule
from dbdriver_lint.rules.needles import ASYNC_ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dbdriver_lint.analysis.facts import EngineCall
    from dbdriver_lint.analysis.module_facts import ModuleFacts
    from dbdriver_lint.rules.context import Context


class MixedEnginesInModule(Rule):
    """One module makes a synchronous and an asynchronous engine.

    ## What it does

    Finds modules in which SQLAlchemy's `create_engine()` and `create_async_engine()` are both called, and not in
    one and the same class (`mixed-engines-in-class` speaks of that). Alembic's `env.py` is left alone, and an
    engine inside `AsyncEngine(...)` is an asynchronous one.

    ## Why is this bad?

    Whoever imports from the module has to know which name is which. The wrong one works in a test and
    blocks the event loop in production, or raises there. Two modules, one for migrations and scripts and
    one for the application, make the choice visible in the import.

    ## What happens at run time

    Nothing by itself, under any version of SQLAlchemy.

    ## Fix safety

    There is no automatic fix. Split the module, or accept it where both are meant to be offered.
    """

    code, name = "XDB302", "mixed-engines-in-module"
    group, severity, since = Group.PEDANTIC, Severity.INFO, "0.1.0"
    needles = (*ASYNC_ENGINES, "AsyncEngine")
    in_tests = False
    bad = (
        Bad(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "from app.settings import get_application_url, get_migration_url\n\n"
            "engine = create_async_engine(get_application_url())\n"
            "sync_engine = create_engine(get_migration_url())\n"
        ),
    )
    good = (
        Good(
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n"
            "from app.settings import replica_url, url\n\n"
            "engine = create_async_engine(url)\n"
            "replica = create_async_engine(replica_url)\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
            "class Database:\n"
            "    def __init__(self, url, async_url):\n"
            "        self.engine = create_engine(url)\n"
            "        self.async_engine = create_async_engine(async_url)\n"
        ),
        Good(
            "from sqlalchemy import create_engine\n"
            "from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n\n"
            "from app.settings import options, url\n\n"
            "engine = AsyncEngine(create_engine(url, **options))\n"
            "plain = create_async_engine(url)\n"
        ),
    )

    def on_module(self, facts: ModuleFacts, context: Context) -> Iterable[Draft]:
        """The engines of a module that stand in no mixed class."""
        if facts.environment is not None or facts.is_revision:
            return
        mixed = {
            c.name for c in facts.classes if len({_is_async(call) for call in c.engines if not call.only_dialect}) == 2
        }
        engines = [e for e in facts.engines if not e.only_dialect and not mixed.intersection(e.location.classes)]
        asynchronous = [e for e in engines if _is_async(e)]
        synchronous = [e for e in engines if not _is_async(e)]
        if not asynchronous or not synchronous:
            return
        first, second = sorted((asynchronous[0], synchronous[0]), key=lambda e: e.anchor.span)
        kinds = ("an asynchronous", "a synchronous") if _is_async(first) else ("a synchronous", "an asynchronous")
        yield self.finding(
            second.callee,
            f"This module makes {kinds[0]} engine and {kinds[1]} one, so an import of the wrong one blocks the event loop "
            "or fails there; keep the one for migrations and scripts in a module of its own",
            related=(Step(f"{kinds[0]} engine is made here", first.anchor),),
        )


def _is_async(call: EngineCall) -> bool:
    return call.is_async or call.wrapped_in_async_engine
