"""The exact spelling that a driver wants instead of a parameter that it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from dbdriver_lint.knowledge.address import DatabaseUrlError
from dbdriver_lint.knowledge.intentions import Loss
from dbdriver_lint.knowledge.parameters.model import Opaque, Place
from dbdriver_lint.knowledge.python_source import argument_text, arguments_text
from dbdriver_lint.knowledge.spellings import DIALECT_OF, Form, spelling
from dbdriver_lint.knowledge.translate import python_value, translate

if TYPE_CHECKING:
    from collections.abc import Mapping


def remedy_for(driver: str, place: Place, key: str, value: object) -> str:
    """How ``driver`` says what ``key=value`` means, "" where it cannot or the meaning is not known."""
    if place is Place.DSN:
        spelled = remedy_for("psycopg2", Place.URL, key, value)
        return spelled if spelled.startswith("?") else remedy_for(driver, Place.KEYWORD, key, value)
    dialect = DIALECT_OF.get(driver)
    if isinstance(value, (Opaque, dict, list, tuple)) or dialect in (None, "sqlite", "oracle"):
        return ""
    own = spelling(driver, key)
    if place is not Place.URL and own is not None and own.args in (Form.INTEGER, Form.NUMBER):
        try:
            return _arguments({key: python_value(key, str(value), own)}, place)
        except DatabaseUrlError:
            return ""
    query = f"{quote(key, safe='')}={quote(str(value), safe='')}"
    try:
        result = translate(f"{dialect}://h/d?{query}", driver)
    except DatabaseUrlError:
        return ""
    if result.connect_args:
        return _arguments(result.connect_args, place)
    if result.lost:
        lost = result.lost[0]
        return f"remove it: {lost.reason}" if lost.loss is Loss.REPORT else lost.reason
    written = result.url.partition("?")[2]
    if not written or written == query:
        return ""
    return f"?{written}" if place is Place.URL else _arguments(dict(result.query), place)


def _arguments(arguments: Mapping[str, object], place: Place) -> str:
    if place is Place.KEYWORD:
        return ", ".join(f"{name}={argument_text(value)}" for name, value in arguments.items())
    return f"connect_args={{{arguments_text(arguments)}}}"
