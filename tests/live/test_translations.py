"""A URL that was translated for another driver connects, at least as strongly protected as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import isolated
import pytest
from probes import LIBPQ, MYSQL, POSTGRESQL, Targets, Way, ask, strength, url_of
from servers import PASSWORD, SPECIAL_PASSWORD, SPECIAL_USER, USER
from sqlalchemy.engine import make_url

from dbdriver_lint.runtime import DatabaseUrlError, engine_arguments, transform_url_for_driver, validate_url

RANK = ["plaintext", "opportunistic", "enforced", "enforced+ca", "enforced+ca+host"]


@dataclass(frozen=True, slots=True)
class Translated:
    """A URL as it was published, given to another driver by ``engine_arguments``."""

    scheme: str
    query: str

    def __str__(self) -> str:
        return f"{self.scheme}?{self.query}"

    def url(self, port: int, ca: str = "/ca.crt", host: str = "localhost") -> str:
        return f"{self.scheme}://{USER}:{PASSWORD}@{host}:{port}/app?{self.query.format(ca=ca)}"

    def connection(self, driver: str, port: int, ca: str, host: str) -> tuple[str, dict[str, Any]]:
        return engine_arguments(self.url(port, ca, host), driver, ssl=None)


SOURCES = [
    *((scheme, "", "opportunistic") for scheme in ("postgresql", "postgresql+asyncpg")),
    *(
        (scheme, f"{key}={word}", worth)
        for scheme, key in (("postgres", "sslmode"), ("postgresql+asyncpg", "ssl"))
        for word, worth in (("disable", "plaintext"), ("prefer", "opportunistic"), ("require", "enforced"))
    ),
    ("postgresql", "sslmode=require&sslrootcert={ca}", "enforced+ca"),
    ("postgresql", "sslmode=verify-ca&sslrootcert={ca}", "enforced+ca"),
    ("postgresql", "sslmode=verify-full&sslrootcert={ca}", "enforced+ca+host"),
    ("mysql+pymysql", "ssl_check_hostname=false", "enforced"),
    ("mysql+pymysql", "ssl_ca={ca}&ssl_check_hostname=false", "enforced+ca"),
    ("mysql+pymysql", "ssl_ca={ca}", "enforced+ca+host"),
    ("mysql+mysqlconnector", "ssl_ca={ca}&ssl_verify_cert=true", "enforced+ca"),
    ("mysql+mysqlconnector", "ssl_ca={ca}&ssl_verify_cert=true&ssl_verify_identity=true", "enforced+ca+host"),
]

CANNOT = {
    ("aiomysql", "enforced"): "does not insist on TLS",
    ("aiomysql", "enforced+ca"): "does not insist on TLS",
    ("aiomysql", "enforced+ca+host"): "does not insist on TLS",
    ("mysqlconnector", "enforced"): "insists on TLS only where it verifies",
}
"""What a driver cannot do, so that the translation refuses."""


@pytest.mark.parametrize(
    ("source", "driver", "worth"),
    [
        pytest.param(Translated(scheme, query), driver, worth, id=f"{scheme}-{query}-{driver}")
        for scheme, query, worth in SOURCES
        for driver in (MYSQL if scheme.startswith("mysql") else POSTGRESQL)
    ],
)
def test_as_strong_as_before(source: Translated, driver: str, worth: str, targets: Targets) -> None:
    if (driver, worth) in CANNOT:
        with pytest.raises(DatabaseUrlError):
            engine_arguments(source.url(1), driver, ssl=None)
        return
    found = strength(targets, driver, source)
    assert found in RANK, found
    assert RANK.index(found) >= RANK.index(worth), found


@pytest.mark.parametrize("driver", POSTGRESQL)
def test_settings_and_password_survive(driver: str, targets: Targets) -> None:
    published = (
        f"postgres://{SPECIAL_USER}:p%40ss%25w%2Frd%20x@localhost:{targets.postgresql}/app"
        "?sslmode=require&application_name=me&connect_timeout=5&options=-csearch_path%3Dmine"
    )
    url, arguments = engine_arguments(published, driver)
    read = make_url(url)
    assert (read.username, read.password) == (SPECIAL_USER, SPECIAL_PASSWORD)
    statement = "select current_setting('application_name') || '/' || current_setting('search_path')"
    done = isolated.run(ask, read, statement, arguments)
    assert done.raised is None, done.raised.trace if done.raised else ""
    assert done.value == "me/mine"


@pytest.mark.parametrize("driver", ["asyncpg", *LIBPQ])
def test_pooler_flag_becomes_the_recipe(driver: str, targets: Targets) -> None:
    url, arguments = engine_arguments(url_of("psycopg2", targets.postgresql, query="pgbouncer=true"), driver)
    done = isolated.run(ask, make_url(url), "select 1", arguments)
    assert done.raised is None, done.raised.trace if done.raised else ""


@pytest.mark.parametrize("driver", [*POSTGRESQL[:-1]])
def test_transform_gives_a_url_that_connects(driver: str, targets: Targets) -> None:
    published = f"{USER}:{PASSWORD}@localhost:{targets.postgresql}/app"
    url = transform_url_for_driver(published, driver)
    validate_url(url, driver)
    connects = make_url(url).set(drivername=f"postgresql+{driver}")  # bare postgresql:// is psycopg from 2.1 on
    assert isolated.run(
        ask, connects, "select ssl from pg_stat_ssl where pid = pg_backend_pid()", Way().connect_args("")
    ).value
