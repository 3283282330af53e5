"""Every published URL, in every driver's form, connects: encrypted as it asks, with every parameter that was kept.

Host, port, account and files are replaced by local ones before the translation; nothing else is.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import isolated
import pytest
from probes import ASYNC
from probes import MYSQL as MYSQL_DRIVERS
from probes import POSTGRESQL as POSTGRESQL_DRIVERS
from published import PUBLISHED
from servers import DATABASE, PASSWORD, SPECIAL_PASSWORD, SPECIAL_USER, USER
from sqlalchemy import create_engine, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from dbdriver_lint.knowledge.address import read_address
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.translate import translate
from dbdriver_lint.runtime import engine_arguments

if TYPE_CHECKING:
    from published import Published
    from servers import Farm, MariaDB, PostgreSQL, Server

PG_STATE = (
    "select (select ssl from pg_stat_ssl where pid = pg_backend_pid()), current_user, current_database(), "
    "(select json_object_agg(name, setting)::text from pg_settings "
    "where name in ('application_name', 'search_path', 'statement_timeout'))"
)
MYSQL_STATE = (
    "select (select variable_value from information_schema.session_status where variable_name = 'Ssl_cipher') <> '', "
    "substring_index(current_user(), '@', 1), database(), @@character_set_client"
)
CA_FILES = ("sslrootcert", "ssl_ca")
NEEDS_CA = re.compile(r"(sslmode|ssl)=verify-|sslaccept=strict|ssl-mode=VERIFY")


def local(url: str, server: PostgreSQL | MariaDB, port: int, farm: Farm) -> str:
    """The URL for a local server, in the same words."""
    address = read_address(url)
    folder = str(server.directory)
    special = any(c in f"{address.username}{address.password}" for c in "@%!#")
    user, password = (SPECIAL_USER, SPECIAL_PASSWORD) if special else (USER, PASSWORD)
    query = [(key, value) for key, value in address.query if "endpoint=" not in value]  # Neon's proxy alone knows it
    files = {
        **dict.fromkeys(CA_FILES, str(farm.authority.ca)),
        "sslcert": str(farm.authority.client_certificate),
        "sslkey": str(farm.authority.client_key),
        "unix_socket": f"{folder}/socket",
        "unix_sock": f"{folder}/.s.PGSQL.{port}",
        "port": str(port),
        "user": user,
        "password": password,
    }
    on_socket = any(key == "host" and value.startswith("/") for key, value in query)
    query = [(key, files.get(key, value)) for key, value in query]
    query = [(k, (folder if v.startswith("/") else f"localhost:{port}") if k == "host" else v) for k, v in query]
    if on_socket and "port" not in dict(query):
        query.append(("port", str(port)))
    if NEEDS_CA.search(url) and not {*CA_FILES} & dict(query).keys():
        query.append(("ssl_ca" if address.scheme.startswith(("mysql", "mariadb")) else "sslrootcert", files["ssl_ca"]))
    hosts = tuple((folder if host.startswith("/") else "localhost", port) for host, _ in address.hosts)
    named = dict(query).keys() & {"user"}
    there = replace(address, username=None if named else user, password=None if named else password, database=DATABASE)
    rendered = there.render(there.scheme, hosts=_written(hosts), query=tuple(query), password=there.escaped_password)
    return rendered.removeprefix("://")


def _written(hosts: tuple[tuple[str, int | None], ...]) -> tuple[tuple[str, int | None], ...]:
    """A folder as the host of a URL is escaped, and libpq wants its port there too."""
    return tuple((host.replace("/", "%2F"), port) for host, port in hosts)


def state(published: str, driver: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the server says of a connection, and what the driver says of it."""
    url, arguments = engine_arguments(published, driver, ssl=None)
    read = make_url(url)
    statement = text(MYSQL_STATE if read.get_backend_name() in ("mysql", "mariadb") else PG_STATE)
    options: dict[str, Any] = {"connect_args": arguments, "poolclass": pool.NullPool}
    if read.get_driver_name() not in ASYNC:
        with create_engine(read, **options).connect() as connection:
            row = connection.execute(statement).one()
            raw: Any = connection.connection.dbapi_connection
            return tuple(row), _told(read.get_driver_name(), raw)

    async def main() -> tuple[tuple[Any, ...], dict[str, Any]]:
        async with create_async_engine(read, **options).connect() as connection:
            row = (await connection.execute(statement)).one()
            raw: Any = (await connection.get_raw_connection()).dbapi_connection
            return tuple(row), _told(read.get_driver_name(), raw)

    return asyncio.run(main())


