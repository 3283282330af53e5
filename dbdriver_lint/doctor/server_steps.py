"""Whether the server can be reached, what it speaks, and whether its TLS is what the URL asks for."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dbdriver_lint.doctor import network
from dbdriver_lint.doctor.hosts import PORTS, hosts_of
from dbdriver_lint.doctor.model import Status, any_failed, failed, note, ok
from dbdriver_lint.doctor.providers import place_of
from dbdriver_lint.knowledge.intentions import Tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbdriver_lint.doctor.hosts import Host
    from dbdriver_lint.doctor.model import Result, Subject
    from dbdriver_lint.knowledge.tls import TlsWish

NAME, TCP, PROTOCOL, TLS, CERTIFICATE, FILE = "name", "TCP", "protocol", "TLS", "certificate", "file"
TITLES = {"postgresql": "PostgreSQL", "mysql": "MySQL"}
"""Databases whose protocol is spoken here; of the others only the network is looked at."""


def examine_server(subject: Subject, seconds: float, progress: Callable[[str], None]) -> list[Result]:
    """The steps up to a driver's own connection; each host is left where the next step makes no sense.

    Of several hosts one has to be fine: what is wrong with the others is only noted then.
    """
    if subject.dialect == "sqlite":
        return file_steps(subject.address.database)
    found = [_examine_host(host, subject, seconds, progress) for host in hosts_of(subject.address, subject.dialect)]
    one_is_fine = not all(map(any_failed, found))
    return [
        note(result.step, f"{result.found}: {result.cause}", result.remedy) if result.failed and one_is_fine else result
        for results in found
        for result in results
    ]


def _examine_host(host: Host, subject: Subject, seconds: float, progress: Callable[[str], None]) -> list[Result]:
    results: list[Result] = []
    addresses: list[tuple[int, str]] = []
    if not host.is_socket:
        progress(f"looking up {host.name}")
        try:
            addresses = network.resolve(host, seconds)
        except OSError as error:
            return [name_failure(host, error)]
        results.append(ok(NAME, f"{host.name} is {', '.join(address for _, address in addresses)}"))
    progress(f"connecting to {host}")
    started = time.monotonic()
    try:
        network.connect(host, seconds).close()
    except OSError as error:
        return [*results, tcp_failure(host, error, addresses, subject.dialect)]
    results.append(ok(TCP, f"{host} takes connections, after {1000 * (time.monotonic() - started):.0f} ms"))
    if subject.dialect not in TITLES:
        return results
    progress(f"asking {host} what it speaks")
    try:
        answer = network.ask(host, subject.dialect, seconds)
    except OSError as error:
        return [*results, tcp_failure(host, error, addresses, subject.dialect)]
    results.append(protocol_result(host, answer, subject.dialect, seconds))
    if any_failed(results) or host.is_socket:
        return results
    results.append(tls_result(host, answer, subject.wish, subject.dialect))
    if answer.tls and not any_failed(results):
        progress(f"verifying the certificate of {host}")
        results += _certificate(host, subject, seconds)
    return results


def file_steps(database: str | None) -> list[Result]:
    """The file of a SQLite URL."""
    if not database or database == ":memory:" or database.startswith("file:"):
        return []
    path = Path(database)
    if os.path.isfile(path):
        return [ok(FILE, f"{path.absolute()} is there")]
    if os.path.isdir(path) or not os.path.isdir(path.parent):
        found = (
            f"{path.absolute()} is a directory"
            if os.path.isdir(path)
            else f"there is no directory {path.parent.absolute()}"
        )
        said = "the first connection raises `OperationalError: unable to open database file`"
        return [failed(FILE, found, said, "three slashes begin a relative path, four an absolute one")]
    return [note(FILE, f"{path.absolute()} is not there yet: connecting would make it, so it is not tried")]


def name_failure(host: Host, error: OSError) -> Result:
    """A host name without an address."""
    place = place_of(host.name, host.port)
    remedy = place.unreachable if place is not None and place.unreachable else "correct the host of the URL"
    if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
        return failed(NAME, f"{host.name} does not resolve", f"no name server knows it ({error.strerror})", remedy)
    cause = "the name server does not answer" if isinstance(error, TimeoutError) else str(error.strerror or error)
    return failed(NAME, f"{host.name} does not resolve", cause, f"check the network and its DNS; else {remedy}")


def tcp_failure(host: Host, error: OSError, addresses: list[tuple[int, str]], dialect: str) -> Result:
    """Nobody takes a connection."""
    place = None if host.is_socket else place_of(host.name, host.port)
    advice = place.unreachable if place is not None else ""
    found = f"no connection to {host}"
    if host.is_socket:
        return failed(TCP, found, error.strerror or str(error), "correct the path, or name a host instead")
    if isinstance(error, ConnectionRefusedError):
        local = "; in a container `localhost` is the container itself" if host.is_local else ""
        usual = f", whose port is usually {PORTS[dialect]}" if host.port != PORTS[dialect] else ""
        remedy = f"start the server, or correct host and port: {TITLES.get(dialect, dialect)} is expected there{usual}{local}"
        return failed(TCP, found, f"nothing listens on port {host.port} there", remedy)
    if isinstance(error, TimeoutError):
        remedy = advice or "let this machine in at the firewall, the security group or the provider's list of addresses"
        return failed(TCP, found, "nothing answers in time: most likely a firewall drops the packets", remedy)
    only_v6 = bool(addresses) and all(family == socket.AF_INET6 for family, _ in addresses)
    cause = error.strerror or str(error)
    if only_v6:
        cause = f"the name has IPv6 addresses only, and they cannot be reached from here ({cause})"
    return failed(TCP, found, cause, advice or "check the network between this machine and the server")


def protocol_result(host: Host, answer: network.Answer, dialect: str, seconds: float) -> Result:
    """Whether the right kind of server answers."""
    title = TITLES[dialect]
    if answer.error:
        return failed(PROTOCOL, f"{host} refuses to talk", answer.error, "this is the server's own reason")
    if answer.speaks == title:
        mariadb = "MariaDB" if "MariaDB" in answer.version else title
        return ok(PROTOCOL, f"{mariadb} {answer.version}".rstrip())
    remedy = f"correct host and port: the URL is for {title}, whose port is usually {PORTS[dialect]}"
    if answer.speaks:
        found = f"{host} speaks {answer.speaks}, not {title}"
        return failed(PROTOCOL, found, "another program listens there", remedy)
    if answer.said:
        return failed(PROTOCOL, f"{host} does not speak {title}", "another program listens there", remedy)
    if answer.closed:
        cause = (
            "it takes the connection and closes it: a proxy without a server behind it, or a list of allowed addresses"
        )
        return failed(PROTOCOL, f"{host} says nothing", cause, f"check the server behind this address; else {remedy}")
    cause = (
        f"it takes the connection and does not answer within {seconds:g} s: a proxy, a hanging server, another program"
    )
    return failed(PROTOCOL, f"{host} says nothing", cause, f"check the server behind this address; else {remedy}")


def tls_result(host: Host, answer: network.Answer, wish: TlsWish | None, dialect: str) -> Result:
    """Whether the server can do what the URL demands."""
    mode = wish.mode if wish is not None else None
    if answer.tls:
        return ok(TLS, "offered" + ("" if mode is None else f"; the URL asks for {mode.word}"))
    if mode is None or mode < Tls.REQUIRE:
        return (
            ok(TLS, "not offered, and not demanded")
            if host.is_local
            else note(TLS, "not offered: all is sent in the clear")
        )
    return failed(
        TLS,
        f"{host} does not offer TLS",
        f"the URL demands it ({mode.word}), and the server is configured without it",
        "switch TLS on in the server (`ssl = on`); for a server on this machine only, demand none: `sslmode=disable`"
        if dialect == "postgresql"
        else "switch TLS on in the server (`ssl_cert`, `ssl_key`); for one on this machine only, leave it out of the URL",
    )


def _certificate(host: Host, subject: Subject, seconds: float) -> list[Result]:
    """The certificate, verified as the URL demands or, where it does not, out of curiosity."""
    mode = (subject.wish.mode if subject.wish is not None else None) or Tls.DISABLE
    ca = authority_file(subject)
    if ca is not None and not os.path.isfile(ca) and mode >= Tls.VERIFY_CA:
        remedy = "name the provider's CA file with `sslrootcert=`, or `sslrootcert=system` for a public authority (libpq 16+)"
        return [failed(CERTIFICATE, f"the CA file {ca} is not there", f"{mode.word} needs it", remedy)]
    try:
        shown = network.verify(
            host, subject.dialect, seconds, ca if ca and os.path.isfile(ca) else None, check_host=True
        )
        if shown.mismatch:
            names = network.verify(host, subject.dialect, seconds, ca, check_host=False).names
            return [name_mismatch(host, names, mode)]
    except OSError as error:
        if mode < Tls.REQUIRE:
            return [note(CERTIFICATE, f"no TLS connection: {error}")]
        return [failed(TLS, f"no TLS connection to {host}", str(error), "check the TLS settings of the server")]
    return [certificate_result(host, shown, ca, mode)]


def authority_file(subject: Subject) -> str | None:
    """The CA file that the URL means, None for the system's authorities."""
    wish = subject.wish
    if wish is not None and wish.ca is not None:
        return None if wish.ca == "system" else wish.ca
    demanded = wish is not None and wish.mode is not None and wish.mode >= Tls.VERIFY_CA
    if subject.dialect == "postgresql" and demanded:
        return str(Path("~/.postgresql/root.crt").expanduser())  # libpq's, and asyncpg's
    return None


