"""A hundred published URLs, in the form that was reviewed for each driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from published import PUBLISHED, forms_of
from sqlalchemy.engine import make_url

from dbdriver_lint.runtime import DatabaseUrlError, engine_arguments, transform_url_for_driver, validate_url

if TYPE_CHECKING:
    from published import Published

SYSTEM_CA = "sslrootcert=system"
"""Needs a libpq of its own version: the parameter table speaks of it elsewhere."""


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
        if "connect_args" in form:
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
        if SYSTEM_CA not in form["url"]:
            validate_url(form["url"], driver)


def test_there_are_a_hundred() -> None:
    assert len(PUBLISHED) >= 100
    assert len({row.url for row in PUBLISHED}) == len(PUBLISHED)
