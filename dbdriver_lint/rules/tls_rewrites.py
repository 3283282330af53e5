"""Rewrites of a URL after which it asks for less TLS than before."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from dbdriver_lint.analysis.facts import DriverCall
from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Tls
from dbdriver_lint.knowledge.tls import TLS_KEYS, read_tls
from dbdriver_lint.knowledge.urls import UrlError, parse_url
from dbdriver_lint.rules.engines import OWN_CONNECTIONS, dictionaries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbdriver_lint.analysis.facts import EngineCall, PossibleUrl, UrlSet
    from dbdriver_lint.analysis.rewrite_facts import Made, UrlRewrite
    from dbdriver_lint.analysis.values import Value
    from dbdriver_lint.knowledge.urls import DatabaseUrl

_KEYS = TLS_KEYS | {"ssl_context", "dsn"}


def says_tls(call: EngineCall | DriverCall) -> bool:
    """Whether the arguments beside the URL say something about TLS, or may do so."""
    if call.open_keywords or OWN_CONNECTIONS & call.keywords.keys():
        return True
    if isinstance(call, DriverCall):
        nested = call.keywords.get("kwargs")  # what a pool connects with
        return bool((_KEYS - {"dsn"}) & call.keywords.keys()) or (nested is not None and _may_say_tls(nested.value))
    return call.connect_args is not None and _may_say_tls(call.connect_args.value)


def _may_say_tls(value: Value) -> bool:
    found = dictionaries(value)
    return found is None or any(one.open or _KEYS & one.items.keys() for one in found)


def lost_tls(urls: UrlSet) -> Iterator[tuple[PossibleUrl, str, str]]:
    """The URLs that asked for more TLS where they were written: with the parameter, and what follows."""
    if urls.decided:
        for url in urls.urls:
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
    if (kept is not None and kept >= asked) or (kept is None and TLS_KEYS & after.query_dict().keys()):
        return None
    if kept is None or kept < Tls.REQUIRE:
        return parameter, "a server without TLS is accepted"
    return parameter, "the server's certificate is no longer verified"


def lost_on_the_way(rewrite: UrlRewrite) -> tuple[str, str] | None:
    """What a URL may ask of TLS that is lost before the engine gets it, and what follows; None if nothing is."""
    for word in ("require", "verify-full"):
        before = parse_url(f"postgresql://app:hidden@db.internal/app?sslmode={word}")
        outcome = rewrite.attempt(before.text)
        found = [_lost_in(before, made) for made in outcome.made]
        if found and all(found):
            return found[0]
    return None


def _lost_in(before: DatabaseUrl, made: Made) -> tuple[str, str] | None:
    """The loss in one thing that comes out; None where it is none, or not known."""
    if made.url is None:
        return None
    try:
        after = parse_url(made.url)
    except UrlError:
        return None
    if after.drivername.dialect != "postgresql" or _address(after) != _address(before):
        return None
    if made.connect_args is not None and _may_say_tls(made.connect_args):
        return None
    return _loss(before, after)


def _address(url: DatabaseUrl) -> list[str | None]:
    parts = (url.username, url.password, url.host, url.database)
    return [None if part is None else part.text for part in parts]
