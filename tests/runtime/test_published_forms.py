"""A hundred published URLs, in the form that was reviewed for each driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy
from published import PUBLISHED, forms_of
from sqlalchemy.engine import make_url

from dbdriver_lint.runtime import DatabaseUrlError, engine_arguments, transform_url_for_driver, validate_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from published import Published
    from sqlalchemy.engine import URL

SYSTEM_CA = "sslrootcert=system"
"""Needs a libpq of its own version: the parameter table speaks of it elsewhere."""
SQLALCHEMY_1_4 = sqlalchemy.__version__.startswith("1.4.")


def multi_hosts(url: URL) -> Sequence[str]:
    """The hosts of a URL that names them in its query."""
    hosts = url.query.get("host", ())
    return hosts.split(",") if isinstance(hosts, str) else hosts


@pytest.mark.parametrize("row", PUBLISHED, ids=[row.provider for row in PUBLISHED])
def test_reviewed_forms(row: Published) -> None:
    assert forms_of(row.url) == row.forms


@pytest.mark.parametrize("row", PUBLISHED, ids=[row.provider for row in PUBLISHED])
def test_what_applications_get(row: Published) -> None:
    """The runtime gives the reviewed forms, SQLAlchemy reads them, the strict look takes them, again changes nothing."""
    for driver, form in row.forms.items():
        if "refused" in form:
            with pytest.raises(DatabaseUrlError, match="without losing what it asks for"):
                transform_url_for_driver(row.url, driver, ssl=None)
            continue
        several = driver == "asyncpg" and len(multi_hosts(make_url(form["url"]))) > 1
        if "connect_args" in form or (several and SQLALCHEMY_1_4):
            with pytest.raises(DatabaseUrlError, match="engine_arguments"):
                transform_url_for_driver(row.url, driver, ssl=None)
        else:
            assert engine_arguments(row.url, driver, ssl=None) == (form["url"], {})
            name = make_url(form["url"]).drivername
            assert transform_url_for_driver(row.url, name, ssl=None) == form["url"]
            assert transform_url_for_driver(form["url"], name, ssl=None) == form["url"]
        read = make_url(form["url"])
        assert read.get_driver_name() == driver
        assert "***" not in form["url"]
        if driver == "psycopg" and SQLALCHEMY_1_4:
            with pytest.raises(DatabaseUrlError, match=r"that driver came with SQLAlchemy 2\.0"):
                validate_url(form["url"], driver)
        elif several and SQLALCHEMY_1_4:
            with pytest.raises(DatabaseUrlError, match=r"SQLAlchemy 1\.4 knows no several hosts for asyncpg"):
                validate_url(form["url"], driver)
        elif SYSTEM_CA not in form["url"]:
            validate_url(form["url"], driver)


def test_there_are_a_hundred() -> None:
    assert len(PUBLISHED) >= 100
    assert len({row.url for row in PUBLISHED}) == len(PUBLISHED)
