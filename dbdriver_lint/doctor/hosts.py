"""The servers that a URL names, in the order in which a driver tries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbdriver_lint.knowledge.address import Address

PORTS = {"postgresql": 5432, "mysql": 3306, "oracle": 1521, "mssql": 1433}


@dataclass(frozen=True, slots=True)
class Host:
    """One server. ``name`` is a host name, an address, or the path of a Unix socket."""

    name: str
    port: int

    @property
    def is_socket(self) -> bool:
        """Whether it is a file of this machine."""
        return self.name.startswith("/")

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, as far as the name says."""
        return self.is_socket or self.name in ("localhost", "::1") or self.name.startswith("127.")

    def __str__(self) -> str:
        if self.is_socket:
            return self.name
        return f"[{self.name}]:{self.port}" if ":" in self.name else f"{self.name}:{self.port}"


def hosts_of(address: Address, dialect: str) -> tuple[Host, ...]:
    """The hosts before the ``/`` or, where none is there, those of the query; () where the driver's default counts."""
    default = PORTS.get(dialect, 0)
    query = dict(address.query)
    socket = query.get("unix_socket") or query.get("unix_sock")
    if socket:
        return (Host(socket, default),)
    if address.hosts and address.hosts[0][0]:
        return tuple(_host(name, port or default) for name, port in address.hosts)
    named = [name for key, value in address.query if key == "host" for name in value.split(",")]
    ports = query.get("port", "").split(",")
    hosts = []
    for index, text in enumerate(named):
        name, colon, port = text.rpartition(":")
        if not (colon and port.isdecimal()) or text.startswith("/"):
            name, port = text, ports[min(index, len(ports) - 1)]
        hosts.append(_host(name.strip("[]"), int(port) if port.isdecimal() else default))
    return tuple(hosts)


def _host(name: str, port: int) -> Host:
    return Host(f"{name.rstrip('/')}/.s.PGSQL.{port}" if name.startswith("/") else name, port)
