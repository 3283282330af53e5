"""URLs as hosting providers, tools and other languages' drivers hand them out, and each driver's form of them.

``published_urls.json`` holds the forms as they were reviewed, one line a driver.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbdriver_lint.knowledge.spellings import Context
from dbdriver_lint.knowledge.translate import translate

POSTGRESQL = ("psycopg2", "psycopg", "asyncpg", "pg8000")
MYSQL = ("pymysql", "aiomysql", "asyncmy", "mysqlconnector")


@dataclass(frozen=True, slots=True)
class Published:
    """A URL and, by driver, what that driver is given for it."""

    provider: str
    url: str
    forms: dict[str, dict[str, Any]]


PUBLISHED = [Published(**row) for row in json.loads(Path(__file__).with_name("published_urls.json").read_text())]


def forms_of(url: str) -> dict[str, dict[str, Any]]:
    """The forms that the translation gives now, as JSON can say them."""
    drivers = MYSQL if url.startswith(("mysql", "mariadb")) else POSTGRESQL
    return {driver: _form(url, driver) for driver in drivers}


def _form(url: str, driver: str) -> dict[str, Any]:
    result = translate(url, driver)
    if result.refused:
        return {"refused": "; ".join(f"{lost.parameter}: {lost.reason}" for lost in result.refused)}
    form: dict[str, Any] = {"url": result.url}
    if result.connect_args:
        form["connect_args"] = {key: _shown(value) for key, value in result.connect_args.items()}
    if result.lost:
        form["lost"] = [lost.parameter for lost in result.lost]
    return form


def _shown(value: object) -> object:
    if isinstance(value, Context):
        checked = "certificate and host name" if value.check_hostname else "certificate" if value.verify else "nothing"
        files = [file for file in (value.ca_file, value.certificate, value.key) if file is not None]
        return f"SSLContext that verifies {checked}{': ' if files else ''}{', '.join(files)}"
    return str(getattr(value, "__name__", "a function")) if callable(value) else value
