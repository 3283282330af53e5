"""Translating keeps the meaning: TLS never goes down, there and back is the same, a second time changes nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL, make_url

from dbdriver_lint.knowledge.address import read_address
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.spellings import Context
from dbdriver_lint.knowledge.translate import Translation, translate

POSTGRESQL = ("psycopg2", "psycopg", "asyncpg", "pg8000")
MYSQL = ("pymysql", "asyncmy", "mysqlconnector", "mysqldb", "aiomysql", "mariadbconnector")

text = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\x85\u2028\u2029"), max_size=12)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
hosts = st.from_regex(r"[a-z][a-z0-9.-]{0,12}[a-z0-9]|::1|10\.0\.0\.1", fullmatch=True)
extras = st.dictionaries(
    st.sampled_from(("application_name", "connect_timeout", "options", "channel_binding", "keepalives_idle")),
    st.sampled_from(("3", "x", "-csearch_path=a", "-c statement_timeout=5 -csearch_path=b")),
).map(lambda d: {k: v for k, v in d.items() if (k != "connect_timeout") or v == "3"})


def urls(drivernames: tuple[str, ...], query: st.SearchStrategy[dict[str, str]]) -> st.SearchStrategy[URL]:
    return st.builds(
        URL.create,
        st.sampled_from(drivernames),
        username=names,
        password=st.none() | text.filter(lambda value: value != "***"),
        host=hosts,
        port=st.none() | st.integers(1, 65535),
        database=names,
        query=query,
    )


libpq_queries = st.builds(
    lambda mode, ca, more: {**more, **({"sslmode": mode.word} if mode else {}), **({"sslrootcert": "/ca"} if ca and mode and mode >= Tls.REQUIRE else {})},
    st.none() | st.sampled_from(list(Tls)),
    st.booleans(),
    extras,
)  # fmt: skip
postgresql_urls = urls(("postgresql", "postgresql+psycopg2", "postgresql+psycopg"), libpq_queries)
mysql_urls = urls(
    ("mysql+pymysql", "mysql+asyncmy"),
    st.sampled_from(
        ({}, {"ssl_disabled": "true"}, {"ssl_check_hostname": "false"}, {"ssl_ca": "/ca", "ssl_check_hostname": "false"}, {"ssl_ca": "/ca"})
    ),
)  # fmt: skip


def strength(result: Translation) -> Tls | None:
    """What the result says in the driver's own words, read back from URL and connect_args."""
    for key in ("ssl", "ssl_context"):
        value = result.connect_args.get(key)
        if isinstance(value, Context):
            return (
                Tls.VERIFY_FULL
                if value.verify and value.check_hostname
                else Tls.VERIFY_CA
                if value.verify
                else Tls.REQUIRE
            )
        if isinstance(value, bool):
            return Tls.REQUIRE if value else Tls.DISABLE
        if isinstance(value, str):
            return Tls.of(value)
    return translate(result.url, result.drivername).tls


@given(postgresql_urls, st.sampled_from(POSTGRESQL), st.none() | st.sampled_from(list(Tls)))
def test_tls_never_goes_down(url: URL, driver: str, default: Tls | None) -> None:
    asked = translate(url, "psycopg").tls
    result = translate(url, driver, default=default)
    if result.refused:
        return
    said = strength(result)
    if asked is not None and driver == "pg8000" and asked is Tls.PREFER:
        assert said is None  # its default
    elif asked is Tls.ALLOW and driver == "pg8000":
        assert said is None  # prefer, which is stronger
    elif asked is not None:
        assert said is not None
        assert said >= asked if asked is not Tls.DISABLE else said is Tls.DISABLE
    elif default is not None and default >= Tls.REQUIRE:
        assert said is not None
        assert said >= default


@given(mysql_urls, st.sampled_from(MYSQL))
def test_tls_never_goes_down_for_mysql(url: URL, driver: str) -> None:
    asked = translate(url, "pymysql").tls
    result = translate(url, driver)
    if asked is None or result.refused or asked <= Tls.PREFER:
        return
    said = strength(result)
    assert said is not None
    assert said >= asked


@given(postgresql_urls, st.sampled_from(POSTGRESQL))
def test_who_and_where_survive(url: URL, driver: str) -> None:
    read = make_url(translate(url, driver).url)
    assert (read.username, read.password, read.host, read.port, read.database) == (
        url.username,
        url.password,
        url.host,
        url.port,
        url.database,
    )


@given(postgresql_urls, st.sampled_from(("psycopg2", "psycopg", "asyncpg")))
def test_second_time_changes_nothing(url: URL, driver: str) -> None:
    once = translate(url, driver).url
    assert translate(once, driver).url == once


@given(postgresql_urls)
def test_there_and_back(url: URL) -> None:
    """What asyncpg can say in a URL comes back as it was."""
    there = translate(url, "asyncpg")
    if there.connect_args or there.lost:
        return
    back = translate(there.url, "psycopg2").url
    assert back == translate(url, "psycopg2").url


@given(text)
def test_reading_never_fails_otherwise_and_never_tells(value: str) -> None:
    assert "s3cret" not in complaint(f"postgresql://u:s3cret{value}@h/d{value}")


def complaint(url: str) -> str:
    try:
        read_address(url)
    except ValueError as error:
        return str(error)
    return ""
