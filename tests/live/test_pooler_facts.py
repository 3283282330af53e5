"""Prepared statements behind PgBouncer in transaction mode: which settings break, which are enough.

The pooler is made to do what load makes it do: give a client another server connection than before, and
give a server connection with somebody else's statements to a new client.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import isolated
import pytest
from isolated import Outcome
from probes import ASYNC, LIBPQ, SQLALCHEMY, url_of
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers import PgBouncer
    from sqlalchemy.engine import URL, Connection

RECIPES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "statement_cache_size=0": {"statement_cache_size": 0},
    "prepared_statement_cache_size=0": {"prepared_statement_cache_size": 0},
    "unique names": {"prepared_statement_name_func": lambda: f"__asyncpg_{uuid.uuid4()}__"},
    "no names, no caches": {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: "",
    },
    "prepare_threshold=None": {"prepare_threshold": None},
    "prepare_threshold=0": {"prepare_threshold": 0},
}


def moved(one: Connection, other: Connection) -> None:
    """``one`` runs a query until it is prepared; then ``other`` keeps the server connection for itself."""
    for _ in range(6):  # psycopg prepares what it has seen five times
        with one.begin():
            assert one.execute(text("select 'one'")).scalar() == "one"
    with other.begin():
        assert other.execute(text("select 'other'")).scalar() == "other"
        with one.begin():
            assert one.execute(text("select 'one'")).scalar() == "one"


def alone(one: Connection, other: Connection) -> None:
    """One query; what stays behind on the server connection is the next process's problem."""
    with one.begin():
        assert one.execute(text("select 'one'")).scalar() == "one"


def play(url: URL, recipe: str, null_pool: bool, scene: Callable[[Connection, Connection], None]) -> None:
    options: dict[str, Any] = {"connect_args": RECIPES[recipe]}
    if url.get_driver_name() not in ASYNC:
        engine = create_engine(url, poolclass=NullPool if null_pool else QueuePool, **options)
        with engine.connect() as one, engine.connect() as other:
            scene(one, other)
        return

    async def main() -> None:
        engine = create_async_engine(url, **options, **({"poolclass": NullPool} if null_pool else {}))
        async with engine.connect() as one, engine.connect() as other:
            await one.run_sync(lambda sync: scene(sync, other.sync_connection))

    asyncio.run(main())


@pytest.fixture
def pooled(pgbouncer: PgBouncer) -> Iterator[Callable[..., Outcome]]:
    """Plays a scene on a database that no other test's server connections know."""
    database = f"pooled_{uuid.uuid4().hex[:12]}"
    pgbouncer.backend.database(database)

    def start(driver: str, recipe: str, scene: Callable[..., None], *, null_pool: bool = False) -> Outcome:
        url = url_of(driver, pgbouncer.port, database=database)
        return isolated.run(play, url, recipe, null_pool, scene)

    yield start
    pgbouncer.backend.drop_database(database)


NAMED_SINCE = (2, 0)
"""SQLAlchemy 1.4 hands ``prepared_statement_name_func`` on to asyncpg, which refuses it."""

PSYCOPG = tuple(driver for driver in LIBPQ if driver != "psycopg2")

ENOUGH = [
    ("psycopg2", "nothing"),
    ("pg8000", "nothing"),
    ("asyncpg", "statement_cache_size=0"),
    *([("asyncpg", "no names, no caches")] if SQLALCHEMY >= NAMED_SINCE else []),
    *((driver, "prepare_threshold=None") for driver in PSYCOPG),
]
NOT_ENOUGH = [
    ("asyncpg", "nothing"),
    *([("asyncpg", "unique names")] if SQLALCHEMY >= NAMED_SINCE else []),
    *((driver, recipe) for driver in PSYCOPG for recipe in ("nothing", "prepare_threshold=0")),
]


@pytest.mark.parametrize(("driver", "recipe"), ENOUGH)
@pytest.mark.parametrize("null_pool", [False, True])
def test_enough(driver: str, recipe: str, null_pool: bool, pooled: Callable[..., Outcome]) -> None:
    for scene in (alone, alone, moved, moved):
        outcome = pooled(driver, recipe, scene, null_pool=null_pool)
        assert outcome.raised is None, outcome.raised.trace if outcome.raised else ""


@pytest.mark.parametrize(("driver", "recipe"), NOT_ENOUGH)
@pytest.mark.parametrize("null_pool", [False, True])
def test_not_enough(driver: str, recipe: str, null_pool: bool, pooled: Callable[..., Outcome]) -> None:
    raised = [pooled(driver, recipe, scene, null_pool=null_pool).raised for scene in (moved, moved)]
    assert any(r is not None and "prepared statement" in r.text for r in raised), raised


@pytest.mark.parametrize("recipe", ["nothing", "prepared_statement_cache_size=0"])
@pytest.mark.parametrize("null_pool", [False, True])
def test_names_collide_between_processes(recipe: str, null_pool: bool, pooled: Callable[..., Outcome]) -> None:
    """asyncpg counts its statements from one in every process; NullPool does not change that."""
    raised = [pooled("asyncpg", recipe, alone, null_pool=null_pool).raised for _ in range(3)]
    assert any(r is not None and "already exists" in r.text for r in raised), raised


if SQLALCHEMY < NAMED_SINCE:

    def test_no_name_function_yet(pooled: Callable[..., Outcome]) -> None:
        raised = pooled("asyncpg", "no names, no caches", alone).raised
        assert raised is not None
        assert raised.matches("TypeError: unexpected keyword argument 'prepared_statement_name_func'")
