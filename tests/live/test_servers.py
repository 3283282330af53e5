"""The servers are what the other live tests take them for."""

from __future__ import annotations

import psycopg
import pymysql
import pytest
from servers import (
    PASSWORD,
    SPECIAL_PASSWORD,
    SPECIAL_USER,
    USER,
    Farm,
    MariaDB,
    PgBouncer,
    PlainMariaDB,
    PlainPostgreSQL,
    PostgreSQL,
)


def encrypted(server: PostgreSQL | PgBouncer, **options: object) -> bool:
    where = {"host": "localhost", "port": server.port, "user": USER, "password": PASSWORD, "dbname": "app", **options}
    with psycopg.connect(**where) as connection:
        row = connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
    assert row is not None
    return bool(row[0])


def test_postgresql_takes_both(postgresql: PostgreSQL) -> None:
    assert encrypted(postgresql, sslmode="require")
    assert not encrypted(postgresql, sslmode="disable")


def test_secure_database_refuses_plaintext(postgresql: PostgreSQL) -> None:
    assert encrypted(postgresql, dbname="secure", sslmode="require")
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        encrypted(postgresql, dbname="secure", sslmode="disable")


def test_certificate_is_for_localhost_only(postgresql: PostgreSQL, farm: Farm) -> None:
    verified = {"sslmode": "verify-full", "sslrootcert": str(farm.authority.ca)}
    assert encrypted(postgresql, **verified)
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        encrypted(postgresql, **verified, host="127.0.0.1")
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        encrypted(postgresql, sslmode="verify-full", sslrootcert=str(farm.authority.wrong_ca))


def test_client_certificate(postgresql: PostgreSQL, farm: Farm) -> None:
    known = {"sslcert": str(farm.authority.client_certificate), "sslkey": str(farm.authority.client_key)}
    assert encrypted(postgresql, dbname="certified", user="certified", sslmode="require", **known)
    with pytest.raises(psycopg.OperationalError, match="requires a valid client certificate"):
        encrypted(postgresql, dbname="certified", user="certified", sslmode="require")


def test_passwords_are_checked(postgresql: PostgreSQL) -> None:
    assert encrypted(postgresql, user=SPECIAL_USER, password=SPECIAL_PASSWORD)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        encrypted(postgresql, password="***")


def test_plain_postgresql_has_no_tls(plain_postgresql: PlainPostgreSQL) -> None:
    assert not encrypted(plain_postgresql)
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        encrypted(plain_postgresql, sslmode="require")


def test_pgbouncer_pools_transactions(pgbouncer: PgBouncer) -> None:
    where = f"postgresql://app@localhost:{pgbouncer.port}/app?sslmode=require"
    one, two = psycopg.connect(where, prepare_threshold=None), psycopg.connect(where, prepare_threshold=None)
    with one, two:
        pids = []
        for connection in (one, two):
            row = connection.execute("select pg_backend_pid()").fetchone()
            connection.commit()
            pids.append(row)
    assert pids[0] == pids[1], "each transaction gets the same idle server connection"


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # PyMySQL leaks the socket of a refused connection
def test_mariadb_takes_both(mariadb: MariaDB, farm: Farm) -> None:
    where = {"host": "localhost", "port": mariadb.port, "user": USER, "password": PASSWORD, "database": "app"}

    def cipher(**options: object) -> str:
        with pymysql.connect(**where, **options) as connection, connection.cursor() as cursor:
            cursor.execute("show status like 'Ssl_cipher'")
            return str(cursor.fetchone()[1])

    assert cipher(ssl={"ca": str(farm.authority.ca)})
    assert not cipher(ssl_disabled=True)
    with pytest.raises(pymysql.OperationalError, match="certificate verify failed"):
        cipher(ssl={"ca": str(farm.authority.wrong_ca)})


def test_plain_mariadb_has_no_tls(plain_mariadb: PlainMariaDB) -> None:
    assert plain_mariadb.execute("select @@have_ssl") == [("DISABLED",)]
