"""How each driver spells what a connection is meant to do, by its effect; and what it does not take."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest
from judged import disagreement
from probes import LIBPQ, MYSQL, POSTGRESQL, SQLALCHEMY, Targets, Way, run, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

EFFECTS: list[tuple[tuple[str, ...], Way, str, object]] = [
    ((*LIBPQ, "pg8000"), Way("application_name=me"), "show application_name", "me"),
    ((*LIBPQ, "pg8000"), Way(args="{'application_name': 'me'}"), "show application_name", "me"),
    (("asyncpg",), Way(args="{'server_settings': {'application_name': 'me'}}"), "show application_name", "me"),
    (LIBPQ, Way("options=-csearch_path%3Dmine"), "show search_path", "mine"),
    (LIBPQ, Way(args="{'options': '-c search_path=mine'}"), "show search_path", "mine"),
    (("asyncpg",), Way(args="{'server_settings': {'search_path': 'mine'}}"), "show search_path", "mine"),
    (("pg8000",), Way(args="{'startup_params': {'search_path': 'mine'}}"), "show search_path", "mine"),
    (LIBPQ, Way("options=-c%20statement_timeout%3D1234"), "show statement_timeout", "1234ms"),
    (("asyncpg",), Way(args="{'server_settings': {'statement_timeout': '1234'}}"), "show statement_timeout", "1234ms"),
    (("pg8000",), Way(args="{'startup_params': {'statement_timeout': '1234'}}"), "show statement_timeout", "1234ms"),
    (("asyncpg",), Way(args="{'server_settings': {'jit': 'off', 'timezone': 'UTC'}}"), "show timezone", "UTC"),
    (("asyncpg",), Way(args="{'dsn': 'postgresql:///?search_path=mine'}"), "show search_path", "mine"),
    (LIBPQ, Way("client_encoding=latin1"), "show client_encoding", "LATIN1"),
    ((*LIBPQ, "asyncpg"), Way("target_session_attrs=read-write"), "select 1", 1),
    (LIBPQ, Way("channel_binding=require"), "select 1", 1),
    (LIBPQ, Way("keepalives_idle=30"), "select 1", 1),
    (("pg8000",), Way(args="{'tcp_keepalive': True}"), "select 1", 1),
    (LIBPQ, Way(args="{'ssl': None, 'foo': None}"), "select 1", 1),
    (MYSQL, Way(args="{'init_command': 'SET SESSION max_statement_time=7'}"), "select round(@@max_statement_time)", 7),
    (("pymysql", "asyncmy", "aiomysql"), Way("charset=latin1"), "select @@character_set_client", "latin1"),
]


@pytest.mark.parametrize(
    ("driver", "way", "statement", "expected"),
    [pytest.param(d, *rest, id=f"{d}-{rest[0]}-{rest[1]}") for ds, *rest in EFFECTS for d in ds],
)
def test_effect(driver: str, way: Way, statement: str, expected: object, targets: Targets) -> None:
    assert run(url_of(driver, targets.port(driver)), statement, way) == expected
    assert not disagreement(driver, way, targets.ca, None)


NOT_PG = ["pgbouncer=true", "schema=mine", "search_path=mine", "connection_limit=5", "sslaccept=strict", "foo=1"]
UNKNOWN = {
    **dict.fromkeys(LIBPQ, "ProgrammingError: invalid connection option"),
    **dict.fromkeys((*POSTGRESQL[len(LIBPQ) :], *MYSQL), "TypeError: unexpected keyword argument"),
    "mysqlconnector": "AttributeError: Unsupported argument",
}

REFUSED: list[tuple[tuple[str, ...], Way, str]] = [
    *(((driver,), Way(query), UNKNOWN[driver]) for query in NOT_PG for driver in (*POSTGRESQL, *MYSQL)),
    *(
        ((driver,), Way(args="{'check_same_thread': False}"), UNKNOWN[driver])
        for driver in POSTGRESQL
    ),
    (("asyncpg",), Way("application_name=me"), UNKNOWN["asyncpg"]),
    (("asyncpg",), Way("options=-csearch_path%3Dmine"), UNKNOWN["asyncpg"]),
    (("asyncpg", "pg8000"), Way("connect_timeout=5"), UNKNOWN["asyncpg"]),
    (("asyncpg", "pg8000"), Way(args="{'connect_timeout': 5}"), UNKNOWN["asyncpg"]),
    (("asyncpg",), Way("timeout=5"), "TypeError: unsupported operand type(s) for +: 'float' and 'str'"),
    (("pg8000",), Way("timeout=5"), "TypeError: 'str' object cannot be interpreted as an integer"),
    (LIBPQ, Way("timeout=5"), UNKNOWN["psycopg2"]),
    (LIBPQ, Way(args="{'statement_timeout': 5}"), UNKNOWN["psycopg2"]),
    (LIBPQ, Way(args="{'server_settings': {'jit': 'off'}}"), UNKNOWN["psycopg2"]),
    (("asyncpg",), Way(args="{'server_settings': {'statement_timeout': 5}}"), "ClientConfigurationError: server_settings is"),
    (("asyncpg",), Way(args="{'server_settings': {'nosuch': 'x'}}"), "UndefinedObjectError: unrecognized configuration"),
    (("pg8000",), Way(args="{'startup_params': {'statement_timeout': 5}}"), "InterfaceError: statement_timeout can't be"),
    (("asyncpg",), Way("statement_cache_size=0"), "TypeError: '<' not supported between instances of 'str' and 'int'"),
    (("asyncpg",), Way(args="{'prepare_threshold': None}"), UNKNOWN["asyncpg"]),
    (("psycopg2", "psycopg"), Way(args="{'statement_cache_size': 0}"), UNKNOWN["psycopg2"]),
    (("psycopg",), Way("prepare_threshold=0"), "TypeError: '>=' not supported between instances of 'int' and 'str'"),
    (("psycopg2",), Way(args="{'prepare_threshold': 0}"), UNKNOWN["psycopg2"]),
    (("asyncpg",), Way("async_fallback=true"), UNKNOWN["asyncpg"]),
    (("aiomysql",), Way("read_timeout=5"), UNKNOWN["aiomysql"]),
    (("mysqlconnector",), Way("read_timeout=5"), "read_timeout"),
]  # fmt: skip

AVAILABLE = {*POSTGRESQL, *MYSQL}
TAKES_ASYNC_FALLBACK = SQLALCHEMY < (2, 1)


@pytest.mark.parametrize(
    ("driver", "way", "claim"),
    [
        pytest.param(d, way, claim, id=f"{d}-{way}")
        for ds, way, claim in REFUSED
        for d in ds
        if d in AVAILABLE and not (TAKES_ASYNC_FALLBACK and "async_fallback" in way.query)
    ],
)
def test_refused(driver: str, way: Way, claim: str, targets: Targets) -> None:
    raised = run(url_of(driver, targets.port(driver)), "select 1", way)
    assert isinstance(raised, tuple), raised
    assert any(r.matches(claim) if ": " in claim else claim in r.text for r in raised), [str(r) for r in raised]
    assert not disagreement(driver, way, targets.ca, raised)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


CONNECT_TIMEOUTS = [
    *((driver, Way("connect_timeout=2")) for driver in (*LIBPQ, "mysqlconnector")),
    *((driver, Way(args="{'connect_timeout': 2}")) for driver in LIBPQ),
    ("asyncpg", Way(args="{'timeout': 2}")),
    ("pg8000", Way(args="{'timeout': 2}")),
]


@pytest.mark.parametrize(("driver", "way"), [pytest.param(d, w, id=f"{d}-{w}") for d, w in CONNECT_TIMEOUTS])
def test_connect_timeout(driver: str, way: Way, silent_port: int) -> None:
    started = time.monotonic()
    raised = run(url_of(driver, silent_port), "select 1", way)
    assert isinstance(raised, tuple)
    assert 1 < time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("driver", "way"),
    [
        ("asyncpg", Way("command_timeout=1")),
        *((driver, Way("connect_timeout=1")) for driver in ("pymysql", "aiomysql", "asyncmy")),
    ],
    ids=str,
)
def test_no_connect_timeout(driver: str, way: Way, silent_port: int) -> None:
    """Their timeout ends with the TCP connection, or begins after the login."""
    with pytest.raises(TimeoutError):
        run(url_of(driver, silent_port), "select 1", way, seconds=3)


@pytest.mark.parametrize(
    ("driver", "way"),
    [
        ("asyncpg", Way("command_timeout=1")),
        ("asyncpg", Way(args="{'command_timeout': 1}")),
        ("pg8000", Way(args="{'timeout': 1}")),
        ("pymysql", Way("read_timeout=1")),
        ("asyncmy", Way("read_timeout=1")),
        ("mysqlconnector", Way(args="{'read_timeout': 1}")),
    ],
    ids=str,
)
def test_query_timeout_of_the_client(driver: str, way: Way, targets: Targets) -> None:
    sleep = "select sleep(4)" if driver in MYSQL else "select 1 from pg_sleep(4)"
    assert isinstance(run(url_of(driver, targets.port(driver)), sleep, way), tuple)
