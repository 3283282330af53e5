"""The doctor at real servers: the step that fails, its cause and its remedy; nothing hangs, no password is shown."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from probes import LIBPQ, SQLALCHEMY
from servers import DATABASE, PASSWORD, SECURE_DATABASE, SPECIAL_PASSWORD, SPECIAL_USER, USER, free_port

from dbdriver_lint.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers import Farm, MariaDB, PgBouncer, PlainMariaDB, PlainPostgreSQL, PostgreSQL

POSTGRESQL = ("psycopg2", "asyncpg")
MYSQL = ("pymysql", "asyncmy")


@dataclass(frozen=True)
class Report:
    """What the doctor said."""

    code: int
    document: dict[str, Any]
    seconds: float

    @property
    def summary(self) -> list[str]:
        return self.document["diagnoses"][0]["summary"]

    def failed(self, purpose: str | None = None) -> dict[str, str]:
        """The first step that failed, of a side or of what both sides share."""
        diagnosis = self.document["diagnoses"][0]
        steps = diagnosis["steps"]
        if purpose is not None:
            steps = next(side["steps"] for side in diagnosis["sides"] if side["purpose"] == purpose)
        return next(step for step in steps if step["status"] == "failed")

    def steps(self, purpose: str) -> dict[str, str]:
        """Status by step of one side, in order."""
        sides = self.document["diagnoses"][0]["sides"]
        return {s["step"]: s["status"] for side in sides if side["purpose"] == purpose for s in side["steps"]}


@pytest.fixture
def doctor(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """Runs the command, and looks for the password in all that it prints."""
    monkeypatch.chdir(tmp_path)

    def examine(url: str, *drivers: str, convert: bool = False, timeout: float = 10, secret: str = PASSWORD) -> Report:
        arguments = ["doctor", "--url", url, "--connect", f"--timeout={timeout}", *["--convert"] * convert]
        arguments += [f"--driver={driver}" for driver in drivers]
        started = time.monotonic()
        code = main([*arguments, "--output-format=json"])
        seconds = time.monotonic() - started
        out, err = capfd.readouterr()
        assert not err
        document = json.loads(out)
        assert document["healthy"] == (code == 0)
        assert secret not in out
        return Report(code, document, seconds)

    return examine


def pg(
    port: int, query: str = "", *, host: str = "localhost", login: str = f"{USER}:{PASSWORD}", database: str = DATABASE
) -> str:
    return f"postgresql://{login}@{host}:{port}/{database}{query}"


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A server that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server


@pytest.fixture
def web() -> Iterator[int]:
    """A web server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = 0.2
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_right_url(doctor: Callable[..., Report], postgresql: PostgreSQL, farm: Farm) -> None:
    url = pg(postgresql.port, f"?sslmode=verify-full&sslrootcert={farm.authority.ca}")
    report = doctor(url, *POSTGRESQL, convert=True)
    assert report.code == 0
    assert report.summary == [
        "migrations: psycopg2, TLS verify-full, ok",
        "application: asyncpg, TLS verify-full, ok",
    ]
    connected = ["authentication", "database", "SELECT 1", "encryption", "version", "pooler"]
    for purpose in ("migrations", "application"):
        assert list(report.steps(purpose))[-6:] == connected
        assert set(report.steps(purpose).values()) == {"ok"}
    server = [step["step"] for step in report.document["diagnoses"][0]["steps"]]
    assert server[-5:] == ["name", "TCP", "protocol", "TLS", "certificate"]


def test_text(capfd: pytest.CaptureFixture[str], postgresql: PostgreSQL) -> None:
    url = pg(postgresql.port, database="not_there").replace("://", "+psycopg2://")
    assert main(["doctor", "--connect", "--driver=psycopg2", "--color=never", "--url", url]) == 1
    out, err = capfd.readouterr()
    assert PASSWORD not in out
    assert not err, "a progress line is for terminals"
    assert f"--url: postgresql+psycopg2://app:***@localhost:{postgresql.port}/not_there\n" in out
    assert "  ok    authentication  as app\n  FAIL  database        there is no database not_there\n" in out
    assert "do  correct the name behind the host in the URL, or create it: `CREATE DATABASE not_there`\n" in out
    assert out.endswith("\nmigrations: psycopg2, fails: there is no database not_there\n")


