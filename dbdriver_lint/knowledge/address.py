"""A database URL as the environment holds it: read leniently, written exactly.

Deployments hand out URLs without a scheme, with ``postgres://``, with several hosts, with passwords
that nobody escaped. :func:`read_address` takes all of these; :meth:`Address.render` writes what
SQLAlchemy's ``make_url`` reads back to the same parts, in every version. The linter's model of a URL
in source code, with the place of each part, is :mod:`dbdriver_lint.knowledge.urls`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote

Query = tuple[tuple[str, str], ...]
Host = tuple[str, int | None]


class DatabaseUrlError(ValueError):
    """A database URL that cannot be read or cannot be said for a driver. It never holds a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL. Credentials are decoded; ``database`` is as written.

    ``scheme`` is what stands before ``://``, "" where there is none. ``hosts`` has one entry for each
    host before the ``/``; a host that is a folder (libpq's ``%2Frun%2Fpostgresql``) is decoded.
    """

    scheme: str
    username: str | None
    password: str | None
    hosts: tuple[Host, ...]
    database: str | None
    query: Query

    def render(self, drivername: str, *, hosts: tuple[Host, ...], query: Query, password: str | None) -> str:
        """The URL text for ``drivername`` with these hosts, query and (already escaped) password."""
        text = f"{drivername}://"
        if self.username is not None:
            text += quote(self.username, safe="+")
            if password is not None:
                text += f":{password}"
            text += "@"
        text += ",".join(_host_text(host, port) for host, port in hosts)
        if self.database is not None:
            text += f"/{self.database}"
        if query:
            text += "?" + "&".join(f"{quote_plus(key)}={quote_plus(value, safe='/')}" for key, value in query)
        return text

    @property
    def escaped_password(self) -> str | None:
        """The password as a URL spells it, None if there is none."""
        return None if self.password is None else quote(self.password, safe="+")


_SCHEME = re.compile(r"((?:jdbc:)?[A-Za-z][\w+.-]*)://")
_MASKED = "***"
"""What SQLAlchemy prints instead of a password."""

_LATER_AT = re.compile(r"[^?]*@(?=[^@/?]+/[^@/?]*(?:\?|$))|[^/?]*@")
"""Up to an unescaped ``@`` that still belongs to the password: the host begins after the last one before it."""

_USER = re.compile(r"(?P<username>[^:/?]*)(?::(?P<password>[^@]*))?@")


def read_address(url: object) -> Address:
    """The parts of a URL text, or of a ``sqlalchemy.engine.URL``.

    Raises:
        DatabaseUrlError: it is missing, empty or no text, its port is no number, or its password is masked.
    """
    if hasattr(url, "drivername") and hasattr(url, "query"):
        return _from_url_object(url)
    if url is None:
        raise DatabaseUrlError("there is no database URL, only None; is its environment variable set?")
    text = str(url).strip()
    if not text:
        raise DatabaseUrlError("the database URL is empty")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise DatabaseUrlError("the database URL is no text: it has bytes that are not UTF-8; percent-encode them")
    scheme = ""
    match = _SCHEME.match(text)
    if match is not None:
        scheme, text = match[1].lower().removeprefix("jdbc:"), text[match.end() :]
    username = password = None
    match = _USER.match(text)
    if match is not None:
        end = match.end()
        if match["password"] is not None:
            later = _LATER_AT.match(text, end)
            end = end if later is None else later.end()
            password = unquote(text[match.start("password") : end - 1])
        username, text = unquote(match["username"]), text[end:]
    if password == _MASKED:
        raise DatabaseUrlError(
            "the password of this URL is `***`: it was rendered with str(url); "
            "use url.render_as_string(hide_password=False)"
        )
    location, _, query = text.partition("?")
    netloc, slash, database = location.partition("/")
    return Address(
        scheme,
        username,
        password,
        tuple(_host(part) for part in netloc.split(",")) if netloc else (),
        database if slash else None,
        tuple(parse_qsl(query)),
    )


def _from_url_object(url: Any) -> Address:
    def part(name: str) -> str | None:
        value = getattr(url, name)
        return None if value is None else str(value)

    host, port, database = part("host"), part("port"), part("database")
    query: list[tuple[str, str]] = []
    for key, values in url.query.items():
        query += [(key, value) for value in ((values,) if isinstance(values, str) else values)]
    return Address(
        part("drivername") or "",
        part("username"),
        part("password"),
        ((host or "", int(port) if port else None),) if host or port else (),
        None if database is None else database.replace("%", "%25").replace("?", "%3F"),
        tuple(query),
    )


def _host(text: str) -> Host:
    match = re.fullmatch(r"(?:\[(?P<ipv6>[^]]*)\]|(?P<host>[^:]*))(?::(?P<port>.*))?", text)
    if match is None:
        raise DatabaseUrlError("the host is not readable: an IPv6 address needs brackets, `[::1]:5432`")
    port = match["port"]
    if port and not port.isdecimal():
        raise DatabaseUrlError("the port is not a number; a `/`, `?` or `#` in the password must be escaped")
    host = match["ipv6"] or match["host"] or ""
    return unquote(host) if host.startswith(("%2F", "%2f")) else host, int(port) if port else None


def _host_text(host: str, port: int | None) -> str:
    text = f"[{host}]" if ":" in host else host
    return text if port is None else f"{text}:{port}"
