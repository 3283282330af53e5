"""What the linter's own parameter table says about a way of writing a connection."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import sqlalchemy

from dbdriver_lint.knowledge.parameters import CALLABLE, SSL_CONTEXT, Place, Verdict, judge
from dbdriver_lint.knowledge.versions import VersionRange

if TYPE_CHECKING:
    from probes import Way

INSTALLED = VersionRange.parse(f"=={sqlalchemy.__version__}")


def verdicts(driver: str, way: Way, ca: str) -> list[Verdict]:
    """One verdict for each parameter in the URL and in ``connect_args``."""

    def seen(value: object) -> object:
        if isinstance(value, ssl.SSLContext):
            return SSL_CONTEXT
        return CALLABLE if callable(value) else value

    query = dict(parse_qsl(way.url_query(ca), keep_blank_values=True))
    arguments = {key: seen(value) for key, value in way.connect_args(ca).items()}
    return [
        judge(driver, place, key, value, siblings=siblings, sqlalchemy=INSTALLED)
        for place, siblings in ((Place.URL, query), (Place.ARGS, arguments))
        for key, value in siblings.items()
    ]


AMBIENT = {"ssl=verify-full", "sslmode=verify-full", "{'server_settings': {'nosuch': 'x'}}"}
"""Ways that fail or not by what is on the machine or in the server, which no table can know."""


def disagreement(driver: str, way: Way, ca: str, raised: object) -> str:
    """How the table's verdicts differ from what the driver did: ``raised`` exceptions, or none of them."""
    if str(way) in AMBIENT:
        return ""
    said = verdicts(driver, way, ca)
    failing = [verdict for verdict in said if verdict.fails and verdict.exception]
    if not isinstance(raised, tuple):
        return f"connects, and the table says {failing[0].exception}" if failing else ""
    if not failing:
        return f"raises {raised[0]}, and the table says {[v.outcome.value for v in said]}"
    if not any(r.matches(verdict.exception) for verdict in failing for r in raised):
        return f"raises {[str(r) for r in raised]}, and the table says {[v.exception for v in failing]}"
    return ""
