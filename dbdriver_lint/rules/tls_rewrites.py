"""Rewrites of a URL after which it asks for less TLS than before."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.values import Dictionary, EnvVar, Unknown, Url, options
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.tls import TLS_KEYS, read_tls
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.rules.engines import connects_by_url, dictionaries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl
    from dbdriver_lint.analysis.values import Value
    from dbdriver_lint.knowledge.urls import DatabaseUrl

_CUT = re.compile(r"\.(?:r?split|partition)\(\s*[\"']\?[\"'][^()]*\)\s*\[\s*0\s*\]")
"""``url.split("?")[0]``."""
_KEYS = TLS_KEYS | {"ssl_context", "dsn"}
_PART = "part of environment variable "


def says_tls(call: EngineCall) -> bool:
    """Whether ``connect_args`` say something about TLS, or may do so."""
    if call.open_keywords or "creator" in call.keywords or "async_creator" in call.keywords:
        return True
    if call.connect_args is None:
        return False
    found = dictionaries(call.connect_args.value)
    return found is None or any(one.open or _KEYS & one.items.keys() for one in found)


def lost_tls(call: EngineCall) -> Iterator[tuple[PossibleUrl, str, str]]:
    """The URLs that asked for more TLS where they were written: with the parameter, and what follows."""
    if connects_by_url(call):
        for url in call.urls.urls:
            for before in _originals(url):
                lost = _loss(before, url.url)
                if lost is not None:
                    yield url, *lost


def _originals(url: PossibleUrl) -> Iterator[DatabaseUrl]:
    """The URLs in the text of the code that ``url`` was made from."""
    for anchor in dict.fromkeys(anchor for _, _, anchor, _ in url.spans):
        try:
            text = ast.literal_eval(anchor.text)
            if isinstance(text, str) and "://" in text:
                yield parse_url(text)
        except (SyntaxError, ValueError, UrlError):
            continue


def _mode(url: DatabaseUrl) -> tuple[Tls | None, str]:
    """How strong the TLS is that a URL asks for, and the parameter that asks."""
    dialect = {"mariadb": "mysql"}.get(url.drivername.dialect or "", url.drivername.dialect or "")
    pairs = tuple((p.name.value, p.value.value) for p in url.query if p.name.known and p.value.known)
    try:
        mode = read_tls(dialect, url.drivername.driver or "", pairs)[1].mode
    except DatabaseUrlError:
        return None, ""
    return mode, next((f"{key}={value}" for key, value in pairs if key in TLS_KEYS), "")


def _loss(before: DatabaseUrl, after: DatabaseUrl) -> tuple[str, str] | None:
    """The parameter of ``before`` that asks for TLS which ``after`` does not, and what follows; None if none does."""
    asked, parameter = _mode(before)
    kept, _ = _mode(after)
    if asked is None or asked < Tls.REQUIRE or after.query_is_open or any(not p.value.known for p in after.query):
        return None
    if kept is not None and kept >= asked:
        return None
    if kept is None or kept < Tls.REQUIRE:
        return parameter, "a server without TLS is accepted"
    return parameter, "the server's certificate is no longer verified"


def cut_off_variable(call: EngineCall) -> str | None:
    """The environment variable whose query is cut off on its way to the engine, None if none is."""
    if call.url is None:
        return None
    return next((name for option in options(call.url.value) if (name := _cut_variable(option, call))), None)


def _cut_variable(value: Value, call: EngineCall) -> str | None:
    """The environment variable whose query is cut off on the way, None if none is."""
    if isinstance(value, Url):
        query = value.query
        empty = isinstance(query, Dictionary) and not query.open and not _KEYS & query.items.keys()
        return _variable_of(value.host) if empty and value.text is None else None
    if not isinstance(value, (Unknown, EnvVar)):
        return None
    assert call.url is not None
    read = next(
        (step.message.split("`")[1] for step in value.steps if "read from the environment" in step.message), None
    )
    texts = [call.url.anchor.text]
    for step in value.steps:
        statement = getattr(step.place, "statement", None)
        texts += [] if statement is None else [statement.text]
    return read if any(_CUT.search(text) for text in texts) else None


def _variable_of(part: Value) -> str | None:
    if isinstance(part, Unknown) and part.reason.startswith(_PART):
        return part.reason.removeprefix(_PART)
    return None
