"""The exact spelling that a driver wants instead of a parameter that it refuses."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import FALSE_WORDS, Loss, Tls
from dbdriver_lint.knowledge.parameters.model import Opaque, Outcome, Place
from dbdriver_lint.knowledge.python_source import argument_text, arguments_text
from dbdriver_lint.knowledge.spellings import ADAPTER_ARGS, CONTEXT, DIALECT_OF, Form, spelling
from dbdriver_lint.knowledge.tls import TLS_KEYS, TlsWish, context_for, form_for, has_files, read_tls, url_pairs
from dbdriver_lint.knowledge.translate import python_value, translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbdriver_lint.knowledge.parameters.model import Siblings

Pairs = tuple[tuple[str, str], ...]

_STAND_IN = "86399"
"""A value for a parameter whose own is not known: it is shown as an ellipsis."""
_SETTINGS = ("server_settings", "startup_params")
_SSL_ENTRIES = {
    "postgresql": {"ca": "sslrootcert", "cafile": "sslrootcert", "cert": "sslcert", "key": "sslkey"},
    "mysql": {"ca": "ssl_ca", "cert": "ssl_cert", "key": "ssl_key", "check_hostname": "ssl_check_hostname"},
}
"""How the entries of an ``ssl`` dictionary are called as parameters."""


def remedy_for(
    driver: str,
    place: Place,
    key: str,
    value: object,
    siblings: Siblings | None = None,
    outcome: Outcome = Outcome.UNSUPPORTED,
) -> str:
    """How ``driver`` says what ``key=value`` means, "" where it cannot or the meaning is not known.

    TLS parameters mean something together, so those among ``siblings`` count too.
    """
    if place is Place.DSN:
        spelled = remedy_for("psycopg2", Place.URL, key, value, siblings, outcome)
        return spelled if spelled.startswith("?") else remedy_for(driver, Place.KEYWORD, key, value, siblings, outcome)
    dialect = DIALECT_OF.get(driver)
    if dialect in (None, "oracle"):
        return ""
    if outcome is Outcome.INVERTED:
        return _arguments({key: False}, place)
    if isinstance(value, Opaque):
        if key in TLS_KEYS:
            return ""
        stand_in = remedy_for(driver, place, key, _STAND_IN, None, outcome)
        return stand_in.replace(repr(_STAND_IN), "…").replace(_STAND_IN, "…")
    if key in _SETTINGS and isinstance(value, dict) and spelling(driver, key) is not None:
        return _arguments({key: {name: _shown(item) for name, item in value.items()}}, place)
    own = spelling(driver, key)
    if place is not Place.URL and own is not None and own.args in (Form.INTEGER, Form.NUMBER):
        try:
            return _arguments({key: python_value(key, str(value), own)}, place)
        except DatabaseUrlError:
            return ""
    if (
        outcome is Outcome.WRONG_TYPE
        and place is not Place.URL
        and isinstance(value, str)
        and value.lower() in ("true", "false")
    ):
        return _arguments({key: value.lower() == "true"}, place)
    pairs = _pairs(dialect, key, value, siblings or {})
    try:
        return _spelled(driver, place, dialect, pairs, (key, str(value))) if pairs else ""
    except DatabaseUrlError:
        return ""


def _pairs(dialect: str, key: str, value: object, siblings: Siblings) -> Pairs:
    """What is asked for, as the parameters of a URL; empty where it cannot be said so."""
    if isinstance(value, dict):
        if key in _SETTINGS:
            named = [(name, item) for name, item in value.items() if name == "application_name"]
            others = " ".join(f"-c {name}={item}" for name, item in value.items() if name != "application_name")
            return tuple((name, _shown(item)) for name, item in [*named, *([("options", others)] if others else [])])
        names = _SSL_ENTRIES.get(dialect, {})
        entries = {names.get(name, name): item for name, item in value.items()} if key == "ssl" else {}
        return tuple((name, str(item)) for name, item in entries.items() if name in TLS_KEYS and _is_said(item))
    if not _is_said(value):
        return ()
    if key not in TLS_KEYS:
        return ((key, str(value)),)
    together = {name: item for name, item in siblings.items() if name in TLS_KEYS and _is_said(item)} | {key: value}
    return tuple((name, _mode(dialect, name, str(item))) for name, item in together.items())


def _is_said(value: object) -> bool:
    return value is not None and not isinstance(value, (Opaque, dict, list, tuple))


def _shown(value: object) -> str:
    return "…" if isinstance(value, Opaque) else str(value)


def _mode(dialect: str, key: str, value: str) -> str:
    """The mode that a slip of the keyboard meant: ``required`` is ``require``."""
    if dialect != "postgresql" or key not in ("sslmode", "ssl") or not value.isascii() or value.lower() == "no-verify":
        return value
    words = [mode.word for mode in Tls]
    close = difflib.get_close_matches(value.lower().replace("_", "-"), words, 1, 0.75)
    return close[0] if close else value


def _spelled(driver: str, place: Place, dialect: str, pairs: Pairs, written: tuple[str, str]) -> str:
    if dialect == "mysql" and place is not Place.URL and any(name in TLS_KEYS for name, _ in pairs):
        return _mysql_arguments(driver, place, read_tls(dialect, "", pairs)[1])
    result = translate(f"{dialect}://h/d?{urlencode(pairs)}", driver)
    if result.connect_args:
        return _arguments(result.connect_args, place)
    if result.lost:
        lost = result.lost[0]
        best = _mysql_arguments(driver, place, read_tls(dialect, "", pairs)[1]) if dialect == "mysql" else ""
        if best:
            return f"write `{best}`, but {lost.reason}"
        return f"remove it: {lost.reason}" if lost.loss is Loss.REPORT else lost.reason
    if not result.query or result.query == (written,):
        return ""
    return f"?{result.url.partition('?')[2]}" if place is Place.URL else _arguments(dict(result.query), place)


def _mysql_arguments(driver: str, place: Place, wish: TlsWish) -> str:
    """The TLS that is asked for in ``connect_args``, where names and types are others than in a URL."""
    mode = wish.mode
    if mode is None:
        return ""
    form = form_for(driver, mode, wish.ca)
    if form is None:  # nothing enforces it; what verifies as asked where the server offers TLS is next best
        form = form_for(driver, Tls.PREFER, wish.ca)
    if form is None:
        return ""
    if form.args is not None:
        values = {
            name: context_for(wish, mode) if item is CONTEXT or has_files(wish) else item for name, item in form.args
        }
        return _arguments(values, place)
    pairs = url_pairs(form, wish)
    if pairs is None or driver == "mysqldb":
        return ""
    return _arguments({name: _flag(item) for name, item in pairs}, place)


def _flag(text: str) -> object:
    return True if text == "true" else False if text in FALSE_WORDS else text


def _arguments(arguments: Mapping[str, object], place: Place) -> str:
    if place is Place.KEYWORD:
        own = {name: value for name, value in arguments.items() if name not in ADAPTER_ARGS}
        return ", ".join(f"{name}={argument_text(value)}" for name, value in own.items())
    return f"connect_args={{{arguments_text(arguments)}}}"
