"""What each driver's TLS settings are worth: measured by what they refuse, not by what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from judged import disagreement
from probes import LIBPQ, PG_TLS, Targets, Way, run, strength, url_of

if TYPE_CHECKING:
    from servers import Farm

PLAINTEXT, OPPORTUNISTIC, ENFORCED = "plaintext", "opportunistic", "enforced"
VERIFY_CA, VERIFY_FULL = "enforced+ca", "enforced+ca+host"

WAYS: list[tuple[tuple[str, ...], Way, str]] = [
    # libpq
    (LIBPQ, Way(), OPPORTUNISTIC),
    (LIBPQ, Way("sslmode=disable"), PLAINTEXT),
    (LIBPQ, Way("sslmode=allow"), PLAINTEXT),
    (LIBPQ, Way("sslmode=prefer"), OPPORTUNISTIC),
    (LIBPQ, Way("sslrootcert={ca}"), OPPORTUNISTIC),
    (LIBPQ, Way("sslmode=require"), ENFORCED),
    (LIBPQ, Way(args="{'sslmode': 'require'}"), ENFORCED),
    (LIBPQ, Way("sslmode=require&sslrootcert=/nonexistent.crt"), ENFORCED),
    (LIBPQ, Way("sslmode=require&sslrootcert={ca}"), VERIFY_CA),
    (LIBPQ, Way("sslmode=verify-ca&sslrootcert={ca}"), VERIFY_CA),
    (LIBPQ, Way("sslmode=verify-full&sslrootcert={ca}"), VERIFY_FULL),
    (LIBPQ, Way(args="{'sslmode': 'verify-full', 'sslrootcert': ca}"), VERIFY_FULL),
    # asyncpg
    (("asyncpg",), Way(), OPPORTUNISTIC),
    (("asyncpg",), Way("ssl=disable"), PLAINTEXT),
    (("asyncpg",), Way("ssl=prefer"), OPPORTUNISTIC),
    (("asyncpg",), Way("ssl=require"), ENFORCED),
    (("asyncpg",), Way(args="{'ssl': 'require'}"), ENFORCED),
    (("asyncpg",), Way(args="{'ssl': False}"), PLAINTEXT),
    (("asyncpg",), Way(args="{'ssl': {}}"), PLAINTEXT),
    (("asyncpg",), Way(args="{'ssl': None}"), OPPORTUNISTIC),
    (("asyncpg",), Way(args="{'ssl': context(verify=False)}"), ENFORCED),
    (("asyncpg",), Way(args="{'ssl': context(ca, check_hostname=False)}"), VERIFY_CA),
    (("asyncpg",), Way(args="{'ssl': context(ca)}"), VERIFY_FULL),
    (
        ("asyncpg",),
        Way(args="{'dsn': f'postgresql:///?sslmode=verify-full&sslrootcert={ca}'}"),
        VERIFY_FULL,
    ),
    # pg8000
    (("pg8000",), Way(), OPPORTUNISTIC),
    (("pg8000",), Way(args="{'ssl_context': False}"), PLAINTEXT),
    (("pg8000",), Way(args="{'ssl_context': True}"), ENFORCED),
    (("pg8000",), Way(args="{'ssl_context': context(verify=False)}"), ENFORCED),
    (("pg8000",), Way(args="{'ssl_context': context(ca, check_hostname=False)}"), VERIFY_CA),
    (("pg8000",), Way(args="{'ssl_context': context(ca)}"), VERIFY_FULL),
    # pymysql
    (("pymysql",), Way(), OPPORTUNISTIC),
    (("pymysql", "mysqlconnector"), Way("ssl_disabled=true"), PLAINTEXT),
    (("pymysql", "mysqlconnector"), Way("ssl_disabled=false"), PLAINTEXT),
    (("pymysql", "asyncmy"), Way("ssl_check_hostname=false"), ENFORCED),
    (("pymysql", "asyncmy"), Way("ssl_ca={ca}&ssl_check_hostname=false"), VERIFY_CA),
    (("pymysql", "asyncmy"), Way("ssl_ca={ca}"), VERIFY_FULL),
    (("pymysql", "asyncmy"), Way(args="{'ssl': {'ca': ca}}"), VERIFY_FULL),
    (("pymysql", "asyncmy"), Way(args="{'ssl': context(ca)}"), VERIFY_FULL),
    (("pymysql",), Way("ssl_ca={ca}&ssl_verify_cert=false"), ENFORCED),
    (("pymysql",), Way(args="{'ssl_ca': ca}"), ENFORCED),
    (
        ("pymysql",),
        Way(args="{'ssl_ca': ca, 'ssl_verify_cert': True, 'ssl_verify_identity': True}"),
        VERIFY_FULL,
    ),
    # mysqlconnector
    (("mysqlconnector",), Way(), OPPORTUNISTIC),
    (("mysqlconnector",), Way("ssl_ca={ca}"), OPPORTUNISTIC),
    (("mysqlconnector",), Way("ssl_ca={ca}&ssl_verify_cert=true"), VERIFY_CA),
    (("mysqlconnector",), Way("ssl_ca={ca}&ssl_verify_cert=true&ssl_verify_identity=true"), VERIFY_FULL),
    # aiomysql and asyncmy say nothing unless told
    (("aiomysql", "asyncmy"), Way(), PLAINTEXT),
    (("aiomysql",), Way(args="{'ssl': context(ca)}"), "opportunistic+ca+host"),
    (("aiomysql",), Way(args="{'ssl': context(ca, check_hostname=False)}"), "opportunistic+ca"),
    (("asyncmy",), Way(args="{'ssl': True}"), ENFORCED),
    (("asyncmy",), Way(args="{'ssl': False}"), PLAINTEXT),
]


@pytest.mark.parametrize(
    ("driver", "way", "expected"), [pytest.param(d, way, worth, id=f"{d}-{way}") for ds, way, worth in WAYS for d in ds]
)
def test_strength(driver: str, way: Way, expected: str, targets: Targets) -> None:
    assert strength(targets, driver, way) == expected
    assert not disagreement(driver, way, targets.ca, None)


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_asyncpg_reads_the_environment_for_the_ca(mode: str, targets: Targets) -> None:
    url, way = url_of("asyncpg", targets.postgresql), Way(f"ssl={mode}")
    missing = run(url, PG_TLS, way)
    assert any(r.matches("ClientConfigurationError: root certificate file") for r in missing)
    wrong = run(url, PG_TLS, way, environment={"PGSSLROOTCERT": targets.wrong_ca})
    assert any(r.matches("SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED") for r in wrong)
    assert run(url, PG_TLS, way, environment={"PGSSLROOTCERT": targets.ca}) is True


def test_asyncpg_true_means_the_systems_authorities(targets: Targets) -> None:
    url, way = url_of("asyncpg", targets.postgresql), Way(args="{'ssl': True}")
    raised = run(url, PG_TLS, way)
    assert any(r.matches("SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED") for r in raised)
    assert run(url, PG_TLS, way, environment={"SSL_CERT_FILE": targets.ca}) is True


@pytest.mark.parametrize(
    ("driver", "args"),
    [
        *((driver, "{{'sslmode': 'require', 'sslcert': '{cert}', 'sslkey': '{key}'}}") for driver in LIBPQ),
        ("asyncpg", "{{'ssl': context(ca, chain=('{cert}', '{key}'))}}"),
        ("asyncpg", "{{'dsn': 'postgresql:///?sslmode=require&sslcert={cert}&sslkey={key}'}}"),
        ("pg8000", "{{'ssl_context': context(ca, chain=('{cert}', '{key}'))}}"),
    ],
)
def test_client_certificate(driver: str, args: str, farm: Farm, targets: Targets) -> None:
    url = url_of(driver, targets.postgresql, database="certified").set(username="certified")
    way = Way(args=args.format(cert=farm.authority.client_certificate, key=farm.authority.client_key))
    assert run(url, "select current_user", way, targets.ca) == "certified"
    without = run(url, "select current_user", Way(), targets.ca)
    assert any("client certificate" in r.text for r in without), [str(r) for r in without]


REFUSED: list[tuple[tuple[str, ...], Way, str]] = [
    (("asyncpg",), Way("sslmode=require"), "TypeError: connect() got an unexpected keyword argument 'sslmode'"),
    (("asyncpg",), Way("sslmode=disable"), "TypeError: connect() got an unexpected keyword argument 'sslmode'"),
    (("asyncpg",), Way(args="{'sslmode': 'require'}"), "TypeError: unexpected keyword argument 'sslmode'"),
    (("asyncpg",), Way("ssl=require&sslrootcert={ca}"), "TypeError: unexpected keyword argument 'sslrootcert'"),
    (("asyncpg",), Way("ssl=true"), "ClientConfigurationError: `sslmode` parameter must be one of"),
    (("asyncpg",), Way("ssl=True"), "ClientConfigurationError: `sslmode` parameter must be one of"),
    (("asyncpg",), Way("ssl=1"), "ClientConfigurationError: `sslmode` parameter must be one of"),
    (("asyncpg",), Way("ssl=no-verify"), "ClientConfigurationError: `sslmode` parameter must be one of"),
    (("asyncpg",), Way("ssl=verify-full"), "ClientConfigurationError: root certificate file"),
    (("asyncpg",), Way(args="{'ssl': {'sslmode': 'require'}}"), "TypeError: sslcontext is expected to be"),
    (("asyncpg",), Way(args="{'ssl': {'ca': ca}}"), "TypeError: sslcontext is expected to be"),
    (("asyncpg",), Way("channel_binding=require"), "TypeError: unexpected keyword argument 'channel_binding'"),
    (LIBPQ, Way("ssl=require"), 'ProgrammingError: invalid connection option "ssl"'),
    (LIBPQ, Way("ssl=true"), 'ProgrammingError: invalid connection option "ssl"'),
    (LIBPQ, Way("sslmode=required"), 'OperationalError: invalid sslmode value: "required"'),
    (LIBPQ, Way("sslmode=true"), 'OperationalError: invalid sslmode value: "true"'),
    (LIBPQ, Way("sslmode=verify-full"), "OperationalError: root certificate file"),
    (LIBPQ, Way(args="{'ssl': context(ca)}"), 'ProgrammingError: invalid connection option "ssl"'),
    (("pg8000",), Way("sslmode=require"), "TypeError: unexpected keyword argument 'sslmode'"),
    (("pg8000",), Way("ssl=require"), "TypeError: unexpected keyword argument 'ssl'"),
    (("pg8000",), Way("ssl_context=true"), "AttributeError: 'str' object has no attribute 'wrap_socket'"),
    (("pymysql",), Way("ssl=true"), "AttributeError: 'str' object has no attribute 'get'"),
    (("pymysql",), Way(args="{'ssl': True}"), "AttributeError: 'bool' object has no attribute 'get'"),
    (("pymysql",), Way("ssl_mode=REQUIRED"), "TypeError: unexpected keyword argument 'ssl_mode'"),
    (("pymysql",), Way("ssl_ca={ca}&ssl_verify_cert=true"), "OperationalError: certificate verify failed"),
    (("mysqlconnector",), Way("ssl=true"), "AttributeError: Unsupported argument 'ssl'"),
    (("mysqlconnector",), Way("ssl_mode=REQUIRED"), "AttributeError: Unsupported argument 'ssl_mode'"),
    (("mysqlconnector",), Way("ssl_check_hostname=true"), "AttributeError: Unsupported argument 'ssl_check_hostname'"),
    (("aiomysql",), Way("ssl=true"), "AttributeError: 'str' object has no attribute 'wrap_bio'"),
    (("aiomysql",), Way("ssl_ca={ca}"), "AttributeError: 'dict' object has no attribute 'wrap_bio'"),
    (("aiomysql",), Way("ssl_verify_cert=true"), "TypeError: unexpected keyword argument 'ssl_verify_cert'"),
    (("asyncmy",), Way("ssl=true"), "ValueError: ssl argument must be True, a dict of ssl options"),
    (("asyncmy",), Way("ssl_verify_cert=true"), "TypeError: unexpected keyword argument 'ssl_verify_cert'"),
    (("pymysql", "aiomysql", "asyncmy"), Way("sslmode=require"), "TypeError: unexpected keyword argument 'sslmode'"),
]


@pytest.mark.parametrize(
    ("driver", "way", "claim"), [pytest.param(d, way, claim, id=f"{d}-{way}") for ds, way, claim in REFUSED for d in ds]
)
def test_refused(driver: str, way: Way, claim: str, targets: Targets) -> None:
    raised = run(url_of(driver, targets.port(driver)), "select 1", way, targets.ca)
    assert isinstance(raised, tuple), raised
    assert any(r.matches(claim) for r in raised), [str(r) for r in raised]
    assert not disagreement(driver, way, targets.ca, raised)
