"""Talking to a server over a bare socket: who is there, what it speaks, which certificate it shows.

Nothing is sent that names a user or a database. Every function ends within the time that it is given.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.doctor.hosts import Host

T = TypeVar("T")

_POSTGRESQL_TLS = struct.pack("!ii", 8, 80877103)
"""PostgreSQL's SSLRequest: the server answers with one letter."""
_MYSQL_CAN_TLS = 0x0800
_MYSQL_TLS = struct.pack("<IIIB23x", 32 | 1 << 24, 0x00000200 | 0x00008000 | _MYSQL_CAN_TLS, 1 << 24, 45)
"""MySQL's SSLRequest, a packet of 32 bytes with the number 1, after the server's greeting."""
_OTHER_NAMES = frozenset({62, 64})
"""OpenSSL's codes for a good certificate of other host names, and of other addresses."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says of itself."""

    speaks: str = ""
    """``PostgreSQL``, ``MySQL``, ``HTTP``, ``SSH``, ``TLS``; "" for silence and for what nobody knows."""
    tls: bool = False
    """Whether it offers TLS."""
    version: str = ""
    error: str = ""
    """What it complains about instead of a greeting."""
    said: bool = False
    """Whether it said anything at all."""
    closed: bool = False
    """Whether it closed the connection."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The outcome of a TLS handshake that verifies."""

    problem: str = ""
    """OpenSSL's words, "" if the certificate is good."""
    mismatch: bool = False
    """It is good, but for other names."""
    names: tuple[str, ...] = ()
    until: str = ""


def resolve(host: Host, seconds: float) -> list[tuple[int, str]]:
    """The addresses of a host: family and address.

    Raises:
        OSError: there are none (``socket.gaierror``), or none was found in time (``TimeoutError``).
    """
    found = _within(seconds, lambda: socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))


def connect(host: Host, seconds: float) -> socket.socket:
    """A connection to the first address that takes one.

    Raises:
        OSError: none does.
    """
    if host.is_socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(seconds)
        try:
            connection.connect(host.name)
        except BaseException:
            connection.close()
            raise
        return connection
    return _within(2 * seconds, lambda: socket.create_connection((host.name, host.port), timeout=seconds))


def ask(host: Host, dialect: str, seconds: float) -> Answer:
    """Who answers at this host.

    Raises:
        OSError: nobody takes the connection.
    """
    first, second = (_ask_postgresql, _ask_mysql) if dialect == "postgresql" else (_ask_mysql, _ask_postgresql)
    answer = first(host, seconds)
    if answer.speaks or answer.error:
        return answer
    # Silence: is it somebody who waits for other words?
    waits = min(seconds, 2.0)
    others = [_ask_http] if dialect == "postgresql" else [second, _ask_http]
    for other in others:
        found = other(host, waits)
        if found.speaks:
            return found
    return answer


def verify(host: Host, dialect: str, seconds: float, ca: str | None, *, check_host: bool) -> Certificate:
    """Make a TLS connection that verifies the server's certificate; ``ca`` None is the system's authorities.

    Raises:
        OSError: no TLS connection is possible, or the CA file cannot be read.
    """
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = check_host
    with connect(host, seconds) as connection:
        connection.settimeout(seconds)
        if dialect == "postgresql":
            connection.sendall(_POSTGRESQL_TLS)
            connection.recv(1)
        else:
            connection.recv(512)
            connection.sendall(_MYSQL_TLS)
        try:
            with context.wrap_socket(connection, server_hostname=host.name) as secure:
                shown = secure.getpeercert() or {}
                names = tuple(str(pair[1]) for pair in shown.get("subjectAltName", ()))
                return Certificate("", False, names, str(shown.get("notAfter", "")))
        except ssl.SSLCertVerificationError as error:
            return Certificate(error.verify_message or str(error), error.verify_code in _OTHER_NAMES)


def _ask_postgresql(host: Host, seconds: float) -> Answer:
    with connect(host, seconds) as connection:
        return _postgresql_answer(_exchange(connection, _POSTGRESQL_TLS, seconds))


def _postgresql_answer(data: bytes | None) -> Answer:
    if data in (b"S", b"N"):
        return Answer("PostgreSQL", tls=data == b"S", said=True)
    return _other_answer(data)


def _ask_mysql(host: Host, seconds: float) -> Answer:
    with connect(host, seconds) as connection:
        return _other_answer(_exchange(connection, b"", seconds))


def _ask_http(host: Host, seconds: float) -> Answer:
    with connect(host, seconds) as connection:
        return _other_answer(_exchange(connection, b"GET / HTTP/1.0\r\n\r\n", seconds))


def _other_answer(data: bytes | None) -> Answer:
    if not data:
        return Answer(closed=data is not None)
    if data.startswith(b"HTTP/") or re.match(rb"\s*<(!DOCTYPE|html)", data, re.IGNORECASE):
        return Answer("HTTP", said=True)
    if data.startswith(b"SSH-"):
        return Answer("SSH", said=True)
    if data[:2] == b"\x15\x03":
        return Answer("TLS", said=True)
    if data[:1] == b"E" and len(data) > 5:  # PostgreSQL's ErrorResponse: letter, length, fields
        fields = [field for field in data[5:].split(b"\0") if field[:1] == b"M"]
        return Answer("PostgreSQL", error=_text(fields[0][1:]) if fields else "an error", said=True)
    if len(data) > 5 and data[3] == 0 and data[4] == 0x0A:
        return _greeting(data[5:])
    if len(data) > 7 and data[3] == 0 and data[4] == 0xFF:
        return Answer("MySQL", error=_text(data[7:]), said=True)
    return Answer(said=True)


def _greeting(payload: bytes) -> Answer:
    version, _, rest = payload.partition(b"\0")
    capabilities = struct.unpack_from("<H", rest, 13)[0] if len(rest) >= 15 else 0
    shown = _text(version).removeprefix("5.5.5-")
    return Answer("MySQL", tls=bool(capabilities & _MYSQL_CAN_TLS), version=shown, said=True)


def _exchange(connection: socket.socket, question: bytes, seconds: float) -> bytes | None:
    """The first that comes back; b"" if the connection is closed, None if nothing comes in time."""
    connection.settimeout(seconds)
    try:
        if question:
            connection.sendall(question)
        return connection.recv(512)
    except TimeoutError:
        return None
    except OSError:
        return b""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip("\0 \r\n")


def _within(seconds: float, work: Callable[[], T]) -> T:
    """What ``work`` returns or raises, or TimeoutError: looking up a name knows no time limit of its own."""
    done: list[T] = []
    wrong: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            wrong.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if wrong:
        raise wrong[0]
    if not done:
        raise TimeoutError(f"no answer within {seconds:g} s")
    return done[0]
