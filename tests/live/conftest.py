"""Fixtures of the live tests: real servers, started when a test asks for one."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, TypeVar

import pytest
import servers
from alembic_projects import Project
from probes import SQLALCHEMY, Targets
from servers import Farm, MariaDB, PgBouncer, PlainMariaDB, PlainPostgreSQL, PostgreSQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REQUIRED = os.environ.get("DBDRIVER_LINT_LIVE") == "required"
"""CI: here the servers are installed, and a live test that does not run is a failure."""

# The rules' pages are written for the SQLAlchemy of today: psycopg, async_sessionmaker, SQLModel.
collect_ignore = ["test_rule_examples.py"] if SQLALCHEMY < (2, 0) else []

T = TypeVar("T")


def available(get: Callable[[], T]) -> T:
    """What ``get`` returns, or the test is skipped because a program is not installed."""
    try:
        return get()
    except servers.UnavailableError as reason:
        if REQUIRED:
            pytest.fail(f"DBDRIVER_LINT_LIVE=required: {reason}", pytrace=False)
        pytest.skip(f"live test: {reason}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """Where live tests are required, a skip for whatever reason is a failure."""
    outcome = yield
    report = outcome.get_result()
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"DBDRIVER_LINT_LIVE=required, and this was skipped: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line that says why live tests were skipped; pytest alone would be silent about it."""
    skipped = [r for r in terminalreporter.getreports("skipped") if "live test: " in str(r.longrepr)]
    if skipped:
        absent = ", ".join(servers.missing())
        terminalreporter.write_line(
            f"{len(skipped)} live tests skipped: no {absent} here; tests/live/install-servers.sh installs them"
        )


@pytest.fixture(scope="session", autouse=True)
def _bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No PG*, MYSQL* or SSL_* variable and an empty home: what drivers read there is not what a test said."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("PG", "MYSQL", "SSL_", "SQLALCHEMY_")):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def farm() -> Iterator[Farm]:
    """All servers of this process, none of them started yet."""
    all_servers = Farm()
    try:
        yield all_servers
    finally:
        all_servers.close()


@pytest.fixture(scope="session")
def postgresql(farm: Farm) -> PostgreSQL:
    """PostgreSQL with TLS; its database ``secure`` takes nothing else."""
    return available(lambda: farm.postgresql)


@pytest.fixture(scope="session")
def plain_postgresql(farm: Farm) -> PlainPostgreSQL:
    """PostgreSQL with ``ssl=off``."""
    return available(lambda: farm.plain_postgresql)


@pytest.fixture(scope="session")
def pgbouncer(farm: Farm) -> PgBouncer:
    """PgBouncer in transaction mode before ``postgresql``."""
    return available(lambda: farm.pgbouncer)


@pytest.fixture(scope="session")
def mariadb(farm: Farm) -> MariaDB:
    """MariaDB with TLS."""
    return available(lambda: farm.mariadb)


@pytest.fixture(scope="session")
def plain_mariadb(farm: Farm) -> PlainMariaDB:
    """MariaDB without TLS."""
    return available(lambda: farm.plain_mariadb)


@pytest.fixture
def project(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Project]:
    """An empty directory for an Alembic environment, with a fresh database."""
    database = f"migrated_{uuid.uuid4().hex[:12]}"
    postgresql.database(database)
    yield Project(tmp_path, postgresql, database)
    postgresql.drop_database(database)


@pytest.fixture(scope="session")
def targets(
    farm: Farm,
    postgresql: PostgreSQL,
    plain_postgresql: PlainPostgreSQL,
    mariadb: MariaDB,
    plain_mariadb: PlainMariaDB,
) -> Targets:
    """Where a way of connecting is tried out."""
    ports = postgresql.port, plain_postgresql.port, mariadb.port, plain_mariadb.port
    return Targets(*ports, str(farm.authority.ca), str(farm.authority.wrong_ca))