def certificate_result(host: Host, shown: network.Certificate, ca: str | None, mode: Tls) -> Result:
    """What was found about the chain."""
    by = f"the authority in {ca}" if ca else "an authority that this machine knows"
    if not shown.problem:
        return ok(CERTIFICATE, f"for {', '.join(shown.names)}, signed by {by}, valid until {shown.until}")
    if mode < Tls.VERIFY_CA:
        return ok(CERTIFICATE, f"not signed by {by} ({shown.problem}); the URL does not ask for more")
    return failed(
        CERTIFICATE,
        f"the certificate of {host} is not signed by {by}",
        f"OpenSSL says: {shown.problem}",
        "name the CA file of this server: `sslrootcert=` (PostgreSQL) or `ssl_ca=` (MySQL), as the provider publishes it",
    )


def name_mismatch(host: Host, names: tuple[str, ...], mode: Tls) -> Result:
    """A certificate for other names."""
    said = ", ".join(f"`{name}`" for name in names) or "other names"
    if mode < Tls.VERIFY_FULL:
        return ok(CERTIFICATE, f"for {said}, not for {host.name}; {mode.word} does not ask for more")
    return failed(
        CERTIFICATE,
        f"the certificate of {host} is not for this host name",
        f"it is for {said}, and verify-full compares the names",
        f"connect by a name of the certificate, {said}, or have one made for `{host.name}`",
    )


def left_out(results: list[Result]) -> bool:
    """Whether the file is not there yet, so that nothing is tried."""
    return any(result.step == FILE and result.status is Status.NOTE for result in results)