def _told(driver: str, connection: Any) -> dict[str, Any]:
    """The parameters that a driver's connection has, by the names of the URL or of ``connect_args``."""
    if driver == "psycopg2":
        return dict(connection.info.dsn_parameters)
    if driver == "psycopg":
        return dict(connection.info.get_parameters())
    if driver == "asyncpg":
        config = connection._connection._config
        cache = connection._prepared_statement_cache
        return {
            "command_timeout": config.command_timeout,
            "statement_cache_size": config.statement_cache_size,
            "prepared_statement_cache_size": 0 if cache is None else cache.capacity,
        }
    if driver == "pymysql":
        return {"connect_timeout": connection.connect_timeout, "read_timeout": connection._read_timeout}
    return {}


ROWS = [row for row in PUBLISHED if "pgbouncer=true" not in row.url]
POOLED = [row for row in PUBLISHED if "pgbouncer=true" in row.url]


@pytest.mark.parametrize("row", ROWS, ids=[row.provider for row in ROWS])
def test_connects_as_it_asks(row: Published, farm: Farm, postgresql: PostgreSQL, mariadb: MariaDB) -> None:
    server: PostgreSQL | MariaDB = mariadb if "pymysql" in row.forms else postgresql
    published = local(row.url, server, server.port, farm)
    for driver, form in row.forms.items():
        if "refused" in form or driver not in (*POSTGRESQL_DRIVERS, *MYSQL_DRIVERS):
            continue
        done = isolated.run(state, published, driver)
        assert done.raised is None, f"{driver}: {done.raised.trace if done.raised else ''}"
        (encrypted, user, database, settings), told = done.value
        assert user in (USER, SPECIAL_USER)
        assert database == DATABASE
        _judge_tls(published, driver, encrypted=bool(encrypted))
        if server is postgresql:
            _judge_settings(published, settings)
        _judge_parameters(published, driver, told)
        if "charset" in published:
            assert settings == "utf8mb4"


def _judge_tls(published: str, driver: str, *, encrypted: bool) -> None:
    mode = translate(published, driver).tls
    address = read_address(published)
    places = [host for host, _ in address.hosts]
    places += [value for key, value in address.query if key in ("host", "unix_sock")]
    if mode is Tls.DISABLE or any(place.startswith("/") for place in places):
        assert not encrypted, driver
    elif mode is not None and mode >= Tls.REQUIRE:
        assert encrypted, driver
    elif mode is not Tls.ALLOW and driver in POSTGRESQL_DRIVERS:
        assert encrypted, f"{driver} prefers TLS"


def _judge_settings(published: str, settings: str) -> None:
    found = json.loads(settings)
    asked = dict(read_address(published).query)
    if "application_name" in asked:
        assert found["application_name"] == asked["application_name"]
    for key in ("schema", "currentSchema"):
        if key in asked:
            assert found["search_path"] == asked[key]
    for name, value in re.findall(r"-c\s*(\w+)=(\S+)", asked.get("options", "")):
        assert found[name] == value


def _judge_parameters(published: str, driver: str, told: dict[str, Any]) -> None:
    """Every parameter of the form that the driver keeps where it can be seen."""
    url, arguments = engine_arguments(published, driver, ssl=None)
    ours = {key: value for key, value in make_url(url).query.items() if key not in ("host", "port", "user", "password")}
    if driver in ("psycopg2", "psycopg"):
        # psycopg says nothing of what is the default anyway.
        seen = {key: told.get(key, value) for key, value in ours.items()} if driver == "psycopg" else told
        assert {key: seen.get(key) for key in ours} == ours
    else:
        for key, value in {**ours, **arguments}.items():
            if key in told:
                assert float(told[key]) == float(str(value)), f"{driver}: {key}"


@pytest.mark.parametrize("row", POOLED, ids=[row.provider for row in POOLED])
def test_pooled_urls_work_behind_a_pooler(
    row: Published, farm: Farm, postgresql: PostgreSQL, pgbouncer: Server
) -> None:
    published = local(row.url, postgresql, pgbouncer.port, farm)
    for driver in row.forms:
        if driver not in POSTGRESQL_DRIVERS:
            continue
        for _ in range(2):  # the second finds a server connection that the first has used
            done = isolated.run(state, published, driver)
            assert done.raised is None, f"{driver}: {done.raised.trace if done.raised else ''}"
