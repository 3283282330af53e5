"""What only Python can say: connect_args, contexts, the URLs of one application, and the strict look."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.runtime import (
    DatabaseUrlError,
    DatabaseUrls,
    engine_arguments,
    transform_url_for_driver,
    validate_url,
    validation,
)

CA = Path(ssl.get_default_verify_paths().openssl_cafile)


def test_no_arguments_where_the_url_says_all() -> None:
    assert engine_arguments("postgres://u:p@h/d", "psycopg") == ("postgresql+psycopg://u:p@h/d?sslmode=require", {})


def test_numbers_and_server_settings_for_asyncpg() -> None:
    url, arguments = engine_arguments(
        "postgres://u:p@h/d?sslmode=require&connect_timeout=3&application_name=x"
        "&options=-c%20statement_timeout%3D1000%20-csearch_path%3Da",
        "asyncpg",
    )
    assert url == "postgresql+asyncpg://u:p@h/d?ssl=require"
    assert arguments == {
        "timeout": 3,
        "server_settings": {"application_name": "x", "statement_timeout": "1000", "search_path": "a"},
    }


def test_options_that_are_no_settings_are_kept_whole() -> None:
    _, arguments = engine_arguments("postgres://u:p@h/d?options=endpoint%3Dep-foo", "asyncpg")
    assert arguments == {"server_settings": {"options": "endpoint=ep-foo"}}


@pytest.mark.parametrize(("driver", "key"), [("asyncpg", "ssl"), ("pg8000", "ssl_context")])
@pytest.mark.parametrize(("mode", "named"), [("verify-ca", False), ("verify-full", True)])
def test_context_verifies_as_the_mode_says(driver: str, key: str, mode: str, named: bool) -> None:
    if not CA.exists():
        pytest.skip("this machine has no CA bundle to read")
    url, arguments = engine_arguments(f"postgres://u:p@h/d?sslmode={mode}&sslrootcert={CA}", driver)
    context = arguments[key]
    assert make_url(url).query == {}
    assert isinstance(context, ssl.SSLContext)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, named)


def test_require_beside_a_ca_file_is_verified_as_libpq_does() -> None:
    if not CA.exists():
        pytest.skip("this machine has no CA bundle to read")
    _, arguments = engine_arguments(f"postgres://u:p@h/d?sslmode=require&sslrootcert={CA}", "asyncpg")
    assert arguments["ssl"].verify_mode is ssl.CERT_REQUIRED


def test_system_certificates() -> None:
    _, arguments = engine_arguments("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=system", "asyncpg")
    assert (arguments["ssl"].verify_mode, arguments["ssl"].check_hostname) == (ssl.CERT_REQUIRED, True)


def test_missing_ca_file_is_an_error() -> None:
    with pytest.raises(OSError, match="No such file"):
        engine_arguments("postgres://u:p@h/d?sslmode=verify-full&sslrootcert=/no/ca.crt", "asyncpg")


@pytest.mark.parametrize(
    ("mode", "expected"), [("require", {"ssl_context": True}), ("disable", {"ssl_context": False}), ("prefer", {})]
)
def test_pg8000_modes(mode: str, expected: dict[str, object]) -> None:
    assert engine_arguments(f"postgres://u:p@h/d?sslmode={mode}", "pg8000")[1] == expected


def test_pooler_recipes() -> None:
    _, arguments = engine_arguments("postgres://u:p@h:6543/d?pgbouncer=true", "asyncpg")
    assert arguments["statement_cache_size"] == arguments["prepared_statement_cache_size"] == 0
    if sqlalchemy.__version__ >= "2":
        assert arguments["prepared_statement_name_func"]() == ""
    assert engine_arguments("postgres://u:p@h/d?pgbouncer=true", "psycopg")[1] == {"prepare_threshold": None}
    assert engine_arguments("postgres://u:p@h/d?pgbouncer=true", "psycopg2")[1] == {}


def test_the_pooler_recipe_is_what_this_sqlalchemy_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy, "__version__", "1.4.54")
    _, arguments = engine_arguments("postgres://u:p@h:6543/d?pgbouncer=true", "asyncpg")
    assert arguments == {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


def test_several_hosts_are_what_this_sqlalchemy_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://u:p@h1:5433,h2/d?target_session_attrs=read-write"
    for version in ("1.4.54", "2.0.36"):
        monkeypatch.setattr(sqlalchemy, "__version__", version)
        written, arguments = engine_arguments(url, "asyncpg", ssl=None)
        if version.startswith("1."):
            assert written == "postgresql+asyncpg://u:p@/d?target_session_attrs=read-write"
            assert arguments == {"host": ["h1", "h2"], "port": [5433, 5432]}
            with pytest.raises(DatabaseUrlError, match=r"cannot say several hosts .* engine_arguments"):
                transform_url_for_driver(url, "asyncpg", ssl=None)
        else:
            assert written == transform_url_for_driver(url, "asyncpg", ssl=None)
            assert arguments == {}
    # two folders of Unix sockets have no TLS to ask for
    monkeypatch.setattr(sqlalchemy, "__version__", "1.4.54")
    _, arguments = engine_arguments("postgresql:///d?host=/run/a&host=/run/b", "asyncpg", ssl="require")
    assert arguments == {"host": ["/run/a", "/run/b"], "port": [5432, 5432]}


def test_what_is_left_out_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        engine_arguments("postgres://u:s3cret@h/d?sslmode=require&channel_binding=require", "asyncpg")
    assert "channel_binding is left out" in caplog.text
    assert "s3cret" not in caplog.text


def test_urls_for_each_purpose() -> None:
    urls = DatabaseUrls("u:s3cret@h/d")
    assert urls.migration == "postgresql+psycopg2://u:s3cret@h/d?sslmode=require"
    assert urls.application == "postgresql+asyncpg://u:s3cret@h/d?ssl=require"
    assert urls.for_environment("production", "application") == urls.application
    assert urls.for_environment("development", "application") == "postgresql+asyncpg://u:s3cret@h/d"
    assert "s3cret" not in repr(urls)


def test_urls_of_other_databases_and_drivers() -> None:
    assert DatabaseUrls("sqlite:///a.db").application == "sqlite+aiosqlite:///a.db"
    assert DatabaseUrls("mysql://u:p@h/d").migration == "mysql+pymysql://u:p@h/d?ssl_check_hostname=false"
    urls = DatabaseUrls("postgres://u:p@h/d", migration_driver="psycopg", application_driver="psycopg_async")
    assert urls.migration.startswith("postgresql+psycopg://")
    assert urls.application.startswith("postgresql+psycopg_async://")


def test_unknown_purpose() -> None:
    with pytest.raises(ValueError, match="unknown purpose 'reporting': one of migration, application"):
        DatabaseUrls("u:p@h/d").for_environment("production", "reporting")


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql+asyncpg://u:p@h/d?ssl=require", "asyncpg"),
        ("postgresql://u:p@h/d?sslmode=require", "psycopg2"),
        ("postgresql+psycopg2://u:p@h/d?sslmode=verify-full&sslrootcert=/ca", "psycopg2"),
        ("mariadb+pymysql://u:p@h/d?charset=utf8mb4", "pymysql"),
        ("sqlite+aiosqlite:///a.db", "aiosqlite"),
        ("sqlite:///a.db", "pysqlite"),
    ],
)
def test_valid(url: str, driver: str) -> None:
    validate_url(url, driver)


@pytest.mark.parametrize(
    ("url", "driver", "message"),
    [
        ("postgresql+asyncpg://u:s3cret@h/d?sslmode=require", "asyncpg", r"write `\?ssl=require`"),
        ("postgresql+asyncpg://u:s3cret@h/d?ssl=true", "asyncpg", r"must be one of: disable"),
        ("postgresql+asyncpg://u:s3cret@h/d?application_name=x", "asyncpg", "server_settings"),
        ("postgresql+psycopg2://u:s3cret@h/d", "asyncpg", r"must begin with postgresql\+asyncpg://"),
        ("postgres://u:s3cret@h/d", "psycopg2", "transform_url_for_driver"),
        ("u:s3cret@h/d", "psycopg2", "has no scheme"),
        ("mysql+pymysql://u:s3cret@h/d?ssl_disabled=false", "pymysql", "TLS is OFF"),
    ],
)
def test_invalid(url: str, driver: str, message: str) -> None:
    with pytest.raises(DatabaseUrlError, match=message) as error:
        validate_url(url, driver)
    assert "s3cret" not in str(error.value)


def test_a_driver_that_this_sqlalchemy_lacks_is_not_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_installed_sqlalchemy", lambda: VersionRange.parse("==1.4.54"))
    with pytest.raises(DatabaseUrlError, match=r"NoSuchModuleError: .*psycopg`: that driver came with SQLAlchemy 2"):
        validate_url("postgresql+psycopg://u:p@h/d", "psycopg")
    validate_url("postgresql+psycopg2://u:p@h/d", "psycopg2")
