"""From any driver to any other of its database: what the URL says is said again, or the loss is told."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import quote

import pytest
from driver_words import DEFAULT_PORT, PAIRS, Asked, Case, cases, name_of, read
from hypothesis import assume, event, given
from hypothesis import strategies as st

from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.parameters import TABLES, Place, judge
from dbdriver_lint.knowledge.parameters.model import CALLABLE, SSL_CONTEXT, Outcome
from dbdriver_lint.knowledge.spellings import (
    ASYNC_VARIANTS,
    DIALECT_OF,
    MYSQL,
    OWN_TLS_KEYS,
    POOLER_KEY,
    POSTGRESQL,
    SEARCH_PATH_KEYS,
    Context,
    spelling,
)
from dbdriver_lint.knowledge.tls import TLS_KEYS
from dbdriver_lint.knowledge.translate import Translation, translate
from dbdriver_lint.knowledge.versions import VersionRange
from dbdriver_lint.runtime import DatabaseUrlError, transform_url_for_driver

UNSAID = {
    **dict.fromkeys(("aiomysql", "asyncmy", "mysqldb", "mariadbconnector"), Tls.DISABLE),
    **dict.fromkeys(("psycopg2", "psycopg", "psycopg2cffi", "asyncpg", "pg8000"), Tls.PREFER),
    **dict.fromkeys(("pymysql", "mysqlconnector"), Tls.PREFER),
}
"""How strongly a driver protects where nothing is said."""

CASES = st.sampled_from(PAIRS).flatmap(lambda pair: st.tuples(cases(pair[0]), st.just(pair[1])))


def said(result: Translation, driver: str) -> Asked:
    return read(driver, result.url, copy.copy(result.connect_args))


def lost(*results: Translation) -> set[str]:
    return {name for result in results for item in result.lost for name in item.parameter.split("+")}


def enforced(driver: str, tls: Tls | None) -> Tls:
    return UNSAID.get(ASYNC_VARIANTS.get(driver, driver), Tls.PREFER) if tls is None else tls


def same_place(one: Asked, other: Asked, driver: str) -> bool:
    default = DEFAULT_PORT.get(DIALECT_OF[driver])

    def places(asked: Asked) -> list[tuple[str, int | None]]:
        return [(host, port or default) for host, port in asked.hosts]

    return places(one) == places(other)


def check_meaning(asked: Asked, found: Asked, driver: str, missing: set[str]) -> None:
    """``found`` says what ``asked`` does, apart from what is told to be missing, and nothing else."""
    assert (found.user, found.password, found.database) == (asked.user, asked.password, asked.database)
    assert same_place(found, asked, driver) or "host" in missing
    assert found.settings == {name: value for name, value in asked.settings.items() if name not in missing}
    told = missing | {name_of(driver, name) for name in missing}
    expected = {name: value for name, value in asked.others.items() if name not in told}
    assert {name: value for name, value in found.others.items() if name in expected} == expected
    assert set(found.others) <= set(asked.others), "something is said that nobody asked for"


@given(CASES)
def test_the_meaning_is_kept_or_the_loss_is_told(given_case: tuple[Case, str]) -> None:
    case, target = given_case
    result = translate(case.url, target)
    event(f"{DIALECT_OF[target]}: {'refused' if result.refused else 'lost' if result.lost else 'kept'}")
    if case.driver == target and case.url.startswith(f"{DIALECT_OF[target]}+"):
        assert not result.refused
    if not result.refused:
        check_meaning(case.asked, said(result, target), target, lost(result))


@given(CASES, st.none() | st.sampled_from(list(Tls)))
def test_tls_never_gets_weaker(given_case: tuple[Case, str], default: Tls | None) -> None:
    case, target = given_case
    result = translate(case.url, target, default=default)
    if result.refused or DIALECT_OF[target] in ("sqlite", "oracle") or "pymssql" in (target, case.driver):
        return
    found = said(result, target)
    asked = case.asked.tls
    if case.driver == target and asked is not None and case.url.startswith(f"{DIALECT_OF[target]}+"):
        alone = f"{DIALECT_OF[target]}+{target}://h/d?{case.tls}"
        assert found.tls == read(target, alone, {}).tls  # as weak as the driver is
        return
    sockets = [*(host for host, _ in case.asked.hosts), case.asked.others.get("unix_socket", "")]
    on_socket = any(socket.startswith("/") for socket in sockets)
    if asked is Tls.DISABLE:
        assert enforced(target, found.tls) is Tls.DISABLE
    elif asked is not None:
        assert enforced(target, found.tls) >= asked
        assert found.files == case.asked.files
    elif default is None or on_socket:
        assert found.tls is None
    elif default is not Tls.DISABLE:
        assert enforced(target, found.tls) >= default
    event(f"{DIALECT_OF[target]}: {case.asked.tls}")


@pytest.mark.parametrize(
    ("url", "driver", "query", "lost"),
    [
        ("mysql+mysqlconnector://h/d?tls_ciphersuites=x", "mysqlconnector", "tls_ciphersuites=x", True),
        ("mysql+pymysql://h/d?ssl_cipher=x", "pymysql", "ssl_cipher=x", False),
        ("mysql+pymysql://h/d?ssl_cipher=x", "asyncmy", "ssl_check_hostname=false", True),
        ("mysql+pymysql:///d?unix_socket=/run/db", "aiomysql", "unix_socket=/run/db", False),
        ("mysql+pymysql://h/d?ssl_cert=/c&ssl_key=/k", "asyncmy", "ssl_check_hostname=false&ssl_cert=/c&ssl_key=/k", False),
    ],
)  # fmt: skip
def test_tls_that_is_asked_for_beside_what_only_the_driver_understands(
    url: str, driver: str, query: str, lost: bool
) -> None:
    result = translate(url, driver, default=Tls.REQUIRE)
    assert result.url.partition("?")[2] == query
    assert bool(result.refused) is lost


@given(CASES)
def test_the_driver_takes_what_is_written_for_it(given_case: tuple[Case, str]) -> None:
    case, target = given_case
    result = translate(case.url, target)
    if result.refused or target not in TABLES:
        return
    query: dict[str, object] = {}
    for key, value in result.query:
        query[key] = (*query[key], value) if isinstance(query.get(key), tuple) else (query[key], value) if key in query else value  # type: ignore[misc]  # fmt: skip
    for place, pairs in ((Place.URL, query), (Place.ARGS, stand_ins(result.connect_args))):
        for key, value in pairs.items():
            verdict = judge(target, place, key, value, siblings=pairs, sqlalchemy=VersionRange.everything())
            assert verdict.outcome in (Outcome.OK, Outcome.IGNORED), (key, value, verdict)


def stand_ins(arguments: dict[str, Any]) -> dict[str, object]:
    """The arguments as the parameter table knows them."""
    return {
        key: SSL_CONTEXT if isinstance(value, Context) else CALLABLE if callable(value) else value
        for key, value in arguments.items()
    }


@given(CASES)
def test_there_and_back(given_case: tuple[Case, str]) -> None:
    case, target = given_case
    there = translate(case.url, target)
    if there.refused or there.connect_args:
        return
    back = translate(there.url, case.driver)
    if back.refused:
        event("refused on the way back")
        return
    event("there and back")
    check_meaning(case.asked, said(back, case.driver), case.driver, lost(there, back))
    if case.asked.tls is not None and case.driver != "pymssql":
        first = said(translate(case.url, case.driver), case.driver).tls
        assert enforced(case.driver, said(back, case.driver).tls) >= min(case.asked.tls, enforced(case.driver, first))


@given(CASES)
def test_a_second_time_changes_nothing(given_case: tuple[Case, str]) -> None:
    case, target = given_case
    once = translate(case.url, target)
    if not once.refused:
        assert translate(once.url, target).url == once.url


@given(CASES)
def test_the_runtime_says_the_same_and_never_tells_the_password(given_case: tuple[Case, str]) -> None:
    case, target = given_case
    result = translate(case.url, target)
    secret = case.asked.password or "no password"
    assume(len(secret) > 6 and secret not in case.url.replace(f":{quote(secret, safe='')}@", "@", 1))
    assert secret not in result.masked
    if result.refused or result.connect_args:
        with pytest.raises(DatabaseUrlError) as caught:
            transform_url_for_driver(case.url, target, ssl=None)
        assert secret not in str(caught.value)
    else:
        url = transform_url_for_driver(case.url, target, ssl=None)
        assert url.partition("://")[2] == result.url.partition("://")[2]


@pytest.mark.parametrize("driver", [*POSTGRESQL, *MYSQL])
def test_every_parameter_of_a_url_has_a_meaning_on_record(driver: str) -> None:
    """A translation need not guess what a parameter is for: what it does not know, it hands on as it is."""
    family = [name for name, dialect in DIALECT_OF.items() if dialect == DIALECT_OF[driver]]
    elsewhere = {*TLS_KEYS, *OWN_TLS_KEYS, *SEARCH_PATH_KEYS, POOLER_KEY, "host", "port", "unix_sock"}
    unknown = [
        key
        for key in TABLES[driver].index
        if key not in elsewhere
        and not any(spelling(name, key) for name in family)
        and any(
            judge(driver, Place.URL, key, text, siblings={key: text}, sqlalchemy=VersionRange.everything()).ok
            for text in ("1", "true", "false", "x", "require")
        )
    ]
    assert unknown == []