def test_one_bare_url_for_both_sides(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    report = doctor(pg(postgresql.port), *POSTGRESQL)
    assert report.code == 0
    assert report.steps("application")["driver"] == "note"


def test_escaped_password(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    url = pg(postgresql.port, login=f"{SPECIAL_USER}:p%40ss%25w%2Frd%20x")
    assert doctor(url, *POSTGRESQL, secret=SPECIAL_PASSWORD).code == 0


@pytest.mark.parametrize("login", [f"{USER}:wr0ng-pass", "nobody-here:wr0ng-pass"])
def test_wrong_password(doctor: Callable[..., Report], postgresql: PostgreSQL, login: str) -> None:
    report = doctor(pg(postgresql.port, login=login), "psycopg2", "pg8000", "asyncpg", secret="wr0ng-pass")
    assert report.code == 1
    for purpose in ("migrations", "application"):
        failed = report.failed(purpose)
        assert failed["step"] == "authentication"
        assert "password authentication failed" in failed["cause"]
        assert "correct user and password" in failed["remedy"]


def test_unknown_database(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    report = doctor(pg(postgresql.port, database="not_there"), *POSTGRESQL)
    for purpose in ("migrations", "application"):
        assert report.steps(purpose)["authentication"] == "ok"
        assert report.failed(purpose)["step"] == "database"
        assert "`CREATE DATABASE not_there`" in report.failed(purpose)["remedy"]


def test_closed_port(doctor: Callable[..., Report]) -> None:
    port = free_port()
    report = doctor(pg(port), *POSTGRESQL)
    assert report.failed()["step"] == "TCP"
    assert f"nothing listens on port {port}" in report.failed()["cause"]
    assert "usually 5432" in report.failed()["remedy"]
    assert all("fails: no connection to localhost" in line for line in report.summary)
    assert "authentication" not in report.steps("migrations")


def test_name_that_does_not_resolve(doctor: Callable[..., Report]) -> None:
    report = doctor(pg(5432, host="db.invalid"), *POSTGRESQL)
    assert report.failed()["step"] == "name"
    assert report.failed()["found"] == "db.invalid does not resolve"


def test_no_tls_where_it_is_demanded(doctor: Callable[..., Report], plain_postgresql: PlainPostgreSQL) -> None:
    report = doctor(pg(plain_postgresql.port, "?sslmode=require"), *POSTGRESQL, convert=True)
    assert report.failed()["step"] == "TLS"
    assert "the URL demands it (require)" in report.failed()["cause"]
    assert "`ssl = on`" in report.failed()["remedy"]
    assert doctor(pg(plain_postgresql.port), *POSTGRESQL).code == 0


def test_tls_is_demanded_by_the_server(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    url = pg(postgresql.port, "?sslmode=disable", database=SECURE_DATABASE)
    report = doctor(url, *POSTGRESQL, convert=True)
    for purpose, remedy in (("migrations", "sslmode=require"), ("application", "?ssl=require")):
        assert report.failed(purpose)["step"] == "TLS"
        assert report.failed(purpose)["found"] == "the server takes no connection without TLS"
        assert remedy in report.failed(purpose)["remedy"]


@pytest.mark.parametrize("driver", sorted({*POSTGRESQL, *LIBPQ, "pg8000"}))
def test_wrong_ca(doctor: Callable[..., Report], postgresql: PostgreSQL, farm: Farm, driver: str) -> None:
    url = pg(postgresql.port, f"?sslmode=verify-full&sslrootcert={farm.authority.wrong_ca}")
    report = doctor(url, driver, convert=True)
    assert report.failed()["step"] == "certificate"
    assert "self-signed certificate in certificate chain" in report.failed()["cause"]
    assert "CA file of this server" in report.failed()["remedy"]


def test_ca_file_that_is_not_there(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    report = doctor(pg(postgresql.port, "?sslmode=verify-full"), "psycopg2", convert=True)
    assert report.failed()["step"] == "certificate"
    assert ".postgresql/root.crt is not there" in report.failed()["found"]
    assert "sslrootcert=" in report.failed()["remedy"]


def test_wrong_host_name(doctor: Callable[..., Report], postgresql: PostgreSQL, farm: Farm) -> None:
    query = f"&sslrootcert={farm.authority.ca}"
    report = doctor(pg(postgresql.port, f"?sslmode=verify-full{query}", host="127.0.0.1"), *POSTGRESQL, convert=True)
    assert report.failed()["step"] == "certificate"
    assert "it is for `localhost`" in report.failed()["cause"]
    assert "connect by a name of the certificate, `localhost`" in report.failed()["remedy"]
    # verify-ca does not compare names
    assert (
        doctor(pg(postgresql.port, f"?sslmode=verify-ca{query}", host="127.0.0.1"), "psycopg2", convert=True).code == 0
    )


def test_pgbouncer(doctor: Callable[..., Report], pgbouncer: PgBouncer) -> None:
    report = doctor(pg(pgbouncer.port), *POSTGRESQL)
    assert report.steps("migrations")["pooler"] == "ok"
    assert report.failed("application")["step"] == "pooler"
    assert "'statement_cache_size': 0" in report.failed("application")["remedy"]
    assert report.summary[0].endswith(", ok")
    if SQLALCHEMY >= (2, 0):  # 1.4 has no `prepared_statement_name_func`
        # The URL's own word for a pooler, converted, is enough.
        assert doctor(pg(pgbouncer.port, "?pgbouncer=true"), *POSTGRESQL, convert=True).code == 0


def test_pgbouncer_refuses_settings(doctor: Callable[..., Report], pgbouncer: PgBouncer) -> None:
    report = doctor(pg(pgbouncer.port, "?options=-csearch_path%3Dapp"), "psycopg2", convert=True)
    assert report.failed("migrations")["step"] == "pooler"
    assert "ignore_startup_parameters" in report.failed("migrations")["remedy"]


def my(port: int, scheme: str, *, login: str = f"{USER}:{PASSWORD}", database: str = DATABASE, query: str = "") -> str:
    return f"{scheme}://{login}@localhost:{port}/{database}{query}"


def test_mariadb(doctor: Callable[..., Report], mariadb: MariaDB, farm: Farm) -> None:
    report = doctor(my(mariadb.port, "mysql+pymysql"), *MYSQL)
    assert report.code == 0
    assert report.summary[0] == "migrations: pymysql, TLS not demanded, in force, ok"
    assert report.summary[1] == "application: asyncmy, no TLS, ok"
    verified = doctor(my(mariadb.port, "mysql", query=f"?ssl_ca={farm.authority.ca}"), *MYSQL, convert=True)
    assert verified.code == 0
    assert verified.summary[1] == "application: asyncmy, TLS verify-full, ok"


def test_mariadb_failures(doctor: Callable[..., Report], mariadb: MariaDB, farm: Farm) -> None:
    url = my(mariadb.port, "mysql", login=f"{USER}:wr0ng-pass")
    report = doctor(url, *MYSQL, "aiomysql", convert=True, secret="wr0ng-pass")
    assert report.failed("migrations")["step"] == report.failed("application")["step"] == "authentication"
    report = doctor(my(mariadb.port, "mysql", database="not_there"), *MYSQL, "mysqlconnector", convert=True)
    assert report.failed("migrations")["step"] == report.failed("application")["step"] == "database"
    report = doctor(my(mariadb.port, "mysql", query=f"?ssl_ca={farm.authority.wrong_ca}"), *MYSQL, convert=True)
    assert report.failed()["step"] == "certificate"
    report = doctor(my(mariadb.port, "mysql"), *MYSQL)
    assert report.failed("migrations")["step"] == "driver"
    assert "No module named 'MySQLdb'" in report.failed("migrations")["cause"]


def test_mariadb_without_tls(doctor: Callable[..., Report], plain_mariadb: PlainMariaDB, farm: Farm) -> None:
    url = my(plain_mariadb.port, "mysql", query=f"?ssl_ca={farm.authority.ca}")
    assert doctor(url, *MYSQL, convert=True).failed()["step"] == "TLS"


def test_another_database_answers(doctor: Callable[..., Report], postgresql: PostgreSQL, mariadb: MariaDB) -> None:
    report = doctor(pg(mariadb.port), *POSTGRESQL)
    assert report.failed()["found"] == f"localhost:{mariadb.port} speaks MySQL, not PostgreSQL"
    report = doctor(my(postgresql.port, "mysql"), *MYSQL, timeout=1)
    assert report.failed()["found"] == f"localhost:{postgresql.port} speaks PostgreSQL, not MySQL"


def test_missing_driver(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    report = doctor(pg(postgresql.port), "psycopg2cffi", "asyncpg")
    failed = report.failed("migrations")
    assert failed["step"] == "installed"
    assert "No module named 'psycopg2cffi'" in failed["cause"]
    assert "-m pip install 'psycopg2cffi'" in failed["remedy"]
    assert "authentication" not in report.steps("migrations")
    assert report.steps("application")["SELECT 1"] == "ok"


def test_unescaped_at_sign(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    url = pg(postgresql.port, login=f"{SPECIAL_USER}:{SPECIAL_PASSWORD}")
    report = doctor(url, *POSTGRESQL, secret="ss%w/rd")
    assert report.failed()["step"] == "escaping"
    assert "`%40`" in report.failed()["remedy"]
    # What follows is tried with the password that was meant.
    assert report.steps("migrations")["SELECT 1"] == report.steps("application")["SELECT 1"] == "ok"
    postgresql.account("at_sign", "on@off")
    url = pg(postgresql.port, login="at_sign:on@off")
    assert doctor(url, "psycopg2", secret="off@").failed()["step"] == "escaping"
    assert doctor(url, "psycopg2", convert=True, secret="off@").code == 0


def test_heroku_scheme(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    url = pg(postgresql.port).replace("postgresql://", "postgres://")
    report = doctor(url, *POSTGRESQL)
    assert report.failed()["step"] == "scheme"
    assert "Can't load plugin: sqlalchemy.dialects:postgres" in report.failed()["cause"]
    assert f"`postgresql://app:***@localhost:{postgresql.port}/app`" in report.failed()["remedy"]
    assert report.steps("application")["SELECT 1"] == "ok"
    assert doctor(url, *POSTGRESQL, convert=True).code == 0


def test_sslmode_for_asyncpg(doctor: Callable[..., Report], postgresql: PostgreSQL) -> None:
    report = doctor(pg(postgresql.port, "?sslmode=require"), *POSTGRESQL)
    assert report.summary[0] == "migrations: psycopg2, TLS require, ok"
    assert report.summary[1] == "application: asyncpg, fails: asyncpg does not take `sslmode`"
    failed = report.failed("application")
    assert "unexpected keyword argument 'sslmode'" in failed["cause"]
    assert f"`postgresql+asyncpg://app:***@localhost:{postgresql.port}/app?ssl=require`" in failed["remedy"]
    assert report.steps("application")["repaired URL"] == "note"
    assert report.steps("application")["SELECT 1"] == "ok"


def test_web_server(doctor: Callable[..., Report], web: int) -> None:
    report = doctor(pg(web), *POSTGRESQL, timeout=1)
    assert report.failed()["step"] == "protocol"
    assert report.failed()["found"] == f"localhost:{web} speaks HTTP, not PostgreSQL"
    assert "correct host and port" in report.failed()["remedy"]


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_silent_server(doctor: Callable[..., Report], listening: socket.socket, scheme: str) -> None:
    port = listening.getsockname()[1]
    url = pg(port) if scheme == "postgresql" else my(port, "mysql")
    report = doctor(url, *(POSTGRESQL if scheme == "postgresql" else MYSQL), timeout=1)
    assert report.failed()["step"] == "protocol"
    assert "does not answer within 1 s" in report.failed()["cause"]
    assert report.seconds < 15


@pytest.mark.parametrize("driver", [driver for driver in (*LIBPQ, "pg8000", "asyncpg") if driver != "psycopg_async"])
def test_server_that_falls_silent(doctor: Callable[..., Report], listening: socket.socket, driver: str) -> None:
    """It answers the first question and never again: whatever the driver does then, the doctor comes back."""

    def answer() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            if connection.recv(8):
                connection.sendall(b"N")
            kept.append(connection)

    kept: list[socket.socket] = []
    threading.Thread(target=answer, daemon=True).start()
    report = doctor(pg(listening.getsockname()[1]), driver, convert=True, timeout=2)
    purpose = report.document["diagnoses"][0]["sides"][0]["purpose"]
    failed = report.failed(purpose)
    assert failed["step"] == "connection"
    assert failed["found"] == f"no answer to {driver} in time"
    assert report.seconds < 30
    for connection in kept:
        connection.close()
