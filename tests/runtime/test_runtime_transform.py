"""The URL for each driver, from whatever the environment holds."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import URL, make_url

from dbdriver_lint.runtime import (
    DatabaseUrlError,
    DatabaseUrls,
    engine_arguments,
    transform_url_for_driver,
    validate_url,
)

EXACT = [
    ("postgresql://u:p@h/d?sslmode=require", "asyncpg", "postgresql+asyncpg://u:p@h/d?ssl=require"),
    ("postgresql://u:p@h/d", "psycopg2", "postgresql://u:p@h/d?sslmode=require"),
    ("postgresql+asyncpg://u:p@h/d?ssl=require", "psycopg2", "postgresql://u:p@h/d?sslmode=require"),
    ("user:pass@host/db", "asyncpg", "postgresql+asyncpg://user:pass@host/db?ssl=require"),
    ("user:pass@host:5433/db", "psycopg", "postgresql+psycopg://user:pass@host:5433/db?sslmode=require"),
    ("postgres://u:p@h/d", "psycopg2", "postgresql://u:p@h/d?sslmode=require"),
    ("postgres://u:p@h/d", "postgresql+psycopg2", "postgresql+psycopg2://u:p@h/d?sslmode=require"),
    ("postgres://u:p@h/d", "psycopg_async", "postgresql+psycopg_async://u:p@h/d?sslmode=require"),
    ("postgresql://u:p@h/d?sslmode=disable", "asyncpg", "postgresql+asyncpg://u:p@h/d?ssl=disable"),
    ("postgresql://u:p@h/d?ssl=true", "psycopg2", "postgresql://u:p@h/d?sslmode=require"),
    (
        "postgresql://u:p@h/d?sslmode=require&channel_binding=require",
        "asyncpg",
        "postgresql+asyncpg://u:p@h/d?ssl=require",
    ),
    (
        "postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.crt&application_name=x&connect_timeout=3",
        "psycopg",
        "postgresql+psycopg://u:p@h/d?sslmode=verify-full&sslrootcert=/ca.crt&application_name=x&connect_timeout=3",
    ),
    ("postgresql://u:p@h/d?sslmode=require&sslrootcert=/c", "psycopg", "postgresql+psycopg://u:p@h/d?sslmode=require&sslrootcert=/c"),
    ("postgresql://u:p@a:1,b:2/d?target_session_attrs=primary", "asyncpg",
     "postgresql+asyncpg://u:p@/d?host=a%3A1&host=b%3A2&target_session_attrs=primary&ssl=require"),
    ("postgresql://u:p@[::1]:5432/d", "asyncpg", "postgresql+asyncpg://u:p@[::1]:5432/d?ssl=require"),
    ("postgresql:///d?host=/run/pg&port=5433", "asyncpg", "postgresql+asyncpg:///d?host=/run/pg&port=5433"),
    ("postgresql:///d?host=/run/pg&port=5433", "pg8000", "postgresql+pg8000:///d?unix_sock=/run/pg/.s.PGSQL.5433"),
    ("postgresql+pg8000:///d?unix_sock=/run/pg/.s.PGSQL.5433", "psycopg2", "postgresql:///d?host=/run/pg&port=5433"),
    ("postgres://u:p@%2Frun%2Fpg/d", "psycopg2", "postgresql://u:p@/d?host=/run/pg"),
    ("postgresql://u:p@h/d?schema=app", "psycopg2", "postgresql://u:p@h/d?sslmode=require&options=-c+search_path%3Dapp"),
    ("postgresql://u:p@h/d?pgbouncer=true&connection_limit=1", "psycopg2", "postgresql://u:p@h/d?sslmode=require"),
    ("postgresql://u:p@h/d?foo=bar", "psycopg2", "postgresql://u:p@h/d?foo=bar&sslmode=require"),
    ("mysql://u:p@h/d", "pymysql", "mysql+pymysql://u:p@h/d?ssl_check_hostname=false"),
    ("mariadb://u:p@h/d?ssl-mode=REQUIRED", "asyncmy", "mariadb+asyncmy://u:p@h/d?ssl_check_hostname=false"),
    (
        "mysql+mysqldb://u:p@h/d?ssl_mode=VERIFY_IDENTITY&ssl_ca=/ca.crt&connect_timeout=3",
        "pymysql",
        "mysql+pymysql://u:p@h/d?ssl_ca=/ca.crt&connect_timeout=3",
    ),
    ("sqlite:///x.db", "aiosqlite", "sqlite+aiosqlite:///x.db"),
    ("sqlite:////abs/x.db?timeout=3", "aiosqlite", "sqlite+aiosqlite:////abs/x.db?timeout=3"),
    ("sqlite://", "pysqlite", "sqlite+pysqlite://"),
]  # fmt: skip
if sqlalchemy.__version__.startswith("1."):  # takes no several hosts for asyncpg from a URL
    EXACT = [row for row in EXACT if "host=a%3A1" not in row[2] or "asyncpg" not in row[1]]


@pytest.mark.parametrize(("url", "driver", "expected"), EXACT, ids=[f"{u} {d}" for u, d, _ in EXACT])
def test_exact_result(url: str, driver: str, expected: str) -> None:
    assert transform_url_for_driver(url, driver) == expected


@pytest.mark.parametrize(("url", "driver", "expected"), EXACT, ids=[f"{u} {d}" for u, d, _ in EXACT])
def test_second_transformation_changes_nothing(url: str, driver: str, expected: str) -> None:
    assert transform_url_for_driver(expected, driver) == expected


@pytest.mark.parametrize("password", ["p@ss", "p%ss", "p/ss", "p ss", "p:ss?x#y", "ü&=+", "100%25", "a@b@c"])
@pytest.mark.parametrize("driver", ["psycopg2", "asyncpg", "psycopg"])
def test_password_survives(password: str, driver: str) -> None:
    escaped = URL.create("postgresql", "u", password, "h", 5432, "d")
    text = escaped.render_as_string(hide_password=False)
    faithful = make_url(text).password == password  # SQLAlchemy 1.4 leaves some passwords unescaped
    for url in (escaped, text) if faithful else (escaped,):
        result = make_url(transform_url_for_driver(url, driver))
        assert (result.username, result.password, result.host, result.port) == ("u", password, "h", 5432)


@pytest.mark.parametrize(
    "password", ["p@ss", "p%ss", "p/ss", "p ss", "p:ss?x", "a@b@c", "p#ss", "p@s/s", "p/s@s", "a/b@c/d@e"]
)
def test_unescaped_password_survives(password: str) -> None:
    result = make_url(transform_url_for_driver(f"postgresql://u:{password}@h:5432/d", "asyncpg"))
    assert (result.username, result.password, result.host, result.port) == ("u", password, "h", 5432)


def test_user_with_at_sign() -> None:
    url = make_url(transform_url_for_driver("postgresql://admin@server:p@server.example.com:5432/d", "asyncpg"))
    assert (url.username, url.password, url.host) == ("admin@server", "p", "server.example.com")


def test_said_mode_is_kept_whatever_the_default() -> None:
    for said in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"):
        for default in ("disable", "require", "verify-full", None):
            result = transform_url_for_driver(f"postgresql://u:p@h/d?sslmode={said}", "asyncpg", ssl=default)
            assert result == f"postgresql+asyncpg://u:p@h/d?ssl={said}"


def test_no_default_adds_nothing() -> None:
    assert transform_url_for_driver("postgres://u:p@h/d", "pg8000", ssl=None) == "postgresql+pg8000://u:p@h/d"
    assert transform_url_for_driver("postgres://u:p@h/d", "asyncpg", ssl=None) == "postgresql+asyncpg://u:p@h/d"


def test_unknown_driver_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown driver 'psycopg3'\. Did you mean 'psycopg'\?.*asyncpg.*pymysql"):
        transform_url_for_driver("postgresql://u:p@h/d", "psycopg3")


@pytest.mark.parametrize(
    ("url", "driver", "names"),
    [
        ("postgresql://u:s3cret@h/d", "pg8000", "ssl_context"),
        ("postgresql://u:s3cret@h/d?sslmode=verify-full&sslrootcert=/ca.crt", "asyncpg", "sslrootcert"),
        ("postgresql://u:s3cret@h/d?connect_timeout=3", "asyncpg", "timeout"),
        ("postgresql://u:s3cret@h/d?options=-csearch_path%3Dx", "asyncpg", "search_path"),
        ("postgresql://u:s3cret@h/d?pgbouncer=true", "psycopg", "prepare_threshold"),
    ],
)
def test_what_a_url_cannot_say_names_engine_arguments(url: str, driver: str, names: str) -> None:
    with pytest.raises(DatabaseUrlError, match="engine_arguments") as error:
        transform_url_for_driver(url, driver)
    assert names in str(error.value)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "driver", "message"),
    [
        ("postgresql://u:s3cret@h/d?sslmode=required", "asyncpg", "Did you mean 'require'"),
        ("mysql://u:s3cret@h/d", "asyncpg", "a 'mysql' URL cannot be used"),
        ("postgresql://u:s3cret@h:port/d", "asyncpg", "port is not a number"),
        ("postgresql://u:***@h/d", "asyncpg", r"render_as_string\(hide_password=False\)"),
        ("", "asyncpg", "empty"),
        ("postgresql://u:s3cret@a,b/d", "pg8000", "single host"),
        ("mysql://u:s3cret@h/d?ssl_mode=REQUIRED", "aiomysql", "aiomysql has no setting that enforces"),
    ],
)
def test_clear_error_without_password(url: str, driver: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        transform_url_for_driver(url, driver)
    assert "s3cret" not in str(error.value)


def test_bad_default_mode() -> None:
    with pytest.raises(ValueError, match="ssl='yes' is no TLS mode"):
        transform_url_for_driver("postgresql://u:p@h/d", "asyncpg", ssl="yes")


def test_import_is_light() -> None:
    code = (
        "import sys, dbdriver_lint.runtime\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('libcst', 'sqlalchemy')\n"
        "       or m.startswith('dbdriver_lint.') and m.split('.')[1] not in ('runtime', 'knowledge')]\n"
        "print(bad)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_variable_that_is_not_set() -> None:
    nothing: Any = None
    for offered in (transform_url_for_driver, engine_arguments, validate_url):
        with pytest.raises(DatabaseUrlError, match="only None; is its environment variable set"):
            offered(nothing, "asyncpg")
    with pytest.raises(DatabaseUrlError, match="only None"):
        _ = DatabaseUrls(nothing).migration
